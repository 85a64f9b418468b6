"""Stories and related articles: how often they are found, how often falsely, and how long it takes among 100,000.

`python -m benchmarks.stories [ARTICLES]` prints a table. Where TEST_POSTGRES_URL names a server, it is measured too.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy import insert as insert_into

from benchmarks.databases import databases, sqlite
from benchmarks.tales import Babble, Tale, edited, event, pages, parts, real_tales
from bot.feeds.shingles import pack, shingles
from bot.newsroom.ranking import RANKS
from bot.newsroom.related import likest
from bot.newsroom.stories import KINSHIP
from storage import (
    ArticleToStore,
    Brought,
    Database,
    Source,
    SourceUpdate,
    Store,
    SubscriptionToStore,
    tables,
)
from storage.kinship import SKETCH, relate
from storage.rows import portions
from storage.search import words_of

Figure = tuple[str, str, str, bool]
"""What was measured, the figure, the bar, and whether it is met."""

STORED = 100_000
COPIES_OF_EACH = 3
EVENTS, REPORTS = 150, 4
ASKED = 200
GUILD, CHANNEL = 10, 20
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
# Several of the sample's pages are about these: what tells of one tells of the others, too.
SUBJECTS = ("zero waste", "wine", "rental", "language", "backup", "camera", "health insurance")
RECALL, FALSE, PRECISION, MILLISECONDS = 0.995, 4.0, 0.985, 10.0


async def stories(stored: int = STORED, seed: int | None = None) -> list[Figure]:
    """Measure all, times as medians; texts differ from run to run."""
    seed = Random().randrange(10**6) if seed is None else seed
    tales = real_tales()
    figures = await _same_story(tales, Random(seed))
    for name, made in databases():
        async with made() as database:
            figures += await _among_many(name, database, tales, Random(seed), stored)
    return figures


class _Desk:
    """Stores tales as articles of some sources, as polls would."""

    def __init__(self, database: Database) -> None:
        numbers = count()
        self.store = Store(database, ranks=RANKS, nonce=lambda: f"b{next(numbers)}")
        self._sources: list[Source] = []

    async def open(self, sources: int) -> None:
        for number in range(sources):
            url = f"https://paper-{number}.example/feed"
            self._sources.append(await self.store.sources.add(url, f"Paper {number}", None, None))

    async def print(self, tales: Iterable[tuple[int, str, Tale]], *, told: bool = True) -> None:
        """Store, in one transaction, tales with the numbers of their sources and their identities.

        Those that are not `told` come without their shingles.
        """
        of: dict[int, list[ArticleToStore]] = {}
        for source, identity, tale in tales:
            of.setdefault(source, []).append(_article(identity, tale, _packed(tale) if told else b""))
        await self.store.harvest.store(
            [Brought(_update(self._sources[source]), new) for source, new in of.items()], NOW
        )

    async def subscribe(self) -> None:
        for source in self._sources:
            wish = SubscriptionToStore(GUILD, CHANNEL, source.id, thread=False, newest=0, created_by=None)
            await self.store.subscriptions.add(wish, NOW)


def _packed(tale: Tale) -> bytes:
    return pack(shingles(f"{tale.title}\n{tale.text}"))


def _article(identity: str, tale: Tale, packed: bytes) -> ArticleToStore:
    summary = tale.text[:400]
    return ArticleToStore(
        identity,
        "r",
        f"https://paper.example/{identity}",
        tale.title,
        None,
        summary,
        None,
        NOW,
        shingles=packed,
    )


def _update(source: Source) -> SourceUpdate:
    return SourceUpdate(source.id, source.title, None, None, None, None, None, NOW + timedelta(hours=1))


async def _same_story(tales: Sequence[Tale], chance: Random) -> list[Figure]:
    """Real articles of eight papers, each printed again, edited, by three others: which are taken for copies?"""
    async with sqlite() as database:
        desk = _Desk(database)
        await desk.open(8 + COPIES_OF_EACH)
        printed = [
            (
                8 * number // len(tales) if copy == 0 else 7 + copy,
                f"{number}-{copy}",
                tale if copy == 0 else edited(tale, chance),
            )
            for number, tale in enumerate(tales)
            for copy in range(1 + COPIES_OF_EACH)
        ]
        chance.shuffle(printed)
        for portion in portions(printed, 200):
            await desk.print(portion)
        async with database.reading() as connection:
            rows = await connection.execute(select(tables.articles.c.id, tables.articles.c.identity))
            tale_of = {article_id: identity.split("-") for article_id, identity in rows}
            pairs = (await connection.execute(select(tables.copies))).all()
    truly, falsely = set(), set()
    for one, other in pairs:
        if tale_of[one][0] != tale_of[other][0]:
            falsely.add(one)
        elif tale_of[other][1] == "0":
            truly.add(one)
    edits = len(tales) * COPIES_OF_EACH
    recall, false = len(truly) / edits, len(falsely) / len(printed) * 1000
    return [
        (
            f"{edits:,} edited copies of {len(tales):,} articles: found",
            f"{recall:.4f}",
            f"≥ {RECALL}",
            recall >= RECALL,
        ),
        ("of 1,000 articles, taken for copies of others", f"{false:.1f}", f"≤ {FALSE:g}", false <= FALSE),
    ]


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A tale of a set, and which of its labels it has."""

    label: str
    tale: Tale


