"""`/follow`: members are told of what they care for, where and when they want; one list stops it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import (
    CLOSED_NOTE,
    about_listener,
    follows_card,
    named_follow,
    read_follow_comments_button,
    read_follows_button,
    read_letter_button,
    read_unfollow_button,
    source_name,
    told_how,
)
from bot.newsroom.follows import LONGEST_PHRASE, Asking, Follows, NotFollowed, Settings
from bot.newsroom.front_page import FrontPage
from bot.newsroom.zones import zones_like
from bot.publisher import PostChannel, missing_permissions, needed_to_say
from cogs.frontpage import CHOICE, CHOICES, UNKNOWN_SOURCE, source_named, sources_offered
from cogs.named import LONGEST_SEARCH, article_named, articles_offered
from cogs.replies import Answer, Host, Interaction, clicked, guild_of, show, turn_page
from cogs.visibility import visible_to
from storage.records import Follow, Listed

HERE = "here"
WHERE = [
    app_commands.Choice(name="in a direct message", value="direct"),
    app_commands.Choice(name="in this channel", value=HERE),
]
GATHERED = "gathered"
WHEN = [
    app_commands.Choice(name="at once", value="at once"),
    app_commands.Choice(name="gathered, once a day", value=GATHERED),
]
_HOW = {
    "where": "Where you are told (in a direct message if you leave it out)",
    "when": "At once, or gathered once a day (as /follow settings says if you leave it out)",
}
_NO_ARTICLE = (
    "No article that you can see here has these words. Choose one of those offered while you type, or use this inside "
    "an article's thread."
)
_NOT_HERE = "Broadsheet can't tell you things in this place. Use this in a text channel or a thread."
_YOU_NOT_HERE = (
    "You may not write in this channel yourself, so Broadsheet does not write here for you. Choose a direct message, "
    "or another channel."
)


class FollowsCog(commands.Cog, name="follows"):
    """Members follow things, look what they follow, and say how they are told."""

    follow = app_commands.Group(name="follow", description="Be told of what you care for, and stop it again")

    def __init__(self, follows: Follows, front_page: FrontPage) -> None:
        self._follows = follows
        self._front_page = front_page

    @follow.command(name="source", description="Be told of every new article of a source")
    @app_commands.describe(source="The source; choose one of those offered while you type", **_HOW)
    @app_commands.choices(where=WHERE, when=WHEN)
    async def source(
        self, interaction: Interaction, source: str, where: str | None = None, when: str | None = None
    ) -> None:
        """A source whose articles come into channels that the member may read."""
        await show(interaction, self._source(interaction, source, where, when))

    @follow.command(name="phrase", description="Be told of articles that say a word or a phrase")
    @app_commands.describe(phrase="A word, or several that stand together, in title, summary or tags", **_HOW)
    @app_commands.choices(where=WHERE, when=WHEN)
    async def phrase(
        self,
        interaction: Interaction,
        phrase: app_commands.Range[str, 1, LONGEST_PHRASE],
        where: str | None = None,
        when: str | None = None,
    ) -> None:
        """A word or phrase, in whichever source."""
        await show(
            interaction,
            self._told(interaction, where, when, lambda asking: self._follows.phrase(asking, phrase)),
        )

    @follow.command(name="author", description="Be told of articles by an author")
    @app_commands.describe(author="Their name, as their articles have it", **_HOW)
    @app_commands.choices(where=WHERE, when=WHEN)
    async def author(
        self,
        interaction: Interaction,
        author: app_commands.Range[str, 1, LONGEST_PHRASE],
        where: str | None = None,
        when: str | None = None,
    ) -> None:
        """An author, in whichever source."""
        await show(
            interaction,
            self._told(interaction, where, when, lambda asking: self._follows.author(asking, author)),
        )

    @follow.command(name="article", description="Be told of what is said about an article")
    @app_commands.describe(
        article="Words of its title; leave it out inside its thread",
        **_HOW,
    )
    @app_commands.choices(where=WHERE, when=WHEN)
    async def article(
        self,
        interaction: Interaction,
        article: app_commands.Range[str, 1, LONGEST_SEARCH] | None = None,
        where: str | None = None,
        when: str | None = None,
    ) -> None:
        """An article's comments."""
        finding = article_named(self._front_page, interaction, article)
        await show(interaction, self._comments(interaction, finding, where, when))

    @follow.command(name="replies", description="Be told when somebody answers a comment of yours")
    @app_commands.describe(**_HOW)
    @app_commands.choices(where=WHERE, when=WHEN)
    async def replies(
        self, interaction: Interaction, where: str | None = None, when: str | None = None
    ) -> None:
        """Replies to oneself."""
        await show(interaction, self._told(interaction, where, when, self._follows.replies))

    @follow.command(name="list", description="What you follow here, with a button to stop each")
    async def list_all(self, interaction: Interaction) -> None:
        """The first page."""
        await show(interaction, self._list(interaction, guild_of(interaction), 0))

    @follow.command(
        name="settings", description="When and where you are told: time zone, quiet hours, at once or not"
    )
    @app_commands.describe(
        zone="Your time zone; begin to type your city",
        quiet="When you are told nothing, such as 22:00-07:00; off for never",
        gather="At what time what is gathered comes, such as 18:00",
        where="For all that you follow in this server: where you are told",
        when="For all that you follow in this server, and from now on: at once, or gathered once a day",
    )
    @app_commands.choices(where=WHERE, when=WHEN)
    async def settings(
        self,
        interaction: Interaction,
        zone: app_commands.Range[str, 1, CHOICE] | None = None,
        quiet: app_commands.Range[str, 1, 40] | None = None,
        gather: app_commands.Range[str, 1, 20] | None = None,
        where: str | None = None,
        when: str | None = None,
    ) -> None:
        """Show how one is told, or change it."""
        wishes = Settings(
            zone,
            quiet,
            gather,
            gathered=None if when is None else when == GATHERED,
            channel_id=interaction.channel_id if where == HERE else None,
            directly=where is not None and where != HERE,
        )
        await show(interaction, self._settle(interaction, wishes))

    @source.autocomplete("source")
    async def offer_sources(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The sources that the member may read."""
        found = await self._front_page.sources(guild_of(interaction), visible=visible_to(interaction))
        return sources_offered(found, typed)

    @author.autocomplete("author")
    async def offer_authors(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Authors of the newest articles that the member may read."""
        visible = visible_to(interaction)
        found = await self._follows.authors(guild_of(interaction), typed, CHOICES, visible=visible)
        return [
            app_commands.Choice(name=name, value=name) for name in found if 0 < len(name) <= LONGEST_PHRASE
        ]

    @article.autocomplete("article")
    async def offer_articles(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The newest articles that hold the typed words."""
        return await articles_offered(self._front_page, interaction, typed)

    @settings.autocomplete("zone")
    async def offer_zones(self, _: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Time zones whose names hold what is typed."""
        return [app_commands.Choice(name=zone, value=zone) for zone in await zones_like(typed, CHOICES)]

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A member uses the bot, or a button of theirs: under a letter, the list, or an article's comments."""
        if interaction.type is discord.InteractionType.application_command:
            # The commands here say themselves that direct messages are closed, before it is tried again.
            if not _is_own(interaction):
                await self._follows.came(interaction.user.id)
            return
        custom_id = clicked(interaction, anywhere=True) or ""
        if (letter := read_letter_button(custom_id)) is not None:
            await show(interaction, self._list(interaction, letter[1], 0))
        elif (asked := read_follows_button(custom_id)) is not None:
            await turn_page(interaction, self._list(interaction, *asked))
        elif (stopping := read_unfollow_button(custom_id)) is not None:
            await turn_page(interaction, self._stop(interaction, *stopping))
        elif (
            article_id := read_follow_comments_button(custom_id)
        ) is not None and interaction.guild_id is not None:
            finding = self._front_page.one(guild_of(interaction), article_id, visible=visible_to(interaction))
            await show(interaction, self._comments(interaction, finding, None, None))

    async def _source(
        self, interaction: Interaction, written: str, where: str | None, when: str | None
    ) -> Answer:
        found = await self._front_page.sources(guild_of(interaction), visible=visible_to(interaction))
        source_id = source_named(found, written)
        source = next((one for one in found if one.id == source_id), None)
        if source is None:
            return UNKNOWN_SOURCE
        name = source_name(source, CHOICE)
        return await self._told(
            interaction, where, when, lambda asking: self._follows.source(asking, source, name)
        )

    async def _comments(
        self,
        interaction: Interaction,
        finding: Awaitable[Listed | None],
        where: str | None,
        when: str | None,
    ) -> Answer:
        listed = await finding
        if listed is None:
            return _NO_ARTICLE
        return await self._told(
            interaction, where, when, lambda asking: self._follows.comments(asking, listed)
        )

    async def _told(
        self,
        interaction: Interaction,
        where: str | None,
        when: str | None,
        follow: Callable[[Asking], Awaitable[Follow | NotFollowed]],
    ) -> Answer:
        if where == HERE and (hindrance := _hindrance(interaction)) is not None:
            return hindrance
        asking = Asking(
            guild_of(interaction),
            interaction.user.id,
            made_in=interaction.channel_id or 0,
            channel_id=interaction.channel_id if where == HERE else None,
            gathered=None if when is None else when == GATHERED,
        )
        outcome = await follow(asking)
        if isinstance(outcome, NotFollowed):
            return outcome.sentence
        sentence = (
            f"You follow {named_follow(outcome)}. You are told {told_how(outcome)}. `/follow list` shows all that you "
            "follow here and stops it."
        )
        closed = await self._was_closed(interaction)
        return f"{sentence}\n\n{CLOSED_NOTE}" if closed and outcome.channel_id is None else sentence

    async def _was_closed(self, interaction: Interaction) -> bool:
        """Whether the member's direct messages were found closed; what waits for them is tried again."""
        listener = await self._follows.listener(interaction.user.id)
        await self._follows.came(interaction.user.id)
        return listener.closed_at is not None

    async def _list(self, interaction: Interaction, guild_id: int, page: int) -> Answer:
        member_id = interaction.user.id
        closed = await self._was_closed(interaction)
        follows = await self._follows.of_member(guild_id, member_id)
        return follows_card(guild_id, follows, await self._follows.listener(member_id), page, closed=closed)

    async def _stop(self, interaction: Interaction, follow_id: int, guild_id: int, page: int) -> Answer:
        # Stopped already, as by a second click: the list shows it.
        await self._follows.stop(follow_id, interaction.user.id)
        return await self._list(interaction, guild_id, page)

    async def _settle(self, interaction: Interaction, wishes: Settings) -> Answer:
        if wishes.channel_id is not None and (hindrance := _hindrance(interaction)) is not None:
            return hindrance
        outcome = await self._follows.settle(guild_of(interaction), interaction.user.id, wishes)
        if isinstance(outcome, NotFollowed):
            return outcome.sentence
        await self._was_closed(interaction)
        sentences = [about_listener(outcome)]
        if wishes.directly:
            sentences.append("All that you follow in this server is told in direct messages from now on.")
        elif wishes.channel_id is not None:
            sentences.append(
                f"All that you follow in this server is told in <#{wishes.channel_id}> from now on."
            )
        if wishes.gathered is not None:
            how = "gathered once a day" if wishes.gathered else "at once"
            sentences.append(
                f"All that you follow in this server is told {how}, and so is what you follow from now on."
            )
        return " ".join(sentences)


def _hindrance(interaction: Interaction) -> str | None:
    """Why a member can't be told things in the channel where they ask, and what to do; None: they can."""
    channel = interaction.channel
    if not isinstance(channel, PostChannel) or isinstance(channel, discord.ForumChannel):
        return _NOT_HERE
    held = interaction.permissions
    if not (held.send_messages_in_threads if isinstance(channel, discord.Thread) else held.send_messages):
        return _YOU_NOT_HERE
    missing = missing_permissions(channel, needed_to_say(channel))
    return None if missing is None else missing.sentence


def _is_own(interaction: Interaction) -> bool:
    data: object = interaction.data
    return isinstance(data, dict) and data.get("name") == FollowsCog.follow.name


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(FollowsCog(bot.newsroom.follows, bot.newsroom.front_page))
