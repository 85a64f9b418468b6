"""What systems, editors and advertisers add to an article's lines, and what is left without it. Pure, in linear time.

Each rule is bounded, and what stands at a line's end is only looked for there, so that no line takes quadratic time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from bot.feeds.summary.notes import asides, is_bare, is_list, promotes, suspects, tells
from bot.feeds.summary.sentences import sentences
from bot.feeds.text import count_words, split_words

MOST_SENTENCES = 22  # a summary never reaches further into an article,
MOST_CUT = 32_000  # characters, nor further than this,
LONGEST_LINE = 4_000  # characters, nor into one line of it
_MOST_LINES = 80  # in which notes are told apart
MAX_TEXT = 100_000  # characters of an article that are kept

_READ_MORE = (
    r"read (?:more|on|the (?:full|rest|whole)[\w\s]{0,30})|continue reading|keep reading"
    r"|(?:click here )?to read more|"
    r"view (?:article|post|original|all comments)|learn more|more…|more\.\.\.|full (?:story|article)|"
    r"weiterlesen|mehr lesen|mehr erfahren|zum artikel|lire (?:la suite|plus|l['’]article)|en savoir plus|"
    r"leer más|seguir leyendo|sigue leyendo|continuar leyendo|leia mais|ler mais|continue lendo|continue a ler|"
    r"leggi (?:tutto|di più|altro|l['’]articolo)|continua a leggere|lees (?:meer|verder)|verder lezen|"
    r"läs (?:mer|vidare)|les (?:mer|videre)|læs (?:mere|videre)|lue lisää|czytaj (?:więcej|dalej)|číst (?:dále|více)|"
    r"čítať ďalej|celý článok|читать (?:далее|дальше|полностью)|читати далі|devamını oku|続きを読む|阅读全文|閱讀全文|"
    r"더 ?보기|اقرأ المزيد|आगे पढ़ें|और पढ़ें"
)
# Of a run of arrows only the first is looked at: the tail would be read to its end from each of them.
_TAIL = re.compile(
    rf"\s*(?:[\[(]\s*)?(?<!\w)(?:{_READ_MORE})"
    # What is to be read: “Continue reading The title →”, “Read more: The title”.
    r"(?:\s*[:“\"«„].{0,200}+\Z|(?:\s.{1,200}?(?=(?<![→»›\s])\s*[→»›]))?"
    r"\s*[\])]?(?:[→»>›…\s]|\.{3})*+\Z)",
    re.IGNORECASE,
)
_NAMES_WHAT = re.compile(r"[:“\"«„]")  # without these, no call to read on ends with a full stop
_APPEARED_WHAT = re.compile(
    r"(?:The post|The article|Der Beitrag|L['’]article|La entrada|O post|L['’]articolo|Het bericht|Artykuł|Wpis|"
    r"Inlägget|Innlegget|Indlægget|Запись|Příspěvek|Príspevok)\s"
)
_APPEARED_WHERE = re.compile(
    r"(?:appeared first on|first appeared on|erschien zuerst auf|est apparu en premier sur|"
    r"se publicó primero en|apareceu primeiro em|proviene da|sembra essere il primo su|verscheen eerst op|"
    r"pochodzi z serwisu|dök först upp på|dukket først opp på|blev først udgivet på|впервые появилась|"
    r"pochází z|je zobrazený ako prvý na)"
)
_LONGEST_LABEL = 240  # characters
_LONGEST_TAIL, _LONGEST_HEADLINE, _LONGEST_PLACE = 300, 300, 230  # characters

# Lines and sentences that are a label, a counter or an address and nothing else.
_LABEL = re.compile(
    rf"(?:{_READ_MORE})\W*"
    r"|\W*(?:\d+\s+)?(?:comments?|kommentare?|commentaires?|comentarios?|commenti|reacties|комментарии)\W*(?:\d+\W*)?"
    r"|(?:leave a comment|share(?: this)?|tweet|advertisement|anzeige|publicité|publicidad|support us|donate"
    r"|notify of|newest most voted|inline feedbacks|view all comments|more on this topic|related(?: articles?"
    r"| posts?)?"
    r"|sponsored(?: content)?|subscribe(?: now)?|sign up)\W*"
    r"|submitted by\s+/?u/\S++.{0,80}|\[link\].{0,40}"
    r"|(?:(?:filed under|tags?|tagged|posted in|categories|category|points|# comments|via|source)\s*:.{0,200})"
    r"|(?:[\w #-]{0,30}:\s*)?(?:https?://|www\.)\S++\W*+"
    r"|\(?via .{0,80}\)|[\d\s.,%$€£¥₽+–-]+",
    re.IGNORECASE,
)
# Who wrote it, who took the picture, when it was changed: lines that begin so and are short.
_CREDIT = re.compile(
    r"(?:by|von|par|por|di|door|av|от|автор|автор:)\s+[A-ZÀ-ŽА-Я][\w'’.-]*(?:\s+(?:and|und|et|y|e|en|och|и"
    r"|[A-ZÀ-ŽА-Я][\w'’.-]*|"
    r"[|·•,/-])){0,9}[\s.|·•,–-]*(?:\d[\w\s.,:/-]{0,40})?"
    r"|(?:photos?|photograph|pictures?|images?|illustration|video|graphic|credits?|foto|fotos|bild|bilder"
    r"|quelle|crédit photo"
    r"|imagen|imagem|immagine|zdjęcie|fot\.?|фото|изображение|fotoğraf|görsel|صورة|الصورة|फोटो|तस्वीर|图片|圖片|写真|사진"
    r"|(?:photo|image|picture|bild|foto|fotos)s?\s*(?:by|credit|credits|courtesy|courtesy of|von|de|di|van"
    r"|via))\s*[:：/|©].{0,200}"
    r"|(?:last )?(?:updated|published|posted|modified|aktualisiert|veröffentlicht|stand|mis à jour|publié"
    r"|actualizado|publicado"
    r"|aggiornato|pubblicato|bijgewerkt|обновлено|опубликовано|оновлено|güncelleme|更新|発行日?)(?: on| at| am| le"
    r"| el| il)?\s*[:：]?\s*"
    r"(?=.{0,40}\d).{0,60}"
    r"|(?:estimated )?reading time\W.{0,30}|lesezeit\W.{0,30}|temps de lecture\W.{0,30}|tiempo de lectura\W.{0,30}"
    r"|\d+\s*(?:min(?:ute)?s?|minuten|minutos|минут\w*)\.?\s+(?:read|lesezeit|de lecture|de lectura|чтения)\W*"
    r"|©.{0,200}|copyright\W.{0,200}|all rights reserved\W*",
    re.IGNORECASE,
)
# What asks the reader to do something for the publisher, or says how the publisher earns. In small letters: to ignore
# their case takes three times as long.
_CALL = re.compile(
    r"\b(?:subscribe (?:to|now|today|here)|sign up (?:for|to|here|now|today)|follow us|like us on|join (?:our"
    r"|the) newsletter"
    r"|(?:our|free|weekly|daily|e-?mail) newsletter|click (?:here|on the|below|the)|tap here|download (?:our"
    r"|the) (?:free )?(?:app|ebook|guide)"
    r"|leave (?:a|your) comment|let us know in the comments|share this (?:article|post|story)"
    r"|support our (?:work|journalism)"
    r"|make a donation|donate (?:to|now|today)|become a (?:member|patron|subscriber)|affiliate (?:links?"
    r"|commissions?|disclaimer)"
    r"|(?:earn|receive) (?:a |an )?(?:small |affiliate )?commissions?|amazon associate|terms and conditions"
    r"|privacy policy|cookie policy"
    r"|use (?:the )?(?:promo |coupon |discount )?code \w|\d+ ?% off your|book a (?:demo|call|meeting)"
    r"|contact us|get in touch with us|enter your e-?mail|originally (?:published|appeared) (?:on|in|at)"
    r"|(?:this|the) (?:article|story|post) (?:was|has been|is) (?:first |originally |last )?(?:published"
    r"|updated|republished)"
    r"|(?:accept|enable) (?:all )?cookies|enable javascript|this (?:site|website) uses cookies"
    r"|newsletter (?:abonnieren|anmelden)|jetzt (?:abonnieren|anmelden|spenden)|folgen sie uns|hier klicken"
    r"|klicken sie hier"
    r"|abonnez-vous|inscrivez-vous|suivez-nous|cliquez ici|faites un don|suscríbete|suscríbase|síganos|síguenos"
    r"|haga clic|haz clic"
    r"|inscreva-se|assine (?:a|nossa|já)|siga-nos|clique aqui|iscriviti|seguici|clicca qui|zapisz się"
    r"|kliknij tutaj|obserwuj nas"
    r"|schrijf je in|volg ons|klik hier|prenumerera på|följ oss|klicka här|abone olun|bizi takip|tıklayın)\b"
    r"|подпи(?:шитесь|сывайтесь)|нажмите (?:здесь|сюда)|поддержите нас|подпи(?:шіться|суйтесь)|підпи(?:шіться"
    r"|суйтесь)|підтримайте нас"
    r"|اشترك (?:في|الآن)|تابعونا|اضغط هنا|सब्सक्राइब करें|यहां क्लिक करें|यहाँ क्लिक करें|点击(?:这里|此处)|订阅我们|請訂閱"
    r"|関連記事|登録はこちら|구독하기|여기를 클릭",
)
# One of these is in whatever that matches. Looked for in an article as a whole, they pass over nearly all.
_CALLS = (
    "subscri|sign up|follow us|like us|newsletter|clic|cliq|tap here|download|comment|share this|support our|donat"
    "|become a |affiliate|commission|amazon associate|terms and conditions|privacy policy|cookie|code |% off"
    "|book a |contact us|in touch with us|your e|originally |published|updated|javascript|jetzt |folgen sie|klick"
    "|klik|abonnez-vous|inscrivez-vous|suivez-nous|faites un don|suscrí|síg|inscreva-se|assine |siga-nos"
    "|iscriviti|seguici|zapisz się|obserwuj nas|schrijf je in|volg ons|prenumerera på|följ oss|abone olun"
    "|bizi takip|tıklayın|подпи|нажмите|поддержите|підпи|підтримайте|اشترك|تابعونا|اضغط|सब्सक्राइब|क्लिक|点击|订阅"
    "|請訂閱|関連記事|登録はこちら|구독하기|클릭"
)
_CALL_SIGNS = tuple(_CALLS.split("|"))
# How descriptions begin that advertise the article and do not tell it.
_TEASER = re.compile(
    r"(?:learn|discover|find out|stay|boost|master|unlock|make|take|meet|visit|save|start|stop|turn|wonder"
    r"|wondering|explore|check out|read|see|click|shop|get|try|watch|listen|browse|compare|download|looking for"
    r"|want to|"
    r"ready to|here['’](?:s|re)|this (?:article|post|guide|blog|page|video|episode)|in this (?:article|post"
    r"|guide|blog|video|episode)|"
    r"our (?:guide|experts?|team)|we['’](?:ve|re|ll)|"
    r"erfahren sie|entdecken sie|lesen sie|jetzt|hier finden|découvrez|apprenez|lisez|retrouvez|descubre"
    r"|descubra|conoce|aprende|"
    r"lee|descubra|saiba|conheça|confira|scopri|leggi|ecco|ontdek|lees|upptäck|läs|odkryj|sprawdź|dowiedz"
    r"|узнайте|читайте|откройте|"
    r"дізнайтеся|читайте|keşfedin|öğrenin|okuyun|जानिए|जानें|पढ़ें|اكتشف|تعرف على|اقرأ)\b",
    re.IGNORECASE,
)
# What descriptions promise instead of telling it.
_BAIT = re.compile(
    r"\b(?:you (?:need|have|want|should|ought)(?: to)? know|everything (?:there is )?(?:you|to know)|all you need"
    r"|find out (?:how|what|why|which|who|more)|learn (?:how|more|what|why|about)|read (?:on|more|our|the full)"
    r"|here (?:is|are) (?:a |an |the |our |my |all )?(?:list|guide|best|top|important|tips|everything|look)"
    r"|(?:complete|ultimate|comprehensive|definitive) guide|top picks"
    r"|was sie (?:über|wissen)|alles,? was|tout (?:ce qu['’]il faut )?savoir|ce qu['’]il faut savoir"
    r"|todo lo que (?:necesitas|debes|hay que)|tudo o que (?:precisa|você)|tutto (?:ciò che|quello che) "
    r"|wszystko, co|bilmeniz gereken)\b"
    r"|вс[её],? что (?:нужно|надо|важно)|все,? що (?:потрібно|треба)|आपको जानना"
    r"|(?:需要|必须)(?:了解|知道)|知っておくべき"
    r"|كل ما تحتاج|알아야 할",
    re.IGNORECASE,
)
# "LONDON (Reuters) — ", "BERLIN, 3. Mai (dpa) – ", "(Bloomberg) -- ", "PARIS, le 3 mai - ", "МОСКВА, 3 мая. /ТАСС/. "
_DATELINE = re.compile(
    r"\A(?:(?:[A-ZÀ-ÖØ-ÞŁŚŻĆŃŽŠČĂÂÎȘȚİŞĞÜÖА-ЯЁІЇЄҐ]{2,}[\w'’.-]*(?:[ ,/][^()—–]{0,40}?)?"
    r"|[^\W\d_][\w'’. -]{1,30}?)\s*,?\s*)?"
    r"\(\s*(?:[A-Z][\w./ &-]{1,24}|[А-ЯІЇЄ][\w./ -]{1,24}|[ap]fp|dpa|ots|efe|ansa|pap)\s*\)\s*(?:[—–-]{1,2}|:)\s+"
    r"|\A[A-ZÀ-ÖØ-ÞŁŚŻĆŃŽŠČĂÂÎȘȚİŞĞÜÖА-ЯЁІЇЄҐ]{3,}(?:[ -][A-ZÀ-ÞА-ЯІЇЄ]{2,}){0,3}(?:,[^—–.]{0,40}?)?\s+(?:[—–]"
    r"|--?)\s+"
    r"|\A[А-ЯЁ][А-ЯЁ -]{2,30}, \d{1,2} [а-я]{3,8}\s?[.—–-]+\s?(?:/[\w -]{2,20}/|[А-ЯЁ][\w ]{2,20})\s?[.—–-]+\s"
)
_BULLET = re.compile(r"\A(?:[-–—*•·▪◦●‣»>]+|\(?\d{1,3}[.)]|#{1,6})\s+(?=\S)")
# A line that begins in the middle of a sentence: with a small letter, and not with a name such as "iPhone" or "a.org".
_CONTINUES = re.compile(r"[a-zà-öø-ÿа-яёіїєґ](?!\w*[A-ZА-Я.]\w)")
_UPDATED = re.compile(r"\A(?:updated?|correction) [\d/., :-]{4,24}(?:[ap]m)?\s*:\s+", re.IGNORECASE)
_CODE = re.compile(r"[{}<>=_|\\]|//|\(\)|::|\w\.\w+\(|->")
_CODE_SIGNS = "{}<>=_|\\/:("  # one of these is in whatever that finds
CUT_OFF = re.compile(r"(?:…|\.\.\.|\[\s*…?\s*\]|\[\.\.\.\]|\[&hellip;\])[\s\])]*\Z")
_WHOLE = re.compile(r"[.!?。！？｡।॥۔؟][\"'”’»“›)\]」』）】]*\Z| »\Z")


class Passage:
    """An article's lines, or a description's, without what is not theirs.

    After `cut`, `whole` are their whole sentences, in order, and `rest` the pieces that have no end or were cut off;
    the first `sound` of `whole` come before any piece and before anything that asks the reader to act. Of a list
    (`is_list`), pieces are items and say nothing. `is_cut` says that the text goes on elsewhere: a call to read on or
    a sign that it was cut off stands at its end, or it is longer than is kept.
    """

    def __init__(self, lines: Sequence[str], *headlines: str) -> None:
        self.lines: list[str] = []
        self.whole: list[str] = []
        self.rest: list[str] = []
        self.sound = 0
        self.is_list = False
        self.is_cut = False
        left = MAX_TEXT
        said = [split_words(headline) for headline in headlines if headline]
        for at, line in enumerate(lines):
            if left < len(line):
                self.is_cut = True
                break
            own = _own(line) if len(line) < _LONGEST_TAIL or at >= len(lines) - 3 else line
            self.is_cut = own != line or bool(CUT_OFF.search(own[-8:]))
            if own and not is_label(own) and not _is_among(own, said):
                self.lines.append(own)
                left -= len(own)

    @cached_property
    def text(self) -> str:
        """Its lines as one text, one a line."""
        return "\n".join(self.lines)

    @cached_property
    def split(self) -> list[str]:
        """Its words (see `bot.feeds.text.split_words`)."""
        return split_words(self.text)

    @cached_property
    def words(self) -> int:
        """How many it has."""
        return count_words(self.text)

    def cut(self, language: str | None) -> None:
        """Cut the lines into sentences, as those of this language."""
        left = MOST_CUT
        is_sound = True
        lowered = self.text[: 2 * MOST_CUT + LONGEST_LINE].lower()
        may_call, suspected = any(map(lowered.__contains__, _CALL_SIGNS)), suspects(lowered)
        passed = asides(self.lines[:_MOST_LINES])
        self.is_list = is_list([line for at, line in enumerate(self.lines[:_MOST_LINES]) if at not in passed])
        for at, line in enumerate(self.lines):
            if left < 0 or len(self.whole) + len(self.rest) > MOST_SENTENCES:
                break
            left -= len(line)
            if at in passed:
                is_sound = False
                continue
            text = line[:LONGEST_LINE]
            for opening in (_BULLET, _DATELINE, _UPDATED):
                if found := opening.match(text[:200]):
                    text = text[found.end() :]
            continues = _CONTINUES.match(text) is not None
            for sentence in sentences(text, language):
                if is_label(sentence) or _is_code(sentence):
                    continue
                ended = (
                    bool(_WHOLE.search(sentence[-12:]))
                    and not CUT_OFF.search(sentence[-12:])
                    and not continues
                )
                continues = False
                if (may_call and _CALL.search(sentence[:1_000].lower())) or promotes(sentence, suspected):
                    is_sound = False
                elif ended and (tells(sentence) or not self.is_list):
                    self.whole.append(sentence)
                    self.sound += is_sound
                else:
                    is_sound = False
                    if not is_bare(sentence):
                        self.rest.append(sentence)


def is_label(text: str) -> bool:
    """Whether a line or sentence is a label, a credit, a counter or an address and nothing of the article."""
    return len(text) <= _LONGEST_LABEL and bool(_LABEL.fullmatch(text) or _CREDIT.fullmatch(text))


def _is_code(text: str) -> bool:
    return any(map(text.__contains__, _CODE_SIGNS)) and len(_CODE.findall(text[:1_000])) > 2


def advertises(sentence: str) -> bool:
    """Whether a description's sentence invites to the article instead of telling it: bids, promises, asks, exclaims."""
    return bool(
        _TEASER.match(sentence) or _BAIT.search(sentence) or sentence.rstrip("\"'”’»)")[-1:] in "!?！？؟"
    )


def _is_among(line: str, said: Sequence[Sequence[str]]) -> bool:
    """Whether a line says one of the headlines again, and no more."""
    if not any(-9 < len(line) - sum(map(len, words)) < 3 * len(words) + 20 for words in said):
        return False  # letters, and what stands between words
    return split_words(line) in said


def _own(line: str) -> str:
    return _without_tail(_without_appeared(line))


def _without_appeared(line: str) -> str:
    """The line without “The post … appeared first on …” at its end, searched from its end: titles hold anything."""
    where = _APPEARED_WHERE.search(line, max(0, len(line) - _LONGEST_PLACE))
    if where is None:
        return line
    what = _APPEARED_WHAT.search(line, max(0, where.start() - _LONGEST_HEADLINE), where.start())
    return line[: what.start()].rstrip() if what else line


def _without_tail(line: str) -> str:
    """The line without a call to read on at its end."""
    if (
        line[-1:] in ".!?"
        and not line.endswith("...")
        and not _NAMES_WHAT.search(line, max(0, len(line) - _LONGEST_TAIL))
    ):
        return line
    tail = _TAIL.search(line, max(0, len(line) - _LONGEST_TAIL))
    return line[: tail.start()] if tail else line
