"""Languages by what pages call them, believed where the text is in their script. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_SCRIPTS = (
    ("CYRILLIC", frozenset(["ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "tt"])),
    ("ARABIC", frozenset(["ar", "fa", "ur", "ps", "ku", "ug", "sd", "ckb"])),
    ("CJK", frozenset(["zh", "ja"])),
    ("HIRAGANA", frozenset(("ja",))),
    ("KATAKANA", frozenset(("ja",))),
    ("HANGUL", frozenset(("ko",))),
    ("DEVANAGARI", frozenset(["hi", "mr", "ne", "sa"])),
    ("HEBREW", frozenset(["he", "yi"])),
    ("GREEK", frozenset(("el",))),
    ("THAI", frozenset(("th",))),
    ("BENGALI", frozenset(["bn", "as"])),
    ("TAMIL", frozenset(("ta",))),
    ("TELUGU", frozenset(("te",))),
    ("GEORGIAN", frozenset(("ka",))),
    ("ARMENIAN", frozenset(("hy",))),
)
_OWN_SCRIPT = frozenset().union(*(languages for _, languages in _SCRIPTS)) - {"sr", "kk", "ku", "mn"}
_OLD_CODES = {
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "gr": "el",
    "jp": "ja",
    "cn": "zh",
    "ua": "uk",
    "cz": "cs",
    "dk": "da",
    "no": "nb",
}


def language_of(named: str, text: str) -> str | None:
    """The ISO 639-1 code in a name such as "pt_BR"; None where there is none, or where the text cannot be in it."""
    found = re.match(r"\s*([a-zA-Z]{2})(?![a-zA-Z])", named)
    language = _OLD_CODES.get(found[1].lower(), found[1].lower()) if found else None
    return language if language and _is_plausible(language, text) else None


def _is_plausible(language: str, text: str) -> bool:
    """Whether the text's letters are those that the language is written in."""
    counts: Counter[str] = Counter(
        unicodedata.name(char, "").partition(" ")[0] for char in text[:600] if char.isalpha()
    )
    if not counts:
        return True
    script = counts.most_common(1)[0][0]
    if script == "LATIN":
        return language not in _OWN_SCRIPT or (language == "ja" and counts["HIRAGANA"] > 0)
    return any(language in languages for name, languages in _SCRIPTS if name == script)
