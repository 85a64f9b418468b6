"""Summaries by the operator's language model: asked for within budgets, kept, and shown where they can be believed.

Whatever goes wrong leaves the summary that was made without a model; members never notice.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.feeds.language_model import PROMPT_VERSION, Answered, Asked, ModelClient, accept, prompt_for
from bot.feeds.summary import LONG, NORMAL, SHORT
from bot.newsroom.rounds import Clock
from storage import Store
from storage.records import Article, Length, TextStored
from storage.written import EVERYONE, SummaryWish

log = logging.getLogger(__name__)

KEPT = timedelta(days=60)
# An article that says less needs nobody who shortens it: it is one already.
LEAST_WORDS = 60
_LENGTHS = {Length.SHORT: SHORT, Length.NORMAL: NORMAL, Length.LONG: LONG}


@dataclass(frozen=True, slots=True)
class Budget:
    """How many tokens a day (UTC) all guilds together may use, and how many a single one."""

    everyone: int
    guild: int

    def of(self, guild_ids: Iterable[int]) -> dict[int, int]:
        """What these guilds may use each, and `EVERYONE` together."""
        return dict.fromkeys(guild_ids, self.guild) | {EVERYONE: self.everyone}


class Writing:
    """Asks the model for the summaries that the posts of an article want."""

    def __init__(
        self,
        store: Store,
        client: ModelClient,
        *,
        budget: Budget,
        clock: Clock,
        mark: Callable[[], str] = lambda: f"ARTICLE-{secrets.token_hex(8)}",
    ) -> None:
        self._store = store
        self._client = client
        self._budget = budget
        self._clock = clock
        self._mark = mark

    async def write(self, article: Article, text: TextStored) -> None:
        """Write what is wanted of an article whose text is known; its cards then show it.

        Raises DatabaseProblem alone.
        """
        wanted: defaultdict[tuple[Length, str | None], list[int]] = defaultdict(list)
        for wish in await self._store.written.wishes(article.id):
            wanted[wish.length, _target(wish, article)].append(wish.guild_id)
        for (length, language), guild_ids in wanted.items():
            asked = _asked(article, text, length, language)
            if language is None and (article.word_count or 0) < LEAST_WORDS:
                continue
            written = await self._written(asked, guild_ids)
            if written is not None:
                await self._store.written.show(article.id, language, length, written)

    async def _written(self, asked: Asked, guild_ids: Collection[int]) -> str | None:
        """The summary, kept or new; "" where the model's can't be believed, None where it was not asked."""
        digest = _digest(self._client.model, asked)
        kept = await self._store.written.get(digest)
        if kept is not None:
            return kept
        if self._client.rests:
            return None
        prompt = prompt_for(
            asked.title,
            asked.text,
            words=asked.words,
            sentences=asked.sentences,
            language=asked.language if asked.translated else None,
            mark=self._mark(),
        )
        # Counted before it is asked: several are under way at once, and one may end with this process.
        day, reserved = self._clock().date().isoformat(), prompt.tokens
        payer = await self._store.written.reserve(day, guild_ids, reserved, self._budget.of(guild_ids))
        if payer is None:
            return None
        used = 0
        try:
            answer = await self._client.ask(prompt)
            used = answer.tokens
        finally:
            await self._store.written.spend(day, payer, used - reserved)
        if not isinstance(answer, Answered):
            log.info("A summary was made without the language model. %s", answer.sentence)
            return None
        summary = accept(answer.text, asked, cut=answer.cut)
        if summary is None:
            log.info("What the language model wrote could not be believed, and is not shown")
        await self._store.written.put(digest, summary or "", self._clock())
        return summary or ""

    async def forget(self, limit: int = 500) -> int:
        """Forget some of what was written long ago; answers how much."""
        return await self._store.written.forget(self._clock() - KEPT, limit)


def _target(wish: SummaryWish, article: Article) -> str | None:
    """The language to write in; None for the article's own."""
    return None if wish.language == article.language else wish.language


def _asked(article: Article, text: TextStored, length: Length, language: str | None) -> Asked:
    size = _LENGTHS[length]
    return Asked(
        article.title,
        text.body,
        size.words,
        size.sentences,
        language or article.language,
        translated=language is not None,
    )


def _digest(model: str, asked: Asked) -> str:
    digest = hashlib.blake2b(digest_size=20)
    target = asked.language if asked.translated else ""
    for part in (
        PROMPT_VERSION,
        model,
        target or "",
        f"{asked.words}/{asked.sentences}",
        asked.title,
        asked.text,
    ):
        data = part.encode("utf-8", "replace")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
