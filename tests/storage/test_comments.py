"""Comments: kept as Discord shows them, counted with their article, really gone when deleted."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, get_args

import pytest
from sqlalchemy import event, func, select

from storage import Tally
from storage.comments import First
from storage.tables import comments, reactions
from tests.storage.desk import GUILD, NOW, VISIBLE, Desk, at, comment
from tests.votes import add as add_vote


async def posted(desk: Desk) -> int:
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.send_all()
    return card.article.id


async def count(desk: Desk, article_id: int) -> int:
    listed = await desk.store.frontpage.one(GUILD, article_id, visible=VISIBLE)
    assert listed is not None
    return listed.comment_count


async def test_a_comment_is_new_once_and_then_edited(desk: Desk):
    article_id, stored = await posted(desk), desk.store.comments
    assert await stored.record(comment(5, article_id, quote="> said", reply_to_id=4))
    await add_vote(desk.store.votes, 5, 2, "👍", NOW)
    assert not await stored.record(
        comment(5, article_id, text="Better said.", edited_at=at(1), reply_to_id=4)
    )
    edited = await stored.get(5)
    assert edited is not None
    assert (edited.text, edited.edited_at, edited.quote, edited.reply_to_id) == (
        "Better said.",
        at(1),
        None,
        4,
    )
    assert edited.tally == Tally(1, 0), "an edit keeps the votes"
    assert await count(desk, article_id) == 1
    assert await stored.get(6) is None


async def test_a_members_name_is_the_latest_seen_in_the_guild(desk: Desk):
    article_id, stored = await posted(desk), desk.store.comments
    await stored.record(comment(5, article_id, author_name="Ada"))
    await stored.record(comment(6, article_id, author_name="Ada Lovelace"))
    listed, _ = await stored.of_article(GUILD, article_id, "newest", visible=VISIBLE)
    assert [one.author_name for one in listed] == ["Ada Lovelace"] * 2


@pytest.mark.parametrize(
    ("first", "whole"),
    [("oldest", [6, 4, 7, 5]), ("newest", [5, 7, 4, 6]), ("most_voted", [7, 4, 6, 5])],
)
async def test_of_too_many_comments_the_first_in_the_asked_order_are_listed(
    desk: Desk, first: First, whole: list[int]
):
    article_id, stored = await posted(desk), desk.store.comments
    for message_id, minute in ((7, 1), (5, 2), (6, 0), (4, 1)):
        await stored.record(comment(message_id, article_id, created_at=at(minute)))
    await add_vote(desk.store.votes, 7, 2, "👍", NOW)
    await add_vote(desk.store.votes, 5, 2, "👎", NOW)

    async def listed(limit: int, guild_id: int = GUILD) -> tuple[list[int], bool]:
        found, cut = await stored.of_article(guild_id, article_id, first, limit, visible=VISIBLE)
        return [one.message_id for one in found], cut

    assert await listed(5) == (whole, False)
    assert await listed(4) == (whole, False)
    assert await listed(2) == (whole[:2], True)
    assert await listed(5, guild_id=20) == ([], False)


async def test_a_comment_is_seen_where_its_channel_or_its_threads_post_is(desk: Desk):
    await desk.ingest(await desk.wired(100, 101), "a")
    first, second = sorted(await desk.send_all(), key=lambda card: card.post.channel_id)
    await desk.store.posts.threaded(first.post, 555)
    places = {
        1: 100,
        2: 555,  # the thread that the bot made
        3: 1000 + first.post.id,  # the thread that a member made from the post's message
        4: 101,
        5: 1000 + second.post.id,
        6: 999,
    }
    for message_id, channel_id in places.items():
        await desk.store.comments.record(comment(message_id, first.article.id, channel_id=channel_id))
    for visible, seen in (([100], [1, 2, 3]), ({101}, [4, 5]), (range(100, 102), [1, 2, 3, 4, 5]), ((), [])):
        listed, _ = await desk.store.comments.of_article(GUILD, first.article.id, "oldest", visible=visible)
        assert [one.message_id for one in listed] == seen, visible


async def test_a_removed_comment_leaves_nothing(desk: Desk):
    article_id, stored = await posted(desk), desk.store.comments
    for message_id in (5, 6, 7):
        await stored.record(comment(message_id, article_id))
        await add_vote(desk.store.votes, message_id, 2, "👍", NOW)
    assert await stored.remove([5, 6, 99]) == 2
    assert await stored.remove([5, 6]) == 0
    assert await count(desk, article_id) == 1
    async with desk.database.reading() as connection:
        assert list(await connection.scalars(select(comments.c.message_id))) == [7]
        assert await connection.scalar(select(func.count()).select_from(reactions)) == 1


async def test_a_channels_comments_go_with_it(desk: Desk):
    article_id, stored = await posted(desk), desk.store.comments
    for message_id, channel_id in ((5, 100), (6, 101), (7, 101)):
        await stored.record(comment(message_id, article_id, channel_id=channel_id))
    assert await stored.ids_in_channel(101, 0) == [6, 7]
    assert await stored.ids_in_channel(101, 6) == [7]
    assert await stored.remove_channel(101) == 2
    assert await stored.remove_channel(101) == 0
    assert await count(desk, article_id) == 1


async def test_comments_at_once_are_all_counted(desk: Desk):
    article_id = await posted(desk)
    await asyncio.gather(
        *(desk.store.comments.record(comment(n % 15, article_id, author_id=n)) for n in range(30))
    )
    assert await count(desk, article_id) == 15


async def test_comments_come_back_with_an_article_that_is_posted_again(desk: Desk):
    article_id = await posted(desk)
    await desk.store.comments.record(comment(5, article_id))
    (channel,) = await desk.store.posts.tracked(NOW - timedelta(days=1))
    await desk.store.posts.message_deleted([channel.posts[0].message_id or 0], NOW)
    assert await desk.store.frontpage.one(GUILD, article_id, visible=VISIBLE) is None
    await desk.subscribe(await desk.source(), 101, newest=1)
    await desk.send_all()
    assert await count(desk, article_id) == 1


async def test_a_deleted_channel_takes_its_posts_along(desk: Desk):
    await desk.ingest(await desk.wired(100, 101), "a", "b")
    cards = await desk.send_all()
    message = 1000 + cards[0].post.id
    await add_vote(desk.store.votes, message, 1, "👍", NOW)
    assert await desk.store.posts.channel_deleted(cards[0].post.channel_id, NOW) == 2
    assert await desk.store.posts.channel_deleted(cards[0].post.channel_id, NOW) == 0
    listed = await desk.store.frontpage.one(GUILD, cards[0].article.id, visible=VISIBLE)
    assert listed is not None
    assert (listed.tally, listed.channel_id) == (Tally(0, 0), 101)


async def test_a_deleted_thread_leaves_its_post(desk: Desk):
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.send_all()
    await desk.store.posts.threaded(card.post, 555)
    assert await desk.store.posts.channel_deleted(555, NOW) == 0
    kept = await desk.store.posts.card(card.post.id)
    assert kept is not None
    assert (kept.post.state, kept.post.thread_id) == ("sent", None)


@pytest.mark.parametrize("first", get_args(First))
async def test_conversations_are_paged_from_where_the_last_page_ended(desk: Desk, first: First):
    article_id, stored = await posted(desk), desk.store.comments
    # Four begin a conversation; 20 is answered twice, 25 answers what is elsewhere, 26 what is hidden, 27 a later one.
    answers = {20: None, 21: 20, 22: 21, 23: None, 24: None, 25: 90, 26: 23, 27: 99}
    for message_id, reply_to_id in answers.items():
        await stored.record(
            comment(message_id, article_id, reply_to_id=reply_to_id, created_at=at(message_id))
        )
    await stored.record(comment(90, article_id, channel_id=999, created_at=at(90)))
    for message_id, member in ((24, 2), (24, 3), (20, 2)):
        await add_vote(desk.store.votes, message_id, member, "👍", NOW)
    await desk.store.moderation.hide(GUILD, 23, hidden=True)
    whole = {
        "newest": [27, 26, 25, 24, 20],
        "oldest": [20, 24, 25, 26, 27],
        "most_voted": [24, 20, 25, 26, 27],
    }

    seen, after = [], None
    while page := await stored.tops(GUILD, article_id, first, 2, after, visible=VISIBLE):
        seen += [one.message_id for one in page]
        last = page[-1]
        value = last.tally.score if first == "most_voted" else int(last.created_at.timestamp() * 1000)
        after = (value, last.message_id)
        if last.message_id == 24:  # a page goes on where a deleted comment stood
            await stored.remove([24])
    assert seen == whole[first]

    async def branch(*ids: int, limit: int = 9) -> list[int]:
        found = await stored.branches(GUILD, article_id, ids, limit, visible=VISIBLE)
        return sorted(one.message_id for one in found)

    assert await branch(20, 25) == [20, 21, 22, 25]
    assert await branch(20, limit=2) == [20, 21]
    assert await branch(23) == await branch(90) == []
    assert await stored.branches(GUILD, article_id, [20], visible=()) == []


async def test_each_link_of_a_long_chain_is_found_in_the_index_of_replies(desk: Desk):
    article_id, engine = await posted(desk), desk.database._engine
    for number in range(5, 25):
        await desk.store.comments.record(comment(number, article_id, reply_to_id=number - 1))
    asked: list[tuple[str, Any]] = []

    def note(*told: Any) -> None:
        asked.append((told[2], told[3]))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    chain = await desk.store.comments.branches(GUILD, article_id, [5], visible=VISIBLE)
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert sorted(one.message_id for one in chain) == list(range(5, 25))
    statement, values = next(one for one in asked if "RECURSIVE" in one[0])
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    async with desk.database.reading() as connection:
        plan = str((await connection.exec_driver_sql(explain + statement, values)).all())
    assert "ix_comments_replies" in plan
