"""The slow sweep: what no number of Discord's shows is found, in its turn and at its pace."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.newsroom.ports import ThreadSeen, Unreadable
from bot.newsroom.sweep import EVERY, PAUSE, TRY_AGAIN, Pace, Sweeper
from storage import Database, Store
from tests.databases import database_url  # noqa: F401 - on PostgreSQL every day, too
from tests.newsroom.house import ALICE, BOB, CHANNEL, LONG_AGO, House
from tests.storage.desk import NOW, Desk

TOMORROW = NOW + EVERY


class Sweep:
    """A sweeper of a house, at a time that a test moves."""

    def __init__(self, house: House) -> None:
        self.house, self.now = house, TOMORROW
        self.start_anew()

    def start_anew(self) -> None:
        house = self.house
        self.sweeper = Sweeper(house.store, house.reconciler, house.discord, clock=lambda: self.now)

    async def until_done(self) -> list[str]:
        """Sweep until nothing is due; answers what was asked of Discord."""
        self.house.discord.asked.clear()
        while not await self.sweeper.round():
            pass
        return self.house.discord.asked


@pytest.fixture
async def sweep(database: Database, store: Store) -> Sweep:
    house = House(store, Desk(database, store))
    await house.furnish()
    return Sweep(house)


async def test_a_vote_that_another_took_the_place_of_is_found(
    sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    house = sweep.house
    house.discord.reactions = {(house.card, "👍"): {BOB}}
    await house.run()
    assert await house.store.votes.mirrored([house.card]) == {house.card: {"👍": {ALICE}}}
    with caplog.at_level(logging.INFO):
        asked = await sweep.until_done()
    assert asked == [f"messages {CHANNEL}", f"reactors {house.card} 👍"]
    assert await house.store.votes.mirrored([house.card]) == {house.card: {"👍": {BOB}}}
    assert sweep.sweeper.last is not None
    assert (sweep.sweeper.last.posts, sweep.sweeper.last.requests, sweep.sweeper.last.mended) == (1, 2, 1)
    assert "Read 1 posts again member by member with 2 requests" in caplog.text


async def test_an_edit_in_a_thread_whose_figures_stay_is_found(sweep: Sweep) -> None:
    house, thread = sweep.house, ThreadSeen(30, 3000, LONG_AGO, 1)
    card, reply = house.discord.standing[CHANNEL]
    said = replace(house.message(3000), channel_id=30)
    house.discord.standing = {CHANNEL: [replace(card, thread=thread), reply], 30: [said]}
    await house.run()
    house.discord.standing[30] = [replace(said, text="Other words.", edited_at=NOW)]
    await house.run()
    kept = await house.store.comments.get(3000)
    assert kept is not None
    assert kept.text == "Words."
    await sweep.until_done()
    kept = await house.store.comments.get(3000)
    assert kept is not None
    assert kept.text == "Other words."


async def test_a_post_is_read_once_a_day_and_only_until_the_next_card(sweep: Sweep) -> None:
    house = sweep.house
    source = await house.store.sources.add("https://news.example/feed", "News", None, None)
    await house.desk.ingest(source, "b", "c")
    second, third = [1000 + card.post.id for card in await house.desk.send_all()]
    house.discord.standing[CHANNEL] = [
        house.message(one, {"👍": 1} if one == house.card else {}, by_bot=True)
        for one in (house.card, second, third)
    ] + [house.message(2000)]
    sweep.now = TOMORROW + timedelta(hours=1)
    assert len(await sweep.until_done()) == 4
    sweep.start_anew()
    sweep.now += timedelta(hours=23)
    assert await sweep.until_done() == []
    # A comment that was deleted is found missing in the stretch after the last card, not in those before.
    del house.discord.standing[CHANNEL][-1]
    sweep.now += timedelta(hours=1)
    assert len(await sweep.until_done()) == 4 + 1
    assert await house.store.comments.get(2000) is None
    assert sweep.sweeper.last is not None
    assert sweep.sweeper.last.deleted == 1


async def test_what_cannot_be_read_holds_nothing_up(sweep: Sweep) -> None:
    house = sweep.house
    await house.desk.ingest(await house.desk.wired(21, name="other"), "b")
    (other,) = await house.desk.send_all()
    card = replace(house.message(1000 + other.post.id, {"👍": 1}, by_bot=True), channel_id=21)
    house.discord.standing[21] = [card]
    house.discord.reactions[card.message_id, "👍"] = {BOB}
    house.discord.unreadable = {CHANNEL: Unreadable("No permission.")}
    await sweep.until_done()
    assert await house.store.votes.mirrored([card.message_id]) == {card.message_id: {"👍": {BOB}}}


async def test_an_outage_leaves_no_post_out(sweep: Sweep) -> None:
    house = sweep.house
    house.discord.reactions = {(house.card, "👍"): {BOB}}
    house.discord.unreadable = {CHANNEL: Unreadable("Discord is not there.", passing=True)}
    assert await sweep.sweeper.round() == TRY_AGAIN
    house.discord.unreadable = {}
    await sweep.until_done()
    assert await house.store.votes.mirrored([house.card]) == {house.card: {"👍": {BOB}}}


async def test_a_channel_that_always_fails_holds_nothing_up(sweep: Sweep) -> None:
    house = sweep.house
    house.discord.unreadable = {CHANNEL: Unreadable("Discord fails.", passing=True)}
    assert await sweep.sweeper.round() == TRY_AGAIN
    assert await sweep.until_done() == [f"messages {CHANNEL}"]


async def test_one_request_goes_each_few_seconds_and_none_while_a_gap_is_read() -> None:
    slept: list[float] = []

    class Reconciling:
        @property
        def busy(self) -> bool:
            return len(slept) < 3

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    pace = Pace(Reconciling(), sleep=sleep)  # type: ignore[arg-type]
    await pace()
    await pace()
    assert slept == [PAUSE.total_seconds()] * 4


async def test_posts_too_old_to_be_tracked_are_left(sweep: Sweep) -> None:
    sweep.now = NOW + timedelta(days=15)
    assert await sweep.until_done() == []