async def _among_many(
    name: str, database: Database, tales: Sequence[Tale], chance: Random, stored: int
) -> list[Figure]:
    """Among so many articles in one channel: precision, and how long finding copies and relations takes."""
    desk = _Desk(database)
    await desk.open(50)
    await desk.subscribe()
    made = [_Labelled(f"e{at}", tale) for at in range(EVENTS) for tale in event(chance, REPORTS)]
    real = [
        _Labelled(f"r{_subject(tale) or at}", part)
        for at, tale in enumerate(pages())
        if len(tale.text.split()) >= 240
        for part in parts(tale, REPORTS)
    ]
    # By the words of other articles: made of those asked about, nothing rare of them would be rare any more.
    asked_about = {tale.title for tale in pages()}
    babble = Babble([tale for tale in tales if tale.title not in asked_about], chance)
    background = (_Labelled("", babble.tale()) for _ in range(stored - len(made) - len(real)))
    everything = [*made, *real, *background]
    chance.shuffle(everything)
    label_of = {at: one.label for at, one in enumerate(everything, start=1)}
    await _load(name, database, [one.tale for one in everything])
    figures = []
    for title, prefix in (("reports of made-up events", "e"), ("parts of real articles", "r")):
        asked = [at for at, label in label_of.items() if label.startswith(prefix)]
        asked = chance.sample(asked, min(ASKED, len(asked)))
        precision, found, times = await _related(desk.store, asked, label_of)
        figures += [
            (
                f"{name}: related among {stored:,}, {title}: precision at 3",
                f"{precision:.4f}",
                f"≥ {PRECISION}",
                precision >= PRECISION,
            ),
            (f"{name}: shown of three, on average", f"{found:.2f}", "", True),
            _time(f"{name}: finding them", times),
        ]
    new = [edited(chance.choice(tales), chance) for _ in range(ASKED)]
    figures.append(
        _time(f"{name}: telling a new article from {stored:,} others", await _tell(database, desk, new))
    )
    began = time.perf_counter()
    await desk.print((at % 50, f"batch-{at}", babble.tale(300)) for at in range(250))
    figures.append(
        _time(f"{name}: storing 250 new ones at once, for each", [(time.perf_counter() - began) / 250])
    )
    return figures


def _time(name: str, seconds: Sequence[float]) -> Figure:
    milliseconds = statistics.median(seconds) * 1000
    return name, f"{milliseconds:.1f} ms", f"≤ {MILLISECONDS:g} ms", milliseconds <= MILLISECONDS


