"""How a poll ended, and what of that is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.feeds.cut import MARK_BYTES
from bot.feeds.hub import Named
from bot.feeds.identify import Recognised, revision_of, words_of
from bot.feeds.model import Document, Entry, Telling, Validators
from bot.newsroom.old_news import is_another_feed, old_news
from bot.newsroom.reading import text_of
from bot.newsroom.timing import note_published
from storage import ArticleToStore, Brought, Ingested, Origin, Source, SourceUnchanged, SourceUpdate

log = logging.getLogger(__name__)

LONGEST_TITLE = 500
# Of a text that has no title so many characters stand for one.
LONGEST_HEADLINE = 80
LONGEST_URL = 2048


# This and the next are made at each poll, and not frozen: that would take five times as long.
@dataclass(slots=True)
class Read:
    """How one poll ended, before it is stored: read anew (`document`), unchanged, or with a `problem`.

    What the server said stays `fresh` for so long; it asked to be left alone until `not_before`; or the source is
    `gone` for good. `moved` is where permanent redirects led, and how often in a row. `named` is the hub that
    the document names. What is `pushed` comes from that hub and not from a poll: it brings articles and says nothing of
    the source. What was `redirected` was found at another address than the source's.
    """

    source: Source
    validators: Validators | None = None
    document: Document | None = None
    problem: str | None = None
    moved: tuple[str | None, int] = (None, 0)
    fresh: timedelta | None = None
    not_before: datetime | None = None
    gone: bool = False
    named: Named | None = None
    pushed: bool = False
    redirected: bool = False

    @property
    def entries(self) -> int:
        """How many entries there are that may be new."""
        return len(self.document.entries) if self.document is not None else 0


@dataclass(slots=True)
class Polled:
    """What one poll of a source came to: rows stored, or the sentence about what went wrong.

    `held_back` counts articles that are no news and not posted (see `bot.newsroom.old_news`).
    """

    source: Source
    articles: int = 0
    revisions: int = 0
    posts: int = 0
    problem: str | None = None
    held_back: int = 0


Plan = Callable[[Read, datetime], datetime]
"""When the source is polled next after such a poll, stored at such a moment, unless it is gone for good."""


def as_planned(read: Read, now: datetime) -> datetime:
    """The plan for what is pushed, which changes nothing of when its source is polled."""
    return read.source.next_poll_at or now


def unchanged(read: Read, next_poll_at: datetime) -> SourceUnchanged:
    """What is stored of a source that brought nothing."""
    kept = read.validators or Validators()
    source, (moved_to, seen) = read.source, read.moved
    as_before = (
        (kept.etag, kept.last_modified, kept.digest) == (source.etag, source.last_modified, source.digest)
        and not seen
        and not source.moved_seen
        and not source.problem
    )
    return SourceUnchanged(
        source.id, kept.etag, kept.last_modified, kept.digest, next_poll_at, moved_to, seen, as_before
    )


def update_of(
    read: Read, document: Document, new: Sequence[Entry], now: datetime, next_poll_at: datetime
) -> SourceUpdate:
    """What is stored of a source that was read anew."""
    source, kept = read.source, read.validators or Validators()
    return SourceUpdate(
        source_id=source.id,
        title=document.title or source.title,
        link=document.link or source.link,
        icon_url=document.icon_url or source.icon_url,
        etag=kept.etag,
        last_modified=kept.last_modified,
        digest=kept.digest,
        marks=document.marks,
        next_poll_at=next_poll_at,
        rhythm=_rhythm(source, document, new, now),
        ttl_s=document.ttl_s if document.title else source.ttl_s,
        format=document.format or source.format,
        entries=_entries(document),
        moved_to=read.moved[0],
        moved_seen=read.moved[1],
    )


def _entries(document: Document) -> int:
    """How many entries it has, with those that were known by their bytes and not read again."""
    return len(document.marks) // MARK_BYTES or len(document.entries)


def _rhythm(source: Source, document: Document, new: Sequence[Entry], now: datetime) -> bytes | None:
    moments = [entry.published_at for entry in new]
    if not source.rhythm:  # a source that was followed before there were rhythms: its known entries tell it
        moments += [entry.published_at for entry in document.entries if entry.published_at]
    return note_published(source.rhythm, moments, now) if moments else source.rhythm


def held_back(read: Read, document: Document, known: Mapping[str, str], found: Recognised) -> frozenset[str]:
    """The identities of what is new to us and no news."""
    # What a hub pushes is new and nothing else, so nothing in it is familiar.
    another = not read.pushed and is_another_feed(
        read.source,
        document,
        found,
        familiar=bool(known),
        moved=read.moved[1] if read.redirected else None,
    )
    no_news = found.new if another else old_news(read.source, found.new, _entries(document))
    if no_news:
        log.info(
            "Source %d: %d of %d new articles are no news (%s) and are not posted",
            read.source.id,
            len(no_news),
            len(found.new),
            "another feed stands in its place" if another else "older than what it brought before",
        )
    return frozenset(entry.identity for entry in no_news)


def result_of(read: Read, brought: Brought | None, ingested: Ingested) -> Polled:
    """What a poll came to, once what it brought is stored."""
    old = len(brought.held_back) if brought is not None else 0
    return Polled(read.source, ingested.articles, ingested.revisions, ingested.posts, read.problem, old)


def _headline(text: str) -> str:
    """The beginning of a text that has no headline, such as a short message."""
    if len(text) <= LONGEST_HEADLINE:
        return text
    words = text[:LONGEST_HEADLINE]
    blank = words.rfind(" ")
    return words[: blank if blank > LONGEST_HEADLINE // 2 else -1].rstrip(" ,;:–-") + "…"


def write_article(
    entry: Entry, telling: Telling, now: datetime, *, words: str | None = None
) -> ArticleToStore:
    """An entry as the article that is stored: with its summary, a title in any case, and no date in the future.

    `words` are the entry's where they are known already (see `words_of`).
    """
    title = entry.title or _headline(telling.normal) or entry.url or "Untitled"
    url = entry.url if entry.url and len(entry.url) <= LONGEST_URL else None
    image_url = entry.image_url if entry.image_url and len(entry.image_url) <= LONGEST_URL else None
    published_at = entry.published_at
    if published_at is not None and published_at > now + timedelta(days=1):
        published_at = None
    return ArticleToStore(
        identity=entry.identity,
        revision=revision_of(entry),
        words=words or words_of(entry),
        url=url,
        title=title[:LONGEST_TITLE],
        author=entry.author,
        summary=telling.normal,
        image_url=image_url,
        published_at=published_at,
        tags=entry.tags,
        media_kind=entry.media.kind.value if entry.media else None,
        media_url=entry.media.url if entry.media else None,
        media_duration_s=entry.media.duration_s if entry.media else None,
        language=telling.language,
        word_count=telling.words or None,
        text=text_of(telling, Origin.FEED),
        shingles=telling.shingles,
    )
