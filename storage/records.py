"""What storage hands out and takes in: frozen records, named by where they come from and what is meant with them.

Ids of Discord's (guild, channel, message, member) are ints; times are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
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

    `days` are periods of 24 hours up to now, the oldest first.
    """

    newest_at: datetime | None
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SourceListed:
    """A source with how many subscriptions want it and how many articles it has brought."""

    source: Source
    subscriptions: int
    articles: int


@dataclass(frozen=True, slots=True)
class SourceUnchanged:
    """A poll that succeeded and brought nothing new: the validators to keep, and when to ask again."""

    source_id: int
    etag: str | None
    last_modified: str | None
    digest: str | None
    next_poll_at: datetime
    moved_to: str | None = None
    moved_seen: int = 0


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


class Reading(StrEnum):
    """Whether an article's page is fetched for its text: always, where its feed carries a stub, or never."""

    ALWAYS = "always"
    NEEDED = "needed"
    NEVER = "never"


class Length(StrEnum):
    """How much of an article a subscription's cards show."""

    SHORT = "short"
    NORMAL = "normal"
    LONG = "long"
    NONE = "none"
    FULL = "full"


class SameStory(StrEnum):
    """What becomes of an article whose story a channel has from another source.

    Its source is named on the card that is there, it is posted into that card's thread, or posted all the same.
    """

    MERGE = "merge"
    THREAD = "thread"
    POST = "post"


class Origin(StrEnum):
    """Where a text of an article is from. What a language model wrote has `model:` and its language, or `model`."""

    FEED = "feed"
    PAGE = "page"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class TextStored:
    """What an article tells: its paragraphs, one a line; whether they are all of it; summaries of three lengths.

    What a language model wrote has no body, and only the lengths that somebody wanted.
    """

    origin: str
    body: str
    whole: bool
    short: str
    normal: str
    long: str


@dataclass(frozen=True, slots=True)
class ArticleToStore:
    """An entry that was recognised (new, or a revision of a stored article), summarised and ready to store.

    `identity` is unique within its source; `revision` is a digest of what readers see, `words` one of headline and
    text alone (None without any), by which an article is found that its source gives a new identity.
    `text` is what its feed tells, `shingles` are its text's, packed (see `bot.feeds.shingles`).
    """

    identity: str
    revision: str
    url: str | None
    title: str
    author: str | None
    summary: str
    image_url: str | None
    published_at: datetime | None
    words: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    word_count: int | None = None
    media_kind: str | None = None
    media_url: str | None = None
    media_duration_s: int | None = None
    text: TextStored | None = None
    shingles: bytes = b""


@dataclass(frozen=True, slots=True)
class WordsStored:
    """The newest article of a source that has certain words."""

    identity: str
    revision: str
    url: str | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Brought:
    """What one poll brought: articles never stored before (oldest first), revisions, and the source itself.

    `renamed` are pairs of a stored identity and the one that takes its place; revisions have the latter.
    What was `pushed` by a hub leaves the source as it is. What is `held_back`, by identity, is remembered and not
    posted, as what a first poll brings.
    """

    source: SourceUpdate
    new: Sequence[ArticleToStore] = ()
    revised: Sequence[ArticleToStore] = ()
    pushed: bool = False
    renamed: Sequence[tuple[str, str]] = ()
    held_back: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one ingest changed: numbers of rows."""

    articles: int
    revisions: int
    posts: int


@dataclass(frozen=True, slots=True)
class Article:
    """An entry that was recognised and stored, once.

    `word_count` is that of all that is known of its text. `image_checked` says whether the image was looked at: before
    that it is only what its source claims. `correction` says what a revision changed where it matters,
    at `corrected_at`; `revisions` counts them all.
    `story_id` is shared by articles that tell of the same thing; it is the id of the first of them. `copy_of_id` is
    the article of another source that this one repeats.
    """

    id: int
    source_id: int
    identity: str
    url: str | None
    title: str
    author: str | None
    summary: str
    image_url: str | None
    published_at: datetime | None
    first_seen_at: datetime
    revised_at: datetime | None
    tags: tuple[str, ...] = ()
    language: str | None = None
    word_count: int | None = None
    paywalled: bool = False
    media_kind: str | None = None
    media_url: str | None = None
    media_duration_s: int | None = None
    image_checked: bool = True
    revisions: int = 0
    correction: str | None = None
    corrected_at: datetime | None = None
    retracted_at: datetime | None = None
    story_id: int | None = None
    copy_of_id: int | None = None


@dataclass(frozen=True, slots=True)
class Revised:
    """What a revision means for readers: what it corrects, whether it takes the article back, when cards show it."""

    correction: str | None
    retracted: bool
    shown_at: datetime


Judge = Callable[[Article, ArticleToStore, datetime], Revised]
"""Judges a revision by the article as it is stored, by what its source says now, and by the time."""


@dataclass(frozen=True, slots=True)
class ArticleToRead:
    """An article whose page or image is to be fetched.

    `wishes` are those of its posts that show a summary. `feed` is the text that its feed gave, `has_page` says whether
    its page's is stored already; it is read once more where the article was revised, `anew`. `attempts` counts this
    one too.
    """

    article: Article
    source: Source
    feed: TextStored | None
    has_page: bool
    wishes: frozenset[Reading]
    attempts: int
    anew: bool = False

    @property
    def id(self) -> int:
        """The article's."""
        return self.article.id

    @property
    def url(self) -> str:
        """Where there is something to fetch: the page, else the image."""
        return self.article.url or self.article.image_url or ""


