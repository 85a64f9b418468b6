"""Requests that fail on order: as Discord's own servers, its edge, its limits and the line fail."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.faults import Cut, Edge, Failure, Hang, Limited, Meanwhile, SlowBody, Status
from bot.sandbox.permissions import Permission
from bot.sandbox.scenario import Json, Refused
from tests.sandbox.conftest import StartBot, Town
from tests.sandbox.line import Dial

MESSAGES = "/channels/*/messages"
BEFORE_AND_AFTER = [("before", 0), ("after", 1)]


class Caller:
    """The town's bot, without a library."""

    def __init__(self, town: Town, http: aiohttp.ClientSession) -> None:
        self.town = town
        self.http = http

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bot {self.town.application.token}"}
        return self.http.request(method, self.town.sandbox.api_url + path, json=body, headers=headers)

    def send(self, text: str = "hello") -> Any:
        return self.ask("POST", f"/channels/{self.town.channel_id}/messages", {"content": text})

    async def status(self, method: str, path: str, body: Any = None) -> tuple[int, int | None]:
        """The status and, where there is one, the code of an answer."""
        async with self.ask(method, path, body) as answer:
            told = await answer.json() if answer.status != 204 else {}
            return answer.status, told.get("code") if isinstance(told, dict) else None


@pytest.fixture
async def caller(town: Town) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as http:
        yield Caller(town, http)


async def written(town: Town) -> list[str]:
    return [one["content"] for one in await town.alice.messages(town.channel_id)]


# What is answered


@pytest.mark.parametrize(("when", "made"), BEFORE_AND_AFTER)
async def test_each_failure_has_its_own_answer_before_the_deed_and_after_it(
    town: Town, caller: Caller, when: Any, made: int
) -> None:
    named: list[tuple[Failure, int, str, str]] = [
        (Status(500), 500, "application/json", '{"message":"500: Internal Server Error","code":0}'),
        (Status(503), 503, "application/json", '{"message":"503: Service Unavailable","code":0}'),
        (Status(401), 401, "application/json", '{"message":"401: Unauthorized","code":0}'),
        (Edge(502), 502, "text/html; charset=UTF-8", "<title>502 Bad Gateway</title>"),
        (Edge(429), 429, "application/json", "being blocked from accessing our API temporarily"),
        (Edge(524), 524, "text/html; charset=UTF-8", "<title>524 A Timeout Occurred</title>"),
    ]
    for failure, status, kind, text in named:
        town.sandbox.faults.next("POST", MESSAGES, failure, when)
        async with caller.send() as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (status, kind)
            assert text in await answer.text()
            # The edge knows nothing of buckets.
            assert ("X-RateLimit-Bucket" in answer.headers) == isinstance(failure, Status)
    assert len(await written(town)) == made * len(named)
    town.sandbox.clock.advance(5)
    async with caller.send("works again") as answer:
        assert answer.status == 200
    met = town.sandbox.done("request fault", channel_id=town.channel_id)
    assert len(met) == len(named)
    assert met[0].detail == (f"POST /channels/{{channel_id}}/messages {when}: Status(status=500)")


@pytest.mark.parametrize(
    ("scope", "wait", "subject", "counted"),
    [("user", 1.5, "You are", 1), ("shared", 3600.0, "The resource is", 0), ("global", 0.25, "You are", 1)],
)
async def test_a_429_on_order_is_like_a_real_one_of_its_scope(
    town: Town, caller: Caller, scope: Any, wait: float, subject: str, counted: int
) -> None:
    town.sandbox.faults.next("POST", MESSAGES, Limited(scope, wait))
    async with caller.send() as answer:
        body = await answer.json()
        headers = answer.headers
        assert answer.status == 429
    whole = scope == "global"
    assert body == {"message": f"{subject} being rate limited.", "retry_after": wait, "global": whole}
    assert headers["X-RateLimit-Scope"] == scope
    assert headers["Via"]
    assert int(headers["Retry-After"]) >= wait
    assert ("X-RateLimit-Global" in headers) == whole
    assert headers["X-RateLimit-Remaining"] == "0"
    assert town.sandbox.limiter.invalid.total() == counted
    assert await written(town) == []


@pytest.mark.parametrize(("when", "made"), BEFORE_AND_AFTER)
async def test_a_cut_line_says_nothing(town: Town, caller: Caller, when: Any, made: int) -> None:
    town.sandbox.faults.next("POST", MESSAGES, Cut(), when)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await caller.send()
    assert len(await written(town)) == made


async def test_a_client_of_aiohttp_asks_once_more_where_that_is_harmless(town: Town, caller: Caller) -> None:
    here = f"/channels/{town.channel_id}"
    town.sandbox.faults.next("GET", here, Cut())
    assert await caller.status("GET", here) == (200, None)
    town.sandbox.faults.next("GET", here, Cut(), times=2)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await caller.status("GET", here)


