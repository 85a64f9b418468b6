"""What an article tells, out of its feed or its page: its text, its language, and summaries without a model. Pure.

lines → without what is not the article's (`hygiene`) → language (`languages`) → whole sentences (`sentences`)
    → the publisher's own description where it is a good one, else the best of the sentences (`rank`)
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bot.feeds import shingles
from bot.feeds.model import Entry, Telling
from bot.feeds.summary.hygiene import CUT_OFF, Passage
from bot.feeds.summary.languages import detect
from bot.feeds.summary.openers import Standing, leaves_open, speaks_of_itself, standing
from bot.feeds.summary.rank import Length, Ranked
from bot.feeds.text import MAX_CONTENT, count_words, paragraphs, split_words

if TYPE_CHECKING:
    from bot.feeds.extract import Extracted

# A line or two of a list; a card as publishers' own descriptions fill it (most have 20 to 35 words, few have 60); and
# what is read in half a minute.
SHORT = Length(words=30, sentences=2, least=8)
NORMAL = Length(words=60, sentences=3, least=12)
LONG = Length(words=130, sentences=6, least=60)

# Under so many words, what a feed carries of an article with a headline is taken for its beginning,
_STUB = 100
_STUB_ALONE = 200  # and where it carries a description alone.
# Of a description's words so many must be the article's or its headline's, if that has enough to judge by.
_OF_THE_ARTICLE = 0.4
_ENOUGH = 80
_NEWS = 3  # words that it must say and the headline does not
_STEM = 6  # letters by which words are compared
_LOOSE_ENDS = " ,;:–—-"


def tell(entry: Entry) -> Telling:
    """What an entry tells, as its feed carries it."""
    described = paragraphs(entry.summary_html)
    content = paragraphs(entry.content_html, most=MAX_CONTENT)
    text = Passage(content or described, entry.title)
    least = (_STUB if content else _STUB_ALONE) if entry.title else 1
    return _telling(
        text,
        Passage(described if content else (), entry.title),
        entry.title,
        whole=not text.is_cut and text.words >= least,
    )


def tell_page(extracted: Extracted, headline: str) -> Telling:
    """What an article's page tells; `headline` is what its feed calls it."""
    title = headline or extracted.title
    return _telling(
        Passage(extracted.paragraphs, title, extracted.title),
        Passage([extracted.description] if extracted.description else (), title, extracted.title),
        title,
        whole=not extracted.paywalled,
        hint=extracted.language,
    )


def _telling(
    text: Passage,
    description: Passage,
    headline: str,
    *,
    whole: bool,
    hint: str | None = None,
) -> Telling:
    source = text if text.lines else description
    language = detect(source.text, hint, source.split)
    text.cut(language)
    description.cut(language)
    ranked = Ranked(text.whole, headline, language)
    told = _told_by(description, text, headline, language)
    is_free = bool(told) and standing(told[0], language) is Standing.FREE

    def summary(length: Length) -> str:
        lead = joined(_leading(told, length))
        is_enough = bool(lead) and count_words(lead) >= length.least
        if is_enough and is_free:
            return lead
        best = ranked.best(length)
        if is_enough and (not best or standing(best[0], language) > Standing.FREE):
            return lead
        if best := best or Ranked(description.whole, headline, language).best(length):
            return joined(best)
        carried = [one for one in (text, description) if not one.is_list]
        return _cut([piece for one in carried for piece in (*one.whole, *one.rest)], length.words)

    return Telling(
        text=text.text,
        whole=whole,
        language=language,
        words=text.words,
        short=summary(SHORT),
        normal=summary(NORMAL),
        long=summary(LONG),
        shingles=shingles.pack(shingles.of_words(text.split)),
    )


def _told_by(description: Passage, text: Passage, headline: str, language: str | None) -> list[str]:
    """The sentences with which a publisher's description tells the article; none where it does not.

    They are the whole ones with which it begins, up to the first that advertises, asks to act or has no end. One that
    was cut off after so many characters is the article's beginning, unless that begins with something else.
    """
    told = description.telling()
    if not told or (description.is_cut and told[0] in text.whole):
        return []
    if (
        standing(told[0], language) >= Standing.ASKING
        or speaks_of_itself(told[0])
        or leaves_open(joined(told))
    ):
        return []
    words, title = _stems(split_words(joined(told))), _stems(split_words(headline))
    if len(words - title) < _NEWS:
        return []
    if text.words < _ENOUGH:
        return told
    own = title | _stems(set(text.split))
    return told if len(words & own) >= _OF_THE_ARTICLE * len(words) else []


def _stems(words: Iterable[str]) -> set[str]:
    """The longer words by their beginnings; signs, where a script leaves no blanks."""
    return {word[:_STEM] for word in words if len(word) > 3 or not word.isascii()}


def _leading(sentences: Sequence[str], length: Length) -> list[str]:
    """The first sentences that are within a length together."""
    chosen: list[str] = []
    left = length.words
    for sentence in sentences[: length.sentences]:
        left -= count_words(sentence)
        if left < 0:
            break
        chosen.append(sentence)
    return chosen


def joined(sentences: Sequence[str]) -> str:
    """Sentences as one text: with blanks between them where their script has blanks."""
    text = ""
    for sentence in sentences:
        wide = text.endswith(("。", "！", "？", "」", "』", "）"))
        text += sentence if wide or not text else f" {sentence}"
    return text


def _cut(pieces: Sequence[str], words: int) -> str:
    """Where nothing whole fits: the first piece, cut at a word; a publisher's own cut is kept as "…"."""
    if not pieces:
        return ""
    piece = pieces[0]
    whole = CUT_OFF.sub("", piece).rstrip()
    if count_words(whole) <= words:
        return whole if whole == piece else f"{whole.rstrip(_LOOSE_ENDS)}…"
    ends: Sequence[int] = [word.end() for word in re.finditer(r"\S+", whole)]
    if count_words(whole[: ends[0]]) > words:  # a script without blanks: any character may be the last
        ends = range(1, len(whole) + 1)
    fitting = bisect_right(ends, words, key=lambda end: count_words(whole[:end]))
    kept = whole[: ends[fitting - 1]] if fitting else ""
    return f"{kept.strip().rstrip(_LOOSE_ENDS)}…"
