"""Subscriptions that are changed: what waits goes out as it is wished now, what is there stays."""

from __future__ import annotations

from dataclasses import replace

from storage import Length, Reading, SameStory
from storage.records import Wishes
from tests.storage.desk import Desk


async def test_a_subscription_is_changed_as_far_as_it_was_said(desk: Desk):
    source = await desk.wired(100)
    (before,) = await desk.store.subscriptions.of_channel(100)
    assert (before.length, before.reading, before.same_story) == (
        Length.NORMAL,
        Reading.NEEDED,
        SameStory.MERGE,
    )
    longer = await desk.store.subscriptions.change(before.id, Wishes(length=Length.LONG))
    assert longer == replace(before, length=Length.LONG)
    all_said = Wishes(True, Length.NONE, Reading.NEVER, SameStory.POST)
    changed = await desk.store.subscriptions.change(before.id, all_said)
    assert changed == replace(
        before, thread=True, length=Length.NONE, reading=Reading.NEVER, same_story=SameStory.POST
    )
    assert await desk.store.subscriptions.change(before.id, Wishes()) == changed
    assert await desk.store.subscriptions.change(999, all_said) is None
    await desk.ingest(source, "a")
    (card,) = await desk.claim()
    assert (card.post.length, card.post.reading, card.post.thread_wanted) == (
        Length.NONE,
        Reading.NEVER,
        True,
    )


async def test_what_waits_goes_out_as_it_is_wished_now_and_what_was_sent_stays(desk: Desk):
    source, other = await desk.wired(100, 101), await desk.wired(100, name="other")
    await desk.ingest(source, "sent")
    await desk.send_all()
    await desk.ingest(source, "a", "b")
    await desk.ingest(other, "c")
    subscription = (await desk.store.subscriptions.of_channel(100))[0]
    await desk.store.subscriptions.change(subscription.id, Wishes(length=Length.SHORT))
    waiting = {(card.post.channel_id, card.article.identity): card.post for card in await desk.send_all()}
    short = {key for key, post in waiting.items() if post.length is Length.SHORT}
    assert len(waiting) == 5
    assert short == {(100, "a"), (100, "b")}
    sent = await desk.store.posts.by_message(1001)
    assert sent is not None
    assert sent.length is Length.NORMAL
