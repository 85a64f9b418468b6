"""Entries that a feed says it has deleted (RFC 6721): `<at:deleted-entry ref="…" when="…"/>`. Pure."""

from __future__ import annotations

import html
import re

from bot.feeds.identify import bounded
from bot.feeds.text import clean

_NAMESPACE = b"http://purl.org/atompub/tombstones/1.0"
_TOMBSTONE = re.compile(rb"<(?:[\w-]{1,40}:)?deleted-entry\s([^<>]{1,2000})>")
_REF = re.compile(rb"(?:\A|\s)ref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_MOST = 200


def deleted_in(body: bytes) -> tuple[str, ...]:
    """The identities of entries that an Atom document says are deleted, without those that it holds all the same."""
    if _NAMESPACE not in body:
        return ()
    found: dict[str, None] = {}
    for tombstone in _TOMBSTONE.finditer(body):
        named = _REF.search(tombstone[1])
        written = (named[1] or named[2] or b"").strip() if named else b""
        if written and b">" + written + b"<" not in body:
            found[bounded(clean(html.unescape(written.decode("utf-8", "replace"))))] = None
        if len(found) == _MOST:
            break
    return tuple(found)
