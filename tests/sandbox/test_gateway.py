"""The gateway: who is let in, who hears what, and what may be read of it."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from bot.sandbox.scenario import Json
from tests.sandbox.conftest import Town
from tests.sandbox.line import (
    CONTENT,
    DIRECT,
    GUILDS,
    MEMBERS,
    MESSAGES,
    PRESENCES,
    REACTIONS,
    TYPING,
    Dial,
    Line,
)


async def identified(dial: Dial, town: Town, intents: int, **more: Any) -> Line:
    line = await dial()
    await line.identify(town.application.token, intents, **more)
    if intents & GUILDS:
        await line.until("GUILD_CREATE")
    return line


def identify(**changed: Any) -> Json:
    return {"op": 2, "d": {"token": "OURS", "intents": 0, "properties": {}, **changed}}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("no JSON", 4002),
        ([], 4002),
        ({}, 4002),
        ({"op": [2], "d": {}}, 4002),
        ({"op": True, "d": 1}, 4002),
        ({"op": {"2": 2}, "d": None}, 4002),
        ({"op": 99, "d": {}}, 4001),
        ({"op": 0, "d": {}}, 4001),
        ({"op": 1, "d": "five"}, 4002),
        ({"op": 3, "d": {}}, 4003),
        ({"op": 8, "d": {}}, 4003),
        ({"op": 2, "d": None}, 4002),
        ({"op": 2, "d": []}, 4002),
        (identify(token="nobody's"), 4004),
        (identify(token=["OURS"]), 4002),
        (identify(properties=None), 4002),
        (identify(compress="yes"), 4002),
        (identify(large_threshold="many"), 4002),
        (identify(presence=[]), 4002),
        (identify(intents=None), 4013),
        (identify(intents=-1), 4013),
        (identify(intents=1 << 17), 4013),
        (identify(intents=1e3), 4013),
        (identify(intents="1"), 4013),
        (identify(intents=True), 4013),
        (identify(intents=CONTENT), 4014),
        (identify(intents=MEMBERS), 4014),
        (identify(intents=PRESENCES), 4014),
        (identify(shard=[3, 2]), 4010),
        (identify(shard=[2, 2]), 4010),
        (identify(shard=["0", "1"]), 4010),
        (identify(shard=[False, True]), 4010),
        (identify(shard=[0]), 4010),
        (identify(shard={}), 4010),
        ({"op": 6, "d": None}, 4002),
        ({"op": 6, "d": {"token": "OURS", "session_id": "x", "seq": "1"}}, 4002),
        ({"op": 6, "d": {"token": "OURS", "session_id": [], "seq": 1}}, 4002),
        ({"op": 6, "d": {"token": {}, "session_id": "x", "seq": 1}}, 4002),
        ({"op": 1, "d": None, "more": "x" * 4096}, 4002),
        ({"op": 1, "d": None, "more": "\ud800"}, 4002),
    ],
)
async def test_what_the_gateway_does_not_take_closes_with_its_code(
    dial: Dial, town: Town, said: Any, code: int
) -> None:
    application = town.sandbox.stage.world.applications[town.application.id]
    application.message_content = application.guild_members = application.presences = False
    line = await dial()
    text = said if isinstance(said, str) else json.dumps(said)
    await line.socket.send_str(text.replace("OURS", town.application.token))
    assert await line.closed() == code


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, {"token": "OURS", "intents": 0, "properties": {}}, 4005),
        (6, {"token": "OURS", "session_id": "x", "seq": 1}, 4005),
        (3, {"status": "sleeping", "afk": False, "since": None, "activities": []}, 4002),
        (3, {"status": ["online"], "activities": []}, 4002),
        (3, {"status": "online", "activities": [{"type": 0}]}, 4002),
        (8, None, 4002),
        (8, {"guild_id": "1"}, 4002),
        (8, {"guild_id": ["1", "2"], "query": "", "limit": 0}, 4002),
        (8, {"guild_id": "1", "query": 5, "limit": 0}, 4002),
        (8, {"guild_id": "1", "query": "", "limit": -1}, 4002),
        (8, {"guild_id": "1", "query": "", "limit": [1]}, 4002),
        (8, {"guild_id": "1", "user_ids": [{}]}, 4002),
        (8, {"guild_id": "1", "user_ids": {"1": 2}}, 4002),
        (8, {"guild_id": "1", "query": "", "presences": 1}, 4002),
        (
            3,
            {"status": "dnd", "afk": False, "since": 91879201, "activities": [{"name": "x", "type": 0}]},
            None,
        ),
        (4, {"guild_id": "1", "channel_id": None, "self_mute": False, "self_deaf": False}, None),
        (14, {"guild_id": "1"}, None),
        (8, {"guild_id": "1", "user_ids": [1, "2"], "nonce": ["odd"]}, None),
    ],
)
async def test_what_an_identified_client_says_is_read_as_strictly(
    dial: Dial, town: Town, op: int, data: Any, code: int | None
) -> None:
    line = await identified(dial, town, 0)
    await line.socket.send_str(json.dumps({"op": op, "d": data}).replace("OURS", town.application.token))
    if code is not None:
        assert await line.closed() == code
        return
    await line.say(1, line.last)
    assert (await line.hear())["op"] == 11


async def test_bytes_instead_of_text_close_the_connection(dial: Dial) -> None:
    line = await dial()
    await line.socket.send_bytes(b'{"op":1,"d":null}')
    assert await line.closed() == 4002


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
    line = await identified(dial, town, intents | DIRECT)
    message = await town.alice.say("one", town.channel_id)
    await town.alice.edit(message, "two")
    await town.alice.react(message, "👍")
    await town.alice.unreact(message, "👍")
    await town.alice.delete(message)
    await town.alice.request("POST", f"/channels/{town.channel_id}/typing")
    await town.alice.create_channel(town.guild_id, "more")
    role = await town.alice.request("POST", f"/guilds/{town.guild_id}/roles", {"name": "readers"})
    await town.alice.request("PUT", f"/guilds/{town.guild_id}/members/{town.bob.id}/roles/{role['id']}")
    direct = await town.alice.open_direct(town.application.id)
    await town.alice.say("the end", direct["id"])
    _, before = await line.until("MESSAGE_CREATE")
    if intents == MESSAGES:
        _, rest = await line.until("MESSAGE_CREATE")
        before = ["MESSAGE_CREATE", *rest]
    assert [name for name in before if not name.startswith("GUILD_ROLE")] == heard


async def test_without_message_content_only_what_is_meant_for_the_bot_is_readable(
    dial: Dial, town: Town
) -> None:
    line = await identified(dial, town, GUILDS | MESSAGES | DIRECT)
    bot_id = town.application.id
    own = await bot_asks(town, "POST", f"/channels/{town.channel_id}/messages", {"content": "its own"})
    told: list[tuple[str, bool]] = []

    async def said(readable: bool) -> None:
        data, _ = await line.until("MESSAGE_CREATE")
        told.append((data["content"], readable))

    await said(True)
    await town.bob.say("chatter", town.channel_id)
    await said(False)
    await town.bob.say(f"<@{bot_id}> mentioned", town.channel_id)
    await said(True)
    await town.bob.reply(own, "a reply with the ping")
    await said(True)
    await town.bob.reply(own, "a reply without", ping=False)
    await said(False)
    direct = await town.bob.open_direct(bot_id)
    await town.bob.say("between us", direct["id"])
    await said(True)
    assert [bool(content) for content, _ in told] == [readable for _, readable in told]


async def test_what_is_hidden_is_hidden_whole_on_the_gateway_and_in_rest(dial: Dial, town: Town) -> None:
    line = await identified(dial, town, GUILDS | MESSAGES)
    town.sandbox.stage.world.applications[town.application.id].message_content = False
    mention = f"<@{town.application.id}>"
    for text, hidden in (("chatter", True), (f"{mention} look", False)):
        sent = await town.bob.say(text, town.channel_id, files={"a.txt": b"text"})
        # What no person's client can send, another bot's message may hold.
        message = town.sandbox.stage.world.messages[sent["id"]]
        message.embeds = [{"type": "rich", "title": "Card"}]
        message.components = [{"type": 1, "id": 1, "components": []}]
        await town.bob.edit(sent, text + "!")
        await line.until("MESSAGE_CREATE")
        changed, _ = await line.until("MESSAGE_UPDATE")
        read = await bot_asks(town, "GET", f"/channels/{town.channel_id}/messages/{sent['id']}")
        for seen in (changed, read):
            whole = [seen["content"], seen["attachments"], seen["embeds"], seen["components"]]
            assert [not part for part in whole] == [hidden] * 4, text


async def bot_asks(town: Town, method: str, path: str, body: Json | None = None) -> Json:
    url = f"{town.sandbox.api_url}{path}"
    headers = {"Authorization": f"Bot {town.application.token}"}
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, url, json=body, headers=headers) as answer,
    ):
        return dict(await answer.json())


async def test_shards_hear_of_their_own_guilds_and_the_first_of_direct_messages(
    dial: Dial, town: Town
) -> None:
    own = (int(town.guild_id) >> 22) % 2
    lines = []
    for number in (0, 1):
        line = await dial()
        ready = await line.identify(town.application.token, GUILDS | MESSAGES | DIRECT, shard=[number, 2])
        assert ready["shard"] == [number, 2]
        assert [one["id"] for one in ready["guilds"]] == ([town.guild_id] if number == own else [])
        if number == own:
            await line.until("GUILD_CREATE")
        lines.append(line)
    await town.bob.say("in the guild", town.channel_id)
    direct = await town.bob.open_direct(town.application.id)
    await town.bob.say("between us", direct["id"])
    await slash(town)
    expected: dict[int, list[str]] = {0: ["MESSAGE_CREATE"], 1: []}
    expected[own] = ["MESSAGE_CREATE", *expected[own], "INTERACTION_CREATE"]
    for number, line in enumerate(lines):
        assert await drained(line) == expected[number]


async def drained(line: Line) -> list[str]:
    """The names of what was told until now."""
    await line.say(1, line.last)
    heard = []
    while (payload := await line.hear())["op"] != 11:
        heard.append(payload["t"])
    return heard


async def test_a_bot_hears_of_its_threads_on_one_shard_and_with_the_intent_for_guilds(
    dial: Dial, town: Town
) -> None:
    own = (int(town.guild_id) >> 22) % 2
    lines = [await dial() for _ in range(3)]
    for number in (0, 1):
        await lines[number].identify(town.application.token, GUILDS, shard=[number, 2])
    await lines[2].identify(town.application.token, MESSAGES)
    thread = await town.alice.open_thread("Editors", in_=town.channel_id, private=True)
    member = f"/channels/{thread['id']}/thread-members/{town.application.id}"
    await town.alice.request("PUT", member)
    await town.alice.request("DELETE", member)
    expected: list[list[str]] = [[], [], []]
    expected[own] = ["THREAD_CREATE", "THREAD_MEMBERS_UPDATE", "THREAD_MEMBERS_UPDATE"]
    assert [[one for one in await drained(line) if one.startswith("THREAD")] for line in lines] == expected


async def slash(town: Town) -> None:
    """Let bob use a command of the bot, without waiting for the answer that never comes."""
    command = {"name": "top", "description": "The best", "type": 1}
    made = await bot_asks(town, "POST", f"/applications/{town.application.id}/commands", command)
    body = {
        "type": 2,
        "application_id": town.application.id,
        "guild_id": town.guild_id,
        "channel_id": town.channel_id,
        "session_id": town.bob.session_id,
        "data": {"id": made["id"], "name": "top", "type": 1, "version": made["version"], "options": []},
    }
    await town.bob.request("POST", "/interactions", body)


async def test_thousands_of_reactions_reach_a_bot_quickly(dial: Dial, town: Town) -> None:
    """The floor is far below what one process does, so that a busy machine passes and a scan would not."""
    line = await identified(dial, town, GUILDS | REACTIONS)
    stage = town.sandbox.stage
    message = await town.alice.say("Vote", town.channel_id)
    channel = stage.world.channels[town.channel_id]
    data = {"user_id": town.bob.id, "message_id": message["id"], "emoji": {"id": None, "name": "👍"}}
    started = asyncio.get_running_loop().time()
    for _ in range(3000):
        stage.gateway.to_channel(channel, "MESSAGE_REACTION_ADD", data)
    for _ in range(3000):
        await line.hear()
    assert asyncio.get_running_loop().time() - started < 3
