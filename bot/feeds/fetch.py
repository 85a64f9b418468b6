"""One polite, guarded GET: conditional, bounded in time and size, redirects followed by hand."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from time import monotonic
from types import MappingProxyType, TracebackType
from typing import TypeVar

import aiohttp
import xxhash
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.feeds.answers import (
    failure_by_error,
    freshness_of,
    is_packed_otherwise,
    packed_otherwise,
    refusal_by_status,
    refused_address,
    wait_of,
)
from bot.feeds.challenges import START, challenge_of, may_be_page
from bot.feeds.connections import Connections
from bot.feeds.guard import Allow, Guard, is_refused
from bot.feeds.model import Changed, Failed, Outcome, Unchanged, Validators
from bot.feeds.turns import Deadlines, Turns

Answer = TypeVar("Answer")

MAX_BODY = 10 * 1024 * 1024  # bytes, after decompression
MAX_REDIRECTS = 5
_LONGEST_VALIDATOR = 1024
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_ANSWERS = (Changed, Unchanged)
# At which every connection takes a turn.
_ALL = ""
# Those that are asked for, and none at all.
_CODINGS = frozenset(("gzip", "deflate", "identity", ""))


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Redirect:
    status: int
    location: str


class Fetcher:
    """The one client of the world outside; an async context manager.

    `deadline` is in seconds and holds for everything of one fetch including the body, but not for waiting
    for a turn at a busy host. `resolver` and `clock` are there to be handed in.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow: Allow | None = None,
        deadline: float = 30.0,
        connect_timeout: float = 10.0,
        max_body: int = MAX_BODY,
        connections: int = 64,
        per_host: int = 1,
        resolver: AbstractResolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._allow = allow or Allow()
        self._guard = Guard(self._allow)
        self._connections = Connections(
            self._guard,
            user_agent=user_agent,
            limit=connections,
            connect_timeout=connect_timeout,
            resolver=resolver,
            ssl_context=ssl_context,
        )
        self._deadline = deadline
        self._max_body = max_body
        self._clock = clock
        self._slots = Turns(connections)
        self._turns = Turns(per_host)
        self._deadlines = Deadlines()

    async def __aenter__(self) -> Fetcher:
        """Open the pool of connections."""
        self._connections.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self._deadlines.close()
        await self._connections.close()

    async def fetch(
        self,
        url: str,
        validators: Validators | None = None,
        own: Mapping[str, str] | None = None,
        *,
        accept: str | None = None,
        most: int | None = None,
    ) -> Outcome:
        """Fetch one address. Whatever the world does comes back as an outcome, never as an error.

        `own` headers are sent to the address's own origin alone, as the login that stands in it is. What is no feed
        says what to `accept` instead, and how many bytes it has at `most` where that is less than any body may have.
        """
        known = validators or Validators()
        limit = min(most or self._max_body, self._max_body)
        general = {"Accept": accept} if accept else _NO_HEADERS
        remaining = self._deadline
        address = _read_url(url)
        if address is None:
            return Failed("This is no http or https address. Check it for typos.", kind="refused")
        origin, moved_to, permanently = address, None, True
        for _ in range(MAX_REDIRECTS + 1):
            host = address.host or ""
            at_home = address is origin or address.origin() == origin.origin()
            headers = {**general, **own} if own and at_home else general
            place = await self._take_turn(address)
            begun = monotonic()
            try:
                answer = await self._guarded(address, self._ask(address, known, headers, limit), remaining)
            finally:
                self._leave_turn(place)
            remaining -= monotonic() - begun
            if isinstance(answer, _ANSWERS):
                return replace(answer, moved_to=moved_to) if moved_to else answer
            if not isinstance(answer, _Redirect):
                return answer
            target = _follow(address, answer.location)
            if target is None:
                return Failed(f"{host} sends us on to an address that cannot be fetched.", kind="refused")
            if target.origin() == origin.origin() and origin.raw_user:
                target = target.with_user(origin.user).with_password(origin.password)
            # A source never ends up without encryption because somebody on the way said so once.
            weaker = address.scheme == "https" and target.scheme == "http"
            permanently = permanently and answer.status in (301, 308) and not weaker
            moved_to = str(target) if permanently else moved_to
            address = target
        return Failed(
            f"{origin.host} sends us from address to address (more than {MAX_REDIRECTS} redirects). "
            "The site has to mend this.",
            kind="connection",
        )

    async def post(self, url: str, fields: Mapping[str, str]) -> Failed | None:
        """Send a form, guarded and bounded as a fetch is; None where it was accepted. What is answered is not read.

        Only redirects that keep the form (307, 308) are followed.
        """
        remaining = self._deadline
        address = _read_url(url)
        for _ in range(MAX_REDIRECTS + 1):
            if address is None:
                return Failed("A form can't be sent there: it is no http or https address.", kind="refused")
            place = await self._take_turn(address)
            begun = monotonic()
            try:
                answer = await self._guarded(address, self._post(address, fields), remaining)
            finally:
                self._leave_turn(place)
            remaining -= monotonic() - begun
            if not isinstance(answer, _Redirect):
                return answer
            address = _follow(address, answer.location)
        return Failed(f"A form was sent on more than {MAX_REDIRECTS} times and not taken.", kind="connection")

    async def is_public(self, url: str) -> bool:
        """Whether others reach an address that was fetched: it is not inside, opened by the operator alone."""
        address = _read_url(url)
        if address is None or address.host is None or (resolver := self._connections.resolver) is None:
            return False
        if self._allow == Allow():
            return True  # the guard let nothing else through
        if _is_literal(address.host):
            return not is_refused(address.host, Allow())
        try:
            found = await resolver.resolve(address.host, address.port or 0)
        except OSError:
            return False
        return all(not is_refused(one["host"], Allow()) for one in found)

    async def _take_turn(self, address: URL) -> str:
        """Wait for a turn at an address's host and for one of all; answers the place to be left."""
        place = address.host_port_subcomponent or ""
        if not self._turns.took(place):
            await self._turns.take(place)
        if not self._slots.took(_ALL):
            try:
                await self._slots.take(_ALL)
            except BaseException:
                self._turns.leave(place)
                raise
        return place

    def _leave_turn(self, place: str) -> None:
        self._slots.leave(_ALL)
        self._turns.leave(place)

    async def _guarded(
        self, address: URL, answer: Coroutine[None, None, Answer], remaining: float
    ) -> Answer | Failed:
        """The answer of an address that the guard lets us ask; what goes wrong on the way comes as a value."""
        host = address.host or ""
        if _is_literal(host) and self._guard.refuses(host, host):
            answer.close()
            return refused_address(host)
        self._guard.entering(host)
        try:
            with self._deadlines.within(remaining) as deadline:
                return await answer
        except TimeoutError as error:
            if not deadline.passed:
                return failure_by_error(error, host)
            return Failed(
                f"{host} did not send everything within {self._deadline:g} seconds.",
                kind="timeout",
            )
        # A certificate error is a ValueError, a wrong host a UnicodeError: all of it is the world's doing.
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return failure_by_error(error, host)

    async def _ask(
        self, address: URL, known: Validators, own: Mapping[str, str], most: int, *, unpack: bool = True
    ) -> Outcome | _Redirect:
        headers = {**own}
        if own and "authorization" in map(str.lower, own):
            address = address.with_user(None)  # aiohttp refuses to send two logins
        if known.etag:
            headers["If-None-Match"] = known.etag
        if known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        # Let go by hand: a context costs two turns of a coroutine, and of a GET nothing is left to be waited for.
        try:
            response = await self._connections.session_for(address).get(
                address, headers=headers, allow_redirects=False, auto_decompress=unpack
            )
        except aiohttp.ClientResponseError as error:
            if not (unpack and is_packed_otherwise(error)):
                raise
            # What it says by its status is still to be heard, a refusal most likely.
            return await self._ask(address, known, own, most, unpack=False)
        try:
            if response.status == 304:
                return Unchanged(
                    _validators(response, known.digest, known), fresh_for=self._freshness(response)
                )
            return await self._told(response, address, known, most)
        finally:
            response.release()

    async def _told(
        self, response: aiohttp.ClientResponse, address: URL, known: Validators, most: int
    ) -> Outcome | _Redirect:
        status, host = response.status, address.host or ""
        if status in (301, 302, 303, 307, 308) and (location := response.headers.get("Location")):
            return _Redirect(status, location)
        if status not in (200, 203, 226):
            refusal = refusal_by_status(status, host, response.headers, self._clock())
            if isinstance(refusal, Failed) and may_be_page(response.content_type):
                challenge = challenge_of(host, response.headers, await self._start_of(response))
                refusal = replace(challenge, retry_after=refusal.retry_after) if challenge else refusal
            if isinstance(refusal, Failed) and refusal.retry_after:
                refusal = replace(refusal, place=address.host_port_subcomponent)
            return refusal
        fresh_for = self._freshness(response)
        if (packed := response.headers.get("Content-Encoding", "").lower()) not in _CODINGS:
            return packed_otherwise(host, packed)
        body = await self._read(response, most)
        if body is None:
            limit = f"{most / 1024 / 1024:g} MiB"
            return Failed(f"{host} sends more than {limit}, more than this may have.", kind="too_large")
        validators = _validators(response, _digest(body), Validators())
        if validators.digest == known.digest:
            return Unchanged(validators, fresh_for=fresh_for)
        if may_be_page(response.content_type) and (challenge := challenge_of(host, {}, body[:START])):
            return challenge
        return Changed(
            str(address.with_user(None).with_fragment(None)),
            body,
            response.content_type,
            response.charset,
            validators,
            fresh_for=fresh_for,
            links=tuple(response.headers.getall("Link", ())),
        )

    def _freshness(self, response: aiohttp.ClientResponse) -> timedelta | None:
        headers = response.headers
        told = hdrs.CACHE_CONTROL in headers or hdrs.EXPIRES in headers
        return freshness_of(headers, self._clock()) if told else None

    async def _post(self, address: URL, fields: Mapping[str, str]) -> Failed | _Redirect | None:
        async with self._connections.session_for(address, once=True).post(
            address, data=fields, allow_redirects=False, auto_decompress=False
        ) as response:
            status = response.status
            response.close()  # an answer may be of any length
            if status in (307, 308) and (location := response.headers.get("Location")):
                return _Redirect(status, location)
            if 200 <= status < 300:
                return None
            asked = wait_of(response.headers.get("Retry-After"), self._clock())
            return Failed(f"{address.host} answered with status {status}.", asked, "status", status)

    async def _read(self, response: aiohttp.ClientResponse, most: int) -> bytes | None:
        """Read the body decompressed, piece by piece; None as soon as it exceeds the limit."""
        if (response.content_length or 0) > most:
            response.close()
            return None
        pieces: list[bytes] = []
        size = 0
        while piece := await response.content.readany():
            pieces.append(piece)
            size += len(piece)
            if size > most:
                response.close()  # do not drain what is left
                return None
        return b"".join(pieces)

    async def _start_of(self, response: aiohttp.ClientResponse) -> bytes:
        """Read as much of the body as tells what a page is; the rest is not waited for."""
        start = b""
        while len(start) < START and (piece := await response.content.read(START - len(start))):
            start += piece
        return start


