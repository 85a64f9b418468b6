"""Messages for admins: a source can't be read any more, a channel can't be used; what came of trying again."""

from __future__ import annotations

import re
from datetime import datetime

import discord

from bot.cards.card import COLOUR, THREAD_NAME, Button, Card, source_name
from bot.cards.text import cut, escape, escaped_line, line
from bot.newsroom.checks import NotFollowed, TooSoon
from bot.newsroom.reads import Polled
from storage.records import AwayToTell, Source

RETRY_BUTTON = "retry:"
# Discord's own amber: something is wrong, and nothing is lost.
TROUBLE_COLOUR = 0xF0B232
LONGEST_REASON = 1500
# Of other channels that are told of with one.
MOST_NAMED = 20


def notice_title(source: Source) -> str:
    """What such a message is called, as plain text."""
    return line(f"{source_name(source, 70)} can't be read any more", THREAD_NAME)


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


def away_title(notice: AwayToTell) -> str:
    """What such a message is called, as plain text."""
    match notice.waiting:
        case 0:
            return "A channel can't be used any more"
        case 1:
            return "1 article waits for a channel that can't be used"
        case waiting:
            return f"{waiting} articles wait for a channel that can't be used"


def away_card(notice: AwayToTell, guild_name: str = "") -> Card:
    """What admins should know of a channel that can't be used for long: which, why, since when, what becomes of it.

    `guild_name` is the server's, where this is read outside of it.
    """
    embed = discord.Embed(colour=TROUBLE_COLOUR, title=away_title(notice))
    of_guild = f" in **{escape(line(guild_name, 100))}**" if guild_name else ""
    kept = {0: "", 1: "The article that waits is kept. "}.get(
        notice.waiting, f"The {notice.waiting} articles that wait are kept. "
    )
    since = _time(notice.since, "f")
    embed.description = (
        f"Broadsheet has not been able to post into <#{notice.channel_id}>{of_guild} since {since}.\n\n"
        f"{cut(notice.sentence, LONGEST_REASON)}\n\n"
        f"{_also_away(notice.also_away)}{kept}As soon as this is mended, Broadsheet goes on where it stopped, by "
        "itself; what has waited too long by then is named in one message.\n\n"
        "If nothing should come there any more, end its subscriptions with `/unsubscribe`."
    )
    return Card(embed)


WITHHELD_TITLE = "Broadsheet can't read most comments here"


def withheld_card(guild_name: str = "") -> Card:
    """What admins should know of comments without MESSAGE_CONTENT: what is not seen, and how it would be."""
    embed = discord.Embed(colour=COLOUR, title=WITHHELD_TITLE)
    of_guild = f" of **{escape(line(guild_name, 100))}**" if guild_name else ""
    embed.description = (
        f"Members{of_guild} write under articles, and Discord does not show Broadsheet what. As comments it keeps "
        "only:\n"
        "- replies to its messages with the ping left on;\n"
        "- what is written through **Comment** and **Comment on a passage**;\n"
        "- messages for which somebody uses **Keep as comment**, in the message's menu under Apps.\n"
        "All else that is said in articles' threads stays in Discord alone: `/comments` and the public page don't show "
        "it, and it is not counted.\n\n"
        "To have whole threads, whoever runs this Broadsheet turns on **Message Content Intent** for it at "
        "<https://discord.com/developers/applications> (under Bot), sets `MESSAGE_CONTENT=1`, and starts it again. "
        "If that is not wanted, nothing needs to be done; this is said once."
    )
    return Card(embed)


def _also_away(channel_ids: tuple[int, ...]) -> str:
    """Which other channels can't be used either, in a sentence and a line of its own; empty where there are none."""
    if not channel_ids:
        return ""
    named = [f"<#{channel_id}>" for channel_id in channel_ids[:MOST_NAMED]]
    if more := len(channel_ids) - len(named):
        named.append(f"{more} more")
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return f"It can't post into {listed} either; `/subscriptions` says why.\n\n"


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
        case Polled(source=source, articles=articles, held_back=held_back):
            found = {0: "nothing new is there", 1: "1 new article was found"}.get(
                articles, f"{articles} new articles were found"
            )
            old = f" {held_back} of them are old news and not posted." if held_back else ""
            return f"**{escape(source_name(source, 120))}** can be read: {found}.{old}"


def _time(moment: datetime, style: str) -> str:
    return f"<t:{int(moment.timestamp())}:{style}>"
