"""Who may use a command: its contexts, default permissions, and what a guild's managers set for it.

https://discord.com/developers/docs/interactions/application-commands#permissions
"""

from typing import Any

from bot.sandbox.errors import refusal
from bot.sandbox.forms.command import IN_BOT_DIRECT, IN_GUILD
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.stage import Stage
from bot.sandbox.things import Channel, Command, Guild

_ROLE, _USER, _CHANNEL = 1, 2, 3
_OVERWRITES_AT_MOST = 100


def demand_usable(stage: Stage, user_id: str, channel: Channel, command: Command) -> None:
    """Refuse with 10063 a command that is not of this place, with 50013 who may not use it here."""
    guild = stage.world.guilds.get(channel.guild_id or "")
    if guild is None:
        bot_id = stage.world.applications[command.application_id].bot_id
        if bot_id not in channel.recipients or not for_direct_messages(command):
            raise refusal(10063)
        return
    contexts = command.body.get("contexts")
    if contexts is not None and IN_GUILD not in contexts:
        raise refusal(10063)
    stage.access.demand(user_id, channel, Permission.USE_APPLICATION_COMMANDS)
    if not usable(stage, user_id, guild, command, channel):
        raise refusal(50013)


def for_direct_messages(command: Command) -> bool:
    """Whether a command can be used in a direct message with its bot."""
    contexts = command.body.get("contexts")
    return command.guild_id is None and (contexts is None or IN_BOT_DIRECT in contexts)


def usable(
    stage: Stage, user_id: str, guild: Guild, command: Command, channel: Channel | None = None
) -> bool:
    """Whether a member may use a command, within a channel if it is told; administrators may use all.

    What managers set for the command comes first, then what they set for the application (which can only
    take away), then the command's own default permissions: "0" is for administrators, null for all.
    """
    contexts = command.body.get("contexts")
    if contexts is not None and IN_GUILD not in contexts:
        return False
    if channel is not None and command.body.get("nsfw") and not _holder(stage, channel).nsfw:
        return False
    granted = stage.access.in_guild(user_id, guild.id)
    if granted & Permission.ADMINISTRATOR:
        return True
    own = guild.command_permissions.get(command.id)
    overwrites = own or guild.command_permissions.get(command.application_id, [])
    if channel is not None and not _open_in(overwrites, guild, _holder(stage, channel)):
        return False
    said = _said_of(overwrites, guild, user_id)
    if said is False or (said and own):
        return bool(said)
    wanted = command.body.get("default_member_permissions")
    return wanted is None or (wanted != "0" and granted & int(wanted) == int(wanted))


def _holder(stage: Stage, channel: Channel) -> Channel:
    """The channel whose settings count: a thread's parent, any other channel itself."""
    parent = stage.world.channels.get(channel.parent_id or "")
    return parent if channel.thread is not None and parent is not None else channel


def _open_in(overwrites: list[Json], guild: Guild, channel: Channel) -> bool:
    set_for = {one["id"]: one["permission"] for one in overwrites if one["type"] == _CHANNEL}
    every = str(int(guild.id) - 1)
    return bool(set_for.get(channel.id, set_for.get(every, True)))


def _said_of(overwrites: list[Json], guild: Guild, user_id: str) -> bool | None:
    """What is set for a member: by name, else by roles (one that allows is enough), else for everyone."""
    for one in overwrites:
        if one["type"] == _USER and one["id"] == user_id:
            return bool(one["permission"])
    roles = {one["id"]: bool(one["permission"]) for one in overwrites if one["type"] == _ROLE}
    held = [roles[one] for one in guild.members[user_id].roles if one in roles]
    return any(held) if held else roles.get(guild.id)


# What managers set


def _guild(call: Call) -> Guild:
    guild = call.world.guilds.get(call.path["guild_id"])
    if guild is None or call.user.id not in guild.members:
        raise refusal(50001)
    if call.path["application_id"] not in call.world.applications:
        raise refusal(10002)
    if call.user.bot and call.user.application_id != call.path["application_id"]:
        raise refusal(20012)
    return guild


