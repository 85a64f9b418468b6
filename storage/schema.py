"""The schema's version in a database and the way to the newest one, by Alembic, configured here in code.

Alembic is loaded where something has to be changed alone: it takes 11 MB, which a bot would keep for years.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def _config(connection: Connection) -> Config:
    from alembic.config import Config

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


def _versions() -> list[str]:
    """The versions of all steps, in their order: each step's file begins with its own."""
    return sorted(step.name.partition("_")[0] for step in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def newest() -> str:
    """Answer the version that this program was written for."""
    versions = _versions()
    if not versions:
        raise RuntimeError(
            "There is no migration in storage/migrations; this program was not installed whole."
        )
    return versions[-1]


def known(version: str) -> bool:
    """Answer whether this program has the step that leads to the version."""
    return version in _versions()


def current(connection: Connection) -> str | None:
    """Answer the database's version; None where nothing was migrated yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def upgrade(connection: Connection) -> None:
    """Run the missing steps within the connection's transaction; of two processes the second one waits."""
    if current(connection) == newest():
        return
    from alembic import command

    if connection.dialect.name == "postgresql":
        # Any fixed number will do; this one is "Broadsht" in ASCII.
        connection.execute(text("SELECT pg_advisory_xact_lock(4788011817936054388)"))
    command.upgrade(_config(connection), "head")


def downgrade(connection: Connection, version: str) -> None:
    """Take steps back until the version (`base`: all of them) within the connection's transaction."""
    from alembic import command

    command.downgrade(_config(connection), version)


def draft(connection: Connection, message: str, version: str) -> None:
    """Write a new step from the difference between the tables and the database, to be read by a person."""
    from alembic import command

    command.revision(_config(connection), message, autogenerate=True, rev_id=version)
