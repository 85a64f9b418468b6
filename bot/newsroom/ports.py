"""What the newsroom asks of Discord, and Discord's answers as values. The publisher implements it.

Every answer is a value: no exception of Discord's or of the network crosses this border.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from storage.records import CardToPost, NoticeToTell


@dataclass(frozen=True, slots=True)
class Done:
    """It happened. `id` is the id of the message or thread that it made or found, where there is one.

    Of a card that was sent, found or refreshed, `file` is the name of the file by which it carries the article's image.
    """

    id: int | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """It surely did not happen; try again, after `after` if Discord named a time."""

    sentence: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows whether it happened: the connection broke or the server failed in the middle."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Discord refuses this one for good: it is malformed or not possible; others may pass."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Away:
    """The channel can't be used now: a permission is missing, it is gone, or the bot was removed.

    `sentence` names what is missing and what to do. `gone`: Discord says that the channel does not exist any more.
    """

    sentence: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """The message that was to be changed is not there any more."""


Outcome = Done | Later | Unclear | Refused | Away | Missing


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """A message as Discord shows it now, reduced to what the newsroom needs.

    `text` is empty where Discord withholds it (no MESSAGE_CONTENT). `reactions` maps an emoji (Unicode, or
    `name:id`) to how many reacted with it, this bot itself left out. `attachments` are addresses. `thread_id`
    is the thread that hangs on the message.
    """

    message_id: int
    guild_id: int
    channel_id: int
    author_id: int
    author_name: str
    by_bot: bool
    text: str
    reply_to_id: int | None
    created_at: datetime
    edited_at: datetime | None
    attachments: tuple[str, ...] = ()
    reactions: Mapping[str, int] = field(default_factory=dict)
    thread_id: int | None = None


class Publisher(Protocol):
    """Puts cards into channels and keeps them current."""

    async def newest_message_id(self, channel_id: int) -> int | Away | Later:
        """Discord's id of the newest message in the channel, 0 where there is none; or why it is not known."""

    async def send(self, card: CardToPost) -> Outcome:
        """Send the card's message once, with the post's nonce. Done carries the message id."""

    async def find(self, card: CardToPost) -> Outcome:
        """Look for the card's message in its channel after `after_id`, by its mark. Missing: surely not there."""

    async def open_thread(self, card: CardToPost) -> Outcome:
        """Make the thread of a sent card, or find the one that is there. Done carries the thread id."""

    async def place_vote(self, card: CardToPost, emoji: str) -> Outcome:
        """Put the bot's own reaction under a sent card, so that members need only click."""

    async def refresh(self, card: CardToPost) -> Outcome:
        """Edit a sent card so that it shows the given texts, score and comment count."""


class Notifier(Protocol):
    """Tells channels what their admins should know."""

    async def tell(self, notice: NoticeToTell) -> Outcome:
        """Send the message that a source fails, with a button to try again. Done carries the message id."""


class ChannelReader(Protocol):
    """Reads what is in Discord's channels, for putting the mirror right after a gap."""

    def messages(self, channel_id: int, after: int) -> AsyncIterator[MessageSeen]:
        """Messages with ids above `after`, oldest first.

        Raises Unreadable where the channel is gone or its history may not be read.
        """

    async def reactors(self, channel_id: int, message_id: int, emoji: str) -> frozenset[int]:
        """Ids of the members (no bots) whose reaction `emoji` stands on the message.

        Raises Unreadable as `messages` does.
        """

    async def exists(self, channel_id: int, message_id: int) -> bool:
        """Whether Discord still has this one message.

        Raises Unreadable as `messages` does: only where the history may be read, an absence proves anything.
        """


class Unreadable(Exception):
    """A channel can't be read now; the message is a sentence for people.

    `passing`: trying again soon may help. `gone`: the channel does not exist any more.
    """

    def __init__(self, sentence: str, *, passing: bool = False, gone: bool = False) -> None:
        super().__init__(sentence)
        self.passing = passing
        self.gone = gone
