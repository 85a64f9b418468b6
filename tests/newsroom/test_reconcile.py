"""Putting the mirror right: what a list of Discord's proves, and what it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.newsroom.comments import Comments
from bot.newsroom.ports import MessageSeen, Unreadable
from bot.newsroom.reconcile import Reconciled, Reconciler
from bot.newsroom.votes import Votes
from bot.newsroom.watch import Watch
from storage import Database, Store
from tests.storage.desk import GUILD, NOW, Desk, comment

CHANNEL, ALICE, BOB = 20, 1, 2


@dataclass
class Discord:
    """What stands in the channels; `listed` can be another thing, as where the history may not be read."""

    standing: dict[int, list[MessageSeen]] = field(default_factory=dict)
    listed: dict[int, list[MessageSeen]] | None = None
    reactions: dict[tuple[int, str], set[int]] = field(default_factory=dict)
    unreadable: dict[int, Unreadable] = field(default_factory=dict)
    while_listing: object = None

    async def messages(self, channel_id: int, after: int) -> AsyncIterator[MessageSeen]:
        if channel_id in self.unreadable:
            raise self.unreadable[channel_id]
        shown = self.standing if self.listed is None else self.listed
        for message in shown.get(channel_id, []):
            if message.message_id > after:
                yield message

    async def reactors(self, channel_id: int, message_id: int, emoji: str) -> frozenset[int]:
        members = frozenset(self.reactions.get((message_id, emoji), ()))
        if callable(self.while_listing):
            happening, self.while_listing = self.while_listing, None
            await happening()
        return members

    async def exists(self, channel_id: int, message_id: int) -> bool:
        return any(message.message_id == message_id for message in self.standing.get(channel_id, []))


class House:
    """A newsroom with one card in a channel, Alice's vote on it, and her comment."""

    def __init__(self, store: Store, desk: Desk) -> None:
        self.store, self.desk, self.watch = store, desk, Watch()
        self.votes = Votes(store, self.watch, clock=lambda: NOW)
        self.comments = Comments(store, self.watch, clock=lambda: NOW)
        self.reconciler = Reconciler(store, self.comments, self.watch, clock=lambda: NOW)
        self.discord = Discord()

    async def furnish(self) -> None:
        await self.desk.ingest(await self.desk.wired(CHANNEL), "a")
        (card,) = await self.desk.send_all()
        self.card, self.article_id = 1000 + card.post.id, card.article.id
        await self.votes.reacted(self.card, ALICE, "👍")
        await self.store.comments.record(
            comment(2000, self.article_id, channel_id=CHANNEL, reply_to_id=self.card)
        )
        self.discord.standing = {
            CHANNEL: [self.message(self.card, {"👍": 1}, by_bot=True), self.message(2000)]
        }
        self.discord.reactions = {(self.card, "👍"): {ALICE}}

    def message(
        self, message_id: int, reactions: dict[str, int] | None = None, by_bot: bool = False
    ) -> MessageSeen:
        return MessageSeen(
            message_id,
            GUILD,
            CHANNEL,
            ALICE,
            "alice",
            by_bot,
            "Words.",
            None if by_bot else self.card,
            NOW - timedelta(hours=1),
            None,
            (),
            reactions or {},
        )

    async def run(self) -> Reconciled:
        return await self.reconciler.run(self.discord)

    async def stands(self) -> tuple[int, int, int] | None:
        listed = await self.store.frontpage.one(GUILD, self.article_id, visible={CHANNEL})
        return listed and (listed.tally.upvotes, listed.tally.downvotes, listed.comment_count)


@pytest.fixture
async def house(database: Database, store: Store) -> House:
    house = House(store, Desk(database, store))
    await house.furnish()
    return house


async def test_what_is_as_it_was_changes_nothing(house: House) -> None:
    done = await house.run()
    assert await house.stands() == (1, 0, 1)
    assert (done.deleted, done.again) == (0, False)


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
    assert done.again, "it is read again"


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
        pytest.param(Unreadable("No permission."), (1, 0, 1), False, id="not allowed: left as it is"),
        pytest.param(Unreadable("Gone.", gone=True), None, False, id="the channel is gone with all in it"),
    ],
)
async def test_a_channel_that_cannot_be_read(
    house: House, reason: Unreadable, kept: tuple[int, int, int] | None, again: bool
) -> None:
    house.discord.unreadable = {CHANNEL: reason}
    done = await house.run()
    assert await house.stands() == kept
    assert done.again == again
    assert bool(await house.store.subscriptions.of_channel(CHANNEL)) == (kept is not None)


async def test_a_thread_that_was_deleted_meanwhile_takes_its_comments_along(house: House) -> None:
    (channel,) = await house.store.posts.tracked(NOW - timedelta(days=1))
    await house.store.posts.threaded(channel.posts[0].id, 30)
    await house.store.comments.record(comment(2002, house.article_id, channel_id=30))
    assert await house.stands() == (1, 0, 2)
    house.discord.unreadable = {30: Unreadable("Gone.", gone=True)}
    await house.run()
    assert await house.stands() == (1, 0, 1)


async def test_a_live_vote_during_the_reading_is_newer_than_what_was_read(house: House) -> None:
    async def bob_votes() -> None:
        house.discord.reactions[house.card, "👍"] = {ALICE, BOB}
        await house.votes.reacted(house.card, BOB, "👍")

    house.discord.while_listing = bob_votes
    await house.run()
    assert await house.stands() == (2, 0, 1)


async def test_a_live_vote_after_the_page_was_read_is_not_erased(house: House) -> None:
    """The page showed no reaction at all; Bob votes before the page is worked off."""
    await house.store.votes.clear(house.card, None)
    page = house.message(house.card, {}, by_bot=True)
    house.discord.reactions = {(house.card, "👍"): {BOB}}
    with house.watch.reading():
        await house.votes.reacted(house.card, BOB, "👍")
        await house.reconciler._reactions(house.discord, [page], Reconciled())
    assert await house.stands() == (1, 0, 1)


async def test_an_edit_counts_also_where_what_it_answers_is_gone(house: House) -> None:
    answer = replace(house.message(2001), reply_to_id=2000)
    assert await house.comments.seen(answer)
    await house.comments.deleted([2000])
    assert await house.comments.seen(replace(answer, text="Other words.", edited_at=NOW))
    kept = await house.store.comments.get(2001)
    assert kept is not None
    assert kept.text == "Other words."


async def test_what_a_page_of_a_deleted_thread_held_does_not_come_back(house: House) -> None:
    in_thread = replace(house.message(2001), channel_id=house.card)
    with house.watch.reading():
        assert await house.comments.seen(in_thread)
        await house.comments.channel_deleted(house.card)
        assert not await house.comments.seen(in_thread)
        assert await house.comments.seen(house.message(2002)), "the card of the same id is still there"
    assert await house.store.comments.get(2001) is None


async def test_a_post_that_stood_unwatched_is_read(house: House) -> None:
    await house.store.votes.clear(house.card, None)
    await house.store.comments.remove([2000])
    assert await house.stands() == (0, 0, 0)
    post = await house.store.posts.by_message(house.card)
    assert post is not None
    await house.reconciler.read_post(house.discord, post)
    assert await house.stands() == (1, 0, 1)
