"""What summaries are worth: budgets, sentences, openings, time, and ROUGE against publishers' own descriptions.

Over the articles of ../shared/pages (their clean text as careful readers took it, and as `bot.feeds.extract` reads it)
and of ../shared/feeds. `python -m benchmarks.summaries` prints the table, and with `--read` each summary.
"""

from __future__ import annotations

import gzip
import html
import json
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from benchmarks.rouge import rouge
from benchmarks.tales import SHARED, edited, real_tales
from bot.feeds.extract import Extracted, extract
from bot.feeds.model import Document, Entry, Telling
from bot.feeds.parse import parse
from bot.feeds.shingles import containment, shingles
from bot.feeds.summary import LONG, NORMAL, SHORT, joined, tell, tell_page
from bot.feeds.summary.hygiene import Passage
from bot.feeds.summary.languages import SMALL_WORDS, detect
from bot.feeds.summary.openers import opens_with_person, opens_with_pronoun
from bot.feeds.summary.rank import Ranked
from bot.feeds.summary.sentences import sentences
from bot.feeds.text import clean, count_words, paragraphs, split_words

Figure = tuple[str, str, str, bool]
"""A name, the figure, the bar that it must reach ("" where none is set), and whether it does."""

PASSAGES = Path(__file__).parent / "passages"
_Rival = Callable[[list[str]], list[str]]
RIVALS = ("Reduction", "Luhn", "TextRank", "LexRank", "Lsa", "KL", "SumBasic")
_FEWEST_DESCRIBED = 8  # words of a description that can be compared with
_COPIES = 3  # edited copies of each text


@dataclass(frozen=True, slots=True)
class Article:
    """One to be summarised: `tell` does it; `lines` are its text and `described` what its publisher says of it."""

    name: str
    headline: str
    lines: Sequence[str]
    described: str
    tell: Callable[[], Telling]


def summaries() -> list[Figure]:
    """Measure everything; without ../shared only what needs none of it."""
    figures = [*split_figures()]
    if SHARED.is_dir():
        pages = list(_pages())
        known = [*pages, *_entries()]
        figures += [*_summary_figures("", known)]
        figures += [*_summary_figures(", pages as read", list(_read_pages()))]
        described = [one for one in known if count_words(one.described) >= _FEWEST_DESCRIBED]
        figures += [*_rouge_figures(described), *_parted_figures(described, set(map(id, pages)))]
        figures += [*_shingle_figures()]
    return figures


def split_figures() -> Iterator[Figure]:
    """How many of each language's sentences come out as they are, and nothing else does: F1."""
    for path in sorted(PASSAGES.glob("*.txt")):
        good = found = wanted = 0
        for paragraph in path.read_text(encoding="utf-8").strip().split("\n\n"):
            lines = paragraph.splitlines()
            cut = sentences(("" if path.stem in ("ja", "zh") else " ").join(lines), path.stem)
            good += len(set(lines) & set(cut))
            found, wanted = found + len(cut), wanted + len(lines)
        f1 = 2 * good / (found + wanted)
        yield f"sentences, {path.stem} ({wanted})", f"{f1:.3f}", "≥ .97", f1 >= 0.97


def _pages() -> Iterator[Article]:
    for path in sorted((SHARED / "pages").glob("*.json")):
        page = json.loads(path.read_text(encoding="utf-8"))
        lines = tuple(filter(None, map(clean, html.unescape(page["main_content"]).split("\n"))))
        title, described = clean(html.unescape(page["title"] or "")), _description(path)
        extracted = Extracted(paragraphs=lines, title=title, description=described, language=None)
        yield Article(path.stem, title, lines, described, partial(tell_page, extracted, ""))


def _markup(path: Path) -> str:
    with gzip.open(path.with_suffix(".html.gz"), "rt", encoding="utf-8", errors="replace") as page:
        return page.read()


def _description(path: Path) -> str:
    tree = LexborHTMLParser(_markup(path))
    for selector in ('meta[name="description"]', 'meta[property="og:description"]'):
        if (node := tree.css_first(selector)) and (content := node.attributes.get("content")):
            return clean(html.unescape(content))
    return ""


def _read_pages() -> Iterator[Article]:
    for path in sorted((SHARED / "pages").glob("*.json")):
        url = json.loads(path.read_text(encoding="utf-8"))["url"]
        if page := extract(_markup(path), url):
            yield Article(
                path.stem,
                page.title,
                page.paragraphs,
                page.description,
                partial(tell_page, page, ""),
            )


def _entries() -> Iterator[Article]:
    seen = set()
    for path in sorted((SHARED / "feeds").iterdir()):
        if path.suffix not in (".rss", ".atom", ".xml", ".json") or path.stem == "index":
            continue
        feed = parse(path.read_bytes(), "", None, "https://example.org/feed")
        for entry in feed.entries if isinstance(feed, Document) else ():
            if (key := entry.url or entry.title) not in seen:  # the same feed is there in several formats
                seen.add(key)
                yield _article(path.stem, entry)


