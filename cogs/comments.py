"""Comments: what members write reaches the newsroom; `/comments` and the cards' button show it."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import (
    ARTICLE_MENU,
    COMMENTS_A_PAGE,
    Card,
    article_choice,
    comments_card,
    line,
    nonce_of,
    read_comments_button,
)
from bot.newsroom.comment_tree import CommentSort
from bot.newsroom.comments import Comments
from bot.newsroom.front_page import FrontPage
from bot.newsroom.ranking import Period
from bot.publisher import message_seen
from cogs.replies import Host, Interaction, chosen, clicked, guild_of, show, turn_page
from storage.records import Listed, Sort

SORTS = [
    app_commands.Choice(name="newest first", value="newest"),
    app_commands.Choice(name="oldest first", value="oldest"),
    app_commands.Choice(name="most voted first", value="most_voted"),
]
CHOICE_NAME, CHOICES = 100, 25
_NOT_FOUND = "No article here has these words. Choose one of those offered while you type, or look at `/top`."

_HOW_TO_WITH_CONTENT = "Reply to the card or write in its thread to comment."
# Without MESSAGE_CONTENT Discord shows the bot only the replies that ping it.
_HOW_TO = "Reply to the card, with the ping left on, to comment."


class CommentsCog(commands.Cog, name="comments"):
    """Messages of members on their way to the newsroom, and pages of comments on their way back."""

    def __init__(self, comments: Comments, front_page: FrontPage, *, message_content: bool) -> None:
        self._comments = comments
        self._front_page = front_page
        self._how_to = _HOW_TO_WITH_CONTENT if message_content else _HOW_TO

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Somebody wrote."""
        await self._tell(message)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, edit: discord.RawMessageUpdateEvent) -> None:
        """Somebody edited, or Discord unfolded a link. (Empty text is withheld text: the newsroom knows.)"""
        await self._tell(edit.message)

    async def _tell(self, message: discord.Message) -> None:
        seen = message_seen(message)
        if seen is not None and not seen.by_bot:
            await self._comments.seen(seen)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, deletion: discord.RawMessageDeleteEvent) -> None:
        """A message was deleted."""
        await self._comments.deleted((deletion.message_id,))

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, deletion: discord.RawBulkMessageDeleteEvent) -> None:
        """Many messages were deleted at once."""
        await self._comments.deleted(deletion.message_ids)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, deletion: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted; Discord tells of no single message in it."""
        await self._comments.channel_deleted(deletion.thread_id)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was deleted. (discord.py tells of the threads under it as deleted threads.)"""
        await self._comments.channel_deleted(channel.id)

    @app_commands.command(name="comments", description="What members say about an article")
    @app_commands.describe(
        article="Words of its title; leave it out to choose from a list, or inside its thread",
        sort="In which order (newest first if you leave it out)",
    )
    @app_commands.choices(sort=SORTS)
    async def comments(
        self, interaction: Interaction, article: str | None = None, sort: str = "newest"
    ) -> None:
        """The first page of an article's comments."""
        listed = await self._named(interaction, article)
        if listed is None and article is None:
            await show(interaction, article_choice(await self._worth_reading(interaction)))
            return
        if listed is None:
            await interaction.response.send_message(_NOT_FOUND, ephemeral=True)
            return
        await show(interaction, await self._card(listed, CommentSort(sort), 0))

    @comments.autocomplete("article")
    async def offer_articles(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Recent articles whose title holds the typed words."""
        found = await self._front_page.find(guild_of(interaction), typed, limit=CHOICES)
        return [
            app_commands.Choice(
                name=line(listed.article.title, CHOICE_NAME) or "Untitled article",
                value=str(listed.article.id),
            )
            for listed in found
        ]

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A card's button, or one that asks for another page or order."""
        custom_id = clicked(interaction) or ""
        if (nonce := nonce_of(custom_id)) is not None:
            listed, sort, offset = await self._front_page.by_nonce(nonce), CommentSort.NEWEST, 0
        elif (asked := read_comments_button(custom_id)) is not None:
            article_id, sort, offset = asked
            listed = await self._front_page.one(guild_of(interaction), article_id)
        elif custom_id == ARTICLE_MENU:
            listed, sort, offset = (
                await self._named(interaction, chosen(interaction) or ""),
                CommentSort.NEWEST,
                0,
            )
        else:
            return
        if listed is None or listed.guild_id != interaction.guild_id:
            gone = "Broadsheet no longer has this article. `/top` shows those it has."
            await interaction.response.send_message(gone, ephemeral=True)
            return
        await turn_page(interaction, await self._card(listed, sort, offset))

    async def _named(self, interaction: Interaction, article: str | None) -> Listed | None:
        guild_id = guild_of(interaction)
        if article is None:
            listed = await self._front_page.by_message(interaction.channel_id or 0)
            return listed if listed is not None and listed.guild_id == guild_id else None
        if article.isascii() and article.isdigit() and len(article) < 19:
            listed = await self._front_page.one(guild_id, int(article))
            if listed is not None:
                return listed
        return next(iter(await self._front_page.find(guild_id, article, limit=1)), None)

    async def _worth_reading(self, interaction: Interaction) -> list[Listed]:
        """The last month's most discussed articles; those of the channel where this is asked come first."""
        page = await self._front_page.page(guild_of(interaction), Sort.DISCUSSED, Period.MONTH, limit=CHOICES)
        return sorted(page.items, key=lambda listed: listed.channel_id != interaction.channel_id)

    async def _card(self, listed: Listed, sort: CommentSort, offset: int) -> Card:
        page = await self._comments.page(
            listed.guild_id, listed.article.id, sort, offset, limit=COMMENTS_A_PAGE
        )
        return comments_card(listed, page, sort, offset, self._how_to)


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    newsroom = bot.newsroom
    await bot.add_cog(
        CommentsCog(newsroom.comments, newsroom.front_page, message_content=bot.intents.message_content)
    )
