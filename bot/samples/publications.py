"""The sample publications and when each of their articles is out: pure, but for reading the texts beside this file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files

NAMES = ("tide", "comet", "bench")
# Articles of each publication that are out when the server starts.
OUT_AT_START = 5
# Articles that a feed lists: what is older is found on its own page only.
FEED_LENGTH = 20
BETWEEN_OLD_ONES = timedelta(minutes=95)
BETWEEN_PUBLICATIONS = timedelta(minutes=20)
YOUNGEST_AT_START = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Recording:
    """What goes with an article to be heard or seen: `kind` is `audio` or `video`, its length is in seconds."""

    kind: str
    seconds: int

    @property
    def path(self) -> str:
        """Where it plays, beginning with a slash."""
        return f"/{self.kind}/{self.seconds}{'.wav' if self.kind == 'audio' else ''}"


@dataclass(frozen=True, slots=True)
class Text:
    """An article as it was written; `picture` is the name of a file under `pictures/`.

    Of a `stub` the feed carries the description alone, and the page all of it.
    """

    title: str
    author: str
    tags: tuple[str, ...]
    picture: str | None
    description: str
    paragraphs: tuple[str, ...]
    recording: Recording | None = None
    stub: bool = False


@dataclass(frozen=True, slots=True)
class Library:
    """A publication's name, looks and texts. `format` is `rss`, `atom` or `json`."""

    key: str
    format: str
    title: str
    tagline: str
    colour: str
    texts: tuple[Text, ...]

    @property
    def icon(self) -> str:
        """The name of its sign's file under `pictures/`."""
        return f"icon-{self.key}.png"


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication as a reader meets it."""

    title: str
    site_url: str
    feed_url: str


@dataclass(frozen=True, slots=True)
class Issue:
    """The `number`-th article of a publication, counted from 0; after the last text the first comes again."""

    library: Library
    number: int
    published_at: datetime

    @property
    def text(self) -> Text:
        """The text that is printed."""
        return self.library.texts[self.number % len(self.library.texts)]

    @property
    def edition(self) -> int:
        """How many times the text has been printed, this time included."""
        return self.number // len(self.library.texts) + 1

    @property
    def title(self) -> str:
        """The headline; it says so where the text has been printed before."""
        return self.text.title if self.edition == 1 else f"{self.text.title} (edition {self.edition})"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The content; it says so where the text has been printed before."""
        if self.edition == 1:
            return self.text.paragraphs
        again = f"This sample article has come round again; you are reading edition {self.edition}."
        return (*self.text.paragraphs, again)

    @property
    def identity(self) -> str:
        """An id that depends on nothing but the publication and the number (a tag URI, RFC 4151)."""
        return f"tag:pellhaven.example,2026:{self.library.key}/{self.number}"

    @property
    def path(self) -> str:
        """The path of the article's page, beginning with a slash."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.text.title.lower()).strip("-")
        return f"/{self.library.key}/{self.number}/{slug}"


def read_libraries() -> tuple[Library, ...]:
    """All publications, read from the JSON files beside this one."""
    return tuple(
        _read_library(json.loads((files(__package__) / f"{name}.json").read_text())) for name in NAMES
    )


def issues_out(
    libraries: Sequence[Library], library: Library, started: datetime, now: datetime, every: timedelta
) -> list[Issue]:
    """The newest issues of one of the libraries at `now`, newest first, as many as a feed lists.

    Five are out at `started`, dated over the hours before. Since then one more has come out each `every`,
    in turn: the first publication's, the second's, the third's, the first's.
    """
    turn = libraries.index(library)
    rounds = max(0, (now - started) // every)
    since_start = max(0, (rounds - turn - 1) // len(libraries) + 1)
    newest = OUT_AT_START + since_start - 1
    numbers = range(newest, max(-1, newest - FEED_LENGTH), -1)
    return [
        Issue(library, number, _published_at(number, turn, len(libraries), started, every))
        for number in numbers
    ]


def find_issue(
    libraries: Sequence[Library],
    library: Library,
    number: int,
    started: datetime,
    now: datetime,
    every: timedelta,
) -> Issue | None:
    """One issue that is out at `now`, however old; None where there is none of that number yet."""
    newest = issues_out(libraries, library, started, now, every)[0]
    if not 0 <= number <= newest.number:
        return None
    turn = libraries.index(library)
    return Issue(library, number, _published_at(number, turn, len(libraries), started, every))


def recordings(libraries: Sequence[Library]) -> Iterator[Recording]:
    """What goes with texts to be heard or seen."""
    for library in libraries:
        yield from (text.recording for text in library.texts if text.recording)


def pictures(libraries: Sequence[Library]) -> Iterator[str]:
    """The names of all pictures that texts show, and of the publications' signs."""
    for library in libraries:
        yield library.icon
        yield from (text.picture for text in library.texts if text.picture)


def _published_at(number: int, turn: int, turns: int, started: datetime, every: timedelta) -> datetime:
    if number < OUT_AT_START:
        age = (OUT_AT_START - 1 - number) * BETWEEN_OLD_ONES + turn * BETWEEN_PUBLICATIONS + YOUNGEST_AT_START
        return started - age
    return started + every * ((number - OUT_AT_START) * turns + turn + 1)


def _read_library(values: dict[str, object]) -> Library:
    match values:
        case {
            "key": str(key),
            "format": str(format_),
            "title": str(title),
            "tagline": str(tagline),
            "colour": str(colour),
            "texts": list(texts),
        }:
            return Library(key, format_, title, tagline, colour, tuple(_read_text(text) for text in texts))
    raise ValueError("A publication's file lacks one of key, format, title, tagline, colour and texts.")


def _read_text(values: dict[str, object]) -> Text:
    match values:
        case {
            "title": str(title),
            "author": str(author),
            "tags": list(tags),
            "picture": (str() | None) as picture,
            "description": str(description),
            "paragraphs": list(paragraphs),
        }:
            return Text(
                title,
                author,
                tuple(tags),
                picture,
                description,
                tuple(paragraphs),
                _read_recording(values.get("recording")),
                bool(values.get("stub")),
            )
    raise ValueError("A text lacks one of title, author, tags, picture, description and paragraphs.")


def _read_recording(values: object) -> Recording | None:
    match values:
        case None:
            return None
        case {"kind": "audio" | "video" as kind, "seconds": int(seconds)}:
            return Recording(kind, seconds)
    raise ValueError("A recording lacks its kind (audio or video) or its length in seconds.")
