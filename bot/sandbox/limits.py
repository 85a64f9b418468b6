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
    """How often one may ask, with Discord's own figures; all windows go by the sandbox's clock.

    `enforced` off keeps the headers and refuses nobody. `people` has people limited as bots are: off, because
    Discord paces a person's client otherwise than by these figures.
    """

    enforced: bool = True
    people: bool = False
    # REST: requests a second of one bot; answers of 401, 403 and 429 in the window before the address is banned.
    global_per_s: int = 50
    invalid_at_most: int = 10_000
    invalid_window_s: float = 600.0
    # The gateway: sessions a day, how many of them at once, and what one connection may send.
    identifies_a_day: int = 1000
    max_concurrency: int = 1
    identify_window_s: float = 5.0
    gateway_sends: int = 120
    gateway_window_s: float = 60.0

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
