"""A poll from the due row to the stored article, over real HTTP, with a real worker and store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.workers import Workers
from bot.newsroom.polling import MOST_IN_LINE, Poller
from bot.newsroom.timing import usual_gap
from storage import Database, Store
from storage.records import Source, SubscriptionToStore
from storage.rows import insert, portions
from storage.tables import sources, subscriptions
from tests.databases import database_url  # noqa: F401 - on PostgreSQL every day, too
from tests.press import Press

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
INTERVAL = timedelta(minutes=10)
GUILD, CHANNEL = 10, 20


class Newsroom:
    """A poller between a press and a store, with a subscribed source and a clock that can be moved."""

    def __init__(self, store: Store, press: Press, fetcher: Fetcher, workers: Workers) -> None:
        self.store, self.press, self.now, self.rings = store, press, NOW, 0
        self.workers = workers
        self.poller = self.poller_with(fetcher)

    def poller_with(self, fetcher: Fetcher) -> Poller:
        return Poller(
            self.store,
            fetcher,
            self.workers,
            clock=lambda: self.now,
            interval=INTERVAL,
            spread=lambda: 0.0,
            woken=asyncio.Event(),
            on_posts=self.ring,
        )

    def ring(self) -> None:
        self.rings += 1

    async def subscribe(self, newest: int = 1) -> Source:
        await self.store.guilds.seen(GUILD, "Harbour Town", NOW)
        source = await self.store.sources.add(self.press.feed_url, "", None, None)
        wish = SubscriptionToStore(GUILD, CHANNEL, source.id, thread=False, newest=newest, created_by=None)
        await self.store.subscriptions.add(wish, NOW)
        return await self.source()

    async def poll_in_turn(self) -> None:
        """Let time pass until the source is due, and poll it."""
        self.now = (await self.source()).next_poll_at or self.now
        await self.poller.start_due()
        await self.poller._jobs.drain(timedelta(seconds=10))
        await self.poller._harvest.flush()

    async def source(self) -> Source:
        source = await self.store.sources.by_url(self.press.feed_url)
        assert source is not None
        return source


@pytest.fixture
async def newsroom(store: Store) -> AsyncIterator[Newsroom]:
    async with (
        Press() as press,
        Fetcher(user_agent="Broadsheet tests", allow=parse_allow("127.0.0.1")) as fetcher,
        Workers() as workers,
    ):
        yield Newsroom(store, press, fetcher, workers)


async def waiting(store: Store) -> list[str]:
    """Titles of the posts that wait, in the order in which they go out."""
    titles = []
    while claimed := await store.posts.claim(NOW + timedelta(hours=1), 1, timedelta(minutes=5)):
        titles.append(claimed[0].article.title)
        await store.posts.refuse(claimed[0].post, "Seen.")
    return titles


async def test_a_first_poll_remembers_all_and_posts_the_newest(newsroom: Newsroom) -> None:
    for title in ("One", "Two", "Three"):
        newsroom.press.publish(title)
    polled = await newsroom.poller.poll(await newsroom.subscribe())
    assert (polled.articles, polled.posts, polled.problem) == (3, 1, None)
    assert newsroom.rings == 1
    source = await newsroom.source()
    assert (source.title, source.next_poll_at, source.failures) == ("The Tide", NOW + INTERVAL, 0)
    assert await waiting(newsroom.store) == ["Three"]

    newsroom.press.publish("Four")
    newsroom.press.publish("Five")
    assert (await newsroom.poller.poll(source)).posts == 2
    assert await waiting(newsroom.store) == ["Four", "Five"]


async def test_an_unchanged_feed_is_not_read_again(newsroom: Newsroom) -> None:
    newsroom.press.publish("One")
    await newsroom.poller.poll(await newsroom.subscribe())
    newsroom.now += INTERVAL
    polled = await newsroom.poller.poll(await newsroom.source())
    assert (polled.articles, polled.revisions, polled.problem) == (0, 0, None)
    assert (await newsroom.source()).next_poll_at == newsroom.now + INTERVAL


async def test_a_source_whose_marks_are_of_an_older_kind_is_read_whole_and_brings_what_is_new_alone(
    newsroom: Newsroom,
) -> None:
    for number in range(12):
        newsroom.press.publish(f"Old {number}")
    await newsroom.poller.poll(await newsroom.subscribe())
    source = await newsroom.source()
    assert source.marks is not None
    older = replace(source, marks=bytes(byte ^ 255 for byte in source.marks), etag=None, digest="c0ffee")
    polled = await newsroom.poller.poll(older)
    assert (polled.articles, polled.revisions, polled.posts, polled.held_back) == (0, 0, 0, 0)
    assert (await newsroom.source()).marks == source.marks
    newsroom.press.publish("New")
    newsroom.press.publish("Newer")
    polled = await newsroom.poller.poll(older)
    assert (polled.articles, polled.revisions, polled.posts, polled.held_back) == (2, 0, 2, 0)


async def test_a_source_without_a_rhythm_has_it_from_what_is_stored_already(newsroom: Newsroom) -> None:
    newsroom.press.publish("One").published = NOW - timedelta(days=20)
    newsroom.press.publish("Two").published = NOW - timedelta(days=10)
    await newsroom.poller.poll(await newsroom.subscribe())
    as_upgraded = replace(await newsroom.source(), rhythm=None, marks=None, etag=None, digest=None)
    polled = await newsroom.poller.poll(as_upgraded)
    assert polled.articles == 0
    assert usual_gap((await newsroom.source()).rhythm, NOW) == timedelta(days=10)


async def test_an_edited_article_is_a_revision_and_not_posted_again(newsroom: Newsroom) -> None:
    piece = newsroom.press.publish("One")
    await newsroom.poller.poll(await newsroom.subscribe())
    piece.title, piece.published = "One, corrected", NOW
    polled = await newsroom.poller.poll(await newsroom.source())
    assert (polled.articles, polled.revisions, polled.posts) == (0, 1, 0)
    assert await waiting(newsroom.store) == ["One, corrected"]


async def test_a_failure_changes_only_the_back_off(newsroom: Newsroom) -> None:
    newsroom.press.publish("One")
    await newsroom.poller.poll(await newsroom.subscribe())
    before = await newsroom.source()
    newsroom.press.status = 503
    for failures in (1, 2, 3):
        await newsroom.poll_in_turn()
        source = await newsroom.source()
        assert "503" in str(source.problem)
        assert (source.failures, source.next_poll_at) == (failures, newsroom.now + INTERVAL * 2**failures)
        assert (source.etag, source.digest) == (before.etag, before.digest)

    newsroom.press.status = 200
    newsroom.press.publish("Two")
    assert (await newsroom.poller.poll(await newsroom.source())).articles == 1
    assert (await newsroom.source()).failures == 0


async def test_who_asks_often_puts_a_failing_source_off_no_further(newsroom: Newsroom) -> None:
    newsroom.press.publish("One")
    await newsroom.poller.poll(await newsroom.subscribe())
    newsroom.press.status = 503
    await newsroom.poller.poll(await newsroom.source())
    failing = await newsroom.source()
    assert (failing.failures, failing.next_poll_at) == (1, NOW + 2 * INTERVAL)
    newsroom.press.status = 404
    for minute in (1, 2, 3):
        newsroom.now = NOW + timedelta(minutes=minute)
        polled = await newsroom.poller.poll(await newsroom.source())
        assert "404" in str(polled.problem)
    asked = await newsroom.source()
    assert replace(asked, problem=None, last_polled_at=None) == replace(
        failing, problem=None, last_polled_at=None
    )
    assert (asked.problem, asked.last_polled_at) == (polled.problem, newsroom.now)
    newsroom.press.status = 200
    await newsroom.poller.poll(asked)
    assert (await newsroom.source()).failures == 0
    newsroom.press.status = 410
    await newsroom.poller.poll(await newsroom.source())
    assert (await newsroom.source()).next_poll_at is None


async def test_a_source_that_is_gone_is_not_polled_any_more(newsroom: Newsroom) -> None:
    newsroom.press.status = 410
    await newsroom.poller.poll(await newsroom.subscribe())
    source = await newsroom.source()
    assert source.next_poll_at is None
    assert source.problem
    assert await newsroom.store.sources.claim_due(NOW + timedelta(days=9), 10, INTERVAL) == []


async def test_what_is_no_feed_is_told_as_such(newsroom: Newsroom) -> None:
    source = await newsroom.store.sources.add(f"{newsroom.press.url}/", "", None, None)
    polled = await newsroom.poller.poll(source)
    assert polled.problem
    assert "feed" in polled.problem


async def test_a_person_who_polls_does_not_wait_for_what_others_brought(newsroom: Newsroom) -> None:
    newsroom.press.publish("One")
    source = await newsroom.subscribe()
    async with newsroom.poller._harvest.room(), asyncio.timeout(10):
        assert (await newsroom.poller.poll(source)).articles == 1


async def test_due_sources_are_started_and_the_next_wait_is_known(newsroom: Newsroom) -> None:
    newsroom.press.publish("One")
    await newsroom.subscribe()
    await newsroom.poller.start_due()
    await newsroom.poller.close(timedelta(seconds=10))
    assert newsroom.press.requests == ["/feed.xml"]
    assert await newsroom.poller.start_due() == INTERVAL


class SlowHost:
    """A host that takes requests and never answers; `asked` is set with the first of them."""

    def __init__(self) -> None:
        self.port, self.connections, self.asked = 0, 0, asyncio.Event()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.asked.set()
        await reader.read()  # until the other side gives up
        writer.close()


@asynccontextmanager
async def slow_host() -> AsyncIterator[SlowHost]:
    host = SlowHost()
    async with await asyncio.start_server(host.take, "127.0.0.1", 0) as server:
        host.port = server.sockets[0].getsockname()[1]
        yield host


async def follow_many(database: Database, base: str, count: int) -> None:
    """Follow sources of one host, all of them overdue for ten minutes."""
    due = NOW - INTERVAL
    async with database.writing() as connection:
        for numbers in portions(range(count)):
            rows = [{"url": f"{base}/{n}", "title": "", "failures": 0, "next_poll_at": due} for n in numbers]
            made = await connection.scalars(insert(connection, sources).returning(sources.c.id), rows)
            wishes = [
                {"guild_id": GUILD, "channel_id": CHANNEL, "source_id": source_id, "created_at": NOW}
                for source_id in made
            ]
            await connection.execute(
                insert(connection, subscriptions).values(thread=False, newest=1, started_at=NOW), wishes
            )


async def test_nothing_is_started_any_more_once_the_poller_closes(
    newsroom: Newsroom, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await newsroom.store.guilds.seen(GUILD, "Harbour Town", NOW)
    async with slow_host() as host:
        await follow_many(database, f"http://127.0.0.1:{host.port}", 20)
        async with Fetcher(user_agent="Broadsheet tests", allow=parse_allow("127.0.0.1")) as fetcher:
            poller = newsroom.poller_with(fetcher)
            await poller.start_due()
            await host.asked.wait()
            await poller.close(timedelta(milliseconds=10))
            await poller.start_due()
        for _ in range(9):
            await asyncio.sleep(0)  # what was started all the same would come to its end
        assert host.connections == 1
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_slow_host_with_more_sources_than_may_wait_holds_up_nobody_else(
    newsroom: Newsroom, database: Database
) -> None:
    newsroom.press.publish("One")
    await newsroom.subscribe()
    async with slow_host() as host:
        await follow_many(database, f"http://127.0.0.1:{host.port}", MOST_IN_LINE + 100)
        while await newsroom.poller.start_due() == timedelta():
            pass
        await newsroom.poller.close(timedelta(milliseconds=300))
    assert newsroom.press.requests == ["/feed.xml"]
