"""What every cog is given, and how its cards become answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from io import BytesIO
from typing import Any, Protocol

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import Card
from bot.newsroom.newsroom import Newsroom
from bot.publisher import DiscordPublisher

Interaction = discord.Interaction[commands.Bot]

Answer = Card | str

# Discord waits 3 seconds for an answer, or for the word that one will come.
PATIENCE = 1.8


class Host(Protocol):
    """The bot, as far as the cogs know it."""

    newsroom: Newsroom
    publisher: DiscordPublisher

    @property
    def tree(self) -> app_commands.CommandTree[Any]:
        """The commands; those of messages' menus no cog takes up by itself."""

    @property
    def intents(self) -> discord.Intents:
        """What the bot listens to."""

    async def add_cog(self, cog: commands.Cog, /) -> None:
        """Take up a cog's commands and listeners."""


def guild_of(interaction: Interaction) -> int:
    """The id of the server in which a command was given or a button clicked. Raises ValueError outside of one."""
    if interaction.guild_id is None:
        raise ValueError("Discord sent an interaction of a server without naming it.")
    return interaction.guild_id


def clicked(interaction: Interaction, *, in_direct: bool = False) -> str | None:
    """The custom id of the clicked button or used menu, or None where the interaction is something else.

    One in direct messages counts only where it is asked for (`in_direct`).
    """
    if interaction.type is not discord.InteractionType.component:
        return None
    if interaction.guild_id is None and not in_direct:
        return None
    data: object = interaction.data
    custom_id = data.get("custom_id") if isinstance(data, dict) else None
    return custom_id if isinstance(custom_id, str) else None


def chosen(interaction: Interaction) -> str | None:
    """The value that was chosen in a menu, or None where the interaction is something else."""
    data: object = interaction.data
    values = data.get("values") if isinstance(data, dict) else None
    return str(values[0]) if isinstance(values, list) and values else None


async def show(
    interaction: Interaction, making: Coroutine[Any, Any, Answer], *, ephemeral: bool = True
) -> None:
    """Answer with a message of its own; a sentence, or a card. An answer that takes long to make is announced."""

    async def announce() -> None:
        await interaction.response.defer(ephemeral=ephemeral, thinking=True)

    await _send(interaction, await _made(making, announce), ephemeral)


async def turn_page(interaction: Interaction, making: Coroutine[Any, Any, Answer]) -> None:
    """Show another page: in place where only this member sees the message, else as an answer to them alone.

    A sentence is always a message of its own.
    """
    if interaction.message is None or not interaction.message.flags.ephemeral:
        await show(interaction, making)
        return

    async def announce() -> None:
        await interaction.response.defer()

    answer = await _made(making, announce)
    if isinstance(answer, str):
        await _send(interaction, answer, ephemeral=True)
    elif interaction.response.is_done():
        await interaction.edit_original_response(embed=answer.embed, view=_view(answer))
    else:
        await interaction.response.edit_message(embed=answer.embed, view=_view(answer))


async def _made(making: Coroutine[Any, Any, Answer], announce: Callable[[], Awaitable[None]]) -> Answer:
    task = asyncio.create_task(making)
    try:
        if not (await asyncio.wait((task,), timeout=PATIENCE))[0]:
            await announce()
        return await task
    finally:
        task.cancel()


async def _send(interaction: Interaction, answer: Answer, ephemeral: bool) -> None:
    message: dict[str, Any] = (
        {"content": answer} if isinstance(answer, str) else {"embed": answer.embed, "view": _view(answer)}
    )
    if isinstance(answer, Card) and (file := answer.file) is not None:
        message["file"] = discord.File(BytesIO(file.data), file.name, description=file.text or None)
    if interaction.response.is_done():
        await interaction.followup.send(**message, ephemeral=ephemeral)
    else:
        await interaction.response.send_message(**message, ephemeral=ephemeral)


def _view(card: Card) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for row, buttons in enumerate(buttons for buttons in card.rows if buttons):
        for button in buttons:
            view.add_item(
                discord.ui.Button(
                    label=button.label,
                    custom_id=button.custom_id,
                    url=button.url,
                    disabled=button.disabled,
                    row=row,
                )
            )
    if card.menu is not None:
        options = [
            discord.SelectOption(label=label, description=description, value=value)
            for label, description, value in card.menu.choices
        ]
        view.add_item(
            discord.ui.Select(
                custom_id=card.menu.custom_id, placeholder=card.menu.placeholder, options=options
            )
        )
    # Clicks are known by their custom ids, also after a restart; a view that has ended is not kept in memory.
    view.stop()
    return view
