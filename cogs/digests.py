"""`/digest`: the best of a day, a week or a month, sent into a channel or to oneself."""

from __future__ import annotations

import re
from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import (
    Card,
    ranked_card,
    read_end_button,
    read_more_button,
    read_stop_button,
    schedules_card,
    top_card,
)
from bot.newsroom.digest_times import WEEKDAYS, when_words
from bot.newsroom.front_page import FrontPage
from bot.newsroom.ranking import Period
from bot.newsroom.scheduled import NotScheduled, Schedules
from bot.newsroom.zones import zone_named, zones_like
from bot.publisher import PostChannel, is_closed, missing_permissions, needed_to_say
from cogs.replies import Answer, Host, Interaction, clicked, guild_of, show, turn_page
from cogs.visibility import visible_to
from storage.records import Every, Schedule, ScheduleToStore, Scope, Sort

EVERY = [
    app_commands.Choice(name="every day", value="day"),
    app_commands.Choice(name="every week", value="week"),
    app_commands.Choice(name="every month", value="month"),
]
RANKS = [
    app_commands.Choice(name="top: most votes (the usual)", value="top"),
    app_commands.Choice(name="best: the most surely liked", value="best"),
    app_commands.Choice(name="hot: votes, and how new", value="hot"),
    app_commands.Choice(name="discussed: most comments", value="discussed"),
    app_commands.Choice(name="controversial: votes for and against", value="controversial"),
    app_commands.Choice(name="new: newest first", value="new"),
]
OF = [
    app_commands.Choice(name="the whole server (the usual)", value="guild"),
    app_commands.Choice(name="the channel alone", value="channel"),
]
CHOICES = 25
_NO_ZONE = (
    "There is no time zone of this name. Write a city near you, as in `Europe/Berlin`, and choose one of those offered "
    "while you type."
)
_NO_DAY = {
    Every.WEEK: "There is no such weekday. Write its name, such as `Monday`.",
    Every.MONTH: "A month has the days 1 to 31. Write one of these numbers.",
}
_CLOSED = (
    "You take no direct messages from Broadsheet, so a digest can't come to you. Allow direct messages from members in "
    "this server's privacy settings, then use `/digest mine` again."
)
_PAUSED = (
    "Your digest could not be sent, as you take no direct messages from Broadsheet; it is paused. Allow them in this "
    "server's privacy settings and use `/digest mine` to have it again, or do nothing, and none comes."
)
_GONE = "This digest was stopped already, so no more of them come."


