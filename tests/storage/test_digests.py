"""What waited too long for its channel goes into one digest there, which goes before what is newer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import select

from storage import Database, DigestLine, DigestToPost, PostState, Store, Subscription
from storage.records import Wishes
from storage.tables import digest_articles, digests, merged, posts
from tests.databases import RANKS
from tests.storage.desk import GUILD, LEASE, Desk, at

DAY = 24 * 60


async def late(desk: Desk, *names: str, channel: int = 100) -> None:
    """Posts that nobody could send for a day and a minute."""
    await desk.ingest(await desk.wired(channel), *names)


async def claim(desk: Desk, minutes: float = DAY) -> DigestToPost:
    (claimed,) = await desk.store.digests.claim(at(minutes), 9, LEASE)
    return claimed


async def states(desk: Desk) -> list[PostState]:
    async with desk.database.reading() as connection:
        return list(await connection.scalars(select(posts.c.state).order_by(posts.c.id)))


async def longest_wait(desk: Desk, subscription: Subscription, hours: int) -> None:
    await desk.store.subscriptions.change(subscription.id, Wishes(longest_wait=timedelta(hours=hours)))


async def test_what_waited_too_long_goes_into_its_channels_digest(desk: Desk):
    await late(desk, "a", "b")
    store = desk.store.digests
    assert await store.next_expiry_at() == at(DAY)
    assert await store.gather(at(DAY - 1), 9) == 0
    assert await store.gather(at(DAY), 9) == 2
    assert await store.next_expiry_at() is None
    assert await states(desk) == [PostState.GATHERED] * 2
    assert await desk.claim(at(DAY)) == []
    assert await desk.store.posts.next_due_at(at(0)) is None
    assert await store.next_due_at(at(0)) == at(DAY)
    (subscription,) = await desk.store.subscriptions.of_channel(100)
    assert subscription.waiting == 2, "they are not in the channel yet"

    claimed = await claim(desk)
    source = ("News", "https://news.example/feed")
    assert claimed.articles == (
        DigestLine("Title of a", "https://example.org/a", *source),
        DigestLine("Title of b", "https://example.org/b", *source),
    )
    assert (claimed.count, claimed.digest.state, claimed.digest.attempts) == (2, PostState.READY, 1)
    assert await store.begin_sending(claimed.digest, 5, at(DAY))
    assert await store.sent(claimed.digest, 77, at(DAY))
    assert not await store.sent(claimed.digest, 78, at(DAY))
    assert await store.next_due_at(at(0)) is None
    (subscription,) = await desk.store.subscriptions.of_channel(100)
    assert subscription.waiting == 0


async def test_a_digest_can_be_read_page_by_page(desk: Desk):
    await late(desk, "a", "b", "c")
    await desk.store.digests.gather(at(DAY), 9)
    nonce = (await claim(desk)).digest.nonce
    read = desk.store.digests.page
    pages = [await read(nonce, offset, 2) for offset in (0, 2, 4)]
    titles = [[one.title for one in page.articles] for page in pages if page is not None]
    assert titles == [["Title of a", "Title of b"], ["Title of c"], []]
    assert {page.count for page in pages if page is not None} == {3}
    assert await read("unknown", 0, 2) is None


async def test_a_digest_goes_before_newer_posts_and_after_what_was_begun(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "begun", "old")
    (begun,) = await desk.claim()
    assert await desk.store.posts.begin_sending(begun.post, 5, at(0))
    await desk.store.posts.postpone(begun.post, at(DAY + 1), "Unclear.", unsent=False)
    assert await desk.store.digests.gather(at(DAY), 9) == 1, "what may be in the channel is looked for"
    assert await desk.store.digests.claim(at(DAY), 9, LEASE) == []
    assert await desk.store.digests.next_due_at(at(0)) is None
    await desk.ingest(source, "new", now=at(DAY))
    assert [card.post.state for card in await desk.claim(at(DAY + 1))] == [PostState.SENDING]
    assert await desk.store.digests.claim(at(DAY + 1), 9, LEASE) == []
    found = await desk.store.posts.card(begun.post.id)
    assert found is not None
    await desk.send(found, at(DAY + 1))
    assert await desk.claim(at(DAY + 1)) == [], "the digest is older"
    assert await desk.store.posts.next_due_at(at(0)) is None
    digest = (await claim(desk, DAY + 1)).digest
    await desk.store.digests.begin_sending(digest, 6, at(DAY + 1))
    await desk.store.digests.sent(digest, 88, at(DAY + 1))
    assert [card.article.identity for card in await desk.claim(at(DAY + 1))] == ["new"]


async def test_one_that_is_claimed_or_being_sent_takes_no_more(desk: Desk):
    other = await desk.wired(100, name="other")
    await late(desk, "a")
    subscription = (await desk.store.subscriptions.of_channel(100))[0]
    await longest_wait(desk, subscription, 48)
    await desk.ingest(other, "b")
    assert await desk.store.digests.gather(at(DAY), 9) == 1
    digest = (await claim(desk)).digest
    late_for_b = at(2 * DAY)
    assert await desk.store.digests.gather(at(DAY + 1), 9) == 0
    assert await desk.store.digests.begin_sending(digest, 5, at(DAY + 1))
    await desk.store.digests.postpone(digest, late_for_b, "Unclear.", unsent=False)
    assert await desk.store.digests.gather(late_for_b, 9) == 0, "it may be in the channel, with what it had"
    found = (await claim(desk, 2 * DAY)).digest
    assert (found.state, found.after_id, found.attempts) == (PostState.SENDING, 5, 2)
    assert not await desk.store.digests.sent(digest, 70, late_for_b), "an earlier claim's step"
    assert await desk.store.digests.begin_sending(found, 6, late_for_b)
    assert await desk.store.digests.sent(found, 77, late_for_b)
    assert await desk.store.digests.gather(late_for_b, 9) == 1
    assert [line.title for line in (await claim(desk, 2 * DAY)).articles] == ["Title of b"]


async def test_who_claimed_one_too_long_ago_does_not_send_the_shorter_list(desk: Desk):
    other = await desk.wired(100, name="other")
    await late(desk, "a")
    await longest_wait(desk, (await desk.store.subscriptions.of_channel(100))[0], 48)
    await desk.ingest(other, "b")
    await desk.store.digests.gather(at(DAY), 9)
    thawed = (await claim(desk)).digest
    assert await desk.store.digests.gather(at(2 * DAY), 9) == 1, "the claim has ended"
    assert not await desk.store.digests.begin_sending(thawed, 5, at(2 * DAY))
    assert [line.title for line in (await claim(desk, 2 * DAY)).articles] == ["Title of a", "Title of b"]


async def test_one_that_surely_was_not_sent_waits_and_takes_more(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "a")
    await desk.store.digests.gather(at(DAY), 9)
    digest = (await claim(desk)).digest
    await desk.store.digests.begin_sending(digest, 5, at(DAY))
    await desk.store.digests.postpone(digest, at(DAY + 5), "The channel is away.", unsent=True)
    await desk.ingest(source, "b")
    assert await desk.store.digests.claim(at(DAY + 4), 9, LEASE) == []
    (subscription,) = await desk.store.subscriptions.of_channel(100)
    assert (subscription.problem, subscription.waiting) == ("The channel is away.", 2)
    assert await desk.store.digests.gather(at(DAY + 5), 9) == 1
    back = await claim(desk, DAY + 5)
    assert (back.count, back.digest.state, back.digest.after_id) == (2, PostState.READY, None)


async def carry(desk: Desk, poison: str, minutes: float = DAY) -> list[list[str]]:
    """Send digests until none is due, as Discord refuses each that names this article; answers what was told."""
    told: list[list[str]] = []
    store = desk.store.digests
    for attempt in range(20):
        await store.gather(at(minutes), 99)
        for late in await store.claim(at(minutes), 9, LEASE):
            assert await store.begin_sending(late.digest, 5, at(minutes))
            names = [line.title.removeprefix("Title of ") for line in late.articles]
            if poison in names:
                assert await store.refuse(late.digest, "AutoMod.", at(minutes))
                assert not await store.refuse(late.digest, "AutoMod.", at(minutes)), "written twice"
            else:
                told.append(names)
                assert await store.sent(late.digest, 5000 + attempt, at(minutes))
    return told


async def test_of_a_refused_digest_only_what_is_at_fault_is_given_up(desk: Desk):
    await late(desk, *"abcdefghi")
    assert await carry(desk, "f") == [list("abcd"), ["e"], list("ghi")]
    async with desk.database.reading() as connection:
        rows = await connection.execute(select(posts.c.state, posts.c.problem).order_by(posts.c.id))
        assert rows.all() == [
            (PostState.REFUSED, "AutoMod.") if name == "f" else (PostState.GATHERED, None)
            for name in "abcdefghi"
        ]
    assert await desk.store.digests.next_expiry_at() is None


async def test_two_that_gather_at_once_move_each_post_once(desk: Desk, database_url: str):
    other_database = await Database.open(database_url)
    other = Store(other_database, ranks=RANKS, nonce=iter([f"o{n}" for n in range(99)]).__next__)
    await desk.ingest(await desk.wired(100, 101), *(f"a{n}" for n in range(20)))
    moved = await asyncio.gather(
        *(store.digests.gather(at(DAY), 15) for store in (desk.store, other, desk.store, other))
    )
    while more := await desk.store.digests.gather(at(DAY), 15):
        moved.append(more)
    assert sum(moved) == 40
    counts = [one.count for one in await desk.store.digests.claim(at(DAY), 9, LEASE)]
    assert counts == [20, 20]
    async with desk.database.reading() as connection:
        places = await connection.execute(select(digest_articles.c.digest_id, digest_articles.c.place))
        assert len(set(places.all())) == 40
    await other_database.close()


async def test_articles_named_on_a_late_post_are_named_in_the_digest(desk: Desk):
    await desk.ingest(await desk.wired(100), "a")
    other = await desk.source("other")
    await desk.ingest(other, "copy")
    async with desk.database.writing() as connection:
        post_id, article_id = (await connection.execute(select(posts.c.id, posts.c.article_id))).one()
        await connection.execute(merged.insert().values(post_id=post_id, article_id=article_id + 1))
    assert await desk.store.digests.gather(at(DAY), 9) == 1
    assert [line.title for line in (await claim(desk)).articles] == ["Title of a", "Title of copy"]


async def test_articles_named_on_a_post_go_where_it_goes_when_its_digest_is_parted(desk: Desk):
    await late(desk, "a", "b", "c")
    other = await desk.wired(101, name="other")
    await desk.subscribe(other, 100)
    await desk.ingest(other)
    await desk.ingest(other, "on-b", "on-c")
    async with desk.database.writing() as connection:
        of = {row.article_id: row.id for row in await connection.execute(select(posts))}
        article_ids = sorted(of)
        for named, host in ((3, 1), (4, 2)):
            await connection.execute(posts.delete().where(posts.c.article_id == article_ids[named]))
            await connection.execute(
                merged.insert().values(post_id=of[article_ids[host]], article_id=article_ids[named])
            )
    await desk.store.digests.gather(at(DAY), 9)
    mixed = await claim(desk)
    # The news are not wanted any more, but what others tell is: it gets a post of its own when its place is lost.
    news = (await desk.store.subscriptions.of_channel(100))[0]
    await desk.store.digests.postpone(mixed.digest, at(DAY), "Away.", unsent=True)
    await desk.store.subscriptions.remove(news.id)
    left = await claim(desk)
    assert [line.title for line in left.articles] == ["Title of on-b", "Title of on-c"]
    assert await desk.store.digests.refuse(left.digest, "AutoMod.", at(DAY))
    kept = await claim(desk)
    assert [line.title for line in kept.articles] == ["Title of on-b"]
    assert (kept.digest.state, kept.digest.attempts, kept.digest.after_id) == (PostState.READY, 1, None)
    assert kept.digest.nonce != left.digest.nonce
    assert await desk.store.digests.begin_sending(kept.digest, 5, at(DAY))
    assert await desk.store.digests.sent(kept.digest, 77, at(DAY))
    (again,) = await desk.claim(at(DAY))
    assert again.article.identity == "on-c"


async def test_a_halved_digest_takes_nothing_back_while_its_channel_is_away(desk: Desk):
    await late(desk, "a", "b")
    assert await carry(desk, "nothing", 0) == []
    await desk.store.digests.gather(at(DAY), 9)
    await desk.store.digests.refuse((await claim(desk)).digest, "AutoMod.", at(DAY))
    halved = (await claim(desk)).digest
    await desk.store.digests.postpone(halved, at(DAY + 5), "Away.", unsent=True)
    assert await desk.store.digests.gather(at(DAY + 5), 9) == 0
    assert await desk.claim(at(DAY + 5)) == []
    assert await carry(desk, "a", DAY + 5) == [["b"]]


async def test_of_many_articles_the_first_are_listed_and_all_counted(desk: Desk):
    await late(desk, *(f"a{n:02}" for n in range(60)))
    await desk.store.digests.gather(at(DAY), 99)
    claimed = await claim(desk)
    assert (len(claimed.articles), claimed.count) == (50, 60)
    assert claimed.articles[0].title == "Title of a00"


async def test_a_subscription_says_how_long_its_posts_wait(desk: Desk):
    await late(desk, "a")
    (subscription,) = await desk.store.subscriptions.of_channel(100)
    await longest_wait(desk, subscription, 6)
    assert await desk.store.digests.next_expiry_at() == at(6 * 60)
    assert (await desk.store.subscriptions.of_channel(100))[0].longest_wait == timedelta(hours=6)


async def test_what_was_put_off_is_not_tried_sooner_in_a_digest(desk: Desk):
    await late(desk, "a")
    (card,) = await desk.claim(at(DAY - 1))
    await desk.store.posts.postpone(card.post, at(DAY + 4), "Away.", unsent=True)
    await desk.store.digests.gather(at(DAY), 9)
    assert await desk.store.digests.next_due_at(at(0)) == at(DAY + 4)


async def test_a_digest_goes_with_its_channel_its_guild_or_all_that_it_names(desk: Desk):
    async def unfinished() -> list[PostState]:
        async with desk.database.reading() as connection:
            return list(await connection.scalars(select(digests.c.state).order_by(digests.c.id)))

    for channel, name in ((100, "one"), (101, "two"), (102, "three")):
        await desk.ingest(await desk.wired(channel, name=name), name)
    await desk.store.digests.gather(at(DAY), 9)
    await desk.store.posts.channel_deleted(100, at(DAY))
    (subscription,) = await desk.store.subscriptions.of_channel(101)
    await desk.store.subscriptions.remove(subscription.id)
    assert await unfinished() == [PostState.DELETED, PostState.READY]
    await desk.store.guilds.left(GUILD, at(DAY))
    assert await unfinished() == [PostState.DELETED]


async def test_a_forums_digest_begins_a_forum_post(desk: Desk):
    await late(desk, "a")
    async with desk.database.writing() as connection:
        await connection.execute(posts.update().values(forum=True))
    await desk.store.digests.gather(at(DAY), 9)
    digest = (await claim(desk)).digest
    assert digest.forum
    await desk.store.digests.begin_sending(digest, 5, at(DAY))
    await desk.store.digests.sent(digest, 77, at(DAY))
    async with desk.database.reading() as connection:
        row = (await connection.execute(select(digests))).one()
    assert (row.place_id, row.message_id) == (77, 77)
    assert await desk.store.posts.known_messages([76, 77]) == {77}
