"""Digests of a day, a week or a month: what stands in one, and the round that writes those that are due.

    due → who reads there, and what they may see → chosen → written into the queue, with the next time, at once → sent

What sends it exactly once is the machinery of late digests (`digests`, `sending`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.newsroom.digest_times import Due, due, heading
from bot.newsroom.ports import Later, Left
from bot.newsroom.ranking import best, controversy, hot
from bot.newsroom.rounds import Clock, Rounds, side_by_side
from storage import DatabaseProblem, Store
from storage.records import (
    Article,
    CommentRated,
    Digest,
    DigestEntry,
    DigestToPost,
    Listed,
    OverLimit,
    PostState,
    Schedule,
    ScheduleToStore,
    Scope,
    Sort,
    Tally,
)

log = logging.getLogger(__name__)

MOST_OF_GUILD = 25
# So many of a period's articles are looked at, the first ones by rank: of a story told often one stands there.
LOOKED_AT = 100
AT_ONCE = 50
LOOK_EVERY = timedelta(minutes=1)
# How soon one is tried again whose readers are not known now, or whose channel has another digest on its way.
NOT_NOW = timedelta(minutes=1)
AFTER_FAILING = timedelta(minutes=10)


class Sight(Protocol):
    """Who may read what at Discord."""

    async def visible(
        self, guild_id: int, channel_id: int, member_id: int | None
    ) -> frozenset[int] | Left | Later:
        """Ids of the channels and threads that all who read this channel may read, or this member may."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    article: Article
    tally: Tally
    comments: int
    at: datetime
    message_id: int | None
    over: bool


def choose(
    listed: Iterable[Listed], over: Iterable[OverLimit], rank: Sort, most: int, until: datetime
) -> tuple[DigestEntry, ...]:
    """What stands in a digest, by rank, the newer first of equals: of each story one article, others named with it.

    What its publisher took back is left out. What was over the channel's limit has no votes; after the first `most`
    such ones follow alone: none is lost.
    """
    kept = {one.article.id: one for one in over}
    candidates = [
        _Candidate(
            one.article,
            one.tally,
            one.comment_count,
            one.posted_at,
            one.message_id,
            kept.pop(one.article.id, None) is not None,
        )
        for one in listed
        if (one.posted_at < until and one.article.retracted_at is None) or one.article.id in kept
    ]
    candidates += [_Candidate(one.article, Tally(0, 0), 0, one.kept_at, None, True) for one in kept.values()]
    candidates.sort(key=lambda one: (_value(one, rank), one.at, one.article.id), reverse=True)
    heads: list[_Candidate] = []
    beside: dict[int, list[_Candidate]] = {}
    head_of: dict[int, _Candidate] = {}
    for one in candidates:
        story = one.article.story_id
        head = None if story is None else head_of.get(story)
        other_source = head is not None and head.article.source_id != one.article.source_id
        if head is not None and (other_source or not one.over):
            if other_source:
                beside.setdefault(head.article.id, []).append(one)
            continue
        heads.append(one)
        if story is not None:
            head_of.setdefault(story, one)
    told = heads[:most]
    # Named with one that is not told of, it would be told nowhere.
    left = [one for head in heads[most:] for one in (head, *beside.get(head.article.id, ())) if one.over]
    entries = [
        DigestEntry(one.article.id, place, also=one is not head, over=one.over, message_id=one.message_id)
        for place, head in enumerate(told, 1)
        for one in (head, *beside.get(head.article.id, ()))
    ]
    entries += [
        DigestEntry(one.article.id, place, over=True, message_id=one.message_id)
        for place, one in enumerate(left, len(told) + 1)
    ]
    return tuple(entries)


def _value(one: _Candidate, rank: Sort) -> float:
    up, down = one.tally.upvotes, one.tally.downvotes
    match rank:
        case Sort.HOT:
            return hot(up, down, one.at)
        case Sort.TOP:
            return one.tally.score
        case Sort.DISCUSSED:
            return one.comments
        case Sort.CONTROVERSIAL:
            return controversy(up, down)
        case Sort.BEST:
            return best(up, down)
        case Sort.NEW:
            return 0


