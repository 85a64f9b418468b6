"""When a source is polled and a post is tried next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bot.newsroom.timing import (
    MOST_MOMENTS,
    SIGHTINGS,
    Bounds,
    interval_of,
    next_attempt,
    next_poll,
    note_published,
    sighted,
    usual_gap,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TEN_MINUTES = timedelta(minutes=10)
BOUNDS = Bounds(TEN_MINUTES, DAY)


@pytest.mark.parametrize(
    ("failures", "asked", "spread", "wait"),
    [
        pytest.param(0, {}, 0.0, TEN_MINUTES, id="all well"),
        pytest.param(0, {}, 1.0, timedelta(minutes=11), id="spread by at most a tenth"),
        pytest.param(1, {}, 0.0, timedelta(minutes=20), id="one failure doubles"),
        pytest.param(3, {}, 0.0, timedelta(minutes=80), id="three failures"),
        pytest.param(50, {}, 1.0, DAY, id="never more than a day"),
        pytest.param(0, {"pause": 2 * HOUR}, 0.0, 2 * HOUR, id="the server asks for more time"),
        pytest.param(0, {"pause": MINUTE}, 0.0, TEN_MINUTES, id="it can't ask for less"),
        pytest.param(0, {"pause": 400 * DAY}, 0.0, 7 * DAY, id="nor for more than a week"),
        pytest.param(0, {"fresh": HOUR / 2}, 0.0, HOUR / 2, id="the feed stays fresh"),
        pytest.param(0, {"fresh": 400 * DAY}, 0.0, HOUR, id="fresh for ever is not believed"),
        pytest.param(0, {"due": NOW - MINUTE}, 1.0, timedelta(minutes=11), id="a minute late is on time"),
        pytest.param(
            0, {"due": NOW - HOUR}, 0.5, timedelta(minutes=15), id="after a pause of the bot: spread"
        ),
        pytest.param(
            0, {"due": None}, 1.0, timedelta(minutes=20), id="a first poll: spread over an interval"
        ),
    ],
)
def test_next_poll(
    failures: int, asked: dict[str, timedelta | datetime | None], spread: float, wait: timedelta
) -> None:
    given = {"due": NOW, **asked}
    assert next_poll(NOW, TEN_MINUTES, failures=failures, spread=spread, **given) == NOW + wait  # type: ignore[arg-type]


def published(*ago: timedelta) -> bytes:
    return note_published(None, [NOW - moment for moment in ago], NOW)


@pytest.mark.parametrize(
    ("rhythm", "wait"),
    [
        pytest.param(b"", TEN_MINUTES, id="nothing yet"),
        pytest.param(published(*(n * 15 * MINUTE for n in range(30))), TEN_MINUTES, id="a news site"),
        pytest.param(published(*(n * DAY for n in range(10))), 2 * HOUR, id="once a day: within two hours"),
        pytest.param(published(*(n * 7 * DAY for n in range(10))), 14 * HOUR, id="once a week"),
        pytest.param(published(400 * DAY, 430 * DAY), DAY, id="silent for a year: once a day"),
        pytest.param(
            published(2 * DAY, 50 * DAY, 51 * DAY, 52 * DAY), 2 * HOUR, id="one long gap is no habit"
        ),
        pytest.param(published(12 * DAY, 13 * DAY, 14 * DAY), 12 * HOUR, id="a habit that ended"),
        pytest.param(
            published(*(n * DAY + m * MINUTE for n in range(4) for m in range(5))), 2 * HOUR, id="in batches"
        ),
        pytest.param(published(-DAY, timedelta()), TEN_MINUTES, id="dates to come count as now"),
    ],
)
def test_the_interval_follows_how_often_a_source_publishes(rhythm: bytes, wait: timedelta) -> None:
    interval = interval_of(rhythm, BOUNDS, NOW)
    assert abs(interval - wait) <= wait / 50


def test_a_fixed_interval_stays_whatever_a_source_does() -> None:
    fixed = Bounds(TEN_MINUTES, TEN_MINUTES)
    assert interval_of(published(400 * DAY), fixed, NOW) == TEN_MINUTES


def test_a_source_that_is_pushed_is_polled_as_a_safety_net() -> None:
    daily, yearly = published(timedelta(), DAY, 2 * DAY), published(400 * DAY)
    assert interval_of(daily, BOUNDS, NOW, pushed=True) == 6 * HOUR
    assert interval_of(yearly, BOUNDS, NOW, pushed=True) == DAY


def test_a_rhythm_is_small_forgets_and_bears_any_date() -> None:
    rhythm = note_published(None, [NOW - n * DAY for n in range(5_000)], NOW)
    assert len(rhythm) == 4 * MOST_MOMENTS
    odd = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC), None]
    rhythm = note_published(rhythm, odd, NOW)
    assert len(rhythm) == 4 * MOST_MOMENTS
    assert usual_gap(rhythm, NOW) == DAY
    assert usual_gap(None, NOW) is None


def test_a_thousand_sources_added_at_once_are_evenly_due_after_their_first_poll() -> None:
    """In each tenth of every interval about a tenth of them is polled, from the third interval on."""
    random = Random(4)
    polls: list[list[datetime]] = []
    for _ in range(1_000):
        now, due, times = NOW, None, []
        while now < NOW + 10 * TEN_MINUTES:
            due = next_poll(now, TEN_MINUTES, due=due, spread=random.random())
            assert TEN_MINUTES <= due - now <= 2 * TEN_MINUTES
            times.append(due)
            now = due
        polls.append(times)
    for interval in range(3, 9):
        begin = NOW + interval * TEN_MINUTES
        shares = [0] * 10
        for moment in (moment for times in polls for moment in times):
            if begin <= moment < begin + TEN_MINUTES:
                shares[int((moment - begin) / MINUTE)] += 1
        assert min(shares) > 60
        assert max(shares) < 140


def test_a_move_is_believed_when_it_was_seen_in_a_row() -> None:
    seen: tuple[str | None, int] = (None, 0)
    story = ["https://a", "https://a", "https://b", "https://b", None, "https://b", "https://b", "https://b"]
    counts = []
    for moved_to in story:
        seen = sighted(seen, moved_to)
        counts.append(seen[1])
    assert counts == [1, 2, 1, 2, 0, 1, 2, SIGHTINGS]
    assert sighted(seen, "https://b") == ("https://b", SIGHTINGS)


@pytest.mark.parametrize(
    ("attempts", "asked", "wait"),
    [
        pytest.param(1, None, timedelta(seconds=2), id="soon"),
        pytest.param(4, None, timedelta(seconds=16), id="doubling"),
        pytest.param(40, None, timedelta(minutes=1), id="at most a minute"),
        pytest.param(1, timedelta(hours=1), timedelta(hours=1), id="as Discord asked, in full"),
    ],
)
def test_next_attempt(attempts: int, asked: timedelta | None, wait: timedelta) -> None:
    assert next_attempt(NOW, attempts, asked) == NOW + wait
