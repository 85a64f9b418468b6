"""A body becomes a Document, by the parser of its kind. Runs in the worker only."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.feeds import jsonfeed, xmlfeed
from bot.feeds.cut import cut, unpack
from bot.feeds.items import MAX_ENTRIES, no_feed
from bot.feeds.model import Document, Unreadable

# A page is told by how it begins: feedparser would spend seconds on it before it found no feed.
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def parse(
    body: bytes, content_type: str, charset: str | None, url: str, seen: bytes = b""
) -> Document | Unreadable:
    """Read a feed of any kind; `url` is the base of its relative links. Raises nothing by itself.

    `seen` are the marks of the entries that need not be read again.
    """
    try:
        if not body.strip():
            return Unreadable("The answer is empty: there is no feed in it.")
        if _PAGE.match(body):
            return no_feed()
        if jsonfeed.looks_like_json(body, content_type):
            return jsonfeed.read(body, url)
        return _read_new(body, content_type, charset, url, seen)
    except MemoryError:
        return Unreadable("This feed is too large to be read within the worker's memory.")
    # A parser fed by strangers raises whatever it raises (2% of mutated documents); none of it is ours.
    except Exception as error:
        return Unreadable(f"This feed is damaged and could not be read ({type(error).__name__}).")


def _read_new(
    body: bytes, content_type: str, charset: str | None, url: str, seen: bytes
) -> Document | Unreadable:
    """Read what is new in an XML feed, or the whole of one that cannot be cut."""
    pieces = cut(body, MAX_ENTRIES)
    if pieces is None:
        return xmlfeed.read(body, content_type, charset, url)
    rest, new = pieces.without(unpack(seen))
    if not new:
        return Document("", marks=pieces.marks())
    read = xmlfeed.read(body if new == len(pieces.entries) else rest, content_type, charset, url)
    return read if isinstance(read, Unreadable) else replace(read, marks=pieces.marks())
