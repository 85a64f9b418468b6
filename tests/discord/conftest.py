"""A town in the sandbox with the real bot, the real newsroom and a database; only the web outside is made up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import discord
import pytest

from bot.client import BroadsheetBot
from bot.config import Settings
from bot.feeds.discover import Found, NotFound, Several
from bot.feeds.model import Document, Validators
from bot.login import point_at
from bot.newsroom.delivery import Delivery
from bot.newsroom.digests import gather
from bot.newsroom.newsroom import Newsroom, open_newsroom
from bot.newsroom.reads import Polled
from bot.sandbox import Sandbox
from bot.sandbox.scenario import Application, Json, Person, Scenario
from storage import Database, Store
from storage.records import ArticleToStore, Brought, CardToPost, Source, SourceUpdate, SubscriptionToStore
from tests.databases import RANKS, url_of
from tests.discord.records import card_to_post
from tests.storage.desk import whole

Answer = TypeVar("Answer")

# The flag of an application in few guilds that may read what members write.
READS_CONTENT = 1 << 19
BOT_PERMISSIONS = 309237730368
VIEW = discord.Permissions(view_channel=True).value


def utc_now() -> datetime:
    return datetime.now(UTC)


async def eventually(ask: Callable[[], Awaitable[Answer]], timeout: float = 20) -> Answer:
    """The first answer that is true, asked again until then; fails at the deadline."""
    try:
        async with asyncio.timeout(timeout):
            while not (answer := await ask()):
                await asyncio.sleep(0.01)
            return answer
    except TimeoutError:
        raise AssertionError(f"This did not come true within {timeout} s.") from None


@dataclass
class Web:
    """The web outside: what is found at which address."""

    sites: dict[str, Found | Several | NotFound] = field(default_factory=dict)
    pages: dict[tuple[str, str], str] = field(default_factory=dict)
    polled: list[int] = field(default_factory=list)
    problem: str | None = None

    async def find(
        self, url: str, selector: str | None = None, own: Mapping[str, str] | None = None
    ) -> Found | Several | NotFound:
        if selector is not None and (title := self.pages.get((url, selector))):
            return Found(f"{url}#page", Document(title), Validators(), "page", selector)
        return self.sites.get(
            url, NotFound(f"Nothing to follow was found at {url}. Try the address of its feed.")
        )

    async def poll(self, source: Source) -> Polled:
        """Every source brings an article, or the `problem`."""
        self.polled.append(source.id)
        return Polled(source, problem=self.problem) if self.problem else Polled(source, articles=1)

    def feed(self, url: str, title: str) -> None:
        self.sites[url] = Found(url, Document(title), Validators())


@dataclass
class Town:
    """A server with a channel: alice owns it, bob is a member, the bot is installed."""

    sandbox: Sandbox
    alice: Person
    bob: Person
    guild_id: str
    channel_id: str
    application: Application

    async def deny_bot(self, *permissions: str) -> None:
        """Take permissions from the bot in the town's channel."""
        denied = discord.Permissions(**dict.fromkeys(permissions, True)).value
        await self.alice.overwrite(self.channel_id, self.application, deny=denied, member=True)


@pytest.fixture
async def town(sandbox: Sandbox) -> AsyncIterator[Town]:
    async with Scenario(sandbox.url) as story:
        alice, bob = await story.person("alice"), await story.person("bob")
        made = await story.town("Town", alice, ("news",), (bob,))
        application = await story.bot("Broadsheet", made, BOT_PERMISSIONS)
        # Over REST, too, the bot reads no more than Discord shows to one without MESSAGE_CONTENT.
        await alice.allow_intents(application, 0)
        yield Town(sandbox, alice, bob, made.id, made["news"]["id"], application)


each_database = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True
)
"""The test runs on a database of each kind, on PostgreSQL not every day: most that is stored here storage's own tests
show there every day, but not all."""


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a SQLite database, as what Discord shows seldom depends on that; where a test asks for it, of each."""
    return url_of(request, getattr(request, "param", "sqlite"))


@pytest.fixture
async def store(database: Database) -> Store:
    numbers = iter(range(1, 10_000))
    return Store(database, ranks=RANKS, nonce=lambda: f"nonce{next(numbers)}")


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def newsroom(store: Store, web: Web) -> Newsroom:
    return open_newsroom(  # the web outside is made up
        store,
        web,  # type: ignore[arg-type]
        clock=utc_now,
        on_subscriptions=lambda: None,
        poll=web.poll,
    )


StartBot = Callable[..., Awaitable[BroadsheetBot]]


@pytest.fixture
async def start_bot(town: Town, newsroom: Newsroom) -> AsyncIterator[StartBot]:
    """Starts the town's bot, with other settings, tenure or newsroom if asked, and waits until it is ready."""
    point_at(town.sandbox.api_url, town.sandbox.gateway_url)
    async with AsyncExitStack() as stack:

        async def start(
            settings: Settings | None = None, may_send: Callable[[], bool] = lambda: True, **parts: Any
        ) -> BroadsheetBot:
            bot = BroadsheetBot(
                replace(newsroom, **parts),
                settings or Settings(),
                may_send=may_send,
                guild_ready_timeout=0.05,
            )
            session = asyncio.create_task(bot.start(town.application.token))

            async def end() -> None:
                await bot.close()
                await asyncio.wait((session,))

            stack.push_async_callback(end)
            async with asyncio.timeout(10):
                await bot.ready.wait()
            return bot

        yield start


