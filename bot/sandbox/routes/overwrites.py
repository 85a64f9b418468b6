"""Routes of permission overwrites, and who may set which.

https://discord.com/developers/docs/topics/permissions#permission-overwrites
"""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.errors import refusal
from bot.sandbox.forms import channel as forms
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.things import CATEGORY, Channel, Guild

Overwrites = Mapping[str, Mapping[str, Any]]


def demand_settable(call: Call, guild: Guild, channel: Channel | None, given: Overwrites) -> None:
    """Refuse with 50013 who changes permissions that they do not hold themselves.

    MANAGE_ROLES is set by administrators only, or by who was given it in this very channel. `channel` is None
    for one that is being made. Raises 10009 for a role that the guild has not, or nobody's id.
    """
    access = call.stage.access
    held = access.in_guild(call.user.id, guild.id)
    if channel is not None:
        held |= access.in_channel(call.user.id, channel)
    if not held & Permission.ADMINISTRATOR and not _given_here(call, guild, channel):
        held &= ~Permission.MANAGE_ROLES
        for target_id in {*given, *(channel.overwrites if channel else ())}:
            if _touched(given.get(target_id), channel.overwrites.get(target_id) if channel else None) & ~held:
                raise refusal(50013)
    for target_id, one in given.items():
        if target_id not in (call.world.users if one["type"] == 1 else guild.roles):
            raise refusal(10009)


def _touched(new: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> int:
    """The permissions in which two overwrites differ."""
    none = {"allow": "0", "deny": "0"}
    new, old = new or none, old or none
    return (int(new["allow"]) ^ int(old["allow"])) | (int(new["deny"]) ^ int(old["deny"]))


def _given_here(call: Call, guild: Guild, channel: Channel | None) -> bool:
    """Whether an overwrite of this channel gives the asking member MANAGE_ROLES."""
    if channel is None:
        return False
    roles = guild.members[call.user.id].roles
    found = (channel.overwrites.get(one) for one in (call.user.id, *roles))
    return any(one is not None and int(one["allow"]) & Permission.MANAGE_ROLES for one in found)


def replace_all(call: Call, channel: Channel, given: Mapping[str, dict[str, Any]]) -> None:
    """Give a channel these overwrites, and those channels of a category that were in step with it."""
    before, channel.overwrites = channel.overwrites, dict(given)
    if channel.type == CATEGORY:
        for child in call.world.channels_of(channel.guild_id or ""):
            if child.parent_id == channel.id and child.overwrites == before:
                child.overwrites = dict(given)
                changed(call, child)


def changed(call: Call, channel: Channel) -> None:
    """Tell of a changed channel."""
    call.stage.access.changed(channel.guild_id or "")
    call.stage.note("channel changed", call.user.id, guild_id=channel.guild_id, channel_id=channel.id)
    call.stage.gateway.channel("CHANNEL_UPDATE", channel)


def _open(call: Call) -> tuple[Channel, Guild]:
    channel = call.channel(Permission.MANAGE_ROLES)
    if channel.guild_id is None or channel.thread is not None:
        raise refusal(50024)
    return channel, call.world.guilds[channel.guild_id]


def put(call: Call) -> Any:
    """`PUT /channels/{id}/permissions/{overwrite_id}` for a role (type 0) or a member (type 1)."""
    channel, guild = _open(call)
    form = Form()
    target_id = call.path["overwrite_id"]
    overwrite = forms.read_overwrite(target_id, call.form, form, ())
    form.finish()
    given = {**channel.overwrites, target_id: overwrite}
    demand_settable(call, guild, channel, given)
    replace_all(call, channel, given)
    changed(call, channel)


def delete(call: Call) -> Any:
    """`DELETE /channels/{id}/permissions/{overwrite_id}`."""
    channel, guild = _open(call)
    if call.path["overwrite_id"] not in channel.overwrites:
        raise refusal(10009)
    kept = {key: one for key, one in channel.overwrites.items() if key != call.path["overwrite_id"]}
    demand_settable(call, guild, channel, kept)
    replace_all(call, channel, kept)
    changed(call, channel)


_OVERWRITE = "/channels/{channel_id}/permissions/{overwrite_id}"
ROUTES = (
    Route("PUT", _OVERWRITE, put),
    Route("DELETE", _OVERWRITE, delete),
)