def _target(call: Call, guild: Guild) -> str:
    """The command of the path, or the application itself, whose id stands for all its commands."""
    target_id, application_id = call.path["command_id"], call.path["application_id"]
    if target_id == application_id:
        return target_id
    command = call.world.commands.get(target_id)
    if command is None or command.application_id != application_id:
        raise refusal(10063)
    if command.guild_id not in (None, guild.id):
        raise refusal(10063)
    return target_id


def _shape(call: Call, guild: Guild, target_id: str) -> Json:
    return {
        "id": target_id,
        "application_id": call.path["application_id"],
        "guild_id": guild.id,
        "permissions": guild.command_permissions[target_id],
    }


def list_all(call: Call) -> Any:
    """`GET …/commands/permissions`: of the application's commands, those that have any."""
    guild, application_id = _guild(call), call.path["application_id"]
    own = [one.id for one in call.world.commands.values() if one.application_id == application_id]
    return [_shape(call, guild, one) for one in (application_id, *own) if one in guild.command_permissions]


def read(call: Call) -> Any:
    """`GET …/commands/{id}/permissions`. Raises 10066 where nothing was set."""
    guild = _guild(call)
    target_id = _target(call, guild)
    if target_id not in guild.command_permissions:
        raise refusal(10066)
    return _shape(call, guild, target_id)


def overwrite(call: Call) -> Any:
    """`PUT …/commands/{id}/permissions`, by people who manage guild and roles; bots may not."""
    person, guild = call.person(), _guild(call)
    target_id = _target(call, guild)
    call.stage.access.demand_in_guild(person.id, guild.id, Permission.MANAGE_GUILD | Permission.MANAGE_ROLES)
    form = Form()
    overwrites: list[Json] = []
    for place, given in form.objects(call.form, "permissions", (), _OVERWRITES_AT_MOST):
        one = {
            "id": form.snowflake(given, "id", place),
            "type": form.choice(given, "type", place, 0, (_ROLE, _USER, _CHANNEL)),
            "permission": form.truth(given, "permission", place),
        }
        for key in one:
            if given.get(key) is None:
                form.missing((*place, key))
        if any((one["id"], one["type"]) == (other["id"], other["type"]) for other in overwrites):
            message = "Something is named twice."
            form.wrong(place, "APPLICATION_COMMAND_PERMISSIONS_DUPLICATE", message)
        overwrites.append(one)
    form.finish()
    guild.command_permissions[target_id] = overwrites
    call.stage.note("command permissions changed", person.id, guild_id=guild.id, detail=target_id)
    shape = _shape(call, guild, target_id)
    bot_id = call.world.applications[call.path["application_id"]].bot_id
    if bot_id is not None:
        call.stage.gateway.to_user(bot_id, "APPLICATION_COMMAND_PERMISSIONS_UPDATE", shape)
    tell_index_changed(call.stage, call.path["application_id"], guild.id)
    return shape


def tell_index_changed(stage: Stage, application_id: str, guild_id: str | None) -> None:
    """Tell people's clients to read the commands anew: of one guild, or of all that the bot is in."""
    bot_id = stage.world.applications[application_id].bot_id
    # Of all members only those who are there are looked at: guilds are many, people's clients few.
    for user_id in {one.user.id for one in stage.gateway.sessions() if not one.user.bot}:
        for guild in stage.world.guilds_of(user_id):
            if bot_id in guild.members and guild_id in (None, guild.id):
                data = {"guild_id": guild.id, "application_id": application_id}
                stage.gateway.to_user(user_id, "GUILD_APPLICATION_COMMAND_INDEX_UPDATE", data)


_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"
ROUTES = (
    Route("GET", _COMMANDS + "/permissions", list_all),
    Route("GET", _COMMANDS + "/{command_id}/permissions", read),
    Route("PUT", _COMMANDS + "/{command_id}/permissions", overwrite),
)
