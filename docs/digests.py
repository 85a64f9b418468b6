"""Made-up digests of a day, a week and a month, to be looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.cards import Card, ranked_card, schedules_card
from docs.situations import ARTICLE, NOW
from storage.records import (
    AlsoCovered,
    Comment,
    Digest,
    DigestLine,
    DigestStory,
    DigestToPost,
    Every,
    PostState,
    Schedule,
    Scope,
    Sort,
    Tally,
)

_TOLD = (
    ("The harbour lamp burns again after a winter of repairs", "The Pellhaven Tide", 41, 2, 17),
    ("Council votes to keep the night ferry running, by one voice", "Coast Radio", 33, 9, 52),
    (
        "How a lens is ground by hand, part two of three: the long polish and what can go wrong",
        "Workbench",
        21,
        0,
        4,
    ),
    ("What the owl heard", "The Night Desk", 12, 1, 0),
    ("منارة الميناء تضيء من جديد بعد شتاء من الإصلاحات", "صحيفة الميناء", 9, 0, 3),
    ("Bakery on Quay Street closes after ninety years", "The Pellhaven Tide", 8, 3, 21),
    ("[x](https://evil.example) **bold** @everyone", "[A source](https://evil.example)", 2, 5, 1),
    ("Tide tables for May", "Harbour Office", 0, 0, 0),
    ("School choir wins in the valley", "The Valley Post", 0, 0, 2),
    ("Fog", "Comet", 0, 0, 0),
)
_SUMMARIES = (
    "The lamp at the end of Pellhaven's long pier was lit again on Thursday evening, four months after a storm cracked "
    "its lens. Some three hundred people stood in the rain to watch it turn.",
    "The night ferry stays, at least until autumn. After four hours of debate the council kept its subsidy by eleven "
    "votes to ten; the harbour master had asked for two more winters.",
    "Glass of that kind is no longer cast anywhere near the coast, so three workshops in the valley ground the missing "
    "pieces by hand. The second part is about patience.",
    "Edda Fenn talks about the sound of empty buildings.",
    "أضاءت منارة الميناء القديم من جديد مساء الخميس، بعد أربعة أشهر من عاصفة كسرت عدستها.",
)
_COMMENTS = (
    "I stood there with my daughter. Nobody cheered at once, it took a full turn before people believed it.",
    "By one voice! Remember that next time you think it makes no difference whether you go.",
    "",
    "Best episode so far, the part about the fish market **gave me** goosebumps.",
)


def digests() -> list[Card]:
    """Digests as channels and members get them, and the list of those that come."""
    week = _digest("week", "The week's best · 16–22 November", 10)
    lines = tuple(DigestLine(title, "https://tide.example/a", source, "") for title, source, *_ in _TOLD * 4)
    few = replace(week, digest=replace(week.digest, nonce="few", heading="The day's best · 22 November"))
    member = replace(week.digest, nonce="member", member_id=7, most=5)
    month = _digest("month", "The month's most discussed · November 2026", 15)
    wish = Schedule(
        *(10, 20, Every.WEEK, 9, 0, "Europe/Berlin"), id=1, due_at=NOW + timedelta(days=3), until=NOW
    )
    return [
        ranked_card(week),
        ranked_card(replace(few, stories=few.stories[:3], count=3)),
        ranked_card(replace(week, digest=replace(week.digest, nonce="over"), articles=lines, count=64)),
        ranked_card(replace(few, digest=member, stories=few.stories[:5], count=5), "Harbour Town"),
        ranked_card(month),
        ranked_card(replace(week, stories=(), count=0), preview=True),
        schedules_card(
            [
                wish,
                replace(wish, id=2, every=Every.DAY, hour=18, zone="UTC", scope=Scope.OVER, rank=Sort.NEW),
            ],
            [replace(wish, id=3, member_id=7, due_at=None)],
            may_stop=True,
        ),
    ]


def _digest(every: str, heading: str, most: int) -> DigestToPost:
    digest = Digest(
        *(1, 10, 20, PostState.READY, every, None, None, None, 0, None, 1, False, NOW),
        schedule_id=1,
        heading=heading,
        most=most,
        rank=Sort.TOP,
        every=Every(every),
    )
    stories = tuple(_story(at) for at in range(most))
    return DigestToPost(digest, (), most, stories)


def _story(at: int) -> DigestStory:
    title, source, up, down, comments = _TOLD[at % len(_TOLD)]
    article = replace(
        ARTICLE,
        title=title,
        url=f"https://tide.example/2026/11/{at}-{'-'.join(title.split()[:5])}",
        summary=_SUMMARIES[at % len(_SUMMARIES)],
    )
    also = (
        AlsoCovered(8, "The lamp is lit", "https://post.example/lamp", "The Valley Post", ""),
        AlsoCovered(9, "Light!", "https://comet.example/lamp", "Comet", ""),
    )
    words = _COMMENTS[at] if at < len(_COMMENTS) else ""
    quoted = Comment(
        *(
            1574293970857492480 + at,
            10,
            1574293970165432320,
            1,
            None,
            7,
            "Ines Marlow",
            words,
            None,
            NOW,
            None,
        ),
        tally=Tally(5, 0),
    )
    return DigestStory(
        article,
        source,
        "https://tide.example/feed.xml",
        Tally(up, down),
        comments,
        channel_id=1574293970165432320,
        message_id=1574293970857492480 + at,
        comment=quoted if words else None,
        also=also if at == 0 else also[:1] if at == 3 else (),
    )
