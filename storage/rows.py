"""Between rows and records: reading records out of rows, inserts that both databases know, lists in portions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    ColumnElement,
    LargeBinary,
    Row,
    Select,
    Subquery,
    Table,
    Text,
    bindparam,
    case,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from storage.records import Article, CardToPost, Post, Source, Tally, VoteEmoji
from storage.tables import articles, guilds, posts, sources, standings
from storage.types import UtcDateTime, as_text

Record = TypeVar("Record")
Item = TypeVar("Item")

_PORTION = 500
"""How many values go into one statement: both databases allow some 32,000."""


@cache
def columns(record: type[Any], table: Table[Any]) -> tuple[Any, ...]:
    """The table's columns in the order of the record's fields: a row of just these is the record's arguments."""
    return tuple(table.c[field.name] for field in fields(record))


def read(record: type[Record], table: Table[Any], row: Row[*tuple[Any, ...]]) -> Record:
    """Make a record whose fields are all columns of the table; the row may hold other tables as well."""
    mapping = row._mapping
    return record(*[mapping[column] for column in columns(record, table)])  # type: ignore[arg-type]  # both are hashable


async def read_all(
    connection: AsyncConnection,
    record: type[Record],
    query: Select[*tuple[Any, ...]],
    values: Mapping[str, Any],
) -> list[Record]:
    """Make records of all rows of a query, whose columns are the record's fields.

    From SQLite they come as one row, since its driver gives up the interpreter's lock at each.
    """
    if connection.dialect.name == "postgresql":
        return [record(*row) for row in await connection.execute(query, values)]
    together, readers = _together(query)
    rows = json.loads((await connection.execute(together, values)).scalar_one())
    for place, convert in readers:
        for row in rows:
            if row[place] is not None:
                row[place] = convert(row[place])
    return [record(*row) for row in rows]


@cache
def _together(
    query: Select[*tuple[Any, ...]],
) -> tuple[Select[str], list[tuple[int, Callable[[str], Any]]]]:
    """The query with all its rows in one, as JSON; and which values are to be read in which way."""
    values: list[ColumnElement[Any]] = []
    readers: list[tuple[int, Callable[[str], Any]]] = []
    for place, column in enumerate(query.subquery("one").c):
        if isinstance(column.type, LargeBinary):
            readers.append((place, bytes.fromhex))
            values.append(case((column.is_not(None), func.hex(column))))
            continue
        if isinstance(column.type, UtcDateTime):
            readers.append((place, datetime.fromisoformat))
        values.append(type_coerce(column, Text))
    return select(func.json_group_array(func.json_array(*values))), readers


def insert(connection: AsyncConnection, table: Table[Any]) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that can say ON CONFLICT."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def portions(items: Iterable[Item], most: int = _PORTION) -> Iterator[Sequence[Item]]:
    """Cut into lists that fit one statement."""
    iterator = iter(items)
    while portion := list(islice(iterator, most)):
        yield portion


def given(dialect: str, **kinds: TypeEngine[Any]) -> Subquery[Any]:
    """Rows of values to join with, of the columns named; a statement with it takes them as `given=packed(rows)`.

    They travel as one parameter and are worked on in one step: SQLite's driver gives up the interpreter's lock at each
    step, and a parameter costs more than what is done with it.
    """
    rows, columns = bindparam("given", type_=Text), enumerate(kinds.items())
    if dialect == "postgresql":
        row = func.json_array_elements(cast(rows, JSON)).table_valued("value", name="row").c.value
        values = [cast(row.op("->>")(place), kind).label(name) for place, (name, kind) in columns]
    else:
        row = func.json_each(rows).table_valued("value", name="row").c.value
        values = [
            type_coerce(func.json_extract(row, f"$[{place}]"), kind).label(name)
            for place, (name, kind) in columns
        ]
    return select(*values).subquery("given")


def packed(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a statement with `given` takes them, each with a value for each of its columns in their order."""
    return json.dumps(rows, default=_in_json, separators=(",", ":"))


def _in_json(value: object) -> str:
    if isinstance(value, datetime):
        return as_text(value)
    raise TypeError(f"{value!r} can't be given to the database in this way")


def read_card(row: Row[*tuple[Any, ...]]) -> CardToPost:
    """Read a card from a row with a post, its article, source, guild and (perhaps) standing."""
    values = row._mapping
    return CardToPost(
        post=read(Post, posts, row),
        article=read(Article, articles, row),
        source=read(Source, sources, row),
        tally=Tally(values[standings.c.upvotes] or 0, values[standings.c.downvotes] or 0),
        comment_count=values[standings.c.comment_count] or 0,
        emoji=VoteEmoji(values[guilds.c.vote_up], values[guilds.c.vote_down]),
    )
