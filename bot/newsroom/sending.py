"""Sends a message exactly once, whatever becomes of this process, the connection, Discord and the database.

    ready → note Discord's newest id → `sending` → send, with the message's own nonce → `sent`
    sending, at the start of an attempt → look for it → send it again where it surely is not there

Intent is stored before acting. Two things keep a message from coming twice, each where the other can't. Discord
remembers a nonce "for the past few minutes": that covers an earlier request that is still on its way, and which no look
into the channel can see. The look finds by the message's own mark what arrived at any time before, after the newest id
that was noted first. So between a look and the sending that follows lies nothing but one question whether we still may.
Without an answer to the look (a permission is missing, Discord fails) the message waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol, assert_never

from bot.newsroom.away import AwayChannels
from bot.newsroom.ports import Away, Done, Emptied, Later, Missing, Outcome, Refused, Unclear
from bot.newsroom.rounds import Clock
from bot.newsroom.timing import next_attempt
from storage import DatabaseProblem, TakenOver

log = logging.getLogger(__name__)

# How soon a channel that can't be used is tried again.
AWAY_PAUSE = timedelta(minutes=5)
# A forum post has no nonce: a request whose end is unclear must have arrived before it is looked for.
ARRIVED_AFTER = timedelta(seconds=30)
# How soon what could not be written down is written again: at first, and at last.
FIRST_DATABASE_PAUSE, LONGEST_DATABASE_PAUSE = timedelta(milliseconds=500), timedelta(seconds=10)

_DELETED = "Its message was deleted as soon as it was posted."


class Waiting(Protocol):
    """What is claimed, and waits in its channel's queue again where it can't be carried on now."""

    @property
    def name(self) -> str:
        """What it is, for the log."""

    @property
    def guild_id(self) -> int:
        """The guild that it is for."""

    @property
    def channel_id(self) -> int:
        """The channel in whose queue it is."""

    @property
    def place(self) -> int:
        """The channel or thread that it goes into."""

    @property
    def attempts(self) -> int:
        """How often it was claimed since something came of it."""

    @property
    def in_forum(self) -> bool:
        """Whether it becomes a forum post."""

    async def postpone(self, due_at: datetime, sentence: str, unsent: bool) -> None:
        """Store when it is tried again and why. `unsent`: surely no message was made of it."""


class Message(Waiting, Protocol):
    """A message to be sent once: how that is done, and where its state is kept."""

    @property
    def is_sending(self) -> bool:
        """Whether an attempt before this one ended unclear."""

    async def newest_id(self) -> int | Away | Later | Unclear:
        """Discord's newest id where it goes, or why it is not known."""

    async def begin(self, after_id: int | None) -> bool:
        """Store that sending begins, after the id that is the newest; False: it is not ours to send any more.

        Once it has begun its first `after_id` stays.
        """

    async def find(self) -> Outcome | Emptied:
        """Look for it where an earlier attempt may have brought it. Emptied: its message was there and was deleted."""

    async def send(self) -> Outcome:
        """Send it."""

    async def sent(self, message_id: int, file: str | None) -> None:
        """Store what became of it."""

    async def moves(self, away: Away) -> bool:
        """Whether it now goes elsewhere instead, or nowhere; its place surely does not have it."""

    async def refuse(self, sentence: str) -> None:
        """Store that Discord never takes it as it is, and why."""

    async def deleted(self, sentence: str) -> None:
        """Store that its message was deleted before it was known here: it is given up."""


async def without_others(
    found: Outcome | Emptied, known: Callable[[Collection[int]], Awaitable[Collection[int]]]
) -> Outcome | Emptied:
    """What a look came to, after forum posts that are other posts' or digests' are left out: those `known`."""
    if not isinstance(found, Emptied):
        return found
    left = found.ids.difference(await known(found.ids))
    return Emptied(left) if left else Missing()


class Ledger:
    """Writes down what Discord did: through trouble with the database, and through being stopped."""

    def __init__(self) -> None:
        self._writes: set[asyncio.Task[None]] = set()

    async def write(self, deed: Callable[[], Awaitable[object]]) -> None:
        """Store it, if need be again and again until the database is back. Cancelling the caller does not stop it.

        Raises TakenOver: then it is another bot's to find out.
        """
        task = asyncio.create_task(self._persist(deed))
        self._writes.add(task)
        task.add_done_callback(self._ended)
        await asyncio.shield(task)

    @staticmethod
    async def _persist(deed: Callable[[], Awaitable[object]]) -> None:
        wait = FIRST_DATABASE_PAUSE
        while True:
            try:
                await deed()
                return
            except TakenOver:
                raise
            except DatabaseProblem as problem:
                log.warning("What Discord did could not be written down, trying again: %s", problem)
                await asyncio.sleep(wait.total_seconds())
                wait = min(wait * 2, LONGEST_DATABASE_PAUSE)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._writes.discard(task)
        if not task.cancelled():
            task.exception()  # its caller, who raises it, may be gone

    async def close(self, grace: timedelta) -> None:
        """Let writes under way end for at most `grace`; what is lost then is looked for after the next start."""
        if not self._writes:
            return
        _, late = await asyncio.wait(tuple(self._writes), timeout=grace.total_seconds())
        for task in late:
            task.cancel()
        if late:
            log.warning("%d answers of Discord could not be written down; they are looked for", len(late))
            await asyncio.wait(late)


