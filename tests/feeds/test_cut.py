"""Cutting what is new out of a document: whatever was seen before, the entries are those of the whole parse."""

from __future__ import annotations

import json
import random
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.cut import MARK_BYTES, cut, mark_of, unpack
from bot.feeds.model import Document
from bot.feeds.parse import parse
from bot.feeds.xmlfeed import read as read_whole
from tests.examples import examples

SHARED = Path(__file__).parents[3] / "shared" / "feeds"
URL = "https://harbour.test/feed"
MOST = 1_000


def rss(*items: str, head: str = "", tail: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>T</title>{head}'
        f"{''.join(items)}{tail}</channel></rss>"
    ).encode()


def item(number: int, inside: str = "") -> str:
    return f"<item><guid>g{number}</guid><title>Title {number}</title>{inside}</item>"


def entries_with(body: bytes, seen: bytes = b"") -> dict[str, object]:
    """What is read, by identity: the whole document or what `seen` leaves of it."""
    read = parse(body, "application/xml", "utf-8", URL, seen)
    assert isinstance(read, Document), read
    return {entry.identity: entry for entry in read.entries}


def assert_the_same(body: bytes, chances: random.Random) -> None:
    """Whatever is passed over, the rest is read as in the whole document."""
    pieces = cut(body, MOST)
    assert pieces is not None
    whole = parse(body, "application/xml", "utf-8", URL)
    assert isinstance(whole, Document)
    assert unpack(whole.marks) == unpack(pieces.marks())
    for share in (0.1, 0.5, 0.95):
        unseen = [chances.random() >= share for _ in pieces.entries]
        seen = b"".join(mark_of(entry) for entry, new in zip(pieces.entries, unseen, strict=True) if not new)
        read = parse(body, "application/xml", "utf-8", URL, seen)
        assert isinstance(read, Document)
        assert read.entries == tuple(entry for entry, new in zip(whole.entries, unseen, strict=True) if new)


def test_real_documents_are_read_the_same_whatever_was_seen() -> None:
    if not SHARED.is_dir():
        pytest.skip(f"The real feeds are not here: {SHARED} is absent.")
    chances, cuttable = random.Random(4), 0
    for feed in json.loads((SHARED / "index.json").read_text()):
        body = (SHARED / feed["file"]).read_bytes()
        if cut(body, MOST) is not None:
            cuttable += 1
            assert_the_same(body, chances)
    assert cuttable >= 15


WORDS = st.text("abc &é<>]\n", max_size=20).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
)
INSIDES = st.one_of(
    WORDS.map(lambda text: f"<description>{text}</description>"),
    st.sampled_from(
        (
            "<description><![CDATA[</item><item><guid>x</guid>]]></description>",
            "<!-- </item> <item> -->",
            "<itemised>no item</itemised>",
            '<link>https://harbour.test/1?a=1&amp;b="</link>',
            "<source url='/x'>of an item</source>",
        )
    ),
)


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.lists(INSIDES, max_size=3).map("".join), min_size=1, max_size=5), st.randoms())
def test_made_up_documents_are_read_the_same_whatever_was_seen(
    insides: list[str], chances: random.Random
) -> None:
    assert_the_same(rss(*(item(number, inside) for number, inside in enumerate(insides))), chances)


NAMES = st.sampled_from(
    [
        spelling.format(f"{kind}>{before}", f"{after}</{kind}")
        for kind in ("guid", "id")
        for before, after in (("", ""), ("<![CDATA[", "]]>"))
        for spelling in (
            *("<{0}a&amp;b{1}>", "<{0}a&#38;b{1}>", "<{0} a&b {1}>", "<{0}b{1}>", "<{0}&#98;{1}>"),
            *("<{0}1{1}><{0}b{1}>", "<!--<{0}1{1}>--><{0}b{1}>", "<source><{0}2{1}></source><{0}b{1}>"),
            *("<{0}{1}><link>https://a.test/1</link>", "<{0}{1}><link>http://a.test/1/?utm_source=x</link>"),
            *("<description><![CDATA[<guid>3</guid>]]></description><{0}b{1}>", "<{0}<i>b</i>{1}>"),
        )
    ]
)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=3), st.data())
def test_a_repeat_in_another_spelling_changes_nothing_in_what_is_read(
    names: list[str], data: st.DataObject
) -> None:
    """An entry is the same one whether its document is read whole or what was seen before is left out."""
    items = [f"<item>{name}<title>T{number}</title></item>" for number, name in enumerate(names)]
    body = rss(*items)
    whole = read_whole(body, "utf-8", URL)
    assert isinstance(whole, Document)
    seen = [mark_of(one.encode()) for one in items if data.draw(st.booleans())]
    read = parse(body, "application/xml", "utf-8", URL, b"".join(seen))
    assert isinstance(read, Document)
    if cut(body, MOST) is None:
        assert read.entries == whole.entries
    else:
        left = [
            entry
            for one, entry in zip(items, whole.entries, strict=True)
            if mark_of(one.encode()) not in seen
        ]
        assert [entry.identity for entry in read.entries] == [entry.identity for entry in left]


RDF = (
    b'<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    b'xmlns="http://purl.org/rss/1.0/"><channel><title>T</title><items><rdf:Seq><rdf:li resource="a"/>'
    b'</rdf:Seq></items></channel><item rdf:about="https://a.test/1"><title>One</title><link>https://a.test/1</link>'
    b'</item> <item rdf:about="https://a.test/2"><title>Two</title><link>https://a.test/2</link></item></rdf:RDF>'
)


