"""Putting the mirror right: what a list of Discord's proves, and what it does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.newsroom.ports import ThreadSeen, Unreadable
from bot.newsroom.reconcile import Reconciler
from storage import Database, Store
from tests.databases import database_url  # noqa: F401 - on PostgreSQL every day, too
from tests.newsroom.house import ALICE, BOB, CHANNEL, LONG_AGO, House
from tests.storage.desk import NOW, Desk, comment
from tests.votes import add as add_vote


@pytest.fixture
async def house(database: Database, store: Store) -> House:
    house = House(store, Desk(database, store))
    await house.furnish()
    return house


async def test_what_is_as_it_was_changes_nothing(house: House) -> None:
    done = await house.run()
    assert await house.stands() == (1, 0, 1)
    assert (done.deleted, done.unreadable) == (0, set())


async def test_votes_and_comments_of_the_gap_are_taken_over(house: House) -> None:
    house.discord.standing[CHANNEL] = [
        house.message(house.card, {"👍": 1, "👎": 1}, by_bot=True),
        house.message(2001),
    ]
    house.discord.reactions = {(house.card, "👍"): {BOB}, (house.card, "👎"): {ALICE}}
    done = await house.run()
    assert await house.stands() == (1, 1, 1)
    assert done.deleted == 1
    assert await house.store.comments.get(2000) is None


async def test_an_empty_list_alone_proves_no_deletion(house: House) -> None:
    house.discord.listed = {}
    done = await house.run()
    assert await house.stands() == (1, 0, 1)
    assert done.unreadable == {CHANNEL}, "it is read again"


async def test_a_card_that_was_deleted_takes_its_votes_along(house: House) -> None:
    house.discord.standing = {}
    await house.run()
    assert await house.stands() is None


@pytest.mark.parametrize(
    ("reason", "kept", "again"),
    [
        pytest.param(
            Unreadable("Discord failed.", passing=True), (1, 0, 1), True, id="a passing failure: again"
        ),
        pytest.param(Unreadable("No permission."), (1, 0, 1), True, id="not allowed: again, too"),
        pytest.param(Unreadable("Gone.", gone=True), None, False, id="the channel is gone with all in it"),
    ],
)
async def test_a_channel_that_cannot_be_read(
    house: House, reason: Unreadable, kept: tuple[int, int, int] | None, again: bool
) -> None:
    house.discord.unreadable = {CHANNEL: reason}
    done = await house.run()
    assert await house.stands() == kept
    assert bool(done.unreadable) == again
    assert bool(await house.store.subscriptions.of_channel(CHANNEL)) == (kept is not None)


async def test_a_thread_that_was_deleted_meanwhile_takes_its_comments_along(house: House) -> None:
    (channel,) = await house.store.posts.tracked(NOW - timedelta(days=1))
    await house.store.posts.threaded(channel.posts[0], 30)
    await house.store.comments.record(comment(2002, house.article_id, channel_id=30))
    assert await house.stands() == (1, 0, 2)
    house.discord.unreadable = {30: Unreadable("Gone.", gone=True)}
    await house.run()
    assert await house.stands() == (1, 0, 1)


async def test_a_live_vote_during_the_reading_is_newer_than_what_was_read(house: House) -> None:
    async def bob_votes() -> None:
        house.discord.reactions[house.card, "👍"] = {ALICE, BOB}
        await house.votes.reacted(house.card, BOB, "👍")

    house.discord.standing[CHANNEL] = [house.message(house.card, {"👍": 2}, by_bot=True), house.message(2000)]
    house.discord.when, house.discord.happening = "reactors", bob_votes
    await house.run()
    assert await house.stands() == (2, 0, 1)


async def test_super_reactions_are_asked_for_where_there_are_some(house: House) -> None:
    card = house.message(house.card, {"👍": 2}, by_bot=True)
    house.discord.standing[CHANNEL][0] = replace(card, super_reactions=frozenset({"👍"}))
    await house.run()
    assert house.discord.asked == [f"messages {CHANNEL}", f"super reactors {house.card} 👍"]


async def test_members_of_a_recent_card_are_listed_where_a_vote_came_since_they_were_last(
    house: House,
) -> None:
    """So an equal number hides nothing, and a bot that starts again and again asks no more than a page."""
    now = NOW + timedelta(minutes=1)
    reconciler = Reconciler(house.store, house.comments, house.watch, clock=lambda: now)
    house.discord.standing[CHANNEL][0] = replace(house.discord.standing[CHANNEL][0], created_at=NOW)

    async def lists() -> list[str]:
        nonlocal now
        now += timedelta(minutes=1)
        house.discord.asked.clear()
        await reconciler.run(house.discord)
        now += timedelta(minutes=1)
        return house.discord.asked[1:]

    await house.store.votes.clear(house.card, None)
    for voter, stands in ((ALICE, BOB), (ALICE, ALICE)):
        # A vote is heard; that it went, and another came, is not.
        await house.store.votes.clear(house.card, None)
        await add_vote(house.store.votes, house.card, voter, "👍", now)
        house.discord.reactions = {(house.card, "👍"): {stands}}
        assert await lists() == [f"reactors {house.card} 👍"]
        assert await house.store.votes.mirrored([house.card]) == {house.card: {"👍": {stands}}}
        assert await lists() == []


Happening = Callable[[House], Awaitable[object]]


async def votes_again(house: House) -> None:
    house.discord.reactions[house.card, "👍"] = {ALICE, BOB}
    await house.votes.reacted(house.card, BOB, "👍")


async def takes_the_vote_back(house: House) -> None:
    house.discord.reactions[house.card, "👍"] = set()
    await house.votes.unreacted(house.card, ALICE, "👍")


async def clears_the_votes(house: House) -> None:
    house.discord.reactions.clear()
    await house.votes.cleared(house.card, None)


async def moves_the_vote(house: House) -> None:
    house.discord.reactions = {(house.card, "👎"): {ALICE}}
    await house.votes.cleared(house.card, "👍")
    await house.votes.reacted(house.card, ALICE, "👎")


async def edits(house: House) -> None:
    edited = replace(house.message(2000), text="Other words.", edited_at=NOW)
    await house.comments.seen(edited)


async def deletes_the_comment(house: House) -> None:
    del house.discord.standing[CHANNEL][1:]
    await house.comments.deleted([2000])


async def deletes_the_card(house: House) -> None:
    house.discord.standing[CHANNEL] = [house.message(2000)]
    await house.comments.deleted([house.card])


async def deletes_the_channel(house: House) -> None:
    house.discord.standing.clear()
    await house.comments.channel_deleted(CHANNEL)


@pytest.mark.parametrize("when", ["messages", "reactors"])
@pytest.mark.parametrize(
    ("happening", "left"),
    [
        pytest.param(votes_again, (2, 0, 1), id="votes"),
        pytest.param(takes_the_vote_back, (0, 0, 1), id="takes it back"),
        pytest.param(clears_the_votes, (0, 0, 1), id="clears all"),
        pytest.param(moves_the_vote, (0, 1, 1), id="clears one and votes with another"),
        pytest.param(edits, (1, 0, 1), id="edits"),
        pytest.param(deletes_the_comment, (1, 0, 0), id="deletes the comment"),
        pytest.param(deletes_the_card, None, id="deletes the card"),
        pytest.param(deletes_the_channel, None, id="deletes the channel"),
    ],
)
async def test_what_happens_while_discord_answers_is_newer_than_the_answer(
    house: House, when: str, happening: Happening, left: tuple[int, int, int] | None
) -> None:
    """The mirror knows nothing of the gap yet, and the answers are of before what happens."""
    await house.store.votes.clear(house.card, None)
    await house.store.comments.remove([2000])
    house.discord.when, house.discord.happening = when, lambda: happening(house)
    await house.run()
    assert house.discord.happening is None
    assert await house.stands() == left
    kept = await house.store.comments.get(2000)
    if happening is edits:
        assert kept is not None
        assert kept.text == "Other words."
    if happening in (deletes_the_comment, deletes_the_channel):
        assert kept is None


@pytest.mark.parametrize("voted", [False, True])
async def test_a_reply_to_what_was_said_in_the_gap_finds_its_place(house: House, voted: bool) -> None:
    """It comes, and is voted on, after the page was read and before what it answers is known."""
    house.discord.standing[CHANNEL].append(house.message(2001))

    async def answered() -> None:
        await house.comments.seen(replace(house.message(2002), reply_to_id=2001, text="So do I."))
        await house.comments.seen(replace(house.message(2003), reply_to_id=7, text="Chatter."))
        if voted:
            house.discord.reactions[2002, "👍"] = {BOB}
            await house.votes.reacted(2002, BOB, "👍")

    house.discord.when, house.discord.happening = "messages", answered
    await house.run()
    assert await house.stands() == (1, 0, 3)
    assert await house.store.votes.mirrored([2002]) == ({2002: {"👍": {BOB}}} if voted else {})


async def test_a_reply_that_is_deleted_before_it_finds_its_place_is_not_kept(house: House) -> None:
    house.discord.standing[CHANNEL].append(house.message(2001))

    async def answered() -> None:
        await house.comments.seen(replace(house.message(2002), reply_to_id=2001))
        await house.comments.deleted([2002])

    house.discord.when, house.discord.happening = "messages", answered
    await house.run()
    assert await house.stands() == (1, 0, 2)


THREAD = 30


async def with_thread(house: House, *comments: int) -> None:
    """Hang a thread with comments on the card, as Discord shows it, read once."""
    hanging = ThreadSeen(THREAD, comments[-1], LONG_AGO, len(comments))
    house.discord.standing[CHANNEL][0] = replace(house.discord.standing[CHANNEL][0], thread=hanging)
    house.discord.standing[THREAD] = [replace(house.message(one), channel_id=THREAD) for one in comments]
    await house.run()
    assert await house.stands() == (1, 0, 1 + len(comments))
    house.discord.asked.clear()


async def test_a_thread_is_read_where_its_figures_changed_and_costs_nothing_where_they_did_not(
    house: House,
) -> None:
    await with_thread(house, 3000, 3001)
    done = await house.run()
    assert house.discord.asked == [f"messages {CHANNEL}"]
    assert (done.requests, done.unchanged) == (1, 1)
    del house.discord.standing[THREAD][0]
    house.discord.standing[CHANNEL][0] = replace(
        house.discord.standing[CHANNEL][0], thread=ThreadSeen(THREAD, 3001, LONG_AGO, 1)
    )
    await house.run()
    assert await house.stands() == (1, 0, 2)


async def test_a_thread_that_goes_while_it_is_read_leaves_nothing(house: House) -> None:
    hanging = replace(house.discord.standing[CHANNEL][0], thread=ThreadSeen(THREAD, 3000, LONG_AGO, 1))
    house.discord.standing[CHANNEL][0] = hanging
    house.discord.standing[THREAD] = [replace(house.message(3000), channel_id=THREAD)]

    async def goes() -> None:
        house.discord.unreadable[THREAD] = Unreadable("Gone.", gone=True)
        await house.comments.channel_deleted(THREAD)

    house.discord.when, house.discord.happening = "messages", goes
    await house.run()
    assert await house.stands() == (1, 0, 1)
    post = await house.store.posts.by_message(house.card)
    assert post is not None
    assert post.thread_id is None


async def test_an_edit_counts_also_where_what_it_answers_is_gone(house: House) -> None:
    answer = replace(house.message(2001), reply_to_id=2000)
    assert await house.comments.read_again(answer)
    await house.comments.deleted([2000])
    assert await house.comments.read_again(replace(answer, text="Other words.", edited_at=NOW))
    kept = await house.store.comments.get(2001)
    assert kept is not None
    assert kept.text == "Other words."


async def test_what_a_page_of_a_deleted_thread_held_does_not_come_back(house: House) -> None:
    in_thread = replace(house.message(2001), channel_id=house.card)
    with house.watch.reading():
        assert await house.comments.read_again(in_thread)
        await house.comments.channel_deleted(house.card)
        assert not await house.comments.read_again(in_thread)
        assert await house.comments.read_again(house.message(2002)), "the card of the same id is still there"
    assert await house.store.comments.get(2001) is None


async def test_a_post_that_stood_unwatched_is_read(house: House) -> None:
    await house.store.votes.clear(house.card, None)
    await house.store.comments.remove([2000])
    assert await house.stands() == (0, 0, 0)
    post = await house.store.posts.by_message(house.card)
    assert post is not None
    await house.reconciler.read_post(house.discord, post)
    assert await house.stands() == (1, 0, 1)
