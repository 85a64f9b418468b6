"""How often one address may ask: a bucket of requests that fills up again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address

# Enough for a page that shows everything at once, and for a program that reads all of a guild without a pause.
BURST = 120
PER_SECOND = 10.0
MOST_ADDRESSES = 4096


@dataclass(slots=True)
class _Bucket:
    left: float
    at: datetime


class RateLimit:
    """Counts requests of each address. Of more than 4,096 addresses, the longest silent one is forgotten."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        burst: int = BURST,
        per_second: float = PER_SECOND,
        most_addresses: int = MOST_ADDRESSES,
    ) -> None:
        self._clock = clock
        self._burst = burst
        self._per_second = per_second
        self._most_addresses = most_addresses
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, address: str) -> float:
        """Count one request: 0.0 where it may pass, else the seconds after which the next one may."""
        now, name = self._clock(), _who(address)
        bucket = self._buckets.setdefault(name, _Bucket(self._burst, now))
        self._buckets.move_to_end(name)
        if len(self._buckets) > self._most_addresses:
            self._buckets.popitem(last=False)
        elapsed = max(0.0, (now - bucket.at).total_seconds())
        bucket.left, bucket.at = min(self._burst, bucket.left + elapsed * self._per_second), now
        if bucket.left < 1:
            return (1 - bucket.left) / self._per_second
        bucket.left -= 1
        return 0.0


def _who(address: str) -> str:
    """Whom an address belongs to: in IPv6 a household has a whole /64."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else f"{int(parsed) >> 64:x}::/64"
    return str(parsed)
