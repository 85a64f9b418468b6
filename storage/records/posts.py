"""Posts, the cards that they show, and who votes on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from storage.records.articles import Article, Length, Reading
from storage.records.sources import Source
from storage.records.votes import VoteEmoji

NEVER = datetime.max.replace(tzinfo=UTC)


class PostState(StrEnum):
    """Where a post is: waiting, being sent (perhaps with an unclear end), in the channel, refused, deleted there.

    One that is gathered waited too long, unsent, and is named in a digest instead. A digest is never gathered.
    """

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    DELETED = "deleted"
    GATHERED = "gathered"


@dataclass(frozen=True, slots=True)
class Post:
    """An article on its way to or in a channel: the outbox row, then the message.

    `nonce` (≤ 25 characters, unique) deduplicates at Discord and is the mark by which the message is found
    again. `after_id` is Discord's newest message id in the channel when sending began. `thread_wanted` asks
    for a thread; `seeded` counts the vote reactions already placed; `finished_at` is None while steps remain.
    `length` and `reading` are its subscription's wishes. It belongs into the thread of the post `beside_id`, if set;
    `place_id` is that thread once it is being sent there.
    `attached` is the address of the image that its message carries as a file, called `attached_as`.
    `announced` and `pinned` say that these steps are done or left out. `claim` counts how often it was claimed: a
    step that is handed a post of an earlier claim does nothing. Unsent at `expires_at`, it goes into a digest.
    In a `forum` its message begins a forum post, unless it goes beside another: once sent, `place_id`, `thread_id` and
    `message_id` are one. `thread_last_id`, `thread_count` and `thread_archived_at` are what Discord told of
    its thread when that was read.
    """

    id: int
    guild_id: int
    channel_id: int
    article_id: int
    state: PostState
    nonce: str
    after_id: int | None
    message_id: int | None
    thread_wanted: bool
    thread_id: int | None
    seeded: int
    finished_at: datetime | None
    attempts: int
    problem: str | None
    length: Length = Length.NORMAL
    reading: Reading = Reading.NEEDED
    beside_id: int | None = None
    place_id: int | None = None
    attached: str | None = None
    attached_as: str | None = None
    announce_wanted: bool = False
    announced: bool = False
    pin_wanted: bool = False
    pinned: bool = False
    expires_at: datetime = NEVER
    claim: int = 0
    forum: bool = False
    thread_last_id: int | None = None
    thread_count: int | None = None
    thread_archived_at: datetime | None = None

    @property
    def begins_forum_post(self) -> bool:
        """Whether its message is, or is to be, the first one of a forum post, which takes the message's id."""
        return self.forum and self.place_id in (None, self.message_id)

    @property
    def place(self) -> int:
        """The channel or thread that its message is, or is to be, in."""
        return self.channel_id if self.place_id is None else self.place_id


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes on an article in a guild, or on a comment, computed from mirrored reactions.

    Each vote is in `upvotes` or `downvotes` as often as its emoji weighs.
    """

    upvotes: int
    downvotes: int

    @property
    def score(self) -> int:
        """Votes for minus votes against."""
        return self.upvotes - self.downvotes


@dataclass(frozen=True, slots=True)
class AlsoCovered:
    """An article of the same story, of another source. `message_id` is that of its post nearby, where it has one."""

    article_id: int
    title: str
    url: str | None
    source_title: str
    source_url: str
    channel_id: int | None = None
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class CardToPost:
    """All that a post's card and its delivery need.

    `summary` is as long as its subscription wants it; with Length.FULL it is the article's paragraphs, one a line.
    `also` are the sources that tell the same, whose articles have no card of their own in the channel; `earlier` is
    what the channel was told before of the same, still developing, story. `picture` is the article's image, with its
    media type, where it has to be attached and the post's message does not carry it yet. `by_model` says that a
    language model wrote the summary. `whole`: all of the article's text is known, not only its beginning.
    """

    post: Post
    article: Article
    source: Source
    tally: Tally
    comment_count: int
    emoji: tuple[VoteEmoji, ...]
    summary: str = ""
    also: tuple[AlsoCovered, ...] = ()
    earlier: AlsoCovered | None = None
    picture: tuple[str, bytes] | None = field(default=None, repr=False)
    by_model: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class CardToRefresh:
    """A sent card that no longer shows the current score, comment count or text.

    `version` is handed back with `card_refreshed`, so that a change arriving meanwhile is not lost.
    """

    card: CardToPost
    version: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An article as it stands in one guild, with one of its posts to jump to.

    `whole`: all of the article's text is known, not only its beginning.
    """

    article: Article
    source: Source
    guild_id: int
    posted_at: datetime
    tally: Tally
    comment_count: int
    channel_id: int
    message_id: int
    thread_id: int | None
    whole: bool = False


class Sort(StrEnum):
    """Orders of a guild's articles."""

    HOT = "hot"
    NEW = "new"
    TOP = "top"
    DISCUSSED = "discussed"
    CONTROVERSIAL = "controversial"
    BEST = "best"


@dataclass(frozen=True, slots=True)
class TrackedChannel:
    """A channel with sent posts to be reconciled; `posts` oldest message first."""

    guild_id: int
    channel_id: int
    posts: tuple[Post, ...]
