"""What the newsroom asks of Discord, and Discord's answers as values. The publisher implements it.

Every answer is a value: no exception of Discord's or of the network crosses this border.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from storage.records import (
    AwayToTell,
    CardToPost,
    DigestToPost,
    FeedbackGiven,
    LetterToSend,
    NoticeToTell,
)


@dataclass(frozen=True, slots=True)
class Done:
    """It happened. `id` is the id of the message or thread that it made or found, where there is one.

    Of a card that was sent, found or refreshed, `file` is the name of the file by which it carries the article's image.
    """

    id: int | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """It surely did not happen; try again, after `after` if Discord named a time.

    `everywhere`: nothing can be done at Discord until then, in no channel (the limit of all requests together is
    reached, the token is refused, the bot is not connected). `lasting`: it may take hours until it can be done; what
    an article can do without is not waited for.
    """

    sentence: str
    after: timedelta | None = None
    everywhere: bool = False
    lasting: bool = False


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
    `closed`: it is a thread that is archived or locked. `unwanted`: it was to a member, who takes no direct messages.
    """

    sentence: str
    gone: bool = False
    closed: bool = False
    unwanted: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """The message that was to be changed is not there any more."""


@dataclass(frozen=True, slots=True)
class Emptied:
    """Not found by its mark; but these forum posts of the bot's, called like it, have lost their first message.

    `ids` are theirs: one of them is it, unless all are known to be others'.
    """

    ids: frozenset[int]


Outcome = Done | Later | Unclear | Refused | Away | Missing


@dataclass(frozen=True, slots=True)
class ThreadSeen:
    """What Discord tells of a thread beside its messages: while the figures stay, no message came and none went.

    `last_id` is the newest message that was ever written there (0: none), `last_at` its time, `count` how many there
    are now. `archived_at` is None while it is open.
    """

    thread_id: int
    last_id: int
    last_at: datetime
    count: int
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """A message as Discord shows it now, reduced to what the newsroom needs.

    `text` is empty where Discord withholds it (no MESSAGE_CONTENT). `reactions` maps an emoji (Unicode, or
    `name:id`) to how many reacted with it, this bot itself left out; with those in `super_reactions` some reacted in
    the way that Discord sells and lists apart. `attachments` are addresses. `thread` hangs on the message. Reactions
    and thread are told of messages that were read, not of those that came. One with a `feedback_id` is the bot's own,
    posted for a member who wrote it into that dialog.
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
    thread: ThreadSeen | None = None
    feedback_id: int | None = None
    super_reactions: frozenset[str] = frozenset()


class Publisher(Protocol):
    """Puts cards into channels and keeps them current.

    What makes something asks `may_send` once more as its request leaves: a process may be frozen anywhere.
    """

    async def newest_message_id(self, channel_id: int) -> int | Away | Later:
        """Discord's id of the newest message in the channel, 0 where there is none; or why it is not known.

        In a forum it is the newest thread's.
        """

    async def send(self, card: CardToPost) -> Outcome:
        """Send the card's message once, with the post's nonce. Done carries the message id.

        A post that is `forum` becomes a forum post, whose id Done carries. There are no nonces there: the request
        leaves at most once.
        """

    async def find(self, card: CardToPost) -> Outcome | Emptied:
        """Look for the card's message in its channel after `after_id`, by its mark.

        Missing: surely not there. So that answer is given only where the history could surely be read, and was to its
        end; without the permission Discord shows an empty one.
        """

    async def newest_direct_id(self, channel_id: int) -> int | Away | Later:
        """Discord's id of the newest message in a member's direct messages, as `newest_message_id` answers it."""

    async def send_digest(self, digest: DigestToPost) -> Outcome:
        """Send a digest's message, as `send` does. Away, of a member's: they take no direct messages."""

    async def find_digest(self, digest: DigestToPost) -> Outcome | Emptied:
        """Look for a digest's message, as `find` does."""

    async def open_thread(self, card: CardToPost) -> Outcome:
        """Make the thread of a sent card, or find the one that is there. Done carries the thread id."""

    async def place_vote(self, card: CardToPost, emoji: str) -> Outcome:
        """Put the bot's own reaction under a sent card, so that members need only click."""

    async def announce(self, card: CardToPost) -> Outcome:
        """Publish a sent card to the servers that follow its announcement channel. Done: also where it is already."""

    async def pin(self, card: CardToPost) -> Outcome:
        """Pin a sent card in its channel. Done: also where it is already."""

    async def refresh(self, card: CardToPost) -> Outcome:
        """Edit a sent card so that it shows the given texts, score and comment count."""


class Speaker(Protocol):
    """Posts what members wrote into dialogs."""

    async def open_thread(self, card: CardToPost) -> Outcome:
        """Make the thread of a sent card, or find the one that is there. Done carries the thread id."""

    def slow_mode(self, guild_id: int, place_id: int) -> timedelta:
        """How long members wait there between their messages; zero where they need not, or it is not known."""

    async def say(self, given: FeedbackGiven, place_id: int, reply_to_id: int | None) -> Outcome:
        """Post it once in a channel or thread, as an answer to a message there or not. Done carries the message id."""

    async def take_down(self, guild_id: int, place_id: int, message_id: int) -> Outcome:
        """Delete a message of the bot's own."""


