"""Tells the newsroom which servers the bot is in."""

from __future__ import annotations

import asyncio

import discord
from discord.ext import commands

from bot.newsroom.guilds import Guilds
from cogs.replies import Host


class GuildsCog(commands.Cog, name="guilds"):
    """Servers that are there when a session begins, joined, renamed and left.

    They are told one after the other: thousands may come at once, and the order is kept.
    """

    def __init__(self, guilds: Guilds) -> None:
        self._guilds = guilds
        self._turn = asyncio.Lock()

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is there: at the start of a session, after an outage."""
        await self._joined(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was invited."""
        await self._joined(guild)

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

    async def _joined(self, guild: discord.Guild) -> None:
        async with self._turn:
            await self._guilds.joined(guild.id, guild.name)


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(GuildsCog(bot.newsroom.guilds))
