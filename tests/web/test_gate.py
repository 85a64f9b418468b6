"""Hosts, headers, limits, errors, health and the taken port."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.config import Settings
from bot.web import Health, WebProblem, WebServer
from bot.web.gate import HEADERS
from bot.web.rate import BURST, RateLimit
from storage import DatabaseBusy, DatabaseProblem
from tests.web.conftest import PAGE, SETTINGS, Clock, Site, on_sqlite


def server(site: Site, settings: Settings) -> WebServer:
    return WebServer(
        site.newsroom,
        health=site.look_at_health,
        settings=settings,
        clock=site.clock,
        public_channels=site.public.get,
    )


@on_sqlite
@pytest.mark.parametrize(
    ("settings", "host", "status"),
    [
        ({}, "localhost:8080", 200),
        ({}, "LOCALHOST.", 200),
        ({}, "127.0.0.1", 200),
        ({}, "[::1]:8080", 200),
        ({}, "attacker.example", 421),
        ({}, "127.0.0.1.attacker.example", 421),
        ({}, "localhost@attacker.example", 421),
        ({}, "", 421),
        ({}, "[::1", 421),
        ({"web_public_url": "https://news.example/site"}, "news.example", 200),
        ({"web_public_url": "https://news.example:8443"}, "NEWS.example:8443", 200),
        ({"web_public_url": "https://news.example"}, "other.example", 421),
        ({"web_host": "0.0.0.0"}, "0.0.0.0:8080", 421),
        ({"web_host": "0.0.0.0"}, "127.0.0.1", 200),
        ({"web_host": "127.0.0.2"}, "127.0.0.2:80", 200),
    ],
)
async def test_only_its_own_host_names_are_answered(
    site: Site, settings: dict[str, str], host: str, status: int
) -> None:
    async with (
        server(site, replace(SETTINGS, **settings)) as web,
        site.http.get(web.url + PAGE, headers={"Host": host}) as answer,
    ):
        assert answer.status == status
        assert (await answer.json()).keys() == ({"error"} if status == 421 else {"items", "next_cursor"})


@on_sqlite
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("HEAD", PAGE, 200),
        ("GET", "/nowhere", 404),
        ("GET", f"{PAGE}/1/", 404),
        ("GET", f"{PAGE}/1", 404),
        ("GET", f"{PAGE}?sort=x", 400),
        ("POST", PAGE, 405),
        ("DELETE", "/", 405),
        ("OPTIONS", PAGE, 405),
        ("GET", "/healthz", 200),
    ],
)
async def test_every_answer_is_json_with_safe_headers(
    site: Site, method: str, path: str, status: int
) -> None:
    async with site.http.request(
        method, site.web.url + path, headers={"Origin": "https://x.example"}
    ) as answer:
        assert answer.status == status
        assert answer.content_type == "application/json"
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        if status == 405:
            assert answer.headers["Allow"] == "GET, HEAD"
        if method != "HEAD" and status >= 400:
            sentence = (await answer.json())["error"]
            assert sentence.endswith(".")


@on_sqlite
@pytest.mark.parametrize(
    ("health", "alive", "ready"),
    [
        (Health(alive=True, ready=True, sentence="All is well."), 200, 200),
        (Health(alive=True, ready=False, sentence="Discord is not connected yet."), 200, 503),
        (Health(alive=False, ready=False, sentence="The database does not answer."), 503, 503),
    ],
)
async def test_health_is_told_with_its_reason(site: Site, health: Health, alive: int, ready: int) -> None:
    site.health = health
    for path, status in (("/healthz", alive), ("/readyz", ready)):
        expected = {"status": "ok"} if status == 200 else {"error": health.sentence}
        assert await site.get(path, status) == expected


@on_sqlite
async def test_health_that_can_not_be_looked_at_is_bad_health(site: Site) -> None:
    site.failing = RuntimeError("broken")
    assert "the log says why" in (await site.get("/healthz", 503))["error"]
    site.failing = TimeoutError()
    assert "did not answer within 5 seconds" in (await site.get("/readyz", 503))["error"]


@on_sqlite
@pytest.mark.parametrize(
    ("problem", "status", "words"),
    [
        (DatabaseBusy("The database /secret/place is locked."), 503, "busy just now"),
        (DatabaseProblem("The database /secret/place is broken."), 503, "finds the reason in the log"),
        (RuntimeError("/secret/place"), 500, "finds the reason in the log"),
    ],
)
async def test_trouble_inside_is_told_without_its_details(
    site: Site, problem: Exception, status: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(site.desk.store.frontpage, "one", fail)
    sentence = (await site.get(f"{PAGE}/1", status))["error"]
    assert words in sentence
    assert "secret" not in sentence


@on_sqlite
async def test_who_asks_too_fast_is_told_to_wait(site: Site) -> None:
    for _ in range(BURST):
        await site.get("/")
    async with site.http.get(site.web.url + "/") as answer:
        assert answer.status == 429
        assert answer.headers["Retry-After"] == "1"
        assert "faster" in (await answer.json())["error"]
    site.clock.now += timedelta(seconds=1)
    await site.get("/")


@on_sqlite
async def test_behind_its_own_proxy_each_visitor_is_counted_apart(site: Site) -> None:
    async with server(site, replace(SETTINGS, web_public_url="https://news.example")) as web:

        async def ask(forwarded: str) -> int:
            async with site.http.get(web.url + "/", headers={"X-Forwarded-For": forwarded}) as answer:
                return answer.status

        # What a visitor writes in front of his own address does not help him.
        assert {await ask(f"10.0.0.{number}, 203.0.113.7") for number in range(BURST)} == {200}
        assert await ask("203.0.113.7") == 429
        assert await ask("203.0.113.8") == 200


@on_sqlite
async def test_without_a_public_address_nobody_is_believed(site: Site) -> None:
    for number in range(BURST):
        async with site.http.get(
            site.web.url + "/", headers={"X-Forwarded-For": f"10.0.0.{number}"}
        ) as answer:
            assert answer.status == 200
    await site.get("/", 429)


def test_a_bucket_fills_up_again_and_addresses_are_forgotten() -> None:
    clock = Clock()
    limit = RateLimit(clock, burst=2, per_second=0.5, most_addresses=2)
    assert [limit.wait("192.0.2.1") for _ in range(3)] == [0.0, 0.0, 2.0]
    assert limit.wait("192.0.2.2") == 0.0
    clock.now += timedelta(seconds=2)
    assert [limit.wait("192.0.2.1") for _ in range(2)] == [0.0, 2.0]
    clock.now -= timedelta(days=1)  # a clock that was set back locks nobody out for a day
    assert limit.wait("192.0.2.1") == 2.0
    clock.now += timedelta(seconds=2)
    assert limit.wait("192.0.2.1") == 0.0
    assert [limit.wait(f"192.0.2.{number}") for number in (3, 4)] == [0.0, 0.0]
    assert limit.wait("192.0.2.1") == 0.0  # forgotten, for others came meanwhile
    assert len(limit._buckets) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_a_household_is_one_asker(one: str, other: str, same: bool) -> None:
    limit = RateLimit(Clock(), burst=1, per_second=1)
    assert limit.wait(one) == 0.0
    assert (limit.wait(other) > 0) is same


@on_sqlite
@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1", "is taken by another program"),
        ("203.0.113.9", "can't listen on 203.0.113.9"),
    ],
)
async def test_where_it_can_not_listen_it_says_what_to_do(site: Site, host: str, words: str) -> None:
    port = int(site.web.url.rpartition(":")[2])
    with pytest.raises(WebProblem, match=words):
        async with server(site, replace(SETTINGS, web_host=host, web_port=port)):
            pass


@on_sqlite
async def test_it_stops_listening_when_it_is_left(site: Site) -> None:
    async with server(site, SETTINGS) as web:
        port = int(web.url.rpartition(":")[2])
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)
