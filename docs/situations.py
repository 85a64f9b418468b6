"""Made-up articles in every situation a card can be in, to be looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from bot.cards import Card, away_card, closed_card, digest_card, follows_card, late_card, letter_card
from storage.records import (
    AlsoCovered,
    Article,
    AwayToTell,
    CardToPost,
    Digest,
    DigestLine,
    DigestToPost,
    Follow,
    FollowKind,
    Length,
    Letter,
    LetterLine,
    LetterToSend,
    Listener,
    Post,
    PostState,
    Source,
    Tally,
    VoteEmoji,
)

NOW = datetime.now(UTC).replace(microsecond=0)
_SOURCE = Source(
    id=1,
    url="https://tide.example/feed.xml",
    title="The Pellhaven Tide",
    link="https://tide.example/",
    icon_url=None,
    etag=None,
    last_modified=None,
    digest=None,
    next_poll_at=None,
    last_polled_at=None,
    last_success_at=None,
    failures=0,
    problem=None,
)
ARTICLE = Article(
    id=1,
    source_id=1,
    identity="a",
    url="https://tide.example/lamp",
    title="The harbour lamp burns again after a winter of repairs",
    author="Ines Marlow",
    summary="",
    image_url=None,
    published_at=NOW - timedelta(minutes=12),
    first_seen_at=NOW,
    revised_at=None,
    tags=("Harbour", "Lighthouse"),
    language="en",
    word_count=830,
)
_POST = Post(
    id=1,
    guild_id=10,
    channel_id=20,
    article_id=1,
    state=PostState.READY,
    nonce="0",
    after_id=None,
    message_id=None,
    thread_wanted=False,
    thread_id=None,
    seeded=0,
    finished_at=None,
    attempts=0,
    problem=None,
)
_LAMP = (
    "The lamp at the end of Pellhaven's long pier was lit again on Thursday evening, four months after a storm "
    "cracked its lens. Some three hundred people stood in the rain to watch it turn."
)
_PARAGRAPHS = (
    "At a quarter to seven the keeper, Tomas Wray, drew the green curtain aside, and the beam went out over the water "
    "for the first time since the autumn gales. Nobody cheered at once. It took a full turn, somebody said later, "
    "before people believed it.",
    "The old lens had split along its lower ring when a fishing crate was thrown against the lantern room. Glass of "
    "that kind is no longer cast anywhere near the coast, so the harbour board asked three workshops in the valley to "
    "grind the missing pieces by hand.",
    "“We had drawings, but the drawings were wrong,” said Wray. “In the end we took a plaster mould of the good side "
    "and turned it over.” The joint is visible from below as a thin dark line, and he has no wish to hide it.",
)
_ARABIC = (
    "أضاءت منارة الميناء القديم من جديد مساء الخميس، بعد أربعة أشهر من عاصفة كسرت عدستها. وقف نحو 300 شخص تحت المطر "
    "ليشاهدوا الضوء وهو يدور فوق رصيف Pellhaven الطويل."
)
_HEBREW = (
    "הפנס של הנמל נדלק שוב ביום חמישי בערב, ארבעה חודשים אחרי שסערה סדקה את העדשה שלו. כ־300 איש עמדו בגשם."
)
_CHINESE = (
    "港口尽头的灯塔在周四晚上重新亮起，距离风暴打裂透镜已有四个月。约三百人冒雨站在码头上，看着灯光再次扫过海面。"
    "守塔人说，三家工坊手工磨制了缺失的玻璃。"
)
_JAPANESE = "港の灯台が木曜日の夜、四か月ぶりに再び灯った。雨の中、約三百人がその光を見守った。"


def situations(origin: str) -> list[CardToPost]:
    """A card of each situation. `origin` is where the samples' pictures are served."""
    lamp = replace(ARTICLE, image_url=f"{origin}harbour.png")
    tide = replace(_SOURCE, icon_url=f"{origin}owl.png")
    return [
        _card(lamp, tide, tally=Tally(12, 1), comment_count=3),
        _card(replace(ARTICLE, tags=(), word_count=None), tide),
        replace(_card(lamp, tide), also=_papers(3), earlier=_earlier()),
        _card(
            replace(
                lamp,
                revised_at=NOW - timedelta(minutes=3),
                correction="The headline was “The harbour lamp burns again”. Figures changed: 300 people → 340 people.",
            ),
            tide,
        ),
        _card(replace(ARTICLE, retracted_at=NOW - timedelta(hours=2)), tide, tally=Tally(4, 9)),
        _card(
            replace(
                lamp,
                title="Episode 48: What the owl heard",
                image_url=f"{origin}owl.png",
                media_kind="audio",
                media_url="https://tide.example/48.mp3",
                media_duration_s=2880,
            ),
            replace(tide, title="The Night Desk", url="https://night.example/feed"),
            "Edda Fenn talks about the sound of empty buildings. The owl in the fish market answers her.",
        ),
        _card(
            replace(
                lamp,
                title="How a lens is ground by hand",
                url="https://www.youtube.com/watch?v=a-bcdefgh_1",
                image_url=f"{origin}chair.png",
                author=None,
                tags=(),
                media_kind="video",
                media_url="https://www.youtube.com/watch?v=a-bcdefgh_1",
                media_duration_s=742,
            ),
            replace(tide, title="Workbench", url="https://bench.example/feed"),
        ),
        _card(replace(lamp, paywalled=True), tide),
        _card(ARTICLE, tide, "\n".join(_PARAGRAPHS * 6), Length.FULL),
        _card(lamp, tide, "", Length.NONE),
        _card(
            replace(
                ARTICLE,
                title="منارة الميناء تضيء من جديد بعد شتاء من الإصلاحات (2026)",
                author="ليلى حداد",
                tags=("أخبار", "Pellhaven"),
            ),
            replace(tide, title="صحيفة الميناء", url="https://ar.example/feed"),
            _ARABIC,
        ),
        _card(
            replace(ARTICLE, title="הפנס בנמל דולק שוב", author="נועה לוי", tags=()),
            replace(tide, title="גאות", url="https://he.example/feed"),
            _HEBREW,
        ),
        _card(
            replace(ARTICLE, title="港口灯塔历经一冬修缮后重新点亮", author="林晓", tags=("港口", "灯塔")),
            replace(tide, title="港口晚报", url="https://zh.example/feed"),
            _CHINESE,
        ),
        _card(
            replace(ARTICLE, title="港の灯台、冬の修理を終えて再び灯る", author="佐藤 海", tags=("港",)),
            replace(tide, title="潮新聞", url="https://ja.example/feed"),
            _JAPANESE,
        ),
        replace(_card(lamp, tide), picture=("image/png", _picture("ferry.png"))),
        replace(_card(replace(lamp, image_url=None), tide), by_model=True),
        _card(
            replace(
                ARTICLE,
                title="# A *headline* with [everything](https://evil.example) @everyone <t:1> ||in|| `it` "
                * 4,
                author="_Ann_ <@1>",
                tags=("**bold**", "~~gone~~"),
            ),
            replace(tide, title="[A source](https://evil.example)"),
            "> A quotation\n- a list\n1. a number\n" + "Many words without an end " * 90,
        ),
    ]


