"""The only place that makes things and closes them.

settings → database → store ┐
           fetcher, workers ┴→ newsroom → poller, reader, delivery, refresher
                                        → Discord bot, publisher
                                        → web server
"""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bot import __version__
from bot.client import BroadsheetBot, close_session, connect
from bot.config import Settings
from bot.feeds.discover import Finder
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.language_model import ModelClient
from bot.feeds.workers import Workers
from bot.login import point_at
from bot.newsroom.announcing import Announcer
from bot.newsroom.away import AwayNotices
from bot.newsroom.delivery import Delivery
from bot.newsroom.harvest import Harvest
from bot.newsroom.letters import Letters
from bot.newsroom.newsroom import Newsroom, open_newsroom
from bot.newsroom.notices import Notices
from bot.newsroom.polling import Poller
from bot.newsroom.ranking import RANKS
from bot.newsroom.reader import Reader
from bot.newsroom.reads import as_planned
from bot.newsroom.refresh import BATCH_EVERY, Refresher
from bot.newsroom.retention import Retention
from bot.newsroom.scheduled import DigestRound
from bot.newsroom.sweep import Pace, Sweeper
from bot.newsroom.tenure import Tenure
from bot.newsroom.websub import WebSub
from bot.newsroom.writing import Budget, Writing
from bot.process import is_alive, this_process
from bot.publisher import DiscordReader, DiscordSight
from bot.web import Health, WebServer, mirror_figures
from cogs.visibility import public_channels
from storage import Database, DatabaseProblem, Post, Store

log = logging.getLogger(__name__)

# What is in flight when the bot is told to stop may take this long to end well, before its session at Discord does:
# whoever stops it waits for ten seconds before it is killed (docker stop).
GRACE = timedelta(seconds=5)
# Bytes of address space: an image of 40 million pixels and its copy need 350 MB beside the libraries.
PAGE_MEMORY = 1 << 30


class AppProblem(Exception):
    """The bot can't run; the message is a sentence for the operator."""


def utc_now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


def new_nonce() -> str:
    """A post's mark: 20 characters nobody can guess, within Discord's 25."""
    return secrets.token_hex(10)


@dataclass(frozen=True, slots=True)
class World:
    """What reads the world outside. Articles' pages and images have workers of their own: feeds never wait for them."""

    fetcher: Fetcher
    workers: Workers
    page_workers: Workers
    finder: Finder


@asynccontextmanager
async def open_world(settings: Settings) -> AsyncIterator[World]:
    """The fetcher with its guard, the parsing workers and the finder. Raises AppProblem for a wrong FETCH_ALLOW."""
    try:
        allow = parse_allow(settings.fetch_allow)
    except ValueError as error:
        raise AppProblem(f"FETCH_ALLOW can't be used: {error}") from error
    address = f" (+{settings.web_public_url})" if settings.web_public_url else ""
    async with (
        Fetcher(user_agent=f"Broadsheet/{__version__}{address} feed reader", allow=allow) as fetcher,
        Workers() as workers,
        Workers(wall=20.0, cpu=15, memory=PAGE_MEMORY) as page_workers,
    ):
        yield World(fetcher, workers, page_workers, Finder(fetcher, workers))


@asynccontextmanager
async def open_store(settings: Settings, *, migrate: bool = True) -> AsyncIterator[tuple[Database, Store]]:
    """The operator's database, migrated; otherwise only where nothing is in it yet. Raises DatabaseProblem."""
    database = await Database.open(settings.database_url)
    try:
        if migrate or not await database.is_prepared():
            await database.migrate()
        all_wait = settings.summary_api_url is not None
        yield database, Store(database, ranks=RANKS, nonce=new_nonce, all_wait=all_wait)
    finally:
        await database.close()


@asynccontextmanager
async def open_model(settings: Settings) -> AsyncIterator[ModelClient | None]:
    """The language model that the operator names, if any."""
    if settings.summary_api_url is None or settings.summary_model is None:
        yield None
        return
    async with ModelClient(
        settings.summary_api_url,
        settings.summary_model,
        key=settings.summary_api_key,
        clock=utc_now,
        user_agent=f"Broadsheet/{__version__}",
    ) as model:
        yield model


