"""Puts the mirror right after a gap: what members did while the bot was away is read from Discord again.

    tracked channels → messages since the oldest tracked post → comments kept, deleted ones erased
                                                              → reactions compared, members listed where needed

Live events go on meanwhile; what they changed is newer than what was read (see `watch`).
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.newsroom.comments import Comments
from bot.newsroom.ports import ChannelReader, MessageSeen, Unreadable
from bot.newsroom.rounds import Clock
from bot.newsroom.watch import Watch
from storage import Store
from storage.records import Post, TrackedChannel

log = logging.getLogger(__name__)

# Posts older than this keep what was mirrored; live votes and comments on them still count.
TRACKED_FOR = timedelta(days=14)
# Equal counts can hide that one member's vote went and another's came: recent posts are read member by member.
LISTED_FOR = timedelta(days=2)
# A message whose reactions keep changing while they are read is left to the live events after so many tries.
TRIES = 5
BATCH = 100


@dataclass(slots=True)
class Reconciled:
    """What a reconciliation read and found; counts."""

    channels: int = 0
    messages: int = 0
    comments: int = 0
    deleted: int = 0
    listings: int = 0
    unreadable: int = 0
    again: bool = False
    """Something could not be read just now, and it is worth trying again."""


class Reconciler:
    """Reads Discord's state again after every start and every session that was not resumed."""

    def __init__(self, store: Store, comments: Comments, watch: Watch, *, clock: Clock) -> None:
        self._store = store
        self._comments = comments
        self._watch = watch
        self._clock = clock

    async def run(self, reader: ChannelReader, guild_ids: Collection[int] | None = None) -> Reconciled:
        """Reconcile the tracked channels of these guilds (None: of all). A channel that can't be read is left."""
        done = Reconciled()
        with self._watch.reading():
            for channel in await self._store.posts.tracked(self._clock() - TRACKED_FOR):
                if guild_ids is None or channel.guild_id in guild_ids:
                    await self._channel(reader, channel, done)
        log.info(
            "Reconciled %d channels: %d messages read, %d comments, %d deleted, %d listings, %d unreadable",
            done.channels,
            done.messages,
            done.comments,
            done.deleted,
            done.listings,
            done.unreadable,
        )
        return done

    async def read_post(self, reader: ChannelReader, post: Post) -> Reconciled:
        """Read what members did with a post that stood in its channel before that was known here."""
        done = Reconciled()
        with self._watch.reading():
            await self._channel(reader, TrackedChannel(post.guild_id, post.place, (post,)), done)
        return done

    async def _channel(self, reader: ChannelReader, channel: TrackedChannel, done: Reconciled) -> None:
        posts = {post.message_id: post for post in channel.posts if post.message_id is not None}
        if not posts:
            return
        done.channels += 1
        threads = {post.thread_id for post in posts.values() if post.thread_id is not None}
        read = await self._try_to_read(reader, channel.channel_id, min(posts) - 1, posts, done)
        if read is not None:
            for thread_id in sorted(threads | read):
                await self._try_to_read(reader, thread_id, 0, {}, done)

    async def _try_to_read(
        self, reader: ChannelReader, channel_id: int, after: int, posts: dict[int, Post], done: Reconciled
    ) -> set[int] | None:
        try:
            return await self._read(reader, channel_id, after, posts, done)
        except Unreadable as reason:
            log.warning("Channel %d was not reconciled: %s", channel_id, reason)
            done.unreadable += 1
            done.again |= reason.passing
            if reason.gone:
                await self._comments.channel_deleted(channel_id)
            return None

    async def _read(
        self, reader: ChannelReader, channel_id: int, after: int, posts: dict[int, Post], done: Reconciled
    ) -> set[int]:
        """Read one channel or thread from `after` on; answers the threads found hanging on its posts."""
        # Noted before reading: what was there before, and is not seen, is deleted.
        expected = set(posts) | set(await self._store.comments.ids_in_channel(channel_id, after))
        threads: set[int] = set()
        batch: list[MessageSeen] = []
        async for message in reader.messages(channel_id, after):
            done.messages += 1
            expected.discard(message.message_id)
            post = posts.get(message.message_id)
            if post is None and not await self._comments.seen(message):
                continue
            if post is None:
                done.comments += 1
            elif message.thread_id is not None:
                threads.add(message.thread_id)
                if post.thread_id is None:
                    await self._store.posts.threaded(post.id, message.thread_id)
            batch.append(message)
            if len(batch) == BATCH:
                await self._reactions(reader, batch, done)
                batch = []
        await self._reactions(reader, batch, done)
        if expected and await self._are_gone(reader, channel_id, expected):
            done.deleted += len(expected)
            await self._comments.deleted(expected)
        return threads

    async def _are_gone(self, reader: ChannelReader, channel_id: int, message_ids: Collection[int]) -> bool:
        """Ask for single messages before believing a list: where it may not be read it is empty."""
        for message_id in {min(message_ids), max(message_ids)}:
            if await reader.exists(channel_id, message_id):
                raise Unreadable("Discord's list of messages and its messages differ.", passing=True)
        return True

    async def _reactions(
        self, reader: ChannelReader, messages: Collection[MessageSeen], done: Reconciled
    ) -> None:
        mirrored = await self._store.votes.mirrored([message.message_id for message in messages])
        for message in messages:
            kept = mirrored.get(message.message_id, {})
            counts = {emoji: len(members) for emoji, members in kept.items()}
            recent = message.created_at > self._clock() - LISTED_FOR
            if dict(message.reactions) != counts or (recent and message.reactions):
                await self._list_reactors(reader, message, done)

    async def _list_reactors(self, reader: ChannelReader, message: MessageSeen, done: Reconciled) -> None:
        for _ in range(TRIES):
            before, now = self._watch.vote_changes(message.message_id), self._clock()
            # The page was read a while ago: what came since is known from live events.
            mirrored = (await self._store.votes.mirrored([message.message_id])).get(message.message_id, {})
            reactions = {
                emoji: await reader.reactors(message.channel_id, message.message_id, emoji)
                for emoji in sorted({*message.reactions, *mirrored})
            }
            done.listings += len(reactions)
            async with self._watch.turn:
                if self._watch.vote_changes(message.message_id) != before:
                    continue  # a live event came in between: what was read may be older than it
                await self._store.votes.replace(message.message_id, reactions, now)
                return
