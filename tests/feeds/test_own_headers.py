"""A source's own headers: what may be stored, and what is said of what may not."""

from __future__ import annotations

import pytest

from bot.feeds.own_headers import read_headers, with_header


def test_headers_are_set_replaced_and_removed_whatever_the_case() -> None:
    kept = with_header(None, "Authorization", "Bearer one")
    kept = with_header(kept, "X-Key", "k")
    kept = with_header(kept, "authorization", "Bearer two")
    assert read_headers(kept) == {"X-Key": "k", "authorization": "Bearer two"}
    kept = with_header(with_header(kept, "AUTHORIZATION", None), "X-Key", None)
    assert kept is None
    assert read_headers(kept) == {}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Host", "inner.example", "set by Broadsheet itself"),
        ("user-agent", "Mozilla/5.0", "set by Broadsheet itself"),
        ("X Key", "hush", "no name of a header"),
        ("X-Key:", "hush", "no name of a header"),
        ("X-Key", "hush\r\nHost: inner.example", "one line"),
        ("X-Key", "", "one line"),
        ("X-Key", "hüsh", "one line"),
        ("X-Key", "hush" * 2_000, "one line"),
    ],
)
def test_what_can_not_be_sent_is_refused_without_repeating_it(name: str, value: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        with_header(None, name, value)
    assert "hush" not in str(refused.value)
