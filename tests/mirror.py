"""The mirror held against the truth: what the database keeps of a local Discord's posts, votes and comments.

The truth is worked out from the local Discord's own state, in another way than the bot works it out: from all that
stands there at once. Only what has become of the bot's messages (its table of posts) is taken from the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from bot.newsroom.comments import split_quote
from bot.sandbox.message_shapes import Readable, attachment_shape
from bot.sandbox.things import Message
from bot.sandbox.world import World
from storage import Database
from storage.records import PostState
from storage.tables import comments, forgotten, posts, reactions, standings

DEFAULT, REPLY = 0, 19
MOST_TOLD = 12

Votes = dict[int, set[tuple[int, str]]]
"""By message id the members and what they reacted with."""


@dataclass(frozen=True)
class Said:
    """A comment as the mirror should have it. `text` and `quote` are None where the bot may not read it now."""

    article_id: int
    channel_id: int
    author_id: int
    reply_to_id: int | None
    quote: str | None = None
    text: str | None = None


@dataclass
class Standing:
    """What is mirrored, or what should be. `perhaps` are comments that may be mirrored and need not be."""

    posts: dict[int, PostState] = field(default_factory=dict)
    votes: Votes = field(default_factory=dict)
    comments: dict[int, Said] = field(default_factory=dict)
    perhaps: set[int] = field(default_factory=set)


async def assert_mirror_equals(world: World, database: Database, *, bot_id: str | None = None) -> None:
    """Fail with sentences about all that differs between the mirror and the local Discord's truth.

    Compared are: of posts that became messages, whether these still stand, and their threads; votes by member and
    emoji on every card and comment; comments with article, place, author, parent, quote and text; how many comments
    each article is said to have. Erased ones must be gone. `bot_id` is the bot's where it has no MESSAGE_CONTENT.

    Of who is forgotten nothing may be kept. What nobody can know after a gap is allowed either way: a reply to a
    message that is gone, or is a forgotten member's, was a comment only if it was seen in time.
    """
    differences = await mirror_differences(world, database, bot_id=bot_id)
    told = "\n".join(differences[:MOST_TOLD])
    assert not differences, f"The mirror differs from Discord in {len(differences)} things:\n{told}"


async def mirror_differences(world: World, database: Database, *, bot_id: str | None = None) -> list[str]:
    """All that differs, a sentence each; see `assert_mirror_equals`."""
    async with database.reading() as connection:
        rows = (await connection.execute(select(posts).where(posts.c.message_id.is_not(None)))).all()
        said = (await connection.execute(select(comments))).all()
        voted = (await connection.execute(select(reactions))).all()
        counted = (await connection.execute(select(standings))).all()
        left_out = frozenset(await connection.scalars(select(forgotten.c.member_id)))
    truth = _truth(world, rows, Readable(bot_id), left_out)
    mirror = Standing(
        posts={row.message_id: row.state for row in rows}, votes=_votes(voted), comments=_said(said)
    )
    return [
        *_of_posts(world, rows, truth, mirror),
        *_of_comments(truth, mirror),
        *_of_votes(world, truth, mirror),
        *_of_counts(counted, said, rows),
    ]


def _truth(world: World, rows: list[Any], readable: Readable, left_out: frozenset[int]) -> Standing:
    truth = Standing()
    article_of_message = {row.message_id: row.article_id for row in rows}
    # A thread made from a message has that message's id, whoever made it; a forum post is a thread itself.
    article_of_thread = article_of_message | {
        row.thread_id: row.article_id for row in rows if row.thread_id is not None
    }
    for row in rows:
        standing = world.messages.get(str(row.message_id))
        truth.posts[row.message_id] = PostState.DELETED if standing is None else PostState.SENT
        if standing is not None:
            truth.votes[row.message_id] = _given(world, standing, left_out)
    places = {place for row in rows for place in (row.channel_id, row.place_id) if place is not None}
    talk = [
        message
        for message in world.messages.values()
        if message.type in (DEFAULT, REPLY) and int(message.channel_id) in places | article_of_thread.keys()
    ]
    unknown: set[int] = set()
    for message in sorted(talk, key=lambda one: int(one.id)):
        if (author_id := _feedback_of(message)) is not None and author_id not in left_out:
            given = _given_feedback(message, author_id, article_of_message | article_of_thread, truth)
            if given is None:
                truth.perhaps.add(int(message.id))
            else:
                truth.comments[int(message.id)] = given
            truth.votes[int(message.id)] = _given(world, message, left_out)
            continue
        if _by_bot(world, message) or not (message.content.strip() or message.attachments):
            continue
        if int(message.author_id) in left_out:
            unknown.add(int(message.id))
            continue
        answered = _answered(message)
        article_id = article_of_thread.get(int(message.channel_id))
        if article_id is None and answered is not None:
            parent = truth.comments.get(answered)
            article_id = article_of_message.get(answered) or (parent and parent.article_id)
            lost = article_id is None and (str(answered) not in world.messages or answered in unknown)
            if lost or answered in truth.perhaps:
                truth.perhaps.add(int(message.id))
        if article_id is not None:
            quote, text = split_quote(message.content)
            addresses = [attachment_shape(world, message, one)["url"] for one in message.attachments]
            whole = readable(message)
            truth.comments[int(message.id)] = Said(
                article_id,
                int(message.channel_id),
                int(message.author_id),
                answered,
                quote if whole else None,
                "\n".join((text, *addresses)).strip() if whole else None,
            )
            if not whole:
                truth.perhaps.add(int(message.id))
        truth.votes[int(message.id)] = _given(world, message, left_out)
    return truth


def _by_bot(world: World, message: Message) -> bool:
    author = world.users.get(message.author_id)
    return author is None or author.bot


def _feedback_of(message: Message) -> int | None:
    """The member for whom the bot posted this, by the mark that its button bears."""
    ids = [
        inner.get("custom_id", "") for row in message.components or () for inner in row.get("components", ())
    ]
    marks = [custom_id.split(":") for custom_id in ids if custom_id.startswith("feedback:")]
    return int(marks[0][2]) if marks else None


def _given_feedback(
    message: Message, author_id: int, articles: Mapping[int, int], truth: Standing
) -> Said | None:
    """A member's comment in a message of the bot's; None where what it answers is gone, and the article with it.

    Its words are there escaped, so only its place is compared.
    """
    answered = _answered(message)
    parent = truth.comments.get(answered or 0)
    article_id = articles.get(int(message.channel_id)) or articles.get(answered or 0)
    if article_id is None and parent is not None:
        article_id = parent.article_id
    return None if article_id is None else Said(article_id, int(message.channel_id), author_id, answered)


def _answered(message: Message) -> int | None:
    reference = message.reference or {}
    named = reference.get("message_id") if message.type == REPLY else None
    return None if named is None else int(named)


def _given(world: World, message: Message, left_out: frozenset[int]) -> set[tuple[int, str]]:
    return {
        (int(user_id), emoji.removeprefix("a:"))
        for emoji, users in message.reactions.items()
        for user_id in users
        if user_id in world.users and not world.users[user_id].bot and int(user_id) not in left_out
    }


def _votes(rows: list[Any]) -> Votes:
    votes: Votes = {}
    for row in rows:
        votes.setdefault(row.message_id, set()).add((row.member_id, row.emoji))
    return votes


def _said(rows: list[Any]) -> dict[int, Said]:
    return {
        row.message_id: Said(
            row.article_id, row.channel_id, row.author_id, row.reply_to_id, row.quote, row.text
        )
        for row in rows
    }


def _of_posts(world: World, rows: list[Any], truth: Standing, mirror: Standing) -> Iterator[str]:
    for message_id, state in truth.posts.items():
        if mirror.posts[message_id] is not state:
            yield f"The post {message_id} is {mirror.posts[message_id]} here, but {state} at Discord."
    for row in rows:
        if (
            row.state is PostState.SENT
            and row.thread_id is not None
            and str(row.thread_id) not in world.channels
        ):
            yield f"The post {row.message_id} is said to have the thread {row.thread_id}, which is gone."


def _of_comments(truth: Standing, mirror: Standing) -> Iterator[str]:
    for message_id in sorted(truth.comments.keys() | mirror.comments.keys()):
        wanted, kept = truth.comments.get(message_id), mirror.comments.get(message_id)
        if wanted is None:
            if message_id not in truth.perhaps:
                yield f"The comment {message_id} is kept, but is not, or no more, at Discord: {kept}."
        elif kept is None:
            if message_id not in truth.perhaps:
                yield f"The comment {message_id} is missing: {wanted}."
        elif wanted != kept and (wanted.text is not None or _place(wanted) != _place(kept)):
            yield f"The comment {message_id} is kept as {kept}, but is {wanted}."


def _place(said: Said) -> tuple[object, ...]:
    return said.article_id, said.channel_id, said.author_id, said.reply_to_id


def _of_votes(world: World, truth: Standing, mirror: Standing) -> Iterator[str]:
    ours = {message_id for message_id, state in truth.posts.items() if state is PostState.SENT}
    for message_id in sorted(ours | mirror.comments.keys() | mirror.votes.keys()):
        kept = mirror.votes.get(message_id, set())
        wanted = truth.votes.get(message_id, set()) if message_id in ours | mirror.comments.keys() else set()
        if missing := wanted - kept:
            yield f"On {message_id} votes are missing: {_named(world, missing)}."
        if beyond := kept - wanted:
            yield f"On {message_id} votes are kept that do not stand: {_named(world, beyond)}."


def _named(world: World, votes: set[tuple[int, str]]) -> str:
    return ", ".join(f"{world.users[str(member)].username} {emoji}" for member, emoji in sorted(votes))


def _of_counts(counted: list[Any], said: list[Any], rows: list[Any]) -> Iterator[str]:
    kept: Mapping[tuple[int, int], int] = {
        place: sum((one.article_id, one.guild_id) == place and not one.hidden for one in said)
        for place in {(row.article_id, row.guild_id) for row in rows if row.state is PostState.SENT}
    }
    told = {(row.article_id, row.guild_id): row.comment_count for row in counted}
    for place, count in kept.items():
        if told.get(place) != count:
            yield f"The article {place[0]} has {count} comments, and {told.get(place)} are told."
