"""Feedback through dialogs: members comment on an article or a passage of it, and the bot posts it for them.

    words sent off → begun (stored) → posted with its mark → known as a message → its author's comment

Where the bot dies in between, the message is known by its mark when it is heard or read again (see `Comments`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from zlib import crc32

from bot.feeds.summary.sentences import sentences
from bot.newsroom.ports import Away, Done, Later, Missing, Outcome, Refused, Speaker, Unclear
from bot.newsroom.watch import Watch
from storage import DatabaseProblem, Store
from storage.records import Comment, FeedbackGiven, Listed, Post

log = logging.getLogger(__name__)

LONGEST = 1500
"""UTF-16 units of a comment: escaped and under its passage it fits into a message."""
# Characters and sentences; to one beyond them nobody pages.
_LOOKED_AT, _MOST = 40_000, 500

CLOSED = "Comments on this article are closed."
_FORGOTTEN = (
    "You asked with `/privacy delete` that nothing of you be kept, so Broadsheet can't post a comment for you. Write "
    "in Discord itself, or use `/privacy allow` first."
)
_MAY_NOT = (
    "You may not write there, so Broadsheet does not do it for you either. Ask an admin to let you write under this "
    "article or in its thread."
)
_SENT = "This comment was sent off already and is posted once."
_UNCLEAR = (
    "Discord did not say whether it took your comment. Look under the article in a minute: if it is there, it counts; "
    "if not, write it once more."
)
_SLOW = "Slow mode is on there, and you wrote a moment ago. Wait as long as you would in Discord, then send it again."
_LATER = "Discord takes no messages right now, so your comment was not posted. Try again in a minute."


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence of an article, the `at`-th."""

    at: int
    text: str

    @property
    def check(self) -> int:
        """Tells this sentence from another that stands in its place after a revision."""
        return crc32(self.text.encode())


@dataclass(frozen=True, slots=True)
class Subject:
    """What is commented on: an article by its card, or a comment on it. `message_id` is the card's or the comment's.

    `post` is the card's, or the one whose thread the comment stands in.
    """

    message_id: int
    listed: Listed
    post: Post | None
    comment: Comment | None

    @property
    def home_id(self) -> int:
        """The channel whose permissions hold where this stands."""
        if self.post is not None:
            return self.post.channel_id
        return self.listed.channel_id if self.comment is None else self.comment.channel_id


@dataclass(frozen=True, slots=True)
class Rights:
    """What a member may do in a channel. One who is `slowed` waits between messages where there is slow mode."""

    write: bool
    write_in_threads: bool
    open_threads: bool
    slowed: bool


@dataclass(frozen=True, slots=True)
class Said:
    """It stands in this channel or thread."""

    place_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class NotSaid:
    """It was not posted now, and the sentence says why. `lost`: nor is it there from before."""

    sentence: str
    lost: bool = True


def passages_of(text: str, language: str | None = None) -> tuple[Passage, ...]:
    """The sentences of a text with a paragraph a line. Takes long for a long one."""
    found = [one for written in text[:_LOOKED_AT].split("\n") for one in sentences(written.strip(), language)]
    told = [one for one in found if any(map(str.isalnum, one))]
    return tuple(Passage(at, one) for at, one in enumerate(told[:_MOST]))


