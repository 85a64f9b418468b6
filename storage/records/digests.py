"""Digests: articles posted together, of a period or since they waited too long; and when each is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.articles import Article
from storage.records.comments import Comment
from storage.records.posts import NEVER, AlsoCovered, PostState, Sort, Tally


class Every(StrEnum):
    """How often a digest comes, and so of how long a time it is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Scope(StrEnum):
    """Of which articles a digest is: all of the guild's that its readers may see, those of its channel, or those alone
    that were over the channel's limit."""

    GUILD = "guild"
    CHANNEL = "channel"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Digest:
    """Articles posted together, on their way to or in a channel.

    `nonce`, `after_id` and `claim` are what they are of a Post; `place_id` is the forum post that it began, in a forum.
    One of a schedule's has its `heading`, tells of the first `most` articles in some words, and says by which `rank`
    and of how long a time it is. Where it is for a member, the channel is their direct messages.
    """

    id: int
    guild_id: int
    channel_id: int
    state: PostState
    nonce: str
    after_id: int | None
    message_id: int | None
    place_id: int | None
    attempts: int
    problem: str | None
    claim: int
    forum: bool
    created_at: datetime
    schedule_id: int | None = None
    member_id: int | None = None
    heading: str | None = None
    most: int | None = None
    rank: Sort | None = None
    every: Every | None = None


@dataclass(frozen=True, slots=True)
class DigestLine:
    """An article as a digest names it."""

    title: str
    url: str | None
    source_title: str
    source_url: str


@dataclass(frozen=True, slots=True)
class DigestStory:
    """An article as a schedule's digest tells it, with its standing in the guild as it is now.

    `channel_id` and `message_id` are those of its card, where it has one. `comment` is the one to be quoted, if any.
    """

    article: Article
    source_title: str
    source_url: str
    tally: Tally
    comment_count: int
    channel_id: int | None = None
    message_id: int | None = None
    comment: Comment | None = None
    also: tuple[AlsoCovered, ...] = ()


@dataclass(frozen=True, slots=True)
class DigestToPost:
    """A digest with its articles in their order: `count` in all, of which some are listed, else the first 50.

    What waited too long stands oldest first. `stories` are those that a schedule's digest tells of in some words.
    """

    digest: Digest
    articles: tuple[DigestLine, ...]
    count: int
    stories: tuple[DigestStory, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleToStore:
    """A wish for digests: every day at an `hour` of the `zone`'s clock (0 to 23), or every week or month on a `day`.

    Days of the week are 0 to 6 from Monday on; of the month 1 to 31, where a shorter month has its last day instead.
    `most` articles (1 to 15) stand in each, by `rank`. For a member the channel is their direct messages.
    """

    guild_id: int
    channel_id: int
    every: Every
    hour: int
    day: int
    zone: str
    most: int = 10
    rank: Sort = Sort.TOP
    scope: Scope = Scope.GUILD
    forum: bool = False
    member_id: int | None = None
    created_by: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule(ScheduleToStore):
    """A stored wish for digests. `due_at` is None while it is paused; `until` is where its last period ended."""

    id: int = 0
    created_at: datetime = NEVER
    due_at: datetime | None = None
    until: datetime = NEVER


@dataclass(frozen=True, slots=True)
class OverLimit:
    """An article that was one too many for its channel on the day of `kept_at`."""

    article: Article
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class CommentRated:
    """A comment that members voted for, on one of a digest's articles."""

    message_id: int
    article_id: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """An article in a digest that is to be stored: see DigestStory. `also` tells the same as the one of its `place`."""

    article_id: int
    place: int
    also: bool = False
    over: bool = False
    message_id: int | None = None
    comment_id: int | None = None
