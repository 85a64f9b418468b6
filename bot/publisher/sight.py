"""Who may read what, from the cached server: what was written elsewhere is not shown to them."""

from __future__ import annotations

import asyncio

import discord

from bot.publisher.calls import ANSWER_WITHIN
from bot.publisher.outcomes import TROUBLES


def readable(guild: discord.Guild, reader: discord.Member | discord.Role) -> frozenset[int]:
    """Ids of a server's channels and open threads that a member, or all who have a role, may read."""
    channels = {channel.id for channel in guild.channels if may_read(channel.permissions_for(reader))}
    threads = {
        thread.id
        for thread in guild.threads
        if thread.parent_id in channels
        and (not thread.is_private() or _may_open_private_threads(thread, reader))
    }
    return frozenset(channels | threads)


def may_read(permissions: discord.Permissions) -> bool:
    """Whether what stands in a channel may be read with these."""
    return permissions.view_channel and permissions.read_message_history


def _may_open_private_threads(thread: discord.Thread, reader: discord.Member | discord.Role) -> bool:
    return thread.parent is not None and thread.parent.permissions_for(reader).manage_threads


class DiscordSight:
    """The newsroom's Sight. Members are not cached: a member's roles are asked of Discord."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def visible(self, guild_id: int, channel_id: int, member_id: int | None) -> frozenset[int] | None:
        """Ids of the channels and threads that all who read this channel may read, or this member may.

        None while that is not known; of a member who is gone there are none.
        """
        guild = self._client.get_guild(guild_id)
        if guild is None or guild.unavailable or not self._client.is_ready():
            return None
        if member_id is None:
            channel = guild.get_channel_or_thread(channel_id)
            place = {channel_id} | ({channel.parent_id} if isinstance(channel, discord.Thread) else set())
            return readable(guild, guild.default_role) | place
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                return readable(guild, await guild.fetch_member(member_id))
        except discord.NotFound:
            return frozenset()
        except TROUBLES:
            return None
