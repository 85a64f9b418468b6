"""Sessions: who is let in, who hears what, and what may be read of it."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.gateway.sessions import Intent
from bot.sandbox.scenario import Json
from tests.sandbox.conftest import Town

GUILDS, MEMBERS, MESSAGES, REACTIONS, TYPING, DIRECT, CONTENT = (1 << n for n in (0, 1, 9, 10, 11, 12, 15))


class Line:
    """A bare gateway connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, inflate: Any) -> None:
        self.socket = socket
        self.inflate = inflate
        self.last = 0

    async def hear(self) -> Json:
        frame = await self.socket.receive(timeout=5)
        if frame.type is aiohttp.WSMsgType.CLOSE or frame.type is aiohttp.WSMsgType.CLOSED:
            raise ConnectionError(self.socket.close_code)
        if frame.type is aiohttp.WSMsgType.BINARY:
            assert frame.data.endswith(b"\x00\x00\xff\xff")
            payload = json.loads(self.inflate.decompress(frame.data))
        else:
            payload = json.loads(frame.data)
        self.last = payload.get("s") or self.last
        return dict(payload)

    async def until(self, name: str) -> tuple[Json, list[str]]:
        """The data of the next event of a name, and the names of those that came before it."""
        before: list[str] = []
        while True:
            payload = await self.hear()
            if payload["t"] == name:
                return payload["d"], before
            before.append(payload["t"] or f"op {payload['op']}")

    async def say(self, op: int, data: Any) -> None:
        await self.socket.send_json({"op": op, "d": data})


Dial = Callable[..., Awaitable[Line]]


@pytest.fixture
async def dial(sandbox: Sandbox) -> AsyncIterator[Dial]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())

        async def call(compress: bool = False) -> Line:
            url = f"{sandbox.gateway_url}?v=10&encoding=json" + ("&compress=zlib-stream" if compress else "")
            line = Line(await stack.enter_async_context(http.ws_connect(url)), zlib.decompressobj())
            assert (await line.hear())["op"] == 10
            return line

        yield call


async def identified(dial: Dial, town: Town, intents: int, compress: bool = False) -> tuple[Line, Json]:
    line = await dial(compress)
    await line.say(2, {"token": town.application.token, "intents": intents, "properties": {}})
    ready, _ = await line.until("READY")
    if intents & GUILDS:
        await line.until("GUILD_CREATE")
    return line, ready


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"op": 2, "d": {"token": "nobody's", "intents": 0, "properties": {}}}, 4004),
        ({"op": 2, "d": {"token": "OURS", "intents": -1, "properties": {}}}, 4013),
        ({"op": 2, "d": {"token": "OURS", "intents": 0, "shard": [3, 2], "properties": {}}}, 4010),
        ({"op": 8, "d": {}}, 4003),
        ({"op": 99, "d": {}}, 4001),
        ("no JSON", 4002),
    ],
)
async def test_what_the_gateway_does_not_take_closes_with_its_code(
    dial: Dial, town: Town, said: Any, code: int
) -> None:
    line = await dial()
    await line.socket.send_str(json.dumps(said).replace("OURS", town.application.token))
    with pytest.raises(ConnectionError, match=str(code)):
        await line.hear()


async def test_message_content_is_refused_where_the_switch_is_off(dial: Dial, town: Town) -> None:
    town.sandbox.stage.world.applications[town.application.id].message_content = False
    line = await dial()
    await line.say(2, {"token": town.application.token, "intents": CONTENT, "properties": {}})
    with pytest.raises(ConnectionError, match="4014"):
        await line.hear()


