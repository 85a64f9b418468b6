"""Guilds, their members and their subscriptions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Named,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from storage.records import Length, Reading, SameStory
from storage.tables.base import choice, metadata
from storage.types import RowId, UtcDateTime


class GuildColumns(TypedColumns):
    """A Discord server that the bot is or was in. The name is unknown until Discord told it."""

    id: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    name: Named[str | None] = Column(Text)
    joined_at: Named[datetime] = Column(UtcDateTime)
    left_at: Named[datetime | None] = Column(UtcDateTime)
    vote_up: Named[str] = Column(Text)
    vote_down: Named[str] = Column(Text)
    summary_language: Named[str | None] = Column(Text)


guilds = Table("guilds", metadata, GuildColumns)


class MemberColumns(TypedColumns):
    """The name of somebody who wrote a comment, as it is in that guild."""

    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    member_id: Named[int] = Column(BigInteger)
    name: Named[str] = Column(Text)


members = Table("members", metadata, MemberColumns, PrimaryKeyConstraint("guild_id", "member_id"))


class SubscriptionColumns(TypedColumns):
    """A source wired to a channel."""

    id: Named[int] = Column(RowId, primary_key=True)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    channel_id: Named[int] = Column(BigInteger)
    source_id: Named[int] = Column(RowId, ForeignKey("sources.id", ondelete="CASCADE"))
    thread: Named[bool]
    newest: Named[int]
    created_by: Named[int | None] = Column(BigInteger)
    created_at: Named[datetime] = Column(UtcDateTime)
    started_at: Named[datetime | None] = Column(UtcDateTime)
    told_at: Named[datetime | None] = Column(UtcDateTime)
    reading: Named[Reading] = Column(choice(Reading), server_default="needed")
    length: Named[Length] = Column(choice(Length), server_default="normal")
    same_story: Named[SameStory] = Column(choice(SameStory), server_default="merge")


subscriptions = Table(
    "subscriptions",
    metadata,
    SubscriptionColumns,
    UniqueConstraint("channel_id", "source_id"),
    Index(None, "guild_id", "id"),
    Index(None, "source_id", "id"),
)
