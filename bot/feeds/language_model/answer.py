"""Whether what a language model wrote may stand on a card. Pure.

A model invents, obeys what it reads, and decorates. What it wrote is stripped of all but plain sentences, held to its
length and language, and given up where it has a number or a name that the article has not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.feeds.language_model.figures import figures_in
from bot.feeds.language_model.prompt import MOST_CHARACTERS
from bot.feeds.summary import joined
from bot.feeds.summary.languages import SMALL_WORDS, detect
from bot.feeds.summary.sentences import sentences
from bot.feeds.text import clean, count_words

# Shorter than this it says too little, longer than this before it is cut it was not asked for.
LEAST_WORDS, MOST_TIMES = 5, 4
# Letters in a word, with room for markup: an answer beyond that is not looked through, whatever it is.
_LONGEST_WORD = 20
# Of names in another language, this share may be unknown to the article: they are spelt otherwise there.
_UNKNOWN_ABROAD = 1 / 3
# There a capital tells no name, and the nouns of a translation stand nowhere in the article.
_NOUNS_HAVE_CAPITALS = frozenset(("de", "lb"))
_STEM = 4  # letters that a name keeps when it is declined

# Letters that no decomposition takes apart.
_WITHOUT_STROKES = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"}
)

_THOUGHT_BEGINS = re.compile(r"<(?:think|thinking|reasoning)>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]\n]{0,100})\]\([^)\s]*\)")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\bdiscord(?:app)?\.(?:gg|com)/\S*|\b[\w.+-]{1,64}@[\w-]{1,64}\.\w+\S*",
    re.IGNORECASE,
)
_MENTION = re.compile(r"<[@#:][^>\n]{0,100}>|@(?:everyone|here)\b", re.IGNORECASE)
_MARKUP = re.compile(r"[*_`~|]{1,3}(?=\S)|(?<=\S)[*_`~|]{1,3}|^\s*(?:#{1,6}|>|[-*•])\s+", re.MULTILINE)
_QUOTES = (("“", "”"), ("„", "“"), ("«", "»"), ('"', '"'), ("'", "'"), ("‘", "’"), ("「", "」"))
_PREFACE = re.compile(r"\A[^\n.!?。！？।]{1,100}[:：]\s*\n+")
_REFUSAL = re.compile(
    r"\W*(?:as an? (?:ai|language)|i(?:['’]m| am) (?:sorry|unable|not able|an ai)"
    r"|i (?:can(?:['’]t|not)|could not|do not|don['’]t)\b|sorry\b|unfortunately, i"
    r"|als (?:ki|sprachmodell)|(?:es )?tut mir leid|ich kann (?:nicht|kein|dies|den)"
    r"|je suis désolé|désolé|je ne peux|lo siento|no puedo|desculpe|não posso|mi dispiace|non posso"
    r"|przepraszam|nie mogę|извините|к сожалению, я|я не могу|вибачте|üzgünüm|عذر|آسف|抱歉|对不起|申し訳|죄송)",
    re.IGNORECASE,
)
_ABOUT_ITSELF = re.compile(
    r"\b(?:this|the) (?:article|summary|text) (?:is about|discusses|describes|summari[sz]es)"
    r"|\bhere(?: is|['’]s) (?:a|the|your) ",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"[.!?。！？｡।۔؟…][\"'”’»“)\]」』）]*\Z")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
# English writes these with a capital, other languages do not.
_CAPITALS_OF_ENGLISH = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august"
    r"|(?:septem|octo|novem|decem)ber|i"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# With what summaries begin sentences, beside the small words of the language and what the article says itself. In
# languages that are not here nothing tells a name from another word at the beginning of a sentence.
_OPENERS = {
    "en": _words(
        "according additionally although amid among another around as authorities because besides both "
        "but by critics despite each earlier even experts finally first following former four however if "
        "instead investigators it its just last later locals many meanwhile most moreover nearly new "
        "officials once only organisers organizers others overall people police previously recent "
        "recently researchers residents scientists separately several similarly since some still "
        "supporters that there these this though three today together two under unlike until with within "
        "witnesses workers yesterday"
    ),
    "de": _words(
        "allerdings anders anschließend außerdem bereits bislang bisher damit daneben darüber dennoch "
        "derzeit dort etwa forscher gestern heute hinzu inzwischen jedoch kritiker künftig laut mehrere "
        "mitte nachdem neben obwohl polizei rund schließlich seitdem sollte sowohl später statt trotz "
        "trotzdem viele während wegen weitere wer wie zudem zuletzt zunächst zusätzlich zwei zwar"
    ),
    "fr": _words(
        "actuellement afin ainsi alors après aujourd'hui auparavant autre avant beaucoup cependant "
        "certains ceux chaque comme côté depuis désormais enfin ensuite face grâce hier lors malgré "
        "notamment outre parmi pendant plusieurs pourtant quant récemment selon seul tandis toutefois "
        "trois"
    ),
    "es": _words(
        "actualmente además ahora algunos antes aunque asimismo aún ayer cada cerca debido después dicho "
        "entre finalmente gracias hoy incluso luego mediante mientras muchos ninguno otro otros pese "
        "posteriormente recientemente según solo tampoco tanto tras tres varias varios"
    ),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: a summary of this text, so long, in this language where one was named."""

    title: str
    text: str
    words: int
    sentences: int
    language: str | None
    translated: bool = False


