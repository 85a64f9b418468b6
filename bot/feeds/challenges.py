"""Answers that are no answers: pages that ask a visitor to prove that they are no robot. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.feeds.model import Failed

START = 8 * 1024  # bytes of a body in which such a page tells what it is
# Who answers so with these headers: the name of a header, and what its value begins with.
_HEADERS = (
    ("cf-mitigated", "challenge", "Cloudflare"),
    ("x-amzn-waf-action", "", "AWS WAF"),
    ("x-vercel-mitigated", "challenge", "Vercel"),
    ("x-datadome", "", "DataDome"),
    ("x-dd-b", "", "DataDome"),
)
# And by words that stand in the beginning of their pages, in lower case; none that guards also put into pages which
# they let pass.
_WORDS = (
    (b"<title>just a moment...</title>", "Cloudflare"),
    (b"<title>attention required! | cloudflare</title>", "Cloudflare"),
    (b"captcha-delivery.com", "DataDome"),
    (b'id="anubis_challenge"', "Anubis"),
    (b"/.within.website/x/cmd/anubis", "Anubis"),
    (b'<iframe id="main-iframe" src="/_incapsula_resource', "Imperva"),
    (b"px-captcha", "HUMAN"),
    (b"ddos-guard/js-challenge", "DDoS-Guard"),
    (b"<title>ddos-guard</title>", "DDoS-Guard"),
    (b"sucuri_cloudproxy_js", "Sucuri"),
    (b"<title>vercel security checkpoint</title>", "Vercel"),
    (b"<title>client challenge</title>", "Fastly"),
    (b"<title>bot verification</title>", ""),
)

# XML but for XHTML, and JSON: a feed that is sent as a page may speak of such pages.
_DATA = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:[{\[]|<(?:rss|feed|rdf:rdf)\b|<\?xml[^>]{0,200}\?>\s*+(?!<!doctype\s+html|<html))",
    re.IGNORECASE,
)


def may_be_page(content_type: str) -> bool:
    """Whether an answer of this type may be such a page; a feed never is looked at for one."""
    return content_type in ("text/html", "application/xhtml+xml", "application/octet-stream")


def challenge_of(host: str, headers: Mapping[str, str], start: bytes) -> Failed | None:
    """Tell a page that asks for a proof by its headers and its beginning, and say what an admin can do.

    The headers count for a refusal only: a guard that let us pass may say its name too.
    """
    if _DATA.match(start):
        return None
    for name, value, guard in _HEADERS:
        given = headers.get(name)
        if given is not None and given.lower().startswith(value) and _is_page(start):
            return _failed(host, guard)
    text = start[:START].lower()
    for words, guard in _WORDS:
        if words in text:
            return _failed(host, guard)
    return None


def _is_page(start: bytes) -> bool:
    return b"<html" in start.lower() or b"<!doctype html" in start.lower()


def _failed(host: str, guard: str) -> Failed:
    by = f" ({guard})" if guard else ""
    return Failed(
        f"{host} asks its visitors to prove that they are no robot{by}, which a feed reader can't. Ask the site "
        "to let feed readers pass at this address, or look for another address of the feed.",
        kind="challenge",
    )
