"""What a round of polls brought, stored in one transaction: hundreds of polls cost little more than one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import (
    Integer,
    Select,
    Text,
    Update,
    bindparam,
    func,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from storage.database import Database
from storage.ingest import Made, insert_new, newest_alike, rename, revise, stored, take_back
from storage.kinship import relate, take_turn
from storage.moves import Moves, move
from storage.outbox import Fresh, Queueing, queue
from storage.readings import unread_of
from storage.records import (
    Brought,
    Ingested,
    SourceFailed,
    SourceUnchanged,
    SourceUpdate,
    WordsStored,
)
from storage.rows import given, packed, portions
from storage.sources import next_poll
from storage.tables import sources, subscriptions
from storage.tallies import Ranks
from storage.types import RowId, UtcDateTime

Poll = TypeVar("Poll", SourceUpdate, SourceUnchanged)

# What a poll that brought nothing says of its source: always, and where it is not as it was before.
_POLLED: Mapping[str, TypeEngine[Any]] = {"source_id": RowId, "next_poll_at": UtcDateTime()}
_KEPT: Mapping[str, TypeEngine[Any]] = {
    "etag": Text(),
    "last_modified": Text(),
    "digest": Text(),
    "moved_to": Text(),
    "moved_seen": Integer(),
}
# Written into the statement: a value would be bound anew for each row.
_WELL = {"failures": literal_column("0"), "failing_since": null(), "not_before": null(), "problem": null()}
"""What a poll that succeeded clears."""


class Harvest:
    """Polls' results."""

    def __init__(self, database: Database, queueing: Queueing, rules: Ranks) -> None:
        self._database = database
        self._queueing = queueing
        self._rules = rules

    async def known(self, wanted: Mapping[int, Iterable[str]]) -> dict[int, dict[str, str]]:
        """Answer which of the identities are stored for each source, each with its revision."""
        known: dict[int, dict[str, str]] = {source_id: {} for source_id in wanted}
        async with self._database.reading() as connection:
            pairs = ((source_id, identity) for source_id, all_of in wanted.items() for identity in all_of)
            found = await stored(connection, pairs)
        for (source_id, identity), (_, revision) in found.items():
            known[source_id][identity] = revision
        return known

    async def alike(self, wanted: Mapping[int, Iterable[str]]) -> dict[int, dict[str, WordsStored]]:
        """Answer, for each source, which of the words are stored, with the newest article that has them."""
        found: dict[int, dict[str, WordsStored]] = {source_id: {} for source_id in wanted}
        pairs = ((source_id, words) for source_id, all_of in wanted.items() for words in all_of)
        async with self._database.reading() as connection:
            for portion in portions(pairs):
                alike = newest_alike(connection.dialect.name)
                rows = await connection.execute(alike, {"given": packed(portion)})
                for source_id, words, identity, revision, url, published_at in rows:
                    found[source_id][words] = WordsStored(identity, revision, url, published_at)
        return found

    async def store(
        self,
        brought: Sequence[Brought],
        now: datetime,
        *,
        unchanged: Sequence[SourceUnchanged] = (),
        failed: Sequence[SourceFailed] = (),
        moved: Mapping[int, str] | None = None,
    ) -> list[Ingested]:
        """Store, in one transaction: articles (oldest first), revisions, posts for who wants them, the sources.

        Answers what each of `brought` changed, in their order. Repeating it changes nothing more: an article that
        is stored already is passed over, and a revision that is stored already too. Subscriptions made since the
        poll before get their newest. `moved` are sources' new addresses; what one brought that gave itself up for
        the source that is there already is left to that one (see `storage.moves`).
        """
        # With a source that moves, another one's articles may go.
        async with self._database.writing(changes_little=not moved) as connection:
            # Two polls of one source store one after the other; of the second one's articles none are new.
            there = await _lock(
                connection,
                {one.source.source_id for one in brought},
                {one.source_id for one in unchanged} | {one.source_id for one in failed},
                moved or {},
            )
            if moved or any(one.new or one.revised for one in brought):
                await take_turn(connection)
            moves = await move(connection, moved, self._queueing, now) if moved else Moves()
            unchanged = [_arrived(one, moves) for one in unchanged if one.source_id not in moves.gave_up]
            may_begin = await _quiet(connection, unchanged, now)
            await _fail(connection, failed, now)
            kept = [
                replace(one, source=_arrived(one.source, moves))
                for one in brought
                if one.source.source_id in there - moves.gave_up
            ]
            await rename(connection, kept)
            made = await insert_new(connection, kept, now)
            copied: set[int] = set()
            if made:
                told = {article_id: one.shingles for _, article_id, one in made}
                copied = await relate(connection, told, self._rules.kinship, now)
            revisions = await revise(connection, kept, self._rules.judge, now)
            await take_back(connection, kept, now)
            # The sources first: a subscription that began while one was idle is served below all the same.
            await _update_sources(connection, [one.source for one in kept if not one.pushed], now)
            held_back = {one.source.source_id: one.held_back for one in kept}
            news: dict[int, list[int]] = {one.source.source_id: [] for one in kept}
            for source_id, article_id, one in made:
                if one.identity not in held_back[source_id]:
                    news[source_id].append(article_id)
            await _hold_back(connection, made, news, now)
            concerned = may_begin | news
            fresh = {
                article_id: Fresh(unread_of(one), has_copies=article_id in copied)
                for _, article_id, one in made
            }
            queued = await queue(connection, concerned, self._queueing, now, fresh) if concerned else {}
        new = Counter(source_id for source_id, _, _ in made)
        ids = [one.source.source_id for one in brought]
        return [Ingested(new[one], revisions.get(one, 0), queued.get(one, 0)) for one in ids]


