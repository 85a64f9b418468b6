"""Routes of people: register, who am I, settings, whom one does not hear; and where the gateway is."""

import base64
import re
import secrets
from collections.abc import Mapping
from typing import Any

from bot.sandbox import pictures, shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.command import LOCALES
from bot.sandbox.forms.form import Form
from bot.sandbox.routes.routing import Answer, Call, Route
from bot.sandbox.things import User

_AVATAR_AT_MOST = 10 * 1024 * 1024
_BLOCKED = 2


def new_token(call: Call, user_id: str) -> str:
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
    return Answer(201, {"token": new_token(call, user.id), "user_id": user.id})


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
    """`PATCH /users/@me` {username, global_name, avatar}; bots have no global name."""
    user, body = call.user, call.form
    form = Form()
    username = form.text(body, "username", (), 32, least=2)
    if username not in (None, user.username) and not user.bot:
        _demand_free(call, form, username or "")
    global_name = form.text(body, "global_name", (), 32)
    avatar = pictures.read(form, body, "avatar", _AVATAR_AT_MOST)
    form.finish()
    call.world.rename_user(user, username or user.username)
    if "global_name" in body and not user.bot:
        user.global_name = global_name or None
    if "avatar" in body:
        user.avatar = call.stage.keep_picture(avatar)
    stage = call.stage
    stage.note("person changed", user.id)
    shape = shapes.own_user_shape(user)
    stage.gateway.to_user(user.id, "USER_UPDATE", shape)
    for guild in call.world.guilds_of(user.id):
        member = shapes.member_shape(call.world, guild.members[user.id])
        stage.gateway.member_changed(guild.id, user.id, {"guild_id": guild.id, **member})
    return shape


# Settings and relationships: what closes a person's direct messages


def _settings(user: User) -> Any:
    return {
        "locale": user.locale,
        "default_guilds_restricted": user.default_guilds_restricted,
        "restricted_guilds": user.restricted_guilds,
    }


def read_locale(form: Form, body: Mapping[str, Any], key: str) -> str | None:
    """A language that Discord has; None where it is absent or null."""
    locale = form.text(body, key, (), 10)
    if locale is not None and locale not in LOCALES:
        form.wrong((key,), "ENUM_TYPE_COERCE", f'Value "{locale}" is not a valid enum value.')
    return locale


def read_settings(call: Call) -> Any:
    """`GET /users/@me/settings`: language, and whose members may not write to one."""
    return _settings(call.person())


def update_settings(call: Call) -> Any:
    """`PATCH /users/@me/settings` {locale, default_guilds_restricted, restricted_guilds}."""
    user, body = call.person(), call.form
    form = Form()
    locale = read_locale(form, body, "locale")
    closed = form.truth(body, "default_guilds_restricted", (), user.default_guilds_restricted)
    guild_ids = form.snowflakes(body, "restricted_guilds", (), 1000)
    form.finish()
    user.locale, user.default_guilds_restricted = locale or user.locale, closed
    if "restricted_guilds" in body:
        user.restricted_guilds = list(dict.fromkeys(guild_ids))
    call.stage.note("settings changed", user.id)
    return _settings(user)


def _relationship(call: Call, user_id: str) -> Any:
    user = shapes.user_shape(call.world.users[user_id])
    return {"id": user_id, "type": _BLOCKED, "nickname": None, "user": user}


def list_relationships(call: Call) -> Any:
    """`GET /users/@me/relationships`: whom one blocked."""
    return [_relationship(call, one) for one in call.person().blocked]


def block(call: Call) -> Any:
    """`PUT /users/@me/relationships/{user_id}` {type: 2}; there are no friends here."""
    user, other_id = call.person(), call.path["user_id"]
    form = Form()
    form.choice(call.form, "type", (), _BLOCKED, (_BLOCKED,))
    form.finish()
    if other_id not in call.world.users or other_id == user.id:
        raise refusal(10013)
    if other_id not in user.blocked:
        user.blocked = [*user.blocked, other_id]
        call.stage.note("user blocked", user.id, detail=other_id)
        call.stage.gateway.to_user(user.id, "RELATIONSHIP_ADD", _relationship(call, other_id))


def unblock(call: Call) -> Any:
    """`DELETE /users/@me/relationships/{user_id}`."""
    user, other_id = call.person(), call.path["user_id"]
    if other_id in user.blocked:
        user.blocked = [one for one in user.blocked if one != other_id]
        call.stage.note("user unblocked", user.id, detail=other_id)
        gone = {"id": other_id, "type": _BLOCKED, "nickname": None}
        call.stage.gateway.to_user(user.id, "RELATIONSHIP_REMOVE", gone)


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
    if not call.user.bot:
        raise refusal(20002)
    gateway = call.stage.gateway
    shards = len(call.world.guilds_of(call.user.id)) // 1000 + 1
    return {"url": gateway.url, "shards": shards, "session_start_limit": gateway.starts.left(call.user.id)}


ROUTES = (
    Route("POST", "/auth/register", register, public=True),
    Route("GET", "/users/@me", read_self),
    Route("PATCH", "/users/@me", update_self),
    Route("GET", "/users/@me/settings", read_settings),
    Route("PATCH", "/users/@me/settings", update_settings),
    Route("GET", "/users/@me/relationships", list_relationships),
    Route("PUT", "/users/@me/relationships/{user_id}", block),
    Route("DELETE", "/users/@me/relationships/{user_id}", unblock),
    Route("GET", "/users/{user_id}", read_user),
    Route("GET", "/gateway", read_gateway, public=True),
    Route("GET", "/gateway/bot", read_gateway_for_bot),
)
