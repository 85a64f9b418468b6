"""Checks what a bot needs before it is started: settings, database, Discord, the network's door."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sys

from bot.app import open_model
from bot.client import invite_url
from bot.config import Settings
from bot.feeds.guard import parse_allow
from bot.feeds.language_model import Answered, Prompt
from bot.login import DiscordProblem, look_up_account, point_at
from bot.terminal import Finding
from storage import Database, DatabaseMissing, DatabaseProblem


async def examine(settings: Settings) -> list[Finding]:
    """Everything that can be looked at without changing anything; a finding each."""
    return [
        _python(),
        await _database(settings),
        await _discord(settings),
        _fetch_allow(settings),
        await _language_model(settings),
        await _web(settings),
    ]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "python", sys.version_info >= (3, 11), f"This is Python {version}; Broadsheet needs 3.11 or newer."
    )


async def _database(settings: Settings) -> Finding:
    try:
        database = await Database.open(settings.database_url, make=False)
    except DatabaseMissing as missing:
        return Finding("database", True, str(missing))
    except DatabaseProblem as problem:
        return Finding("database", False, str(problem))
    try:
        current = await database.is_current()
    except DatabaseProblem as problem:
        return Finding("database", False, str(problem))
    finally:
        await database.close()
    state = (
        "is up to date" if current else "answers; its tables are made or brought up to date at the next start"
    )
    return Finding("database", True, f"{database.where} {state}.")


async def _discord(settings: Settings) -> Finding:
    if not settings.discord_token:
        return Finding(
            "discord",
            False,
            "There is no DISCORD_TOKEN: 'make run' starts the local demo. README.md tells how to get one.",
        )
    point_at(settings.discord_api_url, settings.discord_gateway_url)
    try:
        account = await look_up_account(settings.discord_token)
    except DiscordProblem as problem:
        return Finding("discord", False, str(problem))
    if settings.message_content and not account.message_content:
        return Finding(
            "discord",
            False,
            f"The token is {account.name}'s, but MESSAGE_CONTENT is on and the Message Content Intent is not: switch "
            "it on in the developer portal on the Bot page, or set MESSAGE_CONTENT=0.",
        )
    invite = invite_url(account.application_id)
    return Finding("discord", True, f"The token is {account.name}'s. Invite it with: {invite}")


def _fetch_allow(settings: Settings) -> Finding:
    try:
        parse_allow(settings.fetch_allow)
    except ValueError as error:
        return Finding("fetch", False, f"FETCH_ALLOW can't be used: {error}")
    opened = f"; {settings.fetch_allow} is opened" if settings.fetch_allow else ""
    return Finding("fetch", True, f"Sources on private addresses are refused{opened}.")


async def _language_model(settings: Settings) -> Finding:
    async with open_model(settings) as model:
        if model is None:
            if settings.summary_model or settings.summary_api_key:
                return Finding(
                    "model",
                    False,
                    "SUMMARY_MODEL or SUMMARY_API_KEY is set and SUMMARY_API_URL is not, so no language model is "
                    "asked. Set SUMMARY_API_URL, or empty the others.",
                )
            return Finding("model", True, "No language model is set: summaries are made without one.")
        # The finding says what the client's own warning would say before it.
        logging.getLogger("bot.feeds.language_model").setLevel(logging.ERROR)
        answer = await model.ask(Prompt("Answer with the word yes alone.", "Are you there?", 400))
        if isinstance(answer, Answered):
            return Finding("model", True, f"{model.model} answers; it may write summaries.")
        return Finding(
            "model",
            False,
            f"{answer.sentence} Check SUMMARY_API_URL, SUMMARY_MODEL and SUMMARY_API_KEY; summaries are made without "
            "it meanwhile.",
        )


async def _web(settings: Settings) -> Finding:
    where = f"{settings.web_host}:{settings.web_port}"
    try:
        server = await asyncio.start_server(lambda *_: None, settings.web_host, settings.web_port)
    except OSError as error:
        return Finding("web", False, _cannot_listen(where, error))
    server.close()
    await server.wait_closed()
    return Finding("web", True, f"{where} is free for the health checks and the API.")


def _cannot_listen(where: str, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"{where} is taken by another program, perhaps a running Broadsheet: then all is well. Otherwise "
                "stop that program, or set WEB_PORT to a free port."
            )
        case errno.EACCES:
            return f"{where} may not be opened by this user. Set WEB_PORT to a number above 1023."
        case _:
            # What asyncio writes about addresses is for programmers; the name service's errors are negative.
            number = error.errno or 0
            reason = os.strerror(number) if number > 0 else error.strerror or str(error)
            return (
                f"{where} can't be opened ({reason}). Set WEB_HOST to an address of this machine: "
                "127.0.0.1 for this machine alone."
            )
