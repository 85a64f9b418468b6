"""The message that a source can't be read any more, and what came of trying again."""

from __future__ import annotations

import re
from datetime import datetime

import discord

from bot.cards.card import Button, Card, source_name
from bot.cards.text import escape, escaped_line
from bot.newsroom.checks import NotFollowed, TooSoon
from bot.newsroom.harvest import Polled
from storage.records import Source

RETRY_BUTTON = "retry:"
# Discord's own amber: something is wrong, and nothing is lost.
TROUBLE_COLOUR = 0xF0B232


def notice_card(source: Source) -> Card:
    """What admins should know of a source that fails for long or is gone, with a button to try again."""
    name = escape(source_name(source, 120))
    embed = discord.Embed(colour=TROUBLE_COLOUR, title=f"{name} can't be read any more")
    if source.next_poll_at is None:
        state = (
            "Broadsheet has stopped reading it. Nothing is deleted: what was posted stays, and if the source comes "
            "back, **Try again** starts it again."
        )
    else:
        since = f" since {_time(source.failing_since, 'D')}" if source.failing_since else ""
        state = (
            f"This has been so{since}. Broadsheet goes on trying at least once a day, and nothing is deleted: new "
            "articles come here as soon as it answers."
        )
    embed.description = (
        f"{escaped_line(source.problem or 'The reason is not known.', 600)}\n\n{state}\n\n"
        "If it has moved, follow its new address with `/subscribe` and end this one with `/unsubscribe`."
    )
    return Card(embed, ((Button("Try again", custom_id=f"{RETRY_BUTTON}{source.id}"),),))


def read_retry_button(custom_id: str) -> int | None:
    """The id of the source that a button asks to try again, or None for an id that is not one of its."""
    asked = re.fullmatch(rf"{RETRY_BUTTON}([0-9]{{1,18}})", custom_id, re.ASCII)
    return None if asked is None else int(asked[1])


def checked(outcome: Polled | TooSoon | NotFollowed) -> str:
    """What came of reading a source now, in a sentence."""
    match outcome:
        case NotFollowed():
            return (
                "This server does not follow that source any more. `/subscriptions` lists those that it does."
            )
        case TooSoon(source=source, until=until):
            name = escape(source_name(source, 120))
            return f"**{name}** was read a moment ago. Try again {_time(until, 'R')}."
        case Polled(source=source, problem=str(problem)):
            return f"**{escape(source_name(source, 120))}** still can't be read. {escaped_line(problem, 600)}"
        case Polled(source=source, articles=articles):
            found = {0: "nothing new is there", 1: "1 new article was found"}.get(
                articles, f"{articles} new articles were found"
            )
            return f"**{escape(source_name(source, 120))}** can be read: {found}."


def _time(moment: datetime, style: str) -> str:
    return f"<t:{int(moment.timestamp())}:{style}>"
