"""A revised article: what is told of it, and when its cards are drawn again."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from storage import Length, Source, SubscriptionToStore
from storage.records import Article, ArticleRead, Brought
from storage.tables import readings, standings
from tests.storage.desk import GUILD, NOW, Desk, article, at, poll, whole
from tests.votes import add as add_vote


async def posted(desk: Desk, length: Length = Length.NORMAL) -> tuple[Source, int]:
    """An article in a channel, whose card shows all that is stored."""
    source = await desk.source()
    wish = SubscriptionToStore(GUILD, 100, source.id, False, 0, None, length=length)
    await desk.store.subscriptions.add(wish, NOW)
    await desk.ingest(source)
    await desk.ingest(source, "a")
    (card,) = await desk.send_all()
    return source, card.article.id


async def revised(desk: Desk, source: Source, now: datetime, **changes: Any) -> Article:
    told = replace(article("a", **changes), revision=f"{now.isoformat()} {sorted(changes.items())}")
    await desk.store.harvest.store([Brought(poll(source), [], [told])], now)
    async with desk.database.reading() as connection:
        article_id = await connection.scalar(select(standings.c.article_id))
    found = await desk.store.articles.get(article_id or 0)
    assert found is not None
    return found


async def drawn_at(desk: Desk) -> datetime | None:
    async with desk.database.reading() as connection:
        return await connection.scalar(select(standings.c.stale_at))


async def drawn(desk: Desk) -> None:
    for stale in await desk.store.posts.stale_cards(9):
        await desk.store.posts.card_refreshed(stale.card.article.id, GUILD, stale.version)


async def test_a_correction_is_kept_until_the_next_one(desk: Desk):
    source, _ = await posted(desk)
    found = await revised(desk, source, at(10), title="Another title")
    assert (found.correction, found.corrected_at) == ("The headline was “Title of a”.", at(10))
    found = await revised(desk, source, at(20), title="Another title", summary="It is longer now.")
    assert (found.correction, found.corrected_at) == ("The headline was “Title of a”.", at(10))
    assert (found.revisions, found.revised_at) == (2, at(20))
    found = await revised(desk, source, at(30), title="A third one")
    assert (found.correction, found.corrected_at) == ("The headline was “Another title”.", at(30))


async def test_what_no_card_shows_draws_none(desk: Desk):
    source, _ = await posted(desk)
    text = whole("Summary of a.")
    await revised(desk, source, at(10), text=replace(text, body="Summary of a.\nAnd a second paragraph."))
    assert await drawn_at(desk) is None
    await revised(desk, source, at(20), text=replace(text, long="Summary of a. And more."))
    assert await drawn_at(desk) is not None


async def test_a_card_of_the_whole_text_is_drawn_for_any_word(desk: Desk):
    source, _ = await posted(desk, Length.FULL)
    text = whole("Summary of a.")
    await revised(desk, source, at(10), text=replace(text, body="Summary of a.\nAnd a second paragraph."))
    assert await drawn_at(desk) is not None


async def test_a_report_that_is_rewritten_all_day_is_drawn_more_and_more_seldom(desk: Desk):
    source, _ = await posted(desk)
    shown = []
    for minute in range(1, 480, 4):
        await revised(desk, source, at(minute), title=f"Goal number {minute}")
        if (due := await drawn_at(desk)) is not None and due <= at(minute):
            shown.append(minute)
            await drawn(desk)
    assert shown[0] == 1
    pauses = [later - earlier for earlier, later in itertools.pairwise(shown)]
    assert len(shown) < 20
    assert max(pauses) <= 64, "nobody waits longer than an hour for what has changed"


async def test_a_vote_is_shown_at_once_while_a_revision_waits(desk: Desk):
    source, _ = await posted(desk)
    now = datetime.now(UTC)  # what votes change is due by the database's own clock
    await revised(desk, source, now, title="Title 1")
    await drawn(desk)
    await revised(desk, source, now, title="Title 2")
    assert await drawn_at(desk) == now + timedelta(minutes=5)
    ((post,),) = [channel.posts for channel in await desk.store.posts.tracked(NOW)]
    await add_vote(desk.store.votes, post.message_id or 0, 1, "👍", now)
    due = await drawn_at(desk)
    assert due is not None
    assert due < now + timedelta(minutes=2)


async def test_a_retraction_is_shown_at_once_and_can_be_taken_back(desk: Desk):
    source, _ = await posted(desk)
    for minute in (1, 2, 3):
        await revised(desk, source, at(minute), title=f"Title {minute}")
    found = await revised(desk, source, at(4), title="Retracted: Title 3")
    assert found.retracted_at == at(4)
    assert await drawn_at(desk) == at(1), "the first revision is still to be drawn"
    found = await revised(desk, source, at(5), title="Retracted: Title 3", summary="It was wrong.")
    assert found.retracted_at == at(4)
    found = await revised(desk, source, at(6), title="Title 3")
    assert found.retracted_at is None


async def test_a_page_is_read_anew_when_its_article_was_revised(desk: Desk):
    source, article_id = await posted(desk)
    await desk.store.texts.put(article_id, whole("What the page says.", "page"))
    await revised(desk, source, at(10), title="Another title")
    (todo,) = await desk.store.readings.claim(at(10), 9, timedelta(minutes=5))
    assert (todo.id, todo.has_page, todo.anew) == (article_id, True, True)


async def test_a_revision_that_is_stored_already_counts_once(desk: Desk):
    source, _ = await posted(desk)
    for _ in range(3):
        found = await revised(desk, source, at(10), title="Another title")
    assert found.revisions == 1
    async with desk.database.reading() as connection:
        assert (await connection.execute(select(readings))).all() == []


async def test_what_its_page_told_is_no_correction_of_what_its_feed_tells(desk: Desk):
    source, article_id = await posted(desk)
    feed = whole("The fire hurt 11 people.")
    await revised(desk, source, at(1), summary=feed.normal, text=feed)
    page = ArticleRead(article_id, text=whole("The fire hurt 12 people.", "page"), word_count=5)
    await desk.store.readings.keep(page, at(2))
    found = await revised(desk, source, at(3), summary=feed.normal, text=feed, author="Ada Lane")
    assert found.correction is None
    found = await revised(
        desk, source, at(4), summary="The fire hurt 9 people.", text=whole("The fire hurt 9 people.")
    )
    assert found.correction == "Figures changed: 11 people → 9 people."


async def test_the_title_from_its_page_outlives_a_revision(desk: Desk):
    source, article_id = await posted(desk)
    address = "https://example.org/a"  # what stands for a title where there is none
    await desk.store.readings.keep(ArticleRead(article_id, title="The bridge opens"), at(2))
    found = await revised(desk, source, at(3), title=address, author="Ada Lane")
    assert (found.title, found.author) == ("The bridge opens", "Ada Lane")
    assert found.correction is None


async def test_what_a_source_has_deleted_is_taken_back_once(desk: Desk) -> None:
    source, other = await desk.wired(100), await desk.wired(101, name="other")
    await desk.ingest(source, "a", "b")
    await desk.ingest(other, "a")
    kept = next(card for card in await desk.send_all() if card.article.source_id == source.id)
    for minutes in (10, 20):
        await desk.store.harvest.store(
            [Brought(poll(source), deleted=(kept.article.identity, "x"))], at(minutes)
        )
    (stale,) = await desk.store.posts.stale_cards(9)
    assert stale.card.article.retracted_at == at(10)
