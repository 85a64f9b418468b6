"""A gateway that fails on order: lost, doubled, late and swapped events, silence, refusals, outages."""

import itertools
from collections import Counter
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Dropped, Faults, Late, Reordered, Repeated
from bot.sandbox.gateway.sessions import Session
from bot.sandbox.stage import Stage
from bot.sandbox.things import User
from bot.sandbox.world import World
from tests.examples import examples
from tests.sandbox.conftest import StartBot, Town
from tests.sandbox.line import Dial, Line

GUILDS, MESSAGES = 1, 1 << 9


async def on_line(dial: Dial, town: Town) -> Line:
    line = await dial()
    await line.identify(town.application.token, GUILDS | MESSAGES | 1 << 15)
    await line.until("GUILD_CREATE")
    return line


async def next_texts(line: Line, count: int) -> list[str]:
    return [(await line.until("MESSAGE_CREATE"))[0]["content"] for _ in range(count)]


# Events


async def test_events_are_dropped_repeated_swapped_and_late_on_order(town: Town, dial: Dial) -> None:
    line = await on_line(dial, town)
    events = town.sandbox.faults.gateway
    numbers = [line.last]

    async def say(*texts: str) -> None:
        for text in texts:
            await town.alice.say(text)

    events.next(Dropped(), "MESSAGE_*")
    await say("lost", "found")
    assert await next_texts(line, 1) == ["found"]
    events.next(Repeated(2), "MESSAGE_CREATE")
    await say("thrice", "once")
    assert await next_texts(line, 4) == ["thrice", "thrice", "thrice", "once"]
    events.next(Reordered())
    await say("second", "first", "third")
    assert await next_texts(line, 3) == ["first", "second", "third"]
    events.next(Late(60))
    await say("a minute ago", "now")
    assert await next_texts(line, 1) == ["now"]
    town.sandbox.clock.advance(60)
    assert await next_texts(line, 1) == ["a minute ago"]
    # What is lost has no number, and what comes twice has two: a client sees no gap.
    assert line.last == numbers[0] + 1 + 4 + 3 + 2
    # People heard all of it as it was.
    heard = [one["content"] for one in await town.bob.messages(town.channel_id)]
    assert len(heard) == 10 - 1
    assert [one.detail for one in town.sandbox.done("gateway fault")] == [
        "MESSAGE_CREATE dropped",
        "MESSAGE_CREATE repeated",
        "MESSAGE_CREATE reordered",
        "MESSAGE_CREATE late",
    ]


async def test_what_is_to_be_swapped_waits_for_another_event_a_few_seconds_only(
    town: Town, dial: Dial
) -> None:
    line = await on_line(dial, town)
    town.sandbox.faults.gateway.next(Reordered())
    await town.alice.say("alone")
    town.sandbox.clock.advance(5)
    assert await next_texts(line, 1) == ["alone"]


async def test_orders_can_be_for_one_guild_or_one_person(town: Town, dial: Dial) -> None:
    other = await town.alice.create_guild("Elsewhere")
    await town.alice.install(town.application, other["id"], 3072)
    room = await town.alice.create_channel(other["id"], "room")
    line = await on_line(dial, town)
    await line.until("GUILD_CREATE")
    events = town.sandbox.faults.gateway
    events.some(Dropped(), guild_id=other["id"])
    events.some(Dropped(), "MESSAGE_CREATE", whose=town.bob.id)
    await town.alice.say("unheard", in_=room["id"])
    await town.alice.say("heard")
    assert await next_texts(line, 1) == ["heard"]
    await town.alice.edit((await town.alice.messages(town.channel_id))[0], "by bob too")
    await town.bob.wait_for("MESSAGE_UPDATE")
    assert not [one for one in town.bob.events if one.name == "MESSAGE_CREATE"]


