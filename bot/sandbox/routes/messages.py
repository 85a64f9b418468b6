"""Routes of messages: read, list, send, edit, delete, crosspost, pins, typing."""

from bisect import bisect_left, bisect_right
from datetime import timedelta
from typing import Any

from bot.sandbox import message_shapes, shapes
from bot.sandbox.access import holds_messages, sending
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.forms.message import COMPONENTS_V2, SUPPRESS_EMBEDS, Draft, demand_something, read_message
from bot.sandbox.gateway.sessions import Intent
from bot.sandbox.message_shapes import Readable
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import posting
from bot.sandbox.routes.routing import Call, Route, Stage
from bot.sandbox.shapes import Json
from bot.sandbox.snowflakes import made_at
from bot.sandbox.world import ANNOUNCEMENT, Channel, Message, User

_CROSSPOSTED = 1
_PINS_AT_MOST = 250


def readable_for(stage: Stage, user: User) -> Readable:
    """What a user reads over REST: a bot's application may lack MESSAGE_CONTENT."""
    application = stage.world.applications.get(user.application_id or "")
    return Readable(user.id if application is not None and not application.message_content else None)


def shape_for(call: Call, message: Message) -> Json:
    """A message as the asking user sees it."""
    return message_shapes.message_shape(
        call.world, message, call.user.id, readable_for(call.stage, call.user)
    )


