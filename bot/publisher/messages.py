"""Discord's messages as the newsroom sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import discord

from bot.cards import nonce_of
from bot.newsroom.ports import MessageSeen

# Words of members; all other kinds are Discord's own notes (somebody joined, a thread was made …).
_WRITTEN = (discord.MessageType.default, discord.MessageType.reply)


def message_seen(message: discord.Message) -> MessageSeen | None:
    """A message of a guild, reduced to what the newsroom needs; None for notes of Discord's own and for DMs.

    The bot's own cards are seen too: the newsroom knows them by their ids.
    """
    if message.guild is None or (message.type not in _WRITTEN and not message.author.bot):
        return None
    author = message.author
    reply_to = message.reference if message.type is discord.MessageType.reply else None
    return MessageSeen(
        message_id=message.id,
        guild_id=message.guild.id,
        channel_id=message.channel.id,
        author_id=author.id,
        # Not the nickname: a message read over HTTP does not carry it, and names must not flicker.
        author_name=author.global_name or author.name,
        by_bot=author.bot or message.webhook_id is not None,
        text=message.content,
        reply_to_id=None if reply_to is None else reply_to.message_id,
        created_at=message.created_at,
        edited_at=message.edited_at,
        attachments=tuple(attachment.url for attachment in message.attachments),
        reactions={
            emoji_name(reaction.emoji): reaction.count - reaction.me
            for reaction in message.reactions
            if reaction.count > reaction.me
        },
        # A thread made from a message has that message's id.
        thread_id=message.id if message.flags.has_thread else None,
    )


def emoji_name(emoji: discord.PartialEmoji | discord.Emoji | str) -> str:
    """A reaction's emoji as votes know it: the Unicode emoji itself, or `name:id` of a guild's own."""
    if isinstance(emoji, str):
        return emoji
    return emoji.name if emoji.id is None else f"{emoji.name}:{emoji.id}"


def mark_of(message: Mapping[str, Any]) -> str | None:
    """The nonce that a message's buttons carry, from a message in the shape of Discord's API."""
    nonces = (nonce_of(custom_id) for custom_id in _custom_ids(message.get("components", ())))
    return next((nonce for nonce in nonces if nonce is not None), None)


def file_of(message: Mapping[str, Any]) -> str | None:
    """The name of the file by which a card of ours carries its image, from a message in the shape of Discord's API.

    A file that an embed shows is not among the message's attachments
    (https://github.com/discord/discord-api-docs/issues/1340); the embed has its address at Discord.
    """
    for embed in message.get("embeds", ()):
        path = urlsplit(str(embed.get("image", {}).get("url", ""))).path
        if path.startswith("/attachments/"):
            return path.rpartition("/")[2]
    return None


def _custom_ids(components: Any) -> Iterator[str]:
    for row in components:
        for component in row.get("components", ()):
            if custom_id := component.get("custom_id"):
                yield custom_id
