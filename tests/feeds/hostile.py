"""Documents that mean harm, made here: each trap by its name, in sizes, and mutations of good documents.

Everything is made from a seed, so that a document that once hurt can be made again by its name.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.feeds.conftest import RSS

SHARED = Path(__file__).parents[3] / "shared" / "feeds"
LARGEST = 10 << 20  # bytes: more the fetcher does not hand over

ATOM = b"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>The Harbour</title>
<entry><id>tag:h,1</id><title type="html">Ice &amp;amp; snow</title><link href="/ice"/><updated>2026-03-02T09:00:00Z</updated>
<author><name>Ann</name></author><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>It broke.</p></div>
</content></entry></feed>"""
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Harbour",
        "items": [
            {"id": 1, "url": "/a", "content_html": "<p>A</p>", "date_published": "2026-03-02T09:00:00Z"}
        ],
    }
).encode()

_ITEM = "<rss version='2.0'><channel><title>H</title><item><guid>1</guid>{}</item></channel></rss>"
_FEED = "<feed xmlns='http://www.w3.org/2005/Atom'><title>H</title><entry><id>1</id>{}</entry></feed>"
_JSON = '{{"version":"https://jsonfeed.org/version/1.1","title":"H","items":{}}}'

# One thing said again and again, in each of these places. {} is where it is said.
_PLACES = {
    "prolog": "{}" + _ITEM.format(""),
    "channel": "<rss version='2.0'><channel>{}</channel></rss>",
    "item": _ITEM,
    "title": _ITEM.format("<title>{}</title>"),
    "description": _ITEM.format("<description>{}</description>"),
    "author": _ITEM.format("<author>{}</author>"),
    "date": _ITEM.format("<pubDate>{}</pubDate>"),
    "guid": "<rss version='2.0'><channel><item><guid>{}</guid></item></channel></rss>",
    "link": _ITEM.format("<link>{}</link>"),
    "attribute": _ITEM.format("<enclosure url='{}' type='image/png'/>"),
    "tag": _ITEM.format("<title {}>x</title>"),
    "CDATA": _ITEM.format("<description><![CDATA[{}]]></description>"),
    "xhtml": _FEED.format("<content type='xhtml'><div>{}</div></content>"),
    "open": "<rss version='2.0'><channel>{}",
}
_WORDS = {
    "letters": "x",
    "words": "x y ",
    "ampersands": "&",
    "brackets": "<",
    "references": "&amp;",
    "unknown entities": "&foo;",
    "numeric references": "&#32;",
    "impossible references": "&#xD800;&#0;&#99999999;",
    "addresses": "a.",
    "at signs": "a@a.",
    "css": "&lt;p style='url(",
    "comments": "<!--",
    "escaped comments": "&lt;!--",
    "closed comments": "<!---->",
    "instructions": "<?a?>",
    "CDATA": "<![CDATA[",
    "divs": "<div>",
    "closed divs": "<b></b>",
    "escaped divs": "&lt;div&gt;",
    "items": "<item>",
    "whole items": "<item><guid>2</guid><title>T</title></item>",
    "empty items": "<item/>",
    "categories": "<category>a</category>",
    "links": "<link href='a'/>",
    "enclosures": "<enclosure url='a' type='image/x'/>",
    "quotes": "\"'",
    "a quote in a tag": '<a "',
    "newlines": "\n",
    "doctypes": "<!DOCTYPE a [",
    "entities": "<!ENTITY a 'b'>",
    "marks": "\u0301\u0316",
    "joiners": "a\u200d",
    "NULs": "\x00",
    "surrogates": "\ud800",
    "digits": "9",
    "dates": "Mon, 01 ",
    "bases": "<a xml:base='x/'>",
    "namespaces": "<a xmlns:b='c'>",
    "percents": "%00",
    "dots": "… ",
}
_MANY = ("item", "title", "description", "xhtml")  # where the largest are tried too


def _repeated(word: str, size: int) -> str:
    return word * (size // len(word.encode("utf-8", "surrogatepass")))


def _text(document: str) -> bytes:
    return document.encode("utf-8", "surrogatepass")


def _numbered(form: str, count: int) -> str:
    return "".join(form.format(n) for n in range(count))


def _bomb(levels: int, width: int) -> bytes:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * width if i else "lol"}">' for i in range(levels))
    return _text(f"<!DOCTYPE r [{entities}]><rss><channel><title>&l{levels - 1};</title></channel></rss>")


def _external(kind: str, address: str) -> bytes:
    return _text(
        f'<!DOCTYPE r [<!ENTITY {kind}x SYSTEM "{address}">{"%x;" if kind else ""}]>'
        + _ITEM.format("<title>&x;</title>")
    )


