"""Posts expire into digests, are announced, pinned and swept; channels that are away are known."""

import re

import sqlalchemy as sa
from alembic import op

from storage.types import HoursAfter, RowId, UtcDateTime

revision = "0005"
down_revision = "0004"

_BEFORE = ("ready", "sending", "sent", "refused", "deleted")
_NOW = (*_BEFORE, "gathered")
_UNSENT = "state IN ('ready', 'sending')"
_INDEXES = (
    (
        "ix_posts_announcing",
        ["channel_id", "id"],
        "state = 'sent' AND {yes} AND {no} AND finished_at IS NOT NULL",
    ),
    ("ix_posts_claimed", ["guild_id", "channel_id"], "leased_until IS NOT NULL"),
    ("ix_posts_expiring", ["expires_at", "id"], "state = 'ready'"),
    ("ix_posts_swept", ["swept_at", "id"], "state = 'sent' AND swept_at IS NOT NULL"),
)
_WISHES = ("announce", "pin", "forum")
_STEPS = ("announce_wanted", "announced", "pin_wanted", "pinned", "forum")
_SEEN = (
    ("swept_at", UtcDateTime()),
    ("thread_last_id", sa.BigInteger()),
    ("thread_count", sa.Integer()),
    ("thread_archived_at", UtcDateTime()),
)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def _choices(states: tuple[str, ...]) -> str:
    quoted = ", ".join(f"'{state}'" for state in states)
    return f"state IN ({quoted})"


