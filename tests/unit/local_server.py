"""A web server of a test, which answers with what the test lays down and keeps the requests."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from aiohttp import web


class LocalServer:
    """Answers one request after the other; the last answer again and again."""

    def __init__(self):
        self.answers = []
        self.requests = []
        self.bodies = []
        self.url = ""

    def answer(self, body, status=200, **headers):
        """Lay down an answer: a text or bytes, or what becomes JSON; a callable gives it when it is asked for."""
        self.answers.append((body, status, headers))

    async def handle(self, request):
        self.requests.append(request)
        self.bodies.append(await request.read())
        body, status, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(body):
            body = body()
        if asyncio.iscoroutine(body):
            body = await body
        if isinstance(body, (str, bytes)):
            return web.Response(body=body, status=status, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    @asynccontextmanager
    async def running(self):
        """Serve on 127.0.0.1."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()
