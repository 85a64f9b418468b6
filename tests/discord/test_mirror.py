"""The mirror after a gap, held against all that stands at the local Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from bot.client import BroadsheetBot
from bot.config import Settings
from bot.newsroom.mirror import Reconciled
from bot.newsroom.newsroom import Newsroom
from bot.newsroom.reconcile import Reconciler
from bot.newsroom.sweep import Sweeper
from bot.newsroom.watch import Watch
from bot.publisher import DiscordReader
from bot.sandbox.faults import Dropped, Reordered, Repeated, Status
from bot.sandbox.scenario import Json, Person, Refused, Scenario
from bot.web.metrics import mirror_figures, written
from storage import Database, Store
from tests.discord.conftest import (
    BOT_PERMISSIONS,
    READS_CONTENT,
    Press,
    StartBot,
    Town,
    each_database,
    eventually,
    utc_now,
)
from tests.mirror import assert_mirror_equals, mirror_differences

LAST_WORD = "That is the last word."
EMOJI = ["👍", "👎", "🎉"]


@pytest.fixture
async def bot(town: Town, start_bot: StartBot) -> BroadsheetBot:
    """The town's bot, which may read all that is written."""
    await town.alice.allow_intents(town.application, READS_CONTENT)
    return await start_bot(Settings(message_content=True))


class Crowd:
    """Members who vote and talk at random, by a seed."""

    def __init__(self, town: Town, people: list[Person], cards: list[Json], seed: int) -> None:
        self._town, self._people, self._random = town, people, Random(seed)
        self._cards, self._said = list(cards), list[tuple[Person, Json]]()
        self._votes = list[tuple[Person, Json, str]]()
        self._threads = [card["thread"]["id"] for card in cards if "thread" in card]
        self._deeds: list[tuple[int, Callable[[Person], Coroutine[Any, Any, None]]]] = [
            (50, self._vote),
            (15, self._take_back),
            (20, self._reply),
            (10, self._talk),
            (8, self._edit),
            (6, self._delete),
            (1, self._clear),
        ]

    async def act(self, times: int) -> None:
        """Do so many things, one after the other."""
        weights = [weight for weight, _ in self._deeds]
        for _ in range(times):
            (_, deed), person = (
                self._random.choices(self._deeds, weights)[0],
                self._random.choice(self._people),
            )
            await deed(person)

    async def _vote(self, person: Person) -> None:
        message = self._random.choice([*self._cards, *(said for _, said in self._said[-50:])])
        emoji = self._random.choice(EMOJI)
        await person.react(message, emoji)
        self._votes.append((person, message, emoji))

    async def _take_back(self, _: Person) -> None:
        if self._votes:
            person, message, emoji = self._votes.pop(self._random.randrange(len(self._votes)))
            with suppress(Refused):  # deleted, or cleared
                await person.unreact(message, emoji)

    async def _reply(self, person: Person) -> None:
        to = self._random.choice([*self._cards, *(said for _, said in self._said[-20:])])
        self._said.append((person, await person.reply(to, f"> well\nI say {len(self._said)}")))

    async def _talk(self, person: Person) -> None:
        place = self._random.choice([self._town.channel_id, *self._threads])
        said = await person.say(f"By the way {len(self._said)}", in_=place)
        if place != self._town.channel_id:
            self._said.append((person, said))

    async def _edit(self, _: Person) -> None:
        if self._said:
            person, said = self._random.choice(self._said)
            await person.edit(said, f"Rather {self._random.random()}")

    async def _delete(self, _: Person) -> None:
        if self._said:
            person, said = self._said.pop(self._random.randrange(len(self._said)))
            await person.delete(said)

    async def _clear(self, _: Person) -> None:
        if self._said:
            await self._town.alice.clear_reactions(self._random.choice(self._said)[1])


