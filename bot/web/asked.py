"""What a request asks for: its parameters, checked. Each refusal names the parameter and what it may be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from aiohttp import web

Choice = TypeVar("Choice", bound=StrEnum)

MOST_ITEMS = 100
DEFAULT_ITEMS = 25
LONGEST_SEARCH = 200
LONGEST_CURSOR = 300
LARGEST_ID = 2**63 - 1  # what the database's integers hold; Discord's ids stay below it until the year 2084

Values = Mapping[str, str]


def wrong(sentence: str) -> web.HTTPBadRequest:
    """A refusal to be raised."""
    return web.HTTPBadRequest(text=sentence)


def id_of(path: Values, name: str) -> int:
    """An id in the path. Raises HTTPBadRequest."""
    value = path[name]
    if not re.fullmatch(r"[0-9]{1,19}", value) or int(value) > LARGEST_ID:
        raise wrong(f"{name} must be an id: a whole number.")
    return int(value)


def choice(query: Values, name: str, default: Choice) -> Choice:
    """One of the words of the default's kind. Raises HTTPBadRequest."""
    kind = type(default)
    value = query.get(name) or default.value
    try:
        return kind(value)
    except ValueError:
        raise wrong(f"{name} must be one of {', '.join(kind)}.") from None


def limit(query: Values) -> int:
    """How many items are wanted: 1 to 100, 25 where nothing is said. Raises HTTPBadRequest."""
    value = query.get("limit") or str(DEFAULT_ITEMS)
    if not re.fullmatch(r"[0-9]{1,3}", value) or not 1 <= int(value) <= MOST_ITEMS:
        raise wrong(f"limit must be a whole number from 1 to {MOST_ITEMS}.")
    return int(value)


def cursor(query: Values) -> str | None:
    """The cursor, not yet read. Raises HTTPBadRequest for one that no page ever answered."""
    value = query.get("cursor") or None
    if value is not None and not re.fullmatch(rf"[A-Za-z0-9_.=-]{{1,{LONGEST_CURSOR}}}", value):
        raise wrong_cursor()
    return value


def wrong_cursor() -> web.HTTPBadRequest:
    """The refusal of a cursor."""
    return wrong("cursor must be a next_cursor that a page of this list answered, asked with the same sort.")


def search(query: Values) -> str | None:
    """Words to look for, or None. Raises HTTPBadRequest for too long ones and for control characters."""
    value = " ".join((query.get("q") or "").split())
    # PostgreSQL takes no NUL; half a surrogate pair is no text anywhere.
    if len(value) > LONGEST_SEARCH or any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        raise wrong(f"q must be words to look for, at most {LONGEST_SEARCH} characters.")
    return value or None