async def run_app(
    settings: Settings,
    stop: asyncio.Event,
    *,
    announce: Callable[[str], None],
    prepare: Callable[[Newsroom], Awaitable[None]] | None = None,
    refresh_every: timedelta = BATCH_EVERY,
) -> None:
    """Run the whole bot until `stop` is set, then close everything in order.

    `announce` is told sentences for the person who started it; `prepare` is called once Discord is connected;
    cards are refreshed `refresh_every`.
    Raises AppProblem or DatabaseProblem where it can't run.
    """
    if not settings.discord_token:
        raise AppProblem(
            "There is no DISCORD_TOKEN. Put your bot's token into .env (.env.example shows how), or try Broadsheet "
            "without Discord first: python -m bot demo."
        )
    async with AsyncExitStack() as stack:
        database, store = await stack.enter_async_context(open_store(settings, migrate=False))
        tenure = Tenure(store, this_process(), is_alive=is_alive)
        stack.push_async_callback(tenure.give_back)
        await _run_until(stop, tenure.take())
        if stop.is_set():
            return
        # Not sooner: a bot that runs keeps the tables that it knows. For as long as it takes the lease is renewed.
        await _run_until(stop, database.migrate(), tenure.keep())
        if stop.is_set():
            return
        world = await stack.enter_async_context(open_world(settings))

        polls, readings, posts = asyncio.Event(), asyncio.Event(), asyncio.Event()

        def on_posts() -> None:
            readings.set()
            posts.set()

        def on_subscriptions() -> None:
            polls.set()
            on_posts()

        websub = await open_websub(settings, store, world, on_posts=on_posts, on_due=polls.set)
        shortest, longest = settings.poll_bounds
        poller = Poller(
            store,
            world.fetcher,
            world.workers,
            clock=utc_now,
            interval=shortest,
            longest=longest,
            spread=random.random,
            woken=polls,
            on_posts=on_posts,
            on_stored=websub.polled if websub else None,
        )
        model = await stack.enter_async_context(open_model(settings))
        budget = Budget(settings.summary_tokens_a_day, settings.summary_tokens_a_guild)
        reader = Reader(
            store,
            world.fetcher,
            world.page_workers,
            clock=utc_now,
            woken=readings,
            may_send=tenure.holds,
            on_posts=posts.set,
            writing=Writing(store, model, budget=budget, clock=utc_now) if model else None,
        )
        newsroom = open_newsroom(
            store,
            world.finder,
            clock=utc_now,
            on_subscriptions=on_subscriptions,
            poll=poller.poll,
            websub=websub,
            writes=model is not None,
            on_back=posts.set,
        )
        point_at(settings.discord_api_url, settings.discord_gateway_url)
        bot = BroadsheetBot(newsroom, settings, may_send=tenure.holds)
        stack.push_async_callback(close_session, bot)

        sweeping = DiscordReader(bot, pace=Pace(newsroom.reconciler))
        sweeper = Sweeper(store, newsroom.reconciler, sweeping, clock=utc_now)

        async def health() -> Health:
            return await look_at_health(database, bot)

        web = WebServer(
            newsroom,
            health=health,
            settings=settings,
            clock=utc_now,
            public_channels=partial(public_channels, bot),
            figures=partial(mirror_figures, newsroom.reconciler, bot.gaps, sweeper, bot.reader, sweeping),
        )
        await stack.enter_async_context(web)

        finished = asyncio.Event()

        async def read_once(post: Post) -> None:
            finished.set()
            done = await newsroom.reconciler.read_post(bot.reader, post)
            bot.gaps.begin(channel_ids=done.unreadable)

        delivery = Delivery(
            store,
            bot.publisher,
            newsroom.away,
            clock=utc_now,
            woken=posts,
            may_send=tenure.holds,
            on_finished=read_once,
            on_missing=newsroom.comments.deleted,
            on_gone=newsroom.comments.channel_deleted,
        )
        refresher = Refresher(
            store,
            bot.publisher,
            clock=utc_now,
            on_missing=newsroom.comments.deleted,
            on_gone=newsroom.comments.channel_deleted,
            every=refresh_every,
        )
        announcer = Announcer(
            store,
            bot.publisher,
            clock=utc_now,
            woken=finished,
            may_send=tenure.holds,
            on_missing=newsroom.comments.deleted,
        )
        away_notices = AwayNotices(store, bot.publisher, clock=utc_now, may_send=tenure.holds)
        notices = Notices(store, bot.publisher, clock=utc_now, may_send=tenure.holds)
        digests = DigestRound(
            store, DiscordSight(bot), clock=utc_now, may_send=tenure.holds, on_posts=posts.set
        )
        letters = Letters(
            store,
            bot.publisher.postman,
            newsroom.away,
            clock=utc_now,
            may_send=tenure.holds,
            on_gone=newsroom.comments.channel_deleted,
        )
        retention = Retention(
            store, newsroom.privacy, clock=utc_now, is_in=lambda guild_id: bot.get_guild(guild_id) is not None
        )

        async def talk() -> None:
            """All that needs Discord, from the moment it is connected."""
            await bot.ready.wait()
            announce(f"Connected to Discord as {bot.user}. The web API is at {web.url}.")
            if prepare is not None:
                await prepare(newsroom)
            await _run_until(
                stop,
                delivery.run(),
                refresher.run(),
                notices.run(),
                announcer.run(),
                away_notices.run(),
                sweeper.run(),
                letters.run(),
                retention.run(),
                digests.run(),
            )

        # What was made until now stays: looking through it again and again would hold the loop for 100 ms each time.
        gc.freeze()
        try:
            pieces = [
                connect(bot, settings.discord_token),
                talk(),
                poller.run(),
                reader.run(),
                tenure.keep(),
                newsroom.vote_rules.run(),
            ]
            await _run_until(stop, *pieces, *([websub.run()] if websub else []))
        finally:
            await asyncio.gather(*(part.close(GRACE) for part in (poller, reader, delivery, letters)))


