"""Stories: which articles tell the same, and in which channels one is named on another's post.

    an article's shingles → articles that hold some of them → judged → copies and stories
    posts that wait → posts of copies in the same channel → named on these, or put into their threads

All of it runs inside the caller's transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Integer, Row, Select, and_, bindparam, delete, exists, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.arrivals import articles_arrived
from storage.records import AlsoCovered, PostState, SameStory
from storage.rows import Insert, given, insert, insert_into, packed, portions, rows_of
from storage.tables import (
    articles,
    copies,
    fingerprints,
    merged,
    posts,
    shingles,
    sources,
    standings,
    subscriptions,
)
from storage.types import DatabaseClock, RowId

REMEMBERED = timedelta(days=14)
"""For how long articles are told from their copies."""

# An article is found by its smallest shingles: of a copy all are looked for, so that a few are enough.
SKETCH = 32
# What stands in more articles is nobody's own words, such as a publisher's closing lines.
MOST_HOLDERS = 40
MOST_CANDIDATES = 32
FEWEST_SHARED = 2
# So many articles' shingles are looked up at once.
_TOGETHER = 20
# So many of their sketches' rows are written in one step.
_ROWS = 2_000
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
) -> None:
    """Find the copies and the stories of articles by their packed shingles.

    Where articles are told `again`, these take the place of what they had before.
    """
    told = {article_id: packed for article_id, packed in sorted(told.items()) if packed}
    await _forget(connection, now, len(told) * _FORGOTTEN_FOR_EACH + _FORGOTTEN_AT_LEAST)
    if again:
        await _remove(connection, told)
    await _remember(connection, told, kinship)
    for portion in portions(told, _TOGETHER):
        likely = await _candidates(connection, {one: kinship.numbers(told[one]) for one in portion})
        known = await _read(
            connection, {*portion, *(other for others in likely.values() for other in others)}
        )
        for article_id in portion:
            if (new := known.get(article_id)) is None:
                continue
            kin = kinship.judge(new, [known[other] for other in likely[article_id] if other in known])
            if kin.copies or kin.developing is not None:
                await _tie(connection, article_id, kin)


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


async def _remember(connection: AsyncConnection, told: Mapping[int, bytes], kinship: Kinship) -> None:
    for portion in portions(told):
        await connection.execute(
            insert(connection, fingerprints),
            [{"article_id": article_id, "shingles": told[article_id]} for article_id in portion],
        )
    rows = (
        (shingle, article_id)
        for article_id, numbers in told.items()
        for shingle in kinship.numbers(numbers)[:SKETCH]
    )
    for part in portions(rows, _ROWS):
        await connection.execute(_sketching(connection.dialect.name), {"given": packed(part)})


@cache
def _sketching(dialect: str) -> Insert:
    sketch = given(dialect, shingle=RowId, article_id=RowId)
    # The condition parts what is inserted from the conflict, for SQLite's parser.
    rows = select(sketch.c.shingle, sketch.c.article_id).where(true())
    return (
        insert_into(dialect, shingles).from_select(["shingle", "article_id"], rows).on_conflict_do_nothing()
    )


async def _candidates(
    connection: AsyncConnection, wanted: Mapping[int, Sequence[int]]
) -> dict[int, list[int]]:
    """The articles that share most shingles with each of these, by its id."""
    looked_for = dict.fromkeys(number for numbers in wanted.values() for number in numbers)
    holders: defaultdict[int, list[int]] = defaultdict(list)
    numbers = packed([(number,) for number in looked_for])
    for number, other_id in await rows_of(connection, _held(connection.dialect.name), {"given": numbers}):
        holders[number].append(other_id)
    likely: dict[int, list[int]] = {}
    for article_id, own in wanted.items():
        shared = Counter(other_id for number in own if number in holders for other_id in holders[number])
        del shared[article_id]
        most = shared.most_common(MOST_CANDIDATES)
        likely[article_id] = [other_id for other_id, count in most if count >= FEWEST_SHARED]
    return likely


@cache
def _held(dialect: str) -> Select[int, int]:
    """Select each of these shingles with the newest articles that hold it."""
    wanted = given(dialect, shingle=RowId)
    held = shingles.alias()
    beyond = (
        select(held.c.article_id)
        .where(held.c.shingle == wanted.c.shingle)
        .order_by(held.c.article_id.desc())
        .limit(1)
        .offset(MOST_HOLDERS)
        .correlate(wanted)
        .scalar_subquery()
    )
    return select(shingles.c.shingle, shingles.c.article_id).join_from(
        wanted,
        shingles,
        and_(shingles.c.shingle == wanted.c.shingle, shingles.c.article_id > func.coalesce(beyond, 0)),
    )


async def _read(connection: AsyncConnection, article_ids: Collection[int]) -> dict[int, Told]:
    known: dict[int, Told] = {}
    for portion in portions(article_ids):
        ids = packed([(article_id,) for article_id in portion])
        rows = await connection.execute(_telling(connection.dialect.name), {"given": ids})
        known |= {row[0]: Told(*row) for row in rows}
    return known


@cache
def _telling(dialect: str) -> Select[*tuple[Any, ...]]:
    wanted = given(dialect, article_id=RowId)
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


async def settle(connection: AsyncConnection, article_ids: Iterable[int]) -> list[int]:
    """Decide, for posts of these articles that wait, what their subscriptions want of the same story's posts.

    A post in whose channel a copy has one already, or before it, gives way to that one and is named there, goes into
    that one's thread, or stays as it is. Answers the articles of posts that gave way, one for each.
    """
    gave_way: list[int] = []
    for portion in portions(article_ids):
        copied = await connection.execute(
            select(copies.c.article_id, copies.c.other_id).where(copies.c.article_id.in_(portion))
        )
        pairs = copied.all()
        if not pairs:
            continue
        rows = (await connection.execute(_beside(*zip(*pairs, strict=True)))).all()
        gone: set[int] = set()
        for post_id, of_post in groupby(rows, key=lambda row: row.id):
            there = next((row for row in of_post if row.there_id not in gone), None)
            if there is None or there.same_story is SameStory.POST:
                continue
            gone.add(post_id)  # nothing is hung onto it any more
            if there.same_story is SameStory.THREAD:
                await connection.execute(
                    update(posts).where(posts.c.id == post_id).values(beside_id=there.there_id)
                )
            else:
                await _merge(connection, there)
                gave_way.append(there.article_id)
    return gave_way


def _beside(article_ids: Sequence[int], copy_ids: Sequence[int]) -> Any:
    """Select the posts of these articles that wait, each with the posts of copies in its channel."""
    there = posts.alias("there")
    return (
        select(
            posts.c.id,
            posts.c.article_id,
            subscriptions.c.same_story,
            there.c.id.label("there_id"),
            there.c.state.label("there_state"),
            there.c.article_id.label("there_article_id"),
            there.c.guild_id,
        )
        .join(copies, copies.c.article_id == posts.c.article_id)
        .join(there, and_(there.c.article_id == copies.c.other_id, there.c.channel_id == posts.c.channel_id))
        .join(articles, articles.c.id == posts.c.article_id)
        .join(
            subscriptions,
            and_(
                subscriptions.c.channel_id == posts.c.channel_id,
                subscriptions.c.source_id == articles.c.source_id,
            ),
        )
        .where(
            posts.c.article_id.in_(article_ids),
            # Said once more: by the channel alone, thousands of posts would be looked through.
            there.c.article_id.in_(copy_ids),
            posts.c.state == PostState.READY,
            posts.c.leased_until.is_(None),
            posts.c.beside_id.is_(None),
            there.c.beside_id.is_(None),
            or_(
                there.c.state.in_([PostState.SENDING, PostState.SENT]),
                and_(there.c.state == PostState.READY, there.c.id < posts.c.id),
            ),
        )
        .order_by(posts.c.id, there.c.id)
        .with_for_update(of=[posts, there])
    )


async def _merge(connection: AsyncConnection, there: Row[Any]) -> None:
    """Name a post's article, and those named on it, on the other post, and remove it."""
    found = await connection.scalars(select(merged.c.article_id).where(merged.c.post_id == there.id))
    named = found.all()
    await connection.execute(
        insert(connection, merged).on_conflict_do_nothing(),
        [{"post_id": there.there_id, "article_id": article_id} for article_id in (there.article_id, *named)],
    )
    await connection.execute(delete(posts).where(posts.c.id == there.id))
    if there.there_state is PostState.SENT:
        await articles_arrived(connection, there.guild_id, [there.article_id, *named])
        await draw_again(connection, there.there_article_id, there.guild_id)


