"""Other articles' teasers by their shape: elements of one kind beside each other, a linked headline and a few words
in each. Pure, and in linear time."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate

from bot.feeds.extract.markup import INLINE, Element
from bot.feeds.extract.threads import Lines, leads_away

_LINKED, _FEWEST_WORDS = 0.9, 3  # of a headline; "Read more" is none
_MOST_WORDS = 60  # of a teaser
_FEWEST = 3
_STEPS_UP = 12


def teasers_in(lines: Lines) -> set[int]:
    """Which lines belong to teasers."""
    headlines = [
        line.linked >= _LINKED
        and line.words >= _FEWEST_WORDS
        and line.holder.tag not in ("li", "td", "tr", "button")
        and leads_away(line)
        for line in lines
    ]
    words = [0, *accumulate(line.words for line in lines)]
    counted = [0, *accumulate(headlines)]
    found: defaultdict[tuple[Element, str, str], list[Element]] = defaultdict(list)
    for at, is_headline in enumerate(headlines):
        if not is_headline:
            continue
        element = _card(lines, lines[at].holder, words, counted)
        parent = element.getparent()
        if parent is not None and element.tag not in INLINE:
            found[(parent, element.tag, element.get("class") or "")].append(element)
    return {
        at
        for cards in found.values()
        if len(cards) >= _FEWEST
        for card in cards
        for at in range(*lines.spans[card])
    }


def _card(lines: Lines, element: Element, words: list[int], counted: list[int]) -> Element:
    """The widest element around a headline that holds no other, and no more than a teaser's words."""
    for _ in range(_STEPS_UP):
        parent = element.getparent()
        if parent is None:
            break
        first, end = lines.spans[parent]
        if words[end] - words[first] > _MOST_WORDS or counted[end] - counted[first] > 1:
            break
        element = parent
    return element
