"""When digests are due, on whatever clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.digest_times import due, heading, next_due, when_words
from storage.records import Every, ScheduleToStore, Sort

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")


def schedule(
    every: Every = Every.DAY, hour: int = 9, day: int = 0, zone: str = "UTC", **more: Any
) -> ScheduleToStore:
    return ScheduleToStore(10, 20, every, hour, day, zone, **more)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("wish", "now", "expected"),
    [
        pytest.param(schedule(), utc(2026, 5, 1, 8, 59), utc(2026, 5, 1, 9), id="a minute before"),
        pytest.param(schedule(), utc(2026, 5, 1, 9), utc(2026, 5, 2, 9), id="at the moment itself: the next"),
        pytest.param(
            schedule(hour=2, zone="Europe/Berlin"),
            utc(2026, 3, 28, 12),
            utc(2026, 3, 29, 1),
            id="an hour that spring leaves out is the next one",
        ),
        pytest.param(
            schedule(hour=2, zone="Europe/Berlin"),
            utc(2026, 10, 24, 12),
            utc(2026, 10, 25, 0),
            id="of an hour that comes twice it is the first",
        ),
        pytest.param(
            schedule(hour=2, zone="Europe/Berlin"),
            utc(2026, 10, 25, 0, 30),
            utc(2026, 10, 26, 1),
            id="and not the second as well",
        ),
        pytest.param(
            schedule(Every.WEEK, 9, 0, "Europe/Berlin"), utc(2026, 5, 1), utc(2026, 5, 4, 7), id="Mondays"
        ),
        pytest.param(
            schedule(Every.MONTH, 9, 31), utc(2027, 2, 1), utc(2027, 2, 28, 9), id="a month without a 31st"
        ),
        pytest.param(
            schedule(Every.MONTH, 9, 29), utc(2028, 2, 1), utc(2028, 2, 29, 9), id="a leap year's 29th"
        ),
        pytest.param(
            schedule(Every.MONTH, 9, 31), utc(2026, 12, 31, 9), utc(2027, 1, 31, 9), id="over the year's end"
        ),
    ],
)
def test_when_the_next_is_due(wish: ScheduleToStore, now: datetime, expected: datetime) -> None:
    assert next_due(wish, now) == expected


@given(
    every=st.sampled_from(Every),
    hour=st.integers(0, 23),
    number=st.integers(0, 30),
    zone=st.sampled_from(ZONES),
    hours_on=st.integers(0, 26 * 365 * 24),
)
def test_periods_follow_each_other_without_a_gap(
    every: Every, hour: int, number: int, zone: str, hours_on: int
) -> None:
    now = utc(2011, 1, 1) + timedelta(hours=hours_on)
    day = number % 7 if every is Every.WEEK else number + 1
    wish = schedule(every, hour, day, zone)
    period = due(wish, now)
    assert period.since < period.until <= now < period.next_at
    after = due(wish, period.next_at)
    assert (after.since, after.until) == (period.until, period.next_at)
    local = period.next_at.astimezone(ZoneInfo(zone))
    if ZoneInfo(zone).utcoffset(local.replace(tzinfo=None)) == ZoneInfo(zone).utcoffset(
        (local - timedelta(hours=3)).replace(tzinfo=None)
    ):
        assert (local.hour, local.minute) == (hour, 0)


@pytest.mark.parametrize(
    ("wish", "now", "expected"),
    [
        pytest.param(schedule(hour=18), utc(2026, 11, 23, 18), "The day's best · 23 November", id="evening"),
        pytest.param(schedule(hour=8), utc(2026, 11, 23, 8), "The day's best · 22 November", id="morning"),
        pytest.param(
            schedule(Every.WEEK, rank=Sort.DISCUSSED),
            utc(2026, 11, 23, 9),
            "The week's most discussed · 16–22 November",
            id="a week",
        ),
        pytest.param(
            schedule(Every.WEEK), utc(2026, 11, 30, 9), "The week's best · 23–29 November", id="a month's end"
        ),
        pytest.param(
            schedule(Every.WEEK, day=3),
            utc(2026, 12, 3, 9),
            "The week's best · 26 November – 2 December",
            id="over a month's end",
        ),
        pytest.param(
            schedule(Every.MONTH, day=1),
            utc(2026, 12, 1, 9),
            "The month's best · November 2026",
            id="a month",
        ),
    ],
)
def test_what_a_period_is_called(wish: ScheduleToStore, now: datetime, expected: str) -> None:
    assert heading(wish, due(wish, now)) == expected


def test_when_it_comes_in_words() -> None:
    assert when_words(schedule(zone="Europe/Berlin")) == "every day at 9:00 (Europe/Berlin)"
    assert when_words(schedule(Every.WEEK, day=6)) == "every Sunday at 9:00 (UTC)"
    assert (
        when_words(schedule(Every.MONTH, day=31)) == "every month on day 31 or the month's last at 9:00 (UTC)"
    )


def test_a_time_zone_that_nobody_knows_any_more_is_utc() -> None:
    wish = schedule(zone="Atlantis/Poseidonis")
    assert next_due(wish, utc(2026, 5, 1, 8)) == utc(2026, 5, 1, 9)
    assert heading(wish, due(wish, utc(2026, 5, 1, 9))) == "The day's best · 30 April"
