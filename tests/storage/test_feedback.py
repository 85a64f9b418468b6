"""Feedback through dialogs: begun once, then its author's comment, and nobody's when it is lost or not wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from storage.records import FeedbackGiven
from tests.storage.desk import GUILD, NOW, VISIBLE, Desk


async def test_feedback_is_begun_once_and_becomes_one_comment(desk: Desk):
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.send_all()
    store, article_id = desk.store, card.article.id
    given = FeedbackGiven(7, GUILD, article_id, 1, "Ada", "Summary of a.", "Well said.", NOW)
    assert await store.feedback.begin(given)
    assert not await store.feedback.begin(given)
    assert await store.feedback.posted(7, 50, 555, 1001, NOW)
    assert not await store.feedback.posted(7, 51, 555, None, NOW), "heard twice, it is one"
    assert not await store.feedback.begin(replace(given, text="Once more."))
    kept = await store.comments.get(50)
    assert kept is not None
    assert (kept.author_id, kept.author_name, kept.quote, kept.text, kept.reply_to_id) == (
        1,
        "Ada",
        "Summary of a.",
        "Well said.",
        1001,
    )
    listed = await store.frontpage.one(GUILD, article_id, visible=VISIBLE)
    assert listed is not None
    assert listed.comment_count == 1

    # What is lost, given up, kept too long, or a forgotten member's is not there any more.
    for feedback_id in range(8, 12):
        assert await store.feedback.begin(replace(given, id=feedback_id, author_id=feedback_id))
    await store.feedback.give_up(8)
    await store.privacy.forget(9, NOW)
    assert [one.text for one in (await store.privacy.kept_of(9)).comments] == ["Well said."]
    assert not await store.feedback.begin(replace(given, id=99, author_id=9))
    while (await store.privacy.erase_some(9, NOW)).more:
        pass
    for feedback_id in (8, 9, 99):
        assert not await store.feedback.posted(feedback_id, feedback_id, 555, None, NOW)
    assert (await store.privacy.kept_of(9)).comments == ()
    while (await store.retention.erase_old(GUILD, NOW)).more:
        pass
    assert await store.feedback.forget_lost(NOW) == 0
    assert (await store.privacy.kept_of(10)).comments != ()
    while (await store.retention.erase_old(GUILD, NOW + timedelta(seconds=1))).more:
        pass
    assert (await store.privacy.kept_of(10)).comments == ()
    assert await store.feedback.begin(replace(given, id=12))
    assert await store.feedback.forget_lost(NOW + timedelta(seconds=1)) == 1
