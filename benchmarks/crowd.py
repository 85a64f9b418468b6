"""The local Discord in a process of its own, with as many guilds as one shard may have; steered by lines on stdin.

`python -m benchmarks.crowd` prints one line of JSON with its addresses when it is ready. Then
`react COUNT` lets members react so many times, and `quit` ends it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys

from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from bot.sandbox.permissions import EVERYONE_AT_FIRST
from bot.sandbox.prepare import Prepared, prepare
from bot.sandbox.routes import members, reactions
from bot.sandbox.routes.routing import Call
from bot.sandbox.stage import Stage
from bot.sandbox.things import TEXT, Channel, Guild, Role

GUILDS = 2500
CHANNELS = 20
# Between two turns of the loop: the reactions of a lively moment.
_AT_ONCE = 100


async def main() -> None:
    """Serve until told to quit."""
    async with Sandbox(limits=Limits.off()) as sandbox:
        town = await prepare(
            sandbox,
            guild_name="Crowd",
            channels={f"news-{number}": TEXT for number in range(CHANNELS)},
            people=["ada", "bob"],
            application="Broadsheet",
            permissions=309_237_730_368,
        )
        _add_guilds(sandbox.stage, town)
        told = {
            "api": sandbox.api_url,
            "gateway": sandbox.gateway_url,
            "token": town.bot_token,
            "channels": list(town.channels.values()),
        }
        print(json.dumps(told), flush=True)
        loop = asyncio.get_running_loop()
        while True:
            order, *rest = (await loop.run_in_executor(None, sys.stdin.readline)).split() or ["quit"]
            if order == "quit":
                return
            await _react(sandbox.stage, town, int(rest[0]))


def _add_guilds(stage: Stage, town: Prepared) -> None:
    """Guilds beside the prepared one, up to `GUILDS`; the bot is in each, with the channels that it needs."""
    bot_id = stage.world.tokens[town.bot_token]
    for number in range(GUILDS - 1):
        guild = Guild(stage.make_id(), f"Guild {number}", bot_id)
        guild.roles[guild.id] = Role(guild.id, "@everyone", EVERYONE_AT_FIRST)
        stage.world.guilds[guild.id] = guild
        for place in range(CHANNELS):
            channel = Channel(stage.make_id(), TEXT, f"channel-{place}", guild.id, position=place)
            stage.world.add_channel(channel)
        members.add_member(stage, guild, bot_id)


async def _react(stage: Stage, town: Prepared, count: int) -> None:
    """Let a member give and take reactions on what stands in the first channel, as the route does it."""
    channel_id = next(iter(town.channels.values()))
    ada = stage.world.users[town.people["ada"].id]
    ids = [str(one) for one in stage.world.message_ids(channel_id)]
    paths = [{"channel_id": channel_id, "message_id": one, "emoji": "👍"} for one in ids]
    turns = itertools.cycle(
        [(reactions.give, path) for path in paths] + [(reactions.take_back, path) for path in paths]
    )
    for number, (handler, path) in enumerate(itertools.islice(turns, count)):
        handler(Call(stage, ada, path, {}))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(main())
