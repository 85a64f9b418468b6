"""The address guard: which addresses a fetch may connect to, judged where the connection is made."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]

# Kept explicit: Python's `is_global` lets several of these pass. Source: the IANA special-purpose
# address registries, and what clouds serve to their own machines.
_REFUSED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network; 0.0.0.0 reaches the machine itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's metadata and health address, public by number only
        "169.254.0.0/16",  # link-local, with most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        # Only 2000::/3 is given out to the public. These three are all the rest: loopback, IPv4-compatible,
        # NAT64 (64:ff9b::/96, 64:ff9b:1::/48), unique local, link-local, site-local, multicast.
        "::/3",
        "4000::/2",
        "8000::/1",
        "2001::/23",  # protocol assignments, with Teredo (2001::/32), which carries an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",
    )
)
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.IGNORECASE)


class AddressRefusedError(OSError):
    """A connection that the guard did not let happen."""


@dataclass(frozen=True, slots=True)
class Allow:
    """What an operator opens in spite of the guard: whole networks, and hosts by their exact name."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def opens_host(self, host: str) -> bool:
        """Whether this very host name was opened, whatever it resolves to."""
        return host.rstrip(".").lower() in self.hosts

    def opens_address(self, address: Address) -> bool:
        """Whether the address lies in a network that was opened."""
        return any(address in network for network in self.networks)


def parse_allow(text: str) -> Allow:
    """Read a list of hosts, addresses and networks, separated by commas or blanks; ports play no part.

    Raises ValueError with a sentence for the operator.
    """
    networks: list[Network] = []
    hosts: set[str] = set()
    for word in text.replace(",", " ").split():
        bare = word[1:-1] if word.startswith("[") and word.endswith("]") else word
        try:
            networks.append(ip_network(bare))
        except ValueError as error:
            if "has host bits set" in str(error):
                raise ValueError(
                    f"“{word}” names a network by an address inside it. "
                    f"Write the address alone, or the network as {ip_network(bare, strict=False)}."
                ) from None
            name = bare.rstrip(".").lower()
            if not _HOST_NAME.fullmatch(name) or re.fullmatch(r"[\d.]+", name):
                raise ValueError(
                    f"“{word}” is neither a host name nor an address nor a network. Write for example "
                    "“feeds.example.org”, “192.168.1.20” or “10.0.0.0/8”, without scheme, port or path."
                ) from None
            hosts.add(name)
    return Allow(tuple(networks), frozenset(hosts))


def is_refused(ip: str | Address, allow: Allow) -> bool:
    """Whether an address is one that a stranger's URL must not reach. What is no address is refused."""
    try:
        # A zone ("fe80::1%eth0") names an interface, not another address.
        address = ip_address(ip.partition("%")[0]) if isinstance(ip, str) else ip
    except ValueError:
        return True
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped  # the kernel connects to the IPv4 address
    return not allow.opens_address(address) and any(address in network for network in _REFUSED)


def is_own(family: int, sockaddr: tuple[Any, ...]) -> bool:
    """Whether the address is one of this machine's: the kernel would answer from the same address.

    Connecting a datagram socket sends nothing; it only asks the routing table.
    """
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(sockaddr)
            return bool(probe.getsockname()[0] == sockaddr[0])
    except OSError:
        return False


class Guard:
    """Judges every address twice: as the resolver names it, and as the socket is about to connect to it.

    The resolver alone is bypassed by literal addresses, and a check before the fetch by rebinding.
    """

    def __init__(self, allow: Allow, *, own: Callable[[int, tuple[Any, ...]], bool] = is_own) -> None:
        self._allow = allow
        self._own = own
        # A socket only knows its address; for whom it is made travels beside it, from task to task.
        self._host: ContextVar[str] = ContextVar("guard_host", default="")

    def entering(self, host: str) -> None:
        """Say for which host the sockets of this task and those it starts are meant."""
        self._host.set(host)

    def refuses(self, host: str, ip: str) -> bool:
        """Whether this address must not be connected to on behalf of this host."""
        return not self._allow.opens_host(host) and is_refused(ip, self._allow)

    def make_socket(self, info: AddrInfo) -> socket.socket:
        """Make the socket for `TCPConnector(socket_factory=…)`; raises AddressRefusedError."""
        family, kind, protocol, _, sockaddr = info
        host, ip = self._host.get(), str(sockaddr[0])
        if self.refuses(host, ip) or (not self._is_opened(host, ip) and self._own(int(family), sockaddr)):
            raise AddressRefusedError("The address belongs to an inner network.")
        return socket.socket(family, kind, protocol)

    def _is_opened(self, host: str, ip: str) -> bool:
        return self._allow.opens_host(host) or self._allow.opens_address(ip_address(ip.partition("%")[0]))


class GuardedResolver(AbstractResolver):
    """A resolver whose answers the guard has seen; inner addresses among them are left out."""

    def __init__(self, resolver: AbstractResolver, guard: Guard) -> None:
        self._resolver = resolver
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Resolve as the inner resolver does. Raises AddressRefusedError where only inner addresses are left."""
        results = await self._resolver.resolve(host, port, family)
        safe = [result for result in results if not self._guard.refuses(host, result["host"])]
        if results and not safe:
            raise AddressRefusedError("The name leads into an inner network.")
        return safe

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._resolver.close()
