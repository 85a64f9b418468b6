"""Routes of threads: from a message, on their own, forum posts; members; active and archived ones."""

from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.forms.message import Draft, demand_something, read_message
from bot.sandbox.gateway.sessions import Intent
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import posting
from bot.sandbox.routes.messages import shape_for
from bot.sandbox.routes.routing import Answer, Call, Route, Stage
from bot.sandbox.world import (
    ANNOUNCEMENT,
    ANNOUNCEMENT_THREAD,
    FORUM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    ThreadState,
)

ARCHIVE_MINUTES = (60, 1440, 4320, 10080)
_REQUIRE_TAG = 1 << 4
_HAS_THREAD = 1 << 5


def _read_new(call: Call, form: Form, channel: Channel) -> tuple[str, int, int]:
    name = form.text(call.form, "name", (), 100, least=1, required=True) or ""
    minutes = form.choice(
        call.form, "auto_archive_duration", (), channel.default_auto_archive_duration, ARCHIVE_MINUTES
    )
    slow = form.number(call.form, "rate_limit_per_user", (), 0, 0, 21600)
    return name.strip(), minutes, slow


def _make(call: Call, parent: Channel, thread_id: str, kind: int, new: tuple[str, int, int]) -> Channel:
    stage, now = call.stage, call.stage.stamp()
    name, minutes, slow = new
    channel = Channel(
        id=thread_id,
        type=kind,
        name=name,
        guild_id=parent.guild_id,
        parent_id=parent.id,
        rate_limit_per_user=slow,
        thread=ThreadState(call.user.id, now, now, minutes, members={call.user.id: now}),
    )
    if kind == PRIVATE_THREAD and channel.thread is not None:
        channel.thread.invitable = call.form.get("invitable") is not False
    call.world.add_channel(channel)
    stage.note("thread created", call.user.id, guild_id=parent.guild_id, channel_id=channel.id, detail=name)
    return channel


def _announce(call: Call, channel: Channel) -> None:
    call.stage.gateway.thread("THREAD_CREATE", channel, newly_created=True)


def start_from_message(call: Call) -> Any:
    """`POST …/messages/{id}/threads`: the thread gets the message's id; a second one answers 160004."""
    channel = call.channel(Permission.CREATE_PUBLIC_THREADS | Permission.READ_MESSAGE_HISTORY)
    message = call.message(channel)
    if channel.type not in (TEXT, ANNOUNCEMENT):
        raise refusal(50024)
    if message.id in call.world.channels:
        raise refusal(160004)
    form = Form()
    new = _read_new(call, form, channel)
    form.finish()
    kind = ANNOUNCEMENT_THREAD if channel.type == ANNOUNCEMENT else PUBLIC_THREAD
    thread = _make(call, channel, message.id, kind, new)
    message.flags |= _HAS_THREAD
    _announce(call, thread)
    call.stage.gateway.message("MESSAGE_UPDATE", channel, message)
    starter = posting.compose(call.stage, call.user, thread, Draft(frozenset()), posting.THREAD_STARTER)
    starter.reference = {
        "type": 0,
        "channel_id": channel.id,
        "message_id": message.id,
        "guild_id": channel.guild_id,
    }
    posting.publish(call.stage, thread, starter)
    return Answer(201, shapes.channel_shape(call.world, thread, call.user.id))


def start(call: Call) -> Any:
    """`POST /channels/{id}/threads`: a forum post in a forum, elsewhere a thread without a message."""
    channel = call.channel()
    return _start_post(call, channel) if channel.type == FORUM else _start_alone(call, channel)


def _start_alone(call: Call, channel: Channel) -> Any:
    if channel.type not in (TEXT, ANNOUNCEMENT):
        raise refusal(50024)
    form = Form()
    new = _read_new(call, form, channel)
    kind = form.choice(call.form, "type", (), PRIVATE_THREAD, (10, 11, 12))
    form.finish()
    private = kind == PRIVATE_THREAD
    call.channel(Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS)
    thread = _make(call, channel, call.stage.make_id(), kind, new)
    _announce(call, thread)
    if not private:
        notice = posting.compose(call.stage, call.user, channel, Draft(frozenset()), posting.THREAD_CREATED)
        notice.content = thread.name
        notice.reference = {"type": 0, "channel_id": thread.id, "guild_id": thread.guild_id}
        posting.publish(call.stage, channel, notice)
    return Answer(201, shapes.channel_shape(call.world, thread, call.user.id))


def _start_post(call: Call, channel: Channel) -> Any:
    """A forum post takes SEND_MESSAGES only, and always a first message, whose id is the thread's."""
    call.channel(Permission.SEND_MESSAGES)
    form = Form()
    new = _read_new(call, form, channel)
    body = call.form.get("message")
    if not isinstance(body, dict):
        form.missing(("message",))
        body = {}
    draft = read_message(body, call.files, form, ("message",))
    tags = form.snowflakes(call.form, "applied_tags", (), 5)
    known = {one["id"] for one in channel.available_tags}
    for index, tag in enumerate(tags):
        if tag not in known:
            form.wrong(("applied_tags", index), "BASE_TYPE_CHOICES", "Value is not a tag of this forum.")
    form.finish()
    demand_something(draft)
    if channel.flags & _REQUIRE_TAG and not tags:
        raise refusal(40067)
    thread = _make(call, channel, call.stage.make_id(), PUBLIC_THREAD, new)
    if thread.thread is not None:
        thread.thread.applied_tags = tags
    channel.last_message_id = thread.id
    _announce(call, thread)
    message = posting.compose(call.stage, call.user, thread, draft, message_id=thread.id)
    posting.publish(call.stage, thread, message)
    shape = shapes.channel_shape(call.world, thread, call.user.id)
    return Answer(201, {**shape, "message": shape_for(call, message)})


