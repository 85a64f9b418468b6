"""Routes of members: list, search, change, time out, kick; joining and leaving."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import roles
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.snowflakes import stamp
from bot.sandbox.stage import Stage
from bot.sandbox.things import Guild, Member, Role

_TIME_OUT_AT_MOST = timedelta(days=28)


# Coming and going


def add_member(stage: Stage, guild: Guild, user_id: str, role_ids: list[str] | None = None) -> Member:
    """Take a user into a guild: others hear GUILD_MEMBER_ADD, the new one GUILD_CREATE."""
    member = Member(user_id, stage.stamp(), role_ids or [])
    stage.access.changed(guild.id)
    stage.world.add_member(guild, member)
    user = stage.world.users[user_id]
    if user.default_guilds_restricted:
        user.restricted_guilds = [*user.restricted_guilds, guild.id]
    shape = {"guild_id": guild.id, **shapes.member_shape(stage.world, member)}
    stage.gateway.to_guild(guild.id, "GUILD_MEMBER_ADD", shape)
    stage.note("member joined", user_id, guild_id=guild.id)
    stage.gateway.joined(guild, user_id)
    return member


def remove_member(stage: Stage, guild: Guild, user_id: str, actor_id: str | None = None) -> None:
    """Take a user out of a guild: they hear GUILD_DELETE, others GUILD_MEMBER_REMOVE.

    A bot's managed role goes with it. `actor_id` is who did it, if it was not the user.
    """
    stage.gateway.left(guild, user_id)
    stage.world.remove_member(guild, user_id)
    for channel in stage.world.guild_threads(guild.id):
        thread = channel.thread
        if thread is not None and user_id in thread.members:
            thread.members = {one: at for one, at in thread.members.items() if one != user_id}
    stage.access.changed(guild.id)
    for role in [one for one in guild.roles.values() if one.bot_id == user_id]:
        roles.remove(stage, actor_id or user_id, guild, role)
    data = {"guild_id": guild.id, "user": shapes.user_shape(stage.world.users[user_id])}
    stage.gateway.to_guild(guild.id, "GUILD_MEMBER_REMOVE", data)
    stage.note("member left", actor_id or user_id, guild_id=guild.id, detail=user_id)


def _find(call: Call, guild: Guild) -> Member:
    member = guild.members.get(call.path["user_id"])
    if member is None:
        raise refusal(10007)
    return member


# Reading


def demand_members_intent(call: Call) -> None:
    """Refuse a bot whose application may not have the GUILD_MEMBERS intent with 50001."""
    application = call.world.applications.get(call.user.application_id or "")
    if application is not None and not application.guild_members:
        raise refusal(50001)


def list_all(call: Call) -> Any:
    """`GET /guilds/{id}/members`, by id."""
    guild = call.guild()
    demand_members_intent(call)
    ids = call.world.member_ids(guild.id)
    start = bisect_right(ids, call.asked_id("after") or 0)
    page = ids[start : start + call.limit(1, 1000)]
    return [shapes.member_shape(call.world, guild.members[str(one)]) for one in page]


def search(call: Call) -> Any:
    """`GET /guilds/{id}/members/search`: whose name or nickname starts with `query`."""
    guild = call.guild()
    start = call.query.get("query", "").lower()
    if not start:
        form = Form()
        form.missing(("query",))
        form.finish()
    limit = call.limit(1, 1000)
    found = []
    for member in guild.members.values():
        user = call.world.users[member.user_id]
        names = (member.nick, user.global_name, user.username)
        if any(name.lower().startswith(start) for name in names if name):
            found.append(shapes.member_shape(call.world, member))
            if len(found) == limit:
                break
    return found


def read(call: Call) -> Any:
    """`GET /guilds/{id}/members/{user_id}`."""
    return shapes.member_shape(call.world, _find(call, call.guild()))


def read_own(call: Call) -> Any:
    """`GET /users/@me/guilds/{id}/member`."""
    return shapes.member_shape(call.world, call.guild().members[call.user.id])


# Changing


def update(call: Call) -> Any:
    """`PATCH /guilds/{id}/members/{user_id}`: nickname, roles, time-out; each needs a permission of its own."""
    guild = call.guild()
    member = _find(call, guild)
    body = call.form
    form = Form()
    nick = form.text(body, "nick", (), 32)
    role_ids = form.snowflakes(body, "roles", (), 350)
    until = _read_time_out(call, form)
    form.finish()
    if "nick" in body:
        _demand_nick(call, guild, member)
    if body.get("roles") is not None:
        _demand_roles(call, guild, member, role_ids)
    if "communication_disabled_until" in body:
        _demand_time_out(call, guild, member)
    if body.get("mute") is not None or body.get("deaf") is not None or body.get("channel_id") is not None:
        raise refusal(40032)
    if "nick" in body:
        member.nick = nick or None
    if body.get("roles") is not None:
        member.roles = list(dict.fromkeys(role_ids))
    if "communication_disabled_until" in body:
        member.communication_disabled_until = until
    _changed(call.stage, call.user.id, guild, member)
    return shapes.member_shape(call.world, member)


def _read_time_out(call: Call, form: Form) -> str | None:
    """Until when a form silences; None for a time that has passed, which ends a time-out."""
    text = form.text(call.form, "communication_disabled_until", (), 100)
    if text is None:
        return None
    place = ("communication_disabled_until",)
    try:
        until = datetime.fromisoformat(text)
        until = until.replace(tzinfo=UTC) if until.tzinfo is None else until.astimezone(UTC)
    except (ValueError, OverflowError):
        form.wrong(place, "DATE_TIME_TYPE_PARSE", f'Could not parse "{text}". Should be ISO8601.')
        return None
    if until - call.stage.now() > _TIME_OUT_AT_MOST:
        form.wrong(place, "BASE_TYPE_MAX", "Time-outs last 28 days at most.")
    return stamp(until) if until > call.stage.now() else None


def _demand_nick(call: Call, guild: Guild, member: Member) -> None:
    if member.user_id == call.user.id:
        call.guild(Permission.CHANGE_NICKNAME)
    else:
        call.guild(Permission.MANAGE_NICKNAMES)
        call.stage.access.demand_above(call.user.id, guild, member.user_id)


def _demand_roles(call: Call, guild: Guild, member: Member, role_ids: list[str]) -> None:
    call.guild(Permission.MANAGE_ROLES)
    for role_id in sorted(set(role_ids) ^ set(member.roles)):
        if role_id not in guild.roles:
            raise refusal(10011)
        _demand_assignable(call, guild, guild.roles[role_id])


def _demand_assignable(call: Call, guild: Guild, role: Role) -> None:
    """@everyone is nobody's to have; managed roles belong to their bots."""
    if role.id == guild.id:
        raise refusal(50028)
    if role.bot_id is not None:
        raise refusal(50013)
    roles.demand_above(call, guild, role)


