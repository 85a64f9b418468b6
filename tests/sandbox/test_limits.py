"""How often one may ask: buckets and their headers, the global limit, invalid requests and the ban."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.limits import Asker, Limits
from bot.sandbox.limits.families import FAMILIES, SUB_LIMITS
from bot.sandbox.routes.table import ROUTES
from bot.sandbox.scenario import Json, Person
from tests.discord_document import Check
from tests.sandbox.conftest import StartBot, Town

_HEADERS = ("Bucket", "Limit", "Remaining", "Reset", "Reset-After")


@pytest.fixture
async def sandbox(check: Check | None) -> AsyncIterator[Sandbox]:
    """Discord's own limits, unlike in other tests."""
    async with Sandbox(check=check) as running:
        yield running
        assert not running.violations, "\n".join(running.violations)


@dataclass(frozen=True)
class Answered:
    """An answer, with the headers that tell of limits."""

    status: int
    body: Any
    headers: dict[str, str]

    def told(self, name: str) -> str:
        return self.headers[f"X-RateLimit-{name}"]

    @property
    def remaining(self) -> int:
        return int(self.told("Remaining"))


class Asking:
    """Plain HTTP with a token, or with none."""

    def __init__(self, sandbox: Sandbox, http: aiohttp.ClientSession, authorization: str | None) -> None:
        self._sandbox = sandbox
        self._http = http
        self._headers = {} if authorization is None else {"Authorization": authorization}

    async def __call__(self, method: str, path: str, body: Json | None = None) -> Answered:
        url = self._sandbox.api_url + path
        async with self._http.request(method, url, json=body, headers=self._headers) as answer:
            text = await answer.read()
            return Answered(answer.status, await answer.json() if text else None, dict(answer.headers))

    async def times(self, count: int, method: str, path: str, body: Json | None = None) -> list[Answered]:
        return [await self(method, path, body) for _ in range(count)]


@dataclass(frozen=True)
class Askers:
    """The bot, alice's own client, and requests with no token and with one that is dead."""

    bot: Asking
    alice: Asking
    nobody: Asking
    dead: Asking
    with_token: Callable[[str | None], Asking]


@pytest.fixture
async def ask(town: Town) -> AsyncIterator[Askers]:
    async with aiohttp.ClientSession() as http:

        def asking(authorization: str | None) -> Asking:
            return Asking(town.sandbox, http, authorization)

        yield Askers(
            asking(f"Bot {town.application.token}"),
            asking(town.alice.token),
            asking(None),
            asking("Bot dead"),
            asking,
        )


def test_every_limited_route_is_there_and_in_one_bucket() -> None:
    there = {f"{route.method} {route.template}" for route in ROUTES}
    limited = [route for family in FAMILIES for route in family.routes]
    assert set(limited) <= there
    assert {route for part in SUB_LIMITS for route in part.routes} <= there
    assert len(limited) == len(set(limited))
    names = [one.name for one in (*FAMILIES, *SUB_LIMITS)]
    assert len(names) == len(set(names))


async def test_a_bucket_counts_down_refuses_and_opens_again_with_its_window(town: Town, ask: Askers) -> None:
    path = f"/channels/{town.channel_id}/messages"
    answers = await ask.bot.times(5, "POST", path, {"content": "Hello"})
    assert [(one.status, one.remaining) for one in answers] == [(200, left) for left in (4, 3, 2, 1, 0)]
    assert len({one.told("Bucket") for one in answers}) == 1
    assert {one.told("Limit") for one in answers} == {"5"}
    last = answers[-1]
    now = town.sandbox.clock.now().timestamp()
    assert 0 < float(last.told("Reset-After")) <= 5
    assert float(last.told("Reset")) == pytest.approx(now + float(last.told("Reset-After")), abs=0.5)
    assert "Via" not in last.headers

    refused = await ask.bot("POST", path, {"content": "Hello"})
    wait = refused.body["retry_after"]
    assert refused.status == 429
    assert refused.body == {"message": "You are being rate limited.", "retry_after": wait, "global": False}
    assert 0 < wait <= 5
    assert (refused.remaining, refused.told("Scope")) == (0, "user")
    assert float(refused.told("Reset-After")) == wait
    assert wait <= int(refused.headers["Retry-After"]) < wait + 1
    assert refused.headers["Via"]
    assert "X-RateLimit-Global" not in refused.headers
    assert refused.headers["Content-Type"] == "application/json"

    town.sandbox.clock.advance(wait)
    again = await ask.bot("POST", path, {"content": "Hello"})
    assert (again.status, again.remaining) == (200, 4)
    assert len(await town.bob.messages(town.channel_id)) == 6


