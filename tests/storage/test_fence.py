"""A bot that was replaced while it was frozen writes nothing any more, whatever it was about to write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from storage import Database, DatabaseBusy, Lease, Store, TakenOver
from storage.records import Brought
from tests.databases import RANKS, nonces
from tests.storage.desk import GUILD, LEASE, NOW, Desk, article, at, comment, poll
from tests.votes import add as add_vote

TWENTY_S = timedelta(seconds=20)


async def held(store: Store, holder: str, instead_of: str | None = None) -> Lease:
    lease = await store.leases.take("bot", holder, TWENTY_S, instead_of=instead_of)
    assert isinstance(lease, Lease)
    return lease


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Store]:
    """The bot that comes after."""
    opened = await Database.open(database_url)
    yield Store(opened, ranks=RANKS, nonce=iter([f"o{n}" for n in range(99)]).__next__)
    await opened.close()


async def everything(database: Database) -> dict[str, list[object]]:
    tables = ("posts", "digests", "reactions", "comments", "articles", "standings", "away_channels", "guilds")
    async with database.reading() as connection:
        return {
            table: [tuple(row) for row in await connection.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]
            for table in tables
        }


async def test_behind_the_fence_nothing_is_written(desk: Desk, other: Store):
    store = desk.store
    source = await desk.wired(100)
    await desk.ingest(source, "a", "b")
    (card,) = await desk.claim()
    message = await desk.send(card)
    (waiting,) = await desk.claim()
    store.fence("bot", await held(store, "one"))
    await add_vote(store.votes, message, 1, "👍", NOW)
    await held(other, "two", instead_of="one")
    before = await everything(desk.database)
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: add_vote(store.votes, message, 2, "👍", NOW),
        lambda: store.votes.replace(message, {}, NOW),
        lambda: store.comments.record(comment(5, card.article.id)),
        lambda: store.posts.begin_sending(waiting.post, 5, NOW),
        lambda: store.posts.claim(at(60), 9, LEASE),
        lambda: store.posts.message_deleted([message], NOW),
        lambda: store.digests.gather(at(25 * 60), 9),
        lambda: store.away.note(100, GUILD, NOW, ""),
        lambda: store.harvest.store([Brought(poll(source), [article("c")])], NOW),
        lambda: store.guilds.left(GUILD, NOW),
    ]
    for write in writes:
        with pytest.raises(TakenOver, match=r"two\) has taken the database"):
            await write()
    assert await everything(desk.database) == before
    assert await add_vote(other.votes, message, 3, "👍", NOW), "the other one writes"
    store.fence("bot", None)
    assert await add_vote(store.votes, message, 4, "👍", NOW), "who needs no lease, too"


async def test_a_lease_that_only_ended_or_was_renewed_does_not_keep_from_writing(desk: Desk):
    lease = await held(desk.store, "one")
    desk.store.fence("bot", lease)
    assert await desk.store.leases.renew("bot", lease, -TWENTY_S) is not None
    await desk.store.guilds.seen(1, "One", NOW)
    assert await desk.store.leases.renew("bot", lease, TWENTY_S) is not None
    await desk.store.guilds.seen(1, "Still", NOW)
    await desk.store.leases.release("bot", lease)
    await desk.store.guilds.seen(1, "Ending", NOW)
    assert await desk.store.guilds.name(1) == "Ending"


async def test_who_takes_the_lease_waits_for_what_is_being_written(desk: Desk, other: Store):
    desk.store.fence("bot", lease := await held(desk.store, "one"))
    async with desk.database.writing() as connection:
        taking = asyncio.create_task(held(other, "two", instead_of="one"))
        if connection.dialect.name == "postgresql":  # SQLite has one writer: that is who holds the lease
            assert await other.leases.renew("bot", lease, TWENTY_S), "renewing it does not wait"
        done, _ = await asyncio.wait([taking], timeout=0.05)
        assert not done
        await connection.execute(text("UPDATE guilds SET name = 'last'"))
    assert (await taking).fence == lease.fence + 1


async def test_postgresql_ends_a_transaction_that_was_frozen_in_the_middle(
    emptied_postgres_url: Callable[[], str],
):
    database = await Database.open(emptied_postgres_url())
    store = Store(database, ranks=RANKS, nonce=nonces())
    limits = []
    for lease in (None, await held(store, "one")):
        store.fence("bot", lease)
        async with database.writing() as connection:
            limits.append(await connection.scalar(text("SHOW idle_in_transaction_session_timeout")))
    assert limits == ["15s", "15s"]
    with pytest.raises(DatabaseBusy):  # noqa: PT012
        async with database.writing() as connection:
            await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10ms'"))
            await asyncio.sleep(0.1)
            await connection.execute(text("SELECT 1"))
    await store.guilds.seen(1, "Thawed", NOW)
    store.fence("bot", None)
    await database.close()
