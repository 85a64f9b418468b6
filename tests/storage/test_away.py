"""Channels that are away: known since when, told of once, and at once continued when they are back."""

from __future__ import annotations

from dataclasses import replace

from storage import AwayToTell
from tests.storage.desk import GUILD, Desk, at

GONE = "Broadsheet may not see this channel."


async def test_a_channel_is_away_since_it_was_first_noted_and_told_of_once(desk: Desk):
    source = await desk.wired(100, 101, 102)
    await desk.ingest(source, "a", "b")
    away = desk.store.away
    await away.note(100, GUILD, at(0), "Something else.")
    await away.note(100, GUILD, at(5), GONE)
    await away.note(102, GUILD, at(5), GONE)
    assert await away.of_guild(GUILD) == {100, 102}
    assert await away.due(at(-1), 9) == []
    notice = AwayToTell(100, GUILD, at(0), GONE, 2, (101,), (7,))
    assert await away.due(at(4), 9) == [notice]
    assert await away.mark(notice, at(6))
    assert not await away.mark(notice, at(6))
    assert [one.channel_id for one in await away.due(at(9), 9)] == [102]
    await away.unmark(notice, at(6))
    assert await away.due(at(9), 1) == [notice]
    assert not await away.mark(replace(notice, since=at(1)), at(7)), "it was back meanwhile"


async def test_what_is_back_goes_on_at_once(desk: Desk):
    await desk.ingest(await desk.wired(100, 101), "a", "b")
    claimed = await desk.claim()
    for card in claimed:
        await desk.store.posts.postpone(card.post, at(60), GONE, unsent=True)
        await desk.store.away.note(card.post.channel_id, GUILD, at(0), GONE)
    assert await desk.claim(at(5)) == []
    away = desk.store.away
    assert await away.back(100, at(5))
    (card,) = await desk.claim(at(5))
    assert (card.post.channel_id, card.article.identity) == (100, "a")
    await desk.store.posts.postpone(card.post, at(60), GONE, unsent=True)
    await away.note(100, GUILD, at(5), GONE)
    assert [one.since for one in await away.due(at(60), 9)] == [at(0), at(0)], "it was not usable after all"
    assert await away.back(100, at(6))
    for _ in "ab":
        (card,) = await desk.claim(at(6))
        await desk.send(card, at(6))
    assert await away.of_guild(GUILD) == {101}
    assert not await away.back(100, at(7))


async def test_a_channel_in_which_nothing_waits_is_back_when_it_is_said_to_be(desk: Desk):
    await desk.wired(100)
    await desk.store.away.note(100, GUILD, at(0), GONE)
    assert await desk.store.away.back(100, at(1))
    assert await desk.store.away.of_guild(GUILD) == frozenset()


async def test_a_post_that_is_done_without_a_step_shows_that_its_channel_can_be_used(desk: Desk):
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.claim()
    await desk.store.posts.begin_sending(card.post, None, at(0))
    await desk.store.posts.sent(card.post, 5, at(0))
    await desk.store.away.note(100, GUILD, at(0), GONE)
    assert await desk.store.posts.finish(card.post, at(1))
    assert await desk.store.away.of_guild(GUILD) == frozenset()


async def test_a_message_in_the_channel_shows_that_it_is_back(desk: Desk):
    await desk.ingest(await desk.wired(100), "a", "b")
    (card,) = await desk.claim()
    await desk.store.away.note(100, GUILD, at(0), GONE)
    await desk.send(card)
    assert await desk.store.away.of_guild(GUILD) == frozenset()


async def test_it_is_forgotten_with_its_channel_its_guild_and_its_last_subscription(desk: Desk):
    await desk.wired(100, 101, 102, 103)
    for channel in (100, 101, 102):
        await desk.store.away.note(channel, GUILD, at(0), GONE)
    await desk.store.posts.channel_deleted(100, at(1))
    (subscription,) = await desk.store.subscriptions.of_channel(101)
    await desk.store.subscriptions.remove(subscription.id)
    (other,) = await desk.store.subscriptions.of_channel(103)
    await desk.store.subscriptions.remove(other.id)
    assert await desk.store.away.of_guild(GUILD) == {102}
    await desk.store.guilds.left(GUILD, at(1))
    assert await desk.store.away.of_guild(GUILD) == frozenset()


async def test_nobody_is_told_of_a_channel_without_a_subscription(desk: Desk):
    await desk.wired(100)
    await desk.store.away.note(999, GUILD, at(0), GONE)
    assert await desk.store.away.due(at(9), 9) == []
