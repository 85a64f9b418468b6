"""Tells the newsroom of reactions: they are votes."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.newsroom.votes import Votes
from bot.publisher import emoji_name
from cogs.replies import Host


class VotesCog(commands.Cog, name="votes"):
    """Reactions of members, on whatever message; the newsroom knows which of them matter."""

    def __init__(self, votes: Votes) -> None:
        self._votes = votes

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, reaction: discord.RawReactionActionEvent) -> None:
        """A reaction came. Bots have no vote, this one's own reactions least of all."""
        if reaction.guild_id is None or reaction.member is None or reaction.member.bot:
            return
        await self._votes.reacted(reaction.message_id, reaction.user_id, emoji_name(reaction.emoji))

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, reaction: discord.RawReactionActionEvent) -> None:
        """A reaction went. Discord does not say whose bot it was; what was never kept is not missed."""
        if reaction.guild_id is not None:
            await self._votes.unreacted(reaction.message_id, reaction.user_id, emoji_name(reaction.emoji))

    @commands.Cog.listener()
    async def on_raw_reaction_clear(self, reaction: discord.RawReactionClearEvent) -> None:
        """All reactions of a message were removed."""
        await self._votes.cleared(reaction.message_id, None)

    @commands.Cog.listener()
    async def on_raw_reaction_clear_emoji(self, reaction: discord.RawReactionClearEmojiEvent) -> None:
        """All reactions with one emoji were removed."""
        await self._votes.cleared(reaction.message_id, emoji_name(reaction.emoji))


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(VotesCog(bot.newsroom.votes))
