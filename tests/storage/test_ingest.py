"""What a poll brought is stored in one transaction, once, and queued for whoever wants it."""

from __future__ import annotations

import asyncio

import pytest

from storage import Database, DatabaseProblem, Ingested, Store, SubscriptionToStore
from storage.records import Brought, SourceFailed, SourceUnchanged
from tests.databases import RANKS
from tests.storage.desk import GUILD, NOW, VISIBLE, Desk, article, at, poll


async def test_articles_are_stored_and_queued_in_their_order(desk: Desk):
    source = await desk.wired(100, 101)
    assert await desk.ingest(source, "a", "b", "c") == Ingested(3, 0, 6)
    sent = [(card.post.channel_id, card.article.identity) for card in await desk.send_all()]
    assert sent == [(100, "a"), (101, "a"), (100, "b"), (101, "b"), (100, "c"), (101, "c")]
    assert await desk.store.harvest.known({source.id: ["a", "c", "x"]}) == {source.id: {"a": "r1", "c": "r1"}}


async def test_an_article_keeps_all_it_was_given(desk: Desk):
    source = await desk.wired(100)
    given = article("a", author="Ada", image_url="https://example.org/i.png", published_at=at(-60))
    await desk.store.harvest.store([Brought(poll(source), [given])], NOW)
    (card,) = await desk.claim(at(1))  # it waited for its image
    stored = await desk.store.articles.get(card.article.id)
    assert stored == card.article
    for name in ("identity", "url", "title", "author", "summary", "image_url", "published_at"):
        assert getattr(stored, name) == getattr(given, name)
    assert (stored.first_seen_at, stored.revised_at) == (NOW, None)
    assert await desk.store.articles.get(999) is None


async def test_of_an_article_that_is_given_twice_the_first_is_stored(desk: Desk):
    source = await desk.wired(100)
    first, other = article("a"), article("a", text=None, image_url="https://example.org/i.png", title="Other")
    brought = Brought(poll(source), [first, other])
    assert await desk.store.harvest.store([brought], NOW) == [Ingested(1, 0, 1)]
    (card,) = await desk.claim()  # at once: it has no image to wait for
    assert (card.article.title, card.article.image_url) == (first.title, None)


async def test_what_is_held_back_is_stored_and_not_posted(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "own")
    brought = Brought(poll(source), [article("b"), article("news"), article("c")], held_back={"b", "c"})
    assert await desk.store.harvest.store([brought], NOW) == [Ingested(3, 0, 1)]
    await desk.ingest(source, "d")
    assert [card.article.identity for card in await desk.send_all()] == ["own", "news", "d"]


async def test_repeating_an_ingest_changes_nothing(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "a", "b")
    assert await desk.ingest(source, "a", "b") == Ingested(0, 0, 0)
    assert len(await desk.send_all()) == 2


async def test_two_ingests_at_once_store_and_queue_once(desk: Desk, database_url: str):
    other_database = await Database.open(database_url)
    marks = (f"other {n}" for n in range(1000))
    other = Store(other_database, ranks=RANKS, nonce=lambda: next(marks))
    source = await desk.wired(100, 101)
    new = [article(str(n)) for n in range(30)]
    done = await asyncio.gather(
        *(
            store.harvest.store([Brought(poll(source), new)], NOW)
            for store in (desk.store, other, desk.store, other)
        )
    )
    assert sorted((one for [one] in done), key=lambda ingested: ingested.articles) == [
        Ingested(0, 0, 0)
    ] * 3 + [Ingested(30, 0, 60)]
    await other_database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_processes_that_store_the_same_sources_never_wait_for_each_other(
    desk: Desk, database_url: str
):
    other_database = await Database.open(database_url)
    other = Store(other_database, ranks=RANKS, nonce=lambda: "none")
    there = [await desk.source(f"n{n}") for n in range(200)]
    quiet = [SourceUnchanged(one.id, None, None, None, at(10), as_before=one.id % 2 == 0) for one in there]
    failed = [SourceFailed(source.id, "No answer.", at(10)) for source in reversed(there)]
    for _ in range(3):
        await asyncio.gather(
            desk.store.harvest.store([], NOW, unchanged=quiet, moved={there[-1].id: there[0].url}),
            other.harvest.store([], NOW, failed=failed),
        )
    await other_database.close()


async def test_the_source_is_updated_with_its_articles(desk: Desk):
    source = await desk.wired(100)
    await desk.store.harvest.store([], NOW, failed=[SourceFailed(source.id, "No answer.", at(5))])
    update = poll(source, title="New", link="https://new.example", digest="d9")
    await desk.store.harvest.store([Brought(update, [article("a")])], at(1))
    stored = await desk.store.sources.get(source.id)
    assert stored is not None
    assert (stored.title, stored.link) == ("New", "https://new.example")
    assert (stored.etag, stored.digest, stored.failures, stored.problem) == ('"e1"', "d9", 0, None)
    assert (stored.next_poll_at, stored.last_polled_at, stored.last_success_at) == (at(10), at(1), at(1))


