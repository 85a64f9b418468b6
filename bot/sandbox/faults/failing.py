"""How a request that fails is answered."""

import asyncio
import math
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from bot.sandbox.faults.requests import Edge, Failure, Hang, SlowBody, Status
from bot.sandbox.limits import banned
from bot.sandbox.wire import encode

_PIECES = 10
_LOOKS_EVERY_S = 0.5
_NAMES = {
    **{one.value: one.phrase for one in HTTPStatus},
    # The edge's own.
    520: "Web Server Returned an Unknown Error",
    522: "Connection Timed Out",
    524: "A Timeout Occurred",
}
_PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)


async def fail(
    request: web.Request,
    failure: Failure,
    headers: Mapping[str, str],
    real: web.Response | None,
    closing: asyncio.Event,
) -> web.StreamResponse:
    """Answer as a failure has it; `headers` are those of the limits.

    `real` is the answer that is lost or slow, where something was done. What takes time ends at once when
    `closing` is set.
    """
    match failure:
        case Status(status):
            body = encode({"message": _named(status), "code": 0}).encode()
            # Set as a header: discord.py accepts no charset beside it.
            return web.Response(
                status=status, body=body, headers={"Content-Type": "application/json", **headers}
            )
        case Edge(429):
            body = encode(banned().body()).encode()
            return web.Response(status=429, body=body, headers={"Content-Type": "application/json"})
        case Edge(status):
            page = _PAGE.format(_named(status, "")).encode()
            kind = {"Content-Type": "text/html; charset=UTF-8", "Server": "cloudflare"}
            return web.Response(status=status, body=page, headers=kind)
        case SlowBody(seconds) if real is not None:
            return await _dribble(request, real, seconds, closing)
        case Hang(seconds):
            await _wait(request, closing, seconds)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


def _named(status: int, colon: str = ":") -> str:
    """Such as `502: Bad Gateway`."""
    return f"{status}{colon} {_NAMES.get(status, 'Unknown Error')}"


async def _dribble(
    request: web.Request, real: web.Response, seconds: float, closing: asyncio.Event
) -> web.StreamResponse:
    body = real.body if isinstance(real.body, bytes) else b""
    slow = web.StreamResponse(status=real.status, headers=real.headers)
    slow.content_length = len(body)
    await slow.prepare(request)
    size = max(1, math.ceil(len(body) / _PIECES))
    for start in range(0, len(body), size):
        await _wait(request, closing, seconds / _PIECES)
        await slow.write(body[start : start + size])
    await slow.write_eof()
    return slow


async def _wait(request: web.Request, closing: asyncio.Event, seconds: float) -> None:
    """Wait in real time, until the sandbox closes or the client has left, which is looked for now and then."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (left := until - loop.time()) > 0 and not (closing.is_set() or _has_left(request)):
        try:
            await asyncio.wait_for(closing.wait(), min(left, _LOOKS_EVERY_S))
        except TimeoutError:
            continue


def _has_left(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
