"""The migrations make exactly the declared tables, and can be taken back."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, bindparam, inspect, text

from storage import Database, DatabaseProblem, schema
from storage.tables import metadata
from storage.types import UtcDateTime
from tests.storage.desk import NOW


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_object": schema.is_declared})
    return list(compare_metadata(context, metadata))


def constraints(connection: Connection) -> dict[str, object]:
    """What of the tables the comparison does not look at: uniqueness, references, checks, partial indexes."""
    inspector = inspect(connection)

    def condition(index: dict[str, object]) -> str:
        options: dict[str, object] = index.get("dialect_options", {})  # type: ignore[assignment]
        where = next((str(value) for name, value in options.items() if name.endswith("_where")), "")
        return re.sub(r"\s+", " ", where)

    return {
        table: {
            "unique": sorted(
                tuple(unique["column_names"]) for unique in inspector.get_unique_constraints(table)
            ),
            "foreign": sorted(
                (*key["constrained_columns"], key["referred_table"], key["options"].get("ondelete", ""))
                for key in inspector.get_foreign_keys(table)
            ),
            "checks": sorted(str(check["sqltext"]) for check in inspector.get_check_constraints(table)),
            "indexes": sorted(
                (str(index["name"]), tuple(index["column_names"]), condition(dict(index)))
                for index in inspector.get_indexes(table)
                if not index.get("duplicates_constraint")
                and not str(index["name"]).startswith("keyword_index")
            ),
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
        }
        for table in sorted(inspector.get_table_names())
        if table != "alembic_version" and not table.startswith("keyword_index")
    }


@pytest.fixture
async def database(bare_url: str) -> AsyncIterator[Database]:
    """A migrated database that may be taken apart."""
    opened = await Database.open(bare_url)
    await opened.migrate()
    yield opened
    await opened.close()


async def test_migrated_is_declared(database: Database):
    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []
        migrated = await connection.run_sync(constraints)
    async with database.writing() as connection:
        await connection.run_sync(schema.downgrade, "base")
        await connection.run_sync(metadata.create_all)
        declared = await connection.run_sync(constraints)
    assert migrated == declared
    assert declared["posts"]["unique"] == [("article_id", "channel_id"), ("message_id",), ("nonce",)]  # type: ignore[index]


async def test_down_leaves_nothing_and_up_works_again(database: Database):
    async with database.writing() as connection:
        await connection.run_sync(schema.downgrade, "base")
    async with database.reading() as connection:
        tables = await connection.run_sync(lambda opened: inspect(opened).get_table_names())
    assert tables == ["alembic_version"]
    assert not await database.is_current()
    await database.migrate()
    await database.migrate()
    assert await database.is_current()


async def test_after_the_upgrade_every_source_is_read_once_whole(database: Database):
    async with database.writing() as connection:
        await connection.run_sync(schema.downgrade, "0001")
        await connection.execute(
            text(
                "INSERT INTO sources (url, title, etag, last_modified, digest, failures) "
                "VALUES ('https://a.example/', 'A', 'e', 'm', 'd', 0)"
            )
        )
    await database.migrate()
    async with database.reading() as connection:
        kept = await connection.execute(text("SELECT title, etag, last_modified, digest FROM sources"))
        assert [tuple(row) for row in kept] == [("A", None, None, None)]


async def test_after_the_upgrade_old_articles_are_found_by_their_words(database: Database):
    async with database.writing() as connection:
        await connection.run_sync(schema.downgrade, "0002")
        await connection.execute(
            text("INSERT INTO sources (url, title, failures) VALUES ('https://a/', 'A', 0)")
        )
        for number in range(3):
            await connection.execute(
                text(
                    "INSERT INTO articles (source_id, identity, revision, title, summary, search_text, first_seen_at) "
                    f"SELECT id, 'a{number}', 'r', 'Fähre {number}', 'Sie fährt.', '', :now FROM sources"
                ).bindparams(bindparam("now", NOW, UtcDateTime))
            )
    await database.migrate()
    found = {
        "sqlite": "SELECT rowid FROM keyword_index WHERE keyword_index MATCH '\"fähre\"' ORDER BY 1",
        "postgresql": (
            "SELECT article_id FROM keywords "
            "WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST('fähre' AS tsquery) ORDER BY 1"
        ),
    }
    async with database.writing() as connection:
        holding = text(found[connection.dialect.name])
        first, *others = await connection.scalars(holding)
        words = await connection.execute(text("SELECT word, articles FROM frequencies ORDER BY word"))
        assert sorted(tuple(row) for row in words) == [("", 3), ("fähre", 3), ("fährt", 3), ("sie", 3)]
        await connection.execute(text("DELETE FROM articles WHERE id = :id"), {"id": first})
        assert list(await connection.scalars(holding)) == others


async def test_a_migration_that_fails_leaves_nothing_half_done(bare_url: str):
    database = await Database.open(bare_url)
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE reactions (x INTEGER)"))
    with pytest.raises(DatabaseProblem, match="reactions"):
        await database.migrate()
    async with database.reading() as connection:
        tables = await connection.run_sync(lambda opened: inspect(opened).get_table_names())
    assert tables == ["reactions"]
    await database.close()


def test_the_steps_files_are_named_for_their_versions() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    script = ScriptDirectory.from_config(config)
    assert schema.newest() == script.get_current_head()
    assert all(schema.known(step.revision) for step in script.walk_revisions())
    assert not schema.known("9999")


async def test_a_current_database_is_opened_without_alembic(database_url: str) -> None:
    look = (
        "import asyncio, sys; from storage import Database\n"
        "async def look():\n"
        "    database = await Database.open(sys.argv[1]); await database.migrate()\n"
        "    assert await database.is_current(); await database.close()\n"
        "asyncio.run(look()); sys.exit('alembic' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", look, database_url)
    assert await process.wait() == 0
