"""Passages to comment on: of the article's text where it is at hand, found again after a revision."""

from __future__ import annotations

import pytest

from bot.newsroom.feedback import Feedback, passages_of
from bot.newsroom.watch import Watch
from storage import Database, Store
from tests.databases import RANKS, nonces
from tests.storage.desk import GUILD, VISIBLE, Desk, whole

TEXT = "The mayor opened the bridge. “It holds!” she said.\nCarts may cross."


def test_a_text_is_cut_into_its_sentences_in_order() -> None:
    assert [(one.at, one.text) for one in passages_of(TEXT)] == [
        (0, "The mayor opened the bridge."),
        (1, "“It holds!” she said."),
        (2, "Carts may cross."),
    ]
    assert len(passages_of("So. " * 50_000)) <= 500


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_passage_is_found_again_where_a_revision_moved_it(database: Database) -> None:
    desk = Desk(database, Store(database, ranks=RANKS, nonce=nonces()))
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.send_all()
    feedback, texts = Feedback(desk.store, Watch()), desk.store.texts
    listed = await desk.store.frontpage.one(GUILD, card.article.id, visible=VISIBLE)
    assert listed is not None

    async def offered() -> list[str]:
        return [one.text for one in await feedback.passages(listed)]

    # The page's text goes before the feed's; a beginning is none, and then the summary is offered.
    await texts.put(card.article.id, whole("Of the feed."))
    assert await offered() == ["Of the feed."]
    await texts.put(card.article.id, whole(TEXT, "page"))
    assert len(await offered()) == 3
    carts = (await feedback.passages(listed))[2]
    await texts.put(card.article.id, whole(f"At last. {TEXT}", "page"))
    moved = await feedback.passage(listed, (carts.at, carts.check))
    assert moved is not None
    assert (moved.at, moved.text) == (3, "Carts may cross.")
    for origin in ("page", "feed"):
        await texts.put(card.article.id, whole("The beginning of", origin, whole=False))
    assert await feedback.passage(listed, (carts.at, carts.check)) is None
    assert await offered() == ["Summary of a."]