async def open_websub(
    settings: Settings,
    store: Store,
    world: World,
    *,
    on_posts: Callable[[], None],
    on_due: Callable[[], None],
) -> WebSub | None:
    """What hubs push to, where WEB_PUBLIC_URL says how they reach us. After a start every hub has to earn its trust."""
    now = utc_now()
    await store.hubs.begin(settings.web_public_url, now, now + settings.poll_bounds[0])
    if settings.web_public_url is None:
        return None
    return WebSub(
        store,
        world.fetcher,
        world.workers,
        Harvest(store, world.workers, clock=utc_now, plan=as_planned, on_posts=on_posts),
        base=settings.web_public_url,
        clock=utc_now,
        interval=settings.poll_bounds[0],
        on_due=on_due,
    )


async def _run_until(stop: asyncio.Event, *pieces: Coroutine[Any, Any, object]) -> None:
    """Run the pieces side by side until `stop` is set or one of them ends; then end the others.

    Raises what a piece raised.
    """
    tasks = [asyncio.create_task(piece) for piece in pieces]
    stopped = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (stopped, *tasks):
            task.cancel()
        await asyncio.gather(stopped, *tasks, return_exceptions=True)


async def look_at_health(database: Database, bot: BroadsheetBot) -> Health:
    """Whether the database answers, is current, and Discord is connected."""
    try:
        current = await database.is_current()
    except DatabaseProblem as problem:
        return Health(alive=False, ready=False, sentence=str(problem))
    if not current:
        return Health(alive=True, ready=False, sentence="The database's tables are of another version.")
    if not bot.connected:
        return Health(alive=True, ready=False, sentence="Discord is not connected.")
    return Health(alive=True, ready=True, sentence="All is well.")
