"""Routes of custom emoji: a guild's own, and an application's.

https://discord.com/developers/docs/resources/emoji
"""

import re
from typing import Any

from bot.sandbox import pictures, shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import Permission
from bot.sandbox.pictures import Picture
from bot.sandbox.routes.routing import Answer, Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.stage import Stage
from bot.sandbox.things import Application, Emoji, Guild

_PICTURE_AT_MOST = 256 * 1024
_OF_A_GUILD_AT_MOST, _OF_AN_APPLICATION_AT_MOST = 50, 2000
_NAME = re.compile(r"[A-Za-z0-9_]{2,32}")


def _name(call: Call, form: Form, required: bool) -> str | None:
    name = form.text(call.form, "name", (), 32, least=2, required=required)
    if name is not None and 2 <= len(name) <= 32 and not _NAME.fullmatch(name):
        message = "Emoji names may only contain alphanumeric characters and underscores."
        form.wrong(("name",), "STRING_TYPE_REGEX", message)
    return name


def _new(call: Call) -> tuple[Emoji, Picture]:
    """The emoji of a form, without an id still, and its picture."""
    form = Form()
    name = _name(call, form, required=True)
    picture = pictures.demand(form, call.form, "image", _PICTURE_AT_MOST)
    return Emoji("0", name or "", call.user.id, picture.animated), picture


def _keep(call: Call, emoji: Emoji, picture: Picture) -> None:
    emoji.id = call.stage.make_id()
    call.world.pictures[emoji.id] = picture.text


def _full_shape(call: Call, emoji: Emoji) -> Json:
    return {**shapes.emoji_shape(emoji), "user": shapes.user_shape(call.world.users[emoji.user_id])}


# A guild's


def _shown(call: Call, guild: Guild, emoji: Emoji) -> Json:
    """With its maker, for who may make or manage some."""
    granted = call.stage.access.in_guild(call.user.id, guild.id)
    allowed = granted & (Permission.CREATE_GUILD_EXPRESSIONS | Permission.MANAGE_GUILD_EXPRESSIONS)
    return _full_shape(call, emoji) if allowed else shapes.emoji_shape(emoji)


def list_of_guild(call: Call) -> Any:
    """`GET /guilds/{id}/emojis`."""
    guild = call.guild()
    return [_shown(call, guild, one) for one in guild.emojis.values()]


def _of_guild(call: Call, guild: Guild) -> Emoji:
    emoji = guild.emojis.get(call.path["emoji_id"])
    if emoji is None:
        raise refusal(10014)
    return emoji


def read_of_guild(call: Call) -> Any:
    """`GET /guilds/{id}/emojis/{emoji_id}`."""
    guild = call.guild()
    return _shown(call, guild, _of_guild(call, guild))


def create_in_guild(call: Call) -> Any:
    """`POST /guilds/{id}/emojis` {name, image, roles}: 50 still ones and 50 that move."""
    guild = call.guild(Permission.CREATE_GUILD_EXPRESSIONS)
    emoji, picture = _new(call)
    emoji.roles = _roles(call, guild)
    alike = [one for one in guild.emojis.values() if one.animated == emoji.animated]
    if len(alike) >= _OF_A_GUILD_AT_MOST:
        raise refusal(30018 if emoji.animated else 30008)
    _keep(call, emoji, picture)
    guild.emojis[emoji.id] = emoji
    _guild_changed(call.stage, call.user.id, guild, "emoji created", emoji)
    return Answer(201, _full_shape(call, emoji))


def _roles(call: Call, guild: Guild) -> list[str]:
    form = Form()
    ids = form.snowflakes(call.form, "roles", (), 250)
    form.finish()
    if any(one not in guild.roles for one in ids):
        raise refusal(10011)
    return list(dict.fromkeys(ids))


def _guild_changed(stage: Stage, actor_id: str, guild: Guild, action: str, emoji: Emoji) -> None:
    stage.note(action, actor_id, guild_id=guild.id, detail=emoji.id)
    listed = [shapes.emoji_shape(one) for one in guild.emojis.values()]
    data = {"guild_id": guild.id, "emojis": listed}
    stage.gateway.to_guild(guild.id, "GUILD_EMOJIS_UPDATE", data)


