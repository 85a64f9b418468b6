"""Routes of messages: read, list, send, edit, delete, crosspost, typing."""

from bisect import bisect_left, bisect_right
from datetime import timedelta
from typing import Any

from bot.sandbox import message_shapes, shapes
from bot.sandbox.access import holds_messages, sending
from bot.sandbox.errors import refusal
from bot.sandbox.forms.component import demand_attachments
from bot.sandbox.forms.form import Form, Path
from bot.sandbox.forms.message import (
    COMPONENTS_V2,
    EPHEMERAL,
    FILES_AT_MOST,
    LOADING,
    SUPPRESS_EMBEDS,
    Draft,
    demand_something,
    read_message,
    read_sent_message,
)
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import crossposts, posting
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.snowflakes import EPOCH
from bot.sandbox.stage import Stage
from bot.sandbox.things import Channel, Message

_BULK_AT_MOST, _BULK_AGE = 100, timedelta(days=14)
# Messages of the system that stay where they are.
_STAYING = frozenset({1, 2, 3, 4, 5, posting.THREAD_STARTER})


def shape_for(call: Call, message: Message) -> Json:
    """A message as the asking user sees it."""
    readable = posting.readable_for(call.stage, call.user)
    return message_shapes.message_shape(call.world, message, call.user.id, readable)


def list_messages(call: Call) -> Any:
    """`GET …/messages`: newest first; empty, and no error, without READ_MESSAGE_HISTORY."""
    channel = call.channel()
    if not holds_messages(channel):
        raise refusal(50008)
    limit = call.limit(50, 100)
    before, after, around = (call.asked_id(key) for key in ("before", "after", "around"))
    if not call.stage.access.in_channel(call.user.id, channel) & Permission.READ_MESSAGE_HISTORY:
        return []
    ids = page_of(call.world.message_ids(channel.id), limit, before, after, around)
    return [shape_for(call, call.world.messages[str(one)]) for one in reversed(ids)]


