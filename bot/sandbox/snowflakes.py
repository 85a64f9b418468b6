"""Discord's ids: a time in milliseconds since 2015 and a counter, as decimal strings."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


class Snowflakes:
    """Makes ids that only ever grow, also when the clock stands still or steps back."""

    def __init__(self, now: Callable[[], datetime], last: int = 0) -> None:
        self._now = now
        self.last = last

    def make(self) -> str:
        """The next id."""
        milliseconds = (self._now() - EPOCH) // timedelta(milliseconds=1)
        self.last = max(milliseconds << 22, self.last + 1)
        return str(self.last)


def made_at(snowflake: str) -> datetime:
    """When an id was made, to the millisecond."""
    return EPOCH + timedelta(milliseconds=int(snowflake) >> 22)


def id_at(moment: datetime) -> int:
    """The least id that can be made at a moment."""
    return ((moment - EPOCH) // timedelta(milliseconds=1)) << 22


def stamp(moment: datetime) -> str:
    """A time as Discord writes it: ISO 8601 with microseconds and an offset."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def is_snowflake(value: object) -> bool:
    """Whether a value may stand for an id (Discord reads integers where its document says strings)."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return 0 <= value < 1 << 63
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20