def messages() -> list[Card]:
    """What else is posted, beside cards: digests of what came too late, words that something is amiss, letters."""
    papers = (
        ("The Pellhaven Tide", "https://tide.example/feed.xml"),
        ("Comet", "https://comet.example/feed.xml"),
        ("Workbench", "https://bench.example/feed.xml"),
    )
    titles = (
        *("The harbour lamp burns again", "Council votes to keep the night ferry running, by one voice"),
        *("What the owl heard", "منارة الميناء تضيء من جديد", "[x](https://evil.example) **bold** @everyone"),
        "How a lens is ground by hand, part two of three: the long polish and what can go wrong with it on a cold day",
    )
    named = tuple(
        DigestLine(titles[at % 6], f"https://tide.example/{at}", *papers[at * 7 % 5 % 3]) for at in range(50)
    )
    late = Digest(1, 10, 20, PostState.READY, "late", None, None, None, 0, None, 1, False, NOW)
    few, many = DigestToPost(late, named[:4], 4), DigestToPost(replace(late, nonce="later"), named, 137)
    lacking = (
        "In <#20> Broadsheet lacks **Send Messages**. Open its settings, then Permissions, and allow it."
    )
    away = AwayToTell(20, 10, NOW - timedelta(hours=25), lacking, 37, (), ())
    return [
        *(digest_card(few), digest_card(many), late_card(replace(many, articles=named[10:20]), 10)),
        *(away_card(away), away_card(replace(away, waiting=1), "Harbour Town")),
        *_letters(),
    ]


