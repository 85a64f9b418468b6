"""The front page: every order, its pages while rows change, its filters, and keys from outside."""

from __future__ import annotations

from typing import Any

import pytest

from storage import Listed, Sort, Store
from storage.records import Brought
from tests.storage.desk import GUILD, NOW, VISIBLE, Desk, article, at, comment, poll


@pytest.fixture
async def edition(desk: Desk) -> Store:
    """Five articles in a guild, a minute apart, a to e; another guild has the first of them."""
    source = await desk.wired(100)
    await desk.subscribe(source, 200, guild_id=20)
    votes = {"a": (3, 3), "b": (1, 0), "c": (0, 2), "d": (5, 0), "e": (0, 0)}
    for minute, (name, (ups, downs)) in enumerate(votes.items()):
        await desk.ingest(source, name)
        for card in await desk.claim(at(minute)):
            message = await desk.send(card, at(minute))
            if card.post.guild_id == GUILD:
                members = {"👍": range(ups), "👎": range(100, 100 + downs)}
                await desk.store.votes.replace(message, members, NOW)
                for n in range({"b": 2, "e": 1}.get(name, 0)):
                    await desk.store.comments.record(comment(card.post.id * 10 + n, card.article.id))
    await desk.ingest(await desk.wired(101, name="other"), "f")
    return desk.store


def names(page: list[Listed]) -> str:
    return "".join(listed.article.identity for listed in page)


ORDERS = [
    (Sort.HOT, "dbeac"),  # a minute is worth a sixtieth of a vote here
    (Sort.NEW, "edcba"),
    (Sort.TOP, "dbeac"),
    (Sort.DISCUSSED, "bedca"),
    (Sort.CONTROVERSIAL, "aedcb"),
    (Sort.BEST, "dbaec"),  # 5 of 5, 1 of 1, 3 of 6; none for c and e, where the newer one is first
]


async def test_orders_page_by_page(edition: Store):
    for sort, expected in ORDERS:
        page, key = await edition.frontpage.page(GUILD, sort, None, 100, visible=VISIBLE)
        assert (sort, names(page), key) == (sort, expected, None)
        for size in (1, 2, 5):
            seen, key = await edition.frontpage.page(GUILD, sort, None, size, visible=VISIBLE)
            while key is not None:
                page, key = await edition.frontpage.page(GUILD, sort, None, size, key, visible=VISIBLE)
                assert len(page) <= size
                seen += page
            assert (sort, names(seen)) == (sort, expected)


async def test_a_page_goes_on_where_it_ended_though_articles_come_and_go(desk: Desk, edition: Store):
    page, key = await edition.frontpage.page(GUILD, Sort.NEW, None, 2, visible=VISIBLE)
    await edition.posts.message_deleted([page[1].message_id], NOW)
    await desk.ingest(await desk.source(), "g")
    await desk.send_all(at(30))
    following, _ = await edition.frontpage.page(GUILD, Sort.NEW, None, 2, key, visible=VISIBLE)
    assert names(following) == "cb"


async def test_what_is_listed(edition: Store):
    (listed, *_), _ = await edition.frontpage.page(GUILD, Sort.DISCUSSED, None, 1, visible=VISIBLE)
    assert (listed.article.identity, listed.comment_count, listed.tally.score) == ("b", 2, 1)
    assert (listed.guild_id, listed.channel_id, listed.posted_at, listed.thread_id) == (
        GUILD,
        100,
        at(1),
        None,
    )
    assert listed == await edition.frontpage.one(GUILD, listed.article.id, visible=VISIBLE)
    assert await edition.frontpage.one(999, listed.article.id, visible=VISIBLE) is None


async def test_only_what_was_posted_since(edition: Store):
    assert names((await edition.frontpage.page(GUILD, Sort.TOP, at(2), 9, visible=VISIBLE))[0]) == "dec"
    assert (await edition.frontpage.page(999, Sort.TOP, None, 9, visible=VISIBLE)) == ([], None)


SEARCHES = [
    ("Zürich", "z"),
    ("ZÜRICH", "z"),
    ("rich straße", "z"),
    ("STRASSE", "z"),
    ("100%", "z"),
    ("1%0", ""),
    ("snake_case", "z"),
    ("snakeXcase", ""),
    ("back\\slash", "z"),
    ("' OR 1=1 --", ""),
    ("zürich missing", ""),
    ("  ", "zy"),
    ("plain", "y"),
]


async def test_search(desk: Desk):
    source = await desk.wired(100)
    new = [
        article("y", title="Plain news", summary="Nothing."),
        article("z", title="Zürich wins 100% of snake_case", summary="On the back\\slash of a Straße."),
    ]
    await desk.store.harvest.store([Brought(poll(source), new)], NOW)
    await desk.send_all()
    for search, found in SEARCHES:
        page, _ = await desk.store.frontpage.page(GUILD, Sort.NEW, None, 9, search=search, visible=VISIBLE)
        assert (search, names(page)) == (search, found)


async def test_one_sources_articles(desk: Desk):
    one, other = await desk.wired(100), await desk.wired(100, name="other")
    await desk.ingest(one, "a")
    await desk.ingest(other, "b")
    await desk.send_all()
    assert (
        names(
            (await desk.store.frontpage.page(GUILD, Sort.NEW, None, 9, source_id=other.id, visible=VISIBLE))[
                0
            ]
        )
        == "b"
    )


async def test_only_the_first_eight_different_words_are_searched(desk: Desk):
    await desk.ingest(await desk.wired(100), "a")
    await desk.send_all()
    for search, found in (
        ("title " * 1500 + "of a", "a"),
        ("title of a summary t i l e missing", "a"),
        ("title of a missing", ""),
        (" ".join(f"w{number}" for number in range(1500)), ""),
    ):
        page, _ = await desk.store.frontpage.page(GUILD, Sort.NEW, None, 9, search=search, visible=VISIBLE)
        assert (search[:40], names(page)) == (search[:40], found)


async def test_what_is_in_no_visible_channel_is_not_listed(desk: Desk):
    source = await desk.wired(100, 101)
    await desk.ingest(source, "a")
    await desk.ingest(await desk.wired(101, name="other"), "b")
    await desk.send_all()
    ids = {
        listed.article.identity: listed.article.id
        for listed in (await desk.store.frontpage.page(GUILD, Sort.NEW, None, 9, visible=VISIBLE))[0]
    }
    for visible, seen, channel in (((100,), "a", 100), ({101}, "ba", 101), (set(), "", 0), ([7], "", 0)):
        page, _ = await desk.store.frontpage.page(GUILD, Sort.NEW, None, 9, visible=visible)
        assert names(page) == seen
        assert {listed.channel_id for listed in page} <= {channel}
        for identity, article_id in ids.items():
            one = await desk.store.frontpage.one(GUILD, article_id, visible=visible)
            assert (one is not None) == (identity in seen)


FOREIGN_KEYS: list[tuple[Any, ...]] = [
    (10**400, 1),
    (float("inf"), 2**63),
    ("0001-01-01T00:00:00+23:59", 1),
    ("9999-12-31T23:59:59-23:59", 1),
    (),
    (1,),
    (1, 2, 3),
    ("x", 1),
    (None, 1),
    (1, "x"),
    (1.5, 2.5),
    ("2026-01-01T00:00:00", 1),
    (2**70, 2**70),
]


@pytest.mark.parametrize("sort", list(Sort))
async def test_a_foreign_key_is_refused(store: Store, sort: Sort):
    for key in FOREIGN_KEYS:
        with pytest.raises(ValueError):
            await store.frontpage.page(GUILD, sort, None, 9, key, visible=VISIBLE)
