"""A body becomes a Document, by the parser of its kind. Runs in the worker only."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.feeds import jsonfeed, listing, sitemap, xmlfeed
from bot.feeds.cut import cut, unpack
from bot.feeds.hub import links_in_markup
from bot.feeds.items import MAX_ENTRIES, no_feed
from bot.feeds.model import Document, Unreadable

# A page is told by how it begins: feedparser would spend seconds on it before it found no feed.
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def parse(
    body: bytes,
    content_type: str,
    charset: str | None,
    url: str,
    seen: bytes = b"",
    *,
    kind: str = "feed",
    selector: str | None = None,
) -> Document | Unreadable:
    """Read a feed, a sitemap or a page, as `kind` says; `url` is the base of relative links. Raises nothing by itself.

    `seen` are the marks of the entries that need not be read again; `selector` chooses a page's links.
    """
    try:
        if not body.strip():
            return Unreadable("The answer is empty: there is no feed in it.")
        if kind == "sitemap":
            return sitemap.read(body, url)
        if kind == "page":
            return listing.read(body, charset, url, selector)
        if _PAGE.match(body):
            return no_feed()
        if jsonfeed.looks_like_json(body, content_type):
            return jsonfeed.read(body, url)
        return _with_links(_read_new(body, charset, url, seen), body)
    except MemoryError:
        return Unreadable("This feed is too large to be read within the worker's memory.")
    # A parser fed by strangers raises whatever it raises (2% of mutated documents); none of it is ours.
    except Exception as error:
        return Unreadable(f"This feed is damaged and could not be read ({type(error).__name__}).")


def _read_new(body: bytes, charset: str | None, url: str, seen: bytes) -> Document | Unreadable:
    """Read what is new in an XML feed, or the whole of one that cannot be cut."""
    pieces = cut(body, MAX_ENTRIES)
    if pieces is None:
        return xmlfeed.read(body, charset, url)
    rest, new = pieces.without(unpack(seen))
    if not new:
        return Document("", marks=pieces.marks())
    read = xmlfeed.read(body if new == len(pieces.entries) else rest, charset, url)
    return read if isinstance(read, Unreadable) else replace(read, marks=pieces.marks())


def _with_links(read: Document | Unreadable, body: bytes) -> Document | Unreadable:
    """The document with the hubs that it names, also where nothing in it was new."""
    if isinstance(read, Unreadable):
        return read
    hubs, topic = links_in_markup(body)
    return replace(read, hubs=hubs, topic=topic)
