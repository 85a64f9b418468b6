"""Which addresses a stranger's URL may reach: every spelling of the inner ones, and rebinding."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.feeds.fetch import Fetcher
from bot.feeds.guard import Allow, is_own, is_refused, parse_allow
from bot.feeds.model import Changed, Failed
from tests.feeds.conftest import Site

REFUSED = {
    "loopback": "127.0.0.1",
    "another loopback": "127.8.8.8",
    "this network": "0.0.0.0",
    "private 10": "10.1.2.3",
    "private 172": "172.31.255.255",
    "private 192": "192.168.1.1",
    "carrier-grade NAT": "100.64.0.1",
    "Alibaba's metadata": "100.100.100.200",
    "link-local metadata": "169.254.169.254",
    "Azure's metadata": "168.63.129.16",
    "Oracle's metadata": "192.0.0.192",
    "documentation": "203.0.113.9",
    "benchmarking": "198.19.0.1",
    "6to4 relay": "192.88.99.1",
    "multicast": "224.0.0.251",
    "reserved": "250.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 loopback": "::1",
    "IPv6 unspecified": "::",
    "IPv4-mapped": "::ffff:127.0.0.1",
    "IPv4-mapped in hex": "::ffff:a9fe:a9fe",
    "IPv4-compatible": "::127.0.0.1",
    "IPv4-translated": "::ffff:0:7f00:1",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64, local": "64:ff9b:1::a00:1",
    "6to4": "2002:7f00:1::",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "documentation, IPv6": "2001:db8::1",
    "documentation, new": "3fff::1",
    "discard": "100::1",
    "segment routing": "5f00::1",
    "unique local": "fd00:ec2::254",
    "link-local, IPv6": "fe80::1",
    "link-local with its zone": "fe80::1%eth0",
    "site-local": "fec0::1",
    "multicast, IPv6": "ff02::1",
    "no address at all": "localhost",
    "empty": "",
}
PUBLIC = ("93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:800::200e", "::ffff:1.1.1.1")


@pytest.mark.parametrize("ip", REFUSED.values(), ids=REFUSED.keys())
def test_inner_addresses_are_refused(ip: str) -> None:
    assert is_refused(ip, Allow())


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_are_open(ip: str) -> None:
    assert not is_refused(ip, Allow())


@pytest.mark.parametrize(
    ("allowed", "ip", "refused"),
    [
        ("127.0.0.1", "127.0.0.1", False),
        ("127.0.0.1/32", "::ffff:127.0.0.1", False),
        ("127.0.0.1/32", "127.0.0.2", True),
        ("10.0.0.0/8, 192.168.0.0/16", "192.168.7.7", False),
        ("[::1]", "::1", False),
        ("feeds.example.test", "127.0.0.1", True),
    ],
)
def test_allow_opens_exactly_what_it_names(allowed: str, ip: str, refused: bool) -> None:
    assert is_refused(ip, parse_allow(allowed)) is refused


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("10.0.0.5/8", "10.0.0.0/8"),
        ("http://intranet/", "host name"),
        ("intranet:8080", "without scheme, port or path"),
        ("127.1", "127.1"),
        ("*.example.test", "host name"),
    ],
)
def test_allow_explains_what_it_cannot_read(text: str, says: str) -> None:
    with pytest.raises(ValueError, match="Write") as caught:
        parse_allow(text)
    assert says in str(caught.value)


def test_own_addresses_are_recognised() -> None:
    assert is_own(socket.AF_INET, ("127.0.0.1", 80))
    assert not is_own(socket.AF_INET, ("192.0.2.1", 80))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "localhost",
     "127.0.0.1.", "１２７.０.０.１"],
)  # fmt: skip
async def test_no_spelling_of_an_inner_address_is_reached(site: Site, host: str) -> None:
    port = site.address.rpartition(":")[2]
    site.serve("/feed")
    async with Fetcher(user_agent="Broadsheet/test") as fetcher:
        outcome = await fetcher.fetch(f"http://{host}:{port}/feed")
    assert isinstance(outcome, Failed)
    assert outcome.kind in ("refused", "dns"), outcome
    assert site.requests == []


class _Rebinding(AbstractResolver):
    """Answers with each of its addresses in turn."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        address = self.addresses[min(self.asked, len(self.addresses) - 1)]
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


async def test_a_name_that_leads_inside_is_refused(site: Site) -> None:
    port = site.address.rpartition(":")[2]
    async with Fetcher(user_agent="Broadsheet/test", resolver=_Rebinding("127.0.0.1")) as fetcher:
        outcome = await fetcher.fetch(f"http://rebind.test:{port}/feed?token=hush")
    assert isinstance(outcome, Failed)
    assert (outcome.kind, site.requests) == ("refused", [])
    assert "rebind.test" in outcome.sentence
    assert "FETCH_ALLOW" in outcome.sentence


async def test_an_allowed_host_is_reached_and_no_other_name_of_its_address(site: Site) -> None:
    port = site.address.rpartition(":")[2]
    site.serve("/feed")
    allow = parse_allow("intranet.test")
    async with Fetcher(
        user_agent="Broadsheet/test", allow=allow, resolver=_Rebinding("127.0.0.1")
    ) as fetcher:
        opened = await fetcher.fetch(f"http://intranet.test:{port}/feed")
        other = await fetcher.fetch(f"http://other.test:{port}/feed")
        literal = await fetcher.fetch(f"http://127.0.0.1:{port}/feed")
    assert isinstance(opened, Changed)
    assert [isinstance(o, Failed) and o.kind for o in (other, literal)] == ["refused", "refused"]
    assert len(site.requests) == 1


@pytest.mark.parametrize("host", ["127.0.0.1.", "127.0.0.1..", "127.1", "2130706433", "[::1]"])
async def test_what_aiohttp_takes_for_an_address_is_refused_before_anything_is_asked(host: str) -> None:
    async with Fetcher(
        user_agent="Broadsheet/test", allow=parse_allow("intranet.test"), resolver=_Rebinding("1.1.1.1")
    ) as fetcher:
        outcome = await fetcher.fetch(f"http://{host}/feed")
        assert not await fetcher.is_public(f"http://{host}/feed")
    assert isinstance(outcome, Failed)
    assert outcome.kind == "refused"
    assert "FETCH_ALLOW" in outcome.sentence


async def test_the_socket_itself_refuses_when_the_resolver_was_bypassed() -> None:
    from bot.feeds.guard import AddressRefusedError, Guard

    guard = Guard(Allow())
    guard.entering("public.test")
    for ip, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        with pytest.raises(AddressRefusedError):
            guard.make_socket((family, socket.SOCK_STREAM, 0, "", (ip, 80)))


async def test_the_machines_own_public_address_is_refused() -> None:
    from bot.feeds.guard import AddressRefusedError, Guard

    guard = Guard(Allow(), own=lambda family, sockaddr: sockaddr[0] == "93.184.216.34")
    with pytest.raises(AddressRefusedError):
        guard.make_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("93.184.216.34", 80)))
    guard.make_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("1.1.1.1", 80))).close()
