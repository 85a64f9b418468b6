"""Tells the newsroom which servers the bot is in, and which of their channels can be used again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import discord
from discord.ext import commands

from bot.newsroom.away import AwayChannels
from bot.newsroom.guilds import Guilds
from bot.newsroom.subscriptions import Subscriptions
from bot.publisher import PostChannel, is_closed, missing_permissions, needed_to_post
from cogs.replies import Host


class GuildsCog(commands.Cog, name="guilds"):
    """Servers that are there when a session begins, joined, changed and left.

    They are told one after the other: thousands may come at once, and the order is kept.
    `on_return` is told the id of a server that the bot had left: what happened there was missed.
    """

    def __init__(
        self,
        guilds: Guilds,
        away: AwayChannels,
        subscriptions: Subscriptions,
        on_return: Callable[[int], None],
    ) -> None:
        self._guilds = guilds
        self._on_return = on_return
        self._away = away
        self._subscriptions = subscriptions
        self._turn = asyncio.Lock()

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is there: at the start of a session, after an outage."""
        await self._joined(guild)
        await self._changed(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was invited."""
        await self._joined(guild)
        await self._changed(guild)

    @commands.Cog.listener()
    async def on_guild_update(self, before: discord.Guild, after: discord.Guild) -> None:
        """A server was changed; only its name matters."""
        if before.name != after.name:
            await self._joined(after)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed, or the server is gone. (An outage is told as unavailable, not as this.)"""
        async with self._turn:
            await self._guilds.left(guild.id)

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was made. (Discord tells a bot so, too, of one that it may see from now on.)"""
        await self._changed(channel.guild, channel.id)

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel
    ) -> None:
        """A channel's permissions or tags may be others now, and so those of its threads."""
        await self._changed(channel.guild, channel.id)

    @commands.Cog.listener()
    async def on_thread_update(self, _: discord.Thread, thread: discord.Thread) -> None:
        """A thread may have been unlocked."""
        await self._changed(thread.guild, thread.id)

    @commands.Cog.listener()
    async def on_thread_join(self, thread: discord.Thread) -> None:
        """A thread that was not known is: so it is when an archived one was opened."""
        await self._changed(thread.guild, thread.id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """A role may give the bot a permission."""
        if before.permissions != after.permissions:
            await self._changed(after.guild)

    @commands.Cog.listener()
    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """The bot may have been given a role, or let speak again. (Of others Discord does not tell it.)"""
        if after == after.guild.me:
            await self._changed(after.guild)

    async def _joined(self, guild: discord.Guild) -> None:
        async with self._turn:
            if await self._guilds.joined(guild.id, guild.name):
                self._on_return(guild.id)

    async def _changed(self, guild: discord.Guild, where: int | None = None) -> None:
        """Have posting go on at once in those of a server's channels that were away and can be used now.

        `where` is the channel that changed, with the threads under it; else the whole server did.
        """
        async with self._turn:
            if not (away := await self._away.known(guild.id)):
                return
            with_threads = {
                one.channel_id for one in await self._subscriptions.of_guild(guild.id) if one.thread
            }
            for channel_id in away:
                channel = guild.get_channel_or_thread(channel_id)
                changed = where in (None, channel_id, getattr(channel, "parent_id", None))
                if changed and _usable(channel, thread_wanted=channel_id in with_threads):
                    await self._away.channel_back(channel_id)


def _usable(channel: object, *, thread_wanted: bool) -> bool:
    """Whether cards can go into the channel, as far as is known without asking."""
    if not isinstance(channel, PostChannel) or is_closed(channel):
        return False
    return missing_permissions(channel, needed_to_post(channel, thread_wanted=thread_wanted)) is None


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    newsroom = bot.newsroom
    await bot.add_cog(GuildsCog(newsroom.guilds, newsroom.away, newsroom.subscriptions, bot.on_gap))
