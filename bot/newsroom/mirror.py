"""Puts the mirror of one channel or thread right, from what stands there.

    messages since the oldest card → comments kept, deleted ones erased
                                   → reactions compared, members listed where they differ

Live events go on meanwhile; what they changed is newer than what was read (see `watch`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.newsroom.comments import Comments
from bot.newsroom.ports import ChannelReader, MessageSeen, ThreadSeen, Unreadable
from bot.newsroom.rounds import Clock
from bot.newsroom.watch import Watch
from storage import Store
from storage.records import Post, emoji_key

BATCH = 100
# Nearly all votes come in a message's first hours. There equal numbers may well hide that one member's vote went and
# another's came, so members are listed all the same where a vote came since they were listed last: a bot that starts
# again and again does not ask the same each time. Of all else the slow sweep finds it out.
RECENT = timedelta(hours=6)


@dataclass(slots=True)
class Reconciled:
    """What a reconciliation read and found; counts.

    `lists` are lists of who reacted; `unchanged` threads were not read. `mended` lists differed from what was
    mirrored. `unreadable` channels could not be read: they are to be tried again.
    """

    channels: int = 0
    messages: int = 0
    comments: int = 0
    deleted: int = 0
    lists: int = 0
    mended: int = 0
    unchanged: int = 0
    requests: int = 0
    seconds: float = 0.0
    unreadable: set[int] = field(default_factory=set)
    passing: bool = False
    """Something could not be read for a reason that may be over soon."""
    places: set[int] = field(default_factory=set)
    """The channels and threads that were looked at."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is to be read of a channel or thread: all after the message `after`, with the `cards` that are there.

    `to_next_card`: only until another card. `by_member`: votes are listed also where their number is right.
    """

    channel_id: int
    after: int
    cards: Mapping[int, Post] = field(default_factory=dict)
    to_next_card: bool = False
    by_member: bool = False


class Mirror:
    """The mirror of what members say and vote, as far as it is put right by reading."""

    def __init__(self, store: Store, comments: Comments, watch: Watch, *, clock: Clock) -> None:
        self._store = store
        self._comments = comments
        self._watch = watch
        self._clock = clock

    async def put_right(self, reader: ChannelReader, place: Place, done: Reconciled) -> dict[int, ThreadSeen]:
        """Read a place and put its mirror right; answers the threads on its cards by the cards' message ids.

        Raises Unreadable. The caller holds `Watch.reading`.
        """
        # Noted before reading: what was there before, and is not seen, is deleted.
        expected = set(place.cards) | set(
            await self._store.comments.ids_in_channel(place.channel_id, place.after)
        )
        replies_only = not await self._is_thread(place.channel_id)
        threads: dict[int, ThreadSeen] = {}
        batch: list[MessageSeen] = []
        async with aclosing(reader.messages(place.channel_id, place.after)) as messages:
            async for message in messages:
                card = place.cards.get(message.message_id)
                if place.to_next_card and card is None and await self._is_card(message):
                    expected = {one for one in expected if one < message.message_id}
                    break
                done.messages += 1
                expected.discard(message.message_id)
                if card is not None:
                    if message.thread is not None:
                        threads[message.message_id] = message.thread
                        if card.thread_id is None:
                            await self._store.posts.threaded(card, message.thread.thread_id)
                elif (replies_only and message.reply_to_id is None) or not await self._comments.read_again(
                    message
                ):
                    continue
                else:
                    done.comments += 1
                batch.append(message)
                if len(batch) == BATCH:
                    await self._compare_votes(reader, batch, place, done)
                    batch = []
        # What they answer is known by now, if it is a comment.
        for reply in self._watch.take_replies(place.channel_id):
            if await self._comments.read_again(reply):
                batch.append(reply)
        await self._compare_votes(reader, batch, place, done)
        if expected and await self._are_gone(reader, place.channel_id, expected):
            done.deleted += len(expected)
            await self._comments.deleted(expected)
        return threads

    async def put_votes_right(self, reader: ChannelReader, message: MessageSeen) -> None:
        """Put the votes on a single message right that was read just now. Raises Unreadable."""
        await self._compare_votes(reader, [message], Place(message.channel_id, 0), Reconciled())

    async def _is_thread(self, channel_id: int) -> bool:
        """Whether this is a thread on a card: there every message is a comment, elsewhere replies are."""
        posts = self._store.posts
        return await posts.by_thread(channel_id) is not None or await posts.by_message(channel_id) is not None

    async def _is_card(self, message: MessageSeen) -> bool:
        return message.by_bot and await self._store.posts.by_message(message.message_id) is not None

    async def _are_gone(self, reader: ChannelReader, channel_id: int, message_ids: Collection[int]) -> bool:
        """Ask for single messages before believing a list: where it may not be read it is empty."""
        for message_id in {min(message_ids), max(message_ids)}:
            if await reader.exists(channel_id, message_id):
                raise Unreadable("Discord's list of messages and its messages differ.", passing=True)
        return True

    async def _compare_votes(
        self, reader: ChannelReader, messages: Collection[MessageSeen], place: Place, done: Reconciled
    ) -> None:
        began = self._clock()
        mirrored = await self._store.votes.mirrored([message.message_id for message in messages])
        recent = {one.message_id for one in messages if one.created_at > began - RECENT}
        moved = await self._store.votes.since_listed(recent)
        listed = []
        for message in messages:
            counts = {emoji: len(who) for emoji, who in mirrored.get(message.message_id, {}).items()}
            # The page was read a while ago: where somebody voted since, its numbers may be of before.
            voted = self._watch.voted(message.message_id)
            by_member = (place.by_member and bool(counts)) or message.message_id in moved
            if dict(message.reactions) != counts or voted is not None or by_member:
                await self._list_votes(reader, message, voted or frozenset(), began, done)
                if message.message_id in recent and (card := place.cards.get(message.message_id)) is not None:
                    listed.append(card.id)
        # Of a recent post's thread, and the answers to it, everything is read now, too.
        await self._store.posts.swept(listed, began)

    async def _list_votes(
        self,
        reader: ChannelReader,
        message: MessageSeen,
        voted: frozenset[str],
        began: datetime,
        done: Reconciled,
    ) -> None:
        """List who reacted to a message with which emoji, those included with which members `voted` just now.

        What was not mirrored came before the comparison `began`, as far as is known.
        All are listed where one number differs: who moved a vote may have been followed by another member.
        """
        message_id = message.message_id
        with self._watch.listing(message_id) as changes:
            standing = {}
            for emoji in sorted(message.reactions.keys() | voted):
                # Of what came after the page nobody knows whether it was a super reaction.
                both = emoji in voted or emoji in message.super_reactions
                standing[emoji] = set(
                    await reader.reactors(message.channel_id, message_id, emoji, super_reactions=both)
                )
            done.lists += len(standing)
            uncounted = await self._not_voters(reader, message, standing)
            async with self._watch.turn:
                for change in changes:
                    change.on(standing)
                forgotten = await self._store.privacy.forgotten(set().union(*standing.values()))
                kept = {emoji: members - forgotten for emoji, members in standing.items()}
                found = {emoji: members for emoji, members in kept.items() if members}
                mirrored = await self._store.votes.mirrored([message_id])
                done.mended += found != mirrored.get(message_id, {})
                await self._store.votes.replace(message_id, found, began, uncounted)

    async def _not_voters(
        self, reader: ChannelReader, message: MessageSeen, standing: Mapping[str, Collection[int]]
    ) -> set[int]:
        """Who of those whose vote was missed may not vote. Discord is asked only where not everybody may."""
        rules = await self._store.vote_rules.of(message.guild_id)
        if not rules.voter_roles:
            return set()
        mirrored = (await self._store.votes.mirrored([message.message_id])).get(message.message_id, {})
        votes = {emoji_key(vote.emoji) for vote in rules.emoji}
        known = {(emoji_key(emoji), member_id) for emoji, who in mirrored.items() for member_id in who}
        missed = {
            member_id
            for emoji, who in standing.items()
            if emoji_key(emoji) in votes
            for member_id in who
            if (emoji_key(emoji), member_id) not in known
        }
        return {
            member_id
            for member_id in sorted(missed)
            if not rules.voter_roles & await reader.roles(message.guild_id, member_id)
        }
