"""What a page says of its article as linked data (schema.org in JSON-LD), by the article's node. Pure and bounded."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

from bot.feeds.extract.markup import Element

Node = dict[str, Any]

_LONGEST, _MOST_SCRIPTS, _MOST_NODES = 400_000, 20, 3_000
_OTHERS = frozenset(
    ("BlogPosting", "Report", "LiveBlogPosting", "SocialMediaPosting", "Review", "Recipe", "HowTo")
)
_REFERENCE = 2  # names of a node that only says which other one is meant: @id, and perhaps @type
_PAGES = frozenset(("WebPage", "ItemPage", "AboutPage", "VideoObject", "PodcastEpisode", "MedicalWebPage"))


class Linked:
    """A page's linked data: its article's node, and what other nodes that one names."""

    def __init__(self, root: Element) -> None:
        nodes = list(_nodes(root))
        self._by_id = {
            node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1
        }
        articles = [node for node in nodes if _is_article(node)]
        pages = [node for node in nodes if _types(node) & _PAGES]
        self.nodes = (*articles[:1], *pages[:1])

    def text(self, key: str) -> str:
        """The first text that the article's node, or else the page's, has under a name; "" where none is."""
        return next((text for node in self.nodes for text in _texts(node.get(key))), "")

    def names(self, key: str) -> list[str]:
        """The names of the people or organisations under a name."""
        return next((names for node in self.nodes if (names := list(self._named(node.get(key))))), [])

    def image(self) -> Iterator[str]:
        """Addresses of the article's pictures, as they are written."""
        for node in self.nodes:
            for key in ("image", "thumbnailUrl", "primaryImageOfPage"):
                for value in self._resolved(node.get(key)):
                    yield from (
                        _texts(value)
                        if isinstance(value, str)
                        else _texts(value.get("url") or value.get("contentUrl"))
                    )

    def is_closed(self) -> bool:
        """Whether the article, or a part of it, is not free to read."""
        return any(
            str(part.get("isAccessibleForFree")).lower() in ("false", "http://schema.org/false", "no")
            for node in self.nodes[:1]
            for part in (node, *(one for one in self._resolved(node.get("hasPart")) if isinstance(one, dict)))
        )

    def _resolved(self, value: object) -> Iterator[str | Node]:
        for one in (value if isinstance(value, list) else [value])[:20]:
            if isinstance(one, dict):
                named = one.get("@id")
                yield (
                    self._by_id.get(named, one) if isinstance(named, str) and len(one) <= _REFERENCE else one
                )
            elif isinstance(one, str):
                yield one

    def _named(self, value: object) -> Iterator[str]:
        for one in self._resolved(value):
            if isinstance(one, str):
                yield html.unescape(one)
            else:
                yield from _texts(one.get("name"))


def _nodes(root: Element) -> Iterator[Node]:
    waiting: list[object] = []
    scripts = (node for node in root.iter("script") if "ld+json" in (node.get("type") or "").lower())
    for _, script in zip(range(_MOST_SCRIPTS), scripts, strict=False):
        try:
            waiting.append(json.loads((script.text or "")[:_LONGEST].strip().rstrip(";"), strict=False))
        except (ValueError, RecursionError):
            continue
    waiting.reverse()
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            below = [
                value[key]
                for key in (
                    "@graph",
                    "mainEntity",
                    "mainEntityOfPage",
                    "itemReviewed",
                    "author",
                    "publisher",
                    "image",
                )
                if key in value
            ]
            waiting.extend(reversed([one for one in below if isinstance(one, dict | list)]))
        elif isinstance(value, list):
            waiting.extend(reversed(value[:200]))


def _types(node: Node) -> set[str]:
    return {name.rpartition("/")[2] for name in _texts(node.get("@type"))}


def _is_article(node: Node) -> bool:
    return any(name.endswith("Article") or name in _OTHERS for name in _types(node)) and bool(
        node.get("headline") or node.get("name") or node.get("datePublished")
    )


def _texts(value: object) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            one = one.get("@value") or one.get("@id")
        if isinstance(one, str) and one.strip():
            yield html.unescape(one[:5_000])
