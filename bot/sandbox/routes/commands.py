"""Routes of application commands, global and of one guild, as the bot that owns them uses them."""

from collections import deque
from datetime import timedelta
from typing import Any

from bot.sandbox.errors import Refusal, refusal
from bot.sandbox.forms.command import CHAT, read_command
from bot.sandbox.forms.form import Form
from bot.sandbox.routes.command_permissions import tell_index_changed
from bot.sandbox.routes.routing import Answer, Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.stage import Stage
from bot.sandbox.things import Command

_CHAT_AT_MOST, _MENU_AT_MOST = 100, 15
_CREATES_A_DAY = 200
_DAY = timedelta(days=1)


def command_shape(command: Command, translations: bool = True) -> Json:
    """A command as Discord answers it; lists leave its translations out unless they were asked for."""
    body = command.body if translations else _untranslated(command.body)
    shape = {"id": command.id, "application_id": command.application_id, **body}
    if command.guild_id is not None:
        shape["guild_id"] = command.guild_id
    return shape


def _untranslated(one: Json) -> Json:
    kept = {key: value for key, value in one.items() if not key.endswith("_localizations")}
    for key in ("options", "choices"):
        if key in kept:
            kept[key] = [_untranslated(part) for part in kept[key]]
    return kept


def _owner(call: Call) -> tuple[str, str | None]:
    """The application and guild of the path, which must be the asking bot's own."""
    application_id = call.path["application_id"]
    if call.user.application_id != application_id:
        raise refusal(20012)
    guild_id = call.path.get("guild_id")
    if guild_id is not None:
        guild = call.world.guilds.get(guild_id)
        if guild is None or call.user.id not in guild.members:
            raise refusal(50001)
    return application_id, guild_id


def _named(stage: Stage, application_id: str, guild_id: str | None, kind: int, name: str) -> Command | None:
    found = stage.world.commands_of(application_id, guild_id)
    return next((one for one in found if one.type == kind and one.name == name), None)


def _put(call: Call, old: Command | None, scope: tuple[str, str | None], body: Json) -> Command:
    """Store a command, new or in place of an old one; its version changes where anything else does."""
    if old is not None and {**old.body, "version": None} == {**body, "version": None}:
        return old
    stored = {**body, "version": call.stage.make_id()}
    if old is not None:
        old.name, old.body = body["name"], stored
        return old
    command = Command(call.stage.make_id(), *scope, body["type"], body["name"], stored)
    call.world.add_command(command)
    return command


def _demand_room(commands: list[Json]) -> None:
    for kind in (1, 2, 3):
        most = _CHAT_AT_MOST if kind == CHAT else _MENU_AT_MOST
        if sum(one["type"] == kind for one in commands) > most:
            raise Refusal(400, 30032, f"Maximum number of application commands reached ({most})")


def _count_creates(stage: Stage, scope: tuple[str, str | None], count: int) -> None:
    """Take note of new commands. Raises 30034 when they are more than 200 within a day in one place."""
    made, now = stage.commands_made.setdefault(scope, deque()), stage.now()
    while made and now - made[0] >= _DAY:
        made.popleft()
    if len(made) + count > _CREATES_A_DAY:
        message = f"Max number of daily application command creates has been reached ({_CREATES_A_DAY})"
        raise Refusal(400, 30034, message)
    made.extend([now] * count)


def _changed(call: Call, scope: tuple[str, str | None]) -> None:
    application_id, guild_id = scope
    call.stage.note("commands changed", call.user.id, guild_id=guild_id)
    tell_index_changed(call.stage, application_id, guild_id)


def list_all(call: Call) -> Any:
    """`GET …/commands`."""
    translations = call.flag("with_localizations")
    return [command_shape(one, translations) for one in call.world.commands_of(*_owner(call))]


def overwrite(call: Call) -> Any:
    """`PUT …/commands`: exactly these from now on. Those of the same id, or kind and name, are kept."""
    scope = _owner(call)
    if not isinstance(call.body, list) or not all(isinstance(one, dict) for one in call.body):
        raise refusal(50109)
    form = Form()
    bodies = [read_command(one, form, (index,), bool(scope[1])) for index, one in enumerate(call.body)]
    ids = [form.snowflake(one, "id", (index,)) for index, one in enumerate(call.body)]
    seen: set[tuple[int, str]] = set()
    for index, body in enumerate(bodies):
        if (body["type"], body["name"]) in seen:
            message = "Application command names must be unique"
            form.wrong((index, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        seen.add((body["type"], body["name"]))
    form.finish()
    _demand_room(bodies)
    by_id = {one.id: one for one in call.world.commands_of(*scope)}
    olds: list[Command | None] = []
    for command_id, body in zip(ids, bodies, strict=True):
        old = by_id.get(command_id or "")
        if old is None or old.type != body["type"]:
            old = _named(call.stage, *scope, body["type"], body["name"])
        olds.append(None if any(old is one for one in olds) else old)
    _count_creates(call.stage, scope, sum(old is None for old in olds))
    for gone in by_id.values():
        if not any(gone is old for old in olds):
            call.world.remove_command(gone)
    kept = [_put(call, old, scope, body) for old, body in zip(olds, bodies, strict=True)]
    _changed(call, scope)
    return [command_shape(one) for one in kept]


def create(call: Call) -> Any:
    """`POST …/commands`: 201 for a new one, 200 for one that took the place of its namesake."""
    scope = _owner(call)
    form = Form()
    body = read_command(call.form, form, in_guild=bool(scope[1]))
    form.finish()
    old = _named(call.stage, *scope, body["type"], body["name"])
    if old is None:
        _demand_room([*(one.body for one in call.world.commands_of(*scope)), body])
        _count_creates(call.stage, scope, 1)
    command = _put(call, old, scope, body)
    _changed(call, scope)
    return Answer(200 if old is not None else 201, command_shape(command))


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
    """`PATCH …/commands/{id}`: what is not given stays, and so does the type."""
    command, scope = _command(call), _owner(call)
    form = Form()
    body = {**command.body, **call.form, "type": command.type}
    if "contexts" not in call.form and "dm_permission" in call.form:
        body["contexts"] = None
    read = read_command(body, form, in_guild=bool(scope[1]))
    form.finish()
    namesake = _named(call.stage, *scope, command.type, read["name"])
    if namesake is not None and namesake is not command:
        message = "Application command names must be unique"
        form.wrong(("name",), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        form.finish()
    _put(call, command, scope, read)
    _changed(call, scope)
    return command_shape(command)


def delete(call: Call) -> Any:
    """`DELETE …/commands/{id}`."""
    command = _command(call)
    call.world.remove_command(command)
    for guild in call.world.guilds.values():
        guild.command_permissions.pop(command.id, None)
    _changed(call, (command.application_id, command.guild_id))


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
)
