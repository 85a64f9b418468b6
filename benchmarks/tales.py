"""Texts to measure stories and related articles with: real ones, edited copies, and reports of made-up events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random

from bot.feeds.model import Document
from bot.feeds.parse import parse
from bot.feeds.text import plain

SHARED = Path(__file__).resolve().parents[2] / "shared"
_SENTENCE = re.compile(r"[^.!?。\n]+[.!?。]*\s*")
# Shorter texts can't be told from others by their words.
FEWEST_WORDS, MOST_WORDS = 100, 400


@dataclass(frozen=True, slots=True)
class Tale:
    """A headline and its text."""

    title: str
    text: str


def real_tales() -> list[Tale]:
    """The articles of ../shared, long ones in sections: each a text that no other repeats."""
    return [section for tale in whole_tales() for section in _sections(tale)]


def pages() -> Iterator[Tale]:
    """The articles of ../shared/pages: each long, and about one thing."""
    for path in sorted((SHARED / "pages").glob("*.json")):
        page = json.loads(path.read_text())
        yield Tale(page["title"] or "", page["main_content"])


def whole_tales() -> Iterator[Tale]:
    """The articles of ../shared, each but once."""
    yield from pages()
    seen: set[str] = set()
    for path in sorted((SHARED / "feeds").iterdir()):
        # The same feed is there in several formats.
        if path.suffix not in (".rss", ".atom", ".xml", ".json") or path.stem in {*seen, "index"}:
            continue
        seen.add(path.stem)
        feed = parse(path.read_bytes(), "", None, "https://example.org/feed")
        if isinstance(feed, Document):
            for entry in feed.entries:
                yield Tale(entry.title, plain(entry.content_html or entry.summary_html))


def _sections(tale: Tale) -> Iterator[Tale]:
    held: list[str] = []
    count = 0
    for sentence in sentences(tale.text):
        held.append(sentence)
        count += len(sentence.split())
        if count >= MOST_WORDS:
            yield Tale(tale.title, " ".join(held))
            held, count = [], 0
    if count >= FEWEST_WORDS:
        yield Tale(tale.title, " ".join(held))


def sentences(text: str) -> list[str]:
    """A text cut after stops, roughly, and at the latest after forty words: where exactly does not matter here."""
    return [
        " ".join(words[start : start + 40])
        for found in _SENTENCE.findall(text)
        for words in [found.split()]
        for start in range(0, len(words), 40)
    ]


def edited(tale: Tale, chance: Random) -> Tale:
    """The same story as another newspaper prints it: cut, moved about, reworded here and there, with its own words."""
    told = sentences(tale.text)
    if chance.random() < 0.4:
        told = _first(told, chance.uniform(0.6, 0.9))
    if chance.random() < 0.4:
        told = [sentence for sentence in told if chance.random() > 0.15] or told
    if chance.random() < 0.3:
        middle = len(told) // 2
        told = told[middle:] + told[:middle]
    if chance.random() < 0.5:
        told = [_reworded(sentence, chance) for sentence in told]
    if chance.random() < 0.4:
        told = [_own_words(chance), *told, _own_words(chance)]
    title = _reworded(tale.title, chance) if chance.random() < 0.7 else " ".join(told[0].split()[:9])
    return Tale(title, " ".join(told))


def _first(told: list[str], share: float) -> list[str]:
    """The first sentences that hold this share of the words."""
    lengths = list(accumulate(len(sentence.split()) for sentence in told))
    return told[: 1 + sum(length < share * lengths[-1] for length in lengths)]


def _own_words(chance: Random) -> str:
    """A sentence of the newspaper's own."""
    return event(chance, 1)[0].text.split(". ")[0] + "."


def _reworded(sentence: str, chance: Random) -> str:
    """Some words left out, some said otherwise: one in twenty-five."""
    words = []
    for word in sentence.split():
        match chance.randrange(75):
            case 0:
                continue
            case 1:
                words.append("indeed")
            case 2:
                words += [word, "also"]
                continue
        words.append(word)
    return " ".join(words)


