"""Reads Discord's channels back: messages, who reacted, threads. What it asks is counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import discord
from discord.http import Route

from bot.newsroom.ports import (
    Away,
    Done,
    Later,
    MessageSeen,
    Missing,
    Outcome,
    Refused,
    ThreadSeen,
    Unclear,
    Unreadable,
)
from bot.publisher.calls import ANSWER_WITHIN, MESSAGE, MESSAGES, PAGE, THREADS, Calls
from bot.publisher.messages import message_read, thread_read, thread_seen
from bot.publisher.outcomes import TROUBLES, outcome_of
from bot.publisher.permissions import TO_READ

# Threads that are not cached are judged by their channel, which is remembered of so many.
MOST_PARENTS = 10_000
# Discord's numbers for the kinds of reactions, of which one request lists one.
_NORMAL, _SUPER = 0, 1

Pace = Callable[[], Awaitable[object]]


class DiscordReader:
    """The newsroom's ChannelReader, on a client that has not logged in yet.

    `pace` is awaited before each request; without it they follow each other at once. Pages are read in the shape of
    Discord's API: nothing need be cached.
    """

    def __init__(self, client: discord.Client, *, pace: Pace | None = None) -> None:
        self._calls = Calls(client, lambda: False)
        self._pace = pace
        self._parents: dict[int, int] = {}
        self._requests = 0

    @property
    def requests(self) -> int:
        """How many requests it has made of Discord so far."""
        return self._requests

    async def messages(self, channel_id: int, after: int) -> AsyncGenerator[MessageSeen, None]:
        """Messages with ids above `after`, oldest first.

        Raises Unreadable where the channel is gone, its history may not be read, or Discord fails to answer.
        """
        try:
            guild_id = await self._readable(channel_id)
            route = Route("GET", MESSAGES, channel_id=channel_id)
            async for message in self._listed(route, after):
                if (seen := message_read(message, guild_id, self._calls.own_id)) is not None:
                    if seen.thread is not None:
                        self._remember(seen.thread.thread_id, channel_id)
                    yield seen
        except TROUBLES as trouble:
            raise _unreadable(outcome_of(trouble)) from trouble

    async def reactors(
        self, channel_id: int, message_id: int, emoji: str, *, super_reactions: bool
    ) -> frozenset[int]:
        """Ids of the members (no bots) whose reaction `emoji` stands on the message, or whose super reaction does.

        Raises Unreadable as `messages` does.
        """
        path = MESSAGE + "/reactions/{emoji}"
        route = Route("GET", path, channel_id=channel_id, message_id=message_id, emoji=emoji)
        kinds = (_NORMAL, _SUPER) if super_reactions else (_NORMAL,)
        try:
            users = [user for kind in kinds async for user in self._listed(route, 0, type=kind)]
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            if isinstance(outcome, Missing | Refused):
                # Deleted meanwhile, or the emoji is: no reaction stands there, and the channel is read on.
                return frozenset()
            raise _unreadable(outcome) from trouble
        return frozenset(int(user["id"]) for user in users if not user.get("bot"))

    async def roles(self, guild_id: int, member_id: int) -> frozenset[int]:
        """Ids of a member's roles, @everyone's (the guild's id) among them; of somebody who is gone, none.

        Raises Unreadable where Discord does not tell.
        """
        route = Route("GET", "/guilds/{guild_id}/members/{member_id}", guild_id=guild_id, member_id=member_id)
        try:
            member = await self._asked(route)
        except discord.NotFound:
            return frozenset()
        except TROUBLES as trouble:
            raise _unreadable(outcome_of(trouble)) from trouble
        return frozenset({guild_id, *(int(role_id) for role_id in member["roles"])})

    async def exists(self, channel_id: int, message_id: int) -> bool:
        """Whether Discord still has this one message.

        Raises Unreadable as `messages` does: only where the history may be read, an absence proves anything.
        """
        try:
            await self._readable(channel_id)
            await self._asked(Route("GET", MESSAGE, channel_id=channel_id, message_id=message_id))
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            if isinstance(outcome, Missing):
                return False
            raise _unreadable(outcome) from trouble
        return True

    def open_threads(self, guild_id: int, channel_id: int) -> Mapping[int, ThreadSeen]:
        """A channel's open threads by their ids, as Discord told of them when the session began; asks nothing."""
        channel = self._calls.known(channel_id)
        threads = channel.threads if isinstance(channel, discord.TextChannel | discord.ForumChannel) else []
        return {
            thread.id: thread_seen(thread.id, thread.last_message_id or 0, thread.message_count)
            for thread in threads
            if not thread.archived
        }

    async def archived_threads(self, channel_id: int, since: int) -> AsyncGenerator[ThreadSeen, None]:
        """A channel's archived threads, archived last first, back to when the thread or message `since` was made.

        Raises Unreadable as `messages` does.
        """
        oldest = discord.utils.snowflake_time(since)
        before: dict[str, str] = {}
        try:
            await self._readable(channel_id)
            route = Route("GET", THREADS + "/archived/public", channel_id=channel_id)
            while True:
                answer = await self._asked(route, limit=PAGE, **before)
                for raw in answer["threads"]:
                    thread = thread_read(raw)
                    self._remember(thread.thread_id, channel_id)
                    if thread.archived_at is None or thread.archived_at < oldest:
                        return
                    before = {"before": _written(thread.archived_at)}
                    yield thread
                if not answer["has_more"]:
                    return
        except TROUBLES as trouble:
            raise _unreadable(outcome_of(trouble)) from trouble

    async def _readable(self, channel_id: int) -> int:
        """The id of the channel's guild. Raises Unreadable where its history may not be read, or one of TROUBLES."""
        known_by = channel_id
        if self._calls.known(channel_id) is None:
            # An archived thread is not in the cache; its channel is, and has the same permissions.
            known_by = self._parents.get(channel_id) or await self._parent(channel_id)
        reason = await self._calls.unusable(known_by, lambda _: TO_READ)
        if reason is not None:
            raise _unreadable(reason)
        guild = getattr(self._calls.known(known_by), "guild", None)
        if guild is None:
            raise Unreadable("Discord does not tell about the channel now.", passing=True)
        return int(guild.id)

    async def _parent(self, channel_id: int) -> int:
        await self._before()
        async with asyncio.timeout(ANSWER_WITHIN):
            parent_id = getattr(await self._calls.channel(channel_id), "parent_id", None)
        if parent_id is None:
            return channel_id
        self._remember(channel_id, parent_id)
        return int(parent_id)

    def _remember(self, thread_id: int, channel_id: int) -> None:
        if len(self._parents) >= MOST_PARENTS:
            self._parents.clear()
        self._parents[thread_id] = channel_id

    async def _listed(self, route: Route, after: int, **query: Any) -> AsyncGenerator[dict[str, Any], None]:
        """What a paged list holds above the id `after`, in the order of ids."""
        while True:
            page = await self._asked(route, after=after, limit=PAGE, **query)
            ordered = sorted(page, key=lambda item: int(item["id"]))
            for item in ordered:
                yield item
            if len(page) < PAGE:
                return
            after = int(ordered[-1]["id"])

    async def _asked(self, route: Route, **query: Any) -> Any:
        await self._before()
        async with asyncio.timeout(ANSWER_WITHIN):
            return await self._calls.get(route, **query)

    async def _before(self) -> None:
        """A request is about to be made."""
        if self._pace is not None:
            await self._pace()
        self._requests += 1


def _written(time: datetime) -> str:
    """A time as Discord takes it in an address, where a plus would be a space."""
    return time.isoformat().replace("+00:00", "Z")


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
