"""ROUGE: how much of a reference's words, pairs of words and order of words a summary has.

Chin-Yew Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004), without stemming or stop words:
F1 of ROUGE-1, ROUGE-2 and ROUGE-L over the whole text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from bot.feeds.text import split_words


def rouge(summary: str, reference: str) -> tuple[float, float, float]:
    """ROUGE-1, -2 and -L, from 0 to 1."""
    one, other = split_words(summary), split_words(reference)
    pairs = list(pairwise(one)), list(pairwise(other))
    return (
        _f1(_shared(one, other), len(one), len(other)),
        _f1(_shared(*pairs), len(pairs[0]), len(pairs[1])),
        _f1(_longest(one, other), len(one), len(other)),
    )


def _shared(one: Sequence[object], other: Sequence[object]) -> int:
    return (Counter(one) & Counter(other)).total()


def _longest(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for at, wanted in enumerate(other, 1):
            above = row[at]
            row[at] = before + 1 if word == wanted else max(above, row[at - 1])
            before = above
    return row[-1]


def _f1(shared: int, one: int, other: int) -> float:
    return 2 * shared / (one + other) if one + other else 0.0
