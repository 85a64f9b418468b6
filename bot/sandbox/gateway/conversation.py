"""What one gateway connection says and is answered: identify, resume, heartbeats, members.

https://discord.com/developers/docs/events/gateway#connections
"""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox import shapes
from bot.sandbox.gateway.gateway import Gateway
from bot.sandbox.gateway.sessions import Connection, Intent, Session
from bot.sandbox.shapes import Json
from bot.sandbox.wire import decode, encode
from bot.sandbox.world import Guild, User, World

_HEARTBEAT_MS = 41250
_ROUND_TRIP_S = 0.03
# How long a client may take to answer a close.
_CLOSING_TAKES_S = 1.0


async def serve(request: web.Request, world: World, gateway: Gateway) -> web.WebSocketResponse:
    """Speak with one websocket until it ends."""
    socket = web.WebSocketResponse(max_msg_size=64 * 1024, timeout=_CLOSING_TAKES_S)
    await socket.prepare(request)
    connection = Connection(socket, request.query.get("compress") == "zlib-stream")
    gateway.connected(connection)
    writer = asyncio.create_task(connection.write())
    connection.send(encode({"op": 10, "s": None, "t": None, "d": {"heartbeat_interval": _HEARTBEAT_MS}}))
    conversation = Conversation(world, gateway, connection)
    try:
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                await connection.close(4002, "Decode error.")
                break
            closing = conversation.hear(frame.data)
            if closing is not None:
                await connection.close(*closing)
                break
    finally:
        writer.cancel()
        gateway.disconnected(conversation.session, connection)
    return socket


class Conversation:
    """What one connection says: identifies or resumes first, beats, asks for members."""

    def __init__(self, world: World, gateway: Gateway, connection: Connection) -> None:
        self._world = world
        self._gateway = gateway
        self._connection = connection
        self.session: Session | None = None
        self._answers: dict[int, Callable[[Any], tuple[int, str] | None]] = {
            1: self._beat,
            2: self._identify,
            6: self._resume,
            8: self._members,
        }

    def hear(self, text: str) -> tuple[int, str] | None:
        """Act on a payload; a close code and reason when the connection has to end."""
        try:
            payload = decode(text)
            op, data = payload["op"], payload.get("d")
        except (ValueError, KeyError, TypeError, AttributeError):
            return 4002, "Decode error."
        if op in self._answers:
            return self._answers[op](data)
        # Presence, voice, lazy guilds and the like are heard and have no effect here.
        return None if op in (3, 4, 14, 31, 36, 37) else (4001, "Unknown opcode.")

    def _beat(self, data: Any) -> None:
        # As late as over a real network: clients note the time of sending only after it, and an answer that is
        # there before looks to discord.py as if it had taken a whole interval.
        answer = '{"op":11,"d":null,"s":null,"t":null}'
        asyncio.get_running_loop().call_later(_ROUND_TRIP_S, self._connection.send, answer)

    def _identify(self, data: Any) -> tuple[int, str] | None:
        if self.session is not None:
            return 4005, "Already authenticated."
        if not isinstance(data, dict):
            return 4002, "Decode error."
        opened = self._open_session(data)
        if isinstance(opened, Session):
            self.session = opened
            return None
        return opened

    def _resume(self, data: Any) -> tuple[int, str] | None:
        if self.session is not None:
            return 4005, "Already authenticated."
        if not isinstance(data, dict):
            return 4002, "Decode error."
        self.session = self._take_up(data)
        if self.session is None:
            self._connection.send('{"op":9,"d":false,"s":null,"t":null}')
        return None

    def _members(self, data: Any) -> tuple[int, str] | None:
        if self.session is None:
            return 4003, "Not authenticated."
        if isinstance(data, dict):
            self._tell_members(self.session, data)
        return None

    def _open_session(self, asked: Json) -> Session | tuple[int, str]:
        """Open a session for an IDENTIFY, or say with which close code it is refused."""
        user = self._user_for(asked.get("token"))
        if user is None:
            return 4004, "Authentication failed."
        intents = asked.get("intents") if user.bot else None
        if user.bot and (not isinstance(intents, int) or intents < 0 or intents >= 1 << 27):
            return 4013, "Invalid intent(s)."
        if intents is not None and intents & Intent.MESSAGE_CONTENT and not self._may_read(user):
            return 4014, "Disallowed intent(s)."
        shard = asked.get("shard") or [0, 1]
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            return 4010, "Invalid shard."
        session = Session(user, intents, (shard[0], shard[1]))
        session.connection = self._connection
        self._greet(session, self._gateway.open(session))
        return session

    def _user_for(self, token: object) -> User | None:
        if not isinstance(token, str):
            return None
        user_id = self._world.tokens.get(token.removeprefix("Bot "))
        return self._world.users.get(user_id) if user_id else None

    def _may_read(self, user: User) -> bool:
        application = self._world.applications.get(user.application_id or "")
        return application is not None and application.message_content

    def _greet(self, session: Session, guilds: list[Guild]) -> None:
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
            ready["guilds"] = [{"id": guild.id, "unavailable": True} for guild in guilds]
            ready["application"] = {"id": user.application_id, "flags": 0}
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

    def _take_up(self, asked: Json) -> Session | None:
        """Take up a session again and replay what it missed; None when it has to identify anew."""
        session = self._gateway.session(str(asked.get("session_id")))
        user = self._user_for(asked.get("token"))
        heard = asked.get("seq")
        if session is None or user is not session.user or not isinstance(heard, int) or heard > session.last:
            return None
        if session.replay and heard < session.replay[0][0] - 1:
            self._gateway.forget(session)
            return None
        if session.expiry is not None:
            session.expiry.cancel()
            session.expiry = None
        session.connection = self._connection
        for number, text in session.replay:
            if number > heard:
                self._connection.send(text)
        session.tell("RESUMED", "{}")
        return session

    def _tell_members(self, session: Session, asked: Json) -> None:
        """Answer op 8 with the members of a guild."""
        guild = self._world.guilds.get(str(asked.get("guild_id")))
        if guild is None or session.user.id not in guild.members:
            return
        wanted = asked.get("user_ids")
        ids = [wanted] if isinstance(wanted, str) else wanted
        query = str(asked.get("query") or "").lower()
        members = [
            member
            for member in guild.members.values()
            if (ids is None or member.user_id in ids)
            and self._world.users[member.user_id].username.lower().startswith(query)
        ]
        limit = asked.get("limit") or len(members)
        data = {
            "guild_id": guild.id,
            "members": [shapes.member_shape(self._world, one) for one in members[:limit]],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [one for one in ids or [] if one not in guild.members],
        }
        if "nonce" in asked:
            data["nonce"] = asked["nonce"]
        session.tell("GUILD_MEMBERS_CHUNK", encode(data))
