"""What clients say, read strictly: what has another shape than Discord documents closes the connection.

https://docs.discord.com/developers/events/gateway-events#send-events
"""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.gateway.intents import is_valid
from bot.sandbox.wire import decode

_BYTES_AT_MOST = 4096
_STATUSES = frozenset({"online", "dnd", "idle", "invisible", "offline"})
# https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
_REASONS = {
    4000: "Unknown error.",
    4001: "Unknown opcode.",
    4002: "Error while decoding payload.",
    4003: "Not authenticated.",
    4004: "Authentication failed.",
    4005: "Already authenticated.",
    4007: "Invalid seq.",
    4008: "You are being rate limited.",
    4009: "Session timed out.",
    4010: "Invalid shard.",
    4011: "Sharding required.",
    4012: "Invalid API version.",
    4013: "Invalid intent(s).",
    4014: "Disallowed intent(s).",
}


class Closing(Exception):
    """The connection has to end, with one of Discord's close codes."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.reason = _REASONS.get(code, _REASONS[4000])
        super().__init__(f"{code}: {self.reason}")


@dataclass(frozen=True, slots=True)
class Identify:
    """Op 2. `intents` is None where none were named."""

    token: str
    intents: int | None
    shard: tuple[int, int]
    compress: bool
    large_threshold: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Op 6."""

    token: str
    session_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class MembersAsked:
    """Op 8: members by id, or those whose names begin with `query`; a `limit` of 0 means as many as allowed."""

    guild_id: str
    user_ids: tuple[str, ...] | None
    query: str
    limit: int
    presences: bool
    nonce: str | None

    @property
    def whole(self) -> bool:
        """Whether all members of the guild are asked for."""
        return self.user_ids is None and not self.query and not self.limit


def read(text: str) -> tuple[int, Any]:
    """A payload's opcode and data. Raises Closing 4002 for what is no payload or over 4096 bytes."""
    if len(text.encode(errors="replace")) > _BYTES_AT_MOST:
        raise Closing(4002)
    try:
        payload = decode(text)
    except ValueError:
        raise Closing(4002) from None
    if not isinstance(payload, dict):
        raise Closing(4002)
    return _whole_number(payload.get("op")), payload.get("d")


def read_heartbeat(data: Any) -> None:
    """Op 1: the last sequence number heard, or null."""
    if data is not None:
        _whole_number(data)


def read_identify(data: Any) -> Identify:
    """Op 2. Raises Closing 4010 for an odd shard, 4013 for odd intents, 4002 for anything else."""
    given = _object(data)
    _object(given.get("properties"))
    if given.get("presence") is not None:
        read_presence(given["presence"])
    intents = given.get("intents")
    if intents is not None and (type(intents) is not int or not is_valid(intents)):
        raise Closing(4013)
    return Identify(
        _text(given.get("token")),
        intents,
        _read_shard(given.get("shard")),
        _flag(given.get("compress")),
        _whole_number(given.get("large_threshold", 50)),
    )


def _read_shard(value: Any) -> tuple[int, int]:
    match value:
        case None:
            return 0, 1
        case [int(number), int(count)] if 0 <= number < count and bool not in (type(number), type(count)):
            return number, count
        case _:
            raise Closing(4010)


def read_resume(data: Any) -> Resume:
    """Op 6."""
    given = _object(data)
    return Resume(_text(given.get("token")), _text(given.get("session_id")), _whole_number(given.get("seq")))


def read_presence(data: Any) -> None:
    """Op 3, also within an IDENTIFY; it has no effect here."""
    given = _object(data)
    activities = given.get("activities", [])
    since = given.get("since")
    if _text(given.get("status", "online")) not in _STATUSES or not isinstance(activities, list):
        raise Closing(4002)
    if since is not None and not isinstance(since, int | float):
        raise Closing(4002)
    for one in activities:
        _text(_object(one).get("name"))
    _flag(given.get("afk"))


def read_members_asked(data: Any) -> MembersAsked:
    """Op 8. A nonce over 32 bytes is left out, as if there were none."""
    given = _object(data)
    ids, query = given.get("user_ids"), given.get("query")
    if ids is None and query is None:
        raise Closing(4002)
    if ids is not None:
        ids = tuple(_snowflake(one) for one in (ids if isinstance(ids, list) else [ids]))
    nonce = given.get("nonce")
    return MembersAsked(
        _snowflake(given.get("guild_id")),
        ids,
        "" if query is None else _text(query).lower(),
        _whole_number(given.get("limit") or 0),
        _flag(given.get("presences")),
        nonce if isinstance(nonce, str) and len(nonce.encode()) <= 32 else None,
    )


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Closing(4002)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Closing(4002)
    return value


def _flag(value: Any) -> bool:
    if value is not None and not isinstance(value, bool):
        raise Closing(4002)
    return bool(value)


def _whole_number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise Closing(4002)
    return value


def _snowflake(value: Any) -> str:
    """An id; libraries send them as texts and as numbers."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    return str(_whole_number(value))
