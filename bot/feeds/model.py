"""What the world outside is made of: documents, entries, and the outcomes of a fetch as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


# This and `Unchanged` are made at each poll, and not frozen: that would take five times as long.
@dataclass(slots=True)
class Validators:
    """What a source's last answer left behind, so that the next request can ask "anything new?".

    `etag` and `last_modified` are the headers as they came; `digest` is that of the last body, in hex:
    an unchanged body ends there, whatever the headers say.
    """

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None


class MediaKind(StrEnum):
    """What an entry carries to be heard or seen."""

    AUDIO = "audio"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Media:
    """A podcast's episode or a video: where it plays, and how long, in seconds, where that is told."""

    kind: MediaKind
    url: str
    duration_s: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as it stood in a source's document.

    `identity` is unique to the item within its source and outlives edits. `title` and `author` are clean
    plain text; `summary_html` and `content_html` are the publisher's markup, **not sanitised**. Every URL
    is absolute and http or https; every time is aware and UTC.
    """

    identity: str
    url: str | None
    title: str
    author: str | None = None
    summary_html: str = ""
    content_html: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    image_url: str | None = None
    tags: tuple[str, ...] = ()
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What an article tells, as it was read out of its feed or its page. All of it is clean plain text.

    `text` is the article's own paragraphs, one a line, in their order; of a feed that carries only a stub, that.
    `whole` says whether that is the article and not its beginning. `language` is an ISO 639-1 code, None where it is
    not certain; `words` counts as `bot.feeds.text.count_words` does. `short`, `normal` and `long` are summaries:
    whole sentences of the text, verbatim, within their budgets. `shingles` are packed (see `bot.feeds.shingles`).
    """

    text: str
    whole: bool
    language: str | None
    words: int
    short: str
    normal: str
    long: str
    shingles: bytes = b""


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """The page of an article, read: what it tells, and what it says of itself where it does.

    `paywalled` says that it shows strangers only its beginning. `image_url` is its lead image.
    """

    telling: Telling
    title: str
    author: str | None = None
    published_at: datetime | None = None
    image_url: str | None = None
    paywalled: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """An image that was looked at: why it can't be shown, or, where it can't be linked to, it made small.

    `picture` is a media type and bytes; with neither, the image can be linked to as it is.
    """

    problem: str | None = None
    picture: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as it stood: its own words, and its entries in the document's order.

    Where it was cut (see `bot.feeds.cut`), `entries` are only those not seen before, and `marks` those of all;
    its own words are empty where none was new. `hubs` are those that it names, and `topic` is the address that they
    know it by, both as they are written there (see `bot.feeds.hub`). `ttl_s` is for how many seconds it wants to be
    left alone. `format` names a feed's format for people ("RSS 2.0"). `deleted` are the identities of entries that it
    says it has taken back.
    """

    title: str
    link: str | None = None
    icon_url: str | None = None
    description: str = ""
    entries: tuple[Entry, ...] = ()
    marks: bytes = b""
    hubs: tuple[str, ...] = ()
    topic: str | None = None
    ttl_s: int | None = None
    format: str = ""
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body that is no feed, or one that could not be read; `sentence` is for people."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feed that a page names. `kind` is rss, atom or json as declared, or link for a mere guess."""

    url: str
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A body to read. `url` is where it was found after all redirects, without user info.

    `moved_to` is where permanent redirects (301, 308) lead, `fresh_for` how long the publisher says
    that asking again is of no use, `links` the Link headers.
    """

    url: str
    body: bytes
    content_type: str
    charset: str | None
    validators: Validators
    moved_to: str | None = None
    fresh_for: timedelta | None = None
    links: tuple[str, ...] = ()


@dataclass(slots=True)
class Unchanged:
    """Nothing new: a 304, or the same body as last time. `validators` are the ones to keep."""

    validators: Validators
    moved_to: str | None = None
    fresh_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The publisher says that the source is gone for good (410)."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No body this time. `sentence` tells people what happened and holds no secret.

    `kind` is refused, timeout, dns, tls, status, challenge, too_large or connection; `status` is the HTTP status
    where the kind is status; `retry_after` is what the server asked for, and `place` then its host, with the port
    where that is not the usual one.
    """

    sentence: str
    retry_after: timedelta | None = None
    kind: str = "connection"
    status: int | None = None
    place: str | None = None


Outcome = Changed | Unchanged | Gone | Failed
