"""How a source is doing, in words and numbers, for commands' answers and for the command line. Pure.

Addresses are shown without secrets: a feed's address may be a subscriber's own key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from bot.newsroom.timing import PUNCTUAL, SIGHTINGS
from storage.records import Pace, Source

# A source's pace is counted over so many days, one sign each in its picture.
DAYS = 30
# Of fewer, nobody can say how much comes in one.
_FEWEST_DAYS = 2
_BARS = "▁▂▃▄▅▆▇█"
_HIDDEN = "…"
# Anything else in a query may be a key, whatever it is called and however short it is.
_PUBLIC_NAMES = frozenset(
    (
        *(
            "atom",
            "cat",
            "categories",
            "category",
            "ceid",
            "count",
            "feed",
            "fmt",
            "format",
            "gl",
            "hl",
            "json",
        ),
        *(
            "keyword",
            "keywords",
            "lang",
            "language",
            "limit",
            "locale",
            "month",
            "n",
            "order",
            "output",
            "page",
        ),
        *(
            "q",
            "query",
            "rss",
            "rss2",
            "search",
            "section",
            "sort",
            "tag",
            "tags",
            "topic",
            "type",
            "xml",
            "year",
        ),
    )
)
# Long ids that are everybody's.
_PUBLIC_IDS = frozenset(("channel_id", "playlist_id"))
# Another address or a login within a value, also one that is escaped once more.
_HOLDS_ADDRESS = re.compile(r"://|@|%")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_PAIR = re.compile(r"[^&;]+")
_RUN = re.compile(r"[0-9A-Za-z]+")
_LONGEST_WORD, _LONGEST_MIXED = 31, 15
_OFTEN = 0.4

Moment = Callable[[datetime], str]
"""How a moment is told: in Discord in the reader's own time, in a terminal in words."""


class Condition(StrEnum):
    """How a source is doing; the worst first."""

    STOPPED = "stopped"
    FAILING = "failing"
    NEW = "new"
    WELL = "well"
    IDLE = "idle"


def condition_of(source: Source, *, wanted: bool = True) -> Condition:
    """How the source is doing. One that no channel wants (any more) idles, whatever happened before."""
    if source.next_poll_at is None:
        return Condition.STOPPED if wanted and source.problem else Condition.IDLE
    if source.problem:
        return Condition.FAILING
    return Condition.NEW if source.last_success_at is None else Condition.WELL


def urgency(source: Source) -> tuple[int, str]:
    """Sorts sources: those with trouble first, then by title."""
    return list(Condition).index(condition_of(source)), source.title.casefold()


def about_found(kind: str, format_: str, entries: int | None) -> str:
    """What is read somewhere, and what was found in it at last: "Feed, RSS 2.0, 29 entries"."""
    named = {"sitemap": "News sitemap", "page": "Page with links to articles"}.get(kind, "Feed")
    held = "" if entries is None else _count(entries, "entry", "entries")
    return ", ".join(filter(None, (named, format_, held)))


def about_failures(source: Source, when: Moment) -> str:
    """How often in a row it failed, and since when; empty where it did not."""
    if not source.failures or source.failing_since is None:
        return ""
    if source.failures == 1:
        return f"It failed once, {when(source.failing_since)}."
    return f"It failed {source.failures} times in a row, first {when(source.failing_since)}."


def about_next(source: Source, now: datetime, when: Moment) -> str:
    """When it is read next, and who decided that."""
    due = source.next_poll_at
    if due is None:
        return "not planned"
    if due <= now + PUNCTUAL:
        return "within a minute"
    if source.pushed_until is not None and source.pushed_until > now:
        return f"{when(due)} at the latest; its hub tells Broadsheet at once what is new"
    if source.not_before is not None and source.not_before >= due:
        return f"{when(due)}, as its server asks"
    return when(due)


def about_move(source: Source) -> str:
    """Where it is about to move; empty where it stays."""
    if source.moved_to is None:
        return ""
    return (
        f"Its server sends readers on to {shown_address(source.moved_to)} for good; once it has done so "
        f"{SIGHTINGS} times in a row, that becomes its address."
    )


def about_pace(pace: Pace) -> str:
    """How much it published lately: "23 articles in 30 days, about one a day"; of a new source, since it is known."""
    total, days = sum(pace.days), pace.known or len(pace.days)
    if pace.newest_at is None:
        return "nothing yet"
    if days < _FEWEST_DAYS:
        return f"{_count(total, 'article', 'articles')} so far"
    if total == 0:
        return f"nothing in {days} days"
    said = f"{_count(total, 'article', 'articles')} in {days} days"
    if total == 1:
        return said
    if total >= 1.5 * days:
        return f"{said}, about {round(total / days)} a day"
    every = round(days / total)
    return f"{said}, about one {'a day' if every <= 1 else f'every {every} days'}"


def about_held_back(pace: Pace, when: Moment) -> str:
    """How much of what it brought as new was no news (see `bot.newsroom.old_news`); empty where nothing was."""
    if not pace.held_back or pace.held_back_at is None:
        return ""
    held = _count(pace.held_back, "article", "articles")
    last = when(pace.held_back_at)
    return f"{held} held back as old news{f', {last}' if pace.held_back == 1 else f', last {last}'}"


def picture(days: Sequence[int]) -> str:
    """A bar for each day, the highest for the day with most; a day with nothing is the ground line."""
    most = max(days, default=0)
    return "".join(_BARS[0 if not day else 1 + (day * (len(_BARS) - 1) - 1) // most] for day in days)


def shown_address(url: str) -> str:
    """The address as others may see it: without user info and fragment, and with `…` for what may be a key.

    Of a query only values with names that are known to hold no key are shown.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    path = "/".join(map(_shown_step, parts.path.split("/")))
    query = _PAIR.sub(lambda pair: _shown_value(pair[0]), parts.query)
    return f"{parts.scheme}://{host}{path}{f'?{query}' if query else ''}"


def _shown_step(step: str) -> str:
    name, given, _ = step.partition(";")
    return f"{_HIDDEN if _looks_like_key(unquote(name)) else name}{f';{_HIDDEN}' if given else ''}"


def _shown_value(pair: str) -> str:
    name, given, value = pair.partition("=")
    called = unquote(name).casefold()
    if not given:
        return name if called in _PUBLIC_NAMES else _HIDDEN
    if _looks_like_key(called) or _HOLDS_ADDRESS.search(called):
        return _HIDDEN
    read = unquote(value)
    public = called in _PUBLIC_IDS or (called in _PUBLIC_NAMES and not _looks_like_key(read))
    return f"{name}={value if public and not _HOLDS_ADDRESS.search(read) else _HIDDEN}"


def _looks_like_key(text: str) -> bool:
    """Whether a text is too long and mixed for a word, a name or a headline: an access key most likely."""
    runs = _RUN.findall(text)
    return (
        bool(_UUID.search(text))
        or any(len(run) > _LONGEST_WORD or (len(run) > _LONGEST_MIXED and _mixed(run)) for run in runs)
        or _restless(runs)
    )


def _mixed(run: str) -> bool:
    return any(sign.isdigit() for sign in run) and any(sign.isalpha() for sign in run)


def _restless(runs: Sequence[str]) -> bool:
    """Whether kinds of signs change as often as by chance, capitals that begin a word left aside."""
    kinds = [[sign.isdigit() * 2 + sign.isupper() for sign in run[1:]] for run in runs]
    changes = sum(one != other for run in kinds for one, other in pairwise(run))
    length = sum(map(len, runs))
    return length > _LONGEST_MIXED and changes > length * _OFTEN


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
