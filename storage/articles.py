"""Articles: what of a source is known, and the one transaction that stores what a poll brought."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.outbox import queue
from storage.records import Article, ArticleToStore, Ingested, SourceUpdate
from storage.rows import insert, portions, read
from storage.sources import next_poll
from storage.tables import articles, sources
from storage.tallies import mark_stale


class Articles:
    """Articles, as polls bring them."""

    def __init__(self, database: Database, nonce: Callable[[], str]) -> None:
        self._database = database
        self._nonce = nonce

    async def known(self, source_id: int, identities: Iterable[str]) -> dict[str, str]:
        """Answer which of the identities are stored for the source, each with its revision."""
        async with self._database.reading() as connection:
            stored = await _stored(connection, source_id, identities)
            return {identity: revision for identity, (_, revision) in stored.items()}

    async def get(self, article_id: int) -> Article | None:
        """Find an article by its id."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(select(articles).where(articles.c.id == article_id))
            ).one_or_none()
            return read(Article, articles, row) if row else None

    async def ingest(
        self,
        update: SourceUpdate,
        new: Sequence[ArticleToStore],
        revised: Sequence[ArticleToStore],
        now: datetime,
    ) -> Ingested:
        """Store, in one transaction: articles (oldest first), revisions, posts for who wants them, the source.

        Repeating it changes nothing more: an article that is stored already is passed over, and a revision that is
        stored already too. A source that moved to another source's URL keeps its own.
        """
        async with self._database.writing() as connection:
            # Two polls of one source store one after the other; of the second one's articles none are new.
            if not await connection.scalar(
                select(sources.c.id).where(sources.c.id == update.source_id).with_for_update()
            ):
                return Ingested(0, 0, 0)
            inserted = await _insert(connection, update.source_id, new, now)
            revisions = await _revise(connection, update.source_id, revised, now)
            # The source first: a subscription that began while it was idle is served below all the same.
            await _update_source(connection, update, now)
            queued = await queue(connection, update.source_id, inserted, self._nonce, now)
            return Ingested(len(inserted), revisions, queued)


async def _stored(
    connection: AsyncConnection, source_id: int, identities: Iterable[str]
) -> Mapping[str, tuple[int, str]]:
    stored: dict[str, tuple[int, str]] = {}
    for portion in portions(identities):
        rows = await connection.execute(
            select(articles.c.identity, articles.c.id, articles.c.revision).where(
                articles.c.source_id == source_id, articles.c.identity.in_(portion)
            )
        )
        stored |= {identity: (article_id, revision) for identity, article_id, revision in rows}
    return stored


def _text(article: ArticleToStore) -> dict[str, Any]:
    return {
        "revision": article.revision,
        "url": article.url,
        "title": article.title,
        "author": article.author,
        "summary": article.summary,
        "search_text": f"{article.title}\n{article.summary}".casefold(),
        "image_url": article.image_url,
    }


async def _insert(
    connection: AsyncConnection, source_id: int, new: Sequence[ArticleToStore], now: datetime
) -> list[int]:
    """Insert what is not stored yet; answers the ids in the order of the articles."""
    ids: list[int] = []
    for portion in portions(new):
        made = await connection.scalars(
            insert(connection, articles)
            .on_conflict_do_nothing(index_elements=["source_id", "identity"])
            .returning(articles.c.id),
            [
                {
                    "source_id": source_id,
                    "identity": article.identity,
                    "published_at": article.published_at,
                    "first_seen_at": now,
                    **_text(article),
                }
                for article in portion
            ],
        )
        ids += made
    return sorted(ids)


async def _revise(
    connection: AsyncConnection, source_id: int, revised: Sequence[ArticleToStore], now: datetime
) -> int:
    """Put new text in the place of the old and have the cards edited that show it; answers how many."""
    stored = await _stored(connection, source_id, (article.identity for article in revised))
    changes = [
        {
            "article": stored[article.identity][0],
            "published_at": article.published_at,
            "revised_at": now,
            **_text(article),
        }
        for article in revised
        if article.identity in stored and stored[article.identity][1] != article.revision
    ]
    for portion in portions(changes):
        await connection.execute(update(articles).where(articles.c.id == bindparam("article")), portion)
        await mark_stale(connection, [change["article"] for change in portion])
    return len(changes)


async def _update_source(connection: AsyncConnection, found: SourceUpdate, now: datetime) -> None:
    taken = sources.alias()
    await connection.execute(
        update(sources)
        .where(sources.c.id == found.source_id)
        .values(
            url=case(
                (exists().where(taken.c.url == found.url, taken.c.id != found.source_id), sources.c.url),
                else_=found.url,
            ),
            title=found.title,
            link=found.link,
            icon_url=found.icon_url,
            etag=found.etag,
            last_modified=found.last_modified,
            digest=found.digest,
            next_poll_at=next_poll(found.next_poll_at),
            last_polled_at=now,
            last_success_at=now,
            failures=0,
            problem=None,
        )
    )
