"""All failures that can be ordered of one sandbox."""

import asyncio
import itertools
import logging
from collections.abc import Mapping

from bot.sandbox.errors import Refusal
from bot.sandbox.faults.gateway import GatewayFaults
from bot.sandbox.faults.portion import BOTS, EVERYONE, concerns
from bot.sandbox.faults.requests import Meeting, RequestFaults, Status, When
from bot.sandbox.routes.routing import Stage
from bot.sandbox.world import User

# What bots are answered of a guild that is out, as they have reported it; no document says.
_OUTAGE = Meeting(Status(503))
_log = logging.getLogger(__name__)


class Faults(RequestFaults):
    """Failures of requests; those of the gateway are under `gateway`. Orders are numbered through both."""

    def __init__(self, stage: Stage) -> None:
        numbers = itertools.count(1)
        super().__init__(stage.clock, numbers)
        self._stage = stage
        self._world = stage.world
        self.gateway = GatewayFaults(stage, numbers)
        # Set when the sandbox closes: slow and hanging answers end then.
        self.closing = asyncio.Event()

    def meet(
        self, method: str, template: str, path: str, names: Mapping[str, str], who: User | None
    ) -> Meeting:
        """What meets a request; `names` are the path's values. What it meets is in the journal."""
        meeting = _OUTAGE if self._is_out(names, who) else self.take(method, template, path, who)
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
        guild_id = names.get("guild_id") if channel is None else channel.guild_id
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
        return super().lift(number) or self.gateway.lift(number)

    def clear(self) -> None:
        """Let all be well again: forget every order, end silences and outages."""
        super().clear()
        self.gateway.clear()

    def close(self) -> None:
        """End the answers that are slow or hang."""
        self.closing.set()
