"""What a card is made of: the text that its channel wants, who else tells it, the picture that goes along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from storage import Store
from storage.records import CardToPost, Length, Reading, TextStored
from storage.tables import articles, copies, guilds, merged, pictures, posts, texts
from tests.storage.desk import NOW, Desk
from tests.votes import add as add_vote

FEED = TextStored("feed", "F one.\nF two.", False, "F short.", "F normal.", "F long.")
PAGE = TextStored("page", "P one.\nP two.", True, "P short.", "P normal.", "P long.")
MODEL = TextStored("model:de", "", True, "", "M normal.", "")


async def posted(desk: Desk, *told: TextStored, language: str | None = None, **wishes: Any) -> CardToPost:
    """The card of an article with these texts, for a post with these wishes."""
    source = await desk.wired(100)
    await desk.ingest(source, "a")
    async with desk.database.writing() as connection:
        await connection.execute(update(posts).values(attempts=0, **wishes))
        await connection.execute(update(guilds).values(summary_language=language))
        (article_id,) = await connection.scalars(select(articles.c.id))
    for text in told:
        await desk.store.texts.put(article_id, text)
    (card,) = await desk.claim()
    return card


@pytest.mark.parametrize(
    ("length", "summary"),
    [
        (Length.SHORT, "P short."),
        (Length.NORMAL, "P normal."),
        (Length.LONG, "P long."),
        (Length.NONE, ""),
        (Length.FULL, "P one.\nP two."),
    ],
)
async def test_a_summary_is_as_long_as_it_is_wished(desk: Desk, length: Length, summary: str) -> None:
    card = await posted(desk, FEED, PAGE, length=length)
    assert (card.summary, card.by_model) == (summary, False)


async def test_without_pages_the_feeds_text_is_told(desk: Desk) -> None:
    assert (await posted(desk, FEED, PAGE, reading=Reading.NEVER)).summary == "F normal."


async def test_a_length_that_the_page_lacks_is_the_feeds(desk: Desk) -> None:
    empty = TextStored("page", "", True, "", "", "")
    assert (await posted(desk, FEED, empty, length=Length.LONG)).summary == "F long."


async def test_an_empty_feed_never_shows_the_pages_text_where_pages_are_not_wanted(desk: Desk) -> None:
    empty = TextStored("feed", "", False, "", "", "")
    assert (await posted(desk, empty, PAGE, reading=Reading.NEVER)).summary == ""


@pytest.mark.parametrize(
    ("language", "length", "summary"),
    [
        ("de", Length.NORMAL, "M normal."),
        ("de", Length.SHORT, "P short."),
        ("de", Length.FULL, "P one.\nP two."),
        ("de", Length.NONE, ""),
        ("fr", Length.NORMAL, "P normal."),
        (None, Length.NORMAL, "P normal."),
    ],
)
async def test_a_models_summary_is_in_the_guilds_language(
    desk: Desk, language: str | None, length: Length, summary: str
) -> None:
    card = await posted(desk, FEED, PAGE, MODEL, language=language, length=length)
    assert (card.summary, card.by_model) == (summary, summary.startswith("M"))


async def test_what_was_stored_before_there_were_texts_keeps_its_summary(desk: Desk) -> None:
    card = await posted(desk)
    async with desk.database.writing() as connection:
        await connection.execute(texts.delete())
    assert (await again(desk.store, card)).summary == "Summary of a."


async def test_without_a_summary_wanted_there_is_none(desk: Desk) -> None:
    assert (await posted(desk, length=Length.NONE)).summary == ""


async def test_a_picture_comes_until_the_message_carries_it(desk: Desk) -> None:
    source = await desk.wired(100)
    await desk.ingest(source, "a")
    image = "https://example.org/a.png"
    async with desk.database.writing() as connection:
        await connection.execute(update(articles).values(image_url=image))
        (article_id,) = await connection.scalars(select(articles.c.id))
        await connection.execute(
            insert(pictures).values(article_id=article_id, media_type="image/webp", data=b"x", made_at=NOW)
        )
    (card,) = await desk.claim()
    assert card.picture == ("image/webp", b"x")
    post, store = card.post, desk.store
    assert await store.posts.begin_sending(post, None, NOW)
    assert await store.posts.sent(post, 5, NOW, (image, "picture.webp"))
    sent = await again(store, card)
    assert sent.picture is None
    assert (sent.post.attached, sent.post.attached_as) == (image, "picture.webp")
    async with desk.database.writing() as connection:
        await connection.execute(update(articles).values(image_url="https://example.org/b.png"))
    assert (await again(store, card)).picture == ("image/webp", b"x")
    await store.posts.attached(post.id, None, None)
    assert (await again(store, card)).post.attached is None


async def again(store: Store, card: CardToPost) -> CardToPost:
    found = await store.posts.card(card.post.id)
    assert found is not None
    return found


async def tell(desk: Desk, story: int | None = None) -> None:
    """Three sources tell of the same: the first two have cards in channel 100, the third is named on the second's."""
    first, second, third = [await desk.wired(100, name=name) for name in ("first", "second", "third")]
    await desk.ingest(first, "one")
    await desk.ingest(second, "two")
    await desk.ingest(third, "three")
    await desk.send_all()
    async with desk.database.writing() as connection:
        ids = {row.identity: row.id for row in await connection.execute(select(articles))}
        post_ids = {row.article_id: row.id for row in await connection.execute(select(posts))}
        await connection.execute(update(articles).values(story_id=ids["one"]))
        await connection.execute(posts.delete().where(posts.c.article_id == ids["three"]))
        await connection.execute(insert(merged).values(post_id=post_ids[ids["two"]], article_id=ids["three"]))
        await connection.execute(insert(copies).values(article_id=ids["two"], other_id=ids["three"]))


async def test_a_card_names_who_else_tells_it_and_what_came_before(desk: Desk) -> None:
    await tell(desk)
    cards = {card.card.article.identity: card.card for card in await stale(desk)}
    assert [other.source_title for other in cards["two"].also] == ["Third"]
    assert cards["one"].also == ()
    earlier = cards["two"].earlier
    assert earlier is not None
    assert (earlier.title, earlier.message_id) == ("Title of one", 1000 + cards["one"].post.id)
    assert cards["one"].earlier is None


async def stale(desk: Desk) -> Any:
    """All cards, as they are read to be drawn again."""
    for card in await desk.store.posts.tracked(NOW - timedelta(days=1)):
        for post in card.posts:
            await add_vote(desk.store.votes, post.message_id or 0, 1, "👍", NOW)
    return await desk.store.posts.stale_cards(9)


async def test_many_cards_take_no_more_queries_than_one(desk: Desk) -> None:
    await tell(desk)
    await stale(desk)
    statements: list[str] = []

    @event.listens_for(desk.database._engine.sync_engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    for limit in (1, 9):
        statements.clear()
        cards = await desk.store.posts.stale_cards(limit)
        assert len(cards) >= min(limit, 2)
        assert sum(statement.startswith("SELECT") for statement in statements) == 4