async def test_buckets_are_one_for_a_family_and_apart_for_each_channel(town: Town, ask: Askers) -> None:
    other = await town.alice.create_channel(town.guild_id, "other")
    message = (await ask.bot("POST", f"/channels/{town.channel_id}/messages", {"content": "1"})).body
    elsewhere = await ask.bot("POST", f"/channels/{other['id']}/messages", {"content": "2"})
    assert elsewhere.remaining == 4
    reactions = f"/channels/{town.channel_id}/messages/{message['id']}/reactions"
    added = await ask.bot("PUT", f"{reactions}/%F0%9F%91%8D/@me")
    assert (added.status, added.told("Limit"), added.remaining) == (204, "1", 0)
    taken = await ask.bot("DELETE", f"{reactions}/%F0%9F%91%8D/@me")
    assert (taken.status, taken.told("Bucket")) == (429, added.told("Bucket"))
    assert taken.body["retry_after"] <= 0.25
    assert added.told("Bucket") != elsewhere.told("Bucket")
    message = elsewhere.body
    path = f"/channels/{other['id']}/messages/{message['id']}/reactions/%F0%9F%91%8D/@me"
    assert (await ask.bot("PUT", path)).status == 204
    # Another bot has buckets of its own, in the same channel.
    second = await town.alice.create_application("Second")
    await town.alice.install(second, town.guild_id, 8)
    await ask.bot.times(5, "POST", f"/channels/{other['id']}/messages", {"content": "3"})
    assert (await ask.bot("POST", f"/channels/{other['id']}/messages", {"content": "3"})).status == 429
    own = await ask.with_token(f"Bot {second.token}")(
        "POST", f"/channels/{other['id']}/messages", {"content": "4"}
    )
    assert (own.status, own.remaining) == (200, 4)
    # Refusals are counted too, and tell what is left.
    denied = await ask.bot("DELETE", f"/channels/{other['id']}/messages/1")
    assert (denied.status, denied.remaining) == (404, 4)


@pytest.mark.parametrize("name", ["gateway_sends", "global_per_s", "identifies_a_day", "max_concurrency"])
def test_a_limit_of_nothing_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} has to be 1 or more"):
        Limits(**{name: 0})


async def test_a_route_of_no_family_has_a_bucket_of_its_own(town: Town, ask: Askers) -> None:
    answers = await ask.bot.times(11, "GET", "/users/@me")
    assert [one.status for one in answers] == [200] * 10 + [429]
    assert (answers[0].told("Limit"), answers[0].remaining) == ("10", 9)
    other = await ask.bot("GET", "/applications/@me")
    assert other.told("Bucket") != answers[0].told("Bucket")


async def test_all_routes_together_have_the_global_limit(town: Town, ask: Askers) -> None:
    answers = await asyncio.gather(*[ask.bot("GET", f"/channels/{number}") for number in range(51)])
    refused = [one for one in answers if one.status == 429]
    # A slow machine may have seen the second end in between.
    if not refused:
        answers = await asyncio.gather(*[ask.bot("GET", f"/channels/{number}") for number in range(100, 170)])
        refused = [one for one in answers if one.status == 429]
    one = refused[0]
    assert one.body["global"] is True
    assert one.body["message"] == "You are being rate limited."
    assert 0 < one.body["retry_after"] <= 1
    assert (one.told("Scope"), one.told("Global"), one.headers["Retry-After"]) == ("global", "true", "1")
    assert one.headers["Via"]
    assert not [name for name in _HEADERS if f"X-RateLimit-{name}" in one.headers]
    town.sandbox.clock.advance(1)
    assert (await ask.bot("GET", "/users/@me")).status == 200


