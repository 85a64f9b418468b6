"""`/privacy`: what is kept of a member, and what they can do about it."""

from __future__ import annotations

import asyncio

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import (
    PrivacyButton,
    about_card,
    about_card_anywhere,
    confirm_card,
    export_card,
    read_privacy_button,
)
from bot.newsroom.feedback import Feedback
from bot.newsroom.guilds import Guilds
from bot.newsroom.ports import Speaker
from bot.newsroom.privacy import Privacy
from cogs.replies import Answer, Host, Interaction, clicked, show, turn_page

SHOWN = [
    app_commands.Choice(name="shown", value="shown"),
    app_commands.Choice(name="hidden: you are “a member”", value="hidden"),
]
_ALLOWED = (
    "Welcome back: what you vote and write counts again from now on. What you said and voted lately may count again, "
    "too, as far as it still stands in Discord."
)
_IN_A_SERVER = (
    "You choose for each server whether it shows your name. Use `/privacy name` in the one you mean."
)
_NAMELESS_ANYWAY = (
    "You asked to be forgotten, so your name is kept and shown nowhere. After `/privacy allow` you can choose again "
    "whether it is."
)
_NOT_FORGOTTEN = "Nothing to do: what you vote and write counts here. `/privacy about` says what is kept."

_LEFT = (
    " {} of the messages that Broadsheet posted for you could not be deleted in Discord just now: use **Delete** under "
    "them."
)


class PrivacyCog(commands.Cog, name="privacy"):
    """Members ask about their data, have it sent, erased, or shown without their name."""

    privacy = app_commands.Group(
        name="privacy",
        description="What Broadsheet keeps of you, and your say in it",
        # Who has left a server, or was sent away, has no other place to ask.
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
    )

    def __init__(self, privacy: Privacy, guilds: Guilds, feedback: Feedback, speaker: Speaker) -> None:
        self._privacy = privacy
        self._guilds = guilds
        self._feedback = feedback
        self._speaker = speaker

    @privacy.command(name="about", description="What Broadsheet keeps of you, why, and for how long")
    async def about(self, interaction: Interaction) -> None:
        """In plain words, with a button for all else."""
        await show(interaction, self._about(interaction))

    @privacy.command(name="export", description="Have all that is kept of you sent to you as a file")
    async def export(self, interaction: Interaction) -> None:
        """One's own data, of all servers."""
        await show(interaction, self._export(interaction))

    @privacy.command(
        name="delete", description="Have all that is kept of you erased, and nothing kept any more"
    )
    async def delete(self, interaction: Interaction) -> None:
        """It is asked once more."""
        await show(interaction, self._confirm())

    @privacy.command(name="allow", description="Take part again after /privacy delete")
    async def allow(self, interaction: Interaction) -> None:
        """Votes and comments count again."""
        await show(interaction, self._allow(interaction))

    @privacy.command(name="name", description="Be shown by name, or not, on the public page and in rankings")
    @app_commands.rename(choice="name")
    @app_commands.describe(
        choice="In this server's public page and in rankings; messages in Discord stay as they are"
    )
    @app_commands.choices(choice=SHOWN)
    async def name(self, interaction: Interaction, choice: str) -> None:
        """Hide one's name, or show it."""
        await show(interaction, self._name(interaction, hidden=choice == "hidden"))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A button under one of our answers."""
        match read_privacy_button(clicked(interaction, anywhere=True) or ""):
            case PrivacyButton.EXPORT:
                await show(interaction, self._export(interaction))
            case PrivacyButton.DELETE:
                await turn_page(interaction, self._confirm())
            case PrivacyButton.SURELY:
                await turn_page(interaction, self._forget(interaction))
            case PrivacyButton.ALLOW:
                await turn_page(interaction, self._allow(interaction))
            case PrivacyButton.HIDE | PrivacyButton.SHOW as button:
                await turn_page(interaction, self._name(interaction, hidden=button is PrivacyButton.HIDE))
            case None:
                pass

    async def _about(self, interaction: Interaction) -> Answer:
        guild_id = interaction.guild_id
        standing = await self._privacy.standing(guild_id, interaction.user.id)
        if guild_id is None:
            return about_card_anywhere(standing)
        return about_card(standing, await self._guilds.kept_for(guild_id))

    async def _export(self, interaction: Interaction) -> Answer:
        kept = await self._privacy.kept(interaction.user.id)
        # Of somebody who wrote for years it is many megabytes.
        return await asyncio.to_thread(export_card, kept, discord.utils.utcnow())

    async def _confirm(self) -> Answer:
        return confirm_card()

    async def _forget(self, interaction: Interaction) -> Answer:
        # First, while it is known what was posted for them: members' words in the bot's own messages.
        taken, left = await self._feedback.take_all_down(interaction.user.id, self._speaker)
        erased = await self._privacy.forget(interaction.user.id)
        comments = erased.comments + taken
        rest = "" if not left else _LEFT.format(left)
        return (
            f"Done. Erased are {erased.votes} of your votes and {comments} of your comments, in all servers, "
            "and your name, and deleted is what Broadsheet posted for you. Nothing of you is kept from now on. "
            f"What you wrote in Discord yourself is yours to delete there.{rest}"
        )

    async def _allow(self, interaction: Interaction) -> Answer:
        return _ALLOWED if await self._privacy.allow(interaction.user.id) else _NOT_FORGOTTEN

    async def _name(self, interaction: Interaction, *, hidden: bool) -> Answer:
        if interaction.guild_id is None:
            return _IN_A_SERVER
        if not await self._privacy.name(interaction.guild_id, interaction.user.id, hidden=hidden):
            return _NAMELESS_ANYWAY
        if hidden:
            return (
                "Your name is hidden: this server's public page shows you as “a member”, and rankings leave you out. "
                "Your messages in Discord show it still."
            )
        return "Your name is shown again on this server's public page and in rankings."


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    newsroom = bot.newsroom
    await bot.add_cog(PrivacyCog(newsroom.privacy, newsroom.guilds, newsroom.feedback, bot.publisher))
