"""Old entries that come back under new names are remembered and not posted, and nothing that is news is held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.feeds.identify import Recognised
from bot.feeds.model import Document, Entry
from bot.newsroom.old_news import is_another_feed, old_news
from bot.newsroom.timing import note_published
from storage import Source

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def source(
    read: float | None = 0.01, published: Sequence[float] = (1, 9, 30), entries: int | None = 3
) -> Source:
    """A source that was read, and published, so many days ago."""
    blank = Source(
        1, "https://a.test/", "The Tide", "https://a.test", None, None, None, None, None, None, None, 0, None
    )
    return replace(
        blank,
        last_success_at=None if read is None else NOW - read * DAY,
        rhythm=note_published(None, (NOW - ago * DAY for ago in published), NOW) if published else None,
        entries=entries,
    )


def dated(*ago: float | None) -> tuple[Entry, ...]:
    """Entries that were published so many days ago."""
    return tuple(
        Entry(str(number), None, "", published_at=None if days is None else NOW - days * DAY)
        for number, days in enumerate(ago)
    )


@pytest.mark.parametrize(
    ("followed", "ago", "held_back"),
    [
        pytest.param(source(), (400, 20, 8, 6, 1, 0), [400, 20, 8], id="an archive under new names"),
        pytest.param(source(), (30,), [], id="a single post dated back"),
        pytest.param(source(), (30, 0.1, None), [], id="a single one among news"),
        pytest.param(source(), (None, None), [], id="without dates"),
        pytest.param(source(read=None), (400, 300), [], id="the first poll"),
        pytest.param(source(read=90, published=[100]), (95, 60, 20, 1), [], id="after months of failure"),
        pytest.param(source(read=90, published=[91]), (200, 150, 60), [200, 150], id="old even so"),
        pytest.param(source(published=[40, 60]), (39, 35, 31), [], id="a court that is always a month late"),
        pytest.param(source(published=[40, 60]), (80, 50, 39), [80, 50], id="a court that repeats itself"),
        pytest.param(source(published=[600]), (600, 600), [], id="one date for everything"),
        pytest.param(source(published=[40, 60]), (80, 60, 40), [80, 60, 40], id="up to its newest"),
        pytest.param(source(published=[40, 60]), (60, 40, 39), [], id="its newest and one dated back"),
        pytest.param(source(published=[], entries=0), (60, 50), [], id="it was empty until now"),
        pytest.param(source(published=[], entries=None), (60, 50, 2), [60, 50], id="just upgraded"),
    ],
)
def test_what_lies_well_before_what_a_source_brought_is_no_news(
    followed: Source, ago: Sequence[float | None], held_back: list[float]
) -> None:
    found = old_news(followed, dated(*ago), len(ago))
    assert [(NOW - entry.published_at) / DAY for entry in found if entry.published_at] == held_back


@pytest.mark.parametrize(
    ("followed", "ago", "entries"),
    [
        pytest.param(source(published=[20, 60]), (22, 21, 19), 30, id="a court's decisions in no order"),
        pytest.param(source(published=[1]), (25, 21, 12, 0.1), 25, id="a list of the month's best"),
        pytest.param(source(published=[2]), (10, 9), 12, id="drafts that were merged together"),
    ],
)
def test_a_few_are_news_where_most_of_the_document_is_known(
    followed: Source, ago: Sequence[float], entries: int
) -> None:
    assert old_news(followed, dated(*ago), entries) == []
    assert old_news(followed, dated(*ago), len(ago)) != []
    assert len(old_news(followed, dated(*ago, *range(61, 67)), 100)) > 5


def test_what_only_says_when_it_was_changed_is_judged_by_that() -> None:
    entries = [replace(entry, published_at=None, updated_at=entry.published_at) for entry in dated(20, 30, 1)]
    assert old_news(source(), entries, 3) == entries[:2]


MARKS = b"1234567812345679"
ITS_OWN = Document("The Tide", "https://www.a.test/", marks=b"abcdefgh")
OTHER = Document("Casino", "https://casino.test/", marks=b"abcdefgh")


@pytest.mark.parametrize(
    ("changes", "document", "ago", "moved", "expected"),
    [
        pytest.param({}, OTHER, [None, None], None, True, id="somebody else has the address"),
        pytest.param({}, OTHER, [0, 0.1], None, True, id="also where dates are from before the last read"),
        pytest.param({}, OTHER, [0, 0], None, False, id="published since: whatever it calls itself"),
        pytest.param({}, OTHER, [None], None, False, id="a single entry is no flood"),
        pytest.param({}, ITS_OWN, [None, None], None, False, id="a short feed that is all new"),
        pytest.param({}, replace(OTHER, link="https://a.test"), [None] * 2, None, False, id="a new title"),
        pytest.param({}, replace(OTHER, marks=MARKS[8:]), [None] * 2, None, False, id="a known mark"),
        pytest.param({"kind": "page"}, ITS_OWN, [None] * 9, None, True, id="another list of a page"),
        pytest.param({"entries": 0}, OTHER, [None, None], None, False, id="it was empty until now"),
        pytest.param({"last_success_at": None}, OTHER, [None, None], 1, False, id="the first poll"),
        pytest.param({}, OTHER, [None, None], 0, True, id="a redirect"),
        pytest.param({}, ITS_OWN, [None, None], 0, False, id="a short feed that is always redirected"),
        pytest.param({}, OTHER, [0, 0], 0, False, id="published since, behind a redirect"),
        pytest.param({}, ITS_OWN, [0, 0], 1, True, id="the first redirect for good"),
    ],
)
def test_another_feed_is_told_by_more_than_its_entries(
    changes: dict[str, object], document: Document, ago: list[float | None], moved: int | None, expected: bool
) -> None:
    followed = replace(source(), marks=MARKS, **changes)  # type: ignore[arg-type]
    found = Recognised(dated(*ago))
    assert is_another_feed(followed, document, found, familiar=False, moved=moved) is expected
    assert not is_another_feed(followed, document, found, familiar=True, moved=moved)
