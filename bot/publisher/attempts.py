"""The requests that one call to Discord makes: which of them left, and whether another one may.

discord.py sleeps out rate limits and repeats requests inside a call. What must not leave any more when it wakes, and
what must not be repeated, can be stopped only where the request itself starts: here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord

from bot.publisher.pace import Pace, counts

GLOBAL = "global"


class HeldBack(discord.DiscordException):
    """A request did not leave; the message is a sentence."""


class Attempt:
    """The requests of one call.

    `may_leave` is asked as the last thing before each; `once`: none leaves after one that Discord may have acted on,
    for what Discord itself would not recognise as a repetition.
    """

    def __init__(self, may_leave: Callable[[], bool], *, once: bool = False) -> None:
        self._may_leave = may_leave
        self._once = once
        self._open = 0
        self._had_left = False
        self.has_left = False
        """Something was sent to Discord."""
        self.for_all = False
        """The pause that Discord asked for last is one for the whole bot, not for this channel alone."""

    @property
    def unclear(self) -> bool:
        """Discord may have acted on one of the requests: it left, and was not refused."""
        return self._open > 0

    def leaves(self) -> None:
        """A request is about to leave. Raises HeldBack where it must not."""
        if not self._may_leave():
            raise HeldBack("Another bot may have taken the database over.")
        if self._once and self.unclear:
            raise HeldBack("Discord failed after it may have done this.")
        self._had_left, self.has_left = self.has_left, True
        self._open += 1

    def writes(self) -> None:
        """The body of the request that leaves is about to be written. Raises HeldBack where it must not be.

        aiohttp writes it in a task of its own, some turns of the loop after `leaves`: a process may be frozen between.
        Without its whole body Discord does nothing.
        """
        if not self._may_leave():
            self.has_left = self._had_left
            self._open -= 1
            raise HeldBack("Another bot may have taken the database over.")

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """Discord answered the request that left last."""
        if 400 <= status < 500:
            self._open -= 1
        # Without `Via` it is no answer of Discord's own, but of what stands before it and bans addresses.
        told_all = headers.get("X-RateLimit-Scope") == GLOBAL or "X-RateLimit-Global" in headers
        self.for_all = status == 429 and (told_all or "Via" not in headers)


def tracing() -> aiohttp.TraceConfig:
    """What an HTTP session needs so that requests which hand in an Attempt (as `trace_request_ctx`) are watched.

    All its requests together keep a pace.
    """
    pace = Pace()

    async def await_turn(
        _: aiohttp.ClientSession, __: SimpleNamespace, asked: aiohttp.TraceRequestStartParams
    ) -> None:
        if counts(asked.url.path):
            await asyncio.sleep(pace.wait(asyncio.get_running_loop().time()))

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(await_turn)
    # Just before the first byte: a connection may take long to be made.
    trace.on_request_headers_sent.append(_leaves)
    trace.on_request_chunk_sent.append(_writes)
    trace.on_request_end.append(_answered)
    return trace


async def _leaves(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:
    if isinstance(attempt := context.trace_request_ctx, Attempt):
        attempt.leaves()


async def _writes(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:
    if isinstance(attempt := context.trace_request_ctx, Attempt):
        attempt.writes()


async def _answered(
    _: aiohttp.ClientSession, context: SimpleNamespace, told: aiohttp.TraceRequestEndParams
) -> None:
    if isinstance(attempt := context.trace_request_ctx, Attempt):
        attempt.answered(told.response.status, told.response.headers)
