"""Who may read what, from the cached server: what was written elsewhere is not shown to them."""

from __future__ import annotations

import asyncio

import discord

from bot.newsroom.ports import Later, Left
from bot.publisher.calls import ANSWER_WITHIN
from bot.publisher.outcomes import TROUBLES, outcome_of

# Discord's errors for somebody who is in no such guild, or nobody at all.
_UNKNOWN_MEMBER, _UNKNOWN_USER = 10007, 10013
_NOT_HERE = Later("The server can't be seen now.")


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


def place_of(guild: discord.Guild, channel_id: int) -> frozenset[int]:
    """A channel of the server, and the one that it is a thread of: whoever reads it may read both."""
    channel = guild.get_channel_or_thread(channel_id)
    return frozenset({channel_id, *([channel.parent_id] if isinstance(channel, discord.Thread) else ())})


def seen_server(client: discord.Client, guild_id: int) -> discord.Guild | Later:
    """The server, where what is known of its channels is as Discord has it now."""
    guild = client.get_guild(guild_id)
    if guild is None or guild.unavailable or not client.is_ready() or client.is_closed():
        return _NOT_HERE
    return guild


async def readable_by(guild: discord.Guild, member_id: int) -> frozenset[int] | Left | Later:
    """Ids of a server's channels and open threads that a member may read.

    Members are not cached, so Discord is asked for their roles.
    """
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            return readable(guild, await guild.fetch_member(member_id))
    except discord.NotFound as absent:
        return Left() if absent.code in (_UNKNOWN_MEMBER, _UNKNOWN_USER) else _NOT_HERE
    except TROUBLES as trouble:
        outcome = outcome_of(trouble)
        return outcome if isinstance(outcome, Later) else _NOT_HERE


class DiscordSight:
    """The newsroom's Sight."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def visible(
        self, guild_id: int, channel_id: int, member_id: int | None
    ) -> frozenset[int] | Left | Later:
        """Ids of the channels and threads that all who read this channel may read, or this member may."""
        guild = seen_server(self._client, guild_id)
        if isinstance(guild, Later):
            return guild
        if member_id is None:
            return readable(guild, guild.default_role) | place_of(guild, channel_id)
        return await readable_by(guild, member_id)
