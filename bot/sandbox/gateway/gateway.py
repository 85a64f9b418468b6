"""The gateway: all sessions, and who is told what. An event is encoded once per kind of receiver.

https://discord.com/developers/docs/events/gateway
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from aiohttp import WSCloseCode

from bot.sandbox import message_shapes, shapes
from bot.sandbox.access import Access
from bot.sandbox.clock import Clock
from bot.sandbox.gateway.intents import Intent, intent_of
from bot.sandbox.gateway.payloads import Closing
from bot.sandbox.gateway.sessions import Connection, Delivery, Session
from bot.sandbox.gateway.sight import Sight
from bot.sandbox.gateway.starts import Starts
from bot.sandbox.limits import Limits
from bot.sandbox.shapes import Json
from bot.sandbox.things import Channel, Guild, Message, User
from bot.sandbox.wire import encode
from bot.sandbox.world import World

_RESUMABLE_FOR_S = 180
# Close codes after which a session cannot be resumed: a client's own farewell, and Discord's refusals.
_FAREWELLS = frozenset({1000, 1001})
_REFUSALS = frozenset({4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014})


class Gateway:
    """All sessions, found by user and by guild, and the events that go to them."""

    def __init__(
        self, world: World, access: Access, clock: Clock, limits: Limits, note: Callable[..., None]
    ) -> None:
        """`note` writes a line into the journal."""
        self._world = world
        self._clock = clock
        self.now = clock.now
        self.limits = limits
        self.starts = Starts(limits, clock)
        self._note = note
        self._access = access
        self._sessions: dict[str, Session] = {}
        self._by_user: dict[str, dict[str, Session]] = {}
        self._by_guild: dict[str, dict[str, Session]] = {}
        self._connections: set[Connection] = set()
        self._sight = Sight(world, access, lambda guild_id: self._by_guild.get(guild_id, {}).values())
        self.delivery = Delivery()
        # Where a client resumes; known once the server listens.
        self.url = ""

    # Who is told

    def to_user(self, user_id: str, event: str, data: Any, session_id: str | None = None) -> None:
        """Tell the sessions of one user: those of the shard that the data's guild belongs to.

        Where `session_id` is one of theirs, that one alone.
        """
        guild_id = data.get("guild_id")
        sessions = self._by_user.get(user_id, {})
        named = sessions.get(session_id or "")
        told = [one for one in sessions.values() if one.serves(guild_id)] if named is None else [named]
        self._tell(told, event, data, direct=guild_id is None)

    def to_guild(self, guild_id: str, event: str, data: Any) -> None:
        """Tell all members of a guild."""
        self._tell(self._by_guild.get(guild_id, {}).values(), event, data)

    def to_holders(
        self,
        guild_id: str,
        needed: int,
        event: str,
        data: Any,
        channel: Channel | None = None,
    ) -> None:
        """Tell the members of a guild who hold a permission, in one of its channels or in all of it."""
        held = [
            one
            for one in self._by_guild.get(guild_id, {}).values()
            if needed
            & (
                self._access.in_guild(one.user.id, guild_id)
                if channel is None
                else self._access.in_channel(one.user.id, channel)
            )
        ]
        self._tell(held, event, data)

    def to_channel(self, channel: Channel, event: str, data: Any) -> None:
        """Tell all who see a channel."""
        self._tell(self._viewers(channel), event, data, direct=channel.guild_id is None)

    def message(self, event: str, channel: Channel, message: Message) -> None:
        """Tell all who see a channel of a message, each with the content that they may read."""
        intent = intent_of(event, direct=channel.guild_id is None)
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
        self._sight.settle()
        data = encode(shapes.channel_shape(self._world, channel))
        for session in self._by_guild.get(channel.guild_id or "", {}).values():
            visible = self._access.can_view(session.user.id, channel)
            if session.wants(intent_of(event)) and (visible or session.user.bot):
                session.tell(event, data)
            if visible:
                self._sight.shown(session, channel)

    def member_changed(self, guild_id: str, user_id: str, data: Json) -> None:
        """Tell of a changed member those who follow members, and always the member itself."""
        encoded = encode(data)
        for session in self._by_guild.get(guild_id, {}).values():
            if session.wants(Intent.GUILD_MEMBERS) or session.user.id == user_id:
                session.tell("GUILD_MEMBER_UPDATE", encoded)

    def thread(self, event: str, channel: Channel, **extra: Any) -> None:
        """Tell of a thread all who see it."""
        data = {**shapes.channel_shape(self._world, channel), **extra}
        self.to_channel(channel, event, data)

    def thread_member(self, channel: Channel, user_id: str, joined: bool) -> None:
        """Tell who came into a thread, or left it: themselves, and the viewers who follow members.

        Who left a private thread hears of it though they may not see the thread any more.
        """
        if channel.thread is None:
            return
        data = {
            "id": channel.id,
            "guild_id": channel.guild_id,
            "member_count": min(len(channel.thread.members), 50),
            "added_members": [shapes.thread_member_shape(channel, user_id)] if joined else [],
            "removed_member_ids": [] if joined else [user_id],
        }
        # With GUILDS alone a bot hears of itself only.
        present = self._by_guild.get(channel.guild_id or "", {}).values()
        own = [one for one in present if one.user.id == user_id and one.wants(Intent.GUILDS)]
        following = [one for one in self._viewers(channel) if one.wants(Intent.GUILD_MEMBERS)]
        encoded = encode(data)
        for session in {one.id: one for one in (*own, *following)}.values():
            session.tell("THREAD_MEMBERS_UPDATE", encoded)

    def _viewers(self, channel: Channel) -> Iterable[Session]:
        if channel.guild_id is None:
            present = [one for user in channel.recipients for one in self._by_user.get(user, {}).values()]
            return [one for one in present if one.serves(None)]
        sessions = self._by_guild.get(channel.guild_id, {})
        return [one for one in sessions.values() if self._access.can_view(one.user.id, channel)]

    def _tell(self, sessions: Iterable[Session], event: str, data: Any, direct: bool = False) -> None:
        intent = intent_of(event, direct)
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
                self._sight.opened(session, guild)
                if session.wants(Intent.GUILDS):
                    session.tell("GUILD_CREATE", encode(self.guild_for(session, guild)))

    def left(self, guild: Guild, user_id: str) -> None:
        """Close a guild to a user who is not in it any more."""
        for session in self._by_user.get(user_id, {}).values():
            if self._by_guild.get(guild.id, {}).pop(session.id, None) and session.wants(Intent.GUILDS):
                session.tell("GUILD_DELETE", encode({"id": guild.id}))

    def guild_for(self, session: Session, guild: Guild) -> Json:
        """A guild as GUILD_CREATE carries it to one session."""
        user = session.user
        channels = self._world.channels_of(guild.id)
        if not user.bot:
            channels = [one for one in channels if self._access.can_view(user.id, one)]
        threads = [one for one in self._world.active_threads(guild.id) if self._access.can_view(user.id, one)]
        viewer = guild.members[user.id]
        # A bot is given members only along with their presences, and only of small guilds; it asks for the rest.
        small = len(guild.members) <= session.large_threshold
        shown = not user.bot or (small and session.wants(Intent.GUILD_PRESENCES))
        members = list(guild.members.values()) if shown else [viewer]
        return shapes.guild_create_shape(self._world, guild, viewer, channels, threads, members)

    # Sessions and their connections

    def connected(self, connection: Connection) -> None:
        """Take a new connection."""
        self._connections.add(connection)

    def open(self, session: Session) -> list[Guild]:
        """Take a new session; gives the guilds that it hears of."""
        self._sessions[session.id] = session
        session.delivery = self.delivery
        self._by_user.setdefault(session.user.id, {})[session.id] = session
        guilds = [one for one in self._world.guilds_of(session.user.id) if session.serves(one.id)]
        for guild in guilds:
            self._by_guild.setdefault(guild.id, {})[session.id] = session
            self._sight.opened(session, guild)
        return guilds

    def taken_up(self, session: Session, connection: Connection) -> None:
        """Give a session to a connection that resumes it; one that still has it is closed."""
        if session.expiry is not None:
            session.expiry.cancel()
            session.expiry = None
        if session.connection is not None:
            session.connection.end(4000, "Resumed by another connection.")
        session.connection = connection

    def sessions(self) -> list[Session]:
        """All sessions that have not ended, oldest first."""
        return list(self._sessions.values())

    def session(self, session_id: str) -> Session | None:
        """The session of an id, if it has not ended."""
        return self._sessions.get(session_id)

    def disconnected(self, session: Session | None, connection: Connection) -> None:
        """Take note that a connection ended; its session waits to be resumed unless its code ends it."""
        self._connections.discard(connection)
        if session is None or session.connection is not connection:
            return
        session.connection = None
        if connection.closed_with is None:
            ended = connection.socket.close_code in _FAREWELLS
        else:
            ended = connection.closed_with in _REFUSALS
        if ended:
            self.forget(session)
        else:
            session.expiry = self._clock.call_later(_RESUMABLE_FOR_S, partial(self.forget, session))

    def forget(self, session: Session) -> None:
        """End a session; its connection, if it has one, may identify anew."""
        session.connection = None
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

    def exhausted(self, user: User) -> None:
        """A bot used up its day's sessions: Discord takes its token away and ends those that it has."""
        self._world.take_token(user.id)
        self._note("token taken away", user.id, detail="too many sessions in a day")
        self.token_ended(user.id)

    def token_ended(self, user_id: str) -> None:
        """End the sessions of a user whose token does not hold any more."""
        for session in list(self._by_user.get(user_id, {}).values()):
            refused, connection = Closing(4004), session.connection
            self.forget(session)
            if connection is not None:
                connection.end(refused.code, refused.reason)

    async def close(self) -> None:
        """End all connections and timers."""
        await self.disconnect_all(WSCloseCode.GOING_AWAY)
        for session in list(self._sessions.values()):
            self.forget(session)
