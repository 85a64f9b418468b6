"""The order of live events, and what they changed while a reconciliation was reading."""

from __future__ import annotations

import asyncio
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
        self._votes: set[int] = set()
        self._deleted: set[int] = set()

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

    def votes_changed(self, message_id: int) -> None:
        """A reaction on this message came or went."""
        if self._readers:
            self._votes.add(message_id)

    def deleted(self, message_ids: Iterable[int]) -> None:
        """These messages (or the channels of these ids) are gone."""
        if self._readers:
            self._deleted.update(message_ids)

    def forget_votes(self, message_id: int) -> None:
        """The reader is about to read the message's reactions afresh."""
        self._votes.discard(message_id)

    def have_votes_changed(self, message_id: int) -> bool:
        """Whether a reaction came or went since `forget_votes`."""
        return message_id in self._votes

    def is_deleted(self, message_id: int) -> bool:
        """Whether the message was deleted while somebody was reading."""
        return message_id in self._deleted
