"""Whom the sandbox answers: it holds tokens, so a page of another site must not reach it through a browser."""

from urllib.parse import SplitResult, urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.wire import encode

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# They mean every address of the machine, so they are no name that it could be asked for by.
_WILDCARDS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104
_READING = frozenset({"GET", "HEAD"})


def gate(bound_to: str) -> Middleware:
    """A middleware that lets in what asks for this machine, or for the host that the sandbox is bound to.

    A foreign Host answers 421: it is another site's name that was pointed here (DNS rebinding). A foreign
    Origin that would open a websocket or change something answers 403. Raises ValueError for a host that means
    every address.
    """
    if bound_to in _WILDCARDS:
        raise ValueError(
            "The sandbox is bound to one address, by which it is asked: name it in place of a wildcard."
        )
    hosts = _LOOPBACK | {bound_to.lower()}

    @web.middleware
    async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = _split(f"//{request.headers.get('Host', '')}")
        if host is None or host.hostname not in hosts:
            return _no(
                421, f"The sandbox answers for {', '.join(sorted(hosts))} only. Open it at one of these."
            )
        acts = request.method not in _READING or "Upgrade" in request.headers
        if acts and "Origin" in request.headers:
            origin = _split(request.headers["Origin"])
            if origin is None or origin.hostname not in hosts or _port(origin) != _port(host):
                return _no(403, "The sandbox takes nothing from pages of other sites. Use its own chat page.")
        return await handler(request)

    return watch


def _split(address: str) -> SplitResult | None:
    """An address in its parts; None where it or its port cannot be read."""
    try:
        parts = urlsplit(address)
        _port(parts)
    except ValueError:
        return None
    return parts


def _port(parts: SplitResult) -> int:
    return 80 if parts.port is None else parts.port


def _no(status: int, sentence: str) -> web.Response:
    body = encode({"message": sentence, "code": 0})
    return web.Response(status=status, body=body.encode(), headers={"Content-Type": "application/json"})
