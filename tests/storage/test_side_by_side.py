"""Writers that meet on PostgreSQL wait for each other: none is in another's way for good, nothing is miscounted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.feeds.shingles import pack
from storage import Database, Store, Tally, VoteEmoji
from storage.harvest import _lock as lock_sources
from storage.records import Brought
from storage.tables import comments, members, reactions
from storage.tallies import lock, recount_comments
from tests.databases import RANKS, nonces
from tests.storage.desk import GUILD, NOW, Desk, article, comment, poll
from tests.votes import add

UP = "👍"
SAID = 5


@pytest.fixture
def database_url(emptied_postgres_url: Any) -> str:
    """SQLite has one writer."""
    return str(emptied_postgres_url())


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Store]:
    """Another process's store."""
    database = await Database.open(database_url)
    yield Store(database, ranks=RANKS, nonce=nonces())
    await database.close()


async def waits(desk: Desk) -> None:
    """Return once somebody waits for a lock."""
    waiting = text(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(5):
        while True:
            async with desk.database.reading() as connection:
                if await connection.scalar(waiting):
                    return
            await asyncio.sleep(0.005)


async def commented(desk: Desk) -> int:
    """An article with a comment of member 1's, on which members 1 and 2 voted."""
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.send_all()
    await desk.store.comments.record(comment(SAID, card.article.id, author_id=1))
    for member in (2, 3):
        await add(desk.store.votes, SAID, member, UP, NOW)
    return card.article.id


async def write_a_name(connection: AsyncConnection) -> None:
    await connection.execute(insert(members).values(guild_id=GUILD, member_id=9, name="Cleo"))


async def change_the_comment(connection: AsyncConnection) -> None:
    await connection.execute(update(comments).where(comments.c.message_id == SAID).values(text="Well."))


@pytest.mark.parametrize("what", ["counting anew", "hiding"])
async def test_who_holds_a_standing_may_go_on(desk: Desk, other: Store, what: str) -> None:
    article_id = await commented(desk)
    if what == "hiding":
        deed, first = other.moderation.hide(GUILD, SAID, hidden=True), change_the_comment
    else:
        await desk.store.vote_rules.put_emoji(GUILD, [VoteEmoji(UP, 2)])
        deed, first = other.vote_rules.recount_some(9), write_a_name
    async with desk.database.writing() as connection:
        await lock(connection, [(article_id, GUILD)])
        task = asyncio.create_task(deed)
        await waits(desk)
        await first(connection)
    assert await task


async def test_a_vote_given_while_others_are_erased_is_counted(desk: Desk, other: Store) -> None:
    await commented(desk)
    await other.privacy.forget(2, NOW)
    async with desk.database.writing() as connection:
        await connection.execute(select(comments).where(comments.c.message_id == SAID).with_for_update())
        row = {"message_id": SAID, "comment_id": SAID, "member_id": 4, "emoji": UP, "reacted_at": NOW}
        await connection.execute(insert(reactions).values(row))
        await recount_comments(connection, [SAID])
        erasing = asyncio.create_task(other.privacy.erase_some(2, NOW))
        await waits(desk)
    assert (await erasing).votes == 1
    said = await desk.store.comments.get(SAID)
    assert said is not None
    assert said.tally == Tally(2, 0), "those of 3 and 4"


async def test_who_writes_while_their_last_comment_is_erased_keeps_their_name(
    desk: Desk, other: Store
) -> None:
    article_id = await commented(desk)
    async with desk.database.writing() as connection:
        name = update(members).where(members.c.member_id == 1).values(name="Ada L.")
        await connection.execute(name)
        erasing = asyncio.create_task(other.comments.remove([SAID]))
        await waits(desk)
        row = comment(6, article_id, author_id=1)
        values = {name: getattr(row, name) for name in ("message_id", "guild_id", "channel_id", "article_id")}
        await connection.execute(
            insert(comments).values(
                **values, author_id=1, text="Again.", created_at=NOW, upvotes=0, downvotes=0
            )
        )
    assert await erasing == 1
    kept = await desk.store.comments.get(6)
    assert kept is not None
    assert kept.author_name == "Ada L."


async def test_a_story_is_tied_together_while_another_ones_source_is_being_stored(desk: Desk):
    """Of a row that is changed twice PostgreSQL looks at the source: who waits for the turn must not hold that."""
    told = pack(frozenset(range(40)))
    ours, theirs = await desk.wired(100, name="ours"), await desk.wired(100, name="theirs")
    await desk.store.harvest.store([Brought(poll(theirs), [article("a", shingles=told)])], NOW)
    copies = [article(name, shingles=told) for name in ("b", "c", "d")]
    async with desk.database.writing() as connection, asyncio.timeout(5):
        await lock_sources(connection, {theirs.id}, set(), {})
        stored = await desk.store.harvest.store([Brought(poll(ours), copies)], NOW)
    assert stored[0].articles == 3
