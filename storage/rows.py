"""Between rows and records: reading records out of rows, inserts that both databases know, lists in portions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

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


def insert(connection: AsyncConnection, table: Table[Any]) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that can say ON CONFLICT."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def portions(items: Iterable[Item], most: int = _PORTION) -> Iterator[Sequence[Item]]:
    """Cut into lists that fit one statement, or of at most so many."""
    iterator = iter(items)
    while portion := list(islice(iterator, most)):
        yield portion
