"""What a server's votes are, and why one does not count, as messages."""

from __future__ import annotations

import discord

from bot.cards.card import COLOUR, Card
from bot.cards.text import escaped_line
from bot.newsroom.emoji import written_emoji
from storage.records import Verdict, VoteEmoji, VoteRules


def rules_card(rules: VoteRules, sentence: str = "") -> Card:
    """How a server votes; `sentence` says what a change of it means."""
    embed = discord.Embed(colour=COLOUR, title="Votes")
    lines = [
        f"**For:** {_emoji(rules, 1) or 'none'}",
        f"**Against:** {_emoji(rules, -1) or 'none'}",
        f"**Who may vote:** {_roles(rules)}",
        "**Who voted** is shown to members who ask with `/who voted`."
        if rules.shows_voters
        else "**Who voted** is shown to nobody. `/settings votes names` changes that.",
    ]
    embed.description = "\n".join([*lines, *(["", sentence] if sentence else [])])
    return Card(embed)


def _emoji(rules: VoteRules, sign: int) -> str:
    return " · ".join(_weighed(one) for one in rules.emoji if one.weight * sign > 0)


def _weighed(one: VoteEmoji) -> str:
    times = "" if abs(one.weight) == 1 else f" (counts {abs(one.weight)} times)"
    return written_emoji(one.emoji) + times


def _roles(rules: VoteRules) -> str:
    if not rules.voter_roles:
        return "everybody"
    return "members with " + " or ".join(f"<@&{role_id}>" for role_id in sorted(rules.voter_roles))


def uncounted_card(verdict: Verdict, guild_name: str, *, taken_back: bool) -> Card:
    """Why a member's vote does not count, as a direct message."""
    where = escaped_line(guild_name, 100) or "a server"
    why = (
        "Nobody votes on a comment of their own"
        if verdict is Verdict.OWN_COMMENT
        else "Only members with certain roles vote there; its admins can tell you which"
    )
    gone = "it was taken back" if taken_back else "it is not counted"
    embed = discord.Embed(colour=COLOUR, title="Your vote does not count")
    embed.description = (
        f"You reacted to something in **{where}**. {why}, so {gone}. You are told this only once."
    )
    return Card(embed)
