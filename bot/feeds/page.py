"""An HTML page, or a piece of one: the feeds it names and its first picture. Runs in the worker only."""

from __future__ import annotations

import codecs
import re

from selectolax.lexbor import LexborHTMLParser

from bot.feeds.links import absolute
from bot.feeds.model import Candidate
from bot.feeds.text import clean

_KINDS = {
    "application/rss+xml": "rss",
    "application/rdf+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "application/json": "json",
}
_LOOKS_LIKE_FEED = re.compile(
    r"/(?:feeds?|rss|atom)(?:[/.?]|$)|\.(?:rss|atom|rdf)$|/(?:feed|rss|atom|index)\.(?:xml|json)$|[?&]feed=",
    re.IGNORECASE,
)
_MOST_CANDIDATES = 40
_MOST_LINKS = 5_000
_TINY = re.compile(r"^\s*[01](?:px)?\s*$")  # a picture of one pixel counts readers


def candidates(page: str, url: str) -> tuple[Candidate, ...]:
    """The feeds that a page declares, in its order; then those of its links that look like feeds."""
    tree = LexborHTMLParser(page)
    first_base = tree.css_first("base[href]")
    base = (absolute(first_base.attributes.get("href"), url) if first_base else None) or url
    found: dict[str, Candidate] = {}
    for node in tree.css("link[rel][href]"):
        attributes = node.attributes
        kind = _KINDS.get((attributes.get("type") or "").partition(";")[0].strip().lower())
        link = absolute(attributes.get("href"), base)
        # WordPress declares its REST interface as an alternate JSON; that is no feed.
        alternate = "alternate" in (attributes.get("rel") or "").lower().split()
        if alternate and kind and link and "/wp-json/" not in link:
            found.setdefault(link, Candidate(link, clean(attributes.get("title") or ""), kind))
    for node in tree.css("a[href]")[:_MOST_LINKS]:
        link = absolute(node.attributes.get("href"), base)
        if link and link != url and _LOOKS_LIKE_FEED.search(link.partition("#")[0]):
            title = clean(node.text(deep=True)[:200])
            found.setdefault(link, Candidate(link, title, "link"))
    return tuple(found.values())[:_MOST_CANDIDATES]


def decode(body: bytes, charset: str | None) -> str:
    """Decode a page: by its byte order mark, its header, its own word, else as UTF-8; never raises."""
    for mark, marked in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if body.startswith(mark):
            return body[len(mark) :].decode(marked, "replace")
    meta = re.search(rb"<meta[^>]{0,200}charset=[\"']?\s*([\w-]{1,40})", body[:4096], re.IGNORECASE)
    declared = meta[1].decode("ascii", "replace") if meta else None
    for encoding in (charset, declared, "utf-8"):
        try:
            if encoding:
                return body.decode(encoding, "replace")
        except (LookupError, UnicodeError):
            continue
    return body.decode("utf-8", "replace")


def first_image(markup: str, base: str | None) -> str | None:
    """The first picture of a piece of HTML that is more than a counting pixel."""
    if "<img" not in markup and "<IMG" not in markup:
        return None
    for node in LexborHTMLParser(markup).css("img"):
        attributes = node.attributes
        if _TINY.match(attributes.get("width") or "") or _TINY.match(attributes.get("height") or ""):
            continue
        source = attributes.get("src") or ""
        if source.startswith("data:") or not source:
            source = attributes.get("data-src") or ""  # pages that load their pictures late
        if image := absolute(source, base):
            return image
    return None
