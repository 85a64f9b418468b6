"""Text in columns, as a terminal shows it: a wide character takes two cells, a combining mark none. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_GAP = "  "


def cells(text: str) -> int:
    """How many cells of a terminal's line the text takes."""
    return sum(map(_cells, text))


def fitted(text: str, most: int) -> str:
    """One line of printable text within so many cells; where it is cut it ends with `…`."""
    text = "".join(character for character in text if character.isprintable())
    if cells(text) <= most:
        return text
    used = 1
    for at, character in enumerate(text):
        used += _cells(character)
        if used > most:
            return f"{text[:at].rstrip()}…"
    return text


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines, in which every column is as wide as its widest text; numbers stand to the right."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    return [
        _GAP.join(_filled(text, width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _filled(text: str, width: int) -> str:
    room = " " * (width - cells(text))
    return room + text if text.isdecimal() else text + room


def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
