"""What members are to be told, and the letters that tell it: each thing once, whatever of it they follow.

arrivals → matched: tidings, one for a member and a thing → put into a letter → sent
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, false, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.digest_stories import is_nameless
from storage.records import (
    Letter,
    LetterLine,
    LetterToSend,
    PostState,
    Sighting,
    TidingState,
)
from storage.rows import insert, read
from storage.tables import (
    UNSENT_LETTER,
    WAITING,
    articles,
    comments,
    follows,
    guilds,
    letters,
    listeners,
    members,
    sources,
    tidings,
)

_NO_NAME = "A member"


def _unsent(letter: Letter) -> ColumnElement[bool]:
    return and_(letters.c.id == letter.id, UNSENT_LETTER)


class Letters:
    """Letters. `nonce` makes a letter's mark, as a post's. A step that is handed one that is no more does nothing."""

    def __init__(self, database: Database, nonce: Callable[[], str]) -> None:
        self._database = database
        self._nonce = nonce

    async def next_due_at(self) -> datetime | None:
        """Answer when the next letter, or what is to be put into one, is due; None while nothing waits."""
        async with self._database.reading() as connection:
            found = [
                await connection.scalar(select(func.min(tidings.c.due_at)).where(WAITING)),
                await connection.scalar(select(func.min(letters.c.due_at)).where(UNSENT_LETTER)),
            ]
            return min((at for at in found if at is not None), default=None)

    async def sent_since(self, member_id: int, since: datetime) -> list[datetime]:
        """List when letters were sent to a member after then, the first one first."""
        async with self._database.reading() as connection:
            found = await connection.scalars(
                select(letters.c.sent_at)
                .where(letters.c.member_id == member_id, letters.c.sent_at > since)
                .order_by(letters.c.sent_at)
            )
            return [at for at in found if at is not None]

    async def write(self, told: Sequence[Sighting], untold: Collection[int], now: datetime) -> bool:
        """Put tidings into a letter, all of one member and place, and drop those that they can't see.

        False: there is none to write; another letter of theirs is on its way, or all was dropped.
        """
        async with self._database.writing() as connection:
            await connection.execute(delete(tidings).where(tidings.c.id.in_(untold), WAITING))
            rows = (
                await connection.execute(
                    select(tidings)
                    .where(tidings.c.id.in_([one.tiding_id for one in told]), WAITING)
                    .order_by(tidings.c.id)
                )
            ).all()
            if not rows:
                return False
            first = rows[0]
            letter_id = await connection.scalar(
                insert(connection, letters)
                .values(
                    guild_id=first.guild_id,
                    member_id=first.member_id,
                    channel_id=first.channel_id,
                    state=PostState.READY,
                    nonce=self._nonce(),
                    due_at=now,
                    attempts=0,
                    created_at=now,
                )
                .returning(letters.c.id)
            )
            seen = {one.tiding_id: one for one in told}
            await connection.execute(
                update(tidings)
                .where(tidings.c.id == bindparam("tiding"))
                .values(letter_id=letter_id, seen_in=bindparam("place"), seen_id=bindparam("message")),
                [
                    {"tiding": row.id, "place": seen[row.id].channel_id, "message": seen[row.id].message_id}
                    for row in rows
                ],
            )
            return True

    async def next_to_send(self, now: datetime) -> LetterToSend | None:
        """Answer the letter that is due longest, with all that it tells as it is now; None while none is due."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(letters, guilds.c.name.label("guild_name"))
                    .join(guilds, guilds.c.id == letters.c.guild_id)
                    .where(UNSENT_LETTER, letters.c.due_at <= now)
                    .order_by(letters.c.due_at, letters.c.id)
                    .limit(1)
                )
            ).one_or_none()
            if row is None:
                return None
            lines = await _lines(connection, row.id)
            return LetterToSend(read(Letter, letters, row), row.guild_name, tuple(lines))

    async def on_its_way(self, member_id: int) -> datetime | None:
        """Answer when a letter to the member that could not be sent yet is tried again; None where there is none."""
        async with self._database.reading() as connection:
            at: datetime | None = await connection.scalar(
                select(func.max(letters.c.due_at)).where(letters.c.member_id == member_id, UNSENT_LETTER)
            )
            return at

    async def begin_sending(self, letter: Letter, after_id: int | None) -> bool:
        """Record that sending begins, after the newest message there; False: do not send. See `Posts.begin_sending`."""
        begun = letters.c.state == PostState.SENDING
        return await self._change(
            _unsent(letter),
            state=PostState.SENDING,
            after_id=case((begun, letters.c.after_id), else_=after_id),
        )

    async def sent(self, letter: Letter, message_id: int, now: datetime) -> None:
        """Record the message that a letter became: what is in it is told, and direct messages are open."""
        async with self._database.writing() as connection:
            done = await connection.execute(
                update(letters)
                .where(_unsent(letter))
                .values(state=PostState.SENT, message_id=message_id, sent_at=now, problem=None)
            )
            if not done.rowcount:
                return
            await connection.execute(
                update(tidings).where(tidings.c.letter_id == letter.id).values(state=TidingState.TOLD)
            )
            if letter.channel_id is None:
                await connection.execute(
                    update(listeners)
                    .where(listeners.c.member_id == letter.member_id, listeners.c.closed_told_at.is_not(None))
                    .values(closed_at=None, closed_told_at=None)
                )

    async def postpone(self, letter: Letter, due_at: datetime, problem: str, unsent: bool) -> None:
        """Try again later. `unsent`: it is known that no message was made; otherwise it will be looked for."""
        back = and_(letters.c.state == PostState.SENDING, literal(unsent))
        await self._change(
            _unsent(letter),
            state=case((back, PostState.READY.value), else_=letters.c.state),
            after_id=case((back, None), else_=letters.c.after_id),
            due_at=due_at,
            attempts=letters.c.attempts + 1,
            problem=problem,
        )

    async def give_up(self, letter: Letter, state: PostState, problem: str) -> None:
        """Give up a letter that is refused or deleted; what is in it is not told again."""
        async with self._database.writing() as connection:
            gone = await connection.execute(
                update(letters).where(_unsent(letter)).values(state=state, problem=problem)
            )
            if gone.rowcount:
                await connection.execute(
                    update(tidings).where(tidings.c.letter_id == letter.id).values(state=TidingState.TOLD)
                )

    async def closed(self, letter: Letter, now: datetime) -> None:
        """Record that the member takes no direct messages: what is to be told directly is held until they do."""
        async with self._database.writing() as connection:
            if not await _take_back(connection, letter):
                return
            await connection.execute(
                update(listeners).where(listeners.c.member_id == letter.member_id).values(closed_at=now)
            )
            await connection.execute(
                update(tidings)
                .where(tidings.c.member_id == letter.member_id, tidings.c.channel_id.is_(None), WAITING)
                .values(state=TidingState.HELD)
            )

    async def tell_directly(self, letter: Letter, now: datetime) -> None:
        """Have what can't be told in its channel be told directly, with the follows that are told there."""
        async with self._database.writing() as connection:
            if not await _take_back(connection, letter):
                return
            for table in (tidings, follows):
                told_there = and_(
                    table.c.member_id == letter.member_id, table.c.channel_id == letter.channel_id
                )
                await connection.execute(update(table).where(told_there).values(channel_id=None))
            await connection.execute(
                update(tidings)
                .where(
                    tidings.c.member_id == letter.member_id, tidings.c.guild_id == letter.guild_id, WAITING
                )
                .values(due_at=now)
            )

    async def _change(self, which: ColumnElement[bool], **values: Any) -> bool:
        async with self._database.writing() as connection:
            return (await connection.execute(update(letters).where(which).values(**values))).rowcount > 0


