"""Opening a database, its transactions, and the sentences for whatever is wrong with it."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import struct
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from storage import Database, DatabaseBusy, DatabaseMissing, DatabaseProblem, Store
from storage.address import PostgresqlAddress, SqliteAddress, read_address
from storage.tables import leases, sources
from tests.databases import RANKS, nonces
from tests.storage.desk import NOW, Desk

SECRET = "geheim"
BRIEFLY = timedelta(milliseconds=300)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/broadsheet.db", "data/broadsheet.db"),
        ("sqlite:////srv/broadsheet.db", "/srv/broadsheet.db"),
        ("sqlite+aiosqlite:///data/b.db", "data/b.db"),
        ("sqlite://data/b.db", "data/b.db"),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
    ],
)
def test_sqlite_addresses(url: str, path: str | None):
    assert read_address(url) == SqliteAddress(Path(path) if path else None)


@pytest.mark.parametrize(
    ("url", "dsn"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgres://u:p@h:5433/d", "postgresql://u:p@h:5433/d"),
        ("postgresql+psycopg://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgresql://u:p%40q@h/d?sslmode=require", "postgresql://u:p%40q@h/d?sslmode=require"),
        ("postgres://u:p@h/d?ssl=true", "postgresql://u:p@h/d?sslmode=require"),
        ("postgres://u:p@h/d?ssl=false", "postgresql://u:p@h/d?sslmode=disable"),
        (
            "postgresql://u:p@h/d?sslmode=require&channel_binding=require",
            "postgresql://u:p@h/d?sslmode=require",
        ),
        ("postgresql://u:p@h1:1,h2:2/d", "postgresql://u:p@h1:1,h2:2/d"),
        ("postgresql://u:p@[::1]:5432/d", "postgresql://u:p@[::1]:5432/d"),
        ("postgresql:///d?host=/run/postgresql", "postgresql:///d?host=%2Frun%2Fpostgresql"),
    ],
)
def test_postgresql_addresses(url: str, dsn: str):
    address = read_address(url)
    assert isinstance(address, PostgresqlAddress)
    assert address.dsn == dsn
    assert ":p" not in address.where
    assert ":p" not in repr(address)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "is not a URL"),
        ("broadsheet.db", "is not a URL"),
        ("mysql://u:geheim@h/d", "mysql://, which Broadsheet does not know"),
        ("postgresql://u:ge/heim@h/d", "%2F"),
        ("postgresql://u:12/geheim@h/d", "%2F"),
        ("postgresql://u:#geheim@h/d", "%23"),
        ("postgresql://u:geheim@h:port/d", "%XX"),
        ("postgresql://u:geheim@h/d?color=blue", "an option that Broadsheet does not know: color"),
        ("sqlite:///b.db?mode=ro", "takes none"),
    ],
)
def test_an_address_that_cannot_be_read_is_explained_without_its_password(url: str, says: str):
    with pytest.raises(DatabaseProblem) as caught:
        read_address(url)
    assert says in str(caught.value)
    assert "heim" not in str(caught.value)


async def sentence(url: str) -> DatabaseProblem:
    with pytest.raises(DatabaseProblem) as caught:
        await Database.open(url, patience=BRIEFLY)
    assert SECRET not in str(caught.value)
    return caught.value


async def test_sqlite_makes_its_folder_and_file(tmp_path: Path):
    database = await Database.open(f"sqlite:///{tmp_path}/a/b/news.db")
    await database.ping()
    await database.close()
    assert (tmp_path / "a" / "b" / "news.db").exists()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_what_sqlite_makes_is_its_owners_alone_and_what_is_there_stays_as_it_is(tmp_path: Path):
    made = tmp_path / "made" / "news.db"
    there = tmp_path / "there" / "news.db"
    there.parent.mkdir(mode=0o755)
    there.touch(mode=0o640)
    for path, folder_mode, file_mode in ((made, 0o700, 0o600), (there, 0o755, 0o640)):
        database = await Database.open(f"sqlite:///{path}")
        await database.migrate()
        assert (mode_of(path.parent), mode_of(path)) == (folder_mode, file_mode)
        assert mode_of(path.with_name("news.db-wal")) == file_mode
        await database.close()


async def test_who_only_looks_makes_and_changes_nothing(tmp_path: Path):
    path = tmp_path / "new" / "100% news.db"
    with pytest.raises(DatabaseMissing, match="will be made at the start"):
        await Database.open(f"sqlite:///{path}", make=False)
    assert list(tmp_path.iterdir()) == []

    (tmp_path / "file").touch()
    with pytest.raises(DatabaseProblem, match="cannot be made") as caught:
        await Database.open(f"sqlite:///{tmp_path}/file/news.db", make=False)
    assert not isinstance(caught.value, DatabaseMissing)

    (tmp_path / "empty.db").touch()
    database = await Database.open(f"sqlite:///{tmp_path}/empty.db", make=False)
    assert not await database.is_current()
    await database.close()
    assert (tmp_path / "empty.db").stat().st_size == 0

    database = await Database.open(f"sqlite:///{path}")
    await database.migrate()
    await database.close()
    before = path.read_bytes()
    database = await Database.open(f"sqlite:///{path}", make=False)
    assert await database.is_current()
    await database.close()
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


async def test_sqlite_in_memory_serves_a_store():
    database = await Database.open("sqlite://")
    await database.migrate()
    store = Store(database, ranks=RANKS, nonce=nonces())
    await asyncio.gather(*(store.sources.add(f"https://{n}.example", "", None, None) for n in range(5)))
    assert len(await store.sources.listed()) == 5
    await database.close()


async def test_a_file_that_is_no_database(tmp_path: Path):
    (tmp_path / "news.db").write_text("Not a database at all, but a letter.\n" * 50)
    assert "is not a SQLite database" in str(await sentence(f"sqlite:///{tmp_path}/news.db"))


async def test_a_folder_in_the_files_place(tmp_path: Path):
    assert "cannot be opened for writing" in str(await sentence(f"sqlite:///{tmp_path}"))


async def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").touch()
    assert "cannot be made" in str(await sentence(f"sqlite:///{tmp_path}/file/data/news.db"))


async def test_a_read_only_file(tmp_path: Path):
    assert "cannot be opened for writing" in str(await sentence("sqlite:////proc/news.db"))


async def test_postgresql_that_is_not_there(unused_tcp_port: int):
    problem = await sentence(f"postgresql://u:{SECRET}@127.0.0.1:{unused_tcp_port}/d")
    assert isinstance(problem, DatabaseBusy)
    assert f"u@127.0.0.1:{unused_tcp_port}/d cannot be reached" in str(problem)


async def test_postgresql_without_that_database(postgres_url: str):
    url = postgres_url.replace("postgres@", f"postgres:{SECRET}@") + "_nowhere"
    assert "createdb" in str(await sentence(url))


async def test_postgresql_without_that_user(postgres_url: str):
    url = postgres_url.replace("postgres@", f"nobody_here:{SECRET}@")
    assert "did not let Broadsheet in" in str(await sentence(url))


@asynccontextmanager
async def refusing_server() -> AsyncIterator[int]:
    """A server that speaks as much of PostgreSQL's protocol as refusing a password takes."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!i", await reader.readexactly(4))
        if struct.unpack("!i", (await reader.readexactly(length - 4))[:4]) == (80877103,):  # an SSL request
            writer.write(b"N")
            (length,) = struct.unpack("!i", await reader.readexactly(4))
            await reader.readexactly(length - 4)
        writer.write(b"R" + struct.pack("!ii", 8, 3))
        kind, length = struct.unpack("!ci", await reader.readexactly(5))
        assert kind == b"p"
        assert SECRET.encode() in await reader.readexactly(length - 4)
        error = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "u"\0\0'
        writer.write(b"E" + struct.pack("!i", len(error) + 4) + error)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_wrong_password():
    async with refusing_server() as port:
        problem = await sentence(f"postgresql://u:{SECRET}@127.0.0.1:{port}/d")
    assert not isinstance(problem, DatabaseBusy)
    assert "password in DATABASE_URL is wrong" in str(problem)


