"""Comments: what members write reaches the newsroom; `/comments` and the cards' button show it."""

from __future__ import annotations

from collections.abc import Awaitable

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import (
    ARTICLE_MENU,
    BRANCH_MENU,
    Card,
    article_choice,
    article_label,
    article_value,
    branch_card,
    comments_card,
    nonce_of,
    read_article_value,
    read_branch_button,
    read_comments_button,
)
from bot.newsroom.comment_tree import CommentSort
from bot.newsroom.comments import Comments
from bot.newsroom.feedback import CLOSED
from bot.newsroom.front_page import FrontPage
from bot.newsroom.moderation import Moderation
from bot.newsroom.ranking import Period
from bot.publisher import message_seen
from cogs.replies import Answer, Host, Interaction, chosen, clicked, guild_of, show, turn_page
from cogs.visibility import visible_to
from storage.records import After, Listed, Sort

SORTS = [
    app_commands.Choice(name="newest first", value="newest"),
    app_commands.Choice(name="oldest first", value="oldest"),
    app_commands.Choice(name="most voted first", value="most_voted"),
]
CHOICES = 25
LONGEST_SEARCH = 200
_NOT_FOUND = "No article here has these words. Choose one of those offered while you type, or look at `/top`."
_GONE = "Broadsheet no longer has this article, or you can't see its channel. `/top` shows those it has."

_HOW_TO_WITH_CONTENT = "Reply to the card or write in its thread to comment."
# Without MESSAGE_CONTENT Discord shows the bot only the replies that ping it.
_HOW_TO = "Reply to the card, with the ping left on, to comment."


class CommentsCog(commands.Cog, name="comments"):
    """Messages of members on their way to the newsroom, and pages of comments on their way back."""

    def __init__(
        self, comments: Comments, front_page: FrontPage, moderation: Moderation, *, message_content: bool
    ) -> None:
        self._comments = comments
        self._moderation = moderation
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
        if seen is not None and (not seen.by_bot or seen.feedback_id is not None):
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
        self,
        interaction: Interaction,
        article: app_commands.Range[str, 1, LONGEST_SEARCH] | None = None,
        sort: str = "newest",
    ) -> None:
        """The first page of an article's comments."""
        await show(interaction, self._asked_for(interaction, article, CommentSort(sort)))

    @comments.autocomplete("article")
    async def offer_articles(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Recent articles whose title holds the typed words."""
        found = await self._front_page.find(
            guild_of(interaction), typed[:LONGEST_SEARCH], limit=CHOICES, visible=visible_to(interaction)
        )
        return [
            app_commands.Choice(name=article_label(listed), value=article_value(listed.article.id))
            for listed in found
        ]

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A card's button, or one that asks for another page or order."""
        custom_id = clicked(interaction) or ""
        front_page, visible = self._front_page, visible_to(interaction)
        sort, after = CommentSort.NEWEST, None
        if (nonce := nonce_of(custom_id)) is not None:
            finding = front_page.by_nonce(nonce, visible=visible)
        elif (asked := read_comments_button(custom_id)) is not None:
            article_id, sort, after = asked
            finding = front_page.one(guild_of(interaction), article_id, visible=visible)
        elif custom_id == ARTICLE_MENU:
            finding = self._named(interaction, chosen(interaction) or "")
        else:
            wanted = chosen(interaction) or "" if custom_id == BRANCH_MENU else custom_id
            if (branch := read_branch_button(wanted)) is not None:
                await turn_page(interaction, self._branch(interaction, *branch))
            return
        await turn_page(interaction, self._clicked_for(interaction, finding, sort, after))

    async def _asked_for(self, interaction: Interaction, article: str | None, sort: CommentSort) -> Answer:
        listed = await self._named(interaction, article)
        if listed is not None:
            return await self._card(interaction, listed, sort, None)
        return _NOT_FOUND if article is not None else article_choice(await self._worth_reading(interaction))

    async def _clicked_for(
        self,
        interaction: Interaction,
        finding: Awaitable[Listed | None],
        sort: CommentSort,
        after: After | None,
    ) -> Answer:
        listed = await finding
        if listed is None or listed.guild_id != interaction.guild_id:
            return _GONE
        return await self._card(interaction, listed, sort, after)

    async def _named(self, interaction: Interaction, article: str | None) -> Listed | None:
        guild_id, visible = guild_of(interaction), visible_to(interaction)
        if article is None:
            listed = await self._front_page.by_message(interaction.channel_id or 0, visible=visible)
            return listed if listed is not None and listed.guild_id == guild_id else None
        if (article_id := read_article_value(article)) is not None:
            return await self._front_page.one(guild_id, article_id, visible=visible)
        return next(iter(await self._front_page.find(guild_id, article, limit=1, visible=visible)), None)

    async def _worth_reading(self, interaction: Interaction) -> list[Listed]:
        """The last month's most discussed articles; those of the channel where this is asked come first."""
        page = await self._front_page.page(
            guild_of(interaction),
            Sort.DISCUSSED,
            Period.MONTH,
            limit=CHOICES,
            visible=visible_to(interaction),
        )
        return sorted(page.items, key=lambda listed: listed.channel_id != interaction.channel_id)

    async def _card(
        self, interaction: Interaction, listed: Listed, sort: CommentSort, after: After | None
    ) -> Card:
        page = await self._comments.page(
            listed.guild_id, listed.article.id, sort, after, visible=visible_to(interaction)
        )
        how = await self._how(listed)
        return comments_card(listed, page, sort, after, how, closed=how == CLOSED)

    async def _branch(
        self, interaction: Interaction, article_id: int, top_id: int, sort: CommentSort, offset: int
    ) -> Answer:
        visible = visible_to(interaction)
        listed = await self._front_page.one(guild_of(interaction), article_id, visible=visible)
        if listed is None:
            return _GONE
        page = await self._comments.branch(listed.guild_id, article_id, top_id, sort, offset, visible=visible)
        how = await self._how(listed)
        return branch_card(listed, page, top_id, sort, offset, how, closed=how == CLOSED)

    async def _how(self, listed: Listed) -> str:
        """How one comments on an article, if at all."""
        is_closed = await self._moderation.is_closed(listed.guild_id, listed.article.id)
        return CLOSED if is_closed else self._how_to


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    newsroom = bot.newsroom
    await bot.add_cog(
        CommentsCog(
            newsroom.comments,
            newsroom.front_page,
            newsroom.moderation,
            message_content=bot.intents.message_content,
        )
    )
