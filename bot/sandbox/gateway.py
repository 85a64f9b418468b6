"""The gateway: sessions, intents, dispatch, resume. An event is encoded once per kind of receiver.

https://discord.com/developers/docs/events/gateway
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from bot.sandbox import message_shapes, shapes
from bot.sandbox.access import Access
from bot.sandbox.sessions import Connection, Intent, Session
from bot.sandbox.shapes import Json
from bot.sandbox.wire import decode, encode
from bot.sandbox.world import Channel, Guild, Message, User, World

_HEARTBEAT_MS = 41250
_ROUND_TRIP_S = 0.03
_RESUMABLE_FOR_S = 180
# How long a client may take to answer a close.
_CLOSING_TAKES_S = 1.0
# Close codes after which a session cannot be resumed.
_ENDING = frozenset({1000, 1001, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014})


_DIRECT = {
    Intent.GUILD_MESSAGES: Intent.DIRECT_MESSAGES,
    Intent.GUILD_MESSAGE_REACTIONS: Intent.DIRECT_MESSAGE_REACTIONS,
    Intent.GUILD_MESSAGE_TYPING: Intent.DIRECT_MESSAGE_TYPING,
}


class Gateway:
    """All sessions, found by user and by guild, and the events that go to them."""

    def __init__(self, world: World, access: Access) -> None:
        self._world = world
        self._access = access
        self._sessions: dict[str, Session] = {}
        self._by_user: dict[str, dict[str, Session]] = {}
        self._by_guild: dict[str, dict[str, Session]] = {}
        self._connections: set[Connection] = set()
        # Where a client resumes; known once the server listens.
        self.url = ""

    # Who is told

    def to_user(self, user_id: str, event: str, data: Any, intent: Intent = Intent.ALWAYS) -> None:
        """Tell all sessions of one user."""
        self._tell(self._by_user.get(user_id, {}).values(), event, data, intent)

    def to_guild(self, guild_id: str, event: str, data: Any, intent: Intent = Intent.GUILDS) -> None:
        """Tell all members of a guild."""
        self._tell(self._by_guild.get(guild_id, {}).values(), event, data, intent)

    def to_channel(self, channel: Channel, event: str, data: Any, intent: Intent) -> None:
        """Tell all who see a channel."""
        if channel.guild_id is None:
            intent = _DIRECT.get(intent, Intent.ALWAYS)
        self._tell(self._viewers(channel), event, data, intent)

    def message(self, event: str, channel: Channel, message: Message) -> None:
        """Tell all who see a channel of a message, each with the content that they may read."""
        intent = Intent.GUILD_MESSAGES if channel.guild_id else Intent.DIRECT_MESSAGES
        encoded: dict[tuple[bool, str | None], str] = {}
        for session in self._viewers(channel):
            if not session.wants(intent):
                continue
            # Reactions say "me", content may be hidden from one bot only: such messages are encoded for each.
            own = bool(message.reactions) or not session.reads_all
            kind = (session.reads_all, session.user.id if own else None)
            if kind not in encoded:
                encoded[kind] = encode(self.message_event(session, channel, message))
            session.tell(event, encoded[kind])

    def message_event(self, session: Session, channel: Channel, message: Message) -> Json:
        """A message as MESSAGE_CREATE carries it to one session."""
        data = message_shapes.message_shape(self._world, message, session.user.id, session.readable)
        data["channel_type"] = channel.type
        if channel.guild_id is not None:
            data["guild_id"] = channel.guild_id
            guild = self._world.guilds[channel.guild_id]
            member = guild.members.get(message.author_id)
            if member is not None:
                data["member"] = shapes.member_shape(self._world, member, with_user=False)
            for mentioned in data["mentions"]:
                if mentioned["id"] in guild.members:
                    mentioned["member"] = shapes.member_shape(
                        self._world, guild.members[mentioned["id"]], with_user=False
                    )
        return data

    def channel(self, event: str, channel: Channel) -> None:
        """Tell of a guild channel: bots of every channel, people of those that they see."""
        data = encode(shapes.channel_shape(self._world, channel))
        for session in self._by_guild.get(channel.guild_id or "", {}).values():
            if not session.wants(Intent.GUILDS):
                continue
            if session.user.bot or self._access.can_view(session.user.id, channel):
                session.tell(event, data)
            elif event == "CHANNEL_UPDATE":
                session.tell("CHANNEL_DELETE", data)

    def member_changed(self, guild_id: str, user_id: str, data: Json) -> None:
        """Tell of a changed member those who follow members, and always the member itself."""
        encoded = encode(data)
        for session in self._by_guild.get(guild_id, {}).values():
            if session.wants(Intent.GUILD_MEMBERS) or session.user.id == user_id:
                session.tell("GUILD_MEMBER_UPDATE", encoded)

    def thread(self, event: str, channel: Channel, **extra: Any) -> None:
        """Tell of a thread all who see it."""
        data = {**shapes.channel_shape(self._world, channel), **extra}
        self.to_channel(channel, event, data, Intent.GUILDS)

    def thread_member_added(self, channel: Channel, user_id: str) -> None:
        """Tell the one who came into a thread and, as THREAD_MEMBERS_UPDATE, those who follow members."""
        if channel.thread is None:
            return
        joined = shapes.thread_member_shape(channel, user_id)
        data = {
            "id": channel.id,
            "guild_id": channel.guild_id,
            "member_count": min(len(channel.thread.members), 50),
            "added_members": [joined],
            "removed_member_ids": [],
        }
        encoded = encode(data)
        for session in self._viewers(channel):
            if session.wants(Intent.GUILD_MEMBERS) or session.user.id == user_id:
                session.tell("THREAD_MEMBERS_UPDATE", encoded)

    def _viewers(self, channel: Channel) -> Iterable[Session]:
        if channel.guild_id is None:
            return [one for user in channel.recipients for one in self._by_user.get(user, {}).values()]
        sessions = self._by_guild.get(channel.guild_id, {})
        return [one for one in sessions.values() if self._access.can_view(one.user.id, channel)]

    def _tell(self, sessions: Iterable[Session], event: str, data: Any, intent: Intent) -> None:
        encoded = ""
        for session in sessions:
            if session.wants(intent):
                encoded = encoded or encode(data)
                session.tell(event, encoded)

    # Coming and going

    def joined(self, guild: Guild, user_id: str) -> None:
        """Open a guild to a user who just joined it."""
        for session in self._by_user.get(user_id, {}).values():
            if session.serves(guild.id):
                self._by_guild.setdefault(guild.id, {})[session.id] = session
                if session.wants(Intent.GUILDS):
                    session.tell("GUILD_CREATE", encode(self._guild_for(session, guild)))

    def left(self, guild: Guild, user_id: str) -> None:
        """Close a guild to a user who is not in it any more."""
        for session in self._by_user.get(user_id, {}).values():
            if self._by_guild.get(guild.id, {}).pop(session.id, None) and session.wants(Intent.GUILDS):
                session.tell("GUILD_DELETE", encode({"id": guild.id}))

    def _guild_for(self, session: Session, guild: Guild) -> Json:
        user = session.user
        channels = self._world.channels_of(guild.id)
        if not user.bot:
            channels = [one for one in channels if self._access.can_view(user.id, one)]
        threads = [
            one
            for one in self._world.guild_threads(guild.id)
            if one.thread and not one.thread.archived and self._access.can_view(user.id, one)
        ]
        viewer = guild.members[user.id]
        members = list(guild.members.values()) if session.wants(Intent.GUILD_MEMBERS) else [viewer]
        return shapes.guild_create_shape(self._world, guild, viewer, channels, threads, members)

    # Connections

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Speak with one websocket until it ends."""
        socket = web.WebSocketResponse(max_msg_size=64 * 1024, timeout=_CLOSING_TAKES_S)
        await socket.prepare(request)
        connection = Connection(socket, request.query.get("compress") == "zlib-stream")
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        connection.send(encode({"op": 10, "s": None, "t": None, "d": {"heartbeat_interval": _HEARTBEAT_MS}}))
        conversation = Conversation(self, connection)
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
            self._connections.discard(connection)
            self._detach(conversation.session, connection)
        return socket

    def _detach(self, session: Session | None, connection: Connection) -> None:
        if session is None or session.connection is not connection:
            return
        code = connection.closed_with or connection.socket.close_code
        session.connection = None
        if code in _ENDING:
            self._forget(session)
        else:
            loop = asyncio.get_running_loop()
            session.expiry = loop.call_later(_RESUMABLE_FOR_S, self._forget, session)

    def _forget(self, session: Session) -> None:
        if session.expiry is not None:
            session.expiry.cancel()
        self._sessions.pop(session.id, None)
        self._by_user.get(session.user.id, {}).pop(session.id, None)
        for guild in self._world.guilds_of(session.user.id):
            self._by_guild.get(guild.id, {}).pop(session.id, None)

    async def disconnect_all(self, code: int) -> None:
        """Close every connection with a code; sessions stay resumable unless the code ends them."""
        closing = [connection.close(code) for connection in self._connections]
        await asyncio.gather(*closing, return_exceptions=True)

    def ask_to_reconnect(self) -> None:
        """Send op 7 to all: come back and resume."""
        for connection in self._connections:
            connection.send(encode({"op": 7, "d": None, "s": None, "t": None}))

    def invalidate_all(self, resumable: bool) -> None:
        """Send op 9 to all; sessions that are not resumable end."""
        for session in list(self._sessions.values()):
            if session.connection is not None:
                session.connection.send(encode({"op": 9, "d": resumable, "s": None, "t": None}))
            if not resumable:
                self._forget(session)

    async def close(self) -> None:
        """End all connections and timers."""
        await self.disconnect_all(WSCloseCode.GOING_AWAY)
        for session in list(self._sessions.values()):
            self._forget(session)

    # Sessions

    def identify(self, connection: Connection, asked: Json) -> Session | tuple[int, str]:
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
        session.connection = connection
        self._sessions[session.id] = session
        self._by_user.setdefault(user.id, {})[session.id] = session
        guilds = [one for one in self._world.guilds_of(user.id) if session.serves(one.id)]
        for guild in guilds:
            self._by_guild.setdefault(guild.id, {})[session.id] = session
        self._greet(session, guilds)
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
            "resume_gateway_url": self.url,
            "private_channels": [],
        }
        if user.bot:
            ready["guilds"] = [{"id": guild.id, "unavailable": True} for guild in guilds]
            ready["application"] = {"id": user.application_id, "flags": 0}
            ready["shard"] = list(session.shard)
            session.tell("READY", encode(ready))
            if session.wants(Intent.GUILDS):
                for guild in guilds:
                    session.tell("GUILD_CREATE", encode(self._guild_for(session, guild)))
            return
        known = {one for guild in guilds for one in guild.members}
        ready["guilds"] = [self._guild_for(session, guild) for guild in guilds]
        ready["users"] = [shapes.user_shape(self._world.users[one]) for one in known]
        ready["private_channels"] = [
            shapes.channel_shape(self._world, channel, user.id)
            for channel in self._world.direct_channels(user.id)
        ]
        session.tell("READY", encode(ready))

    def resume(self, connection: Connection, asked: Json) -> Session | None:
        """Take up a session again and replay what it missed; None when it has to identify anew."""
        session = self._sessions.get(str(asked.get("session_id")))
        user = self._user_for(asked.get("token"))
        heard = asked.get("seq")
        if session is None or user is not session.user or not isinstance(heard, int) or heard > session.last:
            return None
        if session.replay and heard < session.replay[0][0] - 1:
            self._forget(session)
            return None
        if session.expiry is not None:
            session.expiry.cancel()
            session.expiry = None
        session.connection = connection
        for number, text in session.replay:
            if number > heard:
                connection.send(text)
        session.tell("RESUMED", "{}")
        return session

    def members_chunk(self, session: Session, asked: Json) -> None:
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


class Conversation:
    """What one connection says: identifies or resumes first, beats, asks for members."""

    def __init__(self, gateway: Gateway, connection: Connection) -> None:
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
        opened = self._gateway.identify(self._connection, data)
        if isinstance(opened, Session):
            self.session = opened
            return None
        return opened

    def _resume(self, data: Any) -> tuple[int, str] | None:
        if self.session is not None:
            return 4005, "Already authenticated."
        if not isinstance(data, dict):
            return 4002, "Decode error."
        self.session = self._gateway.resume(self._connection, data)
        if self.session is None:
            self._connection.send('{"op":9,"d":false,"s":null,"t":null}')
        return None

    def _members(self, data: Any) -> tuple[int, str] | None:
        if self.session is None:
            return 4003, "Not authenticated."
        if isinstance(data, dict):
            self._gateway.members_chunk(self.session, data)
        return None
