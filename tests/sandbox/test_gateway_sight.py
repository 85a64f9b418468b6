"""Who hears of channels that come into sight or leave it."""

import pytest

from bot.sandbox.permissions import Permission
from bot.sandbox.scenario import Json
from tests.sandbox.conftest import Town
from tests.sandbox.line import GUILDS, Dial, Line

VIEW = str(int(Permission.VIEW_CHANNEL))


@pytest.fixture
async def secret(town: Town) -> Json:
    """A channel that only those with the role `readers` see, and a thread in it."""
    role = await town.alice.request(
        "POST", f"/guilds/{town.guild_id}/roles", {"name": "readers", "permissions": "0"}
    )
    channel = await town.alice.request(
        "POST",
        f"/guilds/{town.guild_id}/channels",
        {
            "name": "secret",
            "permission_overwrites": [
                {"id": town.guild_id, "type": 0, "allow": "0", "deny": VIEW},
                {"id": role["id"], "type": 0, "allow": VIEW, "deny": "0"},
            ],
        },
    )
    thread = await town.alice.request(
        "POST", f"/channels/{channel['id']}/threads", {"name": "within", "type": 11}
    )
    return {"role": role["id"], "channel": channel["id"], "thread": thread["id"]}


async def opened(dial: Dial, token: str) -> Line:
    line = await dial()
    await line.identify(token, GUILDS)
    return line


async def told(line: Line, town: Town) -> list[tuple[str, Json]]:
    """What a line hears until the end that a new channel of alice marks."""
    mark = await town.alice.create_channel(town.guild_id, "mark")
    heard: list[tuple[str, Json]] = []
    while True:
        payload = await line.hear()
        if payload["t"] == "CHANNEL_CREATE" and payload["d"]["id"] == mark["id"]:
            return heard
        if payload["t"].startswith(("CHANNEL", "THREAD")):
            heard.append((payload["t"], payload["d"]))


def names(heard: list[tuple[str, Json]]) -> list[tuple[str, str]]:
    return [(event, data.get("id") or data["channel_ids"][0]) for event, data in heard]


async def test_a_person_gains_and_loses_channels_with_a_role(dial: Dial, town: Town, secret: Json) -> None:
    bob = await opened(dial, town.bob.token)
    path = f"/guilds/{town.guild_id}/members/{town.bob.id}/roles/{secret['role']}"
    await town.alice.request("PUT", path)
    heard = await told(bob, town)
    assert names(heard) == [("CHANNEL_CREATE", secret["channel"]), ("THREAD_LIST_SYNC", secret["channel"])]
    synced = heard[1][1]
    assert [one["id"] for one in synced["threads"]] == [secret["thread"]]
    assert (synced["guild_id"], synced["members"]) == (town.guild_id, [])
    await town.alice.request("DELETE", path)
    assert names(await told(bob, town)) == [("CHANNEL_DELETE", secret["channel"])]


async def test_a_changed_role_and_a_changed_overwrite_do_the_same(
    dial: Dial, town: Town, secret: Json
) -> None:
    bob = await opened(dial, town.bob.token)
    overwrite = f"/channels/{secret['channel']}/permissions/{town.bob.id}"
    await town.alice.request("PUT", overwrite, {"type": 1, "allow": VIEW, "deny": "0"})
    assert names(await told(bob, town))[:2] == [
        ("CHANNEL_CREATE", secret["channel"]),
        ("THREAD_LIST_SYNC", secret["channel"]),
    ]
    await town.alice.request("DELETE", overwrite)
    assert names(await told(bob, town)) == [("CHANNEL_DELETE", secret["channel"])]
    everyone = f"/guilds/{town.guild_id}/roles/{town.guild_id}"
    await town.alice.request("PATCH", everyone, {"permissions": "0"})
    await town.alice.request("PATCH", everyone, {"permissions": VIEW})
    heard = names(await told(bob, town))
    assert ("CHANNEL_DELETE", town.channel_id) in heard
    assert ("CHANNEL_CREATE", town.channel_id) in heard
    assert secret["channel"] not in {one for _, one in heard}


async def test_what_a_person_never_saw_is_not_told_when_it_changes_or_goes(
    dial: Dial, town: Town, secret: Json
) -> None:
    bob = await opened(dial, town.bob.token)
    await town.alice.request("PATCH", f"/channels/{secret['channel']}", {"topic": "hidden"})
    await town.alice.request("DELETE", f"/channels/{secret['channel']}")
    assert await told(bob, town) == []


async def test_a_bot_keeps_all_channels_and_hears_the_threads_of_those_that_it_gains(
    dial: Dial, town: Town, secret: Json
) -> None:
    bot = await dial()
    await bot.identify(town.application.token, GUILDS)
    guild, _ = await bot.until("GUILD_CREATE")
    assert secret["channel"] in {one["id"] for one in guild["channels"]}
    assert guild["threads"] == []
    path = f"/guilds/{town.guild_id}/members/{town.application.id}/roles/{secret['role']}"
    await town.alice.request("PUT", path)
    await town.alice.request("DELETE", path)
    assert names(await told(bot, town)) == [("THREAD_LIST_SYNC", secret["channel"])]
