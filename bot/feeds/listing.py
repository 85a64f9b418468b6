"""The articles that a page links to, for sites without a feed: by their shape, or by a CSS selector.

Runs in the worker only, in linear time: every walk up or down from a node ends after a few steps.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from bot.feeds.items import MAX_DESCRIPTION, MAX_TITLE, Item, entries_of
from bot.feeds.links import absolute, comparable
from bot.feeds.model import Document, Unreadable
from bot.feeds.page import base_of, decode, tree_of
from bot.feeds.text import clean, count_words

MOST_ARTICLES = 100
LONGEST_SELECTOR = 200
_FEWEST_ARTICLES = 4  # fewer links of one shape are no list
_FEWEST_WORDS = 3  # what has fewer is a section's name more often than a headline
_LONGEST_HEADLINE = 300
_MOST_LINKS = 5_000
_MOST_NODES = 200  # below one link, and above it
_STEPS_UP = 8
_CARD_STEPS = 5
_TOP = frozenset(("html", "body", "main", "ul", "ol", "table", "tbody"))
_BESIDE = frozenset(("nav", "header", "footer", "aside", "form"))
_BESIDE_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "menu"))
_BESIDE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|menu|footer|sidebar|breadcrumbs?|pagination|cookie)(?=$|[\s_-])", re.I
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_EMPHASIS = frozenset(("b", "i", "em", "strong", "mark", "u", "sup", "sub"))
_SECTIONS = re.compile(
    r"/(?:tags?|topics?|categor(?:y|ies)|authors?|users?|about|contact|privacy|terms|imprint|impressum|login|signup"
    r"|register|account|search|help|faq|jobs|careers|cart|shop|page|legal|cookies?|newsletters?|subscribe)(?:/|$)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2]|[1-9](?=/))(?:[/-]?(0[1-9]|[12]\d|3[01]|[1-9](?=[/-])))?(?=[/-])"
)
_SLUG = re.compile(r"[^/]+[-_][^/]+[-_][^/]+")
_SEPARATOR = re.compile(r"[-_]")
_NUMBER = re.compile(r"\d{4,}")
_EXTENSION = re.compile(r"\.(?:html?|php|aspx?|shtml)$", re.IGNORECASE)
_NO_PAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|pdf|zip|mp[34]|css|js|xml|rss)$", re.IGNORECASE)
_NO_LIST = (
    "No list of articles can be made out on this page. Name the links yourself with a CSS selector, such as "
    "“article h2 a”, or give the page that lists the articles."
)
_ONE_ARTICLE = (
    "This page looks like a single article. "
    "Give the page that lists the articles, such as the site's front page."
)
# What looks through all that stands beside or below each node takes quadratic time and worse.
_SIBLINGS = re.compile(r"[~+]")
_NO_SIBLINGS = re.compile(r"\[[^\]]*\]|:nth-[\w-]+\([\dn+\s-]*\)", re.IGNORECASE)
_SLOW_SELECTOR = (
    "A selector with “:has(…)”, or with more than one “~” or “+”, takes too long on large pages. "
    "Name the links by what holds them, for example “article h2 a”."
)
_TOO_DEEP = "This page is nested too deeply to be read."


@dataclass(slots=True)
class _Link:
    """What a page says about one address, gathered from all links to it."""

    url: str
    titles: list[tuple[int, str]] = field(default_factory=list)
    image: str | None = None
    published_at: datetime | None = None
    signs: int = 0

    @property
    def title(self) -> str:
        """A heading where there is one, else the longest of what the links say."""
        return max(self.titles, key=lambda one: (one[0], len(one[1])), default=(0, ""))[1]


def read(body: bytes, charset: str | None, url: str, selector: str | None) -> Document | Unreadable:
    """Read a page as the list of its articles; `selector` chooses the links, or what holds one each."""
    tree = tree_of(decode(body, charset))
    if tree is None:
        return Unreadable(_TOO_DEEP)
    base = base_of(tree, url)
    if selector:
        chosen = _selected(tree, selector)
        if isinstance(chosen, Unreadable):
            return chosen
        links = _gathered(chosen, base, url, anywhere=True)
        articles = [link for link in links.values() if link.title]
        if not articles:
            return Unreadable(f"On this page nothing with a link and a title fits the selector “{selector}”.")
    else:
        links = _gathered(_outside_navigation(tree), base, url)
        judged = _by_shape(links.values(), url)
        if isinstance(judged, Unreadable):
            return judged
        articles = judged
    _add_surroundings(tree, {comparable(link.url): link for link in articles}, base)
    return Document(
        title=_title(tree) or urlsplit(url).hostname or "",
        link=url,
        icon_url=_attribute(tree, "link[rel~=icon][href]", "href", base),
        description=clean(_content(tree, "meta[name=description]")[:MAX_DESCRIPTION]),
        entries=entries_of((_item(link) for link in articles[:MOST_ARTICLES]), base),
    )


def _selected(tree: LexborHTMLParser, selector: str) -> list[tuple[LexborNode, LexborNode]] | Unreadable:
    """Links with what they were chosen by, which may be the link itself."""
    if ":has(" in selector.lower() or len(_SIBLINGS.findall(_NO_SIBLINGS.sub("", selector))) > 1:
        return Unreadable(_SLOW_SELECTOR)
    try:
        nodes = tree.css(selector[:LONGEST_SELECTOR])
    except SelectolaxError:
        return Unreadable(f"“{selector}” is no CSS selector. One that works is, for example, “article h2 a”.")
    pairs = ((_link_in(node), node) for node in nodes[: MOST_ARTICLES * 5])
    return [(link, node) for link, node in pairs if link is not None]


def _link_in(node: LexborNode) -> LexborNode | None:
    if node.tag == "a":
        return node if node.attributes.get("href") else None
    return next((below for below in _below(node) if below.tag == "a" and below.attributes.get("href")), None)


def _outside_navigation(tree: LexborHTMLParser) -> Iterator[tuple[LexborNode, LexborNode]]:
    for node in tree.css("a[href]")[:_MOST_LINKS]:
        if not any(_is_beside(above) for above in _above(node, _STEPS_UP)):
            yield node, node


def _is_beside(node: LexborNode) -> bool:
    if node.tag in _BESIDE:
        # An article may have a header of its own, which holds its headline.
        return (
            node.tag != "header" or node.parent is None or node.parent.tag not in ("article", "section", "li")
        )
    attributes = node.attributes
    if node.tag in ("html", "body", "main", "article"):
        return False
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:300]
    return (attributes.get("role") or "").lower() in _BESIDE_ROLES or _BESIDE_NAMES.search(names) is not None


def _gathered(
    pairs: Iterable[tuple[LexborNode, LexborNode]], base: str, url: str, *, anywhere: bool = False
) -> dict[str, _Link]:
    """Links to other pages, of the same site or anywhere, by their comparable address, in the page's order."""
    links: dict[str, _Link] = {}
    own, host = comparable(url), _host(url)
    for node, chosen in pairs:
        address = absolute(node.attributes.get("href"), base)
        if address is None or _NO_PAGE.search(urlsplit(address).path):
            continue
        address = _without_extras(address)
        name = comparable(address)
        if name == own or not (anywhere or _one_site(_host(address), host)):
            continue
        link = links.setdefault(name, _Link(address))
        _describe(link, node, chosen, base)
    return links


