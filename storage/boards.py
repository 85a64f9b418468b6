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
from storage.records import CommenterRank, DayFigures, SourceRank, VotersOfEmoji
from storage.rows import packed
from storage.tables import (
    SENT,
    articles,
    comments,
    members,
    nameless,
    posts,
    reactions,
    sources,
    standings,
    vote_emoji,
)
from storage.tallies import is_vote_in, latest_votes, votes
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

    async def voters(self, guild_id: int, article_id: int, most: int) -> list[VotersOfEmoji]:
        """List the votes that count on an article, the weightiest emoji for first, of each the latest `most` members.

        Who is not to be shown by name is counted and not listed.
        """
        async with self._database.reading() as connection:
            latest = votes(connection.dialect.name)
            of_emoji = latest.c.vote
            hidden = exists().where(
                nameless.c.guild_id == guild_id, nameless.c.member_id == latest.c.member_id
            )
            ranked = select(
                latest.c.member_id,
                of_emoji,
                latest.c.weight,
                hidden.label("hidden"),
                func.count().over(partition_by=of_emoji).label("votes"),
                func.row_number()
                .over(
                    partition_by=of_emoji,
                    order_by=(hidden, latest.c.reacted_at.desc(), latest.c.member_id),
                )
                .label("nth"),
            ).subquery("ranked")
            rows = await connection.execute(
                select(ranked)
                .where(ranked.c.nth <= most)
                .order_by(ranked.c.weight.desc(), ranked.c.vote, ranked.c.nth),
                {"given": packed([(article_id, guild_id)])},
            )
            found: dict[str, VotersOfEmoji] = {}
            for row in rows:
                one = found.setdefault(row.vote, VotersOfEmoji(row.vote, row.votes, ()))
                if not row.hidden:
                    found[row.vote] = replace(one, member_ids=(*one.member_ids, row.member_id))
            return list(found.values())

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
        """List the members whose comments, written since then, have the highest scores together, then the most.

        Who is not to be shown by name is left out.
        """
        score = func.sum(comments.c.upvotes - comments.c.downvotes)
        query = (
            select(comments.c.author_id, members.c.name, func.count(), score)
            .join(
                members,
                (members.c.guild_id == comments.c.guild_id) & (members.c.member_id == comments.c.author_id),
            )
            .where(
                *commented(guild_id, since, visible),
                ~exists().where(
                    nameless.c.guild_id == guild_id, nameless.c.member_id == comments.c.author_id
                ),
            )
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
        cast = latest_votes(
            select(standings.c.article_id)
            .select_from(standings)
            .join(
                posts,
                (posts.c.article_id == standings.c.article_id)
                & (posts.c.guild_id == standings.c.guild_id)
                & SENT,
            )
            .join(reactions, reactions.c.post_id == posts.c.id)
            .join(vote_emoji, is_vote_in(posts.c.guild_id))
            .where(*posted)
        )
        asked: dict[tuple[str, ...], Select[*tuple[Any, ...]]] = {
            ("articles",): _by_day(select(DayOf(standings.c.posted_at), func.count()).where(*posted)),
            ("comments",): _by_day(
                select(DayOf(comments.c.created_at), func.count()).where(*commented(guild_id, since, visible))
            ),
            ("votes_for", "votes_against"): _by_day(
                select(
                    DayOf(cast.c.reacted_at),
                    *(func.sum(case((cast.c.weight * sign > 0, 1), else_=0)) for sign in (1, -1)),
                )
            ),
        }
        found: dict[str, DayFigures] = {}
        async with self._database.reading() as connection:
            for names, query in asked.items():
                for day, *counts in await connection.execute(query):
                    known = found.get(day) or DayFigures(date.fromisoformat(day))
                    counted: dict[str, Any] = dict(zip(names, map(int, counts), strict=True))
                    found[day] = replace(known, **counted)
        return [found[day] for day in sorted(found)]


def _by_day(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    day = query.selected_columns[0]
    return query.group_by(day)
