"""Kinship: which articles tell the same, by the shingles that they share.

    an article's shingles → articles that hold some of them → judged → copies and stories

All of it runs inside the caller's transaction.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.rows import Insert, given, insert, insert_into, listed, packed, portions, rows_of
from storage.tables import (
    articles,
    copies,
    fingerprints,
    shingles,
)
from storage.types import RowId

REMEMBERED = timedelta(days=14)
"""For how long articles are told from their copies."""

# An article is found by its smallest shingles: of a copy all are looked for, so that a few are enough.
SKETCH = 32
# What stands in more articles is nobody's own words, such as a publisher's closing lines.
MOST_HOLDERS = 40
MOST_CANDIDATES = 32
FEWEST_SHARED = 2
# So many shingles are looked up at once, those of some thirty articles; of so many articles are they written.
_LOOKED_UP_AT_ONCE = 3_000
_SKETCHED_AT_ONCE = 128
# So many articles are read at once that others are compared with.
_READ_AT_ONCE = 2_000
# So many are compared with theirs before the loop may do other things.
_JUDGED_AT_ONCE = 20
# Forgetting keeps up with what comes when it is a little faster.
_FORGOTTEN_FOR_EACH, _FORGOTTEN_AT_LEAST = 2, 10


@dataclass(frozen=True, slots=True)
class Told:
    """What an article is judged by. `told_at` is when it was published, or first seen where that is not known."""

    id: int
    source_id: int
    title: str
    told_at: datetime
    shingles: bytes


@dataclass(frozen=True, slots=True)
class Kin:
    """Articles that tell the same as one: its `copies`, the likest first, or else what goes on `developing` in it."""

    copies: tuple[int, ...] = ()
    developing: int | None = None


@dataclass(frozen=True, slots=True)
class Kinship:
    """The newsroom's rules for what is the same story.

    `numbers` unpacks shingles, the smallest first. `judge` says which of some articles are kin to the first.
    """

    numbers: Callable[[bytes], Sequence[int]]
    judge: Callable[[Told, Sequence[Told]], Kin]


async def take_turn(connection: AsyncConnection) -> None:
    """Have others who relate articles, or queue posts, wait until the caller's transaction has ended.

    Two that bring copies of each other at once would not see them. Taken after the sources were locked and before
    any article is changed. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        # Any fixed number will do; this one is "Stories" in ASCII.
        await connection.execute(select(func.pg_advisory_xact_lock(23498312580392307)))


async def relate(
    connection: AsyncConnection,
    told: Mapping[int, bytes],
    kinship: Kinship,
    now: datetime,
    *,
    again: bool = False,
) -> set[int]:
    """Find the copies and the stories of articles by their packed shingles; answers which articles have copies now.

    Where articles are told `again`, these take the place of what they had before.
    """
    told = {article_id: packed for article_id, packed in sorted(told.items()) if packed}
    await _forget(connection, now, len(told) * _FORGOTTEN_FOR_EACH + _FORGOTTEN_AT_LEAST)
    if again:
        await _remove(connection, told)
    numbers = {article_id: kinship.numbers(packed) for article_id, packed in told.items()}
    await _remember(connection, told, numbers)
    copied: set[int] = set()
    for wanted in _together(numbers):
        likely = await _candidates(connection, wanted)
        known = await _read(connection, {*likely, *chain.from_iterable(likely.values())})
        for number, (article_id, others) in enumerate(likely.items(), 1):
            if number % _JUDGED_AT_ONCE == 0:
                await asyncio.sleep(0)
            if (new := known.get(article_id)) is None:
                continue
            kin = kinship.judge(new, [known[other] for other in others if other in known])
            if kin.copies or kin.developing is not None:
                await _tie(connection, article_id, kin)
            if kin.copies:
                copied |= {article_id, *kin.copies}
    return copied


def _together(numbers: Mapping[int, Sequence[int]]) -> Iterator[dict[int, Sequence[int]]]:
    """The articles in portions whose shingles are looked up at once."""
    portion: dict[int, Sequence[int]] = {}
    amount = 0
    for article_id, own in numbers.items():
        if portion and amount + len(own) > _LOOKED_UP_AT_ONCE:
            yield portion
            portion, amount = {}, 0
        portion[article_id] = own
        amount += len(own)
    if portion:
        yield portion


async def _forget(connection: AsyncConnection, now: datetime, limit: int) -> None:
    """Forget the shingles of old articles, the oldest first, in a small portion."""
    old = await connection.scalars(_old(), {"before": now - REMEMBERED, "limit": limit})
    await _remove(connection, old.all())


@cache
def _old() -> Select[int]:
    oldest = (
        select(fingerprints.c.article_id)
        .where(fingerprints.c.article_id > 0)  # by the key, up to the limit
        .order_by(fingerprints.c.article_id)
        .limit(bindparam("limit", type_=Integer))
        .subquery()
    )
    return (
        select(articles.c.id)
        .join(oldest, oldest.c.article_id == articles.c.id)
        .where(articles.c.first_seen_at < bindparam("before"))
    )


async def _remove(connection: AsyncConnection, article_ids: Iterable[int]) -> None:
    for portion in portions(article_ids):
        await connection.execute(delete(shingles).where(shingles.c.article_id.in_(portion)))
        await connection.execute(delete(fingerprints).where(fingerprints.c.article_id.in_(portion)))


_FINGERPRINTS = fingerprints.insert()


