"""An article as a message: an embed with its source, summary, image and score, and a row of buttons.

Why an embed and not the newer components: docs/adr/0008-a-card-is-an-embed.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import discord

from bot.cards.text import directed, escaped_line, line, linked, units, web_address
from bot.cards.words import about, also_told, retracted, score, told_before, updated
from storage.records import Article, CardToPost, Length, Source, Tally

# Discord's limits (https://discord.com/developers/docs/resources/message#embed-object), in UTF-16 units.
TITLE, AUTHOR, DESCRIPTION, EMBED_URL = 256, 256, 4096, 2048
FIELD, EMBED = 1024, 6000
BUTTON_URL, BUTTON_LABEL, THREAD_NAME, FILE_TEXT = 512, 80, 100, 1024
# A card is there to choose from, not to read the whole article in, unless its channel asked for that.
SUMMARY = 1600
# More than any text here.
ANY_LENGTH = 20_000
# What a paragraph is put into: signs that strike it out and that set it from right to left.
_AROUND = 6
_CUT = "…"
_ENDINGS = {"image/jpeg": "jpg", "image/webp": "webp", "image/png": "png", "image/gif": "gif"}

COLOUR = 0x4F86C6
# Bars of cards: each is told from the others and from the ground, in Discord's dark and light.
SOURCE_COLOURS = (
    0x4F86C6, 0x3FA796, 0x6BA84F, 0xC9A227, 0xE08A3C, 0xD9645A,
    0xCC6699, 0x9B6FC8, 0x6E78D6, 0x2F9FBF, 0xA3814F, 0x7C93A8,
)  # fmt: skip
COMMENTS_BUTTON = "comments:"
RELATED_BUTTON = "related:"


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
class File:
    """A picture that goes along with a message: its name there, its bytes, and what it is for who can't see it."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A message of ours: one embed, rows of at most five buttons, and below them a menu.

    `file` is to be sent along. Where `alone`, files that the message carried before are taken off it.
    `mention` is the id of the one member whom it is for, in a channel that others read.
    """

    embed: discord.Embed
    rows: tuple[tuple[Button, ...], ...] = field(default=())
    menu: Menu | None = None
    file: File | None = None
    alone: bool = False
    mention: int | None = None

    def payload(self) -> dict[str, Any]:
        """The message in the shape of Discord's API. Nobody is ever mentioned by it but who is named in `mention`."""
        rows = [[button.payload() for button in row] for row in self.rows if row]
        if self.menu is not None:
            rows.append([self.menu.payload()])
        message: dict[str, Any] = {
            "embeds": [self.embed.to_dict()],
            "components": [{"type": 1, "components": row} for row in rows],
            "allowed_mentions": {"parse": []},
        }
        if self.mention is not None:
            message["content"] = f"<@{self.mention}>"
            message["allowed_mentions"] = {"parse": [], "users": [str(self.mention)]}
        if self.file is not None:
            # Only those that are listed stay, so that a new picture takes the place of the old one.
            described = {"description": self.file.text} if self.file.text else {}
            message["attachments"] = [{"id": 0, "filename": self.file.name, **described}]
        elif self.alone:
            message["attachments"] = []
        return message


def card(to_post: CardToPost, *, attach: bool = True) -> Card:
    """The card of an article: whatever its texts are, it fits Discord's limits and mentions nobody.

    Where no files may be sent along (not `attach`), Discord is left to try for an image that needs it.
    """
    article, source = to_post.article, to_post.source
    embed = discord.Embed(
        colour=source_colour(source),
        title=_title(article),
        url=web_address(article.url, EMBED_URL),
        description=_description(to_post) or None,
        timestamp=_timestamp(article.published_at),
    )
    embed.set_author(
        name=source_name(source, AUTHOR),
        url=web_address(source.link, EMBED_URL),
        icon_url=web_address(source.icon_url, EMBED_URL),
    )
    file = _file(to_post) if attach else None
    carried = carried_picture(to_post)
    if file is not None or carried is not None:
        embed.set_image(url=f"attachment://{file.name if file else carried}")
    elif image := web_address(article.image_url, EMBED_URL):
        embed.set_image(url=image)
    embed.set_footer(text=standing(to_post.tally, to_post.comment_count))
    outdated = to_post.post.attached is not None and carried is None
    return Card(embed, (tuple(_buttons(to_post)),), file=file, alone=outdated)


def carried_picture(to_post: CardToPost) -> str | None:
    """The name of the file by which the post's message carries the article's image already, if it does."""
    post = to_post.post
    is_current = post.attached is not None and post.attached == to_post.article.image_url
    return post.attached_as if is_current else None


def _file(to_post: CardToPost) -> File | None:
    if to_post.picture is None:
        return None
    media_type, data = to_post.picture
    name = f"picture.{_ENDINGS.get(media_type, 'jpg')}"
    return File(name, media_type, data, line(to_post.article.title, FILE_TEXT))


