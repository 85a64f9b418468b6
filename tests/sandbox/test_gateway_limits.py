"""How much a client may say, and how often it may start; windows go by the sandbox's clock."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from bot.sandbox.scenario import Json, Person, Refused
from tests.discord_document import Check
from tests.sandbox.conftest import Town
from tests.sandbox.line import GUILDS, Dial


@pytest.fixture
async def sandbox(check: Check | None) -> AsyncIterator[Sandbox]:
    limits = Limits(identifies_a_day=4, max_concurrency=2, guilds_a_shard=1)
    async with Sandbox(check=check, limits=limits) as running:
        yield running
        assert not running.violations, "\n".join(running.violations)


async def starts_left(town: Town, token: str) -> Json:
    headers = {"Authorization": f"Bot {token}"}
    url = f"{town.sandbox.api_url}/gateway/bot"
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        return dict((await answer.json())["session_start_limit"])


async def test_identifies_with_one_key_wait_five_seconds_for_each_other(dial: Dial, town: Town) -> None:
    token = town.application.token
    for number in (0, 1):
        await (await dial()).identify(token, 0, shard=[number, 4])
    early = await dial()
    await early.say(2, {"token": token, "intents": 0, "properties": {}, "shard": [2, 4]})
    assert await early.hear() == {"op": 9, "d": False, "s": None, "t": None}
    town.sandbox.clock.advance(5)
    await early.identify(token, 0, shard=[2, 4])


async def test_the_day_has_its_number_of_sessions_and_who_wants_more_loses_the_token(
    dial: Dial, town: Town
) -> None:
    limit = {"total": 4, "remaining": 4, "reset_after": 0, "max_concurrency": 2}
    token = town.application.token
    assert await starts_left(town, token) == limit
    for used in range(1, 5):
        line = await dial()
        await line.identify(token, 0)
        town.sandbox.clock.advance(3600)
        left = await starts_left(town, token)
        assert left["remaining"] == 4 - used
        assert left["reset_after"] == pytest.approx((24 - used) * 3600_000, abs=5000)
    one_too_many = await dial()
    await one_too_many.say(2, {"token": token, "intents": 0, "properties": {}})
    assert await one_too_many.closed() == 4004
    # All that it had goes with the token, and only the owner can get a new one.
    assert await line.closed() == 4004
    assert "token taken away" in [deed.action for deed in town.sandbox.journal]
    fresh = await town.alice.request("POST", f"/applications/{town.application.id}/bot")
    town.sandbox.clock.advance(20 * 3600)
    assert await starts_left(town, fresh["token"]) == limit


async def test_a_person_is_not_told_of_a_bots_limits(town: Town) -> None:
    with pytest.raises(Refused, match="20002"):
        await town.alice.request("GET", "/gateway/bot")


async def test_more_than_120_payloads_in_a_minute_close_the_connection(dial: Dial, town: Town) -> None:
    line = await dial()
    for _ in range(120):
        await line.say(1, None)
    for _ in range(120):
        assert (await line.hear())["op"] == 11
    town.sandbox.clock.advance(59)
    await line.say(1, None)
    assert await line.closed() == 4008
    patient = await dial()
    for _ in range(2):
        for _ in range(100):
            await patient.say(1, None)
        # The last of them was heard when its answer comes.
        for _ in range(100):
            assert (await patient.hear())["op"] == 11
        town.sandbox.clock.advance(61)


async def test_a_shard_with_too_many_guilds_has_to_split(dial: Dial, town: Town) -> None:
    token = town.application.token
    guild = await town.alice.create_guild("Second")
    await town.alice.install(town.application, guild["id"], 0)
    line = await dial()
    await line.say(2, {"token": token, "intents": GUILDS, "properties": {}})
    assert await line.closed() == 4011


class Impatient(discord.AutoShardedClient):
    """Relies on max_concurrency, where the library would wait five seconds between shards whatever it is."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        pass


@pytest.mark.usefixtures("_discord_addresses")
async def test_discord_py_starts_three_shards_that_each_hear_of_their_own_guilds(check: Check | None) -> None:
    limits = Limits(max_concurrency=3)
    async with (
        Sandbox(check=check, limits=limits) as sandbox,
        await Person.register(sandbox.url, "alice") as alice,
    ):
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = sandbox.api_url, yarl.URL(sandbox.gateway_url)
        application = await alice.create_application("Sharded")
        # Ids of one moment are in one shard: a guild a millisecond.
        for number in range(3):
            guild = await alice.create_guild(f"Guild {number}")
            await alice.install(application, guild["id"], 0)
            sandbox.clock.advance(0.001)
        client = Impatient(shard_count=3, intents=discord.Intents(guilds=True))
        client._connection.guild_ready_timeout = 0.05
        running = asyncio.create_task(client.start(application.token))
        try:
            async with asyncio.timeout(10):
                while not client.is_ready() and not running.done():
                    await asyncio.sleep(0.01)
            sessions = sandbox.stage.gateway.sessions()
            shards = [one.shard for one in sessions if one.user.bot]
            assert sorted(shards) == [(0, 3), (1, 3), (2, 3)]
            places = {guild.id: guild.shard_id for guild in client.guilds}
            assert len(places) == 3
            assert places == {one: (one >> 22) % 3 for one in places}
        finally:
            await client.close()
            await asyncio.wait([running])
