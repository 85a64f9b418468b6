"""Routes as data, and what a handler is handed. Handlers do not wait: each one is a single step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.errors import invalid_form, method_not_allowed, not_found, refusal, unauthorized
from bot.sandbox.files import Upload
from bot.sandbox.snowflakes import is_snowflake, stamp
from bot.sandbox.stage import Stage
from bot.sandbox.things import Channel, Guild, Message, User
from bot.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a status of its own; plain handlers return JSON for 200 and None for 204."""

    status: int
    body: Any


@dataclass(slots=True)
class Call:
    """One request, read: who asks, the path's parts, the query, the body and its files."""

    stage: Stage
    actor: User | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    files: tuple[Upload, ...] = field(default=())
    # What `X-Audit-Log-Reason` gave as the reason.
    reason: str | None = None

    @property
    def world(self) -> World:
        """The tables."""
        return self.stage.world

    @property
    def user(self) -> User:
        """Who asks. Raises 401 for nobody."""
        if self.actor is None:
            raise unauthorized()
        return self.actor

    @property
    def form(self) -> dict[str, Any]:
        """The body as an object; no body is an empty one. Raises 50109 for another kind of JSON."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise refusal(50109)
        return self.body

    def person(self) -> User:
        """Who asks, if it is a person. Raises 20001 for bots."""
        if self.user.bot:
            raise refusal(20001)
        return self.user

    def guild(self, needed: int = 0) -> Guild:
        """The guild of the path, where the asking member holds `needed`."""
        guild_id = self.path["guild_id"]
        self.stage.access.demand_in_guild(self.user.id, guild_id, needed)
        return self.world.guilds[guild_id]

    def channel(self, needed: int = 0) -> Channel:
        """The channel of the path, where the asking user holds `needed` and sees it."""
        channel = self.world.channels.get(self.path["channel_id"])
        if channel is None:
            raise refusal(10003)
        self.stage.access.demand(self.user.id, channel, needed)
        return channel

    def message(self, channel: Channel) -> Message:
        """The message of the path."""
        message = self.world.messages.get(self.path["message_id"])
        if message is None or message.channel_id != channel.id:
            raise refusal(10008)
        return message

    def limit(self, default: int, most: int, least: int = 1) -> int:
        """The query's `limit` between `least` and `most`."""
        text = self.query.get("limit", str(default))
        # Short and plain digits first: int() has its own idea of a digit, and no liking for thousands of them.
        if not (is_snowflake(text) and least <= int(text) <= most):
            message = f"Value must be between {least} and {most}."
            raise invalid_form({"limit": {"_errors": [{"code": "NUMBER_TYPE_MAX", "message": message}]}})
        return int(text)

    def flag(self, key: str) -> bool:
        """Whether the query says yes to something."""
        return self.query.get(key, "").lower() in ("true", "1")

    def asked_id(self, key: str) -> int | None:
        """An id in the query; None where it is absent."""
        text = self.query.get(key)
        if text is not None and not is_snowflake(text):
            error = {"code": "NUMBER_TYPE_COERCE", "message": f'Value "{text}" is not snowflake.'}
            raise invalid_form({key: {"_errors": [error]}})
        return None if text is None else int(text)

    def asked_time(self, key: str) -> str | None:
        """A time in the query, as Discord writes times; None where it is absent."""
        text = self.query.get(key)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            message = f"Could not parse {text}. Should be ISO8601."
            raise invalid_form(
                {key: {"_errors": [{"code": "DATE_TIME_TYPE_PARSE", "message": message}]}}
            ) from None


Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path with {names}, and its handler. `public` ones need no token."""

    method: str
    template: str
    handler: Handler
    public: bool = False


class _Node:
    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.named: _Node | None = None
        self.routes: dict[str, Route] = {}


class Router:
    """Finds the route of a path, fixed parts before named ones."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for part in route.template.strip("/").split("/"):
                if part.startswith("{"):
                    node.named = node.named or _Node()
                    node = node.named
                else:
                    node = node.fixed.setdefault(part, _Node())
            node.routes[route.method] = route

    def find(self, method: str, parts: list[str]) -> tuple[Route, dict[str, str]]:
        """The route and its path's values. Raises 404 or 405 with code 0."""
        node = self._find(self._root, parts)
        if node is None:
            raise not_found()
        if method not in node.routes:
            raise method_not_allowed()
        route = node.routes[method]
        names = route.template.strip("/").split("/")
        return route, {
            name[1:-1]: part for name, part in zip(names, parts, strict=True) if name.startswith("{")
        }

    def _find(self, node: _Node, parts: list[str]) -> _Node | None:
        if not parts:
            return node if node.routes else None
        fixed = node.fixed.get(parts[0])
        found = self._find(fixed, parts[1:]) if fixed else None
        if found is None and node.named is not None:
            found = self._find(node.named, parts[1:])
        return found
