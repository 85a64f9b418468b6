"""The front page: a guild's articles in an order, page by page, by keys that stay right while rows change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Select, and_, exists, select, tuple_

from storage.database import Database
from storage.records import Article, Listed, Sort, Source, Tally
from storage.rows import portions, read
from storage.tables import articles, is_sent, posts, sources, standings, texts

Key = tuple[float | int | str, int]
"""Where a page ended: the order's value (a time in ISO 8601) and the article's id."""

MOST = 100
"""Articles on one page, at most."""

MOST_WORDS = 8
"""Words that a search looks for: each is a pass over the text, and many hundreds are more than a statement holds."""

_ORDERS: dict[Sort, Column[Any]] = {
    Sort.HOT: standings.c.hot,
    Sort.NEW: standings.c.posted_at,
    Sort.TOP: standings.c.score,
    Sort.DISCUSSED: standings.c.comment_count,
    Sort.CONTROVERSIAL: standings.c.controversy,
    Sort.BEST: standings.c.best,
}


# What a language model wrote has no text of the article.
_WHOLE = (
    exists()
    .where(texts.c.article_id == articles.c.id, texts.c.whole, texts.c.body != "")
    .correlate(articles)
    .label("whole_text")
)


def _listed(visible: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Select articles as they stand, each with the first of its posts that is still there and may be seen."""
    others = posts.alias()
    first = (
        select(others.c.id)
        .where(
            others.c.article_id == standings.c.article_id,
            others.c.guild_id == standings.c.guild_id,
            others.c.channel_id.in_(visible),
            is_sent(others),
        )
        .order_by(others.c.id)
        .limit(1)
        .correlate(standings)
        .scalar_subquery()
    )
    return (
        select(standings, articles, sources, posts, _WHOLE)
        .select_from(standings)
        .join(articles, articles.c.id == standings.c.article_id)
        .join(sources, sources.c.id == articles.c.source_id)
        .join(posts, posts.c.id == first)
    )


def _read(row: Any) -> Listed:
    values = row._mapping
    return Listed(
        article=read(Article, articles, row),
        source=read(Source, sources, row),
        guild_id=values[standings.c.guild_id],
        posted_at=values[standings.c.posted_at],
        tally=Tally(values[standings.c.upvotes], values[standings.c.downvotes]),
        comment_count=values[standings.c.comment_count],
        channel_id=values[posts.c.place_id] or values[posts.c.channel_id],
        message_id=values[posts.c.message_id],
        thread_id=values[posts.c.thread_id],
        whole=bool(values["whole_text"]),
    )


def _read_key(sort: Sort, after: tuple[Any, ...]) -> tuple[Any, int]:
    """Read a key that came back from outside; raises ValueError when it is not one of this order."""
    try:
        return _key(sort, after)
    except OverflowError as error:
        raise ValueError("No page ends there: the number or the time is beyond all there are.") from error


def _key(sort: Sort, after: tuple[Any, ...]) -> tuple[Any, int]:
    match after:
        case (str(text), int(article_id)) if sort is Sort.NEW and 0 <= article_id < 2**63:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC), article_id
        case (float() | int() as rank, int(article_id)) if (
            sort in (Sort.HOT, Sort.CONTROVERSIAL, Sort.BEST) and 0 <= article_id < 2**63
        ):
            return float(rank), article_id
        case (int(count), int(article_id)) if (
            sort in (Sort.TOP, Sort.DISCUSSED) and abs(count) < 2**31 and 0 <= article_id < 2**63
        ):
            return count, article_id
    raise ValueError("This key does not belong to a page in this order; begin at the first page.")


class FrontPage:
    """A guild's articles as readers see them: those alone of which a post is in a channel that the reader may see.

    Votes and comments are counted in the whole guild.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        guild_id: int,
        sort: Sort,
        since: datetime | None,
        limit: int,
        after: tuple[Any, ...] | None = None,
        search: str | None = None,
        source_id: int | None = None,
        *,
        visible: Collection[int],
    ) -> tuple[list[Listed], Key | None]:
        """List articles posted since then, at most 100, and the key that the next page begins `after`.

        `search` wants its words, the first eight of them, in any case, in title or summary. `visible` are ids of
        channels and threads. Raises ValueError for a foreign key.
        """
        order = _ORDERS[sort]
        limit = max(1, min(limit, MOST))
        conditions = [standings.c.guild_id == guild_id]
        if since is not None:
            conditions.append(standings.c.posted_at >= since)
        if source_id is not None:
            conditions.append(articles.c.source_id == source_id)
        if after is not None:
            conditions.append(tuple_(order, standings.c.article_id) < _read_key(sort, after))
        conditions += [
            articles.c.search_text.contains(word, autoescape=True)
            for word in list(dict.fromkeys((search or "").casefold().split()))[:MOST_WORDS]
        ]
        async with self._database.reading() as connection:
            rows = (
                await connection.execute(
                    _listed(visible)
                    .where(*conditions)
                    .order_by(order.desc(), standings.c.article_id.desc())
                    .limit(limit + 1)
                )
            ).all()
        page = rows[:limit]
        if len(rows) <= limit:
            return [_read(row) for row in page], None
        value = page[-1]._mapping[order]
        key = value.isoformat() if isinstance(value, datetime) else value
        return [_read(row) for row in page], (key, page[-1]._mapping[standings.c.article_id])

    async def some(
        self, guild_id: int, article_ids: Collection[int], *, visible: Collection[int]
    ) -> dict[int, Listed]:
        """Answer, by id, how articles stand in a guild: those of which a post is in a visible channel."""
        found: dict[int, Listed] = {}
        async with self._database.reading() as connection:
            for portion in portions(article_ids):
                rows = await connection.execute(
                    _listed(visible).where(
                        standings.c.guild_id == guild_id, standings.c.article_id.in_(portion)
                    )
                )
                found |= {listed.article.id: listed for listed in map(_read, rows)}
        return found

    async def one(self, guild_id: int, article_id: int, *, visible: Collection[int]) -> Listed | None:
        """Answer how an article stands in a guild; None where no post of it is in a visible channel."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    _listed(visible).where(
                        and_(standings.c.guild_id == guild_id, standings.c.article_id == article_id)
                    )
                )
            ).one_or_none()
            return _read(row) if row else None
