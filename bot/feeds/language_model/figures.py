"""Numbers of a text in a form in which they can be compared: 1,200 and 1.200 and 1200 are one. Pure."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from bot.feeds.language_model.spelt import spelt_in

_NUMBER = re.compile(r"\d+(?:[.,'’\u00a0\u202f ]\d+)*")
_SCALE = re.compile(
    r"[\s\u00a0\u202f-]?(?:"
    r"(?P<thousand>thousand|tausend|tsd|mille|mil|mila|tys|тыс|тис|bin|千|천|k)"
    r"|(?P<million>millions?|millionen|millón|millones|milhão|milhões|milion[ei]|mln|mio|млн|миллион\w*"
    r"|мільйон\w*|milyon|m)"
    r"|(?P<billion>billions?|milliarden?|mrd|milliards?|mil millones|bilhões|miliard[iy]?|mld|млрд|миллиард\w*"
    r"|milyar|bn)"
    r"|(?P<myriad>万|萬|만)|(?P<lakh>lakhs?|लाख)|(?P<crore>crores?|करोड़)|(?P<oku>亿|億|억))(?![^\W\d_])",
    re.IGNORECASE,
)
_POWERS = {"thousand": 3, "million": 6, "billion": 9, "myriad": 4, "lakh": 5, "crore": 7, "oku": 8}
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+")
_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve",
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze",
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "zero um dois três quatro cinco seis sete oito nove dez onze doze",
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici",
    "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście",
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать",
    "нуль один два три чотири п'ять шість сім вісім дев'ять десять одинадцять дванадцять",
    "sıfır bir iki üç dört beş altı yedi sekiz dokuz on",
)
_SPELT = {word: number for line in _WORDS for number, word in enumerate(line.split())}
_SPELT_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def figures_in(text: str, *, every_reading: bool = True, language: str | None = None) -> frozenset[Decimal]:
    """The values of a text's numbers: in every reading, words of all languages too, or in the likeliest alone.

    Of a text that is to prove another one every reading counts: 1.200 is a thousand and more, or a little above one.
    In the likeliest, numbers in words are those of the text's `language`, from three on.
    """
    values: set[Decimal] = set()
    for number in _NUMBER.finditer(text):
        power = _power_after(text, number.end())
        readings = _readings(number[0])
        for value in readings if every_reading else readings[:1]:
            values.add(value.scaleb(power).normalize())
            if every_reading:
                values.add(value.normalize())
    if every_reading:
        spelt = (_SPELT.get(word[0]) for word in _SPELT_WORD.finditer(text.lower()))
        values |= {Decimal(number).normalize() for number in spelt if number is not None}
        values |= {Decimal(number).normalize() for number in spelt_in(text, smallest=0)}
    elif language is not None:
        values |= {Decimal(number).normalize() for number in spelt_in(text, language)}
    return frozenset(values)


def _power_after(text: str, at: int) -> int:
    scale = _SCALE.match(text, at)
    return _POWERS[scale.lastgroup] if scale and scale.lastgroup else 0


def _readings(number: str) -> list[Decimal]:
    """What a number may mean, the likeliest first."""
    found = []
    digits = re.sub(r"\D", "", number)
    if _GROUPED.fullmatch(number) or digits == number:
        found.append(digits)
    last = max(number.rfind("."), number.rfind(","))
    if last > 0:
        whole, part = re.sub(r"\D", "", number[:last]), number[last + 1 :]
        if part.isdigit():
            found.append(f"{whole}.{part}")
    if not found:
        found = re.split(r"\D", number)
    try:
        return [Decimal(one) for one in found if one]
    except InvalidOperation:  # digits of a script that Decimal does not read
        return []
