"""One person's client: REST with their token, a gateway connection, and waiting for what it brings."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self

import aiohttp

from bot.sandbox.scenario.things import Event, Json, Refused

# Who is asked to wait longer than this is refused: a test would only seem to hang.
_WAITS_AT_MOST_S = 10.0
_SLOW_MODE = 20016

Where = str | Callable[[Event], bool]


class Client:
    """Somebody with a token. What the gateway told is kept in `events`."""

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
        self._closed_with: int | None = None
        self._sequence: int | None = None
        self._guild_of: dict[str, str] = {}

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

    async def request(
        self, method: str, path: str, body: Any = None, files: Mapping[str, bytes] | None = None, **query: Any
    ) -> Any:
        """One REST request, with `files` by name beside the body; its JSON, or None. Raises Refused.

        A 429 is waited for once, if it asks for ten seconds or less; a slow mode's is told at once, as
        clients don't send again what a slow mode held up.
        """
        status, answer = await self._ask(method, path, body, files or {}, query)
        if status == 429 and isinstance(answer, dict) and answer.get("code") != _SLOW_MODE:
            pause = float(answer.get("retry_after", _WAITS_AT_MOST_S))
            if pause <= _WAITS_AT_MOST_S:
                await asyncio.sleep(pause)
                status, answer = await self._ask(method, path, body, files or {}, query)
        if status >= 400:
            raise Refused(status, answer)
        return answer

    async def _ask(
        self, method: str, path: str, body: Any, files: Mapping[str, bytes], query: Mapping[str, Any]
    ) -> tuple[int, Any]:
        sent: dict[str, Any] = {"json": body}
        if files:
            form = aiohttp.FormData()
            form.add_field("payload_json", json.dumps(body), content_type="application/json")
            for number, (name, data) in enumerate(files.items()):
                form.add_field(f"files[{number}]", data, filename=name)
            sent = {"data": form}
        async with self._http.request(
            method,
            f"{self.base_url}/api/v10{path}",
            headers={"Authorization": self.token},
            params={key: str(value) for key, value in query.items() if value is not None},
            **sent,
        ) as response:
            text = await response.text()
            try:
                return response.status, json.loads(text) if text else None
            except ValueError:
                # What stands before the server may answer in HTML.
                return response.status, text

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
        ready = (await self.wait_for("READY")).data
        self.id, self.session_id = ready["user"]["id"], ready["session_id"]

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
        async with self._heard:
            self._closed_with = socket.close_code or 1006
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

    async def _guild_with(self, channel_id: str) -> str | None:
        """The guild that a channel is in; None for a direct one."""
        if channel_id not in self._guild_of:
            channel = await self.request("GET", f"/channels/{channel_id}")
            if channel.get("guild_id") is None:
                return None
            self._guild_of[channel_id] = channel["guild_id"]
        return self._guild_of[channel_id]

    # Hearing

    def mark(self) -> int:
        """A place in the events, for `wait_for(…, since=mark)`."""
        return len(self.events)

    async def wait_for(
        self,
        event: Where,
        fits: Callable[[Json], bool] | None = None,
        *,
        timeout: float = 5,
        since: int = 0,
        **fields: Any,
    ) -> Event:
        """The first event of a name with these fields that fits, or the first of which a function says yes.

        One that was heard already (after `since`) counts; another is waited for. Raises AssertionError with
        what was heard instead, after `timeout` seconds, or when the connection ends before.
        """

        def wanted(one: Event) -> bool:
            if callable(event):
                return event(one)
            same = one.name == event and all(one.data.get(key) == value for key, value in fields.items())
            return same and (fits is None or fits(one.data))

        found = await self._hear(wanted, timeout, since)
        if found is None:
            raise AssertionError(self._nothing_came(event, fields, timeout, since))
        return found

    async def _hear(self, wanted: Callable[[Event], bool], timeout: float, since: int) -> Event | None:
        """The first event after `since` that is wanted; None when it doesn't come."""
        looked_at = since
        found: Event | None = None

        def come() -> bool:
            nonlocal looked_at, found
            while found is None and looked_at < len(self.events):
                found = self.events[looked_at] if wanted(self.events[looked_at]) else None
                looked_at += 1
            return found is not None or self._closed_with is not None

        async with self._heard:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._heard.wait_for(come)
        return found

    def _nothing_came(self, event: Where, fields: Json, timeout: float, since: int) -> str:
        told = ", ".join(f"{key} {value!r}" for key, value in fields.items())
        what = "an event" if callable(event) else f"{event} with {told}" if told else event
        heard = Counter(one.name for one in self.events[since:])
        listed = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in heard.items())
        sentence = f"{self._how_long(timeout)} for {what} that did not come; heard {listed or 'nothing'}."
        near = [one.data for one in self.events[since:] if one.name == event]
        return f"{sentence} The last {event} was {str(near[-1])[:600]}" if near else sentence

    def _how_long(self, timeout: float) -> str:
        if self._closed_with is not None:
            return f"{self.username}, whose connection was closed with {self._closed_with}, waited in vain"
        return f"{self.username} waited {timeout:g} s"
