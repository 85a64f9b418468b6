"""Erasing what members said and voted: the rows go, and what they counted for is computed anew.

All of it runs inside the caller's transaction. What is erased at once is a portion, so that nobody waits for long.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, delete, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.rows import portions
from storage.tables import comments, digest_articles, forgotten, members, posts, reactions
from storage.tallies import Ranks, lock, recount, recount_comments


async def erase_comments(connection: AsyncConnection, ranks: Ranks, which: ColumnElement[bool]) -> int:
    """Erase comments with the votes on them, and names that no comment needs any more; answers how many there were."""
    rows = await connection.execute(
        select(comments.c.article_id, comments.c.guild_id, comments.c.author_id).where(which).distinct()
    )
    written = rows.all()
    commented = {(row.article_id, row.guild_id) for row in written}
    await lock(connection, commented)
    await connection.execute(
        update(digest_articles)
        .where(digest_articles.c.comment_id.in_(select(comments.c.message_id).where(which)))
        .values(comment_id=None)
    )
    erased = await connection.execute(delete(comments).where(which))
    await _erase_names(connection, {(row.guild_id, row.author_id) for row in written})
    await recount(connection, ranks, commented)
    return erased.rowcount


async def _erase_names(connection: AsyncConnection, authors: Collection[tuple[int, int]]) -> None:
    """Erase the names of those of these authors, of guilds, of whom no comment is left."""
    for portion in portions(sorted(authors)):
        theirs = tuple_(members.c.guild_id, members.c.member_id).in_(portion)
        # Who is writing at this moment has their name locked; the deletion sees what they wrote.
        await connection.execute(
            select(members.c.member_id)
            .where(theirs)
            .order_by(members.c.guild_id, members.c.member_id)
            .with_for_update()
        )
        left = exists().where(
            comments.c.author_id == members.c.member_id, comments.c.guild_id == members.c.guild_id
        )
        await connection.execute(delete(members).where(theirs, ~left))


async def erase_votes(
    connection: AsyncConnection, ranks: Ranks, message_ids: Collection[int], which: ColumnElement[bool]
) -> int:
    """Erase reactions, of whichever emoji, on these posts and comments; answers how many there were."""
    rows = await connection.execute(
        select(posts.c.article_id, posts.c.guild_id).where(posts.c.message_id.in_(message_ids)).distinct()
    )
    voted = [(article_id, guild_id) for article_id, guild_id in rows]
    await lock(connection, voted)
    # As whoever votes does: first what is counted, then the mirror.
    on_comments = await connection.scalars(
        select(comments.c.message_id)
        .where(comments.c.message_id.in_(message_ids))
        .order_by(comments.c.message_id)
        .with_for_update()
    )
    commented = on_comments.all()
    erased = await connection.execute(
        delete(reactions).where(and_(reactions.c.message_id.in_(message_ids), which))
    )
    await recount(connection, ranks, voted)
    await recount_comments(connection, commented)
    return erased.rowcount


async def forgotten_among(connection: AsyncConnection, member_ids: Collection[int]) -> frozenset[int]:
    """Answer which of the members are not to be stored.

    Who is asked about in a transaction that writes is forgotten before it, or after it has ended: on PostgreSQL the
    one who forgets waits for the lock that this takes, also where nobody is found.
    """
    found: set[int] = set()
    for portion in portions(sorted(member_ids)):
        found.update(
            await connection.scalars(
                select(forgotten.c.member_id)
                .where(forgotten.c.member_id.in_(portion))
                .with_for_update(read=True, key_share=True)
            )
        )
    return frozenset(found)
