"""What is limited, and how much: Discord's own figures unless told otherwise."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one may ask, with Discord's own figures; all windows go by the sandbox's clock.

    `enforced` off keeps the headers and refuses nobody. `people` has people limited as bots are: off, because
    Discord paces a person's client otherwise than by these figures. Raises ValueError for a count below 1.
    """

    enforced: bool = True
    people: bool = False
    # REST: requests a second of one bot; answers of 401, 403 and 429 in the window before the address is banned,
    # and for how long (Discord names no time; an hour is what those who were banned report).
    global_per_s: int = 50
    invalid_at_most: int = 10_000
    invalid_window_s: float = 600.0
    ban_s: float = 3600.0
    # The gateway: sessions a day, how many of them at once, and what one connection may send.
    identifies_a_day: int = 1000
    max_concurrency: int = 1
    identify_window_s: float = 5.0
    gateway_sends: int = 120
    gateway_window_s: float = 60.0
    guilds_a_shard: int = 2500
    # Whatever is enforced: how often a client beats, in real seconds, and how many characters may wait for it.
    heartbeat_s: float = 41.25
    backlog_at_most: int = 128 * 1024 * 1024

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.type is int and getattr(self, field.name) < 1:
                raise ValueError(f"{field.name} has to be 1 or more; Limits.off() limits nobody.")

    @classmethod
    def off(cls) -> Self:
        """No limits: for tests of other things, and for measuring."""
        return cls(enforced=False)
