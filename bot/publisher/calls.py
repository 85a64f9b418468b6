"""Asks Discord: for changes, each of which ends as an outcome, and for lists, page by page."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import discord
from discord.http import Route

from bot.cards import Card, File
from bot.newsroom.ports import Away, Done, Later, Outcome, Unclear
from bot.publisher.attempts import Attempt, tracing
from bot.publisher.outcomes import REMOVED, TROUBLES, outcome_of, settled
from bot.publisher.permissions import PostChannel, missing_permissions

log = logging.getLogger(__name__)

# What the bot must be allowed to do in a channel, by discord.py's names; or why it is the wrong one.
Needed = Callable[[PostChannel], tuple[str, ...] | Away]

# discord.py retries a failing call for up to 25 s and sleeps out rate limits of up to 30 s inside it.
ANSWER_WITHIN = 60.0
PAGE = 100

WRONG_KIND = Away(
    "Posts need a text or announcement channel, a forum or a thread. Subscribe again in one of these."
)
_REMOVED = Away(REMOVED)
_UNAVAILABLE = Later("Discord says that the server is unavailable.")
_NOT_CONNECTED = Later("The bot is not connected to Discord.", timedelta(seconds=5), everywhere=True)

_NOT_OPENED = Later("Discord did not open a conversation.")

# Kept as templates: discord.py keeps a rate limit's bucket for every template it meets.
CHANNEL = "/channels/{channel_id}"
THREADS = "/channels/{channel_id}/threads"
MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = MESSAGES + "/{message_id}"


class NotUnderstood(discord.DiscordException):
    """discord.py stumbled over an answer that is none of Discord's."""


