"""Votes: one a member on one article in one guild, computed from the mirror, whatever order events come in."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.newsroom.ranking import best, controversy
from storage import Database, ReactionChange, Store, Tally, Verdict, VoteEmoji, VoteRules
from tests.databases import RANKS, hot, nonces
from tests.examples import examples
from tests.storage.desk import GUILD, NOW, VISIBLE, Desk, at, comment
from tests.votes import add as add_vote
from tests.votes import remove as remove_vote

UP, DOWN, HEART = "👍", "👎", "❤️"


async def posted(desk: Desk, *channels: int) -> tuple[int, list[int]]:
    """An article in these channels of one guild: its id and the messages."""
    await desk.ingest(await desk.wired(*channels), "a")
    cards = await desk.send_all()
    return cards[0].article.id, [1000 + card.post.id for card in cards]


async def tally(desk: Desk, article_id: int, guild_id: int = GUILD) -> Tally:
    listed = await desk.store.frontpage.one(guild_id, article_id, visible=VISIBLE)
    assert listed is not None
    return listed.tally


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], Tally(0, 0)),
        ([("add", 0, 1, UP, 0)], Tally(1, 0)),
        ([("add", 0, 1, UP, 0), ("add", 0, 2, DOWN, 0)], Tally(1, 1)),
        ([("add", 0, 1, UP, 0), ("add", 0, 1, UP, 1)], Tally(1, 0)),
        ([("add", 0, 1, UP, 0), ("add", 0, 1, DOWN, 1)], Tally(0, 1)),
        ([("add", 0, 1, DOWN, 0), ("add", 0, 1, UP, 1)], Tally(1, 0)),
        ([("add", 0, 1, DOWN, 0), ("add", 0, 1, UP, 0)], Tally(1, 0)),
        ([("add", 0, 1, UP, 0), ("add", 0, 1, DOWN, 1), ("remove", 0, 1, DOWN, 2)], Tally(1, 0)),
        ([("add", 0, 1, UP, 0), ("remove", 0, 1, UP, 1)], Tally(0, 0)),
        ([("add", 0, 1, HEART, 0)], Tally(0, 0)),
        ([("add", 0, 1, UP, 0), ("add", 1, 1, UP, 1)], Tally(1, 0)),
        ([("add", 0, 1, UP, 0), ("add", 1, 1, DOWN, 1)], Tally(0, 1)),
        ([("add", 0, 1, UP, 1), ("add", 1, 1, DOWN, 0)], Tally(1, 0)),
        ([("add", 0, 1, DOWN, 0), ("add", 1, 1, UP, 1), ("add", 0, 1, DOWN, 2)], Tally(1, 0)),
        ([("add", 0, 1, UP, 0), ("add", 1, 2, UP, 0)], Tally(2, 0)),
    ],
)
async def test_one_member_one_vote(
    desk: Desk, events: list[tuple[str, int, int, str, float]], expected: Tally
):
    article_id, messages = await posted(desk, 100, 101)
    for what, message, member, emoji, minute in events:
        if what == "add":
            assert await add_vote(desk.store.votes, messages[message], member, emoji, at(minute))
        else:
            assert await remove_vote(desk.store.votes, messages[message], member, emoji)
    assert await tally(desk, article_id) == expected


async def test_guilds_vote_apart(desk: Desk):
    article_id, (here,) = await posted(desk, 100)
    source = await desk.source()
    await desk.subscribe(source, 200, guild_id=20, newest=1)
    (card,) = await desk.send_all()
    await add_vote(desk.store.votes, here, 1, UP, NOW)
    await add_vote(desk.store.votes, 1000 + card.post.id, 1, DOWN, NOW)
    assert await tally(desk, article_id) == Tally(1, 0)
    assert await tally(desk, article_id, 20) == Tally(0, 1)


async def test_a_guilds_own_emoji_count_there(desk: Desk):
    article_id, (message,) = await posted(desk, 100)
    await desk.store.vote_rules.put_emoji(GUILD, [VoteEmoji("yes:5", 1), VoteEmoji("no:6", -1)])
    await add_vote(desk.store.votes, message, 1, UP, NOW)
    await add_vote(desk.store.votes, message, 2, "yes:5", NOW)
    assert await tally(desk, article_id) == Tally(1, 0)


async def test_an_emoji_by_another_name_is_the_same_vote(desk: Desk):
    """A guild's own was renamed; a heart came with U+FE0F and without, which Discord takes for two reactions."""
    article_id, (message,) = await posted(desk, 100)
    votes = desk.store.votes
    several = [VoteEmoji("yes:5", 1), VoteEmoji("\u2764", 2), VoteEmoji("no:55", -1)]
    await desk.store.vote_rules.put_emoji(GUILD, several)
    for member, emoji, minute in (
        (1, "yes:5", 0),
        (1, "no:55", 1),
        (2, "aye:5", 0),
        (3, "\u2764\ufe0f", 0),
        (3, "\u2764", 1),
        (4, "no:55", 0),
    ):
        await add_vote(votes, message, member, emoji, at(minute))
    assert await tally(desk, article_id) == Tally(1 + 2, 2)
    voters = await desk.store.boards.voters(GUILD, article_id, 9)
    assert [(one.emoji, one.member_ids) for one in voters] == [
        ("\u2764", (3,)),
        ("yes:5", (2,)),
        ("no:55", (1, 4)),
    ]
    await remove_vote(votes, message, 3, "\u2764")
    assert await votes.mirrored([message]) == {
        message: {
            "yes:5": frozenset({1}),
            "aye:5": frozenset({2}),
            "no:55": frozenset({1, 4}),
            "\u2764\ufe0f": frozenset({3}),
        }
    }
    # What is read again by another name is no younger for it: 1 voted against later.
    await votes.replace(message, {"aye:5": [1, 2], "no:55": [1, 4], "\u2764\ufe0f": [3]}, at(9))
    assert await tally(desk, article_id) == Tally(1 + 2, 2)
    await remove_vote(votes, message, 2, "yea:5")
    assert await votes.clear(message, "nay:55")
    assert await tally(desk, article_id) == Tally(1 + 2, 0)