def upgrade() -> None:
    """Bring it."""
    for name in _WISHES:
        op.add_column("subscriptions", _flag(name))
    op.add_column(
        "subscriptions", sa.Column("longest_wait_h", sa.Integer(), server_default="24", nullable=False)
    )
    for name in _STEPS:
        op.add_column("posts", _flag(name))
    op.add_column("posts", sa.Column("claim", sa.Integer(), server_default="0", nullable=False))
    for name, kind in _SEEN:
        op.add_column("posts", sa.Column(name, kind, nullable=True))
    op.add_column("posts", sa.Column("expires_at", UtcDateTime(), nullable=True))
    posts = sa.table(
        "posts",
        *(sa.column(name, UtcDateTime()) for name in ("created_at", "expires_at", "sent_at", "swept_at")),
        *(sa.column(name) for name in ("state", "guild_id")),
    )
    op.execute(posts.update().values(expires_at=HoursAfter(posts.c.created_at, sa.literal(24))))
    op.execute(posts.update().where(posts.c.state == "sent").values(swept_at=posts.c.sent_at))
    # What waits in a guild that the bot left is never posted.
    guilds = sa.table("guilds", sa.column("id"), sa.column("left_at"))
    left = sa.select(guilds.c.id).where(guilds.c.left_at.is_not(None))
    op.execute(posts.delete().where(posts.c.state == "ready", posts.c.guild_id.in_(left)))
    _allow(_NOW, _BEFORE, expiring=True)
    yes = "{} = 1" if op.get_context().dialect.name == "sqlite" else "{}"
    no = "{} = 0" if op.get_context().dialect.name == "sqlite" else "NOT {}"
    for name, columns, condition in _INDEXES:
        where = sa.text(condition.format(yes=yes.format("announce_wanted"), no=no.format("announced")))
        op.create_index(name, "posts", columns, sqlite_where=where, postgresql_where=where)
    _index_waiting("guild_id", "channel_id", "id")
    _make_digests()
    op.create_table(
        "away_channels",
        sa.Column("channel_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["guild_id"], ["guilds.id"], name=op.f("fk_away_channels_guild_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_away_channels")),
    )
    op.create_index(op.f("ix_away_channels_guild_id"), "away_channels", ["guild_id"])
    untold = sa.text("told_at IS NULL")
    op.create_index(
        "ix_away_channels_untold",
        "away_channels",
        ["since", "channel_id"],
        sqlite_where=untold,
        postgresql_where=untold,
    )


def downgrade() -> None:
    """Take it back. What a digest was still to name is posted."""
    op.execute(
        "UPDATE posts SET state = 'ready', finished_at = NULL WHERE state = 'gathered' AND EXISTS (SELECT 1 "
        "FROM digests JOIN digest_articles ON digest_articles.digest_id = digests.id "
        "WHERE digest_articles.article_id = posts.article_id AND digests.channel_id = posts.channel_id "
        "AND digests.state IN ('ready', 'sending'))"
    )
    op.execute("UPDATE posts SET state = 'refused', problem = 'It waited too long.' WHERE state = 'gathered'")
    for table in ("away_channels", "digest_articles", "digests"):
        op.drop_table(table)
    _index_waiting("guild_id")
    for name, _, _ in _INDEXES:
        op.drop_index(name, "posts")
    op.drop_column("posts", "expires_at")
    _allow(_BEFORE, _NOW, expiring=False)
    for name, _ in reversed(_SEEN):
        op.drop_column("posts", name)
    for name in ("claim", *reversed(_STEPS)):
        op.drop_column("posts", name)
    for name in ("longest_wait_h", *reversed(_WISHES)):
        op.drop_column("subscriptions", name)


def _allow(states: tuple[str, ...], before: tuple[str, ...], *, expiring: bool) -> None:
    """Have posts take these states instead of those before, and where it is `expiring`, need a time for that."""
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_posts_state"), "posts", type_="check")
        op.create_check_constraint(op.f("ck_posts_state"), "posts", _choices(states))
        if expiring:
            op.alter_column("posts", "expires_at", nullable=False)
        return
    # SQLite can't change a constraint: the table is made anew. With the old one goes what refers to it, so that is
    # kept aside; references can't be switched off within a transaction.
    connection = op.get_bind()
    made = str(
        connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'posts'"))
    )
    indexes = connection.scalars(
        sa.text(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'posts' AND sql IS NOT NULL"
        )
    ).all()
    if made.count(_choices(before)) != 1:
        raise RuntimeError(f"The table of posts is not as it was made; nothing was changed: {made}")
    anew = made.replace(_choices(before), _choices(states))
    if expiring:
        anew = re.sub(r"(\bexpires_at VARCHAR\(27\))", r"\1 NOT NULL", anew)
    anew = re.sub(r'^CREATE TABLE "?posts"?', "CREATE TABLE posts_anew", anew)
    for statement in (
        "CREATE TEMPORARY TABLE kept_reactions AS SELECT * FROM reactions",
        "CREATE TEMPORARY TABLE kept_merged AS SELECT * FROM merged",
        anew,
        "INSERT INTO posts_anew SELECT * FROM posts",
        "DELETE FROM reactions",
        "DELETE FROM merged",
        "DROP TABLE posts",
        "ALTER TABLE posts_anew RENAME TO posts",
        *indexes,
        "INSERT INTO reactions SELECT * FROM kept_reactions",
        "INSERT INTO merged SELECT * FROM kept_merged",
        "DROP TABLE kept_reactions",
        "DROP TABLE kept_merged",
    ):
        connection.exec_driver_sql(statement)


def _index_waiting(*columns: str) -> None:
    where = sa.text("finished_at IS NULL AND state IN ('ready', 'sending', 'sent')")
    op.drop_index("ix_posts_waiting", "posts")
    op.create_index("ix_posts_waiting", "posts", list(columns), sqlite_where=where, postgresql_where=where)


def _make_digests() -> None:
    op.create_table(
        "digests",
        sa.Column("id", RowId, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("nonce", sa.String(25), nullable=False),
        sa.Column("after_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("claim", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        _flag("forum"),
        _flag("halved"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(_choices(_NOW), name=op.f("ck_digests_state")),
        sa.CheckConstraint("length(nonce) BETWEEN 1 AND 25", name=op.f("ck_digests_nonce_length")),
        sa.ForeignKeyConstraint(
            ["guild_id"], ["guilds.id"], name=op.f("fk_digests_guild_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("message_id", name=op.f("uq_digests_message_id")),
        sa.UniqueConstraint("nonce", name=op.f("uq_digests_nonce")),
    )
    op.create_index(
        "uq_digests_unsent",
        "digests",
        ["channel_id"],
        unique=True,
        sqlite_where=sa.text(_UNSENT),
        postgresql_where=sa.text(_UNSENT),
    )
    op.create_index(
        "ix_digests_guild",
        "digests",
        ["guild_id"],
        sqlite_where=sa.text(_UNSENT),
        postgresql_where=sa.text(_UNSENT),
    )
    op.create_table(
        "digest_articles",
        sa.Column("digest_id", RowId, nullable=False),
        sa.Column("article_id", RowId, nullable=False),
        sa.Column("place", RowId, nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digests.id"], name=op.f("fk_digest_articles_digest_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_digest_articles_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest_id", "article_id", name=op.f("pk_digest_articles")),
        sqlite_with_rowid=False,
    )
    for columns in (["digest_id", "place"], ["article_id"]):
        op.create_index(op.f(f"ix_digest_articles_{'_'.join(columns)}"), "digest_articles", columns)