def test_the_items_list_of_rdf_is_no_entry() -> None:
    pieces = cut(RDF, MOST)
    assert pieces is not None
    assert len(pieces.entries) == 2
    assert_the_same(RDF, random.Random(4))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(rss(item(1)).decode().encode("utf-16"), id="two bytes a character"),
        pytest.param(rss(item(1), "<entry><id>e</id></entry>"), id="entries of two kinds"),
        pytest.param(rss("<item><guid>a</guid><item><guid>b</guid></item></item>"), id="nested"),
        pytest.param(rss(item(1, "<entry><id>e</id></entry>")), id="one kind within the other"),
        pytest.param(rss(item(1), item(1)), id="a repeated guid"),
        pytest.param(rss("<item><title>no name</title></item>"), id="neither guid nor link"),
        pytest.param(rss(item(1), "<language>en</language>", item(2)), id="something between entries"),
        pytest.param(rss(item(1), "<item/>"), id="an empty element"),
        pytest.param(rss("<rss:item><guid>a</guid></rss:item>"), id="prefixed"),
        pytest.param(rss("<item><guid>a</guid><title><![CDATA[", tail="</item>"), id="CDATA without an end"),
        pytest.param(rss(item(1), "<item><guid>b</guid>"), id="an entry without an end"),
        pytest.param(rss("</item>", item(1)), id="an end without an entry"),
        pytest.param(b"", id="nothing"),
        pytest.param(rss(item(1), "<item><guid><![CDATA[g1]]></guid></item>"), id="a repeat as data"),
        pytest.param(rss(item(1), "<item><guid> g&#49;\n</guid></item>"), id="a repeat with a reference"),
        pytest.param(rss("<item><guid>é</guid></item>", "<item><guid>&#233;</guid></item>"), id="a letter"),
        pytest.param(rss(item(1), "<item><guid>g2<b>!</b></guid></item>"), id="markup in a guid"),
        pytest.param(rss(item(1), "<item><guid>a</guid><id>g1</id></item>"), id="two guids"),
        pytest.param(rss(item(1), "<item><guid>a</guid><Guid>g1</Guid></item>"), id="in capitals"),
        pytest.param(rss(item(1), "<item><guid>a</guid><atom:id>g1</atom:id></item>"), id="in another name"),
        pytest.param(rss(item(1), "<item><!--<guid>a</guid>--><guid>g1</guid></item>"), id="after a comment"),
        pytest.param(
            rss(item(1), '<item><source url=""><id>a</id></source><id>g1</id></item>'), id="a source"
        ),
        pytest.param(
            rss(
                "<item><link>https://a.test/1</link></item>", "<item><link>http://www.a.test/1/</link></item>"
            ),
            id="a repeated link in another spelling",
        ),
        pytest.param(b"<!DOCTYPE rss [<!ENTITY g 'g1'>]>" + rss(item(1)), id="entities of its own"),
    ],
)
def test_what_cannot_be_cut_for_certain_is_read_whole(body: bytes) -> None:
    assert cut(body, MOST) is None


@pytest.mark.parametrize(
    "hostile",
    [
        b"<!--" * 64_000,
        b"<![CDATA[" * 64_000,
        b"<item " * 64_000,
        b"<item><guid " * 64_000,
        b"<item>" * 64_000,
    ],
    ids=lambda hostile: hostile[:15].decode(),
)
def test_hostile_bytes_take_linear_time(hostile: bytes) -> None:
    begun = process_time()
    cut(hostile, MOST)
    assert process_time() - begun < 0.5


def test_an_entry_whose_bytes_did_not_change_is_not_read_again_and_a_revised_one_is() -> None:
    before = rss(*(item(number) for number in range(3)))
    marks = cut(before, MOST)
    assert marks is not None
    assert len(marks.marks()) == 3 * MARK_BYTES
    assert entries_with(before, marks.marks()) == {}
    after = rss(item(3), item(0), item(1, "<description>Corrected.</description>"), item(2))
    assert set(entries_with(after, marks.marks())) == {"g3", "g1"}


def test_beyond_the_most_entries_nothing_counts() -> None:
    pieces = cut(rss(*(item(number) for number in range(5))), 3)
    assert pieces is not None
    assert len(pieces.entries) == 3
    assert b"g3" not in pieces.tail


def test_a_document_beyond_a_bound_is_read_in_portions_to_its_last_entry() -> None:
    elements = rss(*(item(number, "<x>v</x>" * 46) for number in range(900)))
    no_xml = rss(*(item(number, "words & " * 500) for number in range(600)))
    assert list(entries_with(elements)) == [f"g{number}" for number in range(900)]
    assert list(entries_with(no_xml)) == [f"g{number}" for number in range(600)]


def test_an_entry_that_was_not_read_has_no_mark() -> None:
    heavy = item(1, "<x/>" * 45_000)
    read = parse(rss(item(0), heavy, item(2)), "application/xml", "utf-8", URL)
    assert isinstance(read, Document)
    assert [entry.identity for entry in read.entries] == ["g0", "g2"]
    assert unpack(read.marks) == {mark_of(item(0).encode()), mark_of(item(2).encode())}


def test_a_mark_is_as_long_as_packed_marks_take_it() -> None:
    assert len(mark_of(b"<item/>")) == MARK_BYTES
    assert unpack(mark_of(b"<item/>") + mark_of(b"<entry/>")) == {mark_of(b"<item/>"), mark_of(b"<entry/>")}
