"""Testing logins: each failure is produced against the embedded service and named."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from contract.ssh_account import PASSWORD, SshAccount

import batch_widgets as bw
from batch_widgets.demo import SteppedClock
from batch_widgets.errors import ValidationError
from batch_widgets.ssh import LoginOutcome, UserFacts

WAIT_S = 60
DAY_S = 86_400


@pytest.fixture(scope="module")
def clock():
    return SteppedClock()


@pytest.fixture(scope="module")
def demo(tmp_path_factory, clock):
    demo = SshAccount(tmp_path_factory.mktemp("ssh"), nodes=8, clock=clock)
    demo.add()
    demo.add("bob", password=PASSWORD)
    yield demo
    demo.close()


@pytest.fixture
def trouble(demo):
    met = set()

    def set_it(node_id, what):
        met.add(node_id)
        demo.service.trouble_login("demo", node_id, what)

    yield set_it
    for node_id in met:
        demo.service.trouble_login("demo", node_id, None)


@pytest.fixture
def outcomes(demo):
    """Test a login and give outcome and message by node id."""

    def try_it(nodes=None, *, user="alice", pool_id="demo", **options):
        options = options if "password" in options else {"identity_file": demo.key, **options}
        frame = demo.account.test_login(pool_id, user=user, nodes=nodes, **options).result(timeout=WAIT_S)
        assert list(frame.columns) == ["node_id", "outcome", "message"]
        assert set(frame["outcome"]) <= set(get_args(LoginOutcome))
        return {row.node_id: (row.outcome, row.message) for row in frame.itertuples()}

    return try_it


@pytest.fixture
def other_key(tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    return tmp_path / "other"


def test_it_works(demo, outcomes):
    assert outcomes() == dict.fromkeys(demo.nodes, ("ok", ""))
    assert outcomes(user="bob", password=lambda: PASSWORD) == dict.fromkeys(demo.nodes, ("ok", ""))


def test_every_failure_of_the_way_has_its_name_in_one_go(demo, outcomes, trouble):
    closed, silent, unreachable, changed, down, good = demo.nodes[:6]
    assert outcomes([changed])[changed] == ("ok", "")
    trouble(closed, "port closed")
    trouble(silent, "silent")
    trouble(unreachable, "unreachable")
    trouble(changed, "other host key")
    demo.service.break_node("demo", down)
    operation = demo.account.test_login(
        "demo", user="alice", nodes=["tvm-none", *demo.nodes[:6]], identity_file=demo.key, timeout_s=1
    )
    frame = operation.result(timeout=WAIT_S).set_index("node_id")
    assert dict(frame["outcome"]) == {
        "tvm-none": "no way in",
        closed: "port closed",
        silent: "no answer",
        unreachable: "unreachable",
        changed: "host key changed",
        down: "no answer",
        good: "ok",
    }
    words = {
        "tvm-none": "no node of that id",
        closed: "refuses connections",
        silent: "SSH was not through",
        unreachable: "cannot be reached",
        changed: f"account.forget_host_keys(['{changed}'])",
        down: "The node is unusable.",
        good: "",
    }
    for node_id, text in words.items():
        assert text in frame["message"][node_id]
    assert operation.progress.counts == {
        "no way in": 1,
        "port closed": 1,
        "no answer": 2,
        "unreachable": 1,
        "host key changed": 1,
        "ok": 1,
    }
    assert operation.partial.equals(frame.reset_index())


def test_a_pool_without_a_port_has_no_way_in(demo, outcomes, clock):
    demo.account.runner.call(resize(demo.account, "legacy-pool"), WAIT_S)
    clock.advance(600)
    (node,) = demo.account.list_nodes("legacy-pool")
    outcome, message = outcomes(pool_id="legacy-pool")[node.id]
    assert outcome == "no way in"
    assert "no port for SSH" in message
    assert "Allow SSH" in message


async def resize(account, pool_id):
    service = await account.service()
    await service.resize_pool(pool_id, target_dedicated_nodes=1, target_low_priority_nodes=None)


# who is refused


def test_an_unknown_user(demo, outcomes):
    node_id = demo.nodes[-1]
    assert outcomes([node_id], user="carol")[node_id][0] == "user or key refused", "nobody knows"
    outcome, message = outcomes([node_id], user="carol", known_users={})[node_id]
    assert outcome == "user unknown or expired"
    assert "carol" in message


def test_a_user_who_has_expired(demo, outcomes, clock):
    node_id = demo.nodes[-1]
    demo.add("dora", nodes=[node_id], ssh_public_key=demo.public.line, days=1)
    facts = {node_id: UserFacts(expires=datetime.now(UTC) + timedelta(days=1))}
    assert outcomes([node_id], user="dora", known_users=facts)[node_id] == ("ok", "")
    clock.advance(3 * DAY_S)
    assert outcomes([node_id], user="dora")[node_id][0] == "user or key refused"
    facts = {node_id: UserFacts(expires=datetime.now(UTC) - timedelta(days=2))}
    outcome, message = outcomes([node_id], user="dora", known_users=facts)[node_id]
    assert outcome == "user unknown or expired"
    assert "expired on" in message
    assert "Add dora to this node again" in message


def test_a_key_that_is_not_the_users(demo, outcomes, other_key):
    node_id = demo.nodes[-1]
    demo.add("emil", nodes=[node_id], ssh_public_key=demo.public.line, days=5)
    known = {node_id: UserFacts(expires=datetime.now(UTC) + timedelta(days=5))}
    outcome, message = outcomes([node_id], user="emil", identity_file=other_key, known_users=known)[node_id]
    assert outcome == "key refused"
    assert "the key other (SHA256:" in message
    known = {node_id: UserFacts(was_there=True)}
    assert outcomes([node_id], user="emil", identity_file=other_key, known_users=known)[node_id][0] == (
        "user or key refused"
    )


def test_a_wrong_password(demo, outcomes):
    node_id = demo.nodes[-1]
    demo.add("fred", nodes=[node_id], password=PASSWORD, days=5)
    found = outcomes([node_id], user="fred", password="wrong", known_users={node_id: UserFacts()})
    assert found[node_id][0] == "password refused"
    assert "wrong" not in found[node_id][1].replace("is wrong", "")
    assert outcomes([node_id], user="fred", password="wrong")[node_id][0] == "user or password refused"


def test_what_makes_no_sense_is_refused_at_once(demo):
    with pytest.raises(ValidationError, match="timeout_s"):
        demo.account.test_login("demo", user="alice", timeout_s=0)


def test_a_user_of_a_pool_of_windows_is_sent_elsewhere(tmp_path):
    with bw.connect_demo(nodes=0, speed=1e6) as account:
        account.resize_pool("render-windows", target_dedicated_nodes=1).result(timeout=WAIT_S)
        frame = account.test_login("render-windows", user="alice", password="x").result(timeout=WAIT_S)
        assert list(frame["outcome"]) == ["no way in"]
        assert "Remote Desktop" in frame["message"][0]


def test_the_page_about_ssh_lists_every_outcome():
    page = (Path(__file__).parents[2] / "docs" / "ssh.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z ]+)` \|", page, re.MULTILINE)
    assert rows == list(get_args(LoginOutcome))
