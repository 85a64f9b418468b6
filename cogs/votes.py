"""Tells the newsroom of reactions: they are votes."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.newsroom.ports import Done, Later
from bot.newsroom.votes import Votes
from bot.publisher import DiscordPublisher, emoji_name
from cogs.replies import Host
from storage.records import Verdict


class VotesCog(commands.Cog, name="votes"):
    """Reactions of members, on whatever message; the newsroom knows which of them matter."""

    def __init__(self, votes: Votes, publisher: DiscordPublisher) -> None:
        self._votes = votes
        self._publisher = publisher

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, reaction: discord.RawReactionActionEvent) -> None:
        """A reaction came. Bots have no vote, this one's own reactions least of all."""
        if reaction.guild_id is None or reaction.member is None or reaction.member.bot:
            return
        member, emoji = reaction.member, emoji_name(reaction.emoji)
        # @everyone has the server's id, and Discord does not name it among a member's roles.
        roles = {reaction.guild_id, *(role.id for role in member.roles)}
        verdict = await self._votes.reacted(reaction.message_id, member.id, emoji, roles)
        if verdict in (Verdict.OWN_COMMENT, Verdict.NOT_A_VOTER):
            await self._refuse(reaction, reaction.guild_id, emoji, verdict)

    async def _refuse(
        self, reaction: discord.RawReactionActionEvent, guild_id: int, emoji: str, verdict: Verdict
    ) -> None:
        """Take a vote that does not count back where the bot may, and say why, once; there is no other way to."""
        place = (guild_id, reaction.channel_id, reaction.message_id)
        taken = await self._publisher.take_back(*place, emoji, reaction.user_id)
        if await self._votes.to_answer(guild_id, reaction.user_id, verdict):
            told = await self._publisher.tell_uncounted(
                guild_id, reaction.user_id, verdict, taken_back=isinstance(taken, Done)
            )
            if isinstance(told, Later):
                await self._votes.not_answered(guild_id, reaction.user_id, verdict)

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
    await bot.add_cog(VotesCog(bot.newsroom.votes, bot.publisher))
