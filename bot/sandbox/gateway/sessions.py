"""One client of the gateway: its connection, and the session that outlives it."""

import asyncio
import secrets
import zlib
from collections import deque
from enum import IntFlag

from aiohttp import web

from bot.sandbox.clock import Timer
from bot.sandbox.message_shapes import Readable
from bot.sandbox.world import User

_REPLAYED_AT_MOST = 4096


class Intent(IntFlag):
    """The groups of events that a bot asks for."""

    ALWAYS = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_EXPRESSIONS = 1 << 3
    GUILD_INVITES = 1 << 6
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


class Connection:
    """One websocket and what is still to be written to it."""

    def __init__(self, socket: web.WebSocketResponse, compressed: bool) -> None:
        self.socket = socket
        # The code with which this side closed; the client's answer may carry another one.
        self.closed_with: int | None = None
        self._deflate = zlib.compressobj() if compressed else None
        self._outbox: deque[str] = deque()
        self._more = asyncio.Event()

    def send(self, text: str) -> None:
        """Queue a payload; it never waits for the receiver."""
        self._outbox.append(text)
        self._more.set()

    async def close(self, code: int, reason: str = "") -> None:
        """Close the socket from this side."""
        self.closed_with = code
        await self.socket.close(code=code, message=reason.encode())

    async def write(self) -> None:
        """Write what is queued until the connection ends."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._outbox:
                text = self._outbox.popleft()
                try:
                    if self._deflate is None:
                        await self.socket.send_str(text)
                    else:
                        packed = self._deflate.compress(text.encode())
                        await self.socket.send_bytes(packed + self._deflate.flush(zlib.Z_SYNC_FLUSH))
                except (ConnectionError, RuntimeError):
                    return


class Session:
    """What one identified client is told; it outlives its connection so that it can be resumed."""

    def __init__(self, user: User, intents: int | None, shard: tuple[int, int]) -> None:
        self.id = secrets.token_hex(16)
        self.user = user
        # None for people, who are told everything.
        self.intents = intents
        self.shard = shard
        self.connection: Connection | None = None
        self.last = 0
        self.replay: deque[tuple[int, str]] = deque(maxlen=_REPLAYED_AT_MOST)
        reads_all = intents is None or bool(intents & Intent.MESSAGE_CONTENT)
        self.readable = Readable(None if reads_all else user.id)
        self.reads_all = reads_all
        self.expiry: Timer | None = None

    def wants(self, intent: Intent) -> bool:
        """Whether the session asked for this group of events."""
        return self.intents is None or not intent or bool(self.intents & intent)

    def serves(self, guild_id: str) -> bool:
        """Whether a guild belongs to this session's shard."""
        return (int(guild_id) >> 22) % self.shard[1] == self.shard[0]

    def tell(self, event: str, encoded: str) -> None:
        """Dispatch an event whose data is encoded already."""
        self.last += 1
        text = f'{{"op":0,"t":"{event}","s":{self.last},"d":{encoded}}}'
        self.replay.append((self.last, text))
        if self.connection is not None:
            self.connection.send(text)
