"""How often a bot may start sessions: so many a day, and one at a time for each of its concurrency's keys.

https://docs.discord.com/developers/events/gateway#rate-limiting
"""

from datetime import datetime, timedelta

from bot.sandbox.clock import Clock
from bot.sandbox.limits import Limits
from bot.sandbox.shapes import Json

_DAY = timedelta(days=1)


class Starts:
    """Counts the IDENTIFYs of all bots. Where limits are not enforced it counts and refuses none."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        # By bot: when its day began, and how many it has had since.
        self._days: dict[str, tuple[datetime, int]] = {}
        # By bot and key: when the last one was let in.
        self._let_in: dict[tuple[str, int], datetime] = {}

    def count(self, bot_id: str) -> bool:
        """Count an IDENTIFY; False when the day's are used up."""
        began, used = self._day(bot_id)
        self._days[bot_id] = (began, used + 1)
        return used < self._limits.identifies_a_day or not self._limits.enforced

    def enter(self, bot_id: str, shard_number: int) -> bool:
        """Let a shard start; False when another with its key started only just before."""
        now = self._clock.now()
        key = (bot_id, shard_number % self._limits.max_concurrency)
        last = self._let_in.get(key)
        window = timedelta(seconds=self._limits.identify_window_s)
        if self._limits.enforced and last is not None and now - last < window:
            return False
        self._let_in[key] = now
        return True

    def left(self, bot_id: str) -> Json:
        """What GET /gateway/bot says of it; `reset_after` in milliseconds."""
        began, used = self._day(bot_id)
        after = began + _DAY - self._clock.now()
        return {
            "total": self._limits.identifies_a_day,
            "remaining": max(0, self._limits.identifies_a_day - used),
            "reset_after": round(after.total_seconds() * 1000) if used else 0,
            "max_concurrency": self._limits.max_concurrency,
        }

    def _day(self, bot_id: str) -> tuple[datetime, int]:
        now = self._clock.now()
        began, used = self._days.get(bot_id, (now, 0))
        return (began, used) if now - began < _DAY else (now, 0)
