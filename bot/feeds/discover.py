"""From an address that a person gives to what can be followed there: a feed, a news sitemap, a list of articles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urljoin, urlsplit

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
from bot.feeds.sites import feeds_of, guesses_of, perhaps_meant, spelled_out, without_feeds
from bot.feeds.text import clean
from bot.feeds.workers import Workers

WELL_KNOWN = ("/feed", "/rss", "/atom.xml", "/feed.xml", "/index.xml", "/rss.xml", "/feed.json")
NEWS_SITEMAPS = ("/sitemap-news.xml", "/news-sitemap.xml")
_BELOW_PAGE = ("/feed", "/index.xml")  # where a site's sections keep feeds of their own
_MOST_LINKS = 4  # links of the page that are tried, in its order
_MOST_SITEMAPS = 5
_MOST_BEHIND_GUARD = 3  # well-known places that are tried where a site does not show its front page
_MOST_OFFERED = 25  # what one menu of Discord can hold
# A host that fails like this will fail again.
_SILENT = ("timeout", "dns", "tls", "connection", "refused", "challenge")
_UNREACHED = ("timeout", "tls", "connection")
_KIND = re.compile(r"\b(?:rss|atom|rdf|json|feed)(?:\s*\d(?:\.\d+)*)?\b|\W+", re.IGNORECASE)
_COMMENTS = ("comment", "kommentar", "commentaire", "comentario", "comentário", "commenti")
_LOGIN = re.compile(r"^([a-z][a-z0-9+.-]*://)?[^/@\s]*:[^/@\s]*@", re.IGNORECASE)
_ADVICE = "If you know the feed's own address, give that one."


@dataclass(frozen=True, slots=True)
class Found:
    """What can be followed, read once already: poll `feed_url` from now on, with `validators`, as `kind` says.

    `kind` is feed, sitemap or page; `selector` chooses a page's links where a person gave one.
    """

    feed_url: str
    document: Document
    validators: Validators
    kind: str = "feed"
    selector: str | None = None


@dataclass(frozen=True, slots=True)
class Several:
    """A page with more than one feed; a person has to choose. None of them was fetched yet."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class NotFound:
    """Nothing to follow; `sentence` says what was tried, and why it failed."""

    sentence: str


class Finder:
    """Looks for what can be followed with real attempts, few and polite ones."""

    def __init__(self, fetcher: Fetcher, workers: Workers) -> None:
        self._fetcher = fetcher
        self._workers = workers

    async def find(
        self, written: str, selector: str | None = None, own: Mapping[str, str] | None = None
    ) -> Found | Several | NotFound:
        """Find what can be followed at an address as a person types it, or at what it is short for.

            the feeds that a rule for the site knows → the address itself → the feeds that the page declares →
            its links that look like feeds → well-known places → the news sitemap → the page's list of articles

        Of several feeds a person chooses. Where no scheme is given it is https://, and http:// if no connection
        comes about that way. With a CSS `selector` the page itself is meant, whatever feeds it has. `own` headers, a
        login perhaps, are sent to the origin of the address alone; what is found elsewhere is not followed with them.
        """
        meant = spelled_out(written)
        search = _Search(self._fetcher, self._workers, as_address(meant), own or {})
        found = await self._find(written, meant, selector, search)
        if own and isinstance(found, Found) and not search.is_home(found.feed_url):
            return NotFound(
                f"What can be followed is at {urlsplit(found.feed_url).hostname}, where your header is not sent, as "
                "you named another server. Give the address of the feed itself."
            )
        return found

    async def _find(
        self, written: str, meant: str, selector: str | None, search: _Search
    ) -> Found | Several | NotFound:
        if " " in clean(urlsplit(as_address(meant)).netloc):
            return NotFound(
                f"“{_quoted(written)}” is no web address. Give one such as example.org, "
                "https://example.org/feed, r/python, @user@mastodon.social or github:owner/repository."
            )
        known = [] if selector else _to_choose_from(feeds_of(as_address(meant)))
        if len(known) > 1:
            return Several(tuple(known[:_MOST_OFFERED]))
        if found := await search.first_feed(candidate.url for candidate in known):
            return found
        if search.silent:
            return NotFound(" ".join(search.silent.values()))
        address, outcome = await self._reach(meant, search)
        if not isinstance(outcome, Changed):
            places = _places(address)[:_MOST_BEHIND_GUARD] if _guards_front_alone(address, outcome) else ()
            return await search.first_feed(places) or NotFound(_why(outcome, written))
        if selector:
            return await search.list_of(address, outcome, selector) or NotFound(search.about_list)
        return await self._find_from(written, address, outcome, search)

    async def _reach(self, meant: str, search: _Search) -> tuple[str, Outcome]:
        """The address that a person meant, and what it answers."""
        address = as_address(meant)
        outcome = await search.ask(address)
        if isinstance(outcome, Failed) and outcome.kind in _UNREACHED and not names_scheme(meant):
            plain = f"http://{address.removeprefix('https://')}"
            second = await search.ask(plain)
            if isinstance(second, Changed):
                return plain, second
        return address, outcome

    async def _find_from(
        self, written: str, address: str, page: Changed, search: _Search
    ) -> Found | Several | NotFound:
        """Go on from what the address answered."""
        document = await search.parse(page)
        if isinstance(document, Document):
            return search.found(address, page, document)
        sitemap = await search.parse(page, kind="sitemap")
        if isinstance(sitemap, Document) and sitemap.entries:
            return replace(search.found(address, page, sitemap), kind="sitemap")
        named = await self._workers.find_candidates(page.body, page.charset, page.url)
        declared = [candidate for candidate in named if candidate.kind != "link"]
        if len(offered := _to_choose_from(declared)) > 1:
            return Several(tuple(offered[:_MOST_OFFERED]))
        linked = [candidate.url for candidate in named if candidate.kind == "link"][:_MOST_LINKS]
        tried = list(dict.fromkeys([*(one.url for one in without_comments(declared)), *linked]))
        attempts = [*tried, *guesses_of(page.url), *_places(page.url)]
        return (
            await search.first_feed(attempts, but=page.url)
            or await search.news_sitemap(page.url)
            or await search.list_of(address, page)
            or NotFound(_in_vain(written, page.url, len(tried), search))
        )


