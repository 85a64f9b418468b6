"""Orders of articles and comments: pure functions of stored facts. Each names its source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import log10, sqrt

from bot.newsroom.corrections import judge_revision
from bot.newsroom.stories import KINSHIP
from storage import Ranks

# Seconds by which an article must be newer to outweigh ten times the votes (the constant of Reddit's ranking).
HOT_PERIOD = 45_000
# Any fixed moment does: only differences count. A near one keeps the numbers small and exact.
HOT_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)

# The standard normal quantile that leaves 2.5 % above it: an interval of 95 %.
CONFIDENCE = 1.959964


def hot(upvotes: int, downvotes: int, posted_at: datetime) -> float:
    """Reddit's "hot" of its open-sourced ranking code: log10 of the score plus the age in units of 12.5 hours.

    It does not depend on the present moment, so it can be stored and indexed, and changes only with a vote.
    """
    score = upvotes - downvotes
    order = log10(max(abs(score), 1))
    sign = (score > 0) - (score < 0)
    return sign * order + (posted_at - HOT_EPOCH).total_seconds() / HOT_PERIOD


def controversy(upvotes: int, downvotes: int) -> float:
    """Reddit's "controversial": the number of votes, raised to how evenly they are split; 0 without both kinds."""
    if upvotes <= 0 or downvotes <= 0:
        return 0.0
    balance = min(upvotes, downvotes) / max(upvotes, downvotes)
    return float((upvotes + downvotes) ** balance)


def best(members_for: int, members_against: int) -> float:
    """The lower bound of Wilson's score interval: the share of members for it that is at least to be expected, 0 to 1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), at 95 %, as E. Miller proposed for ratings ("How Not To Sort By Average Rating",
    2009). A few votes promise little: 1 of 1 gives 0.21, 90 of 100 gives 0.83. Without votes it is 0.

    The interval is that of so many who were asked: one member is one of them, also where their emoji weighs ten votes.
    """
    asked = members_for + members_against
    if asked <= 0:
        return 0.0
    share, square = members_for / asked, CONFIDENCE**2
    spread = CONFIDENCE * sqrt((share * (1 - share) + square / (4 * asked)) / asked)
    # Where all votes are against, the bound is 0, and rounding may leave a little on either side.
    return max(0.0, (share + square / (2 * asked) - spread) / (1 + square / asked)) if members_for else 0.0


RANKS = Ranks(hot, controversy, best, KINSHIP, judge_revision)
"""The rules by which storage keeps articles sorted and tied together."""


class Period(StrEnum):
    """How far back a ranking looks."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"

    def since(self, now: datetime) -> datetime | None:
        """The moment from which articles count, or None for all of them."""
        days = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 30}.get(self)
        return None if days is None else now - timedelta(days=days)
