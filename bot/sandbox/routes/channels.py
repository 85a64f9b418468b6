"""Routes of channels: make, read, change, delete; permission overwrites; invites."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form, Path
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import threads
from bot.sandbox.routes.routing import Answer, Call, Route, Stage
from bot.sandbox.world import ANNOUNCEMENT, CATEGORY, FORUM, TEXT, Channel, Invite

_KINDS = (TEXT, CATEGORY, ANNOUNCEMENT, FORUM)
_TAGS_AT_MOST = 20


def list_channels(call: Call) -> Any:
    """`GET /guilds/{id}/channels`: bots get all, people those that they see."""
    guild = call.guild()
    channels = call.world.channels_of(guild.id)
    if not call.user.bot:
        channels = [one for one in channels if call.stage.access.can_view(call.user.id, one)]
    return [shapes.channel_shape(call.world, one) for one in channels]


def create(call: Call) -> Any:
    """`POST /guilds/{id}/channels`: text, category, announcement or forum."""
    guild = call.guild(Permission.MANAGE_CHANNELS)
    form = Form()
    name = form.text(call.form, "name", (), 100, least=1, required=True) or ""
    kind = form.choice(call.form, "type", (), TEXT, _KINDS)
    channel = Channel(
        "0", kind, _spelled(name, kind), guild.id, position=len(call.world.channels_of(guild.id))
    )
    _read_into(call, form, channel)
    form.finish()
    channel.id = call.stage.make_id()
    add(call.stage, call.user.id, channel)
    return Answer(201, shapes.channel_shape(call.world, channel))


def add(stage: Stage, actor_id: str, channel: Channel) -> None:
    """Put a new channel into its guild and tell of it."""
    stage.world.add_channel(channel)
    stage.note("channel created", actor_id, guild_id=channel.guild_id, channel_id=channel.id)
    stage.gateway.channel("CHANNEL_CREATE", channel)


def _spelled(name: str, kind: int) -> str:
    """Discord writes the names of text channels small and with dashes."""
    return name.strip() if kind == CATEGORY else name.strip().lower().replace(" ", "-")


def _read_into(call: Call, form: Form, channel: Channel) -> None:
    body = call.form
    if "topic" in body:
        channel.topic = form.text(body, "topic", (), 4096 if channel.type == FORUM else 1024)
    channel.rate_limit_per_user = form.number(
        body, "rate_limit_per_user", (), channel.rate_limit_per_user, 0, 21600
    )
    channel.position = form.number(body, "position", (), channel.position, 0, 10_000)
    channel.default_auto_archive_duration = form.choice(
        body,
        "default_auto_archive_duration",
        (),
        channel.default_auto_archive_duration,
        threads.ARCHIVE_MINUTES,
    )
    channel.flags = form.number(body, "flags", (), channel.flags, 0, 1 << 30)
    if "nsfw" in body:
        channel.nsfw = body["nsfw"] is True
    if "parent_id" in body:
        channel.parent_id = form.snowflake(body, "parent_id", ())
        parent = call.world.channels.get(channel.parent_id or "")
        if channel.parent_id and (parent is None or parent.type != CATEGORY):
            form.wrong(("parent_id",), "CHANNEL_PARENT_INVALID", "Category does not exist")
    if "permission_overwrites" in body:
        listed = form.objects(body, "permission_overwrites", (), 500)
        read = [_overwrite(form.snowflake(one, "id", place) or "", one, form, place) for place, one in listed]
        channel.overwrites = {one["id"]: one for one in read if one["id"]}
    if "available_tags" in body:
        channel.available_tags = _read_tags(call, form)


def _read_tags(call: Call, form: Form) -> list[dict[str, Any]]:
    tags = []
    for place, one in form.objects(call.form, "available_tags", (), _TAGS_AT_MOST):
        name = form.text(one, "name", place, 20, least=1, required=True)
        tags.append(
            {
                "id": form.snowflake(one, "id", place) or call.stage.make_id(),
                "name": name or "",
                "moderated": one.get("moderated") is True,
                "emoji_id": None,
                "emoji_name": one.get("emoji_name"),
            }
        )
    return tags


def read(call: Call) -> Any:
    """`GET /channels/{id}`."""
    return shapes.channel_shape(call.world, call.channel(), call.user.id)


def update(call: Call) -> Any:
    """`PATCH /channels/{id}` of a guild channel or a thread."""
    channel = call.channel()
    if channel.thread is not None:
        return threads.update(call, channel, channel.thread)
    if channel.guild_id is None:
        raise refusal(50003)
    call.channel(Permission.MANAGE_CHANNELS)
    form = Form()
    name = form.text(call.form, "name", (), 100, least=1)
    # Read into a copy first: a form that is refused leaves the channel as it was.
    _read_into(call, form, replace(channel))
    form.finish()
    _read_into(call, form, channel)
    if name is not None:
        channel.name = _spelled(name, channel.type)
    _changed(call, channel)
    return shapes.channel_shape(call.world, channel)


def _changed(call: Call, channel: Channel) -> None:
    call.stage.access.changed(channel.guild_id or "")
    call.stage.note("channel changed", call.user.id, guild_id=channel.guild_id, channel_id=channel.id)
    call.stage.gateway.channel("CHANNEL_UPDATE", channel)


def delete(call: Call) -> Any:
    """`DELETE /channels/{id}`. What was in it goes without a MESSAGE_DELETE."""
    channel = call.channel()
    shape = shapes.channel_shape(call.world, channel, call.user.id)
    if channel.thread is not None:
        call.channel(Permission.MANAGE_THREADS)
        threads.remove(call.stage, call.user.id, channel)
    elif channel.guild_id is not None:
        call.channel(Permission.MANAGE_CHANNELS)
        call.stage.gateway.channel("CHANNEL_DELETE", channel)
        call.world.remove_channel(channel)
        call.stage.access.changed(channel.guild_id)
        call.stage.note("channel deleted", call.user.id, guild_id=channel.guild_id, channel_id=channel.id)
    return shape


def _overwrite(target_id: str, given: Mapping[str, Any], form: Form, place: Path) -> dict[str, Any]:
    return {
        "id": target_id,
        "type": 1 if str(given.get("type")) in ("1", "member") else 0,
        "allow": str(form.permissions(given, "allow", place)),
        "deny": str(form.permissions(given, "deny", place)),
    }


def put_overwrite(call: Call) -> Any:
    """`PUT /channels/{id}/permissions/{overwrite_id}` for a role (type 0) or a member (type 1)."""
    channel = call.channel(Permission.MANAGE_ROLES)
    if channel.guild_id is None or channel.thread is not None:
        raise refusal(50024)
    form = Form()
    target_id = call.path["overwrite_id"]
    overwrite = _overwrite(target_id, call.form, form, ())
    form.finish()
    channel.overwrites = {**channel.overwrites, target_id: overwrite}
    _changed(call, channel)


def delete_overwrite(call: Call) -> Any:
    """`DELETE /channels/{id}/permissions/{overwrite_id}`."""
    channel = call.channel(Permission.MANAGE_ROLES)
    if call.path["overwrite_id"] not in channel.overwrites:
        raise refusal(10009)
    kept = {key: one for key, one in channel.overwrites.items() if key != call.path["overwrite_id"]}
    channel.overwrites = kept
    _changed(call, channel)


def create_invite(call: Call) -> Any:
    """`POST /channels/{id}/invites`."""
    channel = call.channel(Permission.CREATE_INSTANT_INVITE)
    if channel.guild_id is None:
        raise refusal(50003)
    invite = Invite(secrets.token_urlsafe(6), channel.guild_id, channel.id, call.user.id, call.stage.stamp())
    call.world.invites[invite.code] = invite
    call.stage.note("invite created", call.user.id, guild_id=channel.guild_id, channel_id=channel.id)
    return shapes.invite_shape(call.world, invite)


ROUTES = (
    Route("GET", "/guilds/{guild_id}/channels", list_channels),
    Route("POST", "/guilds/{guild_id}/channels", create),
    Route("GET", "/channels/{channel_id}", read),
    Route("PATCH", "/channels/{channel_id}", update),
    Route("DELETE", "/channels/{channel_id}", delete),
    Route("PUT", "/channels/{channel_id}/permissions/{overwrite_id}", put_overwrite),
    Route("DELETE", "/channels/{channel_id}/permissions/{overwrite_id}", delete_overwrite),
    Route("POST", "/channels/{channel_id}/invites", create_invite),
)
