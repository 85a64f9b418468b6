"""Keeps replies to a post and messages in its thread as comments, keyed by Discord's message id."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from bot.newsroom.comment_tree import (
    Branch,
    CommentLine,
    CommentNode,
    CommentSort,
    after_this,
    collapsed,
    comment_tree,
    reading_order,
)
from bot.newsroom.ports import MessageSeen
from bot.newsroom.rounds import Clock
from bot.newsroom.watch import Watch
from storage import Store
from storage.records import After, CommentSeen

NAMELESS = "a member"
"""Stands for the name of a member who is not to be shown by it."""


LINES = 10
"""Comments on a page, at most: as many as an embed holds."""
REPLIES = 3
"""Replies of one conversation that are shown before it is opened."""
MOST_READ = 2000
"""Comments of a page's conversations that are read, at most; of a longer one the deepest are not counted."""


@dataclass(frozen=True, slots=True)
class CommentPage:
    """Some of an article's conversations in an order, and after which one the next page begins; None on the last."""

    branches: tuple[Branch, ...]
    after: After | None = None

    @property
    def items(self) -> tuple[CommentLine, ...]:
        """All that is shown, in reading order."""
        return tuple(line for branch in self.branches for line in branch.lines)


@dataclass(frozen=True, slots=True)
class BranchPage:
    """Some of a conversation in reading order, which has so many comments in all."""

    items: tuple[CommentLine, ...]
    total: int


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
        after: After | None = None,
        *,
        visible: Collection[int],
    ) -> CommentPage:
        """The conversations on an article in this order from `after` one on, the long ones collapsed.

        Those in `visible` channels and in their posts' threads.
        """
        stored = self._store.comments
        tops = await stored.tops(guild_id, article_id, sort.value, LINES + 1, after, visible=visible)
        top_ids = [top.message_id for top in tops[:LINES]]
        found = await stored.branches(guild_id, article_id, top_ids, MOST_READ, visible=visible)
        # Whose votes changed since they were listed may stand elsewhere in the tree than in the list.
        by_id = {node.comment.message_id: node for node in comment_tree(found, sort)}
        tree = [by_id[top_id] for top_id in top_ids if top_id in by_id]
        branches = collapsed(tree, LINES, REPLIES)
        more = len(tops) > len(branches)
        return CommentPage(branches, after_this(branches[-1].top, sort) if branches and more else None)

    async def branch(
        self,
        guild_id: int,
        article_id: int,
        top_id: int,
        sort: CommentSort,
        offset: int,
        *,
        visible: Collection[int],
    ) -> BranchPage:
        """A conversation from its `offset`-th comment on; see `page`. Without items where it is gone."""
        found = await self._store.comments.branches(
            guild_id, article_id, [top_id], MOST_READ, visible=visible
        )
        lines = tuple(reading_order(comment_tree(found, sort)))
        return BranchPage(lines[offset : offset + LINES], len(lines))

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
