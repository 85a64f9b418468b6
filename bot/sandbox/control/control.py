"""The handlers under /sandbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.control.given import Given, Wrong
from bot.sandbox.control.orders import (
    EVENT_TROUBLES,
    event_fault_shape,
    order_request_fault,
    order_trouble,
    read_deed,
    read_whose,
    request_fault_shape,
)
from bot.sandbox.errors import Refusal
from bot.sandbox.rest import answer_json
from bot.sandbox.shapes import Json
from bot.sandbox.wire import decode

if TYPE_CHECKING:
    from bot.sandbox.server import Sandbox

_NEWEST = 100
_LINES_AT_MOST = 1000
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """Steers a sandbox by requests; the shapes are in the package's docstring."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._gateway_acts: dict[str, Callable[[Given], Awaitable[Json]]] = {
            "close": self._close,
            "cut": self._cut,
            "silence": self._silence,
            "lift_silence": self._lift_silence,
            "ask_for_heartbeats": self._ask_for_heartbeats,
            "reconnect": self._reconnect,
            "invalidate": self._invalidate,
            "refuse_resumes": self._refuse_resumes,
            "refuse_identifies": self._refuse_identifies,
            "outage": self._outage,
            "end_outage": self._end_outage,
        }

    def routes(self) -> list[web.RouteDef]:
        """The routes, for the application's table."""
        return [
            web.route(method, path, _guarded(handler))
            for method, path, handler in (
                ("GET", "/sandbox", self._overview),
                ("GET", "/sandbox/people", self._people),
                ("GET", "/sandbox/faults", self._list_faults),
                ("POST", "/sandbox/faults", self._order_fault),
                ("DELETE", "/sandbox/faults", self._clear_faults),
                ("DELETE", "/sandbox/faults/{number}", self._lift_fault),
                ("POST", "/sandbox/gateway", self._act_on_gateway),
                ("POST", "/sandbox/deeds", self._do_deed),
                ("GET", "/sandbox/journal", self._read_journal),
                ("GET", "/sandbox/clock", self._tell_time),
                ("POST", "/sandbox/clock", self._move_clock),
                ("*", "/sandbox/{rest:.*}", self._unknown),
            )
        ]

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        return _no(404, "The sandbox has no such control route.")

    # What is the case

    async def _overview(self, request: web.Request) -> web.StreamResponse:
        sandbox, world = self._sandbox, self._sandbox.stage.world
        counts = {
            "users": len(world.users),
            "guilds": len(world.guilds),
            "channels": len(world.channels),
            "messages": len(world.messages),
            "sessions": len(sandbox.stage.gateway.sessions()),
            "noted": sandbox.stage.noted,
            "violations": len(sandbox.violations),
            "unknown_routes": len(sandbox.unknown_routes),
            "invalid_requests": sandbox.limiter.invalid.total(),
        }
        body = {
            "url": sandbox.url,
            "api_url": sandbox.api_url,
            "gateway_url": sandbox.gateway_url,
            "now": sandbox.stage.stamp(),
            "counts": counts,
            "violations": sandbox.violations[-_NEWEST:],
            "unknown_routes": sandbox.unknown_routes[-_NEWEST:],
            "invalid_requests": dict(sandbox.limiter.invalid),
        }
        return answer_json(200, body)

    async def _people(self, request: web.Request) -> web.StreamResponse:
        """Who was prepared to be played, with their tokens."""
        world = self._sandbox.stage.world
        listed = [
            {"id": one, "username": world.users[one].username, "token": world.token_of(one), "role": role}
            for one, role in world.prepared.items()
        ]
        return answer_json(200, {"people": listed})

    async def _read_journal(self, request: web.Request) -> web.StreamResponse:
        stage = self._sandbox.stage
        limit = _number(request, "limit", _NEWEST)
        if not 1 <= limit <= _LINES_AT_MOST:
            raise Wrong(f"limit has to be between 1 and {_LINES_AT_MOST}.")
        action = request.query.get("action", "*")
        before_first = stage.noted - len(stage.journal)
        after = _number(request, "after", -1)
        numbered = enumerate(stage.journal, before_first + 1)
        if after < 0:
            newest_first = zip(range(stage.noted, before_first, -1), reversed(stage.journal), strict=True)
            found = [pair for pair in newest_first if fnmatchcase(pair[1].action, action)][:limit][::-1]
        else:
            rest = islice(numbered, max(0, after - before_first), None)
            found = list(islice((pair for pair in rest if fnmatchcase(pair[1].action, action)), limit))
        lines = [
            {
                "number": number,
                "at": deed.at.isoformat(),
                "action": deed.action,
                "actor_id": deed.actor_id,
                "guild_id": deed.guild_id,
                "channel_id": deed.channel_id,
                "message_id": deed.message_id,
                "detail": deed.detail,
            }
            for number, deed in found
        ]
        return answer_json(200, {"lines": lines, "last": stage.noted})

    # Faults of requests

    async def _list_faults(self, request: web.Request) -> web.StreamResponse:
        faults = self._sandbox.faults
        resumes, identifies = faults.gateway.refusals_waiting
        body = {
            "requests": [request_fault_shape(one) for one in faults.waiting],
            "events": [event_fault_shape(one) for one in faults.gateway.waiting],
            "silent": faults.gateway.silent,
            "outages": sorted(faults.gateway.outages),
            "refused_resumes": resumes,
            "refused_identifies": identifies,
        }
        return answer_json(200, body)

    async def _order_fault(self, request: web.Request) -> web.StreamResponse:
        fault = order_request_fault(self._sandbox.faults, self._sandbox.deeds, await _given(request))
        return answer_json(201, request_fault_shape(fault))

    async def _clear_faults(self, request: web.Request) -> web.StreamResponse:
        self._sandbox.faults.clear()
        return answer_json(204, None)

    async def _lift_fault(self, request: web.Request) -> web.StreamResponse:
        number = request.match_info["number"]
        if not _is_number(number) or not self._sandbox.faults.lift(int(number)):
            return _no(404, "No such order waits.")
        return answer_json(204, None)

    # The gateway

    async def _act_on_gateway(self, request: web.Request) -> web.StreamResponse:
        given = await _given(request)
        do = given.choice("do", (*self._gateway_acts, *EVENT_TROUBLES))
        if do in EVENT_TROUBLES:
            return answer_json(201, event_fault_shape(order_trouble(self._sandbox.faults, do, given)))
        return answer_json(200, await self._gateway_acts[do](given))

    async def _close(self, given: Given) -> Json:
        code, whose = given.whole("code", 4000), read_whose(self._sandbox.faults, given)
        given.finish()
        return {"told": await self._sandbox.faults.gateway.close(code, whose)}

    async def _cut(self, given: Given) -> Json:
        whose = read_whose(self._sandbox.faults, given)
        given.finish()
        return {"told": self._sandbox.faults.gateway.cut(whose)}

    async def _silence(self, given: Given) -> Json:
        for_s, whose = given.optional_seconds("for_s"), read_whose(self._sandbox.faults, given)
        given.finish()
        return {"told": self._sandbox.faults.gateway.silence(for_s, whose)}

    async def _lift_silence(self, given: Given) -> Json:
        given.finish()
        return {"told": self._sandbox.faults.gateway.lift_silence()}

    async def _ask_for_heartbeats(self, given: Given) -> Json:
        whose = read_whose(self._sandbox.faults, given)
        given.finish()
        return {"told": self._sandbox.faults.gateway.ask_for_heartbeats(whose)}

    async def _reconnect(self, given: Given) -> Json:
        whose = read_whose(self._sandbox.faults, given)
        given.finish()
        return {"told": self._sandbox.faults.gateway.reconnect(whose)}

    async def _invalidate(self, given: Given) -> Json:
        resumable, whose = given.flag("resumable", False), read_whose(self._sandbox.faults, given)
        given.finish()
        return {"told": self._sandbox.faults.gateway.invalidate(resumable, whose)}

    async def _refuse_resumes(self, given: Given) -> Json:
        times = given.whole("times", 1)
        given.finish()
        self._sandbox.faults.gateway.refuse_resumes(times)
        return {"told": 0}

    async def _refuse_identifies(self, given: Given) -> Json:
        code, times = given.whole("code", 4004), given.whole("times", 1)
        given.finish()
        self._sandbox.faults.gateway.refuse_identifies(code, times)
        return {"told": 0}

    async def _outage(self, given: Given) -> Json:
        guild_id = given.text("guild_id")
        given.finish()
        return {"told": self._sandbox.faults.gateway.outage(guild_id)}

    async def _end_outage(self, given: Given) -> Json:
        guild_id = given.text("guild_id")
        given.finish()
        return {"told": self._sandbox.faults.gateway.end_outage(guild_id)}

    # Deeds and time

    async def _do_deed(self, request: web.Request) -> web.StreamResponse:
        read_deed(self._sandbox.deeds, await _given(request)).deed()
        return answer_json(204, None)

    async def _tell_time(self, request: web.Request) -> web.StreamResponse:
        return answer_json(200, {"now": self._sandbox.stage.stamp()})

    async def _move_clock(self, request: web.Request) -> web.StreamResponse:
        given = await _given(request)
        seconds = given.seconds("advance_s")
        given.finish()
        self._sandbox.clock.advance(seconds)
        return await self._tell_time(request)


def _guarded(handler: _Handler) -> _Handler:
    """A handler whose complaints become answers."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as no:
            return answer_json(no.status, no.body())
        except ValueError as wrong:
            return _no(400, str(wrong))

    return answer


def _no(status: int, sentence: str) -> web.Response:
    return answer_json(status, {"message": sentence, "code": 0})


async def _given(request: web.Request) -> Given:
    try:
        values = decode(await request.read())
    except ValueError:
        raise Wrong("The body has to be JSON.") from None
    return Given(values)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not _is_number(text):
        raise Wrong(f"{name} has to be a whole number.")
    return int(text)
