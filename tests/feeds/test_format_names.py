"""People are told a feed's format by its usual name."""

from __future__ import annotations

import pytest

from bot.feeds.model import Document
from bot.feeds.parse import parse

ITEM = b"<item><title>A</title><link>https://a.example/1</link></item>"
ENTRY = b"<entry><title>A</title><id>urn:a:1</id></entry>"
DOCUMENTS = {
    "RSS 2.0": b"<rss version='2.0'><channel><title>T</title>" + ITEM + b"</channel></rss>",
    "RSS 0.92": b"<rss version='0.92'><channel><title>T</title>" + ITEM + b"</channel></rss>",
    "RSS 1.0": (
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
        b"<channel><title>T</title></channel>" + ITEM + b"</rdf:RDF>"
    ),
    "RSS": b"<rss version='9'><channel><title>T</title>" + ITEM + b"</channel></rss>",
    "Atom 1.0": b"<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>" + ENTRY + b"</feed>",
    "Atom 0.3": b"<feed version='0.3' xmlns='http://purl.org/atom/ns#'><title>T</title>" + ENTRY + b"</feed>",
    "JSON Feed 1.0": b'{"version": "https://jsonfeed.org/version/1", "title": "T", "items": [{"id": "1"}]}',
    "JSON Feed 1.1": b'{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{"id": "1"}]}',
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_format_is_named(name: str) -> None:
    document = parse(DOCUMENTS[name], "", None, "https://a.example/feed")
    assert isinstance(document, Document)
    assert (document.format, len(document.entries)) == (name, 1)
