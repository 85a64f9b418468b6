"""Which WebSub hub a source names, and for which topic (W3C WebSub §4). Pure, linear in what it is given."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.feeds.links import absolute
from bot.feeds.model import Document

MOST_HUBS = 5
_LONGEST_HEAD = 64 * 1024  # bytes: links stand before the first entry
_LONGEST_HEADER = 8 * 1024
_FIRST_ENTRY = re.compile(rb"<(?:[\w-]{1,20}:)?(?:item|entry)[\s>/]")
_ELEMENT = re.compile(rb"<(?:[\w-]{1,20}:)?link\s([^<>]{1,4096})>")
_ATTRIBUTE = re.compile(rb"""(?<![\w:-])(rel|href)\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)')""")
_HEADER = re.compile(r'<([^<>"]{1,2048})>((?:[^,"<]|"[^"]*")*)')
_PARAMETER = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A hub, and the address by which it knows the source."""

    hub: str
    topic: str


def links_in_markup(body: bytes) -> tuple[tuple[str, ...], str | None]:
    """The hubs and the own address that an XML feed's head links to, as they are written there."""
    head = body[:_LONGEST_HEAD]
    if first := _FIRST_ENTRY.search(head):
        head = head[: first.start()]
    pairs = []
    for element in _ELEMENT.finditer(head):
        attributes = {name: one or other for name, one, other in _ATTRIBUTE.findall(element[1])}
        pairs.append((_text(attributes.get(b"rel", b"")), _text(attributes.get(b"href", b""))))
    return _sorted(pairs)


def links_in_headers(headers: Iterable[str]) -> tuple[tuple[str, ...], str | None]:
    """The hubs and the own address that Link headers (RFC 8288) name."""
    links = _HEADER.finditer(", ".join(headers)[:_LONGEST_HEADER])
    return _sorted(
        (relation[1] or relation[2] or "", link[1])
        for link in links
        if (relation := _PARAMETER.search(link[2]))
    )


def named_by(headers: Iterable[str], document: Document, url: str, found_at: str) -> Named | None:
    """The hub and the topic that an answer names: in its headers, else in its document; None for neither.

    `url` is the source's address, `found_at` where redirects led. A topic at any other host than these two is not
    believed: a template copied with another site's links would bring that site's articles under this source's name.
    Of several hubs one that is reached over https is preferred. An address with a login is private: no hub is told.
    """
    hubs, topic = links_in_headers(headers)
    if not hubs or not topic:
        hubs, topic = document.hubs, document.topic
    if not hubs or "@" in urlsplit(url).netloc:
        return None
    own = absolute(topic, found_at)
    usable = [hub for hub in (absolute(hub, found_at) for hub in hubs) if hub]
    if own is None or not usable or _host(own) not in (_host(url), _host(found_at)):
        return None
    return Named(next((hub for hub in usable if hub.startswith("https:")), usable[0]), own)


def _sorted(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], str | None]:
    hubs: dict[str, None] = {}
    topic = None
    for relation, address in pairs:
        relations = relation.lower().split()
        if "hub" in relations and address and len(hubs) < MOST_HUBS:
            hubs[address] = None
        if "self" in relations and address and topic is None:
            topic = address
    return tuple(hubs), topic


def _text(value: bytes) -> str:
    return html.unescape(value.decode("utf-8", "replace")).strip()


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