@pytest.fixture
async def bot(start_bot: StartBot) -> BroadsheetBot:
    """The town's bot, ready."""
    return await start_bot()


@dataclass
class Press:
    """Brings articles into the town's channel by the real way: stored, queued, delivered."""

    town: Town
    store: Store
    bot: BroadsheetBot
    printed: int = 0

    async def publish(
        self, *titles: str, thread: bool = False, channel_id: str | None = None, newest: int = 0
    ) -> list[Json]:
        """The cards of these articles, as the channel shows them, after those of the `newest` older articles."""
        channel_id = channel_id or self.town.channel_id
        before = {message["id"] for message in await self.town.alice.messages(channel_id)}
        await self.queue(*titles, channel_id=channel_id, thread=thread, newest=newest)
        await self.deliver()
        messages = await self.town.alice.messages(channel_id)
        # Delivered in the order of publication, so the oldest message is the first title's.
        return sorted(
            (message for message in messages if message["id"] not in before),
            key=lambda message: int(message["id"]),
        )

    async def queue(
        self,
        *titles: str,
        channel_id: str | None = None,
        source: str = "The Town Crier",
        newest: int = 0,
        **wishes: Any,
    ) -> None:
        """Store these articles of a source, so that they wait for a channel that is subscribed to it as wished."""
        host = source.lower().replace(" ", "")
        crier = await self.store.sources.add(f"https://{host}.example/feed.xml", source, None, None)
        thread = wishes.pop("thread", False)
        subscription = SubscriptionToStore(
            *(
                int(self.town.guild_id),
                int(channel_id or self.town.channel_id),
                crier.id,
                thread,
                newest,
                None,
            ),
            **wishes,
        )
        await self.store.subscriptions.add(subscription, utc_now())
        await self._ingest(crier, ())  # the first poll posts none
        await self._ingest(crier, titles)

    async def deliver(self, after: timedelta = timedelta(0)) -> None:
        """Deliver all that can be delivered, as it is `after` so long a time."""

        def clock() -> datetime:
            return utc_now() + after

        delivery = Delivery(
            self.store,
            self.bot.publisher,
            self.bot.newsroom.away,
            clock=clock,
            woken=asyncio.Event(),
            may_send=lambda: True,
            on_finished=lambda post: self.bot.newsroom.reconciler.read_post(self.bot.reader, post),
            on_missing=self.bot.newsroom.comments.deleted,
            on_gone=self.bot.newsroom.comments.channel_deleted,
        )
        await gather(self.store, clock())
        for late in await self.store.digests.claim(clock(), 10, timedelta(minutes=5)):
            await delivery.deliver_digest(late)
        while cards := await self.store.posts.claim(clock(), 10, timedelta(minutes=5)):
            for card in cards:
                await delivery.deliver(card)

    async def _ingest(self, source: Source, titles: tuple[str, ...]) -> None:
        update = SourceUpdate(
            source_id=source.id,
            title=source.title,
            link=None,
            icon_url=None,
            etag=None,
            last_modified=None,
            digest=None,
            next_poll_at=utc_now() + timedelta(hours=1),
        )
        articles = []
        for title in titles:
            self.printed += 1
            articles.append(
                ArticleToStore(
                    identity=f"a{self.printed}",
                    revision="1",
                    url=f"https://town.example/{self.printed}",
                    title=title,
                    author=None,
                    summary="It is told at length.",
                    image_url=None,
                    published_at=utc_now(),
                    text=whole("It is told at length."),
                )
            )
        await self.store.harvest.store([Brought(update, articles)], utc_now())


@pytest.fixture
def press(town: Town, store: Store, bot: BroadsheetBot) -> Press:
    return Press(town, store, bot)


@dataclass
class Moderation:
    """A channel that only alice, who owns the town, and the bot can see, with a card and a comment."""

    channel_id: str
    card: Json
    button: str


@pytest.fixture
async def mods(town: Town, press: Press, newsroom: Newsroom, bot: BroadsheetBot) -> Moderation:
    channel = await town.alice.create_channel(town.guild_id, "mods")
    await town.alice.overwrite(channel["id"], town.application.id, allow=VIEW, member=True)
    await town.alice.overwrite(channel["id"], town.guild_id, deny=VIEW)
    guild = bot.guilds[0]

    async def told() -> bool:
        here = guild.get_channel(int(channel["id"]))
        return here is not None and not here.permissions_for(guild.default_role).view_channel

    await eventually(told)
    (card,) = await press.publish("Secret plan", channel_id=channel["id"])
    await town.alice.reply(card, "Tell nobody")

    async def written() -> bool:
        listed = await newsroom.front_page.by_message(int(card["id"]), visible={int(channel["id"])})
        return listed is not None and listed.comment_count == 1

    await eventually(written)
    return Moderation(channel["id"], card, card["components"][0]["components"][0]["custom_id"])


@pytest.fixture
def to_post(town: Town) -> Callable[..., CardToPost]:
    """A card for the town's channel; keyword arguments change its post."""

    def make(**post: Any) -> CardToPost:
        return card_to_post(**{"guild_id": int(town.guild_id), "channel_id": int(town.channel_id), **post})

    return make
