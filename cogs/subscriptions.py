"""`/subscribe`, `/unsubscribe`, `/subscriptions`: which sources come into which channels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import (
    Card,
    escape,
    escaped_text,
    line,
    read_subscriptions_button,
    source_name,
    subscriptions_card,
)
from bot.feeds.model import Candidate
from bot.newsroom.subscriptions import NotSubscribed, SeveralFeeds, Subscribed, Subscriptions
from bot.newsroom.wishes import LENGTHS, PAGES, SAME_STORY, WAITS, about_changes, about_wishes, listed
from bot.publisher import PostChannel, is_announcement, is_closed, missing_permissions, needed_to_post
from cogs.replies import Host, Interaction, clicked, guild_of, show, turn_page
from storage.records import Length, Reading, SameStory, Subscription, Wishes

CHOICE, CHOICES = 100, 25
CHOOSE_WITHIN = 600.0  # seconds; an interaction's token ends after 900
MESSAGE = 1900
FEED_MENU = "feeds:"
_CHOICE_ENDED = "This choice has ended. Use `/subscribe` again to see which feeds there are."
_HOW_FOLLOWED = {
    "sitemap": " The site has no feed, so Broadsheet reads its news sitemap.",
    "page": (
        " Broadsheet reads the links to articles on that page. If it takes the wrong ones, subscribe again with "
        "`selector:`, a CSS selector of the right ones."
    ),
}
_CANNOT_SEE = "Broadsheet can't see that channel. Allow **View Channel** for its role there, then try again."


class Place(app_commands.Transformer):
    """Where cards may go, as it was named. Archived threads are not in the cache: the command looks for them."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """A channel."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Those that hold messages, threads or posts."""
        return [
            discord.ChannelType.text,
            discord.ChannelType.news,
            discord.ChannelType.forum,
            discord.ChannelType.news_thread,
            discord.ChannelType.public_thread,
            discord.ChannelType.private_thread,
        ]

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> NamedPlace:
        """What Discord sent, not looked for yet: that may take longer than Discord waits for an answer."""
        return value  # type: ignore[no-any-return]  # discord.py makes it of the resolved data


NamedPlace = app_commands.AppCommandChannel | app_commands.AppCommandThread


