"""feedparser's strict parser with less ado: what it finds is the same, to the byte. Runs in the worker only.

A poll mostly reads a feed's head and one new entry. More than half of the time for these went into SAX between Expat
and feedparser, into dictionaries that look for second names of their keys, and into rules for what is rare. Here the
plain case is told first; whatever is not plain is left to feedparser and to Python's own reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.expatreader import ExpatParser

from feedparser.api import StrictFeedParser
from feedparser.util import FeedParserDict

_PIECE = 64 * 1024  # bytes
_FEW = 20  # attributes
_NAMESPACES = {uri.lower(): prefix for uri, prefix in StrictFeedParser.namespaces.items()}
# Attributes that change what holds for the elements within.
_AMBIENT = frozenset(("base", "xml:base", "lang", "xml:lang", "xmlns"))
# What may stand in a text input or an image; any other element ends one that was never closed.
_OF_INPUT = frozenset(("title", "link", "description", "name"))
_OF_IMAGE = frozenset(("title", "link", "description", "url", "href", "width", "height"))


class StrictParser(StrictFeedParser):  # type: ignore[misc]
    """Takes a document in UTF-8 without a declaration; neither resolves links in markup nor cleans it."""

    lang: str | None
    contentparams: dict[str, Any]

    def __init__(self) -> None:
        super().__init__("", None, "utf-8")
        self.resolve_relative_uris = self.sanitize_html = False
        self.contentparams = _Details()
        self._settled_base = ""  # one that is the same when it is resolved against itself

    def read(self, document: bytes) -> None:
        """Read all of it. Raises a SAXException where it is no XML, and whatever a bound raises."""
        reader = _Reader(self)
        # In pieces: where a method raises, Expat goes on to the end of what it was given all the same.
        for start in range(0, len(document), _PIECE):
            reader.feed(document[start : start + _PIECE])
        reader.close()

    characters = StrictFeedParser.handle_data

    def unknown_starttag(self, tag: str, attributes: list[tuple[str, str]]) -> None:
        """Begin an element: what has no base or language of its own takes over what holds around it."""
        attrs = dict(map(self._normalize_attributes, attributes)) if attributes else {}
        if self.incontent or self.baseuri != self._settled_base or not _AMBIENT.isdisjoint(attrs):
            base = self.baseuri
            super().unknown_starttag(tag, attributes)
            if self.baseuri == base and _AMBIENT.isdisjoint(attrs):
                self._settled_base = base
            return
        self.depth += 1
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        if self.lang and tag in ("feed", "rss"):
            self.feeddata["language"] = self.lang.replace("_", "-")
        prefix, _, name = tag.rpartition(":")
        prefix = self.namespacemap.get(prefix, prefix)
        if prefix:
            name = f"{prefix}_{name}"
        else:
            if tag not in _OF_INPUT:
                self.intextinput = 0
            if tag not in _OF_IMAGE:
                self.inimage = 0
        try:
            getattr(self, f"_start_{name}")(attrs)
        except AttributeError:
            if attrs:
                self._get_context()[name] = attrs
            else:
                self.push(name, 1)

    def push_content(self, tag: str, attrs: dict[str, str], default_type: str, expecting_text: int) -> None:
        """Begin an element whose text may be markup; feedparser's own would note it in a dictionary of its kind."""
        self.incontent += 1
        if self.lang:
            self.lang = self.lang.replace("_", "-")
        kind = self.map_content_type(attrs.get("type", default_type))
        self.contentparams = _Details({"type": kind, "language": self.lang, "base": self.baseuri})
        self.contentparams["base64"] = self._is_base64(attrs, self.contentparams)
        self.push(tag, expecting_text)

    def resolve_uri(self, uri: str) -> str:
        """The link made absolute: without a base it stays as it is, but for slashes too many."""
        return str(super().resolve_uri(uri)) if self.baseuri or ":///" in uri else uri

    @staticmethod
    def looks_like_html(text: str) -> bool:
        """Whether a text is markup: never where it holds neither a closing tag nor a reference."""
        return ("</" in text or "&" in text) and bool(StrictFeedParser.looks_like_html(text))


class _Details(FeedParserDict):  # type: ignore[misc]
    """What is noted beside a text: keys without second names, values that are never changed."""

    __contains__ = dict.__contains__
    __getitem__ = dict.__getitem__
    __setitem__: Any = dict.__setitem__
    get = dict.get

    def __deepcopy__(self, _: object) -> _Details:
        return _Details(self)


class _Reader(ExpatParser):
    """Python's own, but it hands over texts whole, and elements with plain names past SAX."""

    def __init__(self, parser: StrictParser) -> None:
        super().__init__(namespaceHandling=1)
        self._feedparser = parser
        self._tags = _Tags()
        self.setContentHandler(parser)
        self.setErrorHandler(parser)

    def reset(self) -> None:
        self._source.setEncoding("utf-8")  # type: ignore[attr-defined]
        super().reset()
        expat: Any = self._parser  # type: ignore[attr-defined]
        # Not a piece for each line and reference in them.
        expat.buffer_text = True
        expat.buffer_size = 64 * 1024

    def start_element_ns(self, name: str, attributes: Mapping[str, str]) -> None:
        tag = self._tags[name]
        if not tag or self._feedparser.decls:
            super().start_element_ns(name, attributes)
        elif not attributes:
            self._feedparser.unknown_starttag(tag, [])
        elif len(attributes) <= _FEW and " " not in "".join(attributes):
            named = {name.lower(): value for name, value in attributes.items()}
            self._feedparser.unknown_starttag(tag, list(named.items()))
        else:
            super().start_element_ns(name, attributes)

    def end_element_ns(self, name: str) -> None:
        if tag := self._tags[name]:
            self._feedparser.unknown_endtag(tag)
        else:
            super().end_element_ns(name)


class _Tags(dict[str, str]):
    """feedparser's names for elements by Expat's ("name", "namespace name", "namespace name prefix").

    Empty where that depends on what the document declares.
    """

    def __missing__(self, name: str) -> str:
        namespace, *local = name.split()
        if not local:
            tag = name.lower()
        elif len(local) > 2 or (prefix := _NAMESPACES.get(namespace.lower())) is None:
            tag = ""
        else:
            tag = f"{prefix}:{local[0]}".lower() if prefix else local[0].lower()
        self[name] = tag
        return tag
