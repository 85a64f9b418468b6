"""feedparser's own two parsers, driven so that no document can ask more of them than it is worth.

    mend what never is XML → strict parser → mend markup, strict again → loose parser, on a part

Where a bound is met, what was whole before it is read; of a document that is no XML that is its first MiB. What can
be cut is therefore read in portions (see `bot.feeds.parse`). The rest of what cannot be cut waits: it counts as new
when it has moved forward, or when the document has been put right. Runs in the worker only.
"""

from __future__ import annotations

import html.entities
import re
import xml.sax
import xml.sax.xmlreader
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from feedparser.api import LooseFeedParser
from feedparser.sanitizer import replace_doctype

from bot.feeds.strict import StrictParser

_MOST_ELEMENTS = 40_000  # some 15 µs each; a document of 1,000 episodes has 25,000
_MOST_ATTRIBUTES = 100  # looked up in quadratic time
_MOST_TAGS = 100  # categories of one entry, compared each with each
_LONGEST_NAME = 1_000  # an author's; an address is looked for in it in quadratic time
_LONGEST_TAG = 16 * 1024
_LONGEST_PROLOG = 64 * 1024
_MOST_MENDED = 1 << 20  # characters of a document that is no XML; what stands behind them is not read
_MOST_LOOSE = 1 << 20  # characters for the loose parser, which is slow and written for short pages
_LONGEST_TEXT = 512 * 1024  # characters of one element; feedparser searches it several times

