"""Plain text: out of HTML, cleaned of what does harm, cut into sentences. Pure, and in linear time."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

MAX_HTML = 64 * 1024  # characters of markup that are read for a text; more is no summary's business


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAG_NAME = re.compile(r"/?[a-zA-Z][^\s/>]*")
# An attribute's quotes may hide a ">"; possessive, so that a missing quote fails at once.
_TAG_REST = re.compile(r"(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>")
_BLOCKS = _words(
    "address article aside blockquote br center dd details div dl dt fieldset footer h1 h2 h3 h4 h5 h6 "
    "header hr li main ol p pre section summary table td th tr ul"
)
# Elements whose text is not the article's: code, forms, navigation, captions.
_FOREIGN = _words(
    "aside audio button canvas figure form head iframe math nav noframes noscript object option script "
    "select style svg template textarea title video"
)
_BLANKS = re.compile(r"\s+")
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Co"))
_SEPARATORS = {ord(c): " " for c in "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"}
_JOINERS = "\u200c\u200d"
_MOST_MARKS = 4  # combining marks on one base; more is zalgo


def clean(text: str) -> str:
    """Bring text into the form in which it may be shown: one line, NFC, no control or format characters.

    The joiner stays inside emoji and inside the scripts that need it; a base keeps at most four marks.
    """
    text = text.translate(_SEPARATORS)
    if not text.isascii():
        kinds = {char: unicodedata.category(char) for char in set(text)}
        dropped = {ord(c): None for c, kind in kinds.items() if kind in _DROPPED and c not in _JOINERS}
        text = text.translate(dropped)
        if any(char in text for char in _JOINERS):
            text = "".join(_without_idle_joiners(text))
        if any(kind[0] == "M" for kind in kinds.values()):
            # Before NFC: ordering a long run of marks takes quadratic time.
            text = "".join(_with_few_marks(text))
        text = unicodedata.normalize("NFC", text)
    else:
        text = "".join(char for char in text if char.isprintable())
    return _BLANKS.sub(" ", text).strip()


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


def paragraphs(markup: str) -> list[str]:
    """HTML as its clean, non-empty lines, one per block; what no reader sees or says is left out."""
    lines: list[str] = []
    line: list[str] = []
    for piece in _pieces(markup[:MAX_HTML]):
        if piece is not None:
            line.append(piece)
        elif line:
            lines.append(clean(html.unescape("".join(line))))
            line = []
    lines.append(clean(html.unescape("".join(line))))
    return [text for text in lines if text]


def _pieces(markup: str) -> Iterator[str | None]:
    """Text as it stands between the tags; None where a block begins or ends. Never looks back."""
    lowered = markup.lower() if len(markup.lower()) == len(markup) else markup
    unclosed: set[str] = set()  # names whose closing tag was looked for in vain: never look again
    at = 0
    while True:
        opened = markup.find("<", at)
        if opened < 0:
            yield markup[at:]
            return
        yield markup[at:opened]
        if markup.startswith("<!", opened) or markup.startswith("<?", opened):
            mark = "-->" if markup.startswith("<!--", opened) else ">"
            mark = "]]>" if markup.startswith("<![CDATA[", opened) else mark
            closed = markup.find(mark, opened)
            if closed < 0:
                return
            if mark == "]]>":
                yield markup[opened + 9 : closed]
            at = closed + len(mark)
            continue
        name = _TAG_NAME.match(markup, opened + 1)
        if name is None:
            yield "<"
            at = opened + 1
            continue
        at = _end_of_tag(markup, name.end(), unclosed)
        if at < 0:
            return
        element = name[0].lower()
        if element in _FOREIGN and element not in unclosed:
            closed = lowered.find(f"</{element}", at)
            if closed < 0:
                unclosed.add(element)
            else:
                at = closed
                yield None
        elif element.lstrip("/") in _BLOCKS:
            yield None


def _end_of_tag(markup: str, at: int, unclosed: set[str]) -> int:
    """Where the tag's ">" ends it; −1 where none is left. A missing quote is only stumbled over once."""
    if '"' not in unclosed:
        if rest := _TAG_REST.match(markup, at):
            return rest.end()
        unclosed.add('"')
    return markup.find(">", at) + 1 or -1


