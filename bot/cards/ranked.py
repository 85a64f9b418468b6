"""The digest of a day, a week or a month: its articles told in a few words each, and titles beyond these."""

from __future__ import annotations

import re
from dataclasses import dataclass

import discord

from bot.cards.card import COLOUR, DESCRIPTION, TITLE, Button, Card
from bot.cards.digest import digest_title, show_all
from bot.cards.text import directed, escape, escaped_line, line, linked, units, web_address
from bot.cards.words import also_told, jump_url, score
from bot.newsroom.ranking import Period
from storage.records import Comment, DigestLine, DigestStory, DigestToPost, Sort

MORE_BUTTON = "best:"
STOP_BUTTON = "digest-stop:"
LONGEST_TITLE, LONGEST_SOURCE, LONGEST_NAME = 140, 40, 32
# A longer address would take the room of other articles; then the title leads to the article's card, which has it.
LONGEST_LINK = 200
# What is kept free for the titles of articles over the limit, where there are any.
_FOR_TITLES = 700
_NO_ARTICLES = "No articles were posted in this time, so no digest would be sent."


@dataclass(frozen=True, slots=True)
class _Detail:
    """How many units each article's words may take; the first one's may be more."""

    first: int
    summary: int
    comment: int
    also: bool = True


# From the most that is pleasant to read down to titles alone: the first at which all articles fit is taken.
_DETAILS = (
    _Detail(300, 180, 200),
    _Detail(240, 130, 150),
    _Detail(180, 100, 110),
    _Detail(140, 70, 90),
    _Detail(120, 0, 80),
    _Detail(0, 0, 0),
    _Detail(0, 0, 0, also=False),
)


def ranked_card(to_post: DigestToPost, guild_name: str = "", *, preview: bool = False) -> Card:
    """A digest by rank. It bears the digest's mark (docs/adr/0003-a-posts-mark.md), unless it is a `preview`.

    Where it is for a member `guild_name` says whose articles they are.
    """
    embed = discord.Embed(colour=COLOUR, title=line(digest_title(to_post), TITLE))
    if to_post.digest.member_id is not None and (name := line(guild_name, TITLE)):
        embed.set_author(name=name)
    embed.description = _description(to_post)
    return Card(embed, () if preview else (_buttons(to_post),))


def _description(to_post: DigestToPost) -> str:
    if not to_post.stories:
        return _NO_ARTICLES
    over = to_post.articles[len(to_post.stories) :]
    room = DESCRIPTION - (_FOR_TITLES if over else 0)
    text = ""
    for detail in _DETAILS:
        text = "\n\n".join(_blocks(to_post, detail))
        if units(text) <= room:
            break
    else:
        text = _cut("\n\n", _blocks(to_post, _DETAILS[-1]), room)
    if not over:
        return text
    titles = ["**In short**", *(f"- {_titled(one)}" for one in over)]
    left = to_post.count - len(to_post.stories) - len(over)
    short = _cut("\n", titles, DESCRIPTION - units(text) - 2, left)
    return f"{text}\n\n{short}"


def _cut(between: str, blocks: list[str], room: int, left: int = 0) -> str:
    """As many whole blocks as there is room for; the others, and those `left` already, are counted."""
    kept = list(blocks)
    while True:
        missing = len(blocks) - len(kept) + left
        text = between.join([*kept, *([f"… and {missing} more"] if missing else [])])
        if units(text) <= room or not kept:
            return text
        kept.pop()


def _blocks(to_post: DigestToPost, detail: _Detail) -> list[str]:
    return [_block(to_post, story, place, detail) for place, story in enumerate(to_post.stories, 1)]


def _block(to_post: DigestToPost, story: DigestStory, place: int, detail: _Detail) -> str:
    article = story.article
    card = None
    if story.channel_id is not None and story.message_id is not None:
        card = jump_url(to_post.digest.guild_id, story.channel_id, story.message_id)
    title = line(article.title, LONGEST_TITLE) or "Untitled article"
    address = web_address(article.url, LONGEST_LINK) or card
    source = line(story.source_title, LONGEST_SOURCE)
    meta = [escape(source), f"[{_counts(story)}]({card})" if card else ""]
    most = detail.first if place == 1 else detail.summary
    also = also_told(story.also, source) if detail.also else ""
    lines = (
        f"**{place}. {directed(linked(title, address, LONGEST_LINK))}**",
        " · ".join(filter(None, meta)),
        directed(escaped_line(article.summary, most)) if most else "",
        _quotation(to_post, story.comment, detail.comment) if story.comment and detail.comment else "",
        f"-# {also}" if also else "",
    )
    return "\n".join(filter(None, lines))


def _counts(story: DigestStory) -> str:
    voted = story.tally.upvotes or story.tally.downvotes
    counts = (score(story.tally) if voted else "", f"💬 {story.comment_count}" if story.comment_count else "")
    return " · ".join(filter(None, counts)) or "Vote or comment"


def _quotation(to_post: DigestToPost, comment: Comment, longest: int) -> str:
    words = escaped_line(comment.text, longest)
    if not words:
        return ""
    where = jump_url(to_post.digest.guild_id, comment.channel_id, comment.message_id)
    name = line(comment.author_name, LONGEST_NAME) or "A member"
    return f"> {directed(f'“{words}”')} — {linked(name, where, LONGEST_LINK)}"


def _titled(one: DigestLine) -> str:
    title = line(one.title, LONGEST_TITLE) or "Untitled article"
    source = escape(line(one.source_title, LONGEST_SOURCE))
    return f"{directed(linked(title, one.url, LONGEST_LINK))} · {source}"


def _buttons(to_post: DigestToPost) -> tuple[Button, ...]:
    digest = to_post.digest
    if digest.member_id is not None:
        return (Button("Stop these digests", f"{STOP_BUTTON}{digest.nonce}"),)
    more = Button(f"More of this {digest.every}", f"{MORE_BUTTON}{digest.nonce}:{digest.rank}:{digest.every}")
    return (more, show_all(to_post)) if to_post.count > len(to_post.stories) else (more,)


def read_more_button(custom_id: str) -> tuple[str, Sort, Period] | None:
    """The digest's nonce, the order and the time of which more is asked for; None for an id of another kind."""
    asked = re.fullmatch(rf"{MORE_BUTTON}([^:]{{1,25}}):([a-z]{{1,13}}):([a-z]{{1,10}})", custom_id, re.ASCII)
    if asked is None:
        return None
    try:
        return asked[1], Sort(asked[2]), Period(asked[3])
    except ValueError:
        return None


def read_stop_button(custom_id: str) -> str | None:
    """The nonce of the digest whose like its member wants no more; None for an id of another kind."""
    asked = re.fullmatch(rf"{STOP_BUTTON}([^:]{{1,25}})", custom_id, re.ASCII)
    return None if asked is None else asked[1]
