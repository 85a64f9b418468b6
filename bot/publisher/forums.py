"""Forum posts: which tag one gets, and how one is found again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import discord
from discord.http import Route

from bot.cards import line
from bot.cards.card import THREAD_NAME
from bot.newsroom.ports import Away, Done, Emptied, Missing
from bot.publisher.calls import ANSWER_WITHIN, MESSAGE, PAGE, Calls, NotUnderstood
from bot.publisher.messages import file_of, mark_of
from bot.publisher.outcomes import outcome_of

_TAG = 100
_ACTIVE = "/guilds/{guild_id}/threads/active"
_ARCHIVED = "/channels/{channel_id}/threads/archived/public"


def tags_for(forum: discord.ForumChannel, name: str) -> list[int]:
    """Ids of the tags that a post about something of this name gets: the one called like it, where there is one.

    A forum that wants a tag on every post gets its first one else. Moderated tags are for moderators.
    """
    open_to_us = [tag for tag in forum.available_tags if not tag.moderated]
    named = [tag.id for tag in open_to_us if line(tag.name, _TAG).casefold() == name.casefold()]
    if named:
        return named[:1]
    return [tag.id for tag in open_to_us[:1]] if forum.flags.require_tag else []


async def find_post(
    calls: Calls, forum: discord.ForumChannel, nonce: str, after_id: int, title: str
) -> Done | Missing | Emptied:
    """Look for the forum post with this mark among those that the bot opened after `after_id`.

    First among the active ones, then among the archived ones, which come by when they were archived: none was before
    it was made. Then the active ones again, for one may have been opened in between. Missing: surely not there.
    Raises one of TROUBLES.

    The mark goes with the first message, which may be deleted while its post stays. So the bot's posts without one that
    are called `title` are answered as Emptied, and who knows the messages of all other posts and digests says whether
    one is left. A channel's queue sends one at a time, so what is left is the one that was looked for: to post it again
    would bring back what somebody took away. The title tells it from what is written down nowhere (notices of failing
    sources and channels). One that was renamed as well, or whose article got another title meanwhile, is not known
    again and comes twice: rather that than an article that never comes, for a notice whose message was deleted.
    """
    looked_at = set()
    emptied = set()
    async for thread in _threads(calls, forum, after_id):
        thread_id = int(thread["id"])
        here = str(thread.get("parent_id")) == str(forum.id) and str(thread.get("owner_id")) == str(
            calls.own_id
        )
        if not here or thread_id <= after_id or thread_id in looked_at:
            continue
        looked_at.add(thread_id)
        message = await _starter(calls, thread_id)
        if message is None:
            if line(str(thread.get("name")), THREAD_NAME) == title:
                emptied.add(thread_id)
        elif mark_of(message, calls.own_id) == nonce:
            return Done(thread_id, file_of(message))
    return Emptied(frozenset(emptied)) if emptied else Missing()


async def _starter(calls: Calls, thread_id: int) -> dict[str, Any] | None:
    """A forum post's first message, which has its id; None where Discord says that it was deleted, or its post."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            message = await calls.get(Route("GET", MESSAGE, channel_id=thread_id, message_id=thread_id))
    except discord.NotFound as absent:
        outcome = outcome_of(absent)
        if isinstance(outcome, Missing) or (isinstance(outcome, Away) and outcome.gone):
            return None
        raise
    if not isinstance(message, dict):
        raise NotUnderstood("Discord's message could not be understood.")
    return message


async def _threads(calls: Calls, forum: discord.ForumChannel, after_id: int) -> AsyncIterator[dict[str, Any]]:
    """Threads that may be younger: active ones (of the whole guild), the forum's archived ones, active ones again."""
    active = Route("GET", _ACTIVE, guild_id=forum.guild.id)
    for thread in (await _page(calls, active))["threads"]:
        yield thread
    async for thread in _archived(calls, forum, after_id):
        yield thread
    for thread in (await _page(calls, active))["threads"]:
        yield thread


async def _archived(
    calls: Calls, forum: discord.ForumChannel, after_id: int
) -> AsyncIterator[dict[str, Any]]:
    made_after = discord.utils.snowflake_time(after_id)
    route = Route("GET", _ARCHIVED, channel_id=forum.id)
    query: dict[str, Any] = {"limit": PAGE}
    while True:
        page = await _page(calls, route, **query)
        for thread in page["threads"]:
            yield thread
        last = page["threads"][-1]["thread_metadata"]["archive_timestamp"] if page["threads"] else None
        if last is None or not page.get("has_more") or datetime.fromisoformat(last) < made_after:
            return
        query["before"] = last


async def _page(calls: Calls, route: Route, **query: Any) -> dict[str, Any]:
    async with asyncio.timeout(ANSWER_WITHIN):
        page = await calls.get(route, **query)
    try:
        for thread in page["threads"]:
            int(thread["id"])
            if datetime.fromisoformat(thread["thread_metadata"]["archive_timestamp"]).tzinfo is None:
                raise ValueError("Discord's times have a zone.")
    except (KeyError, TypeError, ValueError) as error:
        raise NotUnderstood("Discord's list of threads could not be understood.") from error
    return page  # type: ignore[no-any-return]  # its shape was just looked at
