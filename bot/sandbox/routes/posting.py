"""Making messages out of drafts, and telling of them: what channels, threads, webhooks and interactions share."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from bot.sandbox import message_shapes, shapes
from bot.sandbox.access import sending
from bot.sandbox.errors import invalid_form, refusal, slow_mode
from bot.sandbox.forms.message import EPHEMERAL, Draft
from bot.sandbox.message_shapes import Readable
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import archiving
from bot.sandbox.stage import Stage
from bot.sandbox.things import PRIVATE_THREAD, Channel, Message, User, Webhook

# Kinds of messages: https://discord.com/developers/docs/resources/message#message-object-message-types
RECIPIENT_ADD, RECIPIENT_REMOVE, NAME_CHANGE, PINNED, FOLLOW_ADD = 1, 2, 4, 6, 12
THREAD_CREATED, REPLY, COMMAND_ANSWER, THREAD_STARTER, CONTEXT_ANSWER = 18, 19, 20, 21, 23
# What somebody wrote; all other messages are the system's.
WRITTEN = frozenset({0, REPLY, COMMAND_ANSWER, CONTEXT_ANSWER})
_HAS_SNAPSHOT = 1 << 14
_NONCE_WINDOW = timedelta(minutes=5)
_LONGEST_PACE = timedelta(seconds=21600)
_UNHURRIED = Permission.MANAGE_MESSAGES | Permission.MANAGE_CHANNELS | Permission.BYPASS_SLOWMODE
_USER_MENTION = re.compile(r"<@!?(\d{1,20})>")
_ROLE_MENTION = re.compile(r"<@&(\d{1,20})>")


def demand_writable(stage: Stage, author: User, channel: Channel, draft: Draft) -> None:
    """Refuse who may not write this here: no permission, a locked or archived thread, a closed direct message."""
    needed = int(sending(channel))
    if draft.embeds and author.bot:
        needed |= Permission.EMBED_LINKS
    if draft.uploads:
        needed |= Permission.ATTACH_FILES
    if draft.tts and channel.guild_id is not None:
        needed |= Permission.SEND_TTS_MESSAGES
    stage.access.demand(author.id, channel, needed)
    if channel.guild_id is None:
        stage.access.demand_open_to(author, channel)
    granted = stage.access.in_channel(author.id, channel)
    if channel.thread is not None and channel.thread.locked and not granted & Permission.MANAGE_THREADS:
        raise refusal(50083 if channel.thread.archived else 160005)
    if draft.reply_to is not None and not granted & Permission.READ_MESSAGE_HISTORY:
        raise refusal(160002)


def readable_for(stage: Stage, user: User) -> Readable:
    """What a user reads over REST: a bot's application may lack MESSAGE_CONTENT."""
    application = stage.world.applications.get(user.application_id or "")
    return Readable(user.id if application is not None and not application.message_content else None)


