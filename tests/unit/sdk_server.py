"""A server on 127.0.0.1 that answers SdkService as the test lays down, and every call that can be made of it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web

from batch_widgets.errors import BatchWidgetsError
from batch_widgets.nodes import NodeUser
from batch_widgets.sdk import SdkService, retries
from unit.fakes import make_spec
from unit.local_server import LocalServer

KEY = "c2VjcmV0LWtleS1vZi10aGUtdGVzdA=="
PASSWORD = "Hunter2!-of-the-test"
USER = NodeUser("alice", password=PASSWORD, is_admin=True)
CONTAINER = "https://contoso.blob.core.windows.net/logs?sv=2026-01-01&sig=c2VudGluZWw%3D"


def problem(code, message="What happened.", values=()):
    return {
        "code": code,
        "message": {"lang": "en-US", "value": f"{message}\nRequestId:r-1\nTime:2026-01-01T00:00:00Z"},
        "values": [{"key": key, "value": value} for key, value in values],
    }


class Server(LocalServer):
    """Answers as the service does; a callable in place of a status gives the whole answer."""

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
    async with server.running():
        service = SdkService(server.url, "contoso", **{"account_key": KEY, **options})
        try:
            yield service
        finally:
            await service.close()


@pytest.fixture(name="server")
def server_fixture():
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
