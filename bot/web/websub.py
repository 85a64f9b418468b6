"""Where hubs reach us (W3C WebSub §5 and §7): they verify with GET and push with POST, each at its own path."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from aiohttp import web

from bot.feeds.fetch import MAX_BODY
from bot.newsroom.websub import PATH, WebSub

# A push takes no longer to come in than this, and so many come in at once: what they hold stays bounded.
PATIENCE = timedelta(seconds=30)
MOST_AT_ONCE = 8


class HubPages:
    """The callback of every hub. What is no hub's path answers 404, or 410 to a push, which ends it."""

    def __init__(self, websub: WebSub) -> None:
        self._websub = websub
        self._under_way: set[str] = set()

    def add_to(self, app: web.Application) -> None:
        """Serve it there."""
        app.router.add_get(PATH + "{path}", self.verify, allow_head=False)
        app.router.add_post(PATH + "{path}", self.take)

    async def verify(self, request: web.Request) -> web.Response:
        """Answer a hub's "did you mean this?" with its challenge, and with 404 where we did not."""
        found = await self._websub.find(request.match_info["path"])
        answer = await self._websub.verify(found[0], request.query) if found else None
        if answer is None:
            raise web.HTTPNotFound(text="Nothing like this was asked of any hub.")
        return web.Response(text=answer, content_type="text/plain")

    async def take(self, request: web.Request) -> web.Response:
        """Take a push: 202, also for one without a good signature, as that is nobody's to find out by trying."""
        path = request.match_info["path"]
        found = await self._websub.find(path)
        if found is None:
            raise web.HTTPGone(text="Nothing is wanted here any more. Do not push again.")
        if path in self._under_way or len(self._under_way) >= MOST_AT_ONCE:
            return _later()
        self._under_way.add(path)
        try:
            body = await _read(request)
            await self._websub.take(
                *found,
                body=body,
                content_type=request.content_type,
                charset=request.charset,
                signature=request.headers.get("X-Hub-Signature"),
            )
        finally:
            self._under_way.discard(path)
        return web.Response(status=202)


async def _read(request: web.Request) -> bytes:
    """The body, as long as a poll's may be; the application's own limit is for what people send."""
    pieces: list[bytes] = []
    size = request.content_length or 0
    if size > MAX_BODY:
        raise _too_much(size)
    size = 0
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            async for piece in request.content.iter_any():
                pieces.append(piece)
                size += len(piece)
                if size > MAX_BODY:
                    raise _too_much(size)
    except TimeoutError:
        raise web.HTTPRequestTimeout(text=f"This did not end within {PATIENCE.seconds} seconds.") from None
    return b"".join(pieces)


def _too_much(size: int) -> web.HTTPRequestEntityTooLarge:
    return web.HTTPRequestEntityTooLarge(MAX_BODY, size, text="No feed may be as long as this.")


def _later() -> web.Response:
    answer = web.json_response({"error": "Too much comes in just now. Push it again."}, status=503)
    answer.headers["Retry-After"] = "10"
    return answer
