"""What reading articles is worth: real pages, pages of the acid test's kind, and summaries of both; bars and figures.

`python -m benchmarks.articles [SEED]` prints the table and ends with 1 where a bar is missed. Without
the sample of real pages only made-up ones are read.
"""

from __future__ import annotations

import gzip
import json
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from time import process_time
from typing import Any

import trafilatura

from benchmarks.acid import TEMPLATES, Template, faults, pages
from benchmarks.layouts import LAYOUTS
from bot.feeds.extract import Extracted, extract
from bot.feeds.page import decode
from bot.feeds.summary import tell_page

PAGES = Path(__file__).resolve().parents[2] / "shared" / "pages"
MADE = 2_160  # of each template 60, ten in each language
_WORD = re.compile(r"\w+")

Figure = tuple[str, str, str, bool]
"""A name, the figure, the bar that it must reach ("" where none is set), and whether it does."""


@dataclass(frozen=True, slots=True)
class Read:
    """A real page as it was read, what a careful reader took it for, and the CPU milliseconds that reading took."""

    name: str
    truth: dict[str, Any]
    found: Extracted | None
    milliseconds: float


Reader = Callable[[str, str], Extracted | None]
"""Reads an article out of a page and its address."""


def by_trafilatura(markup: str, url: str) -> Extracted | None:
    """Read an article as the peer does, with its own defaults."""
    found = trafilatura.bare_extraction(markup, url=url, with_metadata=True)
    if found is None or isinstance(found, dict):
        return None
    day = datetime.fromisoformat(found.date).replace(tzinfo=UTC) if found.date else None
    return Extracted(tuple((found.text or "").splitlines()), found.title or "", found.author, day)


def read_pages(every: int = 1, reader: Reader = extract) -> list[Read]:
    """Read the real pages, or each one of `every`; none where they are not there."""
    done = []
    for path in sorted(PAGES.glob("*.json"))[::every]:
        truth = json.loads(path.read_text())
        markup = decode(gzip.decompress(path.with_suffix(".html.gz").read_bytes()), None)
        times = []
        for _ in range(2):  # other programs at work make all slower, and none faster
            began = process_time()
            found = reader(markup, truth["url"])
            times.append(process_time() - began)
        done.append(Read(path.stem, truth, found, 1_000 * min(times)))
    return done


def scores(done: Sequence[Read]) -> dict[str, float]:
    """Means over pages; of title, author and date over those pages that have one."""
    if not done:
        return {}
    return {
        "words in common (F1)": statistics.mean(_common(one) for one in done),
        "foreign snippets": statistics.mean(_foreign(one) for one in done),
        "title": statistics.mean(_is_same(one, "title") for one in done if one.truth["title"]),
        "author": statistics.mean(_is_author(one) for one in done if one.truth["author"]),
        "day": statistics.mean(_is_day(one) for one in done if one.truth["publish_date"]),
        "CPU, ms": statistics.mean(one.milliseconds for one in done),
    }


def _text(one: Read) -> str:
    return "\n".join(one.found.paragraphs) if one.found else ""


def _words(text: str | None) -> list[str]:
    return _WORD.findall((text or "").lower())


def _common(one: Read) -> float:
    """F1 of the words, as many times as each occurs, whatever their order."""
    ours, theirs = Counter(_words(_text(one))), Counter(_words(one.truth["main_content"]))
    both = (ours & theirs).total()
    return 2 * both / (ours.total() + theirs.total()) if both else 0.0


def _foreign(one: Read) -> float:
    """The share of the snippets that must not be there and are."""
    snippets = one.truth["without"]
    return sum(snippet in _text(one) for snippet in snippets) / len(snippets) if snippets else 0.0


def _is_same(one: Read, name: str) -> bool:
    """Whether both are the same words, or one of them holds the other."""
    ours = " ".join(_words(getattr(one.found, name, "")))
    theirs = " ".join(_words(one.truth[name]))
    return bool(ours) and (ours in theirs or theirs in ours)


