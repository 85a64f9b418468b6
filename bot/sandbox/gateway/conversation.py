"""What one gateway connection says and is answered: identify, resume, heartbeats, members.

https://docs.discord.com/developers/events/gateway#connections
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox import shapes
from bot.sandbox.gateway import compression, payloads
from bot.sandbox.gateway.gateway import Gateway
from bot.sandbox.gateway.intents import Intent
from bot.sandbox.gateway.members import tell_members
from bot.sandbox.gateway.payloads import Closing
from bot.sandbox.gateway.sessions import Connection, Session
from bot.sandbox.shapes import Json
from bot.sandbox.things import Guild, User
from bot.sandbox.wire import encode
from bot.sandbox.world import World

_ROUND_TRIP_S = 0.03
# How long a client may take to answer a close.
_CLOSING_TAKES_S = 1.0
# Frames beyond this do not even get the close code for payloads that are too long.
_FRAME_AT_MOST = 1024 * 1024
_INVALID_SESSION = '{"op":9,"d":false,"s":null,"t":null}'
_BEAT_HEARD = '{"op":11,"d":null,"s":null,"t":null}'
# Presence, voice, lazy guilds, sounds and the like: heard, and without effect here.
_WITHOUT_EFFECT = frozenset({3, 4, 14, 31, 36, 37, 43})


async def serve(request: web.Request, world: World, gateway: Gateway) -> web.WebSocketResponse:
    """Speak with one websocket until it ends."""
    socket = web.WebSocketResponse(max_msg_size=_FRAME_AT_MOST, timeout=_CLOSING_TAKES_S)
    await socket.prepare(request)
    try:
        connection = Connection(socket, _read_transport(request), gateway.limits.backlog_at_most)
    except Closing as closing:
        await socket.close(code=closing.code, message=closing.reason.encode())
        return socket
    gateway.connected(connection)
    writer = asyncio.create_task(connection.write())
    conversation = Conversation(world, gateway, connection)
    conversation.greet()
    try:
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                raise Closing(4002)
            conversation.hear(frame.data)
    except Closing as closing:
        await connection.close(closing.code, closing.reason)
    finally:
        conversation.over()
        writer.cancel()
        gateway.disconnected(conversation.session, connection)
    return socket


def _read_transport(request: web.Request) -> compression.Packer:
    """The packer that the address asks for. Raises Closing for a version or an encoding not spoken here."""
    if request.query.get("v", "10") != "10":
        raise Closing(4012)
    if request.query.get("encoding", "json") != "json":
        raise Closing(4002)
    try:
        return compression.stream(request.query.get("compress"))
    except LookupError:
        raise Closing(4002) from None


class Conversation:
    """What one connection says: identifies or resumes first, beats, asks for members."""

    def __init__(self, world: World, gateway: Gateway, connection: Connection) -> None:
        self._world = world
        self._gateway = gateway
        self._limits = gateway.limits
        self._connection = connection
        self._begun: Session | None = None
        self._pulse: asyncio.TimerHandle | None = None
        # When each of the newest payloads came.
        self._heard: deque[datetime] = deque(maxlen=self._limits.gateway_sends)
        self._answers: dict[int, Callable[[Any], None]] = {
            1: self._beat,
            2: self._identify,
            6: self._resume,
            8: self._members,
        }

    @property
    def session(self) -> Session | None:
        """The session of this connection, as long as it lasts and no other connection took it over."""
        mine = self._begun is not None and self._begun.connection is self._connection
        return self._begun if mine else None

    def greet(self) -> None:
        """Say hello, and wait for the first heartbeat."""
        hello = {"heartbeat_interval": round(self._limits.heartbeat_s * 1000)}
        self._connection.send(encode({"op": 10, "s": None, "t": None, "d": hello}))
        self._await_beat()

    def over(self) -> None:
        """Stop waiting for heartbeats."""
        if self._pulse is not None:
            self._pulse.cancel()

    def hear(self, text: str) -> None:
        """Act on a payload. Raises Closing when the connection has to end."""
        self._count()
        op, data = payloads.read(text)
        if op not in self._answers and op not in _WITHOUT_EFFECT:
            raise Closing(4001)
        if self.session is None and op not in (1, 2, 6):
            raise Closing(4003)
        if op == 3:
            payloads.read_presence(data)
        if op in self._answers:
            self._answers[op](data)

    def _count(self) -> None:
        now = self._gateway.now()
        window = timedelta(seconds=self._limits.gateway_window_s)
        full = len(self._heard) == self._heard.maxlen
        if self._limits.enforced and full and now - self._heard[0] < window:
            raise Closing(4008)
        self._heard.append(now)

    # Heartbeats

    def _await_beat(self) -> None:
        """Close the connection unless a heartbeat comes: in the loop's time, which no test moves."""
        self.over()
        patience = 1.5 * self._limits.heartbeat_s
        lapsed = Closing(4009)
        loop = asyncio.get_running_loop()
        self._pulse = loop.call_later(patience, self._connection.end, lapsed.code, lapsed.reason)

    def _beat(self, data: Any) -> None:
        payloads.read_heartbeat(data)
        self._await_beat()
        # As late as over a real network: clients note the time of sending only after it, and an answer that is
        # there before looks to discord.py as if it had taken a whole interval.
        asyncio.get_running_loop().call_later(_ROUND_TRIP_S, self._connection.send, _BEAT_HEARD)

    # Sessions

    def _identify(self, data: Any) -> None:
        if self.session is not None:
            raise Closing(4005)
        asked = payloads.read_identify(data)
        user = self._user_for(asked.token)
        # People are told everything, and have no shards.
        session = Session(user, None)
        if user.bot:
            session = Session(user, asked.intents, asked.shard, asked.large_threshold)
            self._check_bot(session)
            if not self._gateway.starts.count(user.id):
                self._gateway.exhausted(user)
                raise Closing(4004)
        refused = self._gateway.delivery.refuses_identify(user)
        if refused is not None:
            raise Closing(refused)
        if user.bot and not self._gateway.starts.enter(user.id, session.shard[0]):
            self._connection.send(_INVALID_SESSION)
            return
        if asked.compress:
            self._connection.pack_long_ones()
        session.connection = self._connection
        self._begun = session
        self._tell_all(session, self._gateway.open(session))

    def _check_bot(self, session: Session) -> None:
        """Check what a bot's session asks for against what it may have."""
        if session.intents is None:
            raise Closing(4013)
        if session.intents & self._disallowed(session.user):
            raise Closing(4014)
        served = sum(session.serves(guild.id) for guild in self._world.guilds_of(session.user.id))
        if self._limits.enforced and served > self._limits.guilds_a_shard:
            raise Closing(4011)

    def _disallowed(self, user: User) -> int:
        """The privileged intents that are switched off for a bot's application."""
        application = self._world.applications[user.application_id or ""]
        switches = {
            Intent.GUILD_MEMBERS: application.guild_members,
            Intent.GUILD_PRESENCES: application.presences,
            Intent.MESSAGE_CONTENT: application.message_content,
        }
        return sum(intent for intent, allowed in switches.items() if not allowed)

    def _user_for(self, token: str) -> User:
        """Whose token it is. Raises Closing 4004 for nobody's."""
        user_id = self._world.tokens.get(token.removeprefix("Bot "))
        user = self._world.users.get(user_id or "")
        if user is None:
            raise Closing(4004)
        return user

    def _tell_all(self, session: Session, guilds: list[Guild]) -> None:
        """READY and, to a bot, its guilds one by one."""
        user = session.user
        ready: Json = {
            "v": 10,
            "user": shapes.own_user_shape(user),
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self._gateway.url,
            "private_channels": [],
        }
        if user.bot:
            own = self._world.applications[user.application_id or ""]
            application = shapes.application_shape(self._world, own)
            ready["guilds"] = [{"id": guild.id, "unavailable": True} for guild in guilds]
            ready["application"] = {"id": application["id"], "flags": application["flags"]}
            ready["shard"] = list(session.shard)
            session.tell("READY", encode(ready))
            if session.wants(Intent.GUILDS):
                for guild in guilds:
                    session.tell("GUILD_CREATE", encode(self._gateway.guild_for(session, guild)))
            return
        known = {one for guild in guilds for one in guild.members}
        ready["guilds"] = [self._gateway.guild_for(session, guild) for guild in guilds]
        ready["users"] = [shapes.user_shape(self._world.users[one]) for one in known]
        ready["private_channels"] = [
            shapes.channel_shape(self._world, channel, user.id)
            for channel in self._world.direct_channels(user.id)
        ]
        session.tell("READY", encode(ready))

    def _resume(self, data: Any) -> None:
        if self.session is not None:
            raise Closing(4005)
        asked = payloads.read_resume(data)
        user = self._user_for(asked.token)
        session = self._gateway.session(asked.session_id)
        if session is None or session.user is not user:
            self._connection.send(_INVALID_SESSION)
            return
        if asked.seq > session.last:
            self._gateway.forget(session)
            raise Closing(4007)
        overrun = bool(session.replay) and asked.seq < session.replay[0][0] - 1
        if overrun or self._gateway.delivery.refuses_resume(user):
            self._gateway.forget(session)
            self._connection.send(_INVALID_SESSION)
            return
        self._take_up(session, asked.seq)

    def _take_up(self, session: Session, heard: int) -> None:
        """Take a session over, also from a connection that still has it, and replay what came after `heard`."""
        self._gateway.taken_up(session, self._connection)
        self._begun = session
        for number, text in session.replay:
            if number > heard:
                self._connection.send(text)
        session.tell("RESUMED", "{}")

    def _members(self, data: Any) -> None:
        asked = payloads.read_members_asked(data)
        if self.session is not None:
            tell_members(self._world, self.session, asked, self._gateway.now(), self._limits.enforced)
