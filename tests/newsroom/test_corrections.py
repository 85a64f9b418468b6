"""What a revision is said to have changed, and how often cards are edited for revisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.corrections import LONGEST_PAUSE, Told, correction_of, is_retracted, shown_at, takes_back

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "correction"),
    [
        (
            Told("Twelve hurt in fire", "The fire hurt 12 people on Monday. It began at 3.15 am."),
            Told("Twelve hurt in fire", "The fire hurt 15 people on Monday. It began at 3.15 am."),
            "Figures changed: 12 people → 15 people.",
        ),
        (
            Told("Council votes for the bridge", "The bridge costs 4.5 million."),
            Told("Council votes against the bridge", "The bridge costs 4.5 million."),
            "The headline was “Council votes for the bridge”.",
        ),
        (
            Told("Rates rise to 3%", "The bank raised rates to 3% from 2.75%."),
            Told("Rates rise to 3.25%", "The bank raised rates to 3.25% from 3%."),
            "The headline was “Rates rise to 3%”. Figures changed: 3% → 3.25%; 2.75% → 3%.",
        ),
        (Told("Die Brücke steht", "Sie kostet 10 Mio."), Told("Die Brücke steht", "Sie kostet 12 Mio."),
         "Figures changed: 10 Mio → 12 Mio."),
    ],
)  # fmt: skip
def test_headlines_and_figures_are_told(before: Told, after: Told, correction: str) -> None:
    assert correction_of(before, after) == correction


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Told("A bridge is open", "It opened."), Told("A Bridge is Open!", "It opened.")),
        (Told("The govermnent falls", "It fell."), Told("The government falls", "It fell.")),
        (Told("A bridge", "It has 3 arches."), Told("A bridge", "Its 5 arches were built in 1903.")),
        (Told("A bridge", "It opened."), Told("A bridge", "It opened. A band played 3 songs.")),
    ],
)
def test_what_does_not_matter_is_not_told(before: Told, after: Told) -> None:
    assert correction_of(before, after) is None


def test_a_correction_stays_short() -> None:
    many = " ".join(f"There are {n} of the kind number {word}." for n, word in enumerate("abcdefghij"))
    more = " ".join(f"There are {n + 1} of the kind number {word}." for n, word in enumerate("abcdefghij"))
    correction = correction_of(Told("word " * 200, many), Told("other", more))
    assert correction is not None
    assert len(correction) < 500


@given(st.text(max_size=60), st.text(max_size=200))
def test_what_stays_the_same_is_no_correction(title: str, summary: str) -> None:
    assert correction_of(Told(title, summary), Told(title, summary)) is None


@given(st.text(max_size=60), st.text(max_size=200), st.text(max_size=60), st.text(max_size=200))
def test_any_texts_can_be_compared(title: str, summary: str, other: str, more: str) -> None:
    correction_of(Told(title, summary), Told(other, more))


@pytest.mark.parametrize(
    "title",
    [
        "Retracted: a cure for all",
        "[RETRACTED] A cure for all",
        "RETRACTION: A cure for all",
        "Withdrawn: A cure for all",
        "Retracted article: A cure",
        "Zurückgezogen: Ein Mittel gegen alles",
        "Отозвано: Лекарство от всего",
        "撤回：万能药",
    ],
)
def test_a_headline_takes_its_article_back(title: str) -> None:
    assert is_retracted(title)


@pytest.mark.parametrize(
    "title",
    ["Retracted papers are cited for years", "Troops withdrawn from the border", "Withdrawn cash is taxed"],
)
def test_a_headline_about_taking_back_does_not(title: str) -> None:
    assert not is_retracted(title)


def test_revisions_are_shown_more_and_more_seldom() -> None:
    assert shown_at(NOON, None, 0) == NOON
    pauses = [shown_at(NOON, NOON, revisions) - NOON for revisions in range(1, 50)]
    assert pauses[0] == timedelta(minutes=5)
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert shown_at(NOON, NOON - timedelta(days=1), 30) == NOON


CURE = "A cure for all ills was found"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (CURE, f"RETRACTED: {CURE}", True),
        (CURE, "Retracted: A cure for all ills is found", True),
        (CURE, "[Withdrawn]", True),
        ("万能药", "撤回：万能药", True),
        ("Enable is doubtful for Sunday", "Withdrawn: Horse of the year misses the Arc", False),
        ("Withdrawn: Enable misses the Ark", "Withdrawn: Enable misses the Arc", False),
        ("Listeria nel salame", "Ritirato: tutti i lotti in vendita al supermercato", False),
        (CURE, CURE, False),
    ],
)
def test_an_article_is_taken_back_by_what_was_put_before_its_headline(
    before: str, after: str, expected: bool
) -> None:
    assert takes_back(before, after) is expected
