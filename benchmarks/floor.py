"""The members' floor at size: 1,000,000 votes and 200,000 comments over 50,000 articles in 500 guilds.

What a guild's members ask of it, on SQLite, and how many reactions a second are mirrored. `python -m benchmarks.floor`
makes the database anew (a few minutes) and prints a table; `COUNT=0.1` makes a tenth of it.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any

from sqlalchemy import event, insert

from bot.newsroom.boards import Boards
from bot.newsroom.comment_tree import CommentSort
from bot.newsroom.comments import Comments
from bot.newsroom.front_page import FrontPage, Only
from bot.newsroom.ranking import RANKS, Period, best, controversy, hot
from bot.newsroom.votes import Votes
from bot.newsroom.watch import Watch
from storage import Database, Store
from storage.records import Sort
from storage.tables import (
    articles,
    comments,
    guilds,
    members,
    posts,
    reactions,
    sources,
    standings,
    vote_emoji,
)

SIZE = float(os.environ.get("COUNT", "1"))
GUILDS, ARTICLES, VOTES, COMMENTS = 500, int(50_000 * SIZE), int(1_000_000 * SIZE), int(200_000 * SIZE)
SOURCES, MEMBERS = 400, 20_000
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
PORTION = 20_000
BAR_MS, BAR_EVENTS = 100, 2_000
EVENTS = 6_000

Row = dict[str, Any]


class Floor:
    """The made-up floor: guild g has channel 1,000,000 + g; a tenth of the guilds have half of the articles."""

    def __init__(self, seed: int = 7) -> None:
        self._random = Random(seed)
        self.guild_of = [self._guild() for _ in range(ARTICLES)]
        self.posted_at = [
            NOW - timedelta(minutes=self._random.expovariate(1 / 40_000)) for _ in range(ARTICLES)
        ]

    def _guild(self) -> int:
        # The first guild is a big one: a fiftieth of all articles are its own.
        chance = self._random.random()
        if chance < 0.02:
            return 1
        return self._random.randint(2, 50) if chance < 0.5 else self._random.randint(51, GUILDS)

    def article_rows(self) -> Iterator[Row]:
        """The articles."""
        for number, posted_at in enumerate(self.posted_at, start=1):
            yield {
                "id": number,
                "source_id": self._random.randint(1, SOURCES),
                "identity": f"a{number}",
                "revision": "r",
                "url": f"https://example.org/{number}",
                "title": f"What happened on day {number}",
                "summary": "It is told at length. " * 8,
                "search_text": f"what happened on day {number}",
                "first_seen_at": posted_at,
            }

    def post_rows(self) -> Iterator[Row]:
        """A post of each."""
        for number, (guild_id, posted_at) in enumerate(
            zip(self.guild_of, self.posted_at, strict=True), start=1
        ):
            yield {
                "id": number,
                "guild_id": guild_id,
                "channel_id": 1_000_000 + guild_id,
                "article_id": number,
                "state": "sent",
                "nonce": f"n{number}",
                "message_id": 10_000_000 + number,
                "thread_wanted": False,
                "seeded": 2,
                "due_at": posted_at,
                "attempts": 0,
                "created_at": posted_at,
                "sent_at": posted_at,
                "finished_at": posted_at,
                "expires_at": posted_at,
            }

    def _article(self) -> int:
        """Some are talked about a hundred times more than others."""
        return min(int(ARTICLES * self._random.random() ** 2), ARTICLES - 1) + 1

    def comment_rows(self) -> Iterator[Row]:
        """Comments, half of them answers to an earlier one on the same article."""
        latest: dict[int, int] = {}
        for number in range(1, COMMENTS + 1):
            article_id, message_id = self._article(), 100_000_000 + number
            up, down = self._random.randint(0, 9), self._random.randint(0, 3)
            yield {
                "message_id": message_id,
                "guild_id": self.guild_of[article_id - 1],
                "channel_id": 1_000_000 + self.guild_of[article_id - 1],
                "article_id": article_id,
                "reply_to_id": latest.get(article_id) if number % 2 else None,
                "author_id": self._random.randint(1, MEMBERS),
                "text": "I have seen this myself, and it was quite another thing.",
                "created_at": self.posted_at[article_id - 1] + timedelta(minutes=self._random.random() * 900),
                "upvotes": up,
                "downvotes": down,
                "rank": down - up,
            }
            latest[article_id] = message_id

    def reaction_rows(self, tallies: dict[int, list[int]]) -> Iterator[Row]:
        """Votes on articles, one a member, counted into `tallies`; a fifth of them against."""
        given = set[tuple[int, int]]()
        while len(given) < VOTES:
            article_id, member_id = self._article(), self._random.randint(1, MEMBERS)
            if (article_id, member_id) in given:
                continue
            given.add((article_id, member_id))
            against = self._random.random() < 0.2
            tallies.setdefault(article_id, [0, 0])[against] += 1
            yield {
                "message_id": 10_000_000 + article_id,
                "member_id": member_id,
                "emoji": "👎" if against else "👍",
                "post_id": article_id,
                "reacted_at": self.posted_at[article_id - 1] + timedelta(minutes=self._random.random() * 900),
            }

    def standing_rows(self, tallies: dict[int, list[int]], commented: dict[int, int]) -> Iterator[Row]:
        """What the votes and comments come to."""
        for number, (guild_id, posted_at) in enumerate(
            zip(self.guild_of, self.posted_at, strict=True), start=1
        ):
            ups, downs = tallies.get(number, [0, 0])
            yield {
                "article_id": number,
                "guild_id": guild_id,
                "upvotes": ups,
                "downvotes": downs,
                "score": ups - downs,
                "comment_count": commented.get(number, 0),
                "hot": hot(ups, downs, posted_at),
                "controversy": controversy(ups, downs),
                "best": best(ups, downs),
                "posted_at": posted_at,
                "version": 1,
            }


async def fill(database: Database, floor: Floor) -> None:
    """Write the whole floor."""

    async def write(table: Any, rows: Iterator[Row]) -> None:
        portion: list[Row] = []
        for row in rows:
            portion.append(row)
            if len(portion) == PORTION:
                await _insert(database, table, portion)
                portion = []
        if portion:
            await _insert(database, table, portion)

    everyone = range(1, GUILDS + 1)
    await write(guilds, ({"id": one, "name": f"Guild {one}", "joined_at": NOW} for one in everyone))
    usual = (("👍", 1, 0), ("👎", -1, 1))
    await write(
        vote_emoji,
        (
            {"guild_id": one, "emoji": emoji, "weight": weight, "place": place}
            for one in everyone
            for emoji, weight, place in usual
        ),
    )
    titled = ((one, f"Source {one}") for one in range(1, SOURCES + 1))
    await write(
        sources,
        ({"id": one, "url": f"https://{one}.example/", "title": t, "failures": 0} for one, t in titled),
    )
    await write(articles, floor.article_rows())
    await write(posts, floor.post_rows())
    commented: dict[int, int] = {}
    authors = set[tuple[int, int]]()

    def said() -> Iterator[Row]:
        for row in floor.comment_rows():
            commented[row["article_id"]] = commented.get(row["article_id"], 0) + 1
            authors.add((row["guild_id"], row["author_id"]))
            yield row

    await write(comments, said())
    await write(members, ({"guild_id": g, "member_id": m, "name": f"member {m}"} for g, m in sorted(authors)))
    tallies: dict[int, list[int]] = {}
    await write(reactions, floor.reaction_rows(tallies))
    await write(standings, floor.standing_rows(tallies, commented))


async def _insert(database: Database, table: Any, rows: list[Row]) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(table), rows)


async def measure() -> list[str]:
    """Make the floor, ask of it, and react on it; answers lines of a table."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("FLOOR_DIR")) as folder:
        database = await Database.open(f"sqlite:///{Path(folder) / 'floor.db'}")
        try:
            await database.migrate()
            floor = Floor()
            await fill(database, floor)
            numbers = iter(range(1_000_000))
            store = Store(database, ranks=RANKS, nonce=lambda: f"m{next(numbers)}")
            asked = await _ask(database, store, floor)
            rate, of_work, together = await _react(store, floor)
        finally:
            await database.close()
    return [
        f"The members' floor: {VOTES:,} votes, {COMMENTS:,} comments, {ARTICLES:,} articles, {GUILDS} guilds (SQLite)",
        f"{'asked':44} {'median':>9} {'95 %':>9} {'CPU 95 %':>9}",
        *asked,
        f"Reactions mirrored, told as a storm: {rate:,.0f} a second (bar: {BAR_EVENTS:,}), {of_work:,.0f} a second of "
        f"processor time, {together:.0f} at once",
        f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors",
    ]


