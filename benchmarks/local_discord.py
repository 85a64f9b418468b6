"""The local Discord under a crowd: how soon an unmodified client is ready, how many events and sends it carries."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from typing import Any

import discord
import psutil
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from benchmarks.crowd import CHANNELS, GUILDS

ROUNDS = 3
REACTIONS = 20_000
SENDS = 2_000
MESSAGES = 100


class _Client(discord.Client):
    """discord.py as it is; it counts reactions and says when it is ready."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(1537), max_messages=None)
        self.reactions = 0
        self.ready = asyncio.Event()

    async def on_ready(self) -> None:
        self.ready.set()

    async def on_raw_reaction_add(self, _: discord.RawReactionActionEvent) -> None:
        self.reactions += 1

    async def on_raw_reaction_remove(self, _: discord.RawReactionActionEvent) -> None:
        self.reactions += 1


async def measure() -> list[str]:
    """Lines of a Markdown table: what was measured, the figure, the bar. The client is this process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.crowd", stdin=PIPE, stdout=PIPE
    )
    addresses = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    try:
        assert process.stdout is not None
        told = json.loads(await process.stdout.readline())
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = told["api"], yarl.URL(told["gateway"])
        readies = [await _until_ready(told) for _ in range(ROUNDS)]
        events, sends = await _carry(told, process)
        memory = psutil.Process(process.pid).memory_info().rss / 1e6
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = addresses
        process.terminate()
        await process.wait()
    return [
        "| local Discord, unmodified discord.py in a process beside it | measured | bar |",
        "| --- | --- | --- |",
        f"| {GUILDS:,} guilds of {CHANNELS} channels, login to ready, median of {ROUNDS} "
        f"| {statistics.median(readies):.1f} s | at most 5 s |",
        f"| reaction events, median of {ROUNDS} × {REACTIONS:,} "
        f"| {statistics.median(events):,.0f}/s | at least 5,000/s |",
        f"| sends into {CHANNELS} channels, median of {ROUNDS} × {SENDS:,} "
        f"| {statistics.median(sends):,.0f}/s | at least 400/s |",
        f"| memory of the local Discord | {memory:.0f} MB | |",
        "",
        "The local Discord's limits are off. Until ready holds the two seconds for which discord.py waits for a "
        "further guild. Sends are requests; reactions are given inside the local Discord's process, since no client "
        "sends so many.",
    ]


async def _until_ready(told: dict[str, Any]) -> float:
    """Seconds from login to ready, in a session of its own."""
    client = _Client()
    began = time.monotonic()
    running = asyncio.create_task(client.start(told["token"]))
    await asyncio.wait_for(client.ready.wait(), 60)
    took = time.monotonic() - began
    # A client that was ready before it knew its guilds would prove nothing.
    assert sum(len(guild.text_channels) for guild in client.guilds) >= GUILDS * CHANNELS
    await client.close()
    await running
    return took


async def _carry(told: dict[str, Any], process: Process) -> tuple[list[float], list[float]]:
    """Reaction events and sends, each by the second and round."""
    client = _Client()
    running = asyncio.create_task(client.start(told["token"]))
    await asyncio.wait_for(client.ready.wait(), 60)
    channels = [client.get_partial_messageable(int(one)) for one in told["channels"]]
    await asyncio.gather(*(channels[0].send(f"Article {number}") for number in range(MESSAGES)))
    events, sends = [], []
    for _ in range(ROUNDS):
        events.append(await _react(client, process))
        began = time.monotonic()
        await asyncio.gather(*(_send(channel, SENDS // CHANNELS) for channel in channels))
        sends.append(SENDS / (time.monotonic() - began))
    await client.close()
    await running
    return events, sends


async def _react(client: _Client, process: Process) -> float:
    assert process.stdin is not None
    goal = client.reactions + REACTIONS
    began = time.monotonic()
    process.stdin.write(f"react {REACTIONS}\n".encode())
    while client.reactions < goal:
        await asyncio.sleep(0.005)
    return REACTIONS / (time.monotonic() - began)


async def _send(channel: discord.PartialMessageable, count: int) -> None:
    for number in range(count):
        await channel.send(f"Article {number}")
