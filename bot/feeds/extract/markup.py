"""A page's markup as a tree, and a tree as lines of text. Bounded, and in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from lxml import etree, html

from bot.feeds.text import clean, count_words

Element: TypeAlias = Any  # an element of lxml's, which tells no types

_LONGEST_PAGE = 3_000_000  # characters
_MOST_TAGS = 60_000
_LONGEST_BUTTON, _MOST_PIECES = 300, 20
_LONGEST_LINE = 20_000  # characters; a paragraph that is longer is none
# libxml2 compares each attribute of a tag with all before it; no tag that people write has so many.
_LONGEST_TAG, _MOST_ATTRIBUTES = 2_000, 500
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Some pages end after their header and go on: browsers ignore that, libxml2 does not.
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_OPENED = re.compile(r"<[a-zA-Z]")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_CODE = re.compile(r"<!--|<(script|style)\b[^>]*>", re.IGNORECASE)

# What stands within a line, or says nothing and ends none.
INLINE = frozenset(
    "a abbr acronym amp-fit-text b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s samp "  # noqa: SIM905
    "small span strike strong sub sup time tt u var wbr ruby rb img amp-img picture source svg math script style "
    "noscript template input meta link".split()
)
# Of these, one that begins where another ends is set apart by its style, not by a blank.
_APART = frozenset(("a", "abbr", "b", "cite", "label", "small", "span", "strong", "time"))
# What is not read as text: code, forms' parts, players.
SILENT = frozenset(
    "script style noscript template svg math iframe object embed video audio canvas map select textarea input "  # noqa: SIM905
    "datalist head title progress meter rt rp amp-ad amp-sidebar amp-analytics".split()
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CELLS = frozenset(("td", "th"))
_ROW_BLOCKS = frozenset(("td", "th"))
_MOST_OF_ROW = 300  # characters; a table's row that is longer lays out the page
_ENDED = re.compile(r"[.!?…。！？।۔؟][\"'”’»“)\]」』）]*\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: its clean text, its length in words, and which share of its characters is a link's.

    `holder` is the block, or the table's row, in which it stands; `is_ended` says whether it ends as a sentence does.
    What a button says is a line, and linked.
    """

    text: str
    words: int
    linked: float
    holder: Element
    is_ended: bool


def parse(markup: str) -> Element | None:
    """A page as a tree without comments and scripts, but for those of data; None where there is nothing to read.

    A page of more than 3,000,000 characters or 60,000 tags is read to there; elements that stand more than 255 deep,
    and all after them, are left out by libxml2. A tag of more than 500 attributes makes it none.
    """
    markup = _ENDS.sub("", _without_code(_UNREADABLE.sub("", markup[:_LONGEST_PAGE])))
    if markup.count("<") > _MOST_TAGS:
        markup = _cut(markup)
    if any(len(piece) > _LONGEST_TAG and _is_swollen(piece) for piece in markup.split(">")):
        return None
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        return html.document_fromstring(markup.encode(), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):  # nothing in it, or nothing but comments
        return None


def _without_code(markup: str) -> str:
    """The markup without comments, and without the content of scripts and styles that are no data."""
    kept: list[str] = []
    at = 0
    while found := _CODE.search(markup, at):
        end = "-->" if found[1] is None else f"</{found[1]}"
        closed = markup.find(end, found.end())
        if closed < 0 and (closed := markup.lower().find(end.lower(), found.end())) < 0:
            break
        if "ld+json" in found[0].lower():
            kept.append(markup[at:closed])
        else:
            kept.append(markup[at : found.start() if found[1] is None else found.end()])
        at = closed + (3 if found[1] is None else 0)
    kept.append(markup[at:])
    return "".join(kept)


def _cut(markup: str) -> str:
    at = -1
    for _ in range(_MOST_TAGS):
        at = markup.find("<", at + 1)
    return markup[:at]


def _is_swollen(piece: str) -> bool:
    """Whether what stands before a ">" is a tag of hundreds of attributes."""
    opened = _OPENED.search(piece)
    if opened is None:
        return False
    unquoted = _QUOTED.sub('"', piece[opened.start() :])
    return sum(map(unquoted.count, " \n\t\f\r/\"'")) > _MOST_ATTRIBUTES


