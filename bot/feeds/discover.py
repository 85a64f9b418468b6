"""From an address that a person gives to the feed behind it: itself, one the page names, a well-known place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bot.feeds.fetch import Fetcher
from bot.feeds.links import as_address, names_scheme
from bot.feeds.model import (
    Candidate,
    Changed,
    Document,
    Failed,
    Gone,
    Outcome,
    Unchanged,
    Unreadable,
    Validators,
)
from bot.feeds.workers import Workers

WELL_KNOWN = ("/feed", "/rss", "/atom.xml", "/feed.xml", "/index.xml", "/rss.xml")
_MOST_LINKS = 4  # links of the page that are tried, in its order
_MOST_OFFERED = 25  # what one menu of Discord can hold
_SILENT = ("timeout", "dns", "tls", "connection", "refused")  # a host that fails like this will fail again
_UNREACHED = ("timeout", "tls", "connection")
_KIND = re.compile(r"\b(?:rss|atom|rdf|json|feed)(?:\s*\d(?:\.\d+)*)?\b|\W+", re.IGNORECASE)
_COMMENTS = ("comment", "kommentar", "commentaire", "comentario", "comentário", "commenti")


@dataclass(frozen=True, slots=True)
class Found:
    """A feed, read once already: poll `feed_url` from now on, with `validators`."""

    feed_url: str
    document: Document
    validators: Validators


@dataclass(frozen=True, slots=True)
class Several:
    """A page with more than one feed; a person has to choose. None of them was fetched yet."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class NotFound:
    """No feed; `sentence` says what was tried, and why it failed."""

    sentence: str


class Finder:
    """Looks for a feed with real attempts, few and polite ones."""

    def __init__(self, fetcher: Fetcher, workers: Workers) -> None:
        self._fetcher = fetcher
        self._workers = workers

    async def find(self, url: str) -> Found | Several | NotFound:
        """Find the feed at an address as a person types it.

        Where no scheme is given it is https://, and http:// if no connection comes about that way.
        The address itself; then the feeds that the page declares, of which one is taken and several are
        offered; then the page's links that look like feeds; then the well-known places of its site.
        """
        address, outcome = await self._reach(url)
        if not isinstance(outcome, Changed):
            return NotFound(_why(outcome))
        document = await self._parse(outcome)
        if isinstance(document, Document):
            return _found(address, outcome, document)
        named = await self._workers.find_candidates(outcome.body, outcome.charset, outcome.url)
        declared = without_comments([candidate for candidate in named if candidate.kind != "link"])
        offered = without_other_kinds(declared)
        if len(offered) > 1:
            return Several(tuple(offered[:_MOST_OFFERED]))
        linked = [candidate.url for candidate in named if candidate.kind == "link"][:_MOST_LINKS]
        places = [urljoin(outcome.url, place) for place in WELL_KNOWN]
        attempts = dict.fromkeys([*(candidate.url for candidate in declared), *linked, *places])
        return await self._first_feed(outcome.url, list(attempts), document)

    async def _reach(self, written: str) -> tuple[str, Outcome]:
        """The address that a person meant, and what it answers."""
        address = as_address(written)
        outcome = await self._fetcher.fetch(address)
        if isinstance(outcome, Failed) and outcome.kind in _UNREACHED and not names_scheme(written):
            plain = f"http://{address.removeprefix('https://')}"
            second = await self._fetcher.fetch(plain)
            if isinstance(second, Changed):
                return plain, second
        return address, outcome

    async def _first_feed(self, page: str, attempts: Sequence[str], as_feed: Unreadable) -> Found | NotFound:
        silent: dict[str | None, str] = {}
        for attempt in attempts:
            host = urlsplit(attempt).hostname
            if attempt == page or host in silent:
                continue
            outcome = await self._fetcher.fetch(attempt)
            if isinstance(outcome, Changed):
                document = await self._parse(outcome)
                if isinstance(document, Document):
                    return _found(attempt, outcome, document)
            elif isinstance(outcome, Failed) and (outcome.kind in _SILENT or outcome.status == 429):
                silent[host] = outcome.sentence
        host = urlsplit(page).hostname
        own = [attempt for attempt in attempts if attempt.endswith(WELL_KNOWN)]
        named = len(attempts) - len(own)
        links = "names no feed" if not named else f"names {named} that could not be read as a feed"
        tried = (
            f"The page at {host} is no feed and {links}; nothing was found at {', '.join(WELL_KNOWN)} either."
        )
        advice = "If you know the feed's own address, give that one."
        return NotFound(" ".join([tried, *silent.values(), advice]))

    async def _parse(self, outcome: Changed) -> Document | Unreadable:
        return await self._workers.parse(outcome.body, outcome.content_type, outcome.charset, outcome.url)


def without_comments(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Leave out feeds of comments, which blogs declare beside their own, unless nothing else is named."""
    articles = [candidate for candidate in candidates if not _is_of_comments(candidate)]
    return articles or list(candidates)


def without_other_kinds(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of feeds that differ in kind alone (one host, one title but for "RSS" or "Atom") leave the first kind."""
    kinds: dict[tuple[str | None, str], str] = {}
    return [one for one in candidates if kinds.setdefault(_subject(one), one.kind) == one.kind]


def _subject(candidate: Candidate) -> tuple[str | None, str]:
    return urlsplit(candidate.url).hostname, " ".join(_KIND.sub(" ", candidate.title).lower().split())


def _is_of_comments(candidate: Candidate) -> bool:
    words = f"{candidate.title} {urlsplit(candidate.url).path}".lower()
    return any(word in words for word in _COMMENTS)


def _found(asked: str, outcome: Changed, document: Document) -> Found:
    return Found(outcome.moved_to or asked, document, outcome.validators)


def _why(outcome: Outcome) -> str:
    match outcome:
        case Gone(sentence) | Failed(sentence):
            return sentence
        case Unchanged() | Changed():
            return "The server says that nothing changed, although it was asked for the first time."
