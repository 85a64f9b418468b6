"""Routes of roles: list, make, change, order, delete; and who may.

https://discord.com/developers/docs/topics/permissions#permission-hierarchy
"""

from typing import Any

from bot.sandbox import permissions, shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import ALL, Permission
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.stage import Stage
from bot.sandbox.things import Guild, Role

_ROLES_AT_MOST = 250


def find(call: Call, guild: Guild) -> Role:
    """The role of the path."""
    role = guild.roles.get(call.path["role_id"])
    if role is None:
        raise refusal(10011)
    return role


def demand_above(call: Call, guild: Guild, role: Role) -> None:
    """Refuse with 50013 who does not stand above a role."""
    if call.stage.access.rank(call.user.id, guild) <= permissions.rank(role.position, role.id):
        raise refusal(50013)


def _demand_held(call: Call, guild: Guild, granted: int) -> None:
    """Refuse with 50013 who would give or take what they do not hold themselves."""
    if granted & ~call.stage.access.in_guild(call.user.id, guild.id):
        raise refusal(50013)


def list_all(call: Call) -> Any:
    """`GET /guilds/{id}/roles`."""
    return [shapes.role_shape(one) for one in call.guild().roles.values()]


def read(call: Call) -> Any:
    """`GET /guilds/{id}/roles/{role_id}`."""
    return shapes.role_shape(find(call, call.guild()))


def create(call: Call) -> Any:
    """`POST /guilds/{id}/roles`: a role right above @everyone."""
    guild = call.guild(Permission.MANAGE_ROLES)
    role = Role("0", "new role", guild.roles[guild.id].permissions, 1)
    changes = _read(call, role)
    _demand_held(call, guild, changes["permissions"])
    if len(guild.roles) >= _ROLES_AT_MOST:
        raise refusal(30005)
    role.id = call.stage.make_id()
    _apply(role, changes)
    add(call.stage, call.user.id, guild, role)
    return shapes.role_shape(role)


def _read(call: Call, role: Role) -> dict[str, Any]:
    """What a form makes of a role, field by field."""
    body = call.form
    form = Form()
    colors = form.model(body, "colors", ()) or {}
    color = form.number(colors, "primary_color", ("colors",), role.color, 0, 0xFFFFFF)
    changes = {
        "name": form.text(body, "name", (), 100) or role.name,
        "permissions": form.permissions(body, "permissions", (), role.permissions) & ALL,
        "color": form.number(body, "color", (), color, 0, 0xFFFFFF),
        "hoist": form.truth(body, "hoist", (), role.hoist),
        "mentionable": form.truth(body, "mentionable", (), role.mentionable),
    }
    form.finish()
    return changes


def _apply(role: Role, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(role, name, value)


def add(stage: Stage, actor_id: str, guild: Guild, role: Role) -> None:
    """Give a guild a new role."""
    guild.roles[role.id] = role
    stage.note("role created", actor_id, guild_id=guild.id, detail=role.id)
    data = {"guild_id": guild.id, "role": shapes.role_shape(role)}
    stage.gateway.to_guild(guild.id, "GUILD_ROLE_CREATE", data)


def update(call: Call) -> Any:
    """`PATCH /guilds/{id}/roles/{role_id}`; the guild's own id is @everyone, who keeps their name."""
    guild = call.guild(Permission.MANAGE_ROLES)
    role = find(call, guild)
    demand_above(call, guild, role)
    changes = _read(call, role)
    # A guild's first role has bits that Discord has no name for any more; nobody holds those.
    _demand_held(call, guild, (changes["permissions"] ^ role.permissions) & ALL)
    if role.id == guild.id:
        changes = {"permissions": changes["permissions"], "mentionable": changes["mentionable"]}
    _apply(role, changes)
    changed(call.stage, call.user.id, guild, role)
    return shapes.role_shape(role)


def changed(stage: Stage, actor_id: str, guild: Guild, role: Role) -> None:
    """Tell of a changed role."""
    stage.access.changed(guild.id)
    stage.note("role changed", actor_id, guild_id=guild.id, detail=role.id)
    data = {"guild_id": guild.id, "role": shapes.role_shape(role)}
    stage.gateway.to_guild(guild.id, "GUILD_ROLE_UPDATE", data)


def move(call: Call) -> Any:
    """`PATCH /guilds/{id}/roles` [{id, position}]: below one's own highest role only."""
    guild = call.guild(Permission.MANAGE_ROLES)
    form = Form()
    wanted: dict[str, int] = {}
    for place, one in form.rows(call.body):
        role_id = form.snowflake(one, "id", place)
        if role_id is None:
            form.missing((*place, "id"))
        elif role_id not in guild.roles:
            raise refusal(10011)
        elif one.get("position") is not None:
            wanted[role_id] = form.number(one, "position", place, 0, 0, 10_000)
    form.finish()
    own = call.stage.access.rank(call.user.id, guild)
    for role_id, position in wanted.items():
        role = guild.roles[role_id]
        if role_id == guild.id or position < 1:
            raise refusal(50028)
        if own <= max(permissions.rank(role.position, role.id), permissions.rank(position, role.id)):
            raise refusal(50013)
    for role_id, position in wanted.items():
        role = guild.roles[role_id]
        if role.position != position:
            role.position = position
            changed(call.stage, call.user.id, guild, role)
    ordered = sorted(guild.roles.values(), key=lambda one: permissions.rank(one.position, one.id))
    return [shapes.role_shape(one) for one in ordered]


def delete(call: Call) -> Any:
    """`DELETE /guilds/{id}/roles/{role_id}`; @everyone and managed roles stay (50028)."""
    guild = call.guild(Permission.MANAGE_ROLES)
    role = find(call, guild)
    if role.id == guild.id or role.bot_id is not None:
        raise refusal(50028)
    demand_above(call, guild, role)
    remove(call.stage, call.user.id, guild, role)


def remove(stage: Stage, actor_id: str, guild: Guild, role: Role) -> None:
    """Take a role from its guild, from all who have it and from all overwrites."""
    del guild.roles[role.id]
    for member in guild.members.values():
        if role.id in member.roles:
            member.roles = [one for one in member.roles if one != role.id]
    stage.access.changed(guild.id)
    stage.note("role deleted", actor_id, guild_id=guild.id, detail=role.id)
    gone = {"guild_id": guild.id, "role_id": role.id}
    stage.gateway.to_guild(guild.id, "GUILD_ROLE_DELETE", gone)
    for channel in stage.world.channels_of(guild.id):
        if role.id in channel.overwrites:
            channel.overwrites = {key: one for key, one in channel.overwrites.items() if key != role.id}
            stage.gateway.channel("CHANNEL_UPDATE", channel)


_ROLES = "/guilds/{guild_id}/roles"
ROUTES = (
    Route("GET", _ROLES, list_all),
    Route("POST", _ROLES, create),
    Route("PATCH", _ROLES, move),
    Route("GET", _ROLES + "/{role_id}", read),
    Route("PATCH", _ROLES + "/{role_id}", update),
    Route("DELETE", _ROLES + "/{role_id}", delete),
)
