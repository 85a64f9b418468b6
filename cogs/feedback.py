"""Feedback: members comment on an article or a passage through a dialog, and take down what was posted for them."""

from __future__ import annotations

import logging
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import (
    QUOTE,
    dialog,
    jump_url,
    line,
    passages_card,
    read_comment_button,
    read_dialog,
    read_feedback_button,
    read_passage_menu,
    read_passages_button,
    unsent,
)
from bot.newsroom.feedback import Feedback, Passage, Rights, Said, Subject
from bot.newsroom.ports import Speaker
from bot.publisher import ids_under, storable
from cogs.replies import (
    Answer,
    Host,
    Interaction,
    ask,
    chosen,
    clicked,
    guild_of,
    sent_off,
    show,
    turn_page,
)
from cogs.visibility import visible_to
from storage import DatabaseProblem
from storage.records import FeedbackGiven

log = logging.getLogger(__name__)

_NO_ARTICLE = (
    "That message is no card of an article and no comment on one, or its article is gone. Use this on a card, or "
    "`/comments` to find the article."
)
_REVISED = (
    "The article was revised meanwhile, and this sentence is not in it any more. Choose another one: use **Comment on "
    "a passage** again."
)
_NO_DATABASE = (
    "Broadsheet can't store anything right now, so your comment was not posted. Try again in a minute."
)
_EMPTY = "That was no word. Write something, and it is posted."
_NOT_YOURS = "Only who wrote this comment can take it down, and those who may manage messages here."


class FeedbackCog(commands.Cog, name="feedback"):
    """The way from a card or comment over a choice of passages to a dialog, and from there into the newsroom."""

    def __init__(self, feedback: Feedback, speaker: Speaker, tree: app_commands.CommandTree[Any]) -> None:
        self._feedback = feedback
        self._speaker = speaker
        self._tree = tree
        self._menu = app_commands.ContextMenu(name="Comment on a passage", callback=self.on_passage)

    async def cog_load(self) -> None:
        """Called by discord.py: menus are not taken up with the cog."""
        self._tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Called by discord.py."""
        self._tree.remove_command(self._menu.name, type=self._menu.type)

    async def on_passage(self, interaction: Interaction, message: discord.Message) -> None:
        """The sentences of an article, to choose one from."""
        await show(interaction, self._passages(interaction, message.id, 0, interaction.channel_id))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A button or menu on the way to a dialog, a dialog that was sent off, the button under what came of it."""
        if (filled := sent_off(interaction)) is not None:
            custom_id, text = filled
            if read_dialog(custom_id) is not None:
                await show(interaction, self._say(interaction, custom_id, text))
            return
        custom_id = clicked(interaction) or ""
        if (asked := read_passages_button(custom_id)) is not None:
            await turn_page(interaction, self._passages(interaction, *asked))
        elif (message_id := read_comment_button(custom_id)) is not None:
            await ask(interaction, dialog(interaction.id, message_id))
        elif (passage := read_passage_menu(custom_id, chosen(interaction))) is not None:
            await self._ask_about(interaction, *passage)
        elif (own := read_feedback_button(custom_id)) is not None:
            await show(interaction, self._take_down(interaction, custom_id, own[1]))

    async def _subject(
        self, interaction: Interaction, message_id: int, channel_id: int | None = None
    ) -> Subject | None:
        return await self._feedback.subject(
            guild_of(interaction), message_id, channel_id, visible=visible_to(interaction)
        )

    async def _passages(
        self, interaction: Interaction, message_id: int, page: int, channel_id: int | None = None
    ) -> Answer:
        subject = await self._subject(interaction, message_id, channel_id)
        if subject is None:
            return _NO_ARTICLE
        return passages_card(subject, await self._feedback.passages(subject.listed), page)

    async def _ask_about(self, interaction: Interaction, message_id: int, place: tuple[int, int]) -> None:
        subject = await self._subject(interaction, message_id)
        passage = None if subject is None else await self._feedback.passage(subject.listed, place)
        if passage is None:
            await interaction.response.send_message(
                _NO_ARTICLE if subject is None else _REVISED, ephemeral=True
            )
        else:
            await ask(interaction, dialog(interaction.id, message_id, passage))

    async def _say(self, interaction: Interaction, custom_id: str, text: str) -> Answer:
        try:
            return await self._try_to_say(interaction, custom_id, storable(text).strip())
        except DatabaseProblem as problem:
            log.warning("A comment was not posted: %s", problem)
            return unsent(_NO_DATABASE, text)

    async def _try_to_say(self, interaction: Interaction, custom_id: str, text: str) -> Answer:
        sent = read_dialog(custom_id)
        if sent is None or not line(text, len(text)):
            return _EMPTY
        mark, message_id, place = sent
        subject = await self._subject(interaction, message_id)
        if subject is None:
            return unsent(_NO_ARTICLE, text)
        passage: Passage | None = None
        if place is not None and (passage := await self._feedback.passage(subject.listed, place)) is None:
            return unsent(_REVISED, text)
        author = interaction.user
        given = FeedbackGiven(
            id=mark,
            guild_id=guild_of(interaction),
            article_id=subject.listed.article.id,
            author_id=author.id,
            author_name=storable(author.global_name or author.name),
            quote=None if passage is None else line(passage.text, QUOTE),
            text=text,
            created_at=interaction.created_at,
        )
        rights = _rights(interaction, subject.home_id)
        outcome = await self._feedback.say(given, subject, rights, self._speaker)
        if isinstance(outcome, Said):
            where = jump_url(given.guild_id, outcome.place_id, outcome.message_id)
            return f"Posted with your name: {where}. **Delete** under it takes it down again."
        return unsent(outcome.sentence, text) if outcome.lost else outcome.sentence

    async def _take_down(self, interaction: Interaction, custom_id: str, author_id: int) -> Answer:
        may = interaction.user.id == author_id or interaction.permissions.manage_messages
        message = interaction.message
        # The id comes from who clicked, the message from Discord: it must be under it.
        if not may or message is None or custom_id not in ids_under(message):
            return _NOT_YOURS
        problem = await self._feedback.take_down(
            guild_of(interaction), message.channel.id, message.id, self._speaker
        )
        return problem or "The comment is deleted, in Discord and here."


def _rights(interaction: Interaction, channel_id: int) -> Rights:
    """What the asking member may do in a channel, or where it is a thread itself, in that thread."""
    guild, member = interaction.guild, interaction.user
    channel = None if guild is None else guild.get_channel_or_thread(channel_id)
    if channel is None or not isinstance(member, discord.Member):
        return Rights(write=False, write_in_threads=False, open_threads=False, slowed=True)
    may = channel.permissions_for(member)
    slowed = not may.bypass_slowmode
    if isinstance(channel, discord.Thread):
        writes = may.send_messages_in_threads and not channel.locked
        return Rights(write=writes, write_in_threads=writes, open_threads=False, slowed=slowed)
    return Rights(
        write=may.send_messages,
        write_in_threads=may.send_messages_in_threads,
        open_threads=may.create_public_threads,
        slowed=slowed,
    )


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(FeedbackCog(bot.newsroom.feedback, bot.publisher, bot.tree))
