"""Routes of invites: make, read, accept, list, delete. They end by age, by use, and with their channel."""

import secrets
import string
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.members import add_member
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.stage import Stage
from bot.sandbox.things import CATEGORY, Channel, Invite

_LETTERS = string.ascii_letters + string.digits
_DAY_S, _AGE_AT_MOST_S = 24 * 3600, 60 * 24 * 3600
_OF_A_GUILD_AT_MOST = 1000


def _lasts(stage: Stage, invite: Invite) -> bool:
    expiry = shapes.invite_expiry(invite)
    return expiry is None or expiry > stage.stamp()


def _find(call: Call) -> Invite:
    """The invite of the path. Raises 10006 for one that is not there any more."""
    invite = call.world.invites.get(call.path["code"])
    if invite is None or not _lasts(call.stage, invite):
        raise refusal(10006)
    return invite


def _of_guild(call: Call, guild_id: str) -> list[Invite]:
    """A guild's invites; those that ended are forgotten."""
    found = [one for one in call.world.invites.values() if one.guild_id == guild_id]
    for ended in [one for one in found if not _lasts(call.stage, one)]:
        del call.world.invites[ended.code]
    return [one for one in found if one.code in call.world.invites]


def create(call: Call) -> Any:
    """`POST /channels/{id}/invites` {max_age, max_uses, temporary, unique}: a like one is given again."""
    channel = call.channel(Permission.CREATE_INSTANT_INVITE)
    if channel.guild_id is None:
        raise refusal(50003)
    if channel.thread is not None or channel.type == CATEGORY:
        raise refusal(50024)
    form = Form()
    age = form.number(call.form, "max_age", (), _DAY_S, 0, _AGE_AT_MOST_S)
    uses = form.number(call.form, "max_uses", (), 0, 0, 100)
    temporary = form.truth(call.form, "temporary", ())
    unique = form.truth(call.form, "unique", ())
    form.finish()
    invites = _of_guild(call, channel.guild_id)
    if not unique:
        for one in invites:
            wanted = (channel.id, call.user.id, age, uses, temporary)
            if (one.channel_id, one.inviter_id, one.max_age, one.max_uses, one.temporary) == wanted:
                return shapes.full_invite_shape(call.world, one)
    if len(invites) >= _OF_A_GUILD_AT_MOST:
        raise refusal(30016)
    code = "".join(secrets.choice(_LETTERS) for _ in range(8))
    made_at = call.stage.stamp()
    invite = Invite(code, channel.guild_id, channel.id, call.user.id, made_at, age, uses, temporary=temporary)
    call.world.invites[code] = invite
    call.stage.note("invite created", call.user.id, guild_id=channel.guild_id, channel_id=channel.id)
    _tell(call.stage, channel, "INVITE_CREATE", _created_shape(call, invite))
    return shapes.full_invite_shape(call.world, invite)


def _created_shape(call: Call, invite: Invite) -> dict[str, Any]:
    whole = shapes.full_invite_shape(call.world, invite)
    kept = (
        "code",
        "created_at",
        "expires_at",
        "guild_id",
        "inviter",
        "max_age",
        "max_uses",
        "temporary",
        "uses",
    )
    return {"channel_id": invite.channel_id, **{key: whole[key] for key in kept}}


def _tell(stage: Stage, channel: Channel, event: str, data: dict[str, Any]) -> None:
    guild_id = channel.guild_id or ""
    needed = Permission.MANAGE_CHANNELS
    stage.gateway.to_holders(guild_id, needed, event, data, channel)


def _remove(stage: Stage, actor_id: str, invite: Invite) -> None:
    del stage.world.invites[invite.code]
    stage.note("invite deleted", actor_id, guild_id=invite.guild_id, channel_id=invite.channel_id)
    data = {"channel_id": invite.channel_id, "guild_id": invite.guild_id, "code": invite.code}
    _tell(stage, stage.world.channels[invite.channel_id], "INVITE_DELETE", data)


def read(call: Call) -> Any:
    """`GET /invites/{code}`, with counts where `with_counts` asks for them."""
    return shapes.invite_shape(call.world, _find(call), call.flag("with_counts"))


def accept(call: Call) -> Any:
    """`POST /invites/{code}`: a person joins, unless banned (40007); bots come by /oauth2/authorize."""
    user = call.person()
    invite = _find(call)
    guild = call.world.guilds[invite.guild_id]
    if user.id in guild.bans:
        raise refusal(40007)
    shape = shapes.invite_shape(call.world, invite)
    new = user.id not in guild.members
    if new:
        add_member(call.stage, guild, user.id)
        invite.uses += 1
        if invite.uses == invite.max_uses:
            _remove(call.stage, user.id, invite)
    return {**shape, "new_member": new}


def delete(call: Call) -> Any:
    """`DELETE /invites/{code}`: MANAGE_CHANNELS of its channel, or MANAGE_GUILD."""
    invite = _find(call)
    access = call.stage.access
    channel = call.world.channels[invite.channel_id]
    if not (
        access.in_channel(call.user.id, channel) & Permission.MANAGE_CHANNELS
        or access.in_guild(call.user.id, invite.guild_id) & Permission.MANAGE_GUILD
    ):
        raise refusal(50013)
    shape = shapes.invite_shape(call.world, invite)
    _remove(call.stage, call.user.id, invite)
    return shape


def list_of_guild(call: Call) -> Any:
    """`GET /guilds/{id}/invites`."""
    guild = call.guild(Permission.MANAGE_GUILD)
    return [shapes.full_invite_shape(call.world, one) for one in _of_guild(call, guild.id)]


def list_of_channel(call: Call) -> Any:
    """`GET /channels/{id}/invites`."""
    channel = call.channel(Permission.MANAGE_CHANNELS)
    found = _of_guild(call, channel.guild_id or "")
    return [shapes.full_invite_shape(call.world, one) for one in found if one.channel_id == channel.id]


ROUTES = (
    Route("POST", "/channels/{channel_id}/invites", create),
    Route("GET", "/channels/{channel_id}/invites", list_of_channel),
    Route("GET", "/guilds/{guild_id}/invites", list_of_guild),
    Route("GET", "/invites/{code}", read, public=True),
    Route("POST", "/invites/{code}", accept),
    Route("DELETE", "/invites/{code}", delete),
)
