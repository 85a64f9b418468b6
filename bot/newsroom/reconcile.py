"""Puts the mirror right after a gap: what members did while the bot was away is read from Discord again.

Cheapest first: a page of a channel shows the numbers of votes on a hundred messages and the figures of the threads on
them; only where these differ from what is mirrored is more asked for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from bot.newsroom.comments import Comments
from bot.newsroom.mirror import RECENT, Mirror, Place, Reconciled
from bot.newsroom.ports import ChannelReader, ThreadSeen, Unreadable
from bot.newsroom.rounds import Clock
from bot.newsroom.watch import Watch
from storage import DatabaseProblem, Store
from storage.records import Post

log = logging.getLogger(__name__)

# Posts older than this keep what was mirrored; live votes and comments on them still count.
TRACKED_FOR = timedelta(days=14)
# A request takes about a tenth of a second, and Discord lets a bot make 50 a second: four at once leave some to others.
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Room:
    """A channel with the posts whose messages are in it or in its threads.

    Without posts: a channel or thread in which comments are left, all after the message `after`.
    """

    guild_id: int
    channel_id: int
    posts: tuple[Post, ...] = ()
    after: int | None = None
    cards: dict[int, Post] = field(default_factory=dict)
    """Those in the channel itself, by their messages."""
    owners: dict[int, Post] = field(default_factory=dict)
    """Those that have a thread, by their threads."""
    inside: dict[int, dict[int, Post]] = field(default_factory=dict)
    """Those within threads, by thread and message; a forum post is a thread with its card in it."""

    def __post_init__(self) -> None:
        for post in self.posts:
            if post.message_id is None:
                continue
            if post.place == post.channel_id:
                self.cards[post.message_id] = post
            else:
                self.inside.setdefault(post.place, {})[post.message_id] = post
            if post.thread_id is not None:
                self.owners[post.thread_id] = post

    @property
    def message_ids(self) -> list[int]:
        """The posts' messages."""
        return [post.message_id for post in self.posts if post.message_id is not None]


def rooms_of(posts: Iterable[Post]) -> list[Room]:
    """The channels of posts."""
    ordered = sorted(posts, key=lambda post: (post.guild_id, post.channel_id))
    return [
        Room(guild_id, channel_id, tuple(of_channel))
        for (guild_id, channel_id), of_channel in groupby(
            ordered, key=lambda post: (post.guild_id, post.channel_id)
        )
    ]


