"""The order of live events, and what they changed while a reconciliation was reading."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from bot.newsroom.ports import MessageSeen

# Replies are kept until their channel is read, which takes minutes at most; a flood of them is not kept whole.
MOST_REPLIES = 10_000

Note = TypeVar("Note")


@dataclass(frozen=True, slots=True)
class VoteChange:
    """A live change of the reactions on a message: the member's `emoji` came (or went), or (None) everybody's went.

    An `emoji` of None means every one.
    """

    member_id: int | None
    emoji: str | None
    came: bool = False

    def on(self, standing: dict[str, set[int]]) -> None:
        """Make the change to a list of who reacted with what."""
        if self.member_id is None:
            for emoji in [self.emoji] if self.emoji is not None else list(standing):
                standing.pop(emoji, None)
        elif self.emoji is not None:
            members = standing.setdefault(self.emoji, set())
            (members.add if self.came else members.discard)(self.member_id)


class _Notes(Generic[Note]):
    """What was noted of messages or channels, by their ids, newest last; `begun` readings had begun by then."""

    def __init__(self) -> None:
        self._notes: OrderedDict[int, tuple[int, Note]] = OrderedDict()

    def put(self, about: int, note: Note, begun: int) -> None:
        self._notes[about] = (begun, note)
        self._notes.move_to_end(about)

    def get(self, about: int) -> Note | None:
        return self._notes[about][1] if about in self._notes else None

    def forget_before(self, begun: int) -> None:
        while self._notes and next(iter(self._notes.values()))[0] < begun:
            self._notes.popitem(last=False)


class Turns(asyncio.Lock):
    """A lock that is given in the order in which it was asked for; `asked` counts how often that was."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def acquire(self) -> Literal[True]:
        """Wait for one's turn."""
        self.asked += 1
        return await super().acquire()


class Watch:
    """Keeps events in order; notes what they changed, only while somebody is reading.

    Readings overlap, so that on a busy day there may be one all the time: what was noted before the oldest of them
    began is forgotten.

    discord.py handles every event in a task of its own. `turn`, held around each change of the mirror, lets them
    go one by one in the order in which Discord told them: a reply after what it answers, a vote taken back after
    it was given.
    """

    def __init__(self) -> None:
        self.turn = Turns()
        self._begun = 0
        self._reading: set[int] = set()
        self._voted: _Notes[frozenset[str]] = _Notes()
        self._lists: dict[int, list[list[VoteChange]]] = {}
        self._replies: dict[int, MessageSeen] = {}
        self._deleted: _Notes[bool] = _Notes()
        self._deleted_channels: _Notes[bool] = _Notes()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Note changes for as long as the block runs."""
        self._begun += 1
        own = self._begun
        self._reading.add(own)
        try:
            yield
        finally:
            self._reading.remove(own)
            oldest = min(self._reading, default=self._begun + 1)
            for notes in (self._voted, self._deleted, self._deleted_channels):
                notes.forget_before(oldest)
            if not self._reading:
                self._replies.clear()

    @contextmanager
    def listing(self, message_id: int) -> Iterator[list[VoteChange]]:
        """Keep the live votes on one message, in order, for as long as the block runs: who reacted is being listed.

        Made to the list in their order they make it right, whether Discord's answer is older than they or younger:
        what is younger is told again by an event still to come.
        """
        changes: list[VoteChange] = []
        listings = self._lists.setdefault(message_id, [])
        listings.append(changes)
        try:
            yield changes
        finally:
            # By identity: lists with nothing in them are equal.
            listings[:] = [one for one in listings if one is not changes]
            if not listings:
                del self._lists[message_id]

    def vote_changed(self, message_id: int, change: VoteChange) -> None:
        """A reaction on this message came or went."""
        if self._reading:
            emoji = frozenset() if change.emoji is None else frozenset({change.emoji})
            self._voted.put(message_id, (self._voted.get(message_id) or frozenset()) | emoji, self._begun)
        for changes in self._lists.get(message_id, ()):
            changes.append(change)

    def reply_unplaced(self, message: MessageSeen) -> None:
        """A reply came, or was edited, and answers nothing that is known: perhaps something not read yet."""
        if self._reading:
            self._replies.pop(message.message_id, None)
            self._replies[message.message_id] = message
            if len(self._replies) > MOST_REPLIES:
                del self._replies[next(iter(self._replies))]

    def take_replies(self, channel_id: int) -> list[MessageSeen]:
        """Hand over a channel's replies that had no place when they came, oldest first: it is read now."""
        taken = [message for message in self._replies.values() if message.channel_id == channel_id]
        for message in taken:
            del self._replies[message.message_id]
        return sorted(taken, key=lambda message: message.message_id)

    def deleted(self, message_ids: Iterable[int]) -> None:
        """These messages are gone."""
        if self._reading:
            for message_id in message_ids:
                self._deleted.put(message_id, True, self._begun)

    def channel_deleted(self, channel_id: int) -> None:
        """This channel or thread is gone, with all in it. (A thread may have the id of a message.)"""
        if self._reading:
            self._deleted_channels.put(channel_id, True, self._begun)

    def voted(self, message_id: int) -> frozenset[str] | None:
        """With what was voted on this message while somebody was reading; None: not at all, and a page is right."""
        return self._voted.get(message_id)

    def is_deleted(self, message_id: int, channel_id: int) -> bool:
        """Whether the message, or its channel, was deleted while somebody was reading."""
        return bool(self._deleted.get(message_id) or self._deleted_channels.get(channel_id))
