"""Which channels a reader may read, from the cached server: what was written elsewhere is not shown to them."""

from __future__ import annotations

import discord

from cogs.replies import Interaction


def visible_to(interaction: Interaction) -> frozenset[int]:
    """Ids of the channels and threads that the asking member may read."""
    guild, member = interaction.guild, interaction.user
    if guild is None or not isinstance(member, discord.Member):
        return frozenset()
    readable = _readable(guild, member)
    # Who is in a private thread is not cached; of the place where a member asks Discord itself tells what they may.
    if interaction.channel_id is not None and _may_read(interaction.permissions):
        readable |= {interaction.channel_id}
    return readable


def visible_to_all_here(interaction: Interaction) -> frozenset[int]:
    """Those of them that everybody may read who sees an answer in this place."""
    guild, here = interaction.guild, interaction.channel
    if guild is None:
        return frozenset()
    place = {interaction.channel_id}
    if isinstance(here, discord.Thread):
        place.add(here.parent_id)
    return visible_to(interaction) & (_readable(guild, guild.default_role) | place)


def public_channels(client: discord.Client, guild_id: int) -> frozenset[int] | None:
    """Ids of the channels and threads that @everyone may read; None for a server that the bot is not in."""
    guild = client.get_guild(guild_id)
    return None if guild is None else _readable(guild, guild.default_role)


def _readable(guild: discord.Guild, reader: discord.Member | discord.Role) -> frozenset[int]:
    channels = {channel.id for channel in guild.channels if _may_read(channel.permissions_for(reader))}
    threads = {
        thread.id
        for thread in guild.threads
        if thread.parent_id in channels
        and (not thread.is_private() or _may_open_private_threads(thread, reader))
    }
    return frozenset(channels | threads)


def _may_open_private_threads(thread: discord.Thread, reader: discord.Member | discord.Role) -> bool:
    return thread.parent is not None and thread.parent.permissions_for(reader).manage_threads


def _may_read(permissions: discord.Permissions) -> bool:
    return permissions.view_channel and permissions.read_message_history