def _without_extras(address: str) -> str:
    """An address without its fragment, and without its query where the path alone tells the article.

    What lists add to links (where on the page they stood, say) changes from poll to poll.
    """
    parts = urlsplit(address)
    last = parts.path.rstrip("/").rpartition("/")[2]
    tells = _DATE.search(parts.path) or _NUMBER.search(last) or len(_SEPARATOR.findall(last)) > 2
    return parts._replace(query="" if tells else parts.query, fragment="").geturl()


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _one_site(host: str, other: str) -> bool:
    """Whether one of two hosts is the other or below it: `blog.h.test` and `h.test`.

    Two that stand beside each other may be strangers, as `a.co.uk` and `b.co.uk` are.
    """
    return host == other or host.endswith(f".{other}") or other.endswith(f".{host}")


def _describe(link: _Link, node: LexborNode, chosen: LexborNode, base: str) -> None:
    """Take a link's title and picture; a heading in it, around it or in what was chosen counts most."""
    heading = next((below for below in _below(chosen) if below.tag in _HEADINGS), None)
    around = next((above for above in _above(node, 2) if above.tag in _HEADINGS), None)
    if heading is not None or around is not None:
        link.signs += 1
    if heading is not None:
        link.titles.append((2, _text(heading)))
    if text := _text(node):
        link.titles.append((2 if around is not None else 1, text))
    spoken = node.attributes.get("title") or node.attributes.get("aria-label")
    if spoken:
        link.titles.append((0, clean(spoken[:_LONGEST_HEADLINE])))
    picture = next((below for below in _below(chosen) if below.tag == "img"), None)
    if picture is not None:
        link.image = link.image or _source(picture, base)
        link.titles.append((-1, clean((picture.attributes.get("alt") or "")[:_LONGEST_HEADLINE])))


def _by_shape(links: Iterable[_Link], url: str) -> list[_Link] | Unreadable:
    """Of the links that look like articles, those of the shape that most of them have."""
    groups: defaultdict[str, list[_Link]] = defaultdict(list)
    for link in links:
        path = urlsplit(link.url).path
        if (
            count_words(link.title) >= _FEWEST_WORDS
            and not _SECTIONS.search(path)
            and _is_telling(link, path)
        ):
            groups[_shape(link.url)].append(link)
    weights = Counter(
        {shape: sum(1 + link.signs.bit_length() for link in group) for shape, group in groups.items()}
    )
    for shape, _ in weights.most_common(1):
        if len(groups[shape]) >= _FEWEST_ARTICLES:
            path = urlsplit(url).path
            dated_or_long = _DATE.search(path) or len(_SEPARATOR.findall(path.rpartition("/")[2])) > 2
            return Unreadable(_ONE_ARTICLE) if dated_or_long and _shape(url) == shape else groups[shape]
    return Unreadable(_NO_LIST)


