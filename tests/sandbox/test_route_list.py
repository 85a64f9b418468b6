"""One script of a person's actions, by bare HTTP and a bare websocket: it runs on any compatible server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.sandbox import Sandbox

Json = dict[str, Any]
VIEW, SEND, REACT, HISTORY = 1 << 10, 1 << 11, 1 << 6, 1 << 16
USE_COMMANDS, PUBLIC_THREADS, SEND_IN_THREADS = 1 << 31, 1 << 35, 1 << 38
EVERYONE = VIEW | SEND | REACT | HISTORY | USE_COMMANDS | PUBLIC_THREADS | SEND_IN_THREADS
PATIENCE_S = 10


class Caller:
    """Sends requests with one token, as it is given."""

    def __init__(self, http: aiohttp.ClientSession, api: str, authorization: str | None = None) -> None:
        self.http = http
        self.api = api
        self.headers = {"Authorization": authorization} if authorization else {}

    async def __call__(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, self.api + path, json=body, headers=self.headers) as answer:
            text = await answer.text()
            assert answer.status < 300, f"{method} {path}: {answer.status} {text}"
            return json.loads(text) if text else None


class Line:
    """A gateway connection that reads on until what is waited for comes."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def until(self, name: str, **fields: Any) -> Json:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                payload = await self.socket.receive_json()
                data = payload["d"]
                if payload["t"] == name and all(data.get(key) == value for key, value in fields.items()):
                    return dict(data)


@asynccontextmanager
async def identified(http: aiohttp.ClientSession, url: str, **identify: Any) -> AsyncIterator[Line]:
    async with http.ws_connect(f"{url}?v=10&encoding=json") as socket:
        assert (await socket.receive_json())["op"] == 10
        properties = {"os": "linux", "browser": "script", "device": ""}
        await socket.send_json({"op": 2, "d": {"properties": properties, **identify}})
        yield Line(socket)


async def test_the_script_of_a_persons_actions_runs_as_it_is_written(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        await play(http, sandbox.api_url)


async def play(http: aiohttp.ClientSession, api: str) -> None:
    """The script: nothing in it knows which server it plays on."""
    anybody = Caller(http, api)
    tokens = [
        (await anybody("POST", "/auth/register", {"username": name}))["token"] for name in ("alice", "bob")
    ]
    alice, bob = (Caller(http, api, token) for token in tokens)

    guild = (await alice("POST", "/guilds", {"name": "Town"}))["id"]
    await alice("PATCH", f"/guilds/{guild}/roles/{guild}", {"permissions": str(EVERYONE)})
    channel = (await alice("POST", f"/guilds/{guild}/channels", {"name": "news", "type": 0}))["id"]
    code = (await alice("POST", f"/channels/{channel}/invites", {}))["code"]
    await bob("POST", f"/invites/{code}", {})

    application = (await alice("POST", "/applications", {"name": "Herald"}))["id"]
    bot_token = (await alice("POST", f"/applications/{application}/bot", {}))["token"]
    permitted = {"guild_id": guild, "permissions": str(EVERYONE), "authorize": True}
    scope = quote("bot applications.commands")
    await alice("POST", f"/oauth2/authorize?client_id={application}&scope={scope}", permitted)
    bot = Caller(http, api, f"Bot {bot_token}")
    command = {"name": "top", "description": "The best articles", "type": 1}
    await bot("PUT", f"/applications/{application}/commands", [command])

    gateway = (await anybody("GET", "/gateway"))["url"]
    async with (
        identified(http, gateway, token=tokens[1]) as bobs,
        identified(http, gateway, token=bot_token, intents=1537) as bots,
    ):
        ready = await bobs.until("READY")
        assert ready["user"]["username"] == "bob"
        await bots.until("READY")
        await use_command(bob, bobs, bot, bots, guild, channel, ready["session_id"])
        await talk(bob, bobs, bot, channel)


async def use_command(
    bob: Caller, bobs: Line, bot: Caller, bots: Line, guild: str, channel: str, session: str
) -> None:
    """A person finds a command in the index and uses it; the bot answers with a button, which they click."""
    index = await bob("GET", f"/guilds/{guild}/application-command-index")
    command = next(one for one in index["application_commands"] if one["name"] == "top")
    interaction = {
        "application_id": command["application_id"],
        "guild_id": guild,
        "channel_id": channel,
        "session_id": session,
    }
    data = {key: command[key] for key in ("id", "name", "type", "version")}
    used = {**interaction, "type": 2, "nonce": "1", "data": {**data, "options": []}}
    await bob("POST", "/interactions", used)
    heard = await bots.until("INTERACTION_CREATE", type=2)
    button = {"type": 2, "style": 1, "label": "More", "custom_id": "more"}
    answer = {"content": "The best", "components": [{"type": 1, "components": [button]}]}
    callback = f"/interactions/{heard['id']}/{heard['token']}/callback"
    await bot("POST", callback, {"type": 4, "data": answer})
    shown = await bobs.until("MESSAGE_CREATE", content="The best")

    clicked = {"component_type": 2, "custom_id": "more"}
    click = {**interaction, "type": 3, "nonce": "2", "message_id": shown["id"], "data": clicked}
    await bob("POST", "/interactions", click)
    heard = await bots.until("INTERACTION_CREATE", type=3)
    assert heard["message"]["id"] == shown["id"]
    callback = f"/interactions/{heard['id']}/{heard['token']}/callback"
    await bot("POST", callback, {"type": 7, "data": {"content": "The rest", "components": []}})
    assert (await bobs.until("MESSAGE_UPDATE", id=shown["id"]))["content"] == "The rest"


async def talk(bob: Caller, bobs: Line, bot: Caller, channel: str) -> None:
    """Messages, reactions and threads, with the person's token as with the bot's."""
    card = await bot("POST", f"/channels/{channel}/messages", {"content": "An article"})
    await bobs.until("MESSAGE_CREATE", id=card["id"])
    message = f"/channels/{channel}/messages/{card['id']}"
    await bob("PUT", f"{message}/reactions/{quote('👍')}/@me")
    await bobs.until("MESSAGE_REACTION_ADD", message_id=card["id"])
    reference = {"message_id": card["id"], "channel_id": channel}
    reply = {"content": "I doubt it", "message_reference": reference}
    answer = await bob("POST", f"/channels/{channel}/messages", reply)
    assert answer["referenced_message"]["id"] == card["id"]

    thread = (await bob("POST", f"{message}/threads", {"name": "Doubts"}))["id"]
    await bob("POST", f"/channels/{thread}/messages", {"content": "Why should it?"})
    await bobs.until("MESSAGE_CREATE", channel_id=thread, content="Why should it?")
    await bot("POST", f"/channels/{thread}/messages", {"content": "Read on"})
    listed = await bob("GET", f"/channels/{thread}/messages")
    assert [one["content"] for one in listed[:2]] == ["Read on", "Why should it?"]

    written = f"/channels/{channel}/messages/{answer['id']}"
    assert (await bob("PATCH", written, {"content": "I doubt it much"}))["content"] == "I doubt it much"
    await bob("DELETE", f"{message}/reactions/{quote('👍')}/@me")
    await bob("DELETE", written)
    await bobs.until("MESSAGE_DELETE", id=answer["id"])
    left = await bot("GET", f"/channels/{channel}/messages")
    assert answer["id"] not in {one["id"] for one in left}
    assert "reactions" not in (await bot("GET", message))
