"""Sources that move to another address for good: nothing is lost on the way, and no channel gets a thing twice."""

from __future__ import annotations

from storage import Source
from storage.records import Brought, SourceUnchanged
from tests.storage.desk import NOW, Desk, article, at, poll

NEW = "https://new.example/feed"


async def known(desk: Desk, source_id: int) -> Source:
    source = await desk.store.sources.get(source_id)
    assert source is not None
    return source


async def test_a_source_takes_a_free_address_and_keeps_its_articles(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "a")
    brought = Brought(poll(source, moved_to=NEW, moved_seen=3), [article("b")])
    (ingested,) = await desk.store.harvest.store([brought], NOW, moved={source.id: NEW})
    stored = await known(desk, source.id)
    assert (stored.url, stored.moved_to, stored.moved_seen) == (NEW, None, 0), "the move is over"
    assert ingested.articles == 1
    assert set((await desk.store.harvest.known({source.id: ["a", "b"]}))[source.id]) == {"a", "b"}


async def test_an_idle_source_gives_its_address_away(desk: Desk):
    source, idle = await desk.wired(100), await desk.source("idle")
    quiet = SourceUnchanged(source.id, None, None, None, at(10), idle.url, 3)
    await desk.store.harvest.store([], NOW, unchanged=[quiet], moved={source.id: idle.url})
    stored = await known(desk, source.id)
    assert (stored.url, stored.moved_to, stored.moved_seen) == (idle.url, None, 0)
    assert (await known(desk, idle.id)).url == source.url


async def test_of_two_sources_at_one_address_one_goes_on_for_the_channels_of_both(desk: Desk):
    source = await desk.wired(100, 101)
    await desk.ingest(source, "a", "b")
    other = await desk.wired(101, 102, name="other")
    await desk.ingest(other, "a")
    await desk.send_all()
    # The other has found "c" before; "d" both are about to find.
    await desk.store.harvest.store([Brought(poll(other), [article("c")])], at(1))
    await desk.send_all(at(1))
    late = Brought(poll(source), [article("c"), article("d")])
    (ingested,) = await desk.store.harvest.store([late], at(2), moved={source.id: other.url})
    assert ingested.articles == 0, "what it found is left to the other"
    assert (await known(desk, source.id)).next_poll_at is None
    wired = {(one.channel_id, one.source.id) for one in await desk.store.subscriptions.all()}
    assert wired == {(100, other.id), (101, other.id), (102, other.id)}
    sent = [(card.post.channel_id, card.article.identity) for card in await desk.send_all(at(2))]
    assert (100, "c") in sent, "what the other found meanwhile comes into the channel that it had not served"
    assert (100, "a") not in sent

    await desk.store.harvest.store([Brought(poll(other), [article("d")])], at(3))
    sent = [(card.post.channel_id, card.article.identity) for card in await desk.send_all(at(3))]
    assert sent == [(100, "d"), (101, "d"), (102, "d")]


async def test_a_source_that_was_never_read_is_waited_for(desk: Desk):
    source, fresh = await desk.wired(100), await desk.source("fresh")
    await desk.subscribe(fresh, 102)
    quiet = SourceUnchanged(source.id, None, None, None, at(10), fresh.url, 3)
    await desk.store.harvest.store([], NOW, unchanged=[quiet], moved={source.id: fresh.url})
    stored = await known(desk, source.id)
    assert (stored.url, stored.moved_to, stored.moved_seen) == (source.url, fresh.url, 3)
    assert stored.next_poll_at == at(10)