async def test_a_resume_brings_back_what_the_line_lost_and_nothing_that_was_dropped(
    town: Town, dial: Dial
) -> None:
    line = await on_line(dial, town)
    seen = line.last
    town.sandbox.faults.gateway.next(Dropped())
    assert town.sandbox.faults.gateway.cut() == 1
    assert await line.closed() == 1006
    await town.alice.say("dropped")
    await town.alice.say("missed")
    again = await dial()
    await again.resume(town.application.token, line.session_id, seen)
    assert await next_texts(again, 1) == ["missed"]
    await again.until("RESUMED")
    assert again.last == seen + 2


class Heard(Session):
    """A session that writes down what it is sent."""

    def __init__(self, bot: bool) -> None:
        user = User("2", "reader", bot=bot)
        super().__init__(user, None)
        self.heard: list[tuple[int, int]] = []

    def dispatch(self, event: str, encoded: str) -> None:
        super().dispatch(event, encoded)
        self.heard.append((self.last, int(encoded)))


def told(count: int, *orders: tuple[Any, float, int], bot: bool = True) -> list[int]:
    """Which of so many events arrived, in which order; the numbering is checked."""
    stage = Stage(World(), Clock())
    faults = Faults(stage)
    for trouble, share, seed in orders:
        faults.gateway.some(trouble, "E*", share, seed)
    session = Heard(bot)
    session.delivery = stage.gateway.delivery
    for number in range(count):
        session.tell("EVENT", str(number))
    assert [number for number, _ in session.heard] == list(range(1, len(session.heard) + 1))
    return [event for _, event in session.heard]


@given(count=some.integers(0, 200), seed=some.integers(), share=some.floats(0.01, 1))
@settings(max_examples=examples(30), deadline=None)
async def test_without_an_order_for_it_everything_arrives_once_and_in_order(
    count: int, seed: int, share: float
) -> None:
    assert told(count) == list(range(count))
    assert told(count, (Dropped(), share, seed), bot=False) == list(range(count))
    kept = told(count, (Dropped(), share, seed))
    assert kept == sorted(set(kept))
    assert set(told(count, (Repeated(), share, seed))) == set(range(count))


async def test_shares_are_as_ordered_and_the_same_for_the_same_seeds() -> None:
    orders = ((Dropped(), 0.2, 1), (Repeated(), 0.2, 2), (Reordered(), 0.2, 3))
    arrived = told(10_000, *orders)
    times = Counter(arrived)
    assert abs(10_000 - len(times) - 2_000) < 150
    # A dropped event is not repeated, and the swapped ones are among those that arrive.
    assert abs(sum(count == 2 for count in times.values()) - 1_600) < 150
    first = list(dict.fromkeys(arrived))
    swapped = sum(one > following for one, following in itertools.pairwise(first))
    assert 800 < swapped < 1_600
    assert told(10_000, *orders) == arrived
    assert told(10_000, *((trouble, share, seed + 9) for trouble, share, seed in orders)) != arrived


# Connections


async def test_a_silent_connection_says_nothing_and_answers_no_heartbeat_until_it_is_lifted(
    town: Town, dial: Dial
) -> None:
    line = await on_line(dial, town)
    gateway = town.sandbox.faults.gateway
    assert gateway.silence() == 1
    await line.say(1, line.last)
    await town.alice.say("into the void")
    with pytest.raises(TimeoutError):
        await line.socket.receive(timeout=0.1)
    # Who gives up and comes again is heard, and misses nothing.
    again = await dial()
    await again.resume(town.application.token, line.session_id, line.last)
    assert await next_texts(again, 1) == ["into the void"]
    await again.until("RESUMED")
    gateway.silence(for_s=30)
    await town.alice.say("half a minute")
    with pytest.raises(TimeoutError):
        await again.socket.receive(timeout=0.1)
    town.sandbox.clock.advance(30)
    assert await next_texts(again, 1) == ["half a minute"]


