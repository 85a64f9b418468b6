"""Routes of threads: from a message, on their own, forum posts; changes to them, and their end."""

from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.channel import ARCHIVE_MINUTES
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import archiving, posting, posts
from bot.sandbox.routes.opening import demand_room, open_thread, read_thread
from bot.sandbox.routes.routing import Answer, Call, Route
from bot.sandbox.stage import Stage
from bot.sandbox.things import (
    ANNOUNCEMENT,
    ANNOUNCEMENT_THREAD,
    FORUM_TYPES,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    ThreadState,
)

_KINDS = {TEXT: (PUBLIC_THREAD, PRIVATE_THREAD), ANNOUNCEMENT: (ANNOUNCEMENT_THREAD,)}
# Flags of a post and of a message.
_PINNED, _HAS_THREAD = 1 << 1, 1 << 5
# What only moderators change, also in their own threads.
_MODERATED = frozenset({"locked", "rate_limit_per_user", "flags"})


def start_from_message(call: Call) -> Any:
    """`POST …/messages/{id}/threads`: the thread gets the message's id; a second one answers 160004."""
    stage = call.stage
    channel = call.channel(Permission.CREATE_PUBLIC_THREADS | Permission.READ_MESSAGE_HISTORY)
    message = call.message(channel)
    if channel.type not in _KINDS:
        raise refusal(50024)
    if message.type not in posting.WRITTEN:
        raise refusal(50021)
    if message.id in call.world.channels:
        raise refusal(160004)
    form = Form()
    thread = read_thread(call, form, channel)
    form.finish()
    demand_room(stage, channel.guild_id)
    posting.take_turn(stage, call.user, channel, "thread")
    thread.type = _KINDS[channel.type][0]
    open_thread(stage, thread, message.id, call.user.id)
    message.flags |= _HAS_THREAD
    stage.gateway.message("MESSAGE_UPDATE", channel, message)
    reference = posting.reference_to(message)
    posting.announce(stage, call.user, thread, posting.THREAD_STARTER, reference=reference)
    return Answer(201, shapes.channel_shape(call.world, thread, call.user.id))


def start(call: Call) -> Any:
    """`POST /channels/{id}/threads`: a forum post in a forum, elsewhere a thread without a message."""
    channel = call.channel()
    if channel.type in FORUM_TYPES:
        return posts.start_post(call, channel)
    if channel.type not in _KINDS:
        raise refusal(50024)
    stage, form = call.stage, Form()
    thread = read_thread(call, form, channel)
    # Without a type it is a private one, where there are such.
    kinds = _KINDS[channel.type]
    thread.type = form.choice(call.form, "type", (), kinds[-1], kinds)
    invitable = form.truth(call.form, "invitable", (), True)
    form.finish()
    private = thread.type == PRIVATE_THREAD
    call.channel(Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS)
    demand_room(stage, channel.guild_id)
    posting.take_turn(stage, call.user, channel, "thread")
    if private and thread.thread is not None:
        thread.thread.invitable = invitable
    open_thread(stage, thread, stage.make_id(), call.user.id)
    if not private:
        reference = {"type": 0, "channel_id": thread.id, "guild_id": thread.guild_id}
        posting.announce(stage, call.user, channel, posting.THREAD_CREATED, thread.name, reference)
    return Answer(201, shapes.channel_shape(call.world, thread, call.user.id))


def update(call: Call, channel: Channel, thread: ThreadState) -> Any:
    """`PATCH /channels/{id}` of a thread: name, archive, lock, tags, pin.

    Its owner changes most of it, others with MANAGE_THREADS; who may write in it may open it again. One that
    is locked is the moderators' alone. Raises 50083 for changes that leave it archived.
    """
    body, stage = call.form, call.stage
    parent = call.world.channels.get(channel.parent_id or "", channel)
    moderates = _demand_right(call, channel, thread)
    if thread.archived and body.get("archived") is not False:
        raise refusal(50083)
    form = Form()
    name = form.text(body, "name", (), 100, least=1)
    minutes = form.choice(body, "auto_archive_duration", (), thread.auto_archive_duration, ARCHIVE_MINUTES)
    pace = form.number(body, "rate_limit_per_user", (), channel.rate_limit_per_user, 0, 21600)
    locked = form.truth(body, "locked", (), thread.locked)
    archived = form.truth(body, "archived", (), thread.archived)
    invitable = form.truth(body, "invitable", (), thread.invitable)
    flags = form.number(body, "flags", (), channel.flags, 0, (1 << 31) - 1)
    tags = posts.read_tags(body, form, parent) if "applied_tags" in body else thread.applied_tags
    form.finish()
    if tags != thread.applied_tags:
        posts.demand_tags(parent, tags, thread.applied_tags, moderates)
    if flags & _PINNED and not channel.flags & _PINNED:
        _demand_pinnable(stage, parent)
    if thread.archived and not archived:
        demand_room(stage, channel.guild_id)
    renamed = name is not None and name.strip() != channel.name
    channel.name = (name or channel.name).strip()
    channel.rate_limit_per_user = pace
    channel.flags = channel.flags & ~_PINNED | flags & _PINNED
    thread.locked, thread.invitable, thread.applied_tags = locked, invitable, tags
    _set_rest(stage, channel, thread, archived, minutes)
    stage.note("thread changed", call.user.id, guild_id=channel.guild_id, channel_id=channel.id)
    stage.gateway.thread("THREAD_UPDATE", channel)
    if renamed and not archived:
        posting.announce(stage, call.user, channel, posting.NAME_CHANGE, channel.name)
    return shapes.channel_shape(call.world, channel, call.user.id)


def _demand_right(call: Call, channel: Channel, thread: ThreadState) -> bool:
    """Refuse with 50013 who may not change what the body names; gives whether they moderate threads."""
    body, granted = call.form, call.stage.access.in_channel(call.user.id, channel)
    if granted & Permission.MANAGE_THREADS:
        return True
    own = thread.owner_id == call.user.id
    opens = set(body) == {"archived"} and body["archived"] is False
    writes = granted & Permission.SEND_MESSAGES_IN_THREADS
    if thread.locked or set(body) & _MODERATED or not (own or (opens and writes)):
        raise refusal(50013)
    return False


def _demand_pinnable(stage: Stage, parent: Channel) -> None:
    """Posts of forums can be pinned, one at a time."""
    if parent.type not in FORUM_TYPES:
        raise refusal(50024)
    if any(one.flags & _PINNED for one in stage.world.threads_of(parent.id)):
        raise refusal(30047)


def _set_rest(stage: Stage, channel: Channel, thread: ThreadState, archived: bool, minutes: int) -> None:
    """Archive or open a thread; a new duration counts from now, as Discord's `archive_timestamp` does."""
    if archived == thread.archived and minutes == thread.auto_archive_duration:
        return
    thread.auto_archive_duration = minutes
    archiving.set_archived(stage, channel, archived)


def remove(stage: Stage, actor_id: str, channel: Channel) -> None:
    """Take a thread away. What was in it goes without a MESSAGE_DELETE."""
    data = {
        "id": channel.id,
        "guild_id": channel.guild_id,
        "parent_id": channel.parent_id,
        "type": channel.type,
    }
    stage.gateway.to_channel(channel, "THREAD_DELETE", data)
    stage.remove_channel(channel)
    stage.note("thread deleted", actor_id, guild_id=channel.guild_id, channel_id=channel.id)


ROUTES = (
    Route("POST", "/channels/{channel_id}/messages/{message_id}/threads", start_from_message),
    Route("POST", "/channels/{channel_id}/threads", start),
)
