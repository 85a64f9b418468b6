"""Serves the sample publications on 127.0.0.1: feeds with validators, pages, pictures."""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from io import BytesIO
from math import sin, tau
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.samples.documents import FEED_NAMES, MEDIA_TYPES, write_feed
from bot.samples.pages import article_page, film_page, home_page
from bot.samples.publications import (
    Issue,
    Library,
    Publication,
    Recording,
    find_issue,
    issues_out,
    pictures,
    read_libraries,
    recordings,
)

HOST = "127.0.0.1"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_LibraryHandler = Callable[[web.Request, Library], Awaitable[web.StreamResponse]]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SampleSources:
    """Three publications with five articles each, and one more in turn each `every`.

    What is out is computed from `started` and `now` whenever somebody asks: nothing runs in between. Addresses
    and ids depend on the port and an article's number alone. Entering raises OSError where the port is taken.

        async with SampleSources() as samples:
            print(samples.publications[0].feed_url)
    """

    def __init__(
        self,
        port: int = 0,
        *,
        started: datetime | None = None,
        now: Callable[[], datetime] = _utc_now,
        every: timedelta = timedelta(seconds=45),
    ) -> None:
        self._port = port
        self._now = now
        # HTTP dates hold whole seconds, and so do all dates in the feeds.
        self._started = (started or now()).replace(microsecond=0)
        self._every = every
        self._libraries = read_libraries()
        self._pictures = {
            name: (files(__package__) / "pictures" / name).read_bytes() for name in pictures(self._libraries)
        }
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1)
        self._origin: str | None = None

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._origin = f"http://{HOST}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`, while it runs."""
        if self._origin is None:
            raise RuntimeError("The sample sources are not being served yet; enter them with `async with`.")
        return self._origin

    @property
    def publications(self) -> tuple[Publication, ...]:
        """The publications, always in the same order, while it runs."""
        return tuple(
            Publication(
                title=library.title,
                site_url=f"{self.url}/{library.key}/",
                feed_url=f"{self.url}/{library.key}/{FEED_NAMES[library.format]}",
            )
            for library in self._libraries
        )

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self._entrance)
        app.router.add_get("/pictures/{name}", self._picture)
        for recording in recordings(self._libraries):
            app.router.add_get(recording.path, _playing(recording))
        for library in self._libraries:
            app.router.add_get(f"/{library.key}/", _bound(self._home, library))
            app.router.add_get(f"/{library.key}/{FEED_NAMES[library.format]}", _bound(self._feed, library))
            app.router.add_get(
                f"/{library.key}/{{number:[0-9]{{1,9}}}}/{{slug}}", _bound(self._article, library)
            )
        return app

    def _out(self, library: Library) -> list[Issue]:
        return issues_out(self._libraries, library, self._started, self._now(), self._every)

    async def _entrance(self, request: web.Request) -> web.Response:
        lines = (f"{publication.title}: {publication.site_url}" for publication in self.publications)
        return web.Response(text="\n".join(lines) + "\n")

    async def _home(self, request: web.Request, library: Library) -> web.Response:
        return web.Response(text=home_page(library, self._out(library), self.url), content_type="text/html")

    async def _article(self, request: web.Request, library: Library) -> web.Response:
        number = int(request.match_info["number"])
        issue = find_issue(self._libraries, library, number, self._started, self._now(), self._every)
        if issue is None or request.path != issue.path:
            raise web.HTTPNotFound(text="No article of this address has been published.")
        return web.Response(text=article_page(issue, self.url), content_type="text/html")

    async def _feed(self, request: web.Request, library: Library) -> web.Response:
        issues = self._out(library)
        body = write_feed(library, issues, self.url)
        etag = hashlib.sha256(body).hexdigest()[:20]
        validators = {
            "ETag": f'"{etag}"',
            "Last-Modified": format_datetime(issues[0].published_at, usegmt=True),
            "Cache-Control": "no-cache",
        }
        if _is_unchanged(request, etag, issues[0].published_at):
            return web.Response(status=304, headers=validators)
        return web.Response(
            body=body, headers={**validators, "Content-Type": f"{MEDIA_TYPES[library.format]}; charset=utf-8"}
        )

    async def _picture(self, request: web.Request) -> web.Response:
        picture = self._pictures.get(request.match_info["name"])
        if picture is None:
            raise web.HTTPNotFound(text="There is no picture of this name.")
        return web.Response(body=picture, content_type="image/png", headers={"Cache-Control": "max-age=3600"})


def _playing(recording: Recording) -> _Handler:
    async def play(_: web.Request) -> web.StreamResponse:
        if recording.kind == "video":
            return web.Response(text=film_page(recording.seconds), content_type="text/html")
        return web.Response(body=_fog_horn(recording.seconds), content_type="audio/wav")

    return play


def _fog_horn(seconds: int) -> bytes:
    """So many seconds of a fog horn, as a WAV file: two seconds on, two off."""
    rate, pitch = 4_000, 110
    tone = bytes(128 + round(40 * sin(tau * pitch * step / rate)) for step in range(2 * rate))
    silence = bytes((128,)) * (2 * rate)
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 1, rate, 0, "NONE", ""))
        sound.writeframes(((tone + silence) * (seconds // 4 + 1))[: seconds * rate])
    return file.getvalue()


def _is_unchanged(request: web.Request, etag: str, published_at: datetime) -> bool:
    """RFC 9110, 13.2.2: If-Modified-Since counts only where no ETag was sent."""
    if request.if_none_match is not None:
        return any(asked.value in (etag, "*") for asked in request.if_none_match)
    return request.if_modified_since is not None and published_at <= request.if_modified_since


def _bound(answer: _LibraryHandler, library: Library) -> _Handler:
    async def answer_for_library(request: web.Request) -> web.StreamResponse:
        return await answer(request, library)

    return answer_for_library
