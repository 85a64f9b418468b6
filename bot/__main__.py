"""The command line: `python -m bot`. Exit codes: 0 done, 1 failed, 2 wrong use."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sys
from argparse import BooleanOptionalAction
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from enum import StrEnum
from getpass import getpass
from pathlib import Path
from typing import Any

from bot import __version__
from bot.app import AppProblem, run_app, utc_now
from bot.config import Settings, SettingsProblem, read_settings
from bot.demo import FIRST_PORT, LAST_PORT, run_demo, run_sandbox
from bot.desk import Desk, preview
from bot.doctor import examine
from bot.login import DiscordProblem
from bot.logs import configure_logging
from bot.newsroom.tenure import TenureProblem
from bot.newsroom.wishes import WAITS
from bot.terminal import NobodyReads, Terminal
from bot.web import WebProblem
from storage import DatabaseProblem, Length, Reading, SameStory
from storage.records import Wishes

# What ends a command with a sentence instead of a traceback.
PROBLEMS = (SettingsProblem, AppProblem, DatabaseProblem, TenureProblem, DiscordProblem, WebProblem)

_SELECTOR = "for a page without a feed: which of its links lead to articles, such as 'article h2 a'"

Command = Callable[[Settings, argparse.Namespace, Terminal], Coroutine[Any, Any, int]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    given = _parser().parse_args(arguments)
    terminal = Terminal(sys.stdout, json=getattr(given, "json", False))
    try:
        settings = read_settings(os.environ, Path(".env"))
        configure_logging(settings)
        command: Command = given.command
        return asyncio.run(command(settings, given, terminal))
    except PROBLEMS as problem:
        print(f"broadsheet: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    except NobodyReads:
        # What was not printed is tried again at the very end, which must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _stop_event() -> asyncio.Event:
    """An event that SIGTERM and Ctrl+C set, so that everything is closed in order."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _start(settings: Settings, given: argparse.Namespace, terminal: Terminal) -> int:
    if settings.discord_token:
        return await _run(settings, given, terminal)
    return await _demo(settings, given, terminal)


async def _run(settings: Settings, _: argparse.Namespace, terminal: Terminal) -> int:
    await run_app(settings, _stop_event(), announce=terminal.line)
    return 0


async def _demo(settings: Settings, given: argparse.Namespace, terminal: Terminal) -> int:
    port, folder = getattr(given, "port", FIRST_PORT), getattr(given, "folder", Path("data/demo"))
    await run_demo(settings, folder, port, _stop_event(), announce=terminal.line)
    return 0


async def _sandbox(_: Settings, given: argparse.Namespace, terminal: Terminal) -> int:
    limits = not given.no_limits
    await run_sandbox(given.port, given.state, _stop_event(), limits=limits, announce=terminal.line)
    return 0


async def _doctor(settings: Settings, _: argparse.Namespace, terminal: Terminal) -> int:
    findings = await examine(settings)
    terminal.findings(findings)
    return 0 if all(finding.ok for finding in findings) else 1


async def _preview(settings: Settings, given: argparse.Namespace, terminal: Terminal) -> int:
    return terminal.preview(await preview(settings, given.url, given.selector))


async def _subscribe(settings: Settings, given: argparse.Namespace, terminal: Terminal) -> int:
    async with Desk.open(settings) as desk:
        return terminal.subscribed(
            await desk.subscribe(
                given.url,
                given.channel,
                guild_id=given.guild,
                forum=given.forum,
                wishes=Wishes(
                    thread=given.thread,
                    length=Length(given.summary) if given.summary else None,
                    reading=Reading(given.pages) if given.pages else None,
                    same_story=SameStory(given.same_story) if given.same_story else None,
                    announce=given.announce,
                    pin=given.pin,
                    longest_wait=timedelta(hours=given.wait) if given.wait else None,
                    at_most=given.at_most,
                ),
                selector=given.selector,
                headers={name: _value_of(name) if value is None else value for name, value in given.header},
            )
        )


async def _unsubscribe(settings: Settings, given: argparse.Namespace, terminal: Terminal) -> int:
    async with Desk.open(settings) as desk:
        return terminal.unsubscribed(await desk.unsubscribe(given.subscription))


