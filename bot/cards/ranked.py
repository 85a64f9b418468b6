"""The digest of a day, a week or a month: its articles told in a few words each, and titles beyond these."""

from __future__ import annotations

import re
from dataclasses import dataclass

import discord

from bot.cards.card import COLOUR, DESCRIPTION, EMBED, FIELD, TITLE, Button, Card
from bot.cards.digest import digest_title, show_all
from bot.cards.text import directed, escape, escaped_line, line, linked, units, web_address
from bot.cards.words import also_told, jump_url, retracted, score
from bot.newsroom.ranking import Period
from storage.records import Comment, DigestLine, DigestStory, DigestToPost, Sort

MORE_BUTTON = "best:"
STOP_BUTTON = "digest-stop:"
LONGEST_TITLE, LONGEST_SOURCE, LONGEST_NAME = 140, 40, 32
# A longer address would take the room of other articles; then the title leads to the article's card, which has it.
LONGEST_LINK = 200
# What is kept free for the titles of articles over the limit, where there are any.
_FOR_TITLES = 800
_FOR_THE_REST = 30
_TITLES, _NO_NAME = "In short", "\u200b"
# A shorter beginning of a sentence says too little.
_SHORTEST_CUT = 180
_NO_ARTICLES = "No articles were posted in this time, so no digest would be sent."


@dataclass(frozen=True, slots=True)
class _Detail:
    """How many units an article's summary and its comment may take, and whether it is said who else tells it."""

    summary: int
    comment: int
    also: bool = True


# From titles alone up to the most that is pleasant to read: each step is taken for one article after the other, as far
# as there is room, so that the first ones get the most.
_DETAILS = (
    _Detail(0, 0, also=False),
    _Detail(0, 0),
    _Detail(0, 80),
    _Detail(90, 90),
    _Detail(130, 140),
    _Detail(180, 200),
)
_OF_THE_FIRST = _Detail(300, 200)


def ranked_card(to_post: DigestToPost, guild_name: str = "", *, preview: bool = False) -> Card:
    """A digest by rank. It bears the digest's mark (docs/adr/0003-a-posts-mark.md), unless it is a `preview`.

    Where it is for a member `guild_name` says whose articles they are.
    """
    embed = discord.Embed(colour=COLOUR, title=line(digest_title(to_post), TITLE))
    if to_post.digest.member_id is not None and (name := line(guild_name, TITLE)):
        embed.set_author(name=name)
    _tell(embed, to_post)
    return Card(embed, () if preview else (_buttons(to_post),))


def _tell(embed: discord.Embed, to_post: DigestToPost) -> None:
    """Put the articles into the embed: into its description and, where that is full, one by one below it."""
    if not to_post.stories:
        embed.description = _NO_ARTICLES
        return
    over = to_post.articles[len(to_post.stories) :]
    blocks = _blocks(to_post, EMBED - len(embed) - (_FOR_TITLES if over else 0) - _FOR_THE_REST)
    embed.description, *fields = _packed(blocks)
    for field in fields:
        embed.add_field(name=_NO_NAME, value=field, inline=False)
    if missing := len(to_post.stories) - len(blocks):
        embed.set_footer(text=f"… and {missing} more")
    if over:
        left = to_post.count - len(to_post.stories) - len(over)
        titles = [f"- {_titled(one)}" for one in over]
        embed.add_field(name=_TITLES, value=_cut(titles, _FOR_TITLES - units(_TITLES), left), inline=False)


def _packed(blocks: list[str]) -> list[str]:
    """As many blocks as the description holds, and the others in as few fields as hold them."""
    packed = [""]
    for block in blocks:
        longer = f"{packed[-1]}\n\n{block}" if packed[-1] else block
        if units(longer) <= (FIELD if len(packed) > 1 else DESCRIPTION):
            packed[-1] = longer
        else:
            packed.append(block)
    return packed


def _cut(lines: list[str], room: int, left: int) -> str:
    """As many whole lines as there is room for; the others, and those `left` already, are counted."""
    kept = list(lines)
    while True:
        missing = len(lines) - len(kept) + left
        text = "\n".join([*kept, *([f"… and {missing} more"] if missing else [])])
        if units(text) <= room or not kept:
            return text
        kept.pop()


def _blocks(to_post: DigestToPost, room: int) -> list[str]:
    """The articles, each told at such length that all of them fit; where titles alone do not, the last are left out."""
    blocks = [_block(to_post, story, place, _DETAILS[0]) for place, story in enumerate(to_post.stories, 1)]
    # Two units part one from the next, or one is the name of its field.
    while (used := sum(units(block) + 2 for block in blocks)) > room:
        blocks.pop()
    room -= used
    steps = [(detail, place) for detail in _DETAILS[1:] for place in range(len(blocks))]
    for detail, place in [*steps, (_OF_THE_FIRST, 0)]:
        longer = _block(to_post, to_post.stories[place], place + 1, detail)
        more = units(longer) - units(blocks[place])
        if more <= room and units(longer) <= FIELD:
            blocks[place] = longer
            room -= more
    return blocks


def _block(to_post: DigestToPost, story: DigestStory, place: int, detail: _Detail) -> str:
    article = story.article
    card = None
    if story.channel_id is not None and story.message_id is not None:
        card = jump_url(to_post.digest.guild_id, story.channel_id, story.message_id)
    title = line(article.title, LONGEST_TITLE) or "Untitled article"
    address = web_address(article.url, LONGEST_LINK) or card
    source = line(story.source_title, LONGEST_SOURCE)
    meta = [directed(escape(source)), f"[{_counts(story)}]({card})" if card else ""]
    also = also_told(story.also, source) if detail.also else ""
    lines = (
        f"**{place}. {directed(linked(title, address, LONGEST_LINK))}**",
        " · ".join(filter(None, meta)),
        retracted(article) or directed(_summary(article.summary, detail.summary)),
        _quotation(to_post, story.comment, detail.comment) if story.comment and detail.comment else "",
        f"-# {also}" if also else "",
    )
    return "\n".join(filter(None, lines))


def _summary(text: str, longest: int) -> str:
    """The first sentences; with little room whole ones or nothing."""
    if not longest:
        return ""
    shown = escaped_line(text, longest)
    return "" if shown.endswith("…") and longest < _SHORTEST_CUT else shown


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
    source = directed(escape(line(one.source_title, LONGEST_SOURCE)))
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
