"""What notes of shows and descriptions of videos hold besides what they tell: sponsors, codes, chapters, links. Pure.

Such lines are told by their shape first (a heading that names sponsors and the items below it, times at the edge of a
line, lines of links), by words only where a shape is not enough.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.feeds.summary.signs import Seen, Signed, Suspicion
from bot.feeds.text import count_words

_HEADING_WORDS = 9
_ITEM_WORDS = 45  # of what a sponsor wants told; a longer line is the notes' own again
_LABEL_WORDS = 3
_MOST_SEARCHED = 600  # characters of a line
_FEWEST_LINES, _MOSTLY = 6, 0.6
_TOLD_WORDS = 8

_SPONSORS = (
    r"sponsor|patrocin|parrain|спонсор|赞助|贊助|スポンサー|협찬|후원|brought to you by|برعاية|الراعي|प्रायोज"
    r"|werbepartner|werbung|anzeige|partenaires? de l|реклам"
)
_SPONSORED = re.compile(rf"(?:.{{0,60}}\b|\W*)(?:{_SPONSORS}).{{0,60}}", re.IGNORECASE)
# That an episode has a sponsor, told as a sentence: "This episode is sponsored by …", "Thanks to … for sponsoring".
_THANKS = re.compile(
    r"\b(?:episode|show|podcast|video|newsletter|issue|post|site|feed)\b.{0,40}\b(?:is |was |are )?"
    r"(?:sponsored|supported|presented|brought to you|made possible) by\b"
    r"|\b(?:our|this week['’]?s?|today['’]?s?|episode['’]?s?) sponsors?\b|\bsponsored by\b|\bfor sponsoring\b"
    r"|\bbrought to you by\b|\bsponsor(?:ing)? (?:this|the) (?:week|episode|show|video|feed|site)\b"
    r"|\b(?:folge|episode|sendung|podcasts?|video)\b.{0,40}\b(?:gesponsert|präsentiert|unterstützt)\b"
    r"|\b(?:épisode|vidéo|émission)\b.{0,40}\b(?:sponsorisé|parrainé|soutenu)"
    r"|\b(?:episodio|vídeo|video|programa|podcast|episódio|puntata)\b.{0,40}\b(?:patrocinad|sponsorizzat|offert[oa] da)"
    r"|\bodcin\w+\b.{0,60}\bsponsor|\bsponsor\w* (?:\w+ )?odcin"
    r"|(?:выпуск|видео|ролик|подкаст|епізод|випуск)\w*\b.{0,60}(?:спонсор|спонсир)"
    r"|спонсор\w* (?:выпуск|видео|эпизод|ролик|випуск|відео|епізод)"
    r"|\bbölüm\w*\b.{0,60}\bsponsor|\bvideonun sponsor"
    r"|برعاية|(?:节目|视频|影片|期).{0,20}(?:赞助|贊助)|スポンサー|(?:에피소드|영상|방송).{0,30}(?:협찬|후원)"
    r"|(?:एपिसोड|वीडियो).{0,30}प्रायोज",
)
# What is sold: with a code, so much off, free to try.
_OFFER = re.compile(
    r"(?:\b\d+ ?%|[$€£]\s?\d+|\b\d+ ?[$€£]) (?:off\b|rabatt\b|de (?:réduction|descuento|desconto|remise)|di sconto|"
    r"zniżki|скидк|знижк|indirim).{0,80}\b(?:code|order|purchase|gutschein|código|codice|kod|код|checkout)"
    r"|\bcode\b.{0,60}\b(?:\d+ ?%|[$€£] ?\d+) off\b|\boff\b.{0,80}\bcode\b"
    r"|\b(?:promo|offer|coupon|discount|gutschein|rabatt)[ -]?codes?\b|\bpromocode|промокод|\bcode promo\b"
    r"|\bcódigo (?:promocional|de d)|\bcodice sconto|\bkod rabatowy|\bindirim kodu"
    r"|折扣码|优惠码|優惠碼|クーポン"
    r"|할인 ?코드|쿠폰|كود (?:خصم|الخصم)|रेफ़रल|कूपन कोड|\bfree \d+[- ]day trial\b|\b\d+ days? free\b",
)
# Where to be followed and paid, with the places that everybody has.
_FOLLOW = re.compile(
    r"\b(?:patreon|ko-?fi|buy me a coffee|onlyfans|gofundme|paypal\.me)\b"
    r"|\b(?:follow|find|join|like) (?:us|me)\b.{0,25}\b(?:discord|twitter|instagram|facebook|tiktok|youtube|telegram"
    r"|mastodon|bluesky|threads|apple podcasts|spotify|here)\b"
    r"|\bforget to\b.{0,20}\b(?:subscribe|like|follow|hit)\b|\bhit the bell\b|\bsmash that\b"
    r"|(?:订阅|訂閱|关注|關注).{0,6}(?:频道|頻道|我们|我們)|チャンネル登録"
    r"|구독.{0,6}(?:좋아요|부탁|해주)|(?:चैनल|हमें) .{0,12}(?:सब्सक्राइब|फॉलो)",
)
# Bids to subscribe, to follow, to pay, with which a sentence begins.
_BIDS = re.compile(
    r"\W*(?:(?:please )?(?:subscribe (?:to|now|for|here|on|at)|follow (?:us|me|him|her|@)|donate (?:to|now|here|at)"
    r""
    r"|(?:rate|review|support|join) (?:and \w+ )?(?:us|me|(?:our|my|the|this) (?:show|channel|podcast|discord)))\b"
    r"|abonnier(?:t|e|en sie) (?:uns|mich|den|unse|mein|jetzt)|folg(?:t|e|en sie) (?:uns|mir)\b"
    r"|unterstütz(?:t|e|en sie) (?:uns|mich)\b|abonne(?:z-vous|-toi)|rejoignez-nous|soutenez-(?:nous|moi)"
    r"|suscr[ií]b(?:ete|ase|anse)|síg(?:ue|a)nos|inscrev(?:a|am)-se|s(?:egue|iga|igam)-nos"
    r"|apoi(?:a-nos|e-nos|e o canal)"
    r"|iscriv(?:iti|etevi)|seguiteci|seguici|sostieni(?:ci| il canale)|(?:za)?subskrybuj|wesprzyj|obserwuj(?:cie)? "
    r"|подпи(?:шитесь|сывайтесь|шись)|поддержите (?:нас|канал|проект)|став(?:ьте|ь) лайк"
    r"|підпи(?:шіться|суйтес[ья]|шись)|підтримайте (?:нас|канал)|abone ol|bizi takip|takip et"
    r"|اشترك|تابعنا|ادعم(?:نا|وا))"
)
_PROMOTING = (
    Signed(
        _THANKS,
        "sponsor|sponsors|sponsored|sponsoring|supported|presented|brought|possible|gesponsert|präsentiert|unterstützt"
        "|épisode|vidéo|émission|episodio|vídeo|video|programa|podcast|episódio|puntata|videonun",
        "odcin|bölüm|спонс|برعاية|赞助|贊助|スポンサー|협찬|후원|प्रायोज",
    ),
    Signed(
        _OFFER,
        "código|codice|kod|free",
        "code|indirim|%|$|€|£|промокод|折扣码|优惠码|優惠碼|クーポン|할인|쿠폰|كود|रेफ़रल|कूपन",
    ),
    Signed(
        _FOLLOW,
        "follow us|find us|join us|like us|follow me|find me|join me|like me"
        "|patreon|kofi|ko-fi|coffee|onlyfans|gofundme|paypal.me|forget|bell|smash",
        "订阅|訂閱|关注|關注|チャンネル登録|구독|चैनल|हमें",
    ),
)
_TIME = r"\d{1,2}:\d{2}(?::\d{2})?"
_CHAPTER = re.compile(
    rf"\W*{_TIME}\W+(?!\d).{{0,150}}|.{{0,150}}\W[\[(]?{_TIME}[\])]?\W*|\W*{_TIME}(?:\s*[-–—]\s*{_TIME})?\W.{{0,150}}"
)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+|(?<!\w)[@#]\w{2,}")
_SIGNS = re.compile(r"[\u2022\u20e3\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff|·►▶→»]+")
_ENDED = re.compile(r"[.!?…。！？।॥۔؟][\"'”’»“)\]」』）]*\Z")


def suspects(text: Seen) -> list[Suspicion]:
    """What a text has to be searched for, sentence by sentence."""
    return [found for one in _PROMOTING if (found := one.suspected(text))]


def promotes(sentence: str, suspected: Sequence[Suspicion]) -> bool:
    """Whether a sentence tells of a sponsor, of an offer, or of where to subscribe, and nothing of what it is about.

    `suspected` is what the text that it stands in has to be searched for.
    """
    lowered = sentence[:_MOST_SEARCHED].lower()
    return _BIDS.match(lowered) is not None or any(one.holds(lowered) for one in suspected)


def asides(lines: Sequence[str]) -> frozenset[int]:
    """Which lines are no telling: sponsors with their headings, chapters, links and addresses; by their places."""
    found: set[int] = set()
    among_sponsors = False
    for at, line in enumerate(lines):
        if len(line) > _MOST_SEARCHED:
            among_sponsors = False
            continue
        is_ended = _ENDED.search(line[-8:]) is not None
        if is_ended and not among_sponsors:
            continue  # an article's line, as nearly all are
        words = count_words(line)
        if words <= _HEADING_WORDS and not is_ended and _SPONSORED.fullmatch(line):
            among_sponsors = True
            found.add(at)
        elif among_sponsors and words <= _ITEM_WORDS and not _is_label(line, words, is_ended=is_ended):
            found.add(at)
        else:
            among_sponsors = False
            if _is_chapter(line, is_ended=is_ended) or _is_address(line, words, is_ended=is_ended):
                found.add(at)
    return frozenset(found)


def is_list(lines: Sequence[str]) -> bool:
    """Whether most lines are items and not sentences, as in the notes of many shows."""
    if len(lines) < _FEWEST_LINES:
        return False
    ended = sum(
        _ENDED.search(line[-8:]) is not None
        and (line.count(" ") >= _TOLD_WORDS - 1 or count_words(line) >= _TOLD_WORDS)
        for line in lines
    )
    return ended <= (1 - _MOSTLY) * len(lines)


def tells(sentence: str) -> bool:
    """Whether a sentence among items tells something: it is long enough, and neither asks nor exclaims."""
    return count_words(sentence) >= _TOLD_WORDS and sentence.rstrip("\"'”’»)")[-1:] not in "!?！？؟"


def is_bare(piece: str) -> bool:
    """Whether a piece is a row of items set apart by signs, and no text."""
    return len(_SIGNS.findall(piece[:_MOST_SEARCHED])) > 2


def _is_label(line: str, words: int, *, is_ended: bool) -> bool:
    """Whether a line begins another part of the notes."""
    return line.endswith((":", "：")) or (words <= _LABEL_WORDS and not is_ended)


def _is_chapter(line: str, *, is_ended: bool) -> bool:
    return not is_ended and len(line) <= 200 and ":" in line and _CHAPTER.fullmatch(line) is not None


def _is_address(line: str, words: int, *, is_ended: bool) -> bool:
    """Whether a line leads somewhere and says where to: "Twitter: @us", "Get the bag here ► https://…"."""
    return not is_ended and words <= _ITEM_WORDS and _ADDRESS.search(line[-_MOST_SEARCHED:]) is not None
