"""Which articles of a guild tell of the same things: TF-IDF and cosine over titles and summaries. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from math import log, sqrt

from storage.records import Article

MOST = 3
# Unrelated articles, two or two hundred of them, stay below 0.16; two reports of one event reach about 0.3.
THRESHOLD = 0.16
# A title says more about an article than any sentence of its summary.
TITLE_WEIGHT = 2
# Longer summaries add cost and noise, not likeness.
MOST_WORDS = 120

_WORD = re.compile(r"[^\W\d_]{3,}|\d{4,}")
# What is written without blanks is compared by pairs of characters.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]+")


class RelatedArticles:
    """An index over some articles, made once and asked often.

    Words that stand in many of the articles weigh little, so no list of stop words is needed in any language
    (Salton and Buckley, "Term-weighting approaches in automatic text retrieval", 1988).
    """

    def __init__(self, articles: Iterable[Article]) -> None:
        self._articles = {article.id: article for article in articles}
        counts = {article.id: _words(article) for article in self._articles.values()}
        documents: Counter[str] = Counter()
        for words in counts.values():
            documents.update(words.keys())
        total = len(counts)
        # A word that stands in one article only, or in a fifth of many, relates nothing.
        self._weights = {
            word: log(1 + total / found)
            for word, found in documents.items()
            if 1 < found <= max(10, total / 5)
        }
        # Lengths count every word: an article of many words of its own is less like any other.
        self._rare = log(1 + total)
        self._holders: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for article_id, words in counts.items():
            for word, weight in self._vector(words).items():
                self._holders[word].append((article_id, weight))

    def to(self, article: Article) -> tuple[Article, ...]:
        """At most three other articles that are most like this one, the likest first; the newer wins a tie.

        The article itself need not be in the index. Another entry of the same address is no relation.
        """
        likeness: defaultdict[int, float] = defaultdict(float)
        for word, weight in self._vector(_words(article)).items():
            for article_id, other_weight in self._holders.get(word, ()):
                likeness[article_id] += weight * other_weight
        near = sorted(
            (
                (score, article_id)
                for article_id, score in likeness.items()
                if score >= THRESHOLD and self._is_another(article, article_id)
            ),
            reverse=True,
        )
        return tuple(self._articles[article_id] for _, article_id in near[:MOST])

    def _is_another(self, article: Article, other_id: int) -> bool:
        other = self._articles[other_id]
        return other.id != article.id and (article.url is None or other.url != article.url)

    def _vector(self, words: Counter[str]) -> dict[str, float]:
        """Weights of the words that can relate; the whole article has length 1."""
        square = sum(
            ((1 + log(count)) * self._weights.get(word, self._rare)) ** 2 for word, count in words.items()
        )
        length = sqrt(square) or 1.0
        return {
            word: (1 + log(count)) * self._weights[word] / length
            for word, count in words.items()
            if word in self._weights
        }


def _words(article: Article) -> Counter[str]:
    return Counter([*_cut(article.title) * TITLE_WEIGHT, *_cut(article.summary)])


def _cut(text: str) -> list[str]:
    words = []
    for match in _WORD.finditer(text.casefold()):
        word = match.group()
        if _UNSPACED.fullmatch(word):
            words += [word[start : start + 2] for start in range(len(word) - 1)]
        else:
            words.append(word)
        if len(words) >= MOST_WORDS:
            break
    return words
