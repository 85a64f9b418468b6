"""One furnished sandbox and one browser for all tests here; every test has a channel of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from bot.sandbox.limits import Limits
from bot.sandbox.prepare import Prepared, prepare
from bot.sandbox.server import Sandbox
from tests.sandbox_page.small_bot import Json, SmallBot

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 5000
# One pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8dfa0000004"
    "2101a04dbf32900000000049454e44ae426082"
)
COMMANDS: list[Json] = [
    {
        "name": "top",
        "description": "The best articles of a period",
        "options": [
            {
                "type": 3,
                "name": "period",
                "description": "Which days count",
                "required": True,
                "choices": [{"name": "Today", "value": "day"}, {"name": "This week", "value": "week"}],
            },
            {"type": 7, "name": "channel", "description": "Only this channel"},
            {"type": 4, "name": "count", "description": "How many", "min_value": 1, "max_value": 10},
        ],
    },
    {
        "name": "source",
        "description": "Sources",
        "options": [
            {
                "type": 1,
                "name": "add",
                "description": "Subscribe this channel",
                "options": [
                    {
                        "type": 3,
                        "name": "address",
                        "description": "Page or feed",
                        "required": True,
                        "autocomplete": True,
                    }
                ],
            }
        ],
    },
    {
        "name": "cover",
        "name_localizations": {"de": "titelbild"},
        "description": "A picture for the paper",
        "description_localizations": {"de": "Ein Bild für die Zeitung"},
        "options": [{"type": 11, "name": "picture", "description": "The picture", "required": True}],
    },
    {"name": "later", "description": "Answers after a while"},
    {"name": "silent", "description": "Never answers"},
    {"name": "Comment on this", "type": 3},
]


@dataclass(frozen=True)
class Scene:
    """The sandbox with its people, its bot, and what tests do beside the page."""

    sandbox: Sandbox
    prepared: Prepared
    bot: SmallBot

    async def channel(self, name: str, kind: int = 0) -> str:
        """A new channel's id."""
        path = f"/guilds/{self.prepared.guild_id}/channels"
        made: Json = await self.bot.call("POST", path, {"name": name, "type": kind}, self.token("ada"))
        return str(made["id"])

    def token(self, username: str) -> str:
        return self.prepared.people[username].token

    async def say(self, username: str, channel: str, **message: object) -> Json:
        path = f"/channels/{channel}/messages"
        said: Json = await self.bot.call("POST", path, message, self.token(username))
        return said


Visit = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scene() -> AsyncIterator[Scene]:
    async with Sandbox(limits=Limits.off()) as sandbox:
        prepared = await prepare(sandbox, "The Daily Test", {"general": 0}, ["ada", "ben"], "Broadsheet")
        bot = SmallBot(sandbox.api_url, sandbox.gateway_url, prepared.bot_token, prepared.application_id)
        async with bot:
            await bot.call("PUT", f"/applications/{bot.application_id}/commands", COMMANDS)
            yield Scene(sandbox, prepared, bot)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"The chat page is tested with Chromium, and there is none at {CHROMIUM}.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        await browser.close()


class Pages:
    """The open pages, one for each person and kind of window, and what went wrong in any of them."""

    def __init__(self, scene: Scene, browser: Browser) -> None:
        self._scene = scene
        self._browser = browser
        self._open: dict[tuple[str, int, str], Page] = {}
        self.troubles: list[str] = []
        self.may_be_refused = False

    def _heard(self, message: ConsoleMessage) -> None:
        # The browser writes every refusal of the sandbox there, also those that the page turns into sentences.
        refused = self.may_be_refused and "server responded with a status of 4" in message.text
        if message.type in ("error", "warning") and not refused:
            self.troubles.append(f"console: {message.text} {message.location}")

    def _requested(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", None):
            self.troubles.append(f"left this machine: {request.url}")

    async def visit(self, person: str, channel: str, width: int = 1280, scheme: str = "dark") -> Page:
        """The person's page, showing a channel; opened anew only where there is none yet."""
        key = (person, width, scheme)
        address = f"#/{self._scene.prepared.guild_id}/{channel}"
        if key not in self._open:
            self._open[key] = await self._new(width, scheme)
            await self._open[key].goto(f"{self._scene.sandbox.url}/?person={person}{address}")
        else:
            await self._open[key].evaluate("address => { location.hash = address }", address)
        await self._open[key].wait_for_selector(f"body[data-ready=true] #room[data-channel-id='{channel}']")
        return self._open[key]

    async def _new(self, width: int, scheme: str) -> Page:
        context = await self._browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="light" if scheme == "light" else "dark",
        )
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("request", self._requested)
        return page

    async def close(self) -> None:
        for page in self._open.values():
            await page.context.close()
        self._open.clear()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pages(scene: Scene, browser: Browser) -> AsyncIterator[Pages]:
    pages = Pages(scene, browser)
    yield pages
    await pages.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(scene: Scene, pages: Pages) -> AsyncIterator[Visit]:
    """Shows a channel to somebody; afterwards nothing may have gone wrong or left this machine."""
    pages.troubles.clear()
    pages.may_be_refused = False
    yield pages.visit
    assert pages.troubles == []
    assert scene.sandbox.unknown_routes == []


@pytest.fixture
def refusals(pages: Pages, visit: Visit) -> None:
    """Lets the sandbox refuse something in this test."""
    pages.may_be_refused = True
