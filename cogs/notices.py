"""The button under the message that a source can't be read: it is tried again at once."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.cards import checked, read_retry_button
from bot.newsroom.checks import Checks
from cogs.replies import Host, Interaction, clicked, guild_of, show


class NoticesCog(commands.Cog, name="notices"):
    """Admins have a source that fails tried again."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Somebody wants a source tried again: who may subscribe may do that too."""
        if (source_id := read_retry_button(clicked(interaction) or "")) is None:
            return
        if not interaction.permissions.manage_guild:
            raise app_commands.MissingPermissions(["manage_guild"])
        await show(interaction, self._try_again(guild_of(interaction), source_id))

    async def _try_again(self, guild_id: int, source_id: int) -> str:
        return checked(await self._checks.check(guild_id, source_id))


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(NoticesCog(bot.newsroom.checks))
