"""Logging in to Discord: where it is, what can go wrong, and the questions that need no session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import discord
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

# A longer wait than this is not slept through inside a call: it is told as RateLimited, and the post waits.
LONGEST_RATE_LIMIT = 30.0

# The last three are discord.py's on answers that are not Discord's.
LOGIN_TROUBLES = (discord.DiscordException, aiohttp.ClientError, TypeError, KeyError, ValueError)


class DiscordProblem(Exception):
    """The bot can't log in; the message is a sentence. `passing` says whether trying again later may help."""

    def __init__(self, sentence: str, *, passing: bool) -> None:
        super().__init__(sentence)
        self.passing = passing


def point_at(api_url: str | None, gateway_url: str | None) -> None:
    """Let discord.py speak to another server than Discord's own. Holds for the whole process; call it first."""
    if api_url is not None:
        Route.BASE = api_url
        Asset.BASE = str(URL(api_url).origin())
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)


def login_problem(error: BaseException) -> DiscordProblem:
    """Why the login failed, in a sentence, and whether it may pass."""
    match error:
        case discord.LoginFailure():
            return DiscordProblem(
                "Discord does not know this token. Copy the current one from the Bot page of your application at "
                "https://discord.com/developers/applications into DISCORD_TOKEN.",
                passing=False,
            )
        case discord.PrivilegedIntentsRequired() | discord.ConnectionClosed(code=4014):
            return DiscordProblem(
                "MESSAGE_CONTENT is on, but Discord has not allowed it to this bot. On the Bot page of your "
                "application at https://discord.com/developers/applications switch on Message Content Intent, "
                "or set MESSAGE_CONTENT=0.",
                passing=False,
            )
        case discord.ConnectionClosed(code=4004):
            return DiscordProblem(
                "Discord has withdrawn this token. Put the current one into DISCORD_TOKEN.", passing=False
            )
        case discord.ConnectionClosed(code=4010 | 4011 | 4012 | 4013 as code):
            return DiscordProblem(
                f"Discord has closed the connection for good (code {code}): this edition of Broadsheet can't serve "
                "so many servers at once, or is too old for Discord.",
                passing=False,
            )
        case TypeError() | KeyError() | ValueError():
            return DiscordProblem(
                "What answers at DISCORD_API_URL is not a server that speaks Discord's API.", passing=False
            )
        case discord.HTTPException(status=status):
            return DiscordProblem(f"Discord refused the login (HTTP {status}).", passing=True)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return DiscordProblem(
                "Discord can't be reached. Check this machine's connection, and DISCORD_API_URL if it is set.",
                passing=True,
            )
        case _:
            return DiscordProblem(f"The connection to Discord broke ({type(error).__name__}).", passing=True)


@dataclass(frozen=True, slots=True)
class Account:
    """The bot's account as Discord knows it. `message_content`: the privileged intent is switched on."""

    name: str
    application_id: int
    message_content: bool


async def look_up_account(token: str) -> Account:
    """Ask Discord whose token this is. Raises DiscordProblem."""
    async with _asking(token) as client:
        application = await client.application_info()
        flags = application.flags
        allowed = flags.gateway_message_content or flags.gateway_message_content_limited
        return Account(str(client.user), application.id, allowed)


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """A channel of a server, as the bot sees it. `forum`: messages are posts there."""

    guild_id: int
    forum: bool


async def look_up_channel(token: str, channel_id: int) -> ChannelSeen:
    """Ask Discord which server a channel belongs to. Raises DiscordProblem, also where the bot can't see it."""
    async with _asking(token) as client:
        try:
            channel = await client.fetch_channel(channel_id)
        except (discord.NotFound, discord.Forbidden) as error:
            raise DiscordProblem(
                f"The bot can't see channel {channel_id}. Check the id, and that Broadsheet's role may view it.",
                passing=False,
            ) from error
        guild = getattr(channel, "guild", None)
        if guild is None:
            raise DiscordProblem(f"Channel {channel_id} is a direct message, not in a server.", passing=False)
        return ChannelSeen(int(guild.id), isinstance(channel, discord.ForumChannel))


@asynccontextmanager
async def _asking(token: str) -> AsyncIterator[discord.Client]:
    """A client that is logged in for a question or two, without a session."""
    client = discord.Client(intents=discord.Intents.none(), max_ratelimit_timeout=LONGEST_RATE_LIMIT)
    try:
        await client.login(token)
        yield client
    except (*LOGIN_TROUBLES, OSError) as error:
        raise login_problem(error) from error
    finally:
        await client.close()
