"""Posts: claimed one a channel, in order, fairly; every step and its repetition; cards that are stale."""

from __future__ import annotations

import asyncio

import pytest

from storage import Database, PostState, Store, Tally, VoteEmoji
from storage.records import Brought
from tests.databases import RANKS, nonces
from tests.storage.desk import GUILD, LEASE, NOW, VISIBLE, Desk, article, at, comment, poll
from tests.votes import add as add_vote


async def test_a_channels_posts_go_one_after_the_other(desk: Desk):
    await desk.ingest(await desk.wired(100), "a", "b")
    (first,) = await desk.claim()
    assert (first.article.identity, first.post.state, first.post.attempts) == ("a", PostState.READY, 1)
    assert await desk.claim() == []
    await desk.store.posts.begin_sending(first.post, 5, NOW)
    assert await desk.claim() == []
    await desk.store.posts.sent(first.post, 1001, NOW)
    assert await desk.claim() == [], "its thread and votes are still to be placed"
    await desk.store.posts.finish(first.post, NOW)
    assert [card.article.identity for card in await desk.claim()] == ["b"]


async def test_a_lease_ends(desk: Desk):
    await desk.ingest(await desk.wired(100), "a")
    assert len(await desk.claim()) == 1
    assert await desk.store.posts.next_due_at(NOW) == NOW + LEASE
    assert await desk.claim(at(4)) == []
    (again,) = await desk.claim(at(5))
    assert again.post.attempts == 2


async def test_leases_are_freed_on_start(desk: Desk):
    await desk.ingest(await desk.wired(100), "a")
    assert len(await desk.claim()) == 1
    await desk.store.posts.release_leases()
    assert await desk.store.posts.next_due_at(NOW) == NOW
    assert len(await desk.claim()) == 1


async def test_guilds_take_turns(desk: Desk):
    await desk.ingest(await desk.wired(*range(100, 105)), "a")
    await desk.ingest(await desk.wired(200, 201, guild_id=20, name="other"), "b")
    claimed = [card.post.channel_id for card in await desk.claim(limit=4)]
    assert sorted(claimed) == [100, 101, 200, 201]
    assert len(await desk.claim()) == 3


async def test_two_claims_at_once_share_no_channel(desk: Desk, database_url: str):
    other_database = await Database.open(database_url)
    other = Store(other_database, ranks=RANKS, nonce=nonces())
    await desk.ingest(await desk.wired(*range(100, 110)), "a", "b")
    for _ in range(2):
        claims = await asyncio.gather(
            *(store.posts.claim(NOW, 7, LEASE) for store in (desk.store, other, desk.store, other))
        )
        claimed = [card for claim in claims for card in claim]
        channels = [card.post.channel_id for card in claimed]
        assert len(channels) == len(set(channels))
        assert len({card.article.identity for card in claimed}) == 1
        for card in [*claimed, *await desk.claim()]:
            await desk.send(card)
    assert await desk.store.posts.waiting(GUILD) == 0
    await other_database.close()


async def test_a_guild_that_comes_back_gets_no_old_posts_but_what_may_have_been_sent_is_looked_for(
    desk: Desk,
):
    await desk.ingest(await desk.wired(100), "a", "b")
    (card,) = await desk.claim()
    await desk.store.posts.begin_sending(card.post, 5, NOW)
    await desk.store.posts.release_leases()
    await desk.store.guilds.left(GUILD, NOW)
    assert await desk.claim() == []
    assert await desk.store.posts.next_due_at(NOW) is None
    await desk.store.guilds.seen(GUILD, "Back", NOW)
    assert [(back.post.id, back.post.state) for back in await desk.claim()] == [
        (card.post.id, PostState.SENDING)
    ]
    assert await desk.store.posts.waiting(GUILD) == 1


async def test_sending_keeps_where_it_is_to_be_looked_for(desk: Desk):
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.claim()
    posts, post = desk.store.posts, card.post
    assert await posts.begin_sending(post, 5, NOW)
    assert await posts.begin_sending(post, 9, NOW)
    now = await posts.card(post.id)
    assert now is not None
    assert (now.post.state, now.post.after_id) == (PostState.SENDING, 5)
    assert await posts.sent(post, 77, NOW)
    assert not await posts.begin_sending(post, 9, NOW), "it is in the channel"
    assert not await posts.sent(post, 78, NOW)
    found = await posts.by_message(77)
    assert found is not None
    assert (found.id, found.state, found.finished_at) == (post.id, PostState.SENT, None)
    assert await posts.by_message(78) is None