def list_messages(call: Call) -> Any:
    """`GET …/messages`: newest first; empty, and no error, without READ_MESSAGE_HISTORY."""
    channel = call.channel()
    if not holds_messages(channel):
        raise refusal(50008)
    limit = call.limit(50, 100)
    if not call.stage.access.in_channel(call.user.id, channel) & Permission.READ_MESSAGE_HISTORY:
        return []
    ids = call.world.message_ids(channel.id)
    anchors = {key: int(call.query[key]) for key in ("before", "after", "around") if _number(call, key)}
    if "around" in anchors:
        middle = bisect_left(ids, anchors["around"])
        chosen = ids[max(0, middle - limit // 2) : middle + limit // 2 + 1][:limit]
    elif "after" in anchors:
        start = bisect_right(ids, anchors["after"])
        chosen = ids[start : start + limit]
    else:
        end = bisect_left(ids, anchors["before"]) if "before" in anchors else len(ids)
        chosen = ids[max(0, end - limit) : end]
    return [shape_for(call, call.world.messages[str(one)]) for one in reversed(chosen)]


def _number(call: Call, key: str) -> bool:
    return call.query.get(key, "").isdigit()


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
    draft = read_message(call.form, call.files, form)
    form.finish()
    demand_something(draft)
    posting.demand_writable(call.stage, call.user, channel, draft)
    message = posting.same_nonce(call.stage, call.user, draft)
    if message is None:
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
    if channel.thread is not None and channel.thread.archived:
        raise refusal(50083)
    form = Form()
    draft = read_message(body, call.files, form, v2=bool(message.flags & COMPONENTS_V2))
    form.finish()
    change(call.stage, channel, message, draft)
    call.stage.note("message edited", call.user.id, message)
    call.stage.gateway.message("MESSAGE_UPDATE", channel, message)
    return shape_for(call, message)


def change(stage: Stage, channel: Channel, message: Message, draft: Draft) -> None:
    """Put what a draft gives into a message; fields that it does not give stay. Raises 50006 for nothing left."""
    given = draft.given
    content = draft.content.strip() if "content" in given else message.content
    embeds = draft.embeds if "embeds" in given else message.embeds
    components = draft.components if "components" in given else message.components
    attachments = message.attachments
    if "attachments" in given:
        attachments = [one for one in attachments if one["id"] in draft.kept]
    if not (content or embeds or components or attachments or draft.uploads):
        raise refusal(50006)
    message.content, message.embeds, message.components = content, embeds, components
    message.attachments = attachments + posting.take_uploads(stage, draft)
    if "flags" in given:
        kept = message.flags & ~SUPPRESS_EMBEDS
        message.flags = kept | draft.flags & (SUPPRESS_EMBEDS | COMPONENTS_V2)
    if "content" in given:
        target = stage.world.messages.get((message.reference or {}).get("message_id", ""))
        replied = target.author_id if target is not None and target.author_id in message.mentions else None
        posting.set_mentions(stage, channel, message, draft.allowed_mentions, replied)
    message.edited_timestamp = stage.stamp()


def delete(call: Call) -> Any:
    """`DELETE …/messages/{id}`: one's own, others' with MANAGE_MESSAGES."""
    channel = call.channel()
    message = call.message(channel)
    if message.author_id != call.user.id:
        call.channel(Permission.MANAGE_MESSAGES)
    remove(call.stage, call.user.id, channel, message)


def remove(stage: Stage, actor_id: str, channel: Channel, message: Message) -> None:
    """Take a message away and tell all who saw it."""
    _take_away(stage, actor_id, channel, message)
    data = {"id": message.id, "channel_id": channel.id, **_guild(channel)}
    stage.gateway.to_channel(channel, "MESSAGE_DELETE", data, Intent.GUILD_MESSAGES)


def _take_away(stage: Stage, actor_id: str, channel: Channel, message: Message) -> None:
    stage.world.remove_message(message)
    for attachment in message.attachments:
        stage.files.pop(attachment["id"], None)
    if channel.thread is not None:
        channel.thread.message_count = max(0, channel.thread.message_count - 1)
    stage.note("message deleted", actor_id, message)


def _guild(channel: Channel) -> Json:
    return {"guild_id": channel.guild_id} if channel.guild_id is not None else {}


def bulk_delete(call: Call) -> Any:
    """`POST …/messages/bulk-delete`: 2 to 100 messages younger than 14 days."""
    channel = call.channel(Permission.MANAGE_MESSAGES)
    form = Form()
    form.items(call.form, "messages", (), 100, least=2)
    ids = form.snowflakes(call.form, "messages", (), 100)
    form.finish()
    if any(call.stage.now() - made_at(one) > timedelta(days=14) for one in ids):
        raise refusal(50034)
    found = [call.world.messages[one] for one in ids if one in call.world.messages]
    gone = [one for one in found if one.channel_id == channel.id]
    for message in gone:
        _take_away(call.stage, call.user.id, channel, message)
    data = {"ids": [one.id for one in gone], "channel_id": channel.id, **_guild(channel)}
    call.stage.gateway.to_channel(channel, "MESSAGE_DELETE_BULK", data, Intent.GUILD_MESSAGES)


def crosspost(call: Call) -> Any:
    """`POST …/messages/{id}/crosspost`, in announcement channels only."""
    channel = call.channel(Permission.SEND_MESSAGES)
    message = call.message(channel)
    if channel.type != ANNOUNCEMENT:
        raise refusal(50024)
    if message.author_id != call.user.id:
        call.channel(Permission.MANAGE_MESSAGES)
    message.flags |= _CROSSPOSTED
    call.stage.note("message crossposted", call.user.id, message)
    call.stage.gateway.message("MESSAGE_UPDATE", channel, message)
    return shape_for(call, message)


def type_in(call: Call) -> Any:
    """`POST …/typing`."""
    channel = call.channel()
    call.channel(sending(channel))
    data: Json = {
        "channel_id": channel.id,
        "user_id": call.user.id,
        "timestamp": int(call.stage.now().timestamp()),
        **_guild(channel),
    }
    guild = call.world.guilds.get(channel.guild_id or "")
    if guild is not None:
        data["member"] = shapes.member_shape(call.world, guild.members[call.user.id])
    call.stage.gateway.to_channel(channel, "TYPING_START", data, Intent.GUILD_MESSAGE_TYPING)


# Pins


def list_pins(call: Call) -> Any:
    """`GET …/messages/pins`: newest pin first, in pages."""
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    limit = call.limit(50, 50)
    before = call.query.get("before")
    pinned = [
        one for one in call.world.pinned(channel.id) if before is None or (one.pinned_at or "") < before
    ]
    items = [{"pinned_at": one.pinned_at, "message": shape_for(call, one)} for one in pinned[:limit]]
    return {"items": items, "has_more": len(pinned) > limit}


def list_pins_of_old(call: Call) -> Any:
    """`GET …/pins`: the older route, all at once."""
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    return [shape_for(call, one) for one in call.world.pinned(channel.id)]


def pin(call: Call) -> Any:
    """`PUT …/messages/pins/{id}`; PIN_MESSAGES is what it takes since February 2026."""
    channel = call.channel(Permission.PIN_MESSAGES)
    message = call.message(channel)
    if message.pinned_at is None:
        if len(call.world.pinned(channel.id)) >= _PINS_AT_MOST:
            raise refusal(30003)
        channel.last_pin_timestamp = call.stage.stamp()
        call.world.pin(message, channel.last_pin_timestamp)
        _tell_of_pin(call, channel, message, "message pinned")


def unpin(call: Call) -> Any:
    """`DELETE …/messages/pins/{id}`."""
    channel = call.channel(Permission.PIN_MESSAGES)
    message = call.message(channel)
    if message.pinned_at is not None:
        call.world.unpin(message)
        _tell_of_pin(call, channel, message, "message unpinned")


def _tell_of_pin(call: Call, channel: Channel, message: Message, action: str) -> None:
    call.stage.note(action, call.user.id, message)
    call.stage.gateway.message("MESSAGE_UPDATE", channel, message)
    data = {"channel_id": channel.id, "last_pin_timestamp": channel.last_pin_timestamp, **_guild(channel)}
    call.stage.gateway.to_channel(channel, "CHANNEL_PINS_UPDATE", data, Intent.GUILDS)


_MESSAGES = "/channels/{channel_id}/messages"
ROUTES = (
    Route("GET", _MESSAGES, list_messages),
    Route("POST", _MESSAGES, send),
    Route("POST", _MESSAGES + "/bulk-delete", bulk_delete),
    Route("GET", _MESSAGES + "/pins", list_pins),
    Route("PUT", _MESSAGES + "/pins/{message_id}", pin),
    Route("DELETE", _MESSAGES + "/pins/{message_id}", unpin),
    Route("GET", "/channels/{channel_id}/pins", list_pins_of_old),
    Route("PUT", "/channels/{channel_id}/pins/{message_id}", pin),
    Route("DELETE", "/channels/{channel_id}/pins/{message_id}", unpin),
    Route("GET", _MESSAGES + "/{message_id}", read_one),
    Route("PATCH", _MESSAGES + "/{message_id}", edit),
    Route("DELETE", _MESSAGES + "/{message_id}", delete),
    Route("POST", _MESSAGES + "/{message_id}/crosspost", crosspost),
    Route("POST", "/channels/{channel_id}/typing", type_in),
)
