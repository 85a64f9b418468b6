"""Which connections are kept open for the next request."""

import asyncio
from contextlib import suppress

import pytest
from aiohttp import web
from yarl import URL

from bot.feeds import connections
from bot.feeds.connections import KEPT_OPEN, Connections, Kept
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import Guard, parse_allow
from bot.feeds.model import Changed


def opened() -> Connections:
    pool = Connections(
        Guard(parse_allow("127.0.0.1")),
        user_agent="Tests",
        limit=4,
        connect_timeout=5.0,
        resolver=None,
        ssl_context=None,
    )
    pool.open()
    return pool


def test_few_connections_are_kept_and_one_place_gives_way_to_another_in_time() -> None:
    kept = Kept(2, 15.0)
    assert [kept.may_stay(place, 0.0) for place in ("a", "b", "c", "a")] == [True, True, False, True]
    assert kept.may_stay("a", 10.0)
    assert not kept.may_stay("c", 14.9)
    assert kept.may_stay("c", 15.0)  # in the place of b, whose connection is closed by now
    assert not kept.may_stay("b", 15.0)


async def test_a_place_is_given_away_only_when_its_connection_is_closed_for_certain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(connections, "MOST_KEPT_OPEN", 1)
    monkeypatch.setattr(connections, "monotonic", lambda: now[0])
    pool = opened()
    try:
        kept = pool.session_for(URL("https://a.test/"))
        now[0] = 1.9 * KEPT_OPEN  # aiohttp may not have looked for it since
        assert pool.session_for(URL("https://b.test/")) is not kept
        now[0] = 2 * KEPT_OPEN
        assert pool.session_for(URL("https://b.test/")) is kept
    finally:
        await pool.close()


async def test_a_host_more_than_are_kept_has_its_connection_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_KEPT_OPEN", 1)
    asked: list[tuple[int, str]] = []

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        asked.append((request.transport.get_extra_info("peername")[1], request.headers.get("Connection", "")))
        return web.Response(text="Hello")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    for _ in range(2):
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    (_, first), (_, second) = runner.addresses
    pool = opened()
    try:
        for port in (first, first, second, second, first):
            address = URL(f"http://127.0.0.1:{port}/")
            async with pool.session_for(address).get(address) as response:
                assert await response.text() == "Hello"
    finally:
        await pool.close()
        await runner.cleanup()
    ours = [port for port, _ in asked]
    assert ours[0] == ours[1] == ours[4]
    assert len(set(ours)) == 3
    assert [header for _, header in asked] == ["", "", "close", "close", ""]


async def test_a_form_does_not_go_by_a_connection_that_is_about_to_be_closed() -> None:
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello")
        with suppress(asyncio.IncompleteReadError):
            await reader.readexactly(64)  # the next request has more
        writer.transport.abort()

    server = await asyncio.start_server(answer_once, "127.0.0.1", 0)
    hub = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, Fetcher(user_agent="Tests", allow=parse_allow("127.0.0.1")) as fetcher:
        assert isinstance(await fetcher.fetch(hub), Changed)
        assert await fetcher.post(hub, {"hub.mode": "subscribe"}) is None
