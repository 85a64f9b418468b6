"""News sitemaps as they are and as they should not be."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime

import pytest

from bot.feeds.model import Document, Unreadable
from bot.feeds.sitemap import named_in, read

URL = "https://harbour.test/sitemap-news.xml"
HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    b'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    b'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
)


def entry(number: int, extra: str = "", date: str = "2026-05-02T10:00:00+02:00") -> bytes:
    return f"""<url><loc>https://harbour.test/a-{number}?utm_source=x</loc><news:news><news:publication>
    <news:name>The Harbour</news:name><news:language>en</news:language></news:publication>
    <news:publication_date>{date}</news:publication_date>
    <news:title>Crane &amp; ice {number}</news:title><news:keywords>ice, port,</news:keywords></news:news>{extra}</url>
    """.encode()


def sitemap(*entries: bytes) -> bytes:
    return HEAD + b"".join(entries) + b"</urlset>"


PICTURE = (
    "<image:image><image:loc>https://harbour.test/p.jpg</image:loc><image:title>A picture</image:title>"
    "</image:image>"
)


def test_articles_with_their_dates_pictures_and_tags() -> None:
    document = read(sitemap(entry(2, PICTURE), entry(1)), URL)
    assert isinstance(document, Document)
    assert (document.title, document.link) == ("The Harbour", "https://harbour.test/")
    first, second = document.entries
    assert first.identity == "//harbour.test/a-2", "tracking plays no part"
    assert (first.title, first.tags) == ("Crane & ice 2", ("ice", "port"))
    assert first.published_at == datetime(2026, 5, 2, 8, tzinfo=UTC)
    assert (first.image_url, second.image_url) == ("https://harbour.test/p.jpg", None)


BODIES = {
    "packed": gzip.compress(sitemap(entry(1))),
    "other prefix": sitemap(entry(1)).replace(b"news:", b"n:").replace(b"xmlns:news", b"xmlns:n"),
    "cut off": HEAD + entry(1) + entry(2)[:60],
    "a day alone": sitemap(entry(1, date="2026-05-02")),
    "no date": sitemap(entry(1, date="yesterday")),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_whole_is_read(body: bytes) -> None:
    document = read(body, URL)
    assert isinstance(document, Document)
    assert [one.title for one in document.entries] == ["Crane & ice 1"]


def test_a_sitemap_without_titles_brings_nothing_and_says_so() -> None:
    plain = HEAD + b"<url><loc>https://harbour.test/a</loc></url></urlset>"
    for body, says in (
        (plain, "no news sitemap"),
        (plain.replace(b"</url>", b"<v:video><v:title>A film</v:title></v:video></url>"), "no news sitemap"),
        (b"<sitemapindex/>", "no news sitemap"),
        (b"<rss/>", "no sitemap"),
    ):
        answer = read(body, URL)
        assert isinstance(answer, Unreadable)
        assert says in answer.sentence


def test_a_sitemap_may_be_without_news_for_a_while() -> None:
    document = read(sitemap(), URL)
    assert isinstance(document, Document)
    assert document.entries == ()


def test_robots_names_sitemaps_of_which_those_of_news_come_first() -> None:
    robots = (
        b"User-agent: *\nDisallow: /x\nSitemap: /all.xml\nsitemap : https://harbour.test/news.xml\r\n"
        + (b"Sitemap: file:///etc/passwd\nSitemap: https://harbour.test/news-2026-05.xml\n")
    )
    assert named_in(robots, "https://harbour.test/robots.txt") == (
        "https://harbour.test/news.xml",
        "https://harbour.test/all.xml",
    )


def test_an_index_names_its_sitemaps_but_not_those_of_one_month() -> None:
    names = ("posts.xml", "news_sitemap.xml", "2026-04.xml")
    index = "".join(f"<sitemap><loc>https://harbour.test/{name}</loc></sitemap>" for name in names)
    body = gzip.compress(f"<?xml version='1.0'?><sitemapindex>{index}</sitemapindex>".encode())
    assert named_in(body, URL) == ("https://harbour.test/news_sitemap.xml", "https://harbour.test/posts.xml")


BOMB = (
    b'<!DOCTYPE u [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(9)
    ) + b"]><urlset><url><loc>&j;</loc><title>&j;</title></url></urlset>"
)  # fmt: skip
HOSTILE = {
    "entity bomb": BOMB,
    "external entity": b'<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><title>&x;</title></url></urlset>',
    "50 MiB of zeros": gzip.compress(bytes(50 << 20)),
    "damaged gzip": b"\x1f\x8b" + b"x" * 1000,
    "deep": b"<urlset>" + b"<url>" * 200_000,
    "many attributes": b"<urlset " + b" ".join(b"a%d='1'" % n for n in range(50_000)) + b"/>",
    "long title": sitemap(b"<url><loc>/a</loc><news:title>" + b"x" * 3_000_000 + b"</news:title></url>"),
    "no text": b"\x00" * 1000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_ones_end_soon(body: bytes) -> None:
    begun = time.process_time()
    answer = read(body, URL)
    named_in(body, URL)
    assert time.process_time() - begun < 2
    assert isinstance(answer, Unreadable) or all(len(one.title) <= 4_000 for one in answer.entries)


def test_of_very_many_articles_the_first_are_read() -> None:
    document = read(sitemap(*(entry(number) for number in range(1_500))), URL)
    assert isinstance(document, Document)
    assert len(document.entries) == 1_000
