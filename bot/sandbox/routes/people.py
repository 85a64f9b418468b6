"""Routes of people and applications: register, who am I, make a bot, install it, direct messages."""

import base64
import re
import secrets
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import guilds
from bot.sandbox.routes.routing import Answer, Call, Route
from bot.sandbox.world import DM, Application, Channel, Role, User

_GATEWAY_LIMIT = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}


def _new_token(call: Call, user_id: str) -> str:
    """A token in Discord's shape: the user's id, then chance."""
    head = base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")
    token = f"{head}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
    call.world.give_token(user_id, token)
    return token


def register(call: Call) -> Any:
    """`POST /auth/register` {username, global_name?}: a new person and their token."""
    form = Form()
    username = form.text(call.form, "username", (), 32, least=2, required=True) or ""
    global_name = form.text(call.form, "global_name", (), 32)
    _demand_free(call, form, username)
    form.finish()
    user = User(call.stage.make_id(), username, global_name)
    call.world.add_user(user)
    call.stage.note("person registered", user.id)
    return Answer(201, {"token": _new_token(call, user.id), "user_id": user.id})


def _demand_free(call: Call, form: Form, username: str) -> None:
    if call.world.person_named(username) is not None:
        message = "Username is unavailable. Try adding numbers, letters, underscores _ , or periods."
        form.wrong(("username",), "USERNAME_ALREADY_TAKEN", message)
    elif not re.fullmatch(r"[\w.\- ]+", username):
        message = "Username must only contain letters, numbers, underscores, or periods."
        form.wrong(("username",), "USERNAME_INVALID_CONTAINS", message)


def read_self(call: Call) -> Any:
    """`GET /users/@me`."""
    return shapes.own_user_shape(call.user)


def update_self(call: Call) -> Any:
    """`PATCH /users/@me` {username}."""
    form = Form()
    username = form.text(call.form, "username", (), 32, least=2)
    if username not in (None, call.user.username) and not call.user.bot:
        _demand_free(call, form, username or "")
    form.finish()
    call.world.rename_user(call.user, username or call.user.username)
    call.stage.note("person changed", call.user.id)
    return shapes.own_user_shape(call.user)


def read_user(call: Call) -> Any:
    """`GET /users/{id}`."""
    user = call.world.users.get(call.path["user_id"])
    if user is None:
        raise refusal(10013)
    return shapes.user_shape(user)


def read_gateway(call: Call) -> Any:
    """`GET /gateway`."""
    return {"url": call.stage.gateway.url}


def read_gateway_for_bot(call: Call) -> Any:
    """`GET /gateway/bot`: one shard for each 1,000 guilds begun."""
    shards = len(call.world.guilds_of(call.user.id)) // 1000 + 1
    return {"url": call.stage.gateway.url, "shards": shards, "session_start_limit": _GATEWAY_LIMIT}


# Applications


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
    call.stage.note("bot created", call.user.id, detail=application.id)
    return {**shapes.user_shape(bot), "token": _new_token(call, bot.id)}


def read_bots_application(call: Call) -> Any:
    """`GET /oauth2/applications/@me`: the application behind a bot."""
    application = call.world.applications.get(call.user.application_id or "")
    if application is None:
        raise refusal(10002)
    return shapes.application_shape(call.world, application)


def authorize(call: Call) -> Any:
    """`POST /oauth2/authorize`: install a bot, with a managed role that holds the permissions asked for."""
    user = call.person()
    form = Form()
    guild_id = form.snowflake(call.form, "guild_id", ())
    if guild_id is None:
        form.missing(("guild_id",))
    asked = form.permissions(call.form, "permissions", ())
    form.finish()
    application = call.world.applications.get(call.query.get("client_id", ""))
    if application is None:
        raise refusal(10002)
    call.stage.access.demand_in_guild(user.id, guild_id or "", Permission.MANAGE_GUILD)
    guild = call.world.guilds[guild_id or ""]
    location = {"location": f"{call.world.base_url}/oauth2/authorized"}
    bot_id = application.bot_id
    if call.form.get("authorize") is not True or bot_id is None:
        return location
    role = next((one for one in guild.roles.values() if one.bot_id == bot_id), None)
    if role is not None:
        role.permissions = asked
        call.stage.access.changed(guild.id)
        data = {"guild_id": guild.id, "role": shapes.role_shape(role)}
        call.stage.gateway.to_guild(guild.id, "GUILD_ROLE_UPDATE", data)
        call.stage.note("role changed", user.id, guild_id=guild.id, detail=role.id)
    else:
        role = Role(call.stage.make_id(), application.name, asked, len(guild.roles), bot_id=bot_id)
        guilds.add_role(call.stage, user.id, guild, role)
        guilds.add_member(call.stage, guild, bot_id, [role.id])
    return location


# Direct messages


def list_direct(call: Call) -> Any:
    """`GET /users/@me/channels`."""
    found = call.world.direct_channels(call.user.id)
    return [shapes.channel_shape(call.world, one, call.user.id) for one in found]


def open_direct(call: Call) -> Any:
    """`POST /users/@me/channels` {recipient_id}: the same channel every time. 50007 without a shared guild."""
    form = Form()
    given = call.form.get("recipients")
    body = {"recipient_id": given[0]} if isinstance(given, list) and given else call.form
    other_id = form.snowflake(body, "recipient_id", ())
    if other_id is None:
        form.missing(("recipient_id",))
    form.finish()
    other = call.world.users.get(other_id or "")
    if other is None:
        raise refusal(10013)
    channel = call.world.direct_channel(call.user.id, other.id)
    if channel is None:
        shared = any(other.id in guild.members for guild in call.world.guilds_of(call.user.id))
        if other.id == call.user.id or (other.bot and call.user.bot) or not shared:
            raise refusal(50007)
        channel = Channel(call.stage.make_id(), DM, recipients=[call.user.id, other.id])
        call.world.add_channel(channel)
        call.stage.note("direct channel opened", call.user.id, channel_id=channel.id)
        for user in (call.user, other):
            if not user.bot:
                shape = shapes.channel_shape(call.world, channel, user.id)
                call.stage.gateway.to_user(user.id, "CHANNEL_CREATE", shape)
    return shapes.channel_shape(call.world, channel, call.user.id)


ROUTES = (
    Route("POST", "/auth/register", register, public=True),
    Route("GET", "/users/@me", read_self),
    Route("PATCH", "/users/@me", update_self),
    Route("GET", "/users/{user_id}", read_user),
    Route("GET", "/gateway", read_gateway, public=True),
    Route("GET", "/gateway/bot", read_gateway_for_bot),
    Route("POST", "/applications", create_application),
    Route("GET", "/applications/@me", read_bots_application),
    Route("GET", "/applications/{application_id}", read_application),
    Route("POST", "/applications/{application_id}/bot", create_bot),
    Route("GET", "/oauth2/applications/@me", read_bots_application),
    Route("POST", "/oauth2/authorize", authorize),
    Route("GET", "/users/@me/channels", list_direct),
    Route("POST", "/users/@me/channels", open_direct),
)
