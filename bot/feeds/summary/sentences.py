"""A line of text cut into its sentences, in many languages. Pure, and in linear time.

A mark ends a sentence unless the words on its two sides say that it belongs to an abbreviation, an initial, an ordinal
or a date. What stands between quotation marks or brackets is kept together where it is not long, so that no sentence
begins or ends in the middle of a quotation.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Set

from bot.feeds.summary.abbreviations import (
    AFTER_HOURS,
    AFTER_ORDINALS,
    ALL,
    BEFORE_NUMBERS,
    BEFORE_ORDINALS,
    CLOSING,
    CLOSING_PAIRS,
    HOURS,
    LEADING,
    MONTHS,
    NAME_PARTICLES,
    OPEN,
    OPEN_PAIRS,
    ORDINALS,
    STARTERS,
)

LONGEST_QUOTATION = 400  # characters; a longer one is cut at its own sentences
_REACH = 60  # characters that are looked at on each side of a mark
_DEEPEST = 8  # quotations and brackets in one another
# The words after which a full stop may be no end, in any language.
_LISTED = LEADING[ALL].union(OPEN[ALL], BEFORE_NUMBERS, CLOSING, HOURS)

_SPACED = ".!?…"  # marks that need a blank behind them; the others of `_MARK` do not
# A run of marks of one kind. It begins with one set, by which all other letters are skipped nine times as fast, and is
# taken whole (possessive): 64,000 dots take a minute otherwise.
_MARK = re.compile(r"[.!?…。！？｡।॥۔؟](?:(?<=[.!?…])[.!?…]*+|(?<=[。！？｡])[。！？｡]*+|[।॥۔؟]*+)")
_CLOSERS = "\"'“”’»“›)]」』）】〉》*"
_OPENERS = "\"'„“‚‘«»‹([{¿¡–—-•·―*「『（【《〈 "
_BLANKS = re.compile(r"\s*")
_PAIRS = {
    "(": ")", "[": "]", "「": "」", "『": "』", "（": "）", "《": "》", "【": "】", "“": "”",
    "„": "“”", "«": "»", "»": "«",
    "‘": "’", "‚": "‘’", '"': '"', "”": "”",
}  # fmt: skip
_BRACKET = re.compile(r"[()\[\]「」『』（）《》【】“”„«»‘’‚\"]")
_WIDE_SIGN = re.compile(r"[\u3005\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_SLIP_BEFORE = re.compile(
    r"(?:^|[\s(\"“„«])[^\W\d_A-Z]?[^\W\d_A-Z]{3,}\Z|(?:^|[\s(])\d+\Z|(?:^|\s)[A-Z][a-z]{2,}\Z"
)
_SLIP_AFTER = re.compile(r"(?!Com\b|Net\b|Org\b|Js\b|Info\b)[A-ZÀ-ÞА-Я][^\W\d_A-Z]{2,}[\s,]")
_TO_LAST_WORD = re.compile(r"(?s:.*)[\s(\[\"„“‚‘«»/–—]")
_FIRST_WORD = re.compile(r"[^\W_][\w'’\u0900-\u097f\u064b-\u0652]*")
_ROMAN = re.compile(r"[IVXLC]+\Z")
_DUTCH = re.compile(r"['’]\w{1,2}\s[A-Z]")  # "'s Avonds"
_STOPPED_NUMBER = re.compile(r"\d+\.\Z")
_CAPITALS = re.compile(r"[A-ZÀ-ÞА-Я]{1,2}\.")
_CENTURY = re.compile(r"\b[IVX]+ (?:в|вв|ст|w)\Z")
_MARKER = re.compile(r"\W*(?:\d{1,3}|[^\W\d_]|[ivxIVX]{1,4})\Z")
# What goes on after a quotation that has ended its own sentence.
_GOES_ON_JA = re.compile(r"[とはがをにのでもや、へ]|って|など|という|から|まで|だと|である|だった|ほど|より")
_GOES_ON_KO = re.compile(
    r"(?:이?라고|이?라며|이?라는|고|며|면서|는|라면서|하고|란|이란|라던|라는)(?=\s|[가-힣]{0,3}[\s,.])"
)
_SAYS_ZH = re.compile(r"[^，。！？“”]{0,8}?(?:说|道|问|喊|表示|回答|写道|称|叫|指出|說|問|寫道|稱)")
_SAYS_AR = re.compile(r"(?:ي|ت)?(?:قال|قول|سأل|أجاب|رد|صرخ|هتف|أضاف)ت?\s")
_SAYS_HI = re.compile(r"[^।?!.]{0,40}\s?(?:कहा|पूछा|बोले|बोला|बोली|बताया|चिल्लाया)(?=[\s।])")
_COMMAS = ",，、;；:：)）"
_SAYS_EN = re.compile(
    r"(?:[A-Z][\w'’.-]*\s){1,3}(?:said|says|asked|asks|added|replied|told|wrote|shouted|cried|tweeted|posted)"
    r"(?=[.,;]|\s(?:on|in|at|to|during|after|when|while|with|as|through|of|about|[A-Z]))"
)


def sentences(line: str, language: str | None = None) -> list[str]:
    """Cut a clean line into its sentences, each as it stands there.

    `language` is an ISO 639-1 code; without it the rules of all languages are used together, a little less well.
    """
    found: list[str] = []
    start = 0
    sheltered = _Shelters(line)
    for mark in _MARK.finditer(line):
        end = _behind(line, mark.end(), sheltered.begins)
        following = _BLANKS.match(line, end).end()  # type: ignore[union-attr]  # matches nothing, too
        if following == len(line):
            break
        at = mark.start()
        if following == end and line[at] in _SPACED and not _needs_no_blank(line, at, end):
            continue
        if sheltered(at, end):
            continue
        if _Place(line, start, mark, end, following, language).ends:
            found.append(line[start:end])
            start = following
    if start < len(line):
        found.append(line[start:].rstrip())
    return [text for text in found if text]


def _behind(line: str, end: int, begins: Set[int]) -> int:
    """Where the quotation marks and brackets end that belong to a mark; « French ones » stand behind a blank."""
    while end < len(line) and end not in begins:
        if line[end] in _CLOSERS:
            end += 1
        elif line[end] == " " and line[end + 1 : end + 2] == "»" and not line[end + 2 : end + 3].isalnum():
            end += 2
        else:
            break
    return end


def _needs_no_blank(line: str, start: int, end: int) -> bool:
    """Whether a mark ends a sentence without a blank: between signs of a script that has none, or by a slip.

    A slip stands between two words of a kind that addresses and names are not made of ("in April.Previously, it").
    """
    around = line[max(start - 1, 0) : start] + line[end : end + 1]
    if line[start] in "!?" and len(_WIDE_SIGN.findall(around)) == 2:
        return True
    return bool(
        _SLIP_BEFORE.search(line[max(start - 20, 0) : start]) and _SLIP_AFTER.match(line[end : end + 20])
    )


class _Shelters:
    """The quotations and brackets of a line within which no sentence ends."""

    def __init__(self, line: str) -> None:
        self.begins: set[int] = set()
        """Where a mark stands that opens one and is closed again."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        opened: list[tuple[str, int]] = []
        for found in _BRACKET.finditer(line):
            sign, at = found[0], found.start()
            depth = next((n for n in range(len(opened) - 1, -1, -1) if sign in _PAIRS[opened[n][0]]), None)
            if depth is not None and not (sign in "’‘" and line[at + 1 : at + 2].isalnum()):
                self._add(opened[depth][1], at)
                del opened[depth:]
            elif _opens(line, sign, at):
                opened.append((sign, at))
                del opened[:-_DEEPEST]

    def _add(self, start: int, end: int) -> None:
        self.begins.add(start)
        if end - start > LONGEST_QUOTATION:
            return
        while self._starts and self._starts[-1] > start:
            self._starts.pop()
            self._ends.pop()
        self._starts.append(start)
        self._ends.append(end)

    def __call__(self, start: int, end: int) -> bool:
        """Whether a mark from `start`, with what closes behind it up to `end`, stands inside one and leaves it "
        "open."""
        n = bisect_left(self._starts, start) - 1
        return n >= 0 and end <= self._ends[n]


