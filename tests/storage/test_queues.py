"""Whose turn it is: one queue a channel, guilds in a circle. Steps of an earlier claim do nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, cast, insert, literal, select, text

from storage import Database, PostState
from storage.queues import LAST_GUILD, UNBOUNDED, next_post_at, next_posts
from storage.tables import articles, posts
from tests.storage.desk import GUILD, LEASE, NOW, Desk, at

NAMED = ("guild_id", "channel_id", "article_id", "nonce")


async def fill(desk: Desk, guild_id: int, channels: int, each: int) -> None:
    """Have articles wait in each of a guild's channels: the store's own way takes too long for thousands."""
    await desk.ingest(await desk.wired(guild_id * 100, guild_id=guild_id, name=f"guild{guild_id}"), "a")
    numbers = text(
        "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < :each) "
        "INSERT INTO articles (source_id, identity, revision, title, summary, search_text, first_seen_at) "
        "SELECT source_id, 'more' || number, revision, title, summary, search_text, first_seen_at "
        "FROM articles, numbers WHERE articles.id = :like"
    )
    async with desk.database.writing() as connection:
        like = (await connection.execute(select(posts).where(posts.c.guild_id == guild_id))).one()
        source_id = await connection.scalar(
            select(articles.c.source_id).where(articles.c.id == like.article_id)
        )
        await connection.execute(numbers, {"each": each, "like": like.article_id})
        same = [column for column in posts.c if column.name not in (*NAMED, "id")]
        for channel_id in range(guild_id * 100, guild_id * 100 + channels):
            nonce = literal(f"{channel_id}-") + cast(articles.c.id, String)
            more = (
                select(literal(guild_id), literal(channel_id), articles.c.id, nonce, *same)
                .join_from(posts, articles, articles.c.source_id == source_id)
                .where(posts.c.id == like.id, articles.c.id != like.article_id)
            )
            await connection.execute(insert(posts).from_select([*NAMED, *(c.name for c in same)], more))


async def work(database: Database, statement: Any, values: dict[str, Any]) -> int:
    """What a query costs, whatever else the machine does: SQLite's steps, or PostgreSQL's looks at pages."""
    async with database.reading() as connection:
        if connection.dialect.name == "postgresql":
            written = statement.params(**values).compile(
                dialect=connection.dialect, compile_kwargs={"literal_binds": True}
            )
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the tables are small still
            explained = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {written}")
            plan = explained.scalar_one()[0]["Plan"]
            return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        raw = (await connection.get_raw_connection()).driver_connection
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        await raw.set_progress_handler(count, 10)
        await connection.execute(statement, values)
        await raw.set_progress_handler(None, 0)
        return steps


async def test_choosing_costs_the_same_however_much_waits(desk: Desk):
    for guild_id in (1, 2, 3):
        await fill(desk, guild_id, channels=1, each=3)
    values = {"now": NOW, "after": 0, "until": LAST_GUILD, "room": 4, "most": UNBOUNDED}

    async def costs() -> tuple[int, int]:
        return (
            await work(desk.database, next_posts(), values),
            await work(desk.database, next_post_at(), {"now": NOW, "most": UNBOUNDED}),
        )

    choosing, looking = await costs()
    await fill(desk, 4, channels=1, each=1_000)
    deep, looking_deep = await costs()
    assert deep <= 2 * choosing, "one more channel, 1,000 more posts"
    assert looking_deep <= 2 * looking
    await fill(desk, 5, channels=30, each=3)
    for guild_id in range(6, 12):
        await fill(desk, guild_id, channels=1, each=1)
    wide, _ = await costs()
    assert wide <= 2 * choosing, "those of thirty more channels that are not chosen are not looked at"


async def test_a_guild_with_much_waiting_delays_no_other(desk: Desk):
    await desk.ingest(await desk.wired(*range(100, 150)), "old", "older")
    for guild_id in (5, 20, 30):
        await desk.ingest(await desk.wired(guild_id * 10, guild_id=guild_id, name=f"s{guild_id}"), "a", "b")
    order = []
    for _ in range(12):  # a place becomes free, again and again
        (card,) = await desk.claim(limit=1)
        order.append(card.post.guild_id)
    assert order == [5, 10, 20, 30, *[10] * 8], "each guild's other posts wait for its first"
    await desk.store.posts.release_leases()
    assert [card.post.guild_id for card in await desk.claim(limit=5)].count(GUILD) == 2


async def test_guilds_that_always_have_more_still_take_turns(desk: Desk):
    for guild_id in (10, 20, 30):
        await desk.ingest(
            await desk.wired(guild_id * 10, guild_id=guild_id, name=f"s{guild_id}"), "a", "b", "c"
        )
    order = []
    for _ in range(9):
        (card,) = await desk.claim(limit=1)
        order.append(card.post.guild_id)
        await desk.send(card)
    assert order == [10, 20, 30] * 3


async def test_a_guild_has_only_so_many_in_hand(desk: Desk):
    posts_ = desk.store.posts
    await desk.ingest(await desk.wired(*range(100, 110)), "a")
    assert len(await posts_.claim(NOW, 9, LEASE, 4)) == 4
    assert await posts_.claim(NOW, 9, LEASE, 4) == []
    assert await posts_.next_due_at(NOW, 4) is None
    assert await posts_.next_due_at(NOW, 5) == NOW
    await desk.ingest(await desk.wired(200, guild_id=20, name="other"), "b")
    assert [card.post.guild_id for card in await posts_.claim(NOW, 9, LEASE, 4)] == [20]
    digests, late = desk.store.digests, at(25 * 60)
    await digests.gather(late, 99)
    in_hand = [one.digest.guild_id for one in await digests.claim(late, 99, LEASE, 4)]
    assert sorted(in_hand) == [10, 10, 10, 10, 20]
    assert await digests.next_due_at(late, 4) == late + LEASE, "the other guild's, should it come to nothing"
    assert await digests.next_due_at(late, 5) == late
    await desk.ingest(await desk.wired(110), "new")
    assert await posts_.next_due_at(late, 4) is None, "digests are in the guild's hand too"


async def test_claims_that_came_to_nothing_hold_up_nobody_for_good(desk: Desk):
    await desk.ingest(await desk.wired(*range(100, 105)), "a")
    assert len(await desk.store.posts.claim(NOW, 9, LEASE, 4)) == 4
    assert await desk.store.posts.next_due_at(NOW, 4) is None
    assert await desk.store.posts.next_due_at(NOW + LEASE, 4) == NOW
    assert len(await desk.store.posts.claim(NOW + LEASE, 9, LEASE, 4)) == 4


async def test_steps_of_an_earlier_claim_do_nothing(desk: Desk):
    await desk.ingest(await desk.wired(100), "a")
    store = desk.store.posts
    (stale,) = await desk.claim()
    (card,) = await desk.claim(at(5))
    assert (stale.post.claim, card.post.claim) == (1, 2)

    async def untouched() -> None:
        before = await store.card(card.post.id)
        assert not await store.begin_sending(stale.post, 5, NOW)
        assert not await store.sent(stale.post, 66, NOW)
        assert not await store.postpone(stale.post, at(9), "Slow.", unsent=True)
        assert not await store.refuse(stale.post, "Slow.")
        assert not await store.leave_thread(stale.post, NOW)
        assert not await store.threaded(stale.post, 67)
        assert not await store.seeded(stale.post, 2)
        assert not await store.announced(stale.post)
        assert not await store.pinned(stale.post)
        assert not await store.finish(stale.post, NOW)
        assert await store.card(card.post.id) == before

    await untouched()
    assert await store.begin_sending(card.post, 5, NOW)
    await untouched()
    assert await store.sent(card.post, 77, NOW)
    await untouched()
    assert await store.announced(card.post)
    assert await store.pinned(card.post)
    assert await store.finish(card.post, NOW)
    done = await store.by_message(77)
    assert done is not None
    assert (done.announced, done.pinned, done.finished_at) == (True, True, NOW)


async def test_a_forums_post_is_its_message_and_its_thread(desk: Desk):
    await desk.ingest(await desk.wired(100), "a", "b")
    async with desk.database.writing() as connection:
        await connection.execute(posts.update().values(forum=True))
    (card,) = await desk.claim()
    assert card.post.begins_forum_post
    await desk.send(card)
    post = await desk.store.posts.by_thread(1000 + card.post.id)
    assert post is not None
    assert (post.message_id, post.place_id, post.place) == (post.thread_id,) * 3
    assert post.begins_forum_post
    (beside,) = await desk.claim()
    await desk.store.posts.begin_sending(beside.post, None, NOW, place_id=post.place)
    await desk.store.posts.sent(beside.post, 70, NOW)
    reply = await desk.store.posts.by_message(70)
    assert reply is not None
    assert (reply.place_id, reply.thread_id, reply.begins_forum_post) == (post.place, None, False)
    assert await desk.store.posts.channel_deleted(post.place, NOW) == 2
    gone = await desk.store.posts.by_message(post.place)
    assert gone is not None
    assert gone.state is PostState.DELETED


async def test_what_is_announced_keeps_its_channels_order(desk: Desk):
    await desk.ingest(await desk.wired(100), "a", "b")
    await desk.ingest(await desk.wired(200, guild_id=20, name="other"), "c")
    async with desk.database.writing() as connection:
        await connection.execute(posts.update().values(announce_wanted=True))
    store = desk.store.posts
    assert await store.to_announce(NOW, 9) == [], "they are not sent yet"
    (first, other) = await desk.claim()
    await desk.send(first)
    await desk.send(other)
    assert [card.post.id for card in await store.to_announce(NOW, 9)] == [first.post.id, other.post.id]
    assert await store.announce_later(100, at(60), at(-60)) == 0
    assert await store.announced(other.post)
    (second,) = await desk.claim()
    await desk.send(second, at(30))
    assert await store.to_announce(at(30), 9) == [], "the one before it waits"
    assert await store.announce_later(100, at(90), at(20)) == 1
    assert [card.post.id for card in await store.to_announce(at(90), 9)] == [second.post.id]


async def test_what_was_sent_is_swept_longest_ago_first_and_never_once_it_is_old(desk: Desk):
    store = desk.store.posts
    await desk.ingest(await desk.wired(100, 101, 102), "a")
    await desk.ingest(await desk.wired(200, guild_id=20, name="other"), "b")
    for minute, card in enumerate(await desk.claim()):
        await desk.send(card, at(minute))
    first, second, third, elsewhere = [post.id for post in await store.to_sweep(at(9), at(0), 9)]
    assert [post.id for post in await store.to_sweep(at(1), at(0), 9)] == [first, second]
    await store.swept([first], at(10))
    assert [post.id for post in await store.to_sweep(at(9), at(0), 2)] == [second, third]
    await store.thread_read(third, 5, 2, None)
    await desk.store.guilds.left(20, at(10))
    assert [
        (post.id, post.thread_last_id, post.thread_count) for post in await store.to_sweep(at(9), at(2), 1)
    ] == [(third, 5, 2)]
    await store.message_deleted([1000 + third], at(11))
    left = [post.id for post in await store.to_sweep(at(99), at(0), 9)]
    assert left == [first], f"{second} was too old once, and the guild of {elsewhere} was left"
