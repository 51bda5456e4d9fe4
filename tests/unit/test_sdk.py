"""SdkService against a server of the test's own on 127.0.0.1: what is sent, and how often."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from aiohttp import web

from batch_widgets.nodes import NodeUser
from unit.fakes import make_spec
from unit.sdk_server import (  # noqa: F401 (fixtures)
    CHANGES,
    READS,
    ask,
    changes,
    failure,
    problem,
    quick,
    reads,
    server_fixture,
)

# how often it is sent


@pytest.mark.parametrize(
    ("status", "headers"),
    [(429, {"Retry_After": "0"}), (429, {}), (500, {}), (503, {}), (503, {"Retry_After": "1"}), (504, {}), (409, {})],
)
@changes
def test_a_change_is_sent_exactly_once(server, call, status, headers):
    server.answer(status, problem("InternalError"), **headers)
    failure(server, call)
    assert len(server.sent) == 1


CREATED = {"create_pool", "create_node_user"}
DONE = {
    *("delete_node_user", "replace_node_user", "upload_node_logs"),
    *("disable_node_scheduling", "enable_node_scheduling"),
}
WHERE = {"virtualDirectoryName": "p/n", "numberOfFilesUploaded": 1}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_succeeds_is_sent_once_and_not_polled(server, name):
    status = 201 if name in CREATED else 200 if name in DONE else 202
    server.answer(status, WHERE if name == "upload_node_logs" else None)
    ask(server, CHANGES[name])
    assert len(server.sent) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@reads
def test_a_read_is_repeated(server, call, status):
    server.answer(status, problem("InternalError"))
    failure(server, call)
    assert len(server.sent) == 3


def test_a_read_succeeds_after_a_short_trouble(server):
    server.answer(503, problem("ServerBusy"))
    server.answer(500, None)
    server.answer(200, {"value": []})
    assert ask(server, READS["list_pools"]) == []
    assert len(server.sent) == 3


def test_a_long_pause_is_left_to_the_caller(server):
    server.answer(429, problem("TooManyRequests"), Retry_After="60")
    began = time.monotonic()
    assert failure(server, READS["list_pools"]).retry_after_s == 60
    assert time.monotonic() - began < 5
    assert len(server.sent) == 1


# what is sent


def test_what_the_changes_send(server):
    server.answer(201)
    ask(server, CHANGES["create_pool"])
    assert server.sent == ["POST /pools"]
    assert json.loads(server.bodies[0]) == make_spec("p").to_body()
    assert server.requests[0].headers["Authorization"].startswith("SharedKey contoso:")
    assert "batch_widgets/" in server.requests[0].headers["User-Agent"]


def test_what_a_resize_sends(server):
    server.answer(202)
    ask(server, CHANGES["resize_pool"])
    assert server.sent == ["POST /pools/p/resize"]
    assert json.loads(server.bodies[0]) == {"targetDedicatedNodes": 3}


def test_what_adding_a_user_sends(server):
    server.answer(201)
    expiry = datetime(2026, 5, 1, tzinfo=UTC)
    user = NodeUser("alice", ssh_public_key="ssh-ed25519 AAAA", is_admin=True, expiry_time=expiry)
    ask(server, lambda service: service.create_node_user("p", "n", user))
    assert server.sent == ["POST /pools/p/nodes/n/users"]
    assert json.loads(server.bodies[0]) == {
        "name": "alice",
        "isAdmin": True,
        "expiryTime": "2026-05-01T00:00:00Z",
        "sshPublicKey": "ssh-ed25519 AAAA",
    }


def test_what_replacing_a_user_sends(server):
    server.answer(200)
    user = NodeUser("al ice", password="Hunter2!", is_admin=True, expiry_time=datetime(2026, 5, 1, tzinfo=UTC))
    ask(server, lambda service: service.replace_node_user("p", "n", user))
    assert server.sent == ["PUT /pools/p/nodes/n/users/al ice"]
    assert json.loads(server.bodies[0]) == {"password": "Hunter2!", "expiryTime": "2026-05-01T00:00:00Z"}


def test_check_is_one_cheap_call(server):
    server.answer(200, {"value": [{"id": "p"}], "odata.nextLink": "http://127.0.0.1:1/more"})
    ask(server, READS["check"])
    assert server.sent == ["GET /pools"]
    assert server.requests[0].query["maxresults"] == "1"
    assert server.requests[0].query["$select"] == "id"


def test_lists_follow_their_pages(server):
    pages = iter([{"value": [{"id": name, "state": "active"}]} for name in "ab"])

    async def page(request):
        body = next(pages)
        if "$skiptoken" not in request.query:
            body["odata.nextLink"] = f"{server.url}/pools?$skiptoken=2&api-version={request.query['api-version']}"
        return web.json_response(body)

    server.answer(page)
    assert [pool.id for pool in ask(server, READS["list_pools"])] == ["a", "b"]