def _article(name: str, entry: Entry) -> Article:
    described, told = paragraphs(entry.summary_html), paragraphs(entry.content_html)
    apart = len(" ".join(told)) > 3 * len(" ".join(described))
    return Article(
        name, entry.title, told or described, " ".join(described) if apart else "", partial(tell, entry)
    )


def _summary_figures(what: str, articles: Sequence[Article]) -> Iterator[Figure]:
    over = foreign = cut = pronouns = persons = told = 0
    seconds = []
    for article in articles:
        telling = article.tell()
        seconds.append(min(_seconds(article) for _ in range(2)))
        whole = {*_whole(article.lines, telling.language), *_whole([article.described], telling.language)}
        for length, summary in ((SHORT, telling.short), (NORMAL, telling.normal), (LONG, telling.long)):
            if not summary:
                continue
            told += 1
            over += count_words(summary.rstrip("…")) > length.words
            cut += summary.endswith("…")
            pronouns += opens_with_pronoun(summary, telling.language)
            persons += opens_with_person(summary, telling.language)
            foreign += not _is_made_of(summary, whole, telling.language)
        if "--read" in sys.argv:
            print(
                f"## {article.name}: {article.headline}\n  {telling.short}\n  {telling.normal}\n  {telling.long}"
            )
    milliseconds = statistics.mean(seconds) * 1000
    yield f"summaries over the budget, of {told:,}{what}", str(over), "0", over == 0
    yield f"summaries not made of whole sentences, verbatim{what}", str(foreign), "0", foreign == 0
    yield f"summaries of a sentence that had to be cut, or has no end{what}", f"{cut / told:.1%}", "", True
    yield (
        f"summaries that open with a pronoun{what}",
        f"{pronouns / told:.1%}",
        "≤ 2%",
        pronouns <= 0.02 * told,
    )
    yield f"… and with “I”, “we” or “you”{what}", f"{persons / told:.1%}", "", True
    yield f"ms to tell an article, mean{what}", f"{milliseconds:.1f}", "≤ 10", milliseconds <= 10


def _seconds(article: Article) -> float:
    begun = process_time()
    article.tell()
    return process_time() - begun


def _whole(lines: Sequence[str], language: str | None) -> Iterator[str]:
    for line in lines:
        yield from sentences(line, language)


def _is_made_of(summary: str, whole: set[str], language: str | None) -> bool:
    """Whether each of its sentences is one of the article's, which may have begun with a dateline or a bullet.

    What was cut, or has no end, is the beginning of one.
    """
    parts = sentences(summary.rstrip("…"), language)
    if len(parts) == 1:
        return any(parts[0] in one for one in whole)
    return all(part in whole or any(one.endswith(f" {part}") for one in whole) for part in parts)


class _Tokenizer:
    """What sumy asks for, with our sentences and words: its own needs data that is fetched from the net."""

    language = "english"

    def to_words(self, sentence: str) -> tuple[str, ...]:
        return tuple(split_words(sentence))

    def to_sentences(self, text: str) -> tuple[str, ...]:
        return tuple(sentences(text))


def _rouge_figures(articles: Sequence[Article]) -> Iterator[Figure]:
    """LeadRank alone, never told the description; three leading sentences; sumy's, cut to the budget or not."""
    prepared = []
    for article in articles:
        passage = Passage(article.lines, article.headline)
        language = detect(passage.text)
        passage.cut(language)
        prepared.append((article, passage.whole, language))

    def mean(summarise: Callable[[Article, list[str], str | None], str]) -> tuple[float, ...]:
        scores = [rouge(summarise(*one), one[0].described) for one in prepared]
        return tuple(map(statistics.mean, zip(*scores, strict=True)))

    lead = mean(lambda _, whole, __: joined(_within(whole[: NORMAL.sentences])))
    ours = mean(
        lambda article, whole, language: joined(Ranked(whole, article.headline, language).best(NORMAL))
    )
    name = f"ROUGE-1/2/L, {len(articles)} articles"
    yield f"{name}: LeadRank", _shown(ours), f"≥ {_shown(lead)}, three leading sentences", _higher(ours, lead)
    rivals = {}
    for rival in RIVALS:
        if (make := _sumy(rival)) is not None:
            rivals[rival] = max(
                mean(partial(_rival, make, False)), mean(partial(_rival, make, True)), key=sum
            )
    if rivals:
        best = max(rivals, key=lambda rival: sum(rivals[rival]))
        told = f"> {_shown(rivals[best])}, sumy's best of {len(rivals)}: {best}"
        yield f"{name}: LeadRank", _shown(ours), told, _higher(ours, rivals[best])


