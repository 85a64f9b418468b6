"""Channels that are away: nothing is lost or hurried, somebody is told once, and a channel that is back goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.newsroom.away import LOOK_EVERY, AwayChannels, AwayNotices
from bot.newsroom.ports import Away, Done, Later, Outcome, Refused, Unclear
from storage import Store
from storage.records import AwayToTell, PostState
from tests.databases import database_url  # noqa: F401 - on PostgreSQL every day, too
from tests.newsroom.channel import CHANNEL, GUILD, Channel, Clock, deliver_all, deliver_one, queue

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OTHER, SYSTEM, OWNER, SUBSCRIBER = 21, 22, 1, 7
FORBIDDEN = Away("Allow Send Messages.")


class Guild:
    """A guild that notes who is told what: channels by their ids, members as negative ones."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.told: list[int] = []
        self.notices: list[AwayToTell] = []
        self.answer: Callable[[int], Outcome] = lambda _: Done(1)
        self.system: int | None = None
        self.may_send = True
        self.teller = self.start()

    def start(self) -> AwayNotices:
        return AwayNotices(self.store, self, clock=self.clock, may_send=lambda: self.may_send)

    def _tell(self, notice: AwayToTell, whom: int) -> Outcome:
        self.told.append(whom)
        self.notices.append(notice)
        return self.answer(whom)

    async def tell_away(self, notice: AwayToTell, channel_id: int) -> Outcome:
        return self._tell(notice, channel_id)

    async def tell_away_directly(self, notice: AwayToTell, member_id: int) -> Outcome:
        return self._tell(notice, -member_id)

    def system_channel_id(self, guild_id: int) -> int | None:
        return self.system

    def owner_id(self, guild_id: int) -> int | None:
        return OWNER

    async def later(self, wait: timedelta) -> list[int]:
        """Move the clock, look who is to be told; answers who was."""
        self.clock.now += wait
        self.told.clear()
        assert await self.teller.tell_due() == LOOK_EVERY
        return list(self.told)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def guild(store: Store, clock: Clock) -> Guild:
    """A guild with a post that waits for a channel that was just found to be away."""
    await queue(store, ["One", "Two"], longest_wait=90 * DAY)
    await deliver_one(store, Channel(send=[FORBIDDEN]), clock)
    return Guild(store, clock)


async def test_a_channel_is_looked_at_once_a_pause_however_much_waits_for_it(
    store: Store, clock: Clock
) -> None:
    await queue(store, [f"Article {number}" for number in range(30)])
    channel = Channel(send=[FORBIDDEN] * 100)
    end = clock.now + HOUR
    while clock.now < end:
        clock.now += max(await deliver_all(store, channel, clock), timedelta(seconds=1))
    assert len(channel.asked) <= 12
    channel.answers.clear()
    clock.now += timedelta(minutes=5)
    await deliver_all(store, channel, clock)
    assert channel.asked.count("read") == 30, "and then all of it comes"


async def test_a_permission_that_is_given_back_continues_at_once(store: Store, clock: Clock) -> None:
    await queue(store, ["One", "Two"], longest_wait=90 * DAY)
    channel, woken = Channel(send=[FORBIDDEN]), asyncio.Event()
    await deliver_all(store, channel, clock)
    away = AwayChannels(store, clock=clock, on_back=woken.set)
    assert list(await away.known(GUILD)) == [CHANNEL]
    await away.channel_back(CHANNEL)
    assert woken.is_set()
    await deliver_all(store, channel, clock)
    assert channel.asked.count("read") == 2
    woken.clear()
    await away.channel_back(CHANNEL)
    assert not woken.is_set(), "one that was not away wakes nobody"
    assert not await away.known(GUILD)