@pytest.fixture
async def people(town: Town) -> AsyncIterator[list[Person]]:
    """Members of the town; more make nothing more likely."""
    async with Scenario(town.sandbox.url) as story:
        code = await town.alice.invite(town.channel_id)
        found = [await story.person(f"member-{number}") for number in range(8)]
        for person in found:
            await person.join(code)
        yield found


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True
)
@pytest.mark.parametrize(
    ("cards", "deeds"),
    [(5, 200), pytest.param(60, 10_000, marks=[pytest.mark.thorough, pytest.mark.timeout(1200)])],
)
async def test_a_fifth_of_the_events_lost_doubled_or_swapped_is_made_good_by_one_reconciliation(
    town: Town,
    people: list[Person],
    store: Store,
    database: Database,
    bot: BroadsheetBot,
    cards: int,
    deeds: int,
) -> None:
    press = Press(town, store, bot)
    posted = await press.publish(*(f"News {number}" for number in range(cards)), thread=True)
    posted = [await town.alice.message(town.channel_id, card["id"]) for card in posted]
    faults = town.sandbox.faults.gateway
    for seed, (trouble, share) in enumerate(((Dropped(), 0.1), (Repeated(), 0.05), (Reordered(), 0.05))):
        faults.some(trouble, "MESSAGE_*", share=share, seed=seed)
    await Crowd(town, people, posted, seed=7).act(deeds)
    faults.clear()
    await all_heard(town, bot)
    world = town.sandbox.stage.world
    assert await mirror_differences(world, database), "the faults did harm"
    done = await bot.newsroom.reconciler.run(bot.reader)
    await assert_mirror_equals(world, database)
    assert not done.unreadable


class Gap:
    """The bot goes, members go on, and another bot comes."""

    def __init__(self, town: Town, start_bot: StartBot, bot: BroadsheetBot, database: Database) -> None:
        self._town, self._start, self.bot, self._database = town, start_bot, bot, database

    async def begin(self) -> None:
        """The bot is gone."""
        await self.bot.close()

    async def end(self, **parts: Any) -> Reconciled:
        """A bot is there again, and has read what it missed; answers what that took."""
        self.bot = await self._start(Settings(message_content=True), **parts)
        reconciler: Reconciler = parts.get("reconciler", self.bot.newsroom.reconciler)
        before = reconciler.count

        async def read() -> Reconciled | None:
            return reconciler.last if reconciler.count > before else None

        return await eventually(read, 20)

    async def end_well(self, **parts: Any) -> Reconciled:
        """As `end`, and nothing is missing then, nor too much."""
        done = await self.end(**parts)
        await assert_mirror_equals(self._town.sandbox.stage.world, self._database)
        assert not done.unreadable
        return done


@pytest.fixture
def gap(town: Town, start_bot: StartBot, bot: BroadsheetBot, database: Database) -> Gap:
    return Gap(town, start_bot, bot, database)


@each_database
async def test_what_is_deleted_in_a_gap_is_gone_after_it(
    town: Town, store: Store, bot: BroadsheetBot, gap: Gap
) -> None:
    press, alice, bob = Press(town, store, bot), town.alice, town.bob
    elsewhere = await alice.create_channel(town.guild_id, "elsewhere")
    gone, threadless, talked = await press.publish("Gone", "Threadless", "Talked about", thread=True)
    lost = await press.publish("In a channel that goes", channel_id=elsewhere["id"])
    for card in (gone, threadless, talked, *lost):
        await bob.react(card, "👍")
        await bob.reply(card, "I see")
    replies = [await bob.reply(talked, f"Words {number}") for number in range(4)]
    for card in (gone, threadless, talked):
        await bob.say("In the thread", in_=card["id"])
    await all_heard(town, bot)
    await gap.begin()

    await alice.delete(gone)
    await alice.delete_channel(threadless["id"])
    await alice.delete_channel(elsewhere)
    await bob.delete(replies[0])
    bulk = {"messages": [one["id"] for one in replies[1:3]]}
    await alice.request("POST", f"/channels/{town.channel_id}/messages/bulk-delete", bulk)
    await bob.edit(replies[3], "Other words")
    await alice.clear_reactions(talked)
    await alice.react(talked, "👎")
    await alice.reply(replies[3], "An answer")

    await gap.end_well()

    # A thread outlives its card, and what was said there the card.
    await gap.begin()
    (inside,) = [one for one in await bob.messages(gone["id"]) if one["content"] == "In the thread"]
    await bob.delete(inside)
    await bob.say("Still here", in_=gone["id"])
    await gap.end_well()


