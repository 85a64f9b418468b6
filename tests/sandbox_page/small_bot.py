"""A bot of a few lines over bare REST and gateway, so that the page's tests need no client library."""

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp

Json = dict[str, Any]
Reply = Callable[[Json], Json | None]

_IDENTIFY, _HEARTBEAT, _ACKNOWLEDGED, _HELLO = 2, 1, 11, 10
_GUILDS = 1


class SmallBot:
    """Answers interactions: `replies` maps a command's name or a custom_id to a function of the interaction.

    What the function returns is the body of the interaction callback; None leaves it unanswered.
    """

    def __init__(self, api_url: str, gateway_url: str, token: str, application_id: str) -> None:
        self._api_url = api_url
        self._gateway_url = gateway_url
        self._token = token
        self.application_id = application_id
        self.replies: dict[str, Reply] = {}
        self.seen: list[Json] = []
        self.ready = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession()
        self._listening = asyncio.create_task(self._listen())
        await asyncio.wait_for(self.ready.wait(), 5)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await self._http.close()

    async def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """A REST call as the bot, or with a person's token; raises AssertionError on a refusal."""
        headers = {"Authorization": token or f"Bot {self._token}"}
        async with self._http.request(method, self._api_url + path, json=body, headers=headers) as answer:
            text = await answer.text()
            assert answer.status < 300, f"{method} {path}: {answer.status} {text}"
            return json.loads(text) if text else None

    async def send(self, channel: str, **message: Any) -> Json:
        sent: Json = await self.call("POST", f"/channels/{channel}/messages", message)
        return sent

    async def _listen(self) -> None:
        # Tests close connections: it comes back as every client does, with a session of its own.
        while True:
            async with self._http.ws_connect(f"{self._gateway_url}?v=10&encoding=json") as socket:
                await self._converse(socket)

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        beating: asyncio.Task[None] | None = None
        try:
            async for frame in socket:
                event = json.loads(frame.data)
                if event["op"] == _HELLO:
                    beating = asyncio.create_task(self._beat(socket, event["d"]["heartbeat_interval"] / 1000))
                    identity = {"token": self._token, "intents": _GUILDS, "properties": {}}
                    await socket.send_json({"op": _IDENTIFY, "d": identity})
                elif event["op"] == _HEARTBEAT:
                    await socket.send_json({"op": _HEARTBEAT, "d": event["s"]})
                elif event.get("t") == "READY":
                    self.ready.set()
                elif event.get("t") == "INTERACTION_CREATE":
                    await self._answer(event["d"])
        finally:
            if beating is not None:
                beating.cancel()

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            await socket.send_json({"op": _HEARTBEAT, "d": None})

    async def _answer(self, interaction: Json) -> None:
        self.seen.append(interaction)
        data = interaction["data"]
        reply = self.replies.get(data.get("custom_id") or data["name"])
        body = reply(interaction) if reply else None
        if body is not None:
            path = f"/interactions/{interaction['id']}/{interaction['token']}/callback"
            await self.call("POST", path, body)
