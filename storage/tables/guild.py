"""Guilds, their members and their subscriptions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Named,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    false,
)

from storage.records import Length, Reading, SameStory, Verdict
from storage.tables.base import choice, metadata
from storage.types import RowId, UtcDateTime


class GuildColumns(TypedColumns):
    """A Discord server that the bot is or was in. The name is unknown until Discord told it.

    `shows_voters`: members may ask who voted. Standings posted before `recount_at`, and those at that time of articles
    before `recount_id`, are still to be counted by the vote emoji that hold now.
    Comments and votes are kept for `kept_days`; without, for as long as the bot is there. Its admins were told at
    `withheld_at` that Discord withholds members' words from the bot.
    """

    id: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    name: Named[str | None] = Column(Text)
    joined_at: Named[datetime] = Column(UtcDateTime)
    left_at: Named[datetime | None] = Column(UtcDateTime)
    summary_language: Named[str | None] = Column(Text)
    shows_voters: Named[bool] = Column(Boolean, server_default=false())
    recount_at: Named[datetime | None] = Column(UtcDateTime)
    recount_id: Named[int | None] = Column(RowId)
    kept_days: Named[int | None]
    withheld_at: Named[datetime | None] = Column(UtcDateTime)


guilds = Table("guilds", metadata, GuildColumns)
Index(
    "ix_guilds_left",
    guilds.c.left_at,
    sqlite_where=guilds.c.left_at.is_not(None),
    postgresql_where=guilds.c.left_at.is_not(None),
)
Index(
    "ix_guilds_recount",
    guilds.c.recount_at,
    sqlite_where=guilds.c.recount_at.is_not(None),
    postgresql_where=guilds.c.recount_at.is_not(None),
)


class VoteEmojiColumns(TypedColumns):
    """A reaction that is a vote in a guild: for with a weight above 0, against below. `place` orders them."""

    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    emoji: Named[str] = Column(Text)
    weight: Named[int] = Column(Integer)
    place: Named[int] = Column(Integer)


vote_emoji = Table(
    "vote_emoji",
    metadata,
    VoteEmojiColumns,
    PrimaryKeyConstraint("guild_id", "emoji"),
    CheckConstraint("weight BETWEEN -10 AND 10 AND weight <> 0", name="weight"),
    sqlite_with_rowid=False,
)


class VoterRoleColumns(TypedColumns):
    """A role whose members may vote in a guild; where there is none, everybody may."""

    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    role_id: Named[int] = Column(BigInteger)


voter_roles = Table(
    "voter_roles",
    metadata,
    VoterRoleColumns,
    PrimaryKeyConstraint("guild_id", "role_id"),
    sqlite_with_rowid=False,
)


class VoteAnswerColumns(TypedColumns):
    """A member was told why a vote of theirs does not count; once for each reason."""

    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    member_id: Named[int] = Column(BigInteger)
    verdict: Named[Verdict] = Column(choice(Verdict))


vote_answers = Table(
    "vote_answers",
    metadata,
    VoteAnswerColumns,
    PrimaryKeyConstraint("guild_id", "member_id", "verdict"),
    Index(None, "member_id"),
    sqlite_with_rowid=False,
)


class MemberColumns(TypedColumns):
    """The name of somebody who wrote a comment, as it is in that guild."""

    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    member_id: Named[int] = Column(BigInteger)
    name: Named[str] = Column(Text)


members = Table(
    "members",
    metadata,
    MemberColumns,
    PrimaryKeyConstraint("guild_id", "member_id"),
    Index(None, "member_id"),
)


class SubscriptionColumns(TypedColumns):
    """A source wired to a channel. A post waits for its channel for at most `longest_wait_h` hours.

    At most so many posts a day go into the channel; what comes beyond `at_most` is in the channel's next digest.
    """

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
    announce: Named[bool] = Column(Boolean, server_default=false())
    pin: Named[bool] = Column(Boolean, server_default=false())
    longest_wait_h: Named[int] = Column(Integer, server_default="24")
    forum: Named[bool] = Column(Boolean, server_default=false())
    at_most: Named[int | None]


subscriptions = Table(
    "subscriptions",
    metadata,
    SubscriptionColumns,
    UniqueConstraint("channel_id", "source_id"),
    Index(None, "guild_id", "id"),
    Index(None, "source_id", "id"),
)
Index(
    "ix_subscriptions_creator",
    subscriptions.c.created_by,
    sqlite_where=subscriptions.c.created_by.is_not(None),
    postgresql_where=subscriptions.c.created_by.is_not(None),
)


class AwayChannelColumns(TypedColumns):
    """A channel that can't be posted to since `since`. `told_at` is when its guild was told so."""

    channel_id: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    since: Named[datetime] = Column(UtcDateTime)
    sentence: Named[str] = Column(Text)
    told_at: Named[datetime | None] = Column(UtcDateTime)


away_channels = Table("away_channels", metadata, AwayChannelColumns, Index(None, "guild_id"))
Index(
    "ix_away_channels_untold",
    away_channels.c.since,
    away_channels.c.channel_id,
    sqlite_where=away_channels.c.told_at.is_(None),
    postgresql_where=away_channels.c.told_at.is_(None),
)
