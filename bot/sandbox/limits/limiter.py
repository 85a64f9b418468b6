"""Counts requests: by bucket, by bot for the global limit, and by address those that were invalid."""

import hashlib
import math
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.sandbox.clock import Clock
from bot.sandbox.limits.families import SUB_LIMITS, Attempt, Family, SubLimit, family_of
from bot.sandbox.limits.refusals import banned, limited
from bot.sandbox.limits.settings import Limits
from bot.sandbox.things import User
from bot.sandbox.world import World

# The parts of a path that have buckets of their own.
_TOP_LEVEL = ("channel_id", "guild_id", "webhook_id", "token")
# Routes that are used without a bot's token, and that the global limit leaves out.
_TOKEN_IN_PATH = ("/webhooks/{webhook_id}/{token}", "/interactions/{interaction_id}/{token}")
# What headers tell where nobody is limited: so much that a client never waits.
_PLENTY = 1_000_000
_SWEEP_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the user's id ("" for nobody), whether as a bot, and from which address."""

    id: str
    bot: bool
    address: str

    @classmethod
    def of(cls, authorization: str, user: User | None, address: str | None) -> Self:
        """A dead bot token has no user; that it came as `Bot …` still makes it a bot's."""
        return cls("" if user is None else user.id, authorization.startswith("Bot "), address or "")


@dataclass(frozen=True, slots=True)
class _Rule:
    """What holds for a route, worked out once."""

    line: str
    family: Family
    bucket: str
    top_level: tuple[str, ...]
    token_in_path: bool
    parts: tuple[SubLimit, ...]

    @classmethod
    def of(cls, method: str, template: str) -> Self:
        line = f"{method} {template}"
        family = family_of(line)
        return cls(
            line=line,
            family=family,
            bucket=hashlib.md5(family.name.encode(), usedforsecurity=False).hexdigest(),
            top_level=tuple(name for name in _TOP_LEVEL if f"{{{name}}}" in template),
            token_in_path=template.startswith(_TOKEN_IN_PATH),
            parts=tuple(part for part in SUB_LIMITS if line in part.routes),
        )


class _Window:
    """A window of a bucket, from its first request on."""

    __slots__ = ("ends", "used")

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.used = 0


class Limiter:
    """Says of each request whether it is one too many. Times are seconds since 1970 by the sandbox's clock."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        # Bots' requests that were answered 401, 403 or 429 (but for the scope `shared`) since the start, as
        # "403 GET /channels/{channel_id}" and how often.
        self.invalid: Counter[str] = Counter()
        self._clock = clock
        self._rules: dict[tuple[str, str], _Rule] = {}
        self._windows: dict[tuple[str, ...], _Window] = {}
        self._sweep_at = 0.0
        self._invalid_at: dict[str, deque[float]] = {}
        self._banned_until: dict[str, float] = {}

    def take(self, asker: Asker, method: str, template: str, names: Mapping[str, str]) -> dict[str, str]:
        """Count a request before it is read, and give the headers for its answer. Raises TooMany."""
        rule = self._rule(method, template)
        if not self._concerns(asker, rule):
            return {}
        now = self._now()
        self._demand_no_ban(asker.address, now)
        if not rule.token_in_path:
            self._take_global(asker, now)
        family = rule.family
        # Nobody has no bucket: a dead token is answered 401, however often it comes.
        if not (asker.id or rule.token_in_path):
            return {}
        whose = "" if rule.token_in_path else asker.id
        key = (family.name, whose, *[names[name] for name in rule.top_level])
        window = self._count(key, family.window_s, now)
        headers = self._headers(rule.bucket, family.allowed, window, now)
        if self.limits.enforced and window.used > family.allowed:
            raise limited("user", _up_to_ms(window.ends - now), bucket=headers)
        return headers

    def take_part(
        self, asker: Asker, method: str, template: str, names: Mapping[str, str], body: Any, world: World
    ) -> None:
        """Count a request, once it is read, for the limits that look at what it wants. Raises TooMany."""
        rule = self._rule(method, template)
        if not rule.parts:
            return
        moment = self._clock.now()
        now = moment.timestamp()
        concerned = self._concerns(asker, rule)
        attempt = Attempt(world, names, body, asker.id, moment)
        for part in rule.parts:
            shared = part.scope == "shared"
            if not (concerned or shared) or not part.applies(attempt):
                continue
            key = (part.name, "" if shared else asker.id, names[part.each])
            window = self._count(key, part.window_s, now)
            if concerned and self.limits.enforced and window.used > part.allowed:
                raise limited(part.scope, _up_to_ms(window.ends - now), part.code, part.message)

    def answered(self, asker: Asker, method: str, template: str, status: int, counts: bool = True) -> None:
        """Take note of how a request was answered; `counts` is false for a 429 that Discord does not count."""
        if status not in (401, 403, 429) or not counts:
            return
        rule = self._rule(method, template)
        if not self._concerns(asker, rule):
            return
        self.invalid[f"{status} {rule.line}"] += 1
        now = self._now()
        recent = self._recent(asker.address, now)
        recent.append(now)
        if len(recent) < self.limits.invalid_at_most:
            return
        if self.limits.enforced:
            self._banned_until[asker.address] = now + self.limits.ban_s
            recent.clear()
        else:
            recent.popleft()

    def recently_invalid(self, address: str) -> int:
        """How many of an address's requests within the window were invalid."""
        return len(self._recent(address, self._now()))

    def _concerns(self, asker: Asker, rule: _Rule) -> bool:
        return asker.bot or rule.token_in_path or self.limits.people

    def _demand_no_ban(self, address: str, now: float) -> None:
        until = self._banned_until.get(address)
        if until is None:
            return
        if now < until:
            raise banned()
        del self._banned_until[address]

    def _take_global(self, asker: Asker, now: float) -> None:
        window = self._count(("global", asker.id or asker.address), 1.0, now)
        if self.limits.enforced and window.used > self.limits.global_per_s:
            raise limited("global", _up_to_ms(window.ends - now))

    def _count(self, key: tuple[str, ...], seconds: float, now: float) -> _Window:
        if now >= self._sweep_at:
            self._windows = {one: window for one, window in self._windows.items() if window.ends > now}
            self._sweep_at = now + _SWEEP_EVERY_S
        window = self._windows.get(key)
        if window is None or now >= window.ends:
            window = self._windows[key] = _Window(now + seconds)
        window.used += 1
        return window

    def _headers(self, bucket: str, allowed: int, window: _Window, now: float) -> dict[str, str]:
        if not self.limits.enforced:
            allowed = _PLENTY
        return {
            "X-RateLimit-Bucket": bucket,
            "X-RateLimit-Limit": str(allowed),
            "X-RateLimit-Remaining": str(max(0, allowed - window.used)),
            "X-RateLimit-Reset": f"{window.ends:.3f}",
            "X-RateLimit-Reset-After": f"{_up_to_ms(window.ends - now):.3f}",
        }

    def _recent(self, address: str, now: float) -> deque[float]:
        recent = self._invalid_at.setdefault(address, deque())
        while recent and recent[0] <= now - self.limits.invalid_window_s:
            recent.popleft()
        return recent

    def _rule(self, method: str, template: str) -> _Rule:
        rule = self._rules.get((method, template))
        if rule is None:
            rule = self._rules[method, template] = _Rule.of(method, template)
        return rule

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _up_to_ms(seconds: float) -> float:
    """Rounded up to milliseconds, so that who waits so long waits long enough; a clock's own grain is let go."""
    return math.ceil(round(seconds * 1000, 2)) / 1000
