"""Cards are kept current in batches; one that can't be edited makes room for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.newsroom import refresh
from bot.newsroom.ports import Away, Done, Later, Missing, Outcome, Refused, Unclear
from bot.newsroom.refresh import Refresher
from storage import Database, DatabaseBusy, Store
from storage.records import CardToPost
from storage.tables import standings
from tests.databases import database_url  # noqa: F401 - on PostgreSQL every day, too
from tests.storage.desk import NOW, Desk
from tests.votes import add as add_vote


class Channels:
    """Channels that answer edits as told, each for itself; `drawn` holds (channel, upvotes)."""

    def __init__(self, **answers: Outcome) -> None:
        self._answers = answers
        self.drawn: list[tuple[int, int]] = []
        self.missing: list[int] = []
        self.gone: list[int] = []

    async def refresh(self, card: CardToPost) -> Outcome:
        self.drawn.append((card.post.channel_id, card.tally.upvotes))
        return self._answers.get(f"in_{card.post.channel_id}", Done())

    async def on_gone(self, channel_id: int) -> None:
        self.gone.append(channel_id)

    async def on_missing(self, message_ids: Collection[int]) -> None:
        self.missing += message_ids


def refresher(store: Store, channels: Channels) -> Refresher:
    # Stale times are the database's own, so the clock here is the real one.
    return Refresher(
        store,
        channels,  # type: ignore[arg-type]
        clock=lambda: datetime.now(UTC),
        on_missing=channels.on_missing,
        on_gone=channels.on_gone,
    )


async def test_many_votes_are_one_edit(database: Database, store: Store) -> None:
    desk = Desk(database, store)
    await desk.ingest(await desk.wired(20, 21), "a")
    cards = await desk.send_all()
    for member in range(5):
        await add_vote(store.votes, 1000 + cards[0].post.id, member, "👍", NOW)
    channels = Channels()
    work = refresher(store, channels)
    await work.refresh_stale()
    assert sorted(channels.drawn) == [(20, 5), (21, 5)]
    await work.refresh_stale()
    assert len(channels.drawn) == 2, "nothing changed since"


@pytest.mark.parametrize("answer", [Later("Busy."), Unclear("Broken."), Away("No permission.")])
async def test_a_channel_that_cannot_be_edited_does_not_starve_the_others(
    database: Database, store: Store, answer: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "MOST_AT_ONCE", 4)
    desk = Desk(database, store)
    stuck = await desk.wired(20, name="stuck")
    await desk.ingest(stuck, *(f"s{number}" for number in range(6)))
    await desk.ingest(await desk.wired(21, name="fine"), "f")
    for card in await desk.send_all():
        await add_vote(store.votes, 1000 + card.post.id, 1, "👍", NOW)
    channels = Channels(in_20=answer)
    work = refresher(store, channels)
    await work.refresh_stale()
    await work.refresh_stale()
    assert (21, 1) in channels.drawn
    assert len(channels.drawn) == 7, "each was tried once, and comes again in a minute"
    in_a_minute = await store.posts.stale_cards(100)
    assert in_a_minute == []


async def test_only_the_card_that_could_not_be_edited_is_tried_again(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "NOT_NOW", timedelta())
    desk = Desk(database, store)
    await desk.ingest(await desk.wired(20, 21), "a")
    message = 1000 + (await desk.send_all())[0].post.id
    await add_vote(store.votes, message, 1, "👍", NOW)
    channels = Channels(in_20=Away("No permission."))
    work = refresher(store, channels)
    for _ in range(3):
        await work.refresh_stale()
    assert sorted(channels.drawn) == [(20, 1)] * 3 + [(21, 1)]
    await add_vote(store.votes, message, 2, "👍", NOW)
    channels.drawn.clear()
    channels._answers.clear()
    for _ in range(2):
        await work.refresh_stale()
    assert sorted(channels.drawn) == [(20, 2), (21, 2)]
    assert await store.posts.stale_cards(9) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_channel_that_fails_leaves_nothing_under_way(database: Database, store: Store) -> None:
    """The round is repeated a second later: what went on beside it would edit each card twice."""
    desk = Desk(database, store)
    await desk.ingest(await desk.wired(20, 21), "a")
    cards = await desk.send_all()
    await add_vote(store.votes, 1000 + cards[0].post.id, 1, "👍", NOW)
    ended = []

    class OneFails(Channels):
        async def refresh(self, card: CardToPost) -> Outcome:
            if card.post.channel_id == 20:
                raise DatabaseBusy("Locked.")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            ended.append(card.post.channel_id)
            return Done()

    with pytest.raises(DatabaseBusy):
        await refresher(store, OneFails()).refresh_stale()
    assert ended == [21]


async def test_a_deleted_card_is_told_of_and_a_refused_one_let_be(database: Database, store: Store) -> None:
    desk = Desk(database, store)
    await desk.ingest(await desk.wired(20, 21), "a")
    cards = await desk.send_all()
    await add_vote(store.votes, 1000 + cards[0].post.id, 1, "👍", NOW)
    channels = Channels(in_20=Missing(), in_21=Refused("Too old."))
    await refresher(store, channels).refresh_stale()
    assert len(channels.missing) == 1
    assert await store.posts.stale_cards(9) == []


@pytest.mark.parametrize("closed", [True, False])
async def test_a_thread_that_is_archived_is_let_be_and_one_that_is_away_is_not(
    database: Database, store: Store, closed: bool
) -> None:
    desk = Desk(database, store)
    await desk.ingest(await desk.wired(20), "a")
    (card,) = await desk.send_all()
    await add_vote(store.votes, 1000 + card.post.id, 1, "👍", NOW)
    await refresher(store, Channels(in_20=Away("Not now.", closed=closed))).refresh_stale()
    async with database.reading() as connection:
        waiting = await connection.scalar(select(func.count()).where(standings.c.stale_at.is_not(None)))
    assert waiting == (0 if closed else 1)


async def test_a_channel_that_is_gone_is_told_of(database: Database, store: Store) -> None:
    desk = Desk(database, store)
    await desk.ingest(await desk.wired(20), "a")
    (card,) = await desk.send_all()
    await add_vote(store.votes, 1000 + card.post.id, 1, "👍", NOW)
    channels = Channels(in_20=Away("The channel is gone.", gone=True))
    await refresher(store, channels).refresh_stale()
    assert channels.gone == [20]


def test_a_batch_is_soon() -> None:
    assert timedelta(seconds=1) < Refresher.__init__.__kwdefaults__["every"] <= timedelta(seconds=60)
