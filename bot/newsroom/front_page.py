"""A guild's articles in the order that members' votes give them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass

from bot.newsroom.ranking import Period
from bot.newsroom.rounds import Clock
from storage import Store
from storage.records import DigestToPost, Listed, Sort, Source

MOST_AT_ONCE = 100
_WRONG_CURSOR = "This cursor is not one that a page of articles answered."


class WrongCursor(ValueError):
    """The cursor is not one that a page answered."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some articles and the cursor of the next page, or None on the last one."""

    items: tuple[Listed, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Only:
    """Which articles are asked for: of one source, of one channel; None is of all."""

    source_id: int | None = None
    channel_id: int | None = None


ALL_OF_THEM = Only()


class FrontPage:
    """What `/top`, the JSON API and the cards' buttons show.

    `visible` are the ids of the channels and threads that the reader may read; what is nowhere in them is not shown.
    """

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def page(
        self,
        guild_id: int,
        sort: Sort,
        period: Period = Period.ALL,
        limit: int = 10,
        cursor: str | None = None,
        search: str | None = None,
        *,
        visible: Collection[int],
        only: Only = ALL_OF_THEM,
    ) -> Page:
        """A page of a guild's articles, `only` some of them; `search` looks for its first eight words.

        Raises WrongCursor for a cursor that is not one of this order's.
        """
        after = None if cursor is None else _read_cursor(cursor)
        since = period.since(self._clock())
        most = max(1, min(limit, MOST_AT_ONCE))
        if only.channel_id is not None:
            visible = {only.channel_id} & set(visible)
        try:
            items, key = await self._store.frontpage.page(
                guild_id, sort, since, most, after, search, only.source_id, visible=visible
            )
        except ValueError as error:
            raise WrongCursor(_WRONG_CURSOR) from error
        return Page(tuple(items), None if key is None else _write_cursor(key))

    async def one(self, guild_id: int, article_id: int, *, visible: Collection[int]) -> Listed | None:
        """An article as it stands in a guild, or None where it is in no visible channel."""
        return await self._store.frontpage.one(guild_id, article_id, visible=visible)

    async def by_message(self, message_id: int, *, visible: Collection[int]) -> Listed | None:
        """The article whose post's message, or whose thread, has this id."""
        post = await self._store.posts.by_message(message_id) or await self._store.posts.by_thread(message_id)
        return None if post is None else await self.one(post.guild_id, post.article_id, visible=visible)

    async def late(
        self, nonce: str, offset: int, *, limit: int, visible: Collection[int]
    ) -> DigestToPost | None:
        """Some of what a digest names, by its mark; None where there is none, or it is in no `visible` channel."""
        found = await self._store.digests.page(nonce, offset, limit)
        return found if found is not None and found.digest.channel_id in visible else None

    async def sources(self, guild_id: int, *, visible: Collection[int]) -> list[Source]:
        """The sources whose articles come into visible channels, by title."""
        found = {
            one.source.id: one.source
            for one in await self._store.subscriptions.of_guild(guild_id)
            if one.channel_id in visible
        }
        return sorted(found.values(), key=lambda source: (source.title.casefold(), source.id))

    async def by_nonce(self, nonce: str, *, visible: Collection[int]) -> Listed | None:
        """The article of the post that bears this mark."""
        post = await self._store.posts.by_nonce(nonce)
        return None if post is None else await self.one(post.guild_id, post.article_id, visible=visible)

    async def find(
        self, guild_id: int, text: str, limit: int = 25, *, visible: Collection[int]
    ) -> list[Listed]:
        """The newest articles whose title or summary holds the words of `text`; the newest of all for none."""
        page = await self.page(guild_id, Sort.NEW, limit=limit, search=text, visible=visible)
        return list(page.items)


def _write_cursor(key: tuple[float | int | str, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[float | int | str, ...]:
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise WrongCursor(_WRONG_CURSOR) from error
    # A bool is an int to Python, but none to a database.
    if not isinstance(key, list) or not all(type(part) in (int, float, str) for part in key):
        raise WrongCursor(_WRONG_CURSOR)
    return tuple(key)