class SubscriptionsCog(commands.Cog, name="subscriptions"):
    """Admins wire sources to channels."""

    def __init__(self, subscriptions: Subscriptions, *, choose_within: float = CHOOSE_WITHIN) -> None:
        self._subscriptions = subscriptions
        self._choose_within = choose_within
        # Custom ids of the menus that can still be chosen from.
        self._open_menus: set[str] = set()

    @app_commands.command(name="subscribe", description="Post a site's new articles into a channel")
    @app_commands.describe(
        url="A site, its feed, a YouTube channel, r/subreddit, github:owner/repository, @user@mastodon.social",
        channel="Where the cards go (this channel if you leave it out)",
        thread="Open a thread for discussion under each card",
        selector="For a page without a feed: a CSS selector of its links to articles, such as: article h2 a",
        summary="How much of an article its card tells",
        pages="Whether articles' own pages are read for what the feed leaves out",
        same_story="What becomes of a story that the channel has from another source already",
        announce="In an announcement channel: publish every card to the servers that follow it",
        pin="Pin every card (Discord keeps up to 250 in a channel)",
        at_most="At most so many cards a day; what comes beyond is in the channel's next digest (0: no limit)",
        wait="How long a card may wait while the channel can't be reached; later it is named in one message",
    )
    @app_commands.choices(
        summary=[app_commands.Choice(name=words, value=wish.value) for wish, words in LENGTHS.items()],
        pages=[app_commands.Choice(name=words, value=wish.value) for wish, words in PAGES.items()],
        same_story=[app_commands.Choice(name=words, value=wish.value) for wish, words in SAME_STORY.items()],
        wait=[app_commands.Choice(name=words, value=str(hours)) for hours, words in WAITS.items()],
    )
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def subscribe(
        self,
        interaction: Interaction,
        url: app_commands.Range[str, 1, 2000],
        channel: app_commands.Transform[NamedPlace, Place] | None = None,
        thread: bool | None = None,
        selector: app_commands.Range[str, 1, 200] | None = None,
        summary: str | None = None,
        pages: str | None = None,
        same_story: str | None = None,
        announce: bool | None = None,
        pin: bool | None = None,
        wait: str | None = None,
        at_most: app_commands.Range[int, 0, 100] | None = None,
    ) -> None:
        """Find what is to be followed at an address and store the wish, if the bot may post there."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            target = interaction.channel if channel is None else channel.resolve() or await channel.fetch()
        except (discord.Forbidden, discord.NotFound):
            await interaction.followup.send(_CANNOT_SEE, ephemeral=True)
            return
        wishes = Wishes(
            thread=thread,
            length=Length(summary) if summary else None,
            reading=Reading(pages) if pages else None,
            same_story=SameStory(same_story) if same_story else None,
            announce=announce,
            pin=pin,
            longest_wait=timedelta(hours=int(wait)) if wait else None,
            at_most=at_most,
        )
        place = _place(target, wishes)
        if isinstance(place, str):
            await interaction.followup.send(place, ephemeral=True)
        else:
            await self._subscribe(interaction, place, url, wishes, selector)

    async def _subscribe(
        self,
        interaction: Interaction,
        place: PostChannel,
        url: str,
        wishes: Wishes,
        selector: str | None = None,
    ) -> None:
        outcome = await self._subscriptions.subscribe(
            guild_of(interaction),
            place.id,
            url,
            wishes=wishes,
            by=interaction.user.id,
            newest=1,
            selector=selector,
            forum=isinstance(place, discord.ForumChannel),
        )
        match outcome:
            case Subscribed(subscription=subscription, before=before):
                await interaction.followup.send(_welcome(subscription, before), ephemeral=True)
            case NotSubscribed(sentence=sentence):
                await interaction.followup.send(escaped_text(sentence, MESSAGE), ephemeral=True)
            case SeveralFeeds(candidates=candidates):
                await self._offer(interaction, place, candidates, wishes)

    async def _offer(
        self, interaction: Interaction, place: PostChannel, candidates: Sequence[Candidate], wishes: Wishes
    ) -> None:
        custom_id = f"{FEED_MENU}{interaction.id}"

        async def chosen(choice: Interaction, url: str) -> None:
            await choice.response.defer(ephemeral=True, thinking=True)
            await self._subscribe(choice, place, url, wishes)

        async def ended() -> None:
            self._open_menus.discard(custom_id)
            # An interaction's messages can be changed for 15 minutes; a later choice is answered all the same.
            with suppress(discord.HTTPException):
                await message.edit(content=_CHOICE_ENDED, view=None)

        menu = FeedChoice(custom_id, candidates, chosen=chosen, ended=ended, timeout=self._choose_within)
        self._open_menus.add(custom_id)
        message = await interaction.followup.send(
            f"This site offers several feeds. Which one should come into <#{place.id}>?",
            view=menu,
            ephemeral=True,
            wait=True,
        )

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Another page of the list is asked for, or a menu was used that a restart or time has ended."""
        custom_id = clicked(interaction) or ""
        if custom_id.startswith(FEED_MENU) and custom_id not in self._open_menus:
            await interaction.response.edit_message(content=_CHOICE_ENDED, view=None)
        elif (page := read_subscriptions_button(custom_id)) is not None:
            if not interaction.permissions.manage_guild:
                raise app_commands.MissingPermissions(["manage_guild"])
            await turn_page(interaction, self._list(interaction, page))

    @app_commands.command(name="unsubscribe", description="Stop posting a source into a channel")
    @app_commands.describe(source="The source; choose one of those offered while you type")
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def unsubscribe(self, interaction: Interaction, source: str) -> None:
        """End a subscription; what was posted stays."""
        await show(interaction, self._end(guild_of(interaction), source))

    async def _end(self, guild_id: int, source: str) -> str:
        matching = _matching(await self._subscriptions.of_guild(guild_id), source)
        if len(matching) > 1:
            return "Several subscriptions match. Choose one of those offered while you type."
        if not matching or await self._subscriptions.unsubscribe(guild_id, matching[0].id) is None:
            return "There is no such subscription here. `/subscriptions` lists those there are."
        name, channel_id = escape(source_name(matching[0].source, 200)), matching[0].channel_id
        return f"**{name}** no longer comes into <#{channel_id}>. Cards that are there stay."

    @unsubscribe.autocomplete("source")
    async def offer_subscriptions(
        self, interaction: Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """The server's subscriptions that hold the typed words."""
        subscriptions = await self._subscriptions.of_guild(guild_of(interaction))
        return [
            app_commands.Choice(name=_label(subscription, interaction.guild), value=_value(subscription))
            for subscription in subscriptions
            if typed.casefold() in f"{subscription.source.title} {subscription.source.url}".casefold()
        ][:CHOICES]

    @app_commands.command(
        name="subscriptions", description="Which sources come into this server, and how they do"
    )
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def subscriptions(self, interaction: Interaction) -> None:
        """The first page of them, those with a problem first."""
        await show(interaction, self._list(interaction, 0))

    async def _list(self, interaction: Interaction, page: int) -> Card:
        return subscriptions_card(await self._subscriptions.of_guild(guild_of(interaction)), page)


class FeedChoice(discord.ui.View):
    """A menu of the feeds that a page names. `chosen` is told the address, `ended` once nobody chose for a while."""

    def __init__(
        self,
        custom_id: str,
        candidates: Sequence[Candidate],
        *,
        chosen: Callable[[Interaction, str], Awaitable[None]],
        ended: Callable[[], Awaitable[None]],
        timeout: float,
    ) -> None:
        super().__init__(timeout=timeout)
        self._chosen, self._ended = chosen, ended
        self._candidates = candidates[:CHOICES]
        self.add_item(FeedMenu(custom_id, self._candidates))

    async def chosen(self, interaction: Interaction, at: int) -> None:
        """The candidate that stands at this place of the menu was chosen."""
        await self._chosen(interaction, self._candidates[at].url)

    async def on_timeout(self) -> None:
        """Nobody chose any more."""
        await self._ended()

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, _: object, /) -> None:
        """The bot's one handler answers."""
        await interaction.client.on_error("interaction", interaction)


