"""Sessions outlive their connections: resumed, taken over, replayed, ended."""

import asyncio

import aiohttp
import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket

from bot.sandbox import Sandbox
from bot.sandbox.gateway.sessions import Session
from bot.sandbox.limits import Limits
from bot.sandbox.scenario import Person
from bot.sandbox.wire import encode
from tests.sandbox.conftest import Bot, StartBot, Town
from tests.sandbox.line import GUILDS, MESSAGES, Dial, Line

INVALID = {"op": 9, "d": False, "s": None, "t": None}


def session_of(town: Town) -> Session | None:
    mine = [one for one in town.sandbox.stage.gateway.sessions() if one.user.id == town.application.id]
    return mine[0] if mine else None


async def registered(sandbox: Sandbox) -> str:
    async with await Person.register(sandbox.url, "ann") as ann:
        return ann.token


async def lost(town: Town, line: Line) -> int:
    """Lose the connection; gives the sequence number heard last."""
    line.cut()
    session = session_of(town)
    assert session is not None
    async with asyncio.timeout(5):
        while session.connection is not None:
            await asyncio.sleep(0)
    return line.last


async def test_what_was_missed_is_replayed_in_order_and_then_resumed_is_said(dial: Dial, town: Town) -> None:
    line = await dial()
    token = town.application.token
    await line.identify(token, GUILDS | MESSAGES)
    await line.until("GUILD_CREATE")
    heard = await lost(town, line)
    for number in range(3):
        await town.alice.say(f"<@{town.application.id}> {number}", town.channel_id)
    again = await dial()
    await again.resume(token, line.session_id, heard)
    told = [await again.hear() for _ in range(4)]
    assert [one["t"] for one in told] == ["MESSAGE_CREATE"] * 3 + ["RESUMED"]
    assert [one["d"]["content"][-1] for one in told[:3]] == ["0", "1", "2"]
    assert [one["s"] for one in told] == list(range(heard + 1, heard + 5))


async def test_a_second_connection_takes_the_session_over_from_the_first(dial: Dial, town: Town) -> None:
    first, second = await dial(), await dial()
    await first.identify(town.application.token, MESSAGES)
    await second.resume(town.application.token, first.session_id, first.last)
    await second.until("RESUMED")
    assert await first.closed() == 4000
    await town.alice.say("to the second", town.channel_id)
    _, before = await second.until("MESSAGE_CREATE")
    assert before == []


@pytest.mark.parametrize(
    ("whose", "session", "ahead", "answer"),
    [
        ("bot", "own", 1, 4007),
        ("bot", "unknown", 0, INVALID),
        ("alice", "own", 0, INVALID),
        ("nobody", "own", 0, 4004),
    ],
)
async def test_a_resume_that_does_not_fit_is_refused(
    dial: Dial, town: Town, whose: str, session: str, ahead: int, answer: object
) -> None:
    line, again = await dial(), await dial()
    await line.identify(town.application.token)
    await line.until("GUILD_CREATE")
    tokens = {"bot": town.application.token, "alice": town.alice.token, "nobody": "nobody's"}
    heard = await lost(town, line) + ahead
    await again.resume(tokens[whose], line.session_id if session == "own" else session, heard)
    if isinstance(answer, int):
        assert await again.closed() == answer
        return
    assert await again.hear() == answer
    # The connection stays: the client identifies anew on it.
    await again.identify(town.application.token)


async def test_a_session_is_gone_when_its_time_is_up_or_its_replay_was_overrun(
    dial: Dial, town: Town
) -> None:
    token = town.application.token
    for why in ("time", "overrun"):
        line, again = await dial(), await dial()
        await line.identify(token, MESSAGES)
        heard = await lost(town, line)
        session = session_of(town)
        assert session is not None
        if why == "time":
            town.sandbox.clock.advance(181)
        else:
            for _ in range((session.replay.maxlen or 0) + 1):
                session.tell("TYPING_START", "{}")
        await again.resume(token, line.session_id, heard)
        assert await again.hear() == INVALID, why
        assert session_of(town) is None


