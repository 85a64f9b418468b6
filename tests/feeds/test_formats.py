"""Every format, charset and oddity of real feeds as a small document, with the entries it must give."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.feeds.cut import MARK_BYTES, cut
from bot.feeds.items import MAX_ENTRIES
from bot.feeds.model import Document
from bot.feeds.parse import parse

SHARED = Path(__file__).parents[3] / "shared" / "feeds"
URL = "https://harbour.test/news/feed.xml"
NINE = datetime(2026, 3, 3, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A document as it is sent, and the fields that its entries must have, in their order."""

    body: bytes
    entries: list[dict[str, Any]]
    content_type: str = ""
    charset: str | None = None


def rss(items: str, *, prolog: str = "", more: str = "") -> bytes:
    spaces = (
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:atom="http://www.w3.org/2005/Atom"'
    )
    return (
        f'{prolog}<rss version="2.0" {spaces}><channel><title>H</title>{more}{items}</channel></rss>'.encode()
    )


def item(markup: str) -> bytes:
    return rss(f"<item><guid>g</guid>{markup}</item>")


def atom(entries: str, attributes: str = "") -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>H</title>{entries}</feed>'.encode()


def jsonfeed(*items: object, version: str = "1.1", **fields: object) -> bytes:
    feed = {"version": f"https://jsonfeed.org/version/{version}", "title": "H", "items": items, **fields}
    return json.dumps(feed).encode()


def written(text: str, charset: str, declared: str | None = None) -> bytes:
    """A feed whose title is this text, in a charset, with a declaration of another where one is named."""
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f"{declaration}<rss version='2.0'><channel><item><guid>g</guid><title>{text}</title></item></channel></rss>".encode(
        charset
    )