class Feedback:
    """What members say through the bot."""

    def __init__(self, store: Store, watch: Watch) -> None:
        self._store = store
        self._watch = watch

    async def subject(
        self, guild_id: int, message_id: int, channel_id: int | None = None, *, visible: Collection[int]
    ) -> Subject | None:
        """What can be commented on at this message: a card, a comment, or (in this channel) a card's thread.

        None where it has to do with no article, or with one that stands in no `visible` channel.
        """
        posts = self._store.posts
        post, comment = await posts.by_message(message_id), None
        if post is None and (comment := await self._store.comments.get(message_id)) is not None:
            post = await self._owner(comment.channel_id)
        if post is None and comment is None and channel_id is not None:
            post = await self._owner(channel_id)
        about = comment or post
        if about is None or about.guild_id != guild_id:
            return None
        listed = await self._store.frontpage.one(guild_id, about.article_id, visible=visible)
        if listed is None:
            return None
        if comment is None and post is not None:
            message_id = post.message_id or message_id
        subject = Subject(message_id, listed, post, comment)
        return subject if subject.home_id in visible else None

    async def _owner(self, thread_id: int) -> Post | None:
        """The post whose thread this is. One that was made from a message has that message's id."""
        posts = self._store.posts
        return await posts.by_thread(thread_id) or await posts.by_message(thread_id)

    async def passages(self, listed: Listed) -> tuple[Passage, ...]:
        """The sentences of an article's text where it is known, else of its summary."""
        article = listed.article
        text = await self._store.texts.whole(article.id) or article.summary
        return await asyncio.to_thread(passages_of, text, article.language)

    async def passage(self, listed: Listed, place: tuple[int, int]) -> Passage | None:
        """The sentence that was at this place with this check; None where a revision has taken it away."""
        at, check = place
        found = [one for one in await self.passages(listed) if one.check == check]
        return min(found, key=lambda one: abs(one.at - at), default=None)

    async def say(
        self, given: FeedbackGiven, subject: Subject, rights: Rights, speaker: Speaker
    ) -> Said | NotSaid:
        """Post what a member, who has these `rights` at the subject's home, wrote into a dialog.

        Raises DatabaseProblem where nothing was posted; what is posted and could not be stored is found by its mark.
        """
        if await self._store.privacy.forgotten((given.author_id,)):
            return NotSaid(_FORGOTTEN)
        if await self._store.moderation.closed_at(given.guild_id, given.article_id) is not None:
            return NotSaid(CLOSED)
        place = await self._place(subject, rights, speaker)
        if place is None:
            return NotSaid(_MAY_NOT)
        place_id, reply_to_id = place
        if not await self._store.feedback.begin(given):
            return NotSaid(_SENT, lost=False)
        if rights.slowed and await self._is_too_soon(given, place_id, speaker):
            await self._store.feedback.give_up(given.id)
            return NotSaid(_SLOW)
        outcome = await speaker.say(given, place_id, reply_to_id)
        if isinstance(outcome, Done) and outcome.id is not None:
            with _told("posted"):
                async with self._watch.turn:
                    if not self._watch.is_deleted(outcome.id, place_id):
                        await self._store.feedback.posted(
                            given.id, outcome.id, place_id, reply_to_id, given.created_at
                        )
            return Said(place_id, outcome.id)
        if isinstance(outcome, Unclear | Done):
            return NotSaid(_UNCLEAR)
        with _told("given up"):
            await self._store.feedback.give_up(given.id)
        return NotSaid(_why(outcome))

    async def _is_too_soon(self, given: FeedbackGiven, place_id: int, speaker: Speaker) -> bool:
        """Whether slow mode has its author wait: Discord lets the bot write on, so it is looked up here."""
        pace = speaker.slow_mode(given.guild_id, place_id)
        if not pace:
            return False
        last = await self._store.comments.last_by(given.author_id, place_id)
        return last is not None and last > given.created_at - pace

    async def _place(
        self, subject: Subject, rights: Rights, speaker: Speaker
    ) -> tuple[int, int | None] | None:
        """Where a comment goes and what it answers there; None where its author may not write.

        It goes into the post's thread, which is opened if member and bot may; else under the card.
        """
        post, comment = subject.post, subject.comment
        if comment is not None:
            in_thread = comment.channel_id != subject.home_id
            may = rights.write_in_threads if in_thread else rights.write
            return (comment.channel_id, comment.message_id) if may else None
        if post is None:
            return None
        thread_id = post.thread_id
        stands_in_thread = post.place != post.channel_id
        if thread_id is None and not stands_in_thread and rights.open_threads and rights.write_in_threads:
            thread_id = await self._open(post, speaker)
        if thread_id is not None:
            return (thread_id, None) if rights.write_in_threads else None
        may = rights.write_in_threads if stands_in_thread else rights.write
        return (post.place, subject.message_id) if may else None

    async def _open(self, post: Post, speaker: Speaker) -> int | None:
        card = await self._store.posts.card(post.id)
        if card is None:
            return None
        wanted = replace(card, post=replace(card.post, thread_wanted=True))
        outcome = await speaker.open_thread(wanted)
        if not isinstance(outcome, Done) or outcome.id is None:
            return None
        await self._store.posts.threaded(card.post, outcome.id)
        return outcome.id

    async def take_down(self, guild_id: int, place_id: int, message_id: int, speaker: Speaker) -> str | None:
        """Delete what was posted for a member, in Discord and here; answers why not, if not."""
        outcome = await speaker.take_down(guild_id, place_id, message_id)
        if not isinstance(outcome, Done | Missing) and not (isinstance(outcome, Away) and outcome.gone):
            return _why(outcome)
        async with self._watch.turn:
            self._watch.deleted((message_id,))
            await self._store.comments.remove((message_id,))
        return None

    async def take_all_down(self, author_id: int, speaker: Speaker) -> tuple[int, int]:
        """Delete all that was posted for a member, in all guilds; answers how many were, and how many could not be."""
        posted = await self._store.feedback.posted_for(author_id)
        left = 0
        for guild_id, place_id, message_id in posted:
            left += await self.take_down(guild_id, place_id, message_id, speaker) is not None
        return len(posted) - left, left


@contextmanager
def _told(done: str) -> Iterator[None]:
    """A database that is away does not change what the member is to be told: it is done at Discord already."""
    try:
        yield
    except DatabaseProblem as problem:
        log.warning("Feedback was %s, which is stored when its channel is read again: %s", done, problem)


def _why(outcome: Outcome) -> str:
    match outcome:
        case Away(closed=True):
            return "The article's thread is locked: only moderators can write there now."
        case Away(gone=True):
            return "The article's thread is gone. Try again in a minute, to write under the card."
        case Away(sentence=sentence) | Refused(sentence=sentence):
            return f"This did not work. {sentence}"
        case Missing():
            return "The message is gone, so there is nothing to do."
        case Later() | Unclear() | Done():
            return _LATER