async def draw_again(connection: AsyncConnection, article_id: int, guild_id: int) -> None:
    """Have an article's cards in a guild drawn again."""
    await connection.execute(
        update(standings)
        .where(standings.c.article_id == article_id, standings.c.guild_id == guild_id)
        .values(
            version=standings.c.version + 1,
            stale_at=func.coalesce(standings.c.stale_at, DatabaseClock()),
        )
    )


async def also_covered(
    connection: AsyncConnection, post_ids: Iterable[int]
) -> dict[int, tuple[AlsoCovered, ...]]:
    """Answer, by post, which articles are named on it instead of having a post of their own in its channel."""
    found: defaultdict[int, list[AlsoCovered]] = defaultdict(list)
    for portion in portions(post_ids):
        rows = await connection.execute(
            select(
                merged.c.post_id,
                articles.c.id,
                articles.c.title,
                articles.c.url,
                sources.c.title.label("source_title"),
                sources.c.url.label("source_url"),
            )
            .join(articles, articles.c.id == merged.c.article_id)
            .join(sources, sources.c.id == articles.c.source_id)
            .where(merged.c.post_id.in_(portion))
            .order_by(merged.c.post_id, articles.c.id)
        )
        for row in rows:
            found[row.post_id].append(
                AlsoCovered(row.id, row.title, row.url, row.source_title, row.source_url)
            )
    return {post_id: tuple(named) for post_id, named in found.items()}


