"""Which routes share a bucket, and how much is in it.

Discord publishes no figures: it changes them, and a bot should go by the headers. These are figures that
libraries have observed, so that a bot meets limits of a lifelike size; the source stands beside what is less
widely known. A route that is in no family has a bucket of its own, of a size that is a guess.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.limits.refusals import Scope
from bot.sandbox.snowflakes import made_at
from bot.sandbox.things import Message
from bot.sandbox.world import World

_CHANNEL = "/channels/{channel_id}"
_MESSAGES = _CHANNEL + "/messages"
_MESSAGE = _MESSAGES + "/{message_id}"
_REACTIONS = _MESSAGE + "/reactions"
_PINS = _MESSAGES + "/pins"
_MEMBER = "/guilds/{guild_id}/members/{user_id}"
_GLOBAL_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"
_WEBHOOK = "/webhooks/{webhook_id}/{token}"


@dataclass(frozen=True, slots=True)
class Family:
    """Routes that share a bucket of `allowed` requests in `window_s` seconds: each bot's for each channel or guild."""

    name: str
    allowed: int
    window_s: float
    routes: tuple[str, ...]


FAMILIES = (
    # https://javacord.org/wiki/advanced-topics/ratelimits.html
    Family("send message", 5, 5, (f"POST {_MESSAGES}",)),
    Family("edit message", 5, 5, (f"PATCH {_MESSAGE}",)),
    Family("delete message", 5, 1, (f"DELETE {_MESSAGE}",)),
    # https://github.com/discord/discord-api-docs/issues/981: adding and taking away share one.
    Family(
        "reactions",
        1,
        0.25,
        (
            f"DELETE {_REACTIONS}",
            f"DELETE {_REACTIONS}/{{emoji}}",
            f"PUT {_REACTIONS}/{{emoji}}/@me",
            f"DELETE {_REACTIONS}/{{emoji}}/@me",
            f"DELETE {_REACTIONS}/{{emoji}}/{{user_id}}",
        ),
    ),
    # From here on as the library hata has noted them, beside each of its routes.
    # https://github.com/HuyaneMatsu/hata
    Family("list messages", 5, 5, (f"GET {_MESSAGES}",)),
    Family("read message", 5, 5, (f"GET {_MESSAGE}",)),
    Family("delete messages", 1, 3, (f"POST {_MESSAGES}/bulk-delete",)),
    Family("typing", 5, 5, (f"POST {_CHANNEL}/typing",)),
    Family("read pins", 1, 5, (f"GET {_PINS}", f"GET {_CHANNEL}/pins")),
    Family(
        "pins",
        5,
        4,
        (
            f"PUT {_PINS}/{{message_id}}",
            f"DELETE {_PINS}/{{message_id}}",
            f"PUT {_CHANNEL}/pins/{{message_id}}",
            f"DELETE {_CHANNEL}/pins/{{message_id}}",
        ),
    ),
    Family("edit channel", 5, 15, (f"PATCH {_CHANNEL}",)),
    Family("invite", 5, 15, (f"POST {_CHANNEL}/invites",)),
    Family("read invite", 250, 6, ("GET /invites/{code}",)),
    Family("list members", 10, 10, ("GET /guilds/{guild_id}/members",)),
    Family("search members", 10, 10, ("GET /guilds/{guild_id}/members/search",)),
    Family("read member", 5, 1, (f"GET {_MEMBER}",)),
    Family("edit member", 10, 10, (f"PATCH {_MEMBER}",)),
    Family("edit own member", 1, 1, ("PATCH /guilds/{guild_id}/members/@me",)),
    Family("remove member", 5, 1, (f"DELETE {_MEMBER}",)),
    Family(
        "member roles", 10, 10, (f"PUT {_MEMBER}/roles/{{role_id}}", f"DELETE {_MEMBER}/roles/{{role_id}}")
    ),
    Family("create role", 250, 172_800, ("POST /guilds/{guild_id}/roles",)),
    Family("edit role", 1000, 86_400, ("PATCH /guilds/{guild_id}/roles/{role_id}",)),
    Family("create emoji", 50, 3600, ("POST /guilds/{guild_id}/emojis",)),
    Family("edit emoji", 1, 2, ("PATCH /guilds/{guild_id}/emojis/{emoji_id}",)),
    Family("delete emoji", 1, 2, ("DELETE /guilds/{guild_id}/emojis/{emoji_id}",)),
    Family("read user", 30, 30, ("GET /users/{user_id}",)),
    Family("edit self", 2, 3600, ("PATCH /users/@me",)),
    Family("list own guilds", 1, 1, ("GET /users/@me/guilds",)),
    Family("gateway", 2, 5, ("GET /gateway/bot",)),
    Family("sync commands", 2, 60, (f"PUT {_GLOBAL_COMMANDS}",)),
    Family("sync guild commands", 2, 60, (f"PUT {_GUILD_COMMANDS}",)),
    *(
        Family(f"{verb} command of {place}", 5, 20, (f"{method} {path}{rest}",))
        for place, path in (("application", _GLOBAL_COMMANDS), ("guild", _GUILD_COMMANDS))
        for verb, method, rest in (
            ("create", "POST", ""),
            ("edit", "PATCH", "/{command_id}"),
            ("delete", "DELETE", "/{command_id}"),
        )
    ),
    # Follow-ups and answers of an interaction go to its webhook.
    Family(
        "webhook",
        5,
        2,
        (
            f"POST {_WEBHOOK}",
            *(
                f"{method} {_WEBHOOK}/messages/{which}"
                for method in ("GET", "PATCH", "DELETE")
                for which in ("@original", "{message_id}")
            ),
        ),
    ),
)


