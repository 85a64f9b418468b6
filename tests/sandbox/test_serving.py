"""Requests that no client should send, names that no file has, and what is forgotten once it is gone."""

import asyncio
import logging
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
import yarl

from bot.sandbox.faults import Hang, Status
from bot.sandbox.limits import Limits
from bot.sandbox.scenario import Json, Person, Refused
from tests.sandbox.conftest import Town


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_names_that_no_file_has_are_not_found(town: Town, http: aiohttp.ClientSession) -> None:
    for name, status in (
        ("app.js", 200),
        ("%00", 404),
        ("x" * 300, 404),
        ("..%2Fserver.py", 404),
        ("%2E", 404),
    ):
        address = yarl.URL(f"{town.sandbox.url}/page/{name}", encoded=True)
        async with http.get(address) as answer:
            assert answer.status == status, name


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
async def test_a_body_that_cannot_be_unpacked_is_no_json(
    town: Town, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, packed: str
) -> None:
    headers = {
        "Authorization": town.alice.token,
        "Content-Encoding": packed,
        "Content-Type": "application/json",
    }
    for _ in range(2):
        async with http.post(
            f"{town.sandbox.api_url}/guilds", data=b"no such thing", headers=headers
        ) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, 50109)
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_a_client_that_leaves_amid_its_body_is_no_failure(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    port = urlsplit(town.sandbox.url).port
    before = len(asyncio.all_tasks())
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /api/v10/guilds HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: {town.alice.token}\r\n"
    writer.write(f'{head}Content-Length: 100\r\n\r\n{{"name"'.encode())
    await writer.drain()
    # Another request is answered only after this one was begun.
    await town.alice.request("GET", "/users/@me")
    writer.close()
    await town.alice.request("GET", "/users/@me")
    async with asyncio.timeout(5):
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0.01)
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_a_hanging_answer_ends_with_its_client(town: Town, http: aiohttp.ClientSession) -> None:
    town.sandbox.faults.next("GET", "/users/@me", Hang(3600))
    before = len(asyncio.all_tasks())
    headers = {"Authorization": f"Bot {town.application.token}"}
    impatient = aiohttp.ClientTimeout(total=0.1)
    with pytest.raises(TimeoutError):
        await http.get(f"{town.sandbox.api_url}/users/@me", headers=headers, timeout=impatient)
    async with asyncio.timeout(3):
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0.01)


async def test_a_fault_is_used_up_only_by_what_would_be_carried_out(town: Town, bot: Person) -> None:
    sandbox = town.sandbox
    sandbox.limiter.limits = Limits()
    path = f"/channels/{town.channel_id}/threads"
    body = {"name": "Talk", "type": 11}
    for _ in range(50):
        await town.alice.request("POST", path, body)
    fault = sandbox.faults.next("POST", path, Status(500))
    with pytest.raises(Refused) as limited:
        await bot.request("POST", path, body)
    assert (limited.value.status, fault.portion.met) == (429, 0)
    sandbox.clock.advance(301)
    with pytest.raises(Refused) as failed:
        await bot.request("POST", path, body)
    assert (failed.value.status, fault.portion.met) == (500, 1)


async def test_a_webhook_of_a_guild_that_is_out_is_out_too(town: Town, bot: Person) -> None:
    hook = await town.alice.request("POST", f"/channels/{town.channel_id}/webhooks", {"name": "Wire"})
    address = f"/webhooks/{hook['id']}/{hook['token']}"
    await bot.request("POST", address, {"content": "before"})
    town.sandbox.faults.gateway.outage(town.guild_id)
    with pytest.raises(Refused) as no:
        await bot.request("POST", address, {"content": "amid"})
    assert no.value.status == 503


async def found(http: aiohttp.ClientSession, attachment: Json) -> int:
    async with http.get(attachment["url"]) as answer:
        return answer.status


async def test_a_file_stays_as_long_as_anything_names_it(town: Town, http: aiohttp.ClientSession) -> None:
    alice, held = town.alice, town.sandbox.stage.files
    wires = await alice.request("POST", f"/guilds/{town.guild_id}/channels", {"name": "wires", "type": 0})
    first = await alice.say(files={"a.txt": b"a", "b.txt": b"b"})
    kept, dropped = first["attachments"]
    forward = {"type": 1, "channel_id": town.channel_id, "message_id": first["id"]}
    path = f"/channels/{wires['id']}/messages"
    carrying = await alice.request("POST", path, {"message_reference": forward})
    address = f"/channels/{town.channel_id}/messages/{first['id']}"
    await alice.request("PATCH", address, {"attachments": [{"id": kept["id"]}]})
    assert [await found(http, one) for one in (kept, dropped)] == [200, 200]
    await alice.request("DELETE", f"{path}/{carrying['id']}")
    assert [await found(http, one) for one in (kept, dropped)] == [200, 404]
    # A channel takes what was in it along, and new files make room of those that nobody asks for.
    await alice.say("in the other one", in_=wires["id"], files={"c.txt": b"c"})
    await alice.delete_channel(wires["id"])
    await alice.delete(first)
    await alice.say(files={"d.txt": b"d"})
    assert len(held) == 1


async def test_what_is_deleted_or_over_is_forgotten(town: Town) -> None:
    stage, alice = town.sandbox.stage, town.alice
    before = (len(stage.archivals), list(stage.world.invites))
    room = await alice.request("POST", f"/guilds/{town.guild_id}/channels", {"name": "room", "type": 0})
    thread = await alice.request("POST", f"/channels/{room['id']}/threads", {"name": "Talk", "type": 11})
    timer = stage.archivals[thread["id"]]
    await alice.delete_channel(room["id"])
    assert not timer.waits
    await alice.request("POST", f"/channels/{town.channel_id}/invites", {"max_age": 60})
    town.sandbox.clock.advance(61)
    left = await alice.request("GET", f"/guilds/{town.guild_id}/invites")
    assert (len(stage.archivals), list(stage.world.invites)) == before
    assert [one["code"] for one in left] == before[1]


async def test_the_clock_refuses_to_go_beyond_discords_ids(town: Town, http: aiohttp.ClientSession) -> None:
    statuses = []
    for _ in range(6):
        async with http.post(f"{town.sandbox.url}/sandbox/clock", json={"advance_s": 315_360_000}) as answer:
            statuses.append(answer.status)
    assert statuses == [200] * 5 + [400]


async def test_what_tests_are_told_has_an_end(town: Town, http: aiohttp.ClientSession) -> None:
    for number in range(1001):
        await http.get(f"{town.sandbox.api_url}/no/{number}")
    assert (len(town.sandbox.unknown_routes), town.sandbox.unknown_routes[-1]) == (1000, "GET /no/1000")
    town.sandbox.unknown_routes.clear()