async def test_interactions_are_beyond_the_global_limit(town: Town, ask: Askers) -> None:
    town.sandbox.limiter.limits = Limits(global_per_s=1)
    await ask.bot("GET", "/users/@me")
    assert (await ask.bot("GET", "/users/@me")).status == 429
    callback = await ask.nobody("POST", "/interactions/1/none/callback", {"type": 5})
    assert (callback.status, callback.body["code"]) == (404, 10062)
    hook = await ask.nobody("POST", f"/webhooks/{town.application.id}/none", {"content": "Hello"})
    assert hook.status != 429
    assert (hook.told("Limit"), hook.remaining) == ("5", 4)


async def test_an_interactions_webhook_is_limited_for_itself(town: Town, ask: Askers) -> None:
    path = f"/webhooks/{town.application.id}/one"
    answers = await ask.nobody.times(6, "POST", path, {"content": "Hello"})
    assert [one.status == 429 for one in answers] == [False] * 5 + [True]
    assert answers[-1].told("Scope") == "user"
    assert (await ask.nobody("PATCH", f"{path}/messages/@original", {"content": "x"})).status == 429
    assert (await ask.nobody("POST", f"/webhooks/{town.application.id}/two", {})).status != 429


async def test_people_are_neither_limited_nor_told(town: Town, ask: Askers) -> None:
    path = f"/channels/{town.channel_id}/messages"
    answers = await ask.alice.times(60, "POST", path, {"content": "Hello"})
    assert {one.status for one in answers} == {200}
    assert not [name for one in answers for name in one.headers if name.startswith("X-RateLimit")]
    assert (await ask.alice("GET", "/guilds/1")).status in (403, 404)
    assert not town.sandbox.limiter.invalid

    town.sandbox.limiter.limits = Limits(people=True)
    answers = await ask.alice.times(6, "POST", path, {"content": "Hello"})
    assert [one.status for one in answers] == [200] * 5 + [429]


async def test_a_limit_of_the_resource_is_met_by_all_and_does_not_count_as_invalid(
    town: Town, ask: Askers
) -> None:
    announcements = await town.alice.create_channel(town.guild_id, "announcements", type=5)
    sent = await town.alice.say("Hear, hear", in_=announcements["id"])
    path = f"/channels/{announcements['id']}/messages/{sent['id']}/crosspost"
    # Also the refused ones use up the channel's ten: it is published already, and the bot may not.
    statuses = [one.status for one in await ask.alice.times(4, "POST", path)]
    answers = await ask.bot.times(7, "POST", path)
    assert statuses == [200, 400, 400, 400]
    assert [one.status == 429 for one in answers] == [False] * 6 + [True]
    refused = answers[-1]
    assert refused.body["message"] == "The resource is being rate limited."
    assert refused.told("Scope") == "shared"
    assert 3590 < refused.body["retry_after"] <= 3600
    assert not [line for line in town.sandbox.limiter.invalid if line.startswith("429")]


