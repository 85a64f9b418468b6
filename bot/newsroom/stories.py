"""Which articles tell the same story: judged by the shingles that they share. Pure.

Measured over edited copies of news (see `benchmarks/stories.py`): a copy shares half of the shorter text's shingles,
and of articles about other things three in a thousand do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from bot.feeds.shingles import containment, in_order, unpack
from storage.kinship import Kin, Kinship, Told
from storage.search import words_of

COPY = 0.5
DEVELOPING = 0.3
# Nearly the whole text: only this convinces of what is written by a template.
SURE = 0.8
# Of short texts (with fewer shingles: a hundred words) more has to be shared, as one sentence is much of them; of the
# shortest (thirty words) nothing is proved by that. Where the headlines say the same, both are judged as others are.
SHORT, MOST_OF_IT = 24, 0.6
SHORTEST = 8
# What is so much longer holds several texts, such as the day's news in one; only the headline says which it tells.
MOST_LONGER = 4
# A source of which more articles are alike writes them by a template: the weather, the markets.
MOST_VERSIONS = 3
# A source's next report within hours goes on with the story; the next day's is tomorrow's weather.
SOON = timedelta(hours=18)
# So much of the shorter headline's words, and at least two, are in the other.
SAME_HEADLINE = 0.6


def judge(new: Told, others: Sequence[Told]) -> Kin:
    """Which of the others are kin to an article: copies are of other sources only, the likest first."""
    own = unpack(new.shingles)
    near = [
        (likeness, other)
        for other in others
        if (likeness := _likeness(new, own, other)) >= DEVELOPING and other.id != new.id
    ]
    near.sort(key=lambda pair: (-pair[0], pair[1].id))
    versions = Counter(other.source_id for _, other in near)
    copies = []
    developing = None
    for likeness, other in near:
        by_template = max(versions[other.source_id], versions[new.source_id]) > MOST_VERSIONS
        if other.source_id == new.source_id:
            goes_on = not by_template and abs(new.told_at - other.told_at) <= SOON
        else:
            if likeness >= (SURE if by_template else COPY):
                copies.append(other.id)
            goes_on = not by_template
        if goes_on and developing is None:
            developing = other.id
    return Kin(tuple(copies), None if copies else developing)


def _likeness(new: Told, own: frozenset[int], other: Told) -> float:
    """How much of the shorter article is in the longer, from 0 to 1; 0 where that proves nothing."""
    its = unpack(other.shingles)
    likeness = containment(own, its)
    if likeness < DEVELOPING:
        return 0.0
    fewer, more = sorted((len(own), len(its)))
    if fewer < SHORT and likeness < COPY:
        return 0.0
    doubtful = fewer < SHORTEST or (fewer < SHORT and likeness < MOST_OF_IT) or more > MOST_LONGER * fewer
    return 0.0 if doubtful and not _same_headline(new.title, other.title) else likeness


def _same_headline(one: str, other: str) -> bool:
    first, second = set(words_of(one, "")), set(words_of(other, ""))
    shared = len(first & second)
    return shared >= max(2, SAME_HEADLINE * min(len(first), len(second)))


KINSHIP = Kinship(numbers=in_order, judge=judge)
"""The rules by which storage ties articles together."""
