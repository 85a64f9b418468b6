"""News sitemaps: the articles of a site's last days, with titles and dates. Runs in the worker only.

https://www.sitemaps.org/protocol.html, https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
"""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit
from xml.parsers import expat

from bot.feeds.items import MAX_ENTRIES, MAX_TITLE, Item, entries_of
from bot.feeds.links import absolute
from bot.feeds.model import Document, Unreadable
from bot.feeds.text import clean

_MOST_BYTES = 10 * 1024 * 1024  # unpacked
_MOST_NAMED = 5  # sitemaps that are handed on as worth reading
_LONGEST_ROBOTS = 500 * 1024  # bytes; what RFC 9309 §2.5 asks readers to bear
_LONGEST_TEXT = 4_000
_NAMED_IN_ROBOTS = re.compile(rb"^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,2048})", re.IGNORECASE | re.MULTILINE)
_SITEMAP = re.compile(rb"<(?:[\w-]{1,20}:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_DATED = re.compile(r"(?:19|20)\d\d[-_/.]?\d\d")
_NOT_NEWS = (
    "This sitemap names no articles with titles: it is no news sitemap, so there is nothing to post from it."
)


def read(body: bytes, url: str) -> Document | Unreadable:
    """Read a news sitemap, which may be empty for a while; of a damaged one what stands before the damage."""
    unpacked = _unpacked(body)
    if not _SITEMAP.search(unpacked[:4096]):
        return Unreadable("This is no sitemap.")
    found = _Reader(unpacked)
    items = [_item(fields) for fields in found.of("url") if fields.get("news_title") and fields.get("loc")]
    if not items and (not found.whole or found.of("url") or b"sitemapindex" in unpacked[:4096]):
        return Unreadable(_NOT_NEWS)
    names = [fields["name"] for fields in found.of("url") if fields.get("name")]
    host = urlsplit(url).hostname or ""
    return Document(
        title=clean(names[0][:MAX_TITLE]) if names else host,
        link=absolute("/", url),
        entries=entries_of(items[:MAX_ENTRIES], url),
    )


def named_in(body: bytes, url: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt or an index of sitemaps names and that may hold news, likeliest first.

    One for a single month or year is left out: it would fall silent.
    """
    unpacked = _unpacked(body)
    if _SITEMAP.search(unpacked[:4096]):
        written = [fields.get("loc", "") for fields in _Reader(unpacked).of("sitemap")]
    else:
        written = [
            found[1].decode("utf-8", "replace")
            for found in _NAMED_IN_ROBOTS.finditer(unpacked[:_LONGEST_ROBOTS])
        ]
    links = dict.fromkeys(filter(None, (absolute(link, urljoin(url, "/")) for link in written)))
    lasting = [link for link in links if not _DATED.search(urlsplit(link).path)]
    return tuple(sorted(lasting, key=lambda link: "news" not in link.lower())[:_MOST_NAMED])


def _unpacked(body: bytes) -> bytes:
    """The body, unpacked where it is a gzip file, up to the limit."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, _MOST_BYTES)
    except zlib.error:
        return b""


class _Reader:
    """Reads the fields of each `url` and `sitemap` by their local names; gives up quietly where XML is damaged.

    Entities beyond XML's own end the reading: nobody needs them here, and bombs are made of them.
    """

    def __init__(self, body: bytes) -> None:
        self._found: dict[str, list[dict[str, str]]] = {"url": [], "sitemap": []}
        self._fields: dict[str, str] | None = None
        self._text: list[str] = []
        self._size = 0
        self._in_news = False
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._take
        parser.EntityDeclHandler = _refuse
        # What was read until there is kept.
        self.whole = False
        """Whether the document was read to its end."""
        with suppress(expat.ExpatError, ValueError, LookupError, StopIteration):
            parser.Parse(body, True)
            self.whole = True

    def of(self, kind: str) -> list[dict[str, str]]:
        """The fields of each element of this kind."""
        return self._found[kind]

    def _start(self, name: str, _: dict[str, str]) -> None:
        local = name.rpartition(":")[2].lower()
        self._in_news = self._in_news or local == "news"
        if local in self._found:
            if len(self._found[local]) >= MAX_ENTRIES:
                raise StopIteration
            self._fields = {}
            self._found[local].append(self._fields)
        self._text, self._size = [], 0

    def _take(self, text: str) -> None:
        if self._size < _LONGEST_TEXT:
            self._text.append(text[:_LONGEST_TEXT])
            self._size += len(text)

    def _end(self, name: str) -> None:
        prefix, _, local = name.rpartition(":")
        if self._fields is None:
            return
        local = f"image_{local}" if prefix == "image" else local
        # Pictures and videos have titles too.
        local = "news_title" if local == "title" and self._in_news else local
        self._in_news = self._in_news and local.lower() != "news"
        self._fields.setdefault(local.lower(), "".join(self._text).strip())
        self._text, self._size = [], 0
        if local.lower() in self._found:
            self._fields = None


def _refuse(*_: object) -> None:
    raise StopIteration


def _item(fields: dict[str, str]) -> Item:
    keywords = fields.get("keywords", "")
    return Item(
        link=fields["loc"],
        title=fields["news_title"],
        published_at=_moment(fields.get("publication_date", "")),
        images=(fields.get("image_loc"),),
        tags=tuple(word.strip() for word in keywords.split(",") if word.strip()),
    )


def _moment(text: str) -> datetime | None:
    """A date of the W3C's profile of ISO 8601, of which months and years alone are not believed."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
