"""Letters, told by a Discord that is made up: not too many, at the right time, and through whatever goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.newsroom import telling
from bot.newsroom.away import AwayChannels
from bot.newsroom.follows import Asking, Follows
from bot.newsroom.letters import KEPT_FOR, LONGEST_WAIT, Letters
from bot.newsroom.ports import Away, Done, Later, Left, Missing, Outcome, Refused, Unclear
from bot.newsroom.telling import HOUR
from storage import Database, Store
from storage.records import Brought, Follow, FollowKind, LetterToSend, Listener
from tests.storage.desk import GUILD, NOW, Desk, article, poll
from tests.storage.test_follows import BEN, CY, follow


@dataclass
class MadeUp:
    """A Postman: `sent` is what members got; `answers` are given one after the other instead of sending."""

    sent: list[LetterToSend] = field(default_factory=list)
    answers: list[Outcome] = field(default_factory=list)
    arrives_all_the_same: bool = False
    reader: frozenset[int] | Left | Later = frozenset({100})
    closed_in: list[int] = field(default_factory=list)
    found: Outcome | None = None
    out: bool = False
    asked_of: list[int] = field(default_factory=list)

    def sees(self, guild_id: int) -> bool:
        return not self.out

    async def readable(
        self, guild_id: int, member_id: int, channel_id: int | None
    ) -> frozenset[int] | Left | Later:
        self.asked_of.append(member_id)
        return self.reader

    async def newest_id_for(self, letter: LetterToSend) -> int:
        return 70

    async def send_letter(self, letter: LetterToSend) -> Outcome:
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or self.arrives_all_the_same:
            self.sent.append(letter)
        return answer or Done(9000 + len(self.sent))

    async def find_letter(self, letter: LetterToSend) -> Outcome:
        if self.found is not None:
            return self.found
        nonces = [one.letter.nonce for one in self.sent]
        return Done(9000 + nonces.index(letter.letter.nonce)) if letter.letter.nonce in nonces else Missing()

    async def say_closed(self, guild_id: int, channel_id: int, member_id: int) -> Outcome:
        self.closed_in.append(channel_id)
        return Away("It may not speak there.")

    @property
    def told(self) -> list[list[str]]:
        """The titles in each letter."""
        return [[line.title for line in letter.lines] for letter in self.sent]


@dataclass
class Office:
    """A guild whose source is followed, and what tells of it; `now` is what the clock shows."""

    desk: Desk
    postman: MadeUp = field(default_factory=MadeUp)
    now: timedelta = timedelta()
    may_send: bool = True

    def open(self) -> Letters:
        away = AwayChannels(self.desk.store, clock=lambda: NOW, on_back=lambda: None)

        async def gone(channel_id: int) -> None:
            raise AssertionError("No channel is gone.")

        return Letters(
            self.desk.store,
            self.postman,
            away,
            clock=lambda: NOW + self.now,
            may_send=lambda: self.may_send,
            on_gone=gone,
        )

    async def publish(self, *titles: str) -> None:
        source = await self.desk.source()
        moment = NOW + self.now
        new = [article(title, title=title) for title in titles]
        await self.desk.store.harvest.store([Brought(poll(source), new)], moment)
        await self.desk.send_all(moment)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The rules do not depend on the kind of database."""
    return sqlite_url


@pytest.fixture
async def office(database: Database, store: Store) -> Office:
    desk = Desk(database, store)
    source = await desk.wired(100)
    await follow(store, FollowKind.SOURCE, source.id, source_id=source.id)
    return Office(desk)


