"""What of an article is read, what is taken from its page, and when it is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.feeds.model import ArticlePage, Telling
from bot.newsroom.reading import Wanted, again_at, is_page, take, what_to_read
from storage.records import Article, ArticleRead, ArticleToRead, ImageSeen, Reading, Source, TextStored

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FEED, PAGE = "https://town.test/feed.xml", "https://town.test/bridge.html"
IMAGE = "https://town.test/bridge.jpg"
SOURCE = Source(1, FEED, "Town", None, None, None, None, None, None, None, None, 0, None)
ARTICLE = Article(
    id=7, source_id=1, identity="a", url=PAGE, title="The bridge", author=None, summary="It opens.",
    image_url=None, published_at=None, first_seen_at=NOW, revised_at=None, image_checked=False,
)  # fmt: skip
STUB = TextStored("feed", "It opens on Monday at nine.", False, "", "", "")
TELLING = Telling("The bridge opens.\nAt nine.", True, "en", 9, "short", "normal", "long")
READ = ArticlePage(TELLING, "Bridge to open", "Ada Lane", NOW - timedelta(hours=1), IMAGE, False)


def todo(
    *wishes: Reading, feed: TextStored | None = STUB, has_page: bool = False, **article: Any
) -> ArticleToRead:
    return ArticleToRead(replace(ARTICLE, **article), SOURCE, feed, has_page, frozenset(wishes), 1)


@pytest.mark.parametrize(
    ("one", "page", "image"),
    [
        (todo(Reading.NEEDED), True, False),
        (todo(Reading.NEEDED, feed=None), True, False),
        (todo(Reading.NEEDED, feed=replace(STUB, whole=True)), False, False),
        (todo(Reading.ALWAYS, feed=replace(STUB, whole=True)), True, False),
        (todo(Reading.NEVER, image_url=IMAGE), False, True),
        (todo(Reading.NEVER, Reading.NEEDED), True, False),
        (todo(), False, False),
        (todo(Reading.ALWAYS, has_page=True), False, False),
        (todo(Reading.NEEDED, paywalled=True), False, False),
        (todo(Reading.NEEDED, url=None), False, False),
        (todo(Reading.ALWAYS, url=FEED + "#piece-1"), False, False),
        (todo(Reading.NEEDED, image_url=IMAGE, image_checked=True), True, False),
    ],
)
def test_what_is_wished_and_missing_is_read(one: ArticleToRead, page: bool, image: bool):
    assert what_to_read(one) == Wanted(page, image)


@pytest.mark.parametrize(
    ("url", "may_be"),
    [
        ("https://town.test/", True),
        ("https://town.test/news/2026.05.01", True),
        ("https://town.test/bridge.php?file=a.pdf", True),
        ("https://town.test/.well-known", True),
        ("https://town.test/mayor.speaks", True),
        ("https://town.test/episode.MP3", False),
        ("https://town.test/minutes.pdf?page=2", False),
        ("https://town.test/watch", False),
        (FEED, False),
        ("ftp://town.test/bridge", False),
        ("", False),
    ],
)
def test_a_file_a_player_and_the_feed_itself_are_no_pages(url: str, may_be: bool):
    assert is_page(url, FEED, "https://town.test/watch") is may_be


def test_all_that_the_page_tells_is_taken():
    image = ImageSeen(None, IMAGE)
    assert take(todo(), READ, image, NOW) == ArticleRead(
        7,
        text=TextStored("page", "The bridge opens.\nAt nine.", True, "short", "normal", "long"),
        word_count=9,
        author="Ada Lane",
        published_at=NOW - timedelta(hours=1),
        language="en",
        image=image,
    )


def test_a_page_that_tells_no_more_than_the_feed_gives_all_but_its_text():
    paywall = replace(READ, telling=replace(TELLING, words=6), paywalled=True)
    read = take(todo(), paywall, None, NOW)
    assert (read.text, read.word_count, read.paywalled, read.author) == (None, None, True, "Ada Lane")
    assert take(todo(feed=None), paywall, None, NOW).text is not None


def test_a_title_is_taken_only_where_there_is_none():
    assert take(todo(), READ, None, NOW).title is None
    assert take(todo(title=PAGE), READ, None, NOW).title == "Bridge to open"
    assert take(todo(title="Untitled"), replace(READ, title=""), None, NOW).title is None


def test_no_date_in_the_future_is_taken():
    assert take(todo(), replace(READ, published_at=NOW + timedelta(days=2)), None, NOW).published_at is None


def test_it_is_tried_three_times_with_growing_pauses():
    pauses = [again_at(NOW, attempts, None) for attempts in (1, 2, 3)]
    assert pauses == [NOW + timedelta(seconds=12), NOW + timedelta(minutes=10), None]
    assert again_at(NOW, 1, timedelta(minutes=5)) == NOW + timedelta(minutes=5)
    assert again_at(NOW, 1, timedelta(hours=2)) is None
