"""`/subscribe`, `/unsubscribe`, `/subscriptions`: which sources come into which channels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import escape, escaped_text, line, source_name, subscriptions_card
from bot.feeds.model import Candidate
from bot.newsroom.subscriptions import NotSubscribed, SeveralFeeds, Subscribed, Subscriptions
from bot.publisher import PostChannel, missing_permissions, needed_to_post
from cogs.replies import Host, Interaction, guild_of, show
from storage.records import Subscription

# Subscribes in answer to an interaction: channel id, address, whether each card gets a thread.
Subscribe = Callable[[Interaction, int, str, bool], Awaitable[None]]

CHOICE, CHOICES = 100, 25
CHOOSE_WITHIN = 600.0  # seconds; an interaction's token ends after 900
MESSAGE = 1900


class SubscriptionsCog(commands.Cog, name="subscriptions"):
    """Admins wire sources to channels."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    @app_commands.command(name="subscribe", description="Post a site's new articles into a channel")
    @app_commands.describe(
        url="Address of a site or of its feed (RSS, Atom or JSON Feed)",
        channel="Where the cards go (this channel if you leave it out)",
        thread="Open a thread for discussion under each card",
    )
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def subscribe(
        self,
        interaction: Interaction,
        url: app_commands.Range[str, 1, 2000],
        channel: discord.TextChannel | discord.Thread | None = None,
        thread: bool = False,
    ) -> None:
        """Find what is to be followed at an address and store the wish, if the bot may post there."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        target = channel or interaction.channel
        if (objection := _objection(target, thread)) is not None or target is None:
            await interaction.followup.send(objection or "Name a channel for the cards.", ephemeral=True)
            return
        await self._subscribe(interaction, target.id, url, thread)

    async def _subscribe(self, interaction: Interaction, channel_id: int, url: str, thread: bool) -> None:
        guild_id, member_id = guild_of(interaction), interaction.user.id
        outcome = await self._subscriptions.subscribe(
            guild_id, channel_id, url, thread=thread, by=member_id, newest=1
        )
        match outcome:
            case Subscribed(subscription=subscription, created=created):
                await interaction.followup.send(_welcome(subscription, created), ephemeral=True)
            case NotSubscribed(sentence=sentence):
                await interaction.followup.send(escaped_text(sentence, MESSAGE), ephemeral=True)
            case SeveralFeeds(candidates=candidates):
                choice = FeedChoice(self._subscribe, channel_id, candidates, thread)
                await interaction.followup.send(
                    "This site offers several feeds. Which one should come here?", view=choice, ephemeral=True
                )

    @app_commands.command(name="unsubscribe", description="Stop posting a source into a channel")
    @app_commands.describe(source="The source; choose one of those offered while you type")
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def unsubscribe(self, interaction: Interaction, source: str) -> None:
        """End a subscription; what was posted stays."""
        guild_id = guild_of(interaction)
        matching = _matching(await self._subscriptions.of_guild(guild_id), source)
        if len(matching) > 1:
            answer = "Several subscriptions match. Choose one of those offered while you type."
        elif not matching or await self._subscriptions.unsubscribe(guild_id, matching[0].id) is None:
            answer = "There is no such subscription here. `/subscriptions` lists those there are."
        else:
            name, channel_id = escape(source_name(matching[0].source, 200)), matching[0].channel_id
            answer = f"**{name}** no longer comes into <#{channel_id}>. Cards that are there stay."
        await interaction.response.send_message(answer, ephemeral=True)

    @unsubscribe.autocomplete("source")
    async def offer_subscriptions(
        self, interaction: Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """The server's subscriptions that hold the typed words."""
        subscriptions = await self._subscriptions.of_guild(guild_of(interaction))
        return [
            app_commands.Choice(name=_label(subscription, interaction.guild), value=str(subscription.id))
            for subscription in subscriptions
            if typed.casefold() in f"{subscription.source.title} {subscription.source.url}".casefold()
        ][:CHOICES]

    @app_commands.command(
        name="subscriptions", description="Which sources come into this server, and how they do"
    )
    async def subscriptions(self, interaction: Interaction) -> None:
        """List them all."""
        await show(interaction, subscriptions_card(await self._subscriptions.of_guild(guild_of(interaction))))


class FeedChoice(discord.ui.View):
    """A menu of the feeds that a page names. The chosen one is subscribed to."""

    def __init__(
        self, subscribe: Subscribe, channel_id: int, candidates: Sequence[Candidate], thread: bool
    ) -> None:
        super().__init__(timeout=CHOOSE_WITHIN)
        self._subscribe = subscribe
        self._channel_id = channel_id
        self._thread = thread
        self._candidates = candidates[:CHOICES]
        self.add_item(FeedMenu(self._candidates))

    async def chosen(self, interaction: Interaction, at: int) -> None:
        """Subscribe to the candidate that stands at this place of the menu."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._subscribe(interaction, self._channel_id, self._candidates[at].url, self._thread)

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, _: object, /) -> None:
        """The bot's one handler answers."""
        await interaction.client.on_error("interaction", interaction)


class FeedMenu(discord.ui.Select[FeedChoice]):
    """The menu itself; values are places in the list, for addresses may be longer than a value may be."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        super().__init__(
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


def _objection(channel: object, thread: bool) -> str | None:
    """Why cards can't go into `channel`, and what to do; None where they can."""
    if not isinstance(channel, PostChannel):
        return "Cards need a text channel, an announcement channel or a thread. Name one with `channel:`."
    if thread and isinstance(channel, discord.Thread):
        return (
            "Discord has no threads within threads. Name a channel with `channel:`, or leave `thread:` out."
        )
    missing = missing_permissions(channel, needed_to_post(channel, thread_wanted=thread))
    return None if missing is None else f"{missing.sentence} Then try again."


def _welcome(subscription: Subscription, created: bool) -> str:
    name, where = escape(source_name(subscription.source, 200)), f"<#{subscription.channel_id}>"
    if not created:
        return f"**{name}** comes into {where} already. `/subscriptions` shows how it is doing."
    return (
        f"**{name}** now comes into {where}. Its newest article comes within a minute or two, and from "
        "then on every new one; older ones are left out."
    )


def _matching(subscriptions: Sequence[Subscription], text: str) -> list[Subscription]:
    """The one with this id, else those whose source has this title or address."""
    chosen = [subscription for subscription in subscriptions if str(subscription.id) == text]
    wanted = text.strip().casefold()
    return chosen or [
        subscription
        for subscription in subscriptions
        if wanted in (subscription.source.title.casefold(), subscription.source.url.casefold())
    ]


def _label(subscription: Subscription, guild: discord.Guild | None) -> str:
    channel = None if guild is None else guild.get_channel_or_thread(subscription.channel_id)
    where = f" → #{line(channel.name, 40)}" if channel is not None else ""
    return source_name(subscription.source, CHOICE - len(where)) + where


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(SubscriptionsCog(bot.newsroom.subscriptions))