async def _subscriptions(settings: Settings, _: argparse.Namespace, terminal: Terminal) -> int:
    async with Desk.open(settings) as desk:
        return terminal.subscriptions(await desk.subscriptions())


async def _sources(settings: Settings, _: argparse.Namespace, terminal: Terminal) -> int:
    async with Desk.open(settings) as desk:
        return terminal.sources(await desk.sources(), utc_now())


async def _poll(settings: Settings, given: argparse.Namespace, terminal: Terminal) -> int:
    async with Desk.open(settings) as desk:
        return terminal.polled(await desk.poll(given.source))


def _value_of(name: str) -> str:
    """A header's value, asked for: neither in the shell's history nor in the list of processes. It may be a login."""
    return getpass(f"Value of {name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


async def _header(settings: Settings, given: argparse.Namespace, terminal: Terminal) -> int:
    async with Desk.open(settings) as desk:
        await desk.source_for_header(given.source, given.name)
        value = None if given.remove else _value_of(given.name)
        terminal.header_set(
            await desk.set_header(given.source, given.name, value), given.name, value is not None
        )
    return 0


async def _forget(settings: Settings, given: argparse.Namespace, terminal: Terminal) -> int:
    async with Desk.open(settings) as desk:
        erased = await desk.forget(given.user)
    terminal.line(
        f"Of member {given.user} are erased: votes {erased.votes}, comments {erased.comments}, and the name. Nothing "
        "of theirs is kept from now on, until they use /privacy allow."
    )
    return 0


async def _db_upgrade(settings: Settings, _: argparse.Namespace, terminal: Terminal) -> int:
    async with Desk.open(settings) as desk:
        terminal.line(f"The database {desk.where} is up to date.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Broadsheet makes a Discord server its own news site.",
        epilog="Without a command: run, where DISCORD_TOKEN is set; otherwise demo.",
    )
    parser.add_argument("--version", action="version", version=f"Broadsheet {__version__}")
    parser.set_defaults(command=_start)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, run: Command, help_text: str, *, json: bool = False) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help_text, description=help_text)
        added.set_defaults(command=run)
        if json:
            added.add_argument("--json", action="store_true", help="answer for programs, as JSON")
        return added

    command("run", _run, "Connect to Discord and run, with the web API.")

    demo = command(
        "demo", _demo, "Run on a local Discord with sample sources; prints its chat page's address."
    )
    demo.add_argument(
        "--port",
        # The sample sources and the web API take the two ports after it.
        type=lambda text: _port(text, most=LAST_PORT),
        default=FIRST_PORT,
        help="the chat page's port (8090); sources and web API use the next two",
    )
    demo.add_argument("--folder", type=Path, default=Path("data/demo"), help="where the demo keeps its state")

    sandbox = command("sandbox", _sandbox, "Run only the local Discord, for any bot.")
    sandbox.add_argument(
        "--port", type=_port, default=8090, help="the port of REST, gateway and chat page (8090)"
    )
    sandbox.add_argument("--state", type=Path, help="a file that keeps the local Discord over restarts")
    sandbox.add_argument(
        "--no-limits", action="store_true", help="refuse nobody for asking too often, unlike Discord"
    )

    look = command("preview", _preview, "Show what would be read and posted; nothing is stored.", json=True)
    look.add_argument(
        "url", metavar="URL", help="a feed, a site, or a short name such as github:owner/repository"
    )
    look.add_argument("--selector", metavar="CSS", help=_SELECTOR)

    subscribe = command("subscribe", _subscribe, "Post a source's articles into a channel.")
    subscribe.add_argument(
        "url", metavar="URL", help="a feed, a site, or a short name such as github:owner/repository"
    )
    subscribe.add_argument("--channel", type=_snowflake, required=True, metavar="ID", help="the channel's id")
    subscribe.add_argument(
        "--guild", type=_snowflake, metavar="ID", help="its server's id; left out, Discord is asked"
    )
    subscribe.add_argument(
        "--forum", action="store_true", help="the channel is a forum; asked of Discord too, without --guild"
    )
    subscribe.add_argument("--selector", metavar="CSS", help=_SELECTOR)
    subscribe.add_argument(
        "--header",
        type=_own_header,
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="a header of your own (a login, a key), sent with every request for this source; with NAME alone its "
        "value is read from standard input, where nobody else sees it",
    )
    subscribe.add_argument(
        "--thread", action=BooleanOptionalAction, help="open a thread under every post, or none"
    )
    subscribe.add_argument(
        "--announce",
        action=BooleanOptionalAction,
        help="in an announcement channel: publish every post to the servers that follow it, or none",
    )
    subscribe.add_argument("--pin", action=BooleanOptionalAction, help="pin every post, or none")
    subscribe.add_argument(
        "--wait",
        type=int,
        choices=list(WAITS),
        metavar="HOURS",
        help="how long a post may wait for a channel that can't be reached, before one message names all that "
        f"waited: {', '.join(map(str, WAITS))}",
    )
    subscribe.add_argument(
        "--at-most",
        type=int,
        choices=range(101),
        metavar="NUMBER",
        help="at most so many posts a day, what comes beyond is in the channel's next digest; 0: no limit",
    )
    for flag, kind, help_text in (
        ("--summary", Length, "how much of an article its card tells"),
        ("--pages", Reading, "whether articles' own pages are read"),
        ("--same-story", SameStory, "what becomes of a story that the channel has from another source"),
    ):
        _choice(subscribe, flag, kind, help_text)

    unsubscribe = command("unsubscribe", _unsubscribe, "End a subscription; what was posted stays.")
    unsubscribe.add_argument("subscription", type=_id, metavar="ID", help="as 'subscriptions' shows it")

    command("subscriptions", _subscriptions, "List which source goes into which channel.", json=True)
    command("sources", _sources, "List the sources, when they are read and what went wrong.", json=True)

    poll = command("poll", _poll, "Read a source, or all, now and once.", json=True)
    poll.add_argument(
        "source", type=_id, nargs="?", metavar="SOURCE", help="a source's id as 'sources' shows it"
    )

    header = command(
        "header",
        _header,
        "Send a header of your own (a login, a key) with every request for a source. Its value is read from "
        "standard input and shown nowhere.",
    )
    header.add_argument("source", type=_id, metavar="SOURCE", help="a source's id as 'sources' shows it")
    header.add_argument("name", metavar="NAME", help="the header's name, such as Authorization")
    header.add_argument("--remove", action="store_true", help="do not send it any more")

    forget = command(
        "forget",
        _forget,
        "Erase all that is kept of a member of Discord, in all servers, and keep nothing of them from now on.",
    )
    forget.add_argument("user", type=_snowflake, metavar="USER", help="the member's id")

    command("doctor", _doctor, "Check the settings, the database, Discord and the network.", json=True)

    database = commands.add_parser("db", help="Look after the database.")
    upgrade = database.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser(
        "upgrade", help="Bring the database's tables up to date."
    )
    upgrade.set_defaults(command=_db_upgrade)
    return parser


def _choice(command: argparse.ArgumentParser, flag: str, kind: type[StrEnum], help_text: str) -> None:
    """A flag that takes one of a few words; left out, a subscription that is there stays as it is."""
    words = [choice.value for choice in kind]
    command.add_argument(flag, choices=words, help=f"{help_text}: {', '.join(words)}", metavar="WISH")


def _port(text: str, most: int = 65_535) -> int:
    if not text.isdecimal() or int(text) > most:
        raise argparse.ArgumentTypeError(f"a port is a number up to {most} here, not '{text}'")
    return int(text)


def _id(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**63:
        raise argparse.ArgumentTypeError(f"'{text}' is no id; 'subscriptions' and 'sources' show theirs")
    return int(text)


def _own_header(text: str) -> tuple[str, str | None]:
    name, given, value = text.partition(":")
    if not re.fullmatch(r"[\w-]+", name, re.ASCII):
        # What was typed is not shown: it may be the secret itself.
        raise argparse.ArgumentTypeError("a header is written 'Name: value', or its name alone")
    return name, value.strip() if given else None


def _snowflake(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**63:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no Discord id: switch on Developer Mode in Discord, then right-click and Copy ID"
        )
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
