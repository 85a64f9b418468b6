"""What comes in over HTTP and the gateway can always go out again."""

import json

import aiohttp
import pytest

from tests.sandbox.conftest import Town

UNTELLABLE = [
    pytest.param(b'{"content": "x\\ud800"}', id="a lone surrogate"),
    pytest.param(b'{"content": "x", "nonce": "\\udfff\\ud83d"}', id="surrogates the wrong way round"),
    pytest.param(b'{"content": "\xed\xa0\x80"}', id="a surrogate in bytes"),
    pytest.param(b'{"content": "\xff"}', id="no UTF-8"),
    pytest.param(b'{"content": "x", "flags": NaN}', id="not a number"),
    pytest.param(b'{"content": "x", "flags": 1e999}', id="a number without end"),
    pytest.param(b'{"content": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="nested without end"),
    pytest.param(b'{"content": "x"', id="half a text"),
]


@pytest.mark.parametrize("body", UNTELLABLE)
async def test_a_body_that_could_not_be_told_again_is_refused(town: Town, body: bytes) -> None:
    url = f"{town.sandbox.api_url}/channels/{town.channel_id}/messages"
    headers = {"Authorization": town.bob.token, "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, 50109)
    assert await town.alice.messages(town.channel_id) == []


async def test_a_pair_of_surrogates_is_a_character(town: Town) -> None:
    url = f"{town.sandbox.api_url}/channels/{town.channel_id}/messages"
    headers = {"Authorization": town.bob.token, "Content-Type": "application/json"}
    body = b'{"content": "\\ud83d\\udc4d"}'
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as answer:
        assert (await answer.json())["content"] == "👍"


async def test_a_file_whose_name_is_no_text_gets_one(town: Town) -> None:
    edge = b"--edge\r\nContent-Disposition: form-data; name="
    body = edge + b'"files[0]"; filename="\xff.png"\r\nContent-Type: image/png\r\n\r\nx\r\n--edge--\r\n'
    url = f"{town.sandbox.api_url}/channels/{town.channel_id}/messages"
    headers = {"Authorization": town.bob.token, "Content-Type": "multipart/form-data; boundary=edge"}
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as answer:
        assert answer.status == 200
    listed = await town.alice.messages(town.channel_id)
    assert listed[0]["attachments"][0]["filename"].endswith(".png")


async def test_an_answer_that_cannot_be_written_is_a_500_in_json(town: Town) -> None:
    message = await town.bob.say("fine")
    town.sandbox.stage.world.messages[message["id"]].content = "\ud800"
    url = f"{town.sandbox.api_url}/channels/{town.channel_id}/messages"
    headers = {"Authorization": town.bob.token}
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        assert (answer.status, answer.content_type) == (500, "application/json")
        assert (await answer.json())["message"] == "500: Internal Server Error"


async def test_the_gateway_does_not_take_what_it_could_not_tell(town: Town) -> None:
    said = {"op": 8, "d": {"guild_id": town.guild_id, "nonce": "\ud800"}}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{town.sandbox.gateway_url}?v=10&encoding=json") as socket,
    ):
        await socket.receive_json(timeout=5)
        await socket.send_str(json.dumps(said))
        await socket.receive(timeout=5)
        assert socket.close_code == 4002
