"""How many examples a property is tried with: few every day, more by `make test-all`."""

from __future__ import annotations

from hypothesis import settings


def examples(everyday: int) -> int:
    """So many every day; with another profile of hypothesis as many more as it has more than the usual 100."""
    return max(1, everyday * settings().max_examples // 100)
