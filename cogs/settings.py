"""`/settings`: what holds for a whole server, its language, its votes, how long it keeps them."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import rules_card
from bot.feeds.language_model import LANGUAGES
from bot.newsroom.emoji import own_id, read_emoji
from bot.newsroom.guilds import Guilds
from bot.newsroom.vote_rules import VotingRules, WrongRule
from cogs.replies import Answer, Host, Interaction, guild_of, show
from storage.records import VoteRules

CHOICES = 25
UNKNOWN_EMOJI = 10014  # Discord answers it with 404 or 400
OWN = "own"
# Not for less than what is read again after a gap, or it would come back.
KEPT = [
    app_commands.Choice(name="as long as Broadsheet is here (the usual)", value=0),
    app_commands.Choice(name="30 days", value=30),
    app_commands.Choice(name="90 days", value=90),
    app_commands.Choice(name="half a year", value=182),
    app_commands.Choice(name="a year", value=365),
    app_commands.Choice(name="two years", value=730),
]
_NOT_WRITTEN = (
    "Summaries are made of the articles' own sentences here, so they stay in the articles' own languages. Whoever "
    "runs this bot can have them written by a language model; then a language can be chosen."
)


_NO_EMOJI = "That is no emoji. Choose one from Discord's own or this server's, and nothing else beside it."
_FOREIGN_EMOJI = "That emoji is not of this server, so members could not use it here. Choose one that is."


class SettingsCog(commands.Cog, name="settings"):
    """Admins choose for their server."""

    def __init__(self, guilds: Guilds, vote_rules: VotingRules) -> None:
        self._guilds = guilds
        self._vote_rules = vote_rules

    settings = app_commands.Group(
        name="settings",
        description="What holds for this whole server: the language of its summaries, its votes",
        default_permissions=discord.Permissions(manage_guild=True),
    )
    votes = app_commands.Group(
        name="votes", description="Which reactions are votes, and whose", parent=settings
    )

    @settings.command(name="language", description="The language of this server's summaries")
    @app_commands.describe(language="The language of the summaries; begin to type its name")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def choose_language(
        self, interaction: Interaction, language: app_commands.Range[str, 1, 40] | None = None
    ) -> None:
        """Show the language, or change it."""
        guild_id = guild_of(interaction)
        if not self._guilds.writes:
            await interaction.response.send_message(_NOT_WRITTEN, ephemeral=True)
            return
        if language is None:
            chosen = await self._guilds.summary_language(guild_id)
            sentence = f"Summaries are in {_name(chosen)}. `/settings language` changes that."
        elif (code := _code(language)) is not None:
            chosen = None if code == OWN else code
            await self._guilds.want_language(guild_id, chosen)
            sentence = f"Summaries of new articles will be in {_name(chosen)}."
        else:
            sentence = "That is none of the languages that are offered while you type. Choose one of them."
        await interaction.response.send_message(sentence, ephemeral=True)

    @settings.command(name="retention", description="How long comments and votes are kept here")
    @app_commands.describe(keep="How long; leave it out to see what holds now")
    @app_commands.choices(keep=KEPT)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def choose_retention(self, interaction: Interaction, keep: int | None = None) -> None:
        """Show for how long this server keeps what members say and vote, or change it."""
        guild_id = guild_of(interaction)
        if keep is None:
            span = _span(await self._guilds.kept_for(guild_id))
            sentence = f"Comments and votes are kept {span}. `/settings retention` changes that."
        else:
            chosen = timedelta(days=keep) if keep else None
            await self._guilds.keep_for(guild_id, chosen)
            sentence = f"Comments and votes are kept {_span(chosen)} from now on."
            if chosen is not None:
                sentence += (
                    " Older ones are erased within the hour, and scores are counted without them; what is erased can't "
                    "be brought back. On Discord nothing is changed."
                )
        await interaction.response.send_message(sentence, ephemeral=True)

    @choose_language.autocomplete("language")
    async def offer_languages(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The languages whose names begin as typed."""
        offered = {"Each article's own language": OWN} | {name: code for code, name in LANGUAGES.items()}
        wanted = typed.casefold().strip()
        found = [
            app_commands.Choice(name=name, value=code)
            for name, code in offered.items()
            if name.casefold().startswith(wanted) or code == wanted
        ]
        return found[:CHOICES]

    @votes.command(name="list", description="Which reactions are votes here, and who may vote")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def list_votes(self, interaction: Interaction) -> None:
        """The rules as they are."""
        await show(interaction, _told(self._vote_rules.of(guild_of(interaction)), ""))

    @votes.command(name="add", description="Make an emoji a vote, or change how often it counts")
    @app_commands.describe(
        emoji="One emoji, Discord's or this server's own",
        counts="Whether it is a vote for or against an article",
        weight="How often it counts, 1 to 10 (once if you leave it out)",
    )
    @app_commands.choices(
        counts=[
            app_commands.Choice(name="for the article", value="for"),
            app_commands.Choice(name="against the article", value="against"),
        ]
    )
    @app_commands.checks.has_permissions(manage_guild=True)
    async def add_vote(
        self,
        interaction: Interaction,
        emoji: app_commands.Range[str, 1, 64],
        counts: str = "for",
        weight: app_commands.Range[int, 1, 10] = 1,
    ) -> None:
        """One more emoji, or another weight."""
        chosen = read_emoji(emoji)
        if chosen is None or not await _can_be_used(interaction, chosen):
            sentence = _NO_EMOJI if chosen is None else _FOREIGN_EMOJI
            await interaction.response.send_message(sentence, ephemeral=True)
            return
        adding = self._vote_rules.add(guild_of(interaction), chosen, weight if counts == "for" else -weight)
        await show(interaction, _told(adding, _COUNTED_ANEW))

    @votes.command(name="remove", description="Make an emoji no vote any more")
    @app_commands.describe(emoji="The emoji that is to be no vote")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def remove_vote(self, interaction: Interaction, emoji: app_commands.Range[str, 1, 64]) -> None:
        """One emoji less."""
        chosen = read_emoji(emoji)
        if chosen is None:
            await interaction.response.send_message(_NO_EMOJI, ephemeral=True)
            return
        await show(interaction, _told(self._vote_rules.remove(guild_of(interaction), chosen), _COUNTED_ANEW))

    @votes.command(name="role", description="Let only members of certain roles vote, or everybody")
    @app_commands.describe(
        role="Whose members are meant; leave it out to let everybody vote",
        may_vote="Whether its members may vote (yes if you leave it out)",
    )
    @app_commands.checks.has_permissions(manage_guild=True)
    async def let_role(
        self, interaction: Interaction, role: discord.Role | None = None, may_vote: bool = True
    ) -> None:
        """One more role that may vote, or one less, or none that is needed."""
        guild_id = guild_of(interaction)
        letting = (
            self._vote_rules.allow_everybody(guild_id)
            if role is None
            else self._vote_rules.allow(guild_id, role.id, may_vote)
        )
        await show(interaction, _told(letting, "Votes that were given before stay as they are."))

    @votes.command(name="names", description="Let members see who voted, with /who voted")
    @app_commands.describe(shown="Whether members may see who voted")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def show_names(self, interaction: Interaction, shown: bool) -> None:
        """Whether voters are shown."""
        await show(interaction, _told(self._vote_rules.show_voters(guild_of(interaction), shown), ""))


