"""People for tests to play: plain HTTP and a gateway, as Discord's own clients use them.

Works on any server with these routes. A story reads like this:

    alice = await Person.register(sandbox.url, "alice")
    guild = await alice.create_guild("Town")
    channel = await alice.create_channel(guild["id"], "news")
    bob = await Person.register(sandbox.url, "bob")
    await bob.join(await alice.invite(channel["id"]))
    message = await bob.send(channel["id"], "Hello")
    await alice.react(message, "👍")
    await bob.wait_for(lambda event: event.name == "MESSAGE_REACTION_ADD")
"""

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import aiohttp

Json = dict[str, Any]
EPHEMERAL, LOADING = 64, 128


class Refused(Exception):
    """The server said no: HTTP status, Discord's code, and the whole body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.code: int = body.get("code", 0) if isinstance(body, dict) else 0


class InteractionFailed(Exception):
    """The application did not respond."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch of the gateway."""

    name: str
    data: Json


@dataclass(frozen=True, slots=True)
class Application:
    """An application with its bot."""

    id: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A bot's answer. `raw` is the message, or for a dialog the modal that was opened."""

    interaction_id: str
    raw: Json
    modal: bool = False

    @property
    def content(self) -> str:
        """Its text."""
        return str(self.raw.get("content", ""))

    @property
    def embeds(self) -> list[Json]:
        """Its embeds."""
        return list(self.raw.get("embeds", ()))

    @property
    def components(self) -> list[Json]:
        """Its components; of a dialog, what is to be filled in."""
        return list(self.raw.get("components", ()))

    @property
    def flags(self) -> int:
        """The message's flags."""
        return int(self.raw.get("flags", 0))

    @property
    def ephemeral(self) -> bool:
        """Whether only the person who asked sees it."""
        return bool(self.flags & EPHEMERAL)


