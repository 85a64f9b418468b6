"""Many results in one transaction: none is lost, none sinks the others."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.feeds.model import Document, Entry, Media, MediaKind, Validators
from bot.feeds.workers import Workers
from bot.newsroom.harvest import AFTER_A_FAULT, GIVEN_BACK_AFTER, MOST_ENTRIES, MOST_WAITING, Harvest
from bot.newsroom.reads import Polled, Read, unchanged
from storage import Database, Source, Store
from storage.records import SubscriptionToStore
from tests.databases import RANKS, database_url, nonces  # noqa: F401 - on PostgreSQL every day, too
from tests.reading import ReadsHere

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
CLAIM = timedelta(minutes=5)


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with ReadsHere() as workers:
        yield workers


@pytest.fixture
def harvest(store: Store, workers: Workers) -> Harvest:
    return Harvest(store, workers, clock=lambda: NOW, plan=lambda read, now: LATER, on_posts=lambda: None)


async def wanted(store: Store, number: int) -> Source:
    """A due source that a channel subscribed to."""
    await store.guilds.seen(1, "Harbour Town", NOW)
    source = await store.sources.add(f"https://a.test/{number}", "", None, None)
    wish = SubscriptionToStore(1, 2, source.id, thread=False, newest=1, created_by=None)
    await store.subscriptions.add(wish, NOW)
    return await again(store, source)


async def again(store: Store, source: Source) -> Source:
    stored = await store.sources.get(source.id)
    assert stored is not None
    return stored


def brought(source: Source, title: str) -> Read:
    entry = Entry(
        identity=title, url=f"https://a.test/{source.id}/a", title=title, content_html="<p>Well.</p>"
    )
    document = Document("The Tide", entries=(entry,), marks=b"12345678")
    return Read(source, Validators(digest="d"), document=document)


async def test_an_article_that_the_database_refuses_sinks_only_its_own_source(
    harvest: Harvest, store: Store
) -> None:
    sources = [await wanted(store, number) for number in range(5)]
    # A number that is no identity: nothing the parser gives, but whatever it is, the others are stored.
    reads = [brought(source, f"Article {source.id}") for source in sources]
    poison = Entry(identity=object(), url=None, title="Poison")  # type: ignore[arg-type]
    reads[2] = Read(sources[2], Validators(), document=Document("", entries=(poison,)))
    polled = await harvest.store(reads)
    assert [one.articles for one in polled] == [1, 1, 0, 1, 1]
    assert [one.problem is None for one in polled] == [True, True, False, True, True]
    refused = await again(store, sources[2])
    assert refused.problem is not None
    assert (refused.failures, refused.next_poll_at) == (1, NOW + AFTER_A_FAULT)


async def test_a_source_that_no_next_poll_can_be_planned_for_sinks_no_other(
    store: Store, workers: Workers
) -> None:
    sources = [await wanted(store, number) for number in range(4)]

    def plan(read: Read, now: datetime) -> datetime:
        if read.source.id == sources[1].id:
            raise ValueError("a rhythm that is none")
        return LATER

    harvest = Harvest(store, workers, clock=lambda: NOW, plan=plan, on_posts=lambda: None)
    await harvest.store([Read(source, Validators(digest="d")) for source in sources])
    planned = [(await again(store, source)).next_poll_at for source in sources]
    assert planned == [LATER, NOW + AFTER_A_FAULT, LATER, LATER]


async def test_what_is_gone_for_good_is_not_polled_again_though_storing_it_failed_at_first(
    store: Store, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await wanted(store, 1)
    harvest = Harvest(store, workers, clock=lambda: NOW, plan=lambda read, now: LATER, on_posts=lambda: None)
    kept = store.harvest.store
    calls = 0

    async def at_first_in_vain(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("not foreseen")
        return await kept(*given, **named)

    monkeypatch.setattr(store.harvest, "store", at_first_in_vain)
    await harvest.store([Read(source, problem="The source is gone (410).", gone=True)])
    stored = await again(store, source)
    assert (stored.failures, stored.next_poll_at) == (1, None)


async def test_what_was_read_before_a_stop_is_stored_at_the_end(harvest: Harvest, store: Store) -> None:
    source = await wanted(store, 1)
    running = asyncio.create_task(harvest.run())
    await harvest.put(Read(source, Validators(digest="d")))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    await harvest.flush()
    stored = await again(store, source)
    assert (stored.digest, stored.next_poll_at, stored.last_polled_at) == ("d", LATER, NOW)


async def test_a_busy_database_keeps_nothing_back_and_what_was_read_is_read_again(
    tmp_path: Path, workers: Workers
) -> None:
    file = tmp_path / "news.db"
    database = await Database.open(f"sqlite:///{file}", patience=timedelta(milliseconds=50))
    await database.migrate()
    store = Store(database, ranks=RANKS, nonce=nonces())
    harvest = Harvest(store, workers, clock=lambda: NOW, plan=lambda read, now: LATER, on_posts=lambda: None)
    source = await wanted(store, 1)
    [claimed] = await store.sources.claim_due(NOW, 10, CLAIM)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await harvest.put(brought(claimed, "One"))
    await harvest.flush()
    other.close()
    assert (await again(store, source)).last_polled_at is None
    assert await store.sources.claim_due(NOW, 10, CLAIM) == []
    assert [one.id for one in await store.sources.claim_due(NOW + CLAIM, 10, CLAIM)] == [source.id]
    await database.close()


async def test_while_too_much_waits_to_be_stored_nothing_more_is_taken(
    harvest: Harvest, store: Store
) -> None:
    source = await wanted(store, 1)
    for number in range(MOST_WAITING):
        await harvest.put(Read(replace(source, id=source.id + number), Validators()))
    one_more = asyncio.create_task(harvest.put(Read(source, Validators(digest="last"))))
    await asyncio.sleep(0)
    assert not one_more.done()
    await harvest.flush()
    await one_more
    await harvest.flush()
    assert (await again(store, source)).digest == "last"


async def test_the_memory_of_sources_that_were_read_whole_is_given_back(
    harvest: Harvest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back = asyncio.Event()
    loop = asyncio.get_running_loop()
    monkeypatch.setattr("bot.newsroom.harvest.give_back", lambda: loop.call_soon_threadsafe(given_back.set))
    source = await wanted(store, 1)
    one = brought(source, "One")
    assert one.document is not None
    running = asyncio.create_task(harvest.run())
    await harvest.put(
        replace(one, document=replace(one.document, entries=one.document.entries * GIVEN_BACK_AFTER))
    )
    await asyncio.wait_for(given_back.wait(), 10)
    assert (await again(store, source)).digest == "d"
    running.cancel()
    await asyncio.wait([running])


async def test_sources_read_whole_wait_with_a_bounded_number_of_entries(
    harvest: Harvest, store: Store
) -> None:
    first, second, third = [await wanted(store, number) for number in (1, 2, 3)]
    one = brought(first, "One")
    assert one.document is not None
    whole = replace(one, document=replace(one.document, entries=one.document.entries * MOST_ENTRIES))
    await harvest.put(whole)
    others = [asyncio.create_task(harvest.put(replace(whole, source=source))) for source in (second, third)]
    await asyncio.sleep(0)
    assert not any(other.done() for other in others)
    harvest._take()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [other.done() for other in others] == [True, False]
    assert len(harvest._take()) == 1
    await asyncio.gather(*others)


async def test_a_push_and_a_poll_of_one_source_at_once_are_both_stored(
    harvest: Harvest, store: Store
) -> None:
    source, other = await wanted(store, 1), await wanted(store, 2)
    push = replace(brought(source, "Left the document already"), pushed=True)
    reads = [push, brought(other, "Elsewhere"), brought(source, "In the document"), brought(source, "Later")]
    for read in reads:
        await harvest.put(read)
    await harvest.flush()
    names = ["Left the document already", "In the document", "Later", "Elsewhere"]
    known = await store.harvest.known({source.id: names, other.id: names})
    assert set(known[source.id]) == set(names[:3])
    assert set(known[other.id]) == {"Elsewhere"}


async def test_a_site_that_changes_all_its_guids_and_links_posts_nothing_again(
    harvest: Harvest, store: Store
) -> None:
    source = await wanted(store, 1)

    def read(count: int, guid: str, site: str) -> Read:
        entries = tuple(
            Entry(f"{guid}{n}", f"https://{site}/{guid}{n}", f"Title {n}", content_html=f"<p>Words {n}.</p>")
            for n in range(count)
        )
        return Read(source, Validators(), document=Document("The Tide", entries=entries))

    before, same = read(12, "?p=", "a.test"), read(12, "slug-", "b.test")
    assert [one.articles for one in await harvest.store([before])] == [12]
    [moved] = await harvest.store([same])
    assert (moved.articles, moved.posts, moved.revisions) == (0, 0, 12), (
        "their cards get the links that work now"
    )
    [again] = await harvest.store([read(13, "slug-", "b.test")])
    assert (again.articles, again.posts, again.revisions) == (1, 1, 0)


async def test_an_articles_tags_and_media_reach_its_card(harvest: Harvest, store: Store) -> None:
    source = await wanted(store, 1)
    episode = Media(MediaKind.AUDIO, "https://a.test/1.mp3", 2880)
    entry = Entry(
        identity="e", url="https://a.test/e", title="Low water", tags=("Port", "Tides"), media=episode
    )
    await harvest.store([Read(source, Validators(digest="d"), document=Document("T", entries=(entry,)))])
    (card,) = await store.posts.claim(LATER, 9, CLAIM)
    article = card.article
    assert article.tags == ("Port", "Tides")
    assert (article.media_kind, article.media_url) == ("audio", "https://a.test/1.mp3")
    assert article.media_duration_s == 2880


async def test_old_entries_under_new_names_are_stored_and_not_posted(
    harvest: Harvest, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.newsroom")
    source = await wanted(store, 1)

    def read(name: str, *days_ago: int) -> Read:
        entries = tuple(
            Entry(f"{name}{ago}", None, f"{name} {ago}", published_at=NOW - timedelta(days=ago))
            for ago in days_ago
        )
        return Read(source, Validators(), document=Document("The Tide", entries=entries))

    await harvest.store([read("own", 1, 20, 40)])
    source = await again(store, source)
    [polled] = await harvest.store([read("returned", 0, 15, 30, 60)])
    assert (polled.articles, polled.posts, polled.held_back) == (4, 1, 3)
    assert f"Source {source.id}: 3 of 4 new articles are no news" in caplog.text
    [polled] = await harvest.store([read("returned", 0, 15, 30, 60)])
    assert (polled.articles, polled.posts, polled.held_back) == (0, 0, 0)


async def test_of_documents_that_come_together_no_more_are_read_than_there_is_room_for(
    harvest: Harvest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await wanted(store, 1)
    one = brought(source, "One")
    assert one.document is not None
    document = replace(one.document, entries=one.document.entries * (MOST_ENTRIES // 4))
    read, stored = 0, 0

    async def store_all(reads: Sequence[Read]) -> list[Polled]:
        nonlocal stored
        stored += len(reads)
        return []

    async def poll(number: int) -> None:
        nonlocal read
        async with harvest.room():
            await asyncio.sleep(0)  # as the worker takes its time
            read += 1
        await harvest.put(replace(one, source=replace(source, id=number), document=document))

    monkeypatch.setattr(harvest, "store", store_all)
    polls = [asyncio.create_task(poll(number)) for number in range(40)]
    while not all(task.done() for task in polls):
        for _ in range(100):
            await asyncio.sleep(0)
        assert read <= stored + 4
        await harvest.flush()
    assert stored == 40


async def test_what_comes_while_results_are_stored_gathers_company_again(
    store: Store, workers: Workers
) -> None:
    one, two, three = [await wanted(store, number) for number in range(3)]
    stored: list[list[int]] = []
    first, all_of_them = asyncio.Event(), asyncio.Event()

    async def note(reads: Sequence[Read], _: Sequence[Polled]) -> None:
        stored.append([read.source.id for read in reads])
        if len(stored) == 1:
            await harvest.put(brought(two, "Second"))
            first.set()
        if sum(map(len, stored)) == 3:
            all_of_them.set()

    harvest = Harvest(
        store,
        workers,
        clock=lambda: NOW,
        plan=lambda read, now: LATER,
        on_posts=lambda: None,
        on_stored=note,
    )
    running = asyncio.create_task(harvest.run())
    try:
        async with asyncio.timeout(10):
            await harvest.put(brought(one, "First"))
            await first.wait()
            await harvest.put(brought(three, "Third"))
            await all_of_them.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert stored == [[one.id], [two.id, three.id]]


@pytest.mark.parametrize(
    ("kept", "seen", "before", "problem", "as_before"),
    [
        (Validators("e", "m", "d"), 0, 0, None, True),
        (Validators("e2", "m", "d"), 0, 0, None, False),
        (Validators("e", None, "d"), 0, 0, None, False),
        (Validators("e", "m", "d2"), 0, 0, None, False),
        (Validators("e", "m", "d"), 1, 0, None, False),
        (Validators("e", "m", "d"), 0, 2, None, False),
        (Validators("e", "m", "d"), 0, 0, "No answer.", False),
    ],
)
async def test_only_what_is_as_it_was_before_is_not_written_again(
    store: Store, kept: Validators, seen: int, before: int, problem: str | None, as_before: bool
) -> None:
    wired = await wanted(store, 1)
    source = replace(wired, etag="e", last_modified="m", digest="d", moved_seen=before, problem=problem)
    moved = ("https://b.test/", seen) if seen else (None, 0)
    assert unchanged(Read(source, kept, moved=moved), LATER).as_before is as_before
