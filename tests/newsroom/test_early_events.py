"""What members do with a card before the bot has written down that it is there."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.newsroom.comments import Comments
from bot.newsroom.ports import MessageSeen
from bot.newsroom.votes import Votes
from bot.newsroom.watch import Early, Watch
from storage import Database, Store
from tests.storage.desk import Desk

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CARD, ALICE, BOB, CAROL = 700, 1, 2, 3


def reply(message_id: int, text: str) -> MessageSeen:
    return MessageSeen(
        message_id=message_id,
        guild_id=10,
        channel_id=20,
        author_id=ALICE,
        author_name="alice",
        by_bot=False,
        text=text,
        reply_to_id=CARD,
        created_at=NOW,
        edited_at=None,
    )


async def test_votes_and_replies_that_were_too_early_count(database: Database, store: Store) -> None:
    desk, watch = Desk(database, store), Watch()
    votes, comments = Votes(store, watch, clock=lambda: NOW), Comments(store, watch, clock=lambda: NOW)
    await votes.reacted(CARD, ALICE, "👍")
    await votes.reacted(CARD, BOB, "👍")
    await votes.unreacted(CARD, BOB, "👍")
    await votes.reacted(CARD, CAROL, "👎")
    assert not await comments.seen(reply(701, "First!"))

    await desk.wired(20)
    await desk.ingest(await desk.source(), "a")
    (card,) = await desk.claim()
    await store.posts.begin_sending(card.post.id, None, NOW)
    await store.posts.sent(card.post.id, CARD, NOW)
    await votes.unreacted(CARD, CAROL, "👎")  # a live event, just before the early ones happen
    await watch.now_known(CARD)
    listed = await store.frontpage.one(10, card.post.article_id)
    assert listed is not None
    assert (listed.tally.upvotes, listed.tally.downvotes, listed.comment_count) == (1, 0, 1)


def test_of_many_events_the_oldest_are_dropped() -> None:
    early = Early(most=2)

    async def event() -> None: ...

    for message_id in (1, 2, 3, 3):
        early.keep(message_id, event)
    assert [len(early.take(message_id)) for message_id in (1, 2, 3, 3)] == [0, 1, 2, 0]
