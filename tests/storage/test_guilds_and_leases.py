"""Guilds by name and emoji; leases by the database's clock."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import update

from storage import Database, Lease, LeaseHeld, Store, VoteEmoji, VoteRules
from storage.tables import leases
from tests.databases import RANKS, nonces
from tests.storage.desk import NOW

MINUTE = timedelta(minutes=1)


async def test_guilds_are_named(store: Store):
    assert await store.guilds.name(1) is None
    await store.guilds.seen(1, "Old name", NOW)
    await store.guilds.seen(1, "New name", NOW)
    await store.guilds.left(1, NOW)
    assert await store.guilds.name(1) == "New name"
    usual = VoteRules((VoteEmoji("👍", 1), VoteEmoji("👎", -1)))
    assert await store.vote_rules.of(1) == await store.vote_rules.of(2) == usual


async def expire(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(update(leases).values(expires_at=NOW.replace(year=2000)))


async def test_a_lease_is_one_holders(database: Database, store: Store):
    first = await store.leases.take("bot", "one", MINUTE)
    assert isinstance(first, Lease)
    assert await store.leases.take("bot", "two", MINUTE) == LeaseHeld("one", first.expires_at)
    assert isinstance(await store.leases.take("other", "two", MINUTE), Lease)

    renewed = await store.leases.renew("bot", first, 2 * MINUTE)
    assert renewed is not None
    assert renewed.fence == first.fence
    assert renewed.expires_at >= first.expires_at + MINUTE

    await expire(database)
    again = await store.leases.renew("bot", renewed, MINUTE)
    assert again is not None, "nobody took it meanwhile"
    assert again.fence == first.fence
    assert isinstance(await store.leases.take("bot", "two", MINUTE), LeaseHeld)
    await expire(database)
    second = await store.leases.take("bot", "two", MINUTE)
    assert isinstance(second, Lease)
    assert second.fence > first.fence
    assert await store.leases.renew("bot", renewed, MINUTE) is None
    await store.leases.release("bot", renewed)
    assert isinstance(await store.leases.take("bot", "one", MINUTE), LeaseHeld), (
        "only one's own is given back"
    )

    await store.leases.release("bot", second)
    third = await store.leases.take("bot", "one", MINUTE)
    assert isinstance(third, Lease)
    assert third.fence > second.fence


async def test_a_lease_of_a_dead_holder_is_taken_over(store: Store):
    dead = await store.leases.take("bot", "dead", MINUTE)
    assert isinstance(dead, Lease)
    assert isinstance(await store.leases.take("bot", "new", MINUTE, instead_of="somebody"), LeaseHeld)
    new = await store.leases.take("bot", "new", MINUTE, instead_of="dead")
    assert isinstance(new, Lease)
    assert new.fence > dead.fence
    assert await store.leases.renew("bot", dead, MINUTE) is None


async def test_of_many_that_ask_at_once_one_gets_the_lease(store: Store, database_url: str):
    other_database = await Database.open(database_url)
    other = Store(other_database, ranks=RANKS, nonce=nonces())
    asked = await asyncio.gather(
        *(where.leases.take("bot", str(n), MINUTE) for n, where in enumerate([store, other] * 4))
    )
    assert sum(isinstance(answer, Lease) for answer in asked) == 1
    await other_database.close()
