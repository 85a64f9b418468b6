"""A faithful summary without a model: the publisher's own words, whole sentences, within a budget. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from bot.feeds.model import Entry
from bot.feeds.text import count_words, paragraphs, sentences

_MAX_LINES = 60  # a summary never reaches further into an article,
_MAX_LINE = 4_000  # nor into one line of it

# What systems and editors add to an article's text. Each is bounded and what stands at a line's end is only looked
# for there, so that no line takes quadratic time.
_READ_MORE = (
    r"read (?:more|on|the (?:full|rest|whole)[\w\s]{0,30})|continue reading|keep reading|(?:click here )?to read more|"
    r"view (?:article|post|original|all comments)|learn more|more…|more\.\.\.|full (?:story|article)|"
    r"weiterlesen|mehr lesen|mehr erfahren|zum artikel|lire (?:la suite|plus|l['’]article)|en savoir plus|"
    r"leer más|seguir leyendo|sigue leyendo|continuar leyendo|leia mais|ler mais|continue lendo|continue a ler|"
    r"leggi (?:tutto|di più|altro|l['’]articolo)|continua a leggere|lees (?:meer|verder)|verder lezen|"
    r"läs (?:mer|vidare)|les (?:mer|videre)|læs (?:mere|videre)|lue lisää|czytaj (?:więcej|dalej)|číst (?:dále|více)|"
    r"čítať ďalej|celý článok|читать (?:далее|дальше|полностью)|читати далі|devamını oku|続きを読む|阅读全文|閱讀全文"
)
# Of a run of arrows only the first is looked at: the tail would be read to its end from each of them.
_TAIL = re.compile(
    rf"\s*(?:[\[(]\s*)?(?<!\w)(?:{_READ_MORE})"
    # What is to be read: “Continue reading The title →”, “Read more: The title”.
    r"(?:\s*[:“\"«„].{0,200}+\Z|(?:\s.{1,200}?(?=(?<![→»›\s])\s*[→»›]))?"
    r"\s*[\])]?\s*(?:[→»>›…]|\.{3})*+\s*+\Z)",
    re.IGNORECASE,
)
_APPEARED_WHAT = re.compile(
    r"(?:The post|The article|Der Beitrag|L['’]article|La entrada|O post|L['’]articolo|Het bericht|Artykuł|Wpis|"
    r"Inlägget|Innlegget|Indlægget|Запись|Příspěvek|Príspevok)\s"
)
_APPEARED_WHERE = re.compile(
    r"(?:appeared first on|first appeared on|erschien zuerst auf|est apparu en premier sur|"
    r"se publicó primero en|apareceu primeiro em|proviene da|sembra essere il primo su|verscheen eerst op|"
    r"pochodzi z serwisu|dök först upp på|dukket først opp på|blev først udgivet på|впервые появилась|"
    r"pochází z|je zobrazený ako prvý na)"
)
_LONGEST_TAIL, _LONGEST_HEADLINE, _LONGEST_PLACE = 300, 300, 230  # characters
_FOREIGN = re.compile(
    rf"(?:{_READ_MORE})\W*"
    r"|\W*(?:\d+\s+)?(?:comments?|kommentare?|commentaires?|comentarios?|commenti|reacties|комментарии)\W*(?:\d+\W*)?"
    r"|(?:leave a comment|share(?: this)?|tweet|advertisement|anzeige|publicité|publicidad|support us|donate"
    r"|notify of|newest most voted|inline feedbacks|view all comments|more on this topic|related(?: articles?| posts?)?"
    r"|sponsored(?: content)?|subscribe(?: now)?|sign up)\W*"
    r"|submitted by\s+/?u/\S++.{0,80}|\[link\].{0,40}"
    r"|(?:(?:filed under|tags?|tagged|posted in|categories|category|points|# comments|via|source)\s*:.{0,200})"
    r"|(?:[\w #-]{0,30}:\s*)?(?:https?://|www\.)\S++\W*+"
    r"|[\d\s.,%$€£¥₽+–-]+",
    re.IGNORECASE,
)
_CUT_OFF = re.compile(r"(?:…|\.\.\.|\[\s*…?\s*\]|\[\.\.\.\]|\[&hellip;\])[\s\])]*\Z")
_WHOLE = re.compile(r"[.!?。！？｡।۔؟][\"'”’»“)\]」』）]*\Z")
_LOOSE_ENDS = " ,;:–—-"
_QUOTES = (("“", "”"), ("«", "»"), ("「", "」"))


def summarise(entry: Entry, *, words: int = 60, sentences: int = 3) -> str:
    """Summarise an entry in plain text: whole sentences of its own, at most `sentences` of them and `words` long.

    The publisher's description where it is made of whole sentences, else the article's first ones. Where
    all there is is one sentence that is too long, it is cut at a word and ends with "…". Chinese, Japanese
    and Thai are counted as `bot.feeds.text.count_words` does. "" where the feed says nothing.
    """
    described = _Passage(_own_lines(entry.summary_html, entry.title))
    told = _Passage(_own_lines(entry.content_html, entry.title))
    ordered = (described, told) if described.is_whole or not told.whole else (told, described)
    for passage in ordered:
        if summary := _lead(passage.whole, words, sentences):
            return summary
    for passage in ordered:
        if remainder := passage.whole or passage.rest:
            return _cut(remainder[0], words)
    return ""


class _Passage:
    """Lines as sentences: the whole ones, and the rest that has no end or was cut off."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.whole: list[str] = []
        self.rest: list[str] = []
        for line in lines:
            for sentence in sentences(line):
                if _FOREIGN.fullmatch(sentence):
                    continue
                ended = _WHOLE.search(sentence) and not _CUT_OFF.search(sentence)
                (self.whole if ended else self.rest).append(sentence)
        self.is_whole = bool(self.whole) and not self.rest