Ask = Callable[[int], Awaitable[object]]


async def _ask(database: Database, store: Store, floor: Floor) -> list[str]:
    def clock() -> datetime:
        return NOW

    front_page, random = FrontPage(store, clock=clock), Random(3)
    talk = Comments(store, Watch(), clock=clock)
    boards = Boards(store, clock=clock)

    def visible(guild_id: int) -> set[int]:
        # As a guild of fifty channels has them.
        return {1_000_000 + guild_id, *range(guild_id * 1000, guild_id * 1000 + 50)}

    def top(sort: Sort, period: Period, only: Only | None = None) -> Ask:
        return lambda guild_id: front_page.page(
            guild_id, sort, period, visible=visible(guild_id), only=only or Only(random.randint(1, SOURCES))
        )

    everything = Only(None, None)
    questions: dict[str, Ask] = {
        **{
            f"/top {sort}, {period}": top(sort, period, everything)
            for sort in Sort
            for period in (Period.DAY, Period.WEEK, Period.ALL)
        },
        "/top hot of one source, all": top(Sort.HOT, Period.ALL),
        "/top best of one source, week": top(Sort.BEST, Period.WEEK),
        "/leaderboard sources": lambda guild_id: boards.sources(
            guild_id, Period.MONTH, visible=visible(guild_id)
        ),
        "/leaderboard commenters": lambda guild_id: boards.commenters(
            guild_id, Period.MONTH, visible=visible(guild_id)
        ),
        "/stats": lambda guild_id: boards.figures(guild_id, visible=visible(guild_id)),
    }
    lines = []
    for name, ask in questions.items():
        guild_ids = [1, *(random.choice(floor.guild_of) for _ in range(59))]
        lines.append(await _timed(database, name, ask, guild_ids))
    told = dict(enumerate(floor.guild_of, start=1))
    article_ids = [1, *(random.randint(1, ARTICLES // 20) for _ in range(59))]
    for sort in CommentSort:

        def page(one: int, sort: CommentSort = sort) -> Awaitable[object]:
            return talk.page(told[one], one, sort, visible=visible(told[one]))

        lines += [await _timed(database, f"/comments {sort}", page, article_ids)]
    return lines


async def _timed(database: Database, name: str, ask: Ask, subjects: list[int]) -> str:
    """Ask for each; the first time is left out, in which the statement is compiled."""
    scans = set[str]()

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _many: bool) -> None:
        ran.append((statement, parameters))

    ran: list[tuple[str, Any]] = []
    engine = database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await ask(subjects[0])
    event.remove(engine, "before_cursor_execute", note)
    async with database.reading() as connection:
        for statement, parameters in ran:
            plan: Any = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            scans |= {row[3] for row in plan if row[3].startswith("SCAN") and _is_table(row[3])}
    took, worked = [], []
    for subject in subjects:
        began, before = time.perf_counter(), time.process_time()
        await ask(subject)
        took.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - before) * 1000)
    cuts, work = quantiles(took, n=20), quantiles(worked, n=20)
    verdict = "" if cuts[18] <= BAR_MS else f"  over {BAR_MS} ms"
    told = f"  scans: {', '.join(sorted(scans))}" if scans else ""
    return f"{name:44} {cuts[9]:6.1f} ms {cuts[18]:6.1f} ms {work[18]:6.1f} ms{verdict}{told}"


def _is_table(step: str) -> bool:
    return step.split()[1] in {"articles", "posts", "comments", "reactions", "standings", "members"}


async def _react(store: Store, floor: Floor) -> tuple[float, float, float]:
    """Tell a storm of reactions as discord.py does, each in a task of its own.

    Answers how many are mirrored a second, and a second of the processor's, and how many at once.
    """
    random, now = Random(11), iter(range(10_000_000))
    votes = Votes(store, Watch(), clock=lambda: NOW + timedelta(microseconds=next(now)))
    apply, batches = store.votes.apply, 0

    async def counted(changes: Any) -> Any:
        nonlocal batches
        batches += 1
        return await apply(changes)

    store.votes.apply = counted  # type: ignore[method-assign]
    began, before = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(EVENTS):
            message_id = 10_000_000 + random.randint(1, ARTICLES)
            group.create_task(
                votes.reacted(message_id, random.randint(1, MEMBERS * 5), random.choice("👍👎"))
            )
    took, worked = time.perf_counter() - began, time.process_time() - before
    return EVENTS / took, EVENTS / worked, EVENTS / batches


if __name__ == "__main__":
    print("\n".join(asyncio.run(measure())))