def family_of(line: str) -> Family:
    """The family of a route, such as `GET /users/@me`."""
    return _FAMILY_OF.get(line) or Family(line, *_GUESS, (line,))


_FAMILY_OF = {route: family for family in FAMILIES for route in family.routes}
# As the routes of members have it; nobody has published what others have.
_GUESS = (10, 10.0)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request as a sub-limit looks at it."""

    world: World
    names: Mapping[str, str]
    body: Any
    asker_id: str
    now: datetime

    @property
    def message(self) -> Message | None:
        """The message that the path names."""
        return self.world.messages.get(self.names["message_id"])

    def older_than(self, age: timedelta) -> bool:
        """Whether the message that the path names is."""
        return self.message is not None and self.now - made_at(self.message.id) > age

    def changes(self, field: str) -> bool:
        """Whether the body gives the channel another value of a field."""
        channel = self.world.channels.get(self.names["channel_id"])
        if channel is None or not isinstance(self.body, dict) or field not in self.body:
            return False
        return bool(self.body[field] != getattr(channel, field))


@dataclass(frozen=True, slots=True)
class SubLimit:
    """A limit on some requests, for each channel or message (`each`); no header tells of it before it is met.

    One of the scope `shared` is the resource's: it counts who else asks, people too.
    """

    name: str
    routes: tuple[str, ...]
    allowed: int
    window_s: float
    each: str
    applies: Callable[[Attempt], bool] = lambda _: True
    scope: Scope = "user"
    code: int | None = None
    message: str | None = None


def _is_published(attempt: Attempt) -> bool:
    return attempt.message is not None and bool(attempt.message.flags & 1)


def _is_old_and_of_another(attempt: Attempt) -> bool:
    message = attempt.message
    others = message is not None and message.author_id != attempt.asker_id
    return others and attempt.older_than(timedelta(days=14))


SUB_LIMITS = (
    # https://github.com/discord/discord-api-docs/issues/2190; threads too: discordjs/discord.js issue 6651
    *(
        SubLimit(
            f"edit {field}",
            (f"PATCH {_CHANNEL}",),
            2,
            600,
            "channel_id",
            lambda attempt, field=field: attempt.changes(field),  # type: ignore[misc]
            "shared",
        )
        for field in ("name", "topic")
    ),
    # The body says an hour, the headers another time: https://github.com/discord-net/Discord.Net/pull/2100
    SubLimit("crosspost", (f"POST {_MESSAGE}/crosspost",), 10, 3600, "channel_id", scope="shared"),
    # Shared, and a wait of minutes; how many is a guess: https://github.com/discord/discord-api-docs/issues/7816
    SubLimit(
        "create thread",
        (f"POST {_CHANNEL}/threads", f"POST {_MESSAGE}/threads"),
        50,
        300,
        "channel_id",
        scope="shared",
    ),
    # Three an hour: https://github.com/discord/discord-api-docs/issues/2258; scope: …/issues/6109
    SubLimit(
        "edit announcement",
        (f"PATCH {_MESSAGE}",),
        3,
        3600,
        "message_id",
        _is_published,
        "shared",
        20022,
        "This message cannot be edited due to announcement rate limits",
    ),
    # How many is one bot's guess: https://github.com/circuitsacul/starboard-4/issues/118
    SubLimit(
        "edit old message",
        (f"PATCH {_MESSAGE}",),
        3,
        20,
        "channel_id",
        lambda attempt: attempt.older_than(timedelta(hours=1)),
        code=30046,
        message="Maximum number of edits to messages older than 1 hour reached. Try again later",
    ),
    # https://github.com/abalabahaha/eris/pull/1173
    SubLimit("delete old message", (f"DELETE {_MESSAGE}",), 30, 120, "channel_id", _is_old_and_of_another),
)
