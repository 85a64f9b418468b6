"""Members follow sources, phrases, authors, comments and replies, and are told of them in letters."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import RowId, UtcDateTime

revision = "0008"
down_revision = "0007"

_INDEXES = (
    ("ix_follows_lookup", "follows", ["guild_id", "kind", "lookup"], None),
    ("ix_follows_source_id", "follows", ["source_id"], "source_id IS NOT NULL"),
    ("ix_follows_article_id", "follows", ["article_id"], "article_id IS NOT NULL"),
    (
        "ix_listeners_closed",
        "listeners",
        ["closed_at", "member_id"],
        "closed_at IS NOT NULL AND closed_told_at IS NULL",
    ),
    ("ix_arrivals_guild_id", "arrivals", ["guild_id"], None),
    ("ix_arrivals_article_id", "arrivals", ["article_id"], None),
    ("ix_arrivals_comment_id", "arrivals", ["comment_id"], None),
    ("ix_arrivals_member", "arrivals", ["member_id"], "member_id IS NOT NULL"),
    ("ix_letters_member_id_sent_at", "letters", ["member_id", "sent_at"], None),
    ("ix_letters_guild_id_member_id", "letters", ["guild_id", "member_id"], None),
    ("ix_letters_created_at", "letters", ["created_at"], None),
    ("ix_letters_unsent", "letters", ["due_at", "id"], "state IN ('ready', 'sending')"),
    ("ix_tidings_member_id_guild_id", "tidings", ["member_id", "guild_id"], None),
    ("ix_tidings_guild_id", "tidings", ["guild_id"], None),
    ("ix_tidings_created_at", "tidings", ["created_at"], None),
    ("ix_tidings_waiting", "tidings", ["due_at", "id"], "state = 'waiting' AND letter_id IS NULL"),
    ("ix_tidings_letter", "tidings", ["letter_id"], "letter_id IS NOT NULL"),
)


def _id() -> sa.Column[int]:
    return sa.Column("id", RowId, nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _row(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, RowId, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _choice(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(10), nullable=False)


def _refers(
    table: str, column: str, to: str, key: str = "id", gone: str = "CASCADE"
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.{key}"], name=op.f(f"fk_{table}_{column}"), ondelete=gone
    )


def _states(table: str, states: Sequence[str]) -> sa.CheckConstraint:
    quoted = ", ".join(f"'{state}'" for state in states)
    return sa.CheckConstraint(f"state IN ({quoted})", name=op.f(f"ck_{table}_state"))


def upgrade() -> None:
    """Bring it."""
    op.create_table(
        "follows",
        _id(),
        _number("guild_id"),
        _number("member_id"),
        _choice("kind"),
        *(_text(name) for name in ("what", "lookup", "wording")),
        _row("source_id", nullable=True),
        _row("article_id", nullable=True),
        _number("channel_id", nullable=True),
        sa.Column("gathered", sa.Boolean(), server_default=sa.false(), nullable=False),
        _number("made_in"),
        _moment("created_at"),
        _refers("follows", "guild_id", "guilds"),
        _refers("follows", "source_id", "sources"),
        _refers("follows", "article_id", "articles"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follows")),
        sa.UniqueConstraint(
            *("member_id", "guild_id", "kind", "what"), name=op.f("uq_follows_member_id_guild_id_kind_what")
        ),
    )
    op.create_table(
        "listeners",
        sa.Column("member_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("gather_at", sa.Integer(), server_default="1080", nullable=False),
        sa.Column("gathered", sa.Boolean(), server_default=sa.false(), nullable=False),
        _moment("closed_at", nullable=True),
        _moment("closed_told_at", nullable=True),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_listeners")),
    )
    op.create_table(
        "arrivals",
        _id(),
        _number("guild_id"),
        _row("article_id"),
        _number("comment_id", nullable=True),
        _number("answers", nullable=True),
        _number("member_id", nullable=True),
        _refers("arrivals", "guild_id", "guilds"),
        _refers("arrivals", "article_id", "articles"),
        _refers("arrivals", "comment_id", "comments", "message_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
    )
    _make_letters()
    _make_tidings()
    for name, table, columns, condition in _INDEXES:
        where = None if condition is None else sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take it back."""
    for table in ("tidings", "letters", "arrivals", "listeners", "follows"):
        op.drop_table(table)


def _make_letters() -> None:
    op.create_table(
        "letters",
        _id(),
        _number("guild_id"),
        _number("member_id"),
        _number("channel_id", nullable=True),
        _choice("state"),
        sa.Column("nonce", sa.String(25), nullable=False),
        _number("after_id", nullable=True),
        _number("message_id", nullable=True),
        _moment("due_at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _text("problem", nullable=True),
        _moment("created_at"),
        _moment("sent_at", nullable=True),
        _states("letters", ("ready", "sending", "sent", "refused", "deleted", "gathered")),
        sa.CheckConstraint("length(nonce) BETWEEN 1 AND 25", name=op.f("ck_letters_nonce_length")),
        _refers("letters", "guild_id", "guilds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("nonce", name=op.f("uq_letters_nonce")),
    )


def _make_tidings() -> None:
    op.create_table(
        "tidings",
        _id(),
        _number("guild_id"),
        _number("member_id"),
        _row("article_id", nullable=True),
        _number("comment_id", nullable=True),
        _row("follow_id"),
        _choice("kind"),
        _text("wording"),
        _number("channel_id", nullable=True),
        sa.Column("gathered", sa.Boolean(), nullable=False),
        _choice("state"),
        _moment("created_at"),
        _moment("due_at"),
        _row("letter_id", nullable=True),
        _number("seen_in", nullable=True),
        _number("seen_id", nullable=True),
        _states("tidings", ("waiting", "held", "told")),
        sa.CheckConstraint(
            "(article_id IS NULL) <> (comment_id IS NULL)", name=op.f("ck_tidings_one_subject")
        ),
        _refers("tidings", "guild_id", "guilds"),
        _refers("tidings", "article_id", "articles"),
        _refers("tidings", "comment_id", "comments", "message_id"),
        _refers("tidings", "letter_id", "letters", gone="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tidings")),
        sa.UniqueConstraint(
            *("article_id", "guild_id", "member_id"), name=op.f("uq_tidings_article_id_guild_id_member_id")
        ),
        sa.UniqueConstraint("comment_id", "member_id", name=op.f("uq_tidings_comment_id_member_id")),
    )
