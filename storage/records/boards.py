"""Who and what did most in a guild, and how much was done there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Voter:
    """A member's vote on an article: the one that counts."""

    member_id: int
    emoji: str
    weight: int


@dataclass(frozen=True, slots=True)
class SourceRank:
    """What a source's articles came to in a guild."""

    source_id: int
    title: str
    articles: int
    upvotes: int
    downvotes: int
    comments: int

    @property
    def score(self) -> int:
        """Votes for minus votes against."""
        return self.upvotes - self.downvotes


@dataclass(frozen=True, slots=True)
class CommenterRank:
    """What a member's comments came to in a guild."""

    member_id: int
    name: str
    comments: int
    score: int


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What happened in a guild on a day (UTC): articles posted, comments written, votes for and against given.

    Votes are those that stand, on articles posted in the time that was asked about.
    """

    day: date
    articles: int = 0
    comments: int = 0
    votes_for: int = 0
    votes_against: int = 0
