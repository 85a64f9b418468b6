"""Reactions told at once are mirrored together, in their order, and after whatever came before them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

import pytest

from bot.newsroom.comments import Comments
from bot.newsroom.ports import MessageSeen
from bot.newsroom.votes import MOST_AT_ONCE, Votes
from bot.newsroom.watch import Watch
from storage import Database, DatabaseProblem, ReactionChange, Store, Verdict
from storage.votes import Votes as StoredVotes
from tests.databases import database_url  # noqa: F401 - on PostgreSQL every day, too
from tests.storage.desk import GUILD, NOW, Desk

UP, DOWN = "👍", "👎"


class Room:
    """The newsroom's votes and comments over a store whose transactions are counted, and may be made to fail."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        moments = count()
        watch = Watch()

        def clock() -> datetime:
            return NOW + timedelta(microseconds=next(moments))

        self.votes = Votes(store, watch, clock=clock)
        self.comments = Comments(store, watch, clock=clock)
        self.batches: list[int] = []
        self.problem: Exception | None = None
        apply = StoredVotes.apply

        async def counted(votes: StoredVotes, changes: Sequence[ReactionChange]) -> list[Verdict]:
            self.batches.append(len(changes))
            if self.problem is not None:
                raise self.problem
            return await apply(votes, changes)

        monkeypatch.setattr(StoredVotes, "apply", counted)


@pytest.fixture
def room(store: Store, monkeypatch: pytest.MonkeyPatch) -> Room:
    return Room(store, monkeypatch)


@pytest.fixture
async def message(database: Database, store: Store) -> int:
    """The message of an article's post."""
    desk = Desk(database, store)
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.send_all()
    return 1000 + card.post.id


async def test_a_storm_takes_few_transactions_and_loses_nothing(room: Room, store: Store, message: int):
    verdicts = await asyncio.gather(
        *(room.votes.reacted(message if number % 3 else 7, number, UP) for number in range(MOST_AT_ONCE + 90))
    )
    assert room.batches == [1, MOST_AT_ONCE, 89], "the first waits for nobody"
    assert [verdict is Verdict.COUNTS for verdict in verdicts] == [
        bool(number % 3) for number in range(MOST_AT_ONCE + 90)
    ]
    mirrored = await store.votes.mirrored([message])
    assert mirrored == {message: {UP: frozenset(n for n in range(MOST_AT_ONCE + 90) if n % 3)}}


async def test_votes_keep_their_place_among_comments(room: Room, store: Store, message: int):
    said = MessageSeen(
        message_id=5_000,
        guild_id=GUILD,
        channel_id=100,
        author_id=1,
        author_name="Ada",
        by_bot=False,
        text="Well said.",
        reply_to_id=message,
        created_at=NOW,
        edited_at=None,
    )
    await asyncio.gather(
        room.votes.reacted(message, 2, UP),
        room.votes.reacted(message, 3, UP),
        room.comments.seen(said),
        room.votes.reacted(5_000, 2, DOWN),  # of a comment that is not known before its turn
        room.votes.unreacted(message, 2, UP),
        room.votes.cleared(message, UP),
        room.votes.reacted(message, 4, DOWN),
    )
    assert room.batches == [1, 1, 2, 1]
    assert await store.votes.mirrored([message, 5_000]) == {
        message: {DOWN: frozenset({4})},
        5_000: {DOWN: frozenset({2})},
    }


async def test_trouble_is_told_to_all_and_ends_with_them(room: Room, store: Store, message: int):
    room.problem = DatabaseProblem("It is full.")
    ended = await asyncio.gather(
        *(room.votes.reacted(message, member, UP) for member in range(3)), return_exceptions=True
    )
    assert ended == [room.problem] * 3
    room.problem = None
    assert await room.votes.reacted(message, 1, UP) is Verdict.COUNTS


async def test_who_stops_waiting_stops_nobody_else(room: Room, store: Store, message: int):
    told = [asyncio.create_task(room.votes.reacted(message, member, UP)) for member in range(4)]
    await asyncio.sleep(0)
    told[2].cancel()
    await asyncio.wait(told)
    assert [task.cancelled() for task in told] == [False, False, True, False]
    assert room.batches == [1, 3]
    assert await store.votes.mirrored([message]) == {message: {UP: frozenset(range(4))}}
