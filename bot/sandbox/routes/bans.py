"""Routes of bans: list, ban one or many, lift."""

from bisect import bisect_left
from datetime import timedelta
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import messages
from bot.sandbox.routes.members import remove_member
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.snowflakes import id_at
from bot.sandbox.things import Channel, Guild, User

_WEEK_S, _DAY_S = 7 * 24 * 3600, 24 * 3600
_AT_ONCE_AT_MOST = 200


def _shape(call: Call, guild: Guild, user_id: str) -> Json:
    return {"user": shapes.user_shape(call.world.users[user_id]), "reason": guild.bans[user_id]}


def list_all(call: Call) -> Any:
    """`GET /guilds/{id}/bans`, by user id, in pages of 1 to 1000."""
    guild = call.guild(Permission.BAN_MEMBERS)
    limit = call.limit(1000, 1000)
    ids = sorted(guild.bans, key=int)
    if "before" in call.query:
        before = call.asked_id("before") or 0
        page = [one for one in ids if int(one) < before][-limit:]
    else:
        after = call.asked_id("after") or 0
        page = [one for one in ids if int(one) > after][:limit]
    return [_shape(call, guild, one) for one in page]


def read(call: Call) -> Any:
    """`GET /guilds/{id}/bans/{user_id}`."""
    guild = call.guild(Permission.BAN_MEMBERS)
    if call.path["user_id"] not in guild.bans:
        raise refusal(10026)
    return _shape(call, guild, call.path["user_id"])


def ban(call: Call) -> Any:
    """`PUT /guilds/{id}/bans/{user_id}` {delete_message_seconds}, also of one who is not there."""
    guild = call.guild(Permission.BAN_MEMBERS)
    user = call.world.users.get(call.path["user_id"])
    if user is None:
        raise refusal(10013)
    form = Form()
    days = form.number(call.form, "delete_message_days", (), 0, 0, 7)
    seconds = form.number(call.form, "delete_message_seconds", (), days * _DAY_S, 0, _WEEK_S)
    form.finish()
    call.stage.access.demand_above(call.user.id, guild, user.id)
    _ban(call, guild, user, seconds)


def _ban(call: Call, guild: Guild, user: User, seconds: int) -> None:
    stage = call.stage
    if user.id in guild.bans:
        return
    guild.bans[user.id] = call.reason
    stage.note("member banned", call.user.id, guild_id=guild.id, detail=user.id)
    if user.id in guild.members:
        remove_member(stage, guild, user.id, call.user.id)
    _tell(call, guild, "GUILD_BAN_ADD", user)
    if seconds:
        for channel in (*call.world.channels_of(guild.id), *call.world.guild_threads(guild.id)):
            _clean(call, channel, user.id, seconds)


def _tell(call: Call, guild: Guild, event: str, user: User) -> None:
    data = {"guild_id": guild.id, "user": shapes.user_shape(user)}
    needed = Permission.BAN_MEMBERS | Permission.VIEW_AUDIT_LOG
    call.stage.gateway.to_holders(guild.id, needed, event, data)


def _clean(call: Call, channel: Channel, user_id: str, seconds: int) -> None:
    """Delete what a user wrote in a channel within the past seconds."""
    ids = call.world.message_ids(channel.id)
    recent = ids[bisect_left(ids, id_at(call.stage.now() - timedelta(seconds=seconds))) :]
    gone = [call.world.messages[str(one)] for one in recent]
    messages.remove_many(call.stage, call.user.id, channel, [one for one in gone if one.author_id == user_id])


def ban_many(call: Call) -> Any:
    """`POST /guilds/{id}/bulk-ban` {user_ids, delete_message_seconds}: 500000 if nobody could be."""
    guild = call.guild(Permission.BAN_MEMBERS | Permission.MANAGE_GUILD)
    form = Form()
    ids = form.snowflakes(call.form, "user_ids", (), _AT_ONCE_AT_MOST)
    if not ids:
        form.missing(("user_ids",))
    seconds = form.number(call.form, "delete_message_seconds", (), 0, 0, _WEEK_S)
    form.finish()
    rank = call.stage.access.rank
    own = rank(call.user.id, guild)
    banned, failed = [], []
    for user_id in dict.fromkeys(ids):
        user = call.world.users.get(user_id)
        if user is None or user_id in guild.bans or rank(user_id, guild) >= own:
            failed.append(user_id)
        else:
            _ban(call, guild, user, seconds)
            banned.append(user_id)
    if not banned:
        raise refusal(500000)
    return {"banned_users": banned, "failed_users": failed}


def lift(call: Call) -> Any:
    """`DELETE /guilds/{id}/bans/{user_id}`."""
    guild = call.guild(Permission.BAN_MEMBERS)
    user_id = call.path["user_id"]
    if user_id not in guild.bans:
        raise refusal(10026)
    del guild.bans[user_id]
    call.stage.note("ban lifted", call.user.id, guild_id=guild.id, detail=user_id)
    _tell(call, guild, "GUILD_BAN_REMOVE", call.world.users[user_id])


_BANS = "/guilds/{guild_id}/bans"
ROUTES = (
    Route("GET", _BANS, list_all),
    Route("GET", _BANS + "/{user_id}", read),
    Route("PUT", _BANS + "/{user_id}", ban),
    Route("DELETE", _BANS + "/{user_id}", lift),
    Route("POST", "/guilds/{guild_id}/bulk-ban", ban_many),
)
