"""What Discord withholds from a bot without MESSAGE_CONTENT: kept where somebody points at it, and admins are told."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.newsroom.comments import Keeping
from bot.newsroom.newsroom import Newsroom
from bot.publisher import message_seen
from cogs.replies import Answer, Host, Interaction, show

_SENTENCES = {
    Keeping.KEPT: "Kept: this is a comment on its article now, and `/comments` shows it.",
    Keeping.KEPT_AGAIN: "Kept as it stands now. Do this again after an edit that Broadsheet can't see.",
    Keeping.NO_COMMENT: (
        "That message is neither in the thread of an article's card nor an answer to a card or a comment, so it is no "
        "comment. Answer the card to comment on it."
    ),
    Keeping.NO_MEMBERS: "Only what members wrote can be a comment. This message is a bot's.",
    Keeping.EMPTY: "There are no words in that message to keep.",
    Keeping.CLOSED: "Comments on this article were closed before that was written, so it is not kept.",
    Keeping.FORGOTTEN: (
        "Who wrote that asked that nothing of theirs be kept, so it is no comment. In Discord it stays."
    ),
    Keeping.TOO_OLD: "That message is older than what this server keeps, so it is not kept either.",
}


class KeepingCog(commands.Cog, name="keeping"):
    """The menu that makes a message a comment. Discord hands over the words of a message whose menu is used."""

    def __init__(self, bot: Host) -> None:
        newsroom: Newsroom = bot.newsroom
        self._comments, self._withheld, self._reconciler = (
            newsroom.comments,
            newsroom.withheld,
            newsroom.reconciler,
        )
        self._notifier, self._reader, self._tree = bot.publisher, bot.reader, bot.tree
        self._reads_all = bot.intents.message_content
        self._menu = app_commands.ContextMenu(name="Keep as comment", callback=self.on_keep)

    async def cog_load(self) -> None:
        """Called by discord.py: menus are not taken up with the cog."""
        self._tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Called by discord.py."""
        self._tree.remove_command(self._menu.name, type=self._menu.type)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Somebody wrote. Where it is about an article and can't be read, that is said once."""
        if self._reads_all or message.content or message.attachments:
            return
        seen = message_seen(message)
        if seen is not None and not seen.by_bot:
            await self._withheld.noticed(seen, self._notifier)

    async def on_keep(self, interaction: Interaction, message: discord.Message) -> None:
        """A message is kept as it stands now."""
        await show(interaction, self._keep(message))

    async def _keep(self, message: discord.Message) -> Answer:
        seen = message_seen(message)
        if seen is None:
            return _SENTENCES[Keeping.NO_MEMBERS]
        done = await self._comments.keep(seen)
        if done is Keeping.KEPT:
            await self._reconciler.read_votes(self._reader, seen.channel_id, seen.message_id)
        return _SENTENCES[done]


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(KeepingCog(bot))
