"""Full-text search: the words that articles are found by, kept beside them, and those that are like one of them."""

from __future__ import annotations

import re

MOST_WORDS = 150
# A title says more about an article than any sentence of its text.
TITLE_WEIGHT = 2

# What is written without blanks is cut into pairs of characters.
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f"
# Signs above and below letters, and India's vowel signs, are parts of words, though no letters.
_LETTER = rf"(?:(?![{_UNSPACED}])[^\W\d_]|[\u0300-\u036f\u0900-\u0dff])"
_WORD = re.compile(rf"([{_UNSPACED}]{{2,}})|{_LETTER}{{3,}}|\d{{4,}}")
LONGEST_WORD = 40


def keywords(title: str, text: str) -> list[str]:
    """Cut a title, which counts twice, and the beginning of a text into casefolded words, at most 300.

    Longer texts add cost and noise, not likeness.
    """
    return [*_cut(title) * TITLE_WEIGHT, *_cut(text)][: 2 * MOST_WORDS]


def _cut(text: str) -> list[str]:
    words: list[str] = []
    # Even words of three letters are found within this much.
    for match in _WORD.finditer(text[: MOST_WORDS * 20].casefold()):
        if (unspaced := match[1]) is not None:
            words += [unspaced[start : start + 2] for start in range(len(unspaced) - 1)]
        else:
            words.append(match[0][:LONGEST_WORD])
        if len(words) >= MOST_WORDS:
            break
    return words[:MOST_WORDS]
