"""Which language a text is written in: its script first, then the small words that every text is full of. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from bot.feeds.text import split_words, without_marks

_MOST_READ = 2_000  # characters: enough to be sure, however long the text is; and
_MOST_SEEN = 800  # for its script
_FEWEST_HITS = 4
_LEAST_SHARE = 0.12  # of all words that are small words of the language; prose has 0.3 to 0.5
_HINTED_SHARE = 0.08
_LEAD = 1.15  # how far the first must be before the second, and
_HINTED_LEAD = 0.8  # how near to the first the hinted one


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The commonest words of each, without those that nearly all of its neighbours share.
SMALL_WORDS = {
    "en": _words(
        "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they "
        "which one you were all her she there would their we him been has when who will more no if out so what up "
        "said its about into than them can only other could our two may then do any some my now such like over how "
        "these your just also did where most those being after because while through between during before"
    ),
    "de": _words(
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er "
        "hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor "
        "zur bis mehr durch man sein wurde sei wenn ich wir ihr seine ihre kann gegen vom können schon unter sondern "
        "diese dieser hier jedoch weil damit worden keine zwischen seit"
    ),
    "fr": _words(
        "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la avec son "
        "aux d'un cette d'une ont ses mais comme on tout nous sa fait été aussi leur bien peut ces y deux elle entre "
        "très sans ou être où était même je vous ils leurs après avant depuis selon n'est c'est dont lors si encore"
    ),
    "es": _words(
        "de la que el en y a los del se las por un para con no una su al es lo como más pero sus le ya o fue este ha "
        "sí porque esta son entre está cuando muy sin sobre ser también me hasta hay donde quien desde todo nos "
        "durante todos uno les ni contra otros ese eso había ante ellos e esto mí antes algunos qué unos yo otro "
        "otras él tanto esa estos mucho según años después"
    ),
    "pt": _words(
        "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu "
        "sua ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos "
        "ter seus quem nas me esse eles estão você tinha foram essa num nem suas meu às minha têm numa pelos são "
        "ainda segundo anos sobre"
    ),
    "it": _words(
        "di e il la che in a per un è del non sono le della si da una con i dei al nel gli anche più ha come ma alla "
        "lo delle nella dal su se dalla o ho questo alle dopo stato era hanno sul all'interno degli due anni tra "
        "essere fra loro ai perché molto dell'anno c'è solo prima quando sua suo sulla ed questa nei chi così tutti "
        "sempre ancora fatto poi quello dove cui"
    ),
    "nl": _words(
        "de van het een en in is dat op te zijn met voor die niet aan er om ook als dan maar bij of uit nog worden "
        "door naar heeft tot ze wordt hij over was hebben werd meer deze kan wel geen veel al wat zich dit moet ik "
        "haar had zo kunnen we onder tegen na zou omdat hun waar tussen jaar zal tijdens"
    ),
    "sv": _words(
        "och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när "
        "år under också efter eller nu sin där vid mot ska skulle kommer ut får finns vara hade alla andra mycket "
        "än här då sedan över bara in blir upp även vad få två varit hon mellan enligt"
    ),
    "da": _words(
        "og i at det er en til på af for med den har de ikke der som et han men var jeg sig fra vi så kan når år "
        "også efter eller nu sin hvor ved mod skal ville kommer ud får være havde alle andre meget end her da siden "
        "over bare blev op hvad to været hun mellem ifølge efter"
    ),
    "nb": _words(
        "og i å det er en til på av for med den har de ikke som et han men var jeg seg fra vi så kan når år også "
        "etter eller nå sin der hvor ved mot skal ville kommer ut får være hadde alle andre mye enn her da "
        "siden over "
        "bare ble opp hva to vært hun mellom ifølge blir"
    ),
    "fi": _words(
        "ja on ei että se oli hän ovat kun niin mutta myös joka mukaan ole tai kuin sen mitä vain jo sekä hänen "
        "jos jotka nyt olla tämä vielä ollut olisi voi kanssa jälkeen noin enemmän sitä siitä tämän vuoden ennen "
        "koko siis vuonna kertoo"
    ),
    "pl": _words(
        "i w na z się do nie że to jest o jak za po przez od dla co są ale tym być był tak jego czy już ich ma która "
        "który było oraz może tylko także jej które tego można ze przy lub była bardzo jednak pod jeszcze jako gdy "
        "więc będzie ten te przed między podczas roku latach również"
    ),
    "cs": _words(
        "a v se na že je s z o do i to k ve pro za by ale jako po od jsou které podle který také jeho byl už při "
        "která bude jen si být však až před nebo ještě tak když ze roku jsem není byla bylo má jejich mezi pak proto "
        "kteří jak kde mohou přes může"
    ),
    "sk": _words(
        "a v sa na že je s z o do aj to k vo pre za by ale ako po od sú ktoré podľa ktorý tiež jeho bol už pri "
        "ktorá bude len si byť však až pred alebo ešte tak keď zo roku som nie bola bolo má ich medzi potom preto "
        "ktorí kde môžu cez môže čo"
    ),
    "ro": _words(
        "de în și a la din cu pe care să o un nu că mai se pentru au este al fost ce le sunt prin fi dar ca lui sau "
        "după ai era unei ei între doar această acest până foarte cele fără când despre asupra ar putea cel lor"
    ),
    "hu": _words(
        "a az és hogy nem is egy ez volt meg de csak már ki el még mint azt van lehet szerint kell amely vagy ha "
        "akkor után ezt nagyon több mert úgy lesz sem majd pedig minden azonban között illetve közel lett"
    ),
    "tr": _words(
        "ve bir bu da de için ile olarak daha çok olan gibi en kadar sonra ne o var ya ise ancak ama yeni olduğunu "
        "göre değil her iki ben türkiye oldu diye büyük ilk şey zaman onun mi mı kendi son yıl içinde hem tarafından "
        "bin olduğu arasında önce bunun yok karşı nasıl"
    ),
    "ru": _words(
        "и в не на что с по это как он а из к о но за у от его для до же бы так все она они при был ее мы или вы "
        "только еще если я то быть были также их уже может после была было когда который которые которая чем год "
        "года этого более во со об под этом будет где есть нет между ещё её всё"
    ),
    "uk": _words(
        "і в не на що з та до у це як за він про від для але його або так є був під їх вона вони також ми бути який "
        "яка які було коли може після якщо при його ще вже року більше між із зі чи був була були тому лише над тут "
        "навіть щоб й я ви цього цей ця ці"
    ),
    "bg": _words(
        "и на да в за от се не с че е по като са до ще си това той но при беше има след която който които или обаче "
        "още през само към във със ако много между тази този бъде има няма може така"
    ),
    "ar": _words(
        "في من على إلى أن عن التي الذي مع كان هذا هذه ما لا بعد أو قد كما بين لم قال كانت ذلك إن كل وقد حيث قبل حتى "
        "غير عند خلال هو هي وفي ومن الى او أي ولا ثم لكن وكان وقال منذ عام حول أكثر يوم فيها عليه"
    ),
    "fa": _words(
        "در به از که این را با است برای آن یک خود تا بر هم نیز شده بود شد کرد می‌شود می است. باید دارد آنها اما های "
        "ها دو هر ما او پس بین کند شود همه پیش چه اگر وی گفت"
    ),
    "ur": _words(
        "کے میں کی ہے اور سے کا کو اس کہ نے پر یہ ہیں بھی کیا ہو تھا ایک تھے گیا وہ جو تو نہیں کر ان رہا لئے بعد "
        "والے ہوئے تھی جا ہوا اپنے کہا"
    ),
    "hi": _words(
        "के में की है और से का को एक पर यह ने हैं भी कि नहीं ही कर था हो तो इस लिए जो गया कहा किया थे या बाद अपने "
        "साथ वह थी रहे तक हुए कुछ दो जा रहा उन अब इसके होने"
    ),
    "mr": _words(
        "आहे आणि या व हे की ते तर असे आहेत त्या नाही म्हणून होते मी हा होता ही केला आपल्या झाला पण त्यांनी केले एक काही मात्र"
    ),
    "ne": _words("छ र छन् यो हो भने गर्ने पनि लागि गरेको भएको तथा गर्न थियो उनले अनि लाई का को मा ले बाट एक"),
}

_BY_SCRIPT = {
    "latin": (
        "en",
        "de",
        "fr",
        "es",
        "pt",
        "it",
        "nl",
        "sv",
        "da",
        "nb",
        "fi",
        "pl",
        "cs",
        "sk",
        "ro",
        "hu",
        "tr",
    ),
    "cyrillic": ("ru", "uk", "bg"),
    "arabic": ("ar", "fa", "ur"),
    "devanagari": ("hi", "mr", "ne"),
}
_ALONE = {
    "greek": "el", "hebrew": "he", "thai": "th", "hangul": "ko", "kana": "ja", "han": "zh", "bengali": "bn",
    "gujarati": "gu", "tamil": "ta", "telugu": "te", "kannada": "kn", "malayalam": "ml", "georgian": "ka",
    "armenian": "hy", "khmer": "km", "lao": "lo", "burmese": "my",
}  # fmt: skip
_SCRIPTS = (
    ("latin", "A-Za-z\u00c0-\u024f\u1e00-\u1eff"), ("cyrillic", "\u0400-\u052f"), ("greek", "\u0370-\u03ff"),
    ("arabic", "\u0600-\u06ff\u0750-\u077f"), ("hebrew", "\u0590-\u05ff"), ("devanagari", "\u0900-\u097f"),
    ("bengali", "\u0980-\u09ff"), ("gujarati", "\u0a80-\u0aff"), ("tamil", "\u0b80-\u0bff"),
    ("telugu", "\u0c00-\u0c7f"), ("kannada", "\u0c80-\u0cff"), ("malayalam", "\u0d00-\u0d7f"),
    ("thai", "\u0e00-\u0e7f"), ("lao", "\u0e80-\u0eff"), ("burmese", "\u1000-\u109f"), ("georgian", "\u10a0-\u10ff"),
    ("armenian", "\u0530-\u058f"), ("khmer", "\u1780-\u17ff"), ("hangul", "\uac00-\ud7af\u1100-\u11ff"),
    ("kana", "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff"), ("han", "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"),
)  # fmt: skip
_SCRIPT = re.compile("|".join(f"(?P<{name}>[{letters}])" for name, letters in _SCRIPTS))
# A syllable and a sign say about as much as three letters do.
_WEIGHTS = {"han": 3, "kana": 2, "hangul": 3}
# What a page calls itself, where the code is another one than ours.
_SAME = {"no": "nb", "nn": "nb", "iw": "he", "cz": "cs", "ua": "uk", "jp": "ja", "kr": "ko", "cn": "zh"}
_CODE = re.compile(r"[a-zA-Z]{2}(?![a-zA-Z])")


def detect(text: str, hint: str | None = None, words: Sequence[str] | None = None) -> str | None:
    """The ISO 639-1 code of a text's language; None where it is not certain.

    `hint` is what the page or the feed says ("de-AT"): it decides between neighbours, and stands where the text is
    too short to contradict it; it is not believed against the text. `words` are the text's, where it was split already.
    """
    hinted = _hinted(hint)
    script = _script(without_marks(text[:_MOST_SEEN]))
    if script is None:
        return None
    if script in _ALONE:
        return _ALONE[script]
    if words is None or len(text) > _MOST_READ:
        words = split_words(text[:_MOST_READ])
    return _by_small_words(words, _BY_SCRIPT[script], hinted)


def _hinted(hint: str | None) -> str | None:
    code = _CODE.match(hint or "")
    return _SAME.get(code[0].lower(), code[0].lower()) if code else None


def _script(text: str) -> str | None:
    """The script of most of the text; of Chinese signs with a good part of kana the language is Japanese."""
    if text.isascii():
        return "latin" if any(map(str.isalpha, text)) else None
    counted: Counter[str] = Counter()
    for letter, times in Counter(text).items():
        if found := _SCRIPT.match(letter):
            counted[found.lastgroup or ""] += times
    if not counted:
        return None
    weighed = {name: count * _WEIGHTS.get(name, 1) for name, count in counted.items()}
    if counted["kana"] * 10 >= counted["han"]:
        weighed["kana"] = weighed.get("kana", 0) + weighed.pop("han", 0)
    return max(weighed, key=lambda name: weighed[name])


@cache
def _languages_of(candidates: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Each small word of these languages with those that have it."""
    words = sorted({word for code in candidates for word in SMALL_WORDS[code]})
    return {word: tuple(code for code in candidates if word in SMALL_WORDS[code]) for word in words}


def _by_small_words(words: Sequence[str], candidates: tuple[str, ...], hinted: str | None) -> str | None:
    if not words:
        return None
    hits = dict.fromkeys(candidates, 0)
    languages_of = _languages_of(candidates)
    counted = Counter(words)
    for word in counted.keys() & languages_of.keys():
        for code in languages_of[word]:
            hits[code] += counted[word]
    first, second = sorted(candidates, key=lambda code: -hits[code])[:2]
    if hinted in hits:
        near = hits[hinted] >= max(_HINTED_LEAD * hits[first], _HINTED_SHARE * len(words))
        if near or (len(words) < 2 * _FEWEST_HITS and hits[first] < _FEWEST_HITS):
            return hinted
    if hits[first] < max(_FEWEST_HITS, _LEAST_SHARE * len(words)) or hits[first] < _LEAD * hits[second]:
        return None
    return first
