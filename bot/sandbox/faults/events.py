"""What can happen to an event between Discord's guilds and a session, and the orders for it.

The trouble is before the numbering: a dropped event takes no number and is never replayed, a repeated one takes two,
and what a session is sent is numbered without gaps, in the order in which it is sent.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.sandbox.faults.portion import Portion, concerns
from bot.sandbox.gateway.sessions import Session


@dataclass(frozen=True, slots=True)
class Dropped:
    """The event never comes."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The event comes again, `times` times more."""

    times: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.times <= 100:
            raise ValueError("An event is repeated 1 to 100 times.")


@dataclass(frozen=True, slots=True)
class Reordered:
    """The event changes places with the one after it."""


@dataclass(frozen=True, slots=True)
class Late:
    """The event comes `seconds` of the sandbox's clock too late; those after it come before."""

    seconds: float

    def __post_init__(self) -> None:
        if not 0 <= self.seconds <= 86_400:
            raise ValueError("Seconds are from 0 to 86400, a day.")


Trouble = Dropped | Repeated | Reordered | Late


@dataclass(frozen=True, slots=True)
class EventFault:
    """A trouble that waits for its events."""

    number: int
    trouble: Trouble
    event_glob: str
    guild_id: str | None
    whose: str
    portion: Portion

    def matches(self, session: Session, event: str, guild_id: str | None) -> bool:
        """Whether an event to a session is one of those that were meant."""
        return (
            (concerns(self.whose, session.user) or session.id == self.whose)
            and fnmatchcase(event, self.event_glob)
            and (self.guild_id is None or self.guild_id == guild_id)
        )
