"""Issues as documents: RSS 2.0, Atom 1.0, JSON Feed 1.1. Pure; the same issues give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Any

from bot.samples.publications import Issue, Library

MEDIA_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
FEED_NAMES = {"rss": "feed.xml", "atom": "atom.xml", "json": "feed.json"}


def write_feed(library: Library, issues: Sequence[Issue], origin: str) -> bytes:
    """The feed of a library in its own format; `origin` is `http://host:port`."""
    match library.format:
        case "rss":
            return _rss(library, issues, origin).encode()
        case "atom":
            return _atom(library, issues, origin).encode()
        case _:
            return _json_feed(library, issues, origin).encode()


def content_html(issue: Issue, origin: str) -> str:
    """The article's content as feeds carry it: its picture, if it has one, and its paragraphs; of a stub nothing."""
    if issue.text.stub:
        return ""
    picture = f'<p><img src="{_picture(issue, origin)}" alt=""></p>' if issue.text.picture else ""
    return picture + "".join(f"<p>{escape(paragraph)}</p>" for paragraph in issue.paragraphs)


def _picture(issue: Issue, origin: str) -> str | None:
    shown = issue.text.picture and not issue.text.stub
    return f"{origin}/pictures/{issue.text.picture}" if shown else None


def _recording(issue: Issue, origin: str) -> str:
    """What plays, as XML feeds name it (https://www.rssboard.org/media-rss#media-content)."""
    recording = issue.text.recording
    if recording is None:
        return ""
    address = f"{origin}{recording.path}"
    return f'<media:content url="{address}" medium="{recording.kind}" duration="{recording.seconds}"/>'


def _rss(library: Library, issues: Sequence[Issue], origin: str) -> str:
    # https://www.rssboard.org/rss-specification; dates as RFC 822 wants them.
    items = "".join(_rss_item(issue, origin) for issue in issues)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:media="http://search.yahoo.com/mrss/"><channel>'
        f"<title>{escape(library.title)}</title><link>{origin}/{library.key}/</link>"
        f"<description>{escape(library.tagline)}</description><language>en</language>"
        f"<image><url>{origin}/pictures/{library.icon}</url><title>{escape(library.title)}</title>"
        f"<link>{origin}/{library.key}/</link></image>"
        f'<atom:link href="{origin}/{library.key}/feed.xml" rel="self" type="application/rss+xml"/>'
        f"<lastBuildDate>{format_datetime(issues[0].published_at, usegmt=True)}</lastBuildDate>"
        f"<ttl>1</ttl>{items}</channel></rss>\n"
    )


def _rss_item(issue: Issue, origin: str) -> str:
    picture = _picture(issue, origin)
    # RSS Advisory Board, best practices: a length that is not known is written as 0.
    enclosure = f'<enclosure url="{picture}" length="0" type="image/png"/>' if picture else ""
    categories = "".join(f"<category>{escape(tag)}</category>" for tag in issue.text.tags)
    return (
        f"<item><title>{escape(issue.title)}</title><link>{origin}{issue.path}</link>"
        f'<guid isPermaLink="false">{issue.identity}</guid><dc:creator>{escape(issue.text.author)}</dc:creator>'
        f"<pubDate>{format_datetime(issue.published_at, usegmt=True)}</pubDate>{categories}"
        f"<description>{escape(issue.text.description)}</description>"
        f"<content:encoded>{escape(content_html(issue, origin))}</content:encoded>{enclosure}"
        f"{_recording(issue, origin)}</item>"
    )


def _atom(library: Library, issues: Sequence[Issue], origin: str) -> str:
    # RFC 4287
    entries = "".join(_atom_entry(issue, origin) for issue in issues)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xml:lang="en">'
        f"<id>tag:pellhaven.example,2026:{library.key}</id><title>{escape(library.title)}</title>"
        f"<subtitle>{escape(library.tagline)}</subtitle><icon>{origin}/pictures/{library.icon}</icon>"
        f"<updated>{_rfc3339(issues[0].published_at)}</updated>"
        f'<link rel="alternate" type="text/html" href="{origin}/{library.key}/"/>'
        f'<link rel="self" type="application/atom+xml" href="{origin}/{library.key}/atom.xml"/>'
        f"{entries}</feed>\n"
    )


def _atom_entry(issue: Issue, origin: str) -> str:
    picture = _picture(issue, origin)
    enclosure = f'<link rel="enclosure" type="image/png" href="{picture}"/>' if picture else ""
    moment = _rfc3339(issue.published_at)
    categories = "".join(f'<category term="{escape(tag)}"/>' for tag in issue.text.tags)
    return (
        f"<entry><id>{issue.identity}</id><title>{escape(issue.title)}</title>"
        f'<link rel="alternate" type="text/html" href="{origin}{issue.path}"/>{enclosure}'
        f"<author><name>{escape(issue.text.author)}</name></author>"
        f"<published>{moment}</published><updated>{moment}</updated>{categories}"
        f"<summary>{escape(issue.text.description)}</summary>"
        f'<content type="html">{escape(content_html(issue, origin))}</content>'
        f"{_recording(issue, origin)}</entry>"
    )


def _json_feed(library: Library, issues: Sequence[Issue], origin: str) -> str:
    # https://www.jsonfeed.org/version/1.1/
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": library.title,
        "description": library.tagline,
        "home_page_url": f"{origin}/{library.key}/",
        "feed_url": f"{origin}/{library.key}/feed.json",
        "icon": f"{origin}/pictures/{library.icon}",
        "language": "en",
        "items": [_json_item(issue, origin) for issue in issues],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _json_item(issue: Issue, origin: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": issue.identity,
        "url": f"{origin}{issue.path}",
        "title": issue.title,
        "summary": issue.text.description,
        "content_html": content_html(issue, origin),
        "date_published": _rfc3339(issue.published_at),
        "authors": [{"name": issue.text.author}],
        "tags": list(issue.text.tags),
    }
    if issue.text.stub:
        del item["content_html"]
    picture = _picture(issue, origin)
    return {**item, "image": picture} if picture else item


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
