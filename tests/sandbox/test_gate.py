"""A page of another site reaches nothing in the sandbox, under whatever name it comes."""

from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.sandbox import Sandbox


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("LOCALHOST", 200),
        ("[::1]:{port}", 200),
        ("evil.example:{port}", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.", 421),
        ("127.0.0.1:99999", 421),
        ("127.0.0.1@evil.example", 421),
        ("", 421),
    ],
)
@pytest.mark.parametrize("path", ["/", "/page/app.js", "/sandbox/people", "/api/v10/gateway"])
async def test_only_this_machines_names_are_answered(
    sandbox: Sandbox, host: str, status: int, path: str
) -> None:
    headers = {"Host": host.format(port=urlsplit(sandbox.url).port)}
    async with aiohttp.ClientSession() as http, http.get(sandbox.url + path, headers=headers) as answer:
        assert answer.status == status
        if status == 421:
            assert "answers for 127.0.0.1" in (await answer.json())["message"]


async def test_the_host_that_it_is_bound_to_is_answered() -> None:
    async with (
        Sandbox(host="127.0.0.2") as sandbox,
        aiohttp.ClientSession() as http,
        http.get(f"{sandbox.url}/sandbox/people") as answer,
    ):
        assert answer.status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_a_host_that_means_every_address_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="one address"):
        Sandbox(host=host)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://127.0.0.1:{port}", True),
        ("http://localhost:{port}", True),
        ("http://evil.example", False),
        ("http://evil.example:{port}", False),
        ("http://127.0.0.1:1", False),
        ("http://127.0.0.1", False),
        ("null", False),
        ("http://[", False),
    ],
)
async def test_only_its_own_page_changes_things_and_listens(
    sandbox: Sandbox, origin: str | None, allowed: bool
) -> None:
    port = urlsplit(sandbox.url).port
    headers = {} if origin is None else {"Origin": origin.format(port=port)}
    async with aiohttp.ClientSession() as http:
        body = {"username": "mallory"}
        async with http.post(f"{sandbox.api_url}/auth/register", json=body, headers=headers) as answer:
            assert answer.status == (201 if allowed else 403)
        if allowed:
            async with http.ws_connect(sandbox.gateway_url, headers=headers) as socket:
                assert (await socket.receive_json(timeout=5))["op"] == 10
        else:
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await http.ws_connect(sandbox.gateway_url, headers=headers)
