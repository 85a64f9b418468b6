"""Every spelling of an inner address that the public lists know: direct, redirected, rebound. None may connect."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.model import Changed, Failed, Outcome
from tests.feeds.conftest import RSS, Site

LOOPBACK = "127.0.0.1"
PUBLIC = "127.0.0.3"  # opened by the tests that need an address which anybody may read
INNER = (
    LOOPBACK,
    "127.255.255.254",
    "0.0.0.0",
    "169.254.169.254",
    "10.0.0.1",
    "192.168.0.1",
    "172.16.0.1",
    "100.100.100.200",
)
FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
# Names that lead inside, as public lists have them, and where their resolvers send them.
NAMES = {
    "127.0.0.1.nip.io": LOOPBACK, "7f000001.nip.io": LOOPBACK, "app-127-0-0-1.nip.io": LOOPBACK, "127-0-0-1.sslip.io": LOOPBACK,
    "www.127.0.0.1.sslip.io": LOOPBACK, "localtest.me": LOOPBACK, "a.b.localtest.me": LOOPBACK, "lvh.me": LOOPBACK, "vcap.me": LOOPBACK,
    "spoofed.burpcollaborator.net": LOOPBACK, "customer1.app.localhost.my.company.127.0.0.1.nip.io": LOOPBACK, "localh.st": LOOPBACK,
    "fuf.me": LOOPBACK, "yoogle.com": LOOPBACK, "1.0.0.127.in-addr.arpa.test": LOOPBACK, "--1.sslip.io": "::1", "ip6.localtest.me": "::1",
    "169.254.169.254.nip.io": "169.254.169.254", "a9fea9fe.nip.io": "169.254.169.254", "metadata.google.internal": "169.254.169.254",
    "metadata": "169.254.169.254", "instance-data": "169.254.169.254", "kubernetes.default.svc": "10.96.0.1", "0.0.0.0.nip.io": "0.0.0.0",
    "mapped.test": "::ffff:127.0.0.1", "compatible.test": "::7f00:1", "nat64.test": "64:ff9b::7f00:1", "sixtofour.test": "2002:7f00:1::1",
    "teredo.test": "2001:0:7f00:1::1", "zone.test": "fe80::1%lo", "spelt.test": "127.1", "number.test": "2130706433", "hex.test": "0x7f000001",
    "bücher.test": LOOPBACK, "xn--bcher-kva.test": LOOPBACK, "faß.test": LOOPBACK, "under_score.test": LOOPBACK,
}  # fmt: skip


def spellings(address: str) -> Iterator[str]:
    """The hosts that some program somewhere takes for this IPv4 address."""
    number = int(IPv4Address(address))
    a, b, c, d = (number >> shift & 255 for shift in (24, 16, 8, 0))
    yield from (
        address,
        f"{address}.",
        str(number),
        f"{number}.",
        hex(number),
        f"0{number:o}",
        f"{1 << 32 | number}",
    )
    yield from (
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"0X{a:X}.{b}.{c}.{d}",
        f"0x{a:02x}{b:02x}{c:02x}{d:02x}.",
    )
    yield from (
        f"{a:04o}.{b:04o}.{c:04o}.{d:04o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
        f"0x{a:x}.{b}.0{c:o}.{d}",
    )
    yield from (
        f"0x{a:x}.{number & 0xFFFFFF}",
        f"{a + 256}.{b + 256}.{c + 256}.{d + 256}",
        f"{a:03}.{b:03}.{c:03}.{d:03}",
        f"00000{a:o}.{b}.{c}.{d}",
    )
    yield from (
        address.translate(FULL_WIDTH),
        address.translate(CIRCLED),
        address.replace(".", "。"),
        address.replace(".", "｡"),
        address.replace(".", "．"),
    )
    yield from (
        address.replace(".", "%2e"),
        quote(address[0]) + "%" + address[1:].encode().hex("%"),
        address.replace(".", "．") + "．",
    )
    yield from (
        f"[::ffff:{address}]",
        f"[::ffff:{a:x}{b:02x}:{c:x}{d:02x}]",
        f"[0:0:0:0:0:ffff:{address}]",
        f"[0000:0000:0000:0000:0000:FFFF:{a:02X}{b:02X}:{c:02X}{d:02X}]",
    )
    yield from (
        f"[::{address}]",
        f"[64:ff9b::{address}]",
        f"[64:ff9b:1::{address}]",
        f"[2002:{a:x}{b:02x}:{c:x}{d:02x}::]",
        f"[::ffff:0:{address}]",
    )
    yield from (
        f"[2001:0:{a:x}{b:02x}:{c:x}{d:02x}::1]",
        f"[fe80::5efe:{address}]",
        f"[::ffff:{address}%25lo]",
    )


OTHERS = (
    "localhost", "LOCALHOST", "localhost.", "LocalHost.", "ip6-localhost", "ip6-loopback", "localhost.localdomain", "a.localhost",
    "ｌｏｃａｌｈｏｓｔ", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ℓocalhost", "loc\u00adalhost", "local\u200bhost", "localhost%00", "localhost%2e",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::1]", "[::1%25lo]", "[::1%lo]", "[0:0:0:0:0:0:0:0]", "[::ffff:7f00:1]", "[::0001]",
    "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25eth0]", "[fec0::1]", "[ff02::1]", "[100::1]", "[2001:db8::1]",
    "127.1", "127.0.1", "127.000000.0.1", "0", "00", "0x0", "0.0", "127.127", "①②⑦.⓪.⓪.①", "１２７.１", "1２7.0.0.1",
    "user@127.0.0.1", "user:password@127.0.0.1", "news.test@127.0.0.1", "news.test%40@127.0.0.1", "news.test:80@127.0.0.1",
    "@127.0.0.1", "%31%32%37.0.0.1", "127.0.0.1%20", "127.0.0.1\\@news.test", "127.0.0.1%23@news.test", "news.test\\@127.0.0.1",
    "255.255.255.255", "224.0.0.1", "240.0.0.1", "168.63.129.16", "192.0.0.192", "198.18.0.1", "192.88.99.1",
)  # fmt: skip


def hosts() -> list[str]:
    return list(
        dict.fromkeys((*(spelt for address in INNER for spelt in spellings(address)), *OTHERS, *NAMES))
    )


@dataclass
class Names(AbstractResolver):
    """The names of the lists; numbers and local names go to the system, which has spellings of its own."""

    more: dict[str, list[list[str]]] = field(default_factory=dict)
    system: AbstractResolver = field(default_factory=aiohttp.ThreadedResolver)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if answers := self.more.get(host):
            return results(host, port, answers.pop(0) if len(answers) > 1 else answers[0])
        if address := NAMES.get(host):
            return results(host, port, [address])
        if host.endswith(".test") or not host.isascii() or ("." in host.strip(".") and host[-2:-1].isalpha()):
            raise OSError("There is no such name.")
        # Read as laxly as any system does: asked with its dot, a number would go out to a name server, and wait.
        return await self.system.resolve(host.rstrip("."), port, family)

    async def close(self) -> None:
        await self.system.close()


def results(host: str, port: int, addresses: Iterable[str]) -> list[ResolveResult]:
    return [
        ResolveResult(
            hostname=host, host=address, port=port, proto=0, flags=0,
            family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        )
        for address in addresses
    ]  # fmt: skip


@dataclass
class Inner:
    """A server that nobody may reach; it counts who does."""

    port: int
    connections: int = 0


@pytest.fixture
async def inner() -> AsyncIterator[Inner]:
    found = Inner(0)

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.connections += PUBLIC not in writer.get_extra_info("sockname")[0]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    # All addresses of this machine, of both families.
    listening = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    found.port = listening.getsockname()[1]
    server = await asyncio.start_server(connected, sock=listening)
    yield found
    server.close()
    await server.wait_closed()


def guarded(allow: str = "", more: dict[str, list[list[str]]] | None = None) -> Fetcher:
    return Fetcher(
        user_agent="Broadsheet/test",
        allow=parse_allow(allow),
        resolver=Names(more or {}),
        deadline=5,
        connect_timeout=1,
        per_host=64,
    )


def refused(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and outcome.kind in ("refused", "dns", "connection")


def test_the_list_is_long() -> None:
    assert len(hosts()) >= 244


async def test_without_the_guard_many_of_them_arrive(inner: Inner) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Names())) as session:
        for host in list(spellings(LOOPBACK))[:24]:
            with suppress(aiohttp.ClientError, ValueError, OSError):
                async with session.get(f"http://{host}:{inner.port}/", timeout=aiohttp.ClientTimeout(1)):
                    pass
    assert inner.connections >= 10, "the list below would prove nothing"


async def test_none_arrives_directly(inner: Inner) -> None:
    async with guarded() as fetcher:
        urls = [f"http://{host}:{inner.port}/feed" for host in hosts()]
        outcomes = await asyncio.gather(*map(fetcher.fetch, urls))
    assert [url for url, outcome in zip(urls, outcomes, strict=True) if not refused(outcome)] == []
    assert inner.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_none_arrives_by_a_redirect(inner: Inner, site: Site, status: int) -> None:
    targets = dict(enumerate(f"http://{host}:{inner.port}/feed" for host in hosts()))
    targets |= {
        -1: f"//127.1:{inner.port}/",
        -2: f"\\\\127.0.0.1:{inner.port}",
        -3: "file:///etc/passwd",
        -4: "gopher://127.0.0.1:1/",
    }

    async def redirect(request: web.Request) -> web.Response:
        # Bytes as they are: a server that means harm encodes nothing.
        return web.Response(status=status, headers={"Location": targets[int(request.query["n"])]})

    site.routes["/go"] = redirect
    port = site.address.rpartition(":")[2]
    async with guarded("start.test", {"start.test": [[LOOPBACK]]}) as fetcher:
        urls = [f"http://start.test:{port}/go?n={n}" for n in targets]
        outcomes = await asyncio.gather(*map(fetcher.fetch, urls))
    assert len(site.requests) >= len(urls), "each was sent on by the public server"
    assert not any(isinstance(outcome, Changed) for outcome in outcomes)
    assert inner.connections == 0


async def test_none_arrives_by_answers_that_change(inner: Inner, site: Site) -> None:
    """The name is public while it is judged, and inner when it is used, or both at once, in any order."""
    port = site.address.rpartition(":")[2]
    answers = {
        f"rebind{n}.test": turns
        for n, turns in enumerate(
            ([[PUBLIC], [LOOPBACK]], [[LOOPBACK], [PUBLIC]], [[PUBLIC, LOOPBACK]], [[LOOPBACK, "::1"]], [["::1"], [LOOPBACK]], [["::ffff:127.0.0.1"]],
             [["0.0.0.0"], ["::"]], [["64:ff9b::7f00:1"], [LOOPBACK]], [["127.1"], [LOOPBACK]], [[LOOPBACK]] * 5)
        )
    }  # fmt: skip
    site.routes["/go"] = lambda request: _to(f"http://{request.query['host']}:{inner.port}/")
    async with guarded(f"start.test, {PUBLIC}", {"start.test": [[LOOPBACK]], **answers}) as fetcher:
        for host in answers:
            for _ in range(3):
                await fetcher.fetch(f"http://{host}:{inner.port}/")
                await fetcher.fetch(f"http://start.test:{port}/go?host={host}")
    assert inner.connections == 0


async def _to(location: str) -> web.Response:
    return web.Response(status=302, headers={"Location": location})


OPENED = {
    "a host": ("news.test", ["news.test"], ["other.test", "sub.news.test", LOOPBACK, "localhost"]),
    "a host, with its dot": ("news.test.", ["news.test", "NEWS.test", "news.test."], ["news.test.evil.test"]),
    "an address": (LOOPBACK, [LOOPBACK, "news.test", "other.test"], ["127.0.0.2", "[::1]", "0.0.0.0"]),
    "a network": ("127.0.0.0/24", ["127.0.0.1", "127.0.0.9"], ["127.0.1.1", "[::1]"]),
    "an IPv6 address": ("::1", ["[::1]"], [LOOPBACK, "news.test", "localhost4.test"]),
    "several": ("news.test, 127.0.0.2", ["news.test", "127.0.0.2"], ["other.test", LOOPBACK]),
    "nothing": ("", [], ["news.test", LOOPBACK, "[::1]"]),
}


@pytest.mark.parametrize(("allow", "opened", "shut"), OPENED.values(), ids=OPENED.keys())
async def test_allow_opens_exactly_what_it_names(
    inner: Inner, allow: str, opened: list[str], shut: list[str]
) -> None:
    names = (
        "news.test",
        "NEWS.test",
        "news.test.",
        "other.test",
        "sub.news.test",
        "news.test.evil.test",
        "localhost4.test",
    )
    async with guarded(allow, {name: [[LOOPBACK]] for name in names}) as fetcher:
        for host in shut:
            assert refused(await fetcher.fetch(f"http://{host}:{inner.port}/")), host
        assert inner.connections == 0
        for n, host in enumerate(opened, 1):
            assert isinstance(await fetcher.fetch(f"http://{host}:{inner.port}/"), Changed), host
            assert inner.connections == n


async def test_public_names_are_read(site: Site) -> None:
    port = site.serve("/feed", RSS).partition("//")[2].partition(":")[2].partition("/")[0]
    async with guarded("127.0.0.1", {f"public{n}.test": [[LOOPBACK]] for n in range(5)}) as fetcher:
        outcomes = [await fetcher.fetch(f"http://public{n}.test:{port}/feed") for n in range(5)]
    assert all(isinstance(outcome, Changed) for outcome in outcomes)


def test_no_address_of_the_lists_is_written_wrongly() -> None:
    for address in NAMES.values():
        if address[0].isdigit() and address.count(".") == 3:
            IPv4Address(address)
        elif ":" in address:
            IPv6Address(address)
