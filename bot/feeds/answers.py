"""What a server's answer, or its silence, means: HTTP and its errors as outcomes with sentences. Pure."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from bot.feeds.guard import AddressRefusedError
from bot.feeds.model import Failed, Gone

_LONGEST_WAIT = timedelta(days=7)  # no server may put a source to sleep for longer
# As aiohttp tells which package it lacks.
_PACKED = re.compile(r"content-encoding:", re.IGNORECASE)
# A server that says "too often" and not for how long is left alone for this.
_UNSAID_WAIT = timedelta(minutes=5)
_STATUSES = {
    401: (
        "{host} asks for a login (401). Use an address that needs none. Who runs Broadsheet can follow it with a login "
        "from the command line: subscribe --header Authorization, or header for a source that is followed already."
    ),
    402: "{host} asks for payment (402). Only its subscribers can read this feed.",
    403: (
        "{host} refuses to answer us (403). Some sites turn away everything that is no browser; "
        "ask them to let feed readers in, or look for another address of the feed."
    ),
    404: "{host} has nothing at this address (404). The feed may have moved; look for its new address there.",
    406: "{host} does not offer this in a form that we can read (406).",
    429: "{host} says that we ask too often (429). It will answer again after a while.",
    451: "{host} may not show this for legal reasons (451).",
    500: "{host} has an error of its own (500). It usually passes.",
    502: "{host} cannot reach the server behind it (502). It usually passes.",
    503: "{host} is overloaded or in maintenance (503). It usually passes.",
    504: "{host} got no answer from the server behind it (504). It usually passes.",
}


def wait_of(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header in either form, seconds or a date (RFC 9110 §10.2.3); at most 7 days."""
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return min(timedelta(seconds=int(text)), _LONGEST_WAIT)
    moment = _moment(text)
    return None if moment is None else min(max(moment - now, timedelta()), _LONGEST_WAIT)


def freshness_of(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read for how long asking again is of no use: max-age, else Expires; at most 7 days."""
    control = headers.get("Cache-Control", "")
    if re.search(r"no-store|no-cache", control, re.IGNORECASE):
        return None
    if age := re.search(r"(?<!\S)max-age\s*=\s*\"?(\d{1,9})", control.replace(",", " "), re.IGNORECASE):
        fresh = timedelta(seconds=int(age[1]))
    elif (expires := headers.get("Expires")) and (moment := _moment(expires)):
        fresh = moment - now
    else:
        return None
    return min(fresh, _LONGEST_WAIT) if fresh > timedelta() else None


def refusal_by_status(status: int, host: str, headers: Mapping[str, str], now: datetime) -> Gone | Failed:
    """Say what a status that brings no body means."""
    if status == 410:
        return Gone(f"{host} says that this feed is gone for good (410).")
    known = _STATUSES.get(status)
    if known is None and status >= 500:
        known = "{host} has an error of its own ({status}). It usually passes."
    sentence = (known or "{host} answered with status {status}, which brings no feed.").format(
        host=host, status=status
    )
    wait = wait_of(headers.get("Retry-After"), now)
    if wait is None and status == 429:
        wait = _UNSAID_WAIT
    return Failed(sentence, wait, "status", status)


def failure_by_error(error: Exception, host: str) -> Failed:
    """Say what an error on the way means. The sentence names the host, never the rest of the address."""
    if isinstance(_cause(error), AddressRefusedError):
        return refused_address(host)
    match error:
        case aiohttp.ClientConnectorDNSError():
            return Failed(f"No server is known by the name {host}. Check the address for typos.", kind="dns")
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError() | ssl.SSLError():
            reason = _tls_reason(error)
            return Failed(
                f"{host} cannot prove that it is {host}: {reason}. Its owner has to mend the certificate.",
                kind="tls",
            )
        case TimeoutError():
            return Failed(f"{host} could not be reached in time.", kind="timeout")
        case aiohttp.InvalidURL():
            return Failed(f"{host} is no address that can be fetched. Check it for typos.", kind="refused")
        case aiohttp.ClientConnectorError():
            return Failed(
                f"{host} does not accept the connection. The server may be down, or the port wrong.",
                kind="connection",
            )
        case _:
            return Failed(f"{host} broke off before its answer was complete.")


def is_packed_otherwise(error: aiohttp.ClientResponseError) -> bool:
    """Whether aiohttp gave up an answer, with its status, since its body is compressed in a way it can't read."""
    return _PACKED.search(error.message) is not None


def packed_otherwise(host: str, coding: str) -> Failed:
    """Say that an answer is compressed in a way of which nobody said that we can read it."""
    named = re.sub(r"[^\w, -]", "", coding, flags=re.ASCII)[:40]
    return Failed(
        f"{host} sent the page compressed in a way ({named}) that Broadsheet did not ask for. "
        "The site has to mend this."
    )


def refused_address(host: str) -> Failed:
    """Say that the guard stood in the way, and how an operator opens it."""
    return Failed(
        f"{host} leads to an address inside a private network, which is not fetched. "
        "Whoever runs this bot can open it with FETCH_ALLOW.",
        kind="refused",
    )


def _tls_reason(error: Exception) -> str:
    message = str(_cause(error) or error).lower()
    for sign, reason in (
        ("self-signed", "it signed its certificate itself"),
        ("self signed", "it signed its certificate itself"),
        ("hostname mismatch", "its certificate is for another name"),
        ("not valid for", "its certificate is for another name"),
        ("expired", "its certificate has expired"),
        ("unable to get local issuer", "nobody known vouches for its certificate"),
        ("wrong version number", "it does not speak TLS on this port"),
        ("record layer failure", "it does not speak TLS on this port"),
    ):
        if sign in message:
            return reason
    return "no secure connection came about"


def _cause(error: BaseException) -> BaseException | None:
    """The error beneath aiohttp's wrapping."""
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None)
    return inner if isinstance(inner, BaseException) else error.__cause__


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
