"""What is kept for a time only, and what becomes of guilds that were left."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from storage import Store, Tally
from storage.records import Erased
from tests.storage.desk import GUILD, NOW, VISIBLE, Desk, at, comment
from tests.votes import add

UP = "👍"
DAY = 24 * 60


async def erase_old(store: Store, guild_id: int, before: datetime) -> tuple[int, int]:
    votes = comments = 0
    while (erased := await store.retention.erase_old(guild_id, before)).more:
        votes, comments = votes + erased.votes, comments + erased.comments
    return votes, comments


async def erase_guild(store: Store, guild_id: int, before: datetime) -> tuple[int, int]:
    votes = comments = 0
    while (erased := await store.retention.erase_guild(guild_id, before)).more:
        votes, comments = votes + erased.votes, comments + erased.comments
    return votes, comments


async def furnished(desk: Desk) -> tuple[int, list[int]]:
    """A card of one article in each of two guilds, with a vote and a comment of each of four days."""
    source = await desk.wired(100)
    await desk.subscribe(source, 200, guild_id=20)
    await desk.ingest(source, "b")
    cards = [card for card in await desk.send_all() if card.article.identity == "b"]
    cards.sort(key=lambda card: card.post.guild_id)
    messages = [1000 + card.post.id for card in cards]
    for place, (guild_id, channel_id) in enumerate(((GUILD, 100), (20, 200))):
        for day in range(4):
            await add(desk.store.votes, messages[place], 1 + day, UP, at(day * DAY))
            one = 10 * (1 + place) + day
            await desk.store.comments.record(
                comment(
                    one,
                    cards[0].article.id,
                    guild_id=guild_id,
                    channel_id=channel_id,
                    created_at=at(day * DAY),
                )
            )
            await add(desk.store.votes, one, 9, UP, at(day * DAY))
    return cards[0].article.id, messages


async def stands(desk: Desk, article_id: int, guild_id: int) -> tuple[Tally, int] | None:
    listed = await desk.store.frontpage.one(guild_id, article_id, visible=VISIBLE)
    return listed and (listed.tally, listed.comment_count)


async def count(desk: Desk, table: str) -> int:
    async with desk.database.reading() as connection:
        return int((await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_guild_keeps_for_as_long_as_it_says(desk: Desk, monkeypatch):
    monkeypatch.setattr("storage.retention.PORTION", 1)
    article_id, _ = await furnished(desk)
    retention = desk.store.retention
    assert await retention.kept_days(GUILD) is None
    await retention.keep_for(GUILD, 30, NOW)
    assert await retention.kept_days(GUILD) == 30
    assert await retention.keeping_for_a_time() == [(GUILD, 30)]
    assert await erase_old(desk.store, GUILD, NOW) == (0, 0), (
        "what is of that very moment is not from before it"
    )
    assert await erase_old(desk.store, GUILD, at(2 * DAY)) == (2, 2)
    assert await stands(desk, article_id, GUILD) == (Tally(2, 0), 2)
    assert await stands(desk, article_id, 20) == (Tally(4, 0), 4)
    assert await count(desk, "reactions") == 2 + 2 + 8, "votes on a comment go with it"
    await retention.keep_for(GUILD, None, NOW)
    assert await retention.keeping_for_a_time() == []


async def test_a_guild_that_was_left_is_erased_with_all_that_is_its_own(desk: Desk, monkeypatch):
    monkeypatch.setattr("storage.retention.PORTION", 1)
    article_id, _ = await furnished(desk)
    store = desk.store
    await store.privacy.hide_name(GUILD, 1, NOW)
    await store.guilds.left(GUILD, at(0))
    assert await store.retention.left(at(-1)) == []
    assert await store.retention.left(at(0)) == [GUILD]
    assert await erase_guild(store, GUILD, at(-1)) == (0, 0)
    assert await stands(desk, article_id, GUILD) == (Tally(4, 0), 4)
    assert await erase_guild(store, GUILD, at(0)) == (4, 4)
    assert await stands(desk, article_id, GUILD) is None
    assert await store.guilds.name(GUILD) is None
    for table, left in (
        ("guilds", 1),
        ("members", 1),
        ("nameless", 0),
        ("subscriptions", 1),
        ("reactions", 8),
    ):
        assert await count(desk, table) == left, table
    assert await stands(desk, article_id, 20) == (Tally(4, 0), 4)
    assert await erase_guild(store, GUILD, at(0)) == (0, 0)


async def test_a_guild_that_came_back_keeps_all(desk: Desk):
    article_id, _ = await furnished(desk)
    await desk.store.guilds.left(GUILD, at(0))
    await desk.store.guilds.seen(GUILD, "Harbour", at(1))
    assert await desk.store.retention.left(at(0) + timedelta(days=99)) == []
    assert await desk.store.retention.erase_guild(GUILD, at(0) + timedelta(days=99)) == Erased()
    assert await stands(desk, article_id, GUILD) == (Tally(4, 0), 4)