FORMATS = {
    "RSS 0.90": Case(
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">'
        b"<channel><title>H</title></channel><item><title>A</title><link>http://h.test/a</link></item></rdf:RDF>",
        [{"identity": "//h.test/a", "title": "A", "url": "http://h.test/a"}],
    ),
    "RSS 0.91 with its doctype": Case(
        b'<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
        b'<rss version="0.91"><channel><title>H</title><item><title>Caf&eacute;</title><link>http://h.test/a</link></item></channel></rss>',
        [{"identity": "//h.test/a", "title": "Café"}],
    ),
    "RSS 0.92": Case(
        b'<rss version="0.92"><channel><item><description>Words alone.</description><link>/a</link></item></channel></rss>',
        [{"identity": "//harbour.test/a", "title": "", "summary_html": "Words alone."}],
    ),
    "RSS 1.0": Case(
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        b'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="http://h.test/"><title>H</title></channel>'
        b'<item rdf:about="http://h.test/a#1"><title>A</title><link>http://h.test/a</link><dc:creator>Ann</dc:creator>'
        b"<dc:date>2026-03-03T10:00:00+01:00</dc:date><dc:subject>Port</dc:subject></item></rdf:RDF>",
        [{"identity": "http://h.test/a#1", "title": "A", "author": "Ann", "updated_at": NINE, "tags": ("Port",)}],
    ),
    "RSS 2.0 with content:encoded": Case(
        item("<description>Short.</description><content:encoded><![CDATA[<p>Long.</p>]]></content:encoded>"),
        [{"summary_html": "Short.", "content_html": "<p>Long.</p>"}],
    ),
    "dc:creator": Case(item("<dc:creator>Ann</dc:creator>"), [{"author": "Ann"}]),
    "an author's address": Case(item("<author>ann@h.test (Ann)</author>"), [{"author": "Ann"}]),
    "an address before brackets": Case(item("<author>Ann (Lee) &lt;ann@h.test&gt;</author>"), [{"author": "Ann (Lee)"}]),
    "nobody's address": Case(item("<author>webmaster@h.test</author>"), [{"author": None}]),
    "a name in brackets": Case(item("<dc:creator>Ann (Lee)</dc:creator>"), [{"author": "Ann (Lee)"}]),
    "media:group": Case(
        item('<media:group><media:content url="/v.mp4" type="video/mp4"/><media:thumbnail url="/t.jpg"/></media:group>'),
        [{"image_url": "https://harbour.test/t.jpg"}],
    ),
    "itunes": Case(
        item('<itunes:author>Ann</itunes:author><itunes:duration>12:34</itunes:duration><itunes:image href="/i.jpg"/>'
             '<itunes:episode>4</itunes:episode><enclosure url="/a.mp3" type="audio/mpeg" length="9"/>'),
        [{"author": "Ann", "image_url": "https://harbour.test/i.jpg"}],
    ),
    "Atom 0.3": Case(
        b'<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>H</title><entry><title>A</title><id>tag:h,1</id>'
        b'<link rel="alternate" type="text/html" href="http://h.test/a"/><issued>2026-03-03T09:00:00Z</issued>'
        b'<content type="text/html" mode="escaped">&lt;p&gt;Hi.&lt;/p&gt;</content></entry></feed>',
        [{"identity": "tag:h,1", "url": "http://h.test/a", "published_at": NINE, "content_html": "<p>Hi.</p>"}],
    ),
    "Atom 1.0 with xhtml": Case(
        atom('<entry><id>a</id><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <b>b</b></div></title>'
             '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hi.</p></div></content></entry>'),
        [{"title": "A b", "content_html": "<p>Hi.</p>"}],
    ),
    "Atom content elsewhere": Case(
        atom('<entry><id>a</id><title>A</title><content src="/a.pdf" type="application/pdf"/><link href="/a"/></entry>'),
        [{"identity": "a", "url": "https://harbour.test/a", "content_html": ""}],
    ),
    "Atom with a prefix": Case(
        b'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>a</a:id><a:title>A</a:title></a:entry></a:feed>',
        [{"identity": "a", "title": "A"}],
    ),
    "Atom's links of several kinds": Case(
        atom('<entry><id>a</id><link rel="self" href="/self"/><link rel="replies" href="/r"/><link rel="alternate" href="/a"/></entry>'),
        [{"url": "https://harbour.test/a"}],
    ),
    "JSON Feed 1.0": Case(
        jsonfeed({"id": "1", "url": "/a", "title": "A", "author": {"name": "Ann"}}, version="1"),
        [{"identity": "1", "url": "https://harbour.test/a", "author": "Ann"}],
    ),
    "JSON Feed 1.1": Case(
        jsonfeed({"id": "1", "content_html": "<p>A</p>", "authors": [{"name": "Ann"}, {"name": "Bo"}]}),
        [{"author": "Ann, Bo", "content_html": "<p>A</p>"}],
    ),
    "JSON Feed as UTF-16": Case(jsonfeed({"id": "1", "title": "Käfer"}).decode().encode("utf-16"), [{"title": "Käfer"}]),
    "JSON Feed as text/html": Case(jsonfeed({"id": "1"}), [{"identity": "1"}], "text/html", "iso-8859-1"),
}  # fmt: skip

