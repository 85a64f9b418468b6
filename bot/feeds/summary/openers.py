"""How a sentence begins, and whether it can stand where nothing is before it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum

from bot.feeds.summary.abbreviations import ALL
from bot.feeds.summary.signs import Suspicion
from bot.feeds.text import count_words, without_marks


class Standing(IntEnum):
    """How well a sentence stands without the one before it."""

    FREE = 0
    PERSONAL = 1
    """It opens with "I", "we", "you": the author's voice, clear enough, though a name would be better."""
    ASKING = 2
    """It asks what the next sentence answers."""
    LEANING = 3
    """It opens with a word that means something before it ("He", "This",
    "However"), or says who spoke ("he said")."""
    UNFIT = 4
    """It begins or ends within a quotation, or is a mere exclamation ("Yes.")."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _with_all(table: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {**table, ALL: frozenset[str]().union(*table.values())}


# Pronouns of the third person and demonstratives.
_POINTING = _with_all({
    "en": _words(
        "he she it they him her them his hers its their theirs this that these those it's he's she's they're they've "
        "that's he'd she'd they'd it'll they'll himself herself themselves itself"
    ),
    "de": _words("er sie es ihn ihm ihr ihre ihren ihrem sein seine seinen seinem dieser diese dieses diesem "
    "diesen jene jener "
                 "jenes dies dessen deren"),
    "fr": _words("il elle ils elles on ce cela ça ceci c'est c'était celui-ci celle-ci ceux-ci son sa ses leur "
    "leurs cette cet ces "
                 "lui eux"),
    "es": _words("él ella ellos ellas ello esto eso aquello este esta estos estas ese esa esos esas aquel "
    "aquella su sus le les"),
    "pt": _words("ele ela eles elas isto isso aquilo este esta estes estas esse essa esses essas aquele aquela "
    "seu sua seus suas"),
    "it": _words("lui lei loro egli ella essi esse esso essa questo questa questi queste quello quella quelli "
    "ciò suo sua suoi sue"),
    "nl": _words("hij zij ze hem haar hun zijn deze dit dat die daarmee"),
    "sv": _words("han hon dem denna detta dessa hans hennes dess deras"),
    "da": _words("han hun dem denne dette disse hans hendes dens dets deres"),
    "nb": _words("han hun dem denne dette disse hans hennes dens dets deres"),
    "fi": _words("hän he se ne tämä nämä tuo hänen heidän sen niiden"),
    "pl": _words("on ona ono oni one to ten ta te ci jego jej ich tego tej jemu"),
    "cs": _words("on ona ono oni ony to ten ta tento tato toto jeho její jejich"),
    "sk": _words("on ona ono oni ony to ten tá tento táto toto jeho jej ich"),
    "ro": _words("el ea ei ele acesta aceasta aceștia acestea acest această lui lor"),
    "hu": _words("ő ők ez ezek azok ezt azt"),
    "tr": _words("o onlar bu şu bunlar şunlar bunu onu onun onların bunun"),
    "ru": _words("он она оно они его её ее их ему ей им это этот эта эти тот та те то такой такая такие"),
    "uk": _words("він вона воно вони його її їх їхній йому їй їм це цей ця ці той та ті такий така такі"),
    "bg": _words("той тя то те го я ги това този тази тези"),
    "ar": _words("هو هي هم هما هن هذا هذه هؤلاء ذلك تلك أولئك وهو وهي وهم وهذا وهذه وذلك وتلك"),
    "hi": _words("वह वे यह ये उसने उन्होंने इसने इन्होंने उसका उसकी उसके उनका उनकी उनके इसका इसकी इसके इनका "
    "इनकी इनके इस उस इन उन उसे इसे उन्हें"),
    "ko": _words("그는 그녀는 그들은 그가 그녀가 이는 이것은 그것은 그의 이를 이에 이들은"),
})  # fmt: skip
_PERSONAL = _with_all({
    "en": _words("i we you my our your me us i'm i've i'd i'll we're we've we'd we'll you're you've you'll"),
    "de": _words("ich wir du mein meine unser unsere dein deine ihr"),
    "fr": _words("je j'ai nous vous tu mon ma mes notre nos votre vos j'étais"),
    "es": _words("yo nosotros tú usted ustedes mi mis nuestro nuestra tu tus"),
    "pt": _words("eu nós você vocês meu minha nosso nossa"),
    "it": _words("io noi tu voi mio mia nostro nostra"),
    "nl": _words("ik wij we jij je u mijn onze ons"),
    "sv": _words("jag vi du min mitt vår"), "da": _words("jeg vi du min mit vores"),
    "nb": _words("jeg vi du min mitt vår"),
    "pl": _words("ja my ty mój moja nasz nasza"), "ru": _words("я мы ты вы мой моя наш наша мне нам"),
    "uk": _words("я ми ти ви мій моя наш наша мені нам"), "tr": _words("ben biz sen siz benim bizim"),
    "ar": _words("أنا نحن أنت"), "hi": _words("मैं हम तुम आप मेरा मेरी मेरे हमारा हमारी हमारे मैंने हमने"),
    "ko": _words("나는 저는 우리는 내가 제가"),
})  # fmt: skip
# Words that tie a sentence to the one before it.
_TYING = _with_all({
    "en": _words("however but yet and or so then also instead therefore thus meanwhile nevertheless nonetheless "
    "moreover furthermore "
                 "additionally besides still again otherwise similarly likewise consequently hence finally "
                 "secondly here which"),
    "de": _words("aber doch und oder denn jedoch dann auch stattdessen daher deshalb deswegen somit trotzdem "
    "dennoch außerdem zudem "
                 "ferner dabei damit dafür dagegen darauf darum dazu danach daraufhin allerdings sonst ebenso "
                 "schließlich hier dort"),
    "fr": _words("mais et ou donc car puis ensuite aussi cependant toutefois pourtant néanmoins ainsi alors "
    "enfin d'ailleurs là"),
    "es": _words("pero y o sino luego después también además entonces así finalmente allí"),
    "pt": _words("mas e ou porém contudo também além depois então assim finalmente ali"),
    "it": _words("ma e o però tuttavia anche inoltre poi quindi dunque allora così infine lì"),
    "nl": _words("maar en of echter toch ook dan daarom daarna bovendien daar daarbij"),
    "sv": _words("men och eller dock också därför sedan dessutom där då"),
    "da": _words("men og eller dog også derfor så desuden der da"),
    "nb": _words("men og eller likevel også derfor så dessuten der da"),
    "pl": _words("ale i a lub jednak też także więc dlatego potem następnie ponadto tam wtedy"),
    "cs": _words("ale a i nebo však také proto pak potom navíc tam tehdy"),
    "sk": _words("ale a i alebo však tiež preto potom navyše tam"),
    "ru": _words("но и а или однако также поэтому потом затем зато тогда там впрочем"),
    "uk": _words("але і й а або однак також тому потім зате тоді там втім"),
    "tr": _words("ama ve veya ancak fakat ayrıca böylece sonra üstelik oysa yine"),
    "ar": _words("لكن ولكن ثم كما أيضا لذلك ومع وأضاف وقال وأوضح وأشار"),
    "hi": _words("लेकिन और या मगर इसलिए फिर तब तो साथ"),
    "ko": _words("그러나 하지만 그리고 또 또한 그래서 따라서 한편 이어"),
})  # fmt: skip
_TYING[ALL] = _TYING["en"]  # a word that ties in one language is a name in another
_FAR_PREFIXES = {
    "zh": ("他们", "她们", "它们", "他", "她", "它", "这", "那", "此", "其", "但",
           "而且", "然而", "不过", "因此", "所以", "同时", "另外", "此外"),
    "ja": ("彼女", "彼", "これ", "それ", "あれ", "この", "その", "あの", "しかし",
           "だが", "また", "そして", "さらに", "一方", "なお", "ただ", "ここ",
    "そこ"),
}  # fmt: skip
_NEAR_PREFIXES = {"zh": ("我们", "我", "你们", "你", "您"), "ja": ("私", "我々", "僕", "俺", "あなた")}

_OPENING = "\"'“”„«»‘‚「『（([¿¡–—-•· "
_FIRST = re.compile(r"[^\s.,;:!?…]+")
_FEWEST_WORDS = 4
_ITSELF = Suspicion(
    re.compile(
        r"\b(?:in this|this|below is an?|the following) (?:article|post|guide|review|page|list|roundup|video"
        r"|episode|tutorial|blog|section)\b"
        r"|\b(?:in|dans|en|neste|in) (?:diesem|cet|este|neste|questo) (?:artikel|beitrag|article|artículo|artigo"
        r"|articolo)\b"
        r"|в этой статье|у цій статті|bu yazıda|в этом обзоре",
    ),
    ("this ", "below is", "following ", "diesem ", "cet ", "este ", "questo ", "в эт", "у цій", "bu yaz"),
)
_QUOTE = re.compile(r"\A[\"“„«»‘‚「『]")
_ASKS = re.compile(r"[?？؟][\"'”’»“)\]」』）\s]*\Z")
# A quotation whose speaker is only "he", behind it.
_SAID_UNNAMED = re.compile(
    r"[,!?.…][\"”’»]\s*,?\s*(?:[—–-]\s*)?(?:(?:he|she|they|it) (?:said|says|added|told|wrote|explained|noted"
    r"|continued|recalled|asked)"
    r"|(?:said|says|added|sagte|sagt|meinte|erklärte|dit|a-t-(?:il|elle)|dijo|disse|ha detto|сказал\w?"
    r"|заявил\w?|powiedział\w?) "
    r"(?:he|she|they|er|sie|il|elle|él|ella|ele|ela|lui|lei|он|она|on|ona))\b",
    re.IGNORECASE,
)


def standing(sentence: str, language: str | None) -> Standing:
    """How well the sentence stands where a reader has read nothing before it."""
    if leaves_open(sentence) or count_words(sentence[:60]) < _FEWEST_WORDS:
        return Standing.UNFIT
    bare = sentence[:60].lstrip(_OPENING)
    if language in _FAR_PREFIXES:
        leans, personal = bare.startswith(_FAR_PREFIXES[language]), bare.startswith(_NEAR_PREFIXES[language])
    else:
        word, code = _first_word(bare), language or ALL
        leans = word in _POINTING.get(code, _POINTING[ALL]) or word in _TYING.get(code, ())
        personal = word in _PERSONAL.get(code, _PERSONAL[ALL])
    if leans or _SAID_UNNAMED.search(sentence[:1_000]):
        return Standing.LEANING
    if not sentence.endswith(".") and _ASKS.search(sentence[-12:]):
        return Standing.ASKING
    return Standing.PERSONAL if personal else Standing.FREE


def _first_word(text: str) -> str:
    found = _FIRST.match(text.lower().replace("’", "'"))
    return found[0].strip(_OPENING) if found else ""


def opens_with_pronoun(text: str, language: str | None = None) -> bool:
    """Whether a text's first word is a pronoun that means something before it: "he", "this", and not "I" or "we"."""
    bare = text[:60].lstrip(_OPENING)
    if language in _FAR_PREFIXES:
        return bare.startswith(_FAR_PREFIXES[language][:10])
    return _first_word(bare) in _POINTING.get(language or ALL, _POINTING[ALL])


