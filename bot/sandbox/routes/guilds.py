"""Routes of guilds: make, read, change, leave, delete."""

from typing import Any

from bot.sandbox import pictures, shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import EVERYONE_AT_FIRST, Permission
from bot.sandbox.routes.members import add_member, remove_member
from bot.sandbox.routes.people import read_locale
from bot.sandbox.routes.routing import Answer, Call, Route
from bot.sandbox.stage import Stage
from bot.sandbox.things import TEXT, Channel, Guild, Role

_ICON_AT_MOST = 10 * 1024 * 1024


def create(call: Call) -> Any:
    """`POST /guilds` {name}: a guild of one's own, with the channel `general`."""
    form = Form()
    name = form.text(call.form, "name", (), 100, least=2, required=True) or ""
    form.finish()
    stage, owner = call.stage, call.person()
    guild = Guild(stage.make_id(), name, owner.id)
    guild.roles[guild.id] = Role(guild.id, "@everyone", EVERYONE_AT_FIRST)
    call.world.guilds[guild.id] = guild
    call.world.add_channel(Channel(stage.make_id(), TEXT, "general", guild.id))
    stage.note("guild created", owner.id, guild_id=guild.id)
    add_member(stage, guild, owner.id)
    return Answer(201, shapes.guild_shape(call.world, guild))


def read(call: Call) -> Any:
    """`GET /guilds/{id}`, with counts where `with_counts` asks for them."""
    guild = call.guild()
    shape = shapes.guild_shape(call.world, guild)
    if call.flag("with_counts"):
        shape |= {
            "approximate_member_count": len(guild.members),
            "approximate_presence_count": len(guild.members),
        }
    return shape


def update(call: Call) -> Any:
    """`PATCH /guilds/{id}`; only the owner gives it to somebody else."""
    guild = call.guild(Permission.MANAGE_GUILD)
    body = call.form
    form = Form()
    changes: dict[str, Any] = {
        "name": form.text(body, "name", (), 100, least=2) or guild.name,
        "owner_id": form.snowflake(body, "owner_id", ()) or guild.owner_id,
        "preferred_locale": read_locale(form, body, "preferred_locale") or "en-US",
        "verification_level": form.number(body, "verification_level", (), guild.verification_level, 0, 4),
        "default_message_notifications": form.number(
            body, "default_message_notifications", (), guild.default_message_notifications, 0, 1
        ),
        "explicit_content_filter": form.number(
            body, "explicit_content_filter", (), guild.explicit_content_filter, 0, 2
        ),
        "description": form.text(body, "description", (), 300),
        "system_channel_id": form.snowflake(body, "system_channel_id", ()),
    }
    icon = pictures.read(form, body, "icon", _ICON_AT_MOST)
    form.finish()
    channel = call.world.channels.get(changes["system_channel_id"] or "")
    if changes["system_channel_id"] and (channel is None or channel.guild_id != guild.id):
        raise refusal(10003)
    if changes["owner_id"] != guild.owner_id:
        if guild.owner_id != call.user.id:
            raise refusal(50013)
        if changes["owner_id"] not in guild.members:
            raise refusal(10007)
    if "icon" in body:
        changes["icon"] = call.stage.keep_picture(icon)
    for name, value in changes.items():
        if name in body:
            setattr(guild, name, value)
    call.stage.access.changed(guild.id)
    call.stage.note("guild changed", call.user.id, guild_id=guild.id)
    shape = shapes.guild_shape(call.world, guild)
    call.stage.gateway.to_guild(guild.id, "GUILD_UPDATE", shape)
    return shape


def delete(call: Call) -> Any:
    """`DELETE /guilds/{id}` by its owner."""
    guild = call.guild()
    if guild.owner_id != call.user.id:
        raise refusal(50013)
    remove(call.stage, call.user.id, guild)


def remove(stage: Stage, actor_id: str, guild: Guild) -> None:
    """Take a guild away with all that was in it; every member hears GUILD_DELETE."""
    for user_id in guild.members:
        stage.gateway.left(guild, user_id)
    stage.remove_guild(guild)
    stage.access.changed(guild.id)
    stage.note("guild deleted", actor_id, guild_id=guild.id)


def leave(call: Call) -> Any:
    """`DELETE /users/@me/guilds/{id}`; the owner cannot (50055)."""
    guild = call.guild()
    if guild.owner_id == call.user.id:
        raise refusal(50055)
    remove_member(call.stage, guild, call.user.id)


def list_own(call: Call) -> Any:
    """`GET /users/@me/guilds`, by id, in pages of 1 to 200."""
    limit = call.limit(200, 200)
    guilds = call.world.guilds_of(call.user.id)
    if "before" in call.query:
        before = call.asked_id("before") or 0
        guilds = [one for one in guilds if int(one.id) < before][-limit:]
    else:
        after = call.asked_id("after") or 0
        guilds = [one for one in guilds if int(one.id) > after][:limit]
    return [_short_shape(call, one) for one in guilds]


def _short_shape(call: Call, guild: Guild) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": guild.id,
        "name": guild.name,
        "icon": guild.icon,
        "banner": None,
        "owner": guild.owner_id == call.user.id,
        "permissions": str(call.stage.access.in_guild(call.user.id, guild.id)),
        "features": shapes.GUILD_FEATURES,
    }
    if call.flag("with_counts"):
        shape["approximate_member_count"] = len(guild.members)
        shape["approximate_presence_count"] = len(guild.members)
    return shape


_GUILD = "/guilds/{guild_id}"
ROUTES = (
    Route("POST", "/guilds", create),
    Route("GET", _GUILD, read),
    Route("PATCH", _GUILD, update),
    Route("DELETE", _GUILD, delete),
    Route("GET", "/users/@me/guilds", list_own),
    Route("DELETE", "/users/@me/guilds/{guild_id}", leave),
)
