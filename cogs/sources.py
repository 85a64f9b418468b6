"""`/source status` and `/source check`: what is read for this server, how it is doing, and reading it now."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import (
    SOURCE_MENU,
    checked,
    read_check_button,
    read_sources_button,
    source_card,
    source_name,
    sources_card,
)
from bot.newsroom.checks import Checks, NotFollowed
from bot.newsroom.source_status import shown_address
from bot.newsroom.sources import Sources
from cogs.replies import Answer, Host, Interaction, chosen, clicked, guild_of, show, turn_page
from storage.records import Source

CHOICE, CHOICES = 100, 25
VALUE = "id:"
_UNKNOWN = "This server follows no such source. `/source status` without a name lists those that it follows."
_SEVERAL = "Several sources have this name. Choose one of those offered while you type."


class SourcesCog(commands.Cog, name="sources"):
    """Admins look at their sources and have them read."""

    source = app_commands.Group(
        name="source",
        description="What is read for this server, and how it is doing",
        default_permissions=discord.Permissions(manage_guild=True),
    )

    def __init__(self, sources: Sources, checks: Checks) -> None:
        self._sources = sources
        self._checks = checks

    @source.command(name="status", description="When a source was read, what was found and what went wrong")
    @app_commands.describe(source="The source; leave it out to see all, those with trouble first")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def status(self, interaction: Interaction, source: str | None = None) -> None:
        """One source with all that is known of it, or the first page of all."""
        guild_id = guild_of(interaction)
        await show(interaction, self._list(guild_id, 0) if source is None else self._status(guild_id, source))

    @source.command(name="check", description="Read a source now and say what came of it")
    @app_commands.describe(source="The source; choose one of those offered while you type")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def check(self, interaction: Interaction, source: str) -> None:
        """Read a source now, at most once a minute."""
        await show(interaction, self._check_named(guild_of(interaction), source))

    @status.autocomplete("source")
    @check.autocomplete("source")
    async def offer_sources(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The server's sources that hold the typed words, those with trouble first."""
        words = typed.casefold()
        return [
            app_commands.Choice(name=source_name(source, CHOICE), value=_value(source))
            for source in await self._sources.names(guild_of(interaction))
            if words in f"{source.title} {shown_address(source.url)}".casefold()
        ][:CHOICES]

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A button or the menu under one of our answers was used."""
        custom_id = clicked(interaction) or ""
        page, checked_id = read_sources_button(custom_id), read_check_button(custom_id)
        if custom_id != SOURCE_MENU and page is None and checked_id is None:
            return
        if not interaction.permissions.manage_guild:
            raise app_commands.MissingPermissions(["manage_guild"])
        guild_id = guild_of(interaction)
        if page is not None:
            await turn_page(interaction, self._list(guild_id, page))
        elif checked_id is not None:
            await turn_page(interaction, self._check(guild_id, checked_id))
        else:
            await turn_page(interaction, self._status(guild_id, f"{VALUE}{chosen(interaction)}"))

    async def _list(self, guild_id: int, page: int) -> Answer:
        return sources_card(await self._sources.of_guild(guild_id), page)

    async def _show(self, guild_id: int, source_id: int) -> Answer:
        followed = await self._sources.one(guild_id, source_id)
        return _UNKNOWN if followed is None else source_card(followed)

    async def _status(self, guild_id: int, written: str) -> Answer:
        named = await self._named(guild_id, written)
        return named if isinstance(named, str) else await self._show(guild_id, named.id)

    async def _check_named(self, guild_id: int, written: str) -> Answer:
        named = await self._named(guild_id, written)
        return named if isinstance(named, str) else await self._check(guild_id, named.id)

    async def _check(self, guild_id: int, source_id: int) -> Answer:
        outcome = await self._checks.check(guild_id, source_id)
        followed = await self._sources.one(guild_id, source_id)
        if followed is None or isinstance(outcome, NotFollowed):
            return checked(NotFollowed())
        return source_card(followed, outcome)

    async def _named(self, guild_id: int, written: str) -> Source | str:
        """The source that was chosen or whose title or address was written, or the sentence why there is none."""
        matching = _matching(await self._sources.names(guild_id), written)
        match matching:
            case []:
                return _UNKNOWN
            case [source]:
                return source
            case _:
                return _SEVERAL


def _matching(sources: Sequence[Source], written: str) -> list[Source]:
    """The one with this value, else those with this title or address."""
    wanted = written.strip().casefold()
    return [source for source in sources if _value(source) == written] or [
        source for source in sources if wanted in (source.title.casefold(), source.url.casefold())
    ]


def _value(source: Source) -> str:
    """What stands for a source in offered choices. A number alone may be a source's title."""
    return f"{VALUE}{source.id}"


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(SourcesCog(bot.newsroom.sources, bot.newsroom.checks))
