"""Days and moments as pages write them, in many languages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from bot.feeds.text import clean

_MONTH_STARTS = (
    ("jan", "ene", "gen", "янв", "січ", "sty", "oca", "يناير"),
    ("feb", "fév", "fev", "фев", "лют", "lut", "şub", "فبراير"),
    ("mar", "mär", "мар", "бер", "مارس"),
    ("apr", "avr", "abr", "апр", "кві", "kwi", "nis", "أبريل", "ابريل"),
    ("may", "mai", "mag", "maj", "мая", "май", "тра", "مايو"),
    ("jun", "juin", "giu", "июн", "чер", "cze", "haz", "يونيو"),
    ("jul", "juil", "lug", "июл", "лип", "lip", "tem", "يوليو"),
    ("aug", "aoû", "ago", "авг", "сер", "sie", "ağu", "أغسطس"),
    ("sep", "set", "сен", "вер", "wrz", "eyl", "سبتمبر"),
    ("oct", "okt", "ott", "out", "окт", "жов", "paź", "eki", "أكتوبر"),
    ("nov", "ноя", "лис", "lis", "kas", "نوفمبر"),
    ("dec", "dez", "dic", "déc", "дек", "гру", "gru", "ara", "ديسمبر"),
)
_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º"
    r"|\.)?\s+(?:de\s+)?([^\W\d_]{3,12})\.?,?\s+(?:de[l]?\s+)?((?:19|20)\d\d)"
)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+((?:19|20)\d\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d\d)\s?[年./-]\s?(\d{1,2})\s?[月./-]\s?(\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d\d)(?!\d)")


def dates_in(text: str) -> Iterator[date]:
    """The days that a text tells; not "03/04/2025", which is two days to two readers."""
    for found in _YEAR_FIRST.finditer(text):
        yield from _day(int(found[1]), int(found[2]), int(found[3]))
    for pattern, day, month in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1)):
        for found in pattern.finditer(text):
            name = found[month].lower()
            for number, starts in enumerate(_MONTH_STARTS, 1):
                if name.startswith(starts):
                    yield from _day(int(found[3]), number, int(found[day]))
                    break
    for found in _DAY_FIRST.finditer(text):
        first, second = int(found[1]), int(found[2])
        if second > 12:
            yield from _day(int(found[3]), first, second)
        elif "." in found[0] or first > 12:
            yield from _day(int(found[3]), second, first)


def _day(year: int, month: int, day: int) -> Iterator[date]:
    with suppress(ValueError):
        yield date(year, month, day)


def moment_of(text: str) -> datetime | None:
    """A moment out of ISO 8601, RFC 2822 or a day as people write it; in UTC, which is meant where no zone is told."""
    text = clean(text[:120])
    moment: datetime | None = None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text.replace("Z.", "Z"))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        break
    if moment is None and (day := next(dates_in(text), None)):
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if moment is None or not 1990 <= moment.year <= 2100:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
