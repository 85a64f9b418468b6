"""Who wrote an article, as its page says: in its data, in its bylines, in elements that are named so. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, pairwise

from bot.feeds.extract.days import dates_in
from bot.feeds.extract.markup import Element, Line, text_of
from bot.feeds.extract.names import named_like
from bot.feeds.extract.words import squeezed, without_by
from bot.feeds.text import clean

_LONGEST_NAME, _MOST_PEOPLE, _MOST_ELEMENTS = 80, 6, 40
_AUTHOR_NAMES = (
    "author",
    "parsely-author",
    "dc.creator",
    "dcterms.creator",
    "sailthru.author",
    "byl",
    "citation_author",
    "article:author",
    "og:article:author",
    "twitter:data1",
)
_AUTHOR_PATHS = (
    ".//*[@itemprop='author']//*[@itemprop='name']",
    ".//*[@itemprop='author']",
    ".//*[@rel='author']",
    ".//address//a",
)
_AUTHOR_CLASS = re.compile(
    r"(?:^|[\s_-])(?:by-?line|author|writer|creator|auteur|autor|firma)(?:[\w-]{0,20}(?:name|link))?(?=$|\s)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\S+@\S+|(?:https?:)?//\S*|www\.\S+|\S+\.(?:com|org|net|co|io|html)\b\S*", re.IGNORECASE
)
_JOB = re.compile(r"\s*[⋅·•|,–—]\s|\s+\d|\s*,")  # what follows a name in a byline
_NAME = re.compile(r"(?:[^\W\d_a-zа-яё][\w.'’-]*\s?){2,4}")  # words that begin with a capital
_NOBODY = frozenset(
    (
        "admin",
        "administrator",
        "editor",
        "editors",
        "author",
        "staff",
        "guest",
        "guest author",
        "unknown",
        "anonymous",
        "none",
        "null",
        "user",
        "webmaster",
        "root",
        "posts",
        "view all posts",
        "redaktion",
        "redacción",
        "редакция",
        "about the author",
    )
)


def authors(
    linked: Sequence[str],
    meta: Mapping[str, Sequence[str]],
    root: Element,
    near: Sequence[Line],
    site_name: str,
) -> str | None:
    """People's names, joined with commas; not the site's.

    `linked` are those of the page's data, `meta` its meta elements by name, `near` the short lines at its headline.
    """
    others = ([name] for name in chain(_in_meta(meta), _on_page(root, near)))
    for said in chain((linked,), others):
        if names := list(dict.fromkeys(name for one in said for name in _people(one, site_name))):
            return ", ".join(names[:_MOST_PEOPLE])
    return None


def _in_meta(meta: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name in _AUTHOR_NAMES:
        if (
            name == "twitter:data1"
            and "written by" not in "".join(meta.get("twitter:label1", ())[:1]).lower()
        ):
            continue
        if name in meta:
            yield ", ".join(meta[name][:_MOST_PEOPLE])


def _on_page(root: Element, near: Sequence[Line]) -> Iterator[str]:
    for line in near:
        if (name := without_by(line.text)) != line.text:
            yield _JOB.split(name)[0]
    for line, following in pairwise(near):
        if _NAME.fullmatch(line.text) and any(dates_in(following.text)):
            yield line.text
    for path in _AUTHOR_PATHS:
        for node in islice(root.iterfind(path), 3):
            text = text_of(node)
            if text and len(text) <= _LONGEST_NAME:
                yield text
    for node in islice(named_like(root, _AUTHOR_CLASS), _MOST_ELEMENTS):
        text = text_of(node)
        links = [text_of(link) for link in islice(node.iter("a"), 3)]
        if links and links[0] and len(links[0]) <= 40:
            yield links[0]
        elif 0 < len(text) <= _LONGEST_NAME:
            yield text


def _people(said: str, site_name: str) -> Iterator[str]:
    for part in re.split(
        r"\s*(?:[,;|/·•]|\s(?:and|und|et|y|e|и|та|i|&|con|avec)\s)\s*",
        without_by(clean(_ADDRESS.sub(" ", said)[:300])),
    ):
        name = without_by(part).strip(" .,-–—:()@").strip()
        words = name.split()
        if (
            not name
            or len(name) > 60
            or len(words) > 6
            or not any(char.isalpha() for char in name)
            or any(char.isdigit() for char in name)
        ):
            continue
        if name.casefold() in _NOBODY or (site_name and squeezed(name) == squeezed(site_name)):
            continue
        yield name
