"""What the ids in an interaction stand for: whether they are there for the person, and how the bot is told.

https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-resolved-data-structure
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.sandbox import message_shapes, shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.command import ATTACHMENT, CHANNEL, MENTIONABLE, ROLE, USER
from bot.sandbox.forms.message import Draft
from bot.sandbox.message_shapes import READS_ALL
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import posting
from bot.sandbox.routes.routing import Call
from bot.sandbox.shapes import Json
from bot.sandbox.things import Channel

# What a member and a channel within `resolved` come without.
_NOT_OF_MEMBERS = frozenset({"user", "deaf", "mute"})
_NOT_OF_CHANNELS = frozenset({"permission_overwrites", "recipients"})


class Resolver:
    """The `resolved` of one interaction; `exists` looks at an id, `take` adds what it stands for."""

    def __init__(self, call: Call, channel: Channel) -> None:
        self._stage = call.stage
        self._world = call.world
        self._access = call.stage.access
        self._user_id = call.user.id
        self._channel = channel
        self._guild = call.world.guilds.get(channel.guild_id or "")
        self._uploads = {file.key.removeprefix("files[").removesuffix("]"): file for file in call.files}
        self.resolved: dict[str, Json] = {}

    def exists(self, rule: Mapping[str, Any], value: str) -> bool:
        """Whether what an id names is there for the person, and such as an option's declaration wants it.

        An attachment is named by the number of its file in the request.
        """
        kind = rule["type"]
        if kind == ATTACHMENT:
            return value in self._uploads
        if kind == CHANNEL:
            named = self._world.channels.get(value)
            if named is None or named.guild_id != self._channel.guild_id:
                return False
            wanted = rule.get("channel_types") or (named.type,)
            return named.type in wanted and self._access.can_view(self._user_id, named)
        is_role = self._guild is not None and value in self._guild.roles
        is_user = value in self._world.users
        return {USER: is_user, ROLE: is_role, MENTIONABLE: is_role or is_user}.get(kind, False)

    def take(self, kind: int, value: str) -> str:
        """Add what an id stands for, by the kind of option; gives the id that the bot is told."""
        if kind == ATTACHMENT:
            return self._take_upload(value)
        if kind in (USER, MENTIONABLE) and value in self._world.users:
            self._take_user(value)
        if kind == CHANNEL and value in self._world.channels:
            channel = self._world.channels[value]
            shape = shapes.channel_shape(self._world, channel)
            shape["permissions"] = str(self._access.in_channel(self._user_id, channel))
            shape = {key: part for key, part in shape.items() if key not in _NOT_OF_CHANNELS}
            self.resolved.setdefault("channels", {})[value] = shape
        if kind in (ROLE, MENTIONABLE) and self._guild is not None and value in self._guild.roles:
            shape = shapes.role_shape(self._guild.roles[value])
            self.resolved.setdefault("roles", {})[value] = shape
        return value

    def take_message(self, message_id: str) -> None:
        """Add a message of this channel, whole. Raises 10008 where there is none, 50013 without its history."""
        message = self._world.messages.get(message_id)
        if message is None or message.channel_id != self._channel.id:
            raise refusal(10008)
        self._access.demand(self._user_id, self._channel, Permission.READ_MESSAGE_HISTORY)
        shape = message_shapes.message_shape(self._world, message, None, READS_ALL)
        self.resolved.setdefault("messages", {})[message_id] = shape

    def _take_user(self, user_id: str) -> None:
        self.resolved.setdefault("users", {})[user_id] = shapes.user_shape(self._world.users[user_id])
        if self._guild is None or user_id not in self._guild.members:
            return
        member = shapes.member_shape(self._world, self._guild.members[user_id], with_user=False)
        member = {key: part for key, part in member.items() if key not in _NOT_OF_MEMBERS}
        member["permissions"] = str(self._access.in_channel(user_id, self._channel))
        self.resolved.setdefault("members", {})[user_id] = member

    def _take_upload(self, number: str) -> str:
        draft = Draft(frozenset(), uploads=[(self._uploads[number], None)])
        (entry,) = posting.take_uploads(self._stage, draft)
        name = quote(entry["filename"], safe="")
        url = f"{self._world.base_url}/attachments/{self._channel.id}/{entry['id']}/{name}"
        shape = {**entry, "url": url, "proxy_url": url, "ephemeral": True}
        self.resolved.setdefault("attachments", {})[entry["id"]] = shape
        return str(entry["id"])
