"""A body becomes a Document, by the parser of its kind. Runs in the worker only."""

from __future__ import annotations

import re

from bot.feeds import jsonfeed, xmlfeed
from bot.feeds.items import no_feed
from bot.feeds.model import Document, Unreadable

# A page is told by how it begins: feedparser would spend seconds on it before it found no feed.
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def parse(body: bytes, content_type: str, charset: str | None, url: str) -> Document | Unreadable:
    """Read a feed of any kind; `url` is the base of its relative links. Raises nothing by itself."""
    try:
        if not body.strip():
            return Unreadable("The answer is empty: there is no feed in it.")
        if _PAGE.match(body):
            return no_feed()
        if jsonfeed.looks_like_json(body, content_type):
            return jsonfeed.read(body, url)
        return xmlfeed.read(body, content_type, charset, url)
    except MemoryError:
        return Unreadable("This feed is too large to be read within the worker's memory.")
    # A parser fed by strangers raises whatever it raises (2% of mutated documents); none of it is ours.
    except Exception as error:
        return Unreadable(f"This feed is damaged and could not be read ({type(error).__name__}).")
