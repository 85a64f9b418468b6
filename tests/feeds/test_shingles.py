"""Shingles: the same text is found again, however it was edited, on every platform."""

from __future__ import annotations

import random

import pytest

from bot.feeds.shingles import MOST, containment, in_order, pack, shingles, unpack

WORDS = [f"word{n}" for n in range(5_000)]


def text(seed: int, words: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def test_numbers_are_the_same_everywhere_and_always() -> None:
    kept = shingles("The new harbour crane arrived on Monday after a voyage of three weeks from Rotterdam.")
    assert pack(kept).hex() == "7207a46885a8dccba2d6b0d2cb98fcc7cc50e85cd7edecb3"


def test_one_in_four_is_kept() -> None:
    assert 210 < len(shingles(text(1, 1_000))) < 290


def test_packing() -> None:
    kept = shingles(text(1, 500))
    assert unpack(pack(kept)) == kept
    assert list(in_order(pack(kept))) == sorted(kept)
    assert len(pack(kept)) == 4 * len(kept)
    assert pack(kept) == b"".join(number.to_bytes(4, "big") for number in sorted(kept))
    assert unpack(b"") == shingles("") == frozenset()
    with pytest.raises(ValueError, match="four bytes"):
        unpack(b"abc")


def test_case_and_marks_do_not_matter() -> None:
    assert shingles("It’s THE crane, (that) came. Again!") == shingles("it's the crane that came again")


def test_what_is_cut_is_contained() -> None:
    whole = text(1, 800)
    beginning = whole[: int(len(whole) * 0.3)]
    assert containment(shingles(whole), shingles(beginning)) > 0.95
    assert containment(shingles(beginning), shingles(whole)) > 0.95


def test_another_text_is_not() -> None:
    assert containment(shingles(text(1, 800)), shingles(text(2, 800))) < 0.05


def test_long_texts_keep_the_same_ones() -> None:
    long = text(1, 12_000)
    kept = shingles(long)
    assert len(kept) == MOST
    assert containment(kept, shingles(long + " " + text(2, 6_000))) > 0.95
    assert containment(kept, shingles(long[: len(long) // 2])) > 0.9
    assert containment(kept, shingles(text(3, 12_000))) < 0.05


def test_of_a_few_words_nothing_is_said() -> None:
    assert containment(shingles("The crane is here."), shingles("The crane is here.")) == 0
    assert containment(frozenset(), frozenset()) == 0


def test_scripts_without_blanks() -> None:
    one = "起重机今天到了港口它能吊四十吨市政府为此支付了四百万元渔民们一直希望有一台更强的起重机" * 2
    other = "市长昨天宣布新的图书馆将在明年春天开放届时居民可以免费借阅书籍报纸和电影光盘请大家注意" * 2
    assert containment(shingles(one), shingles(f"本报讯{one}记者李明")) > 0.8
    assert containment(shingles(one), shingles(other)) < 0.1
