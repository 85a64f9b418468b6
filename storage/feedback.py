"""What members wrote into dialogs, until it is known as a message: begun → posted, and so a comment of theirs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, select

from storage.comments import keep_comment
from storage.database import Database
from storage.erasing import forgotten_among
from storage.records import CommentSeen, FeedbackGiven
from storage.rows import insert, read
from storage.tables import comments, feedback
from storage.tallies import Ranks


class Feedback:
    """Feedback on its way."""

    def __init__(self, database: Database, ranks: Ranks) -> None:
        self._database = database
        self._ranks = ranks

    async def begin(self, given: FeedbackGiven) -> bool:
        """Record that it is about to be posted. False: it was begun before, or its author is forgotten."""
        async with self._database.writing() as connection:
            if await forgotten_among(connection, (given.author_id,)):
                return False
            if await connection.scalar(select(exists().where(comments.c.feedback_id == given.id))):
                return False
            made = await connection.scalar(
                insert(connection, feedback)
                .values(
                    id=given.id,
                    guild_id=given.guild_id,
                    article_id=given.article_id,
                    author_id=given.author_id,
                    author_name=given.author_name,
                    quote=given.quote,
                    text=given.text,
                    created_at=given.created_at,
                )
                .on_conflict_do_nothing(index_elements=["id"])
                .returning(feedback.c.id)
            )
            return made is not None

    async def posted(
        self, feedback_id: int, message_id: int, channel_id: int, reply_to_id: int | None, at: datetime
    ) -> bool:
        """Record the message that it became: it is its author's comment now.

        False: nothing of this id is on its way (any more).
        """
        async with self._database.writing() as connection:
            row = (
                await connection.execute(
                    delete(feedback).where(feedback.c.id == feedback_id).returning(*feedback.c)
                )
            ).one_or_none()
            if row is None:
                return False
            given = read(FeedbackGiven, feedback, row)
            return await keep_comment(
                connection,
                self._ranks,
                CommentSeen(
                    message_id=message_id,
                    guild_id=given.guild_id,
                    channel_id=channel_id,
                    article_id=given.article_id,
                    reply_to_id=reply_to_id,
                    author_id=given.author_id,
                    author_name=given.author_name,
                    text=given.text,
                    quote=given.quote,
                    created_at=at,
                    edited_at=None,
                    feedback_id=feedback_id,
                ),
            )

    async def posted_for(self, author_id: int) -> list[tuple[int, int, int]]:
        """List the messages that were posted for a member and stand: guild, channel or thread, message."""
        async with self._database.reading() as connection:
            found = await connection.execute(
                select(comments.c.guild_id, comments.c.channel_id, comments.c.message_id)
                .where(comments.c.author_id == author_id, comments.c.feedback_id.is_not(None))
                .order_by(comments.c.message_id)
            )
            return [(guild_id, channel_id, message_id) for guild_id, channel_id, message_id in found]

    async def give_up(self, feedback_id: int) -> None:
        """Forget what surely was not posted."""
        async with self._database.writing() as connection:
            await connection.execute(delete(feedback).where(feedback.c.id == feedback_id))

    async def forget_lost(self, before: datetime) -> int:
        """Forget what was begun before then and never seen as a message; answers how many there were."""
        async with self._database.writing() as connection:
            return (await connection.execute(delete(feedback).where(feedback.c.created_at < before))).rowcount
