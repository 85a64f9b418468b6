"""Who and what did most in a guild, and how much was done there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class VotersOfEmoji:
    """How many votes of an emoji count on an article, and members of whom some are, the latest first."""

    emoji: str
    votes: int
    member_ids: tuple[int, ...]


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

    Votes are those that count, one a member and article, on articles posted in the time that was asked about.
    """

    day: date
    articles: int = 0
    comments: int = 0
    votes_for: int = 0
    votes_against: int = 0