async def test_a_schema_newer_than_this_program(bare_url: str):
    database = await Database.open(bare_url)
    await database.migrate()
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    assert "prepared by a newer Broadsheet (version 9999" in str(await sentence(bare_url))


async def test_a_database_that_was_not_prepared(bare_url: str):
    database = await Database.open(bare_url)
    assert not await database.is_current()
    store = Store(database, ranks=RANKS, nonce=nonces())
    with pytest.raises(DatabaseProblem, match="db upgrade"):
        await store.sources.listed()
    await database.close()


async def test_two_programs_migrate_at_once(bare_url: str):
    one, other = await Database.open(bare_url), await Database.open(bare_url)
    await asyncio.gather(one.migrate(), other.migrate(), one.migrate())
    assert await one.is_current()
    assert await other.is_current()
    await one.close()
    await other.close()


async def test_a_locked_database_is_busy_and_then_serves_again(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/news.db"
    database = await Database.open(url, patience=BRIEFLY)
    await database.migrate()
    store = Store(database, ranks=RANKS, nonce=nonces())
    other = sqlite3.connect(tmp_path / "news.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy, match="locked by another program"):
        await store.guilds.seen(1, "Guild", NOW)
    assert await store.guilds.name(1) is None, "reading goes on while another program writes"
    other.execute("COMMIT")
    other.close()
    await store.guilds.seen(1, "Guild", NOW)
    assert await store.guilds.name(1) == "Guild"
    await database.close()


async def test_a_full_disk_stores_nothing_and_says_so(tmp_path: Path):
    database = await Database.open(f"sqlite:///{tmp_path}/news.db")
    await database.migrate()
    with pytest.raises(DatabaseProblem, match=r"disk that holds .* is full"):  # noqa: PT012
        async with database.writing() as connection:
            pages = await connection.scalar(text("PRAGMA page_count"))
            await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
            await connection.execute(sources.insert().values(url="u" * 100_000, title="", failures=0))
    async with database.reading() as connection:
        assert (await connection.execute(select(sources))).all() == []
    await database.close()


async def test_a_broken_connection_is_busy_and_then_serves_again(postgres_url: str):
    database = await Database.open(postgres_url)
    with pytest.raises(DatabaseBusy):  # noqa: PT012
        async with database.reading() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
            await connection.execute(text("SELECT 1"))
    await database.ping()
    await database.close()


async def test_two_that_lock_each_other_out_are_busy(desk: Desk):
    if "sqlite" in desk.database._engine.dialect.name:
        pytest.skip("SQLite has one writer; nothing can lock it out crosswise.")
    first, second = await desk.source("one"), await desk.source("two")
    met = asyncio.Barrier(2)

    async def cross(one: int, other: int) -> None:
        async with desk.database.writing() as connection:
            await connection.execute(update(sources).where(sources.c.id == one).values(title=""))
            await met.wait()
            await connection.execute(update(sources).where(sources.c.id == other).values(title=""))

    ends = await asyncio.gather(
        cross(first.id, second.id), cross(second.id, first.id), return_exceptions=True
    )
    assert sorted(type(end) for end in ends if end) == [DatabaseBusy]


async def test_an_exception_takes_the_whole_transaction_back(database: Database):
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with database.writing() as connection:
            await connection.execute(sources.insert().values(url="u", title="", failures=0))
            _ = 1 / 0
    async with database.reading() as connection:
        assert (await connection.execute(select(sources))).all() == []


async def test_a_refused_row_surfaces_as_our_own_problem(database: Database):
    with pytest.raises(DatabaseProblem, match="refused") as caught:  # noqa: PT012
        async with database.writing() as connection:
            for _ in range(2):
                await connection.execute(sources.insert().values(url="u", title="", failures=0))
    assert not isinstance(caught.value, DatabaseBusy)


REFUSED = {
    "a row without a value it needs": (
        "INSERT INTO sources (url, title, failures) VALUES (:words, NULL, 0)", {"words": SECRET}, "23502"),
    "a value of another type": (
        "SELECT CAST(CAST(:words AS text) AS integer)", {"words": SECRET}, "22P02"),
    "a value that cannot be sent": (
        "INSERT INTO sources (url, title, failures) VALUES (:words, '', 0)", {"words": f"{SECRET}\ud800"}, "22000"),
    "a row that stands already": (
        "INSERT INTO sources (url, title, failures) VALUES (:words, '', 0), (:words, '', 0)",
        {"words": SECRET}, "23505"),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "values", "state"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_stands_in_a_refused_row_is_told_nowhere(
    postgres_url: str, statement: str, values: dict[str, str], state: str
):
    database = await Database.open(postgres_url)
    with pytest.raises(DatabaseProblem, match=state) as caught:
        async with database.writing() as connection:
            await connection.execute(text(statement), values)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in str(caught.value)
    assert SECRET not in shown
    assert "await connection.execute(text(statement), values)" in shown, "where it happened is still told"
    await database.close()


async def test_a_naive_time_is_a_mistake_of_the_caller(store: Store):
    with pytest.raises(ValueError, match="no time zone"):
        await store.sources.claim_due(datetime(2026, 1, 1), 1, BRIEFLY)  # noqa: DTZ001


async def test_writers_in_one_process_wait_their_turn(desk: Desk):
    await asyncio.gather(*(desk.store.guilds.seen(n, str(n), NOW) for n in range(40)))
    assert [await desk.store.guilds.name(n) for n in (0, 39)] == ["0", "39"]


async def test_sqlite_is_set_so_that_no_commit_is_lost(tmp_path: Path):
    database = await Database.open(f"sqlite:///{tmp_path}/news.db")
    async with database.reading() as connection:
        set_to = {
            name: await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert set_to == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 200}
    await database.close()


async def test_only_what_changes_little_is_undone_from_memory(tmp_path: Path):
    database = await Database.open(f"sqlite:///{tmp_path}/news.db")
    where = text("PRAGMA temp_store")
    async with database.reading() as connection:
        usual = await connection.scalar(where)
    for _ in range(2):
        async with database.writing(changes_little=True) as connection:
            assert await connection.scalar(where) == 2
        async with database.reading() as connection:
            assert await connection.scalar(where) == usual
        async with database.writing(changes_little=True):
            pass  # nothing is executed
        async with database.writing() as connection:
            assert await connection.scalar(where) == usual
    await database.close()


async def test_sqlite_is_written_through_one_connection_that_nobody_reads_with(tmp_path: Path):
    """Each that writes fills megabytes of pages, and what all others hold of the file is void."""
    database = await Database.open(f"sqlite:///{tmp_path}/news.db")
    await database.migrate()
    changed = text("SELECT total_changes()")  # by the connection, since it was opened

    async def read_and_write(name: str) -> None:
        async with database.reading() as reader, database.writing() as writer:
            await writer.execute(leases.insert().values(name=name, holder="h", fence=1, expires_at=NOW))
            assert await reader.scalar(changed) == 0

    async with database.writing(changes_little=True) as connection:
        before = await connection.scalar(changed)
    await asyncio.gather(*(read_and_write(str(number)) for number in range(12)))
    async with database.writing() as connection:
        assert await connection.scalar(changed) == before + 12
    await database.close()


async def test_who_only_reads_from_sqlite_can_not_write(tmp_path: Path):
    database = await Database.open(f"sqlite:///{tmp_path}/news.db")
    await database.migrate()
    with pytest.raises(DatabaseProblem):
        async with database.reading() as connection:
            await connection.execute(leases.insert().values(name="n", holder="h", fence=1, expires_at=NOW))
    async with database.writing() as connection:
        assert await connection.scalar(select(func.count()).select_from(leases)) == 0
    await database.close()


async def test_times_come_back_as_they_went_in(database: Database):
    moment = NOW + timedelta(microseconds=1)
    async with database.writing() as connection:
        await connection.execute(leases.insert().values(name="x", holder="h", fence=1, expires_at=moment))
        back = await connection.scalar(select(leases.c.expires_at).where(leases.c.expires_at == moment))
    assert back == moment
    assert back.utcoffset() == timedelta(0)
