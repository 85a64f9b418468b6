"""Orders of articles, against values worked out by hand from the published formulas."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.ranking import HOT_EPOCH, Period, controversy, hot

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("upvotes", "downvotes", "age_hours", "expected"),
    [
        pytest.param(0, 0, 0, 0.0, id="no votes, at the epoch"),
        pytest.param(1, 0, 0, 0.0, id="one vote counts like none: log10 1"),
        pytest.param(10, 0, 0, 1.0, id="ten votes are one step"),
        pytest.param(100, 0, 0, 2.0, id="a hundred are two"),
        pytest.param(0, 10, 0, -1.0, id="ten against are a step back"),
        pytest.param(5, 5, 0, 0.0, id="a tie is no step"),
        pytest.param(0, 0, 12.5, 1.0, id="half a day is worth ten votes"),
        pytest.param(10, 0, -12.5, 0.0, id="and outweighs them"),
    ],
)
def test_hot(upvotes: int, downvotes: int, age_hours: float, expected: float) -> None:
    assert hot(upvotes, downvotes, HOT_EPOCH + timedelta(hours=age_hours)) == pytest.approx(expected)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_one_more_vote_never_makes_an_article_colder(upvotes: int, downvotes: int) -> None:
    assert (
        hot(upvotes + 1, downvotes, NOW) >= hot(upvotes, downvotes, NOW) >= hot(upvotes, downvotes + 1, NOW)
    )


@pytest.mark.parametrize(
    ("upvotes", "downvotes", "expected"),
    [
        pytest.param(0, 0, 0.0, id="no votes"),
        pytest.param(50, 0, 0.0, id="all of one mind"),
        pytest.param(5, 5, 10.0, id="evenly split: all votes"),
        pytest.param(8, 2, 10**0.25, id="four to one"),
        pytest.param(2, 8, 10**0.25, id="the side does not matter"),
    ],
)
def test_controversy(upvotes: int, downvotes: int, expected: float) -> None:
    assert controversy(upvotes, downvotes) == pytest.approx(expected)


def test_periods_look_back_from_now() -> None:
    assert Period.DAY.since(NOW) == NOW - timedelta(days=1)
    assert Period.WEEK.since(NOW) == NOW - timedelta(days=7)
    assert Period.MONTH.since(NOW) == NOW - timedelta(days=30)
    assert Period.ALL.since(NOW) is None
