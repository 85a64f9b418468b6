"""Whom an order concerns, and which of those that match it are met: the next few, or a share of all."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from bot.sandbox.things import User

BOTS, EVERYONE = "bots", "everyone"


def concerns(whose: str, user: User | None) -> bool:
    """Whether an order for "bots", "everyone" or one user's id concerns this user.

    Nobody counts as a bot: answers to interactions are sent without a token, by their own one in the path.
    """
    if whose == EVERYONE:
        return True
    if whose == BOTS:
        return user is None or user.bot
    return user is not None and user.id == whose


@dataclass(slots=True)
class Portion:
    """Picks among what matches: `times` of them (None: without end), each with the chance `share`.

    The dice are thrown for every one that matches, so that a seed and an order of events give always the same.
    Raises ValueError for figures that pick nothing.
    """

    times: int | None = 1
    share: float = 1.0
    seed: int = 0
    until: datetime | None = None
    met: int = 0
    _dice: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise ValueError("An order is for once at least.")
        if not 0 < self.share <= 1:
            raise ValueError("A share is more than 0 and at most 1.")
        self._dice = Random(self.seed)  # noqa: S311

    def picks(self, now: datetime) -> bool:
        """Whether the one that matches now is met; it is counted if so."""
        if self.is_over(now) or self._dice.random() >= self.share:
            return False
        self.met += 1
        return True

    def is_over(self, now: datetime) -> bool:
        """Whether nothing will be met any more."""
        return (self.times is not None and self.met >= self.times) or (
            self.until is not None and now >= self.until
        )
