"""Routes of guilds: make, read, roles, members, joining and leaving."""

from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.gateway.sessions import Intent
from bot.sandbox.permissions import EVERYONE_AT_FIRST, Permission
from bot.sandbox.routes.routing import Answer, Call, Route, Stage
from bot.sandbox.world import TEXT, Channel, Guild, Member, Role


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


def add_member(stage: Stage, guild: Guild, user_id: str, roles: list[str] | None = None) -> Member:
    """Take a user into a guild: others hear GUILD_MEMBER_ADD, the new one GUILD_CREATE."""
    member = Member(user_id, stage.stamp(), roles or [])
    stage.access.changed(guild.id)
    stage.world.add_member(guild, member)
    shape = {"guild_id": guild.id, **shapes.member_shape(stage.world, member)}
    stage.gateway.to_guild(guild.id, "GUILD_MEMBER_ADD", shape, Intent.GUILD_MEMBERS)
    stage.note("member joined", user_id, guild_id=guild.id)
    stage.gateway.joined(guild, user_id)
    return member


def remove_member(stage: Stage, guild: Guild, user_id: str) -> None:
    """Take a user out of a guild: they hear GUILD_DELETE, others GUILD_MEMBER_REMOVE."""
    stage.gateway.left(guild, user_id)
    stage.world.remove_member(guild, user_id)
    stage.access.changed(guild.id)
    for role in [one for one in guild.roles.values() if one.bot_id == user_id]:
        del guild.roles[role.id]
        gone = {"guild_id": guild.id, "role_id": role.id}
        stage.gateway.to_guild(guild.id, "GUILD_ROLE_DELETE", gone)
    data = {"guild_id": guild.id, "user": shapes.user_shape(stage.world.users[user_id])}
    stage.gateway.to_guild(guild.id, "GUILD_MEMBER_REMOVE", data, Intent.GUILD_MEMBERS)
    stage.note("member left", user_id, guild_id=guild.id)


def read(call: Call) -> Any:
    """`GET /guilds/{id}`, with counts where `with_counts` asks for them."""
    guild = call.guild()
    shape = shapes.guild_shape(call.world, guild)
    if call.query.get("with_counts") in ("true", "1", "True"):
        shape |= {
            "approximate_member_count": len(guild.members),
            "approximate_presence_count": len(guild.members),
        }
    return shape


def delete(call: Call) -> Any:
    """`DELETE /guilds/{id}` by its owner."""
    guild = call.guild()
    if guild.owner_id != call.user.id:
        raise refusal(50013)
    for user_id in list(guild.members):
        remove_member(call.stage, guild, user_id)
    for channel in call.world.channels_of(guild.id):
        call.world.remove_channel(channel)
    del call.world.guilds[guild.id]


# Roles


def list_roles(call: Call) -> Any:
    """`GET /guilds/{id}/roles`."""
    return [shapes.role_shape(one) for one in call.guild().roles.values()]


def create_role(call: Call) -> Any:
    """`POST /guilds/{id}/roles`."""
    guild = call.guild(Permission.MANAGE_ROLES)
    form = Form()
    name = form.text(call.form, "name", (), 100) or "new role"
    permissions = form.permissions(call.form, "permissions", (), guild.roles[guild.id].permissions)
    color = form.number(call.form, "color", (), 0, 0, 0xFFFFFF)
    form.finish()
    role = Role(call.stage.make_id(), name, permissions, len(guild.roles), color)
    role.hoist, role.mentionable = call.form.get("hoist") is True, call.form.get("mentionable") is True
    add_role(call.stage, call.user.id, guild, role)
    return shapes.role_shape(role)


def add_role(stage: Stage, actor_id: str, guild: Guild, role: Role) -> None:
    """Give a guild a new role."""
    guild.roles[role.id] = role
    stage.note("role created", actor_id, guild_id=guild.id, detail=role.id)
    data = {"guild_id": guild.id, "role": shapes.role_shape(role)}
    stage.gateway.to_guild(guild.id, "GUILD_ROLE_CREATE", data)


def _role(call: Call, guild: Guild) -> Role:
    role = guild.roles.get(call.path["role_id"])
    if role is None:
        raise refusal(10011)
    return role


def update_role(call: Call) -> Any:
    """`PATCH /guilds/{id}/roles/{role_id}`; the guild's own id is @everyone."""
    guild = call.guild(Permission.MANAGE_ROLES)
    role = _role(call, guild)
    form = Form()
    permissions = form.permissions(call.form, "permissions", (), role.permissions)
    name = form.text(call.form, "name", (), 100)
    color = form.number(call.form, "color", (), role.color, 0, 0xFFFFFF)
    form.finish()
    role.permissions, role.name, role.color = permissions, name or role.name, color
    role.mentionable = call.form.get("mentionable", role.mentionable) is True
    role.hoist = call.form.get("hoist", role.hoist) is True
    call.stage.access.changed(guild.id)
    call.stage.note("role changed", call.user.id, guild_id=guild.id, detail=role.id)
    data = {"guild_id": guild.id, "role": shapes.role_shape(role)}
    call.stage.gateway.to_guild(guild.id, "GUILD_ROLE_UPDATE", data)
    return shapes.role_shape(role)


