"""RSS and Atom in all their dialects, by feedparser. Runs in the worker only."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from bot.feeds.bounded import parse
from bot.feeds.charset import decode
from bot.feeds.items import MAX_DESCRIPTION, MAX_ENTRIES, MAX_TITLE, Item, entries_of, no_feed
from bot.feeds.links import absolute
from bot.feeds.media import MOST_FILES, File
from bot.feeds.model import Document, Unreadable
from bot.feeds.text import clean, plain

# Of a date that begins like this but is incomplete or impossible, feedparser fills the rest from today.
_YEAR_FIRST = re.compile(r"\d{4}")
_FULL_DATE = re.compile(r"\d{4}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12]\d|3[01])(?!\d)")
_CLOSING_TAG = re.compile(r"</[A-Za-z]\w*>")
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']\s*([\w.:-]{1,40})")
_PROLOG = 4096  # bytes before which a declaration stands, whatever a server printed before it
# By feedparser's names for them; it knows further ones, and has none for a feed that does not say what it is.
_FORMATS = {
    "rss090": "RSS 0.90",
    "rss091n": "RSS 0.91",
    "rss091u": "RSS 0.91",
    "rss092": "RSS 0.92",
    "rss093": "RSS 0.93",
    "rss094": "RSS 0.94",
    "rss10": "RSS 1.0",
    "rss20": "RSS 2.0",
    "atom01": "Atom 0.1",
    "atom02": "Atom 0.2",
    "atom03": "Atom 0.3",
    "atom10": "Atom 1.0",
    "atom": "Atom",
    "cdf": "CDF",
}
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|\?)", re.IGNORECASE)


def read(body: bytes, charset: str | None, url: str) -> Document | Unreadable:
    """Read RSS or Atom. Raises whatever feedparser raises."""
    declared = _DECLARED.search(body[:_PROLOG])
    text = decode(body, charset, declared[1].decode("ascii", "replace") if declared else None)
    # Markup is cleaned where it is shown, and links are made absolute by us: feedparser needs seconds for either.
    # It is not told our address, as it would resolve guids too, and a feed that moves must keep them.
    parsed = parse(text, MAX_ENTRIES)
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
        ttl_s=_seconds(feed.get("ttl")),
        format=_FORMATS.get(parsed.version, "RSS"),
    )


def _seconds(minutes: object) -> int | None:
    """RSS's `ttl`, for how many minutes the feed may be kept, in seconds; at most a week."""
    text = _string(minutes).strip()
    return min(int(text), 7 * 24 * 60) * 60 if re.fullmatch(r"\d{1,9}", text, re.ASCII) else None


def _item(entry: dict[str, Any], base: str) -> Item:
    contents = [part for part in entry.get("content") or () if isinstance(part, dict)]
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
        tags=tuple(_string(tag.get("term")) for tag in entry.get("tags") or () if isinstance(tag, dict)),
        base=_base(entry.get("title_detail"), base),
        files=tuple(islice(_files(entry), MOST_FILES)),
        duration=_string(entry.get("itunes_duration")),
        video_id=_string(entry.get("yt_videoid")),
    )


def _link(entry: Mapping[str, Any]) -> str | None:
    """The entry's page: its alternate link, else its guid where that is declared to be a link."""
    links = [link for link in entry.get("links") or () if isinstance(link, dict)]
    for link in links:
        if link.get("rel", "alternate") == "alternate" and _string(link.get("href")).strip():
            return _string(link.get("href"))
    return _string(entry.get("link")) or None


def _title(holder: Mapping[str, Any]) -> str:
    title, detail = _string(holder.get("title"))[:MAX_TITLE], _mapping(holder.get("title_detail"))
    if detail.get("type", "text/plain") == "text/plain" and not _CLOSING_TAG.search(title):
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


def _files(entry: Mapping[str, Any]) -> Iterable[File]:
    """Enclosures (of RSS, and of Atom as links), then what Media RSS has."""
    for part in _mappings(entry.get("links")):
        if part.get("rel") == "enclosure":
            yield File(_string(part.get("href")), _string(part.get("type")))
    for part in _mappings(entry.get("media_content")):
        kind = _string(part.get("type")) or _string(part.get("medium"))
        yield File(_string(part.get("url")), kind, _string(part.get("duration")))


def _moment(entry: dict[str, Any], name: str) -> datetime | None:
    written = _string(entry.get(name)).strip()[:100].replace("/", "-")
    if _YEAR_FIRST.match(written):
        try:
            return datetime.fromisoformat(written).replace(microsecond=0)
        except ValueError:
            if not _FULL_DATE.match(written):
                return None
    parsed = entry.get(f"{name}_parsed")
    if not parsed:
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
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