async def test_a_forum_post_is_read_with_its_votes_open_or_archived(
    town: Town, store: Store, bot: BroadsheetBot, gap: Gap, newsroom: Newsroom
) -> None:
    forum = await town.alice.create_channel(town.guild_id, "forum", kind=15)

    async def known() -> object:
        return bot.get_channel(int(forum["id"]))

    await eventually(known)
    press = Press(town, store, bot)
    await press.queue("Open", "Archived", "Deleted", "Silent", channel_id=forum["id"], forum=True)
    await press.deliver()
    world = town.sandbox.stage.world
    opened, archived, deleted, silent = sorted((one.id for one in world.threads_of(forum["id"])), key=int)
    await town.bob.say("Before", in_=archived)

    def tomorrow() -> Reconciler:
        return Reconciler(store, newsroom.comments, Watch(), clock=lambda: utc_now() + timedelta(days=1))

    # All figures are as they are read here, but for what is done after it.
    await gap.begin()
    await gap.end_well()
    await gap.begin()

    await town.bob.react(await town.bob.message(opened, opened), "👍")
    await town.bob.react(await town.bob.message(archived, archived), "👎")
    await town.bob.say("After", in_=archived)
    await town.alice.archive(archived)
    await town.bob.react(await town.bob.message(silent, silent), "👎")
    await town.alice.archive(silent)
    await town.alice.delete_channel(deleted)

    done = await gap.end_well(reconciler=tomorrow())
    # One list of archived posts; the four posts, of which one is not there; three emoji on three of them.
    assert done.channels == 1
    assert done.requests <= 1 + 4 + 3 * 3

    await gap.begin()
    done = await gap.end_well(reconciler=tomorrow())
    assert done.unchanged == 2, "Nobody votes in what was archived when it was read."


async def test_what_did_not_change_costs_a_page_a_channel(
    town: Town, store: Store, bot: BroadsheetBot, gap: Gap, newsroom: Newsroom
) -> None:
    cards = await Press(town, store, bot).publish("One", "Two", "Three", thread=True)
    for card in cards:
        await town.bob.react(card, "👍")
        said = await town.bob.say("In the thread", in_=card["id"])
        await town.alice.react(said, "👍")
    await town.alice.archive(cards[1]["id"])
    await gap.begin()
    first = await gap.end_well()
    assert first.requests > 4

    def tomorrow() -> datetime:
        return utc_now() + timedelta(days=1)

    await gap.begin()
    done = await gap.end(reconciler=Reconciler(store, newsroom.comments, Watch(), clock=tomorrow))
    assert (done.requests, done.unchanged, done.lists) == (1, 3, 0)


