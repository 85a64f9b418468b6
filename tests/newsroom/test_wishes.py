"""A subscription's wishes in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.newsroom.wishes import (
    LENGTHS,
    PAGES,
    SAME_STORY,
    USUAL_WAIT,
    WAITS,
    about_changes,
    about_wishes,
    listed,
)
from storage.records import Length, Reading, SameStory, Source, Subscription

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOURCE = Source(1, "https://a.test", "A", None, None, None, None, None, None, None, None, 0, None)
USUAL = Subscription(1, 10, 20, SOURCE, False, 1, None, NOW, NOW, 0, None)


def test_only_what_is_unusual_is_named():
    assert about_wishes(USUAL) == []
    unusual = replace(
        USUAL, thread=True, length=Length.FULL, reading=Reading.NEVER, same_story=SameStory.THREAD
    )
    assert listed(about_wishes(unusual)) == (
        "a thread for each article, whole articles, articles' pages never read and stories that another source told "
        "first put into its card's thread"
    )


def test_where_and_how_long_is_named_too():
    unusual = replace(USUAL, announce=True, pin=True, longest_wait=timedelta(hours=168))
    said = "posts published to the servers that follow, posts pinned and posts that wait for a week at most"
    assert listed(about_wishes(unusual)) == listed(about_changes(USUAL, unusual)) == said
    assert listed(about_changes(unusual, USUAL)) == (
        "posts not published any more, posts not pinned any more and posts that wait for a day at most"
    )


def test_a_limit_is_named():
    few = replace(USUAL, at_most=3)
    assert about_wishes(few) == ["at most 3 posts a day and the other articles in a digest"]
    assert about_changes(few, USUAL) == ["no limit of posts a day"]


def test_what_changed_is_named_back_to_the_usual_too():
    other = replace(USUAL, thread=True, length=Length.LONG)
    assert listed(about_changes(USUAL, other)) == "a thread for each article and long summaries"
    assert listed(about_changes(other, USUAL)) == "no threads and summaries of the usual length"
    assert about_changes(other, other) == []


def test_every_wish_can_be_chosen_and_fits_discords_menu():
    for words, kind in ((LENGTHS, Length), (PAGES, Reading), (SAME_STORY, SameStory)):
        assert set(words) == set(kind)
        assert all(len(text) <= 100 for text in words.values())
        assert sum("usual" in text for text in words.values()) == 1
    assert [hours for hours, words in WAITS.items() if "usual" in words] == [USUAL_WAIT / timedelta(hours=1)]
