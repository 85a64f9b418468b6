"""Articles whose source changes its guids are found by their words, and keep their rows under the new ones."""

from __future__ import annotations

from sqlalchemy import event, text

from bot.feeds.shingles import pack
from storage import Ingested
from storage.records import Brought, WordsStored
from tests.storage.desk import NOW, Desk, article, at, poll


async def test_words_find_the_newest_article_of_their_own_source(desk: Desk):
    source, other = await desk.wired(100), await desk.wired(101, name="other")
    stored = [
        article("old", words="w", published_at=at(-9)),
        article("new", words="w", published_at=at(-5), revision="r2"),
        article("none"),
    ]
    await desk.store.harvest.store([Brought(poll(source), stored)], NOW)
    await desk.store.harvest.store([Brought(poll(other), [article("theirs", words="theirs")])], NOW)
    found = await desk.store.harvest.alike({source.id: ["w", "theirs", "x"], other.id: ["theirs"]})
    assert found == {
        source.id: {"w": WordsStored("new", "r2", "https://example.org/new", at(-5))},
        other.id: {"theirs": WordsStored("theirs", "r1", "https://example.org/theirs", None)},
    }


async def test_corrected_words_are_the_ones_that_find_an_article(desk: Desk):
    source = await desk.wired(100)
    await desk.store.harvest.store([Brought(poll(source), [article("a", words="before")])], NOW)
    revised = article("a", revision="r2", words="after")
    await desk.store.harvest.store([Brought(poll(source), [], [revised])], NOW)
    found = await desk.store.harvest.alike({source.id: ["before", "after"]})
    assert set(found[source.id]) == {"after"}


async def test_a_renamed_article_is_corrected_and_posted_no_second_time(desk: Desk):
    source, other = await desk.wired(100), await desk.wired(101, name="other")
    await desk.ingest(source, "a", "b")
    await desk.ingest(other, "a")
    await desk.send_all()
    revised = article("x", revision="r2", url="https://moved.example/a")
    brought = Brought(poll(source), [article("c")], [revised], renamed=[("a", "x")])
    assert await desk.store.harvest.store([brought], at(1)) == [Ingested(1, 1, 1)]
    assert await desk.store.harvest.store([brought], at(1)) == [Ingested(0, 0, 0)], (
        "repeated, it changes nothing"
    )
    known = await desk.store.harvest.known({source.id: ["a", "b", "c", "x"], other.id: ["a", "x"]})
    assert known == {source.id: {"b": "r1", "c": "r1", "x": "r2"}, other.id: {"a": "r1"}}
    assert [card.article.identity for card in await desk.send_all(at(1))] == ["c"]
    assert ("x", "https://moved.example/a") in [
        (one.card.article.identity, one.card.article.url) for one in await desk.store.posts.stale_cards(9)
    ]


async def test_where_the_new_identity_is_stored_already_both_stay(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "a", "x")
    assert await desk.store.harvest.store([Brought(poll(source), renamed=[("a", "x")])], NOW) == [
        Ingested(0, 0, 0)
    ]
    assert set((await desk.store.harvest.known({source.id: ["a", "x"]}))[source.id]) == {"a", "x"}


async def test_words_are_looked_up_by_their_index_among_many(desk: Desk):
    """What a source says a thousand times costs one look, also where the table is large."""
    source = await desk.wired(100)
    many = [article(str(n), words="daily" if n % 2 else f"w{n}") for n in range(3_000)]
    await desk.store.harvest.store([Brought(poll(source), many)], NOW)
    ran: list[tuple[str, object]] = []
    engine = desk.database._engine.sync_engine
    async with desk.database.writing() as connection:
        await connection.execute(text("ANALYZE"))

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        ran.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    found = await desk.store.harvest.alike({source.id: ["daily", "w4"]})
    event.remove(engine, "before_cursor_execute", note)
    assert {words: one.identity for words, one in found[source.id].items()} == {"daily": "2999", "w4": "4"}
    [(statement, parameters)] = [one for one in ran if "given" in one[0]]
    explain = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    async with desk.database.reading() as connection:
        rows = await connection.exec_driver_sql(f"{explain} {statement}", parameters)  # type: ignore[arg-type]
        plan = "\n".join(str(row) for row in rows)
    assert "ix_articles_source_id_words_id" in plan
    assert "Seq Scan on articles" not in plan
    assert "SCAN articles" not in plan


async def test_beginners_of_many_sources_cost_as_few_queries_as_those_of_a_few(desk: Desk):
    async def begin(names: list[str]) -> int:
        sources = [await desk.source(name) for name in names]
        for newest, source in enumerate(sources):
            await desk.subscribe(source, 100, newest=newest % 3)
        ran = 0

        @event.listens_for(desk.database._writes.sync_engine, "before_cursor_execute")
        def note(*_: object) -> None:
            nonlocal ran
            ran += 1

        brought = [Brought(poll(source), [article(f"{source.id}-{n}") for n in "ab"]) for source in sources]
        await desk.store.harvest.store(brought, NOW)
        event.remove(desk.database._writes.sync_engine, "before_cursor_execute", note)
        return ran

    few = await begin(["a", "b", "c"])
    assert await begin([f"s{number}" for number in range(32)]) <= few + 2
    cards = await desk.send_all()
    named = [card.article.identity for card in cards if card.source.title in ("A", "B", "C")]
    assert len(named) == 3, "none, the newest one, the newest two"
    assert sum(name.endswith("b") for name in named) == 2
    assert len(cards) == 3 + 31


async def test_articles_in_any_number_are_stored_by_statements_of_few_lengths(desk: Desk):
    """SQLite's driver keeps the last 128, and each of a hundred rows is a quarter of a megabyte."""
    source = await desk.source()
    inserts: list[str] = []
    engine = desk.database._writes.sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO articles"):
            inserts.append(statement)

    for number in (*range(1, 20), 90):
        new = [article(f"{number}-{place}") for place in range(number)]
        assert await desk.store.harvest.store([Brought(poll(source), new)], NOW) == [Ingested(number, 0, 0)]
    event.remove(engine, "before_cursor_execute", note)
    assert len(set(inserts)) <= 7
    assert max(map(len, inserts)) > 10 * min(map(len, inserts)), "a hundred rows are not as many statements"


async def test_a_new_article_is_stored_and_queued_with_few_statements(desk: Desk):
    """Each is a way to the database and back, and most transactions bring one article."""
    source = await desk.wired(100)
    ran: list[str] = []
    engine = desk.database._writes.sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    told = article("a", image_url="https://example.org/a.png", shingles=pack(frozenset(range(40))))
    assert await desk.store.harvest.store([Brought(poll(source), [told])], NOW) == [Ingested(1, 0, 1)]
    event.remove(engine, "before_cursor_execute", note)
    # PostgreSQL is asked for its limit of silence, and twice for the turn.
    assert len(ran) <= (14 if engine.dialect.name == "sqlite" else 17), ran
