"""Podcasts and videos in feeds of every format: kind, where it plays, how long; the same when cut and when sent."""

from __future__ import annotations

import json

import pytest

from bot.feeds.frames import PREFIX, document_frames, read_document, read_entries
from bot.feeds.media import seconds
from bot.feeds.model import Document, Media, MediaKind
from bot.feeds.parse import parse
from tests.feeds.test_formats import URL, Case, atom, check_cut, item, jsonfeed, rss, two

WATCH = "https://www.youtube.com/watch?v=a-bcdefgh_1"
AUDIO = "https://harbour.test/a.mp3"


def audio(url: str = AUDIO, duration_s: int | None = None) -> Media:
    return Media(MediaKind.AUDIO, url, duration_s)


def video(url: str, duration_s: int | None = None) -> Media:
    return Media(MediaKind.VIDEO, url, duration_s)


CASES: dict[str, tuple[bytes, Media | None]] = {
    "a podcast": (
        item('<enclosure url="/a.mp3" type="audio/mpeg" length="9"/><itunes:duration>1:02:03</itunes:duration>'),
        audio(duration_s=3723),
    ),
    "no declared type": (item('<enclosure url="/a.mp3?from=rss"/>'), audio(f"{AUDIO}?from=rss")),
    "a type that says nothing": (
        item('<enclosure url="/a.mp3" type="application/octet-stream"/>'), audio()),
    "the picture of an article": (item('<enclosure url="/a.jpg" type="image/jpeg"/>'), None),
    "a document": (item('<enclosure url="/a.pdf" type="application/pdf"/>'), None),
    "a page that is named like a file": (item('<enclosure url="/a.mp3" type="text/html"/>'), None),
    "the picture first": (
        item('<enclosure url="/a.jpg" type="image/jpeg"/><enclosure url="/a.m4a" type="audio/x-m4a"/>'),
        audio("https://harbour.test/a.m4a"),
    ),
    "no web address": (item('<enclosure url="file:///a.mp3" type="audio/mpeg"/>'), None),
    "Media RSS": (
        item('<media:content url="/v.mp4" medium="video" duration="95"/>'), video("https://harbour.test/v.mp4", 95)),
    "Media RSS in a group": (
        item('<media:group><media:content url="/i.png" type="image/png"/><media:content url="/v.webm" '
             'type="video/webm" duration="61.5"/></media:group>'),
        video("https://harbour.test/v.webm", 61),
    ),
    "Atom": (
        atom(f'<entry><id>a</id><link rel="enclosure" type="audio/ogg" href="{AUDIO}"/></entry>'), audio()),
    "YouTube": (
        atom('<entry><id>yt:video:a-bcdefgh_1</id><yt:videoId>a-bcdefgh_1</yt:videoId>'
             '<link rel="alternate" href="https://www.youtube.com/shorts/a-bcdefgh_1"/><media:group>'
             '<media:content url="https://www.youtube.com/v/a-bcdefgh_1?version=3" '
             'type="application/x-shockwave-flash"/></media:group></entry>',
             'xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"'),
        video(WATCH),
    ),
    "a link to a film": (item(f"<link>{WATCH}&amp;t=3</link>"), video(f"{WATCH}&t=3")),
    "a short link to a film": (
        item("<link>https://youtu.be/a-bcdefgh_1</link>"), video("https://youtu.be/a-bcdefgh_1")),
    "a link to a film elsewhere": (
        item("<link>https://vimeo.com/76979871</link>"), video("https://vimeo.com/76979871")),
    "a link to a channel": (item("<link>https://www.youtube.com/@harbour</link>"), None),
    "an address like a film's": (
        item("<link>https://x.test/?u=youtube.com/watch?v=a-bcdefgh_1</link>"), None),
    "JSON Feed": (
        jsonfeed({"id": "g", "attachments": [
            {"url": "/i.png", "mime_type": "image/png"},
            {"url": "/a.mp3", "mime_type": "audio/mpeg", "duration_in_seconds": 6629.4},
        ]}),
        audio(duration_s=6629),
    ),
}  # fmt: skip


def read(body: bytes) -> Document:
    document = parse(body, "", None, URL)
    assert isinstance(document, Document), document
    return document


@pytest.mark.parametrize(("body", "media"), CASES.values(), ids=CASES.keys())
def test_what_is_heard_or_seen(body: bytes, media: Media | None) -> None:
    (entry,) = read(body).entries
    assert entry.media == media


@pytest.mark.parametrize("name", [name for name in CASES if name != "JSON Feed"])
def test_it_is_the_same_when_cut_out(name: str) -> None:
    assert check_cut(two(Case(CASES[name][0], []))) > 1


def test_it_is_the_same_after_the_way_from_the_worker() -> None:
    document = read(rss(f'<item><guid>g</guid><enclosure url="{AUDIO}" type="audio/mpeg"/></item><item/>'))
    (frame,) = document_frames(document)
    head = json.loads(frame[PREFIX.size :])
    assert read_document(head, read_entries(head)) == document


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("3723", 3723),
        ("3723.9", 3723),
        ("62:03", 3723),
        (" 1:02:03 ", 3723),
        ("00:01:02,500", 62),
        ("0", None),
        ("00:00:00", None),
        ("", None),
        ("an hour", None),
        ("-5", None),
        ("3723000", None),
        ("٣٣", None),
    ],
)
def test_lengths_as_feeds_write_them(written: str, length: int | None) -> None:
    assert seconds(written) == length
