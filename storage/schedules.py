"""When digests are due, what may stand in one, and how it comes into its channel's queue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.boards import commented
from storage.database import Database
from storage.digest_stories import is_nameless, read_stories
from storage.erasing import forgotten_among
from storage.guilds import ensure_guild
from storage.outbox import Queueing
from storage.records import (
    Article,
    CommentRated,
    Digest,
    DigestEntry,
    DigestStory,
    OverLimit,
    PostState,
    Schedule,
    ScheduleToStore,
    Tally,
)
from storage.rows import insert, portions, read
from storage.tables import (
    UNSENT,
    articles,
    comments,
    digest_articles,
    digest_schedules,
    digests,
    guilds,
    over_limit,
)

MOST_OVER = 200
"""Articles over a channel's limit that one digest takes; the others wait for the next."""
_MOST_RATED = 2000


class Schedules:
    """Wishes for digests, in channels and for single members; one in a guild for each member."""

    def __init__(self, database: Database, queueing: Queueing) -> None:
        self._database = database
        self._queueing = queueing

    async def put(
        self, wish: ScheduleToStore, due_at: datetime, until: datetime, now: datetime
    ) -> Schedule | None:
        """Store a wish; a member's takes the place of the one they had there. None: of this member nothing is kept."""
        values = {name: getattr(wish, name) for name in ScheduleToStore.__dataclass_fields__}
        values |= {"created_at": now, "due_at": due_at, "until": until, "told_at": None}
        async with self._database.writing() as connection:
            if wish.member_id is not None and await forgotten_among(connection, (wish.member_id,)):
                return None
            await ensure_guild(connection, wish.guild_id, now)
            putting = insert(connection, digest_schedules).values(values)
            if wish.member_id is not None:
                putting = putting.on_conflict_do_update(
                    index_elements=["member_id", "guild_id"],
                    index_where=digest_schedules.c.member_id.is_not(None),
                    set_=values,
                )
            row = (await connection.execute(putting.returning(digest_schedules))).one()
            return read(Schedule, digest_schedules, row)

    async def of_guild(self, guild_id: int, member_id: int | None = None) -> list[Schedule]:
        """List a guild's schedules for its channels, or this member's there, in the order they were made."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(digest_schedules)
                .where(
                    digest_schedules.c.guild_id == guild_id,
                    digest_schedules.c.member_id.is_(None)
                    if member_id is None
                    else digest_schedules.c.member_id == member_id,
                )
                .order_by(digest_schedules.c.id)
            )
            return [read(Schedule, digest_schedules, row) for row in rows]

    async def remove(self, guild_id: int, schedule_id: int, member_id: int | None = None) -> Schedule | None:
        """End a schedule for a channel of the guild, or this member's own; None where there is no such one."""
        own = (
            digest_schedules.c.member_id.is_(None)
            if member_id is None
            else digest_schedules.c.member_id == member_id
        )
        this = and_(digest_schedules.c.id == schedule_id, digest_schedules.c.guild_id == guild_id, own)
        async with self._database.writing() as connection:
            gone = await connection.execute(
                delete(digest_schedules).where(this).returning(*digest_schedules.c)
            )
            row = gone.one_or_none()
            if row is None:
                return None
            ended = read(Schedule, digest_schedules, row)
            await _withdraw(connection, ended)
            return ended

    async def by_nonce(self, nonce: str) -> Digest | None:
        """Find the digest that bears this mark."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(digests).where(digests.c.nonce == nonce))).one_or_none()
            return None if row is None else read(Digest, digests, row)

    async def next_due_at(self) -> datetime | None:
        """Answer when the next schedule is to be looked at; None while there is none."""
        async with self._database.reading() as connection:
            at: datetime | None = await connection.scalar(
                select(func.min(digest_schedules.c.due_at)).where(digest_schedules.c.due_at.is_not(None))
            )
            return at

    async def due(self, now: datetime, limit: int) -> list[tuple[Schedule, bool]]:
        """List schedules that are due, longest due first, each with whether the bot still is in its guild."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(digest_schedules, guilds.c.left_at)
                .join(guilds, guilds.c.id == digest_schedules.c.guild_id)
                .where(digest_schedules.c.due_at <= now)
                .order_by(digest_schedules.c.due_at, digest_schedules.c.id)
                .limit(limit)
            )
            return [
                (read(Schedule, digest_schedules, row), row._mapping[guilds.c.left_at] is None)
                for row in rows
            ]

    async def look_again(self, schedule: Schedule, due_at: datetime) -> None:
        """Have a schedule be looked at again then."""
        async with self._database.writing() as connection:
            await connection.execute(update(digest_schedules).where(_still(schedule)).values(due_at=due_at))

    async def over_limit(self, channel_id: int) -> list[OverLimit]:
        """List the articles over the channel's limit that wait for a digest, at most 200, the oldest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(articles, over_limit.c.kept_at)
                .join(over_limit, over_limit.c.article_id == articles.c.id)
                .where(over_limit.c.channel_id == channel_id)
                .order_by(over_limit.c.article_id)
                .limit(MOST_OVER)
            )
            return [
                OverLimit(read(Article, articles, row), row._mapping[over_limit.c.kept_at]) for row in rows
            ]

    async def stories(self, guild_id: int, entries: Sequence[DigestEntry]) -> tuple[DigestStory, ...]:
        """Answer what a digest of these entries would tell of its articles."""
        async with self._database.reading() as connection:
            return await read_stories(connection, guild_id, entries)

    async def rated_comments(
        self, guild_id: int, article_ids: Collection[int], *, visible: Collection[int]
    ) -> list[CommentRated]:
        """List the comments on these articles that somebody voted for and that may be quoted.

        None that is hidden, that stands where a reader of the `visible` channels can't see it, or whose author does
        not want to be shown by name.
        """
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(comments.c.message_id, comments.c.article_id, comments.c.upvotes, comments.c.downvotes)
                .where(
                    comments.c.article_id.in_(article_ids),
                    *commented(guild_id, None, visible),
                    comments.c.upvotes > 0,
                    ~is_nameless(),
                )
                .order_by(comments.c.upvotes.desc(), comments.c.message_id)
                .limit(_MOST_RATED)
            )
            return [CommentRated(row[0], row[1], Tally(row[2], row[3])) for row in rows]

    async def write(
        self,
        schedule: Schedule,
        heading: str,
        entries: Sequence[DigestEntry],
        *,
        until: datetime,
        due_at: datetime,
        now: datetime,
    ) -> bool:
        """Put a period's digest into its channel's queue and move the schedule on, in one transaction.

        Without entries it is moved on alone. What was written of an earlier period and surely was not sent gives way.
        False, and nothing is done: the schedule is another one by now, or another digest is on its way there.
        """
        async with self._database.writing() as connection:
            if not await connection.scalar(
                select(digest_schedules.c.id).where(_still(schedule)).with_for_update()
            ):
                return False
            if entries:
                await _withdraw(connection, schedule)
                digest_id = await self._begin(connection, schedule, heading, now)
                if digest_id is None:
                    return False
                await _fill(connection, digest_id, schedule.channel_id, entries)
            await connection.execute(
                update(digest_schedules)
                .where(digest_schedules.c.id == schedule.id)
                .values(until=until, due_at=due_at)
            )
            return True

    async def _begin(
        self, connection: AsyncConnection, schedule: Schedule, heading: str, now: datetime
    ) -> int | None:
        made: int | None = await connection.scalar(
            insert(connection, digests)
            .values(
                guild_id=schedule.guild_id,
                channel_id=schedule.channel_id,
                state=PostState.READY,
                nonce=self._queueing.nonce(),
                due_at=now,
                attempts=0,
                forum=schedule.forum,
                created_at=now,
                schedule_id=schedule.id,
                member_id=schedule.member_id,
                heading=heading,
                most=schedule.most,
                rank=schedule.rank,
                every=schedule.every,
            )
            .on_conflict_do_nothing(index_elements=["channel_id"], index_where=UNSENT)
            .returning(digests.c.id)
        )
        return made

    async def pause(self, digest: Digest, problem: str) -> None:
        """Give up a digest for a member who takes no direct messages, and send them none until they ask for it."""
        async with self._database.writing() as connection:
            given_up = await connection.execute(
                update(digests)
                .where(digests.c.id == digest.id, digests.c.claim == digest.claim, UNSENT)
                .values(state=PostState.REFUSED, leased_until=None, problem=problem)
            )
            if given_up.rowcount:
                await connection.execute(
                    update(digest_schedules)
                    .where(digest_schedules.c.id == digest.schedule_id)
                    .values(due_at=None, told_at=None)
                )

    async def to_tell(self, member_id: int, now: datetime) -> bool:
        """Whether a member has a schedule that is paused and was not told so; they are told now."""
        waiting = and_(
            digest_schedules.c.member_id == member_id,
            digest_schedules.c.due_at.is_(None),
            digest_schedules.c.told_at.is_(None),
        )
        async with self._database.reading() as connection:
            if not await connection.scalar(select(exists().where(waiting))):
                return False
        async with self._database.writing() as connection:
            told = await connection.execute(update(digest_schedules).where(waiting).values(told_at=now))
            return told.rowcount > 0


def _still(schedule: Schedule) -> ColumnElement[bool]:
    """Whether a schedule is as it was read."""
    return and_(digest_schedules.c.id == schedule.id, digest_schedules.c.due_at == schedule.due_at)


async def _withdraw(connection: AsyncConnection, schedule: Schedule) -> None:
    """Take a schedule's digest back that surely was not sent; what was over the limit in it waits again."""
    row = (
        await connection.execute(
            select(digests)
            .where(
                digests.c.channel_id == schedule.channel_id,
                UNSENT,
                digests.c.schedule_id == schedule.id,
                digests.c.state == PostState.READY,
                digests.c.leased_until.is_(None),
            )
            .with_for_update()
        )
    ).one_or_none()
    if row is not None:
        await _keep_over(connection, read(Digest, digests, row), digest_articles.c.digest_id == row.id)
        await connection.execute(delete(digests).where(digests.c.id == row.id))


