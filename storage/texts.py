"""What articles tell, as their feeds, their pages and language models have it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records import Origin, TextStored
from storage.rows import Insert, insert_into, portions, read
from storage.tables import texts

_FIELDS = ("body", "whole", "short", "normal", "long")


class Texts:
    """Articles' texts, one for each origin (see `Origin`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, article_id: int, origin: str) -> TextStored | None:
        """Find what an article tells as `origin` has it."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(texts).where(texts.c.article_id == article_id, texts.c.origin == origin)
                )
            ).one_or_none()
            return read(TextStored, texts, row) if row else None

    async def whole(self, article_id: int) -> str | None:
        """Answer all that an article says, a paragraph a line, where it is known: as its page has it, or its feed."""
        async with self._database.reading() as connection:
            return await connection.scalar(
                select(texts.c.body)
                .where(
                    texts.c.article_id == article_id,
                    texts.c.origin.in_((Origin.PAGE, Origin.FEED)),
                    texts.c.whole,
                    texts.c.body != "",
                )
                .order_by(texts.c.origin.desc())
                .limit(1)
            )

    async def put(self, article_id: int, text: TextStored) -> None:
        """Store what an article tells, in the place of what the same origin had before."""
        async with self._database.writing() as connection:
            await put_texts(connection, [(article_id, text)])


async def put_texts(connection: AsyncConnection, told: Iterable[tuple[int, TextStored]]) -> None:
    """Store texts of articles, each in the place of what its origin had before."""
    for portion in portions(told):
        await connection.execute(
            _putting(connection.dialect.name),
            [
                {
                    "article_id": article_id,
                    "origin": text.origin,
                    **{name: getattr(text, name) for name in _FIELDS},
                }
                for article_id, text in portion
            ],
        )


@cache
def _putting(dialect: str) -> Insert:
    adding = insert_into(dialect, texts)
    return adding.on_conflict_do_update(
        index_elements=["article_id", "origin"], set_={name: adding.excluded[name] for name in _FIELDS}
    )


def search_text(title: str, summary: str) -> str:
    """What an article is found by, in the form in which words are looked for."""
    return f"{title}\n{summary}".casefold()
