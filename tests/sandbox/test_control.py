"""Steering from outside, under /sandbox: what the workbench and tests in other languages use."""

import random
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.scenario import Json, Refused
from tests.sandbox.conftest import Town
from tests.sandbox.line import Dial

MESSAGES = "/channels/*/messages"


class Steering:
    """Somebody at the control routes."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.http = http

    async def ask(self, method: str, path: str = "", body: Any = None, **query: str) -> tuple[int, Json]:
        url = f"{self.url}/sandbox{path}"
        async with self.http.request(method, url, json=body, params=query) as answer:
            return answer.status, await answer.json() if answer.status != 204 else {}


@pytest.fixture
async def steering(town: Town) -> AsyncIterator[Steering]:
    async with aiohttp.ClientSession() as http:
        yield Steering(town.sandbox.url, http)


async def test_the_overview_tells_where_all_is_and_what_was_wrong(town: Town, steering: Steering) -> None:
    await steering.http.get(f"{town.sandbox.api_url}/nothing")
    headers = {"Authorization": f"Bot {town.application.token}"}
    await steering.http.delete(f"{town.sandbox.api_url}/guilds/{town.guild_id}", headers=headers)
    status, told = await steering.ask("GET")
    assert status == 200
    assert (told["url"], told["api_url"]) == (town.sandbox.url, town.sandbox.api_url)
    assert told["unknown_routes"] == ["GET /nothing"]
    assert told["violations"] == []
    assert told["counts"]["unknown_routes"] == 1
    assert (told["counts"]["users"], told["counts"]["guilds"], told["counts"]["sessions"]) == (3, 1, 2)
    assert told["invalid_requests"] == {"403 DELETE /guilds/{guild_id}": 1}
    town.sandbox.unknown_routes.clear()
    town.sandbox.stage.world.prepared[town.alice.id] = "admin"
    assert (await steering.ask("GET", "/people"))[1]["people"] == [
        {"id": town.alice.id, "username": "alice", "token": town.alice.token, "role": "admin"}
    ]


@pytest.mark.parametrize(
    "failure",
    [
        {"kind": "status", "status": 500},
        {"kind": "edge", "status": 524},
        {"kind": "cut"},
        {"kind": "hang", "seconds": 5.0},
        {"kind": "slow_body", "seconds": 0.5},
        {"kind": "limited", "scope": "shared", "retry_after": 3600.0},
    ],
)
async def test_every_failure_can_be_ordered_listed_and_taken_back(
    town: Town, steering: Steering, failure: Json
) -> None:
    order = {"method": "POST", "route": MESSAGES, "failure": failure, "whose": town.bob.id}
    status, made = await steering.ask("POST", "/faults", {**order, "when": "after", "times": 2})
    assert status == 201
    number = made["number"]
    assert made == {**order, "when": "after", "number": number, "times": 2, "met": 0}
    assert (await steering.ask("GET", "/faults"))[1]["requests"] == [made]
    assert await steering.ask("DELETE", f"/faults/{number}") == (204, {})
    assert (await steering.ask("DELETE", f"/faults/{number}"))[0] == 404
    share = {"share": 0.5, "seed": 3, "for_s": 60}
    status, made = await steering.ask("POST", "/faults", {**order, **share})
    assert (status, made["share"], made["seed"]) == (201, 0.5, 3)
    town.sandbox.clock.advance(60)
    assert (await steering.ask("GET", "/faults"))[1]["requests"] == []


async def test_an_order_given_over_http_meets_its_request_and_is_in_the_journal(
    town: Town, steering: Steering
) -> None:
    body = {
        "method": "POST",
        "route": MESSAGES,
        "failure": {"kind": "status", "status": 502},
        "when": "after",
        "whose": "everyone",
    }
    await steering.ask("POST", "/faults", body)
    with pytest.raises(Refused, match="502"):
        await town.bob.say("did it arrive?")
    status, journal = await steering.ask("GET", "/journal", limit="2")
    assert (status, [line["action"] for line in journal["lines"]]) == (
        200,
        ["request fault", "message created"],
    )
    [_, line] = journal["lines"]
    assert (line["actor_id"], line["channel_id"]) == (town.bob.id, town.channel_id)
    assert line["number"] == journal["last"]
    await town.bob.say("once more")
    query = {"after": str(journal["last"]), "action": "message *"}
    _, newer = await steering.ask("GET", "/journal", **query)
    assert [line["number"] for line in newer["lines"]] == [journal["last"] + 1]
    assert len(town.sandbox.done("message created", actor_id=town.bob.id)) == 2


async def test_the_gateway_is_steered_by_what_is_to_be_done(
    town: Town, steering: Steering, dial: Dial
) -> None:
    line = await dial()
    await line.identify(town.application.token, 1 | 1 << 9)

    async def do(**body: Any) -> Any:
        status, told = await steering.ask("POST", "/gateway", body)
        assert status in (200, 201), told
        return told.get("told", told)

    for trouble, more in (("drop", {}), ("repeat", {"more": 2}), ("reorder", {}), ("late", {"seconds": 9.0})):
        made = await do(do=trouble, events="MESSAGE_*", times=1, **more)
        assert made == {
            "number": made["number"],
            "do": trouble,
            **more,
            "events": "MESSAGE_*",
            "guild_id": None,
            "whose": "bots",
            "times": 1,
            "met": 0,
        }
    await do(do="drop", events="TYPING_START", share=0.2, seed=1, for_s=60)
    assert await do(do="outage", guild_id=town.guild_id) == 1
    assert await do(do="ask_for_heartbeats") == await do(do="reconnect") == 1
    assert await do(do="refuse_resumes", times=2) == 0
    assert await do(do="refuse_identifies", code=4004) == 0
    assert await do(do="silence", for_s=60) == 1
    _, waiting = await steering.ask("GET", "/faults")
    assert [one["do"] for one in waiting["events"]] == ["drop", "repeat", "reorder", "late", "drop"]
    assert waiting["outages"] == [town.guild_id]
    kept = ("silent", "refused_resumes", "refused_identifies")
    assert [waiting[one] for one in kept] == [1, 2, 1]
    assert await steering.ask("DELETE", f"/faults/{waiting['events'][0]['number']}") == (204, {})
    assert await do(do="lift_silence") == 1
    assert await steering.ask("DELETE", "/faults") == (204, {})
    _, waiting = await steering.ask("GET", "/faults")
    assert waiting == {"requests": [], "events": [], "silent": 0, "outages": []} | dict.fromkeys(kept[1:], 0)
    assert await do(do="outage", guild_id=town.guild_id) == await do(do="end_outage", guild_id=town.guild_id)
    assert await do(do="invalidate", resumable=True) == 1
    assert await do(do="cut", whose=town.application.id) == 1
    assert await line.closed() == 1006
    assert await do(do="close", code=4000) == 0


async def test_deeds_are_done_at_once_or_during_a_call(town: Town, steering: Steering) -> None:
    message = await town.bob.say("a word")
    assert await steering.ask("POST", "/deeds", {"do": "delete_message", "id": message["id"]}) == (204, {})
    assert await town.bob.messages(town.channel_id) == []
    again = await steering.ask("POST", "/deeds", {"do": "delete_message", "id": message["id"]})
    assert again == (404, {"message": "Unknown Message", "code": 10008})
    taken = {"do": "take_permission", "id": town.channel_id, "permission": "SEND_MESSAGES"}
    assert (await steering.ask("POST", "/deeds", taken))[0] == 204
    world = town.sandbox.stage.world
    assert town.application.id in world.channels[town.channel_id].overwrites
    deed = {"do": "delete_channel", "id": town.channel_id}
    order = {"method": "GET", "route": MESSAGES, "failure": {"kind": "meanwhile", "deed": deed}}
    _, made = await steering.ask("POST", "/faults", {**order, "whose": "everyone"})
    assert made["failure"] == {"kind": "meanwhile", "deed": f"delete_channel {town.channel_id}"}
    with pytest.raises(Refused, match="10003"):
        await town.bob.messages(town.channel_id)
    assert (await steering.ask("POST", "/deeds", {"do": "kick_bot", "id": town.guild_id}))[0] == 204
    assert (await steering.ask("POST", "/deeds", {"do": "delete_guild", "id": town.guild_id}))[0] == 204
    assert world.guilds == {}


async def test_the_clock_is_read_and_moved_forward_only(town: Town, steering: Steering) -> None:
    before = town.sandbox.clock.now()
    status, told = await steering.ask("POST", "/clock", {"advance_s": 86_400})
    assert status == 200
    assert (town.sandbox.clock.now() - before).total_seconds() >= 86_400
    assert (await steering.ask("GET", "/clock"))[1]["now"] >= told["now"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("POST", "/faults", [], 400, "A JSON object is needed here."),
        ("POST", "/faults", {}, 400, "method is missing."),
        ("POST", "/faults", {"method": ["GET"]}, 400, "method has to be a text."),
        (
            "POST",
            "/faults",
            {"method": "GET", "route": "*", "failure": 5},
            400,
            "failure has to be an object.",
        ),
        (
            "POST",
            "/faults",
            {"method": "GET", "route": "*", "failure": {"kind": "status", "status": 200}},
            400,
            "A failing answer has a status from 400 to 599.",
        ),
        (
            "POST",
            "/faults",
            {"method": "GET", "route": "*", "failure": {"kind": "cut", "sharp": True}},
            400,
            "Nothing here takes sharp.",
        ),
        (
            "POST",
            "/faults",
            {"method": "GET", "route": "*", "failure": {"kind": "cut"}, "share": 2},
            400,
            "share has to be a number above 0 and at most 1.",
        ),
        (
            "POST",
            "/faults",
            {"method": "GET", "route": "channels", "failure": {"kind": "cut"}},
            400,
            "A route begins with a slash, or with a * for any beginning.",
        ),
        (
            "POST",
            "/gateway",
            {"do": "cut", "whose": "bot"},
            400,
            "whose has to be bots, everyone, or the id of a user or a session.",
        ),
        ("POST", "/gateway", {"do": "explode"}, 400, None),
        ("POST", "/gateway", {"do": "close", "code": 1006}, 400, None),
        ("POST", "/gateway", {"do": "late"}, 400, "seconds is missing."),
        (
            "POST",
            "/gateway",
            {"do": "refuse_resumes", "times": 10**9},
            400,
            "Up to 1000 RESUMEs are refused.",
        ),
        ("POST", "/gateway", {"do": "outage", "guild_id": "1"}, 404, "Unknown Guild"),
        ("POST", "/deeds", {"do": "delete_channel", "id": "1"}, 404, "Unknown Channel"),
        ("POST", "/deeds", {"do": "kick_bot", "id": None}, 400, "id is missing."),
        ("POST", "/deeds", {"do": "take_permission", "id": "1", "permission": "FLY"}, 400, None),
        ("POST", "/clock", {"advance_s": -1}, 400, "advance_s has to be a number of seconds, 0 or more."),
        ("POST", "/clock", {"advance_s": True}, 400, None),
        ("GET", "/journal?limit=0", None, 400, "limit has to be between 1 and 1000."),
        ("GET", "/journal?after=x", None, 400, "after has to be a whole number."),
        ("DELETE", "/faults/x", None, 404, "No such order waits."),
        ("GET", "/nothing", None, 404, "The sandbox has no such control route."),
        ("PATCH", "/clock", {}, 404, "The sandbox has no such control route."),
    ],
)
async def test_what_cannot_be_read_is_answered_with_a_sentence(
    steering: Steering, method: str, path: str, body: Any, status: int, sentence: str | None
) -> None:
    answered, told = await steering.ask(method, path, body)
    assert answered == status
    assert told["message"] == sentence if sentence else told["message"].endswith(".")


async def test_no_body_of_any_shape_breaks_a_control_route(town: Town, steering: Steering) -> None:
    dice = random.Random(7)
    odd = [
        None,
        True,
        -1,
        0,
        1,
        10**400,
        1.5,
        "",
        "1",
        "*",
        "/x",
        [],
        {},
        [1],
        "\x00",
        "bots",
        "cut",
        "after",
    ]
    odd += [{"kind": "cut"}, {"kind": "meanwhile", "deed": {"do": "kick_bot", "id": "1"}}, "SEND_MESSAGES"]
    order = ["method", "route", "failure", "when", "whose", "times", "share", "seed", "for_s"]
    act = ["code", "whose", "for_s", "resumable", "times", "guild_id", "events", "seconds", "more", "share"]
    deed = ["id", "bot_id", "permission"]
    doing = [
        "close",
        "silence",
        "invalidate",
        "refuse_resumes",
        "refuse_identifies",
        "outage",
        "drop",
        "late",
    ]
    sound = {"method": "GET", "route": "/x", "failure": {"kind": "cut"}}
    met = set()
    for _ in range(400):
        path, names, given = dice.choice(
            [
                ("/faults", order, sound),
                ("/gateway", act, {"do": dice.choice(doing)}),
                ("/deeds", deed, {"do": dice.choice(["kick_bot", "take_permission", "delete_message"])}),
            ]
        )
        body = {**given, **{name: dice.choice(odd) for name in dice.sample(names, dice.randint(0, 2))}}
        status, _ = await steering.ask("POST", path, body)
        assert status < 500, (path, body)
        met.add(status)
    assert met == {200, 201, 400, 404}
    assert (await steering.ask("GET", "/faults"))[0] == 200


async def test_pages_of_other_sites_steer_nothing(steering: Steering) -> None:
    headers = {"Origin": "http://elsewhere.example"}
    url = f"{steering.url}/sandbox/clock"
    async with steering.http.post(url, json={"advance_s": 1}, headers=headers) as answer:
        assert answer.status == 403
    async with steering.http.post(url, data=b"{") as answer:
        assert (answer.status, (await answer.json())["message"]) == (400, "The body has to be JSON.")
