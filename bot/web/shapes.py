"""Articles and comments as the API shows them. Pure; `openapi` describes the same shapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urldefrag, urlsplit

from bot.cards.words import reading_minutes
from bot.newsroom.comment_tree import CommentNode, reading_order
from bot.newsroom.source_status import shown_address
from storage.records import Article, Comment, Listed, Source, Tally

Json = dict[str, Any]

# Many JSON readers stop at 64 levels, and a comment takes two. Deeper replies stand side by side at this level.
DEEPEST_REPLY = 24


def article_shape(listed: Listed, related: Iterable[Listed]) -> Json:
    """An article as it stands in a guild."""
    article = listed.article
    return {
        "id": str(article.id),
        "url": article.url,
        "title": article.title,
        "summary": article.summary,
        "author": article.author,
        "published_at": _time(article.published_at),
        "image": article.image_url,
        "tags": list(article.tags),
        "reading_minutes": reading_minutes(article, whole=listed.whole),
        "media": _media(article),
        "source": _source(listed.source),
        **_votes(listed.tally),
        "comment_count": listed.comment_count,
        "related": [
            {"id": str(other.article.id), "title": other.article.title, "url": other.article.url}
            for other in related
        ],
    }


def comment_shapes(nodes: Sequence[CommentNode]) -> list[Json]:
    """Comments, each with the replies to it. Members may reply to each other without end; the nesting has one."""
    top: list[Json] = []
    shelves = [top]  # where a comment of each depth belongs, as far down as the comment before it
    for line in reading_order(nodes):
        depth = min(line.depth, DEEPEST_REPLY)
        replies: list[Json] = []
        del shelves[depth + 1 :]
        shelves[depth].append({**_comment(line.comment), "replies": replies})
        shelves.append(replies)
    return top


def _comment(comment: Comment) -> Json:
    return {
        "id": str(comment.message_id),
        "author": comment.author_name,
        "text": comment.text,
        "quote": comment.quote,
        "created_at": _time(comment.created_at),
        "edited_at": _time(comment.edited_at),
        **_votes(comment.tally),
    }


def _source(source: Source) -> Json:
    # A feed's address with what may be a key is a subscriber's own: the publication's page stands for it.
    shown = shown_address(source.url)
    is_private = shown != urldefrag(source.url).url
    parts = urlsplit(source.url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
    return {
        "id": str(source.id),
        "title": source.title,
        "url": (source.link or origin) if is_private else shown,
    }


def _media(article: Article) -> Json | None:
    """A podcast's episode or a video, as "audio" or "video"; None for what is read."""
    if not article.media_kind or not article.media_url:
        return None
    return {
        "kind": article.media_kind,
        "url": article.media_url,
        "duration_seconds": article.media_duration_s,
    }


def _votes(tally: Tally) -> Json:
    return {"score": tally.score, "upvotes": tally.upvotes, "downvotes": tally.downvotes}


def _time(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds and Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
