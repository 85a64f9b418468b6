"""Keeps replies to a post and messages in its thread as comments, keyed by Discord's message id."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from bot.newsroom.comment_tree import CommentLine, CommentNode, CommentSort, comment_tree, reading_order
from bot.newsroom.ports import MessageSeen
from bot.newsroom.rounds import Clock
from bot.newsroom.watch import Watch
from storage import Store
from storage.records import CommentSeen

NAMELESS = "a member"
"""Stands for the name of a member who is not to be shown by it."""


@dataclass(frozen=True, slots=True)
class CommentPage:
    """Some of an article's comments in reading order, and how many can be listed in all.

    `cut` says that there are more than can be listed: the first ones in the asked order are.
    """

    items: tuple[CommentLine, ...]
    total: int
    cut: bool = False


class Keeping(Enum):
    """What came of keeping a message that somebody pointed at; all but the first two: it is not kept, and why."""

    KEPT = auto()
    KEPT_AGAIN = auto()
    NO_COMMENT = auto()
    NO_MEMBERS = auto()
    EMPTY = auto()
    CLOSED = auto()
    FORGOTTEN = auto()
    TOO_OLD = auto()


class Comments:
    """The mirror of what members say about articles."""

    def __init__(self, store: Store, watch: Watch, *, clock: Clock) -> None:
        self._store = store
        self._watch = watch
        self._clock = clock

    async def seen(self, message: MessageSeen) -> None:
        """A message was written or edited just now. Keeps it if it is a comment."""
        async with self._watch.turn:
            if not await self._keep(message) and message.reply_to_id is not None and not message.by_bot:
                self._watch.reply_unplaced(message)

    async def read_again(self, message: MessageSeen) -> bool:
        """A message was read in its channel. Keeps it if it is a comment; answers whether it is one."""
        async with self._watch.turn:
            return await self._keep(message)

    async def keep(self, message: MessageSeen) -> Keeping:
        """Somebody points at a message, for which Discord shows its words: keep it as it stands, if it is a comment."""
        if message.by_bot:
            return Keeping.NO_MEMBERS
        if not message.text.strip() and not message.attachments:
            return Keeping.EMPTY
        async with self._watch.turn:
            before = await self._store.comments.get(message.message_id)
            if await self._keep(message):
                return Keeping.KEPT if before is None else Keeping.KEPT_AGAIN
            article_id = await self.article_of(message)
            if article_id is None:
                return Keeping.NO_COMMENT
            if await self._store.privacy.forgotten((message.author_id,)):
                return Keeping.FORGOTTEN
            closed_at = await self._store.moderation.closed_at(message.guild_id, article_id)
            return Keeping.TOO_OLD if closed_at is None else Keeping.CLOSED

    async def _keep(self, message: MessageSeen) -> bool:
        if self._watch.is_deleted(message.message_id, message.channel_id):
            return False
        if message.by_bot:
            return message.feedback_id is not None and await self._keep_feedback(message, message.feedback_id)
        kept = await self._store.comments.get(message.message_id)
        if not message.text.strip() and not message.attachments:
            return kept is not None  # withheld by Discord, or a sticker: never an edit to nothing
        # What was kept stays a comment, also where what it answers is gone by now.
        article_id = kept.article_id if kept is not None else await self.article_of(message)
        if article_id is None or (kept is None and await self._is_left_out(message, article_id)):
            return False
        if kept is not None and kept.edited_at is not None and kept.edited_at > _changed_at(message):
            return True  # a page read a moment ago is behind the edit that came meanwhile
        quote, words = split_quote(message.text)
        text = "\n".join((words, *message.attachments)).strip()
        shown = (text, quote, message.edited_at, message.author_name)
        if kept is not None and (kept.text, kept.quote, kept.edited_at, kept.author_name) == shown:
            return True
        await self._store.comments.record(
            CommentSeen(
                message_id=message.message_id,
                guild_id=message.guild_id,
                channel_id=message.channel_id,
                article_id=article_id,
                reply_to_id=message.reply_to_id,
                author_id=message.author_id,
                author_name=message.author_name,
                text=text,
                quote=quote,
                created_at=message.created_at,
                edited_at=message.edited_at,
            )
        )
        return True

    async def _keep_feedback(self, message: MessageSeen, feedback_id: int) -> bool:
        """Keep what the bot posted for a member as that member's. Its words are those of the dialog."""
        if await self._store.comments.get(message.message_id) is not None:
            return True
        return await self._store.feedback.posted(
            feedback_id, message.message_id, message.channel_id, message.reply_to_id, message.created_at
        )

    async def _is_left_out(self, message: MessageSeen, article_id: int) -> bool:
        """Whether a message is no comment all the same.

        Its author is forgotten, it is older than what is kept, or it came after the article's comments were closed.
        """
        if message.author_id in await self._store.privacy.forgotten((message.author_id,)):
            return True
        closed_at = await self._store.moderation.closed_at(message.guild_id, article_id)
        if closed_at is not None and message.created_at > closed_at:
            return True
        days = await self._store.retention.kept_days(message.guild_id)
        return days is not None and message.created_at < self._clock() - timedelta(days=days)

    async def deleted(self, message_ids: Collection[int]) -> None:
        """Messages are gone from Discord: comments are erased, a deleted card takes its votes with it."""
        async with self._watch.turn:
            self._watch.deleted(message_ids)
            await self._store.comments.remove(message_ids)
            await self._store.posts.message_deleted(message_ids, self._clock())

    async def channel_deleted(self, channel_id: int) -> None:
        """A channel or thread is gone with all that was in it; Discord tells of no single message or thread.

        Nothing can ever be posted there again, so its subscriptions end.
        """
        async with self._watch.turn:
            self._watch.channel_deleted(channel_id)
            await self._store.comments.remove_channel(channel_id)
            for subscription in await self._store.subscriptions.of_channel(channel_id):
                await self._store.subscriptions.remove(subscription.id)
            await self._store.posts.channel_deleted(channel_id, self._clock())

    async def page(
        self,
        guild_id: int,
        article_id: int,
        sort: CommentSort,
        offset: int = 0,
        limit: int = 10,
        *,
        visible: Collection[int],
    ) -> CommentPage:
        """`limit` comments from the `offset`-th on, in reading order; see `tree`."""
        found, cut = await self._store.comments.of_article(guild_id, article_id, sort.value, visible=visible)
        lines = tuple(reading_order(comment_tree(found, sort)))
        return CommentPage(lines[offset : offset + limit], len(lines), cut)

    async def tree(
        self, guild_id: int, article_id: int, sort: CommentSort, *, visible: Collection[int]
    ) -> tuple[CommentNode, ...]:
        """An article's comments in a guild, nested and sorted: those in `visible` channels and their posts' threads.

        This is what is shown outside of Discord: without the names of those who don't want theirs there.
        """
        found, _ = await self._store.comments.of_article(guild_id, article_id, sort.value, visible=visible)
        authors = {comment.author_id for comment in found}
        hidden = await self._store.privacy.hidden(guild_id, authors) if authors else frozenset()
        shown = [
            replace(comment, author_name=NAMELESS) if comment.author_id in hidden else comment
            for comment in found
        ]
        return comment_tree(shown, sort)

    async def article_of(self, message: MessageSeen) -> int | None:
        """The article that a message is about: it stands in the thread of a card, or answers a card or a comment."""
        # A thread made from a message has that message's id, also where a member made it.
        in_thread = await self._store.posts.by_thread(message.channel_id)
        post = in_thread or await self._store.posts.by_message(message.channel_id)
        if post is None and message.reply_to_id is not None:
            post = await self._store.posts.by_message(message.reply_to_id)
            if post is None:
                parent = await self._store.comments.get(message.reply_to_id)
                return None if parent is None else parent.article_id
        return None if post is None else post.article_id


def _changed_at(message: MessageSeen) -> datetime:
    return message.edited_at or message.created_at


def split_quote(text: str) -> tuple[str | None, str]:
    """Part a message that opens with a quotation (`> …` lines, as Discord's quoting makes them) into quote and rest.

    A message that is nothing but a quotation stays text.
    """
    quoted: list[str] = []
    lines = text.strip().split("\n")
    while lines and (lines[0].startswith("> ") or lines[0] == ">"):
        quoted.append(lines.pop(0)[2:])
    rest = "\n".join(lines).strip()
    quote = "\n".join(quoted).strip()
    return (quote, rest) if quote and rest else (None, text.strip())
