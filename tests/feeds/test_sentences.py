"""Lines cut into sentences, in many languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.summary.sentences import LONGEST_QUOTATION, sentences

PASSAGES = Path(__file__).parents[2] / "benchmarks" / "passages"
"""A file for each language: a sentence a line, a blank line between paragraphs."""
LANGUAGES = ["ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pl", "pt", "ru", "tr", "uk", "zh"]


def test_there_are_passages_in_each_language() -> None:
    assert sorted(path.stem for path in PASSAGES.glob("*.txt")) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_paragraphs_are_cut_into_their_sentences(language: str) -> None:
    blank = "" if language in ("ja", "zh") else " "
    count = 0
    for paragraph in (PASSAGES / f"{language}.txt").read_text(encoding="utf-8").strip().split("\n\n"):
        wanted = paragraph.splitlines()
        assert sentences(blank.join(wanted), language) == wanted
        count += len(wanted)
    assert count >= 25


TRAPS = {
    "a slip": ("en", "Xi came to Modi in April.Previously, Modi went to him.", 2),
    "an address is no slip": ("en", "See example.Com and Node.Js and a.test.", 1),
    "a short quotation": ("en", "“It came. It went.” Nobody saw it.", 2),
    "a number of a list": ("en", "3. Third, it came.", 1),
    "nobody's quotation": ("en", "The 5\" pipe broke. The 6\" pipe held.", 2),
    "a quotation never closed": ("en", "“It came. It went. Nobody saw it.", 3),
    "quotations in one another": ("en", "“She said ‘Go. Now.’ to me,” he said. I went.", 2),
    "a brand that begins small": ("en", "It was sold. iPhone sales grew.", 2),
    "an apostrophe before the stop": ("en", "It was, until it wasn't. Post went on. So did I'd.", 3),
    "a name that says something else": ("en", "“It is untrue.” Merchant says the row is over.", 2),
    "a name that said it": ("en", "“Go away!” Tom said on Monday. Then he left.", 2),
    "Greek": ("el", "Ήρθε χθες! Έφυγε σήμερα.", 2),
    "Dutch": ("nl", "De heer dhr. Jansen kwam. 's Avonds ging hij weg.", 2),
    "Swedish": ("sv", "Den 5. maj kom hon hem. Sedan åkte hon.", 2),
    "Czech": ("cs", "Přijel 3. března do Prahy. Pak odjel.", 2),
    "Urdu": ("ur", "وہ آیا۔ پھر وہ چلا گیا۔", 2),
    "in no known language": (None, "Dr. Smith came at 8.30. He left. Сказал А. С. Петров. 起重机到了。它走了。", 5),
}  # fmt: skip


@pytest.mark.parametrize(("language", "line", "count"), TRAPS.values(), ids=TRAPS.keys())
def test_traps(language: str | None, line: str, count: int) -> None:
    found = sentences(line, language)
    assert len(found) == count, found


def test_a_long_quotation_is_cut_at_its_own_sentences() -> None:
    words = "It came and went. " * (LONGEST_QUOTATION // 15)
    assert len(sentences(f"“{words.strip()}” Nobody saw it.", "en")) > 10


@settings(max_examples=200)
@given(
    st.text("aB.!?… 1\"“”«»()'。」「؟।Дж", max_size=200),
    st.sampled_from(["en", "de", "tr", "ja", "ko", None]),
)
def test_sentences_are_pieces_of_the_line_in_its_order(line: str, language: str | None) -> None:
    at = 0
    for one in sentences(line, language):
        assert one == one.rstrip()
        found = line.index(one, at)
        assert not line[at:found].strip()
        at = found + len(one)
    assert not line[at:].strip()


def cost(work: Callable[[], object]) -> float:
    """Seconds of CPU, at best of three."""
    spent = []
    for _ in range(3):
        begun = process_time()
        work()
        spent.append(process_time() - begun)
    return min(spent)


MARKS = ["。", "！", "。」", "。 ", "…", "… ", ".", ". ", '!"', "۔", "۔ ", "a。", "。」」」」」", "“", "(", "”", "(“ ",
         ". A", "A. ", "1. ", "«» ", "!“ ", '" ', "a.B", ".)"]  # fmt: skip


@pytest.mark.parametrize("unit", MARKS)
def test_cutting_into_sentences_takes_linear_time(unit: str) -> None:
    short, long = unit * (2_000 // len(unit)), unit * (16_000 // len(unit))
    # Eight times the text: about eight times as long; were it quadratic, 64 times.
    assert cost(lambda: sentences(long)) < 24 * max(cost(lambda: sentences(short)), 0.001)
