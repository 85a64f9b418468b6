"""`/who voted`, `/leaderboard` and `/stats`: who and what did most, and how much was done."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from discord import app_commands
from discord.ext import commands

from bot.cards import (
    About,
    Card,
    commenters_board,
    sources_board,
    stats_card,
    top_card,
    voters_card,
)
from bot.newsroom.boards import LISTED, Boards, Figures
from bot.newsroom.front_page import FrontPage
from bot.newsroom.ranking import Period
from cogs.frontpage import PERIODS
from cogs.named import article_named, articles_offered
from cogs.replies import Answer, Host, Interaction, guild_of, show
from cogs.visibility import visible_to, visible_to_all_here
from storage.records import Sort

OF = [
    app_commands.Choice(name="articles", value="articles"),
    app_commands.Choice(name="sources", value="sources"),
    app_commands.Choice(name="commenters", value="commenters"),
]
ABOUT = [
    app_commands.Choice(name="activity: articles and comments by day", value="activity"),
    app_commands.Choice(name="votes: for and against by day", value="votes"),
    app_commands.Choice(name="sources: their votes compared", value="sources"),
]
_NOT_SHOWN = "In this server nobody is told who voted. Admins can change that with `/settings votes names`."
_NO_ARTICLE = "No article here has this title. Choose one of those offered while you type."


class BoardsCog(commands.Cog, name="boards"):
    """Who and what did most."""

    def __init__(self, boards: Boards, front_page: FrontPage) -> None:
        self._boards = boards
        self._front_page = front_page

    who = app_commands.Group(name="who", description="Who voted, where this server shows it")

    @who.command(name="voted", description="Who voted on an article, where this server shows it")
    @app_commands.describe(article="The article; leave it out in the thread of one")
    async def voted(self, interaction: Interaction, article: str | None = None) -> None:
        """The votes that count, by emoji."""
        await show(interaction, self._voters(interaction, article))

    @voted.autocomplete("article")
    async def offer_articles(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The newest articles that hold the typed words."""
        return await articles_offered(self._front_page, interaction, typed)

    @app_commands.command(
        name="leaderboard", description="The articles, sources or commenters with most votes"
    )
    @app_commands.describe(
        of="Of what (articles if you leave it out)",
        period="Of how long back (a month if you leave it out)",
        public="Show it to everyone in the channel instead of only to you",
    )
    @app_commands.choices(of=OF, period=PERIODS)
    async def leaderboard(
        self, interaction: Interaction, of: str = "articles", period: str = "month", public: bool = False
    ) -> None:
        """The first ones."""
        visible = visible_to_all_here(interaction) if public else visible_to(interaction)
        making = self._leaders(guild_of(interaction), of, Period(period), visible)
        await show(interaction, making, ephemeral=not public)

    @app_commands.command(name="stats", description="A picture of what happened here in the last thirty days")
    @app_commands.describe(
        about="Of what (activity if you leave it out)",
        public="Show it to everyone in the channel instead of only to you",
    )
    @app_commands.choices(about=ABOUT)
    async def stats(self, interaction: Interaction, about: str = "activity", public: bool = False) -> None:
        """A picture, and its figures in words."""
        visible = visible_to_all_here(interaction) if public else visible_to(interaction)
        making = self._stats(guild_of(interaction), About(about), visible)
        await show(interaction, making, ephemeral=not public)

    async def _voters(self, interaction: Interaction, written: str | None) -> Answer:
        article = await article_named(self._front_page, interaction, written)
        if article is None:
            return _NO_ARTICLE
        found = await self._boards.voters(article.guild_id, article.article.id)
        return _NOT_SHOWN if found is None else voters_card(article, found)

    async def _leaders(self, guild_id: int, of: str, period: Period, visible: Collection[int]) -> Card:
        if of == "sources":
            return sources_board(await self._boards.sources(guild_id, period, visible=visible), period)
        if of == "commenters":
            return commenters_board(await self._boards.commenters(guild_id, period, visible=visible), period)
        page = await self._front_page.page(guild_id, Sort.TOP, period, LISTED, visible=visible)
        return top_card(page, Sort.TOP, period)

    async def _stats(self, guild_id: int, about: About, visible: Collection[int]) -> Card:
        figures = await self._boards.figures(guild_id, visible=visible)
        return stats_card(figures, about, await asyncio.to_thread(_drawn, figures, about))


def _drawn(figures: Figures, about: About) -> bytes:
    from bot.cards import charts

    match about:
        case About.ACTIVITY:
            return charts.activity_chart(figures.days)
        case About.VOTES:
            return charts.votes_chart(figures.days)
        case About.SOURCES:
            return charts.sources_chart(figures.sources)


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(BoardsCog(bot.newsroom.boards, bot.newsroom.front_page))
