"""Articles on their way into the database: which are known, new ones, revisions. Within the caller's transaction."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Select,
    Text,
    bindparam,
    exists,
    false,
    func,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.readings import look_again
from storage.records import Article, ArticleToStore, Brought, Judge, Length, Origin, Revised, TextStored
from storage.rows import given, halving_portions, insert_into, packed, portions, read
from storage.search import index
from storage.tables import articles, posts, texts
from storage.tallies import mark_stale
from storage.texts import put_texts, search_text
from storage.types import RowId

Made = tuple[int, int, ArticleToStore]
"""An article that was stored just now: its source, its id, and what it was stored from."""


_ARTICLES_AT_ONCE = 64
"""Articles in one statement: the event loop is held while their values are made ready."""

_JUDGED_AT_ONCE = 20
"""Sentences of so many are compared before the loop may do other things."""

# What of a revision is seen on cards, beside its text.
_SEEN = (
    "title", "url", "author", "image_url", "tags", "media_kind", "media_url", "media_duration_s", "word_count"
)  # fmt: skip


async def stored(
    connection: AsyncConnection, pairs: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], tuple[int, str]]:
    """Answer which pairs of a source and an identity are articles: each with its id and its revision."""
    found_all: dict[tuple[int, str], tuple[int, str]] = {}
    # What can be stored in no text is not stored either, and can't be asked for.
    for portion in portions(pair for pair in pairs if _is_text(pair[1])):
        found = await connection.execute(_stored(connection.dialect.name), {"given": packed(portion)})
        found_all |= {
            (source, identity): (article, revision) for source, identity, article, revision in found
        }
    return found_all


def _is_text(identity: str) -> bool:
    """Whether both databases take it: they have no NUL, and no half of a pair of surrogates."""
    try:
        return b"\0" not in identity.encode()
    except UnicodeEncodeError:
        return False


@cache
def _stored(dialect: str) -> Select[int, str, int, str]:
    # Joined, and not `IN`: for pairs of values SQLite would not use the index.
    wanted = given(dialect, source_id=RowId, identity=Text())
    columns = articles.c
    return select(columns.source_id, columns.identity, columns.id, columns.revision).join_from(
        wanted, articles, (columns.source_id == wanted.c.source_id) & (columns.identity == wanted.c.identity)
    )


@cache
def newest_alike(dialect: str) -> Select[int, str, str, str, str | None, datetime | None]:
    """Select the newest article of each source that has the words, of `given` pairs of both."""
    wanted = given(dialect, source_id=RowId, words=Text())
    one, other = articles.alias(), articles.alias()
    # The newest alone, by the index: what a source says every day it has said a thousand times.
    newest = (
        select(other.c.id)
        .where(other.c.source_id == wanted.c.source_id, other.c.words == wanted.c.words)
        .order_by(other.c.id.desc())
        .limit(1)
    )
    found: Any = one
    on: Any = one.c.id == newest.scalar_subquery()
    if dialect == "postgresql":
        # It takes what is given for more rows than it is, and would read all articles instead of looking these up.
        found = newest.with_only_columns(*other.c).lateral("one")
        on = true()
    columns = found.c
    return select(
        wanted.c.source_id,
        wanted.c.words,
        columns.identity,
        columns.revision,
        columns.url,
        columns.published_at,
    ).join_from(wanted, found, on)


async def rename(connection: AsyncConnection, brought: Sequence[Brought]) -> None:
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
        "search_text": search_text(article.title, article.summary),
        "image_url": article.image_url,
        "tags": article.tags,
        "language": article.language,
        "word_count": article.word_count,
        "media_kind": article.media_kind,
        "media_url": article.media_url,
        "media_duration_s": article.media_duration_s,
    }


async def insert_new(connection: AsyncConnection, brought: Sequence[Brought], now: datetime) -> list[Made]:
    """Insert what is not stored yet; answers that in the order of the ids, which is the articles' own."""
    # Of what is told twice the first is stored, and nothing of the others.
    told = {
        (one.source.source_id, article.identity): article
        for one in reversed(brought)
        for article in reversed(one.new)
    }
    made: list[Made] = []
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
    for portion in halving_portions(rows, _ARTICLES_AT_ONCE):
        stored = await connection.execute(_inserting(connection.dialect.name), portion)
        made += [(source, article_id, told[source, identity]) for source, article_id, identity in stored]
    if not made:  # as after most polls
        return made
    made.sort(key=lambda one: one[1])
    await put_texts(
        connection, [(article_id, one.text) for _, article_id, one in made if one.text is not None]
    )
    await index(connection, {article_id: _searched(one) for _, article_id, one in made}, new=True)
    return made


@cache
def _inserting(dialect: str) -> Any:
    """The statement that inserts articles, and answers which were not stored yet."""
    return (
        insert_into(dialect, articles)
        .on_conflict_do_nothing(index_elements=["source_id", "identity"])
        .returning(articles.c.source_id, articles.c.id, articles.c.identity)
    )


def _searched(article: ArticleToStore) -> tuple[str, str]:
    """An article's title and text as they are looked up."""
    return article.title, article.summary if article.text is None else article.text.body or article.summary


