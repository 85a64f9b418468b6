"""Which articles of a guild tell of the same things: TF-IDF and cosine over titles and texts.

Words that stand in many of the articles weigh little, so no list of stop words is needed in any language
(Salton and Buckley, "Term-weighting approaches in automatic text retrieval", 1988).
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from math import log, sqrt

from bot.newsroom.rounds import Clock
from storage import Alike, Listed, Store

# Looking for them costs some milliseconds: pages that are asked for again and again have them ready.
FRESH = timedelta(seconds=30)
MOST_KEPT = 2000
MOST = 5
# Articles on different things stay below it, among few and among many; two reports of one event reach 0.3.
THRESHOLD = 0.15
# A word that stands in a fifth of many articles relates nothing.
COMMON, FEW = 0.2, 10


class Related:
    """Articles related to one, of those that a reader may see. What was found is kept for half a minute."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: OrderedDict[tuple[int, int, frozenset[int]], tuple[datetime, tuple[int, ...]]] = (
            OrderedDict()
        )

    async def to(
        self, guild_id: int, article_ids: Collection[int], *, visible: Collection[int], most: int = MOST
    ) -> Mapping[int, tuple[Listed, ...]]:
        """For each of these articles at most so many others, five in all, the likest first, as they stand in the guild.

        `visible` are the ids of the channels and threads that the reader may read.
        """
        seen = frozenset(visible)
        found = {
            article_id: (await self._ids(guild_id, article_id, seen))[:most] for article_id in article_ids
        }
        wanted = {one for ids in found.values() for one in ids}
        listed = await self._store.frontpage.some(guild_id, wanted, visible=seen) if wanted else {}
        return {
            article_id: tuple(listed[one] for one in ids if one in listed)
            for article_id, ids in found.items()
        }

    async def _ids(self, guild_id: int, article_id: int, visible: frozenset[int]) -> tuple[int, ...]:
        key = guild_id, article_id, visible
        now = self._clock()
        kept = self._kept.pop(key, None)
        if kept is None or abs(now - kept[0]) >= FRESH:
            alike = await self._store.search.alike(guild_id, article_id, visible=visible)
            kept = now, likest(alike, MOST)
        self._kept[key] = kept
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return kept[1]


def likest(alike: Alike, most: int) -> tuple[int, ...]:
    """The ids of at most so many articles that are most like the one asked about, the likest first.

    Of two that are equally like it, the newer one comes first.
    """
    rarity = {word: _rarity(word, alike) for word in alike.words}
    own = {word: (1 + log(count)) * rarity[word] for word, count in Counter(alike.words).items()}
    usual = sum(weight * weight for weight in own.values()) / max(len(own), 1)
    near = []
    for article_id, words in alike.others.items():
        counted = Counter(words)
        shared = {word: (1 + log(counted[word])) * rarity[word] for word in own.keys() & counted.keys()}
        # How rare its other words are was not looked up: as rare as the article's own.
        square = sum(weight * weight for weight in shared.values()) + usual * (len(counted) - len(shared))
        product = sum(weight * own[word] for word, weight in shared.items())
        likeness = product / sqrt(usual * len(own) * square or 1)
        if likeness >= THRESHOLD:
            near.append((likeness, article_id))
    return tuple(article_id for _, article_id in sorted(near, reverse=True)[:most])


def _rarity(word: str, among: Alike) -> float:
    found = among.frequencies.get(word, 0)
    if found > max(FEW, COMMON * among.total):
        return 0.0
    return log(1 + among.total / max(found, 1))
