"""Pictures of figures, drawn with Pillow: on a ground of their own, so that they read the same in dark and light.

Loaded by whoever draws: Pillow takes megabytes that a bot would keep for years.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from io import BytesIO
from math import ceil, log10

from PIL import Image, ImageDraw, ImageFont

from storage.records import DayFigures, SourceRank

# Discord shows a picture at most 550 points wide, finer on fine screens, and some 290 on a phone: there the smallest
# letters are 9 points high.
WIDTH, HEIGHT = 900, 600
_LEFT, _TOP, _RIGHT, _BOTTOM = 100, 124, 40, 76
_GROUND, _GRID, _TEXT, _FAINT = "#20242c", "#3b424f", "#f1f3f6", "#b4bcc9"
# Told apart also by who can't tell red from green: they differ in lightness.
_BLUE, _YELLOW, _GREEN, _RED = "#6ea8fe", "#f5c451", "#5fd0a5", "#e2675e"
_TITLE, _LABEL, _SMALL = 40, 32, 28

Series = tuple[str, str, Sequence[int]]
"""What is counted, its colour, and how many on each day."""


def activity_chart(days: Sequence[DayFigures]) -> bytes:
    """Articles and comments by day, as a PNG."""
    return _by_day(
        "Activity",
        days,
        [
            ("articles", _BLUE, [day.articles for day in days]),
            ("comments", _YELLOW, [day.comments for day in days]),
        ],
    )


def votes_chart(days: Sequence[DayFigures]) -> bytes:
    """Votes for and against by day, as a PNG."""
    return _by_day(
        "Votes",
        days,
        [
            ("for", _GREEN, [day.votes_for for day in days]),
            ("against", _RED, [day.votes_against for day in days]),
        ],
    )


def sources_chart(sources: Sequence[SourceRank]) -> bytes:
    """Sources by the votes on their articles, as a PNG: for to the right, against to the left.

    A name in a script that the picture's letters lack is a number; the message names it.
    """
    image, draw = _paper("Sources by their votes")
    _key(draw, [("against", _RED), ("for", _GREEN)])
    if not sources:
        return _png(image, draw, empty=True)
    names_end = 360
    against, for_ = max(one.downvotes for one in sources), max(one.upvotes for one in sources)
    room = WIDTH - _RIGHT - names_end - 150
    unit = room / max(for_ + against, 1)
    zero = names_end + 75 + against * unit
    step = (HEIGHT - _TOP - 30) / len(sources)
    thick = min(step * 0.62, 44)
    for place, one in enumerate(sources):
        middle = _TOP + step * (place + 0.5)
        draw.text((40, middle), source_label(one, place), _TEXT, _font(_LABEL), anchor="lm")
        for count, sign, colour in ((one.upvotes, 1, _GREEN), (one.downvotes, -1, _RED)):
            # Never so short that the line in the middle hides it.
            end = zero + sign * max(count * unit, 4)
            if count:
                left, right = sorted((zero, end))
                draw.rectangle((left, middle - thick / 2, right, middle + thick / 2), colour)
                at, anchor = (end + 10 * sign, middle), "lm" if sign > 0 else "rm"
                draw.text(at, f"{count:,}", _FAINT, _font(_SMALL), anchor=anchor)
    draw.line((zero, _TOP, zero, HEIGHT - 30), _FAINT, 2)
    return _png(image, draw, empty=not against + for_)


_PLAIN = str.maketrans("–—‘’“”ßøØæÆœŒłŁđĐ", "--''\"\"soOaAoOlLdD")


def source_label(source: SourceRank, place: int) -> str:
    """What stands for a source in a picture: its number and, where the picture's few letters do, its name's beginning.

    They are those of English: marks are left out, and a name in another script is only its number.
    """
    parts = unicodedata.normalize("NFKD", source.title.strip().translate(_PLAIN))
    title = "".join(char for char in parts if not unicodedata.combining(char))
    if not title.isascii() or not title.isprintable() or not title:
        return f"{place + 1}"
    return f"{place + 1}  {title if len(title) <= 20 else title[:18].rstrip() + '...'}"


def _by_day(title: str, days: Sequence[DayFigures], series: Sequence[Series]) -> bytes:
    image, draw = _paper(title)
    _key(draw, [(name, colour) for name, colour, _ in series])
    highest = max((count for _, _, counts in series for count in counts), default=0)
    step = _step(highest)
    top = max(ceil(highest / step), 1) * step
    height, width = HEIGHT - _TOP - _BOTTOM, WIDTH - _LEFT - _RIGHT
    for value in range(0, top + 1, step):
        y = HEIGHT - _BOTTOM - height * value / top
        draw.line((_LEFT, y, WIDTH - _RIGHT, y), _GRID, 2)
        draw.text((_LEFT - 14, y), f"{value:,}", _FAINT, _font(_SMALL), anchor="rm")
    slot = width / max(len(days), 1)
    bar = slot * 0.8 / len(series)
    for place, day in enumerate(days):
        left = _LEFT + slot * (place + 0.1)
        for number, (_, colour, counts) in enumerate(series):
            if counts[place]:
                x, y = left + bar * number, HEIGHT - _BOTTOM - height * counts[place] / top
                draw.rectangle((x, min(y, HEIGHT - _BOTTOM - 3), x + bar - 2, HEIGHT - _BOTTOM), colour)
        # A week apart, counted back from today.
        if (len(days) - 1 - place) % 7 == 0:
            at = (min(_LEFT + slot * (place + 0.5), WIDTH - 60), HEIGHT - _BOTTOM + 34)
            draw.text(at, f"{day.day.day} {day.day:%b}", _FAINT, _font(_SMALL), anchor="mm")
    return _png(image, draw, empty=not highest)


def _key(draw: ImageDraw.ImageDraw, colours: Sequence[tuple[str, str]]) -> None:
    """Say what each colour is, beside the title."""
    right = WIDTH - _RIGHT
    for name, colour in reversed(colours):
        right -= round(draw.textlength(name, _font(_LABEL)))
        draw.text((right, 58), name, _TEXT, _font(_LABEL), anchor="lm")
        draw.rounded_rectangle((right - 36, 46, right - 12, 70), 5, colour)
        right -= 70


def _step(highest: int) -> int:
    """A round distance of lines, of which there are at most five."""
    if highest <= 5:
        return 1
    rough = highest / 5
    power = 10 ** int(log10(rough))
    return int(next(power * times for times in (1, 2, 5, 10) if power * times >= rough))


def _paper(title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (WIDTH, HEIGHT), _GROUND)
    draw = ImageDraw.Draw(image)
    draw.text((40, 58), title, _TEXT, _font(_TITLE), anchor="lm")
    return image, draw


def _png(image: Image.Image, draw: ImageDraw.ImageDraw, *, empty: bool) -> bytes:
    if empty:
        at = (WIDTH / 2, HEIGHT / 2)
        draw.text(at, "Nothing yet", _FAINT, _font(_TITLE), anchor="mm")
    file = BytesIO()
    image.quantize(64).save(file, "PNG", optimize=True)
    return file.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
