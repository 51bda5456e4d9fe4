"""A refused user is told from a refused key by what is known of her; the rest is told as it is."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.errors import BatchWidgetsError
from batch_widgets.ssh import SshTarget, UserFacts, diagnosis, require_asyncssh

TARGET = SshTarget("tvm-1", "192.0.2.1", 50001)
NOW = datetime.now(UTC)
KEY = "the key id_ed25519 (SHA256:abc)"


@pytest.mark.parametrize(
    ("known_users", "outcome", "words"),
    [
        (None, "user or key refused", "SSH does not say which"),
        ({}, "user unknown or expired", "No user of that name was given to this node"),
        ({"tvm-2": UserFacts()}, "user unknown or expired", "most likely has none"),
        ({"tvm-1": UserFacts(NOW - timedelta(hours=1))}, "user unknown or expired", "expired on"),
        ({"tvm-1": UserFacts(NOW - timedelta(hours=1), was_there=True)}, "user unknown or expired", "expired on"),
        ({"tvm-1": UserFacts(NOW + timedelta(days=1))}, "key refused", KEY),
        ({"tvm-1": UserFacts()}, "key refused", "whole days"),
        ({"tvm-1": UserFacts(was_there=True)}, "user or key refused", "SSH does not say which"),
    ],
)
def test_a_refusal_is_named_by_what_is_known(known_users, outcome, words):
    error = diagnosis.refused(TARGET, "alice", keys=[KEY], known_users=known_users)
    assert error.outcome == outcome
    assert words in str(error)
    assert "alice" in error.hint


@pytest.mark.parametrize(
    ("known_users", "outcome"),
    [(None, "user or password refused"), ({"tvm-1": UserFacts()}, "password refused")],
)
def test_passwords_have_names_of_their_own(known_users, outcome):
    assert diagnosis.refused(TARGET, "alice", password=True, known_users=known_users).outcome == outcome


@pytest.mark.parametrize(
    ("tried", "asked", "outcome", "words"),
    [
        ({"password": True}, ["key"], "password refused", "takes keys only"),
        ({"keys": [KEY]}, ["password"], "key refused", "takes passwords only"),
        ({"keys": [KEY]}, [], "key refused", "neither keys nor passwords"),
    ],
)
def test_what_the_node_does_not_take_is_said(tried, asked, outcome, words):
    error = diagnosis.refused(TARGET, "alice", asked=asked, known_users={"tvm-1": UserFacts()}, **tried)
    assert error.outcome == outcome
    assert words in error.message


def test_what_was_tried_is_named():
    error = diagnosis.refused(TARGET, "alice", keys=[KEY, "another"], password=True)
    assert f"{KEY} and another and the password" in error.message


def test_a_changed_host_key_says_how_to_go_on():
    error = diagnosis.host_key_changed(TARGET, "SHA256:new", ["SHA256:old"])
    assert error.outcome == "host key changed"
    assert "account.forget_host_keys(['tvm-1'])" in error.hint


def test_without_asyncssh_the_remedy_is_told(monkeypatch):
    require_asyncssh()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BatchWidgetsError, match=r"pip install 'batch_widgets\[ssh\]'"):
        require_asyncssh()