async def earlier(connection: AsyncConnection, post_ids: Iterable[int]) -> dict[int, AlsoCovered]:
    """Answer, by post, what its channel was told last before it of the same developing story, copies left out."""
    own, before, copied = articles.alias(), posts.alias(), copies.alias()
    found: dict[int, AlsoCovered] = {}
    for portion in portions(post_ids):
        rows = await connection.execute(
            select(
                posts.c.id.label("post_id"),
                articles.c.id,
                articles.c.title,
                articles.c.url,
                sources.c.title.label("source_title"),
                sources.c.url.label("source_url"),
                func.coalesce(before.c.place_id, before.c.channel_id).label("channel_id"),
                before.c.message_id,
            )
            .join(own, own.c.id == posts.c.article_id)
            .join(articles, and_(articles.c.story_id == own.c.story_id, articles.c.id != own.c.id))
            .join(
                before,
                and_(before.c.article_id == articles.c.id, before.c.channel_id == posts.c.channel_id),
            )
            .join(sources, sources.c.id == articles.c.source_id)
            .where(
                posts.c.id.in_(portion),
                before.c.id < posts.c.id,
                before.c.state == PostState.SENT,
                before.c.beside_id.is_(None),
                ~exists().where(copied.c.article_id == own.c.id, copied.c.other_id == articles.c.id),
            )
            .order_by(posts.c.id, before.c.id)
        )
        for row in rows:
            found[row.post_id] = AlsoCovered(
                row.id, row.title, row.url, row.source_title, row.source_url, row.channel_id, row.message_id
            )
    return found
