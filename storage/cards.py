"""All that posts' cards show, in two queries; for those of a story, in two more for all of them together.

A summary is what a language model wrote in the guild's language, else the page's (unless pages are never to be read),
else the feed's, in the length that the post's subscription wants.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Case,
    ColumnElement,
    FromClause,
    Row,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    Article,
    CardToPost,
    Length,
    Origin,
    Post,
    Reading,
    Source,
    Tally,
    VoteEmoji,
)
from storage.rows import read
from storage.stories import also_covered, earlier
from storage.tables import articles, guilds, pictures, posts, sources, standings, texts
from storage.vote_rules import emoji_of

# No card holds as much of an article, whatever the reader's Discord.
LONGEST_TEXT = 6_000

_feed, _page, _model = (texts.alias(name) for name in ("feed_text", "page_text", "model_text"))
_LENGTHS = {Length.SHORT: "short", Length.NORMAL: "normal", Length.LONG: "long"}


def _of_length(text: FromClause, *, full: bool) -> Case[str]:
    """The part of a text that the post's subscription wants; None where it is empty."""
    parts: dict[Length, ColumnElement[Any]] = {length: text.c[name] for length, name in _LENGTHS.items()}
    if full:
        parts[Length.FULL] = func.substr(text.c.body, 1, LONGEST_TEXT)
    return case(
        *((posts.c.length == length, func.nullif(part, "")) for length, part in parts.items()), else_=null()
    )


_WRITTEN = _of_length(_model, full=False)
_SUMMARY = func.coalesce(
    _WRITTEN,
    case((posts.c.reading != Reading.NEVER, _of_length(_page, full=True)), else_=null()),
    _of_length(_feed, full=True),
    # What was stored before there were texts has its summary alone.
    case((_feed.c.article_id.is_(None) & (posts.c.length != Length.NONE), articles.c.summary), else_=""),
).label("card_summary")
_WHOLE = or_(func.coalesce(_page.c.whole, false()), func.coalesce(_feed.c.whole, false())).label("card_whole")
_BY_MODEL = _WRITTEN.is_not(None).label("by_model")
# A picture that the message carries is not read again for each vote.
_PICTURE = case(
    (posts.c.attached.is_not_distinct_from(articles.c.image_url), null()), else_=pictures.c.data
).label("card_picture")


def _told(text: FromClause, origin: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(text.c.article_id == posts.c.article_id, text.c.origin == origin)


def select_cards() -> Select[*tuple[Any, ...]]:
    """Select what `read_cards` reads, from posts; the caller says of which."""
    # What is in the guild's language already is written in the article's own.
    translated = func.nullif(guilds.c.summary_language, articles.c.language)
    written = func.coalesce(literal(f"{Origin.MODEL}:") + translated, Origin.MODEL.value)
    return (
        select(
            posts,
            articles,
            sources,
            standings,
            pictures.c.media_type,
            _SUMMARY,
            _BY_MODEL,
            _WHOLE,
            _PICTURE,
        )
        .select_from(posts)
        .join(articles, articles.c.id == posts.c.article_id)
        .join(sources, sources.c.id == articles.c.source_id)
        .join(guilds, guilds.c.id == posts.c.guild_id)
        .outerjoin(
            standings,
            and_(standings.c.article_id == posts.c.article_id, standings.c.guild_id == posts.c.guild_id),
        )
        .outerjoin(_feed, _told(_feed, literal(Origin.FEED.value)))
        .outerjoin(_page, _told(_page, literal(Origin.PAGE.value)))
        .outerjoin(_model, _told(_model, written))
        .outerjoin(pictures, pictures.c.article_id == posts.c.article_id)
    )


async def read_cards(connection: AsyncConnection, rows: Iterable[Row[*tuple[Any, ...]]]) -> list[CardToPost]:
    """Read cards from rows of `select_cards`, and who else tells their stories."""
    found = list(rows)
    emoji = await emoji_of(connection, {row._mapping[posts.c.guild_id] for row in found})
    cards = [_read(row, emoji.get(row._mapping[posts.c.guild_id], ())) for row in found]
    of_stories = [card.post.id for card in cards if card.article.story_id is not None]
    if not of_stories:
        return cards
    also, before = await also_covered(connection, of_stories), await earlier(connection, of_stories)
    return [
        replace(card, also=also.get(card.post.id, ()), earlier=before.get(card.post.id)) for card in cards
    ]


def _read(row: Row[*tuple[Any, ...]], emoji: tuple[VoteEmoji, ...]) -> CardToPost:
    values = row._mapping
    picture = values["card_picture"]
    return CardToPost(
        post=read(Post, posts, row),
        article=read(Article, articles, row),
        source=read(Source, sources, row),
        tally=Tally(values[standings.c.upvotes] or 0, values[standings.c.downvotes] or 0),
        comment_count=values[standings.c.comment_count] or 0,
        emoji=emoji,
        summary=values["card_summary"],
        picture=None if picture is None else (values[pictures.c.media_type], picture),
        by_model=bool(values["by_model"]),
        whole=bool(values["card_whole"]),
    )
