"""Digests of what waited too long: a channel that was away for hours gets one message instead of a flood of old cards.

    posts past their subscription's longest wait → gathered in their channel's digest → sent once, before newer posts

A gathered article stays stored and can be searched for; it has no card, so no votes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from bot.newsroom.ports import Away, Emptied, Later, Outcome, Publisher
from bot.newsroom.rounds import Clock
from bot.newsroom.sending import without_others
from storage import Store
from storage.records import DigestToPost, PostState

log = logging.getLogger(__name__)

# Posts that one transaction gathers.
PORTION = 500


async def gather(store: Store, now: datetime) -> None:
    """Move all posts that waited too long into their channels' digests; at rest nothing is written."""
    next_at = await store.digests.next_expiry_at()
    if next_at is None or next_at > now:
        return
    gathered = 0
    while moved := await store.digests.gather(now, PORTION):
        gathered += moved
        if moved < PORTION:
            break
    if gathered:
        log.info("%d posts waited too long for their channels and are named in digests instead", gathered)


@dataclass(frozen=True, slots=True)
class DigestMessage:
    """A claimed digest as a message to be sent once."""

    to_post: DigestToPost
    store: Store
    publisher: Publisher
    clock: Clock

    @property
    def name(self) -> str:
        """What it is, for the log."""
        return f"Digest {self.to_post.digest.id}"

    @property
    def guild_id(self) -> int:
        """The guild that it is for."""
        return self.to_post.digest.guild_id

    @property
    def channel_id(self) -> int:
        """The channel in whose queue it is."""
        return self.to_post.digest.channel_id

    @property
    def place(self) -> int:
        """The channel that it goes into."""
        return self.to_post.digest.channel_id

    @property
    def attempts(self) -> int:
        """How often it was claimed."""
        return self.to_post.digest.attempts

    @property
    def in_forum(self) -> bool:
        """Whether it becomes a forum post."""
        return self.to_post.digest.forum

    @property
    def is_sending(self) -> bool:
        """Whether an attempt before this one ended unclear."""
        return self.to_post.digest.state is PostState.SENDING

    async def newest_id(self) -> int | Away | Later:
        """Discord's newest id in its channel."""
        if self.to_post.digest.member_id is not None:
            return await self.publisher.newest_direct_id(self.place)
        return await self.publisher.newest_message_id(self.place)

    async def begin(self, after_id: int | None) -> bool:
        """Store that sending begins; False: it is not ours to send any more."""
        return await self.store.digests.begin_sending(self.to_post.digest, after_id, self.clock())

    async def find(self) -> Outcome | Emptied:
        """Look for it in its channel."""
        found = await self.publisher.find_digest(self.to_post)
        return await without_others(found, self.store.posts.known_messages)

    async def send(self) -> Outcome:
        """Send it."""
        return await self.publisher.send_digest(self.to_post)

    async def sent(self, message_id: int, file: str | None) -> None:
        """Store its message; it carries no file."""
        await self.store.digests.sent(self.to_post.digest, message_id, self.clock())

    async def moves(self, away: Away) -> bool:
        """It has no other place to go to; but where a member takes no direct messages, nothing waits for them."""
        if self.to_post.digest.member_id is None or not (away.unwanted or away.gone):
            return False
        await self.store.schedules.pause(self.to_post.digest, away.sentence)
        return True

    async def refuse(self, sentence: str) -> None:
        """Store why it is refused: it goes on with half of what it names, until only what is at fault is given up."""
        await self.store.digests.refuse(self.to_post.digest, sentence, self.clock())

    async def deleted(self, sentence: str) -> None:
        """Store that somebody did not want it, and say so."""
        await self.store.digests.deleted(self.to_post.digest, sentence)

    async def postpone(self, due_at: datetime, sentence: str, unsent: bool) -> None:
        """Store when it is tried again and why."""
        await self.store.digests.postpone(self.to_post.digest, due_at, sentence, unsent)
