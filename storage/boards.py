"""Leaderboards and figures of a guild: who voted, which sources and commenters did most, what happened by day.

Only what stands in channels that the reader may see is counted: `visible` are ids of channels and threads.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select

from storage.database import Database
from storage.records import CommenterRank, DayFigures, SourceRank, Voter
from storage.rows import packed
from storage.tables import (
    SENT,
    articles,
    comments,
    members,
    posts,
    reactions,
    sources,
    standings,
    vote_emoji,
)
from storage.tallies import votes
from storage.types import DayOf


def _posted(visible: Collection[int]) -> ColumnElement[bool]:
    """Say whether a standing's article has a post that may be seen."""
    return (
        exists()
        .where(
            posts.c.article_id == standings.c.article_id,
            posts.c.guild_id == standings.c.guild_id,
            posts.c.channel_id.in_(visible),
            SENT,
        )
        .correlate(standings)
    )


def commented(guild_id: int, since: datetime | None, visible: Collection[int]) -> list[ColumnElement[bool]]:
    """Say which comments of a guild may be seen: a thread on a post is as visible as the post's channel."""
    here = comments.c.channel_id
    seen = (
        exists()
        .where(
            posts.c.article_id == comments.c.article_id,
            posts.c.guild_id == comments.c.guild_id,
            posts.c.channel_id.in_(visible),
            # A thread that a member made from a message has that message's id.
            or_(
                here == posts.c.channel_id,
                here == posts.c.place_id,
                here == posts.c.thread_id,
                here == posts.c.message_id,
            ),
        )
        .correlate(comments)
    )
    conditions = [comments.c.guild_id == guild_id, ~comments.c.hidden, seen]
    return conditions if since is None else [*conditions, comments.c.created_at >= since]


class Boards:
    """Counts of what stands; nothing is kept for them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def voters(self, guild_id: int, article_id: int, most: int) -> list[Voter]:
        """List the votes that count on an article, at most so many, votes for first and the latest first among them."""
        async with self._database.reading() as connection:
            latest = votes(connection.dialect.name)
            rows = await connection.execute(
                select(latest.c.member_id, latest.c.emoji, latest.c.weight)
                .order_by(latest.c.weight.desc(), latest.c.reacted_at.desc(), latest.c.member_id)
                .limit(most),
                {"given": packed([(article_id, guild_id)])},
            )
            return [Voter(*row) for row in rows]

    async def sources(
        self, guild_id: int, since: datetime | None, limit: int, *, visible: Collection[int]
    ) -> list[SourceRank]:
        """List the sources whose articles, posted since then, have the highest scores together."""
        score = func.sum(standings.c.score)
        query = (
            select(
                sources.c.id,
                sources.c.title,
                func.count(),
                func.sum(standings.c.upvotes),
                func.sum(standings.c.downvotes),
                func.sum(standings.c.comment_count),
            )
            .select_from(standings)
            .join(articles, articles.c.id == standings.c.article_id)
            .join(sources, sources.c.id == articles.c.source_id)
            .where(standings.c.guild_id == guild_id, _posted(visible))
            .group_by(sources.c.id, sources.c.title)
            .order_by(score.desc(), func.count(), sources.c.id)
            .limit(limit)
        )
        if since is not None:
            query = query.where(standings.c.posted_at >= since)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [SourceRank(row[0], row[1], *map(int, row[2:])) for row in rows]

    async def commenters(
        self, guild_id: int, since: datetime | None, limit: int, *, visible: Collection[int]
    ) -> list[CommenterRank]:
        """List the members whose comments, written since then, have the highest scores together, then the most."""
        score = func.sum(comments.c.upvotes - comments.c.downvotes)
        query = (
            select(comments.c.author_id, members.c.name, func.count(), score)
            .join(
                members,
                (members.c.guild_id == comments.c.guild_id) & (members.c.member_id == comments.c.author_id),
            )
            .where(*commented(guild_id, since, visible))
            .group_by(comments.c.author_id, members.c.name)
            .order_by(score.desc(), func.count().desc(), comments.c.author_id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [CommenterRank(row[0], row[1], int(row[2]), int(row[3])) for row in rows]

    async def days(self, guild_id: int, since: datetime, *, visible: Collection[int]) -> list[DayFigures]:
        """List what happened by day since then, the first day first; a day on which nothing did is left out."""
        posted = [standings.c.guild_id == guild_id, standings.c.posted_at >= since, _posted(visible)]
        cast = (
            select(DayOf(reactions.c.reacted_at), *(_given(sign) for sign in (1, -1)))
            .select_from(standings)
            .join(
                posts,
                (posts.c.article_id == standings.c.article_id)
                & (posts.c.guild_id == standings.c.guild_id)
                & SENT,
            )
            .join(reactions, reactions.c.post_id == posts.c.id)
            .join(
                vote_emoji,
                (vote_emoji.c.guild_id == posts.c.guild_id) & (vote_emoji.c.emoji == reactions.c.emoji),
            )
            .where(*posted, posts.c.channel_id.in_(visible), reactions.c.counts)
        )
        asked: dict[tuple[str, ...], Select[*tuple[Any, ...]]] = {
            ("articles",): _by_day(select(DayOf(standings.c.posted_at), func.count()).where(*posted)),
            ("comments",): _by_day(
                select(DayOf(comments.c.created_at), func.count()).where(*commented(guild_id, since, visible))
            ),
            ("votes_for", "votes_against"): _by_day(cast),
        }
        found: dict[str, DayFigures] = {}
        async with self._database.reading() as connection:
            for names, query in asked.items():
                for day, *counts in await connection.execute(query):
                    known = found.get(day) or DayFigures(date.fromisoformat(day))
                    counted: dict[str, Any] = dict(zip(names, map(int, counts), strict=True))
                    found[day] = replace(known, **counted)
        return [found[day] for day in sorted(found)]


def _given(sign: int) -> ColumnElement[int]:
    return func.sum(case((vote_emoji.c.weight * sign > 0, 1), else_=0))


def _by_day(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    day = query.selected_columns[0]
    return query.group_by(day)
