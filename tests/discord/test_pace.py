"""All requests together stay below Discord's limit."""

from __future__ import annotations

import pytest

from bot.publisher.pace import Pace, counts


def test_no_second_sees_more_than_it_may_and_nobody_waits_for_nothing() -> None:
    pace = Pace(40)
    times = [asked + pace.wait(asked) for asked in [0.0] * 100 + [2.1] * 45 + [10.0]]
    assert times == sorted(times), "in the order in which they asked"
    for first in times:
        assert sum(first <= time < first + 1 for time in times) <= 40
    assert times[39] == 0.0
    assert times[99] == 2.0
    assert times[-1] == 10.0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v10/channels/1/messages", True),
        ("/api/v10/interactions/1/token/callback", False),
        ("/api/v10/webhooks/1/token/messages/@original", False),
    ],
)
def test_answers_to_interactions_do_not_wait(path: str, expected: bool) -> None:
    assert counts(path) is expected
