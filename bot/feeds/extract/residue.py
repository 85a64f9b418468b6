"""What stands between and around an article's sentences: labels, links, bylines, captions, credits. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import islice

from bot.feeds.extract.body import is_prose
from bot.feeds.extract.markup import HEADINGS, Element, Line
from bot.feeds.extract.words import TOKEN, is_amounts, is_credit, is_furniture, is_moment, without_by

_LETTER = re.compile(r"[^\W\d_]")
_LINKED_WORDS, _LINKED = 14, 0.85
_REPEATED_WORDS, _REPEATED = 8, 3
_EDGE_WORDS = 9
_LABEL_WORDS = 8
_CALM = re.compile(
    r"[^\W\d_]{3,}[.。।۔”»]\Z|[\u3040-\u9fff][。”」]\Z"
)  # a sentence's end, neither call nor initial
_LIKE_HEADLINE = 0.75


def without_residue(
    lines: Sequence[Line], headlines: Collection[str], alts: Collection[str], author: str | None
) -> list[Line]:
    """The lines without those that tell nothing of the article.

    `headlines` are what the article is called, by its page and by its feed; `alts` what its pictures are.
    """
    titles = [words for title in headlines if (words := _bag(title))]
    pictures = {key for alt in alts if len(key := _key(alt)) > 8}
    counts = Counter(_key(line.text) for line in lines)
    linked = [_is_linked(line) for line in lines]
    kept: list[Line] = []
    told = (at for at, line in enumerate(lines) if is_prose(line) and line.holder.tag not in HEADINGS)
    opening = next(islice(told, 1, None), 0)
    for at, line in enumerate(lines):
        key = _key(line.text)
        if not (
            linked[at]
            or _LETTER.search(line.text) is None
            or is_amounts(line.text)
            or _is_repeated(line, counts[key])
            or _repeats(line, titles)
            or (key in pictures and line.holder.tag not in HEADINGS)
            or is_furniture(line.text, line.words)
            or is_credit(line.text, line.words)
            or _is_byline(line, author)
            or (at < opening and _is_signed(line))
            or _is_label(line, linked[at + 1 : at + 3])
        ):
            kept.append(line)
    return _without_edges(_without_idle_headings(kept))


def _is_label(line: Line, below: Sequence[bool]) -> bool:
    """Whether it is what links below it are called."""
    return line.words <= _LABEL_WORDS and not line.is_ended and len(below) == 2 and all(below)


def _key(text: str) -> str:
    return " ".join(TOKEN.findall(text.casefold()))


def _bag(text: str) -> frozenset[str]:
    return frozenset(TOKEN.findall(text.casefold()))


def _is_linked(line: Line) -> bool:
    """Whether it is a link and nothing else: to another article, to a shop, to a place on the page."""
    if line.linked >= _LINKED and any(_leads(above) for above in line.holder.iterancestors("a")):
        return True  # a card that leads elsewhere as a whole, what it tells included
    if line.holder.tag in HEADINGS:
        return False
    if line.holder.tag == "button":
        return not (line.words >= 4 and line.text.endswith(("?", "？", "؟")))  # what unfolds an answer
    return line.linked >= _LINKED and (line.words <= _LINKED_WORDS or not line.is_ended)


def _leads(link: Element) -> bool:
    return not (link.get("href") or "#").startswith("#")


def _is_repeated(line: Line, count: int) -> bool:
    return count >= _REPEATED and line.words <= _REPEATED_WORDS and not line.is_ended


def _repeats(line: Line, titles: Sequence[frozenset[str]]) -> bool:
    """Whether it says what the headline said, as captions do."""
    words = _bag(line.text)
    if line.words > 40 or (_CALM.search(line.text) and all(len(words) > len(title) + 2 for title in titles)):
        return False  # an article may begin as it is called
    return any(
        len(words & title) >= _LIKE_HEADLINE * max(len(title), len(words))
        or (len(title) > 3 and title <= words and len(words) <= len(title) + 6)
        for title in titles
    )


def _is_byline(line: Line, author: str | None) -> bool:
    return bool(author) and line.words <= 12 and not is_prose(line) and _key(author or "") in _key(line.text)


def _is_signed(line: Line) -> bool:
    """Whether it says who wrote what follows, below a standfirst: "By Jo Kay"."""
    name = without_by(line.text)
    return line.words <= _EDGE_WORDS and not is_prose(line) and 0 < len(name) < len(line.text)


def _without_idle_headings(lines: Sequence[Line]) -> list[Line]:
    """Without headings under which nothing is left."""
    kept: list[Line] = []
    rank = 0  # of the heading that comes next, going back; a heading above a lower one holds that
    for line in reversed(lines):
        if line.holder.tag in HEADINGS:
            own = int(line.holder.tag[1])
            if rank == 0 and not kept:
                continue
            if rank and own >= rank:
                continue
            rank = own
        else:
            rank = 0
        kept.append(line)
    return kept[::-1]


def _without_edges(lines: list[Line]) -> list[Line]:
    """Without the short lines before the first sentence and after the last one."""
    told = [at for at, line in enumerate(lines) if is_prose(line)]
    if not told:
        return lines
    first, last = told[0], told[-1]
    return [
        line for at, line in enumerate(lines) if first <= at <= last or _holds_on(line, before=at < first)
    ]


def _holds_on(line: Line, *, before: bool) -> bool:
    tag = line.holder.tag
    if is_moment(line.text) and line.words <= _EDGE_WORDS:
        return False
    if _CALM.search(line.text):
        return True
    if before:
        return tag in HEADINGS and tag != "h1"
    return tag in ("li", "dd", "dt", "tr", "td", "pre", "blockquote") or line.words > _EDGE_WORDS
