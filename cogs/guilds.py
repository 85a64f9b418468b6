"""Tells the newsroom which servers the bot is in."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.newsroom.guilds import Guilds
from cogs.replies import Host


class GuildsCog(commands.Cog, name="guilds"):
    """Servers joined and left."""

    def __init__(self, host: Host, guilds: Guilds) -> None:
        self._host = host
        self._guilds = guilds

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """A session began: all servers, one after the other, for there may be thousands."""
        for guild in self._host.guilds:
            await self._guilds.joined(guild.id, guild.name)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was invited."""
        await self._guilds.joined(guild.id, guild.name)

    @commands.Cog.listener()
    async def on_guild_update(self, _: discord.Guild, guild: discord.Guild) -> None:
        """The server may have another name."""
        await self._guilds.joined(guild.id, guild.name)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed, or the server is gone. (An outage is told as unavailable, not as this.)"""
        await self._guilds.left(guild.id)


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(GuildsCog(bot, bot.newsroom.guilds))
