"""Routes of reactions: give, take back, list who gave, clear."""

from typing import Any

from bot.sandbox import shapes
from bot.sandbox.emoji import custom_id, custom_text, is_emoji, partial
from bot.sandbox.errors import refusal
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.messages import demand_open
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.things import Channel, Message

_KINDS_AT_MOST = 20


def _given(call: Call, message: Message) -> str | None:
    """The path's emoji as this message has it already; a custom one is known by its id alone."""
    text = call.path["emoji"]
    wanted = custom_id(text)
    if wanted is None:
        return text if text in message.reactions else None
    return next((one for one in message.reactions if custom_id(one) == wanted), None)


def _new(call: Call, channel: Channel) -> str:
    """The path's emoji, which the message has not yet. Raises 10014 for one that the user has not either."""
    text = call.path["emoji"]
    wanted = custom_id(text)
    if wanted is None:
        if not is_emoji(text):
            raise refusal(10014)
        return text
    application = call.world.applications.get(call.user.application_id or "")
    own = application.emojis.get(wanted) if application is not None else None
    if own is not None:
        return custom_text(own.id, own.name, own.animated)
    for guild in call.world.guilds_of(call.user.id):
        emoji = guild.emojis.get(wanted)
        if emoji is not None:
            if channel.guild_id not in (None, guild.id):
                call.channel(Permission.USE_EXTERNAL_EMOJIS)
            return custom_text(emoji.id, emoji.name, emoji.animated)
    raise refusal(10014)


def _open(call: Call, needed: int) -> tuple[Channel, Message]:
    channel = call.channel(needed)
    message = call.message(channel)
    demand_open(channel)
    return channel, message


def _tell(call: Call, channel: Channel, message: Message, event: str, **extra: Any) -> None:
    data: Json = {"channel_id": channel.id, "message_id": message.id, **extra}
    if channel.guild_id is not None:
        data["guild_id"] = channel.guild_id
    call.stage.gateway.to_channel(channel, event, data)


def give(call: Call) -> Any:
    """`PUT …/reactions/{emoji}/@me`: ADD_REACTIONS is needed for the first of an emoji only."""
    channel, message = _open(call, Permission.READ_MESSAGE_HISTORY)
    user = call.user
    call.stage.access.demand_heard(user.id, channel)
    author = call.world.users.get(message.author_id)
    # A webhook, which is nobody, blocks nobody.
    if author is not None and user.id in author.blocked:
        raise refusal(90001)
    emoji = _given(call, message)
    if emoji is None:
        emoji = _new(call, channel)
        call.channel(Permission.ADD_REACTIONS)
        if len(message.reactions) >= _KINDS_AT_MOST:
            raise refusal(30010)
        message.reactions[emoji] = {}
    users = message.reactions[emoji]
    if user.id in users:
        return
    users[user.id] = None
    call.stage.note("reaction added", user.id, message, detail=emoji)
    extra: Json = {
        "user_id": user.id,
        "emoji": partial(emoji),
        "message_author_id": message.author_id,
        "burst": False,
        "burst_colors": [],
        "type": 0,
    }
    guild = call.world.guilds.get(channel.guild_id or "")
    if guild is not None:
        extra["member"] = shapes.member_shape(call.world, guild.members[user.id])
    _tell(call, channel, message, "MESSAGE_REACTION_ADD", **extra)


def take_back(call: Call) -> Any:
    """`DELETE …/reactions/{emoji}/@me`."""
    channel, message = _open(call, 0)
    _take(call, channel, message, call.user.id)


def take_from(call: Call) -> Any:
    """`DELETE …/reactions/{emoji}/{user_id}`: others' with MANAGE_MESSAGES."""
    user_id = call.path["user_id"]
    channel, message = _open(call, 0 if user_id == call.user.id else Permission.MANAGE_MESSAGES)
    _take(call, channel, message, user_id)


def _take(call: Call, channel: Channel, message: Message, user_id: str) -> None:
    emoji = _given(call, message)
    if emoji is None:
        raise refusal(10014)
    users = message.reactions[emoji]
    if user_id not in users:
        return
    del users[user_id]
    if not users:
        del message.reactions[emoji]
    call.stage.note("reaction removed", user_id, message, detail=emoji)
    extra = {"user_id": user_id, "emoji": partial(emoji), "burst": False, "type": 0}
    _tell(call, channel, message, "MESSAGE_REACTION_REMOVE", **extra)


def list_users(call: Call) -> Any:
    """`GET …/reactions/{emoji}`: users by id, in pages of 1 to 100; nobody gave super reactions (type 1)."""
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    message = call.message(channel)
    limit = call.limit(25, 100)
    after = call.asked_id("after") or 0
    emoji = _given(call, message)
    if emoji is None and not is_emoji(call.path["emoji"]):
        raise refusal(10014)
    if emoji is None or call.query.get("type") == "1":
        return []
    users = sorted((one for one in message.reactions[emoji] if int(one) > after), key=int)
    return [shapes.user_shape(call.world.users[one]) for one in users[:limit]]


def clear_all(call: Call) -> Any:
    """`DELETE …/reactions`."""
    channel, message = _open(call, Permission.MANAGE_MESSAGES)
    if message.reactions:
        message.reactions.clear()
        call.stage.note("reactions cleared", call.user.id, message)
        _tell(call, channel, message, "MESSAGE_REACTION_REMOVE_ALL")


def clear_one(call: Call) -> Any:
    """`DELETE …/reactions/{emoji}`."""
    channel, message = _open(call, Permission.MANAGE_MESSAGES)
    emoji = _given(call, message)
    if emoji is None:
        if not is_emoji(call.path["emoji"]):
            raise refusal(10014)
        return
    del message.reactions[emoji]
    call.stage.note("reactions cleared", call.user.id, message, detail=emoji)
    _tell(call, channel, message, "MESSAGE_REACTION_REMOVE_EMOJI", emoji=partial(emoji))


_REACTIONS = "/channels/{channel_id}/messages/{message_id}/reactions"
ROUTES = (
    Route("DELETE", _REACTIONS, clear_all),
    Route("GET", _REACTIONS + "/{emoji}", list_users),
    Route("DELETE", _REACTIONS + "/{emoji}", clear_one),
    Route("PUT", _REACTIONS + "/{emoji}/@me", give),
    Route("DELETE", _REACTIONS + "/{emoji}/@me", take_back),
    Route("DELETE", _REACTIONS + "/{emoji}/{user_id}", take_from),
)
