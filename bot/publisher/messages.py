"""Discord's messages as the newsroom sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import discord

from bot.cards import mark, read_feedback_button
from bot.newsroom.ports import MessageSeen, ThreadSeen

# Words of members; all other kinds are Discord's own notes (somebody joined, a thread was made …).
_WRITTEN = (discord.MessageType.default, discord.MessageType.reply)


def message_seen(message: discord.Message) -> MessageSeen | None:
    """A message that came, reduced to what the newsroom needs; None for notes of Discord's own and for DMs.

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
        author_name=storable(author.global_name or author.name),
        by_bot=author.bot or message.webhook_id is not None,
        text=storable(message.content),
        reply_to_id=None if reply_to is None else reply_to.message_id,
        created_at=message.created_at,
        edited_at=message.edited_at,
        attachments=tuple(attachment.url for attachment in message.attachments),
        feedback_id=_feedback(ids_under(message)) if author == message.guild.me else None,
    )


def message_read(message: Mapping[str, Any], guild_id: int, own_id: int = 0) -> MessageSeen | None:
    """A message of a guild's in the shape of Discord's API, as `message_seen` has it, with reactions and thread.

    `own_id` is the bot's.
    """
    kind, author = discord.enums.try_enum(discord.MessageType, message["type"]), message["author"]
    by_bot = bool(author.get("bot")) or message.get("webhook_id") is not None
    if kind not in _WRITTEN and not by_bot:
        return None
    reply_to = message.get("message_reference") if kind is discord.MessageType.reply else None
    thread = message.get("thread")
    return MessageSeen(
        message_id=int(message["id"]),
        guild_id=guild_id,
        channel_id=int(message["channel_id"]),
        author_id=int(author["id"]),
        author_name=storable(author.get("global_name") or author["username"]),
        by_bot=by_bot,
        text=storable(message["content"]),
        reply_to_id=int(reply_to["message_id"]) if reply_to and reply_to.get("message_id") else None,
        created_at=discord.utils.snowflake_time(int(message["id"])),
        edited_at=discord.utils.parse_time(message.get("edited_timestamp")),
        attachments=tuple(attachment["url"] for attachment in message.get("attachments", ())),
        reactions={
            _name_of(reaction["emoji"]): reaction["count"] - reaction["me"]
            for reaction in message.get("reactions", ())
            if reaction["count"] > reaction["me"]
        },
        thread=None if thread is None else thread_read(thread),
        feedback_id=_feedback(_custom_ids(message.get("components", ())))
        if int(author["id"]) == own_id
        else None,
        super_reactions=frozenset(
            _name_of(reaction["emoji"])
            for reaction in message.get("reactions", ())
            if reaction.get("count_details", {}).get("burst")
        ),
    )


def storable(text: str) -> str:
    """A text without what no database takes (NUL, halves of surrogate pairs): one message may not stop a channel."""
    return text.replace("\0", "").encode(errors="ignore").decode()


def thread_read(thread: Mapping[str, Any]) -> ThreadSeen:
    """A thread in the shape of Discord's API, as the newsroom sees it."""
    told = thread["thread_metadata"]
    archived_at = discord.utils.parse_time(told["archive_timestamp"]) if told["archived"] else None
    last_id = int(thread.get("last_message_id") or 0)
    return thread_seen(int(thread["id"]), last_id, thread["message_count"], archived_at)


def thread_seen(thread_id: int, last_id: int, count: int, archived_at: datetime | None = None) -> ThreadSeen:
    """A thread as the newsroom sees it, from its figures."""
    return ThreadSeen(thread_id, last_id, discord.utils.snowflake_time(last_id), count, archived_at)


def emoji_name(emoji: discord.PartialEmoji | discord.Emoji | str) -> str:
    """A reaction's emoji as votes know it: the Unicode emoji itself, or `name:id` of a guild's own."""
    if isinstance(emoji, str):
        return emoji
    return emoji.name if emoji.id is None else f"{emoji.name}:{emoji.id}"


def _name_of(emoji: Mapping[str, Any]) -> str:
    return str(emoji["name"]) if emoji.get("id") is None else f"{emoji['name']}:{emoji['id']}"


def mark_of(message: Mapping[str, Any], author_id: int) -> str | None:
    """The nonce that the buttons of this author's message carry, from a message in the shape of Discord's API."""
    if str(message.get("author", {}).get("id")) != str(author_id):
        return None
    marks = (mark(custom_id) for custom_id in _custom_ids(message.get("components", ())))
    return next((nonce for nonce in marks if nonce is not None), None)


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


def _feedback(custom_ids: Iterable[str]) -> int | None:
    """The feedback that a message of the bot's own is, from the ids of its buttons."""
    marks = (read_feedback_button(custom_id) for custom_id in custom_ids)
    return next((found[0] for found in marks if found is not None), None)


def ids_under(message: discord.Message) -> Iterator[str]:
    """The custom ids of a message's buttons and menus."""
    for row in message.components:
        for component in getattr(row, "children", ()):
            if custom_id := getattr(component, "custom_id", None):
                yield custom_id


def _custom_ids(components: Any) -> Iterator[str]:
    for row in components:
        for component in row.get("components", ()):
            if custom_id := component.get("custom_id"):
                yield custom_id
