"""What counts as a vote in a guild, and what becomes of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


def emoji_key(emoji: str) -> str:
    """What all names of an emoji have in common, by which a reaction is known as a vote.

    A guild's own may be renamed: its id. Of a Unicode one Discord takes both forms as reactions, with U+FE0F and
    without: the latter.
    """
    _, colon, own_id = emoji.partition(":")
    return own_id if colon else emoji.replace("\ufe0f", "")


@dataclass(frozen=True, slots=True)
class VoteEmoji:
    """A reaction that is a vote in a guild: a Unicode emoji, or `name:id` for a guild's own.

    A `weight` of 1 to 10 is a vote for that counts as often, one of -1 to -10 is a vote against.
    """

    emoji: str
    weight: int


@dataclass(frozen=True, slots=True)
class VoteRules:
    """How a guild votes: by which emoji, in their order; with which roles (none: everybody may).

    `shows_voters`: members may ask who voted.
    """

    emoji: tuple[VoteEmoji, ...]
    voter_roles: frozenset[int] = frozenset()
    shows_voters: bool = False


class Verdict(StrEnum):
    """What a reaction is: a vote that counts; one that does not, as the comment is its member's own or as they may not
    vote; or no vote, so another emoji or somewhere else.
    """

    COUNTS = "counts"
    OWN_COMMENT = "own"
    NOT_A_VOTER = "role"
    NO_VOTE = "none"


@dataclass(frozen=True, slots=True)
class ReactionChange:
    """A member's reaction came at `at`, or went. `roles` are the member's where it came: they say who may vote."""

    message_id: int
    member_id: int
    emoji: str
    at: datetime
    came: bool
    roles: frozenset[int] = frozenset()
