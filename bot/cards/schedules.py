"""The digests that come from now on, as a list with a button to stop each."""

from __future__ import annotations

import re
from collections.abc import Sequence

import discord

from bot.cards.card import COLOUR, Button, Card
from bot.cards.lists import joined
from bot.newsroom.digest_times import when_words
from storage.records import Schedule, Scope, Sort

END_BUTTON = "digest-end:"
# Discord takes 25 buttons: five rows of five.
_IN_A_ROW, _MOST = 5, 25
_PAUSED = "Paused, as you take no direct messages from Broadsheet. Allow them and use `/digest mine` again."

_OF = {
    Scope.GUILD: "of the server",
    Scope.CHANNEL: "of this channel",
    Scope.OVER: "over this channel's limit of posts a day (begun anew while there is one)",
}
_FIRST = {
    Sort.TOP: "the most voted",
    Sort.BEST: "the most surely liked",
    Sort.HOT: "the hottest",
    Sort.NEW: "the newest",
    Sort.DISCUSSED: "the most discussed",
    Sort.CONTROVERSIAL: "the most controversial",
}


def schedules_card(channels: Sequence[Schedule], own: Sequence[Schedule], *, may_stop: bool) -> Card:
    """A server's digests and one's own. Those of channels have a button where their reader `may_stop` them."""
    embed = discord.Embed(colour=COLOUR, title="Digests")
    listed = [*channels, *own]
    if not listed:
        embed.description = (
            "No digest comes here yet. `/digest mine` has one sent to you; admins have one posted into a channel with "
            "`/digest schedule`."
        )
        return Card(embed)
    embed.description = joined([f"{_line(place, one)}\n" for place, one in enumerate(listed, 1)])
    buttons = [
        Button(f"Stop {place}", f"{END_BUTTON}{one.id}")
        for place, one in enumerate(listed, 1)
        if may_stop or one.member_id is not None
    ][-_MOST:]
    rows = tuple(tuple(buttons[at : at + _IN_A_ROW]) for at in range(0, len(buttons), _IN_A_ROW))
    return Card(embed, rows)


def _line(place: int, one: Schedule) -> str:
    where = "To you" if one.member_id is not None else f"<#{one.channel_id}>"
    what = f"Up to {one.most} articles {_OF[one.scope]}, {_FIRST[one.rank]} first."
    next_at = _PAUSED if one.due_at is None else f"Next <t:{int(one.due_at.timestamp())}:R>."
    return f"**{place}.** {where}, {when_words(one)}\n{what} {next_at}"


def read_end_button(custom_id: str) -> int | None:
    """The id of the schedule that a button stops; None for an id of another kind."""
    asked = re.fullmatch(rf"{END_BUTTON}([0-9]{{1,18}})", custom_id, re.ASCII)
    return None if asked is None else int(asked[1])