async def _remember(
    connection: AsyncConnection, told: Mapping[int, bytes], numbers: Mapping[int, Sequence[int]]
) -> None:
    for portion in portions(told):
        await connection.execute(
            _FINGERPRINTS,
            [{"article_id": article_id, "shingles": told[article_id]} for article_id in portion],
        )
    sketches = ((list(numbers[article_id][:SKETCH]), article_id) for article_id in told)
    for part in portions(sketches, _SKETCHED_AT_ONCE):
        await connection.execute(_sketching(connection.dialect.name), {"given": packed(part)})


@cache
def _sketching(dialect: str) -> Insert:
    sketch = given(dialect, each="shingle", shingle=RowId, article_id=RowId)
    # In the order of the index, which is larger than SQLite's memory: so each page of it is read and written once.
    # The condition parts what is inserted from the conflict, for SQLite's parser.
    rows = select(sketch.c.shingle, sketch.c.article_id).where(true()).order_by(sketch.c.shingle)
    return (
        insert_into(dialect, shingles).from_select(["shingle", "article_id"], rows).on_conflict_do_nothing()
    )


async def _candidates(
    connection: AsyncConnection, wanted: Mapping[int, Sequence[int]]
) -> dict[int, list[int]]:
    """The articles that share most shingles with each of these, by its id; none of those that nobody shares with."""
    # From the end of the index, where writing left off: what SQLite still has of it in memory is not read again.
    looked_for = sorted(set(chain.from_iterable(wanted.values())), reverse=True)
    held = await rows_of(connection, _held(connection.dialect.name), {"given": packed(looked_for)})
    # All texts are read in one go, in a third of the time that each alone takes.
    ids_of_all = json.loads(f"[[{'],['.join(ids for _, ids in held)}]]") if held else []
    # The oldest first: where more share as many as are wanted, the same ones are always left out.
    holders = {number: ids[::-1] for (number, _), ids in zip(held, ids_of_all, strict=True)}
    likely: dict[int, list[int]] = {}
    for article_id, own in wanted.items():
        shared = Counter(chain.from_iterable(filter(None, map(holders.get, own))))
        del shared[article_id]
        # Most share but one: these are left out before the others are put in order.
        likelier = [one for one in shared.items() if one[1] >= FEWEST_SHARED]
        likelier.sort(key=itemgetter(1), reverse=True)
        if likelier:
            likely[article_id] = [other_id for other_id, _ in likelier[:MOST_CANDIDATES]]
    return likely


@cache
def _held(dialect: str) -> Select[int, str]:
    """Select those of these shingles that are held, each with the newest articles that hold it, the newest first.

    Their ids come as one text: as thousands of rows they would take most of the time.
    """
    wanted = listed(dialect, shingle=RowId)
    latest = (
        select(shingles.c.article_id)
        .where(shingles.c.shingle == wanted.c.shingle)
        .order_by(shingles.c.article_id.desc())
        .limit(MOST_HOLDERS)
        .correlate(wanted)
        .subquery("latest")
    )
    ids = select(func.aggregate_strings(cast(latest.c.article_id, Text), ",")).scalar_subquery()
    held = select(wanted.c.shingle, ids.label("ids")).subquery("held")
    return select(held.c.shingle, held.c.ids).where(held.c.ids.is_not(None))


async def _read(connection: AsyncConnection, article_ids: Collection[int]) -> dict[int, Told]:
    known: dict[int, Told] = {}
    for portion in portions(article_ids, _READ_AT_ONCE):
        ids = packed(portion)
        rows = await connection.execute(_telling(connection.dialect.name), {"given": ids})
        known |= {row[0]: Told(*row) for row in rows}
    return known


@cache
def _telling(dialect: str) -> Select[*tuple[Any, ...]]:
    wanted = listed(dialect, article_id=RowId)
    return (
        select(
            articles.c.id,
            articles.c.source_id,
            articles.c.title,
            func.coalesce(articles.c.published_at, articles.c.first_seen_at),
            fingerprints.c.shingles,
        )
        .join(fingerprints, fingerprints.c.article_id == articles.c.id)
        .where(articles.c.id.in_(select(wanted.c.article_id)))
    )


async def _tie(connection: AsyncConnection, article_id: int, kin: Kin) -> None:
    """Write down what an article is kin to. Stories that it ties together are one from now on."""
    kin_ids = kin.copies or (kin.developing,)
    involved = [article_id, *(other for other in kin_ids if other is not None)]
    stored = (
        await connection.execute(
            select(articles.c.id, articles.c.story_id).where(articles.c.id.in_(involved))
        )
    ).all()
    before = {row.story_id for row in stored if row.story_id is not None}
    story_id = min(before | {row.id for row in stored})
    await connection.execute(
        update(articles)
        .where(or_(articles.c.id.in_(involved), articles.c.story_id.in_(before)))
        .values(story_id=story_id)
    )
    if not kin.copies:
        return
    earlier = next((other for other in kin.copies if other < article_id), None)
    await connection.execute(
        update(articles)
        .where(articles.c.id == article_id, articles.c.copy_of_id.is_(None))
        .values(copy_of_id=earlier)
    )
    pairs = [
        {"article_id": one, "other_id": other}
        for copy in kin.copies
        for one, other in ((article_id, copy), (copy, article_id))
    ]
    await connection.execute(insert(connection, copies).on_conflict_do_nothing(), pairs)