def _opens(line: str, sign: str, at: int) -> bool:
    if sign not in _PAIRS:
        return False
    before, after = line[at - 1 : at], line[at + 1 : at + 2]
    if sign in '"”»':  # may close as well: it opens where a word begins
        free = not before or before.isspace() or before in "([–—-„“‘,:" or bool(_WIDE_SIGN.match(before))
        return free and bool(after) and not after.isspace()
    return not (sign == "‘" and after.isdigit())


def _listed(table: Mapping[str, frozenset[str]], language: str | None) -> frozenset[str]:
    """A language's words of a table: English ones where it has none, those of all where it is not known."""
    return table.get(language or ALL, table["en"])


class _Place:
    """A mark between two words; `ends` says whether a sentence ends there."""

    def __init__(
        self, line: str, start: int, mark: re.Match[str], end: int, following: int, language: str | None
    ) -> None:
        at = mark.start()
        self._language = language
        self._mark = mark[0]
        self._is_spaced = self._mark[0] in _SPACED
        self._quoted = end > mark.end()
        self._before = line[max(start, at - _REACH) : at]
        self._is_all_before = at - start <= _REACH
        self._after = line[following : following + _REACH]
        self._bare = self._after.lstrip(_OPENERS)
        self._first = self._bare[:1]

    @property
    def ends(self) -> bool:
        if not self._first or self._goes_on():
            return False
        return self._mark != "." or self._stop_ends()

    @property
    def _next(self) -> str:
        """The first word behind it."""
        word = _FIRST_WORD.match(self._bare)
        return word[0] if word else ""

    def _goes_on(self) -> bool:
        """Whether the next words belong to the same sentence whatever the mark is."""
        if self._is_spaced and self._first.islower():
            following = self._next
            if following and not following[1:2].isupper():
                return _DUTCH.match(self._after) is None
        if not self._quoted:
            return False
        return self._after[0] in _COMMAS or bool(
            _GOES_ON_JA.match(self._after)
            or _SAYS_ZH.match(self._after)
            or _GOES_ON_KO.match(self._after)
            or _SAYS_EN.match(self._after)
            or _SAYS_AR.match(self._after)
            or _SAYS_HI.match(self._after)
        )

    def _stop_ends(self) -> bool:
        """Whether a single full stop ends a sentence, judged by the words on both sides."""
        to_word = _TO_LAST_WORD.match(self._before)
        word = self._before[to_word.end() :] if to_word else self._before
        elided = word.replace("’", "'").rpartition("'")[2]
        word = elided if len(elided) > 1 else word  # "l'avv.", and not "isn't."
        if self._quoted or not word:
            return True
        if self._is_all_before and _MARKER.match(self._before):
            return False  # the number of a list's item
        if word.islower() and word.isalpha() and len(word) > 1 and word not in _LISTED:
            return not self._first.isdecimal() or not word.endswith("str")  # as nearly always
        if word.isdecimal():
            return self._number_ends(word)
        lowered = word.lower()
        if lowered in HOURS:
            return self._next.lower() not in AFTER_HOURS
        if lowered in CLOSING and self._language != "en":
            return True
        if lowered == "etc":
            return True
        if lowered in BEFORE_NUMBERS and (self._first.isdecimal() or _ROMAN.match(self._next[1:])):
            return False
        if word.isupper() and len(word) <= 2 and _CAPITALS.match(self._after):
            return False  # "EE. UU."
        if self._first.isdecimal() and lowered.endswith("str"):
            return False  # "Gartenstr. 5"
        if lowered.rpartition("-")[2] in _listed(LEADING, self._language):
            return self._language is None and self._starts  # other languages' titles are this one's words
        if lowered in _listed(OPEN, self._language):
            return self._starts or bool(_CENTURY.search(self._before))
        parts = lowered.replace("-", ".").split(".")
        if len(parts) > 1 and all(len(part) <= 2 and (part.isalpha() or not part) for part in parts):
            return self._starts
        if len(word) == 1 and word.isalpha():
            return self._letter_ends(word)
        if _ROMAN.match(word) and self._language in ORDINALS:
            return self._starts
        return True

    @property
    def _starts(self) -> bool:
        """Whether the next word is one that begins sentences, and has no other reason for its capital."""
        initial = len(self._next) == 1 and self._after.lstrip(_OPENERS)[1:2] == "."
        return not initial and self._next.lower().replace("’", "'") in _listed(STARTERS, self._language)

    def _letter_ends(self, letter: str) -> bool:
        """Whether a sentence ends with this letter ("Plan B.") and not with an initial or half an abbreviation."""
        words = self._before.split()
        previous = words[-2] if len(words) > 1 else ""
        if previous.endswith(".") and len(previous.strip("(.")) <= 2:
            pair = (previous.strip("(.").lower(), letter.lower())
            return pair in CLOSING_PAIRS or (pair in OPEN_PAIRS and self._starts)
        return self._starts and self._next.lower() not in NAME_PARTICLES

    def _number_ends(self, number: str) -> bool:
        """Whether "3." ends a sentence and does not mean "third", as it does in German, Czech or Turkish."""
        language = self._language
        words = self._before.split()
        if language == "ko" and (
            self._first.isdecimal() or _STOPPED_NUMBER.match(words[-2] if words[1:] else "")
        ):
            return False  # a date: "2024. 3. 15."
        if language is not None and language not in ORDINALS:
            return True
        following = self._next.lower()
        if len(number) > 3:
            return True
        if following in MONTHS or self._first.isdecimal():
            return False
        if self._starts:
            return True
        if following in AFTER_ORDINALS or (len(words) > 1 and words[-2].lower() in BEFORE_ORDINALS):
            return False
        return language != "tr"
