"""What may go wrong with a database, as sentences for the operator. No sentence holds a password."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Iterator
from typing import Any


class DatabaseProblem(Exception):
    """The database cannot do what was asked. The text says what happened and what to do."""


class DatabaseBusy(DatabaseProblem):
    """The database could not do it now: locked, contended, full or out of reach. The transaction did not happen, unless
    the connection broke during its very commit. Trying again later is right.
    """


class TakenOver(DatabaseProblem):
    """Another bot holds this database now. Nothing was stored; this one must stop."""

    def __init__(self, where: str, holder: str) -> None:
        super().__init__(
            f"Another Broadsheet ({holder}) has taken the database {where} over while this one was not answering. "
            "Nothing was stored; this one stops."
        )


# https://www.postgresql.org/docs/current/errcodes-appendix.html
_TRANSIENT_STATES = (
    "08",
    "25P03",
    "40",
    "53200",
    "53300",
    "53400",
    "55P03",
    "57014",
    "57P01",
    "57P02",
    "57P03",
)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and all that lies beneath it: the drivers' own errors are wrapped twice."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__


def driver_errors() -> tuple[type[Exception], ...]:
    """PostgreSQL's driver's own errors: none before it is loaded, which takes 3 MB and is done for PostgreSQL alone."""
    driver: Any = sys.modules.get("asyncpg")
    return (driver.PostgresError, driver.InterfaceError) if driver is not None else ()


def _message(error: Any) -> str:
    """Say what PostgreSQL said, without what stands in a row: members' words are nobody's business in a log.

    Its DETAIL shows the failing row. In class 22 (data exceptions) the message itself ends with the value.
    """
    message = str(error.args[0]) if error.args else type(error).__name__
    return message.partition(": ")[0] if error.sqlstate.startswith("22") else message


def problem(error: BaseException, where: str) -> DatabaseProblem:
    """Translate a driver's or SQLAlchemy's error; `where` names the database for people, without a password.

    Raise it `from None`: the errors beneath it show rows, and a log's traceback would tell them.
    """
    causes = list(_causes(error))
    for cause in causes:
        # As PostgreSQL's driver has it, and nothing else here does.
        if isinstance(cause, driver_errors()) and (state := getattr(cause, "sqlstate", None)):
            return _postgresql_problem(state, _message(cause), where)
    for cause in causes:
        known = _known_problem(cause, where)
        if known is not None:
            return known
    return DatabaseProblem(
        f"The database {where} refused something that Broadsheet asked of it ({type(causes[-1]).__name__}: "
        f"{causes[-1]}). Nothing was stored. This is a mistake in Broadsheet; please report it."
    )


def _postgresql_problem(state: str, text: str, where: str) -> DatabaseProblem:
    if state in ("28P01", "28000"):
        return DatabaseProblem(
            f"PostgreSQL at {where} did not let Broadsheet in: the user name or the password in DATABASE_URL is "
            "wrong, or the server does not allow this user from here. Correct DATABASE_URL or the server's "
            "pg_hba.conf."
        )
    if state == "3D000":
        return DatabaseProblem(
            f"PostgreSQL answers, but there is no database {where}. Make it with `createdb`, or name another one "
            "in DATABASE_URL."
        )
    if state == "42501":
        return DatabaseProblem(
            f"The user in DATABASE_URL may not do what Broadsheet needs in {where} ({text}). Make this user the "
            "owner of the database, or grant it CREATE on the schema."
        )
    if state == "53100":
        return _full(where)
    if state == "42P01":
        return _not_prepared(where)
    if state.startswith(_TRANSIENT_STATES):
        return DatabaseBusy(f"PostgreSQL at {where} could not do it now ({text}). It will be tried again.")
    return DatabaseProblem(
        f"PostgreSQL at {where} refused something that Broadsheet asked of it ({state}: {text}). Nothing was "
        "stored. This is a mistake in Broadsheet; please report it."
    )


def _known_problem(cause: BaseException, where: str) -> DatabaseProblem | None:
    text = str(cause)
    if "database is locked" in text or "database table is locked" in text:
        return DatabaseBusy(
            f"The database {where} is locked by another program that is writing to it. It will be tried again; "
            "if this lasts, close the other program."
        )
    if "file is not a database" in text or "disk image is malformed" in text:
        return DatabaseProblem(
            f"The file {where} is not a SQLite database, or it is damaged. Name another file in DATABASE_URL, or "
            "put a backup in its place."
        )
    if "database or disk is full" in text:
        return _full(where)
    if "disk I/O error" in text:
        return DatabaseBusy(
            f"The file {where} could not be read or written ({text}). It will be tried again; if this lasts, check "
            "the disk."
        )
    if "unable to open database file" in text or "readonly database" in text:
        return DatabaseProblem(
            f"The file {where} cannot be opened for writing. Let this user write to it and to its folder, or name "
            "another file in DATABASE_URL."
        )
    if "no such table" in text:
        return _not_prepared(where)
    if isinstance(cause, driver_errors()) and type(cause).__name__ == "ClientConfigurationError":
        return DatabaseProblem(f"DATABASE_URL has an option that PostgreSQL's driver does not take: {text}.")
    if isinstance(cause, ssl.SSLError) or "rejected SSL upgrade" in text:
        return DatabaseProblem(
            f"No encrypted connection to {where} could be made ({text}). Check sslmode and the certificates in "
            "DATABASE_URL."
        )
    if isinstance(cause, (OSError, asyncio.TimeoutError)) or "connection is closed" in text:
        return DatabaseBusy(
            f"The database {where} cannot be reached. Check that it runs, and its address in DATABASE_URL."
        )
    if "connection was closed" in text or "QueuePool limit" in text:
        return DatabaseBusy(
            f"The database {where} has no connection free or lost one. It will be tried again."
        )
    return None


def _full(where: str) -> DatabaseBusy:
    return DatabaseBusy(
        f"The disk that holds {where} is full. Nothing was stored; make room there. It will be tried again."
    )


def _not_prepared(where: str) -> DatabaseProblem:
    return DatabaseProblem(
        f"The database {where} has not been prepared for Broadsheet. Run `python -m bot db upgrade`."
    )
