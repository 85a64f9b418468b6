"""Leaderboards, who voted, and figures with a picture, as messages."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import discord

from bot.cards.card import COLOUR, DESCRIPTION, TITLE, Card, File
from bot.cards.lists import PERIODS, joined
from bot.cards.text import escaped_line, line, units
from bot.newsroom.boards import Figures
from bot.newsroom.emoji import written_emoji
from bot.newsroom.ranking import Period
from storage.records import CommenterRank, Listed, SourceRank, VotersOfEmoji

PICTURE = "stats.png"
_MEDALS = ("🥇", "🥈", "🥉")


class About(StrEnum):
    """What a picture of figures shows."""

    ACTIVITY = "activity"
    VOTES = "votes"
    SOURCES = "sources"


def voters_card(article: Listed, found: Sequence[VotersOfEmoji]) -> Card:
    """Who voted on an article, by emoji; mentions in an embed tell nobody."""
    embed = discord.Embed(colour=COLOUR, title="Who voted")
    room = DESCRIPTION // max(len(found), 1) - len(_BETWEEN)
    blocks = [_voters_of(one, room) for one in found]
    embed.description = _BETWEEN.join(blocks) or "Nobody has voted on this article yet."
    embed.set_footer(text=line(article.article.title, TITLE) or "Untitled article")
    return Card(embed)


_BETWEEN = "\n\n"


def _voters_of(one: VotersOfEmoji, room: int) -> str:
    """An emoji with those who voted by it, as many as have room."""
    text = f"{written_emoji(one.emoji)} **{one.votes:,}**"
    shown = 0
    for member_id in one.member_ids:
        longer = f"{text}{', ' if shown else ' · '}<@{member_id}>"
        if units(longer + _more(one.votes - shown - 1)) > room:
            break
        text, shown = longer, shown + 1
    return text + _more(one.votes - shown) if shown else text


def _more(count: int) -> str:
    return f" and {count:,} more" if count else ""


def sources_board(found: Sequence[SourceRank], period: Period) -> Card:
    """The sources with the highest scores."""
    lines = [
        f"{_place(place)} **{escaped_line(one.title, 60) or 'A source'}** · {_score(one.score)} · "
        f"{_counted(one.articles, 'article')} · 💬 {one.comments}"
        for place, one in enumerate(found)
    ]
    return _board("Sources", period, lines, "No articles here in this time.")


def commenters_board(found: Sequence[CommenterRank], period: Period) -> Card:
    """The members whose comments have the highest scores."""
    lines = [
        f"{_place(place)} **{escaped_line(one.name, 32) or 'A member'}** · {_score(one.score)} · "
        f"{_counted(one.comments, 'comment')}"
        for place, one in enumerate(found)
    ]
    return _board("Commenters", period, lines, "No comments here in this time.")


def _board(title: str, period: Period, lines: Sequence[str], none: str) -> Card:
    embed = discord.Embed(colour=COLOUR, title=f"{title} · {PERIODS[period]}")
    embed.description = joined(lines) or none
    return Card(embed)


def stats_card(figures: Figures, about: About, picture: bytes) -> Card:
    """Figures of the last days in words, and the picture of what they are `about`."""
    days = figures.days
    embed = discord.Embed(colour=COLOUR, title=f"The last {len(days)} days")
    sums = (
        _counted(sum(day.articles for day in days), "article"),
        _counted(sum(day.comments for day in days), "comment"),
        f"{_counted(sum(day.votes_for for day in days), 'vote')} for",
        f"{sum(day.votes_against for day in days):,} against",
    )
    words = " · ".join(sums)
    if about is About.SOURCES:
        names = [
            f"{place}. {escaped_line(one.title, 60) or 'A source'} · {_score(one.score)}"
            for place, one in enumerate(figures.sources, start=1)
        ]
        words = "\n".join([words, *names])
    embed.description = words
    embed.set_image(url=f"attachment://{PICTURE}")
    return Card(
        embed, file=File(PICTURE, "image/png", picture, f"A picture of {about}: {sums[0]}, {sums[1]}")
    )


def _place(place: int) -> str:
    return _MEDALS[place] if place < len(_MEDALS) else f"{place + 1}."


def _score(score: int) -> str:
    return f"{'▲' if score >= 0 else '▼'} {abs(score)}"


def _counted(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"
