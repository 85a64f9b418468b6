"""What members follow, what they are to be told of it, and the letters that tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.posts import PostState


class FollowKind(StrEnum):
    """What of can be followed."""

    SOURCE = "source"
    PHRASE = "phrase"
    AUTHOR = "author"
    COMMENTS = "comments"
    REPLIES = "replies"


class TidingState(StrEnum):
    """Where something stands that a member is to be told: held, while their direct messages are closed."""

    WAITING = "waiting"
    HELD = "held"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class FollowToStore:
    """A wish to be told. For its fields see the table `follows`."""

    guild_id: int
    member_id: int
    kind: FollowKind
    what: str
    lookup: str
    wording: str
    channel_id: int | None
    gathered: bool
    made_in: int
    source_id: int | None = None
    article_id: int | None = None


@dataclass(frozen=True, slots=True)
class Follow:
    """A stored wish to be told: directly, or in a channel; at once, or `gathered` with others once a day."""

    id: int
    guild_id: int
    member_id: int
    kind: FollowKind
    what: str
    wording: str
    channel_id: int | None
    gathered: bool
    made_in: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Listener:
    """How a member wants to be told. Minutes are counted from midnight in their time zone.

    There are quiet hours where both ends are set. `gathered` is what holds for new follows.
    """

    member_id: int
    time_zone: str = "UTC"
    quiet_from: int | None = None
    quiet_until: int | None = None
    gather_at: int = 1080
    gathered: bool = False
    closed_at: datetime | None = None
    closed_told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ArticleArrived:
    """An article that came into a guild, with what of it members follow. `member_id`: it is for this one alone."""

    id: int
    guild_id: int
    article_id: int
    source_id: int
    title: str
    summary: str
    tags: tuple[str, ...]
    author: str | None
    member_id: int | None = None


@dataclass(frozen=True, slots=True)
class CommentArrived:
    """A comment that came into a guild. `answers` is the author of the comment that it replies to, if it does.

    `member_id`: it is for this one alone.
    """

    id: int
    guild_id: int
    article_id: int
    comment_id: int
    author_id: int
    answers: int | None
    created_at: datetime
    member_id: int | None = None


@dataclass(frozen=True, slots=True)
class Tiding:
    """Something that a member is to be told."""

    id: int
    guild_id: int
    member_id: int
    channel_id: int | None
    gathered: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a member can see what they are to be told: the message, and the channel by which it is visible."""

    tiding_id: int
    visible_in: int
    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that tells a member something, on its way or sent. `nonce` and `after_id` are what a Post's are."""

    id: int
    guild_id: int
    member_id: int
    channel_id: int | None
    state: PostState
    nonce: str
    after_id: int | None
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LetterLine:
    """Something in a letter: the article, and the comment on it where it is about one (`said_by` is set).

    `summary` and `image_url` are the article's.
    """

    kind: FollowKind
    wording: str
    channel_id: int
    message_id: int
    title: str
    source_title: str
    source_url: str
    said_by: str | None
    said: str | None
    quote: str | None
    summary: str
    image_url: str | None


@dataclass(frozen=True, slots=True)
class LetterToSend:
    """A letter with all that it tells, the oldest first. The guild's name may be unknown yet."""

    letter: Letter
    guild_name: str | None
    lines: tuple[LetterLine, ...]


@dataclass(frozen=True, slots=True)
class FollowKept:
    """A member's follow, as it is handed out to them."""

    guild_id: int
    kind: FollowKind
    wording: str
    channel_id: int | None
    gathered: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class TidingKept:
    """What a member was told of, or is to be: an article, or a comment on it (`comment_id`)."""

    guild_id: int
    kind: FollowKind
    title: str
    url: str | None
    comment_id: int | None
    told: bool
    at: datetime
