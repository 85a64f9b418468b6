"""Which entries of a document are new, which were revised, which are old. Pure.

An item is its identity, never its date and never its title: an edit must not post it again. A source that gives
all its items new guids must not either, and only the words are left to tell that (see `follow`).
"""

from __future__ import annotations

import hashlib
import html.entities
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from bot.feeds.cut import MARK_BYTES
from bot.feeds.links import comparable
from bot.feeds.model import Document, Entry
from bot.feeds.text import clean

_LONGEST_IDENTITY = 500
_BEGINNINGS = ("https://", "http://", "https://www.", "http://www.")
# What is behind the beginning tells no two entries apart that have one headline.
_WORDS_READ = 4_000  # characters of markup
_TAG = re.compile(r"<[^<>]*>")
_LEADS_FURTHER = re.compile(r"//[^/?]+[/?]")  # than to a site's front page; of comparable links
_FEWEST_TOGETHER = 2
_REFERENCE = re.compile(r"&([a-zA-Z][\w.-]*);?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a poll found: entries never seen before (oldest first), and entries to correct.

    `renamed` are stored identities, each with the one that its source gave it instead.
    """

    new: tuple[Entry, ...] = ()
    revised: tuple[Entry, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Alike:
    """The newest stored article of a source that has certain words (see `words_of`)."""

    identity: str
    revision: str
    url: str | None
    published_at: datetime | None


def possible_identities(document: Document) -> frozenset[str]:
    """All identities under which entries of this document may be stored: what `identify` has to know about."""
    return frozenset(identity for entry in document.entries for identity in identities_of(entry))


def identities_of(entry: Entry) -> Iterator[str]:
    """All identities under which an entry may be stored."""
    yield from _identities(entry)
    yield from _spellings(entry)
    if before := _before_its_guid(entry):
        yield before


def identify(document: Document, known: Mapping[str, str]) -> Recognised:
    """Tell new entries from known ones.

    `known` maps those of the `possible_identities` that are stored for the source to the `revision_of` each.
    An identity that occurs twice counts once. A revised entry carries the identity under which it is known.
    A document of many entries holds up everything else meanwhile: its entries can be told one by one instead, by
    `recognise(tell(entry, known) for entry in first_of_each(document))`.
    """
    return recognise(tell(entry, known) for entry in first_of_each(document))


def first_of_each(document: Document) -> Iterable[Entry]:
    """The document's entries, of each identity the first."""
    firsts: dict[str, Entry] = {}
    for entry in document.entries:
        firsts.setdefault(entry.identity, entry)
    return firsts.values()


def tell(entry: Entry, known: Mapping[str, str]) -> tuple[Entry, bool] | None:
    """An entry and whether it is new; else it is revised, and has the identity under which it is known. None if old."""
    identity = _known_as(entry, known) if known else None
    if identity is None:
        return entry, True
    return None if known[identity] == revision_of(entry) else (replace(entry, identity=identity), False)


def recognise(told: Iterable[tuple[Entry, bool] | None]) -> Recognised:
    """What a poll found, out of what was told of each entry."""
    found = [one for one in told if one is not None]
    revised = {entry.identity: entry for entry, is_new in found if not is_new}
    return Recognised(
        _oldest_first(tuple(entry for entry, is_new in found if is_new)), tuple(revised.values())
    )


def follow(document: Document, found: Recognised, alike: Mapping[str, Alike]) -> Recognised:
    """Take from what is new what is stored already, under guids that the source has changed for all its entries.

    `alike` maps the `words_of` new entries to what is stored with them. One entry is known again by its words where
    it also has the link, and no other date: nobody wants to read that again. Words without the link are no proof, as
    "Open thread" of every Friday shows, nor is a link that leads to the site or is shared, as status pages have it.
    Several entries prove each other: those that have the links, whatever their dates; those that have the dates,
    whatever their links; and those without dates, where they are half of the document. What comes with other guids,
    links and dates was published again, and is new. What still stands in the document was not renamed.
    """
    links = _own_links(document) if alike else frozenset()
    taken = {entry.identity for entry in document.entries}
    alone: dict[str, Alike] = {}
    several: dict[str, Alike] = {}
    undated: dict[str, Alike] = {}
    for entry in found.new:
        stored = alike.get(words_of(entry) or "")
        if stored is None or stored.identity in taken:
            continue
        linked = _link_of(entry) in links and _link_of(entry) == comparable(stored.url or "")
        dates = {entry.published_at, stored.published_at} - {None}
        if linked:
            (alone if len(dates) < 2 else several)[entry.identity] = stored
        elif None in (entry.published_at, stored.published_at):
            undated[entry.identity] = stored
        elif len(dates) == 1:
            several[entry.identity] = stored
        else:
            continue
        taken.add(stored.identity)
    proven = alone
    if len(alone) + len(several) >= _FEWEST_TOGETHER:
        proven = alone | several
    together = len(proven) + len(undated)
    if together >= _FEWEST_TOGETHER and 2 * together >= max(
        len(document.entries), len(document.marks) // MARK_BYTES
    ):
        proven = proven | undated
    same = [(entry, proven[entry.identity]) for entry in found.new if entry.identity in proven]
    return Recognised(
        tuple(entry for entry in found.new if entry.identity not in proven),
        (*found.revised, *(entry for entry, stored in same if stored.revision != revision_of(entry))),
        tuple((stored.identity, entry.identity) for entry, stored in same),
    )


def words_of(entry: Entry) -> str | None:
    """Digest an entry's headline and the beginning of its text, in hex; None where it has neither.

    Links, pictures and markup play no part: they change when a site moves.
    """
    markup = (entry.content_html or entry.summary_html)[:_WORDS_READ]
    words = f"{entry.title}\n{_TAG.sub(' ', markup)}".split()
    return (
        hashlib.blake2b(" ".join(words).encode("utf-8", "replace"), digest_size=16).hexdigest()
        if words
        else None
    )


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
    """The other spellings of a guid, under which its entry may be stored."""
    return (*_addresses(entry), *_misread(entry))


def _misread(entry: Entry) -> Iterator[str]:
    """What the first edition took for the guid, or for the link, where `&` is not escaped in the document.

    It saw the reference of an entity: `?p=1&id;=7` for `?p=1&id=7`, and `©` for `&copy`.
    """
    if entry.identity.startswith("//") and entry.url and "&" in entry.url:
        yield bounded(comparable(_REFERENCE.sub(_as_entity, entry.url)))
    elif "&" in entry.identity:
        yield bounded(clean(_REFERENCE.sub(_as_entity, entry.identity)))


def _as_entity(reference: re.Match[str]) -> str:
    code = html.entities.name2codepoint.get(reference[1])
    return chr(code) if code else f"&{reference[1]};"


def _addresses(entry: Entry) -> tuple[str, ...]:
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


def _link_of(entry: Entry) -> str:
    return comparable(entry.url) if entry.url else ""


def _own_links(document: Document) -> frozenset[str]:
    """Links of single entries that lead further than to the site itself."""
    home = comparable(document.link) if document.link else ""
    links = Counter(map(_link_of, document.entries))
    return frozenset(
        link for link, times in links.items() if times == 1 and link != home and _LEADS_FURTHER.match(link)
    )


def _oldest_first(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """By date where all have one; else the document's order turned round, as feeds begin with the newest."""
    turned = entries[::-1]
    dates = [entry.published_at or entry.updated_at for entry in turned]
    dated = [(date, entry) for date, entry in zip(dates, turned, strict=True) if date is not None]
    if len(dated) < len(turned):
        return turned
    return tuple(entry for _, entry in sorted(dated, key=lambda pair: pair[0]))
