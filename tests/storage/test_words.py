"""An article's words: the first of a text, whichever of its beginnings they are cut from."""

from __future__ import annotations

import pytest

from storage.search import MOST_WORDS, words_of


@pytest.mark.parametrize("word", ["harbour", "hafenmöwe", "“bay”", "港の船"])
@pytest.mark.parametrize("before", range(4))
def test_a_long_texts_words_are_those_of_its_beginning(word: str, before: int):
    text = "x" * before + f" {word} of 2026" * 600
    whole = words_of("", text)
    assert len(whole) == MOST_WORDS
    assert whole == words_of("", text[: len(text) // 2])
    assert whole[:-1] == words_of("", " ".join(text.split()[: MOST_WORDS * 2]))[: MOST_WORDS - 1]


def test_numbers_beside_letters_are_words_of_their_own():
    assert words_of("", "In 2026 the cove19 of ABC1234def — 12 ships") == [
        "2026", "the", "cove", "abc", "1234", "def", "ships"
    ]  # fmt: skip