async def test_a_source_that_is_gone_stores_nothing(desk: Desk):
    source = await desk.source()
    lost = Brought(poll(source, source_id=999), [article("a")])
    assert await desk.store.harvest.store([lost], NOW) == [Ingested(0, 0, 0)]


async def test_a_failure_in_the_middle_stores_nothing(desk: Desk):
    source = await desk.wired(100)
    broken = Store(desk.database, ranks=RANKS, nonce=lambda: "a nonce longer than Discord takes it")
    with pytest.raises(DatabaseProblem):
        await broken.harvest.store([Brought(poll(source, etag='"e2"'), [article("a")])], NOW)
    assert await desk.store.harvest.known({source.id: ["a"]}) == {source.id: {}}
    stored = await desk.store.sources.get(source.id)
    assert stored is not None
    assert stored.etag == '"e1"', (
        "else the next poll would be told that nothing changed, and the article lost"
    )


async def test_a_nonce_given_twice_fails_loudly_instead_of_losing_a_post(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "a")
    careless = Store(desk.database, ranks=RANKS, nonce=lambda: "n1")
    with pytest.raises(DatabaseProblem):
        await careless.harvest.store([Brought(poll(source), [article("b")])], NOW)


async def test_a_revision_is_put_in_place_and_its_cards_are_stale(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "a", "b")
    card, _ = await desk.send_all()
    revised = article("a", revision="r2", title="Corrected", published_at=at(-5))
    [done] = await desk.store.harvest.store([Brought(poll(source), [], [revised, article("unknown")])], at(3))
    assert done == Ingested(0, 1, 0)
    stored = await desk.store.articles.get(card.article.id)
    assert stored is not None
    assert (stored.title, stored.revised_at, stored.published_at) == ("Corrected", at(3), at(-5))
    assert stored.first_seen_at == NOW
    assert [stale.card.article.title for stale in await desk.store.posts.stale_cards(9)] == ["Corrected"]
    [again] = await desk.store.harvest.store([Brought(poll(source), [], [revised])], at(4))
    assert again == Ingested(0, 0, 0), "the same revision is stored once"
    items, _ = await desk.store.frontpage.page(GUILD, "new", None, 9, search="corrected", visible=VISIBLE)  # type: ignore[arg-type]
    assert len(items) == 1


async def test_many_articles_and_identities_fit(desk: Desk):
    source = await desk.wired(100)
    names = [f"article {n:04}" for n in range(1200)]
    assert await desk.ingest(source, *names) == Ingested(1200, 0, 1200)
    assert (
        len((await desk.store.harvest.known({source.id: [*names, *map(str, range(5000))]}))[source.id])
        == 1200
    )
    cards = [await desk.claim() for _ in range(2)]
    assert [card.article.identity for claimed in cards for card in claimed] == ["article 0000"]


async def test_a_new_subscription_of_a_source_never_polled_waits_for_the_poll(desk: Desk):
    source = await desk.source()
    subscription = await desk.subscribe(source, 100, newest=2)
    assert subscription.started_at is None
    assert await desk.store.sources.next_due_at() == NOW
    assert await desk.ingest(source, "a", "b", "c") == Ingested(3, 0, 2)
    assert [card.article.identity for card in await desk.send_all()] == ["b", "c"]
    started = await desk.store.subscriptions.get(subscription.id)
    assert started is not None
    assert started.started_at == NOW
    assert await desk.ingest(source, "d", "e", "f") == Ingested(3, 0, 3), "from now on it gets every article"


async def test_a_first_poll_remembers_all_and_posts_none_if_none_is_wished(desk: Desk):
    source = await desk.source()
    await desk.subscribe(source, 100, newest=0)
    assert await desk.ingest(source, "a", "b") == Ingested(2, 0, 0)
    assert await desk.ingest(source, "a", "b", "c") == Ingested(1, 0, 1)


async def test_a_new_subscription_of_a_polled_source_is_served_at_once(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "a", "b", "c")
    await desk.send_all()
    subscription = await desk.subscribe(source, 101, newest=2, thread=True)
    assert subscription.started_at == NOW
    cards = await desk.send_all()
    assert [(card.post.channel_id, card.article.identity) for card in cards] == [(101, "b"), (101, "c")]
    assert all(card.post.thread_wanted for card in cards)


async def test_a_subscription_is_made_once_a_channel(desk: Desk):
    source = await desk.wired(100)
    wish = SubscriptionToStore(GUILD, 100, source.id, True, 5, None)
    subscription, created = await desk.store.subscriptions.add(wish, at(1))
    assert not created
    assert (subscription.thread, subscription.newest, subscription.created_at) == (False, 0, NOW)
    made = await asyncio.gather(
        *(
            desk.store.subscriptions.add(SubscriptionToStore(GUILD, 102, source.id, True, 0, None), NOW)
            for _ in range(4)
        )
    )
    assert sorted(created for _, created in made) == [False, False, False, True]


