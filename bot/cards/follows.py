"""What a member follows, as one list with a button to stop each, and how they are told, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import discord

from bot.cards.card import COLOUR, Button, Card
from bot.cards.text import directed, escaped_line
from storage.records import Follow, FollowKind, Listener

FOLLOWS_BUTTON, STOP_BUTTON, FOLLOW_COMMENTS_BUTTON = "follows:", "unfollow:", "follow-comments:"
FOLLOWS_A_PAGE = 10
LONGEST_WORDING = 120
CLOSED_NOTE = (
    "⚠ Discord does not let direct messages from Broadsheet through to you. What you are to be told waits. Allow them "
    "in this server's **Privacy Settings**, then use `/follow list`: it is tried again then. Or be told in a channel "
    "with `/follow settings`."
)


def follows_card(
    guild_id: int, follows: Sequence[Follow], listener: Listener, page: int = 0, *, closed: bool = False
) -> Card:
    """A page of what a member follows in a guild, numbered, with buttons to stop; `closed` as `CLOSED_NOTE` says."""
    embed = discord.Embed(colour=COLOUR, title="What you follow here")
    notes = [CLOSED_NOTE] if closed else []
    if not follows:
        nothing = (
            "Nothing yet. `/follow source`, `/follow phrase`, `/follow author`, `/follow article` and "
            "`/follow replies` have Broadsheet tell you when something new comes."
        )
        embed.description = "\n\n".join([*notes, nothing])
        return Card(embed)
    pages = -(-len(follows) // FOLLOWS_A_PAGE)
    page = max(min(page, pages - 1), 0)
    first = page * FOLLOWS_A_PAGE
    shown = follows[first : first + FOLLOWS_A_PAGE]
    lines = [f"**{first + at}.** {about_follow(follow)}" for at, follow in enumerate(shown, 1)]
    embed.description = "\n\n".join([*notes, "\n".join(lines), f"-# {about_listener(listener)}"])
    stops = [
        Button(f"Stop {first + at}", custom_id=f"{STOP_BUTTON}{follow.id}:{guild_id}:{page}")
        for at, follow in enumerate(shown, 1)
    ]
    turning: tuple[Button, ...] = ()
    if pages > 1:
        embed.set_footer(text=f"Page {page + 1} of {pages} · {len(follows)} in all")
        turning = (
            Button("Back", f"{FOLLOWS_BUTTON}{guild_id}:{max(page - 1, 0)}:back", disabled=page == 0),
            Button("More", f"{FOLLOWS_BUTTON}{guild_id}:{page + 1}:more", disabled=page == pages - 1),
        )
    return Card(embed, (tuple(stops[:5]), tuple(stops[5:]), turning))


def read_follows_button(custom_id: str) -> tuple[int, int] | None:
    """Guild and page that a button under the list asks for, or None for an id that is not one of its."""
    asked = re.fullmatch(
        rf"{FOLLOWS_BUTTON}([0-9]{{1,20}}):([0-9]{{1,4}}):(?:back|more)", custom_id, re.ASCII
    )
    return None if asked is None else (int(asked[1]), int(asked[2]))


def read_unfollow_button(custom_id: str) -> tuple[int, int, int] | None:
    """The follow to be stopped, and guild and page of the list, or None for an id that is not one of its."""
    asked = re.fullmatch(rf"{STOP_BUTTON}([0-9]{{1,18}}):([0-9]{{1,20}}):([0-9]{{1,4}})", custom_id, re.ASCII)
    return None if asked is None else (int(asked[1]), int(asked[2]), int(asked[3]))


def follow_comments_button(article_id: int) -> Button:
    """A button that follows an article's comments."""
    return Button("Follow comments", custom_id=f"{FOLLOW_COMMENTS_BUTTON}{article_id}")


def read_follow_comments_button(custom_id: str) -> int | None:
    """The article whose comments are to be followed, or None for an id that is not one of its."""
    asked = re.fullmatch(rf"{FOLLOW_COMMENTS_BUTTON}([0-9]{{1,18}})", custom_id, re.ASCII)
    return None if asked is None else int(asked[1])


def named_follow(follow: Follow) -> str:
    """What is followed, in a phrase of markup."""
    wording = directed(escaped_line(follow.wording, LONGEST_WORDING)) or "it"
    match follow.kind:
        case FollowKind.SOURCE:
            return f"articles from **{wording}**"
        case FollowKind.PHRASE:
            return f"articles that say **{wording}**"
        case FollowKind.AUTHOR:
            return f"articles by **{wording}**"
        case FollowKind.COMMENTS:
            return f"comments on **{wording}**"
        case FollowKind.REPLIES:
            return "replies to your comments"


def told_how(follow: Follow) -> str:
    """Where and when the member is told of it."""
    where = "in a direct message" if follow.channel_id is None else f"in <#{follow.channel_id}>"
    return f"{where}, {'gathered once a day' if follow.gathered else 'at once'}"


def about_follow(follow: Follow) -> str:
    """A line of the list."""
    named = named_follow(follow)
    return f"{named[0].upper()}{named[1:]} · {told_how(follow)}"


def about_listener(listener: Listener) -> str:
    """The hours of a member, in a sentence."""
    quiet = (
        "no quiet hours"
        if listener.quiet_from is None or listener.quiet_until is None
        else f"quiet from {_clock(listener.quiet_from)} to {_clock(listener.quiet_until)}"
    )
    zone = escaped_line(listener.time_zone, 60)
    return (
        f"Your hours ({zone}): {quiet}, what is gathered comes at {_clock(listener.gather_at)}. `/follow settings` "
        "changes that."
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
