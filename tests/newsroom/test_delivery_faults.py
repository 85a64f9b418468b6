"""Delivery under trouble: a database that fails, a stop, a takeover, a Discord that pauses or hangs."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from bot.newsroom import sending
from bot.newsroom.delivery import MOST_AT_ONCE, MOST_OF_A_GUILD
from bot.newsroom.ports import Later, Outcome, Unclear
from bot.newsroom.sending import Ledger
from storage import Database, DatabaseBusy, DatabaseProblem, Store, TakenOver
from storage.records import CardToPost, Lease, PostState
from tests.newsroom.channel import NOW, Channel, Clock, deliver_all, deliver_one, delivery, queue

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Trouble:
    """Has a method of the store fail for as long as `lasts`, and counts how often it was tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, problem: Exception) -> None:
        monkeypatch.setattr(sending, "LONGEST_DATABASE_PAUSE", timedelta(milliseconds=5))
        monkeypatch.setattr(sending, "FIRST_DATABASE_PAUSE", timedelta(milliseconds=1))
        self.lasts = True
        self.tried = 0
        self._method = getattr(owner, name)
        self._problem = problem
        monkeypatch.setattr(owner, name, self._call)

    async def _call(self, *arguments: Any) -> Any:
        self.tried += 1
        if self.lasts:
            raise self._problem
        return await self._method(*arguments)

    async def shown(self) -> None:
        """Wait until it was met a few times."""
        async with asyncio.timeout(5):
            while self.tried < 3:
                await asyncio.sleep(0.001)


