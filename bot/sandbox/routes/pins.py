"""Routes of pins: list, pin, unpin. PIN_MESSAGES is what it takes since February 2026."""

from typing import Any

from bot.sandbox.errors import refusal
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import posting
from bot.sandbox.routes.messages import demand_open, shape_for, where
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.things import Channel, Message

_PINS_AT_MOST = 250


def list_pins(call: Call) -> Any:
    """`GET …/messages/pins`: newest pin first, in pages."""
    channel = call.channel()
    limit, before = call.limit(50, 50), call.asked_time("before")
    pinned = [one for one in _readable(call, channel) if before is None or (one.pinned_at or "") < before]
    items = [{"pinned_at": one.pinned_at, "message": shape_for(call, one)} for one in pinned[:limit]]
    return {"items": items, "has_more": len(pinned) > limit}


def list_pins_of_old(call: Call) -> Any:
    """`GET …/pins`: the older route, all at once."""
    return [shape_for(call, one) for one in _readable(call, call.channel())]


def _readable(call: Call, channel: Channel) -> list[Message]:
    """A channel's pins; none, and no error, without READ_MESSAGE_HISTORY."""
    granted = call.stage.access.in_channel(call.user.id, channel)
    return call.world.pinned(channel.id) if granted & Permission.READ_MESSAGE_HISTORY else []


def pin(call: Call) -> Any:
    """`PUT …/messages/pins/{id}`: 250 a channel; a message of the system says who pinned what."""
    channel = call.channel(Permission.PIN_MESSAGES)
    message = call.message(channel)
    demand_open(channel)
    if message.type not in posting.WRITTEN:
        raise refusal(50021)
    if message.pinned_at is not None:
        return
    if len(call.world.pinned(channel.id)) >= _PINS_AT_MOST:
        raise refusal(30003)
    call.world.pin(message, call.stage.stamp())
    _tell(call, channel, message, "message pinned")
    reference = posting.reference_to(message)
    posting.announce(call.stage, call.user, channel, posting.PINNED, reference=reference)


def unpin(call: Call) -> Any:
    """`DELETE …/messages/pins/{id}`."""
    channel = call.channel(Permission.PIN_MESSAGES)
    message = call.message(channel)
    demand_open(channel)
    if message.pinned_at is not None:
        call.world.unpin(message)
        _tell(call, channel, message, "message unpinned")


def _tell(call: Call, channel: Channel, message: Message, action: str) -> None:
    newest = call.world.pinned(channel.id)
    channel.last_pin_timestamp = newest[0].pinned_at if newest else None
    call.stage.note(action, call.user.id, message)
    call.stage.gateway.message("MESSAGE_UPDATE", channel, message)
    data = {"last_pin_timestamp": channel.last_pin_timestamp, **where(channel)}
    call.stage.gateway.to_channel(channel, "CHANNEL_PINS_UPDATE", data)


_PINS = "/channels/{channel_id}/messages/pins"
_OLD_PINS = "/channels/{channel_id}/pins"
ROUTES = (
    Route("GET", _PINS, list_pins),
    Route("PUT", _PINS + "/{message_id}", pin),
    Route("DELETE", _PINS + "/{message_id}", unpin),
    Route("GET", _OLD_PINS, list_pins_of_old),
    Route("PUT", _OLD_PINS + "/{message_id}", pin),
    Route("DELETE", _OLD_PINS + "/{message_id}", unpin),
)
