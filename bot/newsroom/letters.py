"""Tells members what they follow: each thing once, by letters that are sent exactly once as far as Discord allows.

    what came is matched → waits for the member's hours (see `telling`) → in a letter, if they may see it → sent once

A letter is gone through `sending`, as posts are. Whoever takes no direct messages is told so once, where they said
what they follow; what waits is tried again when they next use the bot.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.newsroom.away import AwayChannels
from bot.newsroom.follows import fitting_article, fitting_comment, names_in, said_by
from bot.newsroom.ports import Away, Emptied, Later, Left, Missing, Outcome, Postman
from bot.newsroom.rounds import Clock, Rounds
from bot.newsroom.sending import Sending
from bot.newsroom.telling import HOUR, hours_of, tell_at
from bot.newsroom.timing import LONGEST_RESEND
from storage import DatabaseProblem, Store, TakenOver
from storage.records import ArticleArrived, CommentArrived, Follow, LetterToSend, PostState, Tiding

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=3)
MATCHED_AT_ONCE = 50
# Where many follow the same, fewer arrivals are matched in one transaction: it ends at the one that makes it so many.
TOLD_AT_ONCE = 1000
# What one letter tells at most: it names some and counts the others.
MOST_IN_A_LETTER = 500
# After so many letters others things get their turn.
LETTERS_A_ROUND = 50
# A letter of which it is not known for so long whether it was sent is not wanted any more.
LONGEST_WAIT = timedelta(days=1)
# Asked more often for thousands of members, what is refused gets the bot's address banned.
KEPT_OUT = timedelta(hours=1)
# So long it is known what a member was told.
KEPT_FOR = timedelta(days=30)
FORGET_EVERY, FORGOTTEN_AT_ONCE = timedelta(hours=1), 500
MOST_CLOSED = 20


@dataclass(frozen=True, slots=True)
class LetterMessage:
    """A letter as a message to be sent once."""

    to_send: LetterToSend
    store: Store
    postman: Postman
    clock: Clock

    in_forum = False

    @property
    def name(self) -> str:
        """What it is, for the log."""
        return f"Letter {self.to_send.letter.id}"

    @property
    def guild_id(self) -> int:
        """The guild that it tells of."""
        return self.to_send.letter.guild_id

    @property
    def channel_id(self) -> int:
        """The channel that it goes into; 0 for a direct message."""
        return self.to_send.letter.channel_id or 0

    @property
    def place(self) -> int:
        """The channel that it goes into; 0 for a direct message."""
        return self.channel_id

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        return self.to_send.letter.attempts

    @property
    def is_sending(self) -> bool:
        """Whether an attempt before this one ended unclear."""
        return self.to_send.letter.state is PostState.SENDING

    async def newest_id(self) -> int | Away | Later:
        """Discord's newest id where it goes."""
        newest_id = await self.postman.newest_id_for(self.to_send)
        return self._told_of_bot(newest_id) if isinstance(newest_id, Away) else newest_id

    async def begin(self, after_id: int | None) -> bool:
        """Store that sending begins; False: it is not wanted any more."""
        return await self.store.letters.begin_sending(self.to_send.letter, after_id)

    async def find(self) -> Outcome | Emptied:
        """Look for it where it may have arrived. Where that can't be seen now, it is looked for later."""
        found = await self.postman.find_letter(self.to_send)
        return Later(found.sentence) if isinstance(found, Away) else found

    async def send(self) -> Outcome:
        """Send it."""
        outcome = await self.postman.send_letter(self.to_send)
        return self._told_of_bot(outcome) if isinstance(outcome, Away) else outcome

    def _told_of_bot(self, away: Away) -> Away | Later:
        """What is not the member's doing closes no direct messages: then Discord keeps this bot from sending any."""
        theirs = self.to_send.letter.channel_id is not None or away.unwanted or away.gone
        return away if theirs else Later(away.sentence, KEPT_OUT)

    async def sent(self, message_id: int, file: str | None) -> None:
        """Store its message; it carries no file."""
        await self.store.letters.sent(self.to_send.letter, message_id, self.clock())

    async def moves(self, away: Away) -> bool:
        """What can't be told in its channel is told directly; what can't be told directly is held."""
        if self.to_send.letter.channel_id is None:
            await self.store.letters.closed(self.to_send.letter, self.clock())
        else:
            await self.store.letters.tell_directly(self.to_send.letter, self.clock())
        return True

    async def refuse(self, sentence: str) -> None:
        """Store why Discord does not take it."""
        await self.store.letters.give_up(self.to_send.letter, PostState.REFUSED, sentence)

    async def deleted(self, sentence: str) -> None:
        """Store that it is not wanted any more."""
        await self.store.letters.give_up(self.to_send.letter, PostState.DELETED, sentence)

    async def postpone(self, due_at: datetime, sentence: str, unsent: bool) -> None:
        """Store when it is tried again and why. One whose end stays unclear for too long is given up.

        One that surely was not sent waits on, however long Discord or this bot was away.
        """
        if not unsent and due_at > self.to_send.letter.created_at + LONGEST_WAIT:
            await self.deleted(sentence)
        else:
            await self.store.letters.postpone(self.to_send.letter, due_at, sentence, unsent)


