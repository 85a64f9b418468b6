"""What events go through on their way to the sessions: the orders for them, and guilds that are out."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from bot.sandbox.clock import Timer
from bot.sandbox.errors import refusal
from bot.sandbox.faults.events import Dropped, EventFault, Late, Reordered, Repeated, Trouble
from bot.sandbox.faults.portion import BOTS, Portion, concerns
from bot.sandbox.gateway.intents import Intent
from bot.sandbox.gateway.sessions import Delivery, Session
from bot.sandbox.stage import Stage
from bot.sandbox.things import Guild
from bot.sandbox.wire import encode

# A session begins with these: without them no client could tell that it has begun.
_ALWAYS_ARRIVE = frozenset({"READY", "RESUMED"})
# How long an event waits for the one that it changes places with.
_WAITS_S = 5.0


class Stream(Delivery):
    """Stands between what happens and the sessions.

    `whose` is "bots", "everyone", a user's id or a session's, in all that has it.
    """

    def __init__(self, stage: Stage, numbers: Iterator[int]) -> None:
        self._stage = stage
        self._gateway = stage.gateway
        self._gateway.delivery = self
        self._numbers = numbers
        self._orders: list[EventFault] = []
        # By session id the event that waits to change places.
        self._waiting: dict[str, tuple[Session, str, str, Timer]] = {}
        self.outages: set[str] = set()

    # Events

    def next(
        self,
        trouble: Trouble,
        event_glob: str = "*",
        times: int = 1,
        guild_id: str | None = None,
        whose: str = BOTS,
    ) -> EventFault:
        """Trouble the next `times` events that match, such as `MESSAGE_*`."""
        return self._order(trouble, event_glob, guild_id, whose, Portion(times))

    def some(
        self,
        trouble: Trouble,
        event_glob: str = "*",
        share: float = 1.0,
        seed: int = 0,
        for_s: float | None = None,
        guild_id: str | None = None,
        whose: str = BOTS,
    ) -> EventFault:
        """Trouble a share of such events, for `for_s` seconds of the sandbox's clock or until cleared.

        What several orders meet is troubled by all of them; dropped is dropped.
        """
        until = None if for_s is None else self._stage.now() + timedelta(seconds=for_s)
        return self._order(trouble, event_glob, guild_id, whose, Portion(None, share, seed, until))

    def _order(
        self, trouble: Trouble, event_glob: str, guild_id: str | None, whose: str, portion: Portion
    ) -> EventFault:
        fault = EventFault(next(self._numbers), trouble, event_glob, guild_id, whose, portion)
        self._orders.append(fault)
        return fault

    @property
    def waiting(self) -> list[EventFault]:
        """What was ordered and is not used up, in order."""
        now = self._stage.now()
        self._orders = [one for one in self._orders if not one.portion.is_over(now)]
        return list(self._orders)

    def deliver(self, session: Session, event: str, encoded: str) -> None:
        """Let an event through to a session, with the trouble that was ordered for it."""
        troubled = self._orders or self._waiting or self.outages
        if not troubled or event in _ALWAYS_ARRIVE:
            session.dispatch(event, encoded)
            return
        guild_id = self._guild_of(event, encoded)
        if guild_id in self.outages and concerns(BOTS, session.user):
            self._in_outage(session, event, encoded, guild_id)
            return
        troubles = self._troubles(session, event, guild_id)
        if any(isinstance(one, Dropped) for one in troubles):
            return
        copies = 1 + sum(one.times for one in troubles if isinstance(one, Repeated))
        late = max((one.seconds for one in troubles if isinstance(one, Late)), default=None)
        arrive = partial(self._arrive, session, event, encoded, copies)
        if late is not None:
            self._stage.clock.call_later(late, arrive)
        elif any(isinstance(one, Reordered) for one in troubles) and session.id not in self._waiting:
            for _ in range(copies - 1):
                session.dispatch(event, encoded)
            timer = self._stage.clock.call_later(_WAITS_S, partial(self._release, session.id))
            self._waiting[session.id] = (session, event, encoded, timer)
        else:
            arrive()

    def _arrive(self, session: Session, event: str, encoded: str, copies: int) -> None:
        for _ in range(copies):
            session.dispatch(event, encoded)
        self._release(session.id)

    def _release(self, session_id: str) -> None:
        """Send the event that waited for another one to pass it."""
        waited = self._waiting.pop(session_id, None)
        if waited is not None:
            session, event, encoded, timer = waited
            timer.cancel()
            session.dispatch(event, encoded)

    def _troubles(self, session: Session, event: str, guild_id: str | None) -> list[Trouble]:
        now = self._stage.now()
        met = [
            one for one in self._orders if one.matches(session, event, guild_id) and one.portion.picks(now)
        ]
        for one in met:
            self._note(session.user.id, f"{event} {type(one.trouble).__name__.lower()}", guild_id)
        if any(one.portion.is_over(now) for one in self._orders):
            self._orders = [one for one in self._orders if not one.portion.is_over(now)]
        return [one.trouble for one in met]

    def _guild_of(self, event: str, encoded: str) -> str | None:
        if not self.outages and all(one.guild_id is None for one in self._orders):
            return None
        data = json.loads(encoded)
        found = data.get("id" if event in ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE") else "guild_id")
        return found if isinstance(found, str) else None

    # Guilds that are out

    def outage(self, guild_id: str) -> int:
        """Make a guild unavailable to bots: GUILD_DELETE says so, its events stop, its routes answer 503.

        People go on in it. Gives how many sessions were told. Raises Refusal for an unknown guild.
        """
        guild = self._stage.world.guilds.get(guild_id)
        if guild is None:
            raise refusal(10004)
        if guild_id in self.outages:
            return 0
        self.outages.add(guild_id)
        self._note(guild.owner_id, "guild unavailable", guild_id)
        sessions = self._bots_in(guild)
        for session in sessions:
            session.dispatch("GUILD_DELETE", _unavailable(guild_id))
        return len(sessions)

    def end_outage(self, guild_id: str) -> int:
        """Make a guild available again: its bots hear GUILD_CREATE; how many sessions. Raises as `outage` does."""
        guild = self._stage.world.guilds.get(guild_id)
        if guild_id not in self.outages:
            if guild is None:
                raise refusal(10004)
            return 0
        self.outages.remove(guild_id)
        if guild is None:
            return 0
        self._note(guild.owner_id, "guild available", guild_id)
        sessions = self._bots_in(guild)
        for session in sessions:
            session.dispatch("GUILD_CREATE", encode(self._gateway.guild_for(session, guild)))
        return len(sessions)

    def _bots_in(self, guild: Guild) -> list[Session]:
        return [
            one
            for one in self._whose(BOTS)
            if one.user.id in guild.members and one.serves(guild.id) and one.wants(Intent.GUILDS)
        ]

    def _in_outage(self, session: Session, event: str, encoded: str, guild_id: str | None) -> None:
        if event == "GUILD_CREATE":
            session.dispatch("GUILD_DELETE", _unavailable(guild_id))
        elif event == "GUILD_DELETE":
            session.dispatch(event, encoded)

    # Orders

    def lift(self, number: int) -> bool:
        """Take one order back; whether there was such a one."""
        kept = [one for one in self._orders if one.number != number]
        found = len(kept) < len(self._orders)
        self._orders = kept
        return found

    def clear(self) -> None:
        """Let all be well again. Events that are late already stay so."""
        self._orders.clear()
        for session_id in list(self._waiting):
            self._release(session_id)
        for guild_id in list(self.outages):
            self.end_outage(guild_id)

    def _whose(self, whose: str) -> list[Session]:
        return [one for one in self._gateway.sessions() if concerns(whose, one.user) or one.id == whose]

    def _note(self, user_id: str, what: str, guild_id: str | None = None) -> None:
        self._stage.note("gateway fault", user_id, guild_id=guild_id, detail=what)


def _unavailable(guild_id: str | None) -> str:
    return encode({"id": guild_id, "unavailable": True})