async def test_after_a_day_another_channel_is_told_once(guild: Guild, store: Store) -> None:
    await queue(store, ["Elsewhere"], channel=OTHER)
    assert await guild.later(0.9 * DAY) == []
    assert await guild.later(0.2 * DAY) == [OTHER]
    [notice] = guild.notices
    assert (notice.channel_id, notice.sentence, notice.waiting) == (CHANNEL, FORBIDDEN.sentence, 2)
    guild.teller = guild.start()
    assert await guild.later(30 * DAY) == [], "also not after a restart"


@on_sqlite
async def test_once_it_was_back_its_next_absence_is_told_again(
    guild: Guild, store: Store, clock: Clock
) -> None:
    assert await guild.later(DAY) == [-SUBSCRIBER]
    await deliver_one(store, Channel(), clock)
    await deliver_one(store, Channel(send=[FORBIDDEN]), clock)
    assert await guild.later(0.9 * DAY) == []
    assert await guild.later(0.2 * DAY) == [-SUBSCRIBER]


@on_sqlite
@pytest.mark.parametrize(
    ("deaf", "told"),
    [
        pytest.param((), [OTHER], id="a subscribed channel that works"),
        pytest.param((OTHER,), [OTHER, SYSTEM], id="else the system channel"),
        pytest.param((OTHER, SYSTEM), [OTHER, SYSTEM, -SUBSCRIBER], id="else who subscribed"),
        pytest.param((OTHER, SYSTEM, -SUBSCRIBER), [OTHER, SYSTEM, -SUBSCRIBER, -OWNER], id="else the owner"),
        pytest.param(
            (OTHER, SYSTEM, -SUBSCRIBER, -OWNER), [OTHER, SYSTEM, -SUBSCRIBER, -OWNER], id="else nobody"
        ),
    ],
)
async def test_the_first_who_can_be_told_is(
    guild: Guild, store: Store, deaf: tuple[int, ...], told: list[int]
) -> None:
    await queue(store, ["Elsewhere"], channel=OTHER)
    guild.system = SYSTEM
    guild.answer = lambda whom: (Refused("No.") if whom == SYSTEM else FORBIDDEN) if whom in deaf else Done(1)
    assert await guild.later(DAY) == told
    assert await guild.later(DAY) == []


async def test_what_takes_several_channels_away_is_told_once(
    guild: Guild, store: Store, clock: Clock
) -> None:
    for channel_id in (31, 32):
        await queue(store, ["Elsewhere"], channel=channel_id)
        await deliver_one(store, Channel(send=[FORBIDDEN]), clock)
    guild.answer = lambda _: Later("Slow down.")
    assert await guild.later(DAY) == [-SUBSCRIBER]
    guild.answer = lambda _: Done(1)
    assert await guild.later(timedelta()) == [-SUBSCRIBER]
    assert guild.notices[-1].also_away == (31, 32)
    assert await guild.later(DAY) == []


@on_sqlite
async def test_what_may_have_been_told_is_not_told_again(guild: Guild) -> None:
    guild.answer = lambda _: Unclear("The connection broke.")
    assert await guild.later(DAY) == [-SUBSCRIBER], "also not to the next"
    assert await guild.later(DAY) == []


@on_sqlite
async def test_while_discord_is_to_be_left_alone_nobody_is_told_and_then_somebody(guild: Guild) -> None:
    guild.answer = lambda _: Later("Slow down.")
    assert await guild.later(DAY) == [-SUBSCRIBER], "the owner is not bothered for that"
    guild.answer = lambda _: Done(1)
    guild.may_send = False
    assert await guild.later(timedelta()) == []
    guild.may_send = True
    assert await guild.later(timedelta()) == [-SUBSCRIBER]


@on_sqlite
async def test_a_post_that_fails_after_its_message_stands_there_is_away_too(
    store: Store, clock: Clock
) -> None:
    await queue(store, ["One"])
    card = await deliver_one(store, Channel(vote=[FORBIDDEN]), clock)
    assert card is not None
    assert card.post.state is PostState.SENT
    assert list(await store.away.of_guild(GUILD)) == [CHANNEL]