class FeedMenu(discord.ui.Select[FeedChoice]):
    """The menu itself; values are places in the list, for addresses may be longer than a value may be."""

    def __init__(self, custom_id: str, candidates: Sequence[Candidate]) -> None:
        super().__init__(
            custom_id=custom_id,
            placeholder="Choose a feed",
            options=[
                discord.SelectOption(
                    label=line(candidate.title or candidate.url, CHOICE) or f"Feed {at + 1}",
                    description=line(candidate.url, CHOICE),
                    value=str(at),
                )
                for at, candidate in enumerate(candidates)
            ],
        )

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """A member chose."""
        if self.view is not None:
            await self.view.chosen(interaction, int(self.values[0]))


def _place(channel: object, wishes: Wishes) -> PostChannel | str:
    """The channel as one for cards as they are wished; or why they can't go there, and what to do."""
    if not isinstance(channel, PostChannel) or channel.type is discord.ChannelType.media:
        return "Cards need a text channel, an announcement channel, a forum or a thread. Name one with `channel:`."
    thread_wanted, pin_wanted = bool(wishes.thread), bool(wishes.pin)
    if isinstance(channel, discord.Thread):
        if thread_wanted:
            return "Discord has no threads within threads. Name a channel with `channel:`, or leave `thread:` out."
        if is_closed(channel):
            return f"<#{channel.id}> is locked: Broadsheet can't write there. Unlock it, or name another channel."
    if isinstance(channel, discord.ForumChannel):
        if pin_wanted:
            return "In a forum Discord lets one post be pinned, so articles can't be. Leave `pin:` out."
        if is_closed(channel):
            return (
                f"<#{channel.id}> wants a tag on every post, and has none that everybody may use. Add one in its "
                "settings (best one called like the source), then try again."
            )
    if wishes.announce and not is_announcement(channel):
        return (
            f"<#{channel.id}> is no announcement channel, so nothing can be published from it. Make it one in its "
            "settings, or leave `announce:` out."
        )
    needed = needed_to_post(channel, thread_wanted=thread_wanted, pin_wanted=pin_wanted)
    missing = missing_permissions(channel, needed)
    return channel if missing is None else f"{missing.sentence} Then try again."


def _welcome(subscription: Subscription, before: Subscription | None) -> str:
    name, where = escape(source_name(subscription.source, 200)), f"<#{subscription.channel_id}>"
    if before is not None:
        changes = about_changes(before, subscription)
        now = f"; from now on with {listed(changes)}" if changes else ""
        return f"**{name}** comes into {where} already{now}. `/subscriptions` shows how it is doing."
    wishes = about_wishes(subscription)
    how = f", with {listed(wishes)}" if wishes else ""
    return (
        f"**{name}** now comes into {where}{how}. Its newest article comes within a minute or two, and from "
        f"then on every new one; older ones are left out.{_HOW_FOLLOWED.get(subscription.source.kind, '')}"
    )


def _matching(subscriptions: Sequence[Subscription], text: str) -> list[Subscription]:
    """The one with this id, else those whose source has this title or address."""
    chosen = [subscription for subscription in subscriptions if _value(subscription) == text]
    wanted = text.strip().casefold()
    return chosen or [
        subscription
        for subscription in subscriptions
        if wanted in (subscription.source.title.casefold(), subscription.source.url.casefold())
    ]


def _value(subscription: Subscription) -> str:
    """What stands for a subscription in offered choices. A number alone may be a source's title."""
    return f"id:{subscription.id}"


def _label(subscription: Subscription, guild: discord.Guild | None) -> str:
    channel = None if guild is None else guild.get_channel_or_thread(subscription.channel_id)
    where = f" → #{line(channel.name, 40)}" if channel is not None else ""
    return source_name(subscription.source, CHOICE - len(where)) + where


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(SubscriptionsCog(bot.newsroom.subscriptions))
