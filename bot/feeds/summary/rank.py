"""LeadRank: the sentences that tell an article best within a budget, in its own order. Pure, in bounded time.

A sentence scores for standing early, for sharing words with the others and with the headline, and loses for beginning
in a way that needs what is left out. The best set within the budget wins by the sum of score times a power of length,
less what its sentences repeat of one another; one that would add too little is left out, and the budget unused. The
weights were chosen on the pages' and feeds' articles that publishers describe, both halves of which agree
(`benchmarks/summaries.py`): a little above three leading sentences, and far above what ranks without regard to place.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from typing import NamedTuple

from bot.feeds.summary.languages import SMALL_WORDS
from bot.feeds.summary.openers import (
    Standing,
    begins_quoted,
    leaves_open,
    speaks_of_itself,
    standing,
    suspected_self_talk,
)
from bot.feeds.text import count_words, split_words

_MOST_RANKED = 20  # sentences of an article that are looked at
_EARLY, _DECAY, _FIRST = 6.0, 2.0, 2.5
_DEGREE, _CENTRE, _TITLE = 1.0, 0.6, 1.0
_POWER = 0.4
_FAIR_SHARE = 0.9  # of the best chosen sentence's worth, divided by how many there may be, each must have
_CANDIDATES = 14  # the best of them, of which sets are made
_MOST_TRIED = 6_000  # sets
_STEM = 6  # letters by which words are compared
_REPEATED = 0.6  # of the smaller sentence's worth that a full repetition costs
_SHORT = 6  # words under which a sentence says little
_FLOOR = 0.05  # no sentence is worth less than nothing: the budget is there to be used
_YIELDS = 0.7  # of a set's worth must be another's that opens better, to be taken instead
_LOST = {
    Standing.FREE: 0.0,
    Standing.PERSONAL: 0.2,
    Standing.ASKING: 0.3,
    Standing.LEANING: 0.3,
    Standing.UNFIT: 1.0,
}
_UNKNOWN = SMALL_WORDS["en"]


@dataclass(frozen=True, slots=True)
class Length:
    """How long a summary may be: `words` as `count_words` counts, and sentences.

    A publisher's description shorter than `least` words is too short to stand for it.
    """

    words: int
    sentences: int
    least: int


class _Sentence(NamedTuple):
    at: int
    text: str
    words: int
    terms: frozenset[str]
    standing: Standing
    worth: float


class Ranked:
    """An article's sentences, scored once and chosen from for each length."""

    def __init__(self, sentences: Sequence[str], headline: str, language: str | None) -> None:
        self._sentences = _scored(list(dict.fromkeys(sentences))[:_MOST_RANKED], headline, language)

    def best(self, length: Length) -> list[str]:
        """The best set of sentences within a length, in the article's order; empty where none fits.

        The first can stand alone wherever there is one that can; one that leans on the sentence before it comes only
        with that. A set that opens with "I", "we", "you" or a question yields to one that does not, if that is worth
        nearly as much.
        """
        fitting = [one for one in self._sentences if one.words <= length.words]
        words = sum(one.words for one in self._sentences)
        share = 0.0 if words <= length.words and len(self._sentences) <= length.sentences else _FAIR_SHARE
        for worst in (Standing.ASKING, Standing.LEANING, Standing.UNFIT):
            choice = _Choice(fitting, length, worst, share)
            if choice.best and Standing.FREE < choice.best[0].standing <= Standing.ASKING:
                freer = _Choice(fitting, length, Standing.FREE, share)
                choice = freer if freer.value >= _YIELDS * choice.value else choice
            if choice.best:
                return [one.text for one in choice.best]
        return []


def _scored(sentences: list[str], headline: str, language: str | None) -> list[_Sentence]:
    terms = [_terms(text, language) for text in sentences]
    count = len(sentences)
    times = Counter(chain.from_iterable(terms))
    centre = _Centre(count, times)
    degrees = _degrees(terms, times)
    top = max(degrees, default=0) or 1
    self_talk = suspected_self_talk(sentences)
    title = _terms(headline, language)
    scored = []
    for at, (text, own) in enumerate(zip(sentences, terms, strict=True)):
        length = count_words(text)
        stands = standing(text, language)
        score = (
            _EARLY * math.exp(-at / _DECAY)
            + _FIRST * (at == 0)
            + _DEGREE * degrees[at] / top
            + _CENTRE * centre.along(own) / centre.length
            + _TITLE * _alike(own, title)
            - (
                _LOST[stands]
                + 0.3 * begins_quoted(text)
                + 0.3 * speaks_of_itself(text, self_talk)
                + 0.3 * (length < _SHORT)
            )
        )
        scored.append(_Sentence(at, text, length, own, stands, max(score, _FLOOR) * length**_POWER))
    return scored


