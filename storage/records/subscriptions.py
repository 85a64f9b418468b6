"""Subscriptions: how admins wish a source to come into a channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.records.articles import Length, Reading, SameStory
from storage.records.sources import Source

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SubscriptionToStore:
    """A wish to see a source in a channel; `newest` articles are posted at once so that one sees it works.

    `announce` has posts published to the servers that follow an announcement channel, `pin` has them pinned. A post
    that waits for its channel for the `longest_wait` (whole hours) goes into a digest. `forum`: the channel is one.
    What comes beyond `at_most` posts a day, where there is such a limit, goes into the channel's next digest.
    """

    guild_id: int
    channel_id: int
    source_id: int
    thread: bool
    newest: int
    created_by: int | None
    reading: Reading = Reading.NEEDED
    length: Length = Length.NORMAL
    same_story: SameStory = SameStory.MERGE
    announce: bool = False
    pin: bool = False
    longest_wait: timedelta = A_DAY
    forum: bool = False
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a subscription is to be, as far as it was said; None leaves it as it is, or as it usually is.

    `at_most` is 0 for no limit.
    """

    thread: bool | None = None
    length: Length | None = None
    reading: Reading | None = None
    same_story: SameStory | None = None
    announce: bool | None = None
    pin: bool | None = None
    longest_wait: timedelta | None = None
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A source wired to a channel. `started_at` is None until its first articles were queued.

    `waiting` counts its articles that are not in the channel yet; `problem` is the sentence for people about the
    channel's oldest post that is not done, which all later ones wait for. The wishes are those of SubscriptionToStore.
    """

    id: int
    guild_id: int
    channel_id: int
    source: Source
    thread: bool
    newest: int
    created_by: int | None
    created_at: datetime
    started_at: datetime | None
    waiting: int
    problem: str | None
    reading: Reading = Reading.NEEDED
    length: Length = Length.NORMAL
    same_story: SameStory = SameStory.MERGE
    announce: bool = False
    pin: bool = False
    longest_wait: timedelta = A_DAY
    forum: bool = False
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class NoticeToTell:
    """A subscription whose source fails for long. `told_at` is when its channel was told of an earlier failure."""

    subscription_id: int
    guild_id: int
    channel_id: int
    told_at: datetime | None
    source: Source


@dataclass(frozen=True, slots=True)
class AwayToTell:
    """A channel that can't be posted to since `since`, for the reason in `sentence`; nobody was told yet.

    `waiting` counts the articles that are not in it yet, `other_channels` are the guild's channels with subscriptions
    that can be posted to, `created_by` the members who subscribed in this one. `also_away` are the guild's other
    channels that can't be used either, as far as that is told of with this one.
    """

    channel_id: int
    guild_id: int
    since: datetime
    sentence: str
    waiting: int
    other_channels: tuple[int, ...]
    created_by: tuple[int, ...]
    also_away: tuple[int, ...] = ()
