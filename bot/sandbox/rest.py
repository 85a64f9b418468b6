"""REST: one request from the socket to its answer, through faults, limits, the route and the check."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

from bot.sandbox.errors import Refusal, refusal, unauthorized
from bot.sandbox.faults import Cut, Failure, Faults, Hang, SlowBody, Status
from bot.sandbox.limits import Limiter
from bot.sandbox.routes.routing import Answer, Call, Route, Router, Stage, Upload
from bot.sandbox.wire import decode, encode
from bot.sandbox.world import User

Check = Callable[[str, str, Any, int, Any], list[str]]
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


class Rest:
    """Serves the routes on a stage. What tests should know of gathers in the two lists."""

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
        parts = [unquote(part) for part in request.rel_url.raw_path.strip("/").split("/")][1:]
        if parts and parts[0] in ("v9", "v10"):
            parts = parts[1:]
        path = "/" + "/".join(parts)
        try:
            route, names = self._router.find(request.method, parts)
        except Refusal as no:
            self.unknown_routes.append(f"{request.method} {path}")
            return answer_json(no.status, no.body())
        fault = self._faults.take(request.method, route.template, path)
        if fault is not None and fault.when == "before" and not isinstance(fault.failure, SlowBody):
            await request.read()
            return await self._fail(request, fault.failure, b"")
        actor = self._actor(request)
        ticket = self._limiter.take(request.method, route.template, names, actor)
        if ticket.refusal is not None:
            await request.read()
            self._limiter.answered(request.method, route.template, actor, 429)
            return answer_json(429, ticket.refusal, ticket.headers)
        outcome = await self._do(request, route, names, actor)
        self._limiter.answered(request.method, route.template, actor, outcome.status)
        if fault is not None:
            return await self._fail(request, fault.failure, outcome.encoded)
        if self._check is not None:
            status = outcome.status
            complaints = self._check(request.method, route.template, outcome.sent, status, outcome.answered)
            self.violations += [f"{request.method} {route.template} {status}: {one}" for one in complaints]
        return _respond(outcome.status, outcome.encoded, ticket.headers)

    async def _do(
        self, request: web.Request, route: Route, names: dict[str, str], actor: User | None
    ) -> _Outcome:
        """Carry out a request. What fails is written to the log and answered with a 500."""
        sent = None
        try:
            if actor is None and not route.public:
                raise unauthorized()
            sent, files = await _read_body(request)
            answer = route.handler(Call(self._stage, actor, names, request.query, sent, files))
            if not isinstance(answer, Answer):
                answer = Answer(204 if answer is None else 200, answer)
            return _Outcome.of(answer.status, sent, answer.body)
        except Refusal as no:
            return _Outcome.of(no.status, sent, no.body())
        except web.HTTPException:
            raise
        except Exception:
            _log.exception("The sandbox failed at %s %s.", request.method, route.template)
            return _Outcome.of(500, sent, {"message": "500: Internal Server Error", "code": 0})

    def _actor(self, request: web.Request) -> User | None:
        """Who asks: `Bot TOKEN` for bots, the bare token for people."""
        world = self._stage.world
        header = request.headers.get("Authorization", "")
        user = world.users.get(world.tokens.get(header.removeprefix("Bot ").strip(), ""))
        return user if user is not None and user.bot == header.startswith("Bot ") else None

    async def _fail(self, request: web.Request, failure: Failure, encoded: bytes) -> web.StreamResponse:
        """Answer as a failure has it; `encoded` is the real answer's body."""
        if isinstance(failure, Hang):
            await asyncio.sleep(failure.seconds)
        if isinstance(failure, Cut | Hang):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)
        status = failure.status if isinstance(failure, Status) else 502
        return answer_json(status, {"message": f"{status}: Failed on purpose", "code": 0})


def answer_json(status: int, body: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer as Discord sends it."""
    return _respond(status, encode(body).encode(), headers or {})


def _respond(status: int, encoded: bytes, headers: Mapping[str, str]) -> web.Response:
    if status == 204:
        return web.Response(status=204, headers=headers)
    # Set as a header: discord.py accepts no charset beside it.
    return web.Response(status=status, body=encoded, headers={"Content-Type": "application/json", **headers})


async def _read_body(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    """The JSON of a request, and the files of a multipart one, whose JSON is in `payload_json`."""
    if request.content_type != "multipart/form-data":
        data = await request.read()
        return (_parse(data) if data else None), ()
    body: Any = None
    files = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read(decode=True))
        if part.name == "payload_json":
            body = _parse(data)
        elif part.filename is not None:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            # Headers may hold any bytes; those that are no UTF-8 could not be told to anybody.
            name, filename, kind = (_readable(one) for one in (part.name or "", part.filename, kind))
            files.append(Upload(name, filename, kind, data))
    return body, tuple(files)


def _parse(data: bytes) -> Any:
    try:
        return decode(data)
    except ValueError:
        raise refusal(50109) from None


def _readable(text: str) -> str:
    return text.encode(errors="replace").decode()
