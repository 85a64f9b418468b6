"""Which of the files that an item names is its episode or film, and how long that is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.feeds.links import absolute
from bot.feeds.model import Media, MediaKind

MOST_FILES = 20
_LONGEST_S = 48 * 3600  # what is said to last longer was written in another unit
_FILE = re.compile(r"\.(?:(mp3|m4a|m4b|aac|oga|ogg|opus|wav|flac)|(mp4|m4v|webm|mov|ogv))$", re.I | re.A)
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,5}):(\d{1,2})(?:[.,]\d{0,9})?", re.A)
_SECONDS = re.compile(r"(\d{1,7})(?:[.,]\d{0,9})?", re.A)
_YOUTUBE_ID = re.compile(r"[\w-]{11}", re.A)
# Pages that play one film, by address without scheme; the lists and channels beside them are none.
_WATCH_PAGE = re.compile(
    r"(?:(?:www\.|m\.)?youtube\.com/(?:watch\?(?:[^#]*&)?v=|shorts/|live/)|youtu\.be/)[\w-]{11}(?![\w-])"
    r"|(?:www\.)?vimeo\.com/\d{4,12}(?![\w/-])",
    re.A,
)


@dataclass(frozen=True, slots=True)
class File:
    """A file that an item names: its address as written, its declared type or medium, its length as written."""

    url: str
    kind: str = ""
    duration: str = ""


def media_of(
    files: Iterable[File], duration: str, video_id: str, link: str | None, base: str
) -> Media | None:
    """What is to be heard or seen in an item: a video by its id or link, else the first file of such a kind.

    `duration` is that of the item itself, as written, and `video_id` YouTube's. `link` is absolute already.
    """
    files = list(files)[:MOST_FILES]
    if watched := _watch_page(video_id, link):
        lengths = (seconds(text) for text in (duration, *(file.duration for file in files)))
        return Media(MediaKind.VIDEO, watched, next(filter(None, lengths), None))
    for file in files:
        address = absolute(file.url, base)
        if address is not None and (kind := _kind(file.kind, address)) is not None:
            return Media(kind, address, seconds(file.duration) or seconds(duration))
    return None


def seconds(written: str) -> int | None:
    """A length as feeds write it ("1:02:03", "62:03", "3723"), in seconds; None where it is none or unlikely.

    https://help.apple.com/itc/podcasts_connect/#/itcb54353390 has all three.
    """
    written = written.strip()[:20]
    if clock := _CLOCK.fullmatch(written):
        length = int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + int(clock[3])
    elif plain := _SECONDS.fullmatch(written):
        length = int(plain[1])
    else:
        return None
    return length if 0 < length <= _LONGEST_S else None


def _kind(declared: str, address: str) -> MediaKind | None:
    """By the declared type, or by the file's ending where that says nothing."""
    first = declared.strip().lower().partition("/")[0]
    if first in ("audio", "video"):
        return MediaKind(first)
    if first not in ("", "application"):
        return None
    ending = _FILE.search(urlsplit(address).path)
    if ending is None:
        return None
    return MediaKind.AUDIO if ending[1] else MediaKind.VIDEO


def _watch_page(video_id: str, link: str | None) -> str | None:
    if _YOUTUBE_ID.fullmatch(video_id):
        return f"https://www.youtube.com/watch?v={video_id}"
    return link if link and _WATCH_PAGE.match(link.partition("//")[2]) else None
