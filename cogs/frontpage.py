"""`/top`: a server's articles in the order that its members' votes give them."""

from __future__ import annotations

from collections.abc import Collection

from discord import app_commands
from discord.ext import commands

from bot.cards import Card, read_top_button, top_card
from bot.newsroom.front_page import FrontPage, WrongCursor
from bot.newsroom.ranking import Period
from cogs.replies import Host, Interaction, clicked, guild_of, show, turn_page
from cogs.visibility import visible_to, visible_to_all_here
from storage.records import Sort

SORTS = [
    app_commands.Choice(name="hot: votes, and how new", value="hot"),
    app_commands.Choice(name="top: most votes", value="top"),
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


class FrontPageCog(commands.Cog, name="front page"):
    """The ranked articles, page by page."""

    def __init__(self, front_page: FrontPage) -> None:
        self._front_page = front_page

    @app_commands.command(name="top", description="The server's articles, ranked by its members' votes")
    @app_commands.describe(
        sort="In which order (hot if you leave it out)",
        period="Of how long back (a week if you leave it out)",
        public="Show it to everyone in the channel instead of only to you",
    )
    @app_commands.choices(sort=SORTS, period=PERIODS)
    async def top(
        self, interaction: Interaction, sort: str = "hot", period: str = "week", public: bool = False
    ) -> None:
        """The first page."""
        visible = visible_to_all_here(interaction) if public else visible_to(interaction)
        making = self._card(guild_of(interaction), Sort(sort), Period(period), None, visible)
        await show(interaction, making, ephemeral=not public)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A button asks for another page."""
        asked = read_top_button(clicked(interaction) or "")
        if asked is not None:
            making = self._card(guild_of(interaction), *asked, visible_to(interaction))
            await turn_page(interaction, making)

    async def _card(
        self, guild_id: int, sort: Sort, period: Period, cursor: str | None, visible: Collection[int]
    ) -> Card:
        try:
            page = await self._front_page.page(
                guild_id, sort, period, limit=10, cursor=cursor, visible=visible
            )
        except WrongCursor:  # a button of an older version: begin again
            cursor = None
            page = await self._front_page.page(guild_id, sort, period, limit=10, visible=visible)
        return top_card(page, sort, period, cursor)


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(FrontPageCog(bot.newsroom.front_page))