TEXTS = {
    "windows-1251": "Кран прибыл", "windows-1252": "Über “Kräne” €", "shift_jis": "クレーン到着", "gb18030": "起重机到了",
    "gbk": "联通", "big5": "起重機到了", "koi8-r": "Кран прибыл", "euc-kr": "크레인 도착", "euc-jp": "クレーン", "iso-2022-jp": "クレーン",
    "iso-8859-1": "Kräne", "iso-8859-2": "Žluťoučký", "iso-8859-5": "Кран", "iso-8859-7": "Γερανός", "iso-8859-9": "Vinç ğı",
    "iso-8859-15": "5 €", "windows-1250": "Žeriav", "windows-1256": "رافعة", "tis-620": "เครน", "utf-8": "Kräne クレーン",
}  # fmt: skip
CHARSETS = {
    **{f"{name}, declared in the document": Case(written(text, name, name), [{"title": text}]) for name, text in TEXTS.items()},
    **{f"{name}, declared by the server": Case(written(text, name), [{"title": text}], "text/xml", name) for name, text in TEXTS.items()},
    **{f"UTF-8, declared as {name}": Case(written("Kräne für Fischöfen und Zöllner 起重機到了", "utf-8", name), [{"title": "Kräne für Fischöfen und Zöllner 起重機到了"}])
       for name in ("iso-8859-1", "us-ascii", "windows-1251", "shift_jis", "gb2312", "utf-16", "utf-7", "none-such", "punycode", "rot13")},
    **{f"UTF-8, served as {name}": Case(written("Kräne", "utf-8", "utf-8"), [{"title": "Kräne"}], "text/xml", name)
       for name in ("iso-8859-1", "us-ascii", "none-such")},
    "UTF-8 as text/plain": Case(written("Kräne", "utf-8"), [{"title": "Kräne"}], "text/plain"),
    "windows-1252 as UTF-8": Case(written("Kräne “da”", "windows-1252", "utf-8"), [{"title": "Kräne “da”"}]),
    "windows-1252 as iso-8859-1": Case(written("“da”", "windows-1252", "iso-8859-1"), [{"title": "“da”"}]),
    "undeclared windows-1252": Case(written("Kräne “da”", "windows-1252"), [{"title": "Kräne “da”"}]),
    "one damaged character": Case(written("Käfer über Öl ?", "utf-8").replace(b"?", b"\xff"), [{"title": "Käfer über Öl \ufffd"}]),
    "UTF-16, little end first": Case(b"\xff\xfe" + written("Kräne", "utf-16-le", "utf-16"), [{"title": "Kräne"}]),
    "UTF-16, big end first": Case(b"\xfe\xff" + written("Kräne", "utf-16-be", "utf-16"), [{"title": "Kräne"}]),
    "UTF-16 without its mark": Case(written("Kräne", "utf-16-le", "utf-16"), [{"title": "Kräne"}]),
    "UTF-16, big, without its mark": Case(written("Kräne", "utf-16-be"), [{"title": "Kräne"}]),
    "UTF-32": Case(written("Kräne", "utf-32", "utf-32"), [{"title": "Kräne"}]),
    "UTF-8 with its mark": Case(written("Kräne", "utf-8-sig", "utf-8"), [{"title": "Kräne"}]),
    "UTF-7 is refused": Case(written("+ADw-b+AD4-", "ascii", "utf-7"), [{"title": "+ADw-b+AD4-"}]),
}  # fmt: skip

