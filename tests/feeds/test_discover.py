"""From a page's address to its feed: real attempts on a real server."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import pytest

from bot.feeds.discover import (
    NEWS_SITEMAPS,
    WELL_KNOWN,
    Finder,
    Found,
    NotFound,
    Several,
    without_comments,
    without_other_kinds,
)
from bot.feeds.fetch import Fetcher
from bot.feeds.model import Candidate
from bot.feeds.page import candidates
from tests.feeds.conftest import RSS, Site
from tests.reading import ReadsHere


@pytest.fixture
async def finder(fetcher: Fetcher) -> AsyncIterator[Finder]:
    async with ReadsHere() as workers:
        yield Finder(fetcher, workers)


def page(site: Site, path: str, head: str = "", body: str = "") -> str:
    html = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return site.serve(path, html.encode(), Content_Type="text/html; charset=utf-8")


def link(href: str, title: str = "", kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" title="{title}" href="{href}">'


async def test_the_feed_itself(site: Site, finder: Finder) -> None:
    found = await finder.find(site.serve("/feed.xml", ETag='"v1"'))
    assert isinstance(found, Found)
    assert found.feed_url == f"{site.address}/feed.xml"
    assert found.document.title == "The Harbour"
    assert found.validators.etag == '"v1"'


async def test_a_feed_that_moved_for_good_is_taken_at_its_new_place(site: Site, finder: Finder) -> None:
    new = site.serve("/new.xml")
    found = await finder.find(site.serve("/old.xml", b"", status=301, Location="/new.xml"))
    assert isinstance(found, Found)
    assert found.feed_url == new


async def test_the_one_feed_that_a_page_declares(site: Site, finder: Finder) -> None:
    site.serve("/x/news.rss")
    found = await finder.find(page(site, "/", f'<base href="{site.address}/x/">{link("news.rss")}'))
    assert isinstance(found, Found)
    assert found.feed_url == f"{site.address}/x/news.rss"


async def test_several_are_offered_those_of_comments_last_and_named_as_such(
    site: Site, finder: Finder
) -> None:
    head = link("/comments/feed", "All of them") + link("/a", "News") + link("/b", "Sport")
    found = await finder.find(page(site, "/", head))
    assert found == Several(
        (
            Candidate(f"{site.address}/a", "News", "rss"),
            Candidate(f"{site.address}/b", "Sport", "rss"),
            Candidate(f"{site.address}/comments/feed", "Comments: All of them", "rss"),
        )
    )


async def test_beside_a_single_feed_comments_are_no_choice(site: Site, finder: Finder) -> None:
    site.serve("/a")
    found = await finder.find(
        page(site, "/", link("/comments/feed", "News » Comments Feed") + link("/a", "News"))
    )
    assert isinstance(found, Found)
    assert found.feed_url == f"{site.address}/a"


async def test_one_feed_in_two_kinds_is_not_asked_about(site: Site, finder: Finder) -> None:
    head = link("/rss", "News (RSS 2.0)") + link("/atom", "News (Atom)", "application/atom+xml")
    site.serve("/atom")
    found = await finder.find(page(site, "/", head))
    assert isinstance(found, Found)
    assert found.feed_url == f"{site.address}/atom", "the first kind is broken here, the other one is tried"
    site.serve("/rss")
    found = await finder.find(f"{site.address}/")
    assert isinstance(found, Found)
    assert found.feed_url == f"{site.address}/rss"


def feed(path: str, title: str, kind: str = "rss", host: str = "h.test") -> Candidate:
    return Candidate(f"https://{host}/{path}", title, kind)


OFFERED = {
    "two kinds": ([feed("r", "News RSS"), feed("a", "News - Atom", "atom")], "r"),
    "no titles": ([feed("r", ""), feed("a", "", "atom"), feed("j", "JSON Feed", "json")], "r"),
    "Atom first": ([feed("a", "Atom 1.0", "atom"), feed("r", "RSS 0.91")], "a"),
    "other subjects": ([feed("r", "News"), feed("a", "Sport", "atom")], "ra"),
    "one kind twice": ([feed("r", "RSS"), feed("s", "RSS"), feed("a", "", "atom"), feed("b", "", "atom")], "rs"),
    "other hosts": ([feed("r", "News"), feed("a", "News", "atom", "cdn.test")], "ra"),
    "a word that only begins so": ([feed("r", "Atomic news"), feed("a", "ic news", "atom")], "ra"),
}  # fmt: skip


@pytest.mark.parametrize(("named", "offered"), OFFERED.values(), ids=OFFERED.keys())
def test_which_feeds_are_offered(named: list[Candidate], offered: str) -> None:
    assert "".join(one.url[-1] for one in without_other_kinds(named)) == offered


async def test_a_site_without_https_is_found_where_no_scheme_was_typed(site: Site, finder: Finder) -> None:
    url = site.serve("/feed.xml")
    found = await finder.find(url.removeprefix("http://"))
    assert isinstance(found, Found)
    assert found.feed_url == url
    typed = await finder.find(url.replace("http://", "https://"))
    assert isinstance(typed, NotFound)


async def test_where_nothing_listens_the_first_attempt_is_told(finder: Finder, closed_port: int) -> None:
    found = await finder.find(f"127.0.0.1:{closed_port}/feed")
    assert isinstance(found, NotFound)
    assert "does not accept the connection" in found.sentence


async def test_a_link_on_the_page(site: Site, finder: Finder) -> None:
    site.serve("/blog/feed/")
    found = await finder.find(page(site, "/", body='<a href="/blog/feed/">RSS</a>'))
    assert isinstance(found, Found)
    assert found.feed_url == f"{site.address}/blog/feed/"


@pytest.mark.parametrize("place", WELL_KNOWN)
async def test_the_well_known_places(site: Site, finder: Finder, place: str) -> None:
    page(site, "/news/today")
    site.serve(place)
    found = await finder.find(f"{site.address}/news/today")
    assert isinstance(found, Found)
    assert found.feed_url == f"{site.address}{place}"


async def test_a_declared_feed_that_is_broken_does_not_end_the_search(site: Site, finder: Finder) -> None:
    site.serve("/rss")
    found = await finder.find(page(site, "/", link("/gone.xml")))
    assert isinstance(found, Found)
    assert found.feed_url == f"{site.address}/rss"


async def test_nothing_found_says_what_was_tried(site: Site, finder: Finder) -> None:
    address = page(site, "/", body="<a href='/feed/x'>f</a>")
    found = await finder.find(f"{address.replace('//', '//ann:geheim@')}?key=geheim")
    assert isinstance(found, NotFound)
    assert f"at “{address}”" in found.sentence
    assert "geheim" not in found.sentence
    assert "CSS selector" in found.sentence
    assert "names 1 that could not be read" in found.sentence
    for place in WELL_KNOWN:
        assert place in found.sentence
    asked = [request.path for request in site.requests]
    assert asked == ["/", "/feed/x", *WELL_KNOWN, "/robots.txt", *NEWS_SITEMAPS]


async def test_a_site_that_asks_us_to_stop_is_not_asked_again(site: Site, finder: Finder) -> None:
    site.serve("/feed", b"", status=429)
    found = await finder.find(page(site, "/"))
    assert isinstance(found, NotFound)
    assert "too often" in found.sentence
    assert len(site.requests) == 2


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://169.254.169.254/latest", "private network"),
        ("nobody.invalid", "No server is known by the name nobody.invalid"),
        ("nobody-here/boat", "For the repository on GitHub write github:nobody-here/boat."),
        ("not an address", "“not an address” is no web address"),
        ("https://ann:geheim@two words/x?y=geheim", "“https://two words/x” is no web address"),
        ("file:///etc/passwd", "no http or https address"),
        ("", "no http or https address"),
    ],
)
async def test_why_an_address_cannot_be_read(finder: Finder, url: str, says: str) -> None:
    found = await finder.find(url)
    assert isinstance(found, NotFound)
    assert says in found.sentence


NEWS = (
    b"<urlset><url><loc>/crane</loc><news><publication><name>The Harbour</name></publication>"
    b"<publication_date>2026-03-03</publication_date><title>Crane arrives</title></news></url></urlset>"
)
ARTICLES = "".join(
    f"<article><h2><a href='/2026/03/crane-arrives-{n}'>Crane {n} has arrived</a></h2></article>"
    for n in range(5)
)


async def test_a_site_that_guards_its_front_page_alone_is_found(site: Site, finder: Finder) -> None:
    challenge = b"<!doctype html><html><title>Just a moment...</title></html>"
    site.serve("/", challenge, status=403, Content_Type="text/html")
    told = await finder.find(site.address)
    assert isinstance(told, NotFound)
    assert "no robot (Cloudflare)" in told.sentence
    assert [request.path for request in site.requests] == ["/", *WELL_KNOWN[:3]]
    site.serve("/rss")
    found = await finder.find(site.address)
    assert isinstance(found, Found)
    assert found.feed_url == f"{site.address}/rss"


async def test_a_section_has_a_feed_below_it(site: Site, finder: Finder) -> None:
    site.serve("/feed")
    own = site.serve("/blog/feed")
    found = await finder.find(page(site, "/blog/"))
    assert isinstance(found, Found)
    assert found.feed_url == own


async def test_a_profile_of_a_common_software_is_known_by_its_path(site: Site, finder: Finder) -> None:
    feed_url = site.serve("/@ann.rss")
    found = await finder.find(page(site, "/@ann"))
    assert isinstance(found, Found)
    assert found.feed_url == feed_url
    assert [request.path for request in site.requests] == ["/@ann", "/@ann.rss"]


def test_a_page_of_a_known_site_names_its_feed_in_its_data() -> None:
    script = '<script>{"externalId":"UC0123456789abcdefghij_-"}</script>'
    (found,) = candidates(f"<html><body>{script}</body></html>", "https://www.youtube.com/@harbour")
    assert found.url == "https://www.youtube.com/feeds/videos.xml?channel_id=UC0123456789abcdefghij_-"
    assert candidates("<div>" * 50_000 + script, "https://www.youtube.com/@harbour") == ()


async def test_a_known_site_is_not_asked_before_a_person_chose(finder: Finder) -> None:
    found = await finder.find("github:ann/boat")
    assert isinstance(found, Several)
    assert [one.title for one in found.candidates] == [
        "ann/boat: releases",
        "ann/boat: tags",
        "ann/boat: commits",
    ]


@pytest.mark.parametrize("place", ["/sitemap-news.xml", "/deep/news.xml.gz"])
async def test_without_a_feed_the_news_sitemap_is_read(site: Site, finder: Finder, place: str) -> None:
    page(site, "/", body=ARTICLES)
    if place == "/deep/news.xml.gz":
        site.serve("/robots.txt", f"Sitemap: {site.address}/index.xml.gz".encode(), Content_Type="text/plain")
        index = f"<sitemapindex><sitemap><loc>{site.address}{place}</loc></sitemap></sitemapindex>"
        site.serve("/index.xml.gz", gzip.compress(index.encode()), Content_Type="application/gzip")
    site.serve(place, gzip.compress(NEWS) if place.endswith("gz") else NEWS, Content_Type="application/xml")
    found = await finder.find(site.address)
    assert isinstance(found, Found)
    assert (found.feed_url, found.kind) == (f"{site.address}{place}", "sitemap")
    assert [entry.title for entry in found.document.entries] == ["Crane arrives"]
    itself = await finder.find(f"{site.address}{place}")
    assert isinstance(itself, Found)
    assert itself.kind == "sitemap"


async def test_without_any_of_these_the_list_of_articles_is_read(site: Site, finder: Finder) -> None:
    address = page(site, "/news", "<title>Harbour news</title>", ARTICLES)
    found = await finder.find(address)
    assert isinstance(found, Found)
    assert (found.feed_url, found.kind, found.document.title) == (address, "page", "Harbour news")
    assert found.document.entries[0].url == f"{site.address}/2026/03/crane-arrives-0"


async def test_a_selector_chooses_the_page_whatever_feeds_it_has(site: Site, finder: Finder) -> None:
    site.serve("/feed")
    address = page(site, "/", link("/feed"), "<p class=n><a href=/x>X</a></p><p><a href=/y>Y</a></p>")
    found = await finder.find(address, ".n > a")
    assert isinstance(found, Found)
    assert (found.kind, found.selector) == ("page", ".n > a")
    assert found.feed_url == f"{address}#.n%20%3E%20a", "another selector makes another source"
    assert [entry.title for entry in found.document.entries] == ["X"]
    for selector, says in (("a[", "“a[” is no CSS selector"), (".m", "fits the selector “.m”")):
        not_found = await finder.find(address, selector)
        assert isinstance(not_found, NotFound)
        assert says in not_found.sentence


def test_a_feed_of_comments_is_better_than_none() -> None:
    only = [Candidate("https://h.test/comments/feed", "Comments", "rss")]
    assert without_comments(only) == only


async def test_an_empty_feed_is_a_feed(site: Site, finder: Finder) -> None:
    body = RSS[: RSS.index(b"<item>")] + b"</channel></rss>"
    found = await finder.find(site.serve("/feed", body))
    assert isinstance(found, Found)
    assert found.document.entries == ()


async def test_headers_of_ones_own_reach_the_named_origin_alone(site: Site, finder: Finder) -> None:
    elsewhere = site.address.replace("127.0.0.1", "localhost")
    own = {"X-Key": "hush"}
    feed = site.serve("/feed.xml")
    site.serve("/moved.xml", b"", status=301, Location=f"{elsewhere}/feed.xml")
    moved = await finder.find(f"{site.address}/moved.xml", own=own)
    assert isinstance(moved, Found)
    assert moved.feed_url == f"{site.address}/moved.xml", "in its new place its login would be missing"
    assert await finder.find(feed, own=own) == await finder.find(feed, own=own)
    led = await finder.find(page(site, "/led", link(f"{elsewhere}/feed.xml")), own=own)
    assert isinstance(led, NotFound)
    assert "at localhost, where your header is not sent" in led.sentence
    at_home = await finder.find(page(site, "/", link("/feed.xml")), own=own)
    assert isinstance(at_home, Found)
    assert {(request.host.partition(":")[0], request.headers.get("X-Key")) for request in site.requests} == {
        ("127.0.0.1", "hush"),
        ("localhost", None),
    }
