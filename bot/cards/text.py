"""Texts of feeds and members, made safe to show in Discord: normalised, cut and escaped. Pure, in linear time."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from yarl import URL

# A base with more combining marks than this is a "zalgo" text that paints over its neighbours.
MARKS_A_BASE = 4
# How much of a text is looked at, in units of the limit it must fit: what is dropped may make room for more.
LOOKED_AT = 4

_FIRST_LETTER_BY = 200

ZERO_WIDTH_JOINERS = "\u200c\u200d"

_LINE_BREAKS = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r" ?\n[ \n]*")
_SENTENCE_END = re.compile(r"[.!?…؟۔।](?=[\"'”’»)\]]*\s)[\"'”’»)\]]*|[。！？][」』”’》）]*")
# What opens any of Discord's markup. `:` only where a word follows: in addresses, emoji names and `mailto:`.
# Line starts: bullets, subtext and numbered lists (headings and quotations begin with an escaped sign anyway).
_MARKUP = re.compile(
    r"(?P<sign>[\\*_~`|<>\[\]#@]|:(?=\S))|(?P<bullet>^ *)(?P<mark>[-+])|(?P<number>^ *[0-9]+)(?P<stop>[.)])",
    re.M,
)
# Discord offers to join a server wherever it sees one of these, with a scheme before it or without.
_INVITE = re.compile(r"(discord(?:app)?)\.(?=(?:gg|com|io|me|li)\b)", re.I)
# Inside a link's text no sign can be escaped: brackets become round ones, other markup goes.
_IN_LINK = str.maketrans({"[": "(", "]": ")", "_": " ", **dict.fromkeys("\\*~|<>`@#")})
_SCHEME = re.compile(r"(https?)://", re.I)
# What ends an address in a link, or begins another link or markup in it.
_IN_ADDRESS = str.maketrans({"(": "%28", ")": "%29", "*": "%2A", "[": "%5B", "]": "%5D"})
_RIGHT_TO_LEFT, _END_ISOLATE = "\u2067", "\u2069"
_WEB_ADDRESS = re.compile(r"https?://[!-~]+", re.I)


def units(text: str) -> int:
    """The length as Discord counts it: in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def clean(text: str, limit: int) -> str:
    """Normalise the beginning of `text`, as much of it as could matter for `limit` units.

    NFC; no control, format, private or lone surrogate characters (a joiner stays inside emoji and scripts that
    need it); at most four combining marks on a base; line breaks as `\\n`, never two empty lines; no other runs
    of space.
    """
    text = _LINE_BREAKS.sub("\n", text[: limit * LOOKED_AT])
    text = unicodedata.normalize("NFC", "".join(_visible(text)))
    text = _SPACES.sub(" ", text)
    return _BLANK_LINES.sub(lambda gap: "\n" * min(gap[0].count("\n"), 2), text).strip()


