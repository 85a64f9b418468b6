"""What passes between the people of a story: messages, bots, answers, events, refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]
EPHEMERAL, LOADING = 64, 128


class Refused(Exception):
    """The server said no: HTTP status, Discord's code, and the whole body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.code: int = body.get("code", 0) if isinstance(body, dict) else 0


class InteractionFailed(Exception):
    """The application did not respond."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch of the gateway."""

    name: str
    data: Json


@dataclass(frozen=True, slots=True)
class Application:
    """An application with its bot, whose user has the application's id."""

    id: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A bot's answer. `raw` is the message, or for a dialog the modal that was opened."""

    interaction_id: str
    raw: Json
    modal: bool = False

    @property
    def content(self) -> str:
        """Its text."""
        return str(self.raw.get("content", ""))

    @property
    def embeds(self) -> list[Json]:
        """Its embeds."""
        return list(self.raw.get("embeds", ()))

    @property
    def components(self) -> list[Json]:
        """Its components; of a dialog, what is to be filled in."""
        return list(self.raw.get("components", ()))

    @property
    def flags(self) -> int:
        """The message's flags."""
        return int(self.raw.get("flags", 0))

    @property
    def ephemeral(self) -> bool:
        """Whether only the person who asked sees it."""
        return bool(self.flags & EPHEMERAL)


class HasId(Protocol):
    """Somebody or something with an id: a Person, an Application, a Town."""

    @property
    def id(self) -> str:
        """The snowflake."""


# Wherever something is meant, its id will do, or its JSON, or the object that plays it.
Thing = str | Mapping[str, Any] | HasId
Message = Mapping[str, Any] | Reply


def id_of(thing: Thing) -> str:
    """The id of what is meant."""
    if isinstance(thing, str):
        return thing
    return str(thing["id"] if isinstance(thing, Mapping) else thing.id)


def message_of(message: Message) -> Json:
    """A message's JSON."""
    return message.raw if isinstance(message, Reply) else dict(message)


def path_of(message: Message) -> str:
    """Where a message is, under /api/v10."""
    raw = message_of(message)
    return f"/channels/{raw['channel_id']}/messages/{raw['id']}"