def _parted_figures(articles: Sequence[Article], pages: set[int]) -> Iterator[Figure]:
    """The same of pages and of feeds alone, and of what is posted where the publisher's words are not posted."""

    def told(article: Article, summary: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
        passage = Passage(article.lines, article.headline)
        passage.cut(language := detect(passage.text))
        lead = joined(_within(passage.whole[: NORMAL.sentences]))
        summary = summary or joined(Ranked(passage.whole, article.headline, language).best(NORMAL))
        return rouge(summary, article.described), rouge(lead, article.described)

    posted = [(one, one.tell().normal) for one in articles]
    left = [(one, summary) for one, summary in posted if summary not in one.described]
    parts = {
        "pages alone: LeadRank": [told(one, "") for one in articles if id(one) in pages],
        "feeds alone: LeadRank": [told(one, "") for one in articles if id(one) not in pages],
        "what is posted, of any origin": [told(*one) for one in posted if one[1]],
        "what is posted and not in the description": [told(*one) for one in left if one[1]],
    }
    for name, scores in parts.items():
        ours, lead = (
            [statistics.mean(kind) for kind in zip(*side, strict=True)] for side in zip(*scores, strict=True)
        )
        yield (
            f"ROUGE-1/2/L, {len(scores)}, {name}",
            _shown(ours),
            f"{_shown(lead)}, three leading sentences",
            True,
        )
    used = len(articles) - len(left)
    yield f"summaries in the publisher's own words, of {len(articles)} described", str(used), "", True


def _rival(make: _Rival, within: bool, _: Article, whole: list[str], __: str | None) -> str:
    chosen = make(whole)
    return joined(_within(chosen)) if within else " ".join(chosen)


def _shown(scores: Sequence[float]) -> str:
    return " / ".join(f"{score:.3f}" for score in scores)


def _higher(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    return statistics.mean(ours) >= statistics.mean(theirs)


def _within(chosen: Sequence[str]) -> list[str]:
    """The first sentences that are within the budget together."""
    kept: list[str] = []
    for sentence in chosen:
        if count_words(" ".join([*kept, sentence])) > NORMAL.words:
            break
        kept.append(sentence)
    return kept


def _sumy(name: str) -> _Rival | None:
    """One of sumy's summarisers, for three sentences; None where it is not installed, or wants numpy and that isn't."""
    module = {"TextRank": "text_rank", "LexRank": "lex_rank", "SumBasic": "sum_basic"}.get(name, name.lower())
    try:
        dom, made = import_module("sumy.models.dom"), import_module(f"sumy.summarizers.{module}")
        summarizer = getattr(made, f"{name}Summarizer")()
        if name not in ("Reduction",):
            summarizer.stop_words = SMALL_WORDS["en"]

        def summarise(whole: list[str]) -> list[str]:
            told = [dom.Sentence(sentence, _Tokenizer()) for sentence in whole]
            document: Any = dom.ObjectDocumentModel([dom.Paragraph(told)])
            return [str(sentence) for sentence in summarizer(document, NORMAL.sentences)] if whole else []

        summarise(["One crane came here.", "Two cranes left again.", "Three cranes lift the old boats."])
    except (ImportError, ValueError):
        return None
    return summarise


@cache
def _kept() -> list[frozenset[int]]:
    return [shingles(f"{tale.title}\n{tale.text}") for tale in real_tales()]


def _shingle_figures() -> Iterator[Figure]:
    """Edited copies against all texts: found is one at least half of which is in its original; false any other text."""
    chance = Random(20_260_301)
    kept, tales = _kept(), real_tales()
    found = false = copies = 0
    for at, tale in enumerate(tales):
        for _ in range(_COPIES):
            copy = edited(tale, chance)
            own = shingles(f"{copy.title}\n{copy.text}")
            copies += 1
            found += containment(own, kept[at]) >= 0.5
            false += any(containment(own, other) >= 0.5 for n, other in enumerate(kept) if n != at)
    recall, rate = found / copies, false / copies * 1000
    yield f"same text found again, of {copies:,} edited copies", f"{recall:.4f}", "≥ .995", recall >= 0.995
    yield f"… falsely, per 1,000, among {len(kept):,} texts", f"{rate:.1f}", "≤ 4", rate <= 4
    typical = statistics.median(map(len, kept))
    yield "shingles kept of a text, median", f"{typical:.0f}", "", True


def main() -> None:
    """Print the table; exit code 1 where a bar is missed."""
    figures = summaries()
    print("| | figure | bar | |\n| --- | --- | --- | --- |")
    for name, figure, bar, met in figures:
        print(f"| {name} | {figure} | {bar} | {'' if met else 'MISSED'} |")
    sys.exit(not all(met for *_, met in figures))


if __name__ == "__main__":
    main()