_COUNTED_ANEW = "What was voted before is being counted anew, the newest articles first."


async def _told(changing: Awaitable[VoteRules], sentence: str) -> Answer:
    """The rules as they are now, or why they can't be changed like this."""
    try:
        return rules_card(await changing, sentence)
    except WrongRule as problem:
        return str(problem)


async def _can_be_used(interaction: Interaction, emoji: str) -> bool:
    """Whether an emoji is everybody's or this server's own."""
    emoji_id = own_id(emoji)
    if emoji_id is None or interaction.guild is None:
        return emoji_id is None
    try:
        await interaction.guild.fetch_emoji(emoji_id)
    except discord.HTTPException as error:
        if error.code == UNKNOWN_EMOJI:
            return False
        raise
    return True


def _code(typed: str) -> str | None:
    """The code that was chosen from the list, or whose language's name was typed."""
    wanted = typed.casefold().strip()
    if wanted == OWN or wanted in LANGUAGES:
        return wanted
    return next((code for code, name in LANGUAGES.items() if name.casefold() == wanted), None)


def _span(kept_for: timedelta | None) -> str:
    return "as long as Broadsheet is here" if kept_for is None else f"for {kept_for.days} days"


def _name(language: str | None) -> str:
    return "each article's own language" if language is None else LANGUAGES.get(language, language)


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(SettingsCog(bot.newsroom.guilds, bot.newsroom.vote_rules))