async def test_emoji_weigh_and_the_latest_of_a_members_counts(desk: Desk):
    article_id, (message, other) = await posted(desk, 100, 101)
    several = [VoteEmoji(UP, 1), VoteEmoji("🚀", 10), VoteEmoji(DOWN, -1), VoteEmoji("💤", -3)]
    await desk.store.vote_rules.put_emoji(GUILD, several)
    assert await desk.store.vote_rules.of(GUILD) == VoteRules(tuple(several))
    for member, on, emoji, minute in (
        (1, message, "🚀", 0),
        (2, message, UP, 0),
        (2, other, "💤", 1),
        (3, message, "🚀", 0),
        (3, message, UP, 1),
        (4, message, DOWN, 0),
        (5, message, HEART, 0),
    ):
        await add_vote(desk.store.votes, on, member, emoji, at(minute))
    assert await tally(desk, article_id) == Tally(10 + 1, 3 + 1)
    (stale,) = {card.card.post.article_id for card in await desk.store.posts.stale_cards(9)}
    assert stale == article_id


async def test_other_emoji_have_all_counted_anew_in_portions(desk: Desk):
    rules = desk.store.vote_rules
    source = await desk.wired(100)
    articles = []
    for number in range(5):
        await desk.ingest(source, f"a{number}")
        (card,) = await desk.send_all(at(number // 2))  # some are as old as others
        articles.append(card.article.id)
        message = 1000 + card.post.id
        await desk.store.comments.record(comment(number + 1, card.article.id))
        for voted in (message, number + 1):
            await desk.store.votes.replace(voted, {UP: [7], HEART: [8, 9]}, NOW)
    assert not await rules.recount_some(2)
    await rules.put_emoji(GUILD, [VoteEmoji(HEART, 4), VoteEmoji(UP, -1)])
    assert await rules.recount_some(2)
    assert [await tally(desk, one) for one in articles] == [Tally(1, 0)] * 3 + [Tally(8, 1)] * 2
    while await rules.recount_some(2):
        pass
    assert [await tally(desk, one) for one in articles] == [Tally(8, 1)] * 5
    for number in range(5):
        voted = await desk.store.comments.get(number + 1)
        assert voted is not None
        assert voted.tally == Tally(8, 1)


async def test_whoever_may_not_vote_is_mirrored_and_does_not_count(desk: Desk):
    article_id, (message,) = await posted(desk, 100)
    await desk.store.comments.record(comment(5, article_id, author_id=1))
    await desk.store.vote_rules.put_roles(GUILD, [77, 78])
    changes = [
        ReactionChange(on, member, emoji, NOW, came=True, roles=frozenset(roles))
        for on, member, emoji, roles in (
            (message, 1, UP, {77, 5}),
            (message, 2, UP, {5}),
            (message, 3, HEART, set[int]()),
            (5, 1, UP, {78}),
            (5, 2, DOWN, {78}),
            (99, 2, DOWN, {78}),
        )
    ]
    assert await desk.store.votes.apply(changes) == [
        Verdict.COUNTS,
        Verdict.NOT_A_VOTER,
        Verdict.NO_VOTE,
        Verdict.OWN_COMMENT,
        Verdict.COUNTS,
        Verdict.NO_VOTE,
    ]
    assert await tally(desk, article_id) == Tally(1, 0)
    assert await desk.store.votes.mirrored([message]) == {
        message: {UP: frozenset({1, 2}), HEART: frozenset({3})}
    }
    # A heart of who may not vote counts no more once hearts are votes.
    await desk.store.vote_rules.put_emoji(GUILD, [VoteEmoji(UP, 1), VoteEmoji(HEART, 1), VoteEmoji(DOWN, -1)])
    await desk.store.vote_rules.recount_some(9)
    assert await tally(desk, article_id) == Tally(1, 0)
    await desk.store.votes.replace(message, {UP: [1, 2, 8, 9]}, NOW, uncounted={9})
    assert await tally(desk, article_id) == Tally(2, 0)
    voted = await desk.store.comments.get(5)
    assert voted is not None
    assert voted.tally == Tally(0, 1)


async def test_changes_of_one_reaction_end_as_they_came_in(desk: Desk):
    article_id, (message,) = await posted(desk, 100)
    votes = desk.store.votes
    await add_vote(votes, message, 1, UP, at(0))
    await add_vote(votes, message, 1, DOWN, at(1))

    def change(emoji: str, minute: float, *, came: bool, member: int = 1) -> ReactionChange:
        return ReactionChange(message, member, emoji, at(minute), came=came)

    await votes.apply(
        [change(UP, 2, came=False), change(UP, 3, came=True), change(UP, 4, came=True, member=2)]
    )
    assert await tally(desk, article_id) == Tally(2, 0), "what went and came again is newer"
    await votes.apply(
        [change(UP, 5, came=True, member=3), change(UP, 6, came=False, member=3), change(UP, 7, came=False)]
    )
    assert await votes.mirrored([message]) == {message: {UP: frozenset({2}), DOWN: frozenset({1})}}
    assert await tally(desk, article_id) == Tally(1, 1)


async def test_members_are_told_once_for_each_reason(desk: Desk):
    await posted(desk, 100)
    answered = desk.store.vote_rules.answered
    asked = [
        (1, Verdict.OWN_COMMENT),
        (1, Verdict.OWN_COMMENT),
        (1, Verdict.NOT_A_VOTER),
        (2, Verdict.NOT_A_VOTER),
    ]
    assert [await answered(GUILD, member, why) for member, why in asked] == [True, False, True, True]
    await desk.store.vote_rules.not_answered(GUILD, 1, Verdict.OWN_COMMENT)
    assert [await answered(GUILD, member, why) for member, why in asked] == [True, False, False, False]


async def test_messages_that_are_not_ours(desk: Desk):
    votes = desk.store.votes
    assert not await add_vote(votes, 5, 1, UP, NOW)
    assert not await remove_vote(votes, 5, 1, UP)
    assert not await votes.clear(5, None)
    await votes.replace(5, {UP: [1]}, NOW)
    assert await votes.mirrored([5]) == {}


async def test_clearing(desk: Desk):
    article_id, (message,) = await posted(desk, 100)
    votes = desk.store.votes
    for member, emoji in ((1, UP), (2, UP), (3, DOWN), (3, HEART)):
        await add_vote(votes, message, member, emoji, NOW)
    assert not await remove_vote(votes, message, 9, UP)
    assert await votes.clear(message, UP)
    assert not await votes.clear(message, UP)
    assert await tally(desk, article_id) == Tally(0, 1)
    assert await votes.clear(message, None)
    assert await tally(desk, article_id) == Tally(0, 0)
    assert await votes.mirrored([message]) == {}


async def test_reconciling_sets_the_mirror_and_keeps_the_times_of_what_stood(desk: Desk):
    article_id, (one, other) = await posted(desk, 100, 101)
    votes = desk.store.votes
    await add_vote(votes, one, 1, UP, at(0))
    await add_vote(votes, other, 1, DOWN, at(1))
    await add_vote(votes, one, 2, UP, at(1))
    await votes.replace(one, {UP: [1, 3], HEART: {4}}, at(9))
    assert await votes.mirrored([one, other, 5]) == {
        one: {UP: frozenset({1, 3}), HEART: frozenset({4})},
        other: {DOWN: frozenset({1})},
    }
    assert await tally(desk, article_id) == Tally(1, 1), (
        "1's downvote is later than the upvote that stood before"
    )
    await votes.replace(one, {}, at(10))
    assert await tally(desk, article_id) == Tally(0, 1)


async def test_a_big_vote_is_reconciled(desk: Desk):
    article_id, (message,) = await posted(desk, 100)
    await desk.store.votes.replace(message, {UP: range(1200)}, NOW)
    await desk.store.votes.replace(message, {UP: range(600, 1200), DOWN: range(600)}, NOW)
    assert await tally(desk, article_id) == Tally(600, 600)


async def test_votes_at_once_are_all_counted(desk: Desk, database_url: str):
    other_database = await Database.open(database_url)
    other = Store(other_database, ranks=RANKS, nonce=nonces())
    article_id, messages = await posted(desk, 100, 101)
    await asyncio.gather(
        *(
            add_vote(store.votes, messages[member % 2], member // 2, UP, NOW)
            for member in range(24)
            for store in (desk.store, other)
        )
    )
    assert await tally(desk, article_id) == Tally(12, 0)
    await other_database.close()


async def test_ranks_follow_the_votes(desk: Desk):
    article_id, (message,) = await posted(desk, 100)
    await desk.store.votes.replace(message, {UP: [1, 2, 3], DOWN: [4]}, NOW)
    (stale,) = await desk.store.posts.stale_cards(1)
    assert stale.card.tally.score == 2
    async with desk.database.reading() as connection:
        row = (await connection.exec_driver_sql("SELECT score, hot, controversy, best FROM standings")).one()
    assert tuple(row) == (2, hot(3, 1, NOW), controversy(3, 1), best(3, 1))
    # One whose emoji weighs ten votes is one member for all that.
    await desk.store.vote_rules.put_emoji(GUILD, [VoteEmoji(UP, 10), VoteEmoji(DOWN, -2)])
    await desk.store.vote_rules.recount_some(9)
    async with desk.database.reading() as connection:
        row = (await connection.exec_driver_sql("SELECT score, hot, controversy, best FROM standings")).one()
    assert tuple(row) == (28, hot(30, 2, NOW), controversy(30, 2), best(3, 1))
    assert article_id == stale.card.article.id


@pytest.mark.parametrize(
    ("more", "less"),
    [((5, 5), (4, 4)), ((5, 5), (9, 1)), ((9, 2), (2, 0)), ((1, 1), (0, 90)), ((3, 5), (2, 9))],
)
def test_the_controversial_are_the_even_and_the_many(more: tuple[int, int], less: tuple[int, int]):
    assert controversy(*more) > controversy(*less)
    assert controversy(*more) == controversy(*reversed(more))


async def test_votes_on_a_comment_leave_out_its_author(desk: Desk):
    article_id, _ = await posted(desk, 100)
    await desk.store.comments.record(comment(5, article_id, author_id=1))
    votes = desk.store.votes
    for member, emoji, minute in ((1, UP, 0), (2, UP, 0), (3, UP, 0), (3, DOWN, 1), (4, HEART, 0)):
        assert await add_vote(votes, 5, member, emoji, at(minute))
    voted = await desk.store.comments.get(5)
    assert voted is not None
    assert voted.tally == Tally(1, 1)
    assert await tally(desk, article_id) == Tally(0, 0)
    await remove_vote(votes, 5, 3, DOWN)
    await votes.replace(5, {UP: [1, 2, 3, 6]}, at(2))
    (voted,), _ = await desk.store.comments.of_article(GUILD, article_id, "oldest", visible=VISIBLE)
    assert voted.tally == Tally(3, 0)


@dataclass
class Model:
    """The rule in plain Python: reactions as they stand, the latest of a member's ups and downs counts."""

    standing: dict[tuple[int, int, str], datetime] = field(default_factory=dict)

    def add(self, message: int, member: int, emoji: str, now: datetime) -> None:
        self.standing.setdefault((message, member, emoji), now)

    def remove(self, message: int, member: int, emoji: str) -> None:
        self.standing.pop((message, member, emoji), None)

    def clear(self, message: int, emoji: str | None) -> None:
        for key in [key for key in self.standing if key[0] == message and emoji in (None, key[2])]:
            del self.standing[key]

    def replace(self, message: int, wanted: dict[str, set[int]], now: datetime) -> None:
        keys = {(message, member, emoji) for emoji, members in wanted.items() for member in members}
        for key in [key for key in self.standing if key[0] == message and key not in keys]:
            del self.standing[key]
        for key in keys:
            self.standing.setdefault(key, now)

    def tally(self) -> Tally:
        latest: dict[int, tuple[datetime, bool]] = {}
        for (_, member, emoji), when in self.standing.items():
            if emoji in (UP, DOWN):
                latest[member] = max(latest.get(member, (when, False)), (when, emoji == UP))
        ups = sum(up for _, up in latest.values())
        return Tally(ups, len(latest) - ups)


MESSAGE, MEMBER = st.integers(0, 1), st.integers(1, 3)
EMOJI = st.sampled_from([UP, DOWN, HEART])
EVENT = st.one_of(
    st.tuples(st.just("add"), MESSAGE, MEMBER, EMOJI),
    st.tuples(st.just("remove"), MESSAGE, MEMBER, EMOJI),
    st.tuples(st.just("clear"), MESSAGE, st.none() | EMOJI),
    st.tuples(st.just("replace"), MESSAGE, st.dictionaries(EMOJI, st.sets(MEMBER))),
)


def test_any_sequence_of_events_gives_the_models_tally(database_url: str):
    numbers = itertools.count()

    async def play(desk: Desk, events: list[tuple[tuple[Any, ...], int]]) -> tuple[Tally, Tally]:
        source = await desk.wired(100, 101, name=f"source{next(numbers)}")
        await desk.ingest(source, "a")
        cards = await desk.send_all()
        messages = [1000 + card.post.id for card in cards]
        model = Model()
        for (what, message, *rest), minute in events:
            timed = [at(minute)] if what in ("add", "replace") else []
            deed = {
                "add": partial(add_vote, desk.store.votes),
                "remove": partial(remove_vote, desk.store.votes),
            }
            await deed.get(what, getattr(desk.store.votes, what, None))(messages[message], *rest, *timed)
            getattr(model, what)(message, *rest, *timed)
        return await tally(desk, cards[0].article.id), model.tally()

    with asyncio.Runner() as runner:
        database = runner.run(Database.open(database_url))
        desk = Desk(database, Store(database, ranks=RANKS, nonce=nonces()))

        @settings(
            max_examples=examples(12), deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(st.lists(st.tuples(EVENT, st.integers(0, 3)), max_size=10))
        def compare(events: list[tuple[tuple[Any, ...], int]]) -> None:
            stored, modelled = runner.run(play(desk, events))
            assert stored == modelled

        try:
            compare()
        finally:
            runner.run(database.close())
