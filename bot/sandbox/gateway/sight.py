"""Which channels those present see, and who is told when that changes.

A person's client hears of channels that it gained or lost. A bot has all channels all the time; it hears the
active threads of those that it gained, as people do.
https://docs.discord.com/developers/events/gateway-events#thread-list-sync
"""

import asyncio
from collections.abc import Callable, Iterable

from bot.sandbox import shapes
from bot.sandbox.access import Access
from bot.sandbox.gateway.intents import Intent
from bot.sandbox.gateway.sessions import Session
from bot.sandbox.shapes import Json
from bot.sandbox.things import Channel, Guild
from bot.sandbox.wire import encode
from bot.sandbox.world import World


class Sight:
    """Remembers for each session what it sees. Guilds in which nobody is present cost nothing."""

    def __init__(self, world: World, access: Access, present: Callable[[str], Iterable[Session]]) -> None:
        """`present` gives the sessions that are in a guild."""
        self._world = world
        self._access = access
        self._present = present
        self._changed: set[str] = set()
        access.follow(self._look_again)

    def opened(self, session: Session, guild: Guild) -> None:
        """Take note of what a session sees in a guild, when it is shown it first."""
        if session.wants(Intent.GUILDS):
            session.sees[guild.id] = self._visible(session.user.id, guild.id)

    def shown(self, session: Session, channel: Channel) -> None:
        """Take note that a session was told of a channel."""
        if channel.guild_id in session.sees:
            session.sees[channel.guild_id].add(channel.id)

    def settle(self) -> None:
        """Tell all who gained or lost channels since permissions changed."""
        changed, self._changed = self._changed, set()
        for guild_id in changed:
            visible: dict[str, set[str]] = {}
            for session in list(self._present(guild_id)):
                if guild_id not in session.sees:
                    continue
                user_id = session.user.id
                if user_id not in visible:
                    visible[user_id] = self._visible(user_id, guild_id)
                before, session.sees[guild_id] = session.sees[guild_id], set(visible[user_id])
                self._tell(session, guild_id, before, visible[user_id])

    def _look_again(self, guild_id: str) -> None:
        """Permissions of a guild change. What follows is told when the step is done that changes them."""
        if guild_id not in self._changed and any(self._present(guild_id)):
            if not self._changed:
                asyncio.get_running_loop().call_soon(self.settle)
            self._changed.add(guild_id)

    def _visible(self, user_id: str, guild_id: str) -> set[str]:
        channels = self._world.channels_of(guild_id)
        return {channel.id for channel in channels if self._access.can_view(user_id, channel)}

    def _tell(self, session: Session, guild_id: str, before: set[str], now: set[str]) -> None:
        channels = {one.id: one for one in self._world.channels_of(guild_id)}
        gained = [channels[one] for one in channels if one in now and one not in before]
        lost = [channels[one] for one in channels if one in before and one not in now]
        if not session.user.bot:
            for channel in lost:
                session.tell("CHANNEL_DELETE", encode(shapes.channel_shape(self._world, channel)))
            for channel in gained:
                session.tell("CHANNEL_CREATE", encode(shapes.channel_shape(self._world, channel)))
        if gained:
            session.tell("THREAD_LIST_SYNC", encode(self._thread_list(session.user.id, guild_id, gained)))

    def _thread_list(self, user_id: str, guild_id: str, channels: list[Channel]) -> Json:
        threads = [
            thread
            for channel in channels
            for thread in self._world.threads_of(channel.id)
            if thread.thread and not thread.thread.archived and self._access.can_view(user_id, thread)
        ]
        mine = [one for one in threads if one.thread and user_id in one.thread.members]
        return {
            "guild_id": guild_id,
            "channel_ids": [one.id for one in channels],
            "threads": [shapes.channel_shape(self._world, one, user_id) for one in threads],
            "members": [shapes.thread_member_shape(one, user_id) for one in mine],
        }