def accept(answer: str, asked: Asked, *, cut: bool = False) -> str | None:
    """The summary in an answer, in plain whole sentences; None where there is none that can be believed.

    `cut` says that the model ran out of room: its last sentence is no whole one.
    """
    text = _plain(answer, asked.words * MOST_TIMES * _LONGEST_WORD)
    if text is None or _REFUSAL.match(text):
        return None
    found = [sentence for line in text.splitlines() for sentence in sentences(clean(line), asked.language)]
    if cut and found and not _WHOLE.search(found[-1]):
        found.pop()
    if not found or not all(map(_WHOLE.search, found)) or _ABOUT_ITSELF.match(found[0]):
        return None
    if count_words(joined(found)) > asked.words * MOST_TIMES:
        return None
    summary = _within(found, asked)
    if count_words(summary) < LEAST_WORDS or _repeats(summary, asked.title):
        return None
    written_in = detect(summary)
    if asked.language is not None and written_in not in (None, asked.language):
        return None
    known = f"{asked.title}\n{asked.text[:MOST_CHARACTERS]}"  # the model was sent no more
    if not figures_in(summary, every_reading=False, language=asked.language or written_in) <= figures_in(
        known
    ):
        return None
    return summary if _names_are_known(summary, known, asked) else None


def _plain(answer: str, most: int) -> str | None:
    """The answer without thoughts, prefaces and markup; None where a thought has no end, or it has over `most` letters.

    Thoughts come first, so what follows the last end of one is the answer.
    """
    text = _THOUGHT_ENDS.split(answer)[-1].strip()
    if len(text) > most or _THOUGHT_BEGINS.search(text):
        return None
    text = text.removeprefix("```").removesuffix("```").strip()
    text = _MENTION.sub("", _ADDRESS.sub("", _LINK.sub(r"\1", text)))
    text = _MARKUP.sub("", text)
    text = "".join(character for character in text if unicodedata.category(character) != "So")
    return _unquoted(_PREFACE.sub("", text.strip(), count=1).strip())


def _unquoted(text: str) -> str:
    """The text without quotation marks around all of it."""
    for opening, closing in _QUOTES:
        inner = text[1:-1]
        if len(text) > 1 and text[0] == opening and text[-1] == closing:
            alone = opening in "'‘" or (opening not in inner and closing not in inner)
            return inner.strip() if alone else text
    return text


def _within(found: Iterable[str], asked: Asked) -> str:
    """As many of the leading sentences as the length allows."""
    kept: list[str] = []
    for sentence in found:
        if len(kept) == asked.sentences or count_words(joined([*kept, sentence])) > asked.words:
            break
        kept.append(sentence)
    return joined(kept)


def _repeats(summary: str, title: str) -> bool:
    return _folded(summary).strip(" .") == _folded(title).strip(" .")


def _names_are_known(summary: str, known: str, asked: Asked) -> bool:
    names = set(_names(summary, asked.language))
    folded = _folded(known)
    words = {word[0] for word in _WORD.finditer(folded)}
    stems = {word[:_STEM] for word in words}
    unknown = [name for name in names if not _is_known(_folded(name), words, stems, folded)]
    if not asked.translated:
        begin = _beginnings(summary, asked.language or detect(summary))
        return not unknown and all(_is_known(_folded(word), words, stems, folded) for word in begin)
    if asked.language in _NOUNS_HAVE_CAPITALS:
        return True
    scripts = {_script(name) for name in names}
    if scripts and scripts.isdisjoint(_script(word) for word in words):
        return True  # letters of another alphabet: nothing here can compare them
    return len(unknown) <= len(names) * _UNKNOWN_ABROAD


def _is_known(name: str, words: set[str], stems: set[str], text: str) -> bool:
    if name in words or (" " not in name and name in text):
        return True
    parts = [part for part in re.split(r"[-'’]", name) if len(part) > 1]  # "Ada's", "l'Ada"
    return all(part in words or (len(part) > _STEM and part[:_STEM] in stems) for part in parts)


def _names(text: str, language: str | None) -> Iterator[str]:
    """Words with a capital that do not begin a sentence."""
    for sentence in sentences(text, language):
        first = True
        for word in _WORD.finditer(sentence):
            begins = first or sentence[: word.start()].rstrip()[-1:] in '“„«"‘(:'
            first = False
            if word[0][0].isupper() and not begins and not _CAPITALS_OF_ENGLISH.fullmatch(word[0].lower()):
                yield word[0]


def _beginnings(text: str, language: str | None) -> Iterator[str]:
    """Words that begin sentences and may be names: neither small words nor such as begin many summaries."""
    openers = _OPENERS.get(language or "")
    if language is None or openers is None:
        return
    for sentence in sentences(text, language):
        word = _WORD.search(sentence)
        if word is not None and word[0].lower() not in SMALL_WORDS[language] | openers:
            yield word[0]


def _folded(text: str) -> str:
    """Without case and accents, so that a name is known in either spelling."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_WITHOUT_STROKES))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _script(word: str) -> str:
    return unicodedata.name(word[0], "").partition(" ")[0]
