"""Routes of channels: make, read, change, order, delete."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms import channel as forms
from bot.sandbox.forms.form import Form, Path
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import overwrites, threads
from bot.sandbox.routes.routing import Answer, Call, Route
from bot.sandbox.stage import Stage
from bot.sandbox.things import ANNOUNCEMENT, CATEGORY, FORUM, MEDIA, STAGE, TEXT, VOICE, Channel, Guild

_KINDS = (TEXT, VOICE, CATEGORY, ANNOUNCEMENT, STAGE, FORUM, MEDIA)
_OF_A_GUILD_AT_MOST, _OF_A_CATEGORY_AT_MOST = 500, 50


def list_channels(call: Call) -> Any:
    """`GET /guilds/{id}/channels`: bots get all, people those that they see."""
    guild = call.guild()
    channels = call.world.channels_of(guild.id)
    if not call.user.bot:
        channels = [one for one in channels if call.stage.access.can_view(call.user.id, one)]
    return [shapes.channel_shape(call.world, one) for one in channels]


def create(call: Call) -> Any:
    """`POST /guilds/{id}/channels`; without overwrites of its own it has those of its category."""
    guild = call.guild(Permission.MANAGE_CHANNELS)
    body = call.form
    form = Form()
    kind = form.choice(body, "type", (), TEXT, _KINDS)
    name = forms.read_name(body, form, kind, required=True) or ""
    channel = Channel("0", kind, name, guild.id, position=len(call.world.channels_of(guild.id)))
    changes = forms.read_settings(body, form, channel, call.stage.make_id)
    parent = _read_parent(call, body, form, channel)
    given = forms.read_overwrites(body, form)
    form.finish()
    forms.demand_tags(body, channel, changes)
    if len(call.world.channels_of(guild.id)) >= _OF_A_GUILD_AT_MOST:
        raise refusal(30013)
    if given:
        overwrites.demand_settable(call, guild, None, given)
    elif parent is not None:
        given = dict(parent.overwrites)
    _apply(channel, changes)
    channel.parent_id, channel.overwrites = parent.id if parent else None, given
    channel.id = call.stage.make_id()
    add(call.stage, call.user.id, channel)
    return Answer(201, shapes.channel_shape(call.world, channel))


def add(stage: Stage, actor_id: str, channel: Channel) -> None:
    """Put a new channel into its guild and tell of it."""
    stage.world.add_channel(channel)
    stage.note("channel created", actor_id, guild_id=channel.guild_id, channel_id=channel.id)
    stage.gateway.channel("CHANNEL_CREATE", channel)


def _apply(channel: Channel, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(channel, name, value)


def _read_parent(
    call: Call, body: Mapping[str, Any], form: Form, channel: Channel, path: Path = ()
) -> Channel | None:
    """The category that a form names, if it has room; categories have none themselves."""
    parent_id = form.snowflake(body, "parent_id", path)
    if parent_id is None:
        return None
    parent = call.world.channels.get(parent_id)
    if (
        parent is None
        or parent.type != CATEGORY
        or parent.guild_id != channel.guild_id
        or channel.type == CATEGORY
    ):
        form.wrong((*path, "parent_id"), "CHANNEL_PARENT_INVALID", "Category does not exist")
        return None
    if (
        parent_id != channel.parent_id
        and len(_children(call.stage, channel.guild_id or "", parent_id)) >= _OF_A_CATEGORY_AT_MOST
    ):
        message = "Maximum number of channels in category reached (50)"
        form.wrong((*path, "parent_id"), "CHANNEL_PARENT_MAX_CHANNELS", message)
    return parent


def _children(stage: Stage, guild_id: str, category_id: str) -> list[Channel]:
    return [one for one in stage.world.channels_of(guild_id) if one.parent_id == category_id]


def read(call: Call) -> Any:
    """`GET /channels/{id}`."""
    return shapes.channel_shape(call.world, call.channel(), call.user.id)


def update(call: Call) -> Any:
    """`PATCH /channels/{id}` of a guild channel or a thread. Overwrites take MANAGE_ROLES too."""
    channel = call.channel()
    if channel.thread is not None:
        return threads.update(call, channel, channel.thread)
    if channel.guild_id is None:
        raise refusal(50003)
    call.channel(Permission.MANAGE_CHANNELS)
    guild = call.world.guilds[channel.guild_id]
    body = call.form
    form = Form()
    kind = forms.read_kind(body, form, channel)
    name = forms.read_name(body, form, channel.type, required=False)
    changes = forms.read_settings(body, form, replace(channel, type=kind), call.stage.make_id)
    parent = _read_parent(call, body, form, channel)
    given = forms.read_overwrites(body, form)
    form.finish()
    forms.demand_tags(body, channel, changes)
    if body.get("permission_overwrites") is not None:
        call.channel(Permission.MANAGE_ROLES)
        overwrites.demand_settable(call, guild, channel, given)
        overwrites.replace_all(call, channel, given)
    _apply(channel, changes)
    channel.type, channel.name = kind, name or channel.name
    if "parent_id" in body:
        channel.parent_id = parent.id if parent else None
    _drop_gone_tags(call.stage, channel)
    overwrites.changed(call, channel)
    return shapes.channel_shape(call.world, channel)


def _drop_gone_tags(stage: Stage, channel: Channel) -> None:
    """Posts lose the tags that their forum has no more."""
    known = {one["id"] for one in channel.available_tags}
    for post in stage.world.threads_of(channel.id):
        if post.thread is not None and not known.issuperset(post.thread.applied_tags):
            post.thread.applied_tags = [one for one in post.thread.applied_tags if one in known]


def move(call: Call) -> Any:
    """`PATCH /guilds/{id}/channels` [{id, position, parent_id, lock_permissions}]."""
    guild = call.guild(Permission.MANAGE_CHANNELS)
    form = Form()
    moves = []
    for place, one in form.rows(call.body):
        channel = call.world.channels.get(form.snowflake(one, "id", place) or "")
        if channel is None or channel.guild_id != guild.id or channel.thread is not None:
            raise refusal(10003)
        position = form.number(one, "position", place, channel.position, 0, 10_000)
        parent = _read_parent(call, one, form, channel, place)
        moves.append((channel, position, parent, one))
    form.finish()
    for channel, position, parent, one in moves:
        before = (channel.position, channel.parent_id, channel.overwrites)
        channel.position = position
        if "parent_id" in one:
            channel.parent_id = parent.id if parent else None
        category = call.world.channels.get(channel.parent_id or "")
        if one.get("lock_permissions") is True and category is not None:
            channel.overwrites = dict(category.overwrites)
        if before != (channel.position, channel.parent_id, channel.overwrites):
            overwrites.changed(call, channel)


def delete(call: Call) -> Any:
    """`DELETE /channels/{id}`. What was in it goes without a MESSAGE_DELETE; a category frees its channels."""
    channel = call.channel()
    shape = shapes.channel_shape(call.world, channel, call.user.id)
    if channel.thread is not None:
        call.channel(Permission.MANAGE_THREADS)
        threads.remove(call.stage, call.user.id, channel)
    elif channel.guild_id is not None:
        call.channel(Permission.MANAGE_CHANNELS)
        _remove(call, channel, call.world.guilds[channel.guild_id])
    return shape


def _remove(call: Call, channel: Channel, guild: Guild) -> None:
    stage = call.stage
    freed = _children(stage, guild.id, channel.id)
    stage.gateway.channel("CHANNEL_DELETE", channel)
    stage.remove_channel(channel)
    stage.access.changed(guild.id)
    stage.note("channel deleted", call.user.id, guild_id=guild.id, channel_id=channel.id)
    for child in freed:
        child.parent_id = None
        stage.gateway.channel("CHANNEL_UPDATE", child)
    if guild.system_channel_id == channel.id:
        guild.system_channel_id = None


ROUTES = (
    Route("GET", "/guilds/{guild_id}/channels", list_channels),
    Route("POST", "/guilds/{guild_id}/channels", create),
    Route("PATCH", "/guilds/{guild_id}/channels", move),
    Route("GET", "/channels/{channel_id}", read),
    Route("PATCH", "/channels/{channel_id}", update),
    Route("DELETE", "/channels/{channel_id}", delete),
)
