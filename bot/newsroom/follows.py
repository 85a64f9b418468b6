"""What members follow: their wishes, and what of that which comes fits them.

Phrases and names are compared as words: neither capitals nor what stands between words matters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.feeds.text import split_words
from bot.newsroom.rounds import Clock
from bot.newsroom.zones import zone_named
from storage import Store
from storage.records import (
    ArticleArrived,
    CommentArrived,
    Follow,
    FollowKind,
    FollowToStore,
    Listed,
    Listener,
    Source,
)

MOST = 50
"""Follows of one member in one guild."""
LONGEST_PHRASE = 100
# What is looked through of a summary; a card shows less.
LONGEST_SUMMARY = 4000
# A comment that is older when it is first seen is no news.
NEWS_FOR = timedelta(days=1)
# So soon after direct messages were found closed they are not tried again.
CLOSED_PAUSE = timedelta(minutes=1)
AUTHORS_OF = 500

_BETWEEN_NAMES = re.compile(r"[,;&/|]|\b(?:and|und|et|y|e|og|och|en)\b", re.I)
_CLOCK = re.compile(r"\s*([01]?[0-9]|2[0-4])(?:[:.h]([0-5][0-9]))?\s*", re.ASCII)

_FORGOTTEN = (
    "You asked Broadsheet to keep nothing of you, so it can't keep what you follow. `/privacy allow` ends that; then "
    "try again."
)
_TOO_MANY = (
    f"You follow {MOST} things here, which is as many as one member may. Stop one with `/follow list`, then try "
    "again."
)
_NO_WORDS = "There is no word in that. Name a word or a phrase of letters or digits."
_NO_ZONE = (
    "That is no time zone that Broadsheet knows. Begin to type your city, such as Lisbon, and choose one of those "
    "offered."
)
_NO_QUIET = "That is no span of time. Write it like `22:00-07:00`, or `off` for none."
_NO_TIME = "That is no time of day. Write it like `18:00`."


@dataclass(frozen=True, slots=True)
class NotFollowed:
    """Nothing was stored; the sentence says why and what to do."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Asking:
    """A member in a guild, and the channel in which they ask.

    They are told directly, or in `channel_id`; `gathered` once a day, or as they usually are (None).
    """

    guild_id: int
    member_id: int
    made_in: int
    channel_id: int | None = None
    gathered: bool | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How a member wants to be told, as they wrote it; None: as it was."""

    zone: str | None = None
    quiet: str | None = None
    gather: str | None = None
    gathered: bool | None = None
    channel_id: int | None = None
    directly: bool = False


class Follows:
    """Members' wishes to be told."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def source(self, asking: Asking, source: Source, name: str) -> Follow | NotFollowed:
        """Follow what a source brings; `name` is what it is called."""
        source_id = str(source.id)
        return await self._add(asking, FollowKind.SOURCE, source_id, source_id, name, source_id=source.id)

    async def phrase(self, asking: Asking, phrase: str) -> Follow | NotFollowed:
        """Follow articles that say a word or a phrase."""
        words = words_in(phrase[:LONGEST_PHRASE])
        if not words:
            return NotFollowed(_NO_WORDS)
        return await self._add(asking, FollowKind.PHRASE, " ".join(words), anchor(words), phrase.strip())

    async def author(self, asking: Asking, name: str) -> Follow | NotFollowed:
        """Follow articles by an author."""
        known_as = " ".join(words_in(name[:LONGEST_PHRASE]))
        if not known_as:
            return NotFollowed(_NO_WORDS)
        return await self._add(asking, FollowKind.AUTHOR, known_as, known_as, name.strip())

    async def comments(self, asking: Asking, listed: Listed) -> Follow | NotFollowed:
        """Follow what is said about an article."""
        article = listed.article
        return await self._add(
            asking,
            FollowKind.COMMENTS,
            str(article.id),
            str(article.id),
            article.title,
            article_id=article.id,
        )

    async def replies(self, asking: Asking) -> Follow | NotFollowed:
        """Follow replies to the member's own comments."""
        return await self._add(asking, FollowKind.REPLIES, "", str(asking.member_id), "")

    async def _add(
        self,
        asking: Asking,
        kind: FollowKind,
        what: str,
        lookup: str,
        wording: str,
        *,
        source_id: int | None = None,
        article_id: int | None = None,
    ) -> Follow | NotFollowed:
        gathered = asking.gathered
        if gathered is None:
            gathered = (await self._store.follows.listener(asking.member_id)).gathered
        wish = FollowToStore(
            guild_id=asking.guild_id,
            member_id=asking.member_id,
            kind=kind,
            what=what,
            lookup=lookup,
            wording=wording.replace("\0", ""),  # which PostgreSQL takes in no text
            channel_id=asking.channel_id,
            gathered=gathered,
            made_in=asking.made_in,
            source_id=source_id,
            article_id=article_id,
        )
        try:
            stored = await self._store.follows.add(wish, MOST, self._clock())
        except LookupError:
            return NotFollowed(_FORGOTTEN)
        return NotFollowed(_TOO_MANY) if stored is None else stored

    async def stop(self, follow_id: int, member_id: int) -> Follow | None:
        """End a member's follow; None where it is none of theirs."""
        return await self._store.follows.remove(follow_id, member_id)

    async def of_member(self, guild_id: int, member_id: int) -> list[Follow]:
        """What a member follows in a guild."""
        return await self._store.follows.of_member(guild_id, member_id)

    async def listener(self, member_id: int) -> Listener:
        """How a member wants to be told."""
        return await self._store.follows.listener(member_id)

    async def authors(self, guild_id: int, typed: str, limit: int, *, visible: Collection[int]) -> list[str]:
        """The authors of a guild's newest articles whose names hold what is typed."""
        wanted = " ".join(words_in(typed))
        found = await self._store.follows.authors(guild_id, AUTHORS_OF, visible=visible)
        return [name for name in found if wanted in " ".join(words_in(name))][:limit]

    async def came(self, member_id: int) -> bool:
        """A member uses the bot: what waits for their closed direct messages is tried again. True: something does."""
        now = self._clock()
        return await self._store.follows.came(member_id, now - CLOSED_PAUSE, now)

    async def settle(self, guild_id: int, member_id: int, settings: Settings) -> Listener | NotFollowed:
        """Change how a member is told: their hours in all guilds; where and when for all they follow in this one."""
        listener = await self._store.follows.listener(member_id)
        if settings.zone is not None:
            zone = await zone_named(settings.zone)
            if zone is None:
                return NotFollowed(_NO_ZONE)
            listener = replace(listener, time_zone=zone)
        if settings.quiet is not None:
            span = read_span(settings.quiet)
            if span is None:
                return NotFollowed(_NO_QUIET)
            listener = replace(listener, quiet_from=span[0], quiet_until=span[1])
        if settings.gather is not None:
            minute = read_minute(settings.gather)
            if minute is None:
                return NotFollowed(_NO_TIME)
            listener = replace(listener, gather_at=minute)
        if settings.gathered is not None:
            listener = replace(listener, gathered=settings.gathered)
        now = self._clock()
        try:
            await self._store.follows.settle(listener, now)
        except LookupError:
            return NotFollowed(_FORGOTTEN)
        await self._store.follows.tell_otherwise(
            guild_id,
            member_id,
            now,
            gathered=settings.gathered,
            channel_id=settings.channel_id,
            directly=settings.directly,
        )
        return listener


