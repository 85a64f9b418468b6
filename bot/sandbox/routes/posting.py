"""Making messages out of drafts, and telling of them: what channels, threads and interactions share."""

import re
from datetime import timedelta
from typing import Any

from bot.sandbox.access import sending
from bot.sandbox.errors import invalid_form, refusal
from bot.sandbox.forms.message import Draft
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.routing import Stage
from bot.sandbox.world import Channel, Message, User

REPLY, THREAD_CREATED, COMMAND_ANSWER, THREAD_STARTER = 19, 18, 20, 21
_NONCE_WINDOW = timedelta(minutes=5)
_USER_MENTION = re.compile(r"<@!?(\d{1,20})>")
_ROLE_MENTION = re.compile(r"<@&(\d{1,20})>")


def demand_writable(stage: Stage, author: User, channel: Channel, draft: Draft) -> None:
    """Refuse who may not write this here: no permission, a locked or archived thread, a closed direct message."""
    needed = int(sending(channel))
    if draft.embeds and author.bot:
        needed |= Permission.EMBED_LINKS
    if draft.uploads:
        needed |= Permission.ATTACH_FILES
    stage.access.demand(author.id, channel, needed)
    granted = stage.access.in_channel(author.id, channel)
    if channel.thread is not None and channel.thread.locked and not granted & Permission.MANAGE_THREADS:
        raise refusal(50083 if channel.thread.archived else 160005)
    if draft.reply_to is not None and not granted & Permission.READ_MESSAGE_HISTORY:
        raise refusal(160002)


def same_nonce(stage: Stage, author: User, draft: Draft) -> Message | None:
    """The message that this author sent with this nonce in the past minutes, if the draft asks for it.

    Raises 10008 when that message was deleted since.
    """
    if draft.nonce is None or not draft.enforce_nonce:
        return None
    found = stage.nonces.get((author.id, str(draft.nonce)))
    if found is None or stage.now() - found[1] > _NONCE_WINDOW:
        return None
    if found[0] not in stage.world.messages:
        raise refusal(10008)
    return stage.world.messages[found[0]]


def _remember_nonce(stage: Stage, message: Message) -> None:
    now = stage.now()
    # Insertion order is age: the old ones stand in front.
    for key, (_, at) in list(stage.nonces.items()):
        if now - at <= _NONCE_WINDOW:
            break
        del stage.nonces[key]
    stage.nonces[(message.author_id, str(message.nonce))] = (message.id, now)


def compose(
    stage: Stage,
    author: User,
    channel: Channel,
    draft: Draft,
    kind: int = 0,
    application_id: str | None = None,
    metadata: dict[str, Any] | None = None,
    message_id: str | None = None,
) -> Message:
    """A message made of a draft; it is not in the channel yet."""
    message = Message(
        id=message_id or stage.make_id(),
        channel_id=channel.id,
        author_id=author.id,
        timestamp=stage.stamp(),
        guild_id=channel.guild_id,
        type=kind,
        content=draft.content.strip(),
        flags=draft.flags,
        tts=draft.tts,
        embeds=draft.embeds,
        components=draft.components,
        nonce=draft.nonce,
        application_id=application_id,
        interaction_metadata=metadata,
    )
    message.attachments = take_uploads(stage, draft)
    pinged = None
    if draft.reply_to is not None:
        pinged = _set_reply(stage, channel, message, draft)
    set_mentions(stage, channel, message, draft.allowed_mentions, pinged)
    return message


def _set_reply(stage: Stage, channel: Channel, message: Message, draft: Draft) -> str | None:
    """Point a message at what it replies to; gives whom that pings."""
    target = stage.world.messages.get(draft.reply_to or "")
    if target is None or target.channel_id != channel.id:
        if draft.reply_must_exist:
            error = {"code": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "message": "Unknown message"}
            raise invalid_form({"message_reference": {"_errors": [error]}})
        return None
    message.type = REPLY
    message.reference = {"type": 0, "channel_id": channel.id, "message_id": target.id}
    if channel.guild_id is not None:
        message.reference["guild_id"] = channel.guild_id
    # An answer to an interaction counts as a webhook's message: nobody is pinged by a reply to it.
    return None if target.application_id is not None else target.author_id


def take_uploads(stage: Stage, draft: Draft) -> list[dict[str, Any]]:
    """Keep the bytes of uploaded files and give their entries."""
    entries = []
    for upload, description in draft.uploads:
        attachment_id = stage.make_id()
        stage.files[attachment_id] = upload
        entry: dict[str, Any] = {
            "id": attachment_id,
            "filename": upload.filename,
            "size": len(upload.data),
            "content_type": upload.content_type,
        }
        if description:
            entry["description"] = description
        entries.append(entry)
    return entries


def set_mentions(
    stage: Stage, channel: Channel, message: Message, allowed: dict[str, Any] | None, replied: str | None
) -> None:
    """Find out whom a message mentions, as far as `allowed_mentions` lets it."""
    parse = ("users", "roles", "everyone") if allowed is None else allowed["parse"]
    users = list(dict.fromkeys(_USER_MENTION.findall(message.content)))
    if allowed is not None and "users" not in parse:
        users = [one for one in users if one in allowed["users"]]
    if replied is not None and (allowed is None or allowed["replied_user"]) and replied not in users:
        users.append(replied)
    message.mentions = [one for one in users if one in stage.world.users]
    guild = stage.world.guilds.get(channel.guild_id or "")
    if guild is None:
        return
    roles = list(dict.fromkeys(_ROLE_MENTION.findall(message.content)))
    if allowed is not None and "roles" not in parse:
        roles = [one for one in roles if one in allowed["roles"]]
    message.mention_roles = [one for one in roles if one in guild.roles]
    loud = "@everyone" in message.content or "@here" in message.content
    granted = stage.access.in_channel(message.author_id, channel)
    message.mention_everyone = loud and "everyone" in parse and bool(granted & Permission.MENTION_EVERYONE)


def publish(stage: Stage, channel: Channel, message: Message) -> None:
    """Put a message into its channel and tell all who see it."""
    world = stage.world
    world.add_message(message)
    channel.last_message_id = message.id
    if message.nonce is not None:
        _remember_nonce(stage, message)
    _count_in_thread(stage, channel, message)
    kind = "answer to an interaction" if message.interaction_metadata else None
    stage.note("message created", message.author_id, message, detail=kind)
    stage.gateway.message("MESSAGE_CREATE", channel, message)
    # A nonce is told with the creation only; who reads the message later does not see it.
    message.nonce = None


def _count_in_thread(stage: Stage, channel: Channel, message: Message) -> None:
    thread = channel.thread
    if thread is None:
        return
    # A thread's starter does not count as one of its messages.
    if message.id != channel.id and message.type != THREAD_STARTER:
        thread.message_count += 1
        thread.total_message_sent += 1
    if thread.archived:
        thread.archived = False
        thread.archive_timestamp = stage.stamp()
        stage.gateway.thread("THREAD_UPDATE", channel)
    join_thread(stage, channel, message.author_id)


def join_thread(stage: Stage, channel: Channel, user_id: str) -> None:
    """Make a user a member of a thread, if they are not one."""
    if channel.thread is None or user_id in channel.thread.members:
        return
    channel.thread.members = {**channel.thread.members, user_id: stage.stamp()}
    stage.access.changed(channel.guild_id or "")
    stage.note("thread joined", user_id, guild_id=channel.guild_id, channel_id=channel.id)
    stage.gateway.thread_member_added(channel, user_id)