def _subject(tale: Tale) -> str | None:
    return next((one for one in SUBJECTS if one in tale.title.casefold()), None)


async def _related(
    store: Store, asked: Sequence[int], label_of: dict[int, str]
) -> tuple[float, float, list[float]]:
    """Which part of the at most three that are shown is right, how many are shown of each, and the seconds it took."""
    shown, right, times = 0, 0, []
    for article_id in asked:
        began = time.perf_counter()
        found = likest(await store.search.alike(GUILD, article_id, visible=[CHANNEL]), 3)
        times.append(time.perf_counter() - began)
        shown += len(found)
        right += sum(label_of[one] == label_of[article_id] for one in found)
    return right / max(shown, 1), shown / len(asked), times


async def _tell(database: Database, desk: _Desk, tales: Sequence[Tale]) -> list[float]:
    """Seconds that finding each one's copies and story takes, and keeping what it is found by."""
    times: list[float] = []
    for at, tale in enumerate(tales):
        await desk.print([(at % 50, f"new-{at}", tale)], told=False)
        async with database.writing() as connection:
            article_id = await connection.scalar(select(func.max(tables.articles.c.id))) or 0
            began = time.perf_counter()
            await relate(connection, {article_id: _packed(tale)}, KINSHIP, NOW)
            times.append(time.perf_counter() - began)
    return times


async def _load(name: str, database: Database, tales: Sequence[Tale]) -> None:
    """Put articles, their words and shingles, and posts of them into the tables as they are in the end."""
    frequencies: Counter[str] = Counter()
    everything: dict[Table[Any], list[dict[str, Any]]] = {
        table: []
        for table in (tables.articles, tables.keywords, tables.fingerprints, tables.shingles, tables.posts)
    }
    for at, tale in enumerate(tales, start=1):
        words = words_of(tale.title, tale.text)
        frequencies.update({"", *words})
        packed = _packed(tale)
        everything[tables.articles].append(_stored(at, tale))
        everything[tables.keywords].append({"article_id": at, "words": " ".join(words)})
        everything[tables.fingerprints].append({"article_id": at, "shingles": packed})
        everything[tables.shingles] += (
            {"shingle": number, "article_id": at} for number in KINSHIP.numbers(packed)[:SKETCH]
        )
        everything[tables.posts].append(_posted(at))
    counted = [{"word": word, "articles": found} for word, found in frequencies.items()]
    async with database.writing() as connection:
        for table, rows in [*everything.items(), (tables.frequencies, counted)]:
            for portion in portions(rows, 5000):
                await connection.execute(insert_into(table), portion)
    if name == "PostgreSQL":
        async with database.writing() as connection:
            await connection.exec_driver_sql(
                "SELECT setval('articles_id_seq', (SELECT max(id) FROM articles))"
            )
            await connection.exec_driver_sql("SELECT setval('posts_id_seq', (SELECT max(id) FROM posts))")
            await connection.exec_driver_sql("ANALYZE")


def _stored(at: int, tale: Tale) -> dict[str, Any]:
    return {
        "id": at,
        "source_id": 1 + at % 50,
        "identity": f"old-{at}",
        "revision": "r",
        "title": tale.title,
        "summary": "",
        "search_text": "",
        "first_seen_at": NOW - timedelta(days=1),
        "published_at": NOW - timedelta(days=1),
    }


def _posted(at: int) -> dict[str, Any]:
    return {
        "guild_id": GUILD,
        "channel_id": CHANNEL,
        "article_id": at,
        "state": "sent",
        "nonce": f"old{at}",
        "message_id": 1000 + at,
        "thread_wanted": False,
        "seeded": 2,
        "due_at": NOW,
        "attempts": 1,
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "sent_at": NOW,
        "finished_at": NOW,
    }


if __name__ == "__main__":
    asked_for = int(sys.argv[1]) if len(sys.argv) > 1 else STORED
    for figure in asyncio.run(stories(asked_for)):
        print("| {} | {} | {} | {} |".format(*figure))