# Traps that are more than a repetition: what SAFETY's measurements were made with.
TRAPS: dict[str, Callable[[], bytes]] = {
    "entity bomb": lambda: _bomb(12, 10),
    "wide entity bomb": lambda: _bomb(3, 50_000),
    "quadratic entity": lambda: _text(f'<!DOCTYPE r [<!ENTITY a "{"x" * 50_000}">]>' + _ITEM.format("&a;" * 100_000)),
    "half a million entities": lambda: _text(f"<!DOCTYPE r [{_numbered('<!ENTITY a{} `x`>', 400_000)}]>" + _ITEM.format("&a1;")),
    "external file": lambda: _external("", "file:///etc/passwd"),
    "external address": lambda: _external("", "http://127.0.0.1:1/"),
    "external parameter": lambda: _external("% ", "file:///etc/passwd"),
    "external subset": lambda: _text('<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x.dtd">' + _ITEM.format("<title>&x;</title>")),
    "inclusion": lambda: _text(_ITEM.format('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>')),
    "stylesheet": lambda: _text('<?xml-stylesheet type="text/xsl" href="file:///etc/passwd"?>' + _ITEM.format("")),
    "32,000 attributes": lambda: _text(_ITEM.format(f"<title {_numbered(' a{}=`1`', 32_000).replace('`', chr(39))}>x</title>")),
    "tags of 500 attributes": lambda: _text(_ITEM.format(f"<title {_numbered(' a{}=`1`', 500).replace('`', chr(39))}>x</title>" * 1_800)),
    "tags of 99 attributes": lambda: _text(_ITEM.format(f"<title {_numbered(' a{}=`1`', 99).replace('`', chr(39))}>x</title>" * 11_000)),
    "100,000 namespaces": lambda: _text(f"<rss {_numbered(' xmlns:a{}=`u{}`'.replace('{}`', '`'), 100_000).replace('`', chr(39))}><channel/></rss>"),
    "200,000 items": lambda: _text(f"<rss version='2.0'><channel>{_numbered('<item><guid>{}</guid></item>', 200_000)}</channel></rss>"),
    "an author in pieces": lambda: _text(_ITEM.format(f"<author>{'a.<!-- -->' * 30_000}</author>")),
    "an author in tags": lambda: _text(_ITEM.format(f"<author>{'a.<b/>' * 19_000}</author>")),
    "an author in sections": lambda: _text(_ITEM.format(f"<author>{'<![CDATA[a.]]>' * 30_000}</author>")),
    "tags in one word": lambda: _text(_ITEM.format(f"<tags>{_numbered('{},', 1_000_000)}</tags>")),
    "distinct categories": lambda: _text(_ITEM.format(_numbered("<category>{}</category>", 300_000))),
    "base64": lambda: _text(_FEED.format(f"<content type='a/b' mode='base64'>{'QUFB' * 2_000_000}</content>")),
    "pictures in nested divs": lambda: _text("<feed xmlns='http://www.w3.org/2005/Atom'>" + _numbered(f"<entry><id>{{}}</id><content type='html'><![CDATA[{'<div>' * 50_000}<img src=''>]]></content></entry>", 38) + "</feed>"),
    "years of many digits": lambda: _text(_ITEM.format(f"<pubDate>{'9' * 9}-01-01T00:00:00Z</pubDate>")),
    "a duration": lambda: _text(_ITEM.format(f"<itunes:duration>{'9' * 5_000}</itunes:duration>")),
    "a date of a megabyte": lambda: _text(_ITEM.format(f"<pubDate>{'2026-01-' * 130_000}</pubDate>")),
    "a hungarian date": lambda: _text(_ITEM.format(f"<pubDate>2026-{'x' * 3_000_000}</pubDate>")),
    "blank lines before the root": lambda: b"<?xml version='1.0'?>" + b"\n" * 8_000_000 + RSS,
    "false charset": lambda: RSS.replace(b'"utf-8"', b'"no-such-charset"'),
    "UTF-7": lambda: RSS.replace(b'"utf-8"', b'"utf-7"').replace(b"Crane", b"+ADw-script+AD4-"),
    "punycode": lambda: (RSS.replace(b'"utf-8"', b'"punycode"') + b"-" + b"a" * 2_000_000),
    "idna": lambda: (RSS.replace(b'"utf-8"', b'"idna"') + b"a." * 1_000_000),
    "rot13": lambda: RSS.replace(b'"utf-8"', b'"rot13"'),
    "UTF-16 in name only": lambda: RSS.replace(b'"utf-8"', b'"utf-16"'),
    "UTF-16, odd": lambda: RSS.decode().encode("utf-16")[:-1],
    "UTF-16 of surrogates": lambda: b"\xff\xfe" + b"\x00\xd8" * 2_000_000,
    "UTF-32": lambda: RSS.decode().encode("utf-32"),
    "EBCDIC": lambda: RSS.decode().encode("cp037"),
    "invalid UTF-8": lambda: RSS.replace(b"Crane", b"\xff\xc0\x80\xed\xa0\x80" * 500_000),
    "two roots": lambda: RSS + RSS,
    "a feed in a feed": lambda: RSS.replace(b"<item>", RSS[39:] + b"<item>", 1),
    "only a mark": lambda: b"\xef\xbb\xbf",
    "a path": lambda: b"/etc/passwd",
    "an address": lambda: b"file:///etc/passwd",
    "random bytes": lambda: random.Random(7).randbytes(1 << 20),
    "JSON nesting": lambda: _text(_JSON.format("[" * 5_000_000)),
    "JSON objects in objects": lambda: _text(_JSON.format('{"a":' * 1_000_000)),
    "JSON with a huge number": lambda: _text(_JSON.format('[{"id":' + "9" * 5_000_000 + "}]")),
    "JSON with a large number": lambda: _text(_JSON.format('[{"id":' + "9" * 4_000 + ',"title":1e999}]')),
    "JSON with millions of items": lambda: _text(_JSON.format("[" + "{}," * 2_500_000 + "{}]")),
    "JSON with millions of lists": lambda: _text(_JSON.format('[{"tags":[' + "[]," * 2_500_000 + "[]]}]")),
    "JSON with millions of keys": lambda: _text(_JSON.format("[{" + _numbered('"{}":1,', 800_000).replace("{{", "{") + '"a":1}]')),
    "JSON with one key again and again": lambda: _text(_JSON.format("[{" + '"id":1,' * 1_000_000 + '"id":2}]')),
    "JSON with surrogates": lambda: _text(_JSON.format(r'[{"id":"\ud800","title":"\udfff\u0000","url":"https://a.test/\ud800"}]')),
    "JSON with many authors": lambda: _text(_JSON.format('[{"authors":[' + '{"name":"a"},' * 600_000 + '{"name":"b"}]}]')),
    "JSON with NaN": lambda: _text(_JSON.format('[{"id":NaN,"date_published":Infinity}]')),
    "JSON with a huge title": lambda: _text(_JSON.format('[{"title":"' + "&amp;" * 1_900_000 + '"}]')),
    "JSON in UTF-16": lambda: JSON.decode().encode("utf-16"),
}  # fmt: skip