class _Search:
    """One search: remembers what it asked for, and which hosts are not to be asked again.

    `own` headers are for the origin of the address `meant` alone.
    """

    def __init__(self, fetcher: Fetcher, workers: Workers, meant: str, own: Mapping[str, str]) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._home = _origin(meant)
        self._own = own
        self._asked: set[str] = set()
        self.silent: dict[str | None, str] = {}
        """Hosts that gave no answer or want no more requests, with the sentence about each."""
        self.about_list = ""
        """Why the page could not be read as a list of articles."""

    async def first_feed(self, addresses: Iterable[str], but: str = "") -> Found | None:
        """The first of these addresses that is a feed; `but` was asked already."""
        self._asked.add(but)
        for address in addresses:
            outcome = await self._fetch(address)
            document = outcome and await self.parse(outcome)
            if outcome and isinstance(document, Document):
                return self.found(address, outcome, document)
        return None

    async def news_sitemap(self, page: str) -> Found | None:
        """The site's news sitemap: as robots.txt names it, an index leads to it, or at its usual place."""
        robots = await self._fetch(urljoin(page, "/robots.txt"))
        named = await self._workers.find_sitemaps(robots.body, robots.url) if robots else ()
        waiting = list(dict.fromkeys([*named[:2], *(urljoin(page, place) for place in NEWS_SITEMAPS)]))
        for _ in range(_MOST_SITEMAPS):
            if not waiting:
                break
            address = waiting.pop(0)
            outcome = await self._fetch(address)
            if outcome is None:
                continue
            document = await self.parse(outcome, kind="sitemap")
            if isinstance(document, Document) and document.entries:
                return replace(self.found(address, outcome, document), kind="sitemap")
            inner = await self._workers.find_sitemaps(outcome.body, outcome.url)
            waiting[:0] = [link for link in inner if "news" in link.lower()][:2]
        return None

    async def list_of(self, address: str, page: Changed, selector: str | None = None) -> Found | None:
        """The page as a list of articles. Where a selector chooses them, it is told in the address's fragment:

        one page may be followed in several ways, and each is a source of its own.
        """
        document = await self.parse(page, kind="page", selector=selector)
        if isinstance(document, Unreadable):
            self.about_list = document.sentence
            return None
        found = replace(self.found(address, page, document), kind="page", selector=selector)
        if selector is None:
            return found
        return replace(found, feed_url=f"{found.feed_url.partition('#')[0]}#{quote(selector, safe='')}")

    async def parse(
        self, outcome: Changed, *, kind: str = "feed", selector: str | None = None
    ) -> Document | Unreadable:
        """What an answer holds, read as `kind` says."""
        return await self._workers.parse(
            outcome.body, outcome.content_type, outcome.charset, outcome.url, kind=kind, selector=selector
        )

    def is_home(self, address: str) -> bool:
        """Whether an address is at the origin of the one that was given."""
        return _origin(address) == self._home

    def found(self, asked: str, outcome: Changed, document: Document) -> Found:
        """What was found there; in its new place, if it has moved for good and is not read with headers of our own."""
        moved = outcome.moved_to
        if moved and self._own and not self.is_home(moved):
            moved = None
        return Found(moved or asked, document, outcome.validators)

    async def ask(self, address: str) -> Outcome:
        """Fetch an address."""
        return await self._fetcher.fetch(address, own=self._own if self.is_home(address) else None)

    async def _fetch(self, address: str) -> Changed | None:
        host = urlsplit(address).hostname
        if address in self._asked or host in self.silent:
            return None
        self._asked.add(address)
        outcome = await self.ask(address)
        if isinstance(outcome, Failed) and (outcome.kind in _SILENT or outcome.status == 429):
            self.silent[host] = outcome.sentence
        return outcome if isinstance(outcome, Changed) else None


