"""`/settings`: what holds for a whole server."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.feeds.language_model import LANGUAGES
from bot.newsroom.guilds import Guilds
from cogs.replies import Host, Interaction, guild_of

CHOICES = 25
OWN = "own"
_NOT_WRITTEN = (
    "Summaries are made of the articles' own sentences here, so they stay in the articles' own languages. Whoever "
    "runs this bot can have them written by a language model; then a language can be chosen."
)


class SettingsCog(commands.Cog, name="settings"):
    """Admins choose for their server."""

    def __init__(self, guilds: Guilds) -> None:
        self._guilds = guilds

    @app_commands.command(
        name="settings", description="What holds for this whole server: the language of its summaries"
    )
    @app_commands.describe(language="The language of the summaries; begin to type its name")
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def settings(
        self, interaction: Interaction, language: app_commands.Range[str, 1, 40] | None = None
    ) -> None:
        """Show the settings, or change what was named."""
        guild_id = guild_of(interaction)
        if not self._guilds.writes:
            await interaction.response.send_message(_NOT_WRITTEN, ephemeral=True)
            return
        if language is None:
            chosen = await self._guilds.summary_language(guild_id)
            sentence = f"Summaries are in {_name(chosen)}. `/settings language:` changes that."
        elif (code := _code(language)) is not None:
            chosen = None if code == OWN else code
            await self._guilds.want_language(guild_id, chosen)
            sentence = f"Summaries of new articles will be in {_name(chosen)}."
        else:
            sentence = "That is none of the languages that are offered while you type. Choose one of them."
        await interaction.response.send_message(sentence, ephemeral=True)

    @settings.autocomplete("language")
    async def offer_languages(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The languages whose names begin as typed."""
        offered = {"Each article's own language": OWN} | {name: code for code, name in LANGUAGES.items()}
        wanted = typed.casefold().strip()
        found = [
            app_commands.Choice(name=name, value=code)
            for name, code in offered.items()
            if name.casefold().startswith(wanted) or code == wanted
        ]
        return found[:CHOICES]


def _code(typed: str) -> str | None:
    """The code that was chosen from the list, or whose language's name was typed."""
    wanted = typed.casefold().strip()
    if wanted == OWN or wanted in LANGUAGES:
        return wanted
    return next((code for code, name in LANGUAGES.items() if name.casefold() == wanted), None)


def _name(language: str | None) -> str:
    return "each article's own language" if language is None else LANGUAGES.get(language, language)


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(SettingsCog(bot.newsroom.guilds))
