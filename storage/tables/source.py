"""Sources and the hubs that push them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    literal_column,
)

from storage.records import HubState
from storage.tables.base import choice, metadata
from storage.types import RowId, UtcDateTime


class SourceColumns(TypedColumns):
    """A feed that is polled."""

    id: Named[int] = Column(RowId, primary_key=True)
    url: Named[str] = Column(Text)
    title: Named[str] = Column(Text)
    link: Named[str | None] = Column(Text)
    icon_url: Named[str | None] = Column(Text)
    etag: Named[str | None] = Column(Text)
    last_modified: Named[str | None] = Column(Text)
    digest: Named[str | None] = Column(Text)
    next_poll_at: Named[datetime | None] = Column(UtcDateTime)
    last_polled_at: Named[datetime | None] = Column(UtcDateTime)
    last_success_at: Named[datetime | None] = Column(UtcDateTime)
    failures: Named[int]
    problem: Named[str | None] = Column(Text)
    marks: Named[bytes | None] = Column(LargeBinary)
    kind: Named[str] = Column(Text, server_default="feed")
    selector: Named[str | None] = Column(Text)
    rhythm: Named[bytes | None] = Column(LargeBinary)
    ttl_s: Named[int | None]
    not_before: Named[datetime | None] = Column(UtcDateTime)
    failing_since: Named[datetime | None] = Column(UtcDateTime)
    moved_to: Named[str | None] = Column(Text)
    moved_seen: Named[int] = Column(Integer, server_default="0")
    headers: Named[str | None] = Column(Text)
    pushed_until: Named[datetime | None] = Column(UtcDateTime)
    format: Named[str] = Column(Text, server_default="")
    entries: Named[int | None]
    held_back: Named[int] = Column(Integer, server_default="0")
    held_back_at: Named[datetime | None] = Column(UtcDateTime)


sources = Table("sources", metadata, SourceColumns, UniqueConstraint("url"))
Index(
    "ix_sources_due",
    sources.c.next_poll_at,
    sources.c.id,
    sqlite_where=sources.c.next_poll_at.is_not(None),
    postgresql_where=sources.c.next_poll_at.is_not(None),
)
Index(
    "ix_sources_failing",
    sources.c.failing_since,
    sqlite_where=sources.c.failing_since.is_not(None),
    postgresql_where=sources.c.failing_since.is_not(None),
)
Index(
    "ix_sources_pushed",
    sources.c.pushed_until,
    sqlite_where=sources.c.pushed_until.is_not(None),
    postgresql_where=sources.c.pushed_until.is_not(None),
)


class HubColumns(TypedColumns):
    """A hub that pushes, or is to push, a source's news. Those that are to end stay until they are told so."""

    id: Named[int] = Column(RowId, primary_key=True)
    source_id: Named[int] = Column(RowId, ForeignKey("sources.id", ondelete="CASCADE"))
    url: Named[str] = Column(Text)
    topic: Named[str] = Column(Text)
    base: Named[str] = Column(Text)
    path: Named[str] = Column(Text)
    secret: Named[str] = Column(Text)
    state: Named[HubState] = Column(choice(HubState, "state"))
    next_at: Named[datetime] = Column(UtcDateTime)
    attempts: Named[int]
    asked_at: Named[datetime | None] = Column(UtcDateTime)
    lease_ends_at: Named[datetime | None] = Column(UtcDateTime)
    pushed_at: Named[datetime | None] = Column(UtcDateTime)
    problem: Named[str | None] = Column(Text)


hubs = Table(
    "hubs", metadata, HubColumns, UniqueConstraint("path"), Index(None, "next_at", "id"), Index(None, "base")
)
Index(
    "uq_hubs_current",
    hubs.c.source_id,
    unique=True,
    sqlite_where=hubs.c.state != literal_column("'ending'"),
    postgresql_where=hubs.c.state != literal_column("'ending'"),
)
