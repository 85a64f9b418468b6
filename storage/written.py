"""What a language model wrote, what it was asked for, and what it cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records import Length, Origin, PostState, TextStored
from storage.rows import insert, read
from storage.tables import articles, guilds, model_use, posts, texts, written
from storage.tallies import mark_stale
from storage.texts import put_texts

EVERYONE = 0
"""The guild under which the use of all is counted."""


@dataclass(frozen=True, slots=True)
class SummaryWish:
    """A guild's cards show an article's summary so long, in its language (ISO 639-1) or in the article's own."""

    guild_id: int
    length: Length
    language: str | None


def model_origin(language: str | None) -> str:
    """Name the origin of a text that a model wrote in a language, or in the article's own."""
    return f"{Origin.MODEL.value}:{language}" if language else Origin.MODEL.value


class Written:
    """A language model's summaries, kept by the digest of all that they were made from; and tokens, by day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def wishes(self, article_id: int) -> list[SummaryWish]:
        """Answer which summaries the posts of an article want that a model could write."""
        lengths = (Length.SHORT, Length.NORMAL, Length.LONG)
        states = (PostState.READY, PostState.SENDING, PostState.SENT)
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(posts.c.guild_id, posts.c.length, guilds.c.summary_language)
                .join(guilds, guilds.c.id == posts.c.guild_id)
                .where(
                    posts.c.article_id == article_id,
                    posts.c.length.in_(lengths),
                    posts.c.state.in_(states),
                    guilds.c.left_at.is_(None),
                )
                .distinct()
                .order_by(posts.c.guild_id, posts.c.length)
            )
            return [SummaryWish(*row) for row in rows]

    async def get(self, digest: str) -> str | None:
        """Find what was written for this digest; empty where what the model wrote could not be believed."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(written.c.text).where(written.c.digest == digest))

    async def put(self, digest: str, text: str, now: datetime) -> None:
        """Keep what was written; the first stays."""
        async with self._database.writing() as connection:
            await connection.execute(
                insert(connection, written)
                .values(digest=digest, text=text, written_at=now)
                .on_conflict_do_nothing(index_elements=["digest"])
            )

    async def show(self, article_id: int, language: str | None, length: Length, text: str) -> None:
        """Have an article's cards of this length, in guilds of this language, show what was written; "" for none."""
        async with self._database.writing() as connection:
            # Who posts the article at this moment either shows this, or is found by `mark_stale`.
            await connection.execute(
                select(articles.c.id).where(articles.c.id == article_id).with_for_update(key_share=True)
            )
            before = await _stored(connection, article_id, model_origin(language))
            summaries = {
                Length.SHORT: before.short,
                Length.NORMAL: before.normal,
                Length.LONG: before.long,
            }
            if summaries[length] == text:
                return
            summaries[length] = text
            after = TextStored(
                before.origin,
                body="",
                whole=False,
                short=summaries[Length.SHORT],
                normal=summaries[Length.NORMAL],
                long=summaries[Length.LONG],
            )
            await put_texts(connection, [(article_id, after)])
            await mark_stale(connection, [article_id])

    async def used(self, day: str, guild_ids: Collection[int]) -> dict[int, int]:
        """Answer how many tokens these guilds have used on a day (UTC, ISO 8601), and `EVERYONE` together."""
        async with self._database.reading() as connection:
            return await _used(connection, day, guild_ids)

    async def reserve(
        self, day: str, guild_ids: Collection[int], tokens: int, budget: Mapping[int, int]
    ) -> int | None:
        """Count what a question may cost for one of these guilds, the one that used least, and for everyone.

        `budget` is what each, and `EVERYONE`, may use on a day. Answers who pays; None, and counts nothing, where the
        budget is used up, by questions under way too.
        """
        async with self._database.writing() as connection:
            await _add(connection, day, EVERYONE, tokens)  # others who reserve wait here until this has ended
            used = await _used(connection, day, guild_ids)
            payer = min(guild_ids, key=lambda guild_id: used[guild_id])
            if used[EVERYONE] - tokens >= budget[EVERYONE] or used[payer] >= budget[payer]:
                await _add(connection, day, EVERYONE, -tokens)
                return None
            await _add(connection, day, payer, tokens)
            return payer

    async def spend(self, day: str, guild_id: int, tokens: int) -> None:
        """Count tokens for a guild and for everyone; less than none are what was reserved and not used."""
        async with self._database.writing() as connection:
            for one in (EVERYONE, guild_id):
                await _add(connection, day, one, tokens)

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove at most `limit` summaries that were written before then, and old days' counts; answers how many."""
        async with self._database.writing() as connection:
            old = select(written.c.digest).where(written.c.written_at < before).limit(limit)
            gone = await connection.execute(delete(written).where(written.c.digest.in_(old)))
            await connection.execute(delete(model_use).where(model_use.c.day < before.date().isoformat()))
            return gone.rowcount


async def _stored(connection: AsyncConnection, article_id: int, origin: str) -> TextStored:
    row = (
        await connection.execute(
            select(texts).where(texts.c.article_id == article_id, texts.c.origin == origin).with_for_update()
        )
    ).one_or_none()
    return read(TextStored, texts, row) if row else TextStored(origin, "", False, "", "", "")


async def _used(connection: AsyncConnection, day: str, guild_ids: Collection[int]) -> dict[int, int]:
    wanted = {*guild_ids, EVERYONE}
    rows = await connection.execute(
        select(model_use.c.guild_id, model_use.c.tokens).where(
            model_use.c.day == day, model_use.c.guild_id.in_(wanted)
        )
    )
    return dict.fromkeys(wanted, 0) | dict(rows.all())


async def _add(connection: AsyncConnection, day: str, guild_id: int, tokens: int) -> None:
    adding = insert(connection, model_use)
    await connection.execute(
        adding.on_conflict_do_update(
            index_elements=["day", "guild_id"],
            set_={"tokens": model_use.c.tokens + adding.excluded.tokens},
        ),
        {"day": day, "guild_id": guild_id, "tokens": tokens},
    )
