"""Articles' images, fetched as Discord would: linked to, brought along, or left out."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.feeds.articles import NotRead
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.pictures import Shown, look_at
from bot.feeds.workers import Workers
from tests.feeds.conftest import Site, open_site
from tests.feeds.test_pixels import drawn, packed

PHOTO = packed(drawn(), "JPEG")


@pytest.fixture
async def secure(self_signed: ssl.SSLContext) -> AsyncIterator[Site]:
    async with open_site(self_signed) as site:
        yield site


class Outside(Fetcher):
    """A fetcher to which this machine is a place that everybody reaches."""

    async def is_public(self, url: str) -> bool:
        return True


@pytest.fixture
async def believing(trusting: ssl.SSLContext) -> AsyncIterator[Fetcher]:
    allow = parse_allow("127.0.0.1")
    async with Outside(user_agent="Broadsheet/test", allow=allow, ssl_context=trusting) as fetcher:
        yield fetcher


async def test_an_image_that_discord_can_fetch_is_linked_to(
    secure: Site, believing: Fetcher, workers: Workers
) -> None:
    url = secure.serve("/photo.jpg", PHOTO, Content_Type="image/jpeg")
    assert await look_at(believing, workers, url, f"{secure.address}/article") == Shown()
    (asked,) = secure.requests
    assert "Referer" not in asked.headers
    assert "avif" not in asked.headers["Accept"]


async def test_nor_is_one_brought_along_for_having_no_encryption(
    secure: Site, site: Site, believing: Fetcher, workers: Workers
) -> None:
    plain = site.serve("/photo.jpg", PHOTO, Content_Type="image/jpeg")
    moved = secure.serve("/moved.jpg", b"", status=302, Location=plain)
    for url in (plain, moved):
        assert await look_at(believing, workers, url, None) == Shown()


async def test_what_only_the_operator_opened_is_brought_along(
    site: Site, fetcher: Fetcher, workers: Workers
) -> None:
    shown = await look_at(fetcher, workers, site.serve("/photo.jpg", PHOTO, Content_Type="image/jpeg"), None)
    assert isinstance(shown, Shown)
    assert shown.picture is not None


class Names(AbstractResolver):
    """Names of hosts, as a test gives them."""

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        if host == "nobody.test":
            raise OSError("no such name")
        found = {"inner.test": "10.0.0.7", "outer.test": "93.184.216.34"}[host]
        return [ResolveResult(hostname=host, host=found, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("inner.test", False),
        ("outer.test", True),
        ("nobody.test", False),
        ("10.0.0.7", False),
        ("9.9.9.9", True),
    ],
)
async def test_who_is_reached_by_everybody_is_told_by_the_address(host: str, public: bool) -> None:
    allow = parse_allow("10.0.0.0/8 outer.test")
    async with Fetcher(user_agent="t", allow=allow, resolver=Names()) as fetcher:
        assert await fetcher.is_public(f"http://{host}/i.png") is public


async def test_what_discord_can_not_show_so_is_brought_along(
    secure: Site, believing: Fetcher, workers: Workers
) -> None:
    for url in (
        secure.serve("/photo.avif", packed(drawn(), "AVIF"), Content_Type="image/avif"),
        secure.serve("/download", PHOTO, Content_Type="application/octet-stream"),
        secure.serve("/large.png", PHOTO + bytes(9 << 20), Content_Type="image/png"),
    ):
        shown = await look_at(believing, workers, url, None)
        assert isinstance(shown, Shown), url
        assert shown.picture is not None
        assert shown.picture[0] == "image/jpeg"


async def test_what_only_comes_to_guests_of_its_page_is_brought_along(
    site: Site, fetcher: Fetcher, workers: Workers
) -> None:
    async def own_guests_only(request: web.Request) -> web.Response:
        if request.headers.get("Referer") != f"{site.address}/article":
            return web.Response(status=403)
        return web.Response(body=PHOTO, content_type="image/jpeg")

    site.routes["/photo.jpg"] = own_guests_only
    url, login = f"{site.address}/photo.jpg", site.address.replace("//", "//ada:secret@")
    shown = await look_at(fetcher, workers, url, f"{login}/article#top")
    assert isinstance(shown, Shown)
    assert shown.picture is not None
    refused = await look_at(fetcher, workers, url, "https://elsewhere.test/")
    assert isinstance(refused, NotRead)
    assert not refused.passing


@pytest.mark.parametrize(
    ("status", "body", "passing"),
    [
        (200, b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", False),
        (200, packed(drawn(30, 30), "PNG"), False),
        (200, PHOTO[:500], False),
        (200, bytes(11 << 20), False),
        (404, b"", False),
        (410, b"", False),
        (429, b"", True),
        (503, b"", True),
    ],
)
async def test_what_can_not_be_shown_is_left_out(
    site: Site, fetcher: Fetcher, workers: Workers, status: int, body: bytes, passing: bool
) -> None:
    url = site.serve("/i.png", body, status=status, Content_Type="image/png", Retry_After="90")
    seen = await look_at(fetcher, workers, url, f"{site.address}/article")
    assert isinstance(seen, NotRead)
    assert seen.passing is passing


async def test_an_address_inside_is_not_fetched(workers: Workers) -> None:
    async with Fetcher(user_agent="t") as fetcher:
        seen = await look_at(fetcher, workers, "http://127.0.0.1:1/i.png", None)
    assert isinstance(seen, NotRead)
    assert "private network" in seen.sentence
