"""Sources: claimed when due, moved by every end of a poll, idle while nobody wants them."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, text

from storage import Database, Pace, SourceListed, Store
from storage.records import Brought, SourceFailed, SourceUnchanged
from storage.tables import sources
from storage.types import UtcDateTime
from tests.databases import RANKS, nonces, noting_statements
from tests.storage.desk import LEASE, NOW, Desk, article, at, poll


async def test_a_source_is_made_once_by_its_url(desk: Desk):
    add = desk.store.sources.add
    first = await add("https://a.example/feed", "A", "https://a.example", "https://a.example/i.png")
    again = await add("https://a.example/feed", "Other title", None, None)
    assert again == first
    assert (first.title, first.next_poll_at, first.failures) == ("A", None, 0)
    assert await desk.store.sources.by_url("https://a.example/feed") == first
    assert await desk.store.sources.get(first.id) == first
    assert await desk.store.sources.by_url("https://a.example") is None


async def test_a_source_keeps_how_it_is_read(desk: Desk):
    add = desk.store.sources.add
    page = await add("https://a.example/#h2", "A", None, None, kind="page", selector="h2 a")
    assert (page.kind, page.selector) == ("page", "h2 a")
    again = await add("https://a.example/#h2", "A", None, None)
    assert again == page, "read in another way, all of its entries would be new"
    assert (await desk.source()).kind == "feed"


async def test_the_longest_due_are_claimed_first_and_once(desk: Desk):
    sources = desk.store.sources
    made = [await desk.source(name) for name in ("a", "b", "c", "d")]
    for source, minute in zip(made, (-1, -3, -2, 1), strict=True):
        await sources.poll_soon(source.id, at(minute))
    assert await sources.next_due_at() == at(-3)
    assert [source.title for source in await sources.claim_due(NOW, 2, LEASE)] == ["B", "C"]
    assert [source.title for source in await sources.claim_due(NOW, 9, LEASE)] == ["A"]
    assert await sources.claim_due(NOW, 9, LEASE) == []
    assert await sources.next_due_at() == at(1)
    again = await sources.claim_due(at(5), 9, LEASE)
    assert [source.title for source in again] == ["D", "A", "B", "C"], "a dead claim comes back by itself"


async def test_to_claim_what_is_due_reads_no_other_source(desk: Desk):
    first = await desk.source()
    numbers = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 20000)"
    engine = desk.database._engine.sync_engine
    ran: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if "sources" in statement:
            ran[statement] = parameters

    async with desk.database.writing() as connection:
        await connection.execute(
            text(
                f"{numbers} INSERT INTO sources (url, title, failures, next_poll_at) "
                "SELECT 'https://a.test/' || n, :title, 0, :later FROM counted"
            ).bindparams(bindparam("later", at(60), UtcDateTime), title="As long as a row is. " * 20)
        )
        await connection.execute(text("ANALYZE sources"))
    await desk.store.sources.poll_soon(first.id, NOW)
    with noting_statements(desk.database, note):
        assert await desk.store.sources.next_due_at() == NOW
        assert len(await desk.store.sources.claim_due(NOW, 250, LEASE)) == 1
    postgresql = engine.dialect.name == "postgresql"
    async with desk.database.reading() as connection:
        for statement, parameters in ran.items():
            explain = "EXPLAIN" if postgresql else "EXPLAIN QUERY PLAN"
            plan = str((await connection.exec_driver_sql(f"{explain} {statement}", parameters)).all())
            assert not re.search(r"Seq Scan on sources|Sort|SCAN sources|TEMP B-TREE", plan), plan
    assert len(ran) == 3


async def test_a_source_is_due_at_the_very_moment(desk: Desk):
    source = await desk.source()
    await desk.store.sources.poll_soon(source.id, NOW)
    assert len(await desk.store.sources.claim_due(NOW, 1, LEASE)) == 1


async def test_two_claims_at_once_share_no_source(desk: Desk, database_url: str):
    other_database = await Database.open(database_url)
    other = Store(other_database, ranks=RANKS, nonce=nonces())
    for n in range(12):
        await desk.store.sources.poll_soon((await desk.source(f"n{n}")).id, NOW)
    claims = await asyncio.gather(
        *(store.sources.claim_due(NOW, 4, LEASE) for store in (desk.store, other, desk.store, other))
    )
    claimed = [source.id for claim in claims for source in claim]
    assert len(claimed) == len(set(claimed))
    await other_database.close()


async def test_ends_of_polls(desk: Desk):
    sources = desk.store.sources
    source = await desk.wired(100)
    await desk.store.harvest.store(
        [], NOW, failed=[SourceFailed(source.id, "The server answers 500.", at(20))]
    )
    await desk.store.harvest.store(
        [], at(1), failed=[SourceFailed(source.id, "The server answers 502.", at(40))]
    )
    failing = await sources.get(source.id)
    assert failing is not None
    assert (failing.failures, failing.problem) == (2, "The server answers 502.")
    assert (failing.next_poll_at, failing.last_polled_at, failing.last_success_at) == (at(40), at(1), NOW)
    assert failing.etag == '"e1"', "a failure changes only the back-off"

    unchanged = SourceUnchanged(source.id, '"e2"', "yesterday", "d2", at(30))
    await desk.store.harvest.store([], at(2), unchanged=[unchanged])
    well = await sources.get(source.id)
    assert well is not None
    assert (well.failures, well.problem, well.next_poll_at) == (0, None, at(30))
    assert (well.etag, well.last_modified, well.digest) == ('"e2"', "yesterday", "d2")
    assert (well.last_polled_at, well.last_success_at) == (at(2), at(2))

    await desk.store.harvest.store(
        [], at(3), failed=[SourceFailed(source.id, "The source is gone (410).", None)]
    )
    assert await sources.next_due_at() is None


async def test_a_poll_as_before_brings_no_validators_back_that_were_forgotten_meanwhile(desk: Desk):
    source = await desk.wired(100)
    known = SourceUnchanged(source.id, "e", "m", "d", at(5))
    await desk.store.harvest.store([], at(4), unchanged=[known])
    (claimed,) = await desk.store.sources.claim_due(at(5), 9, LEASE)
    assert (claimed.etag, claimed.last_modified, claimed.digest) == ("e", "m", "d")
    assert await desk.store.sources.set_headers(source.id, "{}", at(6))
    quiet = SourceUnchanged(source.id, "e", "m", "d", at(20), as_before=True)
    await desk.store.harvest.store([], at(7), unchanged=[quiet])
    stored = await desk.store.sources.get(source.id)
    assert stored is not None
    assert (stored.etag, stored.last_modified, stored.digest) == (None, None, None)
    assert (stored.next_poll_at, stored.last_polled_at, stored.last_success_at) == (at(20), at(7), at(7))


async def test_a_poll_out_of_turn_that_fails_late_says_nothing_of_a_source_that_is_well_again(desk: Desk):
    source = await desk.wired(100)
    await desk.store.harvest.store([], NOW, failed=[SourceFailed(source.id, "No answer.", at(5))])
    await desk.store.sources.still_failing(source.id, "Still no answer.", at(1))
    failing = await desk.store.sources.get(source.id)
    assert failing is not None
    assert (failing.failures, failing.problem, failing.next_poll_at) == (1, "Still no answer.", at(5))
    well = SourceUnchanged(source.id, None, None, None, at(20))
    await desk.store.harvest.store([], at(7), unchanged=[well])
    await desk.store.sources.still_failing(source.id, "No answer.", at(8))
    stored = await desk.store.sources.get(source.id)
    assert stored is not None
    assert (stored.failures, stored.problem, stored.last_polled_at) == (0, None, at(7))


async def test_blobs_of_what_is_claimed_are_each_their_own_sources(desk: Desk):
    blobs = [(b"-", b""), (None, b"\x00\xff"), (b"", None), (b"x y", b"12345678"), (None, None)]
    made: dict[int, tuple[bytes | None, bytes | None]] = {}
    async with desk.database.writing() as connection:
        for number, (marks, rhythm) in enumerate(blobs):
            values = {"url": f"https://a.test/{number}", "title": "", "failures": 0}
            given = {"next_poll_at": at(-number), "marks": marks, "rhythm": rhythm}
            added = await connection.execute(
                sources.insert().values(**values, **given).returning(sources.c.id)
            )
            made[added.scalar_one()] = (marks, rhythm)
    claimed = await desk.store.sources.claim_due(NOW, 9, LEASE)
    assert {one.id: (one.marks, one.rhythm) for one in claimed} == made


async def test_what_nobody_wants_is_never_scheduled_again(desk: Desk):
    source = await desk.source()
    await desk.store.sources.poll_soon(source.id, NOW)
    await desk.store.harvest.store([Brought(poll(source), [])], NOW)
    assert await desk.store.sources.next_due_at() is None
    await desk.store.harvest.store([], NOW, failed=[SourceFailed(source.id, "No answer.", at(5))])
    assert await desk.store.sources.next_due_at() is None


async def test_a_new_header_is_tried_soon_but_not_on_what_is_idle(desk: Desk):
    source, idle = await desk.wired(100), await desk.source("idle")
    failed = SourceFailed(source.id, "It asks for a login (401).", at(600))
    await desk.store.harvest.store([], NOW, failed=[failed])
    for each in (source, idle):
        assert await desk.store.sources.set_headers(each.id, "{}", at(1))
    changed = [await desk.store.sources.get(each.id) for each in (source, idle)]
    assert [one and one.next_poll_at for one in changed] == [at(1), None]


async def test_all_that_are_wanted_are_polled_soon(desk: Desk):
    wanted, _unwanted = await desk.wired(100), await desk.source("other")
    left = await desk.wired(200, guild_id=20, name="left")
    await desk.store.guilds.left(20, NOW)
    assert await desk.store.sources.poll_soon(None, NOW) == 1
    assert [source.id for source in await desk.store.sources.claim_due(NOW, 9, LEASE)] == [wanted.id]
    assert await desk.store.sources.poll_soon(left.id, NOW) == 1
    assert await desk.store.sources.poll_soon(999, NOW) == 0


async def test_the_list_counts(desk: Desk):
    source = await desk.wired(100, 101)
    other = await desk.source("other")
    await desk.ingest(source, "a", "b", "c")
    current = await desk.store.sources.get(source.id)
    assert current is not None
    assert await desk.store.sources.listed() == [SourceListed(current, 2, 3), SourceListed(other, 0, 0)]
    assert await desk.store.sources.listed(limit=1, offset=1) == [SourceListed(other, 0, 0)]


async def test_a_source_s_pace_is_counted_by_days(desk: Desk):
    busy, silent = await desk.source("busy"), await desk.source("silent")

    def days_ago(days: float) -> datetime:
        return NOW - timedelta(days=days)

    async def publish(now: datetime, **published: datetime | None) -> None:
        new = [article(name, published_at=moment) for name, moment in published.items()]
        await desk.store.harvest.store([Brought(poll(busy), new)], now)

    await publish(days_ago(40), older=days_ago(40))
    await publish(days_ago(2.5), undated=None, late=days_ago(2.9), before=days_ago(31))
    await publish(days_ago(0.5), today=days_ago(0.5), to_come=days_ago(-0.2), on_the_edge=days_ago(3))
    assert await desk.store.sources.paces([busy.id, silent.id, 99], NOW, 3) == {
        busy.id: Pace(days_ago(0.5), (3, 0, 2)),
        silent.id: Pace(None, (0, 0, 0)),
    }


async def test_a_new_source_is_known_from_its_first_reading_or_its_oldest_article(desk: Desk):
    bare, dated = await desk.source("bare"), await desk.source("dated")
    await desk.store.harvest.store(
        [
            Brought(poll(bare), [article("a", published_at=None)]),
            Brought(poll(dated), [article("b", published_at=NOW - timedelta(days=4.5))]),
        ],
        NOW - timedelta(days=1.5),
    )
    paces = await desk.store.sources.paces([bare.id, dated.id], NOW, 30)
    assert (paces[bare.id].known, paces[dated.id].known) == (2, 5)


async def test_what_is_held_back_is_counted_once(desk: Desk):
    source = await desk.wired(100)
    for _ in range(2):
        new = [article("a"), article("b"), article("c")]
        await desk.store.harvest.store([Brought(poll(source), new, held_back=frozenset(("a", "b")))], NOW)
    await desk.store.harvest.store([Brought(poll(source), [article("d")])], at(60))
    await desk.store.harvest.store([Brought(poll(source), [article("e")], held_back=frozenset("e"))], at(90))
    pace = (await desk.store.sources.paces([source.id], at(99), 30))[source.id]
    assert (pace.held_back, pace.held_back_at) == (3, at(90))