@cache
def _quieting(dialect: str, *, as_before: bool) -> Update:
    """The statement that stores polls which brought nothing, of which each is as before, or none."""
    polls = given(dialect, each=None, **_POLLED, **({} if as_before else _KEPT))
    return (
        update(sources)
        .where(sources.c.id == polls.c.source_id)
        .values(
            next_poll_at=next_poll(polls.c.next_poll_at),
            last_polled_at=bindparam("polled"),
            last_success_at=bindparam("polled"),
            **({} if as_before else {name: polls.c[name] for name in _KEPT} | _WELL),
        )
    )


async def _quiet(
    connection: AsyncConnection, unchanged: Sequence[SourceUnchanged], now: datetime
) -> dict[int, list[int]]:
    """Store polls that brought nothing.

    Answers those of the sources that have a subscription which is still to begin, hardly ever any; with no new
    articles.
    """
    beginning: dict[int, list[int]] = {}
    dialect = connection.dialect.name
    for as_before in (True, False):
        values = attrgetter(*_POLLED, *(() if as_before else _KEPT))
        for portion in portions(values(one) for one in unchanged if one.as_before is as_before):
            polls = packed(portion)
            await connection.execute(_quieting(dialect, as_before=as_before), {"given": polls, "polled": now})
            found = await connection.scalars(_beginning(dialect), {"given": polls})
            beginning |= {source_id: [] for source_id in found}
    return beginning


async def _fail(connection: AsyncConnection, failed: Sequence[SourceFailed], now: datetime) -> None:
    for portion in portions(failed):
        await connection.execute(
            update(sources)
            .where(sources.c.id == bindparam("source"))
            .values(
                next_poll_at=next_poll(bindparam("next_poll", type_=UtcDateTime)),
                last_polled_at=bindparam("polled"),
                failures=sources.c.failures + 1,
                failing_since=func.coalesce(sources.c.failing_since, bindparam("polled", type_=UtcDateTime)),
                not_before=bindparam("until", type_=UtcDateTime),
                problem=bindparam("sentence"),
            ),
            [
                {
                    "source": one.source_id,
                    "next_poll": one.next_poll_at,
                    "polled": now,
                    "until": one.not_before,
                    "sentence": one.problem,
                }
                for one in portion
            ],
        )


