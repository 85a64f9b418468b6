"""Listens for the web application."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.config import Settings
from bot.newsroom.newsroom import Newsroom
from bot.newsroom.rounds import Clock
from bot.web.api import PublicChannels
from bot.web.app import make_app
from bot.web.health import Health
from bot.web.metrics import Figures


class WebProblem(Exception):
    """The web server can't listen; the message is a sentence for the operator."""


class WebServer:
    """Serves on WEB_HOST and WEB_PORT for as long as it is entered; port 0 takes a free one.

    Entering raises WebProblem where it can't listen there.
    """

    def __init__(
        self,
        newsroom: Newsroom,
        *,
        health: Callable[[], Awaitable[Health]],
        settings: Settings,
        clock: Clock,
        public_channels: PublicChannels,
        figures: Figures = tuple,
    ) -> None:
        self._host, self._port = settings.web_host, settings.web_port
        app = make_app(
            newsroom,
            health=health,
            settings=settings,
            clock=clock,
            public_channels=public_channels,
            figures=figures,
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as problem:
            await self._runner.cleanup()
            raise WebProblem(_sentence(self._host, self._port, problem)) from problem
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it answers, as one types it on this machine; no slash at the end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 - read, not bound
        port: int = self._runner.addresses[0][1]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _sentence(host: str, port: int, problem: OSError) -> str:
    match problem.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {port} on {host} is taken by another program. Stop that program, "
                "or set WEB_PORT to another number; 0 takes any free one."
            )
        case errno.EACCES:
            return f"Port {port} may not be opened by this user. Set WEB_PORT to a number above 1023."
        case _:
            return (
                f"The web server can't listen on {host} port {port} ({problem.strerror or problem}). "
                "Set WEB_HOST to an address of this machine: 127.0.0.1 for this machine alone."
            )
