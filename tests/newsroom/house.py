"""A newsroom with a card, a vote and a comment, and a Discord that is read back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bot.newsroom.comments import Comments
from bot.newsroom.mirror import Reconciled
from bot.newsroom.ports import MessageSeen, ThreadSeen, Unreadable
from bot.newsroom.reconcile import Reconciler
from bot.newsroom.votes import Votes
from bot.newsroom.watch import Watch
from storage import Store
from tests.storage.desk import GUILD, NOW, Desk, comment

CHANNEL, ALICE, BOB = 20, 1, 2
LONG_AGO = NOW - timedelta(days=1)


@dataclass
class Discord:
    """What stands in the channels; `listed` can be another thing, as where the history may not be read.

    `happening` happens once, `when` a request of that kind was answered and before the answer is heard.
    """

    standing: dict[int, list[MessageSeen]] = field(default_factory=dict)
    listed: dict[int, list[MessageSeen]] | None = None
    reactions: dict[tuple[int, str], set[int]] = field(default_factory=dict)
    unreadable: dict[int, Unreadable] = field(default_factory=dict)
    open: dict[int, ThreadSeen] = field(default_factory=dict)
    archived: list[ThreadSeen] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    when: str = ""
    happening: Callable[[], Awaitable[object]] | None = None

    @property
    def requests(self) -> int:
        return len(self.asked)

    async def messages(self, channel_id: int, after: int) -> AsyncGenerator[MessageSeen, None]:
        self.asked.append(f"messages {channel_id}")
        if channel_id in self.unreadable:
            raise self.unreadable[channel_id]
        shown = self.standing if self.listed is None else self.listed
        page = [one for one in shown.get(channel_id, []) if one.message_id > after]
        await self._happens("messages")
        for message in page:
            yield message

    async def reactors(
        self, channel_id: int, message_id: int, emoji: str, *, super_reactions: bool
    ) -> frozenset[int]:
        self.asked.append(f"{'super ' if super_reactions else ''}reactors {message_id} {emoji}")
        members = frozenset(self.reactions.get((message_id, emoji), ()))
        await self._happens("reactors")
        return members

    async def exists(self, channel_id: int, message_id: int) -> bool:
        self.asked.append(f"message {message_id}")
        return any(message.message_id == message_id for message in self.standing.get(channel_id, []))

    def open_threads(self, guild_id: int, channel_id: int) -> dict[int, ThreadSeen]:
        return self.open

    async def archived_threads(self, channel_id: int, since: int) -> AsyncGenerator[ThreadSeen, None]:
        self.asked.append(f"archived {channel_id}")
        for thread in self.archived:
            yield thread

    async def _happens(self, kind: str) -> None:
        if kind == self.when and self.happening is not None:
            happening, self.happening = self.happening, None
            await happening()


class House:
    """A newsroom with one card in a channel, Alice's vote on it, and her comment."""

    def __init__(self, store: Store, desk: Desk) -> None:
        self.store, self.desk, self.watch = store, desk, Watch()
        self.votes = Votes(store, self.watch, clock=lambda: NOW)
        self.comments = Comments(store, self.watch, clock=lambda: NOW)
        self.reconciler = Reconciler(store, self.comments, self.watch, clock=lambda: NOW)
        self.discord = Discord()

    async def furnish(self) -> None:
        await self.desk.ingest(await self.desk.wired(CHANNEL), "a")
        (card,) = await self.desk.send_all()
        self.card, self.article_id = 1000 + card.post.id, card.article.id
        await self.votes.reacted(self.card, ALICE, "👍")
        await self.store.comments.record(
            comment(2000, self.article_id, channel_id=CHANNEL, reply_to_id=self.card)
        )
        self.discord.standing = {
            CHANNEL: [self.message(self.card, {"👍": 1}, by_bot=True), self.message(2000)]
        }
        self.discord.reactions = {(self.card, "👍"): {ALICE}}

    def message(
        self, message_id: int, reactions: dict[str, int] | None = None, by_bot: bool = False
    ) -> MessageSeen:
        return MessageSeen(
            message_id,
            GUILD,
            CHANNEL,
            ALICE,
            "alice",
            by_bot,
            "Words.",
            None if by_bot else self.card,
            LONG_AGO,
            None,
            (),
            reactions or {},
        )

    async def run(self) -> Reconciled:
        return await self.reconciler.run(self.discord)

    async def stands(self) -> tuple[int, int, int] | None:
        listed = await self.store.frontpage.one(GUILD, self.article_id, visible={CHANNEL})
        return listed and (listed.tally.upvotes, listed.tally.downvotes, listed.comment_count)
