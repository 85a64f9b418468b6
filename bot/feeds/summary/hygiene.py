"""What systems, editors and advertisers add to an article's lines, and what is left without it. Pure, in linear time.

Each rule is bounded, and what stands at a line's end is only looked for there, so that no line takes quadratic time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import takewhile

from bot.feeds.summary.notes import asides, is_bare, is_list, promotes, suspects, tells
from bot.feeds.summary.sentences import sentences
from bot.feeds.summary.signs import Seen, Signed
from bot.feeds.text import count_words, split_words

MOST_SENTENCES = 22  # a summary never reaches further into an article,
MOST_CUT = 32_000  # characters, nor further than this,
LONGEST_LINE = 4_000  # characters, nor into one line of it
_MOST_SEEN = 2 * MOST_CUT + LONGEST_LINE  # characters in which signs are looked for all at once
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
    r"\s*[\])]?(?:[→»>›…\s]|\.{3}|(?!))*+\Z)",
    re.IGNORECASE,
)
_NAMES_WHAT = re.compile(r"[:“\"«„]")  # without these, no call to read on ends with a full stop
_TAILS = Signed(
    _TAIL,
    "read more|read on|read the|continue reading|keep reading|view article|view post|view original|view all|learn more"
    "|full story|full article|weiterlesen|mehr lesen|mehr erfahren|zum artikel|lire la|lire plus|lire l"
    "|en savoir|leer más|seguir leyendo|sigue leyendo|continuar leyendo|leia mais|ler mais|continue lendo"
    "|continue a|leggi tutto|leggi di|leggi altro|leggi l|continua a|lees meer|lees verder|verder lezen"
    "|läs mer|läs vidare|les mer|les videre|læs mere|læs videre|lue lisää|czytaj|číst|čítať ďalej|celý článok|oku",
    "more...|читать|читати|続きを読む|阅读全文|閱讀全文|더|اقرأ|पढ़ें",
)
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
_APPEARED = Signed(
    _APPEARED_WHERE,
    "zuerst|apparu en premier|publicó primero|primeiro|essere il primo|eerst|först upp|først opp|først udgivet"
    "|zobrazený ako prvý",
    "appeared first on|first appeared on|proviene da|pochodzi z|впервые появилась|pochází z",
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
# How labels and credits begin that begin with a letter from A to Z, and are no address.
_STARTS = (
    "rea|con|kee|cli|to |vie|lea|mor|ful|wei|meh|zum|lir|en |lee|seg|sig|lei|ler|leg|ver|les|lue|czy|cel|dev|com|kom"
    "|sha|twe|adv|anz|pub|sup|don|not|new|inl|rel|spo|sub|fil|tag|pos|cat|poi|via|sou|by |von|par|por|di |doo|av "
    "|pho|pic|ima|imm|ill|vid|gra|cre|fot|bil|que|zdj|las|upd|mod|akt|sta|mis|act|agg|bij|est|tem|tie|cop|all"
)
_LABEL_STARTS = frozenset(_STARTS.split("|"))
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
_CALLS = Signed(
    _CALL,
    "subscribe|sign up|follow us|like us|newsletter|click|tap here|download|comment|comments|share this|support our"
    "|donation|donate|become a|affiliate|commission|commissions|amazon associate|terms and conditions|privacy policy"
    "|cookie|cookies|code|off your|book a|contact us|in touch with us|enter your|originally|published|updated"
    "|republished|javascript|jetzt abonnieren|jetzt anmelden|jetzt spenden|folgen sie uns|klicken|abonnez-vous"
    "|inscrivez-vous|suivez-nous|cliquez ici|faites un don|suscríbete|suscríbase|síganos|síguenos|haga clic|haz clic"
    "|inscreva-se|assine|siga-nos|clique aqui|iscriviti|seguici|clicca qui|zapisz się|kliknij|obserwuj nas"
    "|schrijf je in|volg ons|klik hier|prenumerera på|följ oss|klicka här|abone olun|bizi takip|tıklayın",
    "подпи|нажмите|поддержите|підпи|підтримайте|اشترك|تابعونا|اضغط|सब्सक्राइब|क्लिक|点击|订阅|請訂閱|関連記事|登録はこちら|구독하기|클릭",
)
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
_BAITS = Signed(
    _BAIT,
    "know|everything|all you need|find out|learn|read|here is|here are|guide|top picks|was sie|alles|tout|faut savoir"
    "|todo lo que|tudo o que|tutto|wszystko|bilmeniz",
    "что|що|आपको जानना|需要|必须|知っておくべき|كل ما تحتاج|알아야",
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
        whole = "\n".join(lines)
        self._seen = seen = Seen(whole) if len(whole) <= _MOST_SEEN else None
        left = MAX_TEXT
        called = _Headlines(headlines)
        appeared = seen is None or _APPEARED.suspected(seen) is not None
        tails = _TAILS.suspected_in_any_case(seen)
        for at, line in enumerate(lines):
            if left < len(line):
                self.is_cut = True
                break
            own = line
            if len(line) < _LONGEST_TAIL or at >= len(lines) - 3:
                own = _without_appeared(own) if appeared else own
                if tails and tails.shows(own.lower().replace("…", "...")):
                    own = _without_tail(own)
            self.is_cut = own != line or bool(CUT_OFF.search(own[-8:]))
            if own and not is_label(own) and own not in called:
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

    def telling(self) -> list[str]:
        """A description's whole sentences up to the first that advertises.

        Such a one invites to the article instead of telling it: it bids, promises, asks or exclaims.
        """
        bait = _BAITS.suspected_in_any_case(self._seen)

        def advertises(sentence: str) -> bool:
            promises = bait is not None and bait.shows(sentence.lower())
            return (
                sentence.rstrip("\"'”’»)")[-1:] in "!?！？؟"
                or _TEASER.match(sentence) is not None
                or (promises and _BAIT.search(sentence) is not None)
            )

        return list(takewhile(lambda one: not advertises(one), self.whole[: self.sound]))

    def cut(self, language: str | None) -> None:
        """Cut the lines into sentences, as those of this language."""
        left = MOST_CUT
        is_sound = True
        seen = self._seen or Seen(self.text[:_MOST_SEEN])
        calls, suspected = _CALLS.suspected(seen), suspects(seen)
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
                ended = not continues and _is_ended(sentence)
                continues = False
                if (calls and calls.holds(sentence[:1_000].lower())) or promotes(sentence, suspected):
                    is_sound = False
                elif ended and (not self.is_list or tells(sentence)):
                    self.whole.append(sentence)
                    self.sound += is_sound
                else:
                    is_sound = False
                    if not is_bare(sentence):
                        self.rest.append(sentence)


def is_label(text: str) -> bool:
    """Whether a line or sentence is a label, a credit, a counter or an address and nothing of the article."""
    if len(text) > _LONGEST_LABEL:
        return False
    start = text[:3].lower()
    is_plain = start.isascii() and start.isprintable() and start[:1].isalpha()
    if is_plain and start not in _LABEL_STARTS and "://" not in text and "www." not in text.lower():
        return False
    return bool(_LABEL.fullmatch(text) or _CREDIT.fullmatch(text))


def _is_ended(sentence: str) -> bool:
    if sentence[-1:] == "." and sentence[-2:-1].isalnum():
        return True
    return _WHOLE.search(sentence[-12:]) is not None and CUT_OFF.search(sentence[-12:]) is None


def _is_code(text: str) -> bool:
    return any(map(text.__contains__, _CODE_SIGNS)) and len(_CODE.findall(text[:1_000])) > 2


class _Headlines:
    """What an article is called, to know the lines that say it again."""

    def __init__(self, headlines: Sequence[str]) -> None:
        self._said = [split_words(headline) for headline in headlines if headline]
        letters = [(sum(map(len, words)), 3 * len(words)) for words in self._said]
        self._lengths = [range(count - 8, count + between + 20) for count, between in letters]

    def __contains__(self, line: str) -> bool:
        """Whether the line says one of them, and no more."""
        return any(len(line) in fitting for fitting in self._lengths) and split_words(line) in self._said


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