async def _take_back(connection: AsyncConnection, letter: Letter) -> bool:
    """End a letter that surely is not sent; what is in it waits again. False: it is no more."""
    gone = await connection.execute(
        update(letters).where(_unsent(letter)).values(state=PostState.DELETED, problem="It goes elsewhere.")
    )
    if gone.rowcount:
        await connection.execute(
            update(tidings).where(tidings.c.letter_id == letter.id).values(letter_id=None)
        )
    return gone.rowcount > 0


async def _lines(connection: AsyncConnection, letter_id: int) -> list[LetterLine]:
    """What a letter tells, as it is now: what is hidden or retracted since is left out, and names that are hidden."""
    article_id = func.coalesce(tidings.c.article_id, comments.c.article_id)
    is_comment = comments.c.message_id.is_not(None)
    rows = await connection.execute(
        select(
            tidings.c.kind,
            tidings.c.wording,
            tidings.c.seen_in,
            tidings.c.seen_id,
            articles.c.title,
            sources.c.title.label("source_title"),
            sources.c.url.label("source_url"),
            case(
                (and_(is_comment, is_nameless()), _NO_NAME),
                (is_comment, func.coalesce(members.c.name, _NO_NAME)),
            ).label("by"),
            comments.c.text,
            comments.c.quote,
            articles.c.summary,
            articles.c.image_url,
        )
        .select_from(tidings)
        .outerjoin(comments, comments.c.message_id == tidings.c.comment_id)
        .outerjoin(
            members,
            and_(members.c.guild_id == comments.c.guild_id, members.c.member_id == comments.c.author_id),
        )
        .join(articles, articles.c.id == article_id)
        .join(sources, sources.c.id == articles.c.source_id)
        .where(
            tidings.c.letter_id == letter_id,
            ~func.coalesce(comments.c.hidden, false()),
            or_(is_comment, articles.c.retracted_at.is_(None)),
        )
        .order_by(tidings.c.id)
    )
    return [LetterLine(*row) for row in rows]
