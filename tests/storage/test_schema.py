"""The migrations make exactly the declared tables, and can be taken back."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Connection, bindparam, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import Database, DatabaseProblem, Store, VoteEmoji, schema
from storage.tables import metadata
from storage.types import UtcDateTime
from tests.databases import RANKS, nonces
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


POST = (
    "INSERT INTO posts (id, guild_id, channel_id, article_id, state, nonce, message_id, thread_wanted, seeded, due_at, "
    "attempts, created_at, sent_at, finished_at) "
    "VALUES (:id, :guild, :channel, :article, :state, :nonce, :message, :no, 0, :at, 0, :at, :sent, :sent)"
)


async def test_posts_with_votes_and_what_is_named_on_them_outlive_the_way_up_and_down(database: Database):
    at = bindparam("at", NOW, UtcDateTime)

    async def votes(connection: AsyncConnection) -> list[tuple[object, ...]]:
        cast = await connection.execute(text("SELECT message_id, member_id, emoji, post_id FROM reactions"))
        named = await connection.execute(text("SELECT post_id, article_id FROM merged"))
        return [tuple(row) for row in (*cast, *named)]

    async with database.writing() as connection:
        await connection.run_sync(schema.downgrade, "0003")
        await connection.execute(
            text("INSERT INTO sources (id, url, title, failures) VALUES (1, 'https://a/', 'A', 0)")
        )
        for guild_id, left in ((10, None), (20, NOW)):
            await connection.execute(
                text(
                    "INSERT INTO guilds (id, joined_at, left_at, vote_up, vote_down) "
                    "VALUES (:id, :at, :left, 'u', 'd')"
                ).bindparams(at, bindparam("left", left, UtcDateTime)),
                {"id": guild_id},
            )
        for number in range(1, 4):
            await connection.execute(
                text(
                    "INSERT INTO articles (id, source_id, identity, revision, title, summary, search_text, "
                    "first_seen_at) VALUES (:id, 1, :name, 'r', '', '', '', :at)"
                ).bindparams(at),
                {"id": number, "name": f"a{number}"},
            )
        for post_id, guild_id, article_id, state in (
            (1, 10, 1, "sent"), (2, 10, 2, "ready"), (3, 20, 1, "ready"), (4, 10, 3, "ready"),
        ):  # fmt: skip
            sent = NOW if state == "sent" else None
            await connection.execute(
                text(POST).bindparams(at, bindparam("sent", sent, UtcDateTime), bindparam("no", False, Boolean)),
                {
                    "id": post_id, "guild": guild_id, "channel": guild_id * 10, "article": article_id,
                    "state": state, "nonce": f"n{post_id}", "message": 77 if sent else None,
                },
            )  # fmt: skip
        await connection.execute(
            text(
                "INSERT INTO reactions (message_id, member_id, emoji, post_id, reacted_at) VALUES (77, 5, 'u', 1, :at)"
            ).bindparams(at)
        )
        await connection.execute(text("INSERT INTO merged (post_id, article_id) VALUES (1, 3)"))
        before = await votes(connection)
        assert len(before) == 2
    await database.migrate()

    store = Store(database, ranks=RANKS, nonce=nonces())
    # The guild's emoji are votes as before, and all that was counted is counted anew.
    assert (await store.vote_rules.of(10)).emoji == (VoteEmoji("u", 1), VoteEmoji("d", -1))
    assert await store.vote_rules.recount_some(9)
    async with database.reading() as connection:
        assert await votes(connection) == before
        waiting = await connection.scalars(text("SELECT id FROM posts WHERE state = 'ready' ORDER BY id"))
        assert waiting.all() == [2, 4], "nothing waits for a guild that the bot left"
    assert [post.id for post in await store.posts.to_sweep(NOW, NOW, 9)] == [1]
    assert await store.digests.next_expiry_at() == NOW + timedelta(days=1)
    assert await store.digests.gather(NOW + timedelta(days=1), 1) == 1
    (one,) = await store.digests.claim(NOW + timedelta(days=1), 9, timedelta())
    await store.digests.begin_sending(one.digest, None, NOW)
    await store.digests.sent(one.digest, 78, NOW)
    assert await store.digests.gather(NOW + timedelta(days=1), 9) == 1

    async with database.writing() as connection:
        await connection.run_sync(schema.downgrade, "0003")
        assert await votes(connection) == before
        emoji = await connection.execute(text("SELECT DISTINCT vote_up, vote_down FROM guilds"))
        assert [tuple(row) for row in emoji] == [("u", "d")]
        states = await connection.execute(text("SELECT id, state FROM posts ORDER BY id"))
        assert [tuple(row) for row in states] == [(1, "sent"), (2, "refused"), (4, "ready")]
    await database.migrate()
    async with database.reading() as connection:
        assert await votes(connection) == before


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
