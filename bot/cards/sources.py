"""Sources as messages: one with all that is known of it, or all of a guild, those with trouble first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import discord

from bot.cards.card import COLOUR, EMBED_URL, TITLE, Button, Card, Menu, source_colour, source_name
from bot.cards.lists import paged
from bot.cards.notices import TROUBLE_COLOUR, checked
from bot.cards.text import cut, escape, escaped_line, line, web_address
from bot.newsroom.checks import TooSoon
from bot.newsroom.reads import Polled
from bot.newsroom.source_status import (
    Condition,
    about_failures,
    about_found,
    about_held_back,
    about_move,
    about_next,
    about_pace,
    condition_of,
    picture,
    shown_address,
)
from bot.newsroom.sources import Followed
from storage.records import Source

CHECK_BUTTON = "source-check:"
SOURCES_BUTTON = "sources:"
SOURCE_MENU = "source"
SOURCES_A_PAGE = 8
CHOICE, FIELD = 100, 1024
_TROUBLE = (Condition.STOPPED, Condition.FAILING)


def source_card(followed: Followed, outcome: Polled | TooSoon | None = None) -> Card:
    """All that is known of a source; first what came of reading it now, where somebody asked for that."""
    source, condition = followed.source, condition_of(followed.source)
    embed = discord.Embed(
        colour=TROUBLE_COLOUR if condition in _TROUBLE else source_colour(source),
        title=escape(source_name(source, TITLE // 2)),
        url=web_address(source.link, EMBED_URL),
    )
    told = isinstance(outcome, Polled) and outcome.problem == source.problem
    embed.description = "\n\n".join(
        filter(
            None,
            (
                checked(outcome) if outcome is not None else "",
                "\n".join(_trouble(source, condition, told=told)),
                "\n".join(_about(source)),
            ),
        )
    )
    for name, value in _times(followed):
        embed.add_field(name=name, value=value, inline=True)
    embed.add_field(name="How often it publishes", value=_pace(followed), inline=False)
    embed.add_field(name="Comes into", value=_channels(followed.channel_ids), inline=False)
    again = "Try again" if condition in _TROUBLE else "Check now"
    buttons = (
        Button(again, custom_id=f"{CHECK_BUTTON}{source.id}"),
        Button("All sources", custom_id=f"{SOURCES_BUTTON}0:all"),
    )
    return Card(embed, (buttons,))


def sources_card(sources: Sequence[Followed], page: int = 0) -> Card:
    """A page of a guild's sources in the order given, with a menu to look at one of them."""
    embed = discord.Embed(colour=COLOUR, title="Sources")
    if not sources:
        embed.description = (
            "This server follows no source yet. Add one with `/subscribe` and the address of a site or feed."
        )
        return Card(embed)
    pages = paged([_source_lines(one) for one in sources], SOURCES_A_PAGE)
    page = min(page, len(pages) - 1)
    embed.description = "\n\n".join(pages[page])
    first = sum(len(blocks) for blocks in pages[:page])
    shown = sources[first : first + len(pages[page])]
    menu = Menu(
        SOURCE_MENU,
        "Show all that is known of one",
        tuple(
            (
                source_name(one.source, CHOICE),
                line(shown_address(one.source.url), CHOICE) or "Its address is not known",
                str(one.source.id),
            )
            for one in shown
        ),
    )
    if len(pages) == 1:
        return Card(embed, menu=menu)
    embed.set_footer(text=f"Page {page + 1} of {len(pages)} · {len(sources)} sources")
    last = page == len(pages) - 1
    buttons = (
        Button("Back", f"{SOURCES_BUTTON}{max(page - 1, 0)}:back", disabled=page == 0),
        Button("More", f"{SOURCES_BUTTON}{page + 1}:more", disabled=last),
    )
    return Card(embed, (buttons,), menu)


def read_check_button(custom_id: str) -> int | None:
    """The id of the source that a button asks to read now, or None for an id that is not one of its."""
    asked = re.fullmatch(rf"{CHECK_BUTTON}([0-9]{{1,18}})", custom_id, re.ASCII)
    return None if asked is None else int(asked[1])


def read_sources_button(custom_id: str) -> int | None:
    """The page of sources that a button asks for, or None for an id that is not one of its."""
    asked = re.fullmatch(rf"{SOURCES_BUTTON}([0-9]{{1,4}}):(?:back|more|all)", custom_id, re.ASCII)
    return None if asked is None else int(asked[1])


def _trouble(source: Source, condition: Condition, *, told: bool) -> list[str]:
    """What is wrong, in lines; without the reason where it was `told` already."""
    if condition not in _TROUBLE:
        return []
    reason = "" if told else f"⚠ {escaped_line(source.problem or '', 600)}"
    more = about_failures(source, _ago)
    if condition is Condition.STOPPED:
        more = (
            f"Broadsheet stopped reading it{_since_poll(source)}; what was posted stays. "
            "If it is back, **Try again** starts it again."
        )
    return [text for text in (reason, more) if text]


def _about(source: Source) -> list[str]:
    selector = f"Chosen by the selector {escaped_line(source.selector, 200)}" if source.selector else ""
    lines = (_found(source), shown_address(source.url), about_move(source))
    return [*(escaped_line(text, 400) for text in lines if text), *filter(None, (selector,))]


def _found(source: Source) -> str:
    return about_found(source.kind, source.format, source.entries)


def _times(followed: Followed) -> list[tuple[str, str]]:
    source = followed.source
    read = _ago(source.last_success_at) if source.last_success_at else "not yet"
    if source.last_polled_at and source.last_polled_at != source.last_success_at:
        read += f"\ntried {_ago(source.last_polled_at)}"
    newest = followed.pace.newest_at
    return [
        ("Last read", read),
        ("Last something new", _ago(newest) if newest else "not yet"),
        ("Next read", about_next(source, followed.now, _ago)),
    ]


def _pace(followed: Followed) -> str:
    # In a code block all bars are of one width and stand on one line, on every screen.
    said = (about_pace(followed.pace), about_held_back(followed.pace, _ago))
    return f"`{picture(followed.pace.days)}`\n{'; '.join(filter(None, said))}"


def _channels(channel_ids: Sequence[int]) -> str:
    return cut(" ".join(f"<#{channel_id}>" for channel_id in channel_ids), FIELD)


def _source_lines(followed: Followed) -> str:
    source, condition = followed.source, condition_of(followed.source)
    lines = [f"**{escape(source_name(source, 80))}** · {_found(source)}"]
    if condition in _TROUBLE:
        failures = about_failures(source, _ago) if condition is Condition.FAILING else ""
        lines.append(f"⚠ {escaped_line(source.problem or '', 200)} {failures}".rstrip())
    read = f"Last read {_ago(source.last_success_at)}" if source.last_success_at else "Not read yet"
    if condition is Condition.STOPPED:
        lines.append(f"{read}. Broadsheet stopped reading it{_since_poll(source)}.")
    else:
        lines.append(f"{read}, next {about_next(source, followed.now, _ago)}.")
    lines.append(_pace(followed))
    return "\n".join(lines)


def _since_poll(source: Source) -> str:
    return f" {_ago(source.last_polled_at)}" if source.last_polled_at else ""


def _ago(moment: datetime) -> str:
    # Discord shows this in the reader's own time and language.
    return f"<t:{int(moment.timestamp())}:R>"