class Sending:
    """Sends messages, and has what can't be done now wait.

    `may_send` says whether this process may still ask Discord for anything new. `on_gone` is told the id of a channel
    that turns out to be gone. `ledger` is where to write down what Discord did.
    """

    def __init__(
        self,
        away: AwayChannels,
        *,
        clock: Clock,
        may_send: Callable[[], bool],
        on_gone: Callable[[int], Awaitable[None]],
    ) -> None:
        self.may_send = may_send
        self.ledger = Ledger()
        self._away = away
        self._clock = clock
        self._on_gone = on_gone
        self._paused_until: datetime | None = None

    @property
    def pause(self) -> timedelta:
        """How long nothing can be sent anywhere, because Discord said so; zero or less: it can."""
        return timedelta() if self._paused_until is None else self._paused_until - self._clock()

    async def send(self, message: Message) -> bool:
        """Send a claimed message, or find it where an earlier attempt ended unclear; False: it is not there yet."""
        attempt = await self._attempt(message)
        if attempt is None:
            log.info("%s is not to be sent any more", message.name)
            return False
        outcome, unsent = attempt
        match outcome:
            case Done(id=int(message_id), file=file):
                await self.ledger.write(lambda: message.sent(message_id, file))
                return True
            case Refused(sentence=sentence):
                log.warning("%s was refused: %s", message.name, sentence)
                await self.ledger.write(lambda: message.refuse(sentence))
            case Missing() | Emptied():
                # It was found so, or Discord remembers the nonce and that its message was deleted: it is not wanted.
                await self.ledger.write(lambda: message.deleted(_DELETED))
            case Done():
                await self.postpone(message, Unclear("Discord's answer named no message."), unsent=False)
            case Away() if unsent and await message.moves(outcome):
                log.info("%s does not go there: %s", message.name, outcome.sentence)
            case Later() | Unclear() | Away():
                await self.postpone(message, outcome, unsent=unsent)
            case _:
                assert_never(outcome)
        return False

    async def _attempt(self, message: Message) -> tuple[Outcome | Emptied, bool] | None:
        """What an attempt came to, and whether there surely is no message; None where it is not ours any more."""
        was_sending = message.is_sending
        after_id: int | None = None
        if not self.may_send():
            return self._not_now, not was_sending
        if was_sending:
            outcome = await message.find()
            if not isinstance(outcome, Missing):
                return outcome, isinstance(outcome, Away) and outcome.gone
        else:
            newest_id = await message.newest_id()
            if not isinstance(newest_id, int):
                return newest_id, True
            after_id = newest_id
        # The last thing before it: a bot that was replaced meanwhile is told so here by the database.
        if not await message.begin(after_id):
            return None
        if not self.may_send():
            # Where another bot holds the database by now this can't be stored, and that one looks for the message.
            return self._not_now, not was_sending
        outcome = await message.send()
        # Of what was tried before, a request may still be on its way: next time it is looked for as well.
        return outcome, not isinstance(outcome, Unclear) and (not was_sending or isinstance(outcome, Away))

    @property
    def _not_now(self) -> Later:
        return Later("Broadsheet is being stopped, or another bot may have taken the database over.")

    async def postpone(self, waiting: Waiting, outcome: Later | Unclear | Away, *, unsent: bool) -> None:
        """Have it tried again when that may be of use; note what Discord said of its channel, or of all."""
        now = self._clock()
        asked = outcome.after if isinstance(outcome, Later) else None
        due_at = now + AWAY_PAUSE if isinstance(outcome, Away) else next_attempt(now, waiting.attempts, asked)
        if isinstance(outcome, Unclear) and waiting.in_forum:
            due_at = max(due_at, now + ARRIVED_AFTER)
        await self.ledger.write(lambda: waiting.postpone(due_at, outcome.sentence, unsent))
        log.info(
            "%s waits until %s: %s", waiting.name, due_at.isoformat(timespec="seconds"), outcome.sentence
        )
        match outcome:
            case Later(everywhere=True):
                self._paused_until = max(self._paused_until or due_at, due_at)
            case Away(gone=True):
                await self._on_gone(waiting.place)
            case Away():
                await self._away.note(waiting.channel_id, waiting.guild_id, outcome.sentence)