def _terms(text: str, language: str | None) -> frozenset[str]:
    """What a sentence is about: the stems of its words; in a script without blanks, pairs of signs."""
    words = split_words(text)
    small = SMALL_WORDS.get(language or "", _UNKNOWN)
    stems = {word[:_STEM] for word in words if len(word) > 1 and word not in small}
    signs = [word for word in words if len(word) == 1]
    if len(signs) * 2 > len(words):
        stems |= {first + second for first, second in pairwise(signs)}
    return frozenset(stems)


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The cosine of two sets."""
    return len(one & other) / math.sqrt(len(one) * len(other)) if one and other else 0.0


def _degrees(terms: list[frozenset[str]], times: Mapping[str, int]) -> list[float]:
    """How much each shares with all others: the sum of its cosines with them, term by term."""
    repeated = {term for term, n in times.items() if n > 1}
    shared = dict.fromkeys(repeated, 0.0)
    weights = [1 / math.sqrt(len(one) or 1) for one in terms]
    for one, weight in zip(terms, weights, strict=True):
        for term in one & repeated:
            shared[term] += weight
    return [
        sum([shared.get(term, weight) for term in one]) / math.sqrt(len(one)) - 1 if one else 0.0
        for one, weight in zip(terms, weights, strict=True)
    ]


class _Centre:
    """What all sentences are about together: their terms, weighed by how rare they are.

    How many sentences have a term says all of its weight, so that this is computed for numbers and not for terms.
    """

    def __init__(self, count: int, times: Mapping[str, int]) -> None:
        self._times = times
        rarity = [0.0, *(math.log(1 + count / n) for n in range(1, count + 1))]
        self._squares = [weight**2 for weight in rarity]
        self._products = [weight * (weight * n) for n, weight in enumerate(rarity)]
        lengths = [(weight * n) ** 2 for n, weight in enumerate(rarity)]
        self.length = math.sqrt(sum(map(lengths.__getitem__, times.values()))) or 1

    def along(self, terms: frozenset[str]) -> float:
        """The cosine of a sentence's terms with it, times its length."""
        if not terms:
            return 0.0
        numbers = [self._times[term] for term in terms]
        products = sum(map(self._products.__getitem__, numbers))
        return products / math.sqrt(sum(map(self._squares.__getitem__, numbers)))


class _Choice:
    """The search for the best set: sentences are taken or left in the article's order, hopeless branches cut."""

    def __init__(
        self, fitting: list[_Sentence], length: Length, worst_opener: Standing, share: float
    ) -> None:
        self._length = length
        self._share = share / length.sentences
        self._worst_opener = worst_opener
        kept = fitting
        if len(kept) > _CANDIDATES:
            kept = sorted(sorted(kept, key=lambda one: -one.worth)[:_CANDIDATES], key=lambda one: one.at)
        self._candidates = [
            one for one in kept if one.standing is not Standing.UNFIT or worst_opener is Standing.UNFIT
        ]
        self._by_worth = sorted(((one.worth, n) for n, one in enumerate(self._candidates)), reverse=True)
        self._tried = 0
        self.value = 0.0
        self.best: list[_Sentence] = []
        self._extend(0, [], 0.0, 0.0, length.words)

    def _extend(self, at: int, chosen: list[_Sentence], value: float, top: float, left: int) -> None:
        """Go on from a set: what it is worth, and its best sentence; words that are left, and candidates from `at`."""
        if value > self.value and self._may_end(chosen):
            self.value, self.best = value, list(chosen)
        room = self._length.sentences - len(chosen)
        self._tried += 1
        if not room or self._tried > _MOST_TRIED:
            return
        for n in range(at, len(self._candidates)):
            if value + self._hope(n, room) <= self.value:
                return
            one = self._candidates[n]
            if one.words <= left and one.worth >= top * self._share and self._may_follow(one, chosen):
                repeated = sum(
                    _alike(one.terms, other.terms) * min(one.worth, other.worth) for other in chosen
                )
                chosen.append(one)
                worth = value + one.worth - _REPEATED * repeated
                self._extend(n + 1, chosen, worth, max(top, one.worth), left - one.words)
                chosen.pop()

    def _hope(self, at: int, room: int) -> float:
        """What the best sentences from here on could add at most."""
        return sum(islice((worth for worth, n in self._by_worth if n >= at), room))

    def _may_follow(self, one: _Sentence, chosen: list[_Sentence]) -> bool:
        if not chosen:
            return one.standing <= self._worst_opener
        follows = chosen[-1].at == one.at - 1
        return follows or (one.standing < Standing.LEANING and chosen[-1].standing is not Standing.ASKING)

    def _may_end(self, chosen: list[_Sentence]) -> bool:
        """Whether nothing is left open: no quotation, and no question, unless there is no other way.

        None leaves anything open for itself, but one's quotation marks may mean something else to another.
        """
        if self._worst_opener is Standing.UNFIT:
            return True
        if chosen[-1].standing is Standing.ASKING:
            return False
        return all(one.text.isascii() for one in chosen) or not leaves_open(
            " ".join(one.text for one in chosen)
        )
