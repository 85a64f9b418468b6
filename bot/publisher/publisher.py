"""Puts cards into Discord's channels and keeps them current. Every answer is an outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
from discord.http import Route

from bot.cards import (
    WITHHELD_TITLE,
    Card,
    File,
    away_card,
    away_title,
    carried_picture,
    digest_card,
    digest_title,
    feedback_card,
    notice_card,
    notice_title,
    ranked_card,
    source_name,
    thread_name,
    uncounted_card,
    withheld_card,
)
from bot.cards import card as card_of
from bot.newsroom.ports import Away, Done, Emptied, Later, Missing, Outcome, Refused, Unclear
from bot.publisher.calls import ANSWER_WITHIN, CHANNEL, MESSAGE, MESSAGES, THREADS, WRONG_KIND, Calls, Needed
from bot.publisher.errands import Errand
from bot.publisher.forums import find_post, tags_for
from bot.publisher.messages import file_of, mark_of
from bot.publisher.outcomes import TROUBLES, outcome_of
from bot.publisher.permissions import (
    TO_ATTACH,
    TO_EDIT,
    TO_LOCK,
    TO_PIN,
    TO_READ,
    TO_TAKE_BACK,
    PostChannel,
    is_announcement,
    missing_permissions,
    needed_to_post,
    needed_to_say,
)
from bot.publisher.postman import DiscordPostman
from storage.records import AwayToTell, CardToPost, DigestToPost, FeedbackGiven, NoticeToTell, Verdict

log = logging.getLogger(__name__)

# Cards stay open to discussion for as long as Discord lets a quiet thread stay open, in minutes.
QUIET_FOR = 10_080
TAG = 100

_A_FORUM = Away(
    "This channel is a forum, and was not subscribed to as one. End its subscriptions with `/unsubscribe`, then "
    "use `/subscribe` in Discord again."
)
_NO_FORUM = Away(
    "This channel is no forum, but was subscribed to as one. End its subscriptions with `/unsubscribe`, then use "
    "`/subscribe` in Discord again."
)
_NOT_ANNOUNCED = Refused(
    "Only messages in announcement channels can be published to the servers that follow."
)
_NOT_READ = Later("Discord does not tell about the direct messages now.")
_NOT_PINNED = Refused("In a forum Discord lets one post be pinned, so articles are not.")


class DiscordPublisher:
    """The newsroom's Publisher and Notifier, on a client that has not logged in yet.

    It speaks HTTP in plain API shapes: no message need be cached, and no view is kept for a card's buttons. `may_send`
    is asked as the last thing before any change leaves, also when it had to wait inside its call. `postman` brings
    members letters.
    """

    def __init__(self, client: discord.Client, may_send: Callable[[], bool]) -> None:
        self._client = client
        self._calls = Calls(client, may_send)
        self.postman = DiscordPostman(
            client,
            self._calls,
            newest_id=self.newest_message_id,
            send=self._send,
            find=self._find,
        )

    async def newest_message_id(self, channel_id: int) -> int | Away | Later:
        """Discord's id of the newest message in the channel, 0 where there is none; or why it is not known.

        In a forum it is the newest post's.
        """
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                channel = await self._calls.channel(channel_id)
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            return (
                outcome
                if isinstance(outcome, Away | Later)
                else Later("Discord does not tell about the channel now.")
            )
        return channel.last_message_id or 0 if isinstance(channel, PostChannel) else WRONG_KIND

    async def send(self, card: CardToPost) -> Outcome:
        """Send the card's message once, with the post's nonce. Done carries the message id.

        A post that is `forum` becomes a forum post, whose id is its message's. Discord heeds no nonce there: the
        request leaves at most once.
        """
        shown = card_of(card, attach=self._may_attach(card))
        outcome = await self._send(_errand(card), shown, self._to_post(card))
        return _carrying(outcome, shown.file.name if shown.file else None)

    async def find(self, card: CardToPost) -> Outcome | Emptied:
        """Look for the card's message in its channel, after `after_id`, by its mark.

        Missing: all messages since were read, and it is surely not among them. Emptied: it may have lost its message.
        """
        return await self._find(_errand(card))

    async def newest_direct_id(self, channel_id: int) -> int | Away | Later:
        """Discord's id of the newest message in direct messages, 0 where there is none; or why it is not known."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                newest = await self._calls.get(Route("GET", MESSAGES, channel_id=channel_id), limit=1)
                return max((int(message["id"]) for message in newest), default=0)
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            return outcome if isinstance(outcome, Away | Later) else _NOT_READ
        except (KeyError, TypeError, ValueError):
            return _NOT_READ

    async def send_digest(self, digest: DigestToPost) -> Outcome:
        """Send a digest's message, as `send` does."""
        if digest.digest.schedule_id is None:
            shown = digest_card(digest)
        else:
            guild = self._client.get_guild(digest.digest.guild_id)
            shown = ranked_card(digest, "" if guild is None else guild.name)
        return await self._send(_digest_errand(digest), shown, needed_to_say)

    async def find_digest(self, digest: DigestToPost) -> Outcome | Emptied:
        """Look for a digest's message, as `find` does."""
        return await self._find(_digest_errand(digest))

    async def open_thread(self, card: CardToPost) -> Outcome:
        """Make the thread of a sent card, or find the one that is there. Done carries the thread id."""
        thread = {"name": thread_name(card), "auto_archive_duration": QUIET_FOR}
        # A thread made from a message has that message's id, so _change's answer is right for one that is there.
        return await self._change(card, "POST", MESSAGE + "/threads", self._to_post(card), thread)

    async def place_vote(self, card: CardToPost, emoji: str) -> Outcome:
        """Put the bot's own reaction under a sent card, so that members need only click."""
        path = MESSAGE + "/reactions/{emoji}/@me"
        return await self._change(card, "PUT", path, self._to_post(card), emoji=emoji)

    async def announce(self, card: CardToPost) -> Outcome:
        """Publish a sent card to the servers that follow its announcement channel. Done: also where it is already."""
        channel = self._calls.known(card.post.place)
        if isinstance(channel, PostChannel) and not is_announcement(channel):
            return _NOT_ANNOUNCED
        return await self._change(card, "POST", MESSAGE + "/crosspost", needed_to_say)

    async def pin(self, card: CardToPost) -> Outcome:
        """Pin a sent card in its channel. Done: also where it is already.

        Where it may not be, it is refused: the channel's articles don't wait for it.
        """
        if card.post.begins_forum_post:
            return _NOT_PINNED
        channel = self._calls.known(card.post.place)
        if isinstance(channel, PostChannel) and (missing := missing_permissions(channel, TO_PIN)):
            return Refused(missing.sentence)
        return await self._change(card, "PUT", MESSAGES + "/pins/{message_id}", lambda _: TO_EDIT)

    async def lock_thread(self, guild_id: int, thread_id: int, *, locked: bool) -> Outcome:
        """Have only moderators write in a thread from now on, or everybody again. Done: also where it was so."""
        # Discord changes nothing about an archived thread that stays archived.
        body = {"locked": locked, "archived": False}
        return await self._calls.change(
            "PATCH", CHANNEL, thread_id, lambda _: TO_LOCK, guild_id=guild_id, body=body
        )

    def slow_mode(self, guild_id: int, place_id: int) -> timedelta:
        """How long members wait there between their messages; zero where they need not, or it is not known."""
        guild = self._client.get_guild(guild_id)
        channel = None if guild is None else guild.get_channel_or_thread(place_id)
        return timedelta(seconds=getattr(channel, "slowmode_delay", 0))

    async def say(self, given: FeedbackGiven, place_id: int, reply_to_id: int | None) -> Outcome:
        """Post what a member wrote into a dialog, with its mark. Done carries the message id."""
        body = {**feedback_card(given).payload(), "nonce": str(given.id), "enforce_nonce": True}
        if reply_to_id is not None:
            body["message_reference"] = {"message_id": str(reply_to_id)}
        return await self._calls.change(
            "POST", MESSAGES, place_id, _needed_of_members, guild_id=given.guild_id, body=body
        )

    async def take_down(self, guild_id: int, place_id: int, message_id: int) -> Outcome:
        """Delete a message of the bot's own."""
        return await self._calls.change(
            "DELETE", MESSAGE, place_id, lambda _: TO_EDIT, guild_id=guild_id, message_id=message_id
        )

    async def refresh(self, card: CardToPost) -> Outcome:
        """Edit a sent card so that it shows the given texts, score and comment count.

        A picture that its message carries already stays there and is not sent again.
        """
        shown = card_of(card, attach=self._may_attach(card))
        outcome = await self._change(card, "PATCH", MESSAGE, lambda _: TO_EDIT, shown.payload(), shown.file)
        return _carrying(outcome, shown.file.name if shown.file else carried_picture(card))

    async def tell(self, notice: NoticeToTell) -> Outcome:
        """Send the message that a source fails, with a button to try again. Done carries the message id."""
        return await self._say(
            notice.guild_id, notice.channel_id, notice_title(notice.source), notice_card(notice.source)
        )

    async def tell_away(self, notice: AwayToTell, channel_id: int) -> Outcome:
        """Say in this channel, of the same guild, that another one can't be used for long."""
        return await self._say(notice.guild_id, channel_id, away_title(notice), away_card(notice))

    async def tell_away_directly(self, notice: AwayToTell, member_id: int) -> Outcome:
        """Say so in a direct message. Away: this member takes none, or is gone."""
        guild = self._client.get_guild(notice.guild_id)
        return await self._calls.write_to(member_id, away_card(notice, "" if guild is None else guild.name))

    async def tell_withheld(self, guild_id: int, channel_id: int) -> Outcome:
        """Say in this channel of the guild what the bot can't see of its comments."""
        return await self._say(guild_id, channel_id, WITHHELD_TITLE, withheld_card())

    async def tell_withheld_directly(self, guild_id: int, member_id: int) -> Outcome:
        """Say so in a direct message. Away: this member takes none, or is gone."""
        guild = self._client.get_guild(guild_id)
        return await self._calls.write_to(member_id, withheld_card("" if guild is None else guild.name))

    async def take_back(
        self, guild_id: int, channel_id: int, message_id: int, emoji: str, member_id: int
    ) -> Outcome:
        """Take a member's reaction back. Away: the bot may not."""
        path = MESSAGE + "/reactions/{emoji}/{member_id}"
        return await self._calls.change(
            *("DELETE", path, channel_id, lambda _: TO_TAKE_BACK),
            guild_id=guild_id,
            message_id=message_id,
            emoji=emoji,
            member_id=member_id,
        )

    async def tell_uncounted(
        self, guild_id: int, member_id: int, verdict: Verdict, *, taken_back: bool
    ) -> Outcome:
        """Tell a member in a direct message why a vote of theirs does not count."""
        guild = self._client.get_guild(guild_id)
        name = "" if guild is None else guild.name
        return await self._calls.write_to(member_id, uncounted_card(verdict, name, taken_back=taken_back))

    def system_channel_id(self, guild_id: int) -> int | None:
        """The channel in which Discord itself tells a guild's members things, as far as it is known without asking."""
        guild = self._client.get_guild(guild_id)
        return None if guild is None or guild.system_channel is None else guild.system_channel.id

    def owner_id(self, guild_id: int) -> int | None:
        """Who owns a guild, as far as it is known without asking."""
        guild = self._client.get_guild(guild_id)
        return None if guild is None else guild.owner_id

    async def _send(self, errand: Errand, shown: Card, needed: Needed) -> Outcome:
        def needed_here(channel: PostChannel) -> tuple[str, ...] | Away:
            if isinstance(channel, discord.ForumChannel) == errand.as_post:
                return needed(channel)
            return _NO_FORUM if errand.as_post else _A_FORUM

        if errand.as_post:
            channel = self._calls.known(errand.place)
            path, body = THREADS, _forum_post(channel, errand.title, errand.tag, shown)
        else:
            path, body = MESSAGES, {**shown.payload(), "nonce": errand.nonce, "enforce_nonce": True}
        return await self._calls.change(
            *("POST", path, errand.place, None if errand.direct else needed_here),
            guild_id=None if errand.direct else errand.guild_id,
            body=body,
            file=shown.file,
            once=errand.as_post,
        )

    async def _find(self, errand: Errand) -> Outcome | Emptied:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                needed: Needed | None = None if errand.direct else lambda _: TO_READ
                reason = await self._calls.unusable(errand.place, needed, errand.guild_id)
                channel = None if reason or errand.direct else await self._calls.channel(errand.place)
            if reason is not None:
                return reason
            if isinstance(channel, discord.ForumChannel):
                return await find_post(self._calls, channel, errand.nonce, errand.after_id, errand.title)
            # Before as well: a permission that comes back behind the list would make an empty one look whole.
            await self._demand_history(errand)
            route = Route("GET", MESSAGES, channel_id=errand.place)
            async for message in self._calls.listed(route, errand.after_id):
                if mark_of(message, self._calls.own_id) == errand.nonce:
                    return Done(int(message["id"]), file_of(message))
            await self._demand_history(errand)
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            # A look that failed has shown nothing about the message.
            return outcome if isinstance(outcome, Away | Later) else Unclear("The channel could not be read.")
        except (AttributeError, KeyError, TypeError, ValueError):
            log.warning("What is listed of channel %d is no list of messages", errand.place, exc_info=True)
            return Unclear("The channel could not be read.")
        return Missing()

    async def _demand_history(self, errand: Errand) -> None:
        """Ask for a single message, whichever. Raises one of TROUBLES where none may be read.

        The permission was known from events, which may lie behind, and an empty list says nothing without it.
        """
        route = Route("GET", MESSAGE, channel_id=errand.place, message_id=errand.after_id or errand.place)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await self._calls.get(route)
        except discord.NotFound as absent:
            if not isinstance(outcome_of(absent), Missing):
                raise

    async def _say(self, guild_id: int, channel_id: int, title: str, shown: Card) -> Outcome:
        """Send a message that nobody looks for again."""
        channel = self._calls.known(channel_id)
        if as_post := isinstance(channel, discord.ForumChannel):
            path, body = THREADS, _forum_post(channel, title, "", shown)
        else:
            path, body = MESSAGES, shown.payload()
        return await self._calls.change(
            "POST", path, channel_id, needed_to_say, guild_id=guild_id, body=body, once=as_post
        )

    async def _change(
        self,
        card: CardToPost,
        method: str,
        path: str,
        needed: Needed,
        body: dict[str, Any] | None = None,
        file: File | None = None,
        emoji: str | None = None,
    ) -> Outcome:
        """Ask Discord for one change of a sent card."""
        post = card.post
        return await self._calls.change(
            *(method, path, post.place, needed),
            guild_id=post.guild_id,
            message_id=post.message_id,
            body=body,
            file=file,
            emoji=emoji,
        )

    @staticmethod
    def _to_post(card: CardToPost) -> Needed:
        thread_wanted = card.post.thread_wanted and card.post.thread_id is None
        return lambda channel: needed_to_post(channel, thread_wanted=thread_wanted)

    def _may_attach(self, card: CardToPost) -> bool:
        """Whether files may be sent into the card's channel, as far as is known without asking."""
        channel = self._calls.known(card.post.place)
        return isinstance(channel, PostChannel) and not missing_permissions(channel, TO_ATTACH)