@pytest.mark.parametrize(
    ("intents", "heard"),
    [
        (0, []),
        (GUILDS, ["CHANNEL_CREATE"]),
        (MESSAGES, ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"]),
        (REACTIONS, ["MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE"]),
        (TYPING, ["TYPING_START"]),
        (MEMBERS, ["GUILD_MEMBER_UPDATE"]),
    ],
)
async def test_an_intent_lets_in_its_events_and_no_others(
    dial: Dial, town: Town, intents: int, heard: list[str]
) -> None:
    line, _ = await identified(dial, town, intents | DIRECT)
    message = await town.alice.send(town.channel_id, "one")
    await town.alice.edit(message, "two")
    await town.alice.react(message, "👍")
    await town.alice.unreact(message, "👍")
    await town.alice.delete(message)
    await town.alice.request("POST", f"/channels/{town.channel_id}/typing")
    await town.alice.create_channel(town.guild_id, "more")
    role = await town.alice.request("POST", f"/guilds/{town.guild_id}/roles", {"name": "readers"})
    await town.alice.request("PUT", f"/guilds/{town.guild_id}/members/{town.bob.id}/roles/{role['id']}")
    direct = await town.alice.open_direct(town.application.id)
    await town.alice.send(direct["id"], "the end")
    _, before = await line.until("MESSAGE_CREATE")
    if intents == MESSAGES:
        _, rest = await line.until("MESSAGE_CREATE")
        before = ["MESSAGE_CREATE", *rest]
    assert [name for name in before if not name.startswith("GUILD_ROLE")] == heard


async def test_without_message_content_only_what_is_meant_for_the_bot_is_readable(
    dial: Dial, town: Town
) -> None:
    line, _ = await identified(dial, town, GUILDS | MESSAGES | DIRECT)
    bot_id = town.application.id
    own = await bot_sends(town, "its own")
    told: list[tuple[str, bool]] = []

    async def said(readable: bool) -> None:
        data, _ = await line.until("MESSAGE_CREATE")
        told.append((data["content"], readable))

    await said(True)
    await town.bob.send(town.channel_id, "chatter")
    await said(False)
    await town.bob.send(town.channel_id, f"<@{bot_id}> mentioned")
    await said(True)
    await town.bob.send(town.channel_id, "a reply with the ping", reply_to=own)
    await said(True)
    await town.bob.send(town.channel_id, "a reply without", reply_to=own, ping=False)
    await said(False)
    direct = await town.bob.open_direct(bot_id)
    await town.bob.send(direct["id"], "between us")
    await said(True)
    assert [bool(content) for content, _ in told] == [readable for _, readable in told]


async def bot_sends(town: Town, text: str) -> Json:
    url = f"{town.sandbox.api_url}/channels/{town.channel_id}/messages"
    headers = {"Authorization": f"Bot {town.application.token}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, json={"content": text}, headers=headers) as answer,
    ):
        return dict(await answer.json())


async def test_a_resumed_session_hears_what_it_missed_and_a_foreign_one_starts_anew(
    dial: Dial, town: Town
) -> None:
    line, ready = await identified(dial, town, GUILDS | MESSAGES)
    seen = line.last
    line.socket._response.connection.transport.abort()  # type: ignore[union-attr]
    await town.alice.send(town.channel_id, f"<@{town.application.id}> missed")
    again = await dial()
    resume = {"token": town.application.token, "session_id": ready["session_id"], "seq": seen}
    await again.say(6, resume)
    missed, before = await again.until("MESSAGE_CREATE")
    assert (missed["content"], before) == (f"<@{town.application.id}> missed", [])
    await again.until("RESUMED")

    stranger = await dial()
    await stranger.say(6, {**resume, "session_id": "another"})
    assert await stranger.hear() == {"op": 9, "d": False, "s": None, "t": None}


async def test_the_server_can_ask_for_a_reconnect_and_end_sessions(dial: Dial, town: Town) -> None:
    line, _ = await identified(dial, town, GUILDS)
    town.sandbox.stage.gateway.ask_to_reconnect()
    assert (await line.hear())["op"] == 7
    town.sandbox.stage.gateway.invalidate_all(resumable=True)
    assert (await line.hear())["d"] is True


async def test_zlib_stream_carries_the_same_events(dial: Dial, town: Town) -> None:
    line, ready = await identified(dial, town, GUILDS | MESSAGES, compress=True)
    assert ready["user"]["id"] == town.application.id
    await line.say(1, None)
    assert (await line.hear())["op"] == 11


async def test_a_shard_hears_of_its_own_guilds_only(dial: Dial, town: Town) -> None:
    shard = (int(town.guild_id) >> 22) % 2
    for number in (0, 1):
        line = await dial()
        token = town.application.token
        await line.say(2, {"token": token, "intents": GUILDS, "shard": [number, 2], "properties": {}})
        ready, _ = await line.until("READY")
        assert [one["id"] for one in ready["guilds"]] == ([town.guild_id] if number == shard else [])


async def test_thousands_of_reactions_reach_a_bot_quickly(dial: Dial, town: Town) -> None:
    """The floor is far below what one process does, so that a busy machine passes and a scan would not."""
    line, _ = await identified(dial, town, GUILDS | REACTIONS)
    stage = town.sandbox.stage
    message = await town.alice.send(town.channel_id, "Vote")
    channel = stage.world.channels[town.channel_id]
    data = {"user_id": town.bob.id, "message_id": message["id"], "emoji": {"id": None, "name": "👍"}}
    started = asyncio.get_running_loop().time()
    for _ in range(3000):
        stage.gateway.to_channel(channel, "MESSAGE_REACTION_ADD", data, Intent.GUILD_MESSAGE_REACTIONS)
    for _ in range(3000):
        await line.hear()
    assert asyncio.get_running_loop().time() - started < 3
