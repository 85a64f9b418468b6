"""The sandbox itself: one port with REST, gateway, chat page and attachments."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

from bot.sandbox import (
    answers,
    channels,
    commands,
    conversation,
    guilds,
    interactions,
    messages,
    people,
    reactions,
    store,
    threads,
)
from bot.sandbox.errors import Refusal, refusal, unauthorized
from bot.sandbox.faults import Faults
from bot.sandbox.gate import gate
from bot.sandbox.routing import Answer, Call, Deed, Route, Router, Stage, Upload
from bot.sandbox.wire import decode, encode
from bot.sandbox.world import User, World

Check = Callable[[str, str, Any, int, Any], list[str]]

ROUTES = (
    *people.ROUTES,
    *guilds.ROUTES,
    *channels.ROUTES,
    *messages.ROUTES,
    *reactions.ROUTES,
    *threads.ROUTES,
    *commands.ROUTES,
    *interactions.ROUTES,
    *answers.ROUTES,
)
_BODY_AT_MOST = 32 * 1024 * 1024
_PAGE_RULES = (
    "default-src 'self'; img-src 'self' data: http: https:; media-src 'self' http: https:; "
    "connect-src 'self' ws:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
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


class Sandbox:
    """A local Discord, open for as long as its `async with` block.

    `state` names the file that the world is kept in, as often as `save_every_s` and at the end; without it
    nothing outlives the block. `check` is shown
    every REST exchange (method, route, request body, status, answer) and gives its complaints, which gather
    in `violations`. Raises store.DamagedState when the state file cannot be read, OSError for a taken port.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        state: Path | None = None,
        now: Callable[[], datetime] | None = None,
        check: Check | None = None,
        page: Path | None = None,
        save_every_s: float = 2.0,
    ) -> None:
        self._port = port
        self._host = host
        self._state = state
        self._now = now or (lambda: datetime.now(UTC))
        self._check = check
        self._page = page or Path(__file__).parent / "page"
        self._router = Router(ROUTES)
        self.faults = Faults()
        self.unknown_routes: list[str] = []
        self.violations: list[str] = []
        self._save_every_s = save_every_s
        self._saved_version = 0
        self._saver: asyncio.Task[None] | None = None
        self._runner: web.AppRunner | None = None
        self.stage = Stage(World(), self._now)

    # The face

    @property
    def url(self) -> str:
        """Where the chat page is: http://HOST:PORT."""
        return self.stage.world.base_url

    @property
    def api_url(self) -> str:
        """Where REST is."""
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        """Where the gateway is."""
        return self.stage.gateway.url

    @property
    def journal(self) -> deque[Deed]:
        """What was done, in order; the newest 100,000 lines."""
        return self.stage.journal

    async def disconnect_all(self, code: int) -> None:
        """Close every gateway connection with a code."""
        await self.stage.gateway.disconnect_all(code)

    async def __aenter__(self) -> Self:
        if self._state is not None:
            world = await asyncio.to_thread(store.read, self._state)
            self.stage = Stage(world, self._now)
        application = web.Application(client_max_size=_BODY_AT_MOST, middlewares=[gate(self._host)])
        application.router.add_route("*", "/api/{rest:.*}", self._serve_api)
        application.router.add_get("/gateway", self._serve_gateway)
        application.router.add_get("/attachments/{channel}/{id}/{name}", self._serve_attachment)
        application.router.add_get("/sandbox/people", self._serve_people)
        application.router.add_get("/", self._serve_page)
        application.router.add_get("/page/{name}", self._serve_page)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        port = self._runner.addresses[0][1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.stage.world.base_url = f"http://{host}:{port}"
        self.stage.gateway.url = f"ws://{host}:{port}/gateway"
        if self._state is not None:
            self._saver = asyncio.create_task(self._keep_saving())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stage.pending.close()
        await self.stage.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._saver is not None:
            self._saver.cancel()
            await asyncio.gather(self._saver, return_exceptions=True)
            await self.save()

    # State

    async def save(self) -> None:
        """Write the world to its file, if it has one and something changed."""
        version = self.stage.world.version
        if self._state is not None and version != self._saved_version:
            plain = store.snapshot(self.stage.world)
            await asyncio.to_thread(store.write, self._state, plain)
            self._saved_version = version

    async def _keep_saving(self) -> None:
        while True:
            await asyncio.sleep(self._save_every_s)
            try:
                await self.save()
            except Exception:
                _log.exception("The sandbox could not save its state to %s; it will try again.", self._state)

    # REST

    async def _serve_api(self, request: web.Request) -> web.StreamResponse:
        parts = [unquote(part) for part in request.rel_url.raw_path.strip("/").split("/")][1:]
        if parts and parts[0] in ("v9", "v10"):
            parts = parts[1:]
        path = "/" + "/".join(parts)
        try:
            route, names = self._router.find(request.method, parts)
        except Refusal as no:
            self.unknown_routes.append(f"{request.method} {path}")
            return _json(no.status, no.body())
        fault = self.faults.take(request.method, route.template, path)
        if fault is not None and fault.when == "before":
            await request.read()
            return _fail(request, fault.status, fault.drop)
        outcome = await self._do(request, route, names)
        if fault is not None:
            return _fail(request, fault.status, fault.drop)
        if self._check is not None:
            status = outcome.status
            complaints = self._check(request.method, route.template, outcome.sent, status, outcome.answered)
            self.violations += [f"{request.method} {route.template} {status}: {one}" for one in complaints]
        return _respond(outcome.status, outcome.encoded)

    async def _do(self, request: web.Request, route: Route, names: dict[str, str]) -> _Outcome:
        """Carry out a request. What fails is written to the log and answered with a 500."""
        sent = None
        try:
            actor = self._actor(request)
            if actor is None and not route.public:
                raise unauthorized()
            sent, files = await _read_body(request)
            answer = route.handler(Call(self.stage, actor, names, request.query, sent, files))
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
        world = self.stage.world
        header = request.headers.get("Authorization", "")
        user = world.users.get(world.tokens.get(header.removeprefix("Bot ").strip(), ""))
        return user if user is not None and user.bot == header.startswith("Bot ") else None

    # Gateway and files

    async def _serve_gateway(self, request: web.Request) -> web.StreamResponse:
        return await conversation.serve(request, self.stage.world, self.stage.gateway)

    async def _serve_attachment(self, request: web.Request) -> web.StreamResponse:
        upload = self.stage.files.get(request.match_info["id"])
        if upload is None:
            return web.Response(status=404, text="This attachment is gone: the sandbox was restarted since.")
        shown = (
            upload.content_type.startswith(("image/", "video/", "audio/"))
            and "svg" not in upload.content_type
        )
        kind = upload.content_type if shown else "application/octet-stream"
        headers = {"Content-Type": kind, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=upload.data, headers=headers)

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        file = self._page / request.match_info.get("name", "index.html")
        if not file.resolve().is_relative_to(self._page.resolve()) or not file.is_file():
            return web.Response(status=404, text="The sandbox has no such page.")
        headers = {
            "Content-Security-Policy": _PAGE_RULES,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }
        return web.FileResponse(file, headers=headers)

    async def _serve_people(self, request: web.Request) -> web.StreamResponse:
        world = self.stage.world
        listed = [
            {"id": one, "username": world.users[one].username, "token": world.token_of(one), "role": role}
            for one, role in world.prepared.items()
        ]
        return _json(200, {"people": listed})


def _json(status: int, body: Any) -> web.Response:
    return _respond(status, encode(body).encode())


def _respond(status: int, encoded: bytes) -> web.Response:
    if status == 204:
        return web.Response(status=204)
    # Set as a header: discord.py accepts no charset beside it.
    return web.Response(status=status, body=encoded, headers={"Content-Type": "application/json"})


def _fail(request: web.Request, status: int, drop: bool) -> web.Response:
    if drop and request.transport is not None:
        request.transport.abort()
    return _json(status, {"message": f"{status}: Failed on purpose", "code": 0})


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
