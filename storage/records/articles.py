"""Articles: as a poll brings them, as they are stored, and what reading their pages brings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storage.records.sources import Source, SourceUpdate


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
    posted, as what a first poll brings. What is `deleted`, by identity, the source says it has taken back.
    """

    source: SourceUpdate
    new: Sequence[ArticleToStore] = ()
    revised: Sequence[ArticleToStore] = ()
    pushed: bool = False
    renamed: Sequence[tuple[str, str]] = ()
    held_back: Collection[str] = ()
    deleted: Collection[str] = ()


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
    feed gave none, author, date and language where the article has none. `retracted` says that the page, which was
    there before, is gone.
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
    retracted: bool = False