async def test_sub_limits_are_met_without_warning(town: Town, ask: Askers) -> None:
    clock = town.sandbox.clock
    messages = f"/channels/{town.channel_id}/messages"

    # Old messages, an hour and two weeks after they were sent.
    mine = (await ask.bot("POST", messages, {"content": "Mine"})).body["id"]
    clock.advance(3601)
    answers = await ask.bot.times(4, "PATCH", f"{messages}/{mine}", {"content": "Other"})
    refused = answers[-1]
    assert [one.status for one in answers] == [200, 200, 200, 429]
    assert refused.body["code"] == 30046
    assert (refused.told("Scope"), refused.remaining) == ("user", 1)
    assert 15 < refused.body["retry_after"] <= 20
    assert refused.body["retry_after"] > float(refused.told("Reset-After"))
    clock.advance(20)
    assert (await ask.bot("PATCH", f"{messages}/{mine}", {"content": "Other"})).status == 200

    # Published messages, three edits an hour, told in the channel's name.
    town.sandbox.stage.world.messages[mine].flags |= 1
    clock.advance(3600)
    answers = []
    for _ in range(4):
        answers.append(await ask.bot("PATCH", f"{messages}/{mine}", {"content": "Other"}))
        clock.advance(60)
    assert [one.status for one in answers] == [200, 200, 200, 429]
    assert (answers[-1].body["code"], answers[-1].told("Scope")) == (20022, "shared")
    assert town.sandbox.limiter.invalid == {"429 PATCH /channels/{channel_id}/messages/{message_id}": 1}


async def test_a_channel_is_renamed_twice_in_ten_minutes(town: Town, ask: Askers) -> None:
    await town.alice.request(
        "PUT",
        f"/channels/{town.channel_id}/permissions/{town.application.id}",
        {"type": 1, "allow": 1 << 4},
    )
    path = f"/channels/{town.channel_id}"
    for name in ("one", "two"):
        assert (await ask.bot("PATCH", path, {"name": name})).status == 200
    # Nothing new is no renaming, and the topic has two of its own.
    assert (await ask.bot("PATCH", path, {"name": "two", "topic": "News"})).status == 200
    refused = await ask.bot("PATCH", path, {"name": "three"})
    assert (refused.status, refused.told("Scope")) == (429, "shared")
    assert 590 < refused.body["retry_after"] <= 600
    assert refused.remaining == 1
    town.sandbox.clock.advance(600)
    assert (await ask.bot("PATCH", path, {"name": "three"})).status == 200
    assert (await ask.bot("PATCH", path, ["name"])).status == 400  # type: ignore[arg-type]


async def test_invalid_requests_are_counted_and_too_many_ban_the_address(town: Town, ask: Askers) -> None:
    sandbox, limiter = town.sandbox, town.sandbox.limiter
    private = await town.alice.create_channel(town.guild_id, "private")
    await town.alice.request(
        "PUT",
        f"/channels/{private['id']}/permissions/{town.application.id}",
        {"type": 1, "deny": 1 << 10},
    )
    assert (await ask.dead("GET", "/users/@me")).status == 401
    assert (await ask.nobody("GET", "/users/@me")).status == 401
    assert (await ask.bot("GET", f"/channels/{private['id']}")).status == 403
    assert (await ask.bot("GET", "/channels/1")).status == 404
    assert limiter.invalid == {"401 GET /users/@me": 1, "403 GET /channels/{channel_id}": 1}
    assert limiter.recently_invalid("127.0.0.1") == 2
    sandbox.clock.advance(600)
    assert limiter.recently_invalid("127.0.0.1") == 0

    limiter.limits = Limits(global_per_s=1000)
    last = limiter.limits.invalid_at_most - 1
    for _ in range(last):
        # The counting itself, without ten thousand requests.
        limiter.answered(Asker(town.application.id, True, "127.0.0.1"), "GET", "/users/@me", 401)
    assert limiter.recently_invalid("127.0.0.1") == last
    assert (await ask.bot("GET", "/users/@me")).status == 200
    assert (await ask.dead("GET", "/users/@me")).status == 401
    refused = await ask.bot("GET", "/users/@me")
    assert refused.status == 429
    assert "blocked from accessing our API" in refused.body["message"]
    assert not {"Via", "Retry-After", "X-RateLimit-Scope"} & refused.headers.keys()
    assert (await ask.alice("GET", "/users/@me")).status == 200
    sandbox.clock.advance(limiter.limits.ban_s)
    assert (await ask.bot("GET", "/users/@me")).status == 200


