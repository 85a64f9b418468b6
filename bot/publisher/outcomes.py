"""What went wrong at Discord, as an outcome that the newsroom understands. Pure."""

from __future__ import annotations

import json
from datetime import timedelta

import aiohttp
import discord

from bot.newsroom.ports import Away, Done, Later, Missing, Outcome, Refused, Unclear
from bot.publisher.attempts import HeldBack

# The errors that a call to Discord may end with; anything else is a mistake of ours and is raised.
TROUBLES = (
    discord.DiscordException,
    aiohttp.ClientError,
    json.JSONDecodeError,
    OSError,  # holds TimeoutError
)

# The token was taken back: somebody must act, so asking often helps nobody and gets the address banned.
UNAUTHORIZED_PAUSE = timedelta(minutes=5)
BUSY_PAUSE = timedelta(seconds=30)
# Threads rest for hours before they are archived by themselves.
FULL_PAUSE = timedelta(minutes=10)
# An answer that names a longer one is not to be believed, in seconds.
LONGEST_PAUSE = 86_400.0

REMOVED = (
    "Broadsheet is no longer in this server. Invite it again: its subscriptions and what waits are kept."
)

_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE = 10003, 10008
_OVERLOADED = 130000
_THREADS_FULL = 160006
_ARCHIVED, _LOCKED = 50083, 160005
_CLOSED = frozenset((_ARCHIVED, _LOCKED))
# What was asked for is there already: a thread on the message, the message published.
_THERE_ALREADY = frozenset((160004, 40033))

_UNWANTED = frozenset((50007, 50278))
_NO_DIRECT = (
    "This member takes no direct messages from Broadsheet. They can allow them in their privacy settings."
)
# Discord's error codes, https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
_AWAY = {
    _UNKNOWN_CHANNEL: "The channel is gone. Subscribe again in another one.",
    10004: REMOVED,
    20026: "Discord limits what Broadsheet may do until its operator has it verified.",
    40067: "This forum wants a tag on every post. Allow posts without one in the channel's settings.",
    50001: "Broadsheet can't see the channel. Allow **View Channel** for its role in the channel's settings.",
    50007: _NO_DIRECT,
    50008: "Discord takes no messages in a channel of this kind. Subscribe again in a text channel.",
    50013: (
        "Broadsheet lacks a permission in the channel. Allow View Channel, Send Messages, Embed Links, "
        "Read Message History and Add Reactions for its role, and Create Public Threads where it opens threads."
    ),
    _ARCHIVED: "The thread is archived. Open it again, or subscribe in another channel.",
    50278: _NO_DIRECT,
    _LOCKED: "The thread is locked. Unlock it, or subscribe in another channel.",
}
_REFUSED = {
    10014: "The emoji of a vote is not available to Broadsheet.",
    20009: "Discord does not allow what is shown in this message here.",
    30003: "The channel has 250 pinned messages, which is all that Discord allows. Unpin some.",
    30010: "The message already carries 20 different reactions, which is all that Discord allows.",
    50021: "Discord does not let this be done with a message of its own.",
    50024: "Only messages in announcement channels can be published to the servers that follow.",
    50068: "Discord does not let a message of this kind be published.",
    90001: "Somebody under this message has blocked Broadsheet, so it can't react there.",
    200000: "The server's AutoMod rules stopped this message.",
    200001: "The server's AutoMod rules stopped this title.",
    240000: "Discord takes an address in this message for a harmful one.",
}
_LATER = {
    20016: "The channel's slow mode is on.",
    20022: "Discord limits edits of old announcements.",
    20028: "The channel's write limit is reached.",
    20029: "The server's write limit is reached.",
    30033: "The thread is full.",
    40003: "Discord asks to open conversations more slowly.",
    _OVERLOADED: "Discord is overloaded.",
}


