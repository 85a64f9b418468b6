"""`/top`: a server's articles in the order that its members' votes give them; and all that a digest names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import (
    LINES_A_PAGE,
    Card,
    late_card,
    read_digest_button,
    read_top_button,
    source_name,
    top_card,
)
from bot.newsroom.front_page import FrontPage, Only, WrongCursor
from bot.newsroom.ranking import Period
from cogs.replies import Answer, Host, Interaction, clicked, guild_of, show, turn_page
from cogs.visibility import visible_to, visible_to_all_here
from storage.records import Sort, Source

SORTS = [
    app_commands.Choice(name="hot: votes, and how new", value="hot"),
    app_commands.Choice(name="top: most votes", value="top"),
    app_commands.Choice(name="best: the most surely liked", value="best"),
    app_commands.Choice(name="new: newest first", value="new"),
    app_commands.Choice(name="discussed: most comments", value="discussed"),
    app_commands.Choice(name="controversial: votes for and against", value="controversial"),
]
PERIODS = [
    app_commands.Choice(name="the last day", value="day"),
    app_commands.Choice(name="the last week", value="week"),
    app_commands.Choice(name="the last month", value="month"),
    app_commands.Choice(name="all time", value="all"),
]

CHOICE, CHOICES = 100, 25
VALUE = "id:"
UNKNOWN_SOURCE = (
    "No such source comes into channels that you can read. Choose one of those offered while you type."
)
_GONE = "Broadsheet no longer has this list, or you can't see its channel."


class FrontPageCog(commands.Cog, name="front page"):
    """The ranked articles, page by page."""

    def __init__(self, front_page: FrontPage) -> None:
        self._front_page = front_page

    @app_commands.command(name="top", description="The server's articles, ranked by its members' votes")
    @app_commands.describe(
        sort="In which order (hot if you leave it out)",
        period="Of how long back (a week if you leave it out)",
        source="Of one source only; choose one of those offered while you type",
        channel="Of one channel only",
        public="Show it to everyone in the channel instead of only to you",
    )
    @app_commands.choices(sort=SORTS, period=PERIODS)
    async def top(
        self,
        interaction: Interaction,
        sort: str = "hot",
        period: str = "week",
        source: str | None = None,
        channel: discord.TextChannel | discord.ForumChannel | discord.Thread | None = None,
        public: bool = False,
    ) -> None:
        """The first page."""
        guild_id = guild_of(interaction)
        visible = visible_to_all_here(interaction) if public else visible_to(interaction)
        source_id = None
        if source is not None:
            source_id = source_named(await self._front_page.sources(guild_id, visible=visible), source)
            if source_id is None:
                await interaction.response.send_message(UNKNOWN_SOURCE, ephemeral=True)
                return
        only = Only(source_id, None if channel is None else channel.id)
        making = self._card(guild_id, Sort(sort), Period(period), None, only, visible)
        await show(interaction, making, ephemeral=not public)

    @top.autocomplete("source")
    async def offer_sources(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The sources that the member may read, whose titles hold the typed words."""
        sources = await self._front_page.sources(guild_of(interaction), visible=visible_to(interaction))
        return sources_offered(sources, typed)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A button asks for another page."""
        custom_id = clicked(interaction) or ""
        if (asked := read_top_button(custom_id)) is not None:
            making = self._card(guild_of(interaction), *asked, visible_to(interaction))
            await turn_page(interaction, making)
        elif (late := read_digest_button(custom_id)) is not None:
            await turn_page(interaction, self._late(interaction, *late))

    async def _late(self, interaction: Interaction, nonce: str, offset: int) -> Answer:
        visible = visible_to(interaction)
        found = await self._front_page.late(nonce, offset, limit=LINES_A_PAGE, visible=visible)
        if found is None or found.digest.guild_id != interaction.guild_id:
            return _GONE
        return late_card(found, offset)

    async def _card(
        self,
        guild_id: int,
        sort: Sort,
        period: Period,
        cursor: str | None,
        only: Only,
        visible: Collection[int],
    ) -> Card:
        asked = partial(
            self._front_page.page, guild_id, sort, period, limit=LINES_A_PAGE, visible=visible, only=only
        )
        try:
            page = await asked(cursor=cursor)
        except WrongCursor:  # a button of an older version: begin again
            cursor = None
            page = await asked()
        return top_card(page, sort, period, cursor, only)


def sources_offered(sources: Sequence[Source], typed: str) -> list[app_commands.Choice[str]]:
    """Those of the sources whose titles hold the typed words."""
    return [
        app_commands.Choice(name=source_name(source, CHOICE), value=f"{VALUE}{source.id}")
        for source in sources
        if typed.casefold() in source.title.casefold()
    ][:CHOICES]


def source_named(sources: Sequence[Source], written: str) -> int | None:
    """The id of the source that was chosen, or whose title was written; None where that is not one alone."""
    found = [one for one in sources if written == f"{VALUE}{one.id}"] or [
        one for one in sources if one.title.casefold() == written.strip().casefold()
    ]
    return found[0].id if len(found) == 1 else None


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(FrontPageCog(bot.newsroom.front_page))