def lines_of(root: Element) -> Iterator[Line]:
    """The lines of a tree in its order."""
    reader = _Reader()
    walker = etree.iterwalk(root, events=("start", "end"))
    row: Element | None = None  # the table's row that is read as one line
    skipped: Element | None = None
    after_inline = False
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if tag == "button" and not _asks(element):
                walker.skip_subtree()
                skipped = element
                reader.hold(element)
                continue
            if tag in SILENT:
                walker.skip_subtree()
                skipped = element
                if tag not in INLINE:
                    yield from reader.ended(element)
                continue
            if tag not in INLINE and tag not in ("button", "br"):
                if tag in _CELLS and row is not None:
                    reader.add(" ")
                else:
                    yield from reader.ended(element)
                if tag == "tr" and row is None and _is_data(element):
                    row = element
                reader.holder = element if row is None else row
            elif after_inline and tag in _APART:
                reader.add(" ")
            after_inline = False
            reader.enter(tag)
            reader.add(element.text)
            continue
        if element is not skipped:
            reader.leave(tag)
            if tag == "br":
                if row is None:
                    yield from reader.broken()
                else:
                    reader.add(" ")
            elif tag not in INLINE and tag != "button" and (row is None or row is element):
                yield from reader.ended(element.getparent())
                row = None if row is element else row
        if element is not root:
            reader.add(element.tail)
        after_inline = tag in _APART and not element.tail
        skipped = None
    yield from reader.ended(root)


def text_of(node: Element) -> str:
    """The first lines of an element as one."""
    return " ".join(line.text for line in islice(lines_of(node), 5))


def _asks(element: Element) -> bool:
    """Whether it is a button that stands for a heading: what unfolds an answer is its question."""
    parent = element.getparent()
    return (
        element.tag == "button"
        and parent is not None
        and (parent.tag in HEADINGS or parent.tag in ("dt", "summary"))
    )


def _is_data(row: Element) -> bool:
    length = 0
    for below in row.iter():
        if (
            below.tag not in INLINE
            and below.tag not in _ROW_BLOCKS
            and below is not row
            and below.tag != "img"
        ):
            return False
        length += len(below.text or "") + len(below.tail or "")
        if length > _MOST_OF_ROW:
            return False
    return True


def _line(text: str, linked: float, holder: Element) -> Line:
    return Line(text, count_words(text), linked, holder, _ENDED.search(text) is not None)


def _clean(text: str) -> str:
    """As `clean`, which is slower where there is nothing to clean but blanks."""
    text = " ".join(text.split())
    return text if text.isascii() and text.isprintable() else clean(text)


class _Reader:
    """Gathers the pieces of a line."""

    def __init__(self) -> None:
        self.holder: Element | None = None
        self._pieces: list[str] = []
        self._buttons: list[Line] = []
        self._length = self._linked = self._links = self._breaks = 0

    def enter(self, tag: str) -> None:
        self._links += tag == "a"

    def leave(self, tag: str) -> None:
        self._links -= tag == "a"

    def add(self, text: str | None) -> None:
        """Add a piece of the line."""
        if not text or self._length > _LONGEST_LINE:
            return
        self._pieces.append(text)
        self._length += len(text)
        if not text.isspace():
            self._breaks = 0
            if self._links:
                self._linked += len(text)

    def hold(self, button: Element) -> None:
        """Keep what a button says until the line around it has ended."""
        text = clean("".join(islice(button.itertext(), _MOST_PIECES))[:_LONGEST_BUTTON])
        if text:
            self._buttons.append(_line(text, 1.0, button))

    def broken(self) -> Iterator[Line]:
        """A line break ends the line where it ends a sentence, or where another break follows."""
        self._breaks += 1
        if self._breaks > 1 or _ENDED.search("".join(self._pieces[-3:]).rstrip()):
            yield from self.ended(self.holder, breaks=self._breaks)
        else:
            self._pieces.append("\n")

    def ended(self, holder: Element | None, breaks: int = 0) -> Iterator[Line]:
        """The line that ends here, if there is one; what follows stands in `holder`."""
        text = _clean("".join(self._pieces)[:_LONGEST_LINE]) if self._pieces else ""
        if text and self.holder is not None:
            yield _line(text, min(1.0, self._linked / len(text)), self.holder)
        yield from self._buttons
        self._buttons.clear()
        self._pieces.clear()
        self._length = self._linked = 0
        self._breaks = breaks
        self.holder = holder
