"""Which entries of a document are new, which were revised, which are old. Pure.

An item is its identity, never its date and never its title: an edit must not post it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bot.feeds.links import comparable
from bot.feeds.model import Document, Entry

_LONGEST_IDENTITY = 500
_BEGINNINGS = ("https://", "http://", "https://www.", "http://www.")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a poll found: entries never seen before (oldest first), and entries to correct."""

    new: tuple[Entry, ...] = ()
    revised: tuple[Entry, ...] = ()


def possible_identities(document: Document) -> frozenset[str]:
    """All identities under which entries of this document may be stored: what `identify` has to know about."""
    return frozenset(
        identity
        for entry in document.entries
        for identity in (*_identities(entry), *_spellings(entry), _before_its_guid(entry))
        if identity
    )


def identify(document: Document, known: Mapping[str, str]) -> Recognised:
    """Tell new entries from known ones.

    `known` maps those of the `possible_identities` that are stored for the source to the `revision_of` each.
    An identity that occurs twice counts once. A revised entry carries the identity under which it is known.
    """
    unknown: dict[str, Entry] = {}
    revised: dict[str, Entry] = {}
    firsts: dict[str, Entry] = {}
    for entry in document.entries:
        firsts.setdefault(entry.identity, entry)
    for entry in firsts.values():
        identity = _known_as(entry, known)
        if identity is None:
            unknown[entry.identity] = entry
        elif known[identity] != revision_of(entry):
            revised[identity] = replace(entry, identity=identity)
    return Recognised(_oldest_first(tuple(unknown.values())), tuple(revised.values()))


def revision_of(entry: Entry) -> str:
    """Digest what readers see of an entry, in hex. Dates are left out: many feeds touch them at every poll.

    So are the queries of image addresses, where signatures and sizes change.
    """
    image = urlsplit(entry.image_url)._replace(query="", fragment="").geturl() if entry.image_url else ""
    parts = (entry.title, entry.url or "", entry.summary_html, entry.content_html, str(image))
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "replace")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def bounded(identity: str) -> str:
    """An identity of at most 500 characters: a longer one is its digest, as no index holds it."""
    return identity if len(identity) <= _LONGEST_IDENTITY else digest_of(identity)


def digest_of(text: str) -> str:
    """A short name for a text that is too long, or too changeable in its form, for an identity."""
    return f"digest:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"


def told_apart(identity: str, link: str) -> str:
    """The identity of an entry that shares its guid with another one in the document.

    A long link is told by its digest, so that the guid before it can still be read (see `_identities`).
    """
    whole = f"{identity} {link}"
    return whole if len(whole) <= _LONGEST_IDENTITY else f"{identity} {digest_of(link)}"


def _known_as(entry: Entry, known: Mapping[str, str]) -> str | None:
    """The identity under which an entry is known, also after its guid was changed in one of the usual ways."""
    own, apart, alone = _identities(entry)
    if apart in known:
        return apart  # it shared its guid with another entry that is now gone, and may be known by that guid
    if own in known:
        return own
    if alone != own and known.get(alone) == revision_of(entry):
        return alone  # it had the guid to itself until now; only the same words can prove that
    for spelling in _spellings(entry):
        if spelling in known:
            return spelling
    before = _before_its_guid(entry)
    return before if before and known.get(before) == revision_of(entry) else None


def _identities(entry: Entry) -> tuple[str, str, str]:
    """Its identity; the one it had while its guid was repeated; the one it had while its guid was not."""
    link = entry.url or entry.title
    alone = entry.identity.removesuffix(f" {link}").removesuffix(f" {digest_of(link)}")
    return entry.identity, told_apart(entry.identity, link), alone


def _spellings(entry: Entry) -> tuple[str, ...]:
    """The other spellings of a guid that is an address: sites change to https, drop `www.` or a closing slash.

    A source that gives up its guids is known by those that were its links.
    """
    address = entry.url if entry.identity.startswith("//") else entry.identity
    if not address or not address.startswith(("http://", "https://")) or " " in address:
        return ()
    bare = address.partition("://")[2].removeprefix("www.").rstrip("/")
    spelt = (f"{scheme}{bare}{end}" for scheme in _BEGINNINGS for end in ("", "/"))
    return tuple(bounded(spelling) for spelling in spelt if spelling != entry.identity)


def _before_its_guid(entry: Entry) -> str | None:
    """What it was known by before its source had guids: a proof together with the same words alone."""
    identity = bounded(comparable(entry.url)) if entry.url else None
    return None if identity == entry.identity else identity


def _oldest_first(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """By date where all have one; else the document's order turned round, as feeds begin with the newest."""
    turned = entries[::-1]
    dates = [entry.published_at or entry.updated_at for entry in turned]
    dated = [(date, entry) for date, entry in zip(dates, turned, strict=True) if date is not None]
    if len(dated) < len(turned):
        return turned
    return tuple(entry for _, entry in sorted(dated, key=lambda pair: pair[0]))