@pytest.mark.parametrize(
    ("by", "code", "kept"),
    [("client", 1000, False), ("client", 1001, False), ("client", 4000, True), ("server", 1000, True)]
    + [("server", code, code in (4000, 4008)) for code in (4000, 4004, 4007, 4008, 4009, 4011, 4013, 4014)],
)
async def test_the_code_of_a_close_says_whether_the_session_is_kept(
    dial: Dial, town: Town, by: str, code: int, kept: bool
) -> None:
    line, again = await dial(), await dial()
    await line.identify(town.application.token, MESSAGES)
    if by == "client":
        await line.socket.close(code=code)
    else:
        session = session_of(town)
        assert session is not None
        assert session.connection is not None
        session.connection.end(code)
        assert await line.closed() == code
    await again.resume(town.application.token, line.session_id, line.last)
    payload = await again.hear()
    assert (payload["t"] == "RESUMED") is kept


async def test_the_gateway_can_ask_for_a_heartbeat_a_reconnect_and_a_new_session(
    dial: Dial, town: Town
) -> None:
    line = await dial()
    await line.identify(town.application.token, MESSAGES)
    gateway = town.sandbox.faults.gateway
    gateway.ask_for_heartbeats()
    gateway.reconnect()
    gateway.invalidate(resumable=True)
    gateway.invalidate(resumable=False)
    asked = [await line.hear() for _ in range(4)]
    assert [(one["op"], one["d"]) for one in asked] == [(1, None), (7, None), (9, True), (9, False)]
    # The session has ended, the connection has not: it may identify again.
    first = line.session_id
    assert (await line.identify(town.application.token))["session_id"] != first


async def test_a_new_token_ends_the_sessions_of_the_old_one(dial: Dial, town: Town) -> None:
    line, again = await dial(), await dial()
    old = town.application.token
    await line.identify(old)
    await town.alice.request("POST", f"/applications/{town.application.id}/bot")
    assert await line.closed() == 4004
    await again.say(2, {"token": old, "intents": 0, "properties": {}})
    assert await again.closed() == 4004


async def test_discord_py_resumes_at_the_address_that_ready_named(town: Town, start_bot: StartBot) -> None:
    bot: Bot = await start_bot()
    # From here on the old address leads nowhere.
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL("ws://127.0.0.1:1/")
    session = session_of(town)
    assert session is not None
    assert session.connection is not None
    session.connection.cut()
    await bot.wait_heard("resumed")
    await town.alice.say("after the gap", town.channel_id)
    message = await bot.wait_heard("message")
    assert isinstance(message, discord.Message)
    assert session_of(town) is session


async def test_who_does_not_beat_is_closed_and_a_moved_clock_does_not_count(town: Town) -> None:
    limits = Limits(enforced=False, heartbeat_s=0.6)
    async with Sandbox(limits=limits) as quick, aiohttp.ClientSession() as http:
        lines = [Line(await http.ws_connect(f"{quick.gateway_url}?v=10")) for _ in range(2)]
        hellos = [await line.hear() for line in lines]
        assert hellos[0]["d"] == {"heartbeat_interval": 600}
        quick.clock.advance(3600)
        beating, silent = lines
        closing = asyncio.create_task(silent.closed())
        while not closing.done():
            await beating.say(1, None)
            assert (await beating.hear())["op"] == 11
        assert await closing == 4009


async def test_who_never_reads_is_cut_off_and_not_kept_forever(town: Town) -> None:
    limits = Limits(enforced=False, backlog_at_most=100_000)
    async with Sandbox(limits=limits) as small, aiohttp.ClientSession() as http:
        line = Line(await http.ws_connect(f"{small.gateway_url}?v=10"))
        await line.identify(await registered(small))
        session = small.stage.gateway.sessions()[0]
        # Nobody writes while this runs, as if the other side read nothing.
        for _ in range(101):
            session.tell("TYPING_START", encode("x" * 1000))
        assert await line.closed() == 1006
        # The session waits to be resumed, the connection is forgotten.
        assert session.connection is None
        assert small.stage.gateway.session(session.id) is session