def _demand_time_out(call: Call, guild: Guild, member: Member) -> None:
    call.guild(Permission.MODERATE_MEMBERS)
    call.stage.access.demand_above(call.user.id, guild, member.user_id)
    if call.stage.access.in_guild(member.user_id, guild.id) & Permission.ADMINISTRATOR:
        raise refusal(50013)


def update_own(call: Call) -> Any:
    """`PATCH /guilds/{id}/members/@me` {nick}."""
    guild = call.guild()
    member = guild.members[call.user.id]
    form = Form()
    nick = form.text(call.form, "nick", (), 32)
    form.finish()
    if "nick" in call.form:
        call.guild(Permission.CHANGE_NICKNAME)
        member.nick = nick or None
        _changed(call.stage, call.user.id, guild, member)
    return shapes.member_shape(call.world, member)


def kick(call: Call) -> Any:
    """`DELETE /guilds/{id}/members/{user_id}`."""
    guild = call.guild(Permission.KICK_MEMBERS)
    member = _find(call, guild)
    call.stage.access.demand_above(call.user.id, guild, member.user_id)
    remove_member(call.stage, guild, member.user_id, call.user.id)


def give_role(call: Call) -> Any:
    """`PUT /guilds/{id}/members/{user_id}/roles/{role_id}`."""
    guild = call.guild(Permission.MANAGE_ROLES)
    member, role = _find(call, guild), roles.find(call, guild)
    _demand_assignable(call, guild, role)
    give_roles(call.stage, call.user.id, guild, member, [role.id])


def give_roles(stage: Stage, actor_id: str, guild: Guild, member: Member, role_ids: list[str]) -> None:
    """Give a member those of the roles that they have not."""
    given = [*member.roles, *(one for one in role_ids if one not in member.roles)]
    if given != member.roles:
        member.roles = given
        _changed(stage, actor_id, guild, member)


def take_role(call: Call) -> Any:
    """`DELETE /guilds/{id}/members/{user_id}/roles/{role_id}`."""
    guild = call.guild(Permission.MANAGE_ROLES)
    member, role = _find(call, guild), roles.find(call, guild)
    _demand_assignable(call, guild, role)
    if role.id in member.roles:
        member.roles = [one for one in member.roles if one != role.id]
        _changed(call.stage, call.user.id, guild, member)


def _changed(stage: Stage, actor_id: str, guild: Guild, member: Member) -> None:
    stage.access.changed(guild.id)
    stage.note("member changed", actor_id, guild_id=guild.id, detail=member.user_id)
    data = {"guild_id": guild.id, **shapes.member_shape(stage.world, member)}
    stage.gateway.member_changed(guild.id, member.user_id, data)


_MEMBERS = "/guilds/{guild_id}/members"
ROUTES = (
    Route("GET", _MEMBERS, list_all),
    Route("GET", _MEMBERS + "/search", search),
    Route("PATCH", _MEMBERS + "/@me", update_own),
    Route("GET", _MEMBERS + "/{user_id}", read),
    Route("PATCH", _MEMBERS + "/{user_id}", update),
    Route("DELETE", _MEMBERS + "/{user_id}", kick),
    Route("PUT", _MEMBERS + "/{user_id}/roles/{role_id}", give_role),
    Route("DELETE", _MEMBERS + "/{user_id}/roles/{role_id}", take_role),
    Route("GET", "/users/@me/guilds/{guild_id}/member", read_own),
)
