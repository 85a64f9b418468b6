"""How often one may ask: Discord's buckets, its global limit, and the ban for too many invalid requests.

https://discord.com/developers/docs/topics/rate-limits
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from bot.sandbox.clock import Clock
from bot.sandbox.world import User


@dataclass(frozen=True, slots=True)
class Limits:
    """What is limited. `enforced` off keeps the headers and refuses nobody; people are not limited."""

    enforced: bool = True

    @classmethod
    def off(cls) -> Self:
        """No limits: for tests of other things, and for measuring."""
        return cls(enforced=False)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the limits say of one request: headers for its answer, and the 429's body where it is refused."""

    headers: Mapping[str, str] = field(default_factory=dict)
    refusal: Mapping[str, Any] | None = None


class Limiter:
    """Counts requests by bucket and for the whole of a bot."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        # Requests of bots that were answered 401, 403 or 429 (but for the scope `shared`): status and route.
        self.invalid: list[str] = []

    def take(self, method: str, template: str, names: Mapping[str, str], who: User | None) -> Ticket:
        """Count a request before it is carried out."""
        return Ticket()

    def answered(self, method: str, template: str, who: User | None, status: int) -> None:
        """Take note of how a request was answered."""