def without_comments(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Leave out feeds of comments, which blogs declare beside their own, unless nothing else is named."""
    articles = [candidate for candidate in candidates if not _is_of_comments(candidate)]
    return articles or list(candidates)


def without_other_kinds(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of feeds that differ in kind alone (one host, one title but for "RSS" or "Atom") leave the first kind."""
    kinds: dict[tuple[str | None, str], str] = {}
    return [one for one in candidates if kinds.setdefault(_subject(one), one.kind) == one.kind]


def _to_choose_from(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The feeds that a person is offered: comments last and named as such, and not beside a single feed."""
    articles = without_other_kinds(without_comments(candidates))
    comments = [one for one in candidates if one not in articles and _is_of_comments(one)]
    return articles if len(articles) < 2 else articles + [_named_as_comments(one) for one in comments]


def _named_as_comments(candidate: Candidate) -> Candidate:
    if any(word in candidate.title.lower() for word in _COMMENTS):
        return candidate
    return replace(candidate, title=f"Comments: {candidate.title or urlsplit(candidate.url).path}")


def _subject(candidate: Candidate) -> tuple[str | None, str]:
    return urlsplit(candidate.url).hostname, " ".join(_KIND.sub(" ", candidate.title).lower().split())


def _is_of_comments(candidate: Candidate) -> bool:
    words = f"{candidate.title} {urlsplit(candidate.url).path}".lower()
    return any(word in words for word in _COMMENTS)


def _places(page: str) -> list[str]:
    """Where a site's feed usually is, below the page itself first."""
    path = urlsplit(page).path.rstrip("/")
    below = [urljoin(page, path + place) for place in _BELOW_PAGE] if path else []
    return list(dict.fromkeys([*below, *(urljoin(page, place) for place in WELL_KNOWN)]))


def _guards_front_alone(address: str, outcome: Outcome) -> bool:
    """Whether a site refused its front page; such guards often let feed readers through to the feed."""
    refused = isinstance(outcome, Failed) and (
        outcome.kind == "challenge" or outcome.status in (401, 403, 404, 406)
    )
    return refused and urlsplit(address).path in ("", "/")


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()


def _in_vain(written: str, page: str, named: int, search: _Search) -> str:
    """What was tried, and what a person can try."""
    links = "names no feed" if not named else f"names {named} that could not be read as a feed"
    tried = (
        f"Nothing to follow was found at “{_quoted(written)}”. The page is no feed and {links}; nothing was found "
        f"at {', '.join(WELL_KNOWN)} either, and there is no news sitemap."
    )
    closed = without_feeds(page)
    known = f"{closed} offers no public feeds." if closed else ""
    return " ".join(filter(None, [tried, known, *search.silent.values(), search.about_list, _ADVICE]))


def _quoted(written: str) -> str:
    """What a person typed, as it may be shown again: without a login and without the query, which may be secret."""
    text = _LOGIN.sub(lambda found: found[1] or "", clean(written).strip("<>"))
    return text.partition("?")[0][:100]


def _why(outcome: Outcome, written: str) -> str:
    match outcome:
        case Failed(sentence, kind="dns") if meant := perhaps_meant(written):
            return f"{sentence} {meant}"
        case Gone(sentence) | Failed(sentence):
            return sentence
        case Unchanged() | Changed():
            return "The server says that nothing changed, although it was asked for the first time."