WARNING = b"<br />\n<b>Warning</b>: Cannot modify header in <b>/x.php</b> on line 3<br />\n"
ODD = {
    "blank lines before": Case(b"\n \r\n" + item("<title>A</title>"), [{"title": "A"}]),
    "blank lines before the declaration": Case(b"\n\n<?xml version='1.0'?>" + item("<title>A</title>"), [{"title": "A"}]),
    "a mark and blank lines": Case(b"\xef\xbb\xbf\n<?xml version='1.0'?>" + item("<title>A</title>"), [{"title": "A"}]),
    "PHP's warnings before": Case(WARNING + b"<?xml version='1.0'?>" + item("<title>A</title>"), [{"title": "A"}]),
    "words behind": Case(item("<title>A</title>") + b"<!-- cached --><script>x</script>", [{"title": "A"}]),
    "undeclared entities": Case(item("<title>A&nbsp;caf&eacute;&hellip; &bogus;</title>"), [{"title": "A café… &bogus;"}]),
    "declared entities": Case(rss("<item><guid>g</guid><title>&me;</title></item>", prolog='<!DOCTYPE rss [\n<!ENTITY me "Ann">\n]>'), [{"title": "Ann"}]),
    "bare ampersands": Case(item("<title>Fish & chips</title><link>/a?b=1&c=2</link>"), [{"title": "Fish & chips", "url": "https://harbour.test/a?b=1&c=2"}]),
    "a bare bracket": Case(item("<title>3 < 4</title>"), [{"title": "3 < 4"}]),
    "control characters": Case(item("<title>A\x00\x08\x0b\x1fB</title>"), [{"title": "AB"}]),
    "references to control characters": Case(item("<title>A&#0;&#x1F;&#xFFFE;B</title>"), [{"title": "AB"}]),
    "impossible references": Case(item("<title>A&#99999999;&#x110000;&#9999999;B</title>"), [{"title": "AB"}]),
    "cut off in an entry": Case(rss("<item><guid>1</guid><title>A</title></item><item><title>B</title>")[:-16], [{"identity": "1"}]),
    "cut off between entries": Case(rss("<item><guid>1</guid><title>A</title></item>")[:-16], [{"identity": "1"}]),
    "cut off in a character": Case(rss("<item><guid>1</guid><title>Käfer über Öl</title></item><item>ä")[:-17], [{"title": "Käfer über Öl"}]),
    "upper case": Case(b"<RSS version='2.0'><CHANNEL><ITEM><GUID>g</GUID><TITLE>A</TITLE></ITEM></CHANNEL></RSS>", [{"title": "A"}]),
    "an undeclared prefix": Case(b"<rss version='2.0'><channel><item><guid>g</guid><foo:bar>x</foo:bar><title>A</title></item></channel></rss>", [{"title": "A"}]),
    "crossed tags": Case(item("<description><b><i>x</b></i></description><title>A</title>"), [{"identity": "g"}]),
    "comments": Case(item("<!-- a & b <c> --><title>A</title>"), [{"title": "A"}]),
    "markup in a title": Case(item("<title><![CDATA[A <b>bold</b> <script>x</script>move]]></title>"), [{"title": "A bold move"}]),
    "escaped twice": Case(item("<title>Fish &amp;amp; chips &amp;#8211; &amp;quot;now&amp;quot;</title>"), [{"title": "Fish & chips – \"now\""}]),
    "a relative link": Case(item("<link>../a</link>"), [{"url": "https://harbour.test/a"}]),
    "a link with a blank": Case(item("<link> /a b </link>"), [{"url": "https://harbour.test/a%20b"}]),
    "a link in CDATA": Case(item("<link><![CDATA[/a?b=1&c=2]]></link>"), [{"url": "https://harbour.test/a?b=1&c=2"}]),
    "atom:link in RSS": Case(item('<atom:link rel="self" href="/self"/><link>/a</link>'), [{"url": "https://harbour.test/a"}]),
    "a guid that is a link": Case(rss("<item><guid>https://h.test/a</guid></item>"), [{"url": "https://h.test/a", "identity": "https://h.test/a"}]),
    "a guid that is declared a link": Case(rss('<item><guid isPermaLink="true">https://h.test/a</guid></item>'), [{"url": "https://h.test/a"}]),
    "a guid that is no link": Case(rss('<item><guid isPermaLink="false">https://h.test/a</guid></item>'), [{"url": None, "identity": "https://h.test/a"}]),
    "a guid beside a link": Case(rss("<item><guid>https://h.test/?p=1</guid><link>https://h.test/a</link></item>"), [{"url": "https://h.test/a", "identity": "https://h.test/?p=1"}]),
    "an empty guid": Case(rss("<item><guid/><link>/a</link></item>"), [{"identity": "//harbour.test/a"}]),
    "repeated guids": Case(
        rss("<item><guid>g</guid><link>/a</link></item><item><guid>g</guid><link>/b</link></item><item><guid>h</guid></item>"),
        [{"identity": "g https://harbour.test/a"}, {"identity": "g https://harbour.test/b"}, {"identity": "h"}],
    ),
    "no title": Case(item("<description>Words.</description>"), [{"title": "", "summary_html": "Words."}]),
    "no entries": Case(rss(""), []),
}  # fmt: skip

DATES = {
    "RFC 822": ("Tue, 03 Mar 2026 09:00:00 GMT", NINE),
    "RFC 822 with a zone": ("Tue, 03 Mar 2026 04:00:00 EST", NINE),
    "RFC 822 with the wrong weekday": ("Fri, 03 Mar 2026 09:00:00 +0000", NINE),
    "RFC 822 without a weekday": ("3 Mar 2026 09:00 GMT", NINE),
    "RFC 822 with a short year": ("Tue, 03 Mar 26 09:00:00 GMT", NINE),
    "RFC 822 with a long month": ("Tue, 03 March 2026 09:00:00 GMT", NINE),
    "ISO": ("2026-03-03T09:00:00Z", NINE),
    "ISO with fractions": ("2026-03-03T10:00:00.123+01:00", NINE),
    "ISO without a zone": ("2026-03-03T09:00:00", NINE),
    "ISO with a blank": ("2026-03-03 09:00:00", NINE),
    "a day alone": ("2026-03-03", datetime(2026, 3, 3, tzinfo=UTC)),
    "C's": ("Tue Mar  3 09:00:00 2026", NINE),
    "ISO in short": ("20260303T090000Z", NINE),
    "an ISO week": ("2026-W10-2", datetime(2026, 3, 3, tzinfo=UTC)),
    "Greek": ("Πεμ, 03 Σεπ 2026 09:00:00 GMT", datetime(2026, 9, 3, 9, tzinfo=UTC)),
    "ISO with slashes": ("2026/03/03 09:00", NINE),
    "a form that nobody knows": ("2026년 03월 03일 18:00:00", None),
    "the future": ("Tue, 03 Mar 2093 09:00:00 GMT", datetime(2093, 3, 3, 9, tzinfo=UTC)),
    "year 0": ("0000-03-03T09:00:00Z", None),
    "year 10000": ("Mon, 03 Mar 10000 09:00:00 GMT", None),
    "a 31st of February rolls on": ("2026-02-31T09:00:00Z", NINE),
    "a month alone": ("2026-03", None),
    "a month of words": ("2026-xyz", None),
    "an impossible month": ("2026-99-99", None),
    "words": ("last Tuesday", None),
    "nothing": ("", None),
}