def _errand(card: CardToPost) -> Errand:
    post = card.post
    return Errand(
        post.guild_id,
        post.place,
        post.nonce,
        post.after_id or 0,
        as_post=post.begins_forum_post,
        title=thread_name(card),
        tag=source_name(card.source, TAG),
    )


def _digest_errand(to_post: DigestToPost) -> Errand:
    digest = to_post.digest
    return Errand(
        digest.guild_id,
        digest.channel_id,
        digest.nonce,
        digest.after_id or 0,
        as_post=digest.forum,
        title=digest_title(to_post),
        direct=digest.member_id is not None,
    )


def _needed_of_members(channel: PostChannel) -> tuple[str, ...] | Away:
    """What saying something for a member takes; in a locked thread they may not write, though the bot may."""
    locked = isinstance(channel, discord.Thread) and channel.locked
    return Away("The thread is locked.", closed=True) if locked else needed_to_say(channel)


def _forum_post(channel: object, title: str, tag: str, shown: Card) -> dict[str, Any]:
    tags = tags_for(channel, tag) if isinstance(channel, discord.ForumChannel) else []
    return {
        "name": title,
        "auto_archive_duration": QUIET_FOR,
        "applied_tags": [str(one) for one in tags],
        "message": shown.payload(),
    }


def _carrying(outcome: Outcome, file: str | None) -> Outcome:
    return replace(outcome, file=file) if isinstance(outcome, Done) else outcome