def best_comments(rated: Iterable[CommentRated]) -> dict[int, int]:
    """The comment to be quoted of each article, by id: that of the highest lower bound, the older one of equals."""
    chosen: dict[int, CommentRated] = {}
    for one in rated:
        other = chosen.get(one.article_id)
        if other is None or _promise(one) > _promise(other):
            chosen[one.article_id] = one
    return {article_id: one.message_id for article_id, one in chosen.items()}


def _promise(one: CommentRated) -> tuple[float, int]:
    return best(one.tally.upvotes, one.tally.downvotes), -one.message_id


class Editor:
    """Chooses what stands in a digest, of what its readers may see."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def entries(
        self, schedule: ScheduleToStore, period: Due, visible: Collection[int]
    ) -> tuple[DigestEntry, ...]:
        """What stands in the digest of a period."""
        seen = frozenset(visible if schedule.scope is Scope.GUILD else (schedule.channel_id,))
        listed: Sequence[Listed] = ()
        if schedule.scope is not Scope.OVER:
            listed, _ = await self._store.frontpage.page(
                schedule.guild_id, schedule.rank, period.since, LOOKED_AT, visible=seen
            )
        over = await self._store.schedules.over_limit(schedule.channel_id)
        entries = choose(listed, over, schedule.rank, schedule.most, period.until)
        told = [one.article_id for one in entries if not one.also and one.place <= schedule.most]
        quoted = best_comments(
            await self._store.schedules.rated_comments(schedule.guild_id, told, visible=seen)
        )
        return tuple(_quoting(one, quoted) for one in entries)


def _quoting(entry: DigestEntry, quoted: dict[int, int]) -> DigestEntry:
    comment_id = None if entry.also else quoted.get(entry.article_id)
    return DigestEntry(entry.article_id, entry.place, entry.also, entry.over, entry.message_id, comment_id)


class DigestRound:
    """Writes the digests that are due. `on_posts` is called when there is something to deliver.

    `may_send`: this process still is the one bot on its database. A bot that was away over several due times writes one
    digest, of the last period; of a period without articles it writes none.
    """

    def __init__(
        self,
        store: Store,
        sight: Sight,
        *,
        clock: Clock,
        may_send: Callable[[], bool],
        on_posts: Callable[[], None],
    ) -> None:
        self._store = store
        self._sight = sight
        self._clock = clock
        self._may_send = may_send
        self._on_posts = on_posts
        self._editor = Editor(store)
        self._rounds = Rounds("digests", self.write_due, woken=asyncio.Event(), longest=LOOK_EVERY)

    async def run(self) -> None:
        """Write until cancelled."""
        await self._rounds.run()

    async def write_due(self) -> timedelta:
        """Write all that is due now; answers how long until the next is."""
        now = self._clock()
        next_at = await self._store.schedules.next_due_at()
        if next_at is None or not self._may_send():
            return LOOK_EVERY
        if next_at > now:
            return next_at - now  # at rest nothing is written
        by_guild: dict[int, list[tuple[Schedule, bool]]] = {}
        for schedule, is_there in await self._store.schedules.due(now, AT_ONCE):
            by_guild.setdefault(schedule.guild_id, []).append((schedule, is_there))
        # Discord has the members of one guild be asked about slowly: the others need not wait for that.
        if sum(await side_by_side(self._write_all(of_guild, now) for of_guild in by_guild.values())):
            self._on_posts()
        return timedelta()

    async def _write_all(self, of_guild: Sequence[tuple[Schedule, bool]], now: datetime) -> int:
        """Write a guild's digests that are due, one after the other; answers how many came into queues."""
        wrote = 0
        for schedule, is_there in of_guild:
            try:
                wrote += await self._write(schedule, is_there, now)
            except DatabaseProblem:
                raise
            except Exception:
                log.exception("Digest schedule %d could not be carried on; it is tried again", schedule.id)
                await self._store.schedules.look_again(schedule, now + AFTER_FAILING)
        return wrote

    async def _write(self, schedule: Schedule, is_there: bool, now: datetime) -> bool:
        """Write the digest of the last period, unless there was one; False: nothing came into a queue."""
        period = due(schedule, now)
        entries: Sequence[DigestEntry] = ()
        if is_there and period.until > schedule.until:
            visible = await self._sight.visible(schedule.guild_id, schedule.channel_id, schedule.member_id)
            if isinstance(visible, Left):
                # As what they follow does: see `Tidings.member_left`.
                await self._store.schedules.remove(schedule.guild_id, schedule.id, schedule.member_id)
                return False
            if isinstance(visible, Later):
                await self._store.schedules.look_again(schedule, now + max(visible.after or NOT_NOW, NOT_NOW))
                return False
            entries = await self._editor.entries(schedule, period, visible)
        until = max(period.until, schedule.until)
        written = await self._store.schedules.write(
            schedule, heading(schedule, period), entries, until=until, due_at=period.next_at, now=now
        )
        if not written:
            await self._store.schedules.look_again(schedule, now + NOT_NOW)
        elif entries:
            log.info("A digest of %d articles waits for channel %d", len(entries), schedule.channel_id)
        return written and bool(entries)