async def _keep_over(connection: AsyncConnection, digest: Digest, which: ColumnElement[bool]) -> None:
    """Have those of a digest's articles that were over the limit wait for the channel's next one."""
    over = select(
        literal(digest.channel_id),
        digest_articles.c.article_id,
        literal(digest.guild_id),
        literal(digest.created_at, over_limit.c.kept_at.type),
    ).where(which, digest_articles.c.over)
    await connection.execute(
        insert(connection, over_limit)
        .from_select(["channel_id", "article_id", "guild_id", "kept_at"], over)
        .on_conflict_do_nothing(index_elements=["channel_id", "article_id"])
    )


async def _fill(
    connection: AsyncConnection, digest_id: int, channel_id: int, entries: Sequence[DigestEntry]
) -> None:
    for portion in portions(entries):
        await connection.execute(
            insert(connection, digest_articles),
            [
                {
                    "digest_id": digest_id,
                    "article_id": entry.article_id,
                    "place": entry.place,
                    "also": entry.also,
                    "over": entry.over,
                    "message_id": entry.message_id,
                    "comment_id": entry.comment_id,
                }
                for entry in portion
            ],
        )
        taken = [entry.article_id for entry in portion if entry.over]
        await connection.execute(
            delete(over_limit).where(
                over_limit.c.channel_id == channel_id, over_limit.c.article_id.in_(taken)
            )
        )