def words_in(text: str) -> list[str]:
    """A text's words as they are compared; where a script leaves no blanks, each sign is one."""
    return split_words(unicodedata.normalize("NFKC", text))


def anchor(words: Collection[str]) -> str:
    """The word of a phrase by which it is looked up: the longest, which the fewest articles have."""
    return max(words, key=len)


def names_in(author: str) -> list[str]:
    """The names that an author's line holds, and the whole line, as their words."""
    parts = (author, *_BETWEEN_NAMES.split(author))
    return list(dict.fromkeys(filter(None, (" ".join(words_in(part[:LONGEST_PHRASE])) for part in parts))))


@dataclass(frozen=True, slots=True)
class Said:
    """What an article says in its title, summary and tags, each as words."""

    lines: tuple[str, ...]

    def holds(self, phrase: str) -> bool:
        """Whether the words of a phrase stand together somewhere."""
        return any(f" {phrase} " in line for line in self.lines)

    @property
    def words(self) -> list[str]:
        """Each word once."""
        return list(dict.fromkeys(word for line in self.lines for word in line.split()))


def said_by(article: ArticleArrived) -> Said:
    """What an article says, as far as phrases are looked for in it."""
    texts = (article.title, article.summary[:LONGEST_SUMMARY], *article.tags)
    return Said(tuple(f" {' '.join(words_in(text))} " for text in texts))


def fitting_article(found: Iterable[Follow], said: Said) -> list[Follow]:
    """Of the follows that were looked up for an article those that it fits, the best of a member first."""
    return _best_first(
        follow for follow in found if follow.kind is not FollowKind.PHRASE or said.holds(follow.what)
    )


def fitting_comment(found: Iterable[Follow], comment: CommentArrived, now: datetime) -> list[Follow]:
    """Of the follows that were looked up for a comment those that it fits, the best of a member first.

    Nobody is told of their own, nor of what was said before they followed it, nor of what is no news.
    """
    if comment.created_at <= now - NEWS_FOR:
        return []
    return _best_first(
        follow
        for follow in found
        if follow.member_id != comment.author_id and follow.created_at < comment.created_at
    )


def _best_first(fitting: Iterable[Follow]) -> list[Follow]:
    # A member is told once: at once rather than later, directly rather than in a channel, of a reply first.
    return sorted(
        fitting,
        key=lambda follow: (
            follow.gathered,
            follow.channel_id is not None,
            follow.kind is not FollowKind.REPLIES,
            follow.id,
        ),
    )


def read_minute(written: str) -> int | None:
    """The minute of the day of a time like 18:00; None for other text."""
    found = _CLOCK.fullmatch(written)
    if found is None:
        return None
    minute = int(found[1]) * 60 + int(found[2] or 0)
    return minute % (24 * 60) if minute <= 24 * 60 else None


def read_span(written: str) -> tuple[int | None, int | None] | None:
    """The minutes of the day of a span like 22:00-07:00, none of both for "off"; None for other text."""
    if written.strip().casefold() in ("off", "none", "no"):
        return None, None
    ends = [read_minute(part) for part in re.split(r"\s*(?:-|–|—|\bto\b|\buntil\b)\s*", written.strip())]
    match ends:
        case [int(begin), int(end)] if begin != end:
            return begin, end
    return None