def _demand_hold(call: Call, guild: Guild, emoji: Emoji) -> None:
    """One's own take either permission, others' MANAGE_GUILD_EXPRESSIONS."""
    granted = call.stage.access.in_guild(call.user.id, guild.id)
    needed = int(Permission.MANAGE_GUILD_EXPRESSIONS)
    if emoji.user_id == call.user.id:
        needed |= Permission.CREATE_GUILD_EXPRESSIONS
    if not granted & needed:
        raise refusal(50013)


def update_in_guild(call: Call) -> Any:
    """`PATCH /guilds/{id}/emojis/{emoji_id}` {name, roles}."""
    guild = call.guild()
    emoji = _of_guild(call, guild)
    _demand_hold(call, guild, emoji)
    form = Form()
    name = _name(call, form, required=False)
    form.finish()
    roles = _roles(call, guild) if "roles" in call.form else emoji.roles
    emoji.name, emoji.roles = name or emoji.name, roles
    _guild_changed(call.stage, call.user.id, guild, "emoji changed", emoji)
    return _full_shape(call, emoji)


def delete_from_guild(call: Call) -> Any:
    """`DELETE /guilds/{id}/emojis/{emoji_id}`; reactions with it stay."""
    guild = call.guild()
    emoji = _of_guild(call, guild)
    _demand_hold(call, guild, emoji)
    del guild.emojis[emoji.id]
    call.world.pictures.pop(emoji.id, None)
    _guild_changed(call.stage, call.user.id, guild, "emoji deleted", emoji)


# An application's


def _application(call: Call) -> Application:
    """The application of the path, for its owner and its bot."""
    application = call.world.applications.get(call.path["application_id"])
    if application is None or call.user.id not in (application.owner_id, application.bot_id):
        raise refusal(10002)
    return application


def list_of_application(call: Call) -> Any:
    """`GET /applications/{id}/emojis`."""
    return {"items": [_full_shape(call, one) for one in _application(call).emojis.values()]}


def _of_application(call: Call, application: Application) -> Emoji:
    emoji = application.emojis.get(call.path["emoji_id"])
    if emoji is None:
        raise refusal(10014)
    return emoji


def read_of_application(call: Call) -> Any:
    """`GET /applications/{id}/emojis/{emoji_id}`."""
    return _full_shape(call, _of_application(call, _application(call)))


def create_in_application(call: Call) -> Any:
    """`POST /applications/{id}/emojis` {name, image}."""
    application = _application(call)
    emoji, picture = _new(call)
    if len(application.emojis) >= _OF_AN_APPLICATION_AT_MOST:
        raise refusal(30008)
    _keep(call, emoji, picture)
    application.emojis[emoji.id] = emoji
    call.stage.note("emoji created", call.user.id, detail=emoji.id)
    return Answer(201, _full_shape(call, emoji))


def update_in_application(call: Call) -> Any:
    """`PATCH /applications/{id}/emojis/{emoji_id}` {name}."""
    emoji = _of_application(call, _application(call))
    form = Form()
    emoji_name = _name(call, form, required=True)
    form.finish()
    emoji.name = emoji_name or emoji.name
    call.stage.note("emoji changed", call.user.id, detail=emoji.id)
    return _full_shape(call, emoji)


def delete_from_application(call: Call) -> Any:
    """`DELETE /applications/{id}/emojis/{emoji_id}`."""
    application = _application(call)
    emoji = _of_application(call, application)
    del application.emojis[emoji.id]
    call.world.pictures.pop(emoji.id, None)
    call.stage.note("emoji deleted", call.user.id, detail=emoji.id)


_OF_A_GUILD, _OF_AN_APPLICATION = "/guilds/{guild_id}/emojis", "/applications/{application_id}/emojis"
ROUTES = (
    Route("GET", _OF_A_GUILD, list_of_guild),
    Route("POST", _OF_A_GUILD, create_in_guild),
    Route("GET", _OF_A_GUILD + "/{emoji_id}", read_of_guild),
    Route("PATCH", _OF_A_GUILD + "/{emoji_id}", update_in_guild),
    Route("DELETE", _OF_A_GUILD + "/{emoji_id}", delete_from_guild),
    Route("GET", _OF_AN_APPLICATION, list_of_application),
    Route("POST", _OF_AN_APPLICATION, create_in_application),
    Route("GET", _OF_AN_APPLICATION + "/{emoji_id}", read_of_application),
    Route("PATCH", _OF_AN_APPLICATION + "/{emoji_id}", update_in_application),
    Route("DELETE", _OF_AN_APPLICATION + "/{emoji_id}", delete_from_application),
)
