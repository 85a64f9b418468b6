"""The message that names what waited too long for its channel, all in one, and the whole list page by page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import discord

from bot.cards.card import COLOUR, DESCRIPTION, THREAD_NAME, Button, Card
from bot.cards.text import directed, line, linked, units
from storage.records import DigestLine, DigestToPost

DIGEST_BUTTON = "late:"
LINES_A_PAGE = 10
# Longer addresses would take the room of other articles: what they lead to is named without them. Where a page is too
# long still, so are ever more, the longest first.
LONGEST_TITLE, LONGEST_LINK, LONGEST_NAME = 100, 300, 60
SHORTER_LINKS = range(LONGEST_LINK, 0, -20)
# As many as a phone shows at once, or little more; the rest is behind the message's button.
MOST_LINES = 20
_NOTE = "-# They waited longer than a post may wait here, so they are named and not posted one by one."


def digest_title(to_post: DigestToPost) -> str:
    """What the message is called: plain text that fits a forum post's title too."""
    if to_post.digest.heading is not None:
        return line(to_post.digest.heading, THREAD_NAME)
    return line(f"{_articles(to_post.count)} that came late", THREAD_NAME)


def digest_card(to_post: DigestToPost) -> Card:
    """The articles by their sources, as many as one message holds, some of every source; the rest is counted.

    Its button holds the digest's mark (docs/adr/0003-a-posts-mark.md) and shows all of them.
    """
    embed = discord.Embed(colour=COLOUR, title=digest_title(to_post))
    room = DESCRIPTION - units(_NOTE) - units(_more(to_post.count)) - 4
    shown = _chosen(to_post.articles, room)
    rest = to_post.count - len(shown)
    embed.description = "\n\n".join((*_by_source(shown), *([_more(rest)] if rest else ()), _NOTE))
    return Card(embed, ((show_all(to_post),),))


def show_all(to_post: DigestToPost) -> Button:
    """The button that shows all that a digest names. It holds the digest's mark."""
    return Button(f"Show all {to_post.count}", _button(to_post, 0))


def late_card(to_post: DigestToPost, offset: int) -> Card:
    """A page of a digest's articles: those from `offset` on, of `count` in all."""
    embed = discord.Embed(colour=COLOUR, title=digest_title(to_post))
    pages = ("\n\n".join(_by_source(to_post.articles, longest)) for longest in SHORTER_LINKS)
    embed.description = (
        next(page for page in pages if units(page) <= DESCRIPTION) or "There are no more of them."
    )
    if to_post.count <= LINES_A_PAGE:
        return Card(embed)
    last = offset + len(to_post.articles)
    order = ", oldest first" if to_post.digest.schedule_id is None else ""
    embed.set_footer(text=f"{offset + 1}–{last} of {to_post.count}{order}")
    back, more = max(offset - LINES_A_PAGE, 0), offset + LINES_A_PAGE
    buttons = (
        Button("Back", _button(to_post, back, ":back"), disabled=offset == 0),
        Button("More", _button(to_post, more, ":more"), disabled=last >= to_post.count),
    )
    return Card(embed, (buttons,))


def _button(to_post: DigestToPost, offset: int, which: str = "") -> str:
    return f"{DIGEST_BUTTON}{to_post.digest.nonce}:{offset}{which}"


def read_digest_button(custom_id: str) -> tuple[str, int] | None:
    """The nonce of the digest and the place in it that a button asks for; None for an id that is not one of its."""
    asked = re.fullmatch(
        rf"{DIGEST_BUTTON}([^:]{{1,25}}):([0-9]{{1,6}})(?::back|:more)?", custom_id, re.ASCII
    )
    return None if asked is None else (asked[1], int(asked[2]))


def _chosen(articles: Sequence[DigestLine], room: int) -> list[DigestLine]:
    """As many as there is room for, in turn one of each source, so that none is crowded out."""
    turns: dict[int, list[DigestLine]] = {}
    so_far: dict[str, int] = {}
    for article in articles:
        turn = so_far.get(article.source_url, 0)
        so_far[article.source_url] = turn + 1
        turns.setdefault(turn, []).append(article)
    chosen: list[DigestLine] = []
    named: set[str] = set()
    for article in (one for turn in sorted(turns) for one in turns[turn]):
        cost = units(_line(article)) + 1
        if article.source_url not in named:
            cost += units(_heading(article)) + 3
        if cost > room or len(chosen) == MOST_LINES:
            break
        room -= cost
        named.add(article.source_url)
        chosen.append(article)
    return chosen


def _by_source(articles: Iterable[DigestLine], longest_link: int = LONGEST_LINK) -> list[str]:
    blocks: dict[str, list[str]] = {}
    for article in articles:
        blocks.setdefault(article.source_url, [_heading(article)]).append(_line(article, longest_link))
    return ["\n".join(block) for block in blocks.values()]


def _heading(article: DigestLine) -> str:
    name = line(article.source_title, LONGEST_NAME) or line(article.source_url, LONGEST_NAME) or "A source"
    return f"**{linked(name, None, LONGEST_LINK)}**"


def _line(article: DigestLine, longest_link: int = LONGEST_LINK) -> str:
    title = line(article.title, LONGEST_TITLE) or "Untitled article"
    return f"- {directed(linked(title, article.url, longest_link))}"


def _more(count: int) -> str:
    return f"… and {count} more. **Show all** lists every one of them."


def _articles(count: int) -> str:
    return "1 article" if count == 1 else f"{count} articles"