@pytest.mark.parametrize(
    ("unsent", "state", "after_id"), [(True, PostState.READY, None), (False, PostState.SENDING, 5)]
)
async def test_a_post_is_postponed(desk: Desk, unsent: bool, state: PostState, after_id: int | None):
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.claim()
    posts, post = desk.store.posts, card.post
    await posts.begin_sending(post, 5, NOW)
    await posts.postpone(post, at(1), "Discord answers 503.", unsent)
    assert await desk.claim() == []
    assert await posts.next_due_at(NOW) == at(1)
    (again,) = await desk.claim(at(1))
    assert (again.post.state, again.post.after_id) == (state, after_id)
    assert (again.post.problem, again.post.attempts) == ("Discord answers 503.", 2)
    assert await posts.begin_sending(again.post, 6, at(1))
    await posts.sent(again.post, 77, at(1))
    await posts.postpone(again.post, at(2), "The thread was not made.", unsent=True)
    (sent,) = await desk.claim(at(2))
    assert (sent.post.state, sent.post.message_id) == (PostState.SENT, 77), "what was sent is not sent again"


async def test_a_channel_that_is_away_keeps_its_posts_waiting(desk: Desk):
    await desk.ingest(await desk.wired(100, 101), "a", "b")
    claimed = await desk.claim()
    await desk.store.posts.begin_sending(claimed[0].post, 5, NOW)
    why = "The channel cannot be seen."
    await desk.store.posts.postpone(claimed[0].post, at(30), why, unsent=False)
    assert {card.post.channel_id for card in await desk.claim(at(6))} == {101}
    (card,) = [card for card in await desk.claim(at(30)) if card.post.channel_id == 100]
    assert (card.article.identity, card.post.state, card.post.after_id) == ("a", PostState.SENDING, 5)
    assert card.post.problem == why


async def test_a_refused_post_makes_way(desk: Desk):
    await desk.ingest(await desk.wired(100), "a", "b")
    (card,) = await desk.claim()
    await desk.store.posts.refuse(card.post, "Discord does not take this card.")
    assert await desk.store.posts.waiting(GUILD) == 1
    (following,) = await desk.claim()
    assert following.article.identity == "b"
    await desk.send(following)
    await desk.store.posts.refuse(following.post, "Too late: it is in the channel.")
    refused = await desk.store.posts.by_nonce(card.post.nonce)
    assert refused is not None
    assert (refused.state, refused.problem) == (PostState.REFUSED, "Discord does not take this card.")
    sent = await desk.store.posts.by_nonce(following.post.nonce)
    assert sent is not None
    assert sent.state is PostState.SENT


async def test_the_steps_after_sending_are_kept(desk: Desk):
    source = await desk.source()
    await desk.subscribe(source, 100, thread=True, newest=1)
    await desk.ingest(source, "a")
    (card,) = await desk.claim()
    assert card.post.thread_wanted
    posts, post = desk.store.posts, card.post
    await posts.begin_sending(post, None, NOW)
    await posts.sent(post, 77, NOW)
    await posts.threaded(post, 78)
    await posts.seeded(post, 2)
    await posts.finish(post, at(1))
    post = await posts.by_thread(78)
    assert post is not None
    assert (post.message_id, post.thread_id, post.seeded, post.finished_at) == (77, 78, 2, at(1))
    assert await posts.by_thread(77) is None
    assert await posts.next_due_at(NOW) is None


async def test_the_first_post_in_a_guild_makes_the_standing_and_later_ones_keep_it(desk: Desk):
    await desk.ingest(await desk.wired(100, 101), "a")
    first, second = await desk.claim()
    message = await desk.send(first, at(1))
    await add_vote(desk.store.votes, message, 1, "👍", at(1))
    await desk.send(second, at(9))
    listed = await desk.store.frontpage.one(GUILD, first.article.id, visible=VISIBLE)
    assert listed is not None
    assert (listed.posted_at, listed.tally, listed.message_id) == (at(1), Tally(1, 0), message)


async def test_a_deleted_message_takes_its_votes_along_and_the_last_one_the_standing(desk: Desk):
    await desk.ingest(await desk.wired(100, 101), "a")
    cards = await desk.claim()
    one, other = [await desk.send(card) for card in cards]
    for member, message in ((1, one), (2, one), (3, other)):
        await add_vote(desk.store.votes, message, member, "👍", NOW)
    assert await desk.store.posts.message_deleted([one, 5], at(1)) == 1
    listed = await desk.store.frontpage.one(GUILD, cards[0].article.id, visible=VISIBLE)
    assert listed is not None
    assert (listed.tally, listed.message_id) == (Tally(1, 0), other)
    deleted = await desk.store.posts.by_message(one)
    assert deleted is not None
    assert (deleted.state, deleted.finished_at) == (PostState.DELETED, at(1))
    assert await desk.store.votes.mirrored([one, other]) == {other: {"👍": frozenset({3})}}
    assert not await add_vote(desk.store.votes, one, 9, "👍", NOW)
    assert await desk.store.posts.message_deleted([one, other], at(2)) == 1
    assert await desk.store.frontpage.one(GUILD, cards[0].article.id, visible=VISIBLE) is None
    assert await desk.store.posts.stale_cards(9) == []


