"""A database that is locked, full or gone: every write says so as a value to try again, and afterwards all works."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, text

from storage import CardToPost, Database, DatabaseBusy, Store
from storage.records import Brought
from tests.databases import RANKS, nonces
from tests.storage.desk import GUILD, LEASE, NOW, Desk, article, comment, poll, whole
from tests.votes import add as add_vote

BRIEFLY = timedelta(milliseconds=20)


async def prepared(
    url: str, patience: timedelta = timedelta(seconds=10)
) -> tuple[Desk, list[Callable[[], Awaitable[object]]], CardToPost]:
    """A desk with a post being sent, and all kinds of writes that a bot does."""
    database = await Database.open(url, patience=patience)
    await database.migrate()
    desk = Desk(database, Store(database, ranks=RANKS, nonce=nonces()))
    source = await desk.wired(100)
    await desk.ingest(source, "a", "b")
    (card,) = await desk.claim()
    post, store = card.post, desk.store
    await store.posts.begin_sending(post, 5, NOW)
    long = article("long", text=whole("Long. " * 20_000))
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: store.posts.sent(post, 77, NOW),
        lambda: add_vote(store.votes, 77, 1, "👍", NOW),
        lambda: store.comments.record(comment(5, card.article.id, text="Well said. " * 20_000)),
        lambda: store.posts.finish(post, NOW),
        lambda: store.posts.claim(NOW, 9, LEASE),
        lambda: store.away.note(200, GUILD, NOW, "Away. " * 20_000),
        lambda: store.harvest.store([Brought(poll(source), [long])], NOW),
    ]
    return desk, writes, card


async def works_again(desk: Desk, writes: list[Callable[[], Awaitable[object]]], card: CardToPost) -> None:
    for write in writes:
        assert await write() is not False
    post = await desk.store.posts.by_message(77)
    assert post is not None
    assert (post.id, post.finished_at) == (card.post.id, NOW)
    assert await desk.store.votes.mirrored([77]) == {77: {"👍": frozenset({1})}}
    await desk.database.close()


async def test_a_locked_file(tmp_path: Path):
    desk, writes, card = await prepared(f"sqlite:///{tmp_path}/news.db", BRIEFLY)
    other = sqlite3.connect(tmp_path / "news.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for write in (writes[0], *writes[2:]):  # who votes on what is not known to be a post is not heard
        with pytest.raises(DatabaseBusy, match="locked"):
            await write()
    other.execute("COMMIT")
    other.close()
    await works_again(desk, writes, card)


async def test_a_full_disk(tmp_path: Path):
    desk, writes, card = await prepared(f"sqlite:///{tmp_path}/news.db")
    room = ["1"]  # no less than what is there is taken

    @event.listens_for(desk.database._writes.sync_engine, "checkout")
    def limit(connection: Any, *_: object) -> None:
        connection.cursor().execute(f"PRAGMA max_page_count = {room[0]}")

    for needs_room in (writes[2], writes[5], writes[6]):
        with pytest.raises(DatabaseBusy, match="full"):
            await needs_room()
    room[0] = "1000000"
    await works_again(desk, writes, card)


async def test_connections_that_are_ended(emptied_postgres_url: Callable[[], str]):
    postgres_url = emptied_postgres_url()
    direct = await asyncpg.connect(postgres_url)
    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    # The one that the database is emptied through is not the bot's.
    spared = [pid for (pid,) in await direct.fetch(others)]
    desk, writes, card = await prepared(postgres_url)
    ending = f"SELECT pg_terminate_backend(pid) FROM ({others}) AS connected WHERE pid <> ALL($1)"
    for write in writes:
        await asyncio.gather(desk.database.ping(), desk.database.ping())
        await direct.fetch(ending, spared)
        assert await write() is not False
    await direct.close()
    with pytest.raises(DatabaseBusy):  # noqa: PT012
        async with desk.database.writing() as connection:
            await connection.execute(text("UPDATE posts SET problem = 'lost'"))
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    post = await desk.store.posts.by_message(77)
    assert post is not None
    assert (post.id, post.problem, post.finished_at) == (card.post.id, None, NOW)
    await desk.database.close()
