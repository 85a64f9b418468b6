"""The sandbox itself: one port with REST, gateway, chat page and attachments."""

import asyncio
import logging
from collections import deque
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox import files, pictures, store
from bot.sandbox.clock import Clock
from bot.sandbox.control import Control
from bot.sandbox.faults import Deeds, Faults
from bot.sandbox.gate import gate
from bot.sandbox.gateway import conversation
from bot.sandbox.limits import Limiter, Limits
from bot.sandbox.rest import Check, Rest
from bot.sandbox.routes import archiving
from bot.sandbox.routes.table import ROUTES
from bot.sandbox.stage import Deed, Stage
from bot.sandbox.world import World

_BODY_AT_MOST = 32 * 1024 * 1024
_PAGE_RULES = (
    "default-src 'self'; img-src 'self' data: http: https:; media-src 'self' http: https:; "
    "connect-src 'self' ws:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_log = logging.getLogger(__name__)


def _files_beside(state: Path) -> Path:
    """The folder in which the files that messages carry are kept."""
    return state.with_name(f"{state.name}.files")


class Sandbox:
    """A local Discord, open for as long as its `async with` block.

    `state` names the file that the world is kept in, as often as `save_every_s` and at the end; without it
    nothing outlives the block. `clock` is the time that all goes by, `limits` how often one may ask
    (Discord's own unless told). `check` is shown every REST exchange (method, route, request body, status,
    answer) and gives its complaints, which gather in `violations`. Raises store.DamagedState when the state
    file cannot be read, OSError for a taken port, ValueError for a `host` that means every address.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        state: Path | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
        check: Check | None = None,
        page: Path | None = None,
        save_every_s: float = 2.0,
    ) -> None:
        self._port = port
        self._host = host
        self._gate = gate(host)
        self._state = state
        self._check = check
        self._page = page or Path(__file__).parent / "page"
        self.clock = clock or Clock()
        self._limits = limits or Limits()
        self.limiter = Limiter(self._limits, self.clock)
        self._save_every_s = save_every_s
        self._saved_version = 0
        # One writer at a time: they all write beside the same file.
        self._saving = asyncio.Lock()
        self._closing = asyncio.Event()
        self._saver: asyncio.Task[None] | None = None
        self._runner: web.AppRunner | None = None
        self._set_stage(World())

    def _set_stage(self, world: World) -> None:
        self.stage = Stage(world, self.clock, self._limits)
        self.faults = Faults(self.stage)
        self.deeds = Deeds(self.stage)
        self._rest = Rest(self.stage, ROUTES, self.faults, self.limiter, self._check)

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

    @property
    def unknown_routes(self) -> list[str]:
        """Requests that asked for no route of Discord's that the sandbox has; the newest 1,000."""
        return self._rest.unknown_routes

    @property
    def violations(self) -> list[str]:
        """What `check` had against exchanges; the newest 1,000."""
        return self._rest.violations

    def done(self, action: str, **where: str) -> list[Deed]:
        """The journal's lines of an action (a glob, such as `message *`), by `actor_id`, `channel_id` and so on."""
        return [
            one
            for one in self.stage.journal
            if fnmatchcase(one.action, action)
            and all(getattr(one, name) == value for name, value in where.items())
        ]

    async def disconnect_all(self, code: int) -> None:
        """Close every gateway connection with a code."""
        await self.stage.gateway.disconnect_all(code)

    async def __aenter__(self) -> Self:
        if self._state is not None:
            world = await asyncio.to_thread(store.read, self._state)
            self._set_stage(world)
            kept = await asyncio.to_thread(files.read, _files_beside(self._state), world.messages.values())
            for attachment_id, upload in kept.items():
                self.stage.files.keep(attachment_id, upload)
        application = web.Application(client_max_size=_BODY_AT_MOST, middlewares=[self._gate])
        application.router.add_route("*", "/api/{rest:.*}", self._rest.serve)
        application.router.add_get("/gateway", self._serve_gateway)
        application.router.add_get("/attachments/{channel}/{id}/{name}", self._serve_attachment)
        for kind in (
            "emojis/{key}",
            "avatars/{owner}/{key}",
            "icons/{owner}/{key}",
            "app-icons/{owner}/{key}",
        ):
            application.router.add_get("/" + kind, self._serve_picture)
        application.router.add_routes(Control(self).routes())
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
        archiving.watch_all(self.stage)
        if self._state is not None:
            self._saver = asyncio.create_task(self._keep_saving())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        try:
            self.faults.close()
            self.stage.pending.close()
            await self.stage.gateway.close()
            if self._runner is not None:
                await self._runner.cleanup()
            if self._saver is not None:
                await self._saver
            await self.save()
        finally:
            self.clock.close()

    # State

    async def save(self) -> None:
        """Write the world to its file, if it has one and something changed.

        What has begun is written to its end, also when nobody waits for it any more.
        """
        if self._state is not None:
            await asyncio.shield(asyncio.ensure_future(self._save(self._state)))

    async def _save(self, state: Path) -> None:
        async with self._saving:
            version = self.stage.world.version
            if version != self._saved_version:
                taken = store.snapshot(self.stage.world)
                uploads = dict(self.stage.files.all())
                # Files first: no message that is kept lacks one.
                await asyncio.to_thread(files.write, _files_beside(state), uploads)
                await asyncio.to_thread(store.write, state, taken)
                self._saved_version = version

    async def _keep_saving(self) -> None:
        while not await self._closes_within(self._save_every_s):
            try:
                await self.save()
            except Exception:
                _log.exception("The sandbox could not save its state to %s; it will try again.", self._state)

    async def _closes_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return False
        return True

    # Gateway and files

    async def _serve_gateway(self, request: web.Request) -> web.StreamResponse:
        return await conversation.serve(request, self.stage.world, self.stage.gateway)

    async def _serve_attachment(self, request: web.Request) -> web.StreamResponse:
        upload = self.stage.files.find(request.match_info["id"])
        if upload is None:
            return web.Response(
                status=404, text="This attachment is gone: deleted, or the sandbox began anew since."
            )
        shown = (
            upload.content_type.startswith(("image/", "video/", "audio/"))
            and "svg" not in upload.content_type
        )
        kind = upload.content_type if shown else "application/octet-stream"
        headers = {"Content-Type": kind, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=upload.data, headers=headers)

    async def _serve_picture(self, request: web.Request) -> web.StreamResponse:
        """Avatars, icons and emoji as they were given; whatever ending is asked for, the type is their own."""
        text = self.stage.world.pictures.get(request.match_info["key"].partition(".")[0])
        if text is None:
            return web.Response(status=404, text="There is no such picture.")
        picture = pictures.opened(text)
        headers = {"Content-Type": picture.kind, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=picture.data, headers=headers)

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        file = self._page / request.match_info.get("name", "index.html")
        # Looked up among those that are there: a name can be one that no file system takes.
        if file not in self._page.iterdir() or not file.is_file():
            return web.Response(status=404, text="The sandbox has no such page.")
        headers = {
            "Content-Security-Policy": _PAGE_RULES,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }
        return web.FileResponse(file, headers=headers)