# Members


def _member(call: Call, guild: Guild) -> Member:
    user_id = call.path["user_id"]
    member = guild.members.get(call.user.id if user_id == "@me" else user_id)
    if member is None:
        raise refusal(10007)
    return member


def list_members(call: Call) -> Any:
    """`GET /guilds/{id}/members`, by id."""
    guild = call.guild()
    after = int(call.query["after"]) if call.query.get("after", "").isdigit() else 0
    ids = sorted((one for one in guild.members if int(one) > after), key=int)[: call.limit(1, 1000)]
    return [shapes.member_shape(call.world, guild.members[one]) for one in ids]


def read_member(call: Call) -> Any:
    """`GET /guilds/{id}/members/{user_id}`."""
    return shapes.member_shape(call.world, _member(call, call.guild()))


def kick(call: Call) -> Any:
    """`DELETE /guilds/{id}/members/{user_id}`."""
    guild = call.guild(Permission.KICK_MEMBERS)
    member = _member(call, guild)
    if member.user_id == guild.owner_id:
        raise refusal(50013)
    remove_member(call.stage, guild, member.user_id)


def give_role(call: Call) -> Any:
    """`PUT /guilds/{id}/members/{user_id}/roles/{role_id}`."""
    guild = call.guild(Permission.MANAGE_ROLES)
    member, role = _member(call, guild), _role(call, guild)
    if role.id not in member.roles:
        member.roles = [*member.roles, role.id]
        _member_changed(call, guild, member)


def take_role(call: Call) -> Any:
    """`DELETE /guilds/{id}/members/{user_id}/roles/{role_id}`."""
    guild = call.guild(Permission.MANAGE_ROLES)
    member, role = _member(call, guild), _role(call, guild)
    if role.id in member.roles:
        member.roles = [one for one in member.roles if one != role.id]
        _member_changed(call, guild, member)


def _member_changed(call: Call, guild: Guild, member: Member) -> None:
    stage = call.stage
    stage.access.changed(guild.id)
    stage.note("member changed", call.user.id, guild_id=guild.id, detail=member.user_id)
    data = {"guild_id": guild.id, **shapes.member_shape(call.world, member)}
    stage.gateway.member_changed(guild.id, member.user_id, data)


# Coming and going


def read_invite(call: Call) -> Any:
    """`GET /invites/{code}`."""
    invite = call.world.invites.get(call.path["code"])
    if invite is None:
        raise refusal(10006)
    return shapes.invite_shape(call.world, invite)


def accept_invite(call: Call) -> Any:
    """`POST /invites/{code}`: a person joins; bots come by /oauth2/authorize."""
    user = call.person()
    invite = call.world.invites.get(call.path["code"])
    if invite is None:
        raise refusal(10006)
    guild = call.world.guilds[invite.guild_id]
    new = user.id not in guild.members
    if new:
        add_member(call.stage, guild, user.id)
    return {**shapes.invite_shape(call.world, invite), "new_member": new}


def leave(call: Call) -> Any:
    """`DELETE /users/@me/guilds/{id}`."""
    guild = call.guild()
    if guild.owner_id == call.user.id:
        raise refusal(50013)
    remove_member(call.stage, guild, call.user.id)


def list_own(call: Call) -> Any:
    """`GET /users/@me/guilds`."""
    return [
        {
            "id": guild.id,
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": guild.owner_id == call.user.id,
            "permissions": str(call.stage.access.in_guild(call.user.id, guild.id)),
            "features": [],
        }
        for guild in call.world.guilds_of(call.user.id)
    ]


def read_own_member(call: Call) -> Any:
    """`GET /users/@me/guilds/{id}/member`."""
    return shapes.member_shape(call.world, call.guild().members[call.user.id])


_GUILD = "/guilds/{guild_id}"
_MEMBER = _GUILD + "/members/{user_id}"
ROUTES = (
    Route("POST", "/guilds", create),
    Route("GET", _GUILD, read),
    Route("DELETE", _GUILD, delete),
    Route("GET", _GUILD + "/roles", list_roles),
    Route("POST", _GUILD + "/roles", create_role),
    Route("PATCH", _GUILD + "/roles/{role_id}", update_role),
    Route("GET", _GUILD + "/members", list_members),
    Route("GET", _MEMBER, read_member),
    Route("DELETE", _MEMBER, kick),
    Route("PUT", _MEMBER + "/roles/{role_id}", give_role),
    Route("DELETE", _MEMBER + "/roles/{role_id}", take_role),
    Route("GET", "/invites/{code}", read_invite, public=True),
    Route("POST", "/invites/{code}", accept_invite),
    Route("GET", "/users/@me/guilds", list_own),
    Route("DELETE", "/users/@me/guilds/{guild_id}", leave),
    Route("GET", "/users/@me/guilds/{guild_id}/member", read_own_member),
)
