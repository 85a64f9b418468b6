"""Letters: what members are told of what they follow; one thing with all about it, or several by kind."""

from __future__ import annotations

import re
from collections.abc import Sequence

import discord

from bot.cards.card import COLOUR, DESCRIPTION, EMBED_URL, TITLE, Button, Card
from bot.cards.text import cut, directed, escape, escaped_line, escaped_text, line, linked, units, web_address
from bot.cards.words import jump_url
from storage.records import FollowKind, LetterLine, LetterToSend

LETTER_BUTTON = "letter:"
LONGEST_TITLE, LONGEST_NAME, LONGEST_LINK = 100, 60, 300
LONGEST_WORDS, LONGEST_QUOTE, LONGEST_PHRASE, LONGEST_SUMMARY = 1500, 300, 60, 400
# Of what is gathered: enough to know whether one wants to read on.
SHORT_WORDS = 120
# As many as a phone shows at once, or little more.
MOST_LINES = 20
_HEADINGS = {
    "replies": "Replies to you",
    "comments": "Comments",
    "articles": "Articles",
}


def letter_card(to_send: LetterToSend) -> Card:
    """What a letter tells, with the way to it. Its button holds the letter's mark and leads to all one follows."""
    told = to_send.letter
    shown = _one(to_send.lines[0], told.guild_id) if len(to_send.lines) == 1 else _several(to_send)
    shown.set_footer(text=_footer(to_send))
    buttons = [Button("What I follow", custom_id=f"{LETTER_BUTTON}{told.nonce}:{told.guild_id}")]
    if len(to_send.lines) == 1:
        where = to_send.lines[0]
        go = "Read and answer" if where.said_by is not None else "Go to the article"
        buttons.insert(0, Button(go, url=jump_url(told.guild_id, where.channel_id, where.message_id)))
    return Card(shown, (tuple(buttons),), mention=told.member_id if told.channel_id is not None else None)


def read_letter_button(custom_id: str) -> tuple[str, int] | None:
    """The nonce of the letter and the id of its guild, or None for an id that is not one of a letter's."""
    asked = re.fullmatch(rf"{LETTER_BUTTON}([^:]{{1,25}}):([0-9]{{1,20}})", custom_id, re.ASCII)
    return None if asked is None else (asked[1], int(asked[2]))


def closed_card(member_id: int) -> Card:
    """Tells a member, in a channel, that their direct messages are closed; it names nothing that they follow."""
    embed = discord.Embed(colour=COLOUR, title="Broadsheet can't write to you")
    embed.description = (
        "You asked to be told things directly, and Discord does not let direct messages from this server through to "
        "you. Nothing is lost: all of it waits.\n\nAllow them in this server's **Privacy Settings**, then use "
        "`/follow list`. Or choose to be told in a channel with `/follow settings`."
    )
    return Card(embed, mention=member_id)


def _footer(to_send: LetterToSend) -> str:
    name = line(to_send.guild_name or "", LONGEST_NAME)
    return f"You follow this in {name}" if name else "You follow this"


def _one(told: LetterLine, guild_id: int) -> discord.Embed:
    where = jump_url(guild_id, told.channel_id, told.message_id)
    title = escaped_line(told.title, TITLE - 40) or "Untitled article"
    if told.said_by is None:
        embed = discord.Embed(colour=COLOUR, title=directed(title), url=where)
        summary = directed(escaped_text(told.summary, LONGEST_SUMMARY))
        embed.description = f"{summary}\n\n{_why(told)}" if summary else _why(told)
        if (image := web_address(told.image_url, EMBED_URL)) is not None:
            embed.set_thumbnail(url=image)
        return embed
    who = escaped_line(told.said_by, 32) or "A member"
    did = "answered you" if told.kind is FollowKind.REPLIES else "commented"
    embed = discord.Embed(colour=COLOUR, title=f"{who} {did}", url=where)
    quoted = [f"*“{directed(escaped_line(told.quote, LONGEST_QUOTE))}”*"] if told.quote else []
    said = [directed(part) for part in escaped_text(told.said or "", LONGEST_WORDS).split("\n")]
    words = "\n".join(f"> {part}" for part in (*quoted, *said))
    embed.description = f"{words}\n\nOn **{directed(title)}** · {_source(told)}"
    return embed


def _why(told: LetterLine) -> str:
    """Which of the member's follows an article fits, and who brings it."""
    match told.kind:
        case FollowKind.PHRASE:
            return f"It says “{directed(escaped_line(told.wording, LONGEST_PHRASE))}” · {_source(told)}"
        case FollowKind.AUTHOR:
            return f"By {directed(escaped_line(told.wording, LONGEST_PHRASE))} · {_source(told)}"
    return f"New from {_source(told)}"


def _source(told: LetterLine) -> str:
    name = line(told.source_title, LONGEST_NAME) or line(told.source_url, LONGEST_NAME) or "a source"
    return f"**{escape(name)}**"


def _several(to_send: LetterToSend) -> discord.Embed:
    count = len(to_send.lines)
    embed = discord.Embed(colour=COLOUR, title=f"{count} new things that you follow")
    more = "… and {} more. `/top` and `/comments` show all of it."
    room = DESCRIPTION - units(more.format(count)) - 4
    blocks: list[str] = []
    shown = 0
    for heading, lines in _by_kind(to_send.lines):
        written: list[str] = []
        room -= units(heading) + 8
        for told in lines:
            text = _line(told, to_send.letter.guild_id)
            if shown == MOST_LINES or units(text) + 1 > room:
                break
            room -= units(text) + 1
            shown += 1
            written.append(text)
        if written:
            blocks.append("\n".join((f"**{heading}**", *written)))
    if rest := count - shown:
        blocks.append(more.format(rest))
    embed.description = "\n\n".join(blocks)
    return embed


def _by_kind(lines: Sequence[LetterLine]) -> list[tuple[str, list[LetterLine]]]:
    """What is told under its headings, what is nearest to the member first."""
    kinds: dict[str, list[LetterLine]] = {name: [] for name in _HEADINGS}
    for told in lines:
        to_them = "replies" if told.kind is FollowKind.REPLIES else "comments"
        kinds["articles" if told.said_by is None else to_them].append(told)
    return [(_HEADINGS[name], found) for name, found in kinds.items() if found]


def _line(told: LetterLine, guild_id: int) -> str:
    where = jump_url(guild_id, told.channel_id, told.message_id)
    title = directed(linked(line(told.title, LONGEST_TITLE) or "Untitled article", where, LONGEST_LINK))
    if told.said_by is None:
        return f"- {title} · {_source(told)}"
    who = escaped_line(told.said_by, 32) or "A member"
    words = cut(escaped_line(told.said or "", SHORT_WORDS), SHORT_WORDS)
    return f"- **{who}** on {title}: {directed(words)}"
