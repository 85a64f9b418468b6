"""Readings: which articles' pages and images are still to be fetched, and what came of it.

A post that waits for one goes out after `HOLD` all the same; what is read later makes its card stale.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.kinship import Kinship, relate, take_turn
from storage.records import (
    Article,
    ArticleRead,
    ArticleToRead,
    ArticleToStore,
    ImageSeen,
    Length,
    Origin,
    PostState,
    Reading,
    Source,
    TextStored,
)
from storage.rows import Insert, insert, insert_into, listed, packed, portions, read
from storage.search import index
from storage.stories import settle
from storage.tables import articles, pictures, posts, readings, sources, texts
from storage.tallies import mark_stale
from storage.texts import put_texts, search_text
from storage.types import RowId, UtcDateTime

HOLD = timedelta(seconds=45)
"""Posting never waits longer than this for a page or an image."""

_page = texts.alias()
_HAS_PAGE = (
    exists()
    .where(_page.c.article_id == articles.c.id, _page.c.origin == Origin.PAGE.value)
    .correlate(articles)
    .label("has_page")
)
_FEED = and_(texts.c.article_id == articles.c.id, texts.c.origin == Origin.FEED.value)


def wants_page(reading: Reading, *, whole: bool) -> bool:
    """Whether a subscription that reads pages so wants that of an article whose feed has the `whole` text, or not."""
    return reading is Reading.ALWAYS or (reading is Reading.NEEDED and not whole)


@dataclass(frozen=True, slots=True)
class Unread:
    """What of an article is not known yet: its `page` (it has one), its `image`; its feed had the `whole` text."""

    page: bool
    whole: bool
    image: bool

    def holds(self, reading: Reading, length: Length) -> bool:
        """Whether a post with these wishes waits for it to be read."""
        page = self.page and length is not Length.NONE and wants_page(reading, whole=self.whole)
        return page or self.image


def unread_of(article: ArticleToStore) -> Unread:
    """What of an article that was stored just now is not known yet."""
    return Unread(
        page=article.url is not None,
        whole=article.text is not None and article.text.whole,
        image=article.image_url is not None,
    )


async def unread(connection: AsyncConnection, article_ids: Iterable[int]) -> dict[int, Unread]:
    """Answer what of these articles is not known yet."""
    found: dict[int, Unread] = {}
    for portion in portions(article_ids):
        rows = await connection.execute(_unread(connection.dialect.name), {"given": packed(portion)})
        for row in rows:
            found[row.id] = Unread(
                page=row.url is not None and not row.has_page,
                whole=bool(row.whole),
                image=row.image_url is not None and not row.image_checked,
            )
    return found


@cache
def _unread(dialect: str) -> Select[*tuple[Any, ...]]:
    wanted = listed(dialect, article_id=RowId)
    return (
        select(
            articles.c.id,
            articles.c.url,
            articles.c.image_url,
            articles.c.image_checked,
            texts.c.whole,
            _HAS_PAGE,
        )
        .outerjoin_from(articles, texts, _FEED)
        .where(articles.c.id.in_(select(wanted.c.article_id)))
    )


async def enlist(connection: AsyncConnection, article_ids: Iterable[int], due_at: datetime) -> None:
    """Have these articles read; one that waits to be read already keeps its turn."""
    for portion in portions(article_ids):
        await connection.execute(
            _enlisting(connection.dialect.name), {"given": packed(portion), "due": due_at}
        )


@cache
def _enlisting(dialect: str) -> Insert:
    waiting = listed(dialect, article_id=RowId)
    # The condition parts what is inserted from the conflict, for SQLite's parser.
    rows = select(waiting.c.article_id, bindparam("due", type_=UtcDateTime), literal_column("0")).where(
        true()
    )
    return (
        insert_into(dialect, readings)
        .from_select(["article_id", "due_at", "attempts"], rows)
        .on_conflict_do_nothing(index_elements=["article_id"])
    )


async def look_again(
    connection: AsyncConnection, article_ids: Collection[int], due_at: datetime, imageless: Collection[int]
) -> None:
    """Have revised articles read that cards show: whose image is another one now, or whose text is not the feed's.

    So are those that are `imageless` and had an image before: it may have been the page's.
    """
    shown = await _wishes(connection, article_ids)
    unknown = await unread(connection, shown)
    await enlist(connection, [article_id for article_id, one in unknown.items() if one.image], due_at)
    for portion in portions(shown):
        outdated = await connection.scalars(
            select(texts.c.article_id)
            .where(texts.c.article_id.in_(portion), texts.c.origin != Origin.FEED.value)
            .distinct()
        )
        await enlist(connection, {*outdated, *(one for one in portion if one in imageless)}, due_at)
        # What is being read now may be what stood there before.
        await connection.execute(update(readings).where(readings.c.article_id.in_(portion)).values(anew=True))


class Readings:
    """The articles to be read, from the reader's claim to what it brought."""

    def __init__(self, database: Database, kinship: Kinship) -> None:
        self._database = database
        self._kinship = kinship

    async def next_due_at(self) -> datetime | None:
        """Answer when the next article is to be read; None while none is."""
        async with self._database.reading() as connection:
            due: datetime | None = await connection.scalar(select(func.min(readings.c.due_at)))
            return due

    async def resume(self, now: datetime, lease: timedelta) -> None:
        """Have what was claimed due at once, on start: whoever held it is gone.

        What was put off for no longer than a lease comes along: it can't be told from that.
        """
        async with self._database.writing() as connection:
            await connection.execute(
                update(readings)
                .where(readings.c.due_at > now, readings.c.due_at <= now + lease)
                .values(due_at=now)
            )

    async def claim(self, now: datetime, limit: int, lease: timedelta) -> list[ArticleToRead]:
        """Claim the articles that are due, longest due first. They are due again when the lease has ended."""
        async with self._database.writing() as connection:
            due = await connection.scalars(
                select(readings.c.article_id)
                .where(readings.c.due_at <= now)
                .order_by(readings.c.due_at, readings.c.article_id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            ids = due.all()
            if not ids:
                return []
            await connection.execute(
                update(readings)
                .where(readings.c.article_id.in_(ids))
                .values(due_at=now + lease, attempts=readings.c.attempts + 1)
            )
            rows = await connection.execute(
                select(
                    articles, sources, texts, readings.c.attempts.label("tried"), readings.c.anew, _HAS_PAGE
                )
                .join(sources, sources.c.id == articles.c.source_id)
                .join(readings, readings.c.article_id == articles.c.id)
                .outerjoin(texts, _FEED)
                .where(articles.c.id.in_(ids))
            )
            found = {row._mapping[articles.c.id]: row for row in rows}
            wishes = await _wishes(connection, ids)
            return [_to_read(found[article_id], wishes.get(article_id, frozenset())) for article_id in ids]

    async def keep(
        self,
        brought: ArticleRead,
        now: datetime,
        again_at: datetime | None = None,
        *,
        posts_wait: bool = False,
        revisions: int | None = None,
    ) -> None:
        """Store what reading an article brought. It is done with that, or goes on at `again_at`.

        It goes on at once where the article had so many `revisions` when it was claimed, and was revised meanwhile.
        Posts that wait for it go now, unless it may be done while they wait; where `posts_wait`, the reading goes on
        at once. Cards that show less are drawn again.
        """
        async with self._database.writing() as connection:
            article_id = brought.article_id
            if brought.text is not None:
                await take_turn(connection)
            stored = (
                await connection.execute(
                    select(articles).where(articles.c.id == article_id).with_for_update()
                )
            ).one_or_none()
            if stored is None:  # its source is gone, and its reading with it
                return
            changes = _changes(read(Article, articles, stored), brought, now)
            if brought.text is not None:
                await put_texts(connection, [(article_id, brought.text)])
                await index(connection, {article_id: (brought.title or stored.title, brought.text.body)})
                # Of a stub nobody could say which story it tells.
                await relate(connection, {article_id: brought.shingles}, self._kinship, now, again=True)
                await settle(connection, [article_id])
            if brought.image is not None and "image_checked" in changes:
                await _put_picture(connection, article_id, brought.image, now)
            if changes:
                await connection.execute(update(articles).where(articles.c.id == article_id).values(changes))
            if changes.keys() & _SHOWN:
                await mark_stale(connection, [article_id])
            if posts_wait:
                return
            if again_at is None:
                done = [readings.c.article_id == article_id]
                if revisions is not None and revisions != stored.revisions:
                    done.append(~readings.c.anew)
                    await connection.execute(
                        update(readings)
                        .where(readings.c.article_id == article_id, readings.c.anew)
                        .values(due_at=now, attempts=0)
                    )
                await connection.execute(delete(readings).where(*done))
            else:
                await connection.execute(
                    update(readings).where(readings.c.article_id == article_id).values(due_at=again_at)
                )
            await _let_go(connection, article_id, until=again_at)

    async def forget_pictures(self, before: datetime, limit: int) -> int:
        """Remove pictures that were made before then, at most `limit`; answers how many."""
        async with self._database.writing() as connection:
            old = select(pictures.c.article_id).where(pictures.c.made_at < before).limit(limit)
            gone = await connection.execute(delete(pictures).where(pictures.c.article_id.in_(old)))
            return gone.rowcount


# What of an article its cards show.
_SHOWN = frozenset(
    ("title", "summary", "author", "published_at", "paywalled", "image_checked", "word_count", "retracted_at")
)


def _changes(article: Article, brought: ArticleRead, now: datetime) -> dict[str, Any]:
    """The article's columns that are other after this reading."""
    changes: dict[str, Any] = {}
    for name in ("author", "published_at", "language"):
        if getattr(article, name) is None and getattr(brought, name) is not None:
            changes[name] = getattr(brought, name)
    if brought.title is not None:
        changes |= {"title": brought.title, "search_text": search_text(brought.title, article.summary)}
    if brought.paywalled and not article.paywalled:
        changes["paywalled"] = True
    if brought.text is not None:
        summary = brought.text.normal or article.summary
        changes |= {
            "summary": summary,
            "search_text": search_text(brought.title or article.title, summary),
            "word_count": brought.word_count,
        }
    if brought.correction is not None:
        said = (
            [article.correction] if article.correction and article.corrected_at == article.revised_at else []
        )
        changes |= {"correction": " ".join(dict.fromkeys((*said, brought.correction))), "corrected_at": now}
    if brought.retracted and article.retracted_at is None:
        changes["retracted_at"] = now
    if brought.image is not None and article.image_url == brought.image.claimed:
        changes |= {"image_url": brought.image.url, "image_checked": True}
    return changes


async def _put_picture(connection: AsyncConnection, article_id: int, image: ImageSeen, now: datetime) -> None:
    await connection.execute(delete(pictures).where(pictures.c.article_id == article_id))
    if image.picture is not None:
        media_type, data = image.picture
        await connection.execute(
            insert(connection, pictures).values(
                article_id=article_id, media_type=media_type, data=data, made_at=now
            )
        )


async def _let_go(connection: AsyncConnection, article_id: int, until: datetime | None) -> None:
    """Have an article's posts wait no longer for its reading, but for those that wait beyond `until` anyway."""
    # Only a post that was put off has a problem; those wait for something else.
    waiting = [
        posts.c.article_id == article_id,
        posts.c.state == PostState.READY,
        posts.c.problem.is_(None),
        posts.c.due_at > posts.c.created_at,
    ]
    if until is not None:
        waiting.append(posts.c.due_at <= until)
    await connection.execute(update(posts).where(*waiting).values(due_at=posts.c.created_at))


async def _wishes(
    connection: AsyncConnection, article_ids: Collection[int]
) -> Mapping[int, frozenset[Reading]]:
    """How the posts of those articles that have any want them read; one without a summary does not care."""
    rows = await connection.execute(
        select(posts.c.article_id, posts.c.reading, posts.c.length)
        .where(
            posts.c.article_id.in_(article_ids),
            posts.c.state.in_([PostState.READY, PostState.SENDING, PostState.SENT]),
        )
        .distinct()
    )
    wishes: dict[int, frozenset[Reading]] = {}
    for article_id, reading, length in rows:
        wish = Reading.NEVER if length is Length.NONE else reading
        wishes[article_id] = wishes.get(article_id, frozenset()) | {wish}
    return wishes


def _to_read(row: Row[*tuple[Any, ...]], wishes: frozenset[Reading]) -> ArticleToRead:
    values = row._mapping
    return ArticleToRead(
        article=read(Article, articles, row),
        source=read(Source, sources, row),
        feed=read(TextStored, texts, row) if values[texts.c.article_id] is not None else None,
        has_page=values["has_page"],
        wishes=wishes,
        attempts=values["tried"],
        anew=values[readings.c.anew],
    )
