"""One fetch over real sockets: what every answer, and every silence, of a server becomes."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from aiohttp import web

from bot.feeds.answers import freshness_of, wait_of
from bot.feeds.fetch import MAX_BODY, Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.model import Changed, Failed, Gone, Unchanged, Validators
from tests.feeds.conftest import RSS, Site

LOCAL = parse_allow("127.0.0.1/32")
NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


async def test_a_first_fetch_brings_body_and_validators(site: Site, fetcher: Fetcher) -> None:
    url = site.serve("/feed", ETag='"v1"', Last_Modified="Tue, 03 Mar 2026 09:00:00 GMT")
    outcome = await fetcher.fetch(url, Validators())
    assert isinstance(outcome, Changed)
    assert (outcome.url, outcome.body, outcome.content_type) == (url, RSS, "application/rss+xml")
    assert outcome.validators.etag == '"v1"'
    assert outcome.validators.last_modified == "Tue, 03 Mar 2026 09:00:00 GMT"
    assert outcome.validators.digest
    assert outcome.moved_to is None
    assert site.requests[0].headers["User-Agent"] == "Broadsheet/test"
    assert "If-None-Match" not in site.requests[0].headers


async def test_both_validators_are_sent_and_a_304_keeps_them(site: Site, fetcher: Fetcher) -> None:
    url = site.serve("/feed", b"", status=304, Cache_Control="max-age=600")
    known = Validators('"v1"', "Tue, 03 Mar 2026 09:00:00 GMT", "abc")
    outcome = await fetcher.fetch(url, known)
    assert outcome == Unchanged(known, fresh_for=timedelta(minutes=10))
    assert site.requests[0].headers["If-None-Match"] == '"v1"'
    assert site.requests[0].headers["If-Modified-Since"] == "Tue, 03 Mar 2026 09:00:00 GMT"


async def test_the_same_body_is_unchanged_whatever_the_headers_say(site: Site, fetcher: Fetcher) -> None:
    first = await fetcher.fetch(site.serve("/feed", ETag='"v1"'))
    assert isinstance(first, Changed)
    again = await fetcher.fetch(site.serve("/feed", ETag='"v2"'), first.validators)
    assert again == Unchanged(Validators('"v2"', None, first.validators.digest))


async def test_redirects_are_followed_and_only_permanent_ones_move(site: Site, fetcher: Fetcher) -> None:
    end = site.serve("/new")
    site.serve("/hop", b"", status=302, Location="/new")
    site.serve("/stay", b"", status=308, Location="/new#top")
    moved = await fetcher.fetch(site.serve("/old", b"", status=301, Location="/hop"))
    assert isinstance(moved, Changed)
    assert (moved.url, moved.moved_to) == (end, f"{site.address}/hop")
    assert (await fetcher.fetch(f"{site.address}/hop")).moved_to is None  # type: ignore[union-attr]
    assert (await fetcher.fetch(f"{site.address}/stay")).moved_to == end  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("http://169.254.169.254/latest/meta-data", "refused"),
        ("http://[::ffff:10.0.0.1]/", "refused"),
        ("http://127.0.0.2:1/", "refused"),
        ("file:///etc/passwd", "refused"),
        ("gopher://127.0.0.1/", "refused"),
        ("http://[broken", "refused"),
        ("/loop", "connection"),
    ],
)
async def test_redirects_lead_nowhere_else(site: Site, fetcher: Fetcher, location: str, kind: str) -> None:
    outcome = await fetcher.fetch(site.serve("/loop", b"", status=302, Location=location))
    assert isinstance(outcome, Failed)
    assert outcome.kind == kind


async def test_user_info_goes_to_its_own_origin_only(site: Site, fetcher: Fetcher) -> None:
    site.serve("/feed")
    site.serve("/old", b"", status=301, Location="/feed")
    host = site.address.removeprefix("http://")
    own = await fetcher.fetch(f"http://ann:hush@{host}/old")
    assert isinstance(own, Changed)
    assert "hush" not in own.url
    assert [("Authorization" in r.headers) for r in site.requests] == [True, True]
    # A stranger's redirect must not make us log in anywhere.
    site.requests.clear()
    await fetcher.fetch(site.serve("/trap", b"", status=302, Location=f"http://eve:evil@{host}/feed"))
    assert [("Authorization" in r.headers) for r in site.requests] == [False, False]


async def test_user_info_does_not_cross_to_another_origin(site: Site, fetcher: Fetcher) -> None:
    seen: list[bool] = []

    async def other(request: web.BaseRequest) -> web.Response:
        seen.append("Authorization" in request.headers)
        return web.Response(body=RSS)

    runner = web.ServerRunner(web.Server(other), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.serve("/away", b"", status=302, Location=f"http://127.0.0.1:{runner.addresses[0][1]}/")
    host = site.address.removeprefix("http://")
    assert isinstance(await fetcher.fetch(f"http://ann:hush@{host}/away"), Changed)
    await runner.cleanup()
    assert seen == [False]


@pytest.mark.parametrize("coding", ["br", "BR", "zstd", "compress", "gzip, br", "x-<b>foo</b>"])
async def test_what_is_packed_in_a_way_that_nobody_asked_for_is_told_by_name(
    site: Site, fetcher: Fetcher, coding: str
) -> None:
    outcome = await fetcher.fetch(site.serve("/feed", b"\x0b\x02\x80<rss/>\x03", Content_Encoding=coding))
    named = coding.lower().replace("<b>", "b").replace("</b>", "b")
    assert isinstance(outcome, Failed)
    assert f"compressed in a way ({named}) that Broadsheet did not ask for" in outcome.sentence
    assert {request.headers["Accept-Encoding"] for request in site.requests} == {"gzip, deflate"}
    assert isinstance(await fetcher.fetch(site.serve("/feed", Content_Encoding="Identity")), Changed)


@pytest.mark.parametrize("coding", ["br", "zstd"])
@pytest.mark.parametrize(
    ("status", "said"), [(403, "refuses"), (404, "nothing at this address"), (410, "gone")]
)
async def test_a_refusal_is_heard_however_it_is_packed(
    site: Site, fetcher: Fetcher, status: int, said: str, coding: str
) -> None:
    url = site.serve("/feed", b"\x0b\x02\x80<html>\x03", status=status, Content_Encoding=coding)
    outcome = await fetcher.fetch(url)
    assert isinstance(outcome, Failed | Gone)
    assert said in outcome.sentence


async def test_too_often_is_a_pause_even_if_nobody_says_how_long(site: Site, fetcher: Fetcher) -> None:
    outcome = await fetcher.fetch(site.serve("/feed", b"", status=429))
    assert isinstance(outcome, Failed)
    assert outcome.retry_after == timedelta(minutes=5)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
async def test_no_sentence_promises_what_only_a_poll_does(site: Site, fetcher: Fetcher, status: int) -> None:
    outcome = await fetcher.fetch(site.serve("/feed", b"", status=status))
    assert isinstance(outcome, Failed)
    assert " we try" not in outcome.sentence.lower()


@pytest.mark.parametrize("size", [MAX_BODY + 1, 1 << 30])
async def test_a_bomb_is_stopped_while_it_unfolds(site: Site, fetcher: Fetcher, size: int) -> None:
    # A gigabyte of zeros as members of a megabyte each: a thousand times smaller on the way.
    member = gzip.compress(bytes(1 << 20), 9)
    body = member * (size >> 20) + gzip.compress(bytes(size % (1 << 20)) or b"x")
    url = site.serve("/bomb", body, Content_Encoding="gzip")
    begun = monotonic()
    outcome = await fetcher.fetch(url)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, "10 MiB" in outcome.sentence) == ("too_large", True)
    assert monotonic() - begun < 3


async def test_a_body_of_the_largest_size_passes_and_one_byte_more_does_not(site: Site) -> None:
    async with Fetcher(user_agent="t", allow=LOCAL, max_body=len(RSS)) as fetcher:
        assert isinstance(await fetcher.fetch(site.serve("/fits")), Changed)
        packed = gzip.compress(RSS)
        assert isinstance(await fetcher.fetch(site.serve("/gz", packed, Content_Encoding="gzip")), Changed)
        outcome = await fetcher.fetch(site.serve("/over", RSS + b" "))
    assert isinstance(outcome, Failed)
    assert outcome.kind == "too_large"


async def test_a_drip_ends_at_the_deadline(site: Site) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not site.released.is_set():
            await response.write(b"<")
            await asyncio.sleep(0.02)
        return response

    site.routes["/drip"] = drip
    async with Fetcher(user_agent="t", allow=LOCAL, deadline=0.3) as fetcher:
        begun = monotonic()
        outcome = await fetcher.fetch(f"{site.address}/drip")
    assert isinstance(outcome, Failed)
    assert outcome.kind == "timeout"
    assert "0.3 seconds" in outcome.sentence
    assert 0.25 < monotonic() - begun < 2


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "login"), (403, "refuses"), (404, "nothing at this address"), (429, "too often"), (418, "418"),
     (500, "error of its own"), (503, "maintenance"), (507, "error of its own")],
)  # fmt: skip
async def test_statuses_are_told_as_what_they_are(
    site: Site, fetcher: Fetcher, status: int, says: str
) -> None:
    outcome = await fetcher.fetch(site.serve("/feed", b"no", status=status, Retry_After="120") + "?key=hush")
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.status, outcome.retry_after) == ("status", status, timedelta(minutes=2))
    assert says in outcome.sentence
    assert "hush" not in outcome.sentence


async def test_gone_is_an_outcome_of_its_own(site: Site, fetcher: Fetcher) -> None:
    outcome = await fetcher.fetch(site.serve("/feed", b"", status=410))
    assert isinstance(outcome, Gone)
    assert "gone for good" in outcome.sentence


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("Tue, 03 Mar 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Tue, 03 Mar 2026 11:00:00 GMT", timedelta()),
        ("999999999", timedelta(days=7)),
        ("Tue, 03 Mar 9026 12:05:00 GMT", timedelta(days=7)),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
        (None, None),
    ],
)
def test_retry_after_in_both_forms(value: str | None, wait: timedelta | None) -> None:
    assert wait_of(value, NOW) == wait


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ({"Cache-Control": "public, max-age=300"}, timedelta(minutes=5)),
        ({"Cache-Control": "s-maxage=900"}, None),
        ({"Cache-Control": "no-cache, max-age=300"}, None),
        ({"Cache-Control": "max-age=0", "Expires": "Tue, 03 Mar 2026 13:00:00 GMT"}, None),
        ({"Expires": "Tue, 03 Mar 2026 13:00:00 GMT"}, timedelta(hours=1)),
        ({"Expires": "0"}, None),
        ({}, None),
    ],
)
def test_freshness(headers: dict[str, str], fresh: timedelta | None) -> None:
    assert freshness_of(headers, NOW) == fresh


async def test_a_false_certificate_is_told_as_such(fetcher: Fetcher, self_signed: ssl.SSLContext) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(body=RSS)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self_signed).start()
    outcome = await fetcher.fetch(f"https://127.0.0.1:{runner.addresses[0][1]}/feed")
    await runner.cleanup()
    assert isinstance(outcome, Failed)
    assert outcome.kind == "tls"
    assert "signed its certificate itself" in outcome.sentence


async def test_a_source_is_never_moved_from_https_to_http(site: Site, self_signed: ssl.SSLContext) -> None:
    targets = {"/down": site.serve("/feed"), "/up": "/there", "/there": site.address + "/feed"}

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=301, headers={"Location": targets[request.path]})

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self_signed).start()
    address = f"https://127.0.0.1:{runner.addresses[0][1]}"
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with Fetcher(user_agent="t", allow=LOCAL, ssl_context=trusting) as fetcher:
        down, up = await fetcher.fetch(f"{address}/down"), await fetcher.fetch(f"{address}/up")
    await runner.cleanup()
    assert isinstance(down, Changed)
    assert isinstance(up, Changed)
    assert (down.moved_to, up.moved_to) == (None, f"{address}/there")


async def test_https_where_only_http_is_spoken(site: Site, fetcher: Fetcher) -> None:
    outcome = await fetcher.fetch(site.address.replace("http:", "https:"))
    assert isinstance(outcome, Failed)
    assert outcome.kind == "tls"


async def test_a_closed_port(fetcher: Fetcher, closed_port: int) -> None:
    outcome = await fetcher.fetch(f"http://127.0.0.1:{closed_port}/")
    assert isinstance(outcome, Failed)
    assert outcome.kind == "connection"
    assert "does not accept" in outcome.sentence


async def test_an_answer_that_breaks_off(fetcher: Fetcher) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(half, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        outcome = await fetcher.fetch(f"http://127.0.0.1:{port}/")
    assert isinstance(outcome, Failed)
    assert outcome.kind == "connection"
    assert "broke off" in outcome.sentence


async def test_an_unknown_name(fetcher: Fetcher) -> None:
    outcome = await fetcher.fetch("http://nobody.invalid/feed?key=hush")
    assert isinstance(outcome, Failed)
    assert outcome.kind == "dns"
    assert "nobody.invalid" in outcome.sentence
    assert "hush" not in outcome.sentence


@pytest.mark.parametrize(
    "url", ["", "feed", "ftp://x.test/", "http://", "http://x:99999/", "file:///etc/passwd"]
)
async def test_what_is_no_address(fetcher: Fetcher, url: str) -> None:
    outcome = await fetcher.fetch(url)
    assert isinstance(outcome, Failed)
    assert outcome.kind == "refused"


async def test_one_request_in_flight_per_host(site: Site, fetcher: Fetcher) -> None:
    in_flight = most = 0

    async def count(request: web.Request) -> web.Response:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        await asyncio.sleep(0.01)
        in_flight -= 1
        return web.Response(body=RSS)

    site.routes["/feed"] = count
    outcomes = await asyncio.gather(*(fetcher.fetch(f"{site.address}/feed") for _ in range(5)))
    assert all(isinstance(outcome, Changed) for outcome in outcomes)
    assert most == 1


async def test_waiting_for_a_turn_does_not_use_up_the_deadline(site: Site) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.Response(body=RSS)

    site.routes["/feed"] = slow
    async with Fetcher(user_agent="t", allow=LOCAL, deadline=1.0) as fetcher:
        outcomes = await asyncio.gather(*(fetcher.fetch(f"{site.address}/feed") for _ in range(4)))
    assert all(isinstance(outcome, Changed) for outcome in outcomes)


async def test_the_environments_proxy_is_not_used(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert isinstance(await fetcher.fetch(site.serve("/feed")), Changed)
