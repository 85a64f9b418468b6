"""All failures that can be ordered of one sandbox."""

import asyncio
import itertools
import logging
from collections.abc import Mapping
from datetime import timedelta

from bot.sandbox.errors import Refusal
from bot.sandbox.faults.gateway import GatewayFaults
from bot.sandbox.faults.portion import BOTS, EVERYONE, Portion, concerns
from bot.sandbox.faults.requests import Failure, Fault, Meanwhile, Meeting, SlowBody, Status, When
from bot.sandbox.stage import Stage
from bot.sandbox.things import User

# What bots are answered of a guild that is out, as they have reported it; no document says.
_OUTAGE = Meeting(Status(503))
_UNDISTURBED = Meeting()
_log = logging.getLogger(__name__)


class Faults:
    """Failures of requests, first come first served; those of the gateway are under `gateway`.

    Orders are numbered through both.
    """

    def __init__(self, stage: Stage) -> None:
        self._numbers = itertools.count(1)
        self._clock = stage.clock
        self._waiting: list[Fault] = []
        self._stage = stage
        self._world = stage.world
        self.gateway = GatewayFaults(stage, self._numbers)
        # Set when the sandbox closes: slow and hanging answers end then.
        self.closing = asyncio.Event()

    def next(
        self,
        method: str,
        route_glob: str,
        failure: Failure | Meanwhile,
        when: When = "before",
        times: int = 1,
        whose: str = BOTS,
    ) -> Fault:
        """Let the next `times` requests fail whose method and route match.

        The glob is held against the route's template and the path, such as `/channels/*/messages`; `*` stands
        for every method. `after`: the deed is done, and only its answer is lost. `whose` is "bots", "everyone"
        or a user's id.
        """
        return self._order(method, route_glob, failure, when, whose, Portion(times))

    def some(
        self,
        method: str,
        route_glob: str,
        failure: Failure | Meanwhile,
        when: When = "before",
        share: float = 1.0,
        seed: int = 0,
        for_s: float | None = None,
        whose: str = BOTS,
    ) -> Fault:
        """Let a share of such requests fail, for `for_s` seconds of the sandbox's clock or until cleared."""
        until = None if for_s is None else self._clock.now() + timedelta(seconds=for_s)
        return self._order(method, route_glob, failure, when, whose, Portion(None, share, seed, until))

    def _order(
        self,
        method: str,
        route_glob: str,
        failure: Failure | Meanwhile,
        when: When,
        whose: str,
        portion: Portion,
    ) -> Fault:
        if not route_glob.startswith(("/", "*")):
            raise ValueError("A route begins with a slash, or with a * for any beginning.")
        # A body can be slow only when there is one.
        when = "after" if isinstance(failure, SlowBody) else when
        fault = Fault(next(self._numbers), method.upper(), route_glob, failure, when, whose, portion)
        self._waiting.append(fault)
        return fault

    @property
    def waiting(self) -> list[Fault]:
        """What was ordered and is not used up, in order."""
        now = self._clock.now()
        self._waiting = [one for one in self._waiting if not one.portion.is_over(now)]
        return list(self._waiting)

    def meet(
        self, method: str, template: str, path: str, names: Mapping[str, str], who: User | None
    ) -> Meeting:
        """What meets a request; `names` are the path's values. What it meets is in the journal."""
        meeting = _OUTAGE if self._is_out(names, who) else self._take(method, template, path, who)
        if meeting.failure is not None:
            self._stage.note(
                "request fault",
                who.id if who else "",
                guild_id=names.get("guild_id"),
                channel_id=names.get("channel_id"),
                message_id=names.get("message_id"),
                detail=f"{method} {template} {meeting.when}: {meeting.failure}",
            )
        return meeting

    def _take(self, method: str, template: str, path: str, who: User | None) -> Meeting:
        """All that happens meanwhile, and the first failure; both are used up."""
        if not self._waiting:
            return _UNDISTURBED
        now = self._clock.now()
        failure: Failure | None = None
        when: When = "before"
        deeds: list[tuple[When, Meanwhile]] = []
        for fault in self._waiting:
            ordered = fault.failure
            if failure is not None and not isinstance(ordered, Meanwhile):
                continue
            if not fault.matches(method, template, path, who) or not fault.portion.picks(now):
                continue
            if isinstance(ordered, Meanwhile):
                deeds.append((fault.when, ordered))
            else:
                failure, when = ordered, fault.when
        self._waiting = [one for one in self._waiting if not one.portion.is_over(now)]
        return Meeting(failure, when, tuple(deeds))

    def happen(self, meeting: Meeting, when: When) -> None:
        """Let happen what was ordered for just before, or just after."""
        for one in meeting.deeds_at(when):
            try:
                one.deed()
            except Refusal as no:
                self._stage.note("deed in vain", "", detail=f"{one.name}: {no}")
            except Exception:
                _log.exception("What was to happen %s a request failed.", when)
            else:
                self._stage.note("deed meanwhile", "", detail=f"{one.name} {when}")

    def _is_out(self, names: Mapping[str, str], who: User | None) -> bool:
        if not self.gateway.outages or not concerns(BOTS, who):
            return False
        channel = self._world.channels.get(names.get("channel_id", ""))
        place = channel or self._world.webhooks.get(names.get("webhook_id", ""))
        guild_id = names.get("guild_id") if place is None else place.guild_id
        return guild_id in self.gateway.outages

    def knows(self, whose: str) -> bool:
        """Whether `whose` names anybody: "bots", "everyone", a user's id or a session's."""
        return (
            whose in (BOTS, EVERYONE)
            or whose in self._world.users
            or self._stage.gateway.session(whose) is not None
        )

    def lift(self, number: int) -> bool:
        """Take one order back, of requests or of the gateway; whether there was such a one."""
        kept = [one for one in self._waiting if one.number != number]
        found = len(kept) < len(self._waiting)
        self._waiting = kept
        return found or self.gateway.lift(number)

    def clear(self) -> None:
        """Let all be well again: forget every order, end silences and outages."""
        self._waiting.clear()
        self.gateway.clear()

    def close(self) -> None:
        """End the answers that are slow or hang."""
        self.closing.set()
