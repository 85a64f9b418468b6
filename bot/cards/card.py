"""An article as a message: an embed with its source, summary, image and score, and two buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import discord

from bot.cards.text import escaped_line, escaped_text, line, web_address
from storage.records import CardToPost, Source, Tally

# Discord's limits (https://discord.com/developers/docs/resources/message#embed-object), in UTF-16 units.
TITLE, AUTHOR, DESCRIPTION, EMBED_URL = 256, 256, 4096, 2048
BUTTON_URL, BUTTON_LABEL, THREAD_NAME = 512, 80, 100
# A card is there to choose from, not to read the whole article in.
SUMMARY = 1000

COLOUR = 0x4F86C6
# Bars of cards: each is told from the others and from the ground, in Discord's dark and light.
SOURCE_COLOURS = (
    0x4F86C6, 0x3FA796, 0x6BA84F, 0xC9A227, 0xE08A3C, 0xD9645A,
    0xCC6699, 0x9B6FC8, 0x6E78D6, 0x2F9FBF, 0xA3814F, 0x7C93A8,
)  # fmt: skip
COMMENTS_BUTTON = "comments:"


@dataclass(frozen=True, slots=True)
class Button:
    """A button: a link where it has a `url`, else one that answers to its `custom_id`."""

    label: str
    custom_id: str | None = None
    url: str | None = None
    disabled: bool = False

    def payload(self) -> dict[str, Any]:
        """The button in the shape of Discord's API."""
        if self.url is not None:
            return {"type": 2, "style": 5, "label": self.label, "url": self.url}
        shape = {"type": 2, "style": 2, "label": self.label, "custom_id": self.custom_id}
        return {**shape, "disabled": True} if self.disabled else shape


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu of at most 25 choices, each a label, a description and the value that choosing it answers."""

    custom_id: str
    placeholder: str
    choices: tuple[tuple[str, str, str], ...]

    def payload(self) -> dict[str, Any]:
        """The menu in the shape of Discord's API."""
        options = [
            {"label": label, "description": more, "value": value} for label, more, value in self.choices
        ]
        return {"type": 3, "custom_id": self.custom_id, "placeholder": self.placeholder, "options": options}


@dataclass(frozen=True, slots=True)
class Card:
    """A message of ours: one embed, rows of at most five buttons, and below them a menu."""

    embed: discord.Embed
    rows: tuple[tuple[Button, ...], ...] = field(default=())
    menu: Menu | None = None

    def payload(self) -> dict[str, Any]:
        """The message in the shape of Discord's API. Nobody is ever mentioned by it."""
        rows = [[button.payload() for button in row] for row in self.rows if row]
        if self.menu is not None:
            rows.append([self.menu.payload()])
        return {
            "embeds": [self.embed.to_dict()],
            "components": [{"type": 1, "components": row} for row in rows],
            "allowed_mentions": {"parse": []},
        }


def card(to_post: CardToPost) -> Card:
    """The card of an article: whatever its texts are, it fits Discord's limits and mentions nobody."""
    article, source = to_post.article, to_post.source
    embed = discord.Embed(
        colour=source_colour(source),
        title=escaped_line(article.title, TITLE) or "Untitled article",
        url=web_address(article.url, EMBED_URL),
        description=escaped_text(to_post.summary, SUMMARY) or None,
        timestamp=_timestamp(article.published_at),
    )
    embed.set_author(
        name=source_name(source, AUTHOR),
        url=web_address(source.link, EMBED_URL),
        icon_url=web_address(source.icon_url, EMBED_URL),
    )
    if image := web_address(article.image_url, EMBED_URL):
        embed.set_image(url=image)
    embed.set_footer(text=standing(to_post.tally, to_post.comment_count))
    buttons = [Button("Comments", custom_id=COMMENTS_BUTTON + to_post.post.nonce)]
    if link := web_address(article.url, BUTTON_URL):
        buttons.append(Button("Read", url=link))
    return Card(embed, (tuple(buttons),))


def source_colour(source: Source) -> int:
    """The colour of a source's cards: of its address alone, so that it stays the same wherever it is shown."""
    return SOURCE_COLOURS[crc32(source.url.encode()) % len(SOURCE_COLOURS)]


def source_name(source: Source, limit: int) -> str:
    """A source's title as plain text, or its host where it has none."""
    return line(source.title, limit) or line(urlsplit(source.url).hostname or source.url, limit) or "A source"


def standing(tally: Tally, comment_count: int) -> str:
    """Score and comments in plain, kind words."""
    voted = tally.upvotes or tally.downvotes
    score = f"{'▲' if tally.score >= 0 else '▼'} {abs(tally.score)}" if voted else "No votes yet"
    match comment_count:
        case 0:
            comments = "No comments yet"
        case 1:
            comments = "💬 1 comment"
        case _:
            comments = f"💬 {comment_count} comments"
    return f"{score} · {comments}"


def thread_name(to_post: CardToPost) -> str:
    """What the thread of a card is called: plain text of 1–100 units."""
    return line(to_post.article.title, THREAD_NAME) or "Untitled article"


def nonce_of(custom_id: str) -> str | None:
    """The nonce that a card's button carries: the mark by which a post is known again. None for other ids."""
    return custom_id.removeprefix(COMMENTS_BUTTON) if custom_id.startswith(COMMENTS_BUTTON) else None


def _timestamp(published_at: datetime | None) -> datetime | None:
    # Feeds give dates such as year 1 or 9999; clients show them as nonsense, so they are left out.
    return published_at if published_at and 1970 <= published_at.year < 2200 else None