async def _hold_back(
    connection: AsyncConnection,
    made: Sequence[Made],
    news: Mapping[int, Sequence[int]],
    now: datetime,
) -> None:
    """Note, for people, how many of the articles that were made now are no news, hardly ever any."""
    for source_id, number in Counter(source_id for source_id, _, _ in made).items():
        if held_back := number - len(news[source_id]):
            await connection.execute(
                update(sources)
                .where(sources.c.id == source_id)
                .values(held_back=sources.c.held_back + held_back, held_back_at=now)
            )


def _arrived(poll: Poll, moves: Moves) -> Poll:
    """What a poll says of its source; that it is to move is past once it has."""
    return replace(poll, moved_to=None, moved_seen=0) if poll.source_id in moves.settled else poll


async def _lock(
    connection: AsyncConnection, bringing: set[int], others: set[int], moved: Mapping[int, str]
) -> set[int]:
    """Lock these sources, and those that are where others move to, before anything else.

    Answers which there are of those that bring something.
    """
    concerned = set(bringing)
    if (
        connection.dialect.name != "sqlite"
    ):  # whose transactions that write have the whole database for themselves
        concerned |= others | set(moved)
        for addresses in portions(moved.values()):
            concerned |= set(
                await connection.scalars(select(sources.c.id).where(sources.c.url.in_(addresses)))
            )
    there: set[int] = set()
    # In the order of their ids: two that lock several never wait for each other.
    for portion in portions(sorted(concerned)):
        ids = packed([(source_id,) for source_id in portion])
        there |= set(await connection.scalars(_locking(connection.dialect.name), {"given": ids}))
    return there & bringing


@cache
def _locking(dialect: str) -> Select[int]:
    wanted = given(dialect, source_id=RowId)
    return (
        select(sources.c.id)
        .where(sources.c.id.in_(select(wanted.c.source_id)))
        .order_by(sources.c.id)
        # Others may still refer to it: who has the turn changes articles of any source, and we wait for the turn.
        .with_for_update(key_share=True)
    )


@cache
def _beginning(dialect: str) -> Select[int]:
    polled = given(dialect, source_id=RowId)  # the first of the polls' columns
    return select(subscriptions.c.source_id).where(
        subscriptions.c.source_id.in_(select(polled.c.source_id)), subscriptions.c.started_at.is_(None)
    )


async def _update_sources(connection: AsyncConnection, found: Sequence[SourceUpdate], now: datetime) -> None:
    for portion in portions(found):
        await connection.execute(
            _updating(),
            [
                {
                    "source": one.source_id,
                    "title": one.title,
                    "link": one.link,
                    "icon_url": one.icon_url,
                    "etag": one.etag,
                    "last_modified": one.last_modified,
                    "digest": one.digest,
                    "marks": one.marks,
                    "rhythm": one.rhythm,
                    "ttl_s": one.ttl_s,
                    "format": one.format,
                    "entries": one.entries,
                    "moved": one.moved_to,
                    "seen": one.moved_seen,
                    "next_poll": one.next_poll_at,
                    "polled": now,
                }
                for one in portion
            ],
        )


@cache
def _updating() -> Update:
    """The statement that stores what a poll which brought something learned about its source."""
    return (
        update(sources)
        .where(sources.c.id == bindparam("source"))
        .values(
            title=bindparam("title"),
            link=bindparam("link"),
            icon_url=bindparam("icon_url"),
            etag=bindparam("etag"),
            last_modified=bindparam("last_modified"),
            digest=bindparam("digest"),
            marks=bindparam("marks"),
            rhythm=bindparam("rhythm"),
            ttl_s=bindparam("ttl_s"),
            format=bindparam("format"),
            entries=bindparam("entries"),
            moved_to=bindparam("moved"),
            moved_seen=bindparam("seen"),
            next_poll_at=next_poll(bindparam("next_poll", type_=UtcDateTime)),
            last_polled_at=bindparam("polled"),
            last_success_at=bindparam("polled"),
            **_WELL,
        )
    )
