"""Puts cards into Discord's channels, keeps them current, and reads channels back. Every answer is an outcome."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import discord
from discord.http import Route

from bot.cards import File, carried_picture, notice_card, thread_name
from bot.cards import card as card_of
from bot.newsroom.ports import Away, Done, Later, MessageSeen, Missing, Outcome, Refused, Unclear, Unreadable
from bot.publisher.messages import file_of, mark_of, message_seen
from bot.publisher.outcomes import TROUBLES, outcome_of
from bot.publisher.permissions import (
    TO_ATTACH,
    TO_EDIT,
    TO_READ,
    PostChannel,
    missing_permissions,
    needed_to_post,
    needed_to_say,
)
from storage.records import CardToPost, NoticeToTell

# What the bot must be allowed to do in a channel, by discord.py's names.
Needed = Callable[[PostChannel], tuple[str, ...]]

# discord.py retries a failing call for up to 25 s and sleeps out rate limits of up to 30 s inside it.
ANSWER_WITHIN = 60.0
PAGE = 100
# Cards stay open to discussion for as long as Discord lets a quiet thread stay open, in minutes.
QUIET_FOR = 10_080

_WRONG_KIND = Away("Posts need a text or announcement channel, or a thread. Subscribe again in one.")

# Kept as templates: discord.py keeps a rate limit's bucket for every template it meets.
_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = _MESSAGES + "/{message_id}"


class DiscordPublisher:
    """The newsroom's Publisher and ChannelReader, on a client that is logged in or will be.

    It speaks HTTP in plain API shapes: no message need be cached, and no view is kept for a card's buttons.
    """

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def newest_message_id(self, channel_id: int) -> int | Away | Later:
        """Discord's id of the newest message in the channel, 0 where there is none; or why it is not known."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                channel = await self._channel(channel_id)
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            return (
                outcome
                if isinstance(outcome, Away)
                else Later("Discord does not tell about the channel now.")
            )
        return channel.last_message_id or 0 if isinstance(channel, PostChannel) else _WRONG_KIND

    async def send(self, card: CardToPost) -> Outcome:
        """Send the card's message once, with the post's nonce. Done carries the message id."""
        shown = card_of(card, attach=self._may_attach(card))
        message = {**shown.payload(), "nonce": card.post.nonce, "enforce_nonce": True}
        outcome = await self._change(card, "POST", _MESSAGES, self._to_post(card), message, shown.file)
        return _carrying(outcome, shown.file.name if shown.file else None)

    async def find(self, card: CardToPost) -> Outcome:
        """Look for the card's message in its channel, after `after_id`, by its mark.

        Missing: all messages since were read, and it is surely not among them.
        """
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                if (reason := await self._unusable(card.post.place, lambda _: TO_READ)) is not None:
                    return reason
            route = Route("GET", _MESSAGES, channel_id=card.post.place)
            async for message in self._listed(route, card.post.after_id or 0):
                if int(message["author"]["id"]) == self._own_id and mark_of(message) == card.post.nonce:
                    return Done(int(message["id"]), file_of(message))
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            # A look that failed has shown nothing about the message.
            return outcome if isinstance(outcome, Away | Later) else Unclear("The channel could not be read.")
        return Missing()

    async def open_thread(self, card: CardToPost) -> Outcome:
        """Make the thread of a sent card, or find the one that is there. Done carries the thread id."""
        thread = {"name": thread_name(card), "auto_archive_duration": QUIET_FOR}
        # A thread made from a message has that message's id, so _change's answer is right for one that is there.
        return await self._change(card, "POST", _MESSAGE + "/threads", self._to_post(card), thread)

    async def place_vote(self, card: CardToPost, emoji: str) -> Outcome:
        """Put the bot's own reaction under a sent card, so that members need only click."""
        path = _MESSAGE + "/reactions/{emoji}/@me"
        return await self._change(card, "PUT", path, self._to_post(card), emoji=emoji)

    async def refresh(self, card: CardToPost) -> Outcome:
        """Edit a sent card so that it shows the given texts, score and comment count.

        A picture that its message carries already stays there and is not sent again.
        """
        shown = card_of(card, attach=self._may_attach(card))
        outcome = await self._change(card, "PATCH", _MESSAGE, lambda _: TO_EDIT, shown.payload(), shown.file)
        return _carrying(outcome, shown.file.name if shown.file else carried_picture(card))

    async def tell(self, notice: NoticeToTell) -> Outcome:
        """Send the message that a source fails, with a button to try again. Done carries the message id."""
        message = notice_card(notice.source).payload()
        return await self._ask("POST", _MESSAGES, notice.channel_id, None, needed_to_say, message)

    async def messages(self, channel_id: int, after: int) -> AsyncIterator[MessageSeen]:
        """Messages with ids above `after`, oldest first.

        Raises Unreadable where the channel is gone, its history may not be read, or Discord fails to answer.
        """
        try:
            if (reason := await self._unusable(channel_id, lambda _: TO_READ)) is not None:
                raise _unreadable(reason)
            channel = await self._channel(channel_id)
            if not isinstance(channel, PostChannel):
                return
            async for message in channel.history(limit=None, after=discord.Object(after), oldest_first=True):
                if (seen := message_seen(message)) is not None:
                    yield seen
        except TROUBLES as trouble:
            raise _unreadable(outcome_of(trouble)) from trouble

    async def reactors(self, channel_id: int, message_id: int, emoji: str) -> frozenset[int]:
        """Ids of the members (no bots) whose reaction `emoji` stands on the message.

        Raises Unreadable as `messages` does.
        """
        route = Route(
            "GET",
            _MESSAGE + "/reactions/{emoji}",
            channel_id=channel_id,
            message_id=message_id,
            emoji=emoji,
        )
        try:
            users = [user async for user in self._listed(route, 0)]
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            if isinstance(outcome, Missing | Refused):
                # Deleted meanwhile, or the emoji is: no reaction stands there, and the channel is read on.
                return frozenset()
            raise _unreadable(outcome) from trouble
        return frozenset(int(user["id"]) for user in users if not user.get("bot"))

    async def exists(self, channel_id: int, message_id: int) -> bool:
        """Whether Discord still has this one message.

        Raises Unreadable as `messages` does: only where the history may be read, an absence proves anything.
        """
        route = Route("GET", _MESSAGE, channel_id=channel_id, message_id=message_id)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                if (reason := await self._unusable(channel_id, lambda _: TO_READ)) is not None:
                    raise _unreadable(reason)
                await self._client.http.request(route)
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            if isinstance(outcome, Missing):
                return False
            raise _unreadable(outcome) from trouble
        return True

    async def _change(
        self,
        card: CardToPost,
        method: str,
        path: str,
        needed: Needed,
        body: dict[str, Any] | None = None,
        file: File | None = None,
        **parts: str,
    ) -> Outcome:
        """Ask Discord for one change of a card in its channel."""
        return await self._ask(
            method, path, card.post.place, card.post.message_id, needed, body, file, **parts
        )

    async def _ask(
        self,
        method: str,
        path: str,
        channel_id: int,
        message_id: int | None,
        needed: Needed,
        body: dict[str, Any] | None = None,
        file: File | None = None,
        **parts: str,
    ) -> Outcome:
        """Ask Discord for one change in a channel. Done carries the id of what was made, or the message's."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                if (reason := await self._unusable(channel_id, needed)) is not None:
                    return reason
                route = Route(method, path, channel_id=channel_id, message_id=message_id, **parts)
                answer = await self._client.http.request(route, **_content(body, file))
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            return Done(message_id) if isinstance(outcome, Done) else outcome
        return Done(int(answer["id"])) if isinstance(answer, dict) else Done(message_id)

    async def _listed(self, route: Route, after: int) -> AsyncIterator[dict[str, Any]]:
        """What a paged list holds above the id `after`, in the order of ids."""
        while True:
            async with asyncio.timeout(ANSWER_WITHIN):
                page = await self._client.http.request(route, params={"after": after, "limit": PAGE})
            ordered = sorted(page, key=lambda item: int(item["id"]))
            for item in ordered:
                yield item
            if len(page) < PAGE:
                return
            after = int(ordered[-1]["id"])

    @property
    def _own_id(self) -> int:
        return 0 if self._client.user is None else self._client.user.id

    @staticmethod
    def _to_post(card: CardToPost) -> Needed:
        thread_wanted = card.post.thread_wanted and card.post.thread_id is None
        return lambda channel: needed_to_post(channel, thread_wanted=thread_wanted)

    def _may_attach(self, card: CardToPost) -> bool:
        """Whether files may be sent into the card's channel, as far as is known without asking."""
        channel = self._client.get_channel(card.post.place)
        return isinstance(channel, PostChannel) and not missing_permissions(channel, TO_ATTACH)

    async def _channel(self, channel_id: int) -> object:
        # An archived thread is not in the cache.
        return self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)

    async def _unusable(self, channel_id: int, needed: Needed) -> Later | Away | None:
        """Why the channel can't be used now, or None. Raises what asking Discord for an unknown channel raises.

        Permissions are judged before anything is asked: without READ_MESSAGE_HISTORY Discord answers an empty
        list, and ten thousand refusals in ten minutes ban the bot's address.
        """
        if not self._client.is_ready() or self._client.is_closed():
            return Later("The bot is not connected to Discord.")
        channel = await self._channel(channel_id)
        if not isinstance(channel, PostChannel):
            return _WRONG_KIND
        if channel.guild.unavailable:
            return Later("Discord says that the server is unavailable.")
        if channel.guild.get_member(self._own_id) is None:
            return Away("Broadsheet is no longer in this server. Invite it again.")
        missing = missing_permissions(channel, needed(channel))
        return None if missing is None else Away(missing.sentence)


def _content(body: dict[str, Any] | None, file: File | None) -> dict[str, Any]:
    """What discord.py's request takes to send a body, with a file or without one; it sends it again where it must."""
    if file is None:
        return {} if body is None else {"json": body}
    stream = discord.File(BytesIO(file.data), file.name)
    parts = [
        {"name": "payload_json", "value": json.dumps(body)},
        {"name": "files[0]", "value": stream.fp, "filename": file.name, "content_type": file.media_type},
    ]
    return {"form": parts, "files": [stream]}


def _carrying(outcome: Outcome, file: str | None) -> Outcome:
    return replace(outcome, file=file) if isinstance(outcome, Done) else outcome


def _unreadable(outcome: Outcome) -> Unreadable:
    """Why a channel can't be read, from what asking for it came to."""
    match outcome:
        case Missing():
            return Unreadable("The message is gone.")
        case Done():
            return Unreadable("Discord's answer could not be understood.", passing=True)
        case Away(sentence=sentence, gone=gone):
            return Unreadable(sentence, gone=gone)
        case Later(sentence=sentence) | Unclear(sentence=sentence):
            return Unreadable(sentence, passing=True)
        case _:
            return Unreadable(outcome.sentence)