@lru_cache(maxsize=1_000)
def _read_url(text: str) -> URL | None:
    try:
        address = URL(text)
        return address if address.scheme in ("http", "https") and address.host and address.port else None
    except ValueError:
        return None


def _follow(address: URL, location: str) -> URL | None:
    """The address a redirect leads to, without user info: credentials are never taken from a stranger."""
    try:
        joined = _read_url(str(address.join(URL(location))))
    except ValueError:
        return None
    return joined and joined.with_user(None).with_fragment(None)


def _is_literal(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()  # as aiohttp tells it, which resolves none of these


def _digest(body: bytes) -> str:
    """By what an unchanged body is known again: its XXH3 of 128 bits, in hex.

    It has to withstand nobody, since who sends two bodies alike hides their own news. A cryptographic digest of 65 KB
    can take as much CPU as half the request, this one a hundredth.
    """
    return xxhash.xxh3_128_hexdigest(body)


def _validators(response: aiohttp.ClientResponse, digest: str | None, before: Validators) -> Validators:
    """The answer's validators; a 304 need not repeat them (RFC 9110 §15.4.5), then those before stay."""
    etag = response.headers.get(hdrs.ETAG, before.etag)
    last_modified = response.headers.get(hdrs.LAST_MODIFIED, before.last_modified)
    if (etag, last_modified, digest) == (before.etag, before.last_modified, before.digest):
        return before  # as after most polls
    return Validators(
        _readable(etag) or before.etag, _readable(last_modified) or before.last_modified, digest
    )


def _readable(value: str | None) -> str | None:
    # Bytes that are no text come as surrogates and can be neither stored nor sent back.
    return value if value and len(value) <= _LONGEST_VALIDATOR and value.isprintable() else None
