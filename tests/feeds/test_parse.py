"""Documents of every kind as Document values: identities, dates, links, titles, pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from bot.feeds.links import absolute, are_one, as_address, comparable
from bot.feeds.model import Document, Entry, Unreadable
from bot.feeds.parse import parse
from bot.feeds.summary import tell
from bot.feeds.text import clean, paragraphs, plain
from bot.feeds.workers import Workers

SHARED = Path(__file__).parents[3] / "shared" / "feeds"
URL = "https://harbour.test/news/feed.xml"


def rss(items: str, channel: str = "<title>The Harbour</title>") -> bytes:
    head = (
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
    )
    return f"{head}<channel>{channel}{items}</channel></rss>".encode()


def atom(entries: str, attributes: str = "") -> bytes:
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>The Harbour</title>'
    return f"{feed}{entries}</feed>".encode()


def read(body: bytes, content_type: str = "", charset: str | None = None) -> Document:
    document = parse(body, content_type, charset, URL)
    assert isinstance(document, Document), document
    return document


def only(body: bytes) -> Entry:
    (entry,) = read(body).entries
    return entry


async def test_every_real_feed_parses_as_its_index_says(workers: Workers) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"The real feeds are not here: {SHARED} is absent.")
    for feed in json.loads((SHARED / "index.json").read_text()):
        body = (SHARED / feed["file"]).read_bytes()
        document = await workers.parse(body, "", None, "https://example.test/feed")
        assert isinstance(document, Document), feed
        found = (document.title, len(document.entries), document.entries[0].title)
        assert found == (feed["title"], feed["entries"], feed["first_title"])


IDENTITIES = {
    "the guid as it is": ("<item><guid> tag:h,1 </guid><link>/a</link></item>", ["tag:h,1"]),
    "no guid: the link, normalised": (
        "<item><link>https://www.harbour.test/a/?utm_source=x&amp;id=1#top</link></item>",
        ["//harbour.test/a?id=1"],
    ),
    "an empty guid counts as none": ("<item><guid> </guid><link>/a</link></item>", ["//harbour.test/a"]),
    "a repeated guid touches only those that share it": (
        "<item><guid>g</guid><link>/a</link></item><item><guid>g</guid><link>/b</link></item>"
        "<item><guid>h</guid><link>/c</link></item>",
        ["g https://harbour.test/a", "g https://harbour.test/b", "h"],
    ),
}


@pytest.mark.parametrize("case", IDENTITIES.values(), ids=IDENTITIES.keys())
def test_identity(case: tuple[str, list[str]]) -> None:
    items, identities = case
    assert [entry.identity for entry in read(rss(items)).entries] == identities


def test_without_guid_and_link_title_and_date_are_the_identity() -> None:
    item = "<item><title>{}</title><pubDate>Tue, 03 Mar 2026 09:00:00 GMT</pubDate></item>"
    one, same, other = (only(rss(item.format(title))).identity for title in ("A", "A", "B"))
    assert one == same != other


def test_a_huge_guid_is_digested() -> None:
    huge = only(rss(f"<item><guid>{'x' * 9000}</guid></item>")).identity
    assert huge.startswith("digest:")
    assert len(huge) < 50


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("Tue, 03 Mar 2026 09:00:00 +0200", datetime(2026, 3, 3, 7, tzinfo=UTC)),
        ("2026-03-03T09:00:00Z", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        ("2026", None),
        ("2026-03", None),
        ("0000-01-01T00:00:00Z", None),
        ("1899-12-31T00:00:00Z", None),
        ("Mon, 01 Jan 10000 00:00:00 GMT", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_aware_or_absent(date: str, published: datetime | None) -> None:
    assert only(rss(f"<item><guid>g</guid><pubDate>{date}</pubDate></item>")).published_at == published


def test_published_is_not_updated() -> None:
    one = only(atom("<entry><id>a</id><updated>2026-03-03T09:00:00Z</updated></entry>"))
    assert one.updated_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert one.published_at is None


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("<![CDATA[A <b>bold</b> move]]>", "A bold move"),
        ("Caf&#233;\n  open", "Café open"),
        ("Evil\u202etitle\u200b", "Eviltitle"),
        ("a < b", "a < b"),
        ("", ""),
    ],
)
def test_titles_are_plain_text(title: str, shown: str) -> None:
    body = rss(f"<item><guid>g</guid><title>{title.replace('a < b', 'a &lt; b')}</title></item>")
    assert only(body).title == shown


IMAGES = {
    "media:content": '<media:content url="/m.jpg" medium="image"/>',
    "media:content without kind": '<media:content url="/m.jpg"/>',
    "media:thumbnail": '<media:thumbnail url="/m.jpg"/>',
    "enclosure": '<enclosure url="/m.jpg" type="image/jpeg" length="1"/>',
    "itunes:image": '<itunes:image href="/m.jpg"/>',
    "first img": "<description>&lt;img src='p.gif' width='1'&gt;&lt;img src='/m.jpg'&gt;</description>",
    "late img": "<description>&lt;img src='data:,' data-src='/m.jpg'&gt;</description>",
}


@pytest.mark.parametrize("markup", IMAGES.values(), ids=IMAGES.keys())
def test_images(markup: str) -> None:
    assert only(rss(f"<item><guid>g</guid>{markup}</item>")).image_url == "https://harbour.test/m.jpg"


def test_sound_is_no_image() -> None:
    item = (
        '<item><guid>g</guid><enclosure url="/a.mp3" type="audio/mpeg"/><media:content url="/v.mp4"/></item>'
    )
    assert only(rss(item)).image_url is None


def test_links_are_resolved_against_the_nearest_base() -> None:
    body = atom(
        '<entry xml:base="2026/"><id>a</id><title>A</title><link href="a.html"/></entry>'
        '<entry><id>b</id><title>B</title><link href="javascript:alert(1)"/></entry>',
        'xml:base="https://cdn.harbour.test/x/"',
    )
    assert [entry.url for entry in read(body).entries] == ["https://cdn.harbour.test/x/2026/a.html", None]


def test_content_is_not_repeated_as_description() -> None:
    one = only(atom('<entry><id>a</id><content type="html">&lt;p&gt;Hi.&lt;/p&gt;</content></entry>'))
    assert (one.summary_html, one.content_html) == ("", "<p>Hi.</p>")


def test_rss_with_both_has_both() -> None:
    item = (
        "<item><guid>g</guid><description>Short.</description><content:encoded>Long.</content:encoded></item>"
    )
    assert (only(rss(item)).summary_html, only(rss(item)).content_html) == ("Short.", "Long.")


def test_charsets() -> None:
    text = '<?xml version="1.0"?><rss version="2.0"><channel><title>Café</title></channel></rss>'
    assert read(text.encode("latin-1"), "application/rss+xml", "iso-8859-1").title == "Café"
    assert read(text.encode("utf-16")).title == "Café"
    assert read(text.encode()).title == "Café"


def json_feed(**fields: Any) -> bytes:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "H", **fields}).encode()


def test_json_feed() -> None:
    item = {
        "id": 7,
        "url": "/a",
        "title": "A",
        "content_text": "x < y\n\nNew.",
        "summary": "In short.",
        "image": "/a.png",
        "date_published": "2026-03-03T09:00:00+02:00",
        "authors": [{"name": "Ann"}, {"name": "Bo"}],
        "tags": ["port", 3, None],
    }
    document = read(
        b"\xef\xbb\xbf" + json_feed(home_page_url="/", icon="/i.png", items=[item, "no item", None])
    )
    assert (document.link, document.icon_url) == ("https://harbour.test/", "https://harbour.test/i.png")
    (one,) = document.entries
    assert one == Entry(
        identity="7",
        url="https://harbour.test/a",
        title="A",
        author="Ann, Bo",
        summary_html="In short.",
        content_html="<p>x &lt; y</p><p>New.</p>",
        published_at=datetime(2026, 3, 3, 7, tzinfo=UTC),
        image_url="https://harbour.test/a.png",
        tags=("port", "3"),
    )


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!doctype html><html><body>Hello</body></html>", "no feed"),
        (b"plain words", "no feed"),
        (b'{"version": "https://jsonfeed.org/version/1", ', "damaged"),
        (b'{"hello": 1}', "no feed"),
        (b"[" * 200_000, "no feed"),
        (b'{"version":' + b"[" * 150_000, "damaged"),
    ],
)
def test_what_is_no_feed(body: bytes, says: str) -> None:
    outcome = parse(body, "", None, URL)
    assert isinstance(outcome, Unreadable)
    assert says in outcome.sentence


def test_a_truncated_feed_keeps_what_it_has() -> None:
    items = "".join(f"<item><guid>{i}</guid><title>T{i}</title></item>" for i in range(9))
    document = read(rss(items)[:-120])
    assert [entry.title for entry in document.entries][:6] == [f"T{i}" for i in range(6)]


@pytest.mark.parametrize(
    ("link", "result"),
    [
        ("a b", "https://harbour.test/news/a%20b"),
        ("//other.test/x", "https://other.test/x"),
        ("HTTP://Other.Test:8080/X", "http://other.test:8080/X"),
        ("http://ann:hush@other.test/", "http://other.test/"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("http://", None),
        ("http://[broken", None),
        ("http://x:99999/", None),
        ("/" + "x" * 3000, None),
        (None, None),
    ],
)
def test_links(link: str | None, result: str | None) -> None:
    assert absolute(link, URL) == result


def test_spellings_of_one_address_are_equal() -> None:
    spellings = (
        "https://www.harbour.test/a/",
        "http://harbour.test/a",
        "https://harbour.test:443/a?utm_medium=rss&fbclid=1#x",
    )
    assert {comparable(spelling) for spelling in spellings} == {"//harbour.test/a"}
    assert comparable("https://harbour.test/a?id=1") != comparable("https://harbour.test/a?id=2")
    assert all(are_one(spellings[0], spelling) for spelling in spellings)
    assert not are_one("https://harbour.test/a?id=1", "https://harbour.test/a?id=2")


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("harbour.test/feed", "https://harbour.test/feed"),
        (" <https://harbour.test/> ", "https://harbour.test/"),
        ("feed://harbour.test/f", "https://harbour.test/f"),
        ("feed:http://harbour.test/f", "http://harbour.test/f"),
        ("//harbour.test", "https://harbour.test"),
        ("ftp://harbour.test", "ftp://harbour.test"),
        ("har\x00bour.test/\ud800f\n", "https://harbour.test/f"),
        ("feed://https://harbour.test/f", "https://harbour.test/f"),
        ("feed:harbour.test/f", "https://harbour.test/f"),
    ],
)
def test_addresses_as_people_write_them(written: str, address: str) -> None:
    assert as_address(written) == address


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<p>One<p>Two<br>three", ["One", "Two", "three"]),
        ("a<b>b</b>c <!-- not <p> this --> d", ["abc d"]),
        ('<img alt="a > b">x', ["x"]),
        ('<a title="never closed>x</a> <b>y</b>', ["x y"]),
        ("<script>if (a < b) {}</script>x", ["x"]),
        ("<figure>never closed", ["never closed"]),
        ("3 < 4 & 5 &gt; 4", ["3 < 4 & 5 > 4"]),
        ("<![CDATA[x]]>y", ["xy"]),
        ("", []),
    ],
)
def test_text_out_of_html(markup: str, lines: list[str]) -> None:
    assert paragraphs(markup) == lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("👨\u200d👩\u200d👧 ❤️\u200d🔥", "👨\u200d👩\u200d👧 ❤️\u200d🔥"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u200db\u200c\u2066c\u00ad", "abc"),
        ("e\u0301", "é"),
        ("z" + "\u0323" * 50, "z" + "\u0323" * 4),
        ("a\x00\x1b[31m\tb\u2028c", "a[31m b c"),
    ],
)
def test_cleaning(text: str, shown: str) -> None:
    assert clean(text) == shown.replace("z\u0323", "ẓ")


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from strings(part)


BAD = ["\ud800", "\udfff", "\x00", "\udcff\x00"]
PLACES = [
    "{}https://harbour.test/a",
    "https://harbour.test/{}",
    "https://har{}bour.test/",
    "https://harbour.test/?{}#{}",
    "{}",
]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("place", PLACES)
def test_nothing_that_cannot_be_stored_leaves_a_json_feed(bad: str, place: str) -> None:
    address, words = place.replace("{}", bad), f"Crane {bad}arrives."
    item = {
        "url": address, "external_url": address, "title": words, "summary": f"{words} So.", "image": address,
        "content_html": f'<p>{words}</p><img src="{address}">', "authors": [{"name": words}], "tags": [words, bad],
        "attachments": [{"mime_type": "image/png", "url": address}],
    }  # fmt: skip
    items = [item, {**item, "id": f"i{bad}d"}, {**item, "id": f"i{bad}d", "title": "b"}, {"title": words}]
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": words, "description": words, "icon": address,
        "home_page_url": address, "feed_url": address, "authors": [{"name": words}], "items": items,
    }  # fmt: skip
    document = parse(json.dumps(feed).encode(), "application/feed+json", None, URL)
    assert isinstance(document, Document)
    assert len(document.entries) == 4
    summaries = [tell(entry).normal for entry in document.entries]
    for text in strings([asdict(document), summaries]):
        text.encode()
        assert "\x00" not in text
    assert summaries[0] == "Crane arrives. So."


def test_nothing_that_cannot_be_stored_leaves_an_rss_feed() -> None:
    words = "Crane &amp;#0;&#xD800;&#57343;&amp;#xDFFF; &#55295;arrives."
    item = f"<item><guid>g{words}</guid><link>https://harbour.test/{words}</link><title>{words}</title>"
    item += f"<author>{words}</author><category>{words}</category><description>{words}</description></item>"
    document = parse(rss(item), "", None, URL)
    assert isinstance(document, Document)
    assert document.entries[0].title.endswith("\ud7ffarrives."), "the last one before the surrogates is kept"
    for text in strings([asdict(document), [tell(entry).normal for entry in document.entries]]):
        text.encode()
        assert "\x00" not in text


@pytest.mark.parametrize("unit", ["<a ", '<a "', "<!--", "<figure>", "<div>", "<![CDATA[", "<", "&#", ". ", ".", "!\"",
                                  "\u0301\u0316", "a\u200d", "e\u0301\u0316", "1. ", "。", "read more "])  # fmt: skip
def test_text_takes_linear_time(unit: str) -> None:
    begun = process_time()
    plain(unit * (200_000 // len(unit)))
    assert process_time() - begun < 1
