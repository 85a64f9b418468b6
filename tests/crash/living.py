"""One life of the bot: the program as it is, in a faster time, with hooks laid around it from outside.

The harness arms a hook over the life's socket: `{"arm": HOOK, "nth": 1, "deed": DEED}`. A hook is a name and where:
before or after a call of the store, in its transaction (all is done, the commit is next), or, of a request, as it is
leaving, once its headers and once its body were read. What happens is told: `{"reached": HOOK}`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord.http
from sqlalchemy import func, literal

import bot.app
import bot.feeds.worker
import bot.login
import cogs  # noqa: F401
import storage.database
from bot.config import Settings
from bot.logs import configure_logging
from bot.newsroom import polling, tenure
from storage import Database, Store, schema
from tests.crash.tempo import Tempo
from tests.crash.trouble import Trouble

PROBLEMS = (bot.app.AppProblem, tenure.TenureProblem, bot.app.DatabaseProblem, bot.login.DiscordProblem)

# Requests by what they are for; the fetch of a feed is one of them.
REQUESTS = (
    ("fetch", "GET", re.compile(r".*/feed\.xml")),
    ("message", "POST", re.compile(r".*/channels/\d+/messages")),
    ("thread", "POST", re.compile(r".*/channels/\d+/messages/\d+/threads")),
    ("forum post", "POST", re.compile(r".*/channels/\d+/threads")),
    ("vote", "PUT", re.compile(r".*/reactions/[^/]+/@me")),
    ("crosspost", "POST", re.compile(r".*/channels/\d+/messages/\d+/crosspost")),
    ("pin", "PUT", re.compile(r".*/channels/\d+/(messages/)?pins/\d+")),
    ("edit", "PATCH", re.compile(r".*/channels/\d+/messages/\d+")),
    ("page", "GET", re.compile(r".*/channels/\d+/messages")),
    ("reactors", "GET", re.compile(r".*/reactions/[^/]+")),
)
# The store's calls that can be hooked, by its parts.
CALLS = {
    "harvest": ("store",),
    "posts": (
        "claim", "begin_sending", "sent", "threaded", "seeded", "announced", "pinned", "finish", "postpone",
    ),
    "digests": ("gather", "claim", "begin_sending", "sent"),
    "comments": ("record", "remove"),
    "votes": ("apply", "replace"),
    "leases": ("renew",),
}  # fmt: skip
# A poll that died with its process is repeated so soon: a case need not wait for five minutes.
CLAIM = timedelta(seconds=5)

_call: ContextVar[str] = ContextVar("call", default="")


class Points:
    """The hooks: one of them may be armed."""

    def __init__(self, tell: Callable[[dict[str, Any]], None], trouble: Trouble) -> None:
        self._tell = tell
        self._trouble = trouble
        self._armed: dict[str, Any] | None = None
        self.writers = 0
        """How many transactions that write are open."""

    def arm(self, order: dict[str, Any]) -> None:
        """Have a deed done when the work comes to a hook for the nth time from now on."""
        self._armed = {"nth": 1, **order}

    async def reach(self, hook: str, response: aiohttp.ClientResponse | None = None) -> None:
        """The work has come here."""
        armed = self._armed
        if armed is None or armed["arm"] != hook:
            return
        armed["nth"] -= 1
        if armed["nth"] > 0:
            return
        self._armed = None
        if armed["deed"] == "freeze":
            # Frozen with locks in its hands it has the database to itself: that is a fault of its own.
            while self.writers:
                await asyncio.sleep(0)
        self._tell({"reached": hook})
        match armed["deed"]:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "term":
                os.kill(os.getpid(), signal.SIGTERM)
                # The handler has run, and what is to be cancelled is, when the work goes on.
                for _ in range(5):
                    await asyncio.sleep(0)
            case "freeze" | "freeze while writing":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "reset":
                assert response is not None
                assert response.connection is not None
                assert response.connection.transport is not None
                response.connection.transport.abort()
            case trouble:
                await self._trouble.begin(trouble)


def live(order: dict[str, Any], line: socket.socket) -> int:
    """Live until told to stop, or killed; answers the exit code. `order` is what `Life` sends."""
    settings = Settings(
        **{**order["settings"], "poll_interval": timedelta(seconds=order["settings"]["poll_interval"])}
    )
    tempo = Tempo(**order["tempo"])
    configure_logging(settings)
    bot.app.utc_now = tempo.now  # type: ignore[assignment]
    polling.CLAIM = CLAIM
    if order["lease_s"]:
        tenure.DURATION = timedelta(seconds=order["lease_s"])
        # As in the program: PostgreSQL ends a silent transaction sooner than the lease ends.
        storage.database._LIMIT_SILENCE = func.set_config(  # type: ignore[misc]
            "idle_in_transaction_session_timeout", literal(str(int(order["lease_s"] * 750))), True
        )
    storage.database.time = SimpleNamespace(  # type: ignore[assignment]
        monotonic=lambda: time.monotonic() * tempo.speed
    )
    with asyncio.Runner(loop_factory=tempo.loop) as runner:
        try:
            runner.run(_live(settings, line, order))
        except PROBLEMS as problem:
            logging.getLogger(__name__).error("%s", problem)
            return 1
    return 0


async def _live(settings: Settings, line: socket.socket, order: dict[str, Any]) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    def tell(told: dict[str, Any]) -> None:
        line.sendall(json.dumps(told).encode() + b"\n")

    trouble = Trouble(settings.database_url, order["trouble_s"])
    points = Points(tell, trouble)
    if order["armed"]:
        points.arm(order["armed"])
    lay_hooks(points, trouble)
    listening = asyncio.create_task(_listen(line, points))
    try:
        await bot.app.run_app(
            settings,
            stop,
            announce=lambda sentence: tell({"connected": sentence}),
            refresh_every=timedelta(seconds=3),
        )
    finally:
        listening.cancel()
        await trouble.end()


async def _listen(line: socket.socket, points: Points) -> None:
    reader, _ = await asyncio.open_connection(sock=line.dup())
    while order := await reader.readline():
        points.arm(json.loads(order))
    os.kill(os.getpid(), signal.SIGKILL)  # the harness is gone


def lay_hooks(points: Points, trouble: Trouble) -> None:
    """Lay the hooks around the store, the fetcher's and the publisher's requests, and the migration."""
    open_store, open_world = bot.app.open_store, bot.app.open_world
    upgrade, opening = schema.upgrade, Database.open
    request, read = aiohttp.ClientSession._request, discord.http.json_or_text

    @asynccontextmanager
    async def hooked_store(settings: Settings, **options: Any) -> AsyncIterator[tuple[Database, Store]]:
        async with open_store(settings, **options) as (database, store):
            for part, names in CALLS.items():
                for name in names:
                    _hook_call(points, getattr(store, part, None), part, name)
            yield database, store

    async def hooked_open(url: str, **options: Any) -> Database:
        database = await opening(url, **options)
        await trouble.prepare(database)
        writing = database.writing

        @asynccontextmanager
        async def hooked_writing(**options: Any) -> AsyncIterator[Any]:
            points.writers += 1
            try:
                async with writing(**options) as connection:
                    yield connection
                    if call := _call.get():
                        await points.reach(f"{call} in")
                    await trouble.strike(connection)
            finally:
                points.writers -= 1

        database.writing = hooked_writing  # type: ignore[method-assign]
        return database

    @asynccontextmanager
    async def hooked_world(settings: Settings, **options: Any) -> AsyncIterator[bot.app.World]:
        async with open_world(settings, **options) as world:
            parse = world.workers.parse

            async def hooked_parse(*given: Any, **named: Any) -> Any:
                await points.reach("parse before")
                return await parse(*given, **named)

            world.workers.parse = hooked_parse  # type: ignore[method-assign]
            yield world

    async def hooked_request(self: aiohttp.ClientSession, method: str, url: Any, **given: Any) -> Any:
        kind = kind_of(method, str(url))
        await points.reach(f"{kind} leaving")
        response = await request(self, method, url, **given)
        await points.reach(f"{kind} headers", response)
        return response

    async def hooked_read(response: aiohttp.ClientResponse) -> Any:
        data = await read(response)
        if response.ok:
            await points.reach(f"{kind_of(response.method, str(response.url))} body")
        return data

    def hooked_upgrade(connection: Any) -> None:
        upgrade(connection)
        # No loop runs in here: what the hook does is a signal, and needs none.
        reaching = points.reach("migration in")
        try:
            reaching.send(None)
        except StopIteration:
            pass
        finally:
            reaching.close()

    bot.app.open_store, bot.app.open_world = hooked_store, hooked_world
    Database.open = hooked_open  # type: ignore[method-assign,assignment]
    schema.upgrade = hooked_upgrade
    aiohttp.ClientSession._request = hooked_request  # type: ignore[method-assign]
    discord.http.json_or_text = hooked_read


def _hook_call(points: Points, part: Any, part_name: str, name: str) -> None:
    method: Callable[..., Awaitable[Any]] | None = getattr(part, name, None)
    if method is None:
        return
    called = f"{part_name}.{name}"

    async def hooked(*given: Any, **named: Any) -> Any:
        if called == "harvest.store" and not any(one.new for one in given[0]):
            return await method(*given, **named)  # a poll that brought nothing is no ingest
        await points.reach(f"{called} before")
        token = _call.set(called)
        try:
            answer = await method(*given, **named)
        finally:
            _call.reset(token)
        if answer or answer is None:  # a claim that found nothing is none
            await points.reach(f"{called} after")
        return answer

    setattr(part, name, hooked)


def kind_of(method: str, url: str) -> str:
    """What a request is for; the method and path where it is none of REQUESTS."""
    path = url.partition("?")[0]
    return next(
        (kind for kind, verb, pattern in REQUESTS if verb == method and pattern.fullmatch(path)),
        f"{method} {path}",
    )
