"""Which hub a source names: in headers, in XML, in JSON; and which of it is believed."""

from __future__ import annotations

import json
import time

import pytest

from bot.feeds.hub import Named, links_in_headers, links_in_markup, named_by
from bot.feeds.model import Document
from bot.feeds.parse import parse

FEED = "https://site.example/feed"
HUB = "https://hub.example/"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (
            b"<feed><link rel='hub' href='https://h/'/><link href=\"/f\" rel=\"self\" /></feed>",
            (("https://h/",), "/f"),
        ),
        (
            b"<rss><atom10:link\n rel = \"hub\" href='https://h/?a=1&amp;b=2'/></rss>",
            (("https://h/?a=1&b=2",), None),
        ),
        (b"<link rel='alternate HUB' href='a'></link><link rel='hub' href='b'/>", (("a", "b"), None)),
        (b"<link>https://site.example/</link><link rel='hub'/><link href='x'/>", ((), None)),
        (b"<linked rel='hub' href='x'/><item><link rel='hub' href='x'/></item>", ((), None)),
        (b"<feed><a:entry><link rel='self' href='x'/></a:entry>", ((), None)),
        (b"<link data-rel='hub' xml:href='x' rel='self' href='y'/>", ((), "y")),
        (b"".join(b"<link rel='hub' href='%d'/>" % number for number in range(9)), (tuple("01234"), None)),
    ],
)
def test_links_of_a_feeds_head(markup: bytes, expected: tuple[tuple[str, ...], str | None]) -> None:
    assert links_in_markup(markup) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (['<https://h/>; rel="hub", </f>; rel=self; type="a,b"'], (("https://h/",), "/f")),
        (
            ["<https://h/>;title=x;REL=hub", '<https://i/>; rel="next hub"'],
            (("https://h/", "https://i/"), None),
        ),
        (["https://h/; rel=hub", '<>; rel="hub"', "<https://h/>", '<https://h/>; rev="hub"'], ((), None)),
        ([], ((), None)),
    ],
)
def test_links_of_headers(headers: list[str], expected: tuple[tuple[str, ...], str | None]) -> None:
    assert links_in_headers(headers) == expected


@pytest.mark.parametrize(
    ("hubs", "topic", "url", "found_at", "expected"),
    [
        ((HUB,), FEED, FEED, FEED, Named(HUB, FEED)),
        ((HUB,), "/other", FEED, FEED, Named(HUB, "https://site.example/other")),
        (("/hub",), FEED, FEED, FEED, Named("https://site.example/hub", FEED)),
        ((HUB,), "http://www.site.example/feed", FEED, FEED, Named(HUB, "http://www.site.example/feed")),
        # The one that redirects and the one where that leads are both the source's own.
        ((HUB,), FEED, "https://old.example/", FEED, Named(HUB, FEED)),
        ((HUB,), "https://old.example/", "https://old.example/", FEED, Named(HUB, "https://old.example/")),
        (("http://h.example/", HUB), FEED, FEED, FEED, Named(HUB, FEED)),
        (("http://h.example/",), FEED, FEED, FEED, Named("http://h.example/", FEED)),
        # Foreign topics, no topic, no hub, no address, and sources that are somebody's own.
        ((HUB,), "https://other.example/feed", FEED, FEED, None),
        ((HUB,), "https://site.example.evil.example/", FEED, FEED, None),
        ((HUB,), None, FEED, FEED, None),
        ((), FEED, FEED, FEED, None),
        (("ftp://hub.example/", "javascript:x"), FEED, FEED, FEED, None),
        ((HUB,), FEED, "https://me:secret@site.example/feed", FEED, None),
    ],
)
def test_what_is_believed(
    hubs: tuple[str, ...], topic: str | None, url: str, found_at: str, expected: Named | None
) -> None:
    assert named_by((), Document("", hubs=hubs, topic=topic), url, found_at) == expected


def test_headers_go_before_the_document_but_only_whole() -> None:
    document = Document("", hubs=(HUB,), topic=FEED)
    headers = ["<https://header.example/>; rel=hub"]
    assert named_by(headers, document, FEED, FEED) == Named(HUB, FEED)
    headers.append("</own>; rel=self")
    assert named_by(headers, document, FEED, FEED) == Named(
        "https://header.example/", "https://site.example/own"
    )


def test_every_format_brings_them_also_where_nothing_is_new() -> None:
    body = (
        b"<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel><title>T</title>"
        b"<a:link rel='hub' href='https://hub.example/'/><a:link rel='self' href='https://site.example/feed'/>"
        b"<item><guid>1</guid><title>One</title></item></channel></rss>"
    )
    first = parse(body, "", None, FEED)
    assert isinstance(first, Document)
    again = parse(body, "", None, FEED, first.marks)
    assert isinstance(again, Document)
    assert (len(first.entries), len(again.entries)) == (1, 0)
    hubs = [{"type": "rssCloud", "url": "/no"}, {"type": "WebSub", "url": HUB}, {"type": "WebSub"}, 7]
    feed = {"version": "https://jsonfeed.org/version/1.1", "feed_url": FEED, "hubs": hubs, "items": []}
    for read in (first, again, parse(json.dumps(feed).encode(), "", None, FEED)):
        assert isinstance(read, Document)
        assert (read.hubs, read.topic) == ((HUB,), FEED)


@pytest.mark.parametrize(
    "piece", [b"<link ", b"<link rel='", b'<link rel="' * 9 + b">", b"<a:", b"<link x rel =     >", b"<" * 50]
)
def test_a_hostile_head_costs_little(piece: bytes) -> None:
    begun = time.process_time()
    links_in_markup(piece * (1_000_000 // len(piece)))
    links_in_headers([piece.decode() * 2_000])
    assert time.process_time() - begun < 0.5
