"""What is made quick for the plain case answers what the long way does, on good documents and on spoilt ones."""

from __future__ import annotations

import json
import random
import re
import xml.sax
import xml.sax.handler
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest
from feedparser.api import StrictFeedParser

from bot.feeds import cut, xmlfeed
from bot.feeds.bounded import Parsed
from bot.feeds.charset import decode
from bot.feeds.jsonfeed import looks_like_json
from bot.feeds.links import absolute
from bot.feeds.model import Document
from bot.feeds.page import first_image
from bot.feeds.parse import parse
from bot.feeds.strict import StrictParser
from bot.feeds.text import paragraphs
from tests.feeds.hostile import mutations, sound

SHARED = Path(__file__).parents[3] / "shared" / "feeds"
URL = "https://harbour.test/feed"
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# What feedparser treats in its own ways: names, namespaces and bases that are seldom used.
ODD = b"""<rss version="2.0" xml:base="https://harbour.test/b/" xml:lang="en_GB" xmlns:x="urn:x" xmlns:s="urn:s"
    xmlns:Dc="http://purl.org/dc/elements/1.1/" xmlns:l="http://www.w3.org/1999/xlink"
    xmlns:CC="http://backend.userland.com/creativeCommonsRssModule" xmlns:media="http://search.yahoo.com/mrss/"
    xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:u="http://backend.userland.com/rss2"><channel>
  <title>A &amp;lt;b&gt; </title><image><title>I</title><url>i.png</url></image><textInput><name>q</name></textInput>
  <item>
    <GUID isPermaLink="TRUE">a</GUID><link>https:////harbour.test/a?b=1&amp;c=2</link><Dc:Creator>Ann</Dc:Creator>
    <x:Foo x:Bar="1" REL="Self">y</x:Foo><s:lost a="b">z</s:lost><u:title>U</u:title><l:x l:href="h">v</l:x>
    <CC:license>https://harbour.test/l</CC:license><media:content url="a.jpg" type="image/jpeg"/>
    <title xml:base="c/" type="html">T</title><description><![CDATA[<p>a</p>]]></description>
    <description>b</description><content:encoded xml:lang="">c</content:encoded><date>2026-01-02</date>
    <category domain="d">e</category><category domain="d">e</category>
    <h:body xmlns:h="http://www.w3.org/1999/xhtml"><h:p a='"'>f<h:br/></h:p></h:body>
  </item>
  <item>
    <title>&#8220;curly&#8221; caf\xc3\x83\xc2\xa9</title><guid>2</guid>
    <svg xmlns="http://www.w3.org/2000/svg"><title>s</title></svg><source url="s"><title>S</title></source>
    <pubDate>Fri, 02 Jan 2026 06:00:00 +0000</pubDate><language></language>
  </item>
</channel></rss>"""


def documents() -> list[bytes]:
    good = [ODD, *sound()]
    return [*good, *mutations(1_500, 11, good)]


def plain(value: Any) -> Any:
    """Dictionaries as pairs in their order: feedparser's own compare by more names than they hold."""
    if isinstance(value, dict):
        return [(key, plain(dict.__getitem__(value, key))) for key in value]
    return [plain(one) for one in value] if isinstance(value, list) else value


def ours(document: bytes) -> Any:
    return found_by(parser := StrictParser(), lambda: parser.read(document))


def feedparsers(document: bytes) -> Any:
    """As `feedparser.parse` drives it, with links and markup left as they are."""
    parser = StrictFeedParser("", None, "utf-8")
    parser.resolve_relative_uris = parser.sanitize_html = False
    reader = xml.sax.make_parser()
    reader.setFeature(xml.sax.handler.feature_namespaces, 1)
    reader.setContentHandler(parser)
    reader.setErrorHandler(parser)
    source = xml.sax.xmlreader.InputSource()
    source.setByteStream(BytesIO(document))
    source.setEncoding("utf-8")
    return found_by(parser, lambda: reader.parse(source))


def found_by(parser: StrictFeedParser, read: Callable[[], object]) -> Any:
    """What was found, if need be up to a mistake, and what was raised over that."""
    raised = None
    try:
        read()
    except Exception as error:
        raised = type(error)
    return raised, plain([parser.version, parser.feeddata, parser.entries, parser.namespaces_in_use])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_strict_parser_finds_what_feedparsers_own_finds() -> None:
    assert ours(ODD)[0] is None
    for body in documents():
        document = decode(body).encode("utf-8", "replace")
        assert ours(document) == feedparsers(document), body


