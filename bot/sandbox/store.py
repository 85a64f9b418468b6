"""The world in a file: copied in one step on the loop, written beside the old one, moved into place."""

import gc
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from bot.sandbox.things import (
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
)
from bot.sandbox.world import World

_FORMAT = 1


class DamagedState(Exception):
    """The state file cannot be read; the message names it and says what to do."""


class _Kind:
    """How things of a class are copied: all fields at once, then those whose values change in place."""

    def __init__(self, kind: type, changing: tuple[str, ...]) -> None:
        self.names = tuple(field.name for field in fields(kind))
        self.values = attrgetter(*self.names)
        self.changing = tuple(self.names.index(name) for name in changing)


# With the fields whose values change in place.
_KINDS: dict[type, _Kind] = {
    kind: _Kind(kind, changing)
    for kind, changing in (
        (User, ()),
        (Emoji, ()),
        (Application, ("emojis",)),
        (Role, ()),
        (Member, ()),
        (Guild, ("roles", "members", "emojis", "bans", "command_permissions")),
        (ThreadState, ()),
        (Channel, ("thread",)),
        (Message, ("reactions",)),
        (Webhook, ()),
        (Command, ()),
        (Invite, ()),
    )
}


@dataclass(slots=True)
class _Copies:
    """Things of one class as they were, by their ids: their values in the order of the class's fields."""

    kind: type
    rows: dict[str, tuple[Any, ...]]


def snapshot(world: World) -> dict[str, Any]:
    """The world as it is in this step; no later change touches it.

    The loop is held for about a microsecond a thing: some 50 ms for 50,000 messages.
    """
    # A collection set off by so many new tuples would walk the whole world, and take longer than all of them.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return {
            "format": _FORMAT,
            "last_id": world.last_id,
            "tokens": dict(world.tokens),
            "pictures": dict(world.pictures),
            "prepared": dict(world.prepared),
            "users": _copies(User, world.users),
            "applications": _copies(Application, world.applications),
            "guilds": _copies(Guild, world.guilds),
            "channels": _copies(Channel, world.channels),
            "messages": _copies(Message, world.messages),
            "commands": _copies(Command, world.commands),
            "invites": _copies(Invite, world.invites),
            "webhooks": _copies(Webhook, world.webhooks),
        }
    finally:
        if collecting:
            gc.enable()


def _copies(kind: type, things: Mapping[str, Any]) -> _Copies:
    known = _KINDS[kind]
    rows = dict(zip(things, map(known.values, things.values()), strict=True))
    for place in known.changing:
        for key, row in rows.items():
            if row[place]:
                rows[key] = (*row[:place], _own(row[place]), *row[place + 1 :])
    return _Copies(kind, rows)


def _own(value: Any) -> Any:
    """A copy of a value that changes in place, and of what changes in it."""
    if isinstance(value, dict):
        kind = type(next(iter(value.values()), None))
        return _copies(kind, value) if kind in _KINDS else {key: _own(item) for key, item in value.items()}
    known = _KINDS.get(type(value))
    return value if known is None else dict(zip(known.names, known.values(value), strict=True))


def write(path: Path, taken: dict[str, Any]) -> None:
    """Write a snapshot so that a crash leaves the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8") as file:
        file.writelines(_pieces(taken))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _pieces(taken: dict[str, Any]) -> Iterator[str]:
    """The snapshot's JSON thing by thing: the encoder holds the whole process for as long as one call lasts."""
    opening = "{"
    for key, value in taken.items():
        yield f"{opening}{json.dumps(key)}:"
        opening = ","
        if not isinstance(value, _Copies):
            yield _encode(value)
            continue
        for number, row in enumerate(value.rows.values()):
            yield ("," if number else "[") + _encode(_plain(value.kind, row))
        yield "]" if value.rows else "[]"
    yield "}"


def _encode(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_table)


def _plain(kind: type, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(_KINDS[kind].names, row, strict=True))


def _table(value: object) -> dict[str, Any]:
    """Things within a thing, for the encoder."""
    if not isinstance(value, _Copies):
        raise TypeError(f"{type(value).__name__} is nothing that a state file holds")
    return {key: _plain(value.kind, row) for key, row in value.rows.items()}


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