def _visible(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for at, character in enumerate(text):
        if character.isascii():
            if character.isprintable() or character in "\n\t":
                kept.append(character)
                marks = 0
            continue
        category = unicodedata.category(character)
        if category in ("Mn", "Me"):
            marks += 1
            if marks > MARKS_A_BASE:
                continue
        elif character in ZERO_WIDTH_JOINERS:
            following = text[at + 1 : at + 2]
            if not (kept and _joinable(kept[-1]) and following and _joinable(following)):
                continue
        elif category in ("Cc", "Cf", "Cs", "Co"):
            continue
        else:
            marks = 0
        kept.append(character)
    return kept


def _joinable(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character)[0] in "LMS"


def line(text: str, limit: int) -> str:
    """One line of plain text within `limit` units, for places where Discord shows no markup."""
    return cut(" ".join(clean(text, limit).split("\n")), limit)


def escaped_line(text: str, limit: int) -> str:
    """One line within `limit` units in which nothing is markup."""
    return _fitted(" ".join(clean(text, limit).split("\n")), limit)


def escaped_text(text: str, limit: int) -> str:
    """Paragraphs within `limit` units in which nothing is markup."""
    return _fitted(clean(text, limit), limit)


def linked(text: str, address: str | None, limit: int) -> str:
    """A line that leads to an address of at most `limit` units; the escaped line alone where there is none."""
    if (found := web_address(address, limit)) is None:
        return escape(text)
    shown = _INVITE.sub(r"\1 ", _SCHEME.sub(r"\1 ", " ".join(text.translate(_IN_LINK).split())))
    # A host that is a number has square brackets of its own, which stay.
    end_of_host = found.find("/", found.find("//") + 2) if "[" in found else 0
    host, path = (found[:end_of_host], found[end_of_host:]) if end_of_host > 0 else ("", found)
    return f"[{shown}]({host}{path.translate(_IN_ADDRESS)})" if shown else escape(text)


def directed(text: str) -> str:
    """A paragraph as it is, or isolated where it is written from right to left.

    Discord sets messages from left to right whatever they say, and full stops and foreign words in them would stand
    in the wrong places (https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates).
    """
    for character in text[:_FIRST_LETTER_BY]:
        match unicodedata.bidirectional(character):
            case "L":
                break
            case "R" | "AL":
                return f"{_RIGHT_TO_LEFT}{text}{_END_ISOLATE}"
    return text


def _fitted(text: str, limit: int) -> str:
    room = limit
    fitted = escape(cut(text, room))
    # Every unit taken away takes at least one escaped unit with it, so this ends after two or three rounds.
    while units(fitted) > limit:
        room -= units(fitted) - limit
        fitted = escape(cut(text, room))
    return fitted


def escape(text: str) -> str:
    """Put a backslash before all that Discord would read as markup, a mention, a link or an invite."""
    return _INVITE.sub(r"\1\\.", _MARKUP.sub(_with_backslash, text))


def _with_backslash(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "mark":
            return f"{found['bullet']}\\{found['mark']}"
        case "stop":
            return f"{found['number']}\\{found['stop']}"
        case _:
            return f"\\{found['sign']}"


def cut(text: str, limit: int) -> str:
    """The text if it fits into `limit` units, else its beginning, ended at a sentence or with `…` at a word."""
    if units(text) <= limit:
        return text
    if limit < 1:
        return ""
    kept = _beginning(text, limit)
    sentences = [end.end() for end in _SENTENCE_END.finditer(kept)]
    if sentences and sentences[-1] > len(kept) * 0.6:
        return kept[: sentences[-1]]
    kept = _beginning(text, limit - 1)
    space = max(kept.rfind(" "), kept.rfind("\n"))
    end = space if space > len(kept) // 2 else _whole_characters(text, len(kept))
    return kept[:end].rstrip(" \n.,;:–-") + "…"


def _beginning(text: str, limit: int) -> str:
    used = 0
    for at, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > limit:
            return text[:at]
    return text


def _whole_characters(text: str, end: int) -> int:
    """`end`, or a place shortly before it where no mark, joiner or emoji modifier is parted from its base."""
    for at in range(end, max(end - 16, 0), -1):
        parted = text[at : at + 1]
        if not (
            parted in ZERO_WIDTH_JOINERS
            or text[at - 1] in ZERO_WIDTH_JOINERS
            or unicodedata.category(parted) in ("Mn", "Me", "Sk")
        ):
            return at
    return end


def web_address(address: str | None, limit: int) -> str | None:
    """The address as it may be linked: http or https, a host, no user info, ASCII, within `limit`; else None."""
    if not address:
        return None
    address = address.strip()
    try:
        if not _WEB_ADDRESS.fullmatch(address):
            address = str(URL(address))
        parts = urlsplit(address)
        parts.port  # noqa: B018 (raises where the port is no number)
    except ValueError:
        return None
    usable = _WEB_ADDRESS.fullmatch(address) and parts.hostname and "@" not in parts.netloc
    if not usable or len(address) > limit or any(character in address for character in '<>"\\^`{|}'):
        return None
    return address