async def test_a_slow_body_sends_its_headers_at_once(town: Town, caller: Caller) -> None:
    town.sandbox.faults.next("POST", MESSAGES, SlowBody(0.2))
    begun = time.monotonic()
    async with caller.send("slowly") as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        first = time.monotonic() - begun
        assert (await answer.json())["content"] == "slowly"
    assert first < 0.15 < time.monotonic() - begun
    # There may be no body to be slow with.
    town.sandbox.faults.next("POST", "/channels/*/typing", SlowBody(0.01))
    assert await caller.status("POST", f"/channels/{town.channel_id}/typing") == (204, None)


async def test_who_hangs_is_cut_in_the_end_and_at_once_when_the_sandbox_closes() -> None:
    async with aiohttp.ClientSession() as http:
        async with Sandbox() as sandbox:
            route = f"{sandbox.api_url}/auth/register"
            sandbox.faults.next("POST", "/auth/*", Hang(0.05))
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await http.post(route)
            sandbox.faults.next("POST", "/auth/*", Hang())
            hanging = asyncio.create_task(http.post(route))
            while sandbox.faults.waiting:
                await asyncio.sleep(0)
            begun = time.monotonic()
        assert time.monotonic() - begun < 0.9
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await hanging


# Whom it meets


async def test_orders_meet_bots_alone_unless_told_otherwise(town: Town, caller: Caller) -> None:
    faults = town.sandbox.faults
    faults.next("*", "/channels/*", Status(500))
    await town.bob.say("people go on")
    async with caller.send() as answer:
        assert answer.status == 500
    faults.next("POST", MESSAGES, Status(500), whose=town.bob.id)
    await town.alice.say("so does alice")
    with pytest.raises(Refused, match="500"):
        await town.bob.say("not bob")
    faults.next("POST", MESSAGES, Status(500), whose="everyone", times=2)
    with pytest.raises(Refused, match="500"):
        await town.alice.say("nobody")
    assert [one.portion.met for one in faults.waiting] == [1]
    faults.clear()
    await town.alice.say("all is well")


async def test_a_glob_is_held_against_template_and_path_and_the_first_order_is_served_first(
    town: Town, caller: Caller
) -> None:
    faults = town.sandbox.faults
    here = f"/channels/{town.channel_id}"
    faults.next("GET", "/channels/1/*", Status(500))
    faults.next("GET", "/channels/{channel_id}", Status(502))
    second = faults.next("GET", here, Status(503))
    assert [await caller.status("GET", here) for _ in range(2)] == [(502, 0), (503, 0)]
    assert [one.failure for one in faults.waiting] == [Status(500)]
    assert not faults.lift(second.number)
    assert faults.lift(faults.waiting[0].number)
    assert faults.waiting == []


async def test_a_share_of_requests_fails_for_a_span_of_the_clock_and_the_same_ones_by_the_same_seed(
    town: Town, caller: Caller
) -> None:
    town.sandbox.limiter.limits = type(town.sandbox.limiter.limits).off()
    faults = town.sandbox.faults

    async def fates() -> list[int]:
        faults.some("GET", "/channels/*", Status(500), share=0.3, seed=4, for_s=3600)
        met = [(await caller.status("GET", f"/channels/{town.channel_id}"))[0] for _ in range(60)]
        town.sandbox.clock.advance(3600)
        return met

    first = await fates()
    assert 9 <= first.count(500) <= 27
    assert faults.waiting == []
    assert (await caller.status("GET", f"/channels/{town.channel_id}"))[0] == 200
    assert await fates() == first


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Status(200),
        lambda: Status(429),
        lambda: Edge(600),
        lambda: Hang(-1),
        lambda: SlowBody(float("nan")),
        lambda: Limited("user", -1),
    ],
)
def test_what_no_failure_can_be_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError):
        wrong()


# discord.py


async def test_discord_py_repeats_a_502_after_the_message_was_made_and_one_message_stands(
    town: Town, start_bot: StartBot
) -> None:
    bot = await start_bot()
    channel = bot.get_partial_messageable(int(town.channel_id))
    # The edge's page of HTML and Discord's own answer are repeated alike, each after a second.
    town.sandbox.faults.next("POST", MESSAGES, Edge(502), when="after")
    message = await channel.send("once")
    assert [one["id"] for one in await town.alice.messages(town.channel_id)] == [str(message.id)]
    assert len(town.sandbox.done("message created", channel_id=town.channel_id)) == 1


async def test_discord_py_repeats_neither_a_503_nor_a_cut_and_a_dead_token_is_an_exception(
    town: Town, start_bot: StartBot
) -> None:
    bot = await start_bot()
    channel = bot.get_partial_messageable(int(town.channel_id))
    for failure, error in (
        (Status(503), discord.DiscordServerError),
        (Edge(503), discord.DiscordServerError),
        (Cut(), aiohttp.ServerDisconnectedError),
        (Status(401), discord.HTTPException),
        # A 429 without `Via` is a ban.
        (Edge(429), discord.HTTPException),
    ):
        town.sandbox.faults.next("POST", MESSAGES, failure, when="after")
        with pytest.raises(error):
            await channel.send(str(failure))
        town.sandbox.clock.advance(5)
    assert len(await written(town)) == 5
    assert town.sandbox.limiter.invalid == {"401 POST /channels/{channel_id}/messages": 1}


