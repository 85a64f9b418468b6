"""Articles, as they are stored."""

from __future__ import annotations

from sqlalchemy import select

from storage.database import Database
from storage.records import Article
from storage.rows import read
from storage.tables import articles


class Articles:
    """Articles, found by their ids."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, article_id: int) -> Article | None:
        """Find an article by its id."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(select(articles).where(articles.c.id == article_id))
            ).one_or_none()
            return read(Article, articles, row) if row else None
