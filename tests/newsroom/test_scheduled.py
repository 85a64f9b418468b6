"""What stands in a digest, and the round that writes those that are due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.ports import Away, Done, Later, Left, Outcome, Unclear
from bot.newsroom.scheduled import (
    MOST_OF_GUILD,
    DigestRound,
    NotScheduled,
    Schedules,
    best_comments,
    choose,
)
from storage import Store
from storage.records import (
    CommentRated,
    DigestEntry,
    Every,
    Listed,
    OverLimit,
    ScheduleToStore,
    Scope,
    Sort,
    Tally,
)
from tests.discord.records import ARTICLE, listed
from tests.newsroom.channel import CHANNEL, GUILD, NOW, Channel, Clock, deliver_all, queue

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def article(
    number: int, up: int = 0, down: int = 0, comments: int = 0, hours: float = 0, **more: Any
) -> Listed:
    """An article that was posted so many hours before now; its card is 100 and its number."""
    posted_at = NOW - hours * HOUR
    told = listed(id=number, **{"source_id": number, **more})
    return replace(
        told, posted_at=posted_at, tally=Tally(up, down), comment_count=comments, message_id=100 + number
    )


def over(number: int, **more: Any) -> OverLimit:
    return OverLimit(replace(ARTICLE, **{"id": number, "source_id": number, **more}), NOW - HOUR)


def told(entries: Iterable[DigestEntry]) -> list[tuple[int, int]]:
    return [(entry.place, entry.article_id) for entry in entries if not entry.also]


@pytest.mark.parametrize(
    ("rank", "order"),
    [
        (Sort.TOP, [2, 1, 3, 4]),
        (Sort.BEST, [1, 2, 3, 4]),
        (Sort.DISCUSSED, [3, 1, 2, 4]),
        (Sort.CONTROVERSIAL, [2, 1, 3, 4]),
        (Sort.NEW, [1, 2, 3, 4]),
        (Sort.HOT, [2, 1, 3, 4]),
    ],
)
def test_the_rank_decides_and_the_newer_of_equals_comes_first(rank: Sort, order: list[int]) -> None:
    articles = [
        article(4, hours=4),
        article(2, up=30, down=10, hours=2),
        article(1, up=9, hours=1),
        article(3, comments=7, hours=3),
    ]
    assert told(choose(articles, (), rank, 10, NOW)) == list(enumerate(order, 1))
    assert told(choose(articles, (), rank, 2, NOW)) == list(enumerate(order[:2], 1))


def test_a_story_is_told_once_with_who_else_tells_it() -> None:
    articles = [
        article(1, up=3, story_id=1),
        article(2, up=2, story_id=1),
        article(3, up=1),
        article(4, story_id=1, source_id=1),
        article(5, up=9, hours=-1),
        article(6, up=9, retracted_at=NOW),
    ]
    entries = choose(articles, (), Sort.TOP, 10, NOW + timedelta(minutes=1))
    assert [(one.place, one.article_id, one.also, one.message_id) for one in entries] == [
        (1, 1, False, 101),
        (1, 2, True, 102),
        (2, 3, False, 103),
    ], "the source's own sequel is left out, and what came after the period or was taken back"


@given(
    articles=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(0, 2)), max_size=12),
    kept=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=8),
    most=st.integers(1, 6),
)
def test_nothing_over_the_limit_is_lost_and_nothing_stands_twice(
    articles: list[tuple[int, int, int]], kept: list[tuple[int, int]], most: int
) -> None:
    posted = [
        article(number, up=up, story_id=story or None, source_id=source)
        for number, (story, source, up) in enumerate(articles, 1)
    ]
    waiting = [
        over(number, story_id=story or None, source_id=source)
        for number, (story, source) in enumerate(kept, 8)
    ]
    entries = choose(posted, waiting, Sort.TOP, most, NOW + HOUR)
    ids = [entry.article_id for entry in entries]
    assert len(set(ids)) == len(ids)
    assert {entry.article_id for entry in entries if entry.over} == {one.article.id for one in waiting}
    places = [entry.place for entry in entries if not entry.also]
    assert places == list(range(1, len(places) + 1))
    assert all(entry.over for entry in entries if entry.place > most)


def test_the_comment_that_is_surely_liked_is_quoted() -> None:
    rated = [
        CommentRated(5, 1, Tally(1, 0)),
        CommentRated(6, 1, Tally(90, 30)),
        CommentRated(7, 1, Tally(20, 0)),
        CommentRated(8, 1, Tally(20, 0)),
        CommentRated(9, 2, Tally(1, 4)),
    ]
    assert best_comments(rated) == {1: 7, 2: 9}


@dataclass
class Sight:
    """Who sees what: all see the channel, unless it is told otherwise."""

    seen: frozenset[int] | Left | Later = frozenset({CHANNEL})
    asked: list[int | None] = field(default_factory=list)
    fails_for: int | None = None

    async def visible(
        self, guild_id: int, channel_id: int, member_id: int | None
    ) -> frozenset[int] | Left | Later:
        self.asked.append(member_id)
        if channel_id == self.fails_for:
            raise RuntimeError("Nobody thought of this.")
        return self.seen


@dataclass
class House:
    """A newsroom with two articles in a channel, posted an hour before a daily digest is due."""

    store: Store
    clock: Clock = field(default_factory=Clock)
    channel: Channel = field(default_factory=Channel)
    sight: Sight = field(default_factory=Sight)

    async def furnish(self, *titles: str) -> None:
        await queue(self.store, list(titles))
        await deliver_all(self.store, self.channel, self.clock)
        self.channel.asked.clear()

    async def schedule(self, **wishes: Any) -> None:
        wish = ScheduleToStore(GUILD, 30, Every.DAY, NOW.hour + 1, 0, "UTC")
        await Schedules(self.store, clock=self.clock).put(replace(wish, **wishes))

    async def evening(self, after: timedelta = HOUR) -> timedelta:
        """Move the clock; write and deliver what is due then."""
        self.clock.now += after
        wait = await self.write()
        await deliver_all(self.store, self.channel, self.clock)
        return wait

    async def write(self) -> timedelta:
        digests = DigestRound(
            self.store, self.sight, clock=self.clock, may_send=lambda: True, on_posts=lambda: None
        )
        while not (wait := await digests.write_due()):
            pass
        return wait

    @property
    def came(self) -> list[list[str]]:
        return [[story.article.title for story in digest.stories] for digest in self.channel.digests]


@pytest.fixture
def house(store: Store) -> House:
    return House(store)


async def test_it_comes_once_and_not_at_all_of_a_time_without_articles(house: House) -> None:
    await house.furnish("One", "Two")
    await house.schedule()
    assert await house.evening(timedelta()) == HOUR
    assert house.came == []
    await house.evening()
    assert house.came == [["Two", "One"]]
    await house.evening(DAY)
    await house.evening(DAY)
    assert len(house.came) == 1


async def test_who_was_away_over_several_due_times_sends_the_last_ones(house: House) -> None:
    await house.furnish("Old")
    await house.schedule()
    house.clock.now += HOUR
    await house.write()  # and dies before it is sent
    house.clock.now += 3 * DAY
    await queue(house.store, ["New"], now=house.clock.now, channel=CHANNEL + 1)
    await deliver_all(house.store, house.channel, house.clock)
    house.sight.seen = frozenset({CHANNEL, CHANNEL + 1})
    house.channel.digests.clear()
    await house.evening(DAY)
    await house.evening(timedelta())
    assert house.came == [["New"]]


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
@pytest.mark.parametrize("later", [1, 5, 13, 23], ids="{}h".format)
async def test_a_preview_shows_what_there_is_at_any_hour(house: House, later: int) -> None:
    await house.furnish("One", "Two")
    house.clock.now += later * HOUR
    for due_at in range(24):
        wish = ScheduleToStore(GUILD, 30, Every.DAY, due_at, 0, "UTC")
        previewed = await Schedules(house.store, clock=house.clock).preview(wish, {CHANNEL})
        assert [story.article.title for story in previewed.stories] == ["Two", "One"], due_at


@on_sqlite
@pytest.mark.parametrize(
    ("found", "asked"),
    [
        pytest.param([Done(777)], ["send_digest", "find_digest"], id="it had arrived"),
        pytest.param([], ["send_digest", "find_digest", "send_digest"], id="it had not"),
    ],
)
async def test_one_whose_end_is_unclear_is_looked_for(
    house: House, found: list[Outcome], asked: list[str]
) -> None:
    await house.furnish("One")
    await house.schedule()
    house.channel.answers = {"send_digest": [Unclear("The connection broke.")], "find_digest": found}
    for _ in range(3):
        await house.evening()
    assert house.channel.asked == asked


@on_sqlite
async def test_a_server_that_is_out_or_was_left_gets_none(house: House) -> None:
    await house.furnish("One")
    await house.schedule()
    house.sight.seen = Later("The server can't be seen now.")
    assert await house.evening() == timedelta(minutes=1)
    assert house.came == []
    await house.store.guilds.left(GUILD, house.clock())
    await house.evening(timedelta(minutes=1))
    assert (house.came, house.sight.asked) == ([], [None])
    await house.store.guilds.seen(GUILD, "Harbour Town", house.clock())
    house.sight.seen = frozenset({CHANNEL})
    await house.evening()
    assert house.came == [], "its time is over"


@on_sqlite
async def test_two_in_one_channel_come_one_after_the_other(house: House) -> None:
    await house.furnish("One")
    await house.schedule()
    await house.schedule(every=Every.WEEK, day=NOW.weekday())
    await house.evening()
    await house.evening(timedelta(minutes=1))
    await house.evening()
    headings = [digest.digest.heading for digest in house.channel.digests]
    assert headings == ["The day's best · 1 May", "The week's best · 25 April – 1 May"]


@on_sqlite
async def test_one_that_fails_holds_up_no_other(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await house.furnish("One")
    await house.schedule()
    await house.schedule(channel_id=31)
    house.sight.fails_for = 30
    await house.evening()
    assert [digest.digest.channel_id for digest in house.channel.digests] == [31]
    assert "it is tried again" in caplog.text
    house.sight.fails_for = None
    await house.evening()
    assert [digest.digest.channel_id for digest in house.channel.digests] == [31, 30]


@on_sqlite
async def test_who_takes_no_direct_messages_gets_none_until_they_ask(house: House) -> None:
    await house.furnish("One")
    await house.schedule(member_id=7)
    house.channel.answers = {"send_digest": [Away("They take none.", unwanted=True)]}
    await house.evening()
    await house.evening(2 * DAY)
    assert house.channel.asked == ["send_digest"]
    assert house.sight.asked == [7]
    schedules = Schedules(house.store, clock=house.clock)
    assert [await schedules.told_of_pause(7), await schedules.told_of_pause(7)] == [True, False]


@on_sqlite
async def test_who_left_the_server_gets_none_any_more(house: House) -> None:
    await house.furnish("One")
    await house.schedule(member_id=7)
    house.sight.seen = Left()
    await house.evening()
    await house.evening(DAY)
    assert (house.came, house.sight.asked) == ([], [7])
    assert await house.store.schedules.of_guild(GUILD, 7) == []


@on_sqlite
async def test_what_can_not_be_wished(house: House) -> None:
    await house.furnish("One")
    await house.store.privacy.forget(7, NOW)
    with pytest.raises(NotScheduled, match="nothing be kept of you"):
        await house.schedule(member_id=7)
    for _ in range(MOST_OF_GUILD):
        await house.schedule()
    with pytest.raises(NotScheduled, match="as many as there can be"):
        await house.schedule()
    await house.schedule(member_id=8)


@on_sqlite
async def test_what_is_over_the_limit_comes_in_the_evening(house: House) -> None:
    await queue(house.store, ["One", "Two", "Three", "Four"], at_most=1)
    await deliver_all(house.store, house.channel, house.clock)
    await house.evening(timedelta())
    assert house.came == []
    await house.evening(6 * HOUR)
    assert house.came == [["Four", "Three", "Two"]]
    [digest] = house.channel.digests
    assert digest.digest.heading == "The day's other articles · 1 May"
    [evening] = await house.store.schedules.of_guild(GUILD)
    assert evening.scope is Scope.OVER
    await house.evening(DAY)
    assert len(house.came) == 1
