"""How a source's state is put into words, numbers and a picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.newsroom.source_status import (
    Condition,
    about_failures,
    about_found,
    about_held_back,
    about_move,
    about_next,
    about_pace,
    condition_of,
    picture,
    shown_address,
    urgency,
)
from storage.records import Pace, Source

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=10)


def source(**changes: Any) -> Source:
    values: dict[str, Any] = {
        "id": 1,
        "url": "https://tide.example/feed.xml",
        "title": "The Tide",
        "link": None,
        "icon_url": None,
        "etag": None,
        "last_modified": None,
        "digest": None,
        "next_poll_at": SOON,
        "last_polled_at": NOW,
        "last_success_at": NOW,
        "failures": 0,
        "problem": None,
    }
    return Source(**{**values, **changes})


def when(moment: datetime) -> str:
    return f"{moment:%H:%M}"


ADDRESSES = {
    "plain": ("https://tide.example/feed.xml", "https://tide.example/feed.xml"),
    "user and password": ("https://ada:geheim@tide.example:8443/feed", "https://tide.example:8443/feed"),
    "a token by its name": ("https://a.example/f?page=2&token=ab", "https://a.example/f?page=2&token=…"),
    "a key by its name": ("https://a.example/f?apiKey=ab&n=5", "https://a.example/f?apiKey=…&n=5"),
    "a key by its look": ("https://a.example/f?feed=8d1f6a0c22b34e5f", "https://a.example/f?feed=…"),
    "a key alone": ("https://a.example/f?8d1f6a0c22b34e5f", "https://a.example/f?…"),
    "an escaped key": ("https://a.example/f?x=8d1f6a0c%3222b34e5f", "https://a.example/f?x=…"),
    "a key in the path": (
        "https://a.example/private/8d1f6a0c22b34e5f/feed",
        "https://a.example/private/…/feed",
    ),
    "a uuid in the path": (
        "https://a.example/01234567-89ab-cdef-0123-456789abcdef/rss",
        "https://a.example/…/rss",
    ),
    "a key in base64": (
        "https://a.example/dGhpcy1pcyB-hIG5vIHd_vcmQgYXQ/rss",
        "https://a.example/…/rss",
    ),
    "a headline in title case": (
        "https://a.example/Our-Town-Has-A-New-Bridge-In-2026/rss",
        "https://a.example/Our-Town-Has-A-New-Bridge-In-2026/rss",
    ),
    "a channel of YouTube": (
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCXuqSBlHAE6Xw4yeJA0Tunw",
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCXuqSBlHAE6Xw4yeJA0Tunw",
    ),
    "words searched for": (
        "https://a.example/?q=climate+change+in+2026&keyword=antidisestablishment",
        "https://a.example/?q=climate+change+in+2026&keyword=antidisestablishment",
    ),
    "a title in the path": (
        "https://a.example/2026/05/01/what-the-mayor-said-in-2026.html",
        "https://a.example/2026/05/01/what-the-mayor-said-in-2026.html",
    ),
    "a name that says nothing": ("https://a.example/f?x=ab&s=ab;t=ab", "https://a.example/f?x=…&s=…;t=…"),
    "an escaped name": ("https://a.example/f?%74oken=ab&pa%67e=2", "https://a.example/f?%74oken=…&pa%67e=2"),
    "a word alone": ("https://a.example/?rss2&hush", "https://a.example/?rss2&…"),
    "an address in a value": (
        "https://a.example/f?q=https://ada:geheim@b.example/&feed=ada%40b.example&tag=x%2540y",
        "https://a.example/f?q=…&feed=…&tag=…",
    ),
    "a session behind a semicolon": ("https://a.example/feed;sid=ab/rss", "https://a.example/feed;…/rss"),
    "a selector": ("https://a.example/news#article%20h2%20a", "https://a.example/news"),
}


@pytest.mark.parametrize(("url", "shown"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_addresses_are_shown_without_secrets(url: str, shown: str) -> None:
    assert shown_address(url) == shown


CONDITIONS = {
    "well": ({}, Condition.WELL),
    "not read yet": ({"last_success_at": None}, Condition.NEW),
    "failing": ({"problem": "The server answers 500.", "failures": 1}, Condition.FAILING),
    "gone": ({"problem": "Gone for good.", "next_poll_at": None}, Condition.STOPPED),
    "idle": ({"next_poll_at": None}, Condition.IDLE),
}


@pytest.mark.parametrize(("changes", "condition"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_a_source_is_in_one_condition(changes: dict[str, Any], condition: Condition) -> None:
    assert condition_of(source(**changes)) is condition


def test_what_nobody_wants_idles_whatever_happened() -> None:
    gone = source(problem="Gone for good.", next_poll_at=None)
    assert condition_of(gone, wanted=False) is Condition.IDLE


def test_trouble_comes_first_then_titles() -> None:
    made = [source(title=title) for title in ("b", "A", "C")]
    failing, gone = (
        source(title="y", problem="500"),
        source(title="z", problem="410", next_poll_at=None),
    )
    assert [one.title for one in sorted([*made, failing, gone], key=urgency)] == ["z", "y", "A", "b", "C"]


def test_what_was_found_is_named() -> None:
    assert about_found("feed", "", None) == "Feed"
    assert about_found("feed", "RSS 2.0", 1) == "Feed, RSS 2.0, 1 entry"
    assert about_found("sitemap", "", 1200) == "News sitemap, 1,200 entries"
    assert about_found("page", "", 0) == "Page with links to articles, 0 entries"


def test_failures_are_counted_from_their_first() -> None:
    assert about_failures(source(), when) == ""
    once = source(failures=1, failing_since=NOW)
    assert about_failures(once, when) == "It failed once, 12:00."
    often = source(failures=4, failing_since=NOW)
    assert about_failures(often, when) == "It failed 4 times in a row, first 12:00."


NEXT = {
    "by its rhythm": ({}, "12:10"),
    "due": ({"next_poll_at": NOW}, "within a minute"),
    "due since long": ({"next_poll_at": NOW - timedelta(hours=1)}, "within a minute"),
    "due in two seconds": ({"next_poll_at": NOW + timedelta(seconds=2)}, "within a minute"),
    "never": ({"next_poll_at": None}, "not planned"),
    "as asked": ({"not_before": SOON}, "12:10, as its server asks"),
    "a pause that is over": ({"not_before": NOW}, "12:10"),
    "pushed": ({"pushed_until": SOON}, "12:10 at the latest; its hub tells Broadsheet at once what is new"),
    "no more pushed": ({"pushed_until": NOW}, "12:10"),
}


@pytest.mark.parametrize(("changes", "said"), NEXT.values(), ids=NEXT.keys())
def test_the_next_reading_is_told_with_its_reason(changes: dict[str, Any], said: str) -> None:
    assert about_next(source(**changes), NOW, when) == said


def test_a_move_is_told_without_secrets() -> None:
    assert about_move(source()) == ""
    assert "on to https://new.example/f?key=… for good" in about_move(
        source(moved_to="https://new.example/f?key=geheim", moved_seen=1)
    )


PACES = {
    "silence": ([0] * 30, "nothing in 30 days"),
    "a single one": ([0] * 29 + [1], "1 article in 30 days"),
    "a few": ([1, 0, 0, 0, 0] * 6, "6 articles in 30 days, about one every 5 days"),
    "daily": ([1] * 28 + [0, 0], "28 articles in 30 days, about one a day"),
    "often": ([40] * 30, "1,200 articles in 30 days, about 40 a day"),
}


@pytest.mark.parametrize(("days", "said"), PACES.values(), ids=PACES.keys())
def test_the_pace_is_put_into_words(days: list[int], said: str) -> None:
    assert about_pace(Pace(NOW, tuple(days))) == said


SINCE = {
    "nothing": (Pace(None, (0,) * 30), "nothing yet"),
    "a day": (Pace(NOW, (0,) * 29 + (20,), known=1), "20 articles so far"),
    "two days": (Pace(NOW, (0,) * 28 + (3, 17), known=2), "20 articles in 2 days, about 10 a day"),
    "three weeks": (
        Pace(NOW, (0,) * 26 + (1, 1, 0, 1), known=21),
        "3 articles in 21 days, about one every 7 days",
    ),
}


@pytest.mark.parametrize(("pace", "said"), SINCE.values(), ids=SINCE.keys())
def test_the_pace_of_a_new_source_is_told_since_it_is_known(pace: Pace, said: str) -> None:
    assert about_pace(pace) == said


def test_what_was_held_back_is_counted() -> None:
    assert about_held_back(Pace(NOW, (1,)), when) == ""
    assert about_held_back(Pace(NOW, (1,), None, 1, NOW), when) == "1 article held back as old news, 12:00"
    several = Pace(NOW, (1,), None, 1200, NOW)
    assert about_held_back(several, when) == "1,200 articles held back as old news, last 12:00"


def test_the_picture_tells_nothing_from_little_and_little_from_much() -> None:
    assert picture([0, 1, 100]) == "▁▂█"
    assert picture([0, 0]) == "▁▁"
    assert picture([1, 0]) == "█▁"
    assert picture(range(8)) == "▁▂▃▄▅▆▇█"
    assert picture([]) == ""
