"""Between rows and records: reading records out of rows, inserts that both databases know, lists in portions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    LargeBinary,
    Row,
    Select,
    Subquery,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    case,
    cast,
    func,
    null,
    select,
    true,
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
_NO_BLOB = "-"


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
    return [record(*row) for row in await rows_of(connection, query, values)]


async def rows_of(
    connection: AsyncConnection, query: Select[*tuple[Any, ...]], values: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """Answer all rows of a query that was made once, from SQLite as one (see `read_all`)."""
    if connection.dialect.name == "postgresql":
        return (await connection.execute(query, values)).all()
    together, times, blobs = _together(query)
    found = (await connection.execute(together, values)).one()
    rows: list[list[Any]] = json.loads(found[0])
    for place in times:
        for row in rows:
            if row[place] is not None:
                row[place] = datetime.fromisoformat(row[place])
    for place, all_of_it in zip(blobs, found[1:], strict=True):
        for row, one in zip(rows, (all_of_it or "").split(), strict=True):
            row[place] = None if one == _NO_BLOB else bytes.fromhex(one[1:])
    return rows


@cache
def _together(query: Select[*tuple[Any, ...]]) -> tuple[Select[*tuple[str, ...]], list[int], list[int]]:
    """The query with all its rows in one, as JSON, and the places of its times and of its blobs.

    Blobs are none of JSON's: each column of them follows as one text, in hex, which JSON would look through for
    what to escape.
    """
    values: list[ColumnElement[Any]] = []
    times: list[int] = []
    blobs: dict[int, ColumnElement[Any]] = {}
    for place, column in enumerate(query.subquery("one").c):
        if isinstance(column.type, LargeBinary):
            blobs[place] = column
            values.append(null())
            continue
        if isinstance(column.type, UtcDateTime):
            times.append(place)
        values.append(type_coerce(column, Text))
    in_hex = (
        case((column.is_not(None), "x" + func.hex(column)), else_=_NO_BLOB) for column in blobs.values()
    )
    texts = (func.group_concat(one, " ") for one in in_hex)
    return select(func.json_group_array(func.json_array(*values)), *texts), times, list(blobs)


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


def halving_portions(items: Iterable[Item], most: int) -> Iterator[Sequence[Item]]:
    """Cut into lists of `most`, a power of two, and what is left into halves of that, and so on.

    For statements that spell out their rows: SQLite's driver keeps the last 128, each of whatever length it sees.
    """
    for portion in portions(items, most):
        begin, size = 0, most
        while begin < len(portion):
            while size > len(portion) - begin:
                size //= 2
            yield portion[begin : begin + size]
            begin += size


def given(dialect: str, *, each: str | None = None, **kinds: TypeEngine[Any]) -> Subquery[Any]:
    """Rows of values to join with, of the columns named; a statement with it takes them as `given=packed(rows)`.

    They travel as one parameter and are worked on in one step: SQLite's driver gives up the interpreter's lock at each
    step, and a parameter costs more than what is done with it.
    For the column `each` a row brings a list, and stands for as many rows.
    """
    row = _elements(dialect, bindparam("given", type_=Text), "row")
    tables: FromClause = row
    values: list[ColumnElement[Any]] = []
    value: ColumnElement[Any]
    for place, (name, kind) in enumerate(kinds.items()):
        if name == each:
            one = _elements(dialect, _at(dialect, row.c.value, place, "->"), "one", as_text=True)
            tables, value = tables.join(one, true()), one.c.value
        else:
            value = _at(dialect, row.c.value, place, "->>")
        values.append(_of_kind(dialect, value, kind).label(name))
    return select(*values).select_from(tables).subquery("given")


def listed(dialect: str, **kind: TypeEngine[Any]) -> Subquery[Any]:
    """Values to join with, of the one column named; a statement with it takes them as `given=packed(values)`.

    As rows of one value each, thousands of numbers would take three times as long to be read.
    """
    ((name, of_kind),) = kind.items()
    value = _elements(dialect, bindparam("given", type_=Text), "row", as_text=True).c.value
    return select(_of_kind(dialect, value, of_kind).label(name)).subquery("given")


def _elements(
    dialect: str, array: ColumnElement[Any], name: str, *, as_text: bool = False
) -> TableValuedAlias:
    """The elements of a JSON array, as the column `value` of a table."""
    if dialect == "sqlite":
        return func.json_each(array).table_valued("value", name=name)
    elements = func.json_array_elements_text if as_text else func.json_array_elements
    return elements(cast(array, JSON)).table_valued("value", name=name)


def _at(dialect: str, array: ColumnElement[Any], place: int, how: str) -> ColumnElement[Any]:
    """What stands at a place of a JSON array: as JSON (`->`), or as its own value (`->>`)."""
    return func.json_extract(array, f"$[{place}]") if dialect == "sqlite" else array.op(how)(place)


def _of_kind(dialect: str, value: ColumnElement[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    return type_coerce(value, kind) if dialect == "sqlite" else cast(value, kind)


def packed(rows: Sequence[Any]) -> str:
    """Rows as a statement with `given` takes them, each with a value for each of its columns in their order.

    Or values, as one with `listed` takes them.
    """
    return _PACK.encode(rows)


def _in_json(value: object) -> str:
    if isinstance(value, datetime):
        return as_text(value)
    raise TypeError(f"{value!r} can't be given to the database in this way")


_PACK = json.JSONEncoder(default=_in_json, separators=(",", ":"), check_circular=False)