async def part(
    connection: AsyncConnection, digest: Digest, problem: str, nonce: Callable[[], str], now: datetime
) -> None:
    """Have a schedule's digest that Discord never takes go on with its first half, under a new mark.

    What was over the limit in the other half waits for the next digest. Of a single article nothing is left.
    """
    named = digest_articles.c.digest_id == digest.id
    rows = await connection.scalars(
        select(digest_articles.c.place).where(named).distinct().order_by(digest_articles.c.place)
    )
    places = rows.all()
    values: dict[str, Any] = {"state": PostState.REFUSED}
    if kept := len(places) // 2:
        parted = and_(named, digest_articles.c.place >= places[kept])
        await _keep_over(connection, digest, parted)
        await connection.execute(delete(digest_articles).where(parted))
        values = {
            "state": PostState.READY,
            "nonce": nonce(),
            "after_id": None,
            "due_at": now,
            "claim": digests.c.claim + 1,
            "attempts": 0,
            "halved": True,
        }
    await connection.execute(
        update(digests).where(digests.c.id == digest.id).values(leased_until=None, problem=problem, **values)
    )


async def end_channel(connection: AsyncConnection, channel_id: int) -> None:
    """Forget a channel's schedules, and what waits for their digests: the channel is gone."""
    for table in (digest_schedules, over_limit):
        await connection.execute(delete(table).where(table.c.channel_id == channel_id))
