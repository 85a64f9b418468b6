"""Digests of articles that waited too long for their channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.records.posts import PostState


@dataclass(frozen=True, slots=True)
class Digest:
    """Articles posted together, on their way to or in a channel.

    `nonce`, `after_id` and `claim` are what they are of a Post; `place_id` is the forum post that it began, in a forum.
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


@dataclass(frozen=True, slots=True)
class DigestLine:
    """An article as a digest names it."""

    title: str
    url: str | None
    source_title: str
    source_url: str


@dataclass(frozen=True, slots=True)
class DigestToPost:
    """A digest with its articles, the oldest first: `count` in all, of which some are listed, else the first 50."""

    digest: Digest
    articles: tuple[DigestLine, ...]
    count: int
