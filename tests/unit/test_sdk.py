"""SdkService against a server of the test's own on 127.0.0.1: errors, waits, retries, and what is sent how often."""

from __future__ import annotations

import asyncio
import json
import time
import traceback
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from azure.batch import models
from azure.core import exceptions as azure_errors
from azure.core.credentials import AccessToken, AzureNamedKeyCredential

from batch_widgets.errors import (
    AlreadyExistsError,
    AuthenticationError,
    BatchWidgetsError,
    NotFoundError,
    ServiceError,
    ServiceUnreachableError,
    ThrottledError,
)
from batch_widgets.nodes import NodeUser
from batch_widgets.sdk import SdkService, convert, credentials, retries
from batch_widgets.sdk.failures import translate
from unit.fakes import make_spec

KEY = "c2VjcmV0LWtleS1vZi10aGUtdGVzdA=="
AS_DELIVERED = dict(retries.TIMEOUTS), dict(retries.RETRIES)
PASSWORD = "Hunter2!-of-the-test"
USER = NodeUser("alice", password=PASSWORD, is_admin=True)
CONTAINER = "https://contoso.blob.core.windows.net/logs?sv=2026-01-01&sig=c2VudGluZWw%3D"


def problem(code, message="What happened.", values=()):
    return {
        "code": code,
        "message": {"lang": "en-US", "value": f"{message}\nRequestId:r-1\nTime:2026-01-01T00:00:00Z"},
        "values": [{"key": key, "value": value} for key, value in values],
    }


class Server:
    """Answers with what the test lays down, the last answer again and again, and keeps the requests."""

    def __init__(self):
        self.answers = []
        self.requests = []
        self.bodies = []
        self.url = ""

    def answer(self, status=200, body=None, **headers):
        self.answers.append((status, body, {name.replace("_", "-"): value for name, value in headers.items()}))

    async def handle(self, request):
        self.requests.append(request)
        self.bodies.append(await request.read())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer[0]):
            return await answer[0](request)
        status, body, headers = answer
        text = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
        kind = "application/json" if body is not None and "Content-Type" not in headers else None
        return web.Response(status=status, text=text, headers={"request-id": "r-1", **headers}, content_type=kind)

    @property
    def sent(self):
        return [f"{request.method} {request.path}" for request in self.requests]


