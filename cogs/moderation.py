"""Managers hide comments and close articles to them, from the menus of messages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.newsroom.moderation import Closed, Moderation
from bot.newsroom.ports import ThreadLocker
from cogs.replies import Answer, Host, Interaction, guild_of, show

_NO_COMMENT = (
    "That message is no comment on an article, so there is nothing to hide. `/comments` lists those that are."
)
_NO_ARTICLE = "That message is no card of an article and no comment on one. Use this on a card."

Callback = Callable[[Interaction, discord.Message], Coroutine[Any, Any, None]]


class ModerationCog(commands.Cog, name="moderation"):
    """Commands in the menu of a message, for those who may manage messages."""

    def __init__(
        self, moderation: Moderation, locker: ThreadLocker, tree: app_commands.CommandTree[Any]
    ) -> None:
        self._moderation = moderation
        self._locker = locker
        self._tree = tree
        self._menus = (
            _menu("Hide from the page", self.hide),
            _menu("Show again", self.show_again),
            _menu("Close comments", self.close),
            _menu("Open comments again", self.open_again),
        )

    async def cog_load(self) -> None:
        """Called by discord.py: menus are not taken up with the cog."""
        for menu in self._menus:
            self._tree.add_command(menu)

    async def cog_unload(self) -> None:
        """Called by discord.py."""
        for menu in self._menus:
            self._tree.remove_command(menu.name, type=menu.type)

    async def hide(self, interaction: Interaction, message: discord.Message) -> None:
        """A comment is listed and counted no more."""
        await show(interaction, self._hide(interaction, message.id, hidden=True))

    async def show_again(self, interaction: Interaction, message: discord.Message) -> None:
        """A hidden comment is listed again."""
        await show(interaction, self._hide(interaction, message.id, hidden=False))

    async def close(self, interaction: Interaction, message: discord.Message) -> None:
        """An article takes no more comments."""
        await show(interaction, self._close(interaction, message.id, closed=True))

    async def open_again(self, interaction: Interaction, message: discord.Message) -> None:
        """An article takes comments again."""
        await show(interaction, self._close(interaction, message.id, closed=False))

    async def _hide(self, interaction: Interaction, message_id: int, *, hidden: bool) -> Answer:
        if not await self._moderation.hide(guild_of(interaction), message_id, hidden=hidden):
            return _NO_COMMENT
        if hidden:
            return (
                "Hidden: the page and `/comments` do not show this comment any more, and it is not counted. In Discord "
                "it stands as before. **Show again** in its menu brings it back."
            )
        return "This comment is shown and counted again."

    async def _close(self, interaction: Interaction, message_id: int, *, closed: bool) -> Answer:
        # By Discord's clock, as the times of messages are.
        done = await self._moderation.close(
            guild_of(interaction), message_id, interaction.created_at, self._locker, closed=closed
        )
        return _NO_ARTICLE if done is None else _told(done, closed=closed)


def _told(done: Closed, *, closed: bool) -> str:
    already = "" if done.changed else " already"
    sentences = [
        f"Comments on this article are closed{already}: what is written from now on is none. Those that are there stay."
        if closed
        else f"Comments on this article are open{already}."
    ]
    if done.changed and not closed:
        sentences.append("What was written in Discord while they were closed may count now, too.")
    if done.threads:
        what = "thread is" if done.threads == 1 else "threads are"
        sentences.append(f"Its {what} {'locked' if closed else 'unlocked'}.")
    sentences += done.problems
    return " ".join(sentences)


def _menu(name: str, callback: Callback) -> app_commands.ContextMenu:
    menu = app_commands.ContextMenu(name=name, callback=callback)
    menu.default_permissions = discord.Permissions(manage_messages=True)

    def may(interaction: Interaction) -> bool:
        if not interaction.permissions.manage_messages:
            raise app_commands.MissingPermissions(["manage_messages"])
        return True

    menu.add_check(may)
    return menu


async def setup(bot: Host) -> None:
    """Called by discord.py."""
    await bot.add_cog(ModerationCog(bot.newsroom.moderation, bot.publisher, bot.tree))
