"""Column types and expressions that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import TIMESTAMP, BigInteger, Dialect, Integer, String, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""Ids that the database gives out: SQLite counts up only a column that is exactly `INTEGER`."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment: TIMESTAMPTZ on PostgreSQL, on SQLite UTC text of one width, so that text order is time order.

    Takes aware datetimes of any zone, gives UTC ones back. A naive datetime raises ValueError.
    """

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn a moment into what the driver takes."""
        if value is None:
            return None
        return aware(value) if dialect.name == "postgresql" else as_text(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Turn what the driver gave into a UTC datetime."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value)


class Lines(TypeDecorator[tuple[str, ...]]):
    """Short texts, each without a line break, one a line; none is the empty text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> Any:
        """Turn texts into what the driver takes."""
        return None if value is None else "\n".join(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Turn what the driver gave into texts."""
        return None if value is None else tuple(filter(None, value.split("\n")))


def aware(moment: datetime) -> datetime:
    """Answer an aware moment in UTC. A naive one raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone; storage takes aware datetimes only")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def as_text(moment: datetime) -> str:
    """Write an aware moment as the text in which SQLite keeps it; PostgreSQL reads that too."""
    utc = aware(moment)
    # Done at each poll, and in half the time that `isoformat` or a formatted string takes.
    return "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ" % (  # noqa: UP031
        utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond
    )  # fmt: skip


class DatabaseClock(FunctionElement[datetime]):
    """The database's own time, to which all processes that share it agree."""

    inherit_cache = True
    type = UtcDateTime()
    name = "database_clock"


class HoursAfter(FunctionElement[datetime]):
    """A moment and whole hours: the moment so many hours after it. On SQLite it has milliseconds."""

    inherit_cache = True
    type = UtcDateTime()
    name = "hours_after"


class EmojiKey(FunctionElement[str]):
    """An emoji's `storage.records.emoji_key`."""

    inherit_cache = True
    type = Text()
    name = "emoji_key"


class DayOf(FunctionElement[str]):
    """The day of a moment in UTC, as ISO 8601 writes it."""

    inherit_cache = True
    type = Text()
    name = "day_of"


@compiles(DayOf, "postgresql")
def _postgresql_day(element: DayOf, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


@compiles(DayOf, "sqlite")
def _sqlite_day(element: DayOf, compiler: Any, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 10)"


@compiles(EmojiKey, "postgresql")
def _postgresql_emoji(element: EmojiKey, compiler: Any, **options: Any) -> str:
    emoji = compiler.process(element.clauses, **options)
    return (
        f"(CASE WHEN strpos({emoji}, ':') > 0 THEN split_part({emoji}, ':', 2) "
        f"ELSE replace({emoji}, chr(65039), '') END)"
    )


@compiles(EmojiKey, "sqlite")
def _sqlite_emoji(element: EmojiKey, compiler: Any, **options: Any) -> str:
    emoji = compiler.process(element.clauses, **options)
    return (
        f"(CASE WHEN instr({emoji}, ':') > 0 THEN substr({emoji}, instr({emoji}, ':') + 1) "
        f"ELSE replace({emoji}, char(65039), '') END)"
    )


@compiles(HoursAfter, "postgresql")
def _postgresql_hours_after(element: HoursAfter, compiler: Any, **options: Any) -> str:
    moment, hours = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({moment} + make_interval(hours => CAST({hours} AS INTEGER)))"


@compiles(HoursAfter, "sqlite")
def _sqlite_hours_after(element: HoursAfter, compiler: Any, **options: Any) -> str:
    moment, hours = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(strftime('%Y-%m-%dT%H:%M:%f', {moment}, '+' || {hours} || ' hours') || '000Z')"


@compiles(DatabaseClock, "postgresql")
def _postgresql_clock(element: DatabaseClock, compiler: Any, **options: Any) -> str:
    return "clock_timestamp()"


@compiles(DatabaseClock, "sqlite")
def _sqlite_clock(element: DatabaseClock, compiler: Any, **options: Any) -> str:
    # SQLite's clock has milliseconds; three more digits make the text as wide as UtcDateTime's.
    return "(strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z')"
