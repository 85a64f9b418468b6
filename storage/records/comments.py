"""Comments, and who may be the one bot on a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.records.posts import Tally

After = tuple[int, int]
"""Where a page ended: the order's value, a score or a time in milliseconds since 1970, and the comment's id."""


@dataclass(frozen=True, slots=True)
class CommentSeen:
    """A message that is a comment, as Discord shows it now. `reply_to_id` is the message it answers, if any.

    With a `feedback_id` the bot posted it for its author.
    """

    message_id: int
    guild_id: int
    channel_id: int
    article_id: int
    reply_to_id: int | None
    author_id: int
    author_name: str
    text: str
    quote: str | None
    created_at: datetime
    edited_at: datetime | None
    feedback_id: int | None = None


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """What a member wrote into a dialog about an article, perhaps about a passage of it (`quote`).

    `id` is Discord's id of the interaction that opened the dialog: whatever comes of sending it off, it is one comment.
    """

    id: int
    guild_id: int
    article_id: int
    author_id: int
    author_name: str
    quote: str | None
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """A stored comment with its votes."""

    message_id: int
    guild_id: int
    channel_id: int
    article_id: int
    reply_to_id: int | None
    author_id: int
    author_name: str
    text: str
    quote: str | None
    created_at: datetime
    edited_at: datetime | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to be the one bot on this database until `expires_at`; `fence` grows with each new holder."""

    holder: str
    fence: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LeaseHeld:
    """Somebody else holds the lease."""

    holder: str
    expires_at: datetime
