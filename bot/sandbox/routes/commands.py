"""Routes of application commands, global and of one guild, and the index that people's clients read."""

from typing import Any

from bot.sandbox.errors import Refusal, refusal
from bot.sandbox.forms.command import CHAT, read_command
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.routing import Answer, Call, Route, Stage
from bot.sandbox.world import Command, Guild

_CHAT_AT_MOST, _MENU_AT_MOST = 100, 15


def command_shape(command: Command) -> dict[str, Any]:
    """A command as Discord answers it."""
    shape = {"id": command.id, "application_id": command.application_id, **command.body}
    if command.guild_id is not None:
        shape["guild_id"] = command.guild_id
    return shape


def _owner(call: Call) -> tuple[str, str | None]:
    """The application and guild of the path, which must be the asking bot's own."""
    application_id = call.path["application_id"]
    if call.user.application_id != application_id:
        raise refusal(20001 if not call.user.bot else 50001)
    guild_id = call.path.get("guild_id")
    if guild_id is not None:
        guild = call.world.guilds.get(guild_id)
        if guild is None or call.user.id not in guild.members:
            raise refusal(50001)
    return application_id, guild_id


def _named(stage: Stage, application_id: str, guild_id: str | None, kind: int, name: str) -> Command | None:
    found = stage.world.commands_of(application_id, guild_id)
    return next((one for one in found if one.type == kind and one.name == name), None)


def _put(call: Call, application_id: str, guild_id: str | None, body: dict[str, Any]) -> Command:
    """Store a command; one of the same kind and name is replaced and keeps its id."""
    old = _named(call.stage, application_id, guild_id, body["type"], body["name"])
    if old is not None and {**old.body, "version": None} == {**body, "version": None}:
        return old
    command_id = old.id if old is not None else call.stage.make_id()
    stored = {**body, "version": call.stage.make_id()}
    command = Command(command_id, application_id, guild_id, body["type"], body["name"], stored)
    call.world.add_command(command)
    return command


def _demand_room(commands: list[dict[str, Any]]) -> None:
    for kind in (1, 2, 3):
        most = _CHAT_AT_MOST if kind == CHAT else _MENU_AT_MOST
        if sum(one["type"] == kind for one in commands) > most:
            raise Refusal(400, 30032, f"Maximum number of application commands reached ({most})")


def list_all(call: Call) -> Any:
    """`GET …/commands`."""
    return [command_shape(one) for one in call.world.commands_of(*_owner(call))]


def overwrite(call: Call) -> Any:
    """`PUT …/commands`: exactly these from now on."""
    application_id, guild_id = _owner(call)
    if not isinstance(call.body, list) or not all(isinstance(one, dict) for one in call.body):
        raise refusal(50109)
    form = Form()
    bodies = [read_command(one, form, (index,)) for index, one in enumerate(call.body)]
    seen: set[tuple[int, str]] = set()
    for index, body in enumerate(bodies):
        if (body["type"], body["name"]) in seen:
            message = "Application command names must be unique"
            form.wrong((index, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        seen.add((body["type"], body["name"]))
    form.finish()
    _demand_room(bodies)
    kept = [_put(call, application_id, guild_id, body) for body in bodies]
    ids = {one.id for one in kept}
    for old in call.world.commands_of(application_id, guild_id):
        if old.id not in ids:
            call.world.remove_command(old)
    call.stage.note("commands changed", call.user.id, guild_id=guild_id)
    return [command_shape(one) for one in kept]


def create(call: Call) -> Any:
    """`POST …/commands`: 201 for a new one, 200 for one that took the place of its namesake."""
    application_id, guild_id = _owner(call)
    form = Form()
    body = read_command(call.form, form)
    form.finish()
    existing = [one.body for one in call.world.commands_of(application_id, guild_id)]
    new = _named(call.stage, application_id, guild_id, body["type"], body["name"]) is None
    if new:
        _demand_room([*existing, body])
    command = _put(call, application_id, guild_id, body)
    call.stage.note("commands changed", call.user.id, guild_id=guild_id)
    return Answer(201 if new else 200, command_shape(command))


def _command(call: Call) -> Command:
    application_id, guild_id = _owner(call)
    command = call.world.commands.get(call.path["command_id"])
    if command is None or (command.application_id, command.guild_id) != (application_id, guild_id):
        raise refusal(10063)
    return command


def read(call: Call) -> Any:
    """`GET …/commands/{id}`."""
    return command_shape(_command(call))


def update(call: Call) -> Any:
    """`PATCH …/commands/{id}`."""
    command = _command(call)
    form = Form()
    body = read_command({**command.body, **call.form, "type": command.type}, form)
    form.finish()
    command.name, command.body = body["name"], {**body, "version": call.stage.make_id()}
    call.stage.note("commands changed", call.user.id, guild_id=command.guild_id)
    return command_shape(command)


def delete(call: Call) -> Any:
    """`DELETE …/commands/{id}`."""
    command = _command(call)
    call.world.remove_command(command)
    call.stage.note("commands changed", call.user.id, guild_id=command.guild_id)


def usable(stage: Stage, user_id: str, guild: Guild, command: Command) -> bool:
    """Whether a member may use a command: "0" is for administrators, null is for all."""
    wanted = command.body.get("default_member_permissions")
    if wanted is None:
        return True
    granted = stage.access.in_guild(user_id, guild.id)
    if granted & Permission.ADMINISTRATOR:
        return True
    return wanted != "0" and granted & int(wanted) == int(wanted)


def index(call: Call) -> Any:
    """`GET /guilds/{id}/application-command-index`: what the asking member can use here."""
    guild = call.guild()
    # Every bot came with a role of its own.
    bots = [call.world.users[role.bot_id] for role in guild.roles.values() if role.bot_id is not None]
    applications, found = [], []
    for bot in bots:
        application_id = bot.application_id or ""
        applications.append(
            {
                "id": application_id,
                "name": call.world.applications[application_id].name,
                "icon": None,
                "bot": {"id": bot.id, "username": bot.username, "bot": True, "avatar": None},
            }
        )
        own = call.world.commands_of(application_id, None) + call.world.commands_of(application_id, guild.id)
        found += [one for one in own if usable(call.stage, call.user.id, guild, one)]
    return {
        "applications": applications,
        "application_commands": [command_shape(one) for one in found],
        "version": str(call.world.version),
    }


def _both(suffix: str, method: str, handler: Any) -> tuple[Route, Route]:
    return (
        Route(method, "/applications/{application_id}/commands" + suffix, handler),
        Route(method, "/applications/{application_id}/guilds/{guild_id}/commands" + suffix, handler),
    )


ROUTES = (
    *_both("", "GET", list_all),
    *_both("", "PUT", overwrite),
    *_both("", "POST", create),
    *_both("/{command_id}", "GET", read),
    *_both("/{command_id}", "PATCH", update),
    *_both("/{command_id}", "DELETE", delete),
    Route("GET", "/guilds/{guild_id}/application-command-index", index),
)