@pytest.mark.parametrize("problem", [DatabaseBusy("Locked."), DatabaseProblem("Something else.")])
async def test_what_discord_accepted_is_written_down_once_the_database_is_back(
    store: Store, clock: Clock, problem: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue(store, ["One", "Two"])
    trouble, channel = Trouble(monkeypatch, store.posts, "sent", problem), Channel()
    worker = asyncio.create_task(deliver_all(store, channel, clock))
    await trouble.shown()
    assert channel.asked == ["send"], "the next one waits, too"
    trouble.lasts = False
    await worker
    assert channel.asked.count("send") == 2
    post = await store.posts.by_nonce("n1")
    assert post is not None
    assert post.message_id == 1001


async def test_an_answer_that_is_being_written_down_survives_the_stop(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue(store, ["One"])
    (claimed,) = await store.posts.claim(NOW, 1, MINUTE)
    await store.posts.begin_sending(claimed.post, 999, NOW)
    trouble, ledger = Trouble(monkeypatch, store.posts, "sent", DatabaseBusy("Locked.")), Ledger()
    job = asyncio.create_task(ledger.write(lambda: store.posts.sent(claimed.post, 1001, NOW)))
    await trouble.shown()
    job.cancel()
    await asyncio.wait((job,))
    closing = asyncio.create_task(ledger.close(timedelta(seconds=10)))
    trouble.lasts = False
    await closing
    post = await store.posts.by_nonce("n1")
    assert post is not None
    assert (post.state, post.message_id) == (PostState.SENT, 1001)


@on_sqlite
async def test_a_stop_that_the_database_outlasts_leaves_a_post_that_is_looked_for(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue(store, ["One"])
    trouble = Trouble(monkeypatch, store.posts, "sent", DatabaseBusy("Locked."))
    channel = Channel()
    worker = delivery(store, channel, clock)
    await worker.start_waiting()
    await trouble.shown()
    await worker.close(timedelta(seconds=0.05))
    trouble.lasts = False
    await deliver_all(store, channel, clock)
    assert channel.asked[:2] == ["send", "find"]


async def test_a_bot_that_is_stopped_ends_what_it_asked_for_and_begins_nothing(
    store: Store, clock: Clock
) -> None:
    await queue(store, ["One"])
    asked, answers = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        asked.set()
        await answers.wait()

    channel = Channel()
    channel.meanwhile = {"send": hold}
    worker = delivery(store, channel, clock)
    await worker.start_waiting()
    await asked.wait()
    closing = asyncio.create_task(worker.close(timedelta(seconds=5)))
    await asyncio.sleep(0)
    answers.set()
    await closing
    assert channel.asked == ["send"]
    clock.now += MINUTE
    await deliver_all(store, channel, clock)
    assert channel.asked == ["send", "vote 👍", "vote 👎", "read"], "the next one goes on from there"


async def test_a_bot_that_was_replaced_is_told_so_before_it_sends(
    database: Database, store: Store, clock: Clock
) -> None:
    await queue(store, ["One"])
    lease = await store.leases.take("bot", "first", MINUTE)
    assert isinstance(lease, Lease)
    store.fence("bot", lease)
    channel = Channel()

    async def replace() -> None:
        """Somebody takes over while the first one is frozen, and it still believes in its right when it thaws."""
        assert isinstance(await store.leases.take("bot", "second", MINUTE, instead_of="first"), Lease)

    channel.meanwhile = {"newest": replace}
    worker = delivery(store, channel, clock)
    (claimed,) = await store.posts.claim(NOW, 1, MINUTE)
    await worker.deliver(claimed)
    assert channel.asked == []
    with pytest.raises(TakenOver, match="second"):
        await worker.run()
    store.fence("bot", None)
    post = await store.posts.by_nonce("n1")
    assert post is not None
    assert post.state is PostState.READY


async def test_a_job_that_was_overtaken_writes_nothing(store: Store, clock: Clock) -> None:
    await queue(store, ["One"])
    channel = Channel()

    async def overtake() -> None:
        """The claim ends, another job takes the post up, looks for it in vain and sends it."""
        if channel.asked.count("send") == 1:
            clock.now += MINUTE
            [again] = await store.posts.claim(clock(), 1, MINUTE)
            await delivery(store, channel, clock).deliver(again)

    channel.meanwhile = {"send": overtake}
    (claimed,) = await store.posts.claim(NOW, 1, MINUTE)
    await delivery(store, channel, clock).deliver(claimed)
    assert channel.asked == ["send", "find", "send", "vote 👍", "vote 👎", "read"]
    post = await store.posts.by_nonce("n1")
    assert post is not None
    # Of Discord, which knows the nonce, both have the same message; here the late answer carries another id.
    assert post.message_id == 1002


@on_sqlite
async def test_what_once_ended_unclear_is_looked_for_before_each_further_attempt(
    store: Store, clock: Clock
) -> None:
    """Its first request may arrive at any time: also after one of which it is sure that it did nothing."""
    await queue(store, ["One"])
    channel = Channel(send=[Unclear("The connection broke."), Later("Slow down.")])
    for _ in range(3):
        await deliver_one(store, channel, clock)
        clock.now += MINUTE
    assert channel.asked[:5] == ["send", "find", "send", "find", "send"]
    assert channel.places == [20], "and from the id on that was the newest before the first"


@on_sqlite
async def test_a_fault_of_our_own_lets_the_post_be_looked_for_in_a_minute(store: Store, clock: Clock) -> None:
    """And not only once its claim has run out, a quarter of an hour later."""
    await queue(store, ["One"])
    channel = Channel()

    async def fail() -> None:
        channel.meanwhile = {}
        raise RuntimeError("A mistake.")

    channel.meanwhile = {"send": fail}
    await deliver_one(store, channel, clock)
    clock.now += MINUTE
    await deliver_one(store, channel, clock)
    assert channel.asked[:3] == ["send", "find", "send"]


@on_sqlite
async def test_a_job_of_a_bot_that_was_replaced_ends(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Discord did is another's to find out: writing it down is not tried again."""
    await queue(store, ["One"])
    trouble = Trouble(monkeypatch, store.posts, "sent", TakenOver("the database", "second"))
    channel = Channel()
    (claimed,) = await store.posts.claim(NOW, 1, MINUTE)
    await asyncio.wait_for(delivery(store, channel, clock).deliver(claimed), 5)
    assert (channel.asked, trouble.tried) == (["send"], 1)


@on_sqlite
async def test_the_longest_pause_counts(store: Store, clock: Clock) -> None:
    await queue(store, ["One"])
    await queue(store, ["One"], channel=21)
    long, short = [Later("Slow down.", timedelta(seconds=seconds), everywhere=True) for seconds in (50, 9)]
    worker = delivery(store, Channel(send=[long, short]), clock)
    await worker.start_waiting()
    await worker._jobs.drain(timedelta(seconds=5))
    assert await worker.start_waiting() == timedelta(seconds=50)


async def test_a_pause_for_everything_holds_everything(store: Store, clock: Clock) -> None:
    for channel_id in range(20, 40):
        await queue(store, ["One"], channel=channel_id)
    channel = Channel(send=[Later("Slow down.", timedelta(seconds=30), everywhere=True)] * 100)
    worker = delivery(store, channel, clock)
    await worker.start_waiting()
    await worker._jobs.drain(timedelta(seconds=5))
    assert len(channel.asked) <= MOST_AT_ONCE
    channel.asked.clear()
    assert await worker.start_waiting() == timedelta(seconds=30)
    clock.now += timedelta(seconds=29)
    await worker.start_waiting()
    assert not channel.asked
    clock.now += timedelta(seconds=1)
    channel.answers.clear()
    await worker.start_waiting()
    await worker._jobs.drain(timedelta(seconds=5))
    assert channel.asked.count("send") > 0


async def test_at_rest_nothing_is_written(
    database: Database, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue(store, ["One"])
    channel = Channel(send=[Later("Slow down.", timedelta(hours=1))])
    worker = delivery(store, channel, clock)
    await worker.start_waiting()
    await worker._jobs.drain(timedelta(seconds=5))

    def refuse() -> None:
        raise AssertionError("It wrote.")

    monkeypatch.setattr(database, "writing", refuse)
    assert await worker.start_waiting() == timedelta(hours=1)


@on_sqlite
async def test_a_discord_that_is_down_for_long_costs_no_post_its_thread(store: Store, clock: Clock) -> None:
    await queue(store, ["One"], thread=True)
    channel = Channel(thread=[Later("The bot is not connected to Discord.", everywhere=True)] * 50)
    await deliver_one(store, channel, clock)
    for _ in range(50):
        clock.now += MINUTE
        await deliver_one(store, channel, clock)
    post = await store.posts.by_nonce("n1")
    assert post is not None
    assert post.thread_id is not None


class Slow(Channel):
    """Channels of one guild in which no answer ever comes; it counts how many wait for one."""

    def __init__(self, guild_id: int) -> None:
        super().__init__()
        self._guild_id = guild_id
        self.hanging: Counter[int] = Counter()

    async def send(self, card: CardToPost) -> Outcome:
        if card.post.guild_id == self._guild_id:
            self.hanging[card.post.channel_id] += 1
            await asyncio.Event().wait()
        return await super().send(card)


async def test_a_guild_whose_channels_hang_leaves_room_for_the_others(store: Store, clock: Clock) -> None:
    for channel_id in range(100, 120):
        await queue(store, ["One", "Two"], guild=11, channel=channel_id)
    await queue(store, ["One", "Two", "Three"], guild=12, channel=200)
    channel, woken = Slow(11), asyncio.Event()
    worker = delivery(store, channel, clock, woken=woken)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while channel.asked.count("read") < 3:
            await asyncio.sleep(0.005)
    assert channel.hanging.total() == MOST_OF_A_GUILD
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await worker.close(timedelta())


@on_sqlite
async def test_a_forum_post_whose_end_is_unclear_has_time_to_arrive(store: Store, clock: Clock) -> None:
    await queue(store, ["One"], forum=True)
    channel = Channel(send=[Unclear("The connection broke.")])
    await deliver_one(store, channel, clock)
    clock.now += timedelta(seconds=29)
    assert await deliver_one(store, channel, clock) is None
    clock.now += timedelta(seconds=1)
    await deliver_one(store, channel, clock)
    assert channel.asked[:3] == ["send", "find", "send"]
