"""What a page says of its article: title, people, times, picture, language. Pure, and in linear time."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import urlsplit

from bot.feeds.extract.days import dates_in, moment_of
from bot.feeds.extract.linked import Linked
from bot.feeds.extract.markup import Element, Line, text_of
from bot.feeds.extract.names import named_like
from bot.feeds.extract.people import authors
from bot.feeds.extract.scripts import language_of
from bot.feeds.extract.words import TOKEN, is_gate, squeezed
from bot.feeds.links import absolute
from bot.feeds.text import clean

_LONGEST_TITLE, _LONGEST_NAME, _LONGEST_DESCRIPTION = 400, 80, 1_000
_MOST_ELEMENTS, _SHORTEST_HEADLINE = 40, 12
_LIKE, _SAME, _BYLINE_WORDS = 0.5, 0.6, 16
_SEPARATORS = re.compile(r"\s+[|–—·•»«:/-]+\s+|\s*\|\s*|\s+::\s+")
_NO_PICTURE = re.compile(
    r"(?:^|[/_.-])(?:logo|logos|placeholder|blank|spacer|pixel|1x1|default|avatar|gravatar|favicon|icon|sprite|no-?image)"
    r"(?=$|[/_.\d-])|\.svg(?:$|\?)|^data:",
    re.IGNORECASE,
)
_URL_DAY = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?=[/-]|$)")
_PUBLISHED_NAMES = [
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "article.published",
    "parsely-pub-date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publication_date",
    "published_time",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "dcterms.date",
    "citation_publication_date",
    "date",
    "article:published",
    "og:pubdate",
    "rnews:datepublished",
    "cxenseparse:recs:publishtime",
    "article_date_original",
    "originalpublicationdate",
]
_MODIFIED_NAMES = [
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "last-modified",
    "article.updated",
    "dcterms.modified",
    "modified",
]


class About:
    """A page's own words on its article: of its tree, found at `url`, called `headline` by its feed."""

    def __init__(self, root: Element, url: str, lines: Sequence[Line], headline: str = "") -> None:
        self._root = root
        self._url = url
        self._headline = headline
        self._linked = Linked(root)
        self._meta: dict[str, list[str]] = {}
        for node in islice(root.iter("meta"), 400):
            name = (
                node.get("property")
                or node.get("name")
                or node.get("itemprop")
                or node.get("http-equiv")
                or ""
            )
            if content := clean(html.unescape((node.get("content") or "")[:5_000])):
                self._meta.setdefault(name.strip().lower(), []).append(content)
        base = next(root.iter("base"), None)
        self._base = (absolute(base.get("href"), url) if base is not None else None) or url
        self.site_name = (
            self._of_meta(("og:site_name", "application-name", "al:ios:app_name"))
            or next(iter(self._linked.names("publisher")), "")[:_LONGEST_NAME]
        )
        self.title = self._find_title()
        self._near = _near_headline(lines, self.title)

    def _of_meta(self, names: Iterable[str]) -> str:
        return next((self._meta[name][0] for name in names if name in self._meta), "")

    # -- title

    def _find_title(self) -> str:
        """The first-rank heading nearest to what the page calls itself; else that, without the site's name."""
        said = [
            self._headline,
            clean(self._linked.text("headline")),
            self._of_meta(("og:title", "twitter:title", "title", "dc.title")),
        ]
        said.extend(clean(node.text or "") for node in islice(self._root.iter("title"), 1))
        said = [text[:_LONGEST_TITLE] for text in said if text]
        host = squeezed(urlsplit(self._url).hostname or "")
        headings = [text_of(node) for node in islice(self._root.iter("h1"), 20)]
        headings = [
            text
            for text in headings
            if 0 < len(text) <= _LONGEST_TITLE
            and squeezed(text) not in host
            and squeezed(text) != squeezed(self.site_name)
        ]
        scored = [
            (max((_alike(text, one) for one in said), default=0.1), -at, text)
            for at, text in enumerate(headings)
        ]
        if scored and (best := max(scored))[0] >= _LIKE:
            return best[2]
        # Where the first rank is the site's, the headline is one of the next that the page begins to call itself with.
        for node in islice(self._root.iter("h2", "h3"), 20):
            text = text_of(node)
            if len(text) >= _SHORTEST_HEADLINE and any(one.startswith(text) for one in said):
                return text
        own_words = [text for text in said if text != self._headline]
        for text in own_words or said:
            if own := self._without_site(text):
                return own
        below = (text_of(node) for node in islice(self._root.iter("h2"), 1))
        return headings[0] if headings else next(below, "")

    def titles(self) -> list[str]:
        """All that the article is called."""
        return [
            text
            for text in (
                self.title,
                self._headline,
                clean(self._linked.text("headline")),
                self._without_site(self._of_meta(("og:title",))),
            )
            if text
        ]

    def _without_site(self, title: str) -> str:
        parts = [part for part in _SEPARATORS.split(title) if part.strip()]
        if len(parts) < 2:
            return title
        site = _bag(self.site_name) | _bag((urlsplit(self._url).hostname or "").replace(".", " "))
        squeezed = re.sub(r"\W", "", (urlsplit(self._url).hostname or "").casefold())
        for part in (parts[-1], parts[0]):
            words = _bag(part)
            if words and (words <= site or re.sub(r"\W", "", part.casefold()) in squeezed):
                at = title.rfind(part) if part is parts[-1] else 0
                rest = title[:at] if part is parts[-1] else title[len(part) :]
                return rest.strip(" |–—·•»«:/-\t")
        return title

    # -- people

    def author(self) -> str | None:
        """People's names, joined with commas; not the site's."""
        said = self._linked.names("author") or self._linked.names("creator")
        return authors(said, self._meta, self._root, self._near, self.site_name)

    # -- times

    def published_at(self) -> datetime | None:
        """When the article was published, in UTC: as its data say where the page shows that day, else the day it shows.

        A day alone is its midnight. Pages that were revised show another day than their data tell.
        """
        told = self._told_as_published()
        shown = [
            datetime(day.year, day.month, day.day, tzinfo=UTC)
            for line in self._near
            for day in dates_in(line.text)
        ]
        if not shown or (told and any(abs(told - day) < timedelta(days=2) for day in shown)):
            return told
        return shown[0] if 1990 <= shown[0].year <= 2100 else told

    def _told_as_published(self) -> datetime | None:
        if moment := moment_of(self._linked.text("datePublished")):
            return moment
        for name in _PUBLISHED_NAMES:
            for text in self._meta.get(name, ())[:3]:
                if moment := moment_of(text):
                    return moment
        for node in islice(self._root.iter("time"), 5):
            if moment := moment_of(node.get("datetime") or "") or moment_of(text_of(node)):
                return moment
        if (found := _URL_DAY.search(urlsplit(self._url).path)) and (
            moment := moment_of("-".join(part.zfill(2) for part in found.groups()))
        ):
            return moment
        for text in (self._linked.text("dateCreated"), self._linked.text("uploadDate")):
            if moment := moment_of(text):
                return moment
        for node in islice(named_like(self._root, _DATE_CLASS), _MOST_ELEMENTS):
            if moment := moment_of(text_of(node)):
                return moment
        return None

    def modified_at(self) -> datetime | None:
        """When it was last changed, as far as the page says."""
        said = (
            self._linked.text("dateModified"),
            *(text for name in _MODIFIED_NAMES for text in self._meta.get(name, ())[:1]),
        )
        return next((moment for text in said if (moment := moment_of(text))), None)

    # -- the rest

    def image_url(self) -> str | None:
        """The lead picture's address; no logo's and no placeholder's."""
        named = (
            self._meta.get(name, ())
            for name in (
                "og:image:secure_url",
                "og:image",
                "og:image:url",
                "twitter:image",
                "twitter:image:src",
                "image",
            )
        )
        links = (node.get("href") or "" for node in self._root.iterfind(".//link[@rel='image_src']"))
        for written in (
            *(one for values in named for one in values[:2]),
            *islice(self._linked.image(), 4),
            *islice(links, 2),
        ):
            address = absolute(written, self._base)
            if address and not _NO_PICTURE.search(urlsplit(address).path):
                return address
        return None

    def description(self) -> str:
        """The publisher's own description; "" where there is none."""
        said = self._of_meta(
            ("description", "og:description", "twitter:description", "dc.description")
        ) or clean(self._linked.text("description"))
        return clean(_TAG.sub(" ", html.unescape(said)))[:_LONGEST_DESCRIPTION]

    def language(self, text: str) -> str | None:
        """The ISO 639-1 code that the page names, where the text is in that language's script."""
        top = self._root
        said = (
            top.get("lang"),
            top.get("{http://www.w3.org/XML/1998/namespace}lang"),
            top.get("xml:lang"),
            self._linked.text("inLanguage"),
            self._of_meta(("og:locale", "content-language", "language", "dc.language")),
        )
        return next((found for named in said if named and (found := language_of(named, text))), None)

    def is_paywalled(self, lines: Sequence[Line], words: int) -> bool:
        """Whether strangers are shown only its beginning."""
        tier = self._of_meta(("article:content_tier", "content_tier", "access", "article:access"))
        if self._linked.is_closed() or tier.lower() in ("locked", "paid", "premium", "subscriber"):
            return True
        return words < _TRUNCATED_WORDS and any(is_gate(line.text) for line in lines if line.words <= 40)


_TRUNCATED_WORDS = 300
_TAG = re.compile(r"<[^<>]{0,300}>")
_DATE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:date|pub-?date|published|publish-?date|posted-on|entry-date|post-date|timestamp|datum|fecha)(?=$|[\s_-])",
    re.IGNORECASE,
)


def _near_headline(lines: Sequence[Line], title: str) -> list[Line]:
    """The short lines around the headline, up to where the article begins."""
    at = next(
        (at for at, line in enumerate(lines) if line.holder.tag == "h1" and _alike(line.text, title) > _SAME),
        None,
    )
    if at is None:
        return []
    around = (*lines[at + 1 : at + 16], *lines[max(0, at - 4) : at])
    return [line for line in around if line.words <= _BYLINE_WORDS]


def _bag(text: str) -> frozenset[str]:
    return frozenset(TOKEN.findall(text.casefold()))


def _alike(one: str, other: str) -> float:
    first, second = _bag(one), _bag(other)
    return len(first & second) / max(1, min(len(first), len(second)) + 0.2 * abs(len(first) - len(second)))