def _title(article: Article) -> str:
    title = escaped_line(article.title, TITLE - _AROUND) or "Untitled article"
    return directed(f"~~{title}~~" if article.retracted_at else title)


def _description(to_post: CardToPost) -> str:
    """The summary, and around it what else is to be said; small where it is not about the news itself."""
    article, source = to_post.article, source_name(to_post.source, AUTHOR)
    taken_back = retracted(article)
    notes = (
        also_told(to_post.also, source),
        told_before(to_post.earlier, to_post.post.guild_id),
        updated(article),
        about(article, source, whole=to_post.whole, by_model=to_post.by_model),
    )
    small = "\n".join(f"-# {note}" for note in notes if note)
    room = DESCRIPTION - units(taken_back) - units(small) - 4
    return "\n\n".join(filter(None, (taken_back, _summary(to_post, room), small)))


def _summary(to_post: CardToPost, room: int) -> str:
    article, struck = to_post.article, to_post.article.retracted_at is not None
    if line(to_post.summary, TITLE) == line(article.title, TITLE):
        return ""  # a short message without a headline
    if to_post.post.length is not Length.FULL:
        return "\n".join(_paragraphs(to_post.summary, min(room, SUMMARY), "\n", struck=struck)[0])
    read_on = f"**{linked('Read on', article.url, BUTTON_URL)}**"
    if web_address(article.url, BUTTON_URL) is None:
        read_on = ""
    paragraphs, whole = _paragraphs(to_post.summary, room - units(read_on), "\n\n", struck=struck)
    return "\n\n".join(filter(None, (*paragraphs, "" if whole else read_on)))


def _paragraphs(text: str, room: int, gap: str, *, struck: bool) -> tuple[list[str], bool]:
    """As many of a text's paragraphs, one a line, as there is room for with gaps between them; whether it is all.

    The last one ends at a sentence; at a word only where nothing stands before it.
    """
    kept: list[str] = []
    for written in text.split("\n"):
        whole = escaped_line(written, ANY_LENGTH)
        left = room - _AROUND - len(gap)
        shown = whole if units(whole) <= left else escaped_line(written, max(left, 0))
        if shown and (shown == whole or not kept or not shown.endswith(_CUT)):
            kept.append(directed(f"~~{shown}~~" if struck else shown))
            room -= units(kept[-1]) + len(gap)
        if shown != whole:
            return kept, False
    return kept, True


def _buttons(to_post: CardToPost) -> Iterator[Button]:
    article, nonce = to_post.article, to_post.post.nonce
    read, play = web_address(article.url, BUTTON_URL), web_address(article.media_url, BUTTON_URL)
    yield Button("Comments", custom_id=COMMENTS_BUTTON + nonce)
    if read is not None and read != play:
        yield Button("Read", url=read)
    if play is not None:
        yield Button("Watch" if article.media_kind == "video" else "Listen", url=play)
    yield Button("More on this topic", custom_id=RELATED_BUTTON + nonce)


def source_colour(source: Source) -> int:
    """The colour of a source's cards: of its address alone, so that it stays the same wherever it is shown."""
    return SOURCE_COLOURS[crc32(source.url.encode()) % len(SOURCE_COLOURS)]


def source_name(source: Source, limit: int) -> str:
    """A source's title as plain text, or its host where it has none."""
    return line(source.title, limit) or line(urlsplit(source.url).hostname or source.url, limit) or "A source"


def standing(tally: Tally, comment_count: int) -> str:
    """Score and comments in plain, kind words."""
    voted = tally.upvotes or tally.downvotes
    votes = score(tally) if voted else "No votes yet"
    match comment_count:
        case 0:
            comments = "No comments yet"
        case 1:
            comments = "💬 1 comment"
        case _:
            comments = f"💬 {comment_count} comments"
    return f"{votes} · {comments}"


def thread_name(to_post: CardToPost) -> str:
    """What the thread of a card is called: plain text of 1–100 units."""
    return line(to_post.article.title, THREAD_NAME) or "Untitled article"


def nonce_of(custom_id: str) -> str | None:
    """The nonce that a card's button carries: the mark by which a post is known again. None for other ids."""
    return custom_id.removeprefix(COMMENTS_BUTTON) if custom_id.startswith(COMMENTS_BUTTON) else None


def read_related_button(custom_id: str) -> str | None:
    """The nonce of the post whose topic a card's button asks for more on, or None for an id that is not one of its."""
    return custom_id.removeprefix(RELATED_BUTTON) if custom_id.startswith(RELATED_BUTTON) else None


def _timestamp(published_at: datetime | None) -> datetime | None:
    # Feeds give dates such as year 1 or 9999; clients show them as nonsense, so they are left out.
    return published_at if published_at and 1970 <= published_at.year < 2200 else None
