"""REST: one request from the socket to its answer, through limits, faults, the route and the check."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web

from bot.sandbox.bodies import read_body, read_out
from bot.sandbox.errors import Refusal, unauthorized
from bot.sandbox.faults import Failure, Faults, Limited, Meeting, SlowBody, Status, fail
from bot.sandbox.limits import Asker, Limiter, TooMany, limited
from bot.sandbox.routes.routing import Answer, Call, Route, Router
from bot.sandbox.stage import Stage
from bot.sandbox.things import User
from bot.sandbox.wire import encode

Check = Callable[[str, str, Any, int, Any], list[str]]
_KEPT = 1000
_UNDISTURBED = Meeting()
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a request: the body that was sent, and the answer's, as a value and as bytes."""

    status: int
    sent: Any
    answered: Any
    encoded: bytes

    @classmethod
    def of(cls, status: int, sent: Any, answered: Any) -> Self:
        """Encodes the answer; ValueError for one that cannot be."""
        return cls(status, sent, answered, encode(answered).encode())


@dataclass(frozen=True, slots=True)
class _Undone:
    """A request that failed before anything was done."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request whose route was found: the values of its path, and who asks."""

    request: web.Request
    path: str
    route: Route
    names: dict[str, str]
    actor: User | None
    asker: Asker


class Rest:
    """Serves the routes on a stage. What tests should know of gathers in the two lists, the newest 1,000 each."""

    def __init__(
        self, stage: Stage, routes: tuple[Route, ...], faults: Faults, limiter: Limiter, check: Check | None
    ) -> None:
        self._stage = stage
        self._router = Router(routes)
        self._faults = faults
        self._limiter = limiter
        self._check = check
        self.unknown_routes: list[str] = []
        self.violations: list[str] = []

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request under /api."""
        try:
            answer = await self._answer(request)
        except ConnectionError:
            # The client left before it had said all; nobody hears this.
            return web.Response(status=400)
        if request.content.exception() is not None:
            # A body that cannot be unpacked is the connection's last: aiohttp would fail as it reads on.
            request.content.feed_eof()
            answer.force_close()
        return answer

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        parts = [unquote(part) for part in request.rel_url.raw_path.strip("/").split("/")][1:]
        if parts and parts[0] in ("v9", "v10"):
            parts = parts[1:]
        path = "/" + "/".join(parts)
        try:
            route, names = self._router.find(request.method, parts)
        except Refusal as no:
            _remember(self.unknown_routes, f"{request.method} {path}")
            return answer_json(no.status, no.body())
        actor = self._actor(request)
        asker = Asker.of(request.headers.get("Authorization", ""), actor, request.remote)
        asked = _Asked(request, path, route, names, actor, asker)
        headers: dict[str, str] = {}
        try:
            headers = self._limiter.take(asker, route.method, route.template, names)
            meeting, outcome = await self._do(asked)
            if isinstance(outcome, _Undone):
                return await self._fail(asked, outcome.failure, headers)
            self._faults.happen(meeting, "after")
            self._hold_against_document(route, outcome)
            real = _respond(outcome.status, outcome.encoded, headers)
            if meeting.failure is not None:
                return await self._fail(asked, meeting.failure, headers, real)
        except TooMany as no:
            await read_out(request)
            self._limiter.answered(asker, route.method, route.template, no.status, no.counts)
            return answer_json(no.status, no.body(), {**headers, **no.headers})
        self._limiter.answered(asker, route.method, route.template, outcome.status)
        return real

    async def _do(self, asked: _Asked) -> tuple[Meeting, "_Outcome | _Undone"]:
        """Carry out a request; a failure meets only one that would be carried out.

        Raises TooMany, and ConnectionError for a client that left. What fails is written to the log and answered
        with a 500.
        """
        request, route, names = asked.request, asked.route, asked.names
        sent, meeting = None, _UNDISTURBED
        try:
            if asked.actor is None and not route.public:
                raise unauthorized()
            sent, files = await read_body(request)
            world = self._stage.world
            self._limiter.take_part(asked.asker, route.method, route.template, names, sent, world)
            meeting = self._faults.meet(route.method, route.template, asked.path, names, asked.actor)
            if meeting.failure is not None and meeting.when == "before":
                return meeting, _Undone(meeting.failure)
            self._faults.happen(meeting, "before")
            if files:
                self._stage.files.tidy()
            call = Call(self._stage, asked.actor, names, request.query, sent, files, _reason(request))
            answer = route.handler(call)
            if not isinstance(answer, Answer):
                answer = Answer(204 if answer is None else 200, answer)
            return meeting, _Outcome.of(answer.status, sent, answer.body)
        except (TooMany, ConnectionError):
            raise
        except Refusal as no:
            return meeting, _Outcome.of(no.status, sent, no.body())
        except Exception:
            _log.exception("The sandbox failed at %s %s.", request.method, route.template)
            return meeting, _Outcome.of(500, sent, {"message": "500: Internal Server Error", "code": 0})

    def _actor(self, request: web.Request) -> User | None:
        """Who asks: `Bot TOKEN` for bots, the bare token for people."""
        world = self._stage.world
        header = request.headers.get("Authorization", "")
        user = world.users.get(world.tokens.get(header.removeprefix("Bot ").strip(), ""))
        return user if user is not None and user.bot == header.startswith("Bot ") else None

    async def _fail(
        self, asked: _Asked, failure: Failure, headers: Mapping[str, str], real: web.Response | None = None
    ) -> web.StreamResponse:
        """Answer as a failure has it; `real` is the answer of what was done. Raises TooMany."""
        if isinstance(failure, Limited):
            spent = _spent(headers, self._stage.now(), failure.retry_after)
            raise limited(failure.scope, failure.retry_after, bucket=spent)
        status = None
        if isinstance(failure, Status):
            status = failure.status
        elif isinstance(failure, SlowBody) and real is not None:
            status = real.status
        if status is not None:
            self._limiter.answered(asked.asker, asked.route.method, asked.route.template, status)
        return await fail(asked.request, failure, headers, real, self._faults.closing)

    def _hold_against_document(self, route: Route, outcome: _Outcome) -> None:
        if self._check is not None:
            status = outcome.status
            complaints = self._check(route.method, route.template, outcome.sent, status, outcome.answered)
            for one in complaints:
                _remember(self.violations, f"{route.method} {route.template} {status}: {one}")


def _reason(request: web.Request) -> str | None:
    """https://discord.com/developers/docs/resources/audit-log: 512 characters, percent-encoded."""
    text = request.headers.get("X-Audit-Log-Reason")
    return unquote(text).encode(errors="replace").decode()[:512] if text else None


def answer_json(status: int, body: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer as Discord sends it."""
    return _respond(status, encode(body).encode(), headers or {})


def _spent(headers: Mapping[str, str], now: datetime, wait: float) -> dict[str, str]:
    """A bucket's headers, as they are when nothing is left in it for `wait` seconds."""
    if not headers:
        return {}
    left = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": f"{wait:.3f}"}
    return {**headers, **left, "X-RateLimit-Reset": f"{now.timestamp() + wait:.3f}"}


def _remember(lines: list[str], line: str) -> None:
    lines.append(line)
    del lines[:-_KEPT]


def _respond(status: int, encoded: bytes, headers: Mapping[str, str]) -> web.Response:
    if status == 204:
        return web.Response(status=204, headers=headers)
    # Set as a header: discord.py accepts no charset beside it.
    return web.Response(status=status, body=encoded, headers={"Content-Type": "application/json", **headers})