@asynccontextmanager
async def serving(server, **options):
    """Serve, and give the client under test."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    service = SdkService(server.url, "contoso", **{"account_key": KEY, **options})
    try:
        yield service
    finally:
        await service.close()
        await runner.cleanup()


@pytest.fixture
def server():
    return Server()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setitem(retries.RETRIES, "retry_backoff_factor", 0.005)


def ask(server, call, **options):
    """Make one call and give its result."""

    async def main():
        async with serving(server, **options) as service:
            return await call(service)

    return asyncio.run(main())


def failure(server, call, **options):
    with pytest.raises(BatchWidgetsError) as caught:
        ask(server, call, **options)
    return caught.value


READS = {
    "check": lambda service: service.check(),
    "list_supported_images": lambda service: service.list_supported_images(),
    "list_pools": lambda service: service.list_pools(),
    "get_pool": lambda service: service.get_pool("p"),
    "list_nodes": lambda service: service.list_nodes("p"),
    "get_remote_login_settings": lambda service: service.get_remote_login_settings("p", "n"),
    "get_node": lambda service: service.get_node("p", "n"),
    "list_node_files": lambda service: service.list_node_files("p", "n", recursive=True),
    "get_node_file": lambda service: service.get_node_file("p", "n", "startup/stdout.txt", 0, None),
    "get_node_file_properties": lambda service: service.get_node_file_properties("p", "n", "startup/stdout.txt"),
}
CHANGES = {
    "create_pool": lambda service: service.create_pool(make_spec("p")),
    "resize_pool": lambda service: service.resize_pool("p", target_dedicated_nodes=3, target_low_priority_nodes=None),
    "delete_pool": lambda service: service.delete_pool("p"),
    "create_node_user": lambda service: service.create_node_user("p", "n", USER),
    "replace_node_user": lambda service: service.replace_node_user("p", "n", USER),
    "delete_node_user": lambda service: service.delete_node_user("p", "n", "alice"),
    "reboot_node": lambda service: service.reboot_node("p", "n", "requeue"),
    "reimage_node": lambda service: service.reimage_node("p", "n", "requeue"),
    "deallocate_node": lambda service: service.deallocate_node("p", "n", "requeue"),
    "start_node": lambda service: service.start_node("p", "n"),
    "disable_node_scheduling": lambda service: service.disable_node_scheduling("p", "n", "requeue"),
    "enable_node_scheduling": lambda service: service.enable_node_scheduling("p", "n"),
    "remove_nodes": lambda service: service.remove_nodes("p", ["n"], "requeue"),
    "upload_node_logs": lambda service: service.upload_node_logs("p", "n", CONTAINER, datetime.now(UTC), None),
}
reads = pytest.mark.parametrize("call", READS.values(), ids=READS)
changes = pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES)


# answers with an error


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "code", "hint"),
    [
        (404, problem("PoolNotFound"), {}, NotFoundError, "PoolNotFound", "Refresh"),
        (404, problem("NodeUserNotFound"), {}, NotFoundError, "NodeUserNotFound", ""),
        (404, None, {}, ServiceError, "", ""),
        (409, problem("PoolExists"), {}, AlreadyExistsError, "PoolExists", "another pool id"),
        (409, problem("NodeUserExists"), {}, AlreadyExistsError, "NodeUserExists", "Delete the user"),
        (409, problem("PoolBeingDeleted"), {}, ServiceError, "PoolBeingDeleted", "deletion has ended"),
        (409, problem("NodeStateUnusable"), {}, ServiceError, "NodeStateUnusable", ""),
        (409, problem("PoolQuotaReached"), {}, ServiceError, "PoolQuotaReached", "quota"),
        (400, problem("InvalidPropertyValue"), {}, ServiceError, "InvalidPropertyValue", ""),
        (400, problem("UnsupportedRequestVersion"), {}, ServiceError, "UnsupportedRequestVersion", "API version"),
        (403, problem("AuthenticationFailed"), {}, AuthenticationError, "AuthenticationFailed", "Keys page"),
        (401, None, {}, AuthenticationError, "", "Keys page"),
        (403, problem("AccountIsDisabled"), {}, AuthenticationError, "AccountIsDisabled", ""),
        (500, problem("InternalError"), {}, ServiceError, "InternalError", ""),
        (501, None, {}, ServiceError, "", ""),
        (503, problem("ServerBusy"), {}, ThrottledError, "ServerBusy", ""),
        (429, None, {}, ThrottledError, "", ""),
        (429, problem("TooManyRequests"), {"Retry_After": "7"}, ThrottledError, "TooManyRequests", ""),
        (502, "<html>Bad gateway</html>", {"Content_Type": "text/html"}, ServiceError, "", ""),
        (400, "{not json", {"Content_Type": "application/json"}, ServiceError, "", ""),
    ],
)
def test_errors_of_the_service(server, status, body, headers, kind, code, hint):
    server.answer(status, body, **headers)
    error = failure(server, READS["get_pool"])
    assert type(error) is kind
    assert (error.code, error.status, error.request_id) == (code, status, "r-1")
    assert hint in error.hint
    assert error.message
    assert "RequestId" not in str(error)
    assert "html" not in str(error)
    assert not error.maybe_done


@pytest.mark.parametrize(
    ("status", "body", "maybe_done"),
    [
        (500, problem("InternalError"), True),
        (502, "<html>Bad gateway</html>", True),
        (503, problem("ServerBusy"), False),
        (409, problem("PoolBeingResized"), False),
    ],
)
@changes
def test_a_change_that_ends_in_a_server_error_may_have_been_made(server, call, status, body, maybe_done):
    server.answer(status, body)
    error = failure(server, call)
    assert error.maybe_done is maybe_done
    assert ("may have been made" in error.hint) is maybe_done
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda service: service.get_pool(""),
        lambda service: service.list_nodes(""),
        lambda service: service.delete_pool(""),
        lambda service: service.resize_pool("", target_dedicated_nodes=1, target_low_priority_nodes=None),
        lambda service: service.create_node_user("p", "", USER),
        lambda service: service.replace_node_user("p", "n", NodeUser("", "x")),
        lambda service: service.delete_node_user("p", "n", ""),
        lambda service: service.get_remote_login_settings("", "n"),
    ],
)
def test_an_empty_id_is_not_sent(server, call):
    error = failure(server, call)
    assert type(error) is NotFoundError
    assert "empty id" in error.message
    assert not server.sent


def test_the_services_words_and_details_are_kept(server):
    server.answer(400, problem("InvalidPropertyValue", values=[("PropertyName", "vmSize"), ("Reason", "unknown")]))
    assert failure(server, CHANGES["create_pool"]).message == "What happened. (PropertyName: vmSize; Reason: unknown)"


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("7", 7, 7),
        ("0.5", 0.5, 0.5),
        ("-3", 0, 0),
        ("soon", 1, 1),
        ("inf", 1, 1),
        ("nan", 1, 1),
        ("9" * 5000, 1, 1),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", 1, 1),
        (timedelta(seconds=600), 500, 600),
        (timedelta(seconds=-600), 0, 0),
    ],
)
def test_retry_after(server, header, low, high):
    if isinstance(header, timedelta):
        header = format_datetime(datetime.now(UTC) + header, usegmt=True)
    server.answer(429, None, Retry_After=header)
    error = failure(server, CHANGES["create_node_user"])
    assert isinstance(error, ThrottledError)
    assert low <= error.retry_after_s <= high
    assert len(server.sent) == 1


@pytest.mark.parametrize(("minutes", "says"), [(20, "20 minutes behind"), (-20, "20 minutes ahead")])
def test_a_wrong_clock_is_told(server, minutes, says):
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    server.answer(403, problem("AuthenticationFailed"), Date=date)
    error = failure(server, READS["check"])
    assert says in error.hint
    assert "Set the clock" in error.hint


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_clock_that_is_right_enough_is_not_blamed(server, minutes):
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    server.answer(403, problem("AuthenticationFailed"), Date=date)
    assert "clock" not in failure(server, READS["check"]).hint


@pytest.mark.parametrize("text", ["<html>Welcome to the hotel's Wi-Fi</html>", "{", "[]", '"text"'])
def test_an_answer_that_cannot_be_read(server, text):
    server.answer(200, text, Content_Type="text/html" if text.startswith("<") else "application/json")
    error = failure(server, READS["list_pools"])
    assert type(error) is ServiceError
    assert "cannot be read" in error.message
    assert "Batch account" in error.hint


@pytest.mark.parametrize(
    ("error", "kind", "maybe_done"),
    [
        (azure_errors.ServiceRequestError("no route"), ServiceUnreachableError, False),
        (azure_errors.ServiceRequestTimeoutError("slow"), ServiceUnreachableError, False),
        (azure_errors.ServiceResponseError("reset"), ServiceUnreachableError, True),
        (azure_errors.ServiceResponseTimeoutError("slow"), ServiceUnreachableError, True),
        (azure_errors.IncompleteReadError("half"), ServiceUnreachableError, True),
        (TimeoutError(), ServiceUnreachableError, True),
        (azure_errors.ClientAuthenticationError("No credential.\nMore."), AuthenticationError, None),
        (ValueError("odd"), ServiceError, None),
        (azure_errors.HttpResponseError("no response"), ServiceError, None),
    ],
)
@pytest.mark.parametrize("changing", [True, False])
def test_errors_without_an_answer(error, kind, maybe_done, changing):
    said = translate(error, endpoint="https://contoso", changes=changing)
    assert type(said) is kind
    if maybe_done is not None:
        assert said.maybe_done is (maybe_done and changing)
        assert ("may have been made" in said.hint) is said.maybe_done
    if kind is AuthenticationError:
        assert "az login" in said.hint
        assert "More." not in said.hint


# no answer


async def silent(reader, writer):
    try:
        await reader.read()
    finally:
        writer.close()


async def resetting(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


async def disconnecting(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def half_an_answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
    await writer.drain()
    writer.close()


@asynccontextmanager
async def raw(handler):
    connections = []

    async def count(reader, writer):
        connections.append(1)
        await handler(reader, writer)

    listener = await asyncio.start_server(count, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    service = SdkService(f"http://127.0.0.1:{port}", "contoso", account_key=KEY)
    try:
        yield service, connections
    finally:
        await service.close()
        listener.close()
        await listener.wait_closed()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(("call", "changing"), [(READS["check"], False), (CHANGES["create_pool"], True)])
def test_an_endpoint_that_never_answers(monkeypatch, call, changing):
    monkeypatch.setitem(retries.TIMEOUTS, "read_timeout", 0.1)

    async def main():
        async with raw(silent) as (service, connections):
            began = time.monotonic()
            with pytest.raises(ServiceUnreachableError, match="did not answer in time") as caught:
                await call(service)
            assert time.monotonic() - began < 2
            assert len(connections) == 1
            return caught.value

    assert asyncio.run(main()).maybe_done is changing


@pytest.mark.parametrize("breaking", [resetting, disconnecting, half_an_answer])
@pytest.mark.parametrize(("call", "changing"), [(READS["check"], False), *((call, True) for call in CHANGES.values())])
def test_a_connection_that_breaks(call, changing, breaking):
    async def main():
        async with raw(breaking) as (service, connections):
            with pytest.raises(ServiceUnreachableError, match="broke") as caught:
                await call(service)
            return caught.value, len(connections)

    error, connections = asyncio.run(main())
    assert error.maybe_done is changing
    if changing:  # aiohttp would repeat a DELETE or PUT by itself if the connection breaks before the answer
        assert connections == 1
    else:
        assert 2 <= connections <= 4


@pytest.mark.parametrize("call", [READS["check"], CHANGES["create_pool"]])
def test_a_port_that_nobody_listens_on(call, unused_port):
    async def main():
        service = SdkService(f"http://127.0.0.1:{unused_port}", "contoso", account_key=KEY)
        try:
            began = time.monotonic()
            with pytest.raises(ServiceUnreachableError, match="Cannot reach") as caught:
                await call(service)
            assert time.monotonic() - began < 2
            return caught.value
        finally:
            await service.close()

    assert asyncio.run(main()).maybe_done is False


@pytest.fixture
def unused_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_the_worst_case_of_a_dead_endpoint_is_under_10_seconds():
    timeouts, retries = AS_DELIVERED
    backoffs = sum(retries["retry_backoff_factor"] * 2**number for number in range(1, retries["retry_connect"] + 1))
    never_connected = timeouts["connection_timeout"] * (1 + retries["retry_connect"]) + backoffs
    never_answered = timeouts["read_timeout"] * (1 + retries["retry_read"])
    assert never_connected < 10
    assert never_answered < 10


def test_the_client_has_these_timeouts_and_retries():
    async def main():
        service = SdkService("http://127.0.0.1:1", "contoso", account_key=KEY)
        try:
            config = service._client._config
            policy = config.retry_policy
            assert (policy.total_retries, policy.connect_retries, policy.read_retries) == (2, 1, 0)
            connection = service._client._client._pipeline._transport.connection_config
            assert (connection.timeout, connection.read_timeout) == (4, 8)
        finally:
            await service.close()

    asyncio.run(main())


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


# values


def test_a_pool(server):
    body = {
        "id": "p",
        "displayName": "Mine",
        "state": "active",
        "allocationState": "resizing",
        "vmSize": "standard_d2s_v3",
        "virtualMachineConfiguration": {
            "imageReference": {"publisher": "canonical", "offer": "o", "sku": "s"},
            "nodeAgentSKUId": "batch.node.ubuntu 22.04",
        },
        "currentDedicatedNodes": 1,
        "targetDedicatedNodes": 2,
        "creationTime": "2026-01-02T03:04:05.1234567Z",
        "resizeErrors": [{"code": "AllocationFailed", "message": "m", "values": [{"name": "Reason", "value": "r"}]}],
        "networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [{"name": "ssh", "backendPort": 22}]}},
        "somethingNew": {"x": 1},
    }
    server.answer(200, body)
    pool = ask(server, READS["get_pool"])
    assert (pool.id, pool.display_name, pool.state, pool.allocation_state) == ("p", "Mine", "active", "resizing")
    assert (pool.current_nodes, pool.target_nodes, pool.target_low_priority_nodes) == (1, 2, 0)
    assert str(pool.image_reference) == "canonical : o : s : latest"
    assert pool.creation_time == datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)
    assert pool.resize_errors[0].values == (("Reason", "r"),)
    assert pool.maps_ssh
    assert pool.body["somethingNew"] == {"x": 1}


def test_a_bare_pool_and_a_bare_node(server):
    server.answer(200, {"id": "p", "state": "brandNew"})
    pool = ask(server, READS["get_pool"])
    assert (pool.state, pool.vm_size, pool.image_reference, pool.resize_errors) == ("brandNew", "", None, ())
    server.answers = [(200, {"value": [{"id": "n", "state": "creating"}]}, {})]
    (node,) = ask(server, READS["list_nodes"])
    assert (node.id, node.state, node.ip_address, node.trouble, node.is_dedicated) == ("n", "creating", "", "", True)


def test_a_broken_spot_node(server):
    node = {
        "id": "n",
        "state": "starttaskfailed",
        "isDedicated": False,
        "ipAddress": "10.0.0.4",
        "schedulingState": "enabled",
        "runningTasksCount": 0,
        "startTaskInfo": {"state": "completed", "exitCode": 2, "failureInfo": {"category": "usererror", "code": "c"}},
        "errors": [{"code": "A", "message": "b"}, {"code": "C"}],
    }
    server.answer(200, {"value": [node]})
    (found,) = ask(server, READS["list_nodes"])
    assert not found.is_dedicated
    assert found.trouble == "Start task: exit code 2: c"
    assert found.errors == ("A: b", "C")
    assert (found.scheduling_state, found.running_tasks_count) == ("enabled", 0)


def test_supported_images(server):
    full = {
        "nodeAgentSKUId": "batch.node.ubuntu 22.04",
        "imageReference": {"publisher": "canonical", "offer": "o", "sku": "s", "version": "latest"},
        "osType": "linux",
        "verificationType": "verified",
        "capabilities": ["DockerCompatible"],
        "batchSupportEndOfLife": "2027-06-01T00:00:00Z",
    }
    bare = {key: full[key] for key in ("nodeAgentSKUId", "imageReference")} | {
        "osType": "windows",
        "verificationType": "unverified",
    }
    server.answer(200, {"value": [full, bare]})
    first, second = ask(server, READS["list_supported_images"])
    assert (first.os_type, first.verified, first.capabilities) == ("linux", True, ("DockerCompatible",))
    assert first.batch_support_end_of_life == datetime(2027, 6, 1, tzinfo=UTC)
    assert (second.os_type, second.verified, second.capabilities) == ("windows", False, None)


@pytest.mark.parametrize(
    ("body", "reachable"),
    [
        ({"remoteLoginIPAddress": "203.0.113.5", "remoteLoginPort": 40001}, True),
        ({"ipv6RemoteLoginIPAddress": "2001:db8::5", "ipv6RemoteLoginPort": 40001}, True),
        ({}, False),
        ({"remoteLoginIPAddress": "", "remoteLoginPort": 0}, False),
    ],
)
def test_remote_login_settings(server, body, reachable):
    server.answer(200, body)
    settings = ask(server, READS["get_remote_login_settings"])
    assert settings.node_id == "n"
    assert settings.reachable is reachable
    assert bool(settings.reason) is not reachable


def test_a_custom_image_is_no_marketplace_image():
    reference = models.BatchVmImageReference(virtual_machine_image_id="/subscriptions/x")
    assert convert.image_reference(reference) is None
    assert convert.image_reference(None) is None


# secrets


@pytest.mark.parametrize("status", [400, 403, 500])
def test_no_error_and_no_traceback_shows_a_secret(server, status):
    server.answer(status, problem("InvalidPropertyValue"))
    error = failure(server, CHANGES["create_node_user"])
    assert PASSWORD.encode() in server.bodies[0], "the password did go out"
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    assert PASSWORD not in shown
    assert KEY not in shown
    assert error.__suppress_context__


def test_nothing_is_logged_that_is_secret(server, caplog):
    server.answer(400, problem("InvalidPropertyValue"))
    with caplog.at_level("DEBUG"):
        failure(server, CHANGES["create_node_user"])
    assert PASSWORD not in caplog.text
    assert "SharedKey contoso:" not in caplog.text


# credentials


class Sync:
    def __init__(self):
        self.threads = []

    def get_token(self, *scopes, **options):
        import threading

        self.threads.append(threading.current_thread())
        raise azure_errors.ClientAuthenticationError("Please sign in.")


class Async:
    closed = False

    async def get_token(self, *scopes, **options):
        return AccessToken("t", 2**31)

    async def close(self):
        self.closed = True


def test_a_named_key_is_taken_as_it_is(server):
    server.answer(200, {"value": []})
    named = AzureNamedKeyCredential("other", KEY)
    ask(server, READS["check"], account_key=None, credential=named)
    assert server.requests[0].headers["Authorization"].startswith("SharedKey other:")


def test_a_sync_credential_is_asked_off_the_loop():
    import threading

    credential = Sync()

    async def main():
        service = SdkService("https://127.0.0.1:1", "contoso", credential=credential)
        try:
            with pytest.raises(AuthenticationError, match="Signing in with Entra ID failed"):
                await service.check()
        finally:
            await service.close()

    asyncio.run(main())
    assert credential.threads
    assert threading.main_thread() not in credential.threads


def test_a_callers_credential_is_left_open():
    credential = Async()
    used, own = credentials.make_credential("contoso", None, credential)
    assert used is credential
    assert not own
    wrapped, own = credentials.make_credential("contoso", None, Sync())
    assert not own
    assert asyncio.run(wrapped.close()) is None


def test_without_anything_it_is_entra_id():
    async def main():
        credential, own = credentials.make_credential("contoso", None, None)
        assert type(credential).__name__ == "DefaultAzureCredential"
        assert own
        await credential.close()

    asyncio.run(main())
