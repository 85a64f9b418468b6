"""Routes of applications: make one and its bot, say which intents it may have, install it."""

from typing import Any

from bot.sandbox import pictures, shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import ALL, Permission
from bot.sandbox.routes import roles
from bot.sandbox.routes.members import add_member, give_roles
from bot.sandbox.routes.people import new_token
from bot.sandbox.routes.routing import Answer, Call, Route
from bot.sandbox.things import Application, Guild, Role, User

_ICON_AT_MOST = 10 * 1024 * 1024
_BOT, _COMMANDS = "bot", "applications.commands"


def create_application(call: Call) -> Any:
    """`POST /applications` {name}."""
    owner = call.person()
    form = Form()
    name = form.text(call.form, "name", (), 32, least=2, required=True) or ""
    form.finish()
    application = Application(call.stage.make_id(), name, owner.id)
    call.world.applications[application.id] = application
    call.stage.note("application created", owner.id, detail=application.id)
    return Answer(201, shapes.application_shape(call.world, application))


def _own_application(call: Call) -> Application:
    application = call.world.applications.get(call.path["application_id"])
    if application is None or application.owner_id != call.user.id:
        raise refusal(10002)
    return application


def read_application(call: Call) -> Any:
    """`GET /applications/{id}` by its owner."""
    return shapes.application_shape(call.world, _own_application(call))


def create_bot(call: Call) -> Any:
    """`POST /applications/{id}/bot`: the bot and a token; asked again, a new token in place of the old."""
    application = _own_application(call)
    if application.bot_id is None:
        bot = User(application.id, application.name, bot=True, application_id=application.id)
        call.world.add_user(bot)
        application.bot_id = bot.id
    bot = call.world.users[application.bot_id]
    call.stage.gateway.token_ended(bot.id)
    call.stage.note("bot created", call.user.id, detail=application.id)
    return {**shapes.user_shape(bot), "token": new_token(call, bot.id)}


def read_bots_application(call: Call) -> Any:
    """`GET /oauth2/applications/@me`: the application behind a bot."""
    application = call.world.applications.get(call.user.application_id or "")
    if application is None:
        raise refusal(10002)
    return shapes.application_shape(call.world, application)


def update_bots_application(call: Call) -> Any:
    """`PATCH /applications/@me` by its bot: {description, icon, tags, flags}."""
    application = call.world.applications.get(call.user.application_id or "")
    if application is None:
        raise refusal(10002)
    return _update(call, application)


def update_application(call: Call) -> Any:
    """`PATCH /applications/{id}` by its owner; `flags` turns the privileged intents on and off."""
    return _update(call, _own_application(call))


def _update(call: Call, application: Application) -> Any:
    body = call.form
    form = Form()
    name = form.text(body, "name", (), 32, least=2)
    # The document has an object of texts by language here, the reference and discord.py a text.
    described = body.get("description")
    if isinstance(described, dict):
        description = form.text(described, "default", ("description",), 400, required=True)
    else:
        description = form.text(body, "description", (), 400)
    tags = [one for one in form.items(body, "tags", (), 5) if isinstance(one, str)]
    flags = form.number(body, "flags", (), shapes.application_flags(application), 0, 1 << 53)
    icon = pictures.read(form, body, "icon", _ICON_AT_MOST)
    form.finish()
    application.name = name or application.name
    if "description" in body:
        application.description = description or ""
    if "tags" in body:
        application.tags = tags
    if "icon" in body:
        application.icon = call.stage.keep_picture(icon)
    # Of the flags only these are one's own to set.
    for field, flag in shapes.INTENT_FLAGS.items():
        setattr(application, field, bool(flags & flag))
    call.stage.note("application changed", call.user.id, detail=application.id)
    return shapes.application_shape(call.world, application)


def reset_token(call: Call) -> Any:
    """`POST /applications/{id}/bot/reset`: a new token in place of the bot's old one."""
    application = _own_application(call)
    if application.bot_id is None:
        raise refusal(10013)
    call.stage.gateway.token_ended(application.bot_id)
    call.stage.note("bot token reset", call.user.id, detail=application.id)
    return {"token": new_token(call, application.bot_id)}


def authorize(call: Call) -> Any:
    """`POST /oauth2/authorize`: install a bot, with a managed role that holds the permissions asked for.

    Asked again, the role gets the new permissions. Nobody grants a bot what they do not hold themselves.
    """
    user = call.person()
    form = Form()
    guild_id = form.snowflake(call.form, "guild_id", ())
    if guild_id is None:
        form.missing(("guild_id",))
    asked = form.permissions(call.form, "permissions", ()) & ALL
    scopes = (call.query.get("scope") or _BOT).split()
    if not {_BOT, _COMMANDS}.issuperset(scopes):
        form.wrong(
            ("scope",), "OAUTH2_SCOPE_INVALID", "The requested scope is invalid, unknown, or malformed."
        )
    form.finish()
    application = call.world.applications.get(call.query.get("client_id", ""))
    if application is None:
        raise refusal(10002)
    call.stage.access.demand_in_guild(user.id, guild_id or "", Permission.MANAGE_GUILD)
    guild = call.world.guilds[guild_id or ""]
    bot = call.world.users.get(application.bot_id or "")
    if call.form.get("authorize") is True and bot is not None and _BOT in scopes:
        if bot.id in guild.bans:
            raise refusal(40007)
        _install(call, guild, bot, asked & call.stage.access.in_guild(user.id, guild.id))
    return {"location": f"{call.world.base_url}/oauth2/authorized"}


def _install(call: Call, guild: Guild, bot: User, granted: int) -> None:
    """Bring a bot into a guild, or give the one that is there other permissions. Without any it has no role."""
    stage, actor_id = call.stage, call.user.id
    role = next((one for one in guild.roles.values() if one.bot_id == bot.id), None)
    if role is not None:
        role.permissions = granted
        roles.changed(stage, actor_id, guild, role)
    elif granted:
        role = Role(stage.make_id(), bot.username, granted, 1, bot_id=bot.id)
        roles.add(stage, actor_id, guild, role)
    role_ids = [role.id] if role is not None else []
    if bot.id not in guild.members:
        add_member(stage, guild, bot.id, role_ids)
    elif role_ids:
        give_roles(stage, actor_id, guild, guild.members[bot.id], role_ids)


ROUTES = (
    Route("POST", "/applications", create_application),
    Route("GET", "/applications/@me", read_bots_application),
    Route("PATCH", "/applications/@me", update_bots_application),
    Route("GET", "/applications/{application_id}", read_application),
    Route("PATCH", "/applications/{application_id}", update_application),
    Route("POST", "/applications/{application_id}/bot", create_bot),
    Route("POST", "/applications/{application_id}/bot/reset", reset_token),
    Route("GET", "/oauth2/applications/@me", read_bots_application),
    Route("POST", "/oauth2/authorize", authorize),
)
