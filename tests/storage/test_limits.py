"""A channel's limit: what is one too many for a day waits for its next digest, and is never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from storage.records import DigestEntry, Every, Scope, Wishes
from tests.storage.desk import GUILD, LEASE, NOW, Desk, at

CHANNEL = 100


async def waits(desk: Desk) -> list[str]:
    return [one.article.identity for one in await desk.store.schedules.over_limit(CHANNEL)]


async def test_what_is_over_the_limit_waits_for_a_digest(desk: Desk):
    source, other = await desk.wired(CHANNEL, 101), await desk.wired(CHANNEL, name="other")
    subscription = (await desk.store.subscriptions.of_channel(CHANNEL))[0]
    limited = await desk.store.subscriptions.change(subscription.id, Wishes(at_most=2))
    assert limited == replace(subscription, at_most=2)
    await desk.ingest(source, "a", "b", "c")
    await desk.ingest(other, "d")
    posted = {(card.post.channel_id, card.article.identity) for card in await desk.send_all()}
    assert posted == {(100, "a"), (100, "b"), (100, "d"), (101, "a"), (101, "b"), (101, "c")}
    assert await waits(desk) == ["c"]
    await desk.ingest(source, "e", now=at(60))
    assert await waits(desk) == ["c", "e"]
    await desk.ingest(source, "f", now=NOW + timedelta(days=1, minutes=1))
    claimed = await desk.claim(NOW + timedelta(days=1, minutes=1))
    assert [one.article.identity for one in claimed if one.post.channel_id == CHANNEL] == ["f"]

    [evening] = await desk.store.schedules.of_guild(GUILD)
    assert (evening.channel_id, evening.every, evening.scope) == (CHANNEL, Every.DAY, Scope.OVER)
    [(due, _)] = await desk.store.schedules.due(at(60), 9)
    over = [one.article.id for one in await desk.store.schedules.over_limit(CHANNEL)]
    entries = [DigestEntry(one, place, over=True) for place, one in enumerate(over, 1)]
    assert await desk.store.schedules.write(due, "Others", entries, until=at(60), due_at=at(90), now=at(60))
    assert await waits(desk) == []
    [subscription, _] = await desk.store.subscriptions.of_channel(CHANNEL)
    assert subscription.waiting == 3, "both, and the one that is to be posted"
    [(due, _)] = await desk.store.schedules.due(at(90), 9)
    assert await desk.store.schedules.write(
        due, "Others", entries[:1], until=at(90), due_at=at(95), now=at(90)
    )
    assert await waits(desk) == ["e"], "of a digest that gave way unsent nothing is lost"
    await desk.store.posts.channel_deleted(CHANNEL, at(90))
    assert await waits(desk) == []
    assert await desk.store.digests.claim(at(90), 9, LEASE) == []
    assert await desk.store.schedules.next_due_at() is None


async def test_a_limit_can_be_lifted_and_goes_with_its_subscription(desk: Desk):
    source = await desk.wired(CHANNEL)
    [subscription] = await desk.store.subscriptions.of_channel(CHANNEL)
    await desk.store.subscriptions.change(subscription.id, Wishes(at_most=1))
    await desk.ingest(source, "a", "b")
    assert await waits(desk) == ["b"]
    assert await desk.store.subscriptions.change(subscription.id, Wishes(at_most=0)) is not None
    await desk.ingest(source, "c")
    assert [card.article.identity for card in await desk.send_all()] == ["a", "c"]
    await desk.store.subscriptions.remove(subscription.id)
    assert await waits(desk) == []