def update(call: Call, channel: Channel, thread: ThreadState) -> Any:
    """`PATCH /channels/{id}` of a thread: name, archive, lock, tags. Others' threads take MANAGE_THREADS."""
    body = call.form
    own = thread.owner_id == call.user.id
    only_open = set(body) <= {"archived"} and body.get("archived") is False and not thread.locked
    if "locked" in body or not (own or only_open):
        call.channel(Permission.MANAGE_THREADS)
    if thread.archived and body.get("archived") is not False:
        raise refusal(50083)
    form = Form()
    name = form.text(body, "name", (), 100, least=1)
    minutes = form.choice(body, "auto_archive_duration", (), thread.auto_archive_duration, ARCHIVE_MINUTES)
    slow = form.number(body, "rate_limit_per_user", (), channel.rate_limit_per_user, 0, 21600)
    tags = form.snowflakes(body, "applied_tags", (), 5)
    form.finish()
    channel.name = name or channel.name
    channel.rate_limit_per_user = slow
    thread.auto_archive_duration = minutes
    thread.locked = body.get("locked", thread.locked) is True
    if "applied_tags" in body:
        thread.applied_tags = tags
    archived = body.get("archived", thread.archived) is True
    if archived != thread.archived:
        thread.archived, thread.archive_timestamp = archived, call.stage.stamp()
    call.stage.note("thread changed", call.user.id, guild_id=channel.guild_id, channel_id=channel.id)
    call.stage.gateway.thread("THREAD_UPDATE", channel)
    return shapes.channel_shape(call.world, channel, call.user.id)


def remove(stage: Stage, actor_id: str, channel: Channel) -> None:
    """Take a thread away. What was in it goes without a MESSAGE_DELETE."""
    data = {
        "id": channel.id,
        "guild_id": channel.guild_id,
        "parent_id": channel.parent_id,
        "type": channel.type,
    }
    stage.gateway.to_channel(channel, "THREAD_DELETE", data, Intent.GUILDS)
    stage.world.remove_channel(channel)
    stage.note("thread deleted", actor_id, guild_id=channel.guild_id, channel_id=channel.id)


def _thread(call: Call) -> tuple[Channel, ThreadState]:
    channel = call.channel()
    if channel.thread is None:
        raise refusal(50024)
    return channel, channel.thread


def join(call: Call) -> Any:
    """`PUT …/thread-members/@me`."""
    channel, thread = _thread(call)
    if thread.archived:
        raise refusal(50083)
    posting.join_thread(call.stage, channel, call.user.id)


def add_member(call: Call) -> Any:
    """`PUT …/thread-members/{user_id}`."""
    channel, thread = _thread(call)
    if thread.archived:
        raise refusal(50083)
    call.stage.access.demand_in_guild(call.path["user_id"], channel.guild_id or "")
    posting.join_thread(call.stage, channel, call.path["user_id"])


def leave(call: Call) -> Any:
    """`DELETE …/thread-members/@me`."""
    channel, thread = _thread(call)
    if call.user.id not in thread.members:
        return
    thread.members = {one: at for one, at in thread.members.items() if one != call.user.id}
    call.stage.access.changed(channel.guild_id or "")
    data = {
        "id": channel.id,
        "guild_id": channel.guild_id,
        "member_count": min(len(thread.members), 50),
        "added_members": [],
        "removed_member_ids": [call.user.id],
    }
    call.stage.gateway.to_user(call.user.id, "THREAD_MEMBERS_UPDATE", data)


def list_members(call: Call) -> Any:
    """`GET …/thread-members`."""
    channel, thread = _thread(call)
    return [shapes.thread_member_shape(channel, one) for one in thread.members]


def _listing(call: Call, threads: list[Channel], more: bool) -> Any:
    own = [one for one in threads if one.thread and call.user.id in one.thread.members]
    return {
        "threads": [shapes.channel_shape(call.world, one, call.user.id) for one in threads],
        "members": [shapes.thread_member_shape(one, call.user.id) for one in own],
        "has_more": more,
    }


def list_active(call: Call) -> Any:
    """`GET /guilds/{id}/threads/active`: those that the asking user sees, newest first."""
    guild = call.guild()
    threads = [
        one
        for one in call.world.guild_threads(guild.id)
        if one.thread and not one.thread.archived and call.stage.access.can_view(call.user.id, one)
    ]
    return _listing(call, sorted(threads, key=lambda one: int(one.id), reverse=True), False)


def list_archived(call: Call) -> Any:
    """`GET …/threads/archived/public`: by the time of archiving, newest first."""
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    limit = call.limit(50, 100)
    before = call.query.get("before")
    found = [
        (one.thread.archive_timestamp, one)
        for one in call.world.threads_of(channel.id)
        if one.thread and one.thread.archived and one.type != PRIVATE_THREAD
    ]
    found = [pair for pair in found if before is None or pair[0] < before]
    found.sort(key=lambda pair: pair[0], reverse=True)
    return _listing(call, [one for _, one in found[:limit]], len(found) > limit)


_CHANNEL = "/channels/{channel_id}"
ROUTES = (
    Route("POST", _CHANNEL + "/messages/{message_id}/threads", start_from_message),
    Route("POST", _CHANNEL + "/threads", start),
    Route("GET", _CHANNEL + "/threads/archived/public", list_archived),
    Route("GET", "/guilds/{guild_id}/threads/active", list_active),
    Route("GET", _CHANNEL + "/thread-members", list_members),
    Route("PUT", _CHANNEL + "/thread-members/@me", join),
    Route("DELETE", _CHANNEL + "/thread-members/@me", leave),
    Route("PUT", _CHANNEL + "/thread-members/{user_id}", add_member),
)
