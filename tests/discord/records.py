"""Records for tests, each with something in every field."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from storage.records import (
    Article,
    CardToPost,
    Listed,
    Post,
    PostState,
    Source,
    Subscription,
    Tally,
    VoteEmoji,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

SOURCE = Source(
    id=1,
    url="https://town.example/feed.xml",
    title="The Town Crier",
    link="https://town.example/",
    icon_url="https://town.example/icon.png",
    etag=None,
    last_modified=None,
    digest=None,
    next_poll_at=NOW,
    last_polled_at=NOW,
    last_success_at=NOW,
    failures=0,
    problem=None,
)
ARTICLE = Article(
    id=7,
    source_id=1,
    identity="a7",
    url="https://town.example/bridge",
    title="The bridge is open again",
    author="Ann",
    summary="After two years the bridge is open. Carts may cross from Monday.",
    image_url="https://town.example/bridge.jpg",
    published_at=NOW,
    first_seen_at=NOW,
    revised_at=None,
)
POST = Post(
    id=3,
    guild_id=10,
    channel_id=20,
    article_id=7,
    state=PostState.READY,
    nonce="0123456789abcdef0123",
    after_id=None,
    message_id=None,
    thread_wanted=False,
    thread_id=None,
    seeded=0,
    finished_at=None,
    attempts=0,
    problem=None,
)


def card_to_post(article: Article = ARTICLE, source: Source = SOURCE, **post: Any) -> CardToPost:
    """A card; keyword arguments change its post."""
    return CardToPost(
        post=replace(POST, **post),
        article=article,
        source=source,
        tally=Tally(0, 0),
        comment_count=0,
        emoji=(VoteEmoji("👍", 1), VoteEmoji("👎", -1)),
        summary=article.summary,
    )


def listed(**article: Any) -> Listed:
    """An article in a guild; keyword arguments change the article."""
    return Listed(
        article=replace(ARTICLE, **article),
        source=SOURCE,
        guild_id=10,
        posted_at=NOW,
        tally=Tally(3, 1),
        comment_count=2,
        channel_id=20,
        message_id=30,
        thread_id=None,
    )


def subscription(waiting: int = 0, post_problem: str | None = None, **source: Any) -> Subscription:
    """A subscription; other keyword arguments change its source."""
    return Subscription(
        id=5,
        guild_id=10,
        channel_id=20,
        source=replace(SOURCE, **source),
        thread=True,
        newest=1,
        created_by=40,
        created_at=NOW,
        started_at=NOW,
        waiting=waiting,
        problem=post_problem,
    )