class Calls:
    """Calls to Discord on a client that has not logged in yet. `may_send` is asked before every change leaves."""

    def __init__(self, client: discord.Client, may_send: Callable[[], bool]) -> None:
        self._client = client
        self._may_send = may_send
        client.http.http_trace = tracing()

    @property
    def own_id(self) -> int:
        """The bot's own id, 0 before it is known."""
        return 0 if self._client.user is None else self._client.user.id

    def known(self, channel_id: int) -> object:
        """The channel as far as it is cached; None where it is not."""
        return self._client.get_channel(channel_id)

    async def channel(self, channel_id: int) -> object:
        """The channel. Raises one of TROUBLES where Discord does not tell."""
        # An archived thread is not in the cache.
        return self._client.get_channel(channel_id) or await self._fetched(channel_id)

    async def _fetched(self, channel_id: int) -> object:
        try:
            return await self._client.fetch_channel(channel_id)
        except TROUBLES:
            raise
        except Exception as error:
            raise _not_understood(error) from error

    async def unusable(
        self, channel_id: int, needed: Needed | None, guild_id: int | None = None
    ) -> Later | Away | None:
        """Why the channel, of this guild, can't be used now, or None. Raises what asking for an unknown one raises.

        Permissions are judged before anything is asked: without READ_MESSAGE_HISTORY Discord answers an empty
        list, and ten thousand refusals in ten minutes ban the bot's address. To direct messages none are `needed`.
        """
        if not self._client.is_ready() or self._client.is_closed():
            return _NOT_CONNECTED
        if needed is None:
            return None
        if guild_id is not None:
            guild = self._client.get_guild(guild_id)
            if guild is None:
                return _REMOVED
            if guild.unavailable:
                return _UNAVAILABLE
        channel = await self.channel(channel_id)
        if not isinstance(channel, PostChannel):
            return WRONG_KIND
        if channel.guild.unavailable:
            return _UNAVAILABLE
        if channel.guild.get_member(self.own_id) is None:
            return _REMOVED
        names = needed(channel)
        if isinstance(names, Away):
            return names
        missing = missing_permissions(channel, names)
        return None if missing is None else Away(missing.sentence)

    async def change(
        self,
        method: str,
        path: str,
        channel_id: int,
        needed: Needed | None,
        *,
        guild_id: int | None = None,
        message_id: int | None = None,
        body: dict[str, Any] | None = None,
        file: File | None = None,
        emoji: str | None = None,
        member_id: int | None = None,
        once: bool = False,
    ) -> Outcome:
        """Ask for one change in a channel. Done carries the id of what was made, or the message's.

        `once`: it is not repeated after Discord may have done it.
        """
        attempt = Attempt(self._may_send, once=once)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                if (reason := await self.unusable(channel_id, needed, guild_id)) is not None:
                    return reason
                named: dict[str, Any] = {"message_id": message_id, "emoji": emoji, "member_id": member_id}
                route = Route(method, path, channel_id=channel_id, **named)
                return await self._asked(route, attempt, message_id, _content(body, file))
        except TROUBLES as trouble:
            outcome = settled(outcome_of(trouble, for_all=attempt.for_all), attempt.has_left, attempt.unclear)
        if isinstance(outcome, Done):
            return Done(message_id)
        if isinstance(outcome, Away) and guild_id is not None and self._client.get_guild(guild_id) is None:
            return _REMOVED
        return outcome

    async def direct(self, member_id: int) -> tuple[int, int] | Away | Later:
        """The channel of direct messages with a member, and its newest message (0: none); or why there is none."""
        if not self._client.is_ready() or self._client.is_closed():
            return _NOT_CONNECTED
        opening = Attempt(self._may_send)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                opened = await self._request(
                    Route("POST", "/users/@me/channels"),
                    trace_request_ctx=opening,
                    json={"recipient_id": str(member_id)},
                )
                return int(opened["id"]), int(opened.get("last_message_id") or 0)
        except TROUBLES as trouble:
            outcome = outcome_of(trouble, for_all=opening.for_all)
            return outcome if isinstance(outcome, Away | Later) else _NOT_OPENED
        except (AttributeError, KeyError, TypeError, ValueError):
            return _NOT_OPENED

    async def write_to(self, member_id: int, card: Card, nonce: str | None = None) -> Outcome:
        """Send a member a direct message; with a nonce Discord itself knows a repetition. Done carries its id."""
        opened = await self.direct(member_id)
        if not isinstance(opened, tuple):
            return opened
        attempt = Attempt(self._may_send)
        once = {} if nonce is None else {"nonce": nonce, "enforce_nonce": True}
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                route = Route("POST", MESSAGES, channel_id=opened[0])
                return await self._asked(route, attempt, None, {"json": {**card.payload(), **once}})
        except TROUBLES as trouble:
            return settled(outcome_of(trouble, for_all=attempt.for_all), attempt.has_left, attempt.unclear)

    async def _asked(
        self, route: Route, attempt: Attempt, message_id: int | None, content: dict[str, Any]
    ) -> Done | Unclear:
        answer = await self._request(route, trace_request_ctx=attempt, **content)
        if answer == "":  # no content
            return Done(message_id)
        made = _id_of(answer)
        return Unclear("Discord's answer could not be understood.") if made is None else Done(made)

    async def get(self, route: Route, **query: Any) -> Any:
        """What Discord answers to a reading request. Raises one of TROUBLES."""
        return await self._request(route, **({"params": query} if query else {}))

    async def listed(self, route: Route, after: int) -> AsyncIterator[dict[str, Any]]:
        """What a paged list holds above the id `after`, in the order of ids. Raises one of TROUBLES."""
        while True:
            async with asyncio.timeout(ANSWER_WITHIN):
                page = await self.get(route, after=after, limit=PAGE)
            if not isinstance(page, list) or any(_id_of(item) is None for item in page):
                raise NotUnderstood("Discord's list could not be understood.")
            ordered = sorted(page, key=lambda item: int(item["id"]))
            for item in ordered:
                yield item
            if len(page) < PAGE:
                return
            after = int(ordered[-1]["id"])

    async def _request(self, route: Route, **content: Any) -> Any:
        try:
            return await self._client.http.request(route, **content)
        except TROUBLES:
            raise
        except Exception as error:
            raise _not_understood(error) from error


def _not_understood(error: Exception) -> NotUnderstood:
    # Logged whole, so that a mistake of ours is not taken for one of Discord's.
    log.warning("An answer of Discord's could not be understood", exc_info=error)
    return NotUnderstood("Discord's answer could not be understood.")


def _id_of(answer: object) -> int | None:
    """The id of what Discord's answer is about."""
    try:
        return int(answer["id"]) if isinstance(answer, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


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
