"""Leaderboards and figures: who voted, which sources and commenters did most, what happened by day."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date

from storage import VoteEmoji
from storage.records import VotersOfEmoji
from tests.storage.desk import GUILD, NOW, VISIBLE, Desk, at, comment

DAY = 24 * 60


async def posted(desk: Desk, source: str, channel: int, identity: str, minute: float = 0) -> tuple[int, int]:
    await desk.ingest(await desk.wired(channel, name=source), identity, now=at(minute))
    (card,) = await desk.send_all(at(minute))
    return card.article.id, 1000 + card.post.id


async def test_who_voted_are_those_whose_votes_count(desk: Desk):
    article_id, message = await posted(desk, "news", 100, "a")
    await desk.store.vote_rules.put_emoji(
        GUILD, [VoteEmoji("👍", 1), VoteEmoji("🚀", 3), VoteEmoji("👎", -1)]
    )
    await desk.store.votes.replace(message, {"👍": [1, 2], "❤️": [5]}, at(0))
    await desk.store.votes.replace(message, {"👍": [1, 2, 3], "👎": [2], "🚀": [4], "❤️": [5]}, at(1), {4})
    voters = desk.store.boards.voters
    up, down = VotersOfEmoji("👍", 2, (3, 1)), VotersOfEmoji("👎", 1, (2,))
    assert await voters(GUILD, article_id, 9) == [up, down]
    # However many are for an article, those against are told, too.
    assert await voters(GUILD, article_id, 1) == [VotersOfEmoji("👍", 2, (3,)), down]
    await desk.store.privacy.hide_name(GUILD, 3, NOW)
    await desk.store.privacy.hide_name(20, 1, NOW)
    assert await voters(GUILD, article_id, 1) == [VotersOfEmoji("👍", 2, (1,)), down]
    assert await desk.store.boards.voters(20, article_id, 9) == []


async def test_sources_and_commenters_by_the_votes_they_got(desk: Desk):
    one, first = await posted(desk, "news", 100, "a")
    two, second = await posted(desk, "tide", 101, "b", DAY)
    for message, ups, downs in ((first, 2, 0), (second, 5, 1)):
        await desk.store.votes.replace(message, {"👍": range(ups), "👎": range(100, 100 + downs)}, at(DAY))
    for message_id, article_id, author, minute in (
        (5, one, 1, 0),
        (6, one, 2, 1),
        (7, two, 2, DAY),
        (8, two, 1, DAY + 1),
    ):
        written = comment(
            message_id, article_id, author_id=author, author_name=f"m{author}", created_at=at(minute)
        )
        await desk.store.comments.record(written)
    await desk.store.votes.replace(7, {"👍": [1, 3]}, at(DAY))
    boards = desk.store.boards
    both = [("Tide", 1, 5, 1, 2), ("News", 1, 2, 0, 2)]
    assert [astuple(row)[1:] for row in await boards.sources(GUILD, None, 9, visible=VISIBLE)] == both
    for since, visible, titles in (
        (at(1), VISIBLE, ["Tide"]),
        (None, {100}, ["News"]),
        (None, set[int](), []),
        (at(DAY + 1), VISIBLE, []),
    ):
        found = await boards.sources(GUILD, since, 9, visible=visible)
        assert [row.title for row in found] == titles
    commenters = await boards.commenters(GUILD, None, 9, visible=VISIBLE)
    # Those on the second article were written in channel 100, where no post of it is.
    assert [astuple(row) for row in commenters] == [(1, "m1", 1, 0), (2, "m2", 1, 0)]
    third = comment(9, two, author_id=2, author_name="m2", channel_id=101, created_at=at(DAY))
    await desk.store.comments.record(third)
    await desk.store.votes.replace(9, {"👍": [1, 3]}, at(DAY))
    for since, visible, expected in (
        (None, VISIBLE, [(2, 2, 2), (1, 1, 0)]),
        (None, {100}, [(1, 1, 0), (2, 1, 0)]),
        (at(2), VISIBLE, [(2, 1, 2)]),
    ):
        found_ = await boards.commenters(GUILD, since, 9, visible=visible)
        assert [(row.member_id, row.comments, row.score) for row in found_] == expected
    await desk.store.privacy.hide_name(GUILD, 2, NOW)
    (first_shown,) = await boards.commenters(GUILD, None, 1, visible=VISIBLE)
    assert first_shown.member_id == 1, "who does not want to be shown makes room"


async def test_figures_by_day(desk: Desk):
    source = await desk.wired(100, 103)
    await desk.ingest(source, "a")
    first_card, again = await desk.send_all()
    one, message = first_card.article.id, 1000 + first_card.post.id
    await desk.store.subscriptions.remove((await desk.store.subscriptions.of_channel(103))[0].id)
    await posted(desk, "news", 100, "b", 12 * 60)  # NOW is noon, so that is the next day
    await posted(desk, "tide", 101, "c", 12 * 60 - 0.001)
    await desk.store.comments.record(comment(5, one, created_at=at(DAY)))
    await desk.store.votes.replace(message, {"👍": [1, 2]}, at(0))
    await desk.store.votes.replace(message, {"👍": [1, 2, 3], "👎": [4], "❤️": [5]}, at(DAY))
    # One vote a member and article: who voted in another channel, too, or changed their mind, has one, the latest.
    await desk.store.votes.replace(1000 + again.post.id, {"👍": [1, 4]}, at(DAY + 1))
    first, second = date(2026, 5, 1), date(2026, 5, 2)
    found = await desk.store.boards.days(GUILD, NOW, visible=VISIBLE)
    assert [astuple(row) for row in found] == [(first, 2, 0, 1, 0), (second, 1, 1, 3, 0)]
    assert await desk.store.boards.days(GUILD, NOW, visible={102}) == []
    (only,) = await desk.store.boards.days(GUILD, at(12 * 60), visible=VISIBLE)
    assert astuple(only) == (second, 1, 1, 0, 0)