def traps() -> Iterator[tuple[str, bytes]]:
    """Every trap with its name, none above what a fetch lets through."""
    for name, make in TRAPS.items():
        yield name, make()[:LARGEST]
    yield from repetitions(large=True)


def repetitions(large: bool) -> Iterator[tuple[str, bytes]]:
    """One thing said again and again, in every place; where asked, also in the largest size."""
    for place, document in _PLACES.items():
        for word, again in _WORDS.items():
            sizes = (64_000, LARGEST - 1_000) if large and place in _MANY else (64_000,)
            for size in sizes:
                yield (
                    f"{word} in {place}, {size:,} bytes",
                    _text(document.replace("{}", _repeated(again, size))),
                )


def sound() -> list[bytes]:
    """Good documents to be spoilt: our own, and the real ones where they are at hand."""
    own = [RSS, ATOM, JSON]
    real = sorted(SHARED.glob("*.*")) if SHARED.is_dir() else []
    return own + [path.read_bytes() for path in real if path.name not in ("index.json", "README.md")]


def mutations(count: int, seed: int, bodies: list[bytes]) -> Iterator[bytes]:
    """That many spoilt documents, each a few changes away from one of these; large ones are shortened first."""
    chance = random.Random(seed)
    tokens = [word.encode("utf-8", "surrogatepass") for word in _WORDS.values()]
    tokens += [
        b"]]>",
        b"-->",
        b"</item>",
        b"</channel>",
        b"<entry>",
        b"xml:base='::'",
        b"type='xhtml'",
        b"\xff",
        b"{}",
        b"[",
        b"null",
    ]
    for _ in range(count):
        body = chance.choice(bodies)
        start = chance.randrange(max(1, len(body) - 8_000))
        spoilt = bytearray(body[:600] + body[max(600, start) : start + 6_000] + body[-200:])
        for _ in range(chance.randrange(1, 8)):
            _spoil(spoilt, chance, tokens)
        yield bytes(spoilt)


def _spoil(body: bytearray, chance: random.Random, tokens: list[bytes]) -> None:
    at = chance.randrange(len(body) + 1)
    length = chance.randrange(1, 200)
    match chance.randrange(7):
        case 0:
            body[at : at + 1] = chance.randbytes(1)
        case 1:
            del body[at : at + length]
        case 2:
            body[at:at] = body[at : at + length] * chance.randrange(1, 4)
        case 3:
            body[at:at] = chance.choice(tokens) * chance.randrange(1, 20)
        case 4:
            other = chance.randrange(len(body) + 1)
            body[at : at + length] = body[other : other + length]
        case 5:  # a name becomes another one
            found = body.find(b"<", at)
            body[found + 1 : found + 3] = chance.choice(tokens)[:2]
        case _:  # a number becomes impossible
            for place in range(at, min(at + length, len(body))):
                if 48 <= body[place] < 58:
                    body[place] = chance.choice(b"0129")
    if not body:
        body += b"<"