async def test_discord_py_waits_for_a_429_and_gives_up_on_an_hour_where_it_was_told_to(
    town: Town, start_bot: StartBot
) -> None:
    bot = await start_bot()
    channel = bot.get_partial_messageable(int(town.channel_id))
    town.sandbox.faults.next("POST", MESSAGES, Limited("user", 0.1))
    await channel.send("a little later")
    bot.http.max_ratelimit_timeout = 30
    town.sandbox.faults.next("POST", MESSAGES, Limited("shared", 3600))
    with pytest.raises(discord.RateLimited) as no:
        await channel.send("not within the hour")
    assert no.value.retry_after == 3600
    assert await written(town) == ["a little later"]


# Deeds


async def test_what_happens_just_before_a_handler_is_what_it_finds(town: Town, caller: Caller) -> None:
    sandbox, deeds = town.sandbox, town.sandbox.deeds
    here = f"/channels/{town.channel_id}"
    message = await town.alice.say("still there")
    path = f"{here}/messages/{message['id']}/reactions/👍/@me"
    cases: list[tuple[Any, str, str, tuple[int, int]]] = [
        (lambda: deeds.delete_message(message["id"]), "PUT", path, (404, 10008)),
        (
            lambda: deeds.take_permission(town.channel_id, Permission.SEND_MESSAGES),
            "POST",
            f"{here}/messages",
            (403, 50013),
        ),
        (lambda: deeds.kick_bot(town.guild_id), "GET", here, (403, 50001)),
        (lambda: deeds.delete_channel(town.channel_id), "GET", here, (404, 10003)),
        (lambda: deeds.delete_guild(town.guild_id), "GET", f"/guilds/{town.guild_id}", (404, 10004)),
    ]
    for deed, method, route, refused in cases:
        sandbox.faults.next("*", "*", Meanwhile(deed))
        assert await caller.status(method, route, {"content": "x"} if method == "POST" else None) == refused
    assert len(sandbox.done("deed meanwhile")) == len(cases)


async def test_what_happens_just_after_a_handler_meets_what_it_made(town: Town, start_bot: StartBot) -> None:
    bot = await start_bot()
    sandbox = town.sandbox

    def delete_the_newest() -> None:
        sandbox.deeds.delete_message(sandbox.done("message created")[-1].message_id or "")

    sandbox.faults.next("POST", MESSAGES, Meanwhile(delete_the_newest), when="after")
    # A failure beside it meets the same request.
    message = await bot.get_partial_messageable(int(town.channel_id)).send("gone at once")
    assert (await bot.wait_heard("raw_message_delete")).message_id == message.id
    with pytest.raises(discord.NotFound):
        await message.edit(content="too late")


async def test_a_deed_in_vain_and_one_that_breaks_disturb_nobody(
    town: Town, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    town.sandbox.faults.next("POST", MESSAGES, Meanwhile(lambda: town.sandbox.deeds.delete_message("1")))
    town.sandbox.faults.next("POST", MESSAGES, Meanwhile(broken))
    async with caller.send() as answer:
        assert answer.status == 200
    assert "10008" in town.sandbox.done("deed in vain")[0].detail
    assert "ZeroDivisionError" in caplog.text


async def test_deeds_are_an_owners_with_all_that_follows(town: Town, dial: Dial) -> None:
    deeds, token = town.sandbox.deeds, town.application.token
    line = await dial()
    await line.identify(token, 1 | 1 << 9)
    message = await town.bob.say("a word")
    thread = await town.bob.start_thread(message, "doubts")

    async def heard(name: str) -> Json:
        data, _ = await line.until(name)
        return data

    deeds.delete_message(message["id"])
    assert (await heard("MESSAGE_DELETE"))["id"] == message["id"]
    deeds.delete_channel(thread["id"])
    assert (await heard("THREAD_DELETE"))["id"] == thread["id"]
    deeds.take_permission(town.channel_id, Permission.SEND_MESSAGES)
    [denied] = (await heard("CHANNEL_UPDATE"))["permission_overwrites"]
    assert (denied["id"], denied["deny"]) == (town.application.id, str(int(Permission.SEND_MESSAGES)))
    deeds.take_permission(town.guild_id, Permission.EMBED_LINKS)
    access, world = town.sandbox.stage.access, town.sandbox.stage.world
    assert not access.in_guild(town.application.id, town.guild_id) & Permission.EMBED_LINKS
    assert (await heard("GUILD_ROLE_UPDATE"))["guild_id"] == town.guild_id
    deeds.kick_bot(town.guild_id)
    assert await heard("GUILD_DELETE") == {"id": town.guild_id}
    deeds.delete_guild(town.guild_id)
    assert town.guild_id not in world.guilds
    assert {one.actor_id for one in town.sandbox.done("message deleted")} == {town.alice.id}
