"""Sources, what polls of them came to, hubs, and notices of trouble."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


# Made for each poll, and not frozen: that would take five times as long.
@dataclass(slots=True)
class Source:
    """What is polled; one row whoever subscribes to it.

    `kind` is feed, sitemap or page; of a page, `selector` (CSS) chooses the links to articles, else their shape does.

    `next_poll_at` is None while nothing is to be polled: no subscription wants it, or it is gone for good.
    `marks` are those of the entries that its last document held, packed (see `bot.feeds.cut`).
    `failures` counts polls that failed in a row, `failing_since` says when the first of them was; `problem` is the
    sentence for people about the last one. Before `not_before` its server does not want to be asked.
    `rhythm` holds when it last published, packed, and `ttl_s` is the rest that its feed asks for, in seconds (see
    `bot.newsroom.timing`). `moved_to` is where permanent redirects led the last `moved_seen` times in a row.
    `headers` are the operator's own for this source, as a JSON object: they may hold a login.
    Until `pushed_until` a hub tells what is new, so that polling is only the safety net.
    Its last document was of this `format` (for people; empty where `kind` says it all) and held so many `entries`.
    """

    id: int
    url: str
    title: str
    link: str | None
    icon_url: str | None
    etag: str | None
    last_modified: str | None
    digest: str | None
    next_poll_at: datetime | None
    last_polled_at: datetime | None
    last_success_at: datetime | None
    failures: int
    problem: str | None
    marks: bytes | None = None
    kind: str = "feed"
    selector: str | None = None
    rhythm: bytes | None = None
    ttl_s: int | None = None
    not_before: datetime | None = None
    failing_since: datetime | None = None
    moved_to: str | None = field(default=None, repr=False)
    moved_seen: int = 0
    headers: str | None = field(default=None, repr=False)
    pushed_until: datetime | None = None
    format: str = ""
    entries: int | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a source publishes: when an article of it was last new, and how many were published lately.

    `days` are periods of 24 hours up to now, the oldest first; of a source that is not known for so long, only the last
    `known` say anything. `held_back` counts all that it ever brought as new and was no news, at `held_back_at` last.
    """

    newest_at: datetime | None
    days: tuple[int, ...]
    known: int | None = None
    held_back: int = 0
    held_back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceListed:
    """A source with how many subscriptions want it and how many articles it has brought."""

    source: Source
    subscriptions: int
    articles: int


# Made for each poll, and not frozen: that would take five times as long.
@dataclass(slots=True)
class SourceUnchanged:
    """A poll that succeeded and brought nothing new: the validators to keep, and when to ask again.

    With `as_before` all but the times is as it was when it was claimed, as after most polls, and it was not failing:
    nothing else is written, and what was changed meanwhile stays, a failure that another poll noted until the next.
    """

    source_id: int
    etag: str | None
    last_modified: str | None
    digest: str | None
    next_poll_at: datetime
    moved_to: str | None = None
    moved_seen: int = 0
    as_before: bool = False


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """A poll that failed, with the sentence for people; without a next poll the source is gone for good.

    `not_before` is set where the server said until when it does not want to be asked.
    """

    source_id: int
    problem: str
    next_poll_at: datetime | None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceUpdate:
    """What a successful poll learned about the source itself, to be stored with its articles."""

    source_id: int
    title: str
    link: str | None
    icon_url: str | None
    etag: str | None
    last_modified: str | None
    digest: str | None
    next_poll_at: datetime
    marks: bytes | None = None
    rhythm: bytes | None = None
    ttl_s: int | None = None
    moved_to: str | None = None
    moved_seen: int = 0
    format: str = ""
    entries: int | None = None


class HubState(StrEnum):
    """How a hub stands to us: its pushes are wanted, they come, or they are to end."""

    WANTED = "wanted"
    ACTIVE = "active"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Hub:
    """A WebSub hub that a source's document names, and how far it got with pushing the `topic` to us.

    It reaches us at `base` and then `path`, which nobody can guess, and signs with `secret`. `asked_at` is set while
    a request of ours is not verified, `attempts` counts such requests in a row; `problem` says why the last failed.
    At `next_at` it is looked at again. `pushed_at` is when it last told something.
    """

    id: int
    source_id: int
    url: str
    topic: str
    base: str
    path: str = field(repr=False)
    secret: str = field(repr=False)
    state: HubState
    next_at: datetime
    attempts: int = 0
    asked_at: datetime | None = None
    lease_ends_at: datetime | None = None
    pushed_at: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class HubToStore:
    """A hub that a source's document newly names."""

    source_id: int
    url: str
    topic: str
    base: str
    path: str = field(repr=False)
    secret: str = field(repr=False)