def _is_telling(link: _Link, path: str) -> bool:
    """Whether an address or its place says that an article is behind it."""
    last = _EXTENSION.sub("", path.rstrip("/").rpartition("/")[2])
    in_path = _DATE.search(path) or _SLUG.fullmatch(last) or _NUMBER.search(last)
    return bool(in_path or (last and link.signs))


def _shape(url: str) -> str:
    """An address with the parts of its path told by their kinds alone: `/2026/05/a-b-c` as `9/slug`.

    Sections are as deep as they please: `/world/a-b-c` and `/world/europe/a-b-c` have one shape.
    """
    parts = urlsplit(url)
    pieces = [piece for piece in parts.path.split("/") if piece]
    kinds = ["9" if piece.isdecimal() else "word" for piece in pieces[:-1]]
    last = _EXTENSION.sub("", pieces[-1]) if pieces else ""
    kinds.append("9" if last.isdecimal() else "slug" if last else "")
    return "/".join([_host(url), *(kind for kind, _ in groupby(kinds))])


def _add_surroundings(tree: LexborHTMLParser, articles: dict[str, _Link], base: str) -> None:
    """Add the date and the picture that stand in an article's card: in what holds links to it and to no other."""
    holders: defaultdict[int, set[str]] = defaultdict(set)
    for node in tree.css("a[href]")[:_MOST_LINKS]:
        address = absolute(node.attributes.get("href"), base)
        name = comparable(_without_extras(address)) if address else ""
        if name in articles:
            for above in _card(node):
                holders[above.mem_id].add(name)
    for node in tree.css("time[datetime], img")[:_MOST_LINKS]:
        held = next((holders[above.mem_id] for above in _card(node) if above.mem_id in holders), set())
        if len(held) == 1:
            (name,) = held
            if node.tag == "img":
                articles[name].image = articles[name].image or _source(node, base)
            else:
                moment = _moment(node.attributes.get("datetime") or "")
                articles[name].published_at = articles[name].published_at or moment


def _card(node: LexborNode) -> Iterator[LexborNode]:
    """What may be the card around a node: the node and what holds it, up to what holds all of them."""
    yield node
    for above in _above(node, _CARD_STEPS):
        if above.tag in _TOP:
            return
        yield above


def _item(link: _Link) -> Item:
    return Item(
        link=link.url,
        title=link.title,
        published_at=link.published_at or _date_in(urlsplit(link.url).path),
        images=(link.image,),
    )


def _date_in(path: str) -> datetime | None:
    """The day that a path names, as `/2026/05/31/` does; a month alone is none."""
    found = _DATE.search(path)
    if found is None or found[3] is None:
        return None
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip()[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _source(picture: LexborNode, base: str) -> str | None:
    attributes = picture.attributes
    written = attributes.get("src") or ""
    if not written or written.startswith("data:"):
        written = attributes.get("data-src") or ""
    return absolute(written, base)


def _text(node: LexborNode) -> str:
    """What a node says, in one line: between elements stands a blank, unless they emphasise a part of a word."""
    text, emphasised = "", False
    for below in _below(node, text=True):
        if below.tag == "-text" and (piece := below.text_content):
            inner = below.parent is not None and below.parent.tag in _EMPHASIS
            text += ("" if inner or emphasised else " ") + piece[:_LONGEST_HEADLINE]
            emphasised = inner
        if len(text) > _LONGEST_HEADLINE:
            break
    return clean(text)[:_LONGEST_HEADLINE]


def _below(node: LexborNode, *, text: bool = False) -> Iterator[LexborNode]:
    """A node and the first of what it holds, in the page's order."""
    for count, below in enumerate(node.traverse(include_text=text)):
        if count >= _MOST_NODES:
            return
        yield below


def _above(node: LexborNode, steps: int) -> Iterator[LexborNode]:
    """What holds a node, from the inside out."""
    above = node.parent
    while above is not None and steps > 0:
        yield above
        above, steps = above.parent, steps - 1


def _title(tree: LexborHTMLParser) -> str:
    named = _content(tree, "meta[property='og:site_name']") or _content(tree, "meta[property='og:title']")
    if not named and (node := tree.css_first("title")) is not None:
        named = _text(node)
    return clean(named[:MAX_TITLE])


def _content(tree: LexborHTMLParser, selector: str) -> str:
    node = tree.css_first(selector)
    return (node.attributes.get("content") or "") if node is not None else ""


def _attribute(tree: LexborHTMLParser, selector: str, name: str, base: str) -> str | None:
    node = tree.css_first(selector)
    return absolute(node.attributes.get(name), base) if node is not None else None
