"""An XML feed cut by bytes into head, entries and tail: what was seen before need not be parsed again. Pure.

A document of thirty entries takes feedparser some six milliseconds, a document of one entry a quarter of one. To cut
and to mark takes a twelfth of one, so what is new is cut out and parsed alone.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import xxhash

from bot.feeds.links import comparable
from bot.feeds.text import clean

MARK_BYTES = 8
_SECTIONS = rb"!\[CDATA\[|!--"
_ENTRIES = rb"/?item[\s>/]|/?entry[\s>/]|source[\s>]"
_GUIDS = rb"guid[\s>/]|id[\s>/]|G[Uu][Ii][Dd][\s>/]|I[Dd][\s>/]|a(?:tom|10):(?:gu)?id[\s>/]"
# One group and no lookahead: that halves the time.
_TOKEN = re.compile(rb"<(%b|%b|%b)" % (_SECTIONS, _ENTRIES, _GUIDS))


def _anything_but(tokens: bytes) -> bytes:
    """A pattern for text, whole sections and tags other than these; possessive, so that it takes linear time.

    What `(?!)` is for is told in `bot.feeds.text`.
    """
    return (
        # Nearly all tags are told by their first letter.
        rb"[^<]*+(?:<(?:/[^<ie]|[^<!/iegsIGa]"
        rb"|!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+|(?!))*+\]\]>|!--[^-]*+(?:-(?!->)[^-]*+|(?!))*+-->"
        rb"|(?!%b|%b))[^<]*+|(?!))*+"
    ) % (_SECTIONS, tokens)


# What most documents consist of, in a third of the time that their tokens take one by one.
_AROUND = re.compile(_anything_but(_ENTRIES))
_PLAIN = re.compile(
    rb"\s*+<(?P<kind>item|entry)(?:\s[^>]*+(?<!/)|(?!))?+>%(other)b"
    rb"(?:<(?P<name>guid|id)(?:\s[^>]*+(?<!/)|(?!))?+>"
    rb"(?:(?P<text>[ -%%'-;=?-~]++)|<!\[CDATA\[(?P<data>[ -;=?-\\^-~]++)\]\]>)</(?P=name)>%(other)b|(?!))?+"
    rb"</(?P=kind)>" % {b"other": _anything_but(rb"%b|%b" % (_ENTRIES, _GUIDS))}
)
_EDGES = frozenset((b"item", b"/item", b"entry", b"/entry"))
_ENDS = {b"![CDATA[": b"]]>", b"!--": b"-->"}
_SOURCE = 2_000  # bytes at the most in which an entry says from which feed it was taken over
_LINK = re.compile(rb"<(?:(!\[CDATA\[)|(!--)|(source|image)(?=[\s>])|link(?=[\s>/]))")
_TEXT = re.compile(rb"\s*(?:<!\[CDATA\[(.*?)\]\]>|([^<>]*))\s*</", re.DOTALL)
# In these no byte means what it means in ASCII.
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True)
class Cut:
    """A document in pieces that make it up again when they are joined, but for the blanks between entries."""

    head: bytes
    entries: tuple[bytes, ...]
    tail: bytes

    def unseen(self, seen: Collection[bytes]) -> list[bytes]:
        """The entries whose marks are not in `seen`."""
        return [entry for entry, mark in zip(self.entries, self._marks, strict=True) if mark not in seen]

    def with_only(self, entries: Iterable[bytes]) -> bytes:
        """The document with these of its entries alone."""
        return b"".join((self.head, *entries, self.tail))

    def marks(self, but: Collection[bytes] = ()) -> bytes:
        """The marks of all entries but these, packed."""
        if not but:  # or each entry would be hashed once more to be looked for
            return b"".join(self._marks)
        marked = zip(self.entries, self._marks, strict=True)
        return b"".join(mark for entry, mark in marked if entry not in but)

    @cached_property
    def _marks(self) -> tuple[bytes, ...]:
        return tuple(map(mark_of, self.entries))


def mark_of(entry: bytes) -> bytes:
    """By what an entry is known again, byte for byte: its XXH3, in a twentieth of a cryptographic digest's time.

    Who makes two entries alike hides their own news; in a feed of many authors, if they know its bytes beforehand,
    also another's, which its address and its date make hard.
    """
    return xxhash.xxh3_64_digest(entry)


def unpack(marks: bytes) -> frozenset[bytes]:
    """Packed marks as a set."""
    return frozenset(marks[at : at + MARK_BYTES] for at in range(0, len(marks), MARK_BYTES))


def cut(body: bytes, most: int) -> Cut | None:
    """Cut a document, of which at most the first `most` entries count; None where it has to be read whole.

    That is one in which anything stands between entries, one whose entries are nested, prefixed or of two
    kinds, and one that repeats a guid or a link, however it is written: there, what an entry is depends on the
    others.
    """
    if body.startswith(_WIDE):
        return None
    spans = _plain_spans(body) or _spans(body)
    if not spans:
        return None
    between = pairwise(spans)
    if any(body[before[1] : after[0]].strip() for before, after in between):
        return None
    head = body[: spans[0][0]]
    if b"<!ENTITY" in head:  # with these a guid can be written in any way
        return None
    entries = tuple(body[start:end] for start, end, _, _ in spans[:most])
    names = {name or _name(entry, guid) for entry, (_, _, guid, name) in zip(entries, spans, strict=False)}
    if "" in names or len(names) < len(entries):
        return None
    return Cut(head, entries, body[spans[-1][1] :])


def _plain_spans(body: bytes) -> list[tuple[int, int, int, str]] | None:
    """What `_spans` answers, with the guids, of a document whose entries have one each, in plain ASCII, or none."""
    at = _end(_AROUND.match(body))
    spans: list[tuple[int, int, int, str]] = []
    kinds: set[bytes] = set()
    while entry := _PLAIN.match(body, at):
        kind, _, text, data = entry.groups()
        kinds.add(kind)
        guid = " ".join((text or data or b"").decode().split())
        at = entry.end()
        spans.append((entry.start(1) - 1, at, 0, guid))
    return spans if len(kinds) == 1 and _end(_AROUND.match(body, at)) == len(body) else None


def _end(found: re.Match[bytes] | None) -> int:
    return found.end() if found else 0


def _spans(body: bytes) -> list[tuple[int, int, int, str]] | None:
    """Where the entries begin and end, where in each its guid is named (0 for none, -1 for several), no guid.

    None where that is not plain. Takes linear time whatever it is given.
    """
    spans: list[tuple[int, int, int, str]] = []
    kind, start, guid, at = b"", -1, 0, 0
    while found := _TOKEN.search(body, at):
        token = found[1]
        if token in _ENDS:
            at = _behind(body, _ENDS[token], found.end())
        elif token[:-1] == b"source":  # the feed that an entry was taken over from has a guid of its own
            at = _behind(body, b"</source>", found.end(), found.end() + _SOURCE) or found.end()
        elif token[:-1] not in _EDGES:
            at = found.end() - 1
            guid = -1 if guid else at - start
        elif start < 0:
            if token[:1] == b"/" or (kind and token[:-1] != kind):
                return None
            kind, start, guid = token[:-1], found.start(), 0
            at = _behind(body, b">", found.end() - 1)
            if at and body[at - 2 : at] == b"/>":
                return None
        elif token[:-1] == b"/" + kind:
            at = _behind(body, b">", found.end() - 1)
            spans.append((start, at, guid, ""))
            start = -1
        else:
            return None
        if not at:
            return None
    return spans if start < 0 else None


def _behind(body: bytes, sought: bytes, at: int, until: int | None = None) -> int:
    """The place behind the next `sought`; 0 where there is none."""
    found = body.find(sought, at, until)
    return found + len(sought) if found >= 0 else 0


def _name(entry: bytes, guid: int) -> str:
    """What tells an entry from the others: its guid, else its link, as the parser reads them.

    Empty where it has neither, or where that is not plain: of several guids the parser takes the last.
    """
    if guid < 0:
        return ""
    name = _text(entry, guid) if guid else ""
    return _link(entry) if name == "" else name or ""


def _text(entry: bytes, at: int) -> str | None:
    """The text of an element whose opening tag goes on at this place; None where it is not plain."""
    start = _behind(entry, b">", at)
    if entry[start - 2 : start] == b"/>":
        return ""
    found = _TEXT.match(entry, start)
    if not start or found is None:
        return None
    data, written = found.groups()
    text = (written if data is None else data).decode("utf-8", "replace").strip()
    if data is None and "&" in text:
        text = html.unescape(text)
        if not text.isascii():  # perhaps another one writes the same letter in the document's charset
            return None
    return text if text.isascii() and text.isprintable() and "  " not in text else clean(text)


def _link(entry: bytes) -> str:
    """An entry's link in the form that makes an identity; empty where it has none that is plain."""
    at = 0
    while found := _LINK.search(entry, at):
        data, comment, other = found.groups()
        at = found.end()
        if data or comment:
            at = _behind(entry, b"]]>" if data else b"-->", at) or len(entry)
        elif other:  # a picture has a link too
            at = _behind(entry, b"</%s>" % other, at, at + _SOURCE) or at
        else:
            return _comparable(_text(entry, at) or "")
    return ""


def _comparable(link: str) -> str:
    if not link.startswith(("http://", "https://")) or " " in link:
        return ""
    try:
        return comparable(link)
    except ValueError:
        return ""