def opens_with_person(text: str, language: str | None = None) -> bool:
    """Whether a text's first word is "I", "we", "you" or of their kind."""
    bare = text[:60].lstrip(_OPENING)
    if language in _NEAR_PREFIXES:
        return bare.startswith(_NEAR_PREFIXES[language])
    return _first_word(bare) in _PERSONAL.get(language or ALL, _PERSONAL[ALL])


def suspected_self_talk(sentences: Iterable[str]) -> Suspicion:
    """What is left to look for in each of these sentences, to see whether it speaks of itself."""
    return _ITSELF.narrowed(without_marks(" ".join(sentences)).lower())


def speaks_of_itself(sentence: str, suspected: Suspicion = _ITSELF) -> bool:
    """Whether it tells of the article ("In this guide we …") and not of what the article tells."""
    return suspected.holds(sentence[:120].lower())


def begins_quoted(sentence: str) -> bool:
    """Whether it begins with somebody's words."""
    return bool(_QUOTE.match(sentence))


def leaves_open(text: str) -> bool:
    """Whether a quotation or a bracket begins in it and does not end there, or the other way round."""
    if text.count('"') % 2 or text.count("(") > text.count(")"):
        return True
    if text.isascii():
        return False
    if text.count("«") != text.count("»"):
        return True
    low, left, right = (text.count(mark) for mark in "„“”")
    # „German“ and „Polish”, “English” and ”Swedish”.
    quoted = low != left + right if low else left != right and (left > 0 or right % 2 > 0)
    return quoted or text.count("「") != text.count("」") or text.count("『") != text.count("』")
