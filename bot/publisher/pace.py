"""Discord's limit for all of a bot's requests together: kept by not reaching it.

Who only heeds the refusals draws a whole burst of them in each second, and ten thousand in ten minutes ban the address.
https://discord.com/developers/docs/topics/rate-limits#global-rate-limit
"""

from __future__ import annotations

from collections import deque

# Of Discord's fifty in a second, so that some that arrive closer together than they left are not too many.
MOST_IN_A_SECOND = 40


class Pace:
    """Gives requests their turns, in the order in which they ask: at most so many in any second."""

    def __init__(self, most: int = MOST_IN_A_SECOND) -> None:
        self._turns: deque[float] = deque(maxlen=most)

    def wait(self, now: float) -> float:
        """How many seconds a request that asks at this moment, in seconds of a clock that never goes back, waits."""
        turn = now if len(self._turns) < (self._turns.maxlen or 0) else max(now, self._turns[0] + 1.0)
        self._turns.append(turn)
        return turn - now


def counts(path: str) -> bool:
    """Whether a request to this path counts: answers to interactions do not, and must not wait."""
    return "/interactions/" not in path and "/webhooks/" not in path
