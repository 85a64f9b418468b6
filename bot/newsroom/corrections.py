"""What a revision of an article changed where it matters, and when its cards may be edited for it. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from itertools import zip_longest

from bot.feeds.summary.sentences import sentences
from storage.records import Article, ArticleToStore, Revised, TextStored

# The first revision is shown at once. A page that is rewritten all day (a live report) has its cards edited more
# and more seldom: each edit after twice the time of the one before, and never later than an hour.
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=1)
MOST_FIGURES = 3
LONGEST_SENTENCE = 300
# Two words so much alike are one word, misspelt before or after.
_MISSPELT = 0.8

_WORD = re.compile(r"\w+")
_FIGURE = re.compile(r"\d+(?:[.,:\u00a0\u202f']\d+)*(?:\s?%)?")
# What a figure counts: "12 people".
_COUNTED = re.compile(r"[ \u00a0\u202f-]?[^\W\d_]+")
_RETRACTED = re.compile(
    r"\W*(?:retract(?:ed|ion)|withdrawn|zurückgezogen|rétracté|retir(?:ado|ada)|retratad[oa]|ritirato|wycofan[yeo]"
    r"|отозван[оа]?|відкликано|geri çekildi|撤回|撤稿|철회)"
    r"(?:\W*[:：\])|–—-]|\W+(?:article|paper|story|notice|artikel)\b|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a card says of an article: its title and its summary."""

    title: str
    summary: str


def correction_of(before: Told, after: Told) -> str | None:
    """Say for readers what is different where it matters, the headline and figures; None where nothing is.

    Case, punctuation and one letter in a word do not matter. Figures are compared in sentences that are otherwise
    the same: a summary that is new altogether corrects nothing.
    """
    parts = []
    if _differs(before.title, after.title):
        parts.append(f"The headline was “{_shortened(before.title)}”.")
    figures = dict.fromkeys(_changed_figures(before.summary, after.summary))
    if figures:
        changed = "; ".join(f"{old} → {new}" for old, new in list(figures)[:MOST_FIGURES])
        parts.append(f"Figures changed: {changed}.")
    return " ".join(parts) or None


def judge_revision(before: Article, after: ArticleToStore, now: datetime) -> Revised:
    """What an article's revision means for those who read its cards."""
    correction = correction_of(Told(before.title, before.summary), Told(after.title, after.summary))
    retracted = is_retracted(after.title) and (
        before.retracted_at is not None or takes_back(before.title, after.title)
    )
    # What is wrong altogether is not left standing for an hour.
    at_once = retracted and before.retracted_at is None
    return Revised(
        correction, retracted, now if at_once else shown_at(now, before.revised_at, before.revisions)
    )


def correction_on_page(article: Article, before: TextStored | None, after: TextStored) -> str | None:
    """What an article's page, read anew, corrects of what it told before."""
    if before is None:
        return None
    return correction_of(Told(article.title, before.normal), Told(article.title, after.normal))


def is_retracted(title: str) -> bool:
    """Whether a headline says that its publisher has taken the article back."""
    return _RETRACTED.match(title) is not None


def takes_back(before: str, after: str) -> bool:
    """Whether a new headline takes the article back that had the one before: it says so now, and is else the same.

    "Withdrawn: Enable misses the Arc", "Ritirato: salame con listeria" are news, whatever they were called before.
    """
    mark = _RETRACTED.match(after)
    if mark is None or is_retracted(before):
        return False
    own, known = _WORD.findall(after[mark.end() :].casefold()), set(_WORD.findall(before.casefold()))
    return 2 * sum(word in known for word in own) >= len(own)


def shown_at(now: datetime, revised_at: datetime | None, revisions: int) -> datetime:
    """When the cards may show a revision, the first after `revisions` others, the last of them at `revised_at`."""
    if revised_at is None or revisions < 1:
        return now
    pause = min(SHORTEST_PAUSE * (1 << min(revisions - 1, 10)), LONGEST_PAUSE)
    return max(now, revised_at + pause)


def _differs(before: str, after: str) -> bool:
    old, new = _WORD.findall(before.casefold()), _WORD.findall(after.casefold())
    return any(
        one is None or other is None or not _is_misspelt(one, other)
        for one, other in zip_longest(old, new)
        if one != other
    )


def _is_misspelt(one: str, other: str) -> bool:
    if any(character.isdigit() for character in one + other):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _MISSPELT


def _changed_figures(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Pairs of figures, each with what it counts, of sentences that differ in nothing else."""
    patterns: defaultdict[str, list[str]] = defaultdict(list)
    for sentence in _all_sentences(before):
        patterns[_pattern(sentence)].append(sentence)
    for sentence in _all_sentences(after):
        olds = patterns.get(_pattern(sentence))
        if not olds or sentence in olds:
            continue
        for old, new in zip(_figures(olds[0]), _figures(sentence), strict=True):
            if old != new:
                yield old, new


def _all_sentences(text: str) -> list[str]:
    return [sentence for line in text.splitlines() for sentence in sentences(line)]


def _pattern(sentence: str) -> str:
    return _FIGURE.sub("0", sentence).casefold()


def _figures(sentence: str) -> list[str]:
    figures = []
    for figure in _FIGURE.finditer(sentence):
        counted = None if figure[0].endswith("%") else _COUNTED.match(sentence, figure.end())
        figures.append(figure[0] + (counted[0] if counted else ""))
    return figures


def _shortened(title: str) -> str:
    if len(title) <= LONGEST_SENTENCE // 2:
        return title
    return f"{title[: LONGEST_SENTENCE // 2].rsplit(' ', 1)[0]}…"
