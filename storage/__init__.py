"""All SQLAlchemy: tables, frozen records outward, queries named for what they answer, migrations."""

from storage.database import Database, DatabaseMissing
from storage.problems import DatabaseBusy, DatabaseProblem
from storage.records import (
    Article,
    ArticleToStore,
    CardToPost,
    CardToRefresh,
    Comment,
    CommentSeen,
    Ingested,
    Lease,
    LeaseHeld,
    Listed,
    Post,
    PostState,
    Sort,
    Source,
    SourceListed,
    SourceUpdate,
    Subscription,
    SubscriptionToStore,
    Tally,
    TrackedChannel,
    VoteEmoji,
)
from storage.store import Store
from storage.tallies import Ranks

__all__ = [
    "Article",
    "ArticleToStore",
    "CardToPost",
    "CardToRefresh",
    "Comment",
    "CommentSeen",
    "Database",
    "DatabaseBusy",
    "DatabaseMissing",
    "DatabaseProblem",
    "Ingested",
    "Lease",
    "LeaseHeld",
    "Listed",
    "Post",
    "PostState",
    "Ranks",
    "Sort",
    "Source",
    "SourceListed",
    "SourceUpdate",
    "Store",
    "Subscription",
    "SubscriptionToStore",
    "Tally",
    "TrackedChannel",
    "VoteEmoji",
]
