"""Lists as messages: the ranked articles of a guild, a choice of them, a guild's subscriptions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import discord

from bot.cards.card import COLOUR, DESCRIPTION, TITLE, Button, Card, Menu, source_name
from bot.cards.text import cut, escape, escaped_line, line, units
from bot.cards.words import jump_url, score
from bot.newsroom.front_page import ALL_OF_THEM, Only, Page
from bot.newsroom.ranking import Period
from bot.newsroom.source_status import shown_address
from bot.newsroom.wishes import about_wishes, listed
from storage.records import Listed, Sort, Subscription

TOP_BUTTON = "top:"
ARTICLE_MENU = "comments-of"
SUBSCRIPTIONS_BUTTON = "subscriptions:"
SUBSCRIPTIONS_A_PAGE = 10
CUSTOM_ID = 100
CHOICE, CHOICES = 100, 25
_ROUND_BRACKETS = str.maketrans("[]", "()")

_ORDERS = {
    Sort.HOT: "Hot now",
    Sort.NEW: "Newest",
    Sort.TOP: "Top",
    Sort.DISCUSSED: "Most discussed",
    Sort.CONTROVERSIAL: "Controversial",
    Sort.BEST: "Best",
}
PERIODS = {
    Period.DAY: "last day",
    Period.WEEK: "last week",
    Period.MONTH: "last month",
    Period.ALL: "all time",
}


def top_card(
    page: Page, sort: Sort, period: Period, cursor: str | None = None, only: Only = ALL_OF_THEM
) -> Card:
    """A page of ranked articles, each with its standing and a way to its card."""
    embed = discord.Embed(colour=COLOUR, title=f"{_ORDERS[sort]} · {PERIODS[period]}")
    if page.items:
        blocks = [_article_line(listed) for listed in page.items]
        where = [] if only.channel_id is None else [f"In <#{only.channel_id}>"]
        embed.description = "\n\n".join([*where, *blocks])
    elif cursor is not None:
        embed.description = "That was the last page."
    elif only != ALL_OF_THEM:
        embed.description = "No such articles here. Try a longer period, or all sources and channels."
    else:
        embed.description = (
            "No articles here yet. Try a longer period, or ask an admin to add a source with `/subscribe`."
        )
    buttons = []
    if cursor is not None:
        buttons.append(Button("From the start", custom_id=top_button(sort, period, None, only)))
    if page.next_cursor is not None:
        more = top_button(sort, period, page.next_cursor, only)
        if len(more) <= CUSTOM_ID:
            buttons.append(Button("More", custom_id=more))
    return Card(embed, (tuple(buttons),))


def top_button(sort: Sort, period: Period, cursor: str | None, only: Only = ALL_OF_THEM) -> str:
    """The custom id that asks for a page of ranked articles."""
    asked = str(sort)
    if only != ALL_OF_THEM:
        # Numbers as short as they can be: an id has a hundred characters, and the cursor may need sixty.
        asked = f"{sort}.{_short(only.source_id)}.{_short(only.channel_id)}"
    return f"{TOP_BUTTON}{asked}:{period}:{cursor or ''}"


def read_top_button(custom_id: str) -> tuple[Sort, Period, str | None, Only] | None:
    """What `top_button` wrote, or None for an id that is not one of its."""
    if not custom_id.startswith(TOP_BUTTON):
        return None
    try:
        asked, period, cursor = custom_id.removeprefix(TOP_BUTTON).split(":", 2)
        sort, *only = asked.split(".")
        if len(only) not in (0, 2):
            return None
        return Sort(sort), Period(period), cursor or None, Only(*(_long(number) for number in only))
    except ValueError:
        return None


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _short(number: int | None) -> str:
    """A number in base 36, as `int` reads it; nothing for None."""
    written = ""
    while number:
        number, digit = divmod(number, 36)
        written = _DIGITS[digit] + written
    return written


def _long(written: str) -> int | None:
    return int(written, 36) if written else None


def _article_line(listed: Listed) -> str:
    where = jump_url(listed.guild_id, listed.channel_id, listed.message_id)
    # Square brackets would end the text of a link early.
    title = escaped_line(listed.article.title.translate(_ROUND_BRACKETS), 140) or "Untitled article"
    source = escape(source_name(listed.source, 40))
    return (
        f"**[{title}]({where})**\n{score(listed.tally)} · 💬 {listed.comment_count} · {source} · "
        f"{ago(listed.posted_at)}"
    )


def related_card(article: Listed, found: Sequence[Listed]) -> Card:
    """What else was posted on an article's topic, each with a way to its card."""
    embed = discord.Embed(colour=COLOUR, title="More on this topic")
    if found:
        embed.description = "\n\n".join(_article_line(listed) for listed in found)
    else:
        embed.description = "No other article on this topic was found in this server."
    embed.set_footer(text=line(article.article.title, TITLE) or "Untitled article")
    return Card(embed)


