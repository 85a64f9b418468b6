"""A language model's server for tests: a real one, that answers as the test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from bot.feeds.language_model import ModelClient

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def said(text: object, **more: Any) -> web.Response:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return web.json_response({"choices": [choice], "usage": {"total_tokens": 77}} | more)


@dataclass
class Server:
    """A model's server: answers each request with the next of `answers`, the last one again and again."""

    answers: list[Handler]
    port: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("Authorization"))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self.answers[min(len(self.asked), len(self.answers)) - 1](request)
        finally:
            self.at_once -= 1


class Time:
    """A clock that stands still."""

    now = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(
    *answers: Handler, within: float = 5.0, address: str | None = None
) -> AsyncIterator[tuple[Server, ModelClient, Time]]:
    server, time = Server(list(answers)), Time()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    client = ModelClient(
        address or server.url,
        "writer-1",
        key="sesame",
        clock=time,
        user_agent="Broadsheet/test",
        answer_within=within,
        pause=timedelta(milliseconds=10),
    )
    try:
        async with client:
            yield server, client, time
    finally:
        await runner.cleanup()


def fixed(make: Callable[[], web.StreamResponse]) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return make()

    return answer
