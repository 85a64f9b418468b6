"""Who may be the one bot on a database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Named,
    Table,
    Text,
    TypedColumns,
)

from storage.tables.base import metadata
from storage.types import UtcDateTime


class LeaseColumns(TypedColumns):
    """Who may be the one bot on this database, and until when by the database's clock."""

    name: Named[str] = Column(Text, primary_key=True)
    holder: Named[str] = Column(Text)
    fence: Named[int] = Column(BigInteger)
    expires_at: Named[datetime] = Column(UtcDateTime)


leases = Table("leases", metadata, LeaseColumns)
