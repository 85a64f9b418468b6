"""What a round of polls brought, stored in one transaction: hundreds of polls cost little more than one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    Integer,
    Select,
    Text,
    Update,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    null,
    select,
    update,
    values,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.moves import Moves, move
from storage.outbox import queue
from storage.records import (
    ArticleToStore,
    Brought,
    Ingested,
    SourceFailed,
    SourceUnchanged,
    SourceUpdate,
    WordsStored,
)
from storage.rows import given, insert, packed, portions
from storage.sources import next_poll
from storage.tables import articles, sources, subscriptions
from storage.tallies import mark_stale
from storage.types import RowId, UtcDateTime

Poll = TypeVar("Poll", SourceUpdate, SourceUnchanged)

Stored = Mapping[tuple[int, str], tuple[int, str]]
"""Articles by source and identity: the id, and the revision."""

# Written into the statement: a value would be bound anew for each row.
_WELL = {"failures": literal_column("0"), "failing_since": null(), "not_before": null(), "problem": null()}
"""What a poll that succeeded clears."""


_ARTICLES_AT_ONCE = 100
"""Articles in one statement: the event loop is held while their values are made ready."""


class Harvest:
    """Polls' results."""

    def __init__(self, database: Database, nonce: Callable[[], str]) -> None:
        self._database = database
        self._nonce = nonce

    async def known(self, wanted: Mapping[int, Iterable[str]]) -> dict[int, dict[str, str]]:
        """Answer which of the identities are stored for each source, each with its revision."""
        known: dict[int, dict[str, str]] = {source_id: {} for source_id in wanted}
        async with self._database.reading() as connection:
            pairs = ((source_id, identity) for source_id, all_of in wanted.items() for identity in all_of)
            stored = await _stored(connection, pairs)
        for (source_id, identity), (_, revision) in stored.items():
            known[source_id][identity] = revision
        return known

    async def alike(self, wanted: Mapping[int, Iterable[str]]) -> dict[int, dict[str, WordsStored]]:
        """Answer, for each source, which of the words are stored, with the newest article that has them."""
        found: dict[int, dict[str, WordsStored]] = {source_id: {} for source_id in wanted}
        pairs = ((source_id, words) for source_id, all_of in wanted.items() for words in all_of)
        async with self._database.reading() as connection:
            for portion in portions(pairs):
                rows = await connection.execute(_newest_alike(portion))
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
        async with self._database.writing() as connection:
            # Two polls of one source store one after the other; of the second one's articles none are new.
            there = await _lock(
                connection,
                {one.source.source_id for one in brought},
                {one.source_id for one in unchanged} | {one.source_id for one in failed},
                moved or {},
            )
            moves = await move(connection, moved, self._nonce, now) if moved else Moves()
            unchanged = [_arrived(one, moves) for one in unchanged if one.source_id not in moves.gave_up]
            await _quiet(connection, unchanged, now)
            await _fail(connection, failed, now)
            kept = [
                replace(one, source=_arrived(one.source, moves))
                for one in brought
                if one.source.source_id in there - moves.gave_up
            ]
            await _rename(connection, kept)
            new = await _insert(connection, kept, now)
            revisions = await _revise(connection, kept, now)
            # The sources first: a subscription that began while one was idle is served below all the same.
            await _update_sources(connection, [one.source for one in kept if not one.pushed], now)
            may_begin: dict[int, list[int]] = await _with_beginners(connection, unchanged)
            held_back = {one.source.source_id: one.held_back for one in kept}
            news = {
                source_id: [
                    article_id for article_id, identity in made if identity not in held_back[source_id]
                ]
                for source_id, made in new.items()
            }
            queued = await queue(connection, may_begin | news, self._nonce, now)
        return [_ingested(one.source.source_id, new, revisions, queued) for one in brought]


def _ingested(
    source_id: int,
    new: Mapping[int, Sequence[tuple[int, str]]],
    revisions: Mapping[int, int],
    queued: Mapping[int, int],
) -> Ingested:
    return Ingested(len(new.get(source_id, ())), revisions.get(source_id, 0), queued.get(source_id, 0))


@cache
def _quieting(dialect: str) -> Update:
    """The statement that stores polls which brought nothing."""
    polls = given(
        dialect,
        source_id=RowId,
        next_poll_at=UtcDateTime(),
        etag=Text(),
        last_modified=Text(),
        digest=Text(),
        moved_to=Text(),
        moved_seen=Integer(),
    )
    return (
        update(sources)
        .where(sources.c.id == polls.c.source_id)
        .values(
            next_poll_at=next_poll(polls.c.next_poll_at),
            etag=polls.c.etag,
            last_modified=polls.c.last_modified,
            digest=polls.c.digest,
            moved_to=polls.c.moved_to,
            moved_seen=polls.c.moved_seen,
            last_polled_at=bindparam("polled"),
            last_success_at=bindparam("polled"),
            **_WELL,
        )
    )


async def _quiet(connection: AsyncConnection, unchanged: Sequence[SourceUnchanged], now: datetime) -> None:
    for portion in portions(unchanged):
        polls = [
            (
                one.source_id,
                one.next_poll_at,
                one.etag,
                one.last_modified,
                one.digest,
                one.moved_to,
                one.moved_seen,
            )
            for one in portion
        ]
        await connection.execute(_quieting(connection.dialect.name), {"given": packed(polls), "polled": now})


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
        .with_for_update()
    )