class Person:
    """Somebody with a token and an open client. Close it, or use it as `async with`."""

    def __init__(self, base_url: str, username: str, token: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.username = username
        self.token = token
        self.id = ""
        self.session_id = ""
        self.events: list[Event] = []
        self._http = aiohttp.ClientSession()
        self._heard = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._sequence: int | None = None
        self._guild_of: dict[str, str] = {}
        self._nonces = itertools.count(1)

    @classmethod
    async def register(cls, base_url: str, username: str) -> Self:
        """A new person, connected."""
        async with aiohttp.ClientSession() as http:
            url = f"{base_url.rstrip('/')}/api/v10/auth/register"
            async with http.post(url, json={"username": username}) as response:
                body = await response.json()
                if response.status >= 400:
                    raise Refused(response.status, body)
        return await cls.connect(base_url, username, body["token"])

    @classmethod
    async def connect(cls, base_url: str, username: str, token: str) -> Self:
        """Somebody who has a token already, connected."""
        person = cls(base_url, username, token)
        try:
            await person._open_gateway()
        except BaseException:
            await person.close()
            raise
        return person

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Go offline."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        await self._http.close()

    # Talking to the server

    async def request(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One REST request; its JSON, or None. Raises Refused."""
        headers = {"Authorization": self.token}
        url = f"{self.base_url}/api/v10{path}"
        wanted = {key: str(value) for key, value in query.items() if value is not None}
        async with self._http.request(method, url, json=body, headers=headers, params=wanted) as response:
            text = await response.text()
            answer = json.loads(text) if text else None
            if response.status >= 400:
                raise Refused(response.status, answer)
            return answer

    async def _open_gateway(self) -> None:
        where = (await self.request("GET", "/gateway"))["url"]
        self._socket = await self._http.ws_connect(f"{where}?v=10&encoding=json", max_msg_size=0)
        hello = await self._socket.receive_json()
        identify = {"token": self.token, "properties": {"os": "test", "browser": "test", "device": ""}}
        await self._socket.send_json({"op": 2, "d": identify})
        self._tasks = [
            asyncio.create_task(self._listen(self._socket)),
            asyncio.create_task(self._beat(self._socket, hello["d"]["heartbeat_interval"] / 1000)),
        ]
        ready = await self.wait_for(lambda event: event.name == "READY")
        self.id, self.session_id = ready.data["user"]["id"], ready.data["session_id"]

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            payload = json.loads(frame.data)
            self._sequence = payload.get("s") or self._sequence
            if payload["op"] == 0:
                self._learn(payload["t"], payload["d"])
                async with self._heard:
                    self.events.append(Event(payload["t"], payload["d"]))
                    self._heard.notify_all()

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse, every: float) -> None:
        with suppress(ConnectionError, RuntimeError):
            while True:
                await asyncio.sleep(every)
                await socket.send_json({"op": 1, "d": self._sequence})

    def _learn(self, name: str, data: Json) -> None:
        """Remember which guild a channel is in, as interactions have to say it."""
        guilds = data["guilds"] if name == "READY" else [data] if name == "GUILD_CREATE" else []
        for guild in guilds:
            for channel in [*guild["channels"], *guild.get("threads", ())]:
                self._guild_of[channel["id"]] = guild["id"]
        if name in ("CHANNEL_CREATE", "CHANNEL_UPDATE", "THREAD_CREATE") and data.get("guild_id"):
            self._guild_of[data["id"]] = data["guild_id"]

    # Hearing

    def mark(self) -> int:
        """A place in the events, for `wait_for(…, since=mark)`."""
        return len(self.events)

    async def wait_for(self, predicate: Callable[[Event], bool], timeout: float = 5, since: int = 0) -> Event:
        """The first event that fits, heard already (after `since`) or within `timeout` seconds."""

        def found() -> Event | None:
            return next((event for event in self.events[since:] if predicate(event)), None)

        async with self._heard:
            try:
                async with asyncio.timeout(timeout):
                    event = await self._heard.wait_for(found)
            except TimeoutError:
                heard = ", ".join(event.name for event in self.events[since:]) or "nothing"
                raise AssertionError(
                    f"{self.username} waited {timeout} s for an event that did not come; heard {heard}."
                ) from None
        assert event is not None
        return event

    async def wait_for_message(
        self, predicate: Callable[[Json], bool], timeout: float = 5, since: int = 0
    ) -> Json:
        """The first new message that fits."""
        event = await self.wait_for(
            lambda event: event.name == "MESSAGE_CREATE" and predicate(event.data), timeout, since
        )
        return event.data

    # Guilds

    async def create_guild(self, name: str) -> Json:
        """A guild of one's own."""
        guild = await self.request("POST", "/guilds", {"name": name})
        await self.wait_for(lambda event: event.name == "GUILD_CREATE" and event.data["id"] == guild["id"])
        return dict(guild)

    async def create_channel(self, guild_id: str, name: str, kind: int = 0, **more: Any) -> Json:
        """A channel: 0 text, 5 announcement, 15 forum."""
        channel = await self.request(
            "POST", f"/guilds/{guild_id}/channels", {"name": name, "type": kind, **more}
        )
        self._guild_of[channel["id"]] = guild_id
        return dict(channel)

    async def channels(self, guild_id: str) -> list[Json]:
        """The channels of a guild."""
        return list(await self.request("GET", f"/guilds/{guild_id}/channels"))

    async def invite(self, channel_id: str) -> str:
        """A code with which another person can `join`."""
        return str((await self.request("POST", f"/channels/{channel_id}/invites", {}))["code"])

    async def join(self, code: str) -> None:
        """Join a guild by an invite's code."""
        guild_id = (await self.request("POST", f"/invites/{code}", {}))["guild"]["id"]
        await self.wait_for(lambda event: event.name == "GUILD_CREATE" and event.data["id"] == guild_id)

    async def set_role(self, guild_id: str, role_id: str, permissions: int) -> Json:
        """Give a role exactly these permissions; the guild's own id is @everyone."""
        path = f"/guilds/{guild_id}/roles/{role_id}"
        return dict(await self.request("PATCH", path, {"permissions": str(permissions)}))

    async def overwrite(
        self, channel_id: str, target_id: str, allow: int = 0, deny: int = 0, member: bool = False
    ) -> None:
        """Allow and deny in one channel, for a role or a member."""
        body = {"allow": allow, "deny": deny, "type": 1 if member else 0}
        await self.request("PUT", f"/channels/{channel_id}/permissions/{target_id}", body)

    async def create_application(self, name: str) -> Application:
        """An application with a bot."""
        made = await self.request("POST", "/applications", {"name": name})
        bot = await self.request("POST", f"/applications/{made['id']}/bot", {})
        return Application(made["id"], name, bot["token"])

    async def install(self, application: Application, guild_id: str, permissions: int) -> None:
        """Bring an application's bot into a guild, with a role of these permissions."""
        body = {"guild_id": guild_id, "permissions": str(permissions), "authorize": True}
        scope = "bot applications.commands"
        await self.request("POST", "/oauth2/authorize", body, client_id=application.id, scope=scope)

    # Messages

    async def send(self, channel_id: str, text: str, reply_to: Json | None = None, ping: bool = True) -> Json:
        """Write a message; `reply_to` another, with or without its ping."""
        body: Json = {"content": text}
        if reply_to is not None:
            body["message_reference"] = {"message_id": reply_to["id"], "channel_id": channel_id}
            body["allowed_mentions"] = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        return dict(await self.request("POST", f"/channels/{channel_id}/messages", body))

    async def edit(self, message: Json, text: str) -> Json:
        """Write one's message anew."""
        return dict(await self.request("PATCH", _path(message), {"content": text}))

    async def delete(self, message: Json) -> None:
        """Delete a message."""
        await self.request("DELETE", _path(message))

    async def message(self, channel_id: str, message_id: str) -> Json:
        """One message, as it stands now."""
        return dict(await self.request("GET", f"/channels/{channel_id}/messages/{message_id}"))

    async def messages(self, channel_id: str, **query: Any) -> list[Json]:
        """Newest first; `limit`, `before`, `after`, `around` as Discord has them."""
        return list(await self.request("GET", f"/channels/{channel_id}/messages", **query))

    async def react(self, message: Json, emoji: str) -> None:
        """Add one's reaction."""
        await self.request("PUT", f"{_path(message)}/reactions/{quote(emoji)}/@me")

    async def unreact(self, message: Json, emoji: str) -> None:
        """Take one's reaction back."""
        await self.request("DELETE", f"{_path(message)}/reactions/{quote(emoji)}/@me")

    async def start_thread(self, message: Json, name: str) -> Json:
        """A thread on a message."""
        thread = await self.request("POST", f"{_path(message)}/threads", {"name": name})
        self._guild_of[thread["id"]] = thread["guild_id"]
        return dict(thread)

    async def open_direct(self, user_id: str) -> Json:
        """The direct channel with somebody."""
        return dict(await self.request("POST", "/users/@me/channels", {"recipient_id": user_id}))

    # Interactions

    async def commands(self, guild_id: str) -> list[Json]:
        """The commands that this person can use in a guild."""
        index = await self.request("GET", f"/guilds/{guild_id}/application-command-index")
        return list(index["application_commands"])

    async def slash(
        self, name: str, options: Mapping[str, Any] | None = None, *, channel_id: str, timeout: float = 10
    ) -> Reply:
        """Use a command (`"sources add"` for a subcommand) and wait for the answer, deferred ones too."""
        command, data = await self._command_data(name, dict(options or {}), channel_id)
        return await self._act(2, command["application_id"], channel_id, data, timeout)

    async def context_menu(self, name: str, message: Json, timeout: float = 10) -> Reply:
        """Use a command from a message's menu."""
        channel_id = message["channel_id"]
        command = await self._find_command(name, channel_id, kind=3)
        keys = ("id", "name", "type", "version")
        data = {**{key: command[key] for key in keys}, "target_id": message["id"], "options": []}
        return await self._act(2, command["application_id"], channel_id, data, timeout)

    async def autocomplete(
        self,
        name: str,
        focused: str,
        text: str,
        options: Mapping[str, Any] | None = None,
        *,
        channel_id: str,
        timeout: float = 5,
    ) -> list[Json]:
        """The choices offered for an option while `text` is written."""
        given = {**(options or {}), focused: text}
        command, data = await self._command_data(name, given, channel_id, focused)
        mark, nonce = self.mark(), self._nonce()
        await self._interact(4, command["application_id"], channel_id, data, nonce)
        wanted = "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE"
        answer = await self.wait_for(
            lambda event: event.name == wanted and event.data["nonce"] == nonce, timeout, mark
        )
        return list(answer.data["choices"])

    async def click(
        self, message: Json | Reply, custom_id: str, values: list[str] | None = None, timeout: float = 10
    ) -> Reply:
        """Press a button or, with `values`, choose in a select; gives the new or changed message, or a modal."""
        raw = message.raw if isinstance(message, Reply) else message
        component = next(one for one in _walk(raw["components"]) if one.get("custom_id") == custom_id)
        data: Json = {"component_type": component["type"], "custom_id": custom_id}
        if component["type"] != 2:
            data["values"] = values or []
        application_id = raw.get("application_id") or raw["author"]["id"]
        more = {"message_id": raw["id"], "message_flags": raw.get("flags", 0)}
        return await self._act(3, application_id, raw["channel_id"], data, timeout, raw["id"], **more)

    async def submit(self, modal: Reply, fields: Mapping[str, str], timeout: float = 10) -> Reply:
        """Send a dialog off with its fields filled by custom_id; untouched ones keep their value."""
        assert modal.modal, "This answer is a message, not a dialog."
        components = []
        for holder in modal.raw["components"]:
            inputs = holder.get("components") or [holder["component"]] if holder["type"] != 10 else []
            filled = [
                {
                    "type": one["type"],
                    "custom_id": one["custom_id"],
                    "value": fields.get(one["custom_id"], one.get("value") or ""),
                }
                for one in inputs
            ]
            if holder["type"] == 18:
                components.append({"type": 18, "component": filled[0]})
            elif filled:
                components.append({"type": 1, "components": filled})
        unknown = set(fields) - {
            one["custom_id"] for one in _walk(modal.raw["components"]) if "custom_id" in one
        }
        assert not unknown, f"The dialog has no field {', '.join(sorted(unknown))}."
        data = {
            "id": modal.interaction_id,
            "custom_id": modal.raw["custom_id"],
            "components": components,
        }
        source = modal.raw.get("source_message_id")
        return await self._act(
            5, modal.raw["application"]["id"], modal.raw["channel_id"], data, timeout, source
        )

    async def _act(
        self,
        kind: int,
        application_id: str,
        channel_id: str,
        data: Json,
        timeout: float,
        source_id: str | None = None,
        **more: Any,
    ) -> Reply:
        """Send an interaction and wait for what becomes of it."""
        mark, nonce = self.mark(), self._nonce()
        await self._interact(kind, application_id, channel_id, data, nonce, **more)
        created = await self.wait_for(
            lambda event: event.name == "INTERACTION_CREATE" and event.data["nonce"] == nonce, timeout, mark
        )
        interaction_id = created.data["id"]
        answer = await self.wait_for(lambda event: _answers(event, interaction_id, source_id), timeout, mark)
        if answer.name == "INTERACTION_FAILURE":
            raise InteractionFailed("The application did not respond.")
        if answer.name == "INTERACTION_MODAL_CREATE":
            return Reply(interaction_id, {**answer.data, "source_message_id": source_id}, modal=True)
        if answer.data.get("flags", 0) & LOADING:
            answer = await self.wait_for(
                lambda event: (
                    event.name == "MESSAGE_UPDATE"
                    and event.data["id"] == answer.data["id"]
                    and not event.data.get("flags", 0) & LOADING
                ),
                timeout,
                mark,
            )
        return Reply(interaction_id, answer.data)

    async def _interact(
        self, kind: int, application_id: str, channel_id: str, data: Json, nonce: str, **more: Any
    ) -> None:
        body: Json = {
            "type": kind,
            "application_id": application_id,
            "channel_id": channel_id,
            "session_id": self.session_id,
            "nonce": nonce,
            "data": data,
            **more,
        }
        if channel_id in self._guild_of:
            body["guild_id"] = self._guild_of[channel_id]
        await self.request("POST", "/interactions", body)

    def _nonce(self) -> str:
        return f"{self.id}-{next(self._nonces)}"[-25:]

    async def _find_command(self, name: str, channel_id: str, kind: int = 1) -> Json:
        found = await self.commands(self._guild_of[channel_id])
        command = next((one for one in found if one["name"] == name and one["type"] == kind), None)
        known = ", ".join(sorted(one["name"] for one in found))
        assert command is not None, f"{self.username} has no command {name!r}; there are {known}."
        return command

    async def _command_data(
        self, name: str, given: Json, channel_id: str, focused: str | None = None
    ) -> tuple[Json, Json]:
        root, *path = name.split(" ")
        command = await self._find_command(root, channel_id)
        level, chain = command, []
        for part in path:
            level = next(one for one in level["options"] if one["name"] == part)
            chain.append({"type": level["type"], "name": part})
        known = {one["name"]: one for one in level.get("options", ())}
        assert set(given) <= set(known), f"/{name} has no option {', '.join(set(given) - set(known))}."
        options: list[Json] = []
        for key, value in given.items():
            option = {"type": known[key]["type"], "name": key, "value": value}
            options.append({**option, "focused": True} if key == focused else option)
        for step in reversed(chain):
            options = [{**step, "options": options}]
        keys = ("id", "name", "type", "version")
        return command, {**{key: command[key] for key in keys}, "options": options}


def _path(message: Json) -> str:
    return f"/channels/{message['channel_id']}/messages/{message['id']}"


def _walk(components: list[Json]) -> list[Json]:
    found = []
    for one in components:
        inner = [*one.get("components", ()), *(one[key] for key in ("accessory", "component") if key in one)]
        found += [one, *_walk(inner)]
    return found


def _answers(event: Event, interaction_id: str, source_id: str | None) -> bool:
    """Whether an event is what became of an interaction."""
    data = event.data
    if event.name in ("INTERACTION_FAILURE", "INTERACTION_MODAL_CREATE"):
        return bool(data["id"] == interaction_id)
    if event.name == "MESSAGE_CREATE":
        return bool((data.get("interaction_metadata") or {}).get("id") == interaction_id)
    return event.name == "MESSAGE_UPDATE" and source_id is not None and data["id"] == source_id
