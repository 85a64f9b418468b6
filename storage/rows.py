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

from storage.types import UtcDateTime, as_text

Record = TypeVar("Record")
Item = TypeVar("Item")
Insert = sqlite.Insert | postgresql.Insert

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
    return _made(record, await rows_of(connection, query, values))


async def rows_of(
    connection: AsyncConnection, query: Select[*tuple[Any, ...]], values: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """Answer all rows of a query that was made once, from SQLite as one (see `read_all`)."""
    if connection.dialect.name == "postgresql":
        return (await connection.execute(query, values)).all()
    together, readers = _together(query)
    rows: list[list[Any]] = json.loads((await connection.execute(together, values)).scalar_one())
    for place, convert in readers:
        for row in rows:
            if row[place] is not None:
                row[place] = convert(row[place])
    return rows


def _made(record: type[Record], rows: Sequence[Sequence[Any]]) -> list[Record]:
    """Make records of rows of their fields, field by field: one by one, frozen ones take five times as long."""
    made = [object.__new__(record) for _ in rows]
    for place, put in enumerate(_putters(record)):  # type: ignore[arg-type]  # a class is hashable
        for one, row in zip(made, rows, strict=True):
            put(one, row[place])
    return made


@cache
def _putters(record: type[Any]) -> tuple[Callable[[object, Any], None], ...]:
    """What puts a value into a field of the record's, in their order: its class has slots."""
    return tuple(getattr(record, field.name).__set__ for field in fields(record))


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


def insert(connection: AsyncConnection, table: Table[Any]) -> Insert:
    """Begin an INSERT that can say ON CONFLICT."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: Table[Any]) -> Insert:
    """Begin the same for a statement that is made once: to make one takes longer than to execute it."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def portions(items: Iterable[Item], most: int = _PORTION) -> Iterator[Sequence[Item]]:
    """Cut into lists that fit one statement, or of at most so many."""
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
    return _PACK.encode(rows)


def _in_json(value: object) -> str:
    if isinstance(value, datetime):
        return as_text(value)
    raise TypeError(f"{value!r} can't be given to the database in this way")


_PACK = json.JSONEncoder(default=_in_json, separators=(",", ":"), check_circular=False)
