"""The world in a file: a snapshot taken on the loop, written beside it, moved into place."""

import json
import os
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from bot.sandbox.world import (
    Application,
    Channel,
    Command,
    Emoji,
    Guild,
    Invite,
    Member,
    Message,
    Role,
    ThreadState,
    User,
    Webhook,
    World,
)

_FORMAT = 1


class DamagedState(Exception):
    """The state file cannot be read; the message names it and says what to do."""


def snapshot(world: World) -> dict[str, Any]:
    """The world as plain values that no later change touches."""
    return {
        "format": _FORMAT,
        "last_id": world.last_id,
        "tokens": dict(world.tokens),
        "pictures": dict(world.pictures),
        "prepared": dict(world.prepared),
        "users": [_plain(one) for one in world.users.values()],
        "applications": [_plain(one) for one in world.applications.values()],
        "guilds": [_plain(one) for one in world.guilds.values()],
        "channels": [_plain(one) for one in world.channels.values()],
        "messages": [_plain(one) for one in world.messages.values()],
        "commands": [_plain(one) for one in world.commands.values()],
        "invites": [_plain(one) for one in world.invites.values()],
        "webhooks": [_plain(one) for one in world.webhooks.values()],
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) if _deep(item) else item for key, item in value.items()}
    if isinstance(value, list):
        return list(value)
    return value


def _deep(value: Any) -> bool:
    return isinstance(value, dict) or is_dataclass(value)


def write(path: Path, plain: dict[str, Any]) -> None:
    """Write a snapshot so that a crash leaves the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(plain, file, ensure_ascii=False, separators=(",", ":"))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read(path: Path) -> World:
    """The world in a file, or an empty one where there is no file.

    Raises DamagedState when the file does not hold a world.
    """
    if not path.exists():
        return World()
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain["format"] != _FORMAT:
            raise ValueError(f"it is written in format {plain['format']}, and this edition reads {_FORMAT}")
        return _revive(plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedState(
            f"The sandbox's state file {path} cannot be read ({error}). "
            "Nothing was changed. Move the file away to start with an empty sandbox, or put a good copy back."
        ) from error


def _revive(plain: dict[str, Any]) -> World:
    world = World()
    world.last_id = int(plain["last_id"])
    world.prepared = dict(plain["prepared"])
    world.pictures = dict(plain.get("pictures", {}))
    for one in plain["users"]:
        world.add_user(User(**one))
    for token, user_id in plain["tokens"].items():
        world.give_token(user_id, token)
    for one in plain["applications"]:
        emojis = _revive_emojis(one.pop("emojis", {}))
        world.applications[one["id"]] = Application(**one, emojis=emojis)
    world.invites = {one["code"]: Invite(**one) for one in plain["invites"]}
    for one in plain["guilds"]:
        roles, members = one.pop("roles"), one.pop("members")
        guild = Guild(**one | {"emojis": _revive_emojis(one.get("emojis", {}))})
        guild.roles = {key: Role(**role) for key, role in roles.items()}
        world.guilds[guild.id] = guild
        for member in members.values():
            world.add_member(guild, Member(**member))
    for one in plain["channels"]:
        thread = one.pop("thread")
        world.add_channel(Channel(**one, thread=ThreadState(**thread) if thread else None))
    for one in plain.get("webhooks", ()):
        world.add_webhook(Webhook(**one))
    for one in plain["messages"]:
        world.add_message(Message(**one))
    for one in plain["commands"]:
        world.add_command(Command(**one))
    return world


def _revive_emojis(plain: dict[str, Any]) -> dict[str, Emoji]:
    return {key: Emoji(**one) for key, one in plain.items()}
