"""Plain text: out of HTML, cleaned of what does harm, its words. Pure, and in linear time."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

MAX_HTML = 64 * 1024  # characters of markup that are read for a title or a description,
MAX_CONTENT = 256 * 1024  # and for an article


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAME = r"/?[a-zA-Z][^\s/>]*+"
_TAG_NAME = re.compile(_NAME)
# An attribute's quotes may hide a ">"; possessive, so that a missing quote fails at once. Up to 3.11.4 Python goes on
# behind what the last turn of a possessive group tried in vain, unless its last alternative fails where it begins:
# that is what `(?!)` is for, here and in other patterns.
_TAG = re.compile(rf"({_NAME})(?:[^>\"']++|\"[^\"]*+\"|'[^']*+'|(?!))*+>")
_BLOCKS = _words(
    "address article aside blockquote br center dd details div dl dt fieldset footer h1 h2 h3 h4 h5 h6 "
    "header hr li main ol p pre section summary table td th tr ul"
)
# Elements whose text is not the article's: code, forms, navigation, captions.
_FOREIGN = _words(
    "aside audio button canvas figure form head iframe math nav noframes noscript object option script "
    "select style svg template textarea title video"
)
# What stands for itself in text that may be shown: letters without marks of their own, and common signs.
_SHOWN = re.compile(r"[ -~¡-¬®-\u02ff\u0400-\u0481\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf]*+")
_SEPARATORS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Co"))
_JOINERS = "\u200c\u200d"
_MOST_MARKS = 4  # combining marks on one base; more is zalgo


def clean(text: str) -> str:
    """Bring text into the form in which it may be shown: one line, NFC, no control or format characters.

    The joiner stays inside emoji and inside the scripts that need it; a base keeps at most four marks.
    """
    if text.isascii():
        text = " ".join(text.split())
        if text.isprintable():
            return text
        text = "".join(char for char in text if char.isprintable())
    elif _SHOWN.fullmatch(spaced := " ".join(text.split())):
        return spaced
    else:
        kinds = {char: unicodedata.category(char) for char in set(text)}
        changed = {
            ord(char): " " if char in _SEPARATORS else None
            for char, kind in kinds.items()
            if char in _SEPARATORS or (kind in _DROPPED and char not in _JOINERS)
        }
        if changed:
            text = text.translate(changed)
        if any(char in text for char in _JOINERS):
            text = "".join(_without_idle_joiners(text))
        if any(kind[0] == "M" for kind in kinds.values()):
            # Before NFC: ordering a long run of marks takes quadratic time.
            text = "".join(_with_few_marks(text))
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def _without_idle_joiners(text: str) -> Iterator[str]:
    before = ""
    for i, char in enumerate(text):
        if char in _JOINERS and not (before and _joins(before, text[i + 1 : i + 2], char)):
            continue
        yield char
        before = char


def _joins(before: str, after: str, joiner: str) -> bool:
    if not after:
        return False
    if "\u0600" <= before <= "\u0fff":  # Arabic and the Indic scripts spell with joiners
        return after not in _JOINERS
    emoji = unicodedata.category(before) in ("So", "Sk") or before == "\ufe0f"
    # The Mars sign, the heart and their like are So as well; signs such as ↔ are Sm.
    return joiner == "\u200d" and emoji and unicodedata.category(after) in ("So", "Sm")


def _with_few_marks(text: str) -> Iterator[str]:
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= _MOST_MARKS:
            yield char


def plain(markup: str) -> str:
    """HTML as one clean line, such as a title."""
    return clean(" ".join(paragraphs(markup)))


def paragraphs(markup: str, *, most: int = MAX_HTML) -> list[str]:
    """HTML as its clean, non-empty lines, one per block; what no reader sees or says is left out.

    Of the markup, `most` characters are read.
    """
    lines: list[str] = []
    line: list[str] = []
    for piece in _pieces(markup[:most]):
        if piece:
            line.append(piece)
        elif line and piece is None:
            lines.append(clean(html.unescape("".join(line))))
            line = []
    lines.append(clean(html.unescape("".join(line))))
    return [text for text in lines if text]


def _pieces(markup: str) -> Iterator[str | None]:
    """Text as it stands between the tags; None where a block begins or ends. Never looks back."""
    lowered = ""
    unclosed: set[str] = set()  # names whose closing tag was looked for in vain: never look again
    at = 0
    while True:
        opened = markup.find("<", at)
        if opened < 0:
            yield markup[at:]
            return
        yield markup[at:opened]
        tag = _TAG.match(markup, opened + 1) if '"' not in unclosed else None
        if tag:
            element, at = tag[1].lower(), tag.end()
        elif markup.startswith(("<!", "<?"), opened):
            mark = "-->" if markup.startswith("<!--", opened) else ">"
            mark = "]]>" if markup.startswith("<![CDATA[", opened) else mark
            closed = markup.find(mark, opened)
            if closed < 0:
                return
            if mark == "]]>":
                yield markup[opened + 9 : closed]
            at = closed + len(mark)
            continue
        elif name := _TAG_NAME.match(markup, opened + 1):
            unclosed.add('"')  # a missing quote is only stumbled over once
            element, at = name[0].lower(), markup.find(">", name.end()) + 1
            if not at:
                return
        else:
            yield "<"
            at = opened + 1
            continue
        if element in _FOREIGN and element not in unclosed:
            lowered = lowered or (markup.lower() if len(markup.lower()) == len(markup) else markup)
            closed = lowered.find(f"</{element}", at)
            if closed < 0:
                unclosed.add(element)
            else:
                at = closed
                yield None
        elif element.lstrip("/") in _BLOCKS:
            yield None


# A sign of a script that leaves no blanks between words.
_UNSPACED_SIGN = (
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
_UNSPACED_ANY = re.compile(_UNSPACED_SIGN)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")  # Thai, Lao, Burmese, Khmer
_SPACED_WORD = re.compile(
    r"[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"
)


def count_words(text: str) -> int:
    """Length in words; where a script leaves no blanks, two (Chinese, Japanese) or five characters are one.

    A run of more than 40 letters is no word and counts for several.
    """
    if text.isascii() or not _UNSPACED_ANY.search(text):
        words = text.split()
        if max(map(len, words), default=0) < 40:
            return len(words)
        return len(words) + sum(len(word) // 40 for word in words)
    wide, unspaced = len(_WIDE.findall(text)), len(_UNSPACED.findall(text))
    spaced = sum(1 + len(word) // 40 for word in _SPACED_WORD.findall(text))
    return spaced + -(-wide // 2) + -(-unspaced // 5)


# Python's \w leaves out the vowel signs of many scripts, which are no letters but belong to their words.
_SIGNS = (
    r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0970-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd"
    r"\u102b-\u103e\u17b4-\u17d3\u200c"
)
_WORD = re.compile(rf"{_UNSPACED_SIGN}|[^\W_](?:(?!{_UNSPACED_SIGN})(?:[^\W_]|[{_SIGNS}]|'(?=[^\W_])))*")
# The same where nothing else can stand.
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
# ASCII with its letters small, and blanks for all but letters, digits and apostrophes.
_IN_WORDS = "abcdefghijklmnopqrstuvwxyz0123456789'"
_SMALL = bytes(ord(small if (small := chr(code).lower()) in _IN_WORDS else " ") for code in range(128)).ljust(
    256
)
_MARKS = "“”‘’–—…\u00a0"
_BLANK_BETWEEN = re.compile(rf"[^\W_](?:[^\W_]+|[{_SIGNS}]|'(?=[^\W_]))*")


def without_marks(text: str) -> str:
    """The text with blanks for quotation marks, dashes and their like: most English texts are ASCII then."""
    if not text.isascii():
        for mark in _MARKS:
            text = text.replace(mark, " ")
    return text


def split_words(text: str) -> list[str]:
    """Its words in small letters, without marks; where a script leaves no blanks, each sign is one."""
    bare = without_marks(text.replace("’", "'"))
    if not bare.isascii():
        # In small letters first: how a Greek one is made small depends on the marks.
        bare = without_marks(text.lower().replace("’", "'"))
        return (_WORD if _UNSPACED_ANY.search(bare) else _BLANK_BETWEEN).findall(bare)
    words = bare.encode().translate(_SMALL).decode()
    if "''" in words:
        return _ASCII_WORD.findall(words)
    if "'" in words:  # is a word's own if it stands between two of its letters
        words = f" {words} ".replace("' ", " ").replace(" '", " ")
    return words.split()
