"""What a schedule's digest tells of its articles: their standing, who else tells it, the comment that is quoted.

All of it is read as it stands now, so that what was deleted or hidden since is not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.comments import select_comments
from storage.records import AlsoCovered, Article, Comment, Digest, DigestEntry, DigestStory, Tally
from storage.rows import columns, portions, read
from storage.stories import also_covered
from storage.tables import SENT, articles, comments, digest_articles, nameless, posts, sources, standings


async def read_stories(
    connection: AsyncConnection, guild_id: int, entries: Sequence[DigestEntry]
) -> tuple[DigestStory, ...]:
    """Read what a digest tells of its articles, as all of it stands now, in the order of their places.

    What was deleted or hidden since, or whose author wants no name shown, is not quoted.
    """
    known = await _known(connection, guild_id, [entry.article_id for entry in entries])
    message_ids = [entry.message_id for entry in entries if entry.message_id is not None and not entry.also]
    sent = await connection.execute(select(posts).where(posts.c.message_id.in_(message_ids), SENT))
    cards = {row.message_id: row for row in sent}
    named = await also_covered(connection, [row.id for row in cards.values()])
    quoted = await _quoted(connection, [entry.comment_id for entry in entries])
    also: defaultdict[int, list[AlsoCovered]] = defaultdict(list)
    for entry in entries:
        if entry.also and (row := known.get(entry.article_id)) is not None:
            also[entry.place].append(_other(row))
    stories = []
    for entry in sorted(entries, key=lambda one: one.place):
        if entry.also or (row := known.get(entry.article_id)) is None:
            continue
        values, card = row._mapping, cards.get(entry.message_id)
        on_card = () if card is None else named.get(card.id, ())
        stories.append(
            DigestStory(
                article=read(Article, articles, row),
                source_title=values[sources.c.title],
                source_url=values[sources.c.url],
                tally=Tally(values[standings.c.upvotes] or 0, values[standings.c.downvotes] or 0),
                comment_count=values[standings.c.comment_count] or 0,
                channel_id=None if card is None else card.place_id or card.channel_id,
                message_id=None if card is None else card.message_id,
                comment=quoted.get(entry.comment_id),
                also=(*also[entry.place], *on_card),
            )
        )
    return tuple(stories)


async def stored_entries(connection: AsyncConnection, digest: Digest) -> list[DigestEntry]:
    """Read the entries of which a schedule's digest tells in some words."""
    rows = await connection.execute(
        select(*columns(DigestEntry, digest_articles))
        .where(digest_articles.c.digest_id == digest.id, digest_articles.c.place <= (digest.most or 0))
        .order_by(digest_articles.c.place, digest_articles.c.article_id)
    )
    return [DigestEntry(*row) for row in rows]


async def _known(
    connection: AsyncConnection, guild_id: int, article_ids: Sequence[int]
) -> dict[int, Row[*tuple[Any, ...]]]:
    known: dict[int, Row[*tuple[Any, ...]]] = {}
    for portion in portions(article_ids):
        rows = await connection.execute(
            select(articles, sources.c.title, sources.c.url, standings)
            .join(sources, sources.c.id == articles.c.source_id)
            .outerjoin(
                standings, and_(standings.c.article_id == articles.c.id, standings.c.guild_id == guild_id)
            )
            .where(articles.c.id.in_(portion))
        )
        known |= {row._mapping[articles.c.id]: row for row in rows}
    return known


def _other(row: Row[*tuple[Any, ...]]) -> AlsoCovered:
    values = row._mapping
    shown = (articles.c.id, articles.c.title, articles.c.url, sources.c.title, sources.c.url)
    return AlsoCovered(*(values[column] for column in shown))


async def _quoted(connection: AsyncConnection, ids: Sequence[int | None]) -> dict[int | None, Comment]:
    wanted = [one for one in ids if one is not None]
    if not wanted:
        return {}
    found = await select_comments(
        connection, comments.c.message_id.in_(wanted), ~comments.c.hidden, ~is_nameless()
    )
    return {one.message_id: one for one in found}


def is_nameless() -> ColumnElement[bool]:
    """Whether a comment's author does not want to be shown by name."""
    return exists().where(
        nameless.c.guild_id == comments.c.guild_id, nameless.c.member_id == comments.c.author_id
    )