async def test_switched_off_limits_keep_headers_and_the_count_of_invalid_requests() -> None:
    async with (
        Sandbox(limits=Limits.off()) as sandbox,
        await Person.register(sandbox.url, "alice") as alice,
        aiohttp.ClientSession() as http,
    ):
        guild = await alice.create_guild("Town")
        channel = await alice.create_channel(guild["id"], "news")
        application = await alice.create_application("Bot")
        await alice.install(application, guild["id"], 8)
        ask = Asking(sandbox, http, f"Bot {application.token}")
        answers = await ask.times(60, "POST", f"/channels/{channel['id']}/messages", {"content": "Hello"})
        assert {one.status for one in answers} == {200}
        assert min(one.remaining for one in answers) > 1000
        assert answers[0].told("Bucket")
        assert (await Asking(sandbox, http, "Bot dead")("GET", "/users/@me")).status == 401
        assert sandbox.limiter.invalid == {"401 GET /users/@me": 1}


async def test_what_is_over_is_forgotten(town: Town, ask: Askers) -> None:
    limiter = town.sandbox.limiter
    for channel in range(2, 22):
        await ask.bot("POST", f"/channels/{channel}/typing")
    assert len(limiter._windows) >= 20
    town.sandbox.clock.advance(61)
    await ask.bot("GET", "/users/@me")
    assert len(limiter._windows) <= 2


# discord.py


async def test_discord_py_keeps_to_the_headers_and_meets_no_refusal(town: Town, start_bot: StartBot) -> None:
    bot = await start_bot()
    channel = bot.get_partial_messageable(int(town.channel_id), guild_id=int(town.guild_id))
    town.sandbox.limiter.limits = Limits.off()
    sent = [await channel.send(str(number)) for number in range(12)]
    town.sandbox.limiter.limits = Limits()
    emoji = ["👍", "👎", "🔥", "🎉"]
    started = asyncio.get_running_loop().time()
    for one in emoji:
        await sent[0].add_reaction(one)
    # Four in turn wait out three windows of 0.25 s at least.
    assert asyncio.get_running_loop().time() - started >= 0.75
    message = await town.bob.message(town.channel_id, str(sent[0].id))
    assert [one["emoji"]["name"] for one in message["reactions"]] == emoji
    for one in sent:
        await one.delete()
    assert await town.bob.messages(town.channel_id) == []
    gone = [deed.message_id for deed in town.sandbox.journal if deed.action == "message deleted"]
    assert gone == [str(one.id) for one in sent]
    assert not town.sandbox.limiter.invalid


@pytest.mark.thorough
async def test_discord_py_raises_what_it_would_wait_an_hour_for_and_a_ban(
    town: Town, start_bot: StartBot
) -> None:
    announcements = await town.alice.create_channel(town.guild_id, "announcements", type=5)
    bot = await start_bot()
    bot.http.max_ratelimit_timeout = 30
    channel = bot.get_partial_messageable(int(announcements["id"]), guild_id=int(town.guild_id))
    town.sandbox.limiter.limits = Limits.off()
    messages = [await channel.send(str(number)) for number in range(11)]
    town.sandbox.limiter.limits = Limits()
    for message in messages[:10]:
        await message.publish()
    with pytest.raises(discord.RateLimited) as late:
        await messages[10].publish()
    assert late.value.retry_after == pytest.approx(3600, abs=30)
    assert not town.sandbox.limiter.invalid

    town.sandbox.limiter.limits = Limits(invalid_at_most=1)
    with pytest.raises(discord.Forbidden):
        await bot.http.delete_message(int(town.channel_id), int((await town.bob.say("x"))["id"]))
    with pytest.raises(discord.HTTPException, match="blocked") as banned:
        await bot.fetch_guild(int(town.guild_id))
    assert banned.value.status == 429