async def test_a_deleted_post_is_not_posted_again(desk: Desk):
    source = await desk.wired(100)
    await desk.ingest(source, "a")
    (card,) = await desk.send_all()
    await desk.store.posts.message_deleted([1000 + card.post.id], NOW)
    assert (await desk.ingest(source, "a")).posts == 0
    assert await desk.claim(at(60)) == []


async def test_a_post_deleted_before_it_was_finished_frees_its_channel(desk: Desk):
    await desk.ingest(await desk.wired(100), "a", "b")
    (card,) = await desk.claim()
    await desk.store.posts.begin_sending(card.post, None, NOW)
    await desk.store.posts.sent(card.post, 77, NOW)
    await desk.store.posts.message_deleted([77], NOW)
    assert [claimed.article.identity for claimed in await desk.claim()] == ["b"]


async def test_sent_posts_are_tracked_by_channel(desk: Desk):
    await desk.ingest(await desk.wired(100, 101), "a", "b")
    await desk.ingest(await desk.wired(200, guild_id=20, name="left"), "c")
    await desk.send_all(at(5))
    await desk.store.guilds.left(20, NOW)
    tracked = await desk.store.posts.tracked(at(5))
    assert [(channel.guild_id, channel.channel_id) for channel in tracked] == [(GUILD, 100), (GUILD, 101)]
    ids = [post.message_id or 0 for post in tracked[0].posts]
    assert len(ids) == 2
    assert ids == sorted(ids)
    assert await desk.store.posts.tracked(at(6)) == []


async def test_stale_cards_are_listed_until_their_version_was_shown(desk: Desk):
    source = await desk.wired(100, 101)
    await desk.ingest(source, "a", "b")
    cards = {(card.article.identity, card.post.channel_id): card for card in await desk.send_all()}
    posts, message = desk.store.posts, {key: 1000 + card.post.id for key, card in cards.items()}
    assert await posts.stale_cards(9) == []
    await add_vote(desk.store.votes, message["b", 100], 1, "👍", NOW)
    await add_vote(desk.store.votes, message["a", 100], 1, "👎", NOW)
    stale = await posts.stale_cards(9)
    assert [(card.card.article.identity, card.card.post.channel_id) for card in stale] == [
        ("b", 100),
        ("b", 101),
        ("a", 100),
        ("a", 101),
    ]
    assert stale[0].card.tally == Tally(1, 0)
    assert [card.card.article.identity for card in await posts.stale_cards(1)] == ["b", "b"]

    shown = stale[0]
    await desk.store.comments.record(comment(5, shown.card.article.id))
    await posts.card_refreshed(shown.card.article.id, GUILD, shown.version)
    assert (await posts.stale_cards(1))[0].card.comment_count == 1, "a comment came while the card was edited"
    for card in await posts.stale_cards(9):
        await posts.card_refreshed(card.card.article.id, GUILD, card.version)
    assert await posts.stale_cards(9) == []

    await add_vote(desk.store.votes, message["b", 101], 1, "👍", NOW)
    assert await posts.stale_cards(9) == [], "nothing that a card shows has changed"
    await desk.store.harvest.store(
        [Brought(poll(source), [], [article("a", revision="r2", title="Another title")])], NOW
    )
    assert len(await posts.stale_cards(9)) == 2
    await desk.store.guilds.left(GUILD, NOW)
    assert await posts.stale_cards(9) == []


async def test_a_card_is_answered_as_of_now(desk: Desk):
    await desk.ingest(await desk.wired(100), "a")
    (claimed,) = await desk.claim()
    assert (claimed.tally, claimed.comment_count, claimed.source.title) == (Tally(0, 0), 0, "News")
    message = await desk.send(claimed)
    await add_vote(desk.store.votes, message, 1, "👎", NOW)
    card = await desk.store.posts.card(claimed.post.id)
    assert card is not None
    assert (card.tally, card.emoji) == (Tally(0, 1), (VoteEmoji("👍", 1), VoteEmoji("👎", -1)))
    assert await desk.store.posts.card(999) is None
