"""Routes of direct messages: the channels that a user has with others.

Opening one is free for who shares a guild; whether the other side hears is asked at each message.
"""

from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.things import DM, Channel, User


def list_direct(call: Call) -> Any:
    """`GET /users/@me/channels`."""
    found = call.world.direct_channels(call.user.id)
    return [shapes.channel_shape(call.world, one, call.user.id) for one in found]


def open_direct(call: Call) -> Any:
    """`POST /users/@me/channels` {recipient_id}: the same channel every time, and no groups.

    50007 for oneself and between bots, 50278 for a person who shares no guild with the other; a bot may open
    one with anybody, and is refused when it writes.
    """
    form = Form()
    given = call.form.get("recipients")
    if isinstance(given, list) and len(given) > 1:
        if call.user.bot:
            raise refusal(20001)
        form.wrong(("recipients",), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 1 in length.")
    body = {"recipient_id": given[0]} if isinstance(given, list) and given else call.form
    other_id = form.snowflake(body, "recipient_id", ())
    if other_id is None:
        form.missing(("recipient_id",))
    form.finish()
    other = call.world.users.get(other_id or "")
    if other is None:
        raise refusal(10013)
    channel = call.world.direct_channel(call.user.id, other.id)
    if channel is None:
        if other.id == call.user.id or (other.bot and call.user.bot):
            raise refusal(50007)
        shared = any(other.id in guild.members for guild in call.world.guilds_of(call.user.id))
        if not shared and not call.user.bot:
            raise refusal(50278)
        channel = _make(call, other)
    return shapes.channel_shape(call.world, channel, call.user.id)


def _make(call: Call, other: User) -> Channel:
    channel = Channel(call.stage.make_id(), DM, recipients=[call.user.id, other.id])
    call.world.add_channel(channel)
    call.stage.note("direct channel opened", call.user.id, channel_id=channel.id)
    for user in (call.user, other):
        if not user.bot:
            shape = shapes.channel_shape(call.world, channel, user.id)
            call.stage.gateway.to_user(user.id, "CHANNEL_CREATE", shape)
    return channel


ROUTES = (
    Route("GET", "/users/@me/channels", list_direct),
    Route("POST", "/users/@me/channels", open_direct),
)
