"""The index of commands that a person's client reads: what they can use, in their language.

https://discord.com/developers/docs/interactions/application-commands#localization
"""

from typing import Any

from bot.sandbox.errors import refusal
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.command_permissions import for_direct_messages, usable
from bot.sandbox.routes.commands import command_shape
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.things import Command, User

# Where there is no translation, one into a sister language is shown.
_SISTERS = {"en-US": "en-GB", "en-GB": "en-US", "es-419": "es-ES"}


def of_guild(call: Call) -> Any:
    """`GET /guilds/{id}/application-command-index`: what the asking member can use here."""
    guild = call.guild()
    # Not by the bots' roles: one that asked for no permissions came without a role.
    installed = [one.bot_id for one in call.world.applications.values() if one.bot_id in guild.members]
    bots = [call.world.users[one] for one in installed if one is not None]
    found = []
    for bot in bots:
        application_id = bot.application_id or ""
        own = call.world.commands_of(application_id, None) + call.world.commands_of(application_id, guild.id)
        found += [one for one in own if usable(call.stage, call.user.id, guild, one)]
    if not call.stage.access.in_guild(call.user.id, guild.id) & Permission.USE_APPLICATION_COMMANDS:
        found = []
    return _index(call, bots, found)


def of_channel(call: Call) -> Any:
    """`GET /channels/{id}/application-command-index`: what can be used in a direct message with a bot."""
    channel = call.channel()
    if channel.guild_id is not None:
        raise refusal(50024)
    bots = [call.world.users[one] for one in channel.recipients if call.world.users[one].bot]
    found = []
    for bot in bots:
        own = call.world.commands_of(bot.application_id or "", None)
        found += [one for one in own if for_direct_messages(one)]
    return _index(call, bots, found)


def _index(call: Call, bots: list[User], commands: list[Command]) -> Json:
    applications = [
        {
            "id": bot.application_id,
            "name": call.world.applications[bot.application_id or ""].name,
            "icon": None,
            "bot": {"id": bot.id, "username": bot.username, "bot": True, "avatar": bot.avatar},
        }
        for bot in bots
    ]
    return {
        "applications": applications,
        "application_commands": [in_locale(command_shape(one), call.user.locale) for one in commands],
        "version": str(call.world.version),
    }


def in_locale(one: Json, locale: str) -> Json:
    """A command, option or choice with `name_localized` and the like in place of all its translations."""
    shown: Json = {}
    for key, value in one.items():
        if key.endswith("_localizations"):
            translations = value or {}
            text = translations.get(locale) or translations.get(_SISTERS.get(locale, ""))
            if text:
                shown[key.removesuffix("s").replace("localization", "localized")] = text
        elif key in ("options", "choices"):
            shown[key] = [in_locale(part, locale) for part in value]
        else:
            shown[key] = value
    return shown


ROUTES = (
    Route("GET", "/guilds/{guild_id}/application-command-index", of_guild),
    Route("GET", "/channels/{channel_id}/application-command-index", of_channel),
)
