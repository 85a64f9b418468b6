"""What every request and every answer passes: allowed hosts, the rate limit, errors as sentences, safe headers."""

from __future__ import annotations

import logging
import math
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.config import Settings
from bot.web.rate import RateLimit
from storage import DatabaseBusy, DatabaseProblem

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    # What a member deletes must be gone from every copy too.
    "Cache-Control": "no-store",
    "Server": "Broadsheet",
}
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound to


class Gate:
    """A middleware and a signal; see `watch` and `dress`."""

    def __init__(self, settings: Settings, limit: RateLimit) -> None:
        self._limit = limit
        self._public_host = _host_of(urlsplit(settings.web_public_url or "").netloc)
        own = {_host_of(settings.web_host if ":" not in settings.web_host else f"[{settings.web_host}]")}
        self._hosts = LOOPBACK_NAMES | (own | {self._public_host}) - ANY_ADDRESS - {None}

    def middleware(self) -> Middleware:
        """The middleware that `web.Application` takes."""

        @web.middleware
        async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
            return self._refusal(request) or await _answered(request, handler)

        return watch

    async def dress(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Set the headers that every answer has; a signal for `on_response_prepare`."""
        response.headers.update(HEADERS)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if _host_of(request.headers.get("Host", "")) not in self._hosts:
            return error(
                421, "This server does not answer for that host name. Its operator can set WEB_PUBLIC_URL."
            )
        wait = self._limit.wait(self._asker(request))
        if wait:
            seconds = math.ceil(wait)
            refusal = error(
                429, f"You ask faster than this server answers. Go on after {seconds} s, more slowly."
            )
            refusal.headers["Retry-After"] = str(seconds)
            return refusal
        return None

    def _asker(self, request: web.Request) -> str:
        """The asking address. A public server's own proxy on this machine names it last in X-Forwarded-For."""
        peer = request.remote or ""
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        return forwarded if forwarded and self._public_host and _is_loopback(peer) else peer


def error(status: int, sentence: str) -> web.Response:
    """An error as all errors are: JSON with a sentence."""
    return web.json_response({"error": sentence}, status=status)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler's answer, or what went wrong as a sentence."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed:
        refusal = error(405, "This address is only read: ask with GET or HEAD.")
        refusal.headers["Allow"] = "GET, HEAD"
        return refusal
    except web.HTTPException as problem:
        from_router = request.match_info.http_exception is not None
        nowhere = "There is nothing at this address. /api/openapi.json lists what there is."
        return error(problem.status, nowhere if from_router else problem.text or problem.reason)
    except DatabaseBusy:
        refusal = error(503, "The database is busy just now. Ask again in a few seconds.")
        refusal.headers["Retry-After"] = "5"
        return refusal
    except DatabaseProblem as problem:
        log.error("A request was not answered: %s", problem)
        return error(
            503, "The database does not answer as it should. The operator finds the reason in the log."
        )
    except Exception:
        log.exception("A request to %s failed", request.match_info.route.resource)
        return error(500, "Something went wrong in Broadsheet. The operator finds the reason in the log.")


def _host_of(netloc: str) -> str | None:
    """The host of `host:port` in lower case; None where it can't be read."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").removesuffix(".")
    except ValueError:
        return None


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
