"""Orders of articles, against values worked out by hand from the published formulas."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.ranking import HOT_EPOCH, Period, best, controversy, hot

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


@pytest.mark.parametrize(
    ("upvotes", "of", "expected"),
    [
        pytest.param(81, 263, 0.2553, id="Newcombe 1998, table I, method 3"),
        pytest.param(15, 148, 0.0624, id="Newcombe 1998, table I, method 3, second"),
        pytest.param(0, 20, 0.0, id="Newcombe 1998, table I, method 3: none for"),
        pytest.param(1, 29, 0.0061, id="Newcombe 1998, table I, method 3: one for"),
        pytest.param(0, 0, 0.0, id="no votes"),
        pytest.param(1, 1, 0.2065, id="a single vote promises little"),
        pytest.param(0, 1_000_000, 0.0, id="all against, without a rest of rounding"),
        pytest.param(1_000_000, 1_000_000, 1.0, id="all of very many for"),
    ],
)
def test_best(upvotes: int, of: int, expected: float) -> None:
    assert best(upvotes, of - upvotes) == pytest.approx(expected, abs=5e-5)


def test_many_good_votes_are_better_than_few_perfect_ones() -> None:
    # What E. Miller's article is about: neither the difference nor the average orders these three so.
    assert best(600, 400) > best(5500, 4500)
    assert best(100, 1) > best(2, 0) > best(1, 0) > best(0, 0)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_one_more_vote_never_makes_an_article_worse(upvotes: int, downvotes: int) -> None:
    assert best(upvotes + 1, downvotes) >= best(upvotes, downvotes) >= best(upvotes, downvotes + 1)
    assert 0 <= best(upvotes, downvotes) <= 1


def test_periods_look_back_from_now() -> None:
    assert Period.DAY.since(NOW) == NOW - timedelta(days=1)
    assert Period.WEEK.since(NOW) == NOW - timedelta(days=7)
    assert Period.MONTH.since(NOW) == NOW - timedelta(days=30)
    assert Period.ALL.since(NOW) is None
