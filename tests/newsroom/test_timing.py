"""When a source is polled and a post is tried next."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.newsroom.timing import next_attempt, next_poll

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("failures", "asked", "spread", "wait"),
    [
        pytest.param(0, None, 0.0, timedelta(minutes=10), id="all well"),
        pytest.param(0, None, 1.0, timedelta(minutes=11), id="spread by at most a tenth"),
        pytest.param(1, None, 0.0, timedelta(minutes=20), id="one failure doubles"),
        pytest.param(3, None, 0.0, timedelta(minutes=80), id="three failures"),
        pytest.param(50, None, 0.0, timedelta(days=1), id="never more than a day"),
        pytest.param(0, timedelta(hours=2), 0.0, timedelta(hours=2), id="the server asks for more time"),
        pytest.param(0, timedelta(seconds=5), 0.0, timedelta(minutes=10), id="it can't ask for less"),
        pytest.param(0, timedelta(days=400), 0.0, timedelta(days=1), id="nor for more than a day"),
    ],
)
def test_next_poll(failures: int, asked: timedelta | None, spread: float, wait: timedelta) -> None:
    assert next_poll(NOW, TEN_MINUTES, failures=failures, asked=asked, spread=spread) == NOW + wait


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
