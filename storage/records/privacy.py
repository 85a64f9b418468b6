"""What is kept of a member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.records.follows import FollowKept, Listener, TidingKept
from storage.records.votes import Verdict


@dataclass(frozen=True, slots=True)
class Erased:
    """How many votes (reactions of whichever emoji) and comments were erased; `more` is left."""

    votes: int = 0
    comments: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class NameKept:
    """A guild that something of a member is kept of: their name there, if it is, and whether others may see it."""

    guild_id: int
    guild_name: str | None
    name: str | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class VoteKept:
    """A member's reaction on a card, or on a comment on its article."""

    guild_id: int
    channel_id: int
    message_id: int
    on_comment: bool
    title: str
    url: str | None
    emoji: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CommentKept:
    """A member's comment; without channel and message it was written into a dialog and is on its way."""

    guild_id: int
    channel_id: int | None
    message_id: int | None
    title: str
    url: str | None
    reply_to_id: int | None
    quote: str | None
    text: str
    created_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourceKept:
    """A source that a member added to a channel."""

    guild_id: int
    channel_id: int
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AnswerKept:
    """A member was told in a guild why a vote of theirs does not count."""

    guild_id: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class DigestKept:
    """A digest that a member has sent to them (`own`), or wired to a channel."""

    guild_id: int
    channel_id: int
    own: bool
    every: str
    hour: int
    zone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MemberKept:
    """All that is kept of a member, in all guilds. `forgotten_since`: they asked that nothing be."""

    member_id: int
    forgotten_since: datetime | None
    names: tuple[NameKept, ...]
    votes: tuple[VoteKept, ...]
    comments: tuple[CommentKept, ...]
    sources: tuple[SourceKept, ...]
    answers: tuple[AnswerKept, ...]
    follows: tuple[FollowKept, ...]
    told: tuple[TidingKept, ...]
    listener: Listener | None
    digests: tuple[DigestKept, ...]