def by_feedparser(text: str, _: int) -> Parsed:
    """As `feedparser.parse` reads it, which has the parser and the rules for documents that are no XML to itself."""
    found = feedparser.parse(
        BytesIO(DECLARATION.sub("", text).encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return Parsed(found.version, own(found.feed), own(found.entries))


def own(value: Any) -> Any:
    """Without feedparser's second names for keys."""
    if isinstance(value, dict):
        return {key: own(dict.__getitem__(value, key)) for key in value}
    return [own(one) for one in value] if isinstance(value, list) else value


def test_entries_of_real_feeds_whole_and_alone_are_feedparsers(monkeypatch: pytest.MonkeyPatch) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"The real feeds are not here: {SHARED} is absent.")
    alone = 0
    for feed in json.loads((SHARED / "index.json").read_text()):
        body = (SHARED / feed["file"]).read_bytes()
        if looks_like_json(body, ""):
            continue
        with monkeypatch.context() as patched:
            patched.setattr(xmlfeed, "parse", by_feedparser)
            wanted = xmlfeed.read(body, None, URL)
        whole = parse(body, "", None, URL)
        assert isinstance(wanted, Document)
        assert isinstance(whole, Document)
        assert whole.entries == wanted.entries, feed["file"]
        marks = [whole.marks[at : at + cut.MARK_BYTES] for at in range(0, len(whole.marks), cut.MARK_BYTES)]
        for place in range(min(len(marks), 8)):
            news = parse(body, "", None, URL, b"".join(marks[:place] + marks[place + 1 :]))
            assert isinstance(news, Document)
            assert news.entries == wanted.entries[place : place + 1], (feed["file"], place)
            alone += 1
    assert alone > 50


def test_entries_told_by_one_pattern_are_those_told_by_their_tokens() -> None:
    plain_ones = 0
    for body in documents():
        quick = cut._plain_spans(body)
        if not quick:
            continue
        plain_ones += 1
        slow = cut._spans(body)
        assert slow is not None, body
        assert [span[:2] for span in quick] == [span[:2] for span in slow], body
        for (start, end, _, name), (_, _, guid, _) in zip(quick, slow, strict=True):
            entry = body[start:end]
            assert (name or cut._name(entry, 0)) == cut._name(entry, guid), entry
    assert plain_ones > 20


PARTS = """
    text & &amp; <p> </p> <p_class="x"> <a_href='y'> </a> <b> </b> <h2> <li> <br/> <table> <td> <template> <svg>
    <select> <title> <!-- --> <noscript> <frameset> <img_src="1.png"> <img_src='2.png'/> <img_src="3.png"_src="4.png">
    <img_SRC="5.png"> <img_width="1"_src="6.png"> <img_src="a&amp;b.png"> <img_src="data:q"_data-src="7.png">
    <img_src> <img_src=8.png> <img_src="9.png"alt=""> <img_alt=">"_src="https://harbour.test/10.png">
    <image_src="11.png">
"""


def test_a_picture_found_without_a_tree_is_the_one_in_the_tree() -> None:
    chance = random.Random(3)
    parts = PARTS.replace("_", "\t").split(" ")
    for _ in range(5_000):
        markup = "".join(chance.choices(parts, k=chance.randrange(1, 7)))
        in_tree = first_image(markup + " " * 30_000, "https://harbour.test/a/")  # too long for the short way
        assert first_image(markup, "https://harbour.test/a/") == in_tree, markup


def test_what_a_missing_quote_hides_is_only_its_tag() -> None:
    assert paragraphs('one <a ">"\'> two') == ["one \"'> two"]


@pytest.mark.parametrize(
    "link",
    [
        "https://harbour.test",
        "http://harbour.test/a/../b//c?d=e?f&g;h#i?j",
        "https://a.b-c.test/%zz/(x)!$'*+,:=@~",
        "https://harbour.test/a;b",
        "https://harbour.test/a;",
        "https://harbour.test/?",
        "https://harbour.test/#",
        "https://HARBOUR.test/A",
        "https://harbour.test:443/a",
        "https://me@harbour.test/a",
        "https://harbour.test/a b",
        "https://harbour.test/ä",
        "https:///harbour.test",
        "//harbour.test/a",
        "a/../b",
    ],
)
@pytest.mark.parametrize(
    "base", [None, "https://harbour.test/x/y", "http://harbour.test:8080/x", "https://[x"]
)
def test_a_link_that_stays_as_it_is_is_the_one_that_is_taken_apart(link: str, base: str | None) -> None:
    # With blanks around it a link goes the long way, which strips them.
    assert absolute(link, base) == absolute(f" {link} ", base)


def test_a_plain_link_is_what_joining_makes_of_it() -> None:
    for link in ("https://harbour.test/a/../b?c#d", "http://harbour.test/a"):
        assert absolute(link, "https://harbour.test/x/") == urljoin("https://harbour.test/x/", link)
