"""Keeps an index of each guild's newest articles for a short while, to name related ones."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from bot.newsroom.front_page import FrontPage
from bot.newsroom.related import RelatedArticles
from bot.newsroom.rounds import Clock
from storage.records import Article, Sort

NEWEST = 200
FRESH = timedelta(seconds=30)
MOST_GUILDS = 32


class Relations:
    """Related articles within a guild. An index is made in 15 to 30 ms, in a thread, at most every 30 s a guild."""

    def __init__(self, front_page: FrontPage, *, clock: Clock) -> None:
        self._front_page = front_page
        self._clock = clock
        self._kept: OrderedDict[int, tuple[datetime, frozenset[int], RelatedArticles]] = OrderedDict()
        self._making = asyncio.Lock()

    async def of(
        self, guild_id: int, articles: Sequence[Article], visible: Collection[int]
    ) -> Mapping[int, tuple[Article, ...]]:
        """Related articles, of those in visible channels, by the id of each of these articles."""
        if not articles:
            return {}
        index = await self._index(guild_id, frozenset(visible))
        return await asyncio.to_thread(lambda: {article.id: index.to(article) for article in articles})

    async def _index(self, guild_id: int, visible: frozenset[int]) -> RelatedArticles:
        async with self._making:  # many who ask at once wait for one index
            kept = self._kept.get(guild_id)
            # A channel that was just closed to the public is not named for another half minute.
            if kept is not None and abs(self._clock() - kept[0]) < FRESH and kept[1] == visible:
                self._kept.move_to_end(guild_id)
                return kept[2]
            made_at = self._clock()
            index = await asyncio.to_thread(RelatedArticles, await self._newest(guild_id, visible))
            self._kept[guild_id] = made_at, visible, index
            self._kept.move_to_end(guild_id)
            if len(self._kept) > MOST_GUILDS:
                self._kept.popitem(last=False)
            return index

    async def _newest(self, guild_id: int, visible: frozenset[int]) -> list[Article]:
        articles: list[Article] = []
        cursor = None
        while len(articles) < NEWEST:
            page = await self._front_page.page(guild_id, Sort.NEW, limit=100, cursor=cursor, visible=visible)
            articles += [listed.article for listed in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        return articles
