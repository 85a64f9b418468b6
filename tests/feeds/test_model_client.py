"""The language model's client against a server that misbehaves in each way known."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.feeds.language_model import Answered, NoAnswer, Prompt
from tests.model_server import Handler, fixed, opened, said

PROMPT = Prompt("Summarise.", "MARK\nA bridge\n\nIt opened.\nMARK", 400)

GOOD = fixed(lambda: said("It opened."))


def status(number: int, text: str = "no", **headers: str) -> Handler:
    return fixed(lambda: web.Response(status=number, text=text, headers=headers))


async def test_an_answer_comes_with_what_it_cost() -> None:
    async with opened(GOOD) as (server, client, _):
        assert await client.ask(PROMPT) == Answered("It opened.", 77)
        assert server.keys == ["Bearer sesame"]
        [asked] = server.asked
        assert asked["model"] == "writer-1"
        assert [message["role"] for message in asked["messages"]] == ["system", "user"]
        assert asked["max_tokens"] == 400


async def test_parameters_that_a_server_refuses_are_left_out_from_then_on() -> None:
    def picky(asked: dict[str, Any]) -> web.Response:
        for name, instead in (("temperature", ""), ("max_tokens", "Use 'max_completion_tokens' instead.")):
            if name in asked:
                return web.json_response(
                    {"error": {"message": f"Unsupported: '{name}'. {instead}"}}, status=400
                )
        return said("It opened.")

    async def answer(request: web.Request) -> web.Response:
        return picky(await request.json())

    async with opened(answer) as (server, client, _):
        assert isinstance(await client.ask(PROMPT), Answered)
        assert len(server.asked) == 3
        assert isinstance(await client.ask(PROMPT), Answered)
        assert len(server.asked) == 4
        assert server.asked[-1]["max_completion_tokens"] == 400


async def test_a_server_that_refuses_every_parameter_is_asked_without_any() -> None:
    async def answer(request: web.Request) -> web.Response:
        extra = set(await request.json()) - {"model", "messages"}
        return web.Response(status=400, text=f"unknown: {sorted(extra)}") if extra else said("It opened.")

    async with opened(answer) as (server, client, _):
        assert isinstance(await client.ask(PROMPT), Answered)
        assert set(server.asked[-1]) == {"model", "messages"}


async def test_a_400_that_names_nothing_is_a_failure() -> None:
    async with opened(status(400, "bad")) as (server, client, _):
        assert isinstance(await client.ask(PROMPT), NoAnswer)
        assert len(server.asked) == 1


@pytest.mark.parametrize("number", [401, 402, 403, 404])
async def test_a_server_that_refuses_for_good_is_left_alone(number: int) -> None:
    async with opened(status(number), GOOD) as (server, client, time):
        answer = await client.ask(PROMPT)
        assert isinstance(answer, NoAnswer)
        assert "sesame" not in answer.sentence
        assert isinstance(await client.ask(PROMPT), NoAnswer)
        assert len(server.asked) == 1
        time.now += timedelta(minutes=31)
        assert isinstance(await client.ask(PROMPT), Answered)


@pytest.mark.parametrize("number", [429, 500, 502, 503])
async def test_a_failure_that_may_pass_is_asked_once_more(number: int) -> None:
    headers = {"Retry-After": "0"}
    async with opened(status(number, "<html>", **headers), GOOD) as (server, client, _):
        assert isinstance(await client.ask(PROMPT), Answered)
        assert len(server.asked) == 2
    async with opened(status(number, "<html>", **headers)) as (server, client, _):
        assert isinstance(await client.ask(PROMPT), NoAnswer)
        assert len(server.asked) == 2


@pytest.mark.parametrize("pause", ["3600", "999999999", "Fri, 01 May 2026 13:00:00 GMT"])
async def test_a_long_retry_after_is_kept(pause: str) -> None:
    async with opened(status(429, "later", **{"Retry-After": pause}), GOOD) as (server, client, time):
        assert isinstance(await client.ask(PROMPT), NoAnswer)
        assert isinstance(await client.ask(PROMPT), NoAnswer)
        assert len(server.asked) == 1
        time.now += timedelta(minutes=31)
        assert isinstance(await client.ask(PROMPT), Answered)


async def test_after_five_failures_the_server_rests_longer_each_time() -> None:
    async with opened(status(400)) as (server, client, time):
        for _ in range(5):
            assert not client.rests
            await client.ask(PROMPT)
        assert client.rests
        await client.ask(PROMPT)
        assert len(server.asked) == 5
        time.now += timedelta(seconds=61)
        await client.ask(PROMPT)  # one question is let through
        assert len(server.asked) == 6
        time.now += timedelta(seconds=61)
        await client.ask(PROMPT)
        assert len(server.asked) == 6
        time.now += timedelta(seconds=61)
        server.answers[:] = [GOOD]
        assert isinstance(await client.ask(PROMPT), Answered)
        assert isinstance(await client.ask(PROMPT), Answered)


async def test_a_server_that_is_not_there_is_told_in_words(closed_port: int) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    for address, words in (
        (f"http://127.0.0.1:{closed_port}", "it does not accept the connection"),
        ("http://no-such-server.invalid", "no server is known by its name"),
        (f"https://127.0.0.1:{closed_port}", "it does not accept the connection"),
        (None, "it broke off before its answer was complete"),
    ):
        async with opened(broken, address=address) as (_, client, _):
            answer = await client.ask(PROMPT)
        assert isinstance(answer, NoAnswer)
        assert words in answer.sentence
        assert "Error" not in answer.sentence


async def silent(request: web.Request) -> web.StreamResponse:
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(0.02)
    return web.Response()


async def dripping(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("slow", [silent, dripping])
async def test_a_slow_server_is_not_waited_for(slow: Handler) -> None:
    async with opened(slow, within=0.2) as (server, client, _):
        answer = await client.ask(PROMPT)
        assert isinstance(answer, NoAnswer)
        assert "0.2 seconds" in answer.sentence
        assert len(server.asked) == 1


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"[" * 65536)


async def bomb(request: web.Request) -> web.StreamResponse:
    return web.Response(body=gzip.compress(b" " * (8 << 20)), headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("flood", [endless, bomb])
async def test_an_endless_answer_is_cut_short(flood: Handler) -> None:
    async with opened(flood) as (_, client, _time):
        answer = await client.ask(PROMPT)
        assert isinstance(answer, NoAnswer)
        assert "KiB" in answer.sentence


async def broken(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize(
    "answer",
    [
        fixed(lambda: web.json_response({"choices": []})),
        fixed(lambda: web.json_response({"choices": [{"message": {"content": None}}]})),
        fixed(lambda: web.json_response({"choices": [{"message": {"content": {"a": 1}}}]})),
        fixed(lambda: web.json_response({"choices": {"0": 1}})),
        fixed(lambda: web.json_response([1])),
        fixed(lambda: web.json_response("It opened.")),
        fixed(lambda: web.Response(text="It opened.")),
        fixed(lambda: web.Response(text="[" * 100_000)),
        fixed(lambda: web.Response(body=b"\xff\xfe{")),
        fixed(lambda: web.Response(text="<html>sign in</html>", content_type="text/html")),
        fixed(lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})),
        fixed(lambda: web.Response(text="x", headers={"Content-Encoding": "gzip"})),
        broken,
    ],
)
async def test_whatever_else_comes_is_no_answer(answer: Handler) -> None:
    async with opened(answer) as (_, client, _time):
        assert isinstance(await client.ask(PROMPT), NoAnswer)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            fixed(lambda: said([{"type": "text", "text": "It "}, {"type": "text", "text": "opened."}])),
            "It opened.",
        ),
        (fixed(lambda: said("It opened.", usage=None)), "It opened."),
        (fixed(lambda: said("It opened.", usage={"total_tokens": -5})), "It opened."),
        (fixed(lambda: said("It opened.", usage={"total_tokens": 10**12})), "It opened."),
        (fixed(lambda: said("It opened.", usage={"total_tokens": True})), "It opened."),
        (fixed(lambda: said("Über")), "Über"),
    ],
)
async def test_answers_of_several_shapes_are_read(answer: Handler, text: str) -> None:
    async with opened(answer) as (_, client, _time):
        answered = await client.ask(PROMPT)
        assert isinstance(answered, Answered)
        assert answered.text == text
        assert 0 < answered.tokens < 1_000


async def test_an_answer_that_ran_out_of_room_says_so() -> None:
    def short() -> web.Response:
        choice = {"message": {"content": "It opened. Then"}, "finish_reason": "length"}
        return web.json_response({"choices": [choice]})

    async with opened(fixed(short)) as (_, client, _time):
        answered = await client.ask(PROMPT)
        assert isinstance(answered, Answered)
        assert answered.cut


async def test_two_are_asked_at_once_and_no_more() -> None:
    gate = asyncio.Event()

    async def waiting(request: web.Request) -> web.Response:
        if len(server.asked) == 2:
            asyncio.get_running_loop().call_later(0.05, gate.set)
        await gate.wait()
        return said("It opened.")

    async with opened(waiting) as (server, client, _):
        answers = await asyncio.gather(*(client.ask(PROMPT) for _ in range(6)))
        assert all(isinstance(answer, Answered) for answer in answers)
        assert server.most_at_once == 2


async def test_the_key_stands_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async with opened(status(401, json.dumps({"error": "key sesame is wrong"}))) as (_, client, _time):
        await client.ask(PROMPT)
    assert "sesame" not in caplog.text
    assert "SUMMARY_API_KEY" in caplog.text