async def test_connections_close_with_a_code_and_are_asked_to_come_back(town: Town, dial: Dial) -> None:
    gateway = town.sandbox.faults.gateway
    line = await on_line(dial, town)
    assert (gateway.reconnect(), (await line.hear())["op"]) == (1, 7)
    assert gateway.invalidate(resumable=True) == 1
    assert (await line.hear()) == {"op": 9, "d": True, "s": None, "t": None}
    assert await gateway.close(4000) == 1
    assert await line.closed() == 4000
    again = await dial()
    await again.resume(town.application.token, line.session_id, line.last)
    await again.until("RESUMED")
    assert await gateway.close(4009, whose=line.session_id) == 1
    assert await again.closed() == 4009
    third = await dial()
    await third.resume(town.application.token, line.session_id, again.last)
    assert (await third.hear())["op"] == 9
    for wrong in (1006, 999, 5000):
        with pytest.raises(ValueError):
            await gateway.close(wrong)
    # None of it was said to people.
    await town.alice.say("people are still there")
    await town.bob.wait_for("MESSAGE_CREATE")


async def test_discord_py_goes_through_cuts_and_resumes_and_a_refused_resume_begins_anew(
    town: Town, start_bot: StartBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(*_: Any, **__: Any) -> None:
        """discord.py waits five seconds before it identifies again."""

    def setup(bot: Any) -> None:
        bot.before_identify_hook = at_once

    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda self: 0.01)
    bot = await start_bot(setup=setup)
    gateway = town.sandbox.faults.gateway
    gateway.cut()
    await bot.wait_heard("resumed")
    gateway.next(Dropped(), "MESSAGE_CREATE")
    await town.alice.say("dropped")
    await town.alice.say("heard")
    await bot.wait_heard("message")
    await gateway.close(4000)
    await bot.wait_heard("resumed", times=2)
    assert [name for name, _ in bot.heard].count("message") == 1
    gateway.refuse_resumes()
    # One may identify once in five seconds.
    town.sandbox.clock.advance(5)
    gateway.cut()
    await bot.wait_heard("ready", times=2, timeout=10)
    assert town.sandbox.done("gateway fault")[-1].detail == "RESUME refused"


async def test_a_token_that_died_is_refused_at_the_next_identify(town: Town, dial: Dial) -> None:
    line = await on_line(dial, town)
    gateway = town.sandbox.faults.gateway
    gateway.refuse_identifies()
    assert gateway.invalidate() == 1
    assert (await line.hear())["d"] is False
    town.sandbox.clock.advance(5)
    again = await dial()
    await again.say(2, {"token": town.application.token, "intents": 1, "properties": {}})
    assert await again.closed() == 4004
    assert gateway.refusals_waiting == (0, 0)


# Outages


async def test_a_guild_that_is_out_is_silent_to_bots_and_comes_back_whole(
    town: Town, start_bot: StartBot, dial: Dial
) -> None:
    bot = await start_bot()
    gateway = town.sandbox.faults.gateway
    assert gateway.outage(town.guild_id) == 1
    assert gateway.outage(town.guild_id) == 0
    guild = await bot.wait_heard("guild_unavailable")
    assert guild.unavailable
    await town.alice.say("people go on")
    headers = {"Authorization": f"Bot {town.application.token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        for path in (f"/guilds/{town.guild_id}", f"/channels/{town.channel_id}/messages"):
            async with http.get(town.sandbox.api_url + path) as answer:
                assert (answer.status, (await answer.json())["code"]) == (503, 0)
    assert len(town.sandbox.done("request fault")) == 2
    # Who comes meanwhile is told that it is out; one may identify once in five seconds.
    town.sandbox.clock.advance(5)
    line = await dial()
    ready = await line.identify(town.application.token, GUILDS)
    assert ready["guilds"] == [{"id": town.guild_id, "unavailable": True}]
    assert (await line.until("GUILD_DELETE"))[0] == {"id": town.guild_id, "unavailable": True}
    assert gateway.end_outage(town.guild_id) == 2
    assert (await bot.wait_heard("guild_available", times=2)).id == int(town.guild_id)
    assert "message" not in [name for name, _ in bot.heard]
    await town.alice.say("back")
    await bot.wait_heard("message")
    with pytest.raises(Exception, match="10004"):
        gateway.outage("1")