@dataclass(frozen=True, slots=True)
class ImageSeen:
    """What became of an image that was looked at: `url` is it, or None where it can't be shown.

    `claimed` is what the article had before. `picture` is it made small, with its media type, where it has to be
    attached.
    """

    claimed: str | None
    url: str | None
    picture: tuple[str, bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ArticleRead:
    """What reading an article's page and image brought.

    `text` is the page's, where it tells more than the feed's; `word_count` counts its words, `shingles` are its own,
    packed (see `bot.feeds.shingles`). `title` is set where the
    feed gave none, author, date and language where the article has none.
    """

    article_id: int
    text: TextStored | None = None
    title: str | None = None
    word_count: int | None = None
    author: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    paywalled: bool = False
    image: ImageSeen | None = None
    correction: str | None = None
    shingles: bytes = b""


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


@dataclass(frozen=True, slots=True)
class NoticeToTell:
    """A subscription whose source fails for long. `told_at` is when its channel was told of an earlier failure."""

    subscription_id: int
    guild_id: int
    channel_id: int
    told_at: datetime | None
    source: Source


class PostState(StrEnum):
    """Where a post is: waiting, being sent (perhaps with an unclear end), in the channel, refused, deleted there."""

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Post:
    """An article on its way to or in a channel: the outbox row, then the message.

    `nonce` (≤ 25 characters, unique) deduplicates at Discord and is the mark by which the message is found
    again. `after_id` is Discord's newest message id in the channel when sending began. `thread_wanted` asks
    for a thread; `seeded` counts the vote reactions already placed; `finished_at` is None while steps remain.
    `length` and `reading` are its subscription's wishes. It belongs into the thread of the post `beside_id`, if set;
    `place_id` is that thread once it is being sent there.
    `attached` is the address of the image that its message carries as a file, called `attached_as`.
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

    @property
    def place(self) -> int:
        """The channel or thread that its message is, or is to be, in."""
        return self.channel_id if self.place_id is None else self.place_id


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes on an article in a guild, or on a comment, computed from mirrored reactions."""

    upvotes: int
    downvotes: int

    @property
    def score(self) -> int:
        """Votes for minus votes against."""
        return self.upvotes - self.downvotes


@dataclass(frozen=True, slots=True)
class VoteEmoji:
    """The reactions that count as votes in a guild: Unicode emoji, or `name:id` for a guild's own."""

    up: str
    down: str


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
    language model wrote the summary.
    """

    post: Post
    article: Article
    source: Source
    tally: Tally
    comment_count: int
    emoji: VoteEmoji
    summary: str = ""
    also: tuple[AlsoCovered, ...] = ()
    earlier: AlsoCovered | None = None
    picture: tuple[str, bytes] | None = field(default=None, repr=False)
    by_model: bool = False


@dataclass(frozen=True, slots=True)
class CardToRefresh:
    """A sent card that no longer shows the current score, comment count or text.

    `version` is handed back with `card_refreshed`, so that a change arriving meanwhile is not lost.
    """

    card: CardToPost
    version: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An article as it stands in one guild, with one of its posts to jump to."""

    article: Article
    source: Source
    guild_id: int
    posted_at: datetime
    tally: Tally
    comment_count: int
    channel_id: int
    message_id: int
    thread_id: int | None


class Sort(StrEnum):
    """Orders of a guild's articles."""

    HOT = "hot"
    NEW = "new"
    TOP = "top"
    DISCUSSED = "discussed"
    CONTROVERSIAL = "controversial"


@dataclass(frozen=True, slots=True)
class CommentSeen:
    """A message that is a comment, as Discord shows it now. `reply_to_id` is the message it answers, if any."""

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
class TrackedChannel:
    """A channel with sent posts to be reconciled; `posts` oldest message first."""

    guild_id: int
    channel_id: int
    posts: tuple[Post, ...]


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
