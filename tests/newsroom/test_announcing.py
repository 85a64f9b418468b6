"""Posts are published to followers apart from their channel's queue, in order, as fast as Discord allows."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta

import pytest

from bot.newsroom.announcing import LOOK_EVERY, Announcer
from bot.newsroom.ports import Away, Later, Missing, Outcome, Refused, Unclear
from storage import Store
from storage.records import PostState
from tests.newsroom.channel import NOW, Channel, Clock, deliver_all, queue

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def announcer(store: Store, channel: Channel, clock: Clock) -> Announcer:
    async def deleted(message_ids: Collection[int]) -> None:
        await store.posts.message_deleted(message_ids, clock())

    return Announcer(
        store,
        channel,
        clock=clock,
        woken=asyncio.Event(),
        may_send=lambda: channel.ours,
        on_missing=deleted,
    )


def announced(channel: Channel) -> list[str]:
    return [question.split()[1] for question in channel.asked if question.startswith("announce")]


async def test_ten_an_hour_do_not_hold_up_the_channel(store: Store, clock: Clock) -> None:
    await queue(store, [f"{number}" for number in range(12)], announce=True)
    channel = Channel()
    await deliver_all(store, channel, clock)
    assert channel.asked.count("read") == 12
    room = 10

    async def take() -> None:
        nonlocal room
        if not room:
            channel.answers["announce"] = [Later("Ten an hour.", HOUR)]
        else:
            room -= 1

    channel.meanwhile = {"announce": take}
    worker = announcer(store, channel, clock)
    assert await worker.announce_due() == LOOK_EVERY
    assert announced(channel) == [f"{number}" for number in range(11)]
    await worker.announce_due()
    assert len(announced(channel)) == 11, "Discord is left alone meanwhile"
    clock.now += HOUR
    room = 10
    await worker.announce_due()
    assert announced(channel)[11:] == ["10", "11"], "in order"
    clock.now += HOUR
    await worker.announce_due()
    assert len(announced(channel)) == 13, "and never again"


@on_sqlite
@pytest.mark.parametrize(
    "outcome", [Later("Slow down."), Unclear("The connection broke."), Away("Allow Manage Messages.")]
)
async def test_what_can_not_be_announced_for_a_day_is_left_out(
    store: Store, clock: Clock, outcome: Outcome
) -> None:
    await queue(store, ["One"], announce=True)
    channel = Channel(announce=[outcome] * 9)
    await deliver_all(store, channel, clock)
    worker = announcer(store, channel, clock)
    for _ in range(10):
        await worker.announce_due()
        clock.now += 4 * HOUR
    assert len(announced(channel)) == 8, "the last time after more than a day"


@on_sqlite
async def test_what_can_never_be_announced_is_left_out_at_once(store: Store, clock: Clock) -> None:
    await queue(store, ["One", "Two"], announce=True)
    channel = Channel(announce=[Refused("No announcement channel.")])
    await deliver_all(store, channel, clock)
    await announcer(store, channel, clock).announce_due()
    await announcer(store, channel, clock).announce_due()
    assert announced(channel) == ["One", "Two"]


@on_sqlite
async def test_a_deleted_card_is_not_announced(store: Store, clock: Clock) -> None:
    await queue(store, ["One"], announce=True)
    channel = Channel(announce=[Missing()])
    await deliver_all(store, channel, clock)
    await announcer(store, channel, clock).announce_due()
    post = await store.posts.by_nonce("n1")
    assert post is not None
    assert post.state is PostState.DELETED
    await announcer(store, channel, clock).announce_due()
    assert announced(channel) == ["One"]


@on_sqlite
async def test_who_lost_the_database_and_who_does_not_wish_it_announces_nothing(
    store: Store, clock: Clock
) -> None:
    await queue(store, ["One"], announce=True)
    await queue(store, ["Other"], channel=21)
    channel = Channel()
    await deliver_all(store, channel, clock)
    channel.ours = False
    await announcer(store, channel, clock).announce_due()
    assert not announced(channel)
    channel.ours = True
    await announcer(store, channel, clock).announce_due()
    assert announced(channel) == ["One"]
    assert clock.now == NOW
