"""Subscriptions: how admins wish a source to come into a channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.records.articles import Length, Reading, SameStory
from storage.records.sources import Source


@dataclass(frozen=True, slots=True)
class SubscriptionToStore:
    """A wish to see a source in a channel; `newest` articles are posted at once so that one sees it works."""

    guild_id: int
    channel_id: int
    source_id: int
    thread: bool
    newest: int
    created_by: int | None
    reading: Reading = Reading.NEEDED
    length: Length = Length.NORMAL
    same_story: SameStory = SameStory.MERGE


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a subscription is to be, as far as it was said; None leaves it as it is, or as it usually is."""

    thread: bool | None = None
    length: Length | None = None
    reading: Reading | None = None
    same_story: SameStory | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A source wired to a channel. `started_at` is None until its first articles were queued.

    `waiting` counts its articles that are not in the channel yet; `problem` is the sentence for people about the
    channel's oldest post that is not done, which all later ones wait for.
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


@dataclass(frozen=True, slots=True)
class NoticeToTell:
    """A subscription whose source fails for long. `told_at` is when its channel was told of an earlier failure."""

    subscription_id: int
    guild_id: int
    channel_id: int
    told_at: datetime | None
    source: Source
