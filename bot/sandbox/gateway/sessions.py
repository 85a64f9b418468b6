"""One client of the gateway: its connection, and the session that outlives it."""

import asyncio
import secrets
from collections import deque
from datetime import datetime

from aiohttp import web

from bot.sandbox.clock import Timer
from bot.sandbox.gateway.compression import Packer, as_text, long_ones
from bot.sandbox.gateway.intents import Intent
from bot.sandbox.message_shapes import Readable
from bot.sandbox.things import User

_REPLAYED_AT_MOST = 4096


class Connection:
    """One websocket and what is still to be written to it."""

    def __init__(self, socket: web.WebSocketResponse, pack: Packer, backlog_at_most: int) -> None:
        """`backlog_at_most`: how many characters may wait for a slow reader before it is cut off."""
        self.socket = socket
        # The code with which this side closed; the client's answer may carry another one.
        self.closed_with: int | None = None
        self._pack = pack
        self._backlog_at_most = backlog_at_most
        self._backlog = 0
        self._closing: asyncio.Task[None] | None = None
        self._outbox: deque[str] = deque()
        self._more = asyncio.Event()
        self._speaks = asyncio.Event()
        self._speaks.set()

    def send(self, text: str) -> None:
        """Queue a payload; it never waits for the receiver. One who reads far too slowly is cut off."""
        self._backlog += len(text)
        if self._backlog > self._backlog_at_most:
            self._outbox.clear()
            self.cut()
            return
        self._outbox.append(text)
        self._more.set()

    def pack_long_ones(self) -> None:
        """Compress long payloads from now on, unless all are compressed already."""
        if self._pack is as_text:
            self._pack = long_ones

    async def close(self, code: int, reason: str = "") -> None:
        """Close the socket from this side."""
        self.closed_with = code
        await self.socket.close(code=code, message=reason.encode())

    def end(self, code: int, reason: str = "") -> None:
        """Close the socket from this side, without waiting for it."""
        self.closed_with = code
        self._closing = asyncio.create_task(self.close(code, reason))

    def cut(self) -> None:
        """End the connection without a word: the other side sees 1006."""
        if self.socket._req is not None and self.socket._req.transport is not None:
            self.socket._req.transport.abort()

    def hush(self, silent: bool) -> None:
        """Hold back what is to be written for as long as it is silent."""
        if silent:
            self._speaks.clear()
        else:
            self._speaks.set()

    async def write(self) -> None:
        """Write what is queued until the connection ends."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._outbox:
                await self._speaks.wait()
                text = self._outbox.popleft()
                try:
                    packed = self._pack(text)
                    if isinstance(packed, str):
                        await self.socket.send_str(packed)
                    else:
                        await self.socket.send_bytes(packed)
                except (ConnectionError, RuntimeError):
                    return
                self._backlog -= len(text)


class Delivery:
    """How sessions begin and how events reach them: as they should. Faults put themselves in its place."""

    def deliver(self, session: "Session", event: str, encoded: str) -> None:
        """Bring an event to a session."""
        session.dispatch(event, encoded)

    def refuses_resume(self, user: User) -> bool:
        """Whether a RESUME that is in order is refused all the same."""
        return False

    def refuses_identify(self, user: User) -> int | None:
        """The close code for an IDENTIFY that is in order, if it is refused all the same."""
        return None


class Session:
    """What one identified client is told; it outlives its connection so that it can be resumed."""

    def __init__(
        self, user: User, intents: int | None, shard: tuple[int, int] = (0, 1), large_threshold: int = 50
    ) -> None:
        self.id = secrets.token_hex(16)
        self.user = user
        # None for people, who are told everything.
        self.intents = intents
        self.shard = shard
        # Over so many members, GUILD_CREATE leaves out all but the session's own.
        self.large_threshold = large_threshold
        self.connection: Connection | None = None
        self.delivery = Delivery()
        self.last = 0
        self.replay: deque[tuple[int, str]] = deque(maxlen=_REPLAYED_AT_MOST)
        reads_all = intents is None or bool(intents & Intent.MESSAGE_CONTENT)
        self.readable = Readable(None if reads_all else user.id)
        self.reads_all = reads_all
        self.expiry: Timer | None = None
        # The channels that the user sees, by guild; kept by Sight.
        self.sees: dict[str, set[str]] = {}
        # When all members of a guild were told last.
        self.members_told: dict[str, datetime] = {}

    def wants(self, intent: Intent) -> bool:
        """Whether the session asked for this group of events."""
        return self.intents is None or not intent or bool(self.intents & intent)

    def serves(self, guild_id: str | None) -> bool:
        """Whether a guild belongs to this session's shard; direct messages, of no guild, belong to the first."""
        return (int(guild_id or 0) >> 22) % self.shard[1] == self.shard[0]

    def tell(self, event: str, encoded: str) -> None:
        """Tell of an event whose data is encoded already, as far as the delivery lets it through."""
        self.delivery.deliver(self, event, encoded)

    def dispatch(self, event: str, encoded: str) -> None:
        """Number an event, keep it for a replay and send it."""
        self.last += 1
        text = f'{{"op":0,"t":"{event}","s":{self.last},"d":{encoded}}}'
        self.replay.append((self.last, text))
        if self.connection is not None:
            self.connection.send(text)