class NotScheduled(Exception):
    """A schedule can't be made; the message is a sentence for who wished it."""


class Schedules:
    """What `/digest` does."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._editor = Editor(store)

    async def put(self, wish: ScheduleToStore) -> Schedule:
        """Have digests come from now on, the first when the next one is due. Raises NotScheduled."""
        now = self._clock()
        if wish.member_id is None and len(await self.of_guild(wish.guild_id)) >= MOST_OF_GUILD:
            raise NotScheduled(
                f"This server has {MOST_OF_GUILD} digests, which is as many as there can be. Stop one with "
                "`/digest list` first."
            )
        times = due(wish, now)
        made = await self._store.schedules.put(wish, times.next_at, times.until, now)
        if made is None:
            raise NotScheduled(
                "You asked that nothing be kept of you, so Broadsheet can't note this wish. `/privacy allow` takes "
                "that back."
            )
        return made

    async def of_guild(self, guild_id: int) -> list[Schedule]:
        """A guild's schedules for its channels."""
        return await self._store.schedules.of_guild(guild_id)

    async def of_member(self, guild_id: int, member_id: int) -> list[Schedule]:
        """A member's own schedule in a guild, if there is one."""
        return await self._store.schedules.of_guild(guild_id, member_id)

    async def stop(self, guild_id: int, schedule_id: int, member_id: int | None = None) -> Schedule | None:
        """End a schedule for a channel, or this member's own; None where there is no such one."""
        return await self._store.schedules.remove(guild_id, schedule_id, member_id)

    async def stop_by_mark(self, nonce: str, member_id: int) -> Schedule | None:
        """End the schedule of the digest with this mark that came to this member; None where there is none."""
        digest = await self._store.schedules.by_nonce(nonce)
        if digest is None or digest.member_id != member_id or digest.schedule_id is None:
            return None
        return await self.stop(digest.guild_id, digest.schedule_id, member_id)

    async def told_of_pause(self, member_id: int) -> bool:
        """Whether a member is to be told now that their digests are paused; once for each pause."""
        return await self._store.schedules.to_tell(member_id, self._clock())

    async def preview(self, wish: ScheduleToStore, visible: Collection[int]) -> DigestToPost:
        """The digest since the last one was due, or else of that one's time, as it would be now; nothing is stored."""
        now = self._clock()
        times = due(wish, now)
        going_on = Due(times.until, now, times.next_at)
        # Right after one was due there is little yet: what came in that one's time says more, if anything did.
        is_young = now - times.until <= (times.next_at - times.until) / 2
        period, other = (times, going_on) if is_young else (going_on, times)
        entries = await self._editor.entries(wish, period, visible)
        if not entries:
            period, entries = other, await self._editor.entries(wish, other, visible)
        shown = [one for one in entries if one.place <= wish.most]
        digest = Digest(
            *(
                0,
                wish.guild_id,
                wish.channel_id,
                PostState.READY,
                "preview",
                None,
                None,
                None,
                0,
                None,
                0,
                False,
            ),
            created_at=now,
            schedule_id=0,
            member_id=wish.member_id,
            heading=heading(wish, period),
            most=wish.most,
            rank=wish.rank,
            every=wish.every,
        )
        count = sum(not one.also for one in entries)
        return DigestToPost(digest, (), count, await self._store.schedules.stories(wish.guild_id, shown))