def _is_author(one: Read) -> bool:
    ours, theirs = set(_words(one.found.author if one.found else "")), set(_words(one.truth["author"]))
    return bool(ours) and (ours <= theirs or theirs <= ours)


def _is_day(one: Read) -> bool:
    moment = one.found.published_at if one.found else None
    return moment is not None and moment.date().isoformat() == one.truth["publish_date"][:10]


_BARS = {
    "words in common (F1)": (0.955, True),
    "foreign snippets": (0.045, False),
    "title": (0.86, True),
    "author": (0.66, True),
    "day": (0.87, True),
    "CPU, ms": (40.0, False),
}


def real(done: Sequence[Read]) -> Iterator[Figure]:
    """The real pages' figures against their bars."""
    for name, figure in scores(done).items():
        bar, is_least = _BARS[name]
        shown, most = ("{:.3f}", "{:.3f}") if bar < 1 else ("{:.0f}", "{:.0f}")
        met = figure >= bar if is_least else figure <= bar
        yield (
            f"{len(done)} real pages: {name}",
            shown.format(figure),
            ("at least " if is_least else "at most ") + most.format(bar),
            met,
        )


def peer() -> Iterator[Figure]:
    """What trafilatura makes of the same pages."""
    for name, figure in scores(read_pages(reader=by_trafilatura)).items():
        yield (
            f"the same, by trafilatura: {name}",
            f"{figure:.3f}" if figure < 1 else f"{figure:.0f}",
            "",
            True,
        )


def made_up(
    seed: int, count: int = MADE, templates: Sequence[Template] = (*TEMPLATES, *LAYOUTS)
) -> Iterator[Figure]:
    """Made-up pages: each paragraph kept, nothing foreign in the text, nothing foreign in a summary."""
    lost: list[str] = []
    foreign: list[str] = []
    told: list[str] = []
    for made in pages(seed, count, templates):
        found = extract(made.markup, "https://press.test/article", headline=made.headline)
        wrong = faults(made, found.paragraphs if found else ())
        if any(fault.startswith("lost") for fault in wrong):
            lost.append(made.seed)
        if any(not fault.startswith("lost") for fault in wrong):
            foreign.append(made.seed)
        telling = tell_page(found, made.headline) if found else None
        summaries = (telling.short, telling.normal, telling.long) if telling else ()
        own = "\n".join(made.paragraphs)
        if not summaries or any(
            one in summary and one not in own
            for summary in summaries
            for one in (*made.foreign, *made.labels)
        ):
            told.append(made.seed)
    what = f"{count:,} made-up pages, {len(templates)} templates"
    for name, pages_ in (
        ("a paragraph lost", lost),
        ("something foreign in the text", foreign),
        ("something foreign in a summary", told),
    ):
        yield f"{what}: {name}", f"{len(pages_)} {' '.join(pages_[:5])}".strip(), "0", not pages_


def table(figures: Sequence[Figure]) -> list[str]:
    """A Markdown table of figures."""
    rows = [
        f"| {name} | {figure} | {bar} | {'' if met else 'missed'} |" for name, figure, bar, met in figures
    ]
    return ["| articles | measured | bar | |", "| --- | --- | --- | --- |", *rows]


def main() -> int:
    """Print all figures; 1 where a bar is missed."""
    from benchmarks.summaries import summaries  # it imports what this module makes

    seed = int(sys.argv[1]) if len(sys.argv) > 1 else SystemRandom().randrange(10**9)
    print(f"Seed of the made-up pages: {seed}\n")
    done = read_pages()
    if not done:
        print("The sample of real pages is not here: only made-up pages are read.\n")
    figures = [*real(done), *peer(), *made_up(seed), *summaries()]
    print("\n".join(table(figures)))
    return 0 if all(met for *_, met in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
