"""The schema's version in a database and the way to the newest one, by Alembic, configured here in code."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

MIGRATIONS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # Alembic's settings interpolate percent signs; a folder's name may have them.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def is_declared(_object: object, name: str | None, *_: object) -> bool:
    """Say whether tables are to declare it: not the index of words, which each database has in a way of its own."""
    return name is None or not name.startswith("keyword_index")


def newest() -> str:
    """Answer the version that this program was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError(
            "There is no migration in storage/migrations; this program was not installed whole."
        )
    return head


def known(version: str) -> bool:
    """Answer whether this program has the step that leads to the version."""
    return any(step.revision == version for step in ScriptDirectory.from_config(_config()).walk_revisions())


def current(connection: Connection) -> str | None:
    """Answer the database's version; None where nothing was migrated yet."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection) -> None:
    """Run the missing steps within the connection's transaction; of two processes the second one waits."""
    if connection.dialect.name == "postgresql":
        # Any fixed number will do; this one is "Broadsht" in ASCII.
        connection.execute(text("SELECT pg_advisory_xact_lock(4788011817936054388)"))
    command.upgrade(_config(connection), "head")


def downgrade(connection: Connection, version: str) -> None:
    """Take steps back until the version (`base`: all of them) within the connection's transaction."""
    command.downgrade(_config(connection), version)


def draft(connection: Connection, message: str, version: str) -> None:
    """Write a new step from the difference between the tables and the database, to be read by a person."""
    command.revision(_config(connection), message, autogenerate=True, rev_id=version)
