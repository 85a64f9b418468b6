"""Feedback through dialogs: a choice of passages, the dialog, and the message that comes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.cards.card import COLOUR, TITLE, Button, Card, Menu
from bot.cards.text import cut, escaped_line, escaped_text, line, units
from bot.cards.words import jump_url
from bot.newsroom.feedback import LONGEST, Passage, Subject
from storage.records import FeedbackGiven

PASSAGES_BUTTON, PASSAGE_MENU, COMMENT_BUTTON = "passages:", "passage:", "comment-on:"
DIALOG, FEEDBACK_BUTTON = "say:", "feedback:"
PASSAGES_A_PAGE = 25
ID = r"([0-9]{1,18}|[0-8][0-9]{18})"
"""A pattern of Discord's ids, as far as a database holds them: who writes to Discord by hand may send any number."""
_LABEL = 100
# What is escaped may be twice as long, and Discord takes 4096 units.
QUOTE = 600
_NAME = 80


@dataclass(frozen=True, slots=True)
class Dialog:
    """A dialog with one field, for up to `longest` units of text."""

    custom_id: str
    title: str
    label: str
    hint: str
    longest: int


def feedback_card(given: FeedbackGiven) -> Card:
    """What a member wrote into a dialog, under the passage that it is about; its author may take it down."""
    embed = discord.Embed(colour=COLOUR)
    # Anybody may call themselves like somebody else: a click on the name opens the profile of who it was.
    profile = f"https://discord.com/users/{given.author_id}"
    embed.set_author(name=line(given.author_name, _NAME) or "A member", url=profile)
    quoted = f"> {escaped_line(given.quote, QUOTE)}\n" if given.quote else ""
    embed.description = f"{quoted}{escaped_text(given.text, 2 * LONGEST)}"
    return Card(embed, ((Button("Delete", feedback_button(given.id, given.author_id)),),))


def feedback_button(feedback_id: int, author_id: int) -> str:
    """The custom id by which such a message is known, and whose it is."""
    return f"{FEEDBACK_BUTTON}{feedback_id}:{author_id}"


def read_feedback_button(custom_id: str) -> tuple[int, int] | None:
    """The ids of feedback and author that `feedback_button` wrote, or None for an id that is not one of its."""
    found = re.fullmatch(rf"{FEEDBACK_BUTTON}{ID}:{ID}", custom_id, re.ASCII)
    return None if found is None else (int(found[1]), int(found[2]))


def passages_card(subject: Subject, passages: Sequence[Passage], page: int = 0) -> Card:
    """A menu of an article's sentences to choose one from, page by page."""
    article = subject.listed.article
    embed = discord.Embed(
        colour=COLOUR, title=escaped_line(article.title, TITLE) or "Untitled article", url=_where(subject)
    )
    pages = -(-len(passages) // PASSAGES_A_PAGE)
    page = min(page, max(pages - 1, 0))
    shown = passages[page * PASSAGES_A_PAGE : (page + 1) * PASSAGES_A_PAGE]
    whole = Button("Comment without a passage", comment_button(subject.message_id))
    if not shown:
        embed.description = (
            "This article has no text here to choose a passage from. You can comment on all of it."
        )
        return Card(embed, ((whole,),))
    embed.description = (
        "Choose the sentence that you want to comment on. You then write your comment, and Broadsheet posts it with "
        "your name under that sentence."
    )
    turning: tuple[Button, ...] = ()
    if pages > 1:
        embed.set_footer(text=f"Page {page + 1} of {pages} · {len(passages)} sentences")
        turning = (
            Button("Back", passages_button(subject.message_id, max(page - 1, 0), "back"), disabled=not page),
            Button("More", passages_button(subject.message_id, page + 1, "more"), disabled=page == pages - 1),
        )
    choices = tuple((*_parts(one.text), f"{one.at}:{one.check}") for one in shown)
    menu = Menu(f"{PASSAGE_MENU}{subject.message_id}", "Choose a sentence", choices)
    return Card(embed, ((*turning, whole),), menu)


def _parts(text: str) -> tuple[str, str]:
    """A sentence as label and description of a choice: one goes on where the other ends."""
    text = line(text, 4 * _LABEL)
    label = cut(text, _LABEL)
    if label == text:
        return label or "…", ""
    kept = label.removesuffix("…")
    return label, line(text[len(kept) :], _LABEL)


def passages_button(message_id: int, page: int, kind: str) -> str:
    """The custom id that asks for a page of passages; `kind` keeps the ids of one message apart."""
    return f"{PASSAGES_BUTTON}{message_id}:{page}:{kind}"


def read_passages_button(custom_id: str) -> tuple[int, int] | None:
    """The subject's message and the page that `passages_button` wrote, or None for an id that is not one of its."""
    found = re.fullmatch(rf"{PASSAGES_BUTTON}{ID}:([0-9]{{1,4}}):[a-z]+", custom_id, re.ASCII)
    return None if found is None else (int(found[1]), int(found[2]))


def comment_button(message_id: int) -> str:
    """The custom id that asks for a dialog about an article, or an answer to a comment, by a message of it."""
    return f"{COMMENT_BUTTON}{message_id}"


def read_comment_button(custom_id: str) -> int | None:
    """The message that `comment_button` wrote, or None for an id that is not one of its."""
    found = re.fullmatch(rf"{COMMENT_BUTTON}{ID}", custom_id, re.ASCII)
    return None if found is None else int(found[1])


def read_passage_menu(custom_id: str, value: str | None) -> tuple[int, tuple[int, int]] | None:
    """The subject's message and the place and check of the chosen passage, or None for another menu."""
    found = re.fullmatch(rf"{PASSAGE_MENU}{ID}", custom_id, re.ASCII)
    place = _read_passage(value or "")
    return None if found is None or place is None else (int(found[1]), place)


def _read_passage(value: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"([0-9]{1,5}):([0-9]{1,10})", value, re.ASCII)
    return None if found is None else (int(found[1]), int(found[2]))


def dialog(mark: int, message_id: int, passage: Passage | None = None) -> Dialog:
    """Asks for the words. `mark` tells this dialog from all others: sent off twice it is one comment."""
    about = "" if passage is None else f"{passage.at}:{passage.check}"
    return Dialog(
        custom_id=f"{DIALOG}{mark}:{message_id}:{about}",
        title="Comment" if passage is None else "Comment on a passage",
        label="Your comment",
        hint="What do you think?" if passage is None else line(passage.text, _LABEL),
        longest=LONGEST,
    )


def read_dialog(custom_id: str) -> tuple[int, int, tuple[int, int] | None] | None:
    """Mark, message and passage that `dialog` wrote, or None for an id that is not one of its."""
    found = re.fullmatch(rf"{DIALOG}{ID}:{ID}:([0-9:]*)", custom_id, re.ASCII)
    if found is None:
        return None
    return int(found[1]), int(found[2]), _read_passage(found[3])


def unsent(sentence: str, text: str) -> str:
    """Why a comment was not posted, with its words as they were typed, so that they are not lost.

    In a block nothing is markup, so no sign needs another before it: all of `LONGEST` units fit.
    """
    # Three in a row would end the block.
    kept = cut(text.replace("```", "``\u200b`"), 1900 - units(sentence))
    return f"{sentence}\n\nYour words, to copy them:\n```\n{kept}\n```"


def _where(subject: Subject) -> str:
    listed = subject.listed
    return jump_url(listed.guild_id, listed.channel_id, listed.message_id)