def demand_referenced(stage: Stage, author: User, channel: Channel, draft: Draft) -> None:
    """Refuse a reply or forward of what is not there for its author, or is the system's, with 50035.

    Raises 160014 for a bot that forwards what it may not read.
    """
    if draft.forward_of is not None:
        _demand_forwardable(stage, author, *draft.forward_of)
    elif draft.reply_to is not None:
        target = stage.world.messages.get(draft.reply_to)
        if target is None or target.channel_id != channel.id:
            if draft.reply_must_exist:
                raise _wrong_reference("MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
        elif target.type not in WRITTEN:
            text = "Cannot reply to a system message"
            raise _wrong_reference("REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", text)


def _demand_forwardable(stage: Stage, author: User, channel_id: str, message_id: str) -> None:
    channel, target = stage.world.channels.get(channel_id), stage.world.messages.get(message_id)
    needed = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
    if (
        channel is None
        or target is None
        or target.channel_id != channel_id
        or needed & ~stage.access.in_channel(author.id, channel)
    ):
        raise _wrong_reference("MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
    if target.type not in WRITTEN:
        raise _wrong_reference(
            "MESSAGE_REFERENCE_CANNOT_FORWARD_SYSTEM_MESSAGE", "Cannot forward a system message"
        )
    if not readable_for(stage, author)(target):
        raise refusal(160014)


def _wrong_reference(code: str, message: str) -> Exception:
    return invalid_form({"message_reference": {"_errors": [{"code": code, "message": message}]}})


def take_turn(stage: Stage, author: User, channel: Channel, deed: str) -> None:
    """Keep people to a channel's slow mode; `deed` is "message" or "thread", which are paced apart.

    Raises 20016 for who comes too early. Bots, and who may moderate, are not slowed.
    """
    pace = timedelta(seconds=channel.rate_limit_per_user)
    if not pace or author.bot or stage.access.in_channel(author.id, channel) & _UNHURRIED:
        return
    now, key = stage.now(), (deed, channel.id, author.id)
    last = stage.slowed.pop(key, None)
    if last is not None and now - last < pace:
        stage.slowed[key] = last
        raise slow_mode((pace - (now - last)).total_seconds())
    # Insertion order is nearly age: what no slow mode can ask for any more stands in front.
    for old in list(stage.slowed):
        if now - stage.slowed[old] <= _LONGEST_PACE:
            break
        del stage.slowed[old]
    stage.slowed[key] = now


def same_nonce(stage: Stage, author: User, draft: Draft) -> Message | None:
    """The message that this author sent with this nonce in the past minutes, if the draft asks for it.

    Raises 10008 when that message was deleted since. Nonces live as long as the process.
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
    key = (message.author_id, str(message.nonce))
    stage.nonces.pop(key, None)
    stage.nonces[key] = (message.id, now)


def compose(
    stage: Stage,
    author: User | Webhook,
    channel: Channel,
    draft: Draft,
    kind: int = 0,
    application_id: str | None = None,
    metadata: dict[str, Any] | None = None,
    message_id: str | None = None,
) -> Message:
    """A message made of a draft; it is not in the channel yet. It refuses nothing: the caller has."""
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
    if isinstance(author, Webhook):
        message.webhook_id, message.application_id = author.id, author.application_id
        message.shown_name, message.shown_avatar = author.name, author.avatar
    pinged = None
    target = stage.world.messages.get(draft.reply_to or "")
    if target is not None and target.channel_id == channel.id:
        pinged = _set_reply(message, target)
    elif draft.forward_of is not None:
        _set_forward(stage, message, stage.world.messages[draft.forward_of[1]])
    message.attachments = take_uploads(stage, draft)
    set_mentions(stage, channel, message, draft.allowed_mentions, pinged)
    return message


def _set_reply(message: Message, target: Message) -> str | None:
    """Point a message at what it replies to; gives whom that pings."""
    message.type = REPLY
    message.reference = reference_to(target)
    # An answer to an interaction counts as a webhook's message: nobody is pinged by a reply to it.
    return None if target.application_id is not None or target.webhook_id else target.author_id


def _set_forward(stage: Stage, message: Message, target: Message) -> None:
    """Let a message carry another one."""
    message.reference = reference_to(target, kind=1)
    message.flags |= _HAS_SNAPSHOT
    # A forward of a forward carries the first one's content.
    message.snapshots = target.snapshots or [message_shapes.snapshot_shape(stage.world, target)]


def reference_to(target: Message, kind: int = 0) -> dict[str, Any]:
    """What points at a message: 0 for a reply and the like, 1 for a forward."""
    reference = {"type": kind, "channel_id": target.channel_id, "message_id": target.id}
    return reference if target.guild_id is None else {**reference, "guild_id": target.guild_id}


def take_uploads(stage: Stage, draft: Draft) -> list[dict[str, Any]]:
    """Keep the bytes of uploaded files and give their entries."""
    entries = []
    for upload, description in draft.uploads:
        attachment_id = stage.make_id()
        stage.files.keep(attachment_id, upload)
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
    # A webhook has no permissions: it may mention all.
    everyone = message.webhook_id is not None or bool(
        stage.access.in_channel(message.author_id, channel) & Permission.MENTION_EVERYONE
    )
    roles = list(dict.fromkeys(_ROLE_MENTION.findall(message.content)))
    if allowed is not None and "roles" not in parse:
        roles = [one for one in roles if one in allowed["roles"]]
    message.mention_roles = [
        one for one in roles if one in guild.roles and (everyone or guild.roles[one].mentionable)
    ]
    loud = "@everyone" in message.content or "@here" in message.content
    message.mention_everyone = loud and "everyone" in parse and everyone


def publish(stage: Stage, channel: Channel, message: Message) -> None:
    """Put a message into its channel and tell all who see it."""
    world = stage.world
    # What is in a channel is for all who see it.
    message.flags &= ~EPHEMERAL
    world.add_message(message)
    channel.last_message_id = message.id
    if message.nonce is not None:
        _remember_nonce(stage, message)
    if channel.thread is not None:
        _count_in_thread(stage, channel, message)
    kind = "answer to an interaction" if message.interaction_metadata else None
    stage.note("message created", message.author_id, message, detail=kind)
    stage.gateway.message("MESSAGE_CREATE", channel, message)
    # A nonce is told with the creation only; who reads the message later does not see it.
    message.nonce = None


def announce(
    stage: Stage,
    author: User | Webhook,
    channel: Channel,
    kind: int,
    content: str = "",
    reference: dict[str, Any] | None = None,
    mentions: Iterable[str] = (),
) -> None:
    """Write a message of the system into a channel: something was pinned, renamed, begun."""
    notice = compose(stage, author, channel, Draft(frozenset()), kind)
    notice.content, notice.reference, notice.mentions = content, reference, list(mentions)
    publish(stage, channel, notice)


def _count_in_thread(stage: Stage, channel: Channel, message: Message) -> None:
    thread = channel.thread
    if thread is None:
        return
    # A thread's starter does not count as one of its messages.
    if message.id != channel.id and message.type != THREAD_STARTER:
        thread.message_count += 1
        thread.total_message_sent += 1
    if thread.archived:
        archiving.set_archived(stage, channel, False)
        stage.gateway.thread("THREAD_UPDATE", channel)
    if message.type not in WRITTEN:
        return
    may_add = channel.type != PRIVATE_THREAD or may_invite(stage, message.author_id, channel)
    for user_id in (message.author_id, *(message.mentions if may_add else ())):
        if user_id in stage.world.users and _sees_parent(stage, user_id, channel):
            join_thread(stage, channel, user_id)


def _sees_parent(stage: Stage, user_id: str, channel: Channel) -> bool:
    parent = stage.world.channels.get(channel.parent_id or "")
    return parent is not None and stage.access.can_view(user_id, parent)


def may_invite(stage: Stage, user_id: str, channel: Channel) -> bool:
    """Whether somebody may bring others into a thread: closed private ones leave that to owner and moderators."""
    thread = channel.thread
    if thread is None:
        return False
    moderates = stage.access.in_channel(user_id, channel) & Permission.MANAGE_THREADS
    return bool(channel.type != PRIVATE_THREAD or thread.invitable or thread.owner_id == user_id or moderates)


def join_thread(stage: Stage, channel: Channel, user_id: str) -> None:
    """Make a user a member of a thread, if they are not one."""
    if channel.thread is None or user_id in channel.thread.members:
        return
    opened = not stage.access.can_view(user_id, channel)
    channel.thread.members = {**channel.thread.members, user_id: stage.stamp()}
    stage.access.changed(channel.guild_id or "")
    stage.note("thread joined", user_id, guild_id=channel.guild_id, channel_id=channel.id)
    if opened:
        data = shapes.channel_shape(stage.world, channel, user_id)
        stage.gateway.to_user(user_id, "THREAD_CREATE", data)
    stage.gateway.thread_member(channel, user_id, joined=True)