def parts(tale: Tale, count: int = 4) -> list[Tale]:
    """A text dealt out sentence by sentence: each part tells of the same things in sentences of its own."""
    told = sentences(tale.text)
    dealt = [told[at::count] for at in range(count)]
    return [Tale(" ".join(part[0].split()[:9]), " ".join(part)) for part in dealt if part]


@dataclass(frozen=True, slots=True)
class _Kind:
    headlines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


# What is told of an event of each kind, every fact in two wordings.
_KINDS = (
    _Kind(
        (
            "Fire destroys {thing} in {place}",
            "{place}: {thing} burns down",
            "Firefighters battle blaze at {thing}",
        ),
        (
            (
                "The fire broke out shortly after {hour} in the {thing} of {place}.",
                "Flames were seen at {hour} above the {thing}, neighbours in {place} say.",
            ),
            (
                "{number} firefighters were there until the morning.",
                "It took {number} men and women of the fire service all night to put it out.",
            ),
            (
                "Chief {name} said that a heater was probably the cause.",
                "According to the head of the brigade, {name}, an old heater is suspected.",
            ),
            (
                "Nobody was hurt, but the damage is put at {number} thousand.",
                "The damage may reach {number} thousand; people came to no harm.",
            ),
            (
                "The {thing} had been restored only two years ago.",
                "Only recently the {thing} had got a new roof and new windows.",
            ),
            (
                "Mayor {other} promised help with rebuilding.",
                "The town will help to build it up again, said mayor {other}.",
            ),
        ),
    ),
    _Kind(
        (
            "Council of {place} votes for new {thing}",
            "New {thing} for {place} gets the go-ahead",
            "{place} decides on {thing}",
        ),
        (
            (
                "The council voted {number} to nine for the plan on Tuesday evening.",
                "With {number} votes against nine the councillors passed it.",
            ),
            (
                "{name}, who leads the opposition, called the {thing} too expensive.",
                "Too dear, says {name} of the opposition about the {thing}.",
            ),
            (
                "Work is to begin in spring, beside the old school of {place}.",
                "The site lies next to the old school; builders come in spring.",
            ),
            (
                "The state pays half of the {number} million.",
                "Half of the cost, {number} million in all, comes from the state.",
            ),
            (
                "Councillor {other} spoke of a good day for families.",
                "Families will be glad, said {other} after the vote.",
            ),
            (
                "A survey last year had shown a clear majority for a {thing}.",
                "Most people had wished for a {thing} in last year's survey.",
            ),
        ),
    ),
    _Kind(
        (
            "{place} win the cup final",
            "Late goal by {name} decides final",
            "{name} shoots {place} to the title",
        ),
        (
            (
                "{name} scored the winner in the {number}th minute.",
                "In minute {number} {name} hit the net from twenty metres.",
            ),
            (
                "{place} had been behind at half-time.",
                "At the break the team from {place} was still one down.",
            ),
            (
                "Coach {other} praised the patience of the side.",
                "{other}, the coach, spoke of patience after the match.",
            ),
            (
                "The {thing} was sold out for the first time in years.",
                "Not one seat was free in the {thing}.",
            ),
            (
                "It is the third title in the history of the club.",
                "Twice before the club had won it.",
            ),
            (
                "On Saturday the players will be received in the town hall of {place}.",
                "The town of {place} will celebrate its players on Saturday.",
            ),
        ),
    ),
    _Kind(
        (
            "{name} found guilty in {thing} trial",
            "Court convicts former director {name}",
            "Prison for {name} after trial in {place}",
        ),
        (
            (
                "The court of {place} sentenced {name} to {number} months in prison.",
                "{number} months: that is the sentence of the judges in {place} for {name}.",
            ),
            (
                "The former director had sold the {thing} far below its value.",
                "As director, the accused let the {thing} go at a fraction of its price.",
            ),
            (
                "Judge {other} spoke of great greed.",
                "Greed had been the motive, said {other}, who presided.",
            ),
            (
                "The defence will appeal.",
                "An appeal was announced by the lawyers at once.",
            ),
            (
                "The trial had lasted {number} days and heard forty witnesses.",
                "Forty witnesses were heard in {number} days of hearings.",
            ),
            (
                "The buyer of the {thing} was not charged.",
                "No charges were brought against the one who bought the {thing}.",
            ),
        ),
    ),
    _Kind(
        (
            "Researchers find rare {thing} near {place}",
            "{thing} thought extinct lives in {place}",
            "Surprise for biologists at {place}",
        ),
        (
            (
                "Biologists led by {name} found {number} of the animals in a valley near {place}.",
                "{number} specimens were counted by a group around {name} close to {place}.",
            ),
            (
                "The {thing} had been thought extinct since the war.",
                "For decades nobody had seen a {thing}, and many believed it gone.",
            ),
            (
                "Traps with cameras had been set up in the summer.",
                "Automatic cameras had stood in the forest since July.",
            ),
            (
                "Professor {other} of the university calls it a sensation.",
                "It is a small sensation, says {other}, who was not part of the team.",
            ),
            (
                "The valley is to be protected from next year on.",
                "A nature reserve is planned there for the coming year.",
            ),
            (
                "The report appears in a journal for zoology.",
                "A zoological journal publishes the results.",
            ),
        ),
    ),
    _Kind(
        (
            "{thing} maker in {place} to close",
            "{place}: {number} jobs go at {thing} works",
            "Owner shuts {thing} plant",
        ),
        (
            (
                "The works in {place} will close at the end of the year.",
                "At the end of the year production in {place} ends.",
            ),
            (
                "{number} people lose their jobs.",
                "All {number} employees will be dismissed.",
            ),
            (
                "Manager {name} blamed the price of energy.",
                "Energy has become too dear, said {name} of the management.",
            ),
            (
                "The union's {other} called the decision short-sighted.",
                "Short-sighted, finds {other} of the trade union.",
            ),
            (
                "The {thing} from there had been sold in forty countries.",
                "Forty countries had bought the {thing}.",
            ),
            (
                "Talks about a social plan begin on Monday.",
                "On Monday both sides meet to talk about compensation.",
            ),
        ),
    ),
)
_SYLLABLES = re.findall(
    r"\w+", "tar ven hol mar kul lis bre don sel ora win ast pel gri nor lau fen dok mil zan rud vik ham cor"
)
_THINGS = re.findall(
    r"[\w-]+",
    "barn theatre library bridge museum swimming-pool observatory windmill tannery brewery lighthouse archive stadium "
    "chapel orchard ferry tramway weaver beetle falcon otter orchid lynx newt piano clock bicycle glass carpet lantern",
)