def check(case: Case) -> None:
    document = parse(case.body, case.content_type, case.charset, URL)
    assert isinstance(document, Document), document
    found = [
        {name: getattr(entry, name) for name in wanted}
        for entry, wanted in zip(document.entries, case.entries, strict=True)
    ]
    assert found == case.entries


@pytest.mark.parametrize("case", FORMATS.values(), ids=FORMATS.keys())
def test_formats(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", CHARSETS.values(), ids=CHARSETS.keys())
def test_charsets(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", ODD.values(), ids=ODD.keys())
def test_what_real_feeds_do_wrong(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(("date", "published"), DATES.values(), ids=DATES.keys())
def test_dates(date: str, published: datetime | None) -> None:
    check(Case(item(f"<pubDate>{date}</pubDate>"), [{"published_at": published}]))


def two(case: Case) -> bytes:
    """The document with another entry before the first, so that what was cut out is not all there is."""
    first = next(at for at in (case.body.find(b"<item>"), case.body.find(b"<entry>")) if at >= 0)
    if case.body[first + 1 :].startswith(b"item"):
        other = b"<item><guid>other</guid><title>Other</title></item>"
    else:
        other = b"<entry><id>other</id><title>Other</title></entry>"
    return case.body[:first] + other + case.body[first:]


CUT = {
    name: case
    for name, case in {**FORMATS, **CHARSETS, **ODD}.items()
    if (b"<item>" in case.body or b"<entry>" in case.body) and case.entries and cut(two(case), MAX_ENTRIES)
}


def check_cut(body: bytes, content_type: str = "", charset: str | None = None) -> int:
    """Read each entry alone, the others being known; answers how many there were."""
    whole = parse(body, content_type, charset, URL)
    assert isinstance(whole, Document)
    marks = [whole.marks[at : at + MARK_BYTES] for at in range(0, len(whole.marks), MARK_BYTES)]
    for n, entry in enumerate(whole.entries if marks else ()):
        others = b"".join(marks[:n] + marks[n + 1 :])
        alone = parse(body, content_type, charset, URL, seen=others)
        assert isinstance(alone, Document)
        assert alone.entries == (entry,)
    return len(marks)


@pytest.mark.parametrize("case", CUT.values(), ids=CUT.keys())
def test_what_is_cut_out_reads_as_in_the_whole(case: Case) -> None:
    assert check_cut(two(case), case.content_type, case.charset) > 1


def test_most_situations_can_be_cut() -> None:
    assert len(CUT) > 80


def test_every_real_feed_reads_as_its_index_says_and_the_same_when_cut() -> None:
    if not SHARED.is_dir():
        pytest.skip(f"The real feeds are not here: {SHARED} is absent.")
    for feed in json.loads((SHARED / "index.json").read_text()):
        body = (SHARED / feed["file"]).read_bytes()
        whole = parse(body, "", None, URL)
        assert isinstance(whole, Document), feed
        found = (whole.title, len(whole.entries), whole.entries[0].title)
        assert found == (feed["title"], feed["entries"], feed["first_title"])
        assert all(entry.published_at or entry.updated_at for entry in whole.entries), feed["file"]
        if whole.marks:
            half = len(whole.entries) // 2
            new = parse(body, "", None, URL, seen=whole.marks[half * MARK_BYTES :])
            assert isinstance(new, Document)
            assert new.entries == whole.entries[:half], feed["file"]
