"""What travels between the bot and its worker: length-prefixed frames, and documents as JSON in small pieces.

A frame is two lengths (of the JSON, of the bytes after it), each of four bytes, big-endian.
"""

from __future__ import annotations

import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.feeds.model import (
    ArticlePage,
    Candidate,
    Document,
    Entry,
    Examined,
    Media,
    MediaKind,
    Telling,
    Unreadable,
)
from bot.feeds.text import MAX_CONTENT, MAX_HTML

_JSON = json.JSONEncoder(separators=(",", ":"))
PREFIX = struct.Struct("!II")
_PIECE = 128 * 1024  # characters of markup a frame holds: reading one must not hold the event loop


def pack(head: dict[str, Any], following: int = 0) -> bytes:
    """One frame up to its bytes, of which so many follow: they may be large, and are not made part of it."""
    text = _JSON.encode(head).encode()
    return PREFIX.pack(len(text), following) + text


def document_frames(result: Document | Unreadable) -> Iterator[bytes]:
    """A document as frames: its entries in pieces, its own words last."""
    if isinstance(result, Unreadable):
        yield pack({"unreadable": result.sentence})
        return
    piece: list[dict[str, Any]] = []
    size = 0
    for entry in result.entries:
        piece.append(_from_entry(entry))
        size += len(entry.content_html) + len(entry.summary_html) + 500
        if size > _PIECE:
            yield pack({"entries": piece, "more": True})
            piece, size = [], 0
    yield pack(
        {
            "entries": piece,
            "title": result.title,
            "link": result.link,
            "icon_url": result.icon_url,
            "description": result.description,
            "marks": result.marks.hex(),
            "hubs": result.hubs,
            "topic": result.topic,
            "ttl_s": result.ttl_s,
            "format": result.format,
            "deleted": result.deleted,
        }
    )


def read_entries(head: dict[str, Any]) -> Iterator[Entry]:
    """The entries that a frame brings."""
    for fields in head["entries"]:
        for name in ("published_at", "updated_at"):
            fields[name] = datetime.fromisoformat(fields[name]) if fields[name] else None
        media = fields["media"]
        fields["media"] = Media(**{**media, "kind": MediaKind(media["kind"])}) if media else None
        yield Entry(**{**fields, "tags": tuple(fields["tags"])})


def read_document(head: dict[str, Any], entries: Iterable[Entry]) -> Document | Unreadable:
    """The document, out of its last frame and the entries of all."""
    if "unreadable" in head:
        return Unreadable(head["unreadable"])
    return Document(
        head["title"],
        head["link"],
        head["icon_url"],
        head["description"],
        tuple(entries),
        marks=bytes.fromhex(head["marks"]),
        hubs=tuple(head["hubs"]),
        topic=head["topic"],
        ttl_s=head["ttl_s"],
        format=head["format"],
        deleted=tuple(head["deleted"]),
    )


def telling_portions(entries: Iterable[Entry]) -> Iterator[Sequence[Entry]]:
    """Entries in portions of which each makes one request of a bearable size."""
    portion: list[Entry] = []
    size = 0
    for entry in entries:
        portion.append(entry)
        size += min(len(entry.content_html), MAX_CONTENT) + min(len(entry.summary_html), MAX_HTML) + 500
        if size > _PIECE:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def telling_request(portion: Sequence[Entry]) -> dict[str, Any]:
    """The head that asks what these entries tell; of their markup it holds only what is read."""
    texts = [
        {
            "title": entry.title,
            "summary_html": entry.summary_html[:MAX_HTML],
            "content_html": entry.content_html[:MAX_CONTENT],
        }
        for entry in portion
    ]
    return {"wish": "tell", "entries": texts}


def read_texts(head: dict[str, Any]) -> Iterator[Entry]:
    """The entries that such a request brings: their texts alone."""
    for texts in head["entries"]:
        yield Entry(identity="", url=None, **texts)


def telling_frames(tellings: Iterable[Telling]) -> Iterator[bytes]:
    """What entries tell, each as a frame of its own, and an empty one last."""
    for telling in tellings:
        yield pack({"telling": _from_telling(telling), "more": True})
    yield pack({})


def read_telling(fields: dict[str, Any]) -> Telling:
    """What one frame tells."""
    return Telling(**{**fields, "shingles": bytes.fromhex(fields["shingles"])})


def page_frame(result: ArticlePage | Unreadable) -> bytes:
    """An article's page as one frame: its text is bounded (see `bot.feeds.summary`)."""
    if isinstance(result, Unreadable):
        return pack({"unreadable": result.sentence})
    fields = {
        "title": result.title,
        "author": result.author,
        "published_at": result.published_at.isoformat() if result.published_at else None,
        "image_url": result.image_url,
        "paywalled": result.paywalled,
    }
    return pack({"page": fields, "telling": _from_telling(result.telling)})


def read_page(head: dict[str, Any]) -> ArticlePage | Unreadable:
    """The article's page that a frame brings."""
    if "unreadable" in head:
        return Unreadable(head["unreadable"])
    fields = head["page"]
    published_at = datetime.fromisoformat(fields["published_at"]) if fields["published_at"] else None
    return ArticlePage(**{**fields, "published_at": published_at}, telling=read_telling(head["telling"]))


def candidates_frame(found: tuple[Candidate, ...]) -> bytes:
    """The feeds that a page names, as one frame."""
    return pack({"candidates": [_fields(candidate) for candidate in found]})


def read_candidates(head: dict[str, Any]) -> tuple[Candidate, ...]:
    """The feeds that a frame names."""
    return tuple(Candidate(**fields) for fields in head["candidates"])


def examined_frame(examined: Examined) -> bytes:
    """What an image came to, as one frame: at most some 540,000 characters, which are read in 2 ms."""
    media_type, data = examined.picture or ("", b"")
    return pack({"problem": examined.problem, "media_type": media_type, "picture": b64encode(data).decode()})


def read_examined(head: dict[str, Any]) -> Examined:
    """What an image came to."""
    if "unreadable" in head:
        return Examined(head["unreadable"])
    if not head["media_type"]:
        return Examined(head["problem"])
    return Examined(None, (head["media_type"], b64decode(head["picture"])))


def _from_telling(telling: Telling) -> dict[str, Any]:
    return {**_fields(telling), "shingles": telling.shingles.hex()}


def _from_entry(entry: Entry) -> dict[str, Any]:
    fields = _fields(entry)
    for name in ("published_at", "updated_at"):
        fields[name] = fields[name].isoformat() if fields[name] else None
    if entry.media:
        fields["media"] = _fields(entry.media)
    return fields


def _fields(of: Entry | Media | Telling | Candidate) -> dict[str, Any]:
    """As `asdict` does, but nothing is copied: all that is in them is packed at once."""
    return {name: getattr(of, name) for name in of.__slots__}
