"""DATABASE_URL as people write it, read into what the drivers need. Pure: nothing is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from storage.problems import DatabaseProblem

# What asyncpg understands in a URL; PostgreSQL itself takes the last two as settings of the session.
_DRIVER_OPTIONS = {
    "sslmode",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "sslcrl",
    "sslpassword",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "target_session_attrs",
    "passfile",
    "host",
    "port",
    "application_name",
    "search_path",
}
# Written by hosting services for other drivers; asyncpg does the like by itself.
_NEEDLESS_OPTIONS = {"channel_binding", "connect_timeout", "gssencmode", "keepalives"}
_SSL_WORDS = {
    "true": "require",
    "1": "require",
    "on": "require",
    "false": "disable",
    "0": "disable",
    "off": "disable",
}


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A file; `path` is None for a database in memory, which ends with the program."""

    path: Path | None

    @property
    def where(self) -> str:
        """Name it for people."""
        return str(self.path) if self.path else "in memory"


@dataclass(frozen=True, slots=True)
class PostgresqlAddress:
    """`dsn` holds the password and is not for people; `where` is: user, host and database."""

    dsn: str = field(repr=False)
    where: str


def read_address(url: str) -> SqliteAddress | PostgresqlAddress:
    """Read a database's URL. Raises DatabaseProblem when it is unparsable or of an unknown kind."""
    scheme, separator, _ = url.strip().partition("://")
    kind = scheme.lower().partition("+")[0]
    if not separator:
        raise DatabaseProblem(
            "DATABASE_URL is not a URL. Write sqlite:///data/broadsheet.db or postgresql://user:password@host/database."
        )
    if kind == "sqlite":
        return _sqlite(url.strip()[len(scheme) + 3 :])
    if kind in ("postgresql", "postgres"):
        return _postgresql(url.strip())
    raise DatabaseProblem(
        f"DATABASE_URL begins with {scheme}://, which Broadsheet does not know. It stores in SQLite "
        "(sqlite:///data/broadsheet.db) or PostgreSQL (postgresql://user:password@host/database)."
    )


def _sqlite(rest: str) -> SqliteAddress:
    """Read what follows `sqlite://`: one slash more for a relative path, two for an absolute one, nothing: memory."""
    name, question, _ = rest.partition("?")
    if question:
        raise DatabaseProblem(
            "DATABASE_URL has options after the file's name; Broadsheet's SQLite takes none."
        )
    name = name.removeprefix("/")
    if name in ("", ":memory:"):
        return SqliteAddress(None)
    return SqliteAddress(Path(name).expanduser())


def _postgresql(url: str) -> PostgresqlAddress:
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        parts.hostname, parts.username  # noqa: B018 - raises ValueError when there is no sense in them
        if "," not in parts.netloc:
            parts.port  # noqa: B018
        if "@" in parts.path:
            raise ValueError("a slash in the password has cut it in two")
    except ValueError:
        raise DatabaseProblem(
            "DATABASE_URL cannot be read. Special characters in the user name or password must be written as %XX, "
            "for example %40 for @ and %2F for a slash: postgresql://user:password@host:5432/database."
        ) from None
    if parts.fragment:
        raise DatabaseProblem(
            "DATABASE_URL has a # in it; in a user name or password it must be written as %23."
        )
    if "ssl" in options:
        word = options.pop("ssl")
        options.setdefault("sslmode", _SSL_WORDS.get(word.lower(), word))
    for name in _NEEDLESS_OPTIONS & options.keys():
        del options[name]
    unknown = sorted(options.keys() - _DRIVER_OPTIONS)
    if unknown:
        raise DatabaseProblem(
            f"DATABASE_URL has an option that Broadsheet does not know: {', '.join(unknown)}. Known are "
            f"{', '.join(sorted(_DRIVER_OPTIONS))}."
        )
    query = f"?{urlencode(options)}" if options else ""
    dsn = f"postgresql://{parts.netloc}{parts.path}{query}"
    user = f"{unquote(parts.username)}@" if parts.username else ""
    hosts = parts.netloc.rpartition("@")[2] or options.get("host", "")
    return PostgresqlAddress(dsn=dsn, where=f"{user}{hosts}{parts.path}")
