"""A bare connection to the gateway, for what no library would say."""

import json
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from bot.sandbox.scenario import Json

GUILDS, MEMBERS, PRESENCES, MESSAGES, REACTIONS, TYPING, DIRECT, CONTENT = (
    1 << bit for bit in (0, 1, 8, 9, 10, 11, 12, 15)
)
Unpack = Callable[[bytes], bytes]


class Line:
    """What a client says and hears, payload by payload."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, unpack: Unpack = zlib.decompress) -> None:
        self.socket = socket
        self.unpack = unpack
        self.last = 0
        self.session_id = ""

    async def hear(self) -> Json:
        """The next payload. Raises ConnectionError with the code when the gateway closes."""
        frame = await self.socket.receive(timeout=5)
        if frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
            raise ConnectionError(self.socket.close_code)
        packed = frame.type is aiohttp.WSMsgType.BINARY
        payload = json.loads(self.unpack(frame.data) if packed else frame.data)
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

    async def closed(self) -> int | None:
        """The code that the gateway closes with, whatever it says before."""
        try:
            while True:
                await self.hear()
        except ConnectionError:
            return self.socket.close_code

    async def say(self, op: Any, data: Any) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def identify(self, token: str, intents: int | None = GUILDS, **more: Any) -> Json:
        """Identify and give the data of READY."""
        asked = {
            "token": token,
            "properties": {},
            **({} if intents is None else {"intents": intents}),
            **more,
        }
        await self.say(2, asked)
        ready, _ = await self.until("READY")
        self.session_id = ready["session_id"]
        return ready

    async def resume(self, token: str, session_id: str, seq: int) -> None:
        await self.say(6, {"token": token, "session_id": session_id, "seq": seq})

    def cut(self) -> None:
        """End the connection without a word."""
        connection = self.socket._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()


Dial = Callable[..., Awaitable[Line]]
