"""Orders of faults and deeds between JSON and what they mean; the shapes are in the package's docstring."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any, cast

from bot.sandbox.control.given import Given, Wrong
from bot.sandbox.faults import (
    Cut,
    Deeds,
    Dropped,
    Edge,
    EventFault,
    Failure,
    Fault,
    Faults,
    Hang,
    Late,
    Limited,
    Meanwhile,
    Reordered,
    Repeated,
    SlowBody,
    Status,
    Trouble,
)
from bot.sandbox.faults.portion import BOTS, Portion
from bot.sandbox.faults.requests import When
from bot.sandbox.limits import Scope
from bot.sandbox.permissions import Permission
from bot.sandbox.shapes import Json

_FAILURES: dict[str, Callable[[Given], Failure]] = {
    "status": lambda given: Status(given.whole("status")),
    "edge": lambda given: Edge(given.whole("status")),
    "cut": lambda given: Cut(),
    "hang": lambda given: Hang(given.seconds("seconds", 3600.0)),
    "slow_body": lambda given: SlowBody(given.seconds("seconds")),
    "limited": lambda given: Limited(
        cast(Scope, given.choice("scope", ("user", "shared", "global"), "user")),
        given.seconds("retry_after", 1.0),
    ),
}
_KIND_OF = {
    Status: "status",
    Edge: "edge",
    Cut: "cut",
    Hang: "hang",
    SlowBody: "slow_body",
    Limited: "limited",
}
_TROUBLES: dict[str, Callable[[Given], Trouble]] = {
    "drop": lambda given: Dropped(),
    "repeat": lambda given: Repeated(given.whole("more", 1)),
    "reorder": lambda given: Reordered(),
    "late": lambda given: Late(given.seconds("seconds")),
}
_DO_OF = {Dropped: "drop", Repeated: "repeat", Reordered: "reorder", Late: "late"}
EVENT_TROUBLES = tuple(_TROUBLES)
_DEEDS = ("delete_message", "delete_channel", "delete_guild", "kick_bot", "take_permission")


def order_request_fault(faults: Faults, deeds: Deeds, given: Given) -> Fault:
    """Order what POST /sandbox/faults was given. Raises ValueError with a sentence."""
    method, route = given.text("method"), given.text("route")
    failure = _read_failure(deeds, given.part("failure"))
    when = cast(When, given.choice("when", ("before", "after"), "before"))
    whose = read_whose(faults, given)
    if given.has("share"):
        share, seed, for_s = _read_share(given)
        given.finish()
        return faults.some(method, route, failure, when, share, seed, for_s, whose)
    times = given.whole("times", 1)
    given.finish()
    return faults.next(method, route, failure, when, times, whose)


def order_trouble(faults: Faults, do: str, given: Given) -> EventFault:
    """Order the trouble `do` for events. Raises ValueError with a sentence."""
    trouble = _TROUBLES[do](given)
    events, guild_id = given.text("events", "*"), given.optional_text("guild_id")
    whose = read_whose(faults, given)
    if given.has("share"):
        share, seed, for_s = _read_share(given)
        given.finish()
        return faults.gateway.some(trouble, events, share, seed, for_s, guild_id, whose)
    times = given.whole("times", 1)
    given.finish()
    return faults.gateway.next(trouble, events, times, guild_id, whose)


def read_whose(faults: Faults, given: Given) -> str:
    """Whom an order concerns. Raises Wrong for nobody."""
    whose = given.text("whose", BOTS)
    if not faults.knows(whose):
        raise Wrong("whose has to be bots, everyone, or the id of a user or a session.")
    return whose


def read_deed(deeds: Deeds, given: Given) -> Meanwhile:
    """A deed that waits to be done. Raises Wrong."""
    do = given.choice("do", _DEEDS)
    place = given.text("id")
    if do == "kick_bot":
        bot_id = given.optional_text("bot_id")
        given.finish()
        return Meanwhile(partial(deeds.kick_bot, place, bot_id), f"{do} {place}")
    if do == "take_permission":
        name = given.text("permission")
        if name not in Permission.__members__:
            raise Wrong(f"{name} is no permission; one is SEND_MESSAGES.")
        bot_id = given.optional_text("bot_id")
        given.finish()
        take = partial(deeds.take_permission, place, Permission[name], bot_id)
        return Meanwhile(take, f"{do} {name} {place}")
    given.finish()
    return Meanwhile(partial(getattr(deeds, do), place), f"{do} {place}")


def request_fault_shape(fault: Fault) -> Json:
    """A fault as an ORDER."""
    failure: Json
    if isinstance(fault.failure, Meanwhile):
        failure = {"kind": "meanwhile", "deed": fault.failure.name}
    else:
        failure = {"kind": _KIND_OF[type(fault.failure)], **asdict(fault.failure)}
    return {
        "number": fault.number,
        "method": fault.method,
        "route": fault.route_glob,
        "failure": failure,
        "when": fault.when,
        "whose": fault.whose,
        **_portion_shape(fault.portion),
    }


def event_fault_shape(fault: EventFault) -> Json:
    """A trouble as an ORDER."""
    details: dict[str, Any] = asdict(fault.trouble)
    if isinstance(fault.trouble, Repeated):
        details = {"more": fault.trouble.times}
    return {
        "number": fault.number,
        "do": _DO_OF[type(fault.trouble)],
        **details,
        "events": fault.event_glob,
        "guild_id": fault.guild_id,
        "whose": fault.whose,
        **_portion_shape(fault.portion),
    }


def _read_failure(deeds: Deeds, given: Given) -> Failure | Meanwhile:
    kind = given.choice("kind", (*_FAILURES, "meanwhile"))
    if kind == "meanwhile":
        failure: Failure | Meanwhile = read_deed(deeds, given.part("deed"))
    else:
        failure = _FAILURES[kind](given)
    given.finish()
    return failure


def _read_share(given: Given) -> tuple[float, int, float | None]:
    return given.share("share"), given.whole("seed", 0), given.optional_seconds("for_s")


def _portion_shape(portion: Portion) -> Json:
    if portion.times is not None:
        return {"times": portion.times, "met": portion.met}
    until = portion.until
    return {
        "share": portion.share,
        "seed": portion.seed,
        "until": until.isoformat() if until is not None else None,
        "met": portion.met,
    }
