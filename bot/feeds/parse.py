"""A body becomes a Document, by the parser of its kind. Runs in the worker only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.feeds import jsonfeed, listing, sitemap, xmlfeed
from bot.feeds.bounded import MOST_BYTES_READ, MOST_ELEMENTS_READ, elements_in
from bot.feeds.cut import Cut, cut, unpack
from bot.feeds.hub import links_in_markup
from bot.feeds.items import MAX_ENTRIES, no_feed
from bot.feeds.model import Document, Unreadable
from bot.feeds.tombstones import deleted_in

_MOST_IN_ALL = 120_000  # elements of a document, at the worst some 20 µs each
# A page is told by how it begins: feedparser would spend seconds on it before it found no feed.
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def parse(
    body: bytes,
    content_type: str,
    charset: str | None,
    url: str,
    seen: bytes = b"",
    *,
    kind: str = "feed",
    selector: str | None = None,
) -> Document | Unreadable:
    """Read a feed, a sitemap or a page, as `kind` says; `url` is the base of relative links. Raises nothing by itself.

    `seen` are the marks of the entries that need not be read again; `selector` chooses a page's links.
    """
    try:
        if not body or body.isspace():
            return Unreadable("The answer is empty: there is no feed in it.")
        if kind == "sitemap":
            return sitemap.read(body, url)
        if kind == "page":
            return listing.read(body, charset, url, selector)
        if _PAGE.match(body):
            return no_feed()
        if jsonfeed.looks_like_json(body, content_type):
            return jsonfeed.read(body, url)
        return _with_links(_read_new(body, charset, url, seen), body)
    except MemoryError:
        return Unreadable("This feed is too large to be read within the worker's memory.")
    # A parser fed by strangers raises whatever it raises (2% of mutated documents); none of it is ours.
    except Exception as error:
        return Unreadable(f"This feed is damaged and could not be read ({type(error).__name__}).")


def _read_new(body: bytes, charset: str | None, url: str, seen: bytes) -> Document | Unreadable:
    """Read what is new in an XML feed, or the whole of one that cannot be cut.

    What is long is read in portions, of which each is worth reading to its end; a mistake in one spoils no other.
    An entry that was not read gets no mark, and is tried again as soon as the document changes.
    """
    pieces = cut(body, MAX_ENTRIES)
    if pieces is None:
        return xmlfeed.read(body, charset, url)
    new = pieces.unseen(unpack(seen))
    if not new:
        return Document("", marks=pieces.marks())
    documents: list[Document] = []
    unread = set(new)
    answer: Document | Unreadable = no_feed()
    for portion in _portions(pieces, new):
        answer = xmlfeed.read(pieces.with_only(portion), charset, url)
        if isinstance(answer, Unreadable):
            continue
        documents.append(answer)
        if len(answer.entries) == len(portion):
            unread.difference_update(portion)
    if not documents:
        return answer
    entries = tuple(entry for document in documents for entry in document.entries)
    return replace(documents[0], entries=entries, marks=pieces.marks(but=unread))


def _portions(pieces: Cut, entries: list[bytes]) -> Iterator[list[bytes]]:
    """The first entries in portions that stay within the parser's bounds; one that does not stands alone."""
    if len(entries) == 1:
        yield entries
        return
    # Each portion is read with the head again, so a large head is read only once, with as much as can be.
    around = len(pieces.head) + len(pieces.tail)
    elements_around = elements_in(pieces.head) + elements_in(pieces.tail)
    if 4 * around > MOST_BYTES_READ or 4 * elements_around > MOST_ELEMENTS_READ:
        yield entries
        return
    portion: list[bytes] = []
    size, elements, elements_in_all = around, elements_around, 0
    for entry in entries:
        more = elements_in(entry)
        if portion and (size + len(entry) > MOST_BYTES_READ or elements + more > MOST_ELEMENTS_READ):
            yield portion
            elements_in_all += elements
            if elements_in_all >= _MOST_IN_ALL:
                return
            portion, size, elements = [], around, elements_around
        portion.append(entry)
        size, elements = size + len(entry), elements + more
    yield portion


def _with_links(read: Document | Unreadable, body: bytes) -> Document | Unreadable:
    """The document with the hubs and the deleted entries that it names, also where nothing in it was new."""
    if isinstance(read, Unreadable):
        return read
    hubs, topic = links_in_markup(body)
    return replace(read, hubs=hubs, topic=topic, deleted=deleted_in(body))
