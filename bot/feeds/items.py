"""What all kinds of feeds have in common: links, dates, pictures and identities are judged here. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.feeds.identify import bounded, digest_of, told_apart
from bot.feeds.links import absolute, comparable
from bot.feeds.media import File, media_of
from bot.feeds.model import Entry, Unreadable
from bot.feeds.page import first_image
from bot.feeds.text import clean

MAX_ENTRIES = 1_000  # in the document's order; the longest real feeds have some hundreds
_MAX_MARKUP = 256 * 1024  # characters of one entry's content
MAX_TITLE = 1_000
MAX_DESCRIPTION = 4_000
_MAX_TAGS = 20
_LONGEST_AUTHOR = 400
_E_MAIL = re.compile(r"[(<\[]?(?:mailto:)?[\w.+-]+@[\w-]+(?:\.[\w-]+)+[)>\]]?")
_EARLIEST_YEAR, _LATEST_YEAR = 1970, 9998
_NO_FEED = "This is no feed: neither RSS nor Atom nor JSON Feed."


@dataclass(frozen=True, slots=True)
class Item:
    """An item as a format's parser found it, before links, dates and identity are judged."""

    guid: str = ""
    link: str | None = None
    title: str = ""
    author: str = ""
    summary_html: str = ""
    content_html: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    images: tuple[str | None, ...] = ()
    tags: tuple[str, ...] = ()
    base: str | None = None
    files: tuple[File, ...] = ()
    duration: str = ""
    video_id: str = ""


def no_feed() -> Unreadable:
    """The answer for a body that was understood and is something else."""
    return Unreadable(_NO_FEED)


def entries_of(items: Iterable[Item], url: str) -> tuple[Entry, ...]:
    """Judge the items: absolute links, believable dates, and an identity for each."""
    entries = [_entry(item, url) for item in items]
    guids = Counter(entry.identity for entry in entries)
    return tuple(
        replace(entry, identity=told_apart(entry.identity, entry.url or entry.title))
        if guids[entry.identity] > 1
        else entry
        for entry in entries
    )


def _entry(item: Item, url: str) -> Entry:
    base = absolute(item.base, url) or url
    link = absolute(item.link, base)
    title = clean(item.title[:MAX_TITLE])
    published, updated = _believable(item.published_at), _believable(item.updated_at)
    summary, content = _markup(item.summary_html), _markup(item.content_html)
    image = next((found for found in (absolute(image, base) for image in item.images) if found), None)
    tags = dict.fromkeys(filter(None, (clean(tag[:200]) for tag in item.tags[: _MAX_TAGS * 2])))
    return Entry(
        identity=_identity(clean(item.guid), link, title, published),
        url=link,
        title=title,
        author=_name(item.author),
        summary_html="" if summary == content else summary,
        content_html=content,
        published_at=published,
        updated_at=updated,
        image_url=image or first_image(content, link or base) or first_image(summary, link or base),
        tags=tuple(tags)[:_MAX_TAGS],
        media=media_of(item.files, item.duration, item.video_id, link, base),
    )


def _name(author: str) -> str | None:
    """Who wrote it, without the e-mail address that RSS wants there; None where nothing else is said."""
    name, addresses = _E_MAIL.subn("", clean(author[:_LONGEST_AUTHOR]))
    if addresses:
        name = name.strip(" ,;")
        name = name[1:-1] if name.startswith("(") and name.endswith(")") else name
    return name[:100] or None


def _identity(guid: str, link: str | None, title: str, published: datetime | None) -> str:
    if guid:
        return bounded(guid)
    if link:
        return bounded(comparable(link))
    return digest_of(f"{title}\n{published.isoformat() if published else ''}")


def _markup(markup: str) -> str:
    # NUL can be stored nowhere, and lone surrogates cannot be encoded.
    return markup[:_MAX_MARKUP].replace("\x00", "").encode("utf-8", "ignore").decode().strip()


def _believable(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR else None
