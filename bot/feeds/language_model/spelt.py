"""Numbers in words, in English, German, French and Spanish: "twelve million", "dreiundzwanzig". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Of these every text is full, and mostly no number is meant: "one of them", "un pont", "eine Brücke".
_SMALLEST = 3
_WORD = re.compile(r"[^\W\d_]+")
# What may stand between the words of one number.
_GAP = re.compile(r"[ \u00a0-]{1,2}")


@dataclass(frozen=True, slots=True)
class _Language:
    """The words of a language: what is added, what multiplies by a hundred and by more, and what joins."""

    added: dict[str, int]
    hundreds: frozenset[str]
    scales: dict[str, int]
    joint: str
    # Words that are more often something else, where they stand alone: "pour cent".
    ambiguous: frozenset[str] = frozenset()
    # Words that multiply one, where nothing else stands before them.
    bare: frozenset[str] = frozenset()


def _counted(first: int, words: str) -> dict[str, int]:
    return {word: number for number, word in enumerate(words.split(), first)}


def _tens(words: str, first: int = 2) -> dict[str, int]:
    return {word: 10 * ten for ten, word in enumerate(words.split(), first)}


def _english() -> _Language:
    added = (
        _counted(
            0,
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen",
        )
        | {"a": 1}
        | _tens("twenty thirty forty fifty sixty seventy eighty ninety")
    )
    scales = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
    return _Language(added, frozenset(("hundred",)), scales, "and")


def _german() -> _Language:
    small = _counted(
        0,
        "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
        "siebzehn achtzehn neunzehn",
    )
    tens = _tens("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
    joined = {f"{unit}und{ten}": small[unit] + tens[ten] for unit in list(small)[1:10] for ten in tens}
    below = small | tens | joined | {"eins": 1, "eine": 1, "einen": 1, "einer": 1, "zwo": 2, "dreissig": 30}
    hundreds = {f"{unit}hundert": 100 * value for unit, value in small.items() if 1 <= value <= 19}
    hundreds["hundert"] = 100
    added = below | hundreds
    for name, hundred in hundreds.items():
        added |= {
            f"{name}{joint}{word}": hundred + rest for word, rest in below.items() for joint in ("", "und")
        }
    scales = {
        "tausend": 10**3,
        "million": 10**6,
        "millionen": 10**6,
        "milliarde": 10**9,
        "milliarden": 10**9,
        "billion": 10**12,
        "billionen": 10**12,
    }
    return _Language(
        added, frozenset(), scales, "und", frozenset(("acht", "sieben")), frozenset(("tausend",))
    )


def _french() -> _Language:
    added = _counted(
        0,
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    ) | _tens("vingt trente quarante cinquante soixante septante huitante nonante")
    scales = {
        "mille": 10**3,
        "million": 10**6,
        "millions": 10**6,
        "milliard": 10**9,
        "milliards": 10**9,
    }
    return _Language(
        added | {"une": 1, "vingts": 20},
        frozenset(("cent", "cents")),
        scales,
        "et",
        frozenset(("neuf", "sept", "cent", "cents")),
        frozenset(("cent", "mille")),
    )


def _spanish() -> _Language:
    added = _counted(
        0,
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
        "diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis "
        "veintisiete veintiocho veintinueve",
    ) | _tens("treinta cuarenta cincuenta sesenta setenta ochenta noventa", first=3)
    added |= {"un": 1, "una": 1, "veintiún": 21, "veintiuna": 21, "cien": 100, "ciento": 100}
    stems = ("dosc", "tresc", "cuatroc", "quin", "seisc", "setec", "ochoc", "novec")
    for number, stem in enumerate(stems, 2):
        added |= {f"{stem}ientos": number * 100, f"{stem}ientas": number * 100}
    scales = {"mil": 10**3, "millón": 10**6, "millones": 10**6, "billón": 10**12, "billones": 10**12}
    return _Language(added, frozenset(), scales, "y", frozenset(("ciento",)), frozenset(("mil",)))


_LANGUAGES = {"en": _english(), "de": _german(), "fr": _french(), "es": _spanish()}


def spelt_in(text: str, language: str | None = None, *, smallest: int = _SMALLEST) -> Iterator[int]:
    """The numbers in words of a text, each as large as it can be read, from the `smallest` on.

    In one of the languages, or, where none is named, in all of them; none in a language that is not known here.
    """
    if language is not None and language not in _LANGUAGES:
        return
    lower = text.lower()
    words = [(found[0], found.start(), found.end()) for found in _WORD.finditer(lower)]
    for known in [_LANGUAGES[language]] if language else _LANGUAGES.values():
        at = 0
        while at < len(words):
            value, after = _number(lower, words, at, known)
            alone = after == at + 1 and words[at][0] in known.ambiguous
            if value is not None and value >= smallest and not alone:
                yield value
            at = max(after, at + 1)


def _number(
    text: str, words: list[tuple[str, int, int]], at: int, known: _Language
) -> tuple[int | None, int]:
    """The number that begins with this word, and the word behind it; None where it begins none."""
    total, current, begun, after = 0, None, at, at
    while at < len(words):
        word, start, _ = words[at]
        if at > begun and not _GAP.fullmatch(text, words[at - 1][2], start):
            break
        if word == known.joint and after == at > begun and _may_join(total, current, word):
            at += 1  # counts where a number follows
            continue
        if (added := known.added.get(word)) is not None:
            if current is not None and not _may_add(current, added):
                if not (current == 4 and added == 20 and word.startswith("vingt")):  # quatre-vingts
                    break
                current = 80
            else:
                current = (current or 0) + added
        elif (
            after == begun
            and (word in known.hundreds or word in known.scales)
            and not _is_bare(text, start, word, known)
        ):
            break
        elif word in known.hundreds:
            current = (current or 1) * 100 if current is None or current < 20 else None
            if current is None:
                break
        elif word in known.scales:
            scale = known.scales[word]
            if total and total < scale:  # dos mil millones
                total, current = (total + (current or 0)) * scale, None
            else:
                total, current = total + (1 if current is None else current) * scale, None
        else:
            split = _split(word, known)
            if split is None or after > begun:
                break
            total = split
        at += 1
        after = at
    if after == begun:
        return None, begun
    return total + (current or 0), after


def _split(word: str, known: _Language) -> int | None:
    """A German number below a million in one word: "zwölftausenddreihundert"."""
    before, thousand, rest = word.partition("tausend")
    if "tausend" not in known.scales or not thousand:
        return None
    front = 1 if not before else known.added.get(before)
    back = 0 if not rest else known.added.get(rest.removeprefix("und"))
    return None if front is None or back is None else front * 1000 + back


def _is_bare(text: str, start: int, word: str, known: _Language) -> bool:
    """Whether "mille" stands for one of it, as nothing is before it that it multiplies."""
    return word in known.bare and not text[max(start - 3, 0) : start].rstrip()[-1:].isdigit()


def _may_join(total: int, current: int | None, joint: str) -> bool:
    """Whether "and" is within a number: behind hundreds and thousands in English and German, else behind tens."""
    if joint in ("and", "und"):
        return (current or 0) % 100 == 0 and (total or current or 0) > 0
    return current is not None and current % 100 >= 20 and current % 10 == 0


def _may_add(current: int, added: int) -> bool:
    """Whether a word goes on with a number: "twenty" with "three", "soixante" with "douze", "cent" with all."""
    last = current % 100
    if last == 0:
        return current > 0 and added < 100
    return last % 10 == 0 and (0 < added < 10 or (last in (60, 80) and added < 20)) and last >= 20