class Reconciler:
    """Reads Discord's state again after every start and every session that was not resumed."""

    def __init__(self, store: Store, comments: Comments, watch: Watch, *, clock: Clock) -> None:
        self._store = store
        self._comments = comments
        self._watch = watch
        self._clock = clock
        self._mirror = Mirror(store, comments, watch, clock=clock)
        self._running = 0
        self.count = 0
        """How many reconciliations came to their end."""
        self.last: Reconciled | None = None
        """What the last of them read."""

    @property
    def busy(self) -> bool:
        """Whether a reconciliation is under way."""
        return self._running > 0

    async def run(
        self,
        reader: ChannelReader,
        guild_ids: Collection[int] | None = None,
        channel_ids: Collection[int] = (),
    ) -> Reconciled:
        """Reconcile the tracked channels of these guilds (None: of all), and these channels.

        A channel that can't be read is left, and named. Raises DatabaseProblem where nothing could be begun.
        """

        def is_asked_for(room: Room) -> bool:
            return guild_ids is None or room.guild_id in guild_ids or room.channel_id in channel_ids

        done, asked, began = Reconciled(), reader.requests, time.monotonic()
        self._running += 1
        try:
            with self._watch.reading():
                tracked = await self._store.posts.tracked(self._clock() - TRACKED_FOR)
                posts = [post for channel in tracked for post in channel.posts]
                rooms = rooms_of(posts)
                await self._read_all(reader, filter(is_asked_for, rooms), done)
                oldest = min((card for room in rooms for card in room.message_ids), default=None)
                if oldest is not None:
                    # Comments outlive a card that was deleted, with its thread.
                    left = [
                        Room(guild_id, channel_id, after=first_id - 1)
                        for guild_id, channel_id, first_id in await self._store.comments.places(oldest)
                        if channel_id not in done.places
                    ]
                    await self._read_all(reader, filter(is_asked_for, left), done)
        finally:
            self._running -= 1
        done.requests, done.seconds = reader.requests - asked, time.monotonic() - began
        self.count, self.last = self.count + 1, done
        log.info(
            "Channels read again: %d, requests: %d, seconds: %.1f, messages: %d, comments: %d, deleted: %d, lists of "
            "votes: %d, threads without change: %d, channels that could not be read: %d",
            done.channels,
            done.requests,
            done.seconds,
            done.messages,
            done.comments,
            done.deleted,
            done.lists,
            done.unchanged,
            len(done.unreadable),
        )
        return done

    async def read_post(self, reader: ChannelReader, post: Post) -> Reconciled:
        """Read what members did with a post that stood in its channel before that was known here."""
        done = Reconciled()
        with self._watch.reading():
            await self._try(reader, Room(post.guild_id, post.channel_id, (post,)), done)
        return done

    async def read_by_member(self, reader: ChannelReader, post: Post) -> Reconciled:
        """Read all around a post anew, who voted and what is said: what no number of Discord's shows.

        That is its card, what follows it until the next card, and its thread.
        """
        done, asked = Reconciled(), reader.requests
        with self._watch.reading():
            await self._try(reader, Room(post.guild_id, post.channel_id, (post,)), done, by_member=True)
        done.requests = reader.requests - asked
        return done

    async def read_votes(self, reader: ChannelReader, channel_id: int, message_id: int) -> None:
        """Read the votes on a comment that is kept only now: they may stand there for long."""
        with self._watch.reading():
            try:
                async with aclosing(reader.messages(channel_id, message_id - 1)) as messages:
                    async for message in messages:
                        if message.message_id == message_id:
                            await self._mirror.put_votes_right(reader, message)
                        return
            except Unreadable as reason:
                log.warning("The votes on a comment in channel %d were not read: %s", channel_id, reason)

    async def _read_all(self, reader: ChannelReader, rooms: Iterator[Room], done: Reconciled) -> None:
        async def work() -> None:
            for room in rooms:
                await self._try(reader, room, done)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())

    async def _try(
        self, reader: ChannelReader, room: Room, done: Reconciled, by_member: bool = False
    ) -> None:
        """Read a room; whatever hinders it leaves it to be tried again, and the others are read."""
        try:
            await self._read(reader, room, done, by_member)
        except DatabaseProblem as problem:
            log.warning("Channel %d is read again later: %s", room.channel_id, problem)
            done.unreadable.add(room.channel_id)
            done.passing = True
        except Exception:
            log.exception("Channel %d could not be read; it is tried again", room.channel_id)
            done.unreadable.add(room.channel_id)

    async def _read(self, reader: ChannelReader, room: Room, done: Reconciled, by_member: bool) -> None:
        done.channels += 1
        if room.after is not None:
            await self._put_right(reader, room, Place(room.channel_id, room.after), done)
            return
        owners = dict(room.owners)
        seen: dict[int, ThreadSeen] = {}
        if room.cards:
            place = Place(room.channel_id, min(room.cards) - 1, room.cards, by_member, by_member)
            found = await self._put_right(reader, room, place, done)
            if found is None:
                return
            owners |= {hanging.thread_id: room.cards[message_id] for message_id, hanging in found.items()}
            seen = {hanging.thread_id: hanging for hanging in found.values()}
        wanted = owners.keys() | room.inside.keys()
        if wanted - seen.keys():
            seen = {**reader.open_threads(room.guild_id, room.channel_id), **seen}
        if not by_member and wanted - seen.keys():
            archived = await self._archived(reader, room, wanted - seen.keys(), done)
            if archived is None:
                return
            seen |= archived
        for thread_id in sorted(wanted):
            owner, cards, thread = owners.get(thread_id), room.inside.get(thread_id, {}), seen.get(thread_id)
            # A card's votes show in no figure of its thread's. Nobody votes in one since it was archived.
            votes_hidden = bool(cards) and not self._is_still_archived(owner, thread)
            if not by_member and not votes_hidden and self._is_unchanged(owner, thread):
                done.unchanged += 1
                done.places.add(thread_id)
                continue
            # All of a thread is about the card that it hangs on; about others only what follows them.
            after = 0 if owner is not None else min(cards) - 1
            to_next_card = by_member and owner is None
            read = await self._put_right(
                reader, room, Place(thread_id, after, cards, to_next_card, by_member), done
            )
            if read is not None and owner is not None and thread is not None:
                figures = (thread.last_id, thread.count, thread.archived_at)
                await self._store.posts.thread_read(owner.id, *figures)

    def _is_unchanged(self, owner: Post | None, thread: ThreadSeen | None) -> bool:
        """Whether a thread is as it was when it was read last, as far as its figures show.

        They do not show edits and votes, which come soon after what they are about.
        """
        if owner is None or thread is None or thread.last_at > self._clock() - RECENT:
            return False
        return (owner.thread_last_id, owner.thread_count) == (thread.last_id, thread.count)

    @staticmethod
    def _is_still_archived(owner: Post | None, thread: ThreadSeen | None) -> bool:
        """Whether a thread was archived already, and the same time, when it was read last."""
        if owner is None or thread is None or thread.archived_at is None:
            return False
        return owner.thread_archived_at == thread.archived_at

    async def _archived(
        self, reader: ChannelReader, room: Room, wanted: Collection[int], done: Reconciled
    ) -> dict[int, ThreadSeen] | None:
        """Find threads among a channel's archived ones; those that are not there either will turn out to be gone."""
        found: dict[int, ThreadSeen] = {}
        try:
            async with aclosing(reader.archived_threads(room.channel_id, min(wanted))) as threads:
                async for thread in threads:
                    if thread.thread_id in wanted:
                        found[thread.thread_id] = thread
                        if len(found) == len(wanted):
                            break
        except Unreadable as reason:
            await self._left(room, room.channel_id, reason, done)
            return None
        return found

    async def _put_right(
        self, reader: ChannelReader, room: Room, place: Place, done: Reconciled
    ) -> dict[int, ThreadSeen] | None:
        done.places.add(place.channel_id)
        try:
            return await self._mirror.put_right(reader, place, done)
        except Unreadable as reason:
            await self._left(room, place.channel_id, reason, done)
            return None

    async def _left(self, room: Room, channel_id: int, reason: Unreadable, done: Reconciled) -> None:
        if reason.gone:
            await self._comments.channel_deleted(channel_id)
            return
        log.warning("Channel %d was not read again: %s", channel_id, reason)
        done.unreadable.add(room.channel_id)
        done.passing |= reason.passing
