"""A body becomes a Document, by the parser of its kind. Runs in the worker only."""

from __future__ import annotations

from bot.feeds import jsonfeed, xmlfeed
from bot.feeds.model import Document, Unreadable


def parse(body: bytes, content_type: str, charset: str | None, url: str) -> Document | Unreadable:
    """Read a feed of any kind; `url` is the base of its relative links. Raises nothing by itself."""
    try:
        if not body.strip():
            return Unreadable("The answer is empty: there is no feed in it.")
        if jsonfeed.looks_like_json(body, content_type):
            return jsonfeed.read(body, url)
        return xmlfeed.read(body, content_type, charset, url)
    # A parser fed by strangers raises whatever it raises (2% of mutated documents); none of it is ours.
    except (Exception, RecursionError) as error:
        return Unreadable(f"This feed is damaged and could not be read ({type(error).__name__}).")
