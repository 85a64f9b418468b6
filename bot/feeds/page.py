"""An HTML page, or a piece of one: the feeds it names and its first picture. Runs in the worker only."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from bot.feeds.charset import decode as text_of
from bot.feeds.links import absolute
from bot.feeds.model import Candidate
from bot.feeds.sites import feeds_in_data
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
# The parser takes quadratic time where elements are nested by the thousand; no page that people read is.
_DEEPEST = 2_000
_LONGEST_PAGE = 4 << 20  # characters
_LONGEST_TAG, _MOST_PIECES = 30_000, 3_000
_OPENED = re.compile(r"<[a-z]", re.IGNORECASE)
_NESTING = re.compile(
    r"<(/?)(?!(?:p|li|d[dt]|t[dhr]|thead|tbody|tfoot|option|optgroup|r[tp]|body|html|head|br|hr|img|input|link|meta"
    r"|source|area|base|col|embed|param|track|wbr|path|circle|rect|use|polygon|line|g)\b)[a-z]",
    re.IGNORECASE,
)
# A picture with nothing but plain paragraphs before it is the first one; no tree has to be grown to see that. What
# `(?!)` is for is told in `bot.feeds.text`.
_BLANK = r"[ \t\n\f\r]"
_ATTRIBUTES = rf"(?:{_BLANK}++[a-z][a-z0-9_:-]*+(?:=\"[^\"]*+\"|='[^']*+'|(?!))?+|(?!))*+"
_PLAIN_IMAGE = re.compile(
    r"(?:[^<]++|</?+(?:p|a|b|em|i|strong|span|div|figure|h[1-6]|ul|ol|li|br|hr|blockquote)"
    rf"{_ATTRIBUTES}{_BLANK}*+/?+>|(?!))*+"
    rf"<img(?P<attributes>{_ATTRIBUTES}){_BLANK}*+/?+>"
)
_ATTRIBUTE = re.compile(r"""([a-z][a-z0-9_:-]*+)(?:="([^"]*+)"|='([^']*+)'|(?!))?+""")
_ENCODED = re.compile(r"[&\r\0]")
_TINY = re.compile(r"^\s*[01](?:px)?\s*$")  # a picture of one pixel counts readers


def candidates(page: str, url: str) -> tuple[Candidate, ...]:
    """The feeds that a page declares, in its order; then those of its links that look like feeds."""
    tree = tree_of(page)
    if tree is None:
        return ()
    base = base_of(tree, url)
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
    if not any(candidate.kind != "link" for candidate in found.values()):
        found = {candidate.url: candidate for candidate in feeds_in_data(page, url)} | found
    return tuple(found.values())[:_MOST_CANDIDATES]


def tree_of(page: str) -> LexborHTMLParser | None:
    """The page parsed; None for one nested so deeply, or of such tags, that parsing would take minutes."""
    page = page[:_LONGEST_PAGE]
    return LexborHTMLParser(page) if _is_small(page) or _is_bearable(page) else None


def _is_small(page: str) -> bool:
    """Whether it has no room for nesting or tags that are not bearable."""
    return len(page) <= _LONGEST_TAG and page.count("<") <= _DEEPEST


def _is_bearable(page: str) -> bool:
    if any(_is_swollen(piece) for piece in page.split(">")):
        return False
    depth = 0
    for found in _NESTING.finditer(page):
        depth = max(depth - 1, 0) if found[1] else depth + 1
        if depth > _DEEPEST:
            return False
    return True


def _is_swollen(piece: str) -> bool:
    """Whether what stands before a ">" is a tag of thousands of attributes, which also take quadratic time."""
    opened = _OPENED.search(piece) if len(piece) > _LONGEST_TAG else None
    return opened is not None and sum(map(piece[opened.start() :].count, " \n\t\f\r/\"'")) > _MOST_PIECES


def base_of(tree: LexborHTMLParser, url: str) -> str:
    """What a page's links are relative to."""
    named = tree.css_first("base[href]")
    return (absolute(named.attributes.get("href"), url) if named else None) or url


def decode(body: bytes, charset: str | None) -> str:
    """Decode a page: by its byte order mark, its header, its own word, else as UTF-8; never raises."""
    meta = re.search(rb"<meta[^>]{0,200}charset=[\"']?\s*([\w-]{1,40})", body[:4096], re.IGNORECASE)
    declared = meta[1].decode("ascii", "replace") if meta else None
    return text_of(body, charset, declared)


def first_image(markup: str, base: str | None) -> str | None:
    """The first picture of a piece of HTML that is more than a counting pixel; none of one nested too deeply."""
    if "<img" not in markup and "<IMG" not in markup:
        return None
    plain = _PLAIN_IMAGE.match(markup) if _is_small(markup) else None
    if plain and not _ENCODED.search(plain["attributes"]):
        attributes: dict[str, str | None] = {}
        for name, one, other in _ATTRIBUTE.findall(plain["attributes"]):
            attributes.setdefault(name, one or other)
        if image := _image(attributes, base):
            return image
    tree = tree_of(markup)
    images = (_image(node.attributes, base) for node in (tree.tags("img") if tree is not None else ()))
    return next(filter(None, images), None)


def _image(attributes: dict[str, str | None], base: str | None) -> str | None:
    """Where the picture of an `img` is that is more than a counting pixel."""
    if _TINY.match(attributes.get("width") or "") or _TINY.match(attributes.get("height") or ""):
        return None
    source = attributes.get("src") or ""
    if source.startswith("data:") or not source:
        source = attributes.get("data-src") or ""  # pages that load their pictures late
    return absolute(source, base)
