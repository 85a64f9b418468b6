"""What pages say around their articles, in the languages of our readers. Each is matched whole."""

from __future__ import annotations

import re


def _any(*words: str) -> str:
    return "(?:" + "|".join(" | ".join(words).split(" | ")) + ")"


_MONTHS = _any(
    "jan(?:uary|uar|vier|eiro)?|enero|gennaio|feb(?:ruary|ruar|rero|braio)?|févr?(?:ier)?|fevereiro"
    "|mar(?:ch|s|zo|ço)?|märz",
    "apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|may|mai|mayo|maio|maggio|june?|juni|juin|junio|junho"
    "|giugno|july?|juli|juillet|julio",
    "julho|luglio|aug(?:ust)?|août|agosto|sept?(?:ember|embre|iembre)?|setembro|settembre"
    "|o[ck]t(?:ober|obre|ubre)?|outubro",
    "ottobre|nov(?:ember|embre|iembre|embro)?|de[czt](?:ember|iembre|embro)?|déc(?:embre)?|dicembre"
    "|diciembre|dezembro",
    "янв(?:ар[ья])?|февр?(?:ал[ья])?|марта?|апр(?:ел[ья])?|ма[йя]|июн[ья]?|июл[ья]?|авг(?:уста?)?"
    "|сент?(?:ябр[ья])?",
    "окт(?:ябр[ья])?|ноя(?:бр[ья])?|дек(?:абр[ья])?|січня|лютого|березня|квітня|травня|червня|липня"
    "|серпня|вересня|жовтня",
    "листопада|грудня|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|grudnia",
    "ocak|şubat|mart|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık",
    "يناير|فبراير|مارس|أبريل|ابريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر|كانون|شباط"
    "|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين",
)
_UNIT = _any("seconds?|sec|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|(?-i:[hdw])")
_AGO = _any("ago|fa|atrás|geleden|sedan|siden|sitten|temu|назад|тому|önce|पहले|trước")
_SINCE = _any("hace|il y a|vor|há|منذ|قبل|för|voor")
_MOMENT = re.compile(
    r"\d{1,4}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{1,4}"
    r"|(?<!\d)\d{1,2}[:٫]\d{2}(?!\d)"
    r"|\d\s*[年月日]|\d+\s*(?:秒|分|分钟|分鐘|小时|小時|时间|時間|天|周|週|个月|個月|日|ヶ月)前|\d\s*(?:분|시간|일|주|개월|년)\s*전|\d+월"
    rf"|\b{_MONTHS}\b\.?[\s,]+\d|\d(?:st|nd|rd|th|er|º|\.)?\s*(?:de\s|of\s)?\b{_MONTHS}\b"
    rf"|\d+\s*\w*\s+{_AGO}\b|\d+\s*{_UNIT}\b(?:\s+ago\b)?|\b{_SINCE}\s+(?:\w+\s+)?\d+"
    r"|(?:\A|(?<=\s))(?:just now|yesterday|today|ayer|hoy|hier|heute|gestern|вчера|сегодня|только что|أمس|اليوم"
    r"|الآن|昨天|今天|刚刚|昨日|今日)\s*\Z",
    re.IGNORECASE,
)


def is_moment(text: str) -> bool:
    """Whether a short line tells a day, a time of day, or how long ago something was."""
    return moment_at(text) >= 0


def moment_at(text: str) -> int:
    """Where in a short line a moment is told; −1 where none is."""
    found = _MOMENT.search(text) if len(text) < 120 else None
    return found.start() if found else -1


_AMOUNT = re.compile(r"\d")
_CURRENCY = re.compile(
    r"(?<![^\W\d_])(?:[A-Z]{3}|(?:US|C|A|R|HK|NZ)?\$|R|zł|kr|Kč|Ft|lei|лв|руб|грн|тг|TL|Rs|Fr|د\.إ"
    r"|ر\.س|ج\.م|دينار|ريال|درهم|元|円|원|万|萬|亿|億|k|K|M)(?![^\W\d_])\.?"
)