async def test_removing_a_subscription_drops_what_waits_and_idles_the_source(desk: Desk):
    source = await desk.wired(100, 101)
    await desk.ingest(source, "a", "b")
    claimed = await desk.claim()
    first, second = await desk.store.subscriptions.of_guild(GUILD)
    sending, waiting = sorted(claimed, key=lambda card: card.post.channel_id)
    await desk.store.posts.begin_sending(sending.post, 5, NOW)
    assert await desk.store.subscriptions.remove(first.id)
    assert not await desk.store.subscriptions.remove(first.id)
    left = [await desk.store.posts.card(card.post.id) for card in (sending, waiting)]
    assert None not in left, "what is being sent, and other channels' posts, stay"
    assert await desk.store.posts.waiting(GUILD) == 3
    assert await desk.store.sources.next_due_at() == at(10)
    assert await desk.store.subscriptions.remove(second.id)
    assert await desk.store.sources.next_due_at() is None
    assert not await desk.store.posts.begin_sending(waiting.post, None, NOW), "claimed, but no longer wished"
    assert await desk.store.posts.waiting(GUILD) == 1


async def test_a_source_that_idled_is_read_in_full_and_floods_nobody(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "a")
    await desk.send_all()
    (old,) = await desk.store.subscriptions.of_channel(100)
    await desk.store.subscriptions.remove(old.id)
    subscription = await desk.subscribe(source, 100, newest=1)
    woken = await desk.store.sources.get(source.id)
    assert woken is not None
    assert (woken.next_poll_at, woken.etag, woken.digest) == (NOW, None, None)
    assert subscription.started_at is None
    assert await desk.ingest(source, "a", "b", "c", "d") == Ingested(3, 0, 1)


@pytest.mark.parametrize("as_before", [True, False])
async def test_a_poll_without_news_serves_a_subscription_made_meanwhile(desk: Desk, as_before: bool):
    source = await desk.wired(100)
    await desk.ingest(source, "a", "b")
    await desk.send_all()
    (old,) = await desk.store.subscriptions.of_channel(100)
    await desk.store.subscriptions.remove(old.id)
    await desk.subscribe(source, 101, newest=1)
    other = await desk.wired(102, name="other")
    unchanged = SourceUnchanged(source.id, None, None, None, at(10), as_before=as_before)
    beside = SourceUnchanged(other.id, None, None, None, at(11), as_before=not as_before)
    await desk.store.harvest.store([], NOW, unchanged=[unchanged, beside])
    stored = [await desk.store.sources.get(one.id) for one in (source, other)]
    assert [one and one.next_poll_at for one in stored] == [at(10), at(11)]
    assert [card.article.identity for card in await desk.send_all()] == ["b"]


async def test_a_guild_that_was_left_gets_none_and_begins_anew_when_it_comes_back(desk: Desk):
    source = await desk.wired(100)
    await desk.subscribe(source, 200, guild_id=20)
    await desk.store.guilds.left(20, NOW)
    assert await desk.ingest(source, "a", "b") == Ingested(2, 0, 2)
    await desk.store.guilds.seen(20, "Back", NOW)
    assert await desk.ingest(source, "a", "b", "c") == Ingested(1, 0, 1), (
        "newest 0: nothing of what it missed"
    )
    assert await desk.ingest(source, "d") == Ingested(1, 0, 2)


async def test_a_source_wanted_by_guilds_that_left_idles_until_one_comes_back(desk: Desk):
    await desk.wired(100)
    await desk.store.guilds.left(GUILD, NOW)
    assert await desk.store.sources.next_due_at() is None
    await desk.store.guilds.seen(GUILD, "Back", at(1))
    assert await desk.store.sources.next_due_at() == at(1)


async def test_subscriptions_are_listed(desk: Desk):
    news, other = await desk.source(), await desk.source("other")
    made = [
        await desk.subscribe(news, 100),
        await desk.subscribe(other, 100),
        await desk.subscribe(news, 200, guild_id=20),
    ]
    ids = [subscription.id for subscription in made]
    listed = desk.store.subscriptions
    assert [one.id for one in await listed.of_channel(100)] == ids[:2]
    assert [one.id for one in await listed.of_guild(20)] == ids[2:]
    assert [one.id for one in await listed.all()] == ids
    assert [one.id for one in await listed.all(limit=1, offset=1)] == ids[1:2]
    got = await listed.get(ids[1])
    assert got is not None
    assert (got.source.url, got.created_by, got.guild_id) == (other.url, 7, GUILD)
    assert await listed.get(999) is None


async def test_what_no_database_can_store_is_known_in_none(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "a", "é“\U0001f600'")
    asked = ["a", "é“\U0001f600'", "nul \x00", "half a pair \ud83d"]
    assert set((await desk.store.harvest.known({source.id: asked}))[source.id]) == {"a", "é“\U0001f600'"}
