"""What went wrong at Discord, as an outcome that the newsroom understands. Pure."""

from __future__ import annotations

import json
from datetime import timedelta

import aiohttp
import discord

from bot.newsroom.ports import Away, Done, Later, Missing, Outcome, Refused, Unclear

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

_THREAD_EXISTS = 160004
_UNKNOWN_CHANNEL = 10003

# Discord's error codes, https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
_AWAY = {
    10003: "The channel is gone. Subscribe again in another one.",
    10004: "Broadsheet is no longer in this server. Invite it again.",
    40067: "This forum wants a tag on every post. Allow posts without one in the channel's settings.",
    50001: "Broadsheet can't see the channel. Allow **View Channel** for its role in the channel's settings.",
    50008: "Discord takes no messages in a channel of this kind. Subscribe again in a text channel.",
    50013: (
        "Broadsheet lacks a permission in the channel. Allow View Channel, Send Messages, Embed Links, "
        "Read Message History and Add Reactions for its role, and Create Public Threads where it opens threads."
    ),
    50083: "The thread is archived. Open it again, or subscribe in another channel.",
    160005: "The thread is locked. Unlock it, or subscribe in another channel.",
}
_REFUSED = {
    10014: "The emoji of a vote is not available to Broadsheet.",
    30010: "The message already carries 20 different reactions, which is all that Discord allows.",
    90001: "Somebody under this message has blocked Broadsheet, so it can't react there.",
}
_LATER = {
    20022: "Discord limits edits of old announcements.",
    20028: "The channel's write limit is reached.",
    130000: "Discord is overloaded.",
    160006: "The server has too many open threads. Archive some.",
}


def outcome_of(trouble: BaseException) -> Outcome:
    """The outcome of a call that ended with `trouble`.

    Unclear wherever Discord may have acted before the answer was lost: every 5xx, a connection that broke, a
    timeout. Later only where Discord surely did nothing. Done where what was asked for is there already.
    Raises `trouble` itself where it is none of TROUBLES.
    """
    match trouble:
        case discord.RateLimited(retry_after=seconds):
            return Later("Discord asked for a pause.", timedelta(seconds=seconds))
        case discord.HTTPException():
            return _of_answer(trouble.status, trouble.code, _retry_after(trouble))
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Later("Discord can't be reached.")
        case TimeoutError():
            return Unclear("Discord did not answer in time.")
        case _ if isinstance(trouble, TROUBLES):
            return Unclear("The connection to Discord broke before the answer came.")
    raise trouble


def _of_answer(status: int, code: int, retry_after: timedelta | None) -> Outcome:
    if status >= 500:
        return Unclear(f"Discord failed inside (HTTP {status}).")
    if code == _THREAD_EXISTS:
        return Done()
    if code == 10008:
        return Missing()
    if code in _AWAY:
        return Away(_AWAY[code], gone=code == _UNKNOWN_CHANNEL)
    if code in _REFUSED:
        return Refused(_REFUSED[code])
    if code in _LATER or status == 429:
        return Later(_LATER.get(code, "Discord asked for a pause."), retry_after or BUSY_PAUSE)
    match status:
        case 401:
            return Later(
                "Discord does not accept the bot's token any more. Put the current one into DISCORD_TOKEN.",
                UNAUTHORIZED_PAUSE,
            )
        case 403 | 404:
            return Away(
                f"Discord refuses access to the channel (HTTP {status}, code {code}). "
                "Check that it exists and that Broadsheet's role may use it."
            )
        case _:
            return Refused(f"Discord refuses this message (HTTP {status}, code {code}).")


def _retry_after(error: discord.HTTPException) -> timedelta | None:
    try:
        return timedelta(seconds=float(error.response.headers.get("Retry-After", "")))
    except ValueError:
        return None