_ABBREVIATIONS = _words(
    # English
    "mr mrs ms dr prof st sr jr vs no vol pp fig gen gov sen rep lt col sgt capt rev hon inc ltd corp co "
    "dept est approx jan feb mar apr jun jul aug sep sept oct nov dec mt ft "
    # German
    "bzw ca evtl ggf nr abs art bd hrsg inkl jh mio mrd std str tel usf vgl zb ing dipl st geb gest hl "
    # French, Spanish, Portuguese, Italian
    "mm mme mlle m env éd sra srta ud uds dra av avda pág núm sig dott ing avv on sen pag ecc "
    # Dutch, Scandinavian
    "dhr mevr drs mr ir bv nl resp f fr kl osv bl a t ex dvs "
    # Polish, Czech, Slovak, Russian, Ukrainian
    "np tzw ul godz r im św tj mgr inż hab wg tzv např resp č str mudr judr г гг т др пр руб коп млн млрд "
    "тыс им ул рис см стр проф акад р"
)
_MONTHS = _words(
    "januar jänner februar märz april mai juni juli august september oktober november dezember "
    "marts maj oktober december januari februari augusti "
    "ledna února března dubna května června července srpna září října listopadu prosince "
    "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra "
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta "
    "lokakuuta marraskuuta joulukuuta"
)
_ORDINAL_BEFORE = _words(
    "der die das dem den des am im zum zur vom beim ab bis seit ein einen einer und jeder jede den det til "
    "fra på i od do dne"
)
# Possessive and never begun inside a run of marks: 64,000 dots take a minute otherwise.
_BOUNDARY = re.compile(
    r"(?<![.!?…])(?P<latin>[.!?…]++[\"'”’»“)\]]*+)\s++(?=\S)"
    r"|(?<![。！？｡])[。！？｡]++[」』”’）]*+\s*+(?=\S)"
    r"|(?<![।۔؟])[।۔؟]++\s++(?=\S)"
)
_LAST_WORD = re.compile(r"[^\s(\[\"'„“‚‘«»/–—-]*\Z")


def sentences(line: str) -> list[str]:
    """Cut a clean line into sentences; joined by a blank (or by nothing, in Chinese and Japanese)."""
    found: list[str] = []
    start = 0
    for boundary in _BOUNDARY.finditer(line):
        end = boundary.end()
        if boundary["latin"] and not _ends_sentence(line, start, boundary, end):
            continue
        found.append(line[start:end].strip())
        start = end
    if line[start:].strip():
        found.append(line[start:].strip())
    return found


def _ends_sentence(line: str, start: int, boundary: re.Match[str], end: int) -> bool:
    """Whether the mark between two words ends a sentence, judged by the words on both sides."""
    mark = boundary["latin"]
    after = line[end : end + 40].lstrip("\"'„“‚‘«»([¿¡–— ")
    if not after or after[0].islower():
        return False
    if mark[0] in "!?" or len(mark) > 1:
        return True
    word_match = _LAST_WORD.search(line[max(start, boundary.start() - 40) : boundary.start()])
    word = word_match[0] if word_match else ""
    lowered = word.lower()
    if lowered in ("a.m", "p.m"):
        return True
    if lowered in _ABBREVIATIONS or ("." in word and all(len(part) == 1 for part in word.split("."))):
        return False
    if len(word) == 1 and word.isalpha():
        return False  # an initial, or a part of "z. B."
    if word.isdecimal() and len(word) <= 2:
        return not _is_ordinal(line[max(start, boundary.start() - 40) : boundary.start()], after)
    return True


def _is_ordinal(before: str, after: str) -> bool:
    """Whether "3." means "third", as it does in German, Czech or Danish."""
    words = before.split()
    following = re.match(r"\w+", after)
    return bool(
        (following and following[0].lower() in _MONTHS)
        or (len(words) > 1 and words[-2].lower() in _ORDINAL_BEFORE)
    )


_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")  # Thai, Lao, Burmese, Khmer
_SPACED_WORD = re.compile(
    r"[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"
)


def count_words(text: str) -> int:
    """Length in words; where a script leaves no blanks, two (Chinese, Japanese) or five characters are one.

    A run of more than 40 letters is no word and counts for several.
    """
    wide, unspaced = len(_WIDE.findall(text)), len(_UNSPACED.findall(text))
    spaced = sum(1 + len(word) // 40 for word in _SPACED_WORD.findall(text))
    return spaced + -(-wide // 2) + -(-unspaced // 5)
