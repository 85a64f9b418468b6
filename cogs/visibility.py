"""Which channels a reader may read, from the cached server: what was written elsewhere is not shown to them."""

from __future__ import annotations

import discord

from bot.publisher import may_read, readable_by
from cogs.replies import Interaction


def visible_to(interaction: Interaction) -> frozenset[int]:
    """Ids of the channels and threads that the asking member may read."""
    guild, member = interaction.guild, interaction.user
    if guild is None or not isinstance(member, discord.Member):
        return frozenset()
    readable = readable_by(guild, member)
    # Who is in a private thread is not cached; of the place where a member asks Discord itself tells what they may.
    if interaction.channel_id is not None and may_read(interaction.permissions):
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
    return visible_to(interaction) & (readable_by(guild, guild.default_role) | place)


def public_channels(client: discord.Client, guild_id: int) -> frozenset[int] | None:
    """Ids of the channels and threads that @everyone may read; None for a server that the bot is not in."""
    guild = client.get_guild(guild_id)
    return None if guild is None else readable_by(guild, guild.default_role)