# What feedparser raises over an odd element. The element is lost by it, and no more.
_SLIPS = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_ROOT = re.compile(
    r"<(?:\?xml\s|!doctype\s|(?:rss|feed|channel|(?:[\w-]{1,40}:)?(?:rdf|feed|rss))[\s>])", re.IGNORECASE
)
_DECLARATION = re.compile(r"<\?xml[^>]{0,500}\?>\s*")
_FIRST_TAG = re.compile(r"<\w")
# No XML 1.0 document may hold these, neither as they are nor by reference; feedparser gives up over one.
_NO_CHARACTERS = "\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff"
_FORBIDDEN = re.compile(
    # One set in front, to which the engine jumps: in a third of the time.
    rf"[&{_NO_CHARACTERS}](?:(?<!&)[{_NO_CHARACTERS}]*|(?<=&)"
    r"#(?i:0*(?:[0-8]|1[124-9]|2\d|3[01]|5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]|6553[45]"
    r"|[1-9]\d{6,})"
    r"|x0*(?:[0-8bcef]|1[\da-f]|d[89a-f][\da-f]{2}|fff[ef]|1[1-9a-f][\da-f]{4}|[2-9a-f][\da-f]{5}|[1-9a-f][\da-f]{6,}))"
    ";)",
)
_LONG_TAG = re.compile(rf"(<[A-Za-z][^\s<>]{{0,100}})[^<>]{{{_LONGEST_TAG},}}+")
_OPAQUE = re.compile(r"<!\[CDATA\[|<!--")
_LOOSE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)(?:(\w{1,31});)?")
_DATA_SECTION = re.compile(rb"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_LOOSE_BRACKET = re.compile(r"<(?![A-Za-z_/!?])")

MOST_BYTES_READ, MOST_ELEMENTS_READ = _MOST_MENDED - 1024, _MOST_ELEMENTS - 100
"""Up to here a document is read to its end, even one that is no XML (elements as `elements_in` counts them)."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What feedparser found: its name for the format ("" for none), the feed's own fields, the entries' fields."""

    version: str
    feed: dict[str, Any]
    entries: list[dict[str, Any]]


class _EnoughError(Exception):
    """A bound was met: what was read before it is what counts."""


class _Bounds:
    """Stands before either parser and counts."""

    elements = 0
    most_entries = 0

    def unknown_starttag(self, tag: str, attributes: list[tuple[str, str]]) -> None:
        self.elements += 1 + len(attributes) // 8  # each costs an eighth of an element
        if self.elements > _MOST_ELEMENTS or len(self.entries) > self.most_entries:  # type: ignore[attr-defined]
            raise _EnoughError
        try:
            super().unknown_starttag(tag, attributes[:_MOST_ATTRIBUTES])  # type: ignore[misc]
        except _SLIPS:  # not `suppress`, which takes as long as many an element
            return

    def unknown_endtag(self, tag: str) -> None:
        try:
            super().unknown_endtag(tag)  # type: ignore[misc]
        except _SLIPS:
            return

    def startElementNS(self, name: Any, qname: Any, attributes: Any) -> None:  # noqa: N802
        if len(attributes) > _MOST_ATTRIBUTES:
            attributes = xml.sax.xmlreader.AttributesNSImpl({}, {})
        with suppress(*_SLIPS):
            super().startElementNS(name, qname, attributes)  # type: ignore[misc]

    def endElementNS(self, name: Any, qname: Any) -> None:  # noqa: N802
        with suppress(*_SLIPS):
            super().endElementNS(name, qname)  # type: ignore[misc]

    def pop(self, element: str, strip_whitespace: int = 1) -> Any:
        stack = self.elementstack  # type: ignore[attr-defined]
        if stack and stack[-1][0] == element:
            pieces = stack[-1][2]
            if sum(map(len, pieces)) > _LONGEST_TEXT:
                texts = (part.decode() if isinstance(part, bytes) else part for part in pieces)
                pieces[:] = ["".join(texts)[:_LONGEST_TEXT]]
        return super().pop(element, strip_whitespace)  # type: ignore[misc]

    def _add_tag(self, *tag: Any) -> None:
        if len(self._get_context().get("tags", ())) < _MOST_TAGS:  # type: ignore[attr-defined]
            super()._add_tag(*tag)  # type: ignore[misc]

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()  # type: ignore[attr-defined]
        if len(context.get(key) or "") > _LONGEST_NAME:
            context[key] = context[key][:_LONGEST_NAME]
        super()._sync_author_detail(key)  # type: ignore[misc]


class _Strict(_Bounds, StrictParser):
    pass


class _Loose(_Bounds, LooseFeedParser):  # type: ignore[misc]
    pass


def elements_in(piece: bytes) -> int:
    """At most so many elements has a part of a document, attributes counted in."""
    markup = _DATA_SECTION.sub(b"", piece)
    return markup.count(b"<") - markup.count(b"</") + markup.count(b"=") // 8 + 1


def parse(text: str, most_entries: int) -> Parsed:
    """Read the first entries of an RSS or Atom document. Raises whatever feedparser raises."""
    text = _FORBIDDEN.sub("", text)
    root = _ROOT.search(text)
    text = text[root.start() :] if root else text.lstrip()
    declaration = _DECLARATION.match(text)
    text = text[declaration.end() :] if declaration else text
    version, head, body, entities = _without_doctype(text)
    parser, whole = _strictly(head + body, most_entries)
    if not whole:
        mended = "".join(_mended(body[:_MOST_MENDED], entities))
        parser, whole = _strictly(head + mended, most_entries)
        if not whole:
            parser = _loosely(mended[:_MOST_LOOSE], entities, most_entries)
    entries = parser.entries
    # A document cut off in an entry: what is missing of it may be its very name, under which it comes next time.
    unfinished = bool(entries) and not whole and bool(parser.inentry)
    entries = entries[:-1] if unfinished else entries
    # Plain dictionaries: those of feedparser look for second names of their keys, which nobody here uses.
    return Parsed(version or parser.version, dict(parser.feeddata), [dict(entry) for entry in entries])


def _without_doctype(text: str) -> tuple[str, str, str, dict[str, str]]:
    """The version that a doctype names, the prolog without it but for harmless entities, the rest, these entities."""
    first = _FIRST_TAG.search(text)
    if first is None or first.start() > _LONGEST_PROLOG:
        return "", "", text[first.start() :] if first else "", {}
    # Feedparser looks for each line's first word, through all empty ones after it.
    prolog = re.sub(r"\s*\n\s*", "\n", text[: first.start()])
    version, cleaned, entities = replace_doctype(prolog.encode("utf-8", "replace") + b"<r")
    return version or "", cleaned[:-2].decode(), text[first.start() :], entities


def _strictly(text: str, most_entries: int) -> tuple[Any, bool]:
    """The parser after all of the text; whether it was XML up to its end, or to the bound that was met."""
    parser = _Strict()
    parser.most_entries = most_entries
    try:
        parser.read(text.encode("utf-8", "replace"))
    except xml.sax.SAXException:
        return parser, False
    except _EnoughError:
        _drop_what_is_open(parser)
    return parser, True


def _loosely(text: str, entities: dict[str, str], most_entries: int) -> Any:
    handler = _Loose("", None, "utf-8", entities)
    handler.resolve_relative_uris = handler.sanitize_html = False
    handler.most_entries = most_entries
    with suppress(_EnoughError):
        handler.feed(text)
    return handler


def _drop_what_is_open(handler: Any) -> None:
    if handler.inentry and handler.entries:
        handler.entries.pop()


def _mended(text: str, entities: dict[str, str]) -> Iterator[str]:
    """Markup with its usual mistakes put right: ampersands, undeclared entities, stray brackets, comments."""

    def reference(found: re.Match[str]) -> str:
        name = found[1]
        if name in entities:
            return found[0]
        code = html.entities.name2codepoint.get(name or "")
        return f"&#{code};" if code else f"&amp;{found[0][1:]}"

    at = 0
    while True:
        opaque = _OPAQUE.search(text, at)
        markup = text[at : opaque.start() if opaque else len(text)]
        yield _LOOSE_BRACKET.sub("&lt;", _LOOSE_AMPERSAND.sub(reference, _LONG_TAG.sub(r"\1", markup)))
        if opaque is None:
            return
        comment = opaque[0] == "<!--"
        end = text.find("-->" if comment else "]]>", opaque.end())
        if end < 0:
            return  # what was never closed has no end to be read to
        if not comment:
            yield text[opaque.start() : end + 3]
        at = end + 3
