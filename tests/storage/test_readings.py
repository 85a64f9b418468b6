"""Readings: whose page or image is fetched, how long posts wait for it, and what becomes of what it brings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from storage import ArticleToStore, Database, Length, Reading, Store, SubscriptionToStore
from storage.readings import HOLD
from storage.records import ArticleRead, ArticleToRead, Brought, ImageSeen, Source
from storage.tables import articles, posts
from storage.tallies import mark_stale
from tests.databases import RANKS, nonces
from tests.storage.desk import GUILD, LEASE, NOW, Desk, article, at, poll, whole

IMAGE = "https://example.org/i.png"
HELD = NOW + HOLD


def stub(identity: str, **changes: Any) -> ArticleToStore:
    return article(identity, **{"text": whole(f"Beginning of {identity}.", whole=False), **changes})


async def bring(desk: Desk, source: Source, *new: ArticleToStore, minute: float = 0) -> None:
    await desk.store.harvest.store([Brought(poll(source), new)], at(minute))


async def wish(desk: Desk, source: Source, channel_id: int, newest: int = 0, **wishes: Any) -> None:
    wanted = SubscriptionToStore(GUILD, channel_id, source.id, False, newest, 7, **wishes)
    await desk.store.subscriptions.add(wanted, NOW)


async def to_read(desk: Desk, minute: float = 0) -> list[ArticleToRead]:
    return await desk.store.readings.claim(at(minute), 9, LEASE)


async def due(desk: Desk, minute: float = 0) -> list[tuple[int, str]]:
    """Channel and identity of the posts that may go. They are claimed for this look alone."""
    cards = await desk.store.posts.claim(at(minute), 99, timedelta(microseconds=1))
    await desk.store.posts.release_leases()
    return [(card.post.channel_id, card.article.identity) for card in cards]


@pytest.mark.parametrize(
    ("brought", "wishes", "waits"),
    [
        (article("whole"), {}, False),
        (article("whole"), {"reading": Reading.ALWAYS}, True),
        (article("whole"), {"reading": Reading.NEVER}, False),
        (stub("stub"), {}, True),
        (stub("stub"), {"length": Length.FULL}, True),
        (stub("stub"), {"length": Length.NONE}, False),
        (stub("stub"), {"reading": Reading.NEVER}, False),
        (stub("no page", url=None), {"reading": Reading.ALWAYS}, False),
        (article("no text at all", text=None), {}, True),
        (article("image", image_url=IMAGE), {}, True),
        (article("image", image_url=IMAGE), {"reading": Reading.NEVER, "length": Length.NONE}, True),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_post_waits_for_what_it_shows(
    desk: Desk, brought: ArticleToStore, wishes: dict[str, Any], waits: bool
):
    source = await desk.wired()
    await wish(desk, source, 100, newest=1, **wishes)
    await bring(desk, source, brought)
    assert bool(await to_read(desk)) is waits
    assert bool(await due(desk)) is not waits
    assert len(await due(desk, HOLD / timedelta(minutes=1))) == 1


async def test_a_reading_is_claimed_with_all_that_is_decided_by(desk: Desk):
    source = await desk.wired(100)
    await wish(desk, source, 101, reading=Reading.ALWAYS)
    await wish(desk, source, 102, reading=Reading.NEVER)
    await wish(desk, source, 103, reading=Reading.ALWAYS, length=Length.NONE)
    await bring(desk, source, stub("a"), article("b"))
    first, second = await to_read(desk)
    assert (first.article.identity, second.article.identity) == ("a", "b")
    assert first.source.id == source.id
    assert (first.feed, first.has_page, first.attempts) == (
        whole("Beginning of a.", whole=False),
        False,
        1,
    )
    assert first.wishes == second.wishes == {Reading.ALWAYS, Reading.NEEDED, Reading.NEVER}
    assert await to_read(desk) == []
    assert await desk.store.readings.next_due_at() == NOW + LEASE
    await desk.store.readings.resume(NOW, LEASE / 2)
    assert await to_read(desk) == []
    await desk.store.readings.resume(NOW, LEASE)
    assert [one.attempts for one in await to_read(desk)] == [2, 2]
    assert [one.attempts for one in await to_read(desk, LEASE / timedelta(minutes=1))] == [3, 3]


async def test_what_was_read_is_stored_and_its_posts_go(desk: Desk):
    source = await desk.wired(100)
    await wish(desk, source, 101, reading=Reading.NEVER)
    await bring(desk, source, stub("a", image_url=IMAGE))
    (todo,) = await to_read(desk)
    read = ArticleRead(
        todo.article.id,
        text=whole("All of it.", "page", normal="It."),
        word_count=3,
        author="Ada",
        published_at=at(-9),
        language="en",
        paywalled=True,
        image=ImageSeen(IMAGE, IMAGE, ("image/webp", b"\x00\xff")),
    )
    await desk.store.readings.keep(read, NOW)
    assert await desk.store.readings.next_due_at() is None
    assert await due(desk) == [(100, "a"), (101, "a")]
    stored = await desk.store.articles.get(todo.article.id)
    assert stored is not None
    assert (stored.summary, stored.word_count, stored.author, stored.language) == ("It.", 3, "Ada", "en")
    assert (stored.published_at, stored.paywalled) == (at(-9), True)
    assert (stored.image_url, stored.image_checked) == (IMAGE, True)
    assert await desk.store.texts.get(stored.id, "page") == read.text
    assert await desk.store.texts.get(stored.id, "feed") == todo.feed
    assert await desk.store.readings.forget_pictures(NOW, 9) == 0
    assert await desk.store.readings.forget_pictures(at(1), 9) == 1


async def test_what_the_feed_says_stays(desk: Desk):
    source = await desk.wired(100)
    await bring(desk, source, stub("a", author="Ada", published_at=at(-5), language="de", image_url=IMAGE))
    (todo,) = await to_read(desk)
    read = ArticleRead(
        todo.article.id,
        author="Somebody",
        published_at=at(-9),
        language="en",
        image=ImageSeen("https://example.org/another.png", None),
    )
    await desk.store.readings.keep(read, NOW)
    assert await desk.store.articles.get(todo.article.id) == todo.article


async def test_posts_wait_no_longer_than_the_next_attempt_is_away(desk: Desk):
    source = await desk.wired(100)
    await bring(desk, source, stub("a"))
    (todo,) = await to_read(desk)
    nothing = ArticleRead(todo.article.id)
    await desk.store.readings.keep(nothing, NOW, posts_wait=True)
    assert await due(desk) == []
    await desk.store.readings.keep(nothing, NOW, NOW + HOLD / 2)
    assert await due(desk) == []
    assert await to_read(desk) == []
    (todo,) = await to_read(desk, 0.5)
    assert todo.attempts == 2
    await desk.store.readings.keep(nothing, at(0.5), at(20))
    assert await due(desk, 0.5) == [(100, "a")]
    (todo,) = await to_read(desk, 20)
    assert todo.attempts == 3


async def test_a_post_that_waits_for_something_else_goes_on_waiting(desk: Desk):
    source = await desk.wired(100)
    await bring(desk, source, stub("a"))
    async with desk.database.writing() as connection:
        await connection.execute(
            update(posts).values(due_at=at(5), problem="Broadsheet lacks Send Messages.")
        )
    (todo,) = await to_read(desk)
    await desk.store.readings.keep(ArticleRead(todo.article.id), NOW)
    assert await due(desk, 4) == []
    assert await due(desk, 5) == [(100, "a")]


async def test_what_is_read_late_has_the_cards_drawn_again(desk: Desk):
    source = await desk.wired(100)
    await bring(desk, source, stub("a"))
    await desk.send_all(HELD)
    (todo,) = await to_read(desk)
    await desk.store.readings.keep(ArticleRead(todo.article.id, language="en"), HELD)
    assert await desk.store.posts.stale_cards(9) == []  # the card shows no language
    await desk.store.readings.keep(
        ArticleRead(todo.article.id, text=whole("All.", "page"), word_count=1), HELD
    )
    (stale,) = await desk.store.posts.stale_cards(9)
    assert stale.card.article.summary == "All."


async def test_an_article_is_read_again_only_for_who_wants_what_is_missing(desk: Desk):
    source = await desk.wired(100)
    await bring(desk, source, stub("a"), article("b", image_url=IMAGE))
    for todo in await to_read(desk):
        read = ArticleRead(todo.article.id, text=whole("All.", "page") if todo.feed else None, word_count=1)
        if todo.article.image_url:
            read = ArticleRead(todo.article.id, image=ImageSeen(IMAGE, None))
        await desk.store.readings.keep(read, NOW)
    await wish(desk, source, 101, newest=2)
    assert await to_read(desk, 1) == []
    await wish(desk, source, 102, newest=2, reading=Reading.ALWAYS)
    assert [todo.article.identity for todo in await to_read(desk, 1)] == ["b"]


async def test_a_revision_with_another_image_has_that_looked_at(desk: Desk):
    source = await desk.wired(100)
    await bring(desk, source, article("a", image_url=IMAGE), article("b", image_url=IMAGE))
    for todo in await to_read(desk):
        await desk.store.readings.keep(ArticleRead(todo.article.id, image=ImageSeen(IMAGE, IMAGE)), NOW)
    revised = [
        article("a", revision="r2", image_url="https://example.org/other.png", text=whole("Corrected.")),
        article("b", revision="r2", image_url=IMAGE),
    ]
    await desk.store.harvest.store([Brought(poll(source), revised=revised)], NOW)
    (todo,) = await to_read(desk)
    assert (todo.article.identity, todo.article.image_checked) == ("a", False)
    assert todo.feed == whole("Corrected.")


async def test_the_reading_of_an_article_that_is_gone_is_stored_nowhere(desk: Desk):
    await desk.store.readings.keep(ArticleRead(999, text=whole("All.", "page")), NOW)
    assert await desk.store.texts.get(999, "page") is None


async def test_what_is_read_while_its_card_is_on_its_way_has_that_drawn_again(desk: Desk):
    source = await desk.wired(100, 101)
    await bring(desk, source, stub("a"))
    shown, other = sorted(await desk.claim(HELD), key=lambda card: card.post.channel_id)
    posts = desk.store.posts
    assert await posts.begin_sending(shown.post, None, HELD)
    assert await posts.sent(shown.post, 1001, HELD, shown=shown)
    assert await posts.stale_cards(9) == []
    assert await posts.begin_sending(other.post, None, HELD)
    (todo,) = await to_read(desk)
    await desk.store.readings.keep(
        ArticleRead(todo.article.id, text=whole("All.", "page"), word_count=1), HELD
    )
    (stale,) = await posts.stale_cards(9)
    await posts.card_refreshed(stale.card.article.id, GUILD, stale.version)
    assert await posts.sent(other.post, 1002, HELD, shown=other)
    assert {stale.card.post.message_id for stale in await posts.stale_cards(9)} == {1001, 1002}


async def test_a_revision_at_the_moment_of_posting_is_drawn(emptied_postgres_url: Callable[[], str]):
    """On PostgreSQL, where two write at once."""
    database = await Database.open(emptied_postgres_url())
    desk = Desk(database, Store(database, ranks=RANKS, nonce=nonces()))
    await bring(desk, await desk.wired(100), article("a"))
    (card,) = await desk.claim()
    assert await desk.store.posts.begin_sending(card.post, None, NOW)
    async with database.writing() as connection:
        await connection.execute(update(articles).values(title="Corrected"))
        await mark_stale(connection, [card.article.id])  # it finds no standing yet
        sent = asyncio.create_task(desk.store.posts.sent(card.post, 1001, NOW, shown=card))
        waits = text(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        for _ in range(1000):
            async with database.reading() as looking:  # within one transaction it is read once
                if sent.done() or await looking.scalar(waits):
                    break
    assert await sent
    (stale,) = await desk.store.posts.stale_cards(9)
    assert stale.card.article.title == "Corrected"
    await database.close()


async def test_the_card_of_an_attempt_before_may_show_less(desk: Desk):
    source = await desk.wired(100)
    await bring(desk, source, article("a"))
    (card,) = await desk.claim()
    assert await desk.store.posts.begin_sending(card.post, None, NOW)
    await desk.store.posts.postpone(card.post, at(1), "The connection broke.", unsent=False)
    (found,) = await desk.claim(at(1))
    assert await desk.store.posts.sent(found.post, 1001, at(1), shown=found)
    assert len(await desk.store.posts.stale_cards(9)) == 1


async def test_what_is_revised_while_it_is_read_is_read_once_more(desk: Desk):
    source = await desk.wired(100)
    await bring(desk, source, stub("a"))
    (todo,) = await to_read(desk)
    revised = [stub("a", revision="r2", title="Another title", text=whole("Corrected.", whole=False))]
    await desk.store.harvest.store([Brought(poll(source), revised=revised)], at(0.1))
    old = ArticleRead(todo.id, text=whole("As it was.", "page"), word_count=3)
    await desk.store.readings.keep(old, at(0.2), revisions=todo.article.revisions)
    (again,) = await to_read(desk, 0.2)
    assert (again.anew, again.attempts, again.article.title) == (True, 1, "Another title")
    await desk.store.readings.keep(ArticleRead(todo.id), at(0.3), revisions=again.article.revisions)
    assert await to_read(desk, 60) == []


async def test_an_image_from_its_page_is_looked_for_again_after_a_revision(desk: Desk):
    source = await desk.wired(100)
    await bring(desk, source, stub("a"))
    (todo,) = await to_read(desk)
    await desk.store.readings.keep(ArticleRead(todo.id, image=ImageSeen(None, IMAGE)), NOW)
    revised = [stub("a", revision="r2", title="Another title")]
    await desk.store.harvest.store([Brought(poll(source), revised=revised)], at(1))
    (again,) = await to_read(desk, 1)
    assert (again.anew, again.article.image_url) == (True, None)
