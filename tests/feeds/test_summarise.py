"""Summaries: whole sentences of the article's own, within the budget, in many languages."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.model import Entry
from bot.feeds.summarise import summarise
from bot.feeds.text import count_words, sentences
from tests.examples import examples

LONG = "The harbour " + "very " * 70 + "calm."


def entry(description: str = "", content: str = "", title: str = "Crane arrives") -> Entry:
    return Entry("id", "https://harbour.test/", title, summary_html=description, content_html=content)


SUMMARIES = {
    "whole description": (entry("The crane is here. It lifts 40 tons."), "The crane is here. It lifts 40 tons."),
    "nothing": (entry(), ""),
    "only a picture": (entry('<img src="a.png" alt="A crane.">'), ""),
    "description before content": (entry("<p>In short.</p>", "<p>At length. And so on.</p>"), "In short."),
    "cut-off description, content whole": (
        entry("The crane is here. It lifts [&#8230;]", "<p>The crane is here. It lifts 40 tons.</p>"),
        "The crane is here. It lifts 40 tons.",
    ),
    "cut in mid-word, content whole": (entry("The crane is he", "The crane is here."), "The crane is here."),
    "cut-off description alone": (entry("The crane is here. It lifts..."), "The crane is here."),
    "only a cut-off sentence": (entry("It lifts 40 tons and [...]"), "It lifts 40 tons and…"),
    "only a fragment": (entry("Interview with the crane"), "Interview with the crane"),
    "one too long sentence": (entry(LONG), "The harbour " + "very " * 57 + "very…"),
    "a too long sentence before a short one": (entry(f"{LONG} It rained."), "It rained."),
    "three sentences": (entry("One came. Two came. Three came. Four came."), "One came. Two came. Three came."),
    "description is the headline": (entry("Crane arrives", "The crane is here."), "The crane is here."),
    "headline repeated above": (entry("", "<h1>Crane arrives</h1><p>It is here.</p>"), "It is here."),
    "appeared first": (
        entry("<p>It is here.</p><p>The post <a>Crane arrives? Yes!</a> appeared first on <a>Port</a>.</p>"),
        "It is here.",
    ),
    "appeared first, German": (
        entry("<p>Er ist da.</p><p>Der Beitrag Kran erschien zuerst auf Hafen.</p>"), "Er ist da."),
    "appeared first, French": (
        entry("<p>Elle est là.</p><p>L’article Grue est apparu en premier sur Port.</p>"), "Elle est là."),
    "appeared first, Polish": (entry("Jest tu. Artykuł Dźwig pochodzi z serwisu Port."), "Jest tu."),
    "read more": (entry("It is here. <a>Read more</a>"), "It is here."),
    "read more, in brackets": (entry("<p>It is here. (Read more…)</p>"), "It is here."),
    "continue reading the title": (
        entry("<p>It is here.</p><p><a>Continue reading “Crane arrives” →</a></p>"), "It is here."),
    "continue reading an unquoted title": (
        entry("<p>It is here. <a>Continue reading Crane arrives →</a></p>"), "It is here."),
    "weiterlesen": (entry("<p>Er ist da. <a>Weiterlesen →</a></p>"), "Er ist da."),
    "lire la suite": (entry("<p>Elle est là.</p><p>Lire la suite »</p>"), "Elle est là."),
    "comments": (entry("<p>It is here.</p><p>12 Comments</p><a>Comments</a>"), "It is here."),
    "addresses alone": (entry("<p>https://a.test/x?y=1</p><p>It is here.</p><p>www.a.test</p>"), "It is here."),
    "a link list": (
        entry("<p>Article URL: <a>https://a.test/</a></p><p>Comments URL: <a>https://b.test/</a></p>"
              "<p>Points: 12</p><p># Comments: 3</p>"),
        "",
    ),
    "a donation meter": (
        entry("", "<div>0 $ 2,500 $ 5,000 $ 2,640 $</div><p>Support us</p><p>It is here.</p>"), "It is here."),
    "captions": (
        entry("", "<figure><img><figcaption>A crane. Photo: Ann.</figcaption></figure><p>It is here.</p>"),
        "It is here."),
    "scripts and styles": (entry("<style>p {}</style><script>alert('x.')</script>It is here."), "It is here."),
    "a quotation is not left open": (
        entry(f"“It is here. {LONG}”"), "“It is here."),
    "reading on is not always an appendage": (
        entry("She likes to read more."), "She likes to read more."),
    "abbreviations": (
        entry("Dr. Smith of the U.S. Navy came at 5 p.m. on Jan. 3. He left."),
        "Dr. Smith of the U.S. Navy came at 5 p.m. on Jan. 3. He left."),
}  # fmt: skip


@pytest.mark.parametrize("case", SUMMARIES.values(), ids=SUMMARIES.keys())
def test_summary(case: tuple[Entry, str]) -> None:
    given_entry, wanted = case
    assert summarise(given_entry) == wanted


FIRST_SENTENCES = {
    "English": ("Mr. J. Smith paid $3.5 million to Acme Inc. in May. He left.", "in May."),
    "German": ("Am 3. Oktober kam Dr. Müller z. B. um ca. 8 Uhr. Dann ging er.", "um ca. 8 Uhr."),
    "German ordinal": ("Der 2. Weltkrieg endete 1945. Danach kam Frieden.", "endete 1945."),
    "French": ("M. Dupont a dit « oui ». Mme Durand est partie.", "« oui »."),
    "Spanish": ("El Sr. García llegó. ¿Quién lo vio?", "llegó."),
    "Italian": ("Il dott. Rossi è arrivato. Poi è partito.", "è arrivato."),
    "Dutch": ("De heer dhr. Jansen kwam. Hij ging.", "kwam."),
    "Polish": ("Przyjechał o godz. 8 na ul. Długą. Potem wyjechał.", "Długą."),
    "Czech": ("Přijel 3. března do Prahy. Pak odjel.", "do Prahy."),
    "Russian": ("В 2020 г. Иванов приехал на ул. Ленина. Потом уехал.", "Ленина."),
    "Swedish": ("Den 5. maj kom hon hem. Sedan åkte hon.", "hem."),
    "Greek question": ("Ήρθε χθες! Έφυγε σήμερα.", "χθες!"),
    "Hindi": ("वह आया। फिर वह चला गया।", "वह आया।"),
    "Arabic": ("هل وصلت الرافعة؟ نعم وصلت.", "هل وصلت الرافعة؟"),
    "Japanese": ("「着いた。」と言った。次の日に去った。", "「着いた。」"),
    "Chinese": ("起重机到了。它能吊四十吨。", "起重机到了。"),
    "Korean": ("크레인이 도착했다. 무겁다.", "도착했다."),
}


@pytest.mark.parametrize(("text", "end"), FIRST_SENTENCES.values(), ids=FIRST_SENTENCES.keys())
def test_first_sentence_in_many_languages(text: str, end: str) -> None:
    first = summarise(entry(text), sentences=1)
    assert text.startswith(first)
    assert first.endswith(end)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one two  three", 3),
        ("起重机到了", 3),
        ("クレーンが着いた", 4),
        ("เครนมาถึงแล้ว", 3),
        ("x" * 4000, 101),
    ],
)
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    assert count_words(text) == words


def test_unspaced_scripts_are_cut_within_the_budget() -> None:
    summary = summarise(entry("起重机" * 200))
    assert summary.endswith("机…")
    assert count_words(summary) <= 61


word = st.text("xyzé", min_size=3, max_size=9)
sentence = st.builds(lambda ws: " ".join(ws).capitalize() + ".", st.lists(word, min_size=1, max_size=40))


@settings(max_examples=examples(60))
@given(st.lists(sentence, max_size=8), st.lists(sentence, max_size=8), st.integers(5, 60), st.integers(1, 4))
def test_budget_and_origin(described: list[str], told: list[str], words: int, most: int) -> None:
    one = entry(f"<p>{' '.join(described)}</p>", "".join(f"<p>{s}</p>" for s in told))
    summary = summarise(one, words=words, sentences=most)
    assert count_words(summary) <= words
    assert summary.count(".") <= most
    for part in filter(None, summary.rstrip("…").split(". ")):
        assert part.rstrip(".") in " ".join(described + told)
    if not summary.endswith("…"):
        assert summary == "" or summary.endswith(".")


@settings(max_examples=examples(60))
@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_makes_it_raise(description: str, content: str) -> None:
    assert "\n" not in summarise(entry(description, content))


def cost(work: Callable[[], object]) -> float:
    """Seconds of CPU."""
    begun = process_time()
    work()
    return process_time() - begun


def costs_less(seconds: float, work: Callable[[], object]) -> bool:
    """Whether it takes less CPU, at best of three."""
    return any(cost(work) < seconds for _ in range(3))


def takes_linear_time(short: Callable[[], object], long: Callable[[], object]) -> bool:
    """Whether eight times the text takes about eight times as long; were it quadratic, 64 times."""
    return costs_less(24 * max(min(cost(short) for _ in range(3)), 0.0005), long)


MARKS = ["。", "！", "。」", "。 ", "…", "… ", ".", ". ", '!"', "۔", "۔ ", "a。", "。」」」」」"]


@pytest.mark.parametrize("unit", MARKS)
def test_cutting_into_sentences_takes_linear_time(unit: str) -> None:
    short, long = unit * (8_000 // len(unit)), unit * (64_000 // len(unit))
    assert takes_linear_time(lambda: sentences(short), lambda: sentences(long))


LINES = ["→", "→ ", " →", "‹", "›", "»", "… ", "。", "！」", "read more", "read more ", "read more x ", "read more: ",
         "read more→", "read more x→ ", "read more: “", "The post ", "The post x appeared first on ", "submitted by u/",
         "12 comments ", "https://a.test/", "source: ", "[", "( ", "…]", "“", "x:", "#-", "1 ", "x", "机"]  # fmt: skip


@pytest.mark.parametrize("unit", LINES)
@pytest.mark.parametrize(
    "start",
    ["", *(pytest.param(start, marks=pytest.mark.thorough) for start in ("Read more x ", "Read more: "))],
)
def test_a_line_takes_linear_time(unit: str, start: str) -> None:
    def lines(length: int) -> Entry:
        line = f"{start}{unit * (length // len(unit))} x"
        return entry("", f"<p>{line}</p>" * 4)

    short, long = lines(490), lines(3_920)
    assert takes_linear_time(lambda: summarise(short), lambda: summarise(long))


@pytest.mark.parametrize("unit", LINES)
def test_an_entry_of_the_greatest_size_is_summarised_fast(unit: str) -> None:
    line = unit * (3_990 // len(unit))
    assert costs_less(0.8, lambda: summarise(entry("", f"<p>{line}</p>" * 20)))


def test_what_a_line_ends_with_falls_away_however_long_the_line_is() -> None:
    text = "The crane lifts again. " * 100
    for end in (
        "Read more →",
        "Continue reading Crane « arrives » →",
        "The post Crane appeared first on Port.",
    ):
        assert summarise(entry(f"{text}{end}"), sentences=200, words=1000) == text.strip()
