"""The demo: an ordinary bot between a local Discord and a few sample sources, all on this machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from bot.app import AppProblem, run_app, utc_now
from bot.config import Settings
from bot.newsroom.newsroom import Newsroom
from bot.samples import SampleSources
from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from bot.sandbox.prepare import Prepared, prepare
from bot.sandbox.store import DamagedState
from bot.web import WebProblem
from storage.records import Wishes

# The chat page's port; the sample sources and the web API take the two after it.
FIRST_PORT, LAST_PORT = 8090, 65_533
GUILD = "Harbour Town"
PEOPLE = ("ada", "ben", "chidi")
CHANNELS = {"general": 0, "the-tide": 0, "comet": 0, "workbench": 0}
NEW_ARTICLE_EVERY = timedelta(seconds=60)
POLL_EVERY = timedelta(seconds=10)
CLOCK_EVERY = timedelta(seconds=10)


async def run_demo(
    settings: Settings, folder: Path, port: int, stop: asyncio.Event, *, announce: Callable[[str], None]
) -> None:
    """Run until `stop` is set. The demo's world and database live in `folder` and are there again next time.

    The chat page listens on `port`, the sample sources and the web API on the two after it. Raises AppProblem or
    another problem of run_app where they can't.
    """
    try:
        clock = _DemoClock(folder)
        async with (
            Sandbox(port=port, state=folder / "discord.json") as discord,
            SampleSources(
                port=port + 1 if port else 0, started=clock.started, every=NEW_ARTICLE_EVERY
            ) as samples,
        ):
            town = await prepare(discord, GUILD, CHANNELS, PEOPLE, "Broadsheet")
            demo_settings = Settings(
                discord_token=town.bot_token,
                discord_api_url=discord.api_url,
                discord_gateway_url=discord.gateway_url,
                message_content=True,
                database_url=f"sqlite:///{(folder / 'broadsheet.db').resolve()}",
                web_port=port + 2 if port else 0,
                poll_interval=POLL_EVERY,
                fetch_allow="127.0.0.1",
                log_level=settings.log_level,
                log_format=settings.log_format,
            )

            async def open_the_doors(newsroom: Newsroom) -> None:
                await _subscribe(newsroom, samples, town)
                announce(
                    f"\nBroadsheet's demo is running. Open the chat page:\n\n"
                    f"    {discord.url}/?person={PEOPLE[0]}#/{town.guild_id}/{town.channels['the-tide']}\n\n"
                    f"You are Ada, an admin; at the foot of the page's left column you can become Ben or Chidi.\n"
                    f"A new article appears every minute.\nWith a DISCORD_TOKEN in .env, make run connects to "
                    f"Discord instead. Ctrl+C stops the demo.\n"
                )

            keeping_time = asyncio.create_task(clock.keep())
            try:
                await run_app(demo_settings, stop, announce=lambda _: None, prepare=open_the_doors)
            finally:
                keeping_time.cancel()
                clock.save()
    except DamagedState as problem:
        raise AppProblem(str(problem)) from problem
    except OSError as error:
        if error.filename is not None:
            raise AppProblem(
                f"The demo can't keep its state in {folder} ({error.strerror}). Choose another folder: "
                "python -m bot demo --folder PATH"
            ) from error
        raise _taken(port) from error
    except WebProblem as problem:
        raise _taken(port) from problem


async def run_sandbox(
    port: int, state: Path | None, stop: asyncio.Event, *, limits: bool, announce: Callable[[str], None]
) -> None:
    """Run the local Discord alone until `stop` is set; `limits` says whether it has Discord's rate limits.

    Raises AppProblem where it can't.
    """
    try:
        rates = Limits() if limits else Limits.off()
        async with Sandbox(port=port, state=state, limits=rates) as sandbox:
            announce(
                f"A local Discord is running.\n  chat page  {sandbox.url}/\n  REST       {sandbox.api_url}\n"
                f"  gateway    {sandbox.gateway_url}\nCtrl+C stops it."
            )
            await stop.wait()
    except DamagedState as problem:
        raise AppProblem(str(problem)) from problem
    except OSError as error:
        if error.filename is not None:
            raise AppProblem(
                f"The local Discord's state can't be kept in {state} ({error.strerror}). Choose another file "
                "with --state."
            ) from error
        raise AppProblem(
            f"Port {port} can't be opened; perhaps another program has it. Choose another one with --port."
        ) from error


def _taken(port: int) -> AppProblem:
    other = port + 10 if port + 10 <= LAST_PORT else FIRST_PORT
    return AppProblem(
        f"The demo needs the ports {port} to {port + 2}, and one of them is taken by another program, perhaps "
        f"another demo. Choose others: python -m bot demo --port {other}"
    )


async def _subscribe(newsroom: Newsroom, samples: SampleSources, town: Prepared) -> None:
    """Wire each publication to its channel, as an admin would with /subscribe; once, however often the demo starts.

    On another port a publication is another source: it takes the place of the one before, whose articles are there.
    """
    guild_id = int(town.guild_id)
    wired = {
        (subscription.channel_id, urlsplit(subscription.source.url).path): subscription
        for subscription in await newsroom.subscriptions.of_guild(guild_id)
    }
    channels = [int(channel) for name, channel in town.channels.items() if name != "general"]
    for publication, channel in zip(samples.publications, channels, strict=True):
        before = wired.get((channel, urlsplit(publication.feed_url).path))
        if before is not None and before.source.url == publication.feed_url:
            continue
        await newsroom.subscriptions.subscribe(
            guild_id,
            channel,
            publication.site_url,
            wishes=Wishes(thread=channel == channels[1]),
            newest=1 if before is None else 0,
        )
        if before is not None:
            await newsroom.subscriptions.unsubscribe(guild_id, before.id)


class _DemoClock:
    """How long the demo has run in all: publishing stands still while it is stopped, so nothing floods in after."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "clock.json"
        try:
            elapsed = timedelta(seconds=float(json.loads(self._path.read_text())["elapsed_seconds"]))
        except (OSError, ValueError, KeyError, TypeError):
            elapsed = timedelta()
        self.started = utc_now() - elapsed

    async def keep(self) -> None:
        """Save now and then, so that a killed demo goes on where it was."""
        while True:
            self.save()
            await asyncio.sleep(CLOCK_EVERY.total_seconds())

    def save(self) -> None:
        """Write the time that has passed."""
        self._path.write_text(json.dumps({"elapsed_seconds": (utc_now() - self.started).total_seconds()}))
