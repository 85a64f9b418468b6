"""Patterns that take long to search for, with signs by which nearly every text is passed over. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.feeds.text import without_marks

_WORD = re.compile(r"\w+")
# ASCII with its letters small, and blanks for what is in no word.
_SMALL = bytes(ord(chr(code).lower() if _WORD.match(chr(code)) else " ") for code in range(128)).ljust(256)
# What patterns that ignore the case take for "i", "s" and Cyrillic letters, and what is none of these in small letters.
_ODD = re.compile(r"[\u0307ıſ\u1c80-\u1c8f]")


class Seen:
    """A text as it is looked through for signs: in small letters, and its words as patterns know them.

    `is_odd` says that a pattern which ignores the case of letters may take some of them for others that are no signs.
    """

    def __init__(self, text: str) -> None:
        self.lowered = without_marks(text.replace("…", "...")).lower()
        if self.lowered.isascii():  # nearly always, and three times as fast
            self.words = set(self.lowered.encode().translate(_SMALL).decode().split())
            self.is_odd = False
        else:
            self.words = set(_WORD.findall(self.lowered))
            self.is_odd = _ODD.search(self.lowered) is not None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a text has to be searched for, sentence by sentence: a pattern, and signs of which one is wherever it is."""

    pattern: re.Pattern[str]
    signs: Sequence[str]

    def shows(self, lowered: str) -> bool:
        """Whether a sentence in small letters has such a sign."""
        return any(map(lowered.__contains__, self.signs))

    def narrowed(self, lowered: str) -> Suspicion:
        """What is left of it for the sentences of a text in small letters."""
        return Suspicion(self.pattern, [sign for sign in self.signs if sign in lowered])

    def holds(self, lowered: str) -> bool:
        """Whether the pattern is found in a sentence in small letters."""
        return self.shows(lowered) and self.pattern.search(lowered) is not None


class Signed:
    """A pattern, and signs of which one is in whatever it finds, in small letters and set apart by "|".

    `phrases` are made of whole words, so that a text which lacks one of these does not hold them; `pieces` may be
    anywhere in a word, or of a script without blanks.
    """

    def __init__(self, pattern: re.Pattern[str], phrases: str, pieces: str) -> None:
        self.pattern = pattern
        self._phrases: dict[str, list[str]] = {}  # by their longest words, which are rare
        for phrase in phrases.split("|"):
            self._phrases.setdefault(max(_WORD.findall(phrase), key=len), []).append(phrase)
        self._words = frozenset(self._phrases)
        self._anywhere = Suspicion(pattern, [""])
        self._pieces = pieces.split("|")

    def suspected(self, text: Seen) -> Suspicion | None:
        """What a text is suspected of; None where it holds no sign."""
        near = [phrase for word in self._words & text.words for phrase in self._phrases[word]]
        held = [phrase for phrase in near if text.words.issuperset(_WORD.findall(phrase))]
        held += [piece for piece in self._pieces if piece in text.lowered]
        return Suspicion(self.pattern, held) if held else None

    def suspected_in_any_case(self, text: Seen | None) -> Suspicion | None:
        """The same for a pattern that ignores the case of letters; for a text that was not looked through, too."""
        return self.suspected(text) if text and not text.is_odd else self._anywhere
