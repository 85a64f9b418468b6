"""Which articles count as related, among many and few, in any language, and who gets to see them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.feeds.shingles import pack, shingles
from bot.newsroom.related import FRESH, MOST_KEPT, Related, likest
from bot.samples.publications import read_libraries
from storage import Alike, ArticleToStore
from storage.records import Brought
from tests.storage.conftest import desk
from tests.storage.desk import GUILD, NOW, Desk, article, poll, whole

__all__ = ["desk"]

REPORTS = {
    "ferry": (
        "Ferry company cancels evening sailings after engine fault",
        "The ferry will not sail in the evening this week. Engineers found a fault in the engine on Monday.",
    ),
    "ferry again": (
        "Ferry sailings cancelled: engine fault stops evening boats",
        "Passengers were stranded on Monday when a fault in the ferry's engine stopped the evening sailing.",
    ),
    "bath": (
        "Council approves new swimming pool",
        "The council voted on Tuesday to build a swimming pool beside the school. Work begins in spring.",
    ),
    "bath again": (
        "Swimming pool gets the go-ahead from councillors",
        "After a long debate councillors voted for the swimming pool beside the school, to be built in spring.",
    ),
    "Fähre": ("Fähre fällt am Abend aus", "Die Fähre fährt wegen eines Schadens am Motor am Abend nicht."),
    "Fähre again": (
        "Motorschaden: keine Fähre am Abend",
        "Nach einem Schaden am Motor liegt die Fähre am Kai.",
    ),
    "渡船": ("渡船晚班因引擎故障取消", "周一傍晚的渡船因为引擎故障停驶。"),
    "渡船 again": ("引擎故障导致渡船停驶", "工程师周一发现渡船的引擎有故障,晚班取消。"),
}


def piece(identity: str, title: str, summary: str, **changes: Any) -> ArticleToStore:
    return article(identity, title=title, summary=summary, text=whole(summary), **changes)


SAMPLES = [
    piece(f"sample {number}", text.title, text.description)
    for number, text in enumerate(text for library in read_libraries() for text in library.texts)
]
TOLD = {name: piece(name, *report) for name, report in REPORTS.items()}


class Clock:
    """Stands still until a test moves it."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


class Shelf:
    """Posts articles in a channel, and answers which of them are related."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.clock = Clock()
        self.related = Related(desk.store, clock=self.clock)
        self.ids: dict[str, int] = {}

    async def put(self, *new: ArticleToStore, channel_id: int = 100) -> None:
        source = await self.desk.wired(channel_id, name=f"news{channel_id}")
        await self.desk.store.harvest.store([Brought(poll(source), new)], NOW)
        self.ids |= {card.article.identity: card.article.id for card in await self.desk.send_all()}

    async def to(self, identity: str, visible: tuple[int, ...] = (100,), most: int = 5) -> list[str]:
        article_id = self.ids[identity]
        found = await self.related.to(GUILD, [article_id], visible=visible, most=most)
        return [listed.article.identity for listed in found[article_id]]


@pytest.fixture
async def shelf(desk: Desk) -> Shelf:
    return Shelf(desk)


@pytest.mark.parametrize("among", [0, 3, 36])
async def test_two_reports_of_one_event_find_each_other(shelf: Shelf, among: int) -> None:
    await shelf.put(*SAMPLES[:among], *TOLD.values())
    for name in ("ferry", "bath", "Fähre", "渡船"):
        assert (await shelf.to(name))[:1] == [f"{name} again"]
        assert (await shelf.to(f"{name} again"))[:1] == [name]


@pytest.mark.parametrize("among", [2, 36])
async def test_articles_on_different_things_are_not_related(shelf: Shelf, among: int) -> None:
    await shelf.put(*SAMPLES[:among])
    assert [await shelf.to(one.identity) for one in SAMPLES[:among]] == [[]] * among


async def test_at_most_five_are_named_and_never_the_article_itself_or_its_own_address(shelf: Shelf) -> None:
    same = [
        piece(str(number), *REPORTS["ferry"], url=f"https://x.example/{number // 2}") for number in range(9)
    ]
    await shelf.put(*same)
    assert await shelf.to("0") == ["8", "7", "6", "5", "4"]
    assert await shelf.to("0", most=3) == ["8", "7", "6"]


async def test_only_what_the_reader_may_see_is_named(shelf: Shelf) -> None:
    await shelf.put(TOLD["ferry"])
    await shelf.put(TOLD["ferry again"], channel_id=101)
    assert await shelf.to("ferry") == []
    assert await shelf.to("ferry", visible=()) == []
    assert await shelf.to("ferry", visible=(100, 101)) == ["ferry again"]
    found = await shelf.related.to(GUILD + 1, [shelf.ids["ferry"]], visible=(100, 101))
    assert found == {shelf.ids["ferry"]: ()}


async def test_a_copy_is_no_other_article(shelf: Shelf) -> None:
    text = " ".join(f"ferry{number} harbour{number}" for number in range(60))
    first, copy = (
        piece(name, "The ferry", text, shingles=pack(shingles(text))) for name in ("first", "copy")
    )
    await shelf.put(first)
    await shelf.put(copy, channel_id=101)
    assert await shelf.to("first", visible=(100, 101)) == []


async def test_letters_that_no_database_knows_yet_are_letters(shelf: Shelf) -> None:
    odd = "ab\ua7c0cd \ua7f2\ua7f3\ua7f4 x\u1e030\u0301yz \U0001e900\U0001e901\U0001e902 \u09e6\u09e7\u09e8\u09e9"
    await shelf.put(piece("one", f"Owls {odd}", odd), piece("two", f"Moths {odd}", odd))
    assert await shelf.to("one") == ["two"]


async def test_what_was_revised_is_found_by_its_new_words(shelf: Shelf) -> None:
    await shelf.put(piece("a", "Nothing yet", ""), TOLD["ferry"])
    assert await shelf.to("a") == []
    source = await shelf.desk.source("news100")
    revised = piece("a", *REPORTS["ferry again"], revision="r2")
    await shelf.desk.store.harvest.store([Brought(poll(source), [], [revised])], NOW)
    shelf.clock.now += FRESH
    assert (await shelf.to("a"), await shelf.to("ferry")) == (["ferry"], ["a"])


async def test_what_was_found_is_kept_for_half_a_minute(shelf: Shelf) -> None:
    await shelf.put(TOLD["ferry"])
    assert await shelf.to("ferry") == []
    await shelf.put(TOLD["ferry again"])
    assert await shelf.to("ferry") == []
    assert await shelf.to("ferry", visible=(100, 101)) == ["ferry again"], "who sees more asks for himself"
    shelf.clock.now += FRESH + timedelta(seconds=1)
    assert await shelf.to("ferry") == ["ferry again"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_little_is_kept(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_KEPT < 10_000
    monkeypatch.setattr("bot.newsroom.related.MOST_KEPT", 3)
    await shelf.put(*SAMPLES[:6])
    for one in SAMPLES[:6]:
        await shelf.to(one.identity)
    assert len(shelf.related._kept) == 3


def test_nothing_is_related_to_nothing() -> None:
    assert likest(Alike([], {}, {}, 0), 5) == ()
    assert likest(Alike([], {1: ["word"]}, {}, 1), 5) == ()
    assert likest(Alike(["word"], {1: []}, {"word": 1}, 1), 5) == ()