async def _with_beginners(
    connection: AsyncConnection, unchanged: Sequence[SourceUnchanged]
) -> dict[int, list[int]]:
    """Those of the sources that have a subscription which is still to begin, hardly ever any; with no new articles."""
    beginning: dict[int, list[int]] = {}
    for portion in portions(unchanged):
        ids = packed([(one.source_id,) for one in portion])
        found = await connection.scalars(_beginning(connection.dialect.name), {"given": ids})
        beginning |= {source_id: [] for source_id in found}
    return beginning


@cache
def _beginning(dialect: str) -> Select[int]:
    polled = given(dialect, source_id=RowId)
    return select(subscriptions.c.source_id).where(
        subscriptions.c.source_id.in_(select(polled.c.source_id)), subscriptions.c.started_at.is_(None)
    )


async def _stored(
    connection: AsyncConnection, pairs: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], tuple[int, str]]:
    stored: dict[tuple[int, str], tuple[int, str]] = {}
    for portion in portions(pairs):
        # Joined, and not `IN`: for pairs of values SQLite would not use the index.
        wanted = (
            values(column("source_id", RowId), column("identity", Text), name="wanted")
            .data(list(portion))
            .cte("wanted")
        )
        found = await connection.execute(
            select(articles.c.source_id, articles.c.identity, articles.c.id, articles.c.revision).join(
                wanted,
                (articles.c.source_id == wanted.c.source_id) & (articles.c.identity == wanted.c.identity),
            )
        )
        stored |= {(source, identity): (article, revision) for source, identity, article, revision in found}
    return stored


def _newest_alike(
    pairs: Sequence[tuple[int, str]],
) -> Select[int, str, str, str, str | None, datetime | None]:
    wanted = (
        values(column("source_id", RowId), column("words", Text), name="wanted")
        .data(list(pairs))
        .cte("wanted")
    )
    other = articles.alias()
    # The newest alone, by the index: what a source says every day it has said a thousand times.
    newest = (
        select(other.c.id)
        .where(other.c.source_id == wanted.c.source_id, other.c.words == wanted.c.words)
        .order_by(other.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    columns = articles.c
    return select(
        columns.source_id,
        wanted.c.words,
        columns.identity,
        columns.revision,
        columns.url,
        columns.published_at,
    ).join_from(wanted, articles, columns.id == newest)


async def _rename(connection: AsyncConnection, brought: Sequence[Brought]) -> None:
    """Give articles the identities that their sources have for them now; where one is stored already, it stays."""
    renamed = [
        {"source": one.source.source_id, "before": before, "after": after}
        for one in brought
        for before, after in one.renamed
    ]
    other = articles.alias()
    for portion in portions(renamed):
        await connection.execute(
            update(articles)
            .where(
                articles.c.source_id == bindparam("source"),
                articles.c.identity == bindparam("before"),
                ~exists().where(
                    other.c.source_id == bindparam("source"), other.c.identity == bindparam("after")
                ),
            )
            .values(identity=bindparam("after")),
            portion,
        )


def _text(article: ArticleToStore) -> dict[str, Any]:
    return {
        "revision": article.revision,
        "words": article.words,
        "url": article.url,
        "title": article.title,
        "author": article.author,
        "summary": article.summary,
        "search_text": f"{article.title}\n{article.summary}".casefold(),
        "image_url": article.image_url,
    }


async def _insert(
    connection: AsyncConnection, brought: Sequence[Brought], now: datetime
) -> dict[int, list[tuple[int, str]]]:
    """Insert what is not stored yet; answers, for each source, the new ids and identities in its articles' order."""
    ids: dict[int, list[tuple[int, str]]] = {one.source.source_id: [] for one in brought}
    rows = (
        {
            "source_id": one.source.source_id,
            "identity": article.identity,
            "published_at": article.published_at,
            "first_seen_at": now,
            **_text(article),
        }
        for one in brought
        for article in one.new
    )
    for portion in portions(rows, _ARTICLES_AT_ONCE):
        made = await connection.execute(
            insert(connection, articles)
            .on_conflict_do_nothing(index_elements=["source_id", "identity"])
            .returning(articles.c.source_id, articles.c.id, articles.c.identity),
            portion,
        )
        for source_id, article_id, identity in made:
            ids[source_id].append((article_id, identity))
    return {source_id: sorted(made) for source_id, made in ids.items()}


async def _revise(connection: AsyncConnection, brought: Sequence[Brought], now: datetime) -> dict[int, int]:
    """Put new text in the place of the old and have the cards edited that show it; answers how many, by source."""
    revised = [(one.source.source_id, article) for one in brought for article in one.revised]
    if not revised:
        return {}
    stored = await _stored(connection, ((source, article.identity) for source, article in revised))
    revisions: dict[int, int] = {}
    changes = []
    for source_id, article in revised:
        article_id, revision = stored.get((source_id, article.identity), (None, article.revision))
        if revision != article.revision:
            changes.append(
                {
                    "article": article_id,
                    "published_at": article.published_at,
                    "revised_at": now,
                    **_text(article),
                }
            )
            revisions[source_id] = revisions.get(source_id, 0) + 1
    for portion in portions(changes):
        await connection.execute(update(articles).where(articles.c.id == bindparam("article")), portion)
        await mark_stale(connection, [change["article"] for change in portion])
    return revisions


async def _update_sources(connection: AsyncConnection, found: Sequence[SourceUpdate], now: datetime) -> None:
    for portion in portions(found):
        await connection.execute(
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
            ),
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