def article_choice(articles: Sequence[Listed]) -> Card:
    """A menu of articles to choose one from, whose comments are then shown."""
    embed = discord.Embed(colour=COLOUR, title="Whose comments?")
    if not articles:
        embed.description = "No articles here yet. Admins add a source with `/subscribe`."
        return Card(embed)
    embed.description = (
        "Choose an article below. Inside an article's thread, `/comments` shows that article's at once."
    )
    choices = tuple(
        (
            line(listed.article.title, CHOICE) or "Untitled article",
            f"{score(listed.tally)} · 💬 {listed.comment_count} · {source_name(listed.source, 60)}",
            article_value(listed.article.id),
        )
        for listed in articles[:CHOICES]
    )
    return Card(embed, menu=Menu(ARTICLE_MENU, "Choose an article", choices))


def article_label(listed: Listed) -> str:
    """An article among offered choices: its title, and its source, as several may tell the same in the same words."""
    source = f" · {source_name(listed.source, 30)}"
    return (line(listed.article.title, CHOICE - units(source)) or "Untitled article") + source


def article_value(article_id: int) -> str:
    """The value that stands for an article in offered choices. A number alone is a word that somebody looks for."""
    return f"id:{article_id}"


def read_article_value(value: str) -> int | None:
    """The article's id that `article_value` wrote, or None for other text."""
    written = re.fullmatch(r"id:([0-9]{1,18})", value, re.ASCII)
    return None if written is None else int(written[1])


def subscriptions_card(subscriptions: Sequence[Subscription], page: int = 0) -> Card:
    """A page of a guild's subscriptions with how each is doing, those with a problem first."""
    embed = discord.Embed(colour=COLOUR, title="Subscriptions")
    if not subscriptions:
        embed.description = (
            "This server follows no source yet. Add one with `/subscribe` and the address of a site or feed."
        )
        return Card(embed)
    ordered = sorted(subscriptions, key=lambda each: not _has_problem(each))
    pages = paged([_subscription_line(each) for each in ordered], SUBSCRIPTIONS_A_PAGE)
    page = min(page, len(pages) - 1)
    embed.description = "\n\n".join(pages[page])
    if len(pages) == 1:
        return Card(embed)
    embed.set_footer(text=f"Page {page + 1} of {len(pages)} · {len(ordered)} subscriptions")
    last = page == len(pages) - 1
    buttons = (
        Button("Back", f"{SUBSCRIPTIONS_BUTTON}{max(page - 1, 0)}:back", disabled=page == 0),
        Button("More", f"{SUBSCRIPTIONS_BUTTON}{page + 1}:more", disabled=last),
    )
    return Card(embed, (buttons,))


def read_subscriptions_button(custom_id: str) -> int | None:
    """The page that a button under a list of subscriptions asks for, or None for an id that is not one of its."""
    asked = re.fullmatch(rf"{SUBSCRIPTIONS_BUTTON}([0-9]{{1,4}}):(?:back|more)", custom_id, re.ASCII)
    return None if asked is None else int(asked[1])


def _has_problem(subscription: Subscription) -> bool:
    source = subscription.source
    return bool(source.problem or subscription.problem or source.next_poll_at is None)


def _subscription_line(subscription: Subscription) -> str:
    source = subscription.source
    wishes = about_wishes(subscription)
    lines = [
        f"**{escape(source_name(source, 80))}** → <#{subscription.channel_id}>",
        escaped_line(shown_address(source.url), 160),
    ]
    if wishes:
        lines.append(f"With {listed(wishes)}.")
    read = f"Last read {ago(source.last_success_at)}" if source.last_success_at else "Not read yet"
    if source.next_poll_at is None:
        lines.append(f"{read}. It is not read any more.")
    else:
        lines.append(f"{read}, next {ago(source.next_poll_at)}.")
    if source.problem:
        lines.append(f"⚠ {escaped_line(source.problem, 240)}")
    waiting = {0: "", 1: "1 article waits. "}.get(
        subscription.waiting, f"{subscription.waiting} articles wait. "
    )
    if subscription.problem:
        lines.append(f"⚠ {waiting}{cut(subscription.problem, 300)}")
    elif waiting:
        lines.append(waiting.strip())
    return "\n".join(lines)


def paged(blocks: Sequence[str], most: int) -> list[list[str]]:
    """Whole blocks, as many on a page as an embed holds, and at most so many as an eye takes in."""
    pages: list[list[str]] = []
    room = 0
    for block in blocks:
        room -= units(block) + 2
        if room < 0 or len(pages[-1]) == most:
            pages.append([])
            room = DESCRIPTION - units(block)
        pages[-1].append(block)
    return pages


def joined(blocks: Sequence[str]) -> str:
    """As many whole blocks as an embed holds; the rest is counted."""
    room = DESCRIPTION - units("\n… and 10000 more.")
    kept: list[str] = []
    for block in blocks:
        room -= units(block) + 1
        if room < 0:
            return "\n".join([*kept, f"… and {len(blocks) - len(kept)} more."])
        kept.append(block)
    return "\n".join(kept)


def ago(moment: datetime) -> str:
    """A moment, told by how long it is past."""
    # Discord shows this in the reader's own time and language.
    return f"<t:{int(moment.timestamp())}:R>"