class Letters:
    """Matches what came and sends letters, one after the other.

    `may_send` says whether this process still is the one bot on its database.
    """

    def __init__(
        self,
        store: Store,
        postman: Postman,
        away: AwayChannels,
        *,
        clock: Clock,
        may_send: Callable[[], bool],
        on_gone: Callable[[int], Awaitable[None]],
    ) -> None:
        self._store = store
        self._postman = postman
        self._clock = clock
        self._closing = False
        self._may_still_send = may_send
        self._sending = Sending(away, clock=clock, may_send=self._may_send, on_gone=on_gone)
        self._forgotten_at: datetime | None = None

    async def run(self) -> None:
        """Tell until cancelled. What a process before this one began is taken up first."""
        await Rounds("letters", self.round, woken=asyncio.Event(), longest=LOOK_EVERY).run()

    async def close(self, grace: timedelta) -> None:
        """Let what Discord did be written down, for at most `grace`; begin nothing new."""
        self._closing = True
        await self._sending.ledger.close(grace)

    def _may_send(self) -> bool:
        return self._may_still_send() and not self._closing

    async def round(self) -> timedelta:
        """Match what came and send what is due; answers how long until there is more."""
        await self._match()
        await self._forget_old()
        for _ in range(LETTERS_A_ROUND):
            if not self._may_send():
                return LOOK_EVERY
            if (pause := self._sending.pause) > timedelta():
                return pause
            if not await self._send_next() and not await self._write_next():
                break
        await self._tell_closed()
        next_at = await self._store.letters.next_due_at()
        return LOOK_EVERY if next_at is None else max(next_at - self._clock(), timedelta())

    async def _match(self) -> None:
        last_id = 0
        while came := await self._store.tidings.arrived(last_id, MATCHED_AT_ONCE):
            now, last_id = self._clock(), came[-1].id
            fitting: list[tuple[ArticleArrived | CommentArrived, list[Follow]]] = []
            for one in came:
                fitting.append((one, await self._fitting(one, now)))
                if one is came[-1] or sum(len(found) for _, found in fitting) >= TOLD_AT_ONCE:
                    await self._store.tidings.matched(fitting, now)
                    fitting = []

    async def _fitting(self, one: ArticleArrived | CommentArrived, now: datetime) -> list[Follow]:
        follows = self._store.follows
        if isinstance(one, CommentArrived):
            found = await follows.concerned_by_comment(one.guild_id, one.article_id, one.answers)
            fitting = fitting_comment(found, one, now)
        else:
            said, names = said_by(one), names_in(one.author or "")
            found = await follows.concerned(one.guild_id, one.source_id, names, said.words)
            fitting = fitting_article(found, said)
        return [follow for follow in fitting if one.member_id in (None, follow.member_id)]

    async def _send_next(self) -> bool:
        """Send the letter that is due longest; False: none is."""
        to_send = await self._store.letters.next_to_send(self._clock())
        if to_send is None:
            return False
        message = LetterMessage(to_send, self._store, self._postman, self._clock)
        if not to_send.lines:
            await message.deleted("What it told is deleted.")
            return True
        try:
            await self._sending.send(message)
        except TakenOver:
            raise
        except Exception as problem:
            if isinstance(problem, DatabaseProblem):
                log.warning(
                    "%s could not be carried on; it is tried again in a minute: %s", message.name, problem
                )
            else:
                log.exception("%s could not be carried on; it is tried again in a minute", message.name)
            due_at, reason = self._clock() + LONGEST_RESEND, "Broadsheet failed; the operator's log says why."
            await self._sending.ledger.write(lambda: message.postpone(due_at, reason, unsent=False))
        return True

    async def _write_next(self) -> bool:
        """Put into a letter what is due for whom it waits longest, as far as it is time; False: nothing is due."""
        letters, tidings, now = self._store.letters, self._store.tidings, self._clock()
        waiting = await tidings.next_waiting(now, MOST_IN_A_LETTER)
        if not waiting:
            return False
        if not self._postman.sees(waiting[0].guild_id):
            # All of its members wait for the same: none of them need be looked at alone.
            await tidings.put_off(waiting[0].guild_id, now, now + LONGEST_RESEND)
            return True
        member_id, ids = waiting[0].member_id, [one.id for one in waiting]
        if (on_its_way := await letters.on_its_way(member_id)) is not None:
            await tidings.tell_at({max(on_its_way, now + LOOK_EVERY): ids})
            return True
        if ready := await self._ready(waiting, now):
            await self._write(waiting[0], ready, now)
        return True

    async def _ready(self, waiting: Sequence[Tiding], now: datetime) -> list[int]:
        """Which of a member's tidings are told now, by id; for the others it is stored when."""
        hours = hours_of(await self._store.follows.listener(waiting[0].member_id))
        sent = await self._store.letters.sent_since(waiting[0].member_id, now - HOUR)
        when: defaultdict[datetime, list[int]] = defaultdict(list)
        for one in waiting:
            when[tell_at(now, one.created_at, sent, hours, gathered=one.gathered)].append(one.id)
        ready = when.pop(now, [])
        if when:
            await self._store.tidings.tell_at(when)
        return ready

    async def _write(self, first: Tiding, ids: Sequence[int], now: datetime) -> None:
        tidings = self._store.tidings
        readable = await self._postman.readable(first.guild_id, first.member_id, first.channel_id)
        match readable:
            case Left():
                await tidings.member_left(first.guild_id, first.member_id)
            case Later(after=after):
                await tidings.tell_at({now + max(after or LONGEST_RESEND, LOOK_EVERY): ids})
            case _:
                seen = {
                    one.tiding_id: one
                    for one in reversed(await tidings.sightings(ids))
                    if one.visible_in in readable
                }
                untold = [one for one in ids if one not in seen]
                await self._store.letters.write([seen[one] for one in ids if one in seen], untold, now)

    async def _tell_closed(self) -> None:
        """Tell who takes no direct messages so, once, where they said what they follow. Marked first: see `notices`."""
        follows = self._store.follows
        for member_id, guild_id, channel_id in await follows.closed_untold(MOST_CLOSED):
            if not self._may_send() or not await follows.mark_closed_told(member_id, self._clock()):
                return
            outcome = await self._postman.say_closed(guild_id, channel_id, member_id)
            if isinstance(outcome, Away | Later | Missing):
                log.info("A member who takes no direct messages learns it from their next /follow")

    async def _forget_old(self) -> None:
        now = self._clock()
        if self._forgotten_at is not None and now < self._forgotten_at + FORGET_EVERY:
            return
        while await self._store.tidings.forget(now - KEPT_FOR, FORGOTTEN_AT_ONCE) >= FORGOTTEN_AT_ONCE:
            pass
        self._forgotten_at = now
