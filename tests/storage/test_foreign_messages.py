"""Most messages of a guild are none of ours: they cost no write, and what is ours is judged where it is written."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from storage import Database, DatabaseBusy, Store
from tests.databases import RANKS, nonces
from tests.storage.desk import NOW, Desk, comment
from tests.votes import add as add_vote
from tests.votes import remove as remove_vote

Event = Callable[[Store, int], Awaitable[Any]]
EVENTS: dict[str, Event] = {
    "a reaction": lambda store, message: add_vote(store.votes, message, 1, "👍", NOW),
    "a reaction taken back": lambda store, message: remove_vote(store.votes, message, 1, "👍"),
    "reactions cleared": lambda store, message: store.votes.clear(message, None),
    "a deletion": lambda store, message: store.comments.remove([message]),
}
POST, COMMENT, FOREIGN = 1001, 5, 6


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A post and a comment, each with a vote, in SQLite: there a write waits for every other one."""
    database = await Database.open(f"sqlite:///{tmp_path}/news.db", patience=timedelta(seconds=0.5))
    await database.migrate()
    desk = Desk(database, Store(database, ranks=RANKS, nonce=nonces()))
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.send_all()
    assert card.post.id + 1000 == POST
    await desk.store.comments.record(comment(COMMENT, card.article.id))
    for message in (POST, COMMENT):
        await add_vote(desk.store.votes, message, 1, "👍", NOW)
    yield desk
    await database.close()


@pytest.fixture
def other_program(desk: Desk, tmp_path: Path) -> sqlite3.Connection:
    """A program beside us that is writing."""
    other = sqlite3.connect(tmp_path / "news.db", isolation_level=None)
    other.execute("PRAGMA foreign_keys = ON")
    other.execute("BEGIN IMMEDIATE")
    return other


@pytest.mark.parametrize("happened", EVENTS.values(), ids=EVENTS.keys())
async def test_a_foreign_message_waits_for_no_writer(
    desk: Desk, other_program: sqlite3.Connection, happened: Event
) -> None:
    assert not await happened(desk.store, FOREIGN)
    with pytest.raises(DatabaseBusy):
        await happened(desk.store, COMMENT)
    other_program.close()
    assert await happened(desk.store, COMMENT)


@pytest.mark.parametrize("message", [POST, COMMENT])
@pytest.mark.parametrize("happened", EVENTS.values(), ids=EVENTS.keys())
async def test_what_ceases_to_be_ours_before_it_is_written_changes_nothing(
    desk: Desk, other_program: sqlite3.Connection, happened: Event, message: int
) -> None:
    looked_up = asyncio.Event()

    @event.listens_for(desk.database._writes.sync_engine, "begin")
    def note(_: Connection) -> None:
        looked_up.set()

    under_way = asyncio.ensure_future(happened(desk.store, message))
    if not (
        message == POST and happened is EVENTS["a deletion"]
    ):  # a card is no comment and not looked up twice
        await asyncio.wait_for(looked_up.wait(), 5)
    other_program.execute("DELETE FROM comments WHERE message_id = ?", (message,))
    other_program.execute("DELETE FROM posts WHERE message_id = ?", (message,))
    other_program.execute("COMMIT")
    other_program.close()
    assert not await under_way
    assert await desk.store.votes.mirrored([message]) == {}