async def test_the_sweep_finds_what_no_number_shows_and_asks_slowly(
    town: Town, store: Store, database: Database, bot: BroadsheetBot, newsroom: Newsroom, gap: Gap
) -> None:
    cards = await Press(town, store, bot).publish("One", "Two", thread=True)
    for card in cards:
        await town.alice.react(card, "👍")
        await town.bob.say("In the thread", in_=card["id"])
    await gap.begin()
    await gap.end_well()  # each thread was read, and its figures are known
    await gap.begin()
    for card in cards:
        await town.alice.unreact(card, "👍")
        await town.bob.react(card, "👍")
        said = (await town.bob.messages(card["id"]))[0]
        await town.bob.edit(said, "Other words")
        await town.alice.react(said, "👎")

    def tomorrow() -> datetime:
        return utc_now() + timedelta(days=1)

    reconciler = Reconciler(store, newsroom.comments, Watch(), clock=tomorrow)
    await gap.end(reconciler=reconciler)
    # Of each post: a vote on the card went, another came, a comment was edited, and a vote on it came.
    assert len(await mirror_differences(town.sandbox.stage.world, database)) == 2 * 4
    paused: list[int] = []

    async def pace() -> None:
        paused.append(1)

    reader = DiscordReader(gap.bot, pace=pace)
    sweeper = Sweeper(store, reconciler, reader, clock=tomorrow)
    while not await sweeper.round():
        pass
    await assert_mirror_equals(town.sandbox.stage.world, database)
    assert sweeper.last is not None
    # Of each post: a page of its channel and of its thread, and who reacted to a message in each.
    assert sweeper.last.requests == reader.requests == len(paused) == 2 * (2 + 2)

    assert reconciler.last is not None
    told = written(mirror_figures(reconciler, gap.bot.gaps, sweeper, gap.bot.reader, reader)).splitlines()
    for figure in (
        f'broadsheet_mirror_requests_total{{work="gap"}} {gap.bot.reader.requests}',
        'broadsheet_mirror_requests_total{work="sweep"} 8',
        "broadsheet_reconciliations_total 1",
        f"broadsheet_reconciliation_requests {reconciler.last.requests}",
        "broadsheet_sweep_posts 2",
        "broadsheet_sweep_mended 4",
    ):
        assert figure in told


async def test_a_server_that_comes_back_is_read_alone(
    town: Town, store: Store, database: Database, bot: BroadsheetBot
) -> None:
    village = await town.alice.create_guild("Village")
    await town.alice.install(town.application, village["id"], BOT_PERMISSIONS)
    (card,) = await Press(town, store, bot).publish("One")
    reconciler = bot.newsroom.reconciler

    async def known() -> object:
        return reconciler.count == 2 and bot.get_guild(int(village["id"]))

    await eventually(known)
    for guild_id, channels in ((village["id"], 0), (town.guild_id, 1)):
        count = reconciler.count
        town.sandbox.faults.gateway.outage(guild_id)
        await town.bob.react(card, "👍" if channels else "👎")
        town.sandbox.faults.gateway.end_outage(guild_id)

        async def read(before: int = count) -> bool:
            return reconciler.count > before

        await eventually(read)
        assert reconciler.last is not None
        assert reconciler.last.channels == channels
    await assert_mirror_equals(town.sandbox.stage.world, database)


async def test_a_channel_that_could_not_be_read_is_read_once_it_can(
    town: Town, store: Store, database: Database, bot: BroadsheetBot, gap: Gap
) -> None:
    (card,) = await Press(town, store, bot).publish("One")
    await gap.begin()
    await town.bob.react(card, "👍")
    await town.deny_bot("read_message_history")
    done = await gap.end()
    assert done.unreadable == {int(town.channel_id)}
    assert done.requests == 0
    await town.alice.overwrite(town.channel_id, town.application, member=True)
    gap.bot.gaps.begin({int(town.guild_id)})

    async def read() -> bool:
        return not await mirror_differences(town.sandbox.stage.world, database)

    await eventually(read)


async def test_a_page_that_fails_leaves_its_channel_to_be_read_again(
    town: Town, store: Store, database: Database, bot: BroadsheetBot, gap: Gap
) -> None:
    (card,) = await Press(town, store, bot).publish("One")
    reply = await town.bob.reply(card, "Words")
    await all_heard(town, bot)
    await gap.begin()
    await town.bob.delete(reply)
    town.sandbox.faults.next("GET", f"/channels/{town.channel_id}/messages", Status(503))
    done = await gap.end()
    assert done.unreadable == {int(town.channel_id)}
    gap.bot.gaps.begin({int(town.guild_id)})

    async def read() -> bool:
        return not await mirror_differences(town.sandbox.stage.world, database)

    await eventually(read)


async def all_heard(town: Town, bot: BroadsheetBot) -> None:
    """Return when the bot has worked off every event so far."""
    last = asyncio.create_task(bot.wait_for("message", check=lambda message: message.content == LAST_WORD))
    await asyncio.sleep(0)
    await town.alice.say(LAST_WORD)
    await last
    while handlers := tuple(bot._under_way):
        await asyncio.wait(handlers)
