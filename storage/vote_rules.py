"""How guilds vote: their emoji with weights, the roles that may vote, and the counting anew when these change."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, exists, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.erasing import forgotten_among
from storage.records import Verdict, VoteEmoji, VoteRules
from storage.rows import insert, portions
from storage.tables import comments, guilds, reactions, standings, vote_answers, vote_emoji, voter_roles
from storage.tallies import Ranks, recount, recount_comments

USUAL_EMOJI = (VoteEmoji("👍", 1), VoteEmoji("👎", -1))

_ALL = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than any article was posted."""


def rows_of(guild_id: int, emoji: Iterable[VoteEmoji]) -> list[dict[str, Any]]:
    """Make the rows of a guild's vote emoji, in this order."""
    return [
        {"guild_id": guild_id, "emoji": one.emoji, "weight": one.weight, "place": place}
        for place, one in enumerate(emoji)
    ]


async def emoji_of(
    connection: AsyncConnection, guild_ids: Collection[int]
) -> dict[int, tuple[VoteEmoji, ...]]:
    """Answer guilds' vote emoji in their order; a guild without any is left out."""
    found: dict[int, tuple[VoteEmoji, ...]] = {}
    for portion in portions(guild_ids):
        rows = await connection.execute(
            select(vote_emoji.c.guild_id, vote_emoji.c.emoji, vote_emoji.c.weight)
            .where(vote_emoji.c.guild_id.in_(portion))
            .order_by(vote_emoji.c.guild_id, vote_emoji.c.place)
        )
        for guild_id, emoji, weight in rows:
            found[guild_id] = (*found.get(guild_id, ()), VoteEmoji(emoji, weight))
    return found


async def roles_of(connection: AsyncConnection, guild_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Answer which roles may vote, by guild; one that lets everybody vote is left out."""
    found: dict[int, frozenset[int]] = {}
    for portion in portions(guild_ids):
        rows = await connection.execute(
            select(voter_roles.c.guild_id, voter_roles.c.role_id).where(voter_roles.c.guild_id.in_(portion))
        )
        for guild_id, role_id in rows:
            found[guild_id] = found.get(guild_id, frozenset()) | {role_id}
    return found


class RulesOfVoting:
    """Guilds' rules. All methods that change them are for guilds that have a row: those that the bot is in."""

    def __init__(self, database: Database, ranks: Ranks) -> None:
        self._database = database
        self._ranks = ranks

    async def of(self, guild_id: int) -> VoteRules:
        """Answer how a guild votes; as usual in one that was never seen."""
        async with self._database.reading() as connection:
            shows = await connection.scalar(select(guilds.c.shows_voters).where(guilds.c.id == guild_id))
            if shows is None:
                return VoteRules(USUAL_EMOJI)
            emoji = await emoji_of(connection, [guild_id])
            roles = await roles_of(connection, [guild_id])
            return VoteRules(emoji.get(guild_id, ()), roles.get(guild_id, frozenset()), shows)

    async def put_emoji(self, guild_id: int, emoji: Collection[VoteEmoji]) -> None:
        """Have a guild vote with exactly these, in this order. All its votes are counted anew, in portions."""
        async with self._database.writing() as connection:
            await connection.execute(delete(vote_emoji).where(vote_emoji.c.guild_id == guild_id))
            if emoji:
                await connection.execute(insert(connection, vote_emoji), rows_of(guild_id, emoji))
            await connection.execute(
                update(guilds).where(guilds.c.id == guild_id).values(recount_at=_ALL, recount_id=0)
            )

    async def put_roles(self, guild_id: int, role_ids: Collection[int]) -> None:
        """Let members with one of these roles vote from now on, or (none) everybody. What was counted stays."""
        async with self._database.writing() as connection:
            await connection.execute(delete(voter_roles).where(voter_roles.c.guild_id == guild_id))
            if role_ids:
                await connection.execute(
                    insert(connection, voter_roles),
                    [{"guild_id": guild_id, "role_id": role_id} for role_id in sorted(set(role_ids))],
                )

    async def show_voters(self, guild_id: int, shows: bool) -> None:
        """Let a guild's members ask who voted, or not."""
        async with self._database.writing() as connection:
            await connection.execute(update(guilds).where(guilds.c.id == guild_id).values(shows_voters=shows))

    async def answered(self, guild_id: int, member_id: int, verdict: Verdict) -> bool:
        """Note that a member is told why their vote does not count. False: they were told before, or are forgotten."""
        async with self._database.writing() as connection:
            if await forgotten_among(connection, (member_id,)):
                return False
            made = await connection.scalar(
                insert(connection, vote_answers)
                .values(guild_id=guild_id, member_id=member_id, verdict=verdict)
                .on_conflict_do_nothing(index_elements=["guild_id", "member_id", "verdict"])
                .returning(vote_answers.c.member_id)
            )
            return made is not None

    async def not_answered(self, guild_id: int, member_id: int, verdict: Verdict) -> None:
        """Note that a member was not told, after all."""
        async with self._database.writing() as connection:
            await connection.execute(
                delete(vote_answers).where(
                    vote_answers.c.guild_id == guild_id,
                    vote_answers.c.member_id == member_id,
                    vote_answers.c.verdict == verdict,
                )
            )

    async def recount_some(self, most: int) -> bool:
        """Count at most so many articles' votes anew, with those on their comments; newest first.

        False: there was nothing to be counted.
        """
        async with self._database.reading() as connection:
            if await connection.scalar(_WAITING) is None:
                return False
        async with self._database.writing() as connection:
            waiting = (
                await connection.execute(
                    select(guilds.c.id, guilds.c.recount_at, guilds.c.recount_id)
                    .where(guilds.c.recount_at.is_not(None))
                    .order_by(guilds.c.recount_at)
                    .limit(1)
                    # Whoever writes a comment there refers to the guild, and may be waited for below.
                    .with_for_update(key_share=True)
                )
            ).one_or_none()
            if waiting is None:
                return False
            rows = (
                await connection.execute(
                    select(standings.c.article_id, standings.c.posted_at)
                    .where(
                        standings.c.guild_id == waiting.id,
                        tuple_(standings.c.posted_at, standings.c.article_id)
                        < (waiting.recount_at, waiting.recount_id),
                    )
                    .order_by(standings.c.posted_at.desc(), standings.c.article_id.desc())
                    .limit(most)
                )
            ).all()
            last = rows[-1] if len(rows) == most else None
            await connection.execute(
                update(guilds)
                .where(guilds.c.id == waiting.id)
                .values(
                    recount_at=last.posted_at if last else None, recount_id=last.article_id if last else None
                )
            )
            article_ids = [row.article_id for row in rows]
            await recount(connection, self._ranks, [(one, waiting.id) for one in article_ids])
            for portion in portions(article_ids):
                voted = await connection.scalars(
                    select(comments.c.message_id)
                    .where(
                        comments.c.guild_id == waiting.id,
                        comments.c.article_id.in_(portion),
                        or_(
                            comments.c.upvotes > 0,
                            comments.c.downvotes > 0,
                            exists().where(reactions.c.comment_id == comments.c.message_id),
                        ),
                    )
                    .with_for_update(of=comments)
                )
                await recount_comments(connection, voted.all())
            return True


_WAITING = select(guilds.c.id).where(guilds.c.recount_at.is_not(None)).limit(1)
