"""Addresses as people and documents write them, made absolute, clean and comparable. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

# Added by newsletters and campaigns; the article behind the link is the same without them.
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|mc_cid|mc_eid|at_\w+)", re.IGNORECASE)
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_FEED = re.compile(r"^feed:(?://)?", re.IGNORECASE)
_NEVER_TYPED = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST = 2048  # what browsers and Discord's URL fields take
# An address that nothing is to be done to, as nearly all are, and a base that has no part in it.
_SAFE = r"\w.~!$&'()*+,:=@%/-"
_PLAIN = re.compile(
    rf"https?://[a-z0-9.-]++(?:/[{_SAFE}]*+)?(?:\?[?;{_SAFE}]++)?(?:#[?;{_SAFE}]++)?", re.ASCII
)
_PLAIN_BASE = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?(?:/|\Z)", re.ASCII)


def absolute(link: object, base: str | None = None) -> str | None:
    """Make a link absolute against its base; None where the result is not plain http or https.

    User info is left out, blanks are encoded; what is longer than 2,048 characters or cannot be encoded is no link.
    """
    if not isinstance(link, str) or not link.strip() or len(link) > _LONGEST:
        return None
    if _PLAIN.fullmatch(link) and (not base or _PLAIN_BASE.match(base)):
        return link
    try:
        parts = urlsplit(urljoin(base or "", link.strip()))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or _BLANKS.search(host):
        return None
    place = f"[{host}]" if ":" in host else host
    whole = urlunsplit(
        (parts.scheme.lower(), f"{place}:{port}" if port else place, parts.path, parts.query, parts.fragment)
    )
    whole = _BLANKS.sub("%20", whole)
    return whole if len(whole) <= _LONGEST and _is_encodable(whole) else None


def _is_encodable(text: str) -> bool:
    """Whether it holds no lone surrogate, which JSON can bring and no database takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def comparable(link: str) -> str:
    """Bring a link into the form in which two spellings of one article's address are equal.

    Scheme, `www.`, default ports, a closing slash, fragments and tracking parameters play no part.
    """
    if "?" not in link and _PLAIN.fullmatch(link):
        place = link.partition("#")[0].partition("//")[2]
        return f"//{place.removeprefix('www.').rstrip('/')}"
    parts = urlsplit(link)
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = urlencode([pair for pair in parse_qsl(parts.query, True) if not _TRACKING.fullmatch(pair[0])])
    return f"//{host}{port}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


def are_one(link: str, other: str) -> bool:
    """Whether two links are spellings of one address (see `comparable`)."""
    return link == other or comparable(link) == comparable(other)


def as_address(written: str) -> str:
    """Read an address as a person types it: `feed:` and angle brackets fall away, https is added.

    Control characters and lone surrogates fall away too; no address has them.
    """
    address = _without_wrapping(written)
    return address if _SCHEME.match(address) else f"https://{address.removeprefix('//')}"


def names_scheme(written: str) -> bool:
    """Whether a person typed the scheme too, so that no other one is meant."""
    return _SCHEME.match(_without_wrapping(written)) is not None


def _without_wrapping(written: str) -> str:
    address = _NEVER_TYPED.sub("", written).strip().strip("<>").strip()
    return _FEED.sub("", address)
