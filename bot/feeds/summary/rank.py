"""LeadRank: the sentences that tell an article best within a budget, in its own order. Pure, in bounded time.

A sentence scores for standing early, for sharing words with the others and with the headline, and loses for beginning
in a way that needs what is left out. The best set within the budget wins by the sum of score times a power of length,
less what its sentences repeat of one another; one that would add too little is left out, and the budget unused. The
weights were chosen on the pages' and feeds' articles that publishers describe, both halves of which agree
(`benchmarks/summaries.py`): a little above three leading sentences, and far above what ranks without regard to place.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.feeds.summary.languages import SMALL_WORDS
from bot.feeds.summary.openers import Standing, begins_quoted, leaves_open, speaks_of_itself, standing
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


@dataclass(frozen=True, slots=True)
class _Sentence:
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
    times = Counter(term for one in terms for term in one)
    rarity = {term: math.log(1 + count / n) for term, n in times.items()}
    centre = {term: rarity[term] * n for term, n in times.items()}
    squares = {term: weight**2 for term, weight in rarity.items()}
    products = {term: weight * centre[term] for term, weight in rarity.items()}
    degrees = _degrees(terms)
    top = max(degrees, default=0) or 1
    centre_length = math.sqrt(sum(weight**2 for weight in centre.values()))
    title = _terms(headline, language)
    scored = []
    for at, (text, own) in enumerate(zip(sentences, terms, strict=True)):
        length = count_words(text)
        stands = standing(text, language)
        score = (
            _EARLY * math.exp(-at / _DECAY)
            + _FIRST * (at == 0)
            + _DEGREE * degrees[at] / top
            + _CENTRE * _to_centre(own, squares, products) / (centre_length or 1)
            + _TITLE * _alike(own, title)
            - _penalty(text, stands, length)
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


def _degrees(terms: list[frozenset[str]]) -> list[float]:
    """How much each shares with all others: the sum of its cosines with them, term by term."""
    shared: defaultdict[str, float] = defaultdict(float)
    for one in terms:
        weight = 1 / math.sqrt(len(one) or 1)
        for term in one:
            shared[term] += weight
    return [sum(map(shared.__getitem__, one)) / math.sqrt(len(one)) - 1 if one else 0.0 for one in terms]


def _to_centre(own: frozenset[str], squares: dict[str, float], products: dict[str, float]) -> float:
    """The cosine with the centre, times the centre's length; of each term its rarity's square, and its product."""
    if not own:
        return 0.0
    return sum(map(products.__getitem__, own)) / math.sqrt(sum(map(squares.__getitem__, own)))


def _penalty(text: str, stands: Standing, length: int) -> float:
    return _LOST[stands] + 0.3 * begins_quoted(text) + 0.3 * speaks_of_itself(text) + 0.3 * (length < _SHORT)


class _Choice:
    """The search for the best set: sentences are taken or left in the article's order, hopeless branches cut."""

    def __init__(
        self, fitting: list[_Sentence], length: Length, worst_opener: Standing, share: float
    ) -> None:
        self._length = length
        self._share = share / length.sentences
        self._worst_opener = worst_opener
        kept = sorted(sorted(fitting, key=lambda one: -one.worth)[:_CANDIDATES], key=lambda one: one.at)
        self._candidates = [
            one for one in kept if one.standing is not Standing.UNFIT or worst_opener is Standing.UNFIT
        ]
        self._tried = 0
        self.value = 0.0
        self.best: list[_Sentence] = []
        self._extend(0, [], 0.0, length.words)

    def _extend(self, at: int, chosen: list[_Sentence], value: float, left: int) -> None:
        if value > self.value and self._may_end(chosen):
            self.value, self.best = value, list(chosen)
        room = self._length.sentences - len(chosen)
        self._tried += 1
        if not room or self._tried > _MOST_TRIED:
            return
        for n in range(at, len(self._candidates)):
            one = self._candidates[n]
            if value + self._hope(n, room) <= self.value:
                return
            if one.words <= left and self._is_worth(one, chosen) and self._may_follow(one, chosen):
                repeated = sum(
                    _alike(one.terms, other.terms) * min(one.worth, other.worth) for other in chosen
                )
                chosen.append(one)
                self._extend(n + 1, chosen, value + one.worth - _REPEATED * repeated, left - one.words)
                chosen.pop()

    def _is_worth(self, one: _Sentence, chosen: list[_Sentence]) -> bool:
        best = max((other.worth for other in chosen), default=0.0)
        return one.worth >= best * self._share

    def _hope(self, at: int, room: int) -> float:
        """What the best sentences from here on could add at most."""
        return sum(sorted((one.worth for one in self._candidates[at:]), reverse=True)[:room])

    def _may_follow(self, one: _Sentence, chosen: list[_Sentence]) -> bool:
        if not chosen:
            return one.standing <= self._worst_opener
        follows = chosen[-1].at == one.at - 1
        return follows or (one.standing < Standing.LEANING and chosen[-1].standing is not Standing.ASKING)

    def _may_end(self, chosen: list[_Sentence]) -> bool:
        """Whether nothing is left open: no quotation, and no question, unless there is no other way."""
        if self._worst_opener is Standing.UNFIT:
            return True
        return chosen[-1].standing is not Standing.ASKING and not leaves_open(
            " ".join(one.text for one in chosen)
        )
