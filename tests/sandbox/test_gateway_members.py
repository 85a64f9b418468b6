"""Op 8, Request Guild Members: who may ask for whom, and in which portions the answer comes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from bot.sandbox.things import Member, User
from tests.discord_document import Check
from tests.sandbox.conftest import Town
from tests.sandbox.line import GUILDS, MEMBERS, PRESENCES, Dial, Line


@pytest.fixture
async def sandbox(check: Check | None) -> AsyncIterator[Sandbox]:
    async with Sandbox(check=check, limits=Limits(max_concurrency=1, identify_window_s=1e-6)) as running:
        yield running


def crowd(town: Town, count: int) -> None:
    """Members beside alice, bob and the bot, named x000 and so on; nick of the first: Zoe."""
    world = town.sandbox.stage.world
    for number in range(count):
        user = User(str(10_000_000 + number), f"x{number:03}")
        world.add_user(user)
        nick = "Zoe" if number == 0 else None
        world.add_member(world.guilds[town.guild_id], Member(user.id, "2026-01-01T00:00:00+00:00", [], nick))


async def asking(dial: Dial, town: Town, intents: int) -> Line:
    line = await dial()
    await line.identify(town.application.token, intents)
    await line.until("GUILD_CREATE")
    return line


async def answered(line: Line, **asked: Any) -> tuple[list[str], dict[str, Any]]:
    await line.say(8, asked)
    data, before = await line.until("GUILD_MEMBERS_CHUNK")
    assert before == []
    return [one["user"]["username"] for one in data["members"]], data


async def test_all_members_come_in_chunks_of_a_thousand_once_in_thirty_seconds(
    dial: Dial, town: Town
) -> None:
    crowd(town, 2000)
    line = await asking(dial, town, GUILDS | MEMBERS)
    whole = {"guild_id": town.guild_id, "query": "", "limit": 0, "nonce": "mine"}
    await line.say(8, whole)
    chunks = [(await line.until("GUILD_MEMBERS_CHUNK"))[0] for _ in range(3)]
    assert [len(one["members"]) for one in chunks] == [1000, 1000, 3]
    assert [(one["chunk_index"], one["chunk_count"], one["nonce"]) for one in chunks] == [
        (index, 3, "mine") for index in range(3)
    ]
    town.sandbox.clock.advance(10)
    await line.say(8, whole)
    refused, _ = await line.until("RATE_LIMITED")
    assert refused["opcode"] == 8
    assert refused["retry_after"] == pytest.approx(20, abs=1)
    assert refused["meta"] == {"guild_id": town.guild_id, "nonce": "mine"}
    town.sandbox.clock.advance(20)
    assert len((await answered(line, **whole))[0]) == 1000


async def test_members_are_found_by_the_beginning_of_a_name_or_by_id(dial: Dial, town: Town) -> None:
    crowd(town, 150)
    line = await asking(dial, town, GUILDS)
    guild = {"guild_id": int(town.guild_id)}
    assert (await answered(line, **guild, query="ALI", limit=5))[0] == ["alice"]
    assert (await answered(line, **guild, query="zo", limit=5))[0] == ["x000"]
    assert len((await answered(line, **guild, query="x", limit=7))[0]) == 7
    assert len((await answered(line, **guild, query="x", limit=500))[0]) == 100
    names, data = await answered(line, **guild, user_ids=[int(town.bob.id), "42"], nonce="n" * 33)
    assert names == ["bob"]
    assert data["not_found"] == ["42"]
    assert "nonce" not in data
    assert (await answered(line, **guild, user_ids=town.alice.id))[0] == ["alice"]


async def test_what_needs_an_intent_is_not_answered_without_it(dial: Dial, town: Town) -> None:
    for intents, shown in ((GUILDS, False), (GUILDS | PRESENCES, True)):
        line = await asking(dial, town, intents)
        await line.say(8, {"guild_id": town.guild_id, "query": "", "limit": 0})
        await line.say(8, {"guild_id": "1", "query": "", "limit": 1})
        # The first answer is the one to the third question.
        _, data = await answered(line, guild_id=town.guild_id, query="bob", limit=1, presences=True)
        assert ("presences" in data) is shown


async def test_a_guild_brings_its_members_only_with_their_presences_and_while_it_is_small(
    dial: Dial, town: Town
) -> None:
    crowd(town, 57)
    for intents, threshold, count in (
        (GUILDS | MEMBERS, 250, 1),
        (GUILDS | PRESENCES, 250, 60),
        (GUILDS | PRESENCES, 50, 1),
    ):
        line = await dial()
        await line.identify(town.application.token, intents, large_threshold=threshold)
        guild, _ = await line.until("GUILD_CREATE")
        assert (len(guild["members"]), guild["member_count"]) == (count, 60)
