"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), read leniently. Runs in the worker only."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.feeds.charset import decode
from bot.feeds.hub import MOST_HUBS
from bot.feeds.items import MAX_DESCRIPTION, MAX_ENTRIES, MAX_TITLE, Item, entries_of, no_feed
from bot.feeds.links import absolute
from bot.feeds.media import MOST_FILES, File
from bot.feeds.model import Document, Unreadable
from bot.feeds.text import clean

_MOST_VALUES = 200_000  # of which each takes some hundred bytes; a thousand items have 20,000
_VERSION = "jsonfeed.org/version/1"
_NEWER_VERSION = "jsonfeed.org/version/1.1"


def looks_like_json(body: bytes, content_type: str) -> bool:
    """Whether a body is JSON by its first character; the content type alone is often wrong."""
    if body.startswith(b"<"):  # in any charset
        return False
    start = decode(body[:200]).lstrip()
    return start.startswith("{") or (content_type.endswith("json") and not start.startswith("<"))


def read(body: bytes, url: str) -> Document | Unreadable:
    """Read a JSON Feed. Items that are no objects, and fields of a wrong type, count as absent."""
    if body.count(b"{") + body.count(b"[") + body.count(b'":') > _MOST_VALUES:
        return Unreadable("This JSON Feed has too many fields to be read.")
    try:
        feed = json.loads(decode(body))
    except (ValueError, RecursionError):
        return Unreadable("This looks like a JSON Feed, but its JSON is damaged.")
    if not isinstance(feed, dict) or _VERSION not in _text(feed.get("version")):
        return no_feed()
    base = absolute(feed.get("feed_url"), url) or url
    items = [item for item in _list(feed.get("items")) if isinstance(item, dict)][:MAX_ENTRIES]
    return Document(
        title=clean(_text(feed.get("title"))[:MAX_TITLE]),
        link=absolute(feed.get("home_page_url"), base),
        icon_url=absolute(feed.get("icon"), base) or absolute(feed.get("favicon"), base),
        description=clean(_text(feed.get("description"))[:MAX_DESCRIPTION]),
        entries=entries_of((_item(item, _author(feed), base) for item in items), base),
        hubs=tuple(filter(None, _hubs(feed, base)))[:MOST_HUBS],
        topic=absolute(feed.get("feed_url"), url),
        format="JSON Feed 1.1" if _NEWER_VERSION in _text(feed.get("version")) else "JSON Feed 1.0",
    )


def _item(item: Mapping[str, Any], feed_author: str, base: str) -> Item:
    text, summary = _text(item.get("content_text")), _text(item.get("summary"))
    attachments = [part for part in _list(item.get("attachments")) if isinstance(part, dict)]
    return Item(
        guid=_text(item.get("id")),
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=_text(item.get("title")),
        author=_author(item) or feed_author,
        summary_html=html.escape(summary, quote=False),
        content_html=_text(item.get("content_html")) or _as_html(text),
        published_at=_moment(item.get("date_published")),
        updated_at=_moment(item.get("date_modified")),
        images=(
            _text(item.get("image")),
            _text(item.get("banner_image")),
            *(_text(a.get("url")) for a in attachments if _text(a.get("mime_type")).startswith("image/")),
        ),
        tags=tuple(_text(tag) for tag in _list(item.get("tags"))),
        base=base,
        files=tuple(
            File(_text(a.get("url")), _text(a.get("mime_type")), _text(a.get("duration_in_seconds")))
            for a in attachments[:MOST_FILES]
        ),
    )


def _hubs(feed: Mapping[str, Any], base: str) -> Iterator[str | None]:
    for hub in _list(feed.get("hubs")):
        if isinstance(hub, dict) and _text(hub.get("type")).lower() == "websub":
            yield absolute(hub.get("url"), base)


def _author(holder: Mapping[str, Any]) -> str:
    people = [*_list(holder.get("authors")), holder.get("author")]  # a list since 1.1, one in 1.0
    return ", ".join(dict.fromkeys(_text(p.get("name")) for p in people if isinstance(p, dict))).strip(", ")


def _as_html(text: str) -> str:
    return "".join(f"<p>{html.escape(part, quote=False)}</p>" for part in text.split("\n\n") if part.strip())


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)  # an id may be a number (the specification asks readers to bear it)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(_text(value).strip())
    except ValueError:
        return None