def is_amounts(text: str) -> bool:
    """Whether a line holds numbers and currencies and nothing else, as meters and price tags do."""
    return (
        len(text) < 200
        and _AMOUNT.search(text) is not None
        and not any(map(str.isalpha, _CURRENCY.sub("", text)))
    )


TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")


def squeezed(text: str) -> str:
    """Its letters and figures alone, as addresses write names."""
    return re.sub(r"[\W_]", "", text.casefold())


_COMMENT_WORDS = (
    r"comments?|kommentare?|comentarios?|comentários?|commentaires?|commenti|komentarze?|komentarzy"
    r"|комментари(?:й|я|ев|и)"
    r"|коментар(?:і|ів|я|ь)?|yorum(?:lar|ları)?|التعليقات|تعليقات?|评论|評論|条评论|則評論|留言|网友评论|跟帖|コメント|댓글"
    r"|टिप्पणि?(?:याँ|यां|यों)?"
    r"|kommentarer|kommentteja|kommentit|komentáře|komentare|hozzászólás(?:ok)?"
)
# What heads comments where a number stands beside it, and an article's own part where none does.
_COUNTED_WORDS = (
    r"replies|responses|discussion|conversation|thoughts?|reviews|diskussion|opiniones|respuestas"
    r"|réactions?|avis|reacties"
    r"|reactions|opinie|отзыв(?:ы|а|ов)?|обсуждение|мнени[йя]|відгуки|الردود|ردود|آراء|讨论|回复|의견"
)
COMMENTS_HEADING = re.compile(
    rf"[\W\d]*(?:leave a |join the |view all |all |readers?['’]? |user )?(?:{_COMMENT_WORDS})[\W\d]*"
    rf"|(?:{_COMMENT_WORDS}|{_COUNTED_WORDS})\s*[(（\[:：]?\s*\d+\W*"
    rf"|\W*\d+\s*.?\s*(?:{_COMMENT_WORDS}|{_COUNTED_WORDS})\b\W*",
    re.IGNORECASE,
)
# What comments are answered with.
ANSWER = re.compile(
    r"\W*(?:reply|respond|antworten|responder|répondre|rispondi|odpowiedz|ответить|відповісти|yanıtla|cevapla|رد|الرد"
    r"|回[复覆應应]|返信|답글(?: ?달기)?|जवाब(?: दें)?|svara?|beantwoorden|reageer|vastaa"
    r"|odpovědět|odpovedať|răspunde)\W*",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\W*(?:(?:photo|image|picture|featured image|video|illustration|graphic|screenshot|credits?"
    r"|foto|fotos|bild|grafik|imagen|imagem"
    r"|immagine|crédits?|crédito|quelle|source|fuente|fonte|zdjęcie|zdroj|фото|фотография|источник"
    r"|світлина|fotoğraf|görsel|الصورة|صورة"
    r"|图|圖|图片|图源|来源|來源|摄影|写真|画像|사진|출처|फोटो|तस्वीर)(?:\s*(?:credits?|by|courtesy(?: of)?|source|via"
    r"|von|de|par|di|:))*\s*[:：/|©]\s*\S.*"
    r"|(?:photo(?:graph)?s?|image|illustration)s? (?:by|courtesy|via|from) .+|(?:courtesy of"
    r"|getty images|shutterstock)\b.*|©.*|\(c\) .*"
    r"|.{2,60}/(?:getty images|afp|ap|reuters|epa|dpa|shutterstock|unsplash|pexels|istock).{0,20})",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"\W*(?:comments? (?:are|is) (?:now )?(?:closed|off|disabled)"
    r"|read (?:more|next|also|our|the full|it at)\b.*|related(?: articles?| posts?| stories"
    r"| content| topics?| reading)?\s*(?::.*)?"
    r"|see also\b.*|more (?:on|from|about) .{0,60}|recommended(?: for you| reading)?|you (?:might"
    r"|may) (?:also )?(?:like|enjoy).{0,20}"
    r"|table of contents.{0,20}|contents|in this (?:article|post|guide)|share(?: this)?(?: article"
    r"| post| story)?(?: on .{0,20})?|advertisement"
    r"|continue reading.{0,60}|keep reading.{0,60}|subscribe.{0,80}|sign up (?:for|to|now"
    r"|here).{0,100}|follow us.{0,60}|support us|donate(?: now)?"
    r"|was this (?:article|newsletter|page|post|information).{0,80}|leave a (?:reply|comment).{0,20}"
    r"|written by.{0,40}|posted (?:by|in|on).{0,60}"
    r"|(?:filed under|tags?|tagged|topics?|categories|category)\s*:?.{0,120}"
    r"|\d+ ?min(?:ute)?s?\.? read(?: time)?|reading time\W.{0,30}"
    r"|back to (?:top|blog).{0,20}|skip to .{0,20}|click here.{0,40}|buy (?:now|poster|it)|shop now"
    r"|learn more|book now|scroll (?:for more|down)"
    r"|(?:last )?updated?(?: on)?:? .{0,40}|published(?: on)?:? .{0,40}|print|email|copy(?: link)?"
    r"|close|menu|loading.{0,5}|see (?:list|more|review)"
    r"|mehr zum thema.{0,80}|lesen sie auch.{0,120}|weiterlesen.{0,60}"
    r"|das könnte sie auch interessieren.{0,20}|anzeige|teilen|inhaltsverzeichnis"
    r"|lire aussi.{0,120}|à lire aussi.{0,120}|voir aussi.{0,120}|sur le même (?:sujet|thème).{0,20}"
    r"|partager|publicité|sommaire"
    r"|lea? (?:también|más|mais|também).{0,120}|te puede interesar.{0,120}|más (?:sobre"
    r"|noticias).{0,60}|artículos relacionados|compartir|publicidad"
    r"|leggi anche.{0,120}|condividi|leia também.{0,120}|saiba mais.{0,60}|veja também.{0,120}|compartilhe?"
    r"|читайте также.{0,120}|ещ[её] по теме.{0,60}|по теме.{0,60}|подписывайтесь.{0,80}|поделиться"
    r"|реклама|оглавление|смотрите также.{0,120}|поддержать.{0,30}"
    r"|читайте також.{0,120}|поділитися|czytaj (?:też|także|również|więcej).{0,120}|zobacz (?:też"
    r"|także|również).{0,120}|udostępnij|reklama"
    r"|ayrıca oku.{0,60}|ilgili haberler.{0,20}|paylaş|اقرأ أيضا?ً?.{0,120}|مواضيع ذات صلة.{0,20}"
    r"|شارك.{0,20}|إعلان|ادعمنا|تبرع.{0,20}|المزيد (?:عن|حول).{0,60}"
    r"|相关(?:阅读|文章|新闻|报道|链接).{0,60}|延伸阅读.{0,60}|更多.{0,20}|分享.{0,10}|广告|支持我们|捐[款赠助].{0,10}|関連記事.{0,60}"
    r"|あわせて読みたい.{0,60}|シェア|広告|관련 ?기사.{0,60}|공유)\W*",
    re.IGNORECASE,
)


def is_credit(text: str, words: int) -> bool:
    """Whether a line says whose a picture is."""
    return words <= 20 and _CREDIT.fullmatch(text) is not None


_CONSENT = re.compile(
    r"(?:by (?:signing up|clicking|subscribing|submitting|registering|continuing"
    r"|entering your)\b.{0,400}|(?:we|this (?:site|website)) uses? cookies\b.{0,400}"
    r"|.{0,200}\b(?:affiliate commission|earn a commission|paid commission|receive a commission)\b.{0,300}"
    r"|.{0,80}\ball rights reserved\b.{0,80}|mit (?:der|ihrer) anmeldung\b.{0,300}"
    r"|en vous (?:inscrivant|abonnant)\b.{0,300}|al (?:suscribirte|registrarte)\b.{0,300}"
    r"|ao (?:se inscrever|assinar)\b.{0,300}|нажимая\b.{0,300}|подписываясь\b.{0,300})",
    re.IGNORECASE | re.DOTALL,
)


def is_furniture(text: str, words: int) -> bool:
    """Whether a line labels, links on or asks for something."""
    return (words <= 25 and _FURNITURE.fullmatch(text) is not None) or (
        words <= 90 and _CONSENT.fullmatch(text) is not None
    )


_BY = re.compile(
    r"\A(?:(?:written|posted|published|reviewed|reported|authored|words|story|text|article|edited"
    r"|medically reviewed) by|by|von|par|por|di|door"
    r"|af|av|przez|автор[ы]?|текст|от|बाय|द्वारा|بقلم|كتب[ته]?|作者|记者|文|記者|글|yazan|autor(?:in)?"
    r"|auteur|autore|authors?|writer)(?=[\s:：|/]|\Z)[\s:：|/]*",
    re.IGNORECASE,
)


def without_by(text: str) -> str:
    """A byline without what stands before the names."""
    for _ in range(2):
        text = _BY.sub("", text.strip())
    return text.strip()


_GATE = re.compile(
    r"subscribe (?:now )?to (?:continue|read|unlock|keep)|(?:continue|keep) reading (?:with|by|for)"
    r"|already a (?:subscriber|member)|subscribers? only"
    r"|(?:this|the full) (?:article|story|post|content) is (?:for|only|reserved|available)"
    r"|become a (?:paid )?(?:member|subscriber) to|log ?in to (?:continue|read)"
    r"|to (?:continue|keep) reading|unlock (?:this|the full|the rest)|create (?:a"
    r"|your) free account to|upgrade to paid|this post is for (?:paid )?subscribers"
    r"|(?:weiterlesen|lesen sie) mit|jetzt (?:abonnieren|weiterlesen|registrieren)|nur für abonnent"
    r"|exklusiv für abonnent|bereits abonnent|artikel freischalten"
    r"|réservé aux abonnés|abonnez-vous pour|il vous reste .{1,10} ?% (?:de cet article|à lire"
    r"|à découvrir)|déjà abonné|pour lire la suite"
    r"|suscr[ií]bete para|contenido exclusivo para suscriptores|sólo para suscriptores"
    r"|solo para suscriptores|para seguir leyendo|ya (?:eres|soy) suscriptor"
    r"|assine para|exclusivo para assinantes|já é assinante|para continuar (?:lendo|a ler)"
    r"|abbonati per|riservato agli abbonati|sei già abbonato"
    r"|alleen voor abonnees|word abonnee|för prenumeranter|kun for abonnenter|for abonnenter"
    r"|dla prenumeratorów|tylko dla subskrybentów|aby czytać dalej"
    r"|только (?:для|по) подпис|оформите подписку|чтобы (?:продолжить|читать дальше)|доступ(?:но"
    r"|ен) (?:только )?подписчикам|лише для передплатників|щоб читати далі"
    r"|abonelere özel|devamını okumak için|للمشتركين فقط|اشترك (?:الآن )?(?:لمتابعة|لقراءة|للمتابعة)"
    r"|لمتابعة القراءة|订阅后|订阅以|登录后(?:阅读|继续)|付费(?:阅读|内容)|会员专享|訂閱"
    r"|続きを読むには|有料会員(?:限定)?|この記事は会員限定|구독자 전용|로그인 후|सदस्यता लें",
    re.IGNORECASE,
)


def is_gate(text: str) -> bool:
    """Whether a line says that only subscribers read on."""
    return _GATE.search(text) is not None