def page_of(
    ids: list[int], limit: int, before: int | None = None, after: int | None = None, around: int | None = None
) -> list[int]:
    """At most `limit` of ascending ids: those around one, next after one, or last before one (or the end)."""
    if around is not None:
        start = max(0, bisect_left(ids, around) - limit // 2)
    elif after is not None:
        start = bisect_right(ids, after)
    else:
        end = len(ids) if before is None else bisect_left(ids, before)
        return ids[max(0, end - limit) : end]
    return ids[start : start + limit]


def read_one(call: Call) -> Any:
    """`GET …/messages/{id}`."""
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    return shape_for(call, call.message(channel))


def send(call: Call) -> Any:
    """`POST …/messages`: the same nonce within minutes answers with the message that it made."""
    channel = call.channel()
    if not holds_messages(channel):
        raise refusal(50008)
    form = Form()
    draft = read_sent_message(call.form, call.files, form)
    form.finish()
    demand_something(draft)
    posting.demand_writable(call.stage, call.user, channel, draft)
    message = posting.same_nonce(call.stage, call.user, draft)
    if message is None:
        posting.demand_referenced(call.stage, call.user, channel, draft)
        posting.take_turn(call.stage, call.user, channel, "message")
        message = posting.compose(call.stage, call.user, channel, draft)
        posting.publish(call.stage, channel, message)
    shape = shape_for(call, message)
    return shape if draft.nonce is None else {**shape, "nonce": draft.nonce}


def edit(call: Call) -> Any:
    """`PATCH …/messages/{id}`: authors change all, others with MANAGE_MESSAGES only hide embeds."""
    channel = call.channel()
    message = call.message(channel)
    body = call.form
    if message.author_id != call.user.id:
        if set(body) - {"flags"}:
            raise refusal(50005)
        call.channel(Permission.MANAGE_MESSAGES)
    demand_open(channel)
    if message.type not in posting.WRITTEN:
        raise refusal(50021)
    form = Form()
    draft = read_message(body, call.files, form, v2=bool(message.flags & COMPONENTS_V2))
    form.finish()
    rewrite(call.stage, call.user.id, channel, message, draft)
    return shape_for(call, message)


def demand_open(channel: Channel) -> None:
    """Refuse to change what is in an archived thread with 50083: only writing opens it again."""
    if channel.thread is not None and channel.thread.archived:
        raise refusal(50083)


def rewrite(stage: Stage, actor_id: str, channel: Channel, message: Message, draft: Draft) -> None:
    """Change a message that is in a channel, and its published copies; all who see them are told."""
    change(stage, channel, message, draft)
    stage.note("message edited", actor_id, message)
    stage.gateway.message("MESSAGE_UPDATE", channel, message)
    crossposts.follow_edit(stage, message)


def change(stage: Stage, channel: Channel, message: Message, draft: Draft) -> None:
    """Put what a draft gives into a message; fields that it does not give stay, and so does components v2.

    Raises 50006 for nothing left, 30015 for more than 10 files in all, 50035 for content that stays beside
    components v2 or components that show files which the message has not.
    """
    given = draft.given
    content = draft.content.strip() if "content" in given else message.content
    embeds = draft.embeds if "embeds" in given else message.embeds
    components = draft.components if "components" in given else message.components
    attachments = message.attachments
    if "attachments" in given:
        attachments = [one for one in attachments if one["id"] in draft.kept]
    if not (content or embeds or components or attachments or draft.uploads or message.snapshots):
        raise refusal(50006)
    if len(attachments) + len(draft.uploads) > FILES_AT_MOST:
        raise refusal(30015)
    form = Form()
    if "flags" in given and draft.flags & COMPONENTS_V2:
        _check_layout_alone(content, embeds, form, draft.path)
    if given & {"components", "attachments"}:
        names = {one["filename"] for one in attachments} | {one.filename for one, _ in draft.uploads}
        demand_attachments(components, names, form, draft.path)
    form.finish()
    message.content, message.embeds, message.components = content, embeds, components
    message.attachments = attachments + posting.take_uploads(stage, draft)
    if "flags" in given:
        kept = message.flags & ~SUPPRESS_EMBEDS
        message.flags = kept | draft.flags & (SUPPRESS_EMBEDS | COMPONENTS_V2)
    if "content" in given:
        target = stage.world.messages.get((message.reference or {}).get("message_id", ""))
        replied = target.author_id if target is not None and target.author_id in message.mentions else None
        posting.set_mentions(stage, channel, message, draft.allowed_mentions, replied)
    if message.flags & LOADING:
        # The answer that a bot put off: it is there now, and was never another.
        message.flags = message.flags & ~LOADING | draft.flags & ~EPHEMERAL
    elif given - {"flags"}:
        message.edited_timestamp = stage.stamp()


def _check_layout_alone(content: str, embeds: list[Json], form: Form, path: Path) -> None:
    for key, value in (("content", content), ("embeds", embeds)):
        if value:
            text = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            form.wrong((*path, key), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)


def delete(call: Call) -> Any:
    """`DELETE …/messages/{id}`: one's own, others' with MANAGE_MESSAGES."""
    channel = call.channel()
    message = call.message(channel)
    if message.author_id != call.user.id:
        if channel.guild_id is None:
            raise refusal(50003)
        call.channel(Permission.MANAGE_MESSAGES)
    demand_open(channel)
    if message.type in _STAYING:
        raise refusal(50021)
    remove(call.stage, call.user.id, channel, message)


def remove(stage: Stage, actor_id: str, channel: Channel, message: Message) -> None:
    """Take a message away and tell all who saw it."""
    _take_away(stage, actor_id, channel, message)
    data = {"id": message.id, **where(channel)}
    stage.gateway.to_channel(channel, "MESSAGE_DELETE", data)


def _take_away(stage: Stage, actor_id: str, channel: Channel, message: Message) -> None:
    stage.world.remove_message(message)
    if channel.thread is not None and message.id != channel.id:
        channel.thread.message_count = max(0, channel.thread.message_count - 1)
    stage.note("message deleted", actor_id, message)
    crossposts.follow_deletion(stage, message)


def where(channel: Channel) -> Json:
    """A channel's place, as events name it."""
    place = {"channel_id": channel.id}
    return place if channel.guild_id is None else {**place, "guild_id": channel.guild_id}


def bulk_delete(call: Call) -> Any:
    """`POST …/messages/bulk-delete`: 2 to 100 messages younger than 14 days; unknown ids count for nothing."""
    channel = call.channel()
    if channel.guild_id is None:
        raise refusal(50003)
    call.channel(Permission.MANAGE_MESSAGES)
    demand_open(channel)
    form = Form()
    if call.form.get("messages") is None:
        form.missing(("messages",))
    form.items(call.form, "messages", (), _BULK_AT_MOST, least=2)
    ids = [str(int(one)) for one in form.snowflakes(call.form, "messages", (), _BULK_AT_MOST)]
    for index, one in enumerate(ids):
        if one in ids[:index]:
            form.wrong(("messages", index), "SET_TYPE_ALREADY_CONTAINS_VALUE", "It is in this list already.")
    form.finish()
    eldest = int((call.stage.now() - _BULK_AGE - EPOCH) / timedelta(milliseconds=1)) << 22
    if any(int(one) < eldest for one in ids):
        raise refusal(50034)
    found = [call.world.messages[one] for one in ids if one in call.world.messages]
    gone = [one for one in found if one.channel_id == channel.id]
    remove_many(call.stage, call.user.id, channel, gone)


def remove_many(stage: Stage, actor_id: str, channel: Channel, gone: list[Message]) -> None:
    """Take messages of a channel away and tell all who saw them, at once."""
    for message in gone:
        _take_away(stage, actor_id, channel, message)
    if gone:
        data = {"ids": [one.id for one in gone], **where(channel)}
        stage.gateway.to_channel(channel, "MESSAGE_DELETE_BULK", data)


def crosspost(call: Call) -> Any:
    """`POST …/messages/{id}/crosspost`, in announcement channels only; others' take MANAGE_MESSAGES."""
    channel = call.channel(Permission.SEND_MESSAGES)
    message = call.message(channel)
    if message.author_id != call.user.id:
        call.channel(Permission.MANAGE_MESSAGES)
    crossposts.crosspost(call.stage, channel, message, call.user.id)
    return shape_for(call, message)


def type_in(call: Call) -> Any:
    """`POST …/typing`."""
    channel = call.channel()
    call.channel(sending(channel))
    data: Json = {
        "user_id": call.user.id,
        "timestamp": int(call.stage.now().timestamp()),
        **where(channel),
    }
    guild = call.world.guilds.get(channel.guild_id or "")
    if guild is not None:
        data["member"] = shapes.member_shape(call.world, guild.members[call.user.id])
    call.stage.gateway.to_channel(channel, "TYPING_START", data)


_MESSAGES = "/channels/{channel_id}/messages"
ROUTES = (
    Route("GET", _MESSAGES, list_messages),
    Route("POST", _MESSAGES, send),
    Route("POST", _MESSAGES + "/bulk-delete", bulk_delete),
    Route("GET", _MESSAGES + "/{message_id}", read_one),
    Route("PATCH", _MESSAGES + "/{message_id}", edit),
    Route("DELETE", _MESSAGES + "/{message_id}", delete),
    Route("POST", _MESSAGES + "/{message_id}/crosspost", crosspost),
    Route("POST", "/channels/{channel_id}/followers", crossposts.follow),
    Route("POST", "/channels/{channel_id}/typing", type_in),
)
