"""A running sandbox whose every exchange is held against Discord's document, people, and a discord.py bot."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from bot.sandbox.scenario import Application, Json, Person, Scenario
from tests.discord_document import Check
from tests.sandbox.line import Dial, Line

# What the bot asks for at its installation: the smallest invite that serves it.
BOT_PERMISSIONS = 309237730368


@pytest.fixture
async def sandbox(check: Check | None) -> AsyncIterator[Sandbox]:
    async with Sandbox(check=check, limits=Limits.off()) as running:
        yield running
        assert not running.violations, "\n".join(running.violations)
        # A test that asks for one on purpose takes it off the list.
        assert not running.unknown_routes


@dataclass
class Town:
    """A guild with a channel: alice owns it, bob is a member, the bot is installed."""

    sandbox: Sandbox
    alice: Person
    bob: Person
    guild: Json
    channel: Json
    application: Application

    @property
    def guild_id(self) -> str:
        return str(self.guild["id"])

    @property
    def channel_id(self) -> str:
        return str(self.channel["id"])


@pytest.fixture
async def town(sandbox: Sandbox) -> AsyncIterator[Town]:
    async with Scenario(sandbox.url) as story:
        alice, bob = await story.person("alice"), await story.person("bob")
        made = await story.town("Town", alice, ("news",), (bob,))
        application = await story.bot("Broadsheet", made, BOT_PERMISSIONS)
        yield Town(sandbox, alice, bob, made.guild, made["news"], application)


class Bot(discord.Client):
    """discord.py as it is; it only writes down what it is told."""

    def __init__(self, intents: discord.Intents) -> None:
        super().__init__(intents=intents, max_messages=None)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[tuple[str, Any]] = []
        self.changed = asyncio.Condition()
        self.ready = asyncio.Event()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        super().dispatch(event, *args, **kwargs)
        self.heard.append((event, args[0] if args else None))
        if event == "ready":
            self.ready.set()
        asyncio.get_running_loop().create_task(self._wake())

    async def _wake(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def wait_heard(self, event: str, times: int = 1, timeout: float = 5) -> Any:
        """What came with the `times`-th dispatch of an event."""

        def found() -> list[Any]:
            return [data for name, data in self.heard if name == event][times - 1 : times]

        async with asyncio.timeout(timeout), self.changed:
            return (await self.changed.wait_for(found))[0]


@pytest.fixture
async def bot(town: Town) -> AsyncIterator[Person]:
    """The town's bot as plain HTTP, without a gateway."""
    async with Person(town.sandbox.url, "Broadsheet", f"Bot {town.application.token}") as bot:
        bot.id = town.application.id
        yield bot


@pytest.fixture
async def dial(sandbox: Sandbox) -> AsyncIterator[Dial]:
    """Opens bare connections to the gateway, up to its hello."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())

        async def call(query: str = "v=10&encoding=json", **unpack: Any) -> Line:
            socket = http.ws_connect(f"{sandbox.gateway_url}?{query}", max_msg_size=0)
            line = Line(await stack.enter_async_context(socket), **unpack)
            assert (await line.hear())["op"] == 10
            return line

        yield call


StartBot = Callable[..., Awaitable[Bot]]


@pytest.fixture
def pointed(sandbox: Sandbox) -> Iterator[None]:
    """discord.py's addresses, set to the sandbox and put back."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = sandbox.api_url, yarl.URL(sandbox.gateway_url)
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@pytest.fixture
async def start_bot(pointed: None, town: Town) -> AsyncIterator[StartBot]:
    """Starts discord.py clients of the town's application; `intents` 1537 unless told."""
    async with AsyncExitStack() as stack:

        async def start(intents: int = 1537, setup: Callable[[Bot], None] | None = None) -> Bot:
            bot = Bot(discord.Intents._from_value(intents))
            bot._connection.guild_ready_timeout = 0.05
            if setup is not None:
                setup(bot)
            task = asyncio.create_task(bot.start(town.application.token))
            stack.push_async_callback(asyncio.wait, [task])
            stack.push_async_callback(bot.close)
            waiting = asyncio.create_task(bot.ready.wait())
            await asyncio.wait([task, waiting], timeout=10, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if task.done():
                task.result()
            assert bot.ready.is_set(), "discord.py did not become ready."
            return bot

        yield start
