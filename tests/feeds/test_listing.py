"""Pages without a feed, read by the links to their articles."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from bot.feeds.listing import read
from bot.feeds.model import Document, Unreadable

URL = "https://harbour.test/news/"


def titles(markup: str, selector: str | None = None, url: str = URL) -> list[str]:
    document = read(f"<!doctype html><html><body>{markup}</body></html>".encode(), "utf-8", url, selector)
    assert isinstance(document, Document), document
    return [entry.title for entry in document.entries]


def times(card: str, n: int = 5) -> str:
    return "".join(card.replace("N", str(number)) for number in range(1, n + 1))


NAVIGATION = """<header><a href="/news/all-the-latest-news">All the latest news</a></header>
<nav><ul><li><a href="/sport/the-world-of-sport">The world of sport</a></li></ul></nav>
<div class="main-menu"><a href="/read/our-best-stories-ever">Our best stories ever</a></div>
<aside><h3><a href="/most/the-most-read-story">The most read story</a></h3></aside>
<div role="navigation"><a href="/a/one-two-three">One two three four</a></div>
<footer><a href="/pages/how-we-do-work">How we do work</a><a href="/privacy/our-privacy-policy">Our privacy policy</a>
</footer>"""
SHAPES = {
    "dates in the path": '<article><h2><a href="/2026/05/0N/crane-N">Crane N has arrived</a></h2></article>',
    "a list of slugs": '<li><a href="/story/crane-N-has-arrived">Crane N has arrived</a></li>',
    "numbers": '<div><a href="/artikel/10234N.html">Crane N has arrived</a></div>',
    "a heading within the link": '<a href="/p/crane-N-now"><h3>Crane N has arrived</h3><p>It came by ship.</p></a>',
    "picture, heading and more": (
        '<div><a href="/x/crane-N-now"><img src="/N.jpg" alt=""></a><h3><a href="/x/crane-N-now?utm_source=h">'
        'Crane N has arrived</a></h3><a href="/x/crane-N-now#more">Read on and on and on about it</a></div>'
    ),
    "short slugs under headings": '<section><h3><a href="/blog/craneN">Crane N has arrived</a></h3></section>',
    "a host of its own": '<h2><a href="https://blog.harbour.test/x-y-z-N">Crane N has arrived</a></h2>',
    "headers of articles": '<article><header><a href="/a/b-c-d-N">Crane N has arrived</a></header></article>',
}  # fmt: skip


@pytest.mark.parametrize("card", SHAPES.values(), ids=SHAPES)
def test_articles_are_told_from_navigation_by_their_shape(card: str) -> None:
    page = f"{NAVIGATION}<main>{times(card)}<a href='/story/x'>More</a></main>"
    assert titles(page) == [f"Crane {n} has arrived" for n in range(1, 6)]


def test_sections_of_any_depth_are_one_list() -> None:
    sections = ("world", "world/europe", "business/ships/sail", "sport", "world/asia")
    links = "".join(f"<h3><a href='/{one}/crane-{one[:2]}-now'>News from {one}</a></h3>" for one in sections)
    assert titles(links + "<h3><a href='/special'>A special for you</a></h3>") == [
        f"News from {one}" for one in sections
    ]


def test_titles_without_blanks_between_words_count() -> None:
    card = '<li><a href="/news/2026050N-1234">港にクレーンが到着しましたN</a></li>'
    assert len(titles(times(card))) == 5


def test_other_sites_files_and_the_page_itself_are_no_articles() -> None:
    own = times('<li><a href="/story/crane-N-has-arrived">Crane N has arrived</a></li>')
    others = times(
        '<li><a href="https://else.example/story/a-b-c-N">Crane N somewhere else</a>'
        '<a href="/files/the-crane-N.pdf">Crane N as a file</a><a href="/news/#a-b-N">Crane N on this page</a>'
        '<a href="javascript:a-b-c-N">Crane N as a script</a><a href="/tag/cranes-of-type-N">Cranes of type N</a></li>',
        9,
    )
    assert titles(own + others) == [f"Crane {n} has arrived" for n in range(1, 6)]


CARD = """<article><a href="/x/crane-N-now"><h2>Crane N has arrived</h2></a>
<img data-src="/pictures/N.jpg" src="data:image/gif;base64,R0"><span>
<time datetime="2026-05-0NT10:00:00+02:00">May</time>
by <a href="/author/ann">Ann</a></span></article>"""


def test_a_cards_picture_and_date_belong_to_its_article() -> None:
    document = read(times(CARD).encode(), None, URL, None)
    assert isinstance(document, Document)
    for number, entry in enumerate(document.entries, 1):
        assert entry.published_at == datetime(2026, 5, number, 8, tzinfo=UTC)
        assert entry.image_url == f"https://harbour.test/pictures/{number}.jpg"
        assert entry.identity == f"//harbour.test/x/crane-{number}-now"


def test_a_date_that_stands_beside_all_articles_belongs_to_none() -> None:
    cards = times('<p><a href="/x/crane-N-now">Crane N has arrived</a></p>')
    document = read(f"<div><time datetime='2026-05-01'></time>{cards}</div>".encode(), None, URL, None)
    assert isinstance(document, Document)
    assert {entry.published_at for entry in document.entries} == {None}


def test_a_query_counts_where_the_path_does_not_tell_the_article() -> None:
    links = ("/show?id=1", "/show?id=2#top", "/2026/05/01/a?place=1", "/the-crane-has-arrived?place=2")
    markup = "".join(f"<a class=s href='{link}'>A headline</a>" for link in links)
    document = read(markup.encode(), None, URL, ".s")
    assert isinstance(document, Document)
    assert [(entry.url or "").removeprefix("https://harbour.test") for entry in document.entries] == [
        "/show?id=1",
        "/show?id=2",
        "/2026/05/01/a",
        "/the-crane-has-arrived",
    ]


def test_dates_in_paths_are_days_or_nothing() -> None:
    paths = ("/2026/05/31/a-b-c", "/20260531/a-b-d", "/2026/02/31/a-b-e", "/2026/05/a-b-f", "/1/2/3/a-b-g")
    links = "".join(f"<a class=s href='{path}'>A long headline</a>" for path in paths)
    document = read(links.encode(), None, URL, "a.s")
    assert isinstance(document, Document)
    day = datetime(2026, 5, 31, tzinfo=UTC)
    assert [entry.published_at for entry in document.entries] == [day, day, None, None, None]


def test_the_pages_own_words() -> None:
    head = (
        "<head><title>All news | Harbour</title><meta property='og:site_name' content='The Harbour'>"
        "<meta name=description content='News of the port'><link rel='shortcut icon' href='/i.png'></head>"
    )
    document = read(f"<html>{head}<body>{times(CARD)}".encode(), None, URL, None)
    assert isinstance(document, Document)
    assert (document.title, document.link, document.description) == ("The Harbour", URL, "News of the port")
    assert document.icon_url == "https://harbour.test/i.png"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [("a.b", ["B"]), ("li", ["A", "B", "C"]), ("li:nth-child(2), .c a", ["B", "C"]), ("div", ["A"])],
)
def test_a_selector_names_links_or_what_holds_them(selector: str, expected: list[str]) -> None:
    page = "<div><ul><li><a href=/a>A</a><li><a class=b href=/b>B</a><li class=c><a href=https://x.test/c>C</a></ul></div>"
    assert titles(page, selector) == expected


@pytest.mark.parametrize("selector", ["li:HAS(a)", "li ~ li ~ li a", ":is(li+li~li)"])
def test_selectors_that_take_quadratic_time_are_refused(selector: str) -> None:
    answer = read(b"<ul><li><a href=/a>A</a></ul>", None, URL, selector)
    assert isinstance(answer, Unreadable)
    assert "takes too long" in answer.sentence
    assert titles("<a href=/a rel=x>A</a>", "a:not([rel~=y]):not([rel~=z])") == ["A"]


def test_words_stay_whole_and_apart() -> None:
    page = "<h2><a href=/x><span>Sport</span><span>Old<b>er</b> <i>cranes</i>&amp;ships</span></a></h2>"
    assert titles(page, "a") == ["Sport Older cranes&ships"]


def test_why_a_page_is_no_list() -> None:
    article = times('<p><a href="/2026/05/0N/another-story-N">Another story is this</a></p>')
    for markup, url, says in (
        ("<p>Nothing here</p>", URL, "No list of articles"),
        (times('<a href="/x/a-b-c-N">One two three</a>', 3), URL, "No list of articles"),
        (article, "https://harbour.test/2026/05/09/this-story-itself", "looks like a single article"),
        ("<div>" * 5_000, URL, "nested too deeply"),
    ):
        answer = read(markup.encode(), None, url, None)
        assert isinstance(answer, Unreadable)
        assert says in answer.sentence


HOSTILE = {
    "nested": "<div>" * 100_000,
    "nested just so far": "<div><a href=/x-y-z>t t t</a>" * 1_990,
    "attributes": "<a " + " ".join(f"a{n}=1" for n in range(32_000)) + ">",
    "attributes with quotes": "<a " + "".join(f'a{n}="1"' for n in range(32_000)) + ">",
    "comments": "<!--" * 64_000,
    "formatting": "<b><i><a href=/q-a-s>" * 3_000 + "<p>" * 3_000,
    "paragraphs": "<p><li>" * 30_000,
    "tables": "<table><tr><td>" * 20_000,
    "links": "".join(f"<a href=/a-b-c-{n}>one two three</a>" for n in range(20_000)),
    "times": "<div>"
    + "".join(f"<time datetime=2026></time><a href=/a-b-c-{n}>one two three</a>" for n in range(10_000)),
    "a long slug": "".join(f"<a href='/{'-_' * 1_000}{n}'>one two three</a>" for n in range(500)),
    "dates": "".join(f"<a href='{'/2026/05' * 200}/{n}'>one two three</a>" for n in range(500)),
    "no text": "\x00" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("selector", [None, "div, a, p"])
@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pages_end_soon(markup: str, selector: str | None) -> None:
    begun = time.process_time()
    read(markup.encode(), None, URL, selector)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("page", "linked", "counts"),
    [
        ("https://www.a.co.uk/", "a.co.uk", True),
        ("https://a.co.uk/", "news.a.co.uk", True),
        ("https://m.a.co.uk/", "www.a.co.uk", True),
        ("https://a.co.uk/", "b.co.uk", False),
        ("https://ann.github.io/", "ben.github.io", False),
        ("https://a.test/", "data.test", False),
    ],
)
def test_a_page_lists_its_own_site_alone(page: str, linked: str, counts: bool) -> None:
    body = times(f"<h2><a href='https://{linked}/crane-N-has-arrived'>Crane N has arrived</a></h2>")
    found = read(body.encode(), "utf-8", page, None)
    assert isinstance(found, Document) is counts