def _own_lines(markup: str, title: str) -> list[str]:
    """The lines that are the article's own: no calls to read on, no labels, no repeated headline."""
    lines: list[str] = []
    for line in paragraphs(markup)[:_MAX_LINES]:
        own = _without_tail(_without_appeared(line[:_MAX_LINE]))
        if own and not _FOREIGN.fullmatch(own) and own.casefold() != title.casefold():
            lines.append(own)
    return lines


def _without_appeared(line: str) -> str:
    """The line without “The post … appeared first on …” at its end, searched from its end: titles hold anything."""
    where = _APPEARED_WHERE.search(line, max(0, len(line) - _LONGEST_PLACE))
    if where is None:
        return line
    what = _APPEARED_WHAT.search(line, max(0, where.start() - _LONGEST_HEADLINE), where.start())
    return line[: what.start()] if what else line


def _without_tail(line: str) -> str:
    """The line without a call to read on at its end."""
    tail = _TAIL.search(line, max(0, len(line) - _LONGEST_TAIL))
    return line[: tail.start()] if tail else line


def _lead(whole: list[str], words: int, most: int) -> str:
    """The first whole sentences within the budget; over-long ones at the start are passed over."""
    chosen: list[str] = []
    length = 0
    for sentence in whole:
        size = count_words(sentence)
        if len(chosen) == most or (chosen and length + size > words):
            break
        if size <= words:
            chosen.append(sentence)
            length += size
    while len(chosen) > 1 and _has_open_quote(chosen):
        chosen.pop()
    return _joined(chosen)


def _has_open_quote(chosen: list[str]) -> bool:
    text = " ".join(chosen)
    return any(text.count(opening) > text.count(closing) for opening, closing in _QUOTES)


def _joined(chosen: list[str]) -> str:
    text = ""
    for sentence in chosen:
        wide = text.endswith(("。", "！", "？", "」", "』", "）"))
        text += sentence if wide or not text else f" {sentence}"
    return text


def _cut(sentence: str, words: int) -> str:
    """One sentence that is too long, cut at a word; a publisher's own cut is kept as "…"."""
    whole = _CUT_OFF.sub("", sentence).rstrip()
    if count_words(whole) <= words:
        return whole if whole == sentence else f"{whole.rstrip(_LOOSE_ENDS)}…"
    ends: Sequence[int] = [word.end() for word in re.finditer(r"\S+", whole)]
    if count_words(whole[: ends[0]]) > words:  # a script without blanks: any character may be the last
        ends = range(1, len(whole) + 1)
    fitting = bisect_right(ends, words, key=lambda end: count_words(whole[:end]))
    kept = whole[: ends[fitting - 1]] if fitting else ""
    return f"{kept.strip().rstrip(_LOOSE_ENDS)}…"