class ThreadLocker(Protocol):
    """Locks threads."""

    async def lock_thread(self, guild_id: int, thread_id: int, *, locked: bool) -> Outcome:
        """Have only moderators write in a thread from now on, or everybody again."""


class Notifier(Protocol):
    """Tells channels what their admins should know."""

    async def tell(self, notice: NoticeToTell) -> Outcome:
        """Send the message that a source fails, with a button to try again. Done carries the message id."""

    async def tell_away(self, notice: AwayToTell, channel_id: int) -> Outcome:
        """Say in this channel, of the same guild, that another one can't be used for long."""

    async def tell_away_directly(self, notice: AwayToTell, member_id: int) -> Outcome:
        """Say so in a direct message. Away: this member takes none, or is gone."""

    def system_channel_id(self, guild_id: int) -> int | None:
        """The channel in which Discord itself tells a guild's members things, as far as it is known without asking."""

    def owner_id(self, guild_id: int) -> int | None:
        """Who owns a guild, as far as it is known without asking."""


class AdminNotifier(Protocol):
    """Tells a guild's admins what Discord withholds from the bot."""

    async def tell_withheld(self, guild_id: int, channel_id: int) -> Outcome:
        """Say in this channel of the guild what the bot can't see of its comments."""

    async def tell_withheld_directly(self, guild_id: int, member_id: int) -> Outcome:
        """Say so in a direct message. Away: this member takes none, or is gone."""

    def system_channel_id(self, guild_id: int) -> int | None:
        """The channel in which Discord itself tells a guild's members things, as far as it is known without asking."""

    def owner_id(self, guild_id: int) -> int | None:
        """Who owns a guild, as far as it is known without asking."""


@dataclass(frozen=True, slots=True)
class Left:
    """The member is not in the guild any more."""


class Postman(Protocol):
    """Brings members letters, directly or in a channel."""

    def sees(self, guild_id: int) -> bool:
        """Whether it can be known now who may read what in a guild; no member of one that is out is told anything."""

    async def readable(
        self, guild_id: int, member_id: int, channel_id: int | None
    ) -> frozenset[int] | Left | Later:
        """Ids of the channels and threads that a member may read; those alone that all in `channel_id` may, if set."""

    async def newest_id_for(self, letter: LetterToSend) -> int | Away | Later:
        """Discord's newest id where the letter goes, 0 where there is none; or why it is not known."""

    async def send_letter(self, letter: LetterToSend) -> Outcome:
        """Send it once, with its nonce. Done carries the message id. Away: the member takes no direct messages."""

    async def find_letter(self, letter: LetterToSend) -> Outcome | Emptied:
        """Look for it where it goes, after its `after_id`, by its mark. Missing: it surely is not there."""

    async def say_closed(self, guild_id: int, channel_id: int, member_id: int) -> Outcome:
        """Tell a member in this channel that they take no direct messages, and mention them."""


class ChannelReader(Protocol):
    """Reads what is in Discord's channels, for putting the mirror right after a gap."""

    @property
    def requests(self) -> int:
        """How many requests it has made of Discord so far."""

    def messages(self, channel_id: int, after: int) -> AsyncGenerator[MessageSeen, None]:
        """Messages with ids above `after`, oldest first.

        Raises Unreadable where the channel is gone or its history may not be read.
        """

    async def reactors(
        self, channel_id: int, message_id: int, emoji: str, *, super_reactions: bool
    ) -> frozenset[int]:
        """Ids of the members (no bots) whose reaction `emoji` stands on the message, or whose super reaction does.

        Raises Unreadable as `messages` does.
        """

    async def roles(self, guild_id: int, member_id: int) -> frozenset[int]:
        """Ids of a member's roles; of somebody who is gone, none. Raises Unreadable."""

    async def exists(self, channel_id: int, message_id: int) -> bool:
        """Whether Discord still has this one message.

        Raises Unreadable as `messages` does: only where the history may be read, an absence proves anything.
        """

    def open_threads(self, guild_id: int, channel_id: int) -> Mapping[int, ThreadSeen]:
        """A channel's open threads by their ids, as Discord told of them when the session began; asks nothing."""

    def archived_threads(self, channel_id: int, since: int) -> AsyncGenerator[ThreadSeen, None]:
        """A channel's archived threads, archived last first, back to when the thread or message `since` was made.

        Raises Unreadable as `messages` does.
        """


class Unreadable(Exception):
    """A channel can't be read now; the message is a sentence for people.

    `passing`: trying again soon may help. `gone`: the channel does not exist any more.
    """

    def __init__(self, sentence: str, *, passing: bool = False, gone: bool = False) -> None:
        super().__init__(sentence)
        self.passing = passing
        self.gone = gone
