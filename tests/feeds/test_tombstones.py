"""What a feed says it has deleted is known, whether its document is read whole, cut, or not at all."""

from __future__ import annotations

import pytest

from bot.feeds.cut import cut
from bot.feeds.frames import PREFIX, document_frames, read_document
from bot.feeds.model import Document
from bot.feeds.parse import parse
from bot.feeds.tombstones import deleted_in

URL = "https://harbour.test/feed"
TOMB = '<at:deleted-entry ref="tag:harbour.test,2026:1" when="2026-05-01T12:00:00Z"/>'


def atom(*parts: str) -> bytes:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">'
        f"<id>f</id><title>T</title>{''.join(parts)}</feed>"
    ).encode()


def entry(number: int) -> str:
    return f"<entry><id>tag:harbour.test,2026:{number}</id><title>Title {number}</title></entry>"


@pytest.mark.parametrize(
    "body", [atom(TOMB, entry(2), entry(3)), atom(entry(2), entry(3), TOMB), atom(entry(2), TOMB, entry(3))]
)
def test_a_deleted_entry_is_named_also_where_nothing_is_new(body: bytes) -> None:
    read = parse(body, "application/atom+xml", None, URL)
    assert isinstance(read, Document)
    assert (read.deleted, len(read.entries)) == (("tag:harbour.test,2026:1",), 2)
    again = parse(body, "application/atom+xml", None, URL, read.marks)
    assert isinstance(again, Document)
    assert again.deleted == read.deleted
    assert (cut(body, 9) is None) or again.entries == ()
    *_, last = document_frames(again)
    assert b'"deleted":["tag:harbour.test,2026:1"]' in last[PREFIX.size :]


@pytest.mark.parametrize(
    ("body", "deleted"),
    [
        (atom(entry(1), TOMB), ()),
        (atom(TOMB.replace("at:", "x:")), ("tag:harbour.test,2026:1",)),
        (atom(TOMB).replace(b"purl.org", b"else.test"), ()),
        (atom("<at:deleted-entry when='x' ref='a&amp;b' >gone</at:deleted-entry>"), ("a&b",)),
        (atom("<at:deleted-entry href='a'/>"), ()),
        (atom("<at:deleted-entry " * 9000), ()),
    ],
)
def test_only_what_is_deleted_and_not_there_is_named(body: bytes, deleted: tuple[str, ...]) -> None:
    assert deleted_in(body) == deleted


def test_what_is_deleted_comes_through_the_worker_s_frames() -> None:
    head = {
        "title": "",
        "link": None,
        "icon_url": None,
        "description": "",
        "marks": "",
        "hubs": [],
        "topic": None,
    }
    read = read_document({**head, "ttl_s": None, "format": "", "deleted": ["a"]}, ())
    assert isinstance(read, Document)
    assert read.deleted == ("a",)