async def revise(
    connection: AsyncConnection, brought: Sequence[Brought], judge: Judge, now: datetime
) -> Counter[int]:
    """Put new text in the place of the old; cards that show it are edited when the judge says.

    Answers how many articles were revised, by source.
    """
    revised = {
        (one.source.source_id, article.identity): article for one in brought for article in one.revised
    }
    if not revised:  # as after most polls
        return Counter()
    before = await _before(connection, revised)
    changes: list[dict[str, Any]] = []
    stale: defaultdict[datetime, list[int]] = defaultdict(list)
    for number, (pair, (article, told)) in enumerate(before.items(), 1):
        if number % _JUDGED_AT_ONCE == 0:
            await asyncio.sleep(0)
        after = revised[pair] = _named(revised[pair], article)
        # What the page told instead is compared with the page.
        judged = judge(article if told is None else replace(article, summary=told.normal), after, now)
        changes.append(_changes(article, after, judged, now))
        if _is_seen(article, told, after) or judged.retracted != (article.retracted_at is not None):
            stale[judged.shown_at].append(article.id)
    for portion in portions(changes):
        await connection.execute(
            update(articles)
            .where(articles.c.id == bindparam("article"))
            # An image that was looked at stays so until there is another one.
            .values(
                revisions=articles.c.revisions + 1,
                image_checked=articles.c.image_checked
                & func.coalesce(articles.c.image_url == bindparam("image", type_=Text), false()),
            ),
            portion,
        )
    told_now = [
        (article.id, text)
        for pair, (article, _) in before.items()
        if (text := revised[pair].text) is not None
    ]
    await put_texts(connection, told_now)
    await index(connection, {article.id: _searched(revised[pair]) for pair, (article, _) in before.items()})
    imageless = {
        article.id
        for pair, (article, _) in before.items()
        if article.image_url and not revised[pair].image_url
    }
    for shown_at, ids in stale.items():
        await look_again(connection, ids, shown_at, imageless)
        await mark_stale(connection, ids, shown_at)
    await _draw_whole(connection, before, revised, now)
    return Counter(source_id for source_id, _ in before)


async def take_back(connection: AsyncConnection, brought: Sequence[Brought], now: datetime) -> None:
    """Retract the stored articles that their sources say they have deleted, once; their cards are drawn again."""
    pairs = [(one.source.source_id, identity) for one in brought for identity in one.deleted]
    for portion in portions(pairs):
        taken = await connection.scalars(
            update(articles)
            .where(
                tuple_(articles.c.source_id, articles.c.identity).in_(portion),
                articles.c.retracted_at.is_(None),
            )
            .values(retracted_at=now)
            .returning(articles.c.id)
        )
        await mark_stale(connection, taken.all())


def _named(after: ArticleToStore, before: Article) -> ArticleToStore:
    """A revision of what has no title in its source, with the title that was found on its page."""
    return replace(after, title=before.title) if after.title == after.url else after


def _changes(article: Article, after: ArticleToStore, judged: Revised, now: datetime) -> dict[str, Any]:
    corrected = judged.correction is not None
    return {
        "article": article.id,
        "published_at": after.published_at,
        "revised_at": now,
        "image": after.image_url,
        "correction": judged.correction if corrected else article.correction,
        "corrected_at": now if corrected else article.corrected_at,
        "retracted_at": (article.retracted_at or now) if judged.retracted else None,
        **_text(after),
    }


async def _before(
    connection: AsyncConnection, revised: Mapping[tuple[int, str], ArticleToStore]
) -> dict[tuple[int, str], tuple[Article, TextStored | None]]:
    """The stored articles that are other now, with what their feeds told."""
    ids = {
        article_id: pair
        for pair, (article_id, revision) in (await stored(connection, revised)).items()
        if revision != revised[pair].revision
    }
    found: dict[tuple[int, str], tuple[Article, TextStored | None]] = {}
    for portion in portions(sorted(ids)):
        rows = await connection.execute(
            select(articles, texts)
            .outerjoin_from(
                articles, texts, (texts.c.article_id == articles.c.id) & (texts.c.origin == Origin.FEED.value)
            )
            .where(articles.c.id.in_(portion))
            .order_by(articles.c.id)
        )
        for row in rows:
            told = read(TextStored, texts, row) if row._mapping[texts.c.article_id] is not None else None
            article = read(Article, articles, row)
            found[ids[article.id]] = (article, told)
    return found


def _is_seen(article: Article, told: TextStored | None, after: ArticleToStore) -> bool:
    """Whether cards of some length look other now."""
    if any(getattr(article, name) != getattr(after, name) for name in _SEEN):
        return True
    if told is None or after.text is None:
        return article.summary != after.summary
    return (told.short, told.normal, told.long) != (after.text.short, after.text.normal, after.text.long)


async def _draw_whole(
    connection: AsyncConnection,
    before: Mapping[tuple[int, str], tuple[Article, TextStored | None]],
    revised: Mapping[tuple[int, str], ArticleToStore],
    now: datetime,
) -> None:
    """Have the cards drawn again that show an article's whole text, where only that is other now."""
    changed: Collection[int] = [
        article.id
        for pair, (article, told) in before.items()
        if told is not None and (text := revised[pair].text) is not None and told.body != text.body
    ]
    for portion in portions(changed):
        whole = await connection.scalars(
            select(posts.c.article_id)
            .where(posts.c.article_id.in_(portion), posts.c.length == Length.FULL)
            .distinct()
        )
        await mark_stale(connection, whole.all(), now)
