"""The order of live events, and what they changed while a reconciliation was reading."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Watch:
    """Keeps events in order; notes changed and deleted messages, only while somebody is reading.

    discord.py handles every event in a task of its own. `turn`, held around each change of the mirror, lets them
    go one by one in the order in which Discord told them: a reply after what it answers, a vote taken back after
    it was given.
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self._readers = 0
        self._votes: Counter[int] = Counter()
        self._deleted: set[int] = set()
        self._deleted_channels: set[int] = set()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Note changes for as long as the block runs."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                self._votes.clear()
                self._deleted.clear()
                self._deleted_channels.clear()

    def votes_changed(self, message_id: int) -> None:
        """A reaction on this message came or went."""
        if self._readers:
            self._votes[message_id] += 1

    def deleted(self, message_ids: Iterable[int]) -> None:
        """These messages are gone."""
        if self._readers:
            self._deleted.update(message_ids)

    def channel_deleted(self, channel_id: int) -> None:
        """This channel or thread is gone, with all in it. (A thread may have the id of a message.)"""
        if self._readers:
            self._deleted_channels.add(channel_id)

    def vote_changes(self, message_id: int) -> int:
        """How often a reaction on this message came or went since the reading began; readers compare two answers."""
        return self._votes[message_id]

    def is_deleted(self, message_id: int, channel_id: int) -> bool:
        """Whether the message, or its channel, was deleted while somebody was reading."""
        return message_id in self._deleted or channel_id in self._deleted_channels