def _letters() -> list[Card]:
    """What members are told of what they follow, one thing and several, and the list of what they do."""
    article = LetterLine(
        FollowKind.PHRASE,
        *("harbour lamp", 20, 30, ARTICLE.title, _SOURCE.title, _SOURCE.url, None, None, None),
        *("It was dark since October. Ines Marlow climbed up with the keepers who brought it back.", None),
    )
    answer = replace(
        article,
        kind=FollowKind.REPLIES,
        said_by="Bram",
        said="It does. I saw it from the pier last night,\nand the ferry answered with its horn.",
        quote="Does it turn, too?",
    )
    several = (
        answer,
        replace(answer, kind=FollowKind.COMMENTS, said_by="Noor", said="**At last** @everyone"),
    )
    letter = Letter(1, 10, 40, None, PostState.READY, "letter", None, 0, NOW)
    follows = [
        Follow(number, 10, 40, kind, "", wording, 20 if number == 2 else None, number == 3, 20, NOW)
        for number, (kind, wording) in enumerate(
            (
                (FollowKind.SOURCE, _SOURCE.title),
                (FollowKind.PHRASE, "harbour lamp"),
                (FollowKind.AUTHOR, "Ines Marlow"),
                (FollowKind.COMMENTS, ARTICLE.title),
                (FollowKind.REPLIES, ""),
            ),
            1,
        )
    ]
    told = (
        (article,),
        (answer,),
        (*several, *(replace(article, title=f"{article.title}, part {part}") for part in range(1, 30))),
    )
    quiet = Listener(40, "Europe/Lisbon", 22 * 60, 7 * 60)
    return [
        *(letter_card(LetterToSend(letter, "Harbour Town", lines)) for lines in told),
        *(follows_card(10, follows, quiet, closed=True), closed_card(40)),
    ]


def _card(
    article: Article,
    source: Source,
    summary: str = _LAMP,
    length: Length = Length.NORMAL,
    *,
    tally: Tally = Tally(0, 0),  # noqa: B008 (frozen)
    comment_count: int = 0,
) -> CardToPost:
    return CardToPost(
        post=replace(_POST, length=length),
        article=article,
        source=source,
        tally=tally,
        comment_count=comment_count,
        emoji=VoteEmoji("👍", "👎"),
        summary=summary,
        whole=True,
    )


def _papers(count: int) -> tuple[AlsoCovered, ...]:
    names = ("The Valley Post", "Comet", "Workbench", "Coast Radio")
    return tuple(
        AlsoCovered(n, "The lamp is lit", f"https://{n}.example/lamp", name, f"https://{n}.example/feed")
        for n, name in enumerate(names[:count])
    )


def _earlier() -> AlsoCovered:
    return AlsoCovered(
        9,
        "Storm cracks the lens of the harbour lamp",
        "https://tide.example/storm",
        "The Pellhaven Tide",
        "https://tide.example/feed.xml",
        channel_id=20,
        message_id=30,
    )


def _picture(name: str) -> bytes:
    return (files("bot.samples") / "pictures" / name).read_bytes()