def outcome_of(trouble: BaseException, *, for_all: bool = False) -> Outcome:
    """The outcome of a call that ended with `trouble`.

    Unclear wherever Discord may have acted before the answer was lost: every 5xx, a connection that broke, a
    timeout. Later only where Discord surely did nothing. Done where what was asked for is there already.
    `for_all`: a pause that Discord asked for is for the whole bot.
    Raises `trouble` itself where it is none of TROUBLES.
    """
    match trouble:
        case discord.RateLimited(retry_after=seconds):
            return _pause(0, _seconds(seconds), for_all=for_all)
        case discord.HTTPException():
            return _of_answer(trouble.status, trouble.code, _retry_after(trouble), for_all=for_all)
        case HeldBack():
            return Later(str(trouble))
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Later("Discord can't be reached.")
        case TimeoutError():
            return Unclear("Discord did not answer in time.")
        case aiohttp.ClientError() | OSError():
            return Unclear("The connection to Discord broke before the answer came.")
        case _ if isinstance(trouble, TROUBLES):
            return Unclear("Discord's answer could not be understood.")
    raise trouble


def settled(outcome: Outcome, has_left: bool, unclear: bool) -> Outcome:
    """What a call came to whose last request ended in `outcome`, one of several that discord.py may have made.

    Where none has left, surely nothing happened. Where Discord may have acted on one of them (`unclear`), a refusal
    of the next says nothing about that one; only the answers that tell of the message or the channel itself do.
    """
    match outcome:
        case Unclear(sentence=sentence) if not has_left:
            return Later(sentence)
        case Later(sentence=sentence) | Refused(sentence=sentence) | Away(sentence=sentence, gone=False) if (
            unclear
        ):
            return Unclear(sentence)
    return outcome


def _of_answer(status: int, code: object, retry_after: timedelta | None, *, for_all: bool) -> Outcome:
    code = code if isinstance(code, int) else 0
    if code == _OVERLOADED:  # told with 503, and nothing was done
        return _pause(code, retry_after, for_all=False)
    if status >= 500:
        return Unclear(f"Discord failed inside (HTTP {status}).")
    if code in _THERE_ALREADY:
        return Done()
    if code == _UNKNOWN_MESSAGE:
        return Missing()
    if code in _LATER or status == 429:
        return _pause(code, retry_after, for_all=for_all)
    if status == 401:
        return Later(
            "Discord does not accept the bot's token any more. Put the current one into DISCORD_TOKEN.",
            UNAUTHORIZED_PAUSE,
            everywhere=True,
        )
    if code == _THREADS_FULL:
        return Later(
            "The server has 1,000 open threads, which is all that Discord allows. Archive some.",
            FULL_PAUSE,
            lasting=True,
        )
    if code in _AWAY:
        return Away(
            _AWAY[code],
            gone=code == _UNKNOWN_CHANNEL,
            closed=code in _CLOSED,
            unwanted=code in _UNWANTED,
        )
    if code in _REFUSED:
        return Refused(_REFUSED[code])
    if status in (403, 404):
        return Away(
            f"Discord refuses access to the channel (HTTP {status}, code {code}). "
            "Check that it exists and that Broadsheet's role may use it."
        )
    return Refused(f"Discord refuses this message (HTTP {status}, code {code}).")


def _pause(code: int, asked: timedelta | None, *, for_all: bool) -> Later:
    sentence = "Discord asked for a pause." if not for_all else "Discord asked for a pause everywhere."
    return Later(_LATER.get(code, sentence), asked or BUSY_PAUSE, everywhere=for_all)


def _retry_after(error: discord.HTTPException) -> timedelta | None:
    return _seconds(error.response.headers.get("Retry-After"))


def _seconds(told: object) -> timedelta | None:
    """A pause as Discord told it, at most a day; None where it is no sensible number."""
    try:
        seconds = float(told)  # type: ignore[arg-type]  # whatever an answer held
    except (TypeError, ValueError):
        return None
    return timedelta(seconds=min(seconds, LONGEST_PAUSE)) if seconds >= 0 else None