class DigestsCog(commands.Cog, name="digests"):
    """Admins wire digests to channels, members to themselves."""

    digest = app_commands.Group(
        name="digest", description="The best of a day, a week or a month in one message"
    )

    def __init__(self, schedules: Schedules, front_page: FrontPage) -> None:
        self._schedules = schedules
        self._front_page = front_page

    @digest.command(name="schedule", description="Admins: have digests posted into a channel from now on")
    @app_commands.describe(
        every="How often, and so of how long a time",
        channel="Where they go (this channel if you leave it out)",
        hour="At which full hour, 0 to 23 (9 if you leave it out)",
        zone="Of which time zone; choose one of those offered while you type (UTC if you leave it out)",
        day="A weekday for every week (Monday if you leave it out), a number for every month (1)",
        number="How many articles at most (10 if you leave it out)",
        rank="By which order (most votes if you leave it out)",
        of="Of which articles",
    )
    @app_commands.choices(every=EVERY, rank=RANKS, of=OF)
    async def schedule(
        self,
        interaction: Interaction,
        every: str,
        channel: discord.TextChannel | discord.ForumChannel | discord.Thread | None = None,
        hour: app_commands.Range[int, 0, 23] = 9,
        zone: app_commands.Range[str, 1, 60] = "UTC",
        day: app_commands.Range[str, 1, 20] | None = None,
        number: app_commands.Range[int, 1, 15] = 10,
        rank: str = "top",
        of: str = "guild",
    ) -> None:
        """Store the wish, if the bot may post there."""
        _demand_admin(interaction)
        place = interaction.channel if channel is None else channel
        if isinstance(place, str) or (reason := _unusable(place)) is not None:
            await interaction.response.send_message(reason, ephemeral=True)
            return
        wish = ScheduleToStore(
            *(
                guild_of(interaction),
                place.id if place else 0,
                Every(every),
                hour,
                0,
                zone,
                number,
                Sort(rank),
            ),
            scope=Scope(of),
            forum=isinstance(place, discord.ForumChannel),
            created_by=interaction.user.id,
        )
        await show(interaction, self._put(wish, day))

    @digest.command(name="mine", description="Have digests of this server sent to you as direct messages")
    @app_commands.describe(
        every="How often, and so of how long a time",
        hour="At which full hour, 0 to 23 (9 if you leave it out)",
        zone="Of which time zone; choose one of those offered while you type (UTC if you leave it out)",
        day="A weekday for every week (Monday if you leave it out), a number for every month (1)",
        number="How many articles at most (10 if you leave it out)",
        rank="By which order (most votes if you leave it out)",
    )
    @app_commands.choices(every=EVERY, rank=RANKS)
    async def mine(
        self,
        interaction: Interaction,
        every: str,
        hour: app_commands.Range[int, 0, 23] = 9,
        zone: app_commands.Range[str, 1, 60] = "UTC",
        day: app_commands.Range[str, 1, 20] | None = None,
        number: app_commands.Range[int, 1, 15] = 10,
        rank: str = "top",
    ) -> None:
        """Store the wish; it takes the place of the one they had here."""
        wish = ScheduleToStore(
            *(guild_of(interaction), 0, Every(every), hour, 0, zone, number, Sort(rank)),
            member_id=interaction.user.id,
        )
        await show(interaction, self._put_mine(interaction, wish, day))

    @schedule.autocomplete("zone")
    @mine.autocomplete("zone")
    async def offer_zones(self, _: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Time zones whose names hold what is typed."""
        return [app_commands.Choice(name=zone, value=zone) for zone in await zones_like(typed, CHOICES)]

    @digest.command(name="now", description="See the digest as it would be now; nobody else sees it")
    @app_commands.describe(
        every="Of how long a time",
        number="How many articles at most (10 if you leave it out)",
        rank="By which order (most votes if you leave it out)",
    )
    @app_commands.choices(every=EVERY, rank=RANKS)
    async def now(
        self,
        interaction: Interaction,
        every: str = "week",
        number: app_commands.Range[int, 1, 15] = 10,
        rank: str = "top",
    ) -> None:
        """A preview, of what the asking member may read."""
        wish = ScheduleToStore(
            *(
                guild_of(interaction),
                interaction.channel_id or 0,
                Every(every),
                9,
                0,
                "UTC",
                number,
                Sort(rank),
            )
        )
        await show(
            interaction, self._preview(replace(wish, day=_usual_day(wish.every)), visible_to(interaction))
        )

    @digest.command(name="list", description="Which digests there are, with buttons to stop them")
    async def list_(self, interaction: Interaction) -> None:
        """One's own; for admins the server's too."""
        await show(interaction, self._list(interaction))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A button under a digest, or under the list of them."""
        custom_id = _custom_id(interaction)
        if (nonce := read_stop_button(custom_id)) is not None:
            await show(interaction, self._stop_mine(nonce, interaction.user.id))
        elif (more := read_more_button(clicked(interaction) or "")) is not None:
            await show(interaction, self._more(interaction, *more[1:]))
        elif (schedule_id := read_end_button(clicked(interaction) or "")) is not None:
            await turn_page(interaction, self._end(interaction, schedule_id))

    @commands.Cog.listener()
    async def on_app_command_completion(self, interaction: Interaction, _: object) -> None:
        """Who takes no direct messages is told, with the next command they use, that their digest is paused."""
        if interaction.guild_id is not None and await self._schedules.told_of_pause(interaction.user.id):
            await interaction.followup.send(_PAUSED, ephemeral=True)

    async def _put(self, wish: ScheduleToStore, day: str | None) -> Answer:
        known = await _timed(wish, day)
        if isinstance(known, str):
            return known
        try:
            made = await self._schedules.put(known)
        except NotScheduled as reason:
            return str(reason)
        where = "to you as a direct message" if made.member_id is not None else f"into <#{made.channel_id}>"
        return (
            f"Done. A digest comes {where} {when_words(made)}, with up to {made.most} articles; the next one "
            f"{_at(made)}. In a {made.every} without articles none comes. `/digest now` shows what it would be like, "
            "`/digest list` has a button to stop it."
        )

    async def _put_mine(self, interaction: Interaction, wish: ScheduleToStore, day: str | None) -> Answer:
        try:
            direct = await interaction.user.create_dm()
        except discord.Forbidden:
            return _CLOSED
        return await self._put(replace(wish, channel_id=direct.id), day)

    async def _preview(self, wish: ScheduleToStore, visible: frozenset[int]) -> Card:
        return ranked_card(await self._schedules.preview(wish, visible), preview=True)

    async def _more(self, interaction: Interaction, sort: Sort, period: Period) -> Card:
        visible = visible_to(interaction)
        page = await self._front_page.page(guild_of(interaction), sort, period, visible=visible)
        return top_card(page, sort, period)

    async def _list(self, interaction: Interaction) -> Card:
        guild_id = guild_of(interaction)
        may_stop = interaction.permissions.manage_guild
        own = await self._schedules.of_member(guild_id, interaction.user.id)
        return schedules_card(await self._schedules.of_guild(guild_id), own, may_stop=may_stop)

    async def _end(self, interaction: Interaction, schedule_id: int) -> Answer:
        guild_id, member_id = guild_of(interaction), interaction.user.id
        ended = await self._schedules.stop(guild_id, schedule_id, member_id)
        if ended is None and interaction.permissions.manage_guild:
            ended = await self._schedules.stop(guild_id, schedule_id)
        return await self._list(interaction) if ended is not None else _GONE

    async def _stop_mine(self, nonce: str, member_id: int) -> str:
        if await self._schedules.stop_by_mark(nonce, member_id) is None:
            return _GONE
        return "Done. No more of these digests come to you. `/digest mine`, in the server, brings them back."


def _demand_admin(interaction: Interaction) -> None:
    if not interaction.permissions.manage_guild:
        raise app_commands.MissingPermissions(["manage_guild"])


def _unusable(place: object) -> str | None:
    """Why digests can't go there, in a sentence; None where they can."""
    if not isinstance(place, PostChannel):
        return "A digest needs a text or announcement channel, a forum or a thread. Choose one of these."
    if is_closed(place):
        return "Broadsheet may not post there. Unlock the thread, or let the forum take posts without a tag."
    missing = missing_permissions(place, needed_to_say(place))
    return None if missing is None else missing.sentence


async def _timed(wish: ScheduleToStore, day: str | None) -> ScheduleToStore | str:
    """The wish with the day that was written, or what is wrong about day or time zone."""
    zone = await zone_named(wish.zone)
    if zone is None:
        return _NO_ZONE
    wish = replace(wish, zone=zone)
    if day is None or wish.every is Every.DAY:
        return replace(wish, day=_usual_day(wish.every))
    if wish.every is Every.WEEK:
        found = [
            at
            for at, name in enumerate(WEEKDAYS)
            if len(day) > 1 and name.casefold().startswith(day.casefold())
        ]
        return replace(wish, day=found[0]) if len(found) == 1 else _NO_DAY[wish.every]
    number = int(day) if re.fullmatch("[0-9]{1,2}", day, re.ASCII) else 0
    return replace(wish, day=number) if 1 <= number <= 31 else _NO_DAY[wish.every]


def _usual_day(every: Every) -> int:
    return 1 if every is Every.MONTH else 0


def _at(schedule: Schedule) -> str:
    return "later" if schedule.due_at is None else f"<t:{int(schedule.due_at.timestamp())}:F>"


def _custom_id(interaction: Interaction) -> str:
    """The id of a button that was clicked, also in direct messages; empty where it is something else."""
    if interaction.type is not discord.InteractionType.component:
        return ""
    data: object = interaction.data
    return str(data.get("custom_id", "")) if isinstance(data, dict) else ""


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(DigestsCog(bot.newsroom.schedules, bot.newsroom.front_page))
