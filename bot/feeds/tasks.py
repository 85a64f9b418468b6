"""What the worker answers to each request. Runs in the worker only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.feeds.frames import (
    candidates_frame,
    document_frames,
    examined_frame,
    pack,
    page_frame,
    read_texts,
    telling_frames,
)
from bot.feeds.model import ArticlePage, Unreadable
from bot.feeds.page import candidates, decode
from bot.feeds.parse import parse
from bot.feeds.sitemap import named_in
from bot.feeds.summary import tell, tell_page


def answer(head: dict[str, Any], data: bytes) -> Iterable[bytes]:
    """Answer one request, of which `data` are the bytes that follow its head, in frames."""
    try:
        if head["wish"] == "parse":
            seen = bytes.fromhex(head["seen"])
            read = parse(
                data,
                head["content_type"],
                head["charset"],
                head["url"],
                seen,
                kind=head["kind"],
                selector=head["selector"],
            )
            return list(document_frames(read))
        if head["wish"] == "tell":
            return list(telling_frames(map(tell, read_texts(head))))
        if head["wish"] == "page":
            return [page_frame(_read_page(decode(data, head["charset"]), head["url"], head["headline"]))]
        if head["wish"] == "sitemaps":
            return [pack({"sitemaps": named_in(data, head["url"])})]
        if head["wish"] == "examine":
            from bot.feeds.pixels import examine  # its libraries are no business of workers that read feeds

            return [examined_frame(examine(data, attach=head["attach"]))]
        return [candidates_frame(candidates(decode(data, head["charset"]), head["url"]))]
    except MemoryError:
        return document_frames(Unreadable("This is too large to be read within the worker's memory."))


def _read_page(markup: str, url: str, headline: str) -> ArticlePage | Unreadable:
    from bot.feeds.extract import extract  # as above

    found = extract(markup, url, headline=headline)
    if found is None:
        return Unreadable("There is no article on this page that could be told from the rest of it.")
    return ArticlePage(
        tell_page(found, headline),
        found.title,
        found.author,
        found.published_at,
        found.image_url,
        found.paywalled,
    )
