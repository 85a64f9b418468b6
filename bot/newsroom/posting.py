"""Carries one post from the outbox into its channel, and through the steps after its message.

    sent exactly once (see `sending`) → thread → vote reactions → pin → finished → read once

A post that goes beside another one goes into that one's thread, or into its channel where it can't. Each later step
can be resumed and is done once; one that Discord does not allow is left out, so that the channel's next posts need not
wait. Publishing it to following servers comes after that, apart from the channel's queue (see `announcing`).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from bot.newsroom.ports import Away, Done, Emptied, Later, Missing, Outcome, Publisher, Refused, Unclear
from bot.newsroom.rounds import Clock
from bot.newsroom.sending import Sending, without_others
from storage import Store
from storage.records import CardToPost, Post, PostState

log = logging.getLogger(__name__)

# After so many attempts at a thread, a reaction or a pin the post does without.
MOST_ATTEMPTS_AT_STEPS = 8


@dataclass(frozen=True, slots=True)
class _Step:
    """Something to be done to a sent post: `do` asks Discord, `note` stores what came of it."""

    do: Callable[[], Awaitable[Outcome]]
    note: Callable[[Outcome], Awaitable[object]]


class Posting:
    """Carries claimed posts as far as they go now.

    `on_finished` is told of each post that is done: its message stood in the channel before it was known here, so what
    members did with it has to be read. `on_missing` is told the ids of messages that turn out to be gone.
    """

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        sending: Sending,
        *,
        clock: Clock,
        on_finished: Callable[[Post], Awaitable[None]],
        on_missing: Callable[[Collection[int]], Awaitable[None]],
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._sending = sending
        self._clock = clock
        self._on_finished = on_finished
        self._on_missing = on_missing

    async def carry(self, card: CardToPost) -> None:
        """Carry one claimed post as far as it goes now."""
        if card.post.state is not PostState.SENT:
            if not await self._sending.send(self._message(card)):
                return
            sent = await self._store.posts.card(card.post.id)
            if sent is None or (sent.post.state, sent.post.claim) != (PostState.SENT, card.post.claim):
                return  # it was deleted meanwhile, or somebody else goes on with it
            card = sent
        if await self._finish(card):
            await self._on_finished(card.post)

    def _message(self, card: CardToPost) -> PostMessage:
        return PostMessage(card, self._store, self._publisher, clock=self._clock, thread_of=self.thread_of)

    async def thread_of(self, post_id: int) -> int | Away | Later | Unclear:
        """The thread of a post that others are to be beside, opened where there is none; Away where none can be."""
        none = Away("There is no thread to put it into.")
        card = await self._store.posts.card(post_id)
        if card is None or card.post.state is not PostState.SENT:
            return none
        post = card.post
        if post.thread_id is not None:
            return post.thread_id
        if post.place_id is not None:
            return none
        outcome = await self._publisher.open_thread(replace(card, post=replace(post, thread_wanted=True)))
        match outcome:
            case Later(lasting=False) | Unclear():
                return outcome
            case Missing():
                await self._on_missing([post.message_id or 0])
            case Done(id=int(thread_id)):
                await self._sending.ledger.write(lambda: self._store.posts.threaded(post, thread_id))
                return thread_id
        return none

    async def _finish(self, card: CardToPost) -> bool:
        """The steps after the message; one that can't be done now is tried again, one that never can is left out.

        Answers whether nothing remains to be done.
        """
        post = card.post
        for step in self._steps(card):
            if not self._sending.may_send():
                later = Later("Broadsheet is being stopped.")
                await self._sending.postpone(self._message(card), later, unsent=False)
                return False
            outcome = await step.do()
            if await self._stops(card, outcome):
                return False
            await self._sending.ledger.write(partial(step.note, outcome))
        await self._sending.ledger.write(lambda: self._store.posts.finish(post, self._clock()))
        return True

    def _steps(self, card: CardToPost) -> Iterator[_Step]:
        post, posts = card.post, self._store.posts

        async def note_thread(outcome: Outcome) -> None:
            if isinstance(outcome, Done) and outcome.id is not None:
                await posts.threaded(post, outcome.id)

        async def note_votes(count: int, _: Outcome) -> None:
            await posts.seeded(post, count)

        async def note_pin(_: Outcome) -> None:
            await posts.pinned(post)

        if post.thread_wanted and post.thread_id is None and post.place_id is None:
            yield _Step(partial(self._publisher.open_thread, card), note_thread)
        for place, vote in enumerate(card.emoji, start=1):
            if place > post.seeded:
                yield _Step(partial(self._publisher.place_vote, card, vote.emoji), partial(note_votes, place))
        if post.pin_wanted and not post.pinned:
            yield _Step(partial(self._publisher.pin, card), note_pin)

    async def _stops(self, card: CardToPost, outcome: Outcome) -> bool:
        """Whether the steps after the message have to wait, or there is no message any more."""
        match outcome:
            case Missing():
                await self._on_missing([card.post.message_id or 0])
                return True
            case Later(everywhere=True):
                # No fault of this post's: Discord is not there at all.
                await self._sending.postpone(self._message(card), outcome, unsent=False)
                return True
            case Later(lasting=False) | Unclear() | Away() if card.post.attempts < MOST_ATTEMPTS_AT_STEPS:
                await self._sending.postpone(self._message(card), outcome, unsent=False)
                return True
            case Later() | Unclear() | Away() | Refused():
                # The article is there; the channel's next ones must not wait for a thread or a reaction.
                log.warning("A step of post %d is left out: %s", card.post.id, outcome.sentence)
        return False


class PostMessage:
    """A claimed post as a message to be sent once. `thread_of` is the thread of a post that it is to be beside."""

    def __init__(
        self,
        card: CardToPost,
        store: Store,
        publisher: Publisher,
        *,
        clock: Clock,
        thread_of: Callable[[int], Awaitable[int | Away | Later | Unclear]],
    ) -> None:
        self._card = card
        self._posts = store.posts
        self._publisher = publisher
        self._clock = clock
        self._thread_of = thread_of

    @property
    def name(self) -> str:
        """What it is, for the log."""
        return f"Post {self._card.post.id}"

    @property
    def guild_id(self) -> int:
        """The guild that it is for."""
        return self._card.post.guild_id

    @property
    def channel_id(self) -> int:
        """The channel in whose queue it is."""
        return self._card.post.channel_id

    @property
    def place(self) -> int:
        """The channel or thread that it goes into."""
        return self._card.post.place

    @property
    def attempts(self) -> int:
        """How often it was claimed since something came of it."""
        return self._card.post.attempts

    @property
    def in_forum(self) -> bool:
        """Whether it becomes a forum post."""
        return self._card.post.begins_forum_post

    @property
    def is_sending(self) -> bool:
        """Whether an attempt before this one ended unclear."""
        return self._card.post.state is PostState.SENDING

    async def newest_id(self) -> int | Away | Later | Unclear:
        """Discord's newest id where it goes, which is decided here for one that goes beside another."""
        post = self._card.post
        if post.beside_id is not None:
            thread_id = await self._thread_of(post.beside_id)
            if not isinstance(thread_id, int):
                return thread_id
            self._card = replace(self._card, post=replace(post, place_id=thread_id))
        return await self._publisher.newest_message_id(self.place)

    async def begin(self, after_id: int | None) -> bool:
        """Store that sending begins, and where; False: it is not ours to send any more."""
        post = self._card.post
        return await self._posts.begin_sending(post, after_id, self._clock(), post.place_id)

    async def find(self) -> Outcome | Emptied:
        """Look for it where an earlier attempt may have brought it."""
        return await without_others(await self._publisher.find(self._card), self._posts.known_messages)

    async def send(self) -> Outcome:
        """Send its card."""
        return await self._publisher.send(self._card)

    async def sent(self, message_id: int, file: str | None) -> None:
        """Store its message, and the image that this carries as a file."""
        post = self._card.post
        attached = (self._card.article.image_url, file) if file else None
        await self._posts.sent(post, message_id, self._clock(), attached, self._card)

    async def moves(self, away: Away) -> bool:
        """Have one that can't go beside another claimed again, at once, for its channel."""
        post = self._card.post
        if post.beside_id is None:
            return False
        await self._posts.leave_thread(post, self._clock())
        return True

    async def refuse(self, sentence: str) -> None:
        """Store that it is given up, and why."""
        await self._posts.refuse(self._card.post, sentence)

    async def deleted(self, sentence: str) -> None:
        """Store that somebody did not want it, and say so."""
        await self.refuse(sentence)

    async def postpone(self, due_at: datetime, sentence: str, unsent: bool) -> None:
        """Store when it is tried again and why."""
        await self._posts.postpone(self._card.post, due_at, sentence, unsent)