def event(chance: Random, reports: int = 4) -> list[Tale]:
    """Reports of one made-up event: each chooses its facts, their order and their wording."""
    kind = chance.choice(_KINDS)
    given = {
        "place": _name(chance, 3),
        "name": f"{_name(chance, 2)} {_name(chance, 3)}",
        "other": f"{_name(chance, 2)} {_name(chance, 3)}",
        "thing": chance.choice(_THINGS),
        "number": chance.randrange(11, 99),
        "hour": f"{chance.randrange(1, 12)} o'clock",
    }
    # What no other event has: who and what was there, the same in all reports.
    details = [f"{_name(chance, 2)} {chance.choice(_THINGS)} {_name(chance, 3)}" for _ in kind.facts]
    told = []
    for _ in range(reports):
        facts = chance.sample(range(len(kind.facts)), chance.randrange(4, 7))
        text = " ".join(
            f"{chance.choice(kind.facts[fact]).format(**given)[:-1]} ({details[fact]})." for fact in facts
        )
        told.append(Tale(chance.choice(kind.headlines).format(**given), text))
    return told


def _name(chance: Random, syllables: int) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(syllables)).capitalize()


class Babble:
    """Texts of real words by their real frequencies, and of names: about nothing, but as costly to look through."""

    def __init__(self, tales: list[Tale], chance: Random) -> None:
        self._words = [word for tale in tales for word in f"{tale.title} {tale.text}".split()]
        self._chance = chance

    def tale(self, words: int = 150) -> Tale:
        """One that was never told before."""
        said = self._chance.choices(self._words, k=words)
        name = _name(self._chance, 4)
        return Tale(f"{name} {' '.join(said[:7])}", f"{' '.join(said)} {name} {_name(self._chance, 4)}.")