async def test_a_flood_is_gathered(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(telling, "MOST_AN_HOUR", 2)
    letters = office.open()
    for number in range(4):
        await office.publish(f"News {number:02}")
        await letters.round()
        office.now += timedelta(minutes=1)
    assert office.postman.told == [["News 00"], ["News 01"]]
    # An hour after the first of them there is room for one, and all that waits is in it.
    office.now = HOUR
    await letters.round()
    assert office.postman.told[2:] == [["News 02", "News 03"]]
    await letters.round()
    assert len(office.postman.sent) == 3


async def test_quiet_hours_and_what_is_changed_while_things_wait(office: Office):
    store, letters = office.desk.store, office.open()
    # NOW is noon in UTC, 21:00 in Tokyo.
    night = replace(Listener(BEN), time_zone="Asia/Tokyo", quiet_from=20 * 60, quiet_until=7 * 60)
    await store.follows.settle(night, NOW)
    await office.publish("At night")
    assert await letters.round() == timedelta(hours=10)
    assert office.postman.sent == []
    office.now = timedelta(hours=1)
    await store.follows.settle(replace(night, quiet_from=None, quiet_until=None), NOW + office.now)
    await letters.round()
    assert office.postman.told == [["At night"]]


async def test_what_fits_two_follows_is_told_still_when_one_is_stopped(office: Office):
    store, letters = office.desk.store, office.open()
    later = replace(Listener(BEN), quiet_from=12 * 60, quiet_until=13 * 60)
    await store.follows.settle(later, NOW)
    (first,) = await store.follows.of_member(GUILD, BEN)
    second = await follow(store, FollowKind.PHRASE, "bridge")
    await office.publish("Old bridge", "Old road")
    await letters.round()
    assert await store.follows.remove(first.id, BEN)
    # Who begins to follow meanwhile is told nothing of what came before.
    await follow(store, FollowKind.PHRASE, "bridge", member_id=CY)
    await letters.round()
    office.now = HOUR
    await letters.round()
    assert office.postman.told == [["Old bridge"]]
    assert office.postman.sent[0].lines[0].wording == second.wording


async def test_what_goes_wrong_is_tried_again_found_or_given_up(office: Office):
    postman, letters = office.postman, office.open()
    postman.answers = [Later("Discord asked for a pause.", timedelta(seconds=30))]
    await office.publish("First")
    await letters.round()
    assert postman.sent == []
    # While that one is on its way, what comes waits for the next.
    await office.publish("Second")
    await letters.round()
    office.now = timedelta(seconds=31)
    postman.answers, postman.arrives_all_the_same = [Unclear("The connection broke.")], True
    await letters.round()
    assert postman.told == [["First"]]
    # A bot that comes after it finds the letter, and sends none again.
    office.now += timedelta(minutes=1)
    await office.open().round()
    office.now += timedelta(minutes=1)
    await office.open().round()
    assert postman.told == [["First"], ["Second"]]
    postman.answers, postman.arrives_all_the_same = [Refused("It is malformed.")], False
    await office.publish("Third")
    await letters.round()
    await letters.round()
    # One that can't be looked for is given up at last, and holds up no other for ever.
    postman.answers, postman.found = [Unclear("Discord failed.")], Away("It can't be seen.")
    await office.publish("Fourth")
    await letters.round()
    office.now += LONGEST_WAIT
    await letters.round()
    await office.publish("Fifth")
    office.now += timedelta(minutes=2)
    await letters.round()
    assert postman.told == [["First"], ["Second"], ["Fifth"]]
    # One that surely was not sent outlasts the longest trouble.
    postman.answers = [Later("The bot is not connected to Discord.")] * 2
    await office.publish("Sixth")
    await letters.round()
    office.now += 2 * LONGEST_WAIT
    await letters.round()
    office.now += timedelta(minutes=2)
    await letters.round()
    assert postman.told[3:] == [["Sixth"]]


async def test_who_may_not_see_it_or_is_gone_is_not_told(office: Office):
    store, postman, letters = office.desk.store, office.postman, office.open()
    postman.reader = Later("Discord did not tell.")
    await office.publish("First")
    await letters.round()
    assert postman.sent == []
    postman.reader, office.now = frozenset(), timedelta(minutes=2)
    await letters.round()
    postman.reader = frozenset({100})
    await letters.round()
    assert postman.sent == [], "it was dropped when they could not see it"
    postman.reader = Left()
    await office.publish("Second")
    await letters.round()
    assert await store.follows.of_member(GUILD, BEN) == []
    # A bot that is not the one any more sends nothing.
    postman.reader, office.may_send = frozenset({100}), False
    await follow(store, FollowKind.PHRASE, "third", member_id=CY)
    await office.publish("Third")
    await letters.round()
    assert postman.sent == []
    office.may_send = True
    await letters.round()
    assert postman.told == [["Third"]]


async def test_what_keeps_the_bot_from_writing_to_anybody_closes_nobodys_direct_messages(office: Office):
    store, postman, letters = office.desk.store, office.postman, office.open()
    postman.answers = [Away("Discord limits what Broadsheet may do."), Later("Discord failed.")]
    await office.publish("First")
    await letters.round()
    assert (await store.follows.listener(BEN)).closed_at is None
    assert postman.closed_in == []
    assert await store.letters.next_due_at() == NOW + HOUR
    office.now = HOUR
    await letters.round()
    assert await store.letters.next_due_at() == NOW + HOUR + timedelta(seconds=2), "later each time"
    office.now += timedelta(minutes=1)
    await letters.round()
    assert postman.told == [["First"]]


async def test_a_server_that_is_out_waits_as_one(office: Office, monkeypatch: pytest.MonkeyPatch):
    store, postman, letters = office.desk.store, office.postman, office.open()
    monkeypatch.setattr("bot.newsroom.letters.LETTERS_A_ROUND", 2)
    for member in (CY, 4, 5):
        await follow(store, FollowKind.PHRASE, "news", member_id=member)
    await office.publish("News")
    postman.out = True
    assert await letters.round() == timedelta(minutes=1), "all of it was put off at once"
    postman.out, office.now = False, timedelta(minutes=1)
    for _ in range(4):
        await letters.round()
    assert sorted(postman.asked_of) == [BEN, CY, 4, 5]
    assert postman.told == [["News"]] * 4


async def test_what_many_follow_is_matched_in_several_steps(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.newsroom.letters.TOLD_AT_ONCE", 2)
    tidings, steps = office.desk.store.tidings, []
    matched = tidings.matched

    async def counted(came: Any, now: datetime) -> None:
        steps.append(len(came))
        await matched(came, now)

    monkeypatch.setattr(tidings, "matched", counted)
    await office.publish("One", "Two", "Three")
    await office.open().round()
    assert steps == [2, 1]
    assert office.postman.told == [["One", "Two", "Three"]]


async def test_closed_direct_messages_hold_what_waits_until_they_are_used_again(office: Office):
    store, postman, letters = office.desk.store, office.postman, office.open()
    postman.answers = [Away("This member takes no direct messages.", unwanted=True)]
    await office.publish("First")
    await letters.round()
    await office.publish("Second")
    for _ in range(3):
        office.now += HOUR
        await letters.round()
    assert postman.closed_in == [100], "told elsewhere once, whatever comes of it"
    assert postman.sent == []
    assert await store.follows.came(BEN, NOW + office.now, NOW + office.now)
    await letters.round()
    assert postman.told == [["First", "Second"]]
    # Once they are open, it is told again should they be closed again; what is old is forgotten.
    postman.answers = [Away("This member takes no direct messages.", unwanted=True)]
    await office.publish("Third")
    await letters.round()
    assert postman.closed_in == [100, 100]
    office.now += KEPT_FOR + HOUR
    await letters.round()
    assert (await store.privacy.kept_of(BEN)).told == ()


async def test_a_nul_in_a_phrase_is_not_stored(store: Store) -> None:
    followed = await Follows(store, clock=lambda: NOW).phrase(Asking(1, 2, 3), "harbour \0lamp")
    assert isinstance(followed, Follow)
    assert (followed.what, followed.wording) == ("harbour lamp", "harbour lamp")
