"""RSS and Atom in all their dialects, by feedparser. Runs in the worker only."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import feedparser

from bot.feeds.items import MAX_DESCRIPTION, MAX_ENTRIES, MAX_TITLE, Item, entries_of, no_feed
from bot.feeds.links import absolute
from bot.feeds.model import Document, Unreadable
from bot.feeds.text import clean, plain

_INCOMPLETE_DATE = re.compile(r"\s*\d{4}(?:-?\d{2})?\s*")  # feedparser fills the rest from today
# References to lone surrogates, D800–DFFF (55296–57343): feedparser gives a whole document up for one of them.
_SURROGATE = re.compile(
    rb"&#(?:x0*d[89a-f][0-9a-f]{2}|0*5(?:529[6-9]|5[3-9]\d\d|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3]));",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|\?)", re.IGNORECASE)


def read(body: bytes, content_type: str, charset: str | None, url: str) -> Document | Unreadable:
    """Read RSS or Atom. Raises whatever feedparser raises."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body, charset = body.decode("utf-16", "replace").encode(), "utf-8"  # feedparser takes it for ASCII
    body = _SURROGATE.sub(b"", body)
    headers = {"content-type": f"{content_type or 'application/xml'}; charset={charset}"} if charset else {}
    # Always a stream: a string or bytes would be taken for a path or an address and be opened. Markup is
    # cleaned where it is shown, and links are made absolute by us: feedparser needs seconds for either.
    # It is not told our address, as it would resolve guids too, and a feed that moves must keep them.
    parsed = feedparser.parse(
        BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    feed = parsed.feed
    if not parsed.version and not parsed.entries:
        return no_feed()
    base = _base(feed.get("title_detail"), url)
    link = absolute(feed.get("link"), base)
    return Document(
        title=_title(feed),
        link=link,
        icon_url=absolute(feed.get("icon"), base)
        or absolute(feed.get("logo"), base)
        or absolute(_mapping(feed.get("image")).get("href"), base),
        description=plain(_string(feed.get("subtitle"))[:MAX_DESCRIPTION]),
        entries=entries_of((_item(entry, link or base) for entry in parsed.entries[:MAX_ENTRIES]), base),
    )


def _item(entry: dict[str, Any], base: str) -> Item:
    contents = [part for part in entry.get("content") or () if isinstance(part, Mapping)]
    # Of several contents (text, HTML) the longest says most.
    content = max(contents, key=lambda part: len(_string(part.get("value"))), default={})
    return Item(
        guid=_string(entry.get("id")),
        link=_link(entry),
        title=_title(entry),
        author=plain(_string(entry.get("author"))),
        summary_html=_markup(entry.get("summary_detail"), entry.get("summary")),
        content_html=_markup(content, content.get("value")),
        published_at=_moment(entry, "published"),
        updated_at=_moment(entry, "updated"),
        images=tuple(_images(entry)),
        tags=tuple(_string(tag.get("term")) for tag in entry.get("tags") or () if isinstance(tag, Mapping)),
        base=_base(entry.get("title_detail"), base),
    )


def _link(entry: Mapping[str, Any]) -> str | None:
    """The entry's page: its alternate link, else its guid where that is declared to be a link."""
    links = [link for link in entry.get("links") or () if isinstance(link, Mapping)]
    for link in links:
        if link.get("rel", "alternate") == "alternate" and _string(link.get("href")).strip():
            return _string(link.get("href"))
    return _string(entry.get("link")) or None


def _title(holder: Mapping[str, Any]) -> str:
    title, detail = _string(holder.get("title"))[:MAX_TITLE], _mapping(holder.get("title_detail"))
    if detail.get("type", "text/plain") == "text/plain":
        return clean(html.unescape(title))  # escaped twice, as many do
    return plain(title)


def _markup(detail: object, value: object) -> str:
    text = _string(value)
    if _mapping(detail).get("type") == "text/plain" and "<" not in text and "&" not in text:
        return "".join(f"<p>{part}</p>" for part in text.split("\n\n")) if "\n\n" in text else text
    return text


def _images(entry: Mapping[str, Any]) -> Iterable[str]:
    for part in _mappings(entry.get("media_content")):
        kind, address = _string(part.get("type")), _string(part.get("url"))
        undeclared = not kind and not part.get("medium")
        if kind.startswith("image/") or part.get("medium") == "image":
            yield address
        if undeclared and _PICTURE.search(address):
            yield address
    for part in _mappings(entry.get("media_thumbnail")):
        yield _string(part.get("url"))
    for part in _mappings(entry.get("links")):
        if part.get("rel") == "enclosure" and _string(part.get("type")).startswith("image/"):
            yield _string(part.get("href"))
    yield _string(_mapping(entry.get("image")).get("href"))  # itunes:image


def _moment(entry: dict[str, Any], name: str) -> datetime | None:
    # Plain `get` would answer "updated" with what was published.
    parsed = dict.get(entry, f"{name}_parsed")
    if not parsed or _INCOMPLETE_DATE.fullmatch(_string(dict.get(entry, name))):
        return None
    year, month, day, hour, minute, second = parsed[:6]
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _base(detail: object, fallback: str) -> str:
    """The `xml:base` in force, which feedparser notes beside every text."""
    return absolute(_mapping(detail).get("base"), fallback) or fallback


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
