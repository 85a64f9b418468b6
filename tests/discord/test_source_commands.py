"""`/source status` and `/source check`, as admins use them; sources are read from a real publication."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from discord.http import Route

from bot.cards import source_card, sources_card, units
from bot.client import BroadsheetBot
from bot.feeds.discover import Finder
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.newsroom.newsroom import Newsroom, open_newsroom
from bot.newsroom.polling import Poller
from bot.newsroom.reads import Polled
from bot.newsroom.sources import Followed
from bot.sandbox.scenario import Reply
from storage import Pace, Source, SourceFailed, Store, SubscriptionToStore
from tests.discord.conftest import Town, utc_now
from tests.discord.records import NOW, SOURCE
from tests.press import Press
from tests.reading import ReadsHere

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def publication() -> AsyncIterator[Press]:
    async with Press() as press:
        yield press


class Clock:
    """The time, set on by tests."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def newsroom(store: Store, clock: Clock) -> AsyncIterator[Newsroom]:
    """A newsroom that finds and reads what is on this machine."""
    async with AsyncExitStack() as stack:
        fetcher = await stack.enter_async_context(
            Fetcher(user_agent="Broadsheet tests", allow=parse_allow("127.0.0.1"))
        )
        workers = await stack.enter_async_context(ReadsHere())
        poller = Poller(
            store,
            fetcher,
            workers,
            clock=clock,
            interval=MINUTE * 10,
            spread=lambda: 0.0,
            woken=asyncio.Event(),
            on_posts=lambda: None,
        )
        finder = Finder(fetcher, workers)
        yield open_newsroom(store, finder, clock=clock, on_subscriptions=lambda: None, poll=poller.poll)


@pytest.fixture
def asking(town: Town, newsroom: Newsroom, bot: BroadsheetBot) -> "Asking":
    return Asking(town, newsroom)


class Asking:
    """What an admin asks of sources."""

    def __init__(self, town: Town, newsroom: Newsroom) -> None:
        self._town = town
        self._newsroom = newsroom

    async def follow(self, url: str) -> None:
        guild, channel = int(self._town.guild_id), int(self._town.channel_id)
        await self._newsroom.subscriptions.subscribe(guild, channel, url)

    async def status(self, **options: Any) -> Reply:
        return await self._town.alice.slash("source status", **options)

    async def check(self, source: str) -> Reply:
        return await self._town.alice.slash("source check", source=source)


def text(reply: Reply) -> str:
    """All that the answer says."""
    if reply.content:
        return reply.content
    (embed,) = reply.embeds
    fields = [f"{field['name']}: {field['value']}" for field in embed.get("fields", ())]
    return "\n".join([embed.get("title", ""), embed.get("description", ""), *fields])


def labels(reply: Reply) -> list[str]:
    return [part["label"] for row in reply.components for part in row["components"] if part["type"] == 2]


async def test_a_source_is_shown_from_its_first_reading_to_its_end_and_back(
    town: Town, asking: Asking, publication: Press, clock: Clock
) -> None:
    assert "follows no source yet" in text(await asking.status())
    publication.publish("Old bridge reopens")
    publication.publish("Ferry runs at night")
    await asking.follow(publication.feed_url)

    new = await asking.status(source="the tide")
    assert new.ephemeral
    assert "Last read: not yet" in text(new)
    assert "Next read: within a minute" in text(new)

    read = await asking.check("the tide")
    assert "**The Tide** can be read: 2 new articles were found." in text(read)
    assert "Feed, RSS 2.0, 2 entries" in text(read)
    assert "Next read: <t:" in text(read)
    assert f"Comes into: <#{town.channel_id}>" in text(read)
    assert read.embeds[0]["url"] == f"{publication.url}/"

    soon = await town.alice.click(read, "Check now")
    assert soon.raw["id"] == read.raw["id"]
    assert "was read a moment ago. Try again <t:" in text(soon)
    assert publication.requests.count("/feed.xml") == 2, "found once, polled once"

    clock.ahead += MINUTE
    publication.status = 503
    failed = await town.alice.click(soon, "Check now")
    assert "still can't be read" in text(failed)
    assert text(failed).count("503") == 1
    assert "It failed once, <t:" in text(failed)
    assert labels(failed)[0] == "Try again"

    clock.ahead += MINUTE
    publication.status = 410
    gone = await town.alice.click(failed, "Try again")
    assert "Broadsheet stopped reading it <t:" in text(gone)
    assert "Next read: not planned" in text(gone)
    assert text(await asking.status()).startswith("Sources\n**The Tide**")
    assert "Broadsheet stopped reading it <t:" in text(await asking.status())

    clock.ahead += MINUTE
    publication.status = 200
    back = await town.alice.click(gone, "Try again")
    assert "can be read: nothing new is there" in text(back)
    assert labels(back)[0] == "Check now"
    assert "Next read: <t:" in text(back)

    clock.ahead += MINUTE
    publication.publish("Harbour crane falls")
    more = await town.alice.click(back, "Check now")
    assert "can be read: 1 new article was found." in text(more)
    assert "Feed, RSS 2.0, 3 entries" in text(more), "all are counted, though only the new one was parsed"


async def test_the_answer_holds_no_secret(asking: Asking, publication: Press, town: Town) -> None:
    address = publication.feed_url.replace("http://", "http://ada:geheim@") + "?token=sesame&page=1"
    await asking.follow(address)
    for reply in (await asking.status(), await asking.status(source="The Tide")):
        assert "geheim" not in str(reply.raw)
        assert "sesame" not in str(reply.raw)
    choices = await town.alice.autocomplete("source status", "source", "sesame")
    assert choices == []
    shown = text(await asking.status(source="The Tide")).replace("\\", "")
    assert f"{publication.feed_url}?token=…&page=1" in shown


async def test_a_server_that_asked_for_a_pause_gets_it(
    asking: Asking, publication: Press, store: Store
) -> None:
    await asking.follow(publication.feed_url)
    (followed,) = await store.sources.listed()
    until = utc_now() + MINUTE * 60
    paused = SourceFailed(followed.source.id, "The server wants fewer requests (429).", until, until)
    await store.harvest.store([], utc_now() - MINUTE, failed=[paused])
    reply = await asking.check("The Tide")
    assert "asked not to be asked again before" in text(reply)
    assert "⚠ The server wants fewer requests" in text(reply)
    assert "Next read: <t:" in text(reply)
    assert "as its server asks" in text(reply)
    assert publication.requests.count("/feed.xml") == 1, "found once, not polled"


WORST = replace(
    SOURCE,
    url=f"https://town.example/{'x_' * 2000}",
    title="*" * 500,
    problem="_" * 3000,
    failures=10**6,
    failing_since=NOW,
    moved_to=f"https://town.example/{'y_' * 2000}",
    selector="*" * 200,
    entries=10**6,
    format="RSS 2.0",
)


def test_whatever_is_known_of_sources_fits_discord_s_limits() -> None:
    followed = Followed(WORST, tuple(range(10**17, 10**17 + 500)), Pace(NOW, (10**5,) * 30), NOW)
    one = source_card(followed, Polled(WORST, problem="*" * 3000)).embed
    every = sources_card([followed] * 60, 1)
    for embed in (one, every.embed):
        assert units(embed.title or "") <= 256
        assert units(embed.description or "") <= 4096
        assert all(units(field.value or "") <= 1024 for field in embed.fields)
        assert len(embed) <= 6000
    assert every.menu is not None
    assert 0 < len(every.menu.choices) <= 25
    assert all(0 < units(text) <= 100 for choice in every.menu.choices for text in choice)


async def test_trouble_comes_first_in_pages_and_one_is_chosen_from_the_menu(
    town: Town, asking: Asking, store: Store
) -> None:
    sources = [await follow_made_up(town, store, number) for number in range(9)]
    trouble = SourceFailed(sources[8].id, "The server answers *500*.", utc_now() + MINUTE)
    await store.harvest.store([], utc_now(), failed=[trouble])
    first = await asking.status()
    assert text(first).startswith(
        "Sources\n**Source 8** · Feed\n⚠ The server answers \\*500\\*. It failed once, <t:"
    )
    assert text(first).count("**Source") == 8
    more = await town.alice.click(first, "More")
    assert more.raw["id"] == first.raw["id"]
    assert text(more).count("**Source") == 1
    chosen = await town.alice.choose(more, "Source 7")
    assert text(chosen).startswith("Source 7\n")
    assert chosen.raw["id"] == first.raw["id"]
    again = await town.alice.click(chosen, "All sources")
    assert text(again) == text(first)

    (offered,) = await town.alice.autocomplete("source check", "source", "source 8")
    assert (offered["name"], offered["value"]) == ("Source 8", f"id:{sources[8].id}")
    everything = await town.alice.autocomplete("source status", "source", "")
    assert [choice["name"] for choice in everything][:2] == ["Source 8", "Source 0"]


async def follow_made_up(town: Town, store: Store, number: int) -> Source:
    source = await store.sources.add(f"https://{number}.example/feed", f"Source {number}", None, None)
    wish = SubscriptionToStore(int(town.guild_id), int(town.channel_id), source.id, False, 0, None)
    await store.subscriptions.add(wish, utc_now())
    return source


async def test_what_is_not_followed_here_is_not_shown(asking: Asking, store: Store) -> None:
    elsewhere = await store.sources.add("https://secret.example/feed", "Elsewhere", None, None)
    for name in ("Elsewhere", f"id:{elsewhere.id}", "id:x"):
        assert "follows no such source" in text(await asking.status(source=name))
        assert "follows no such source" in text(await asking.check(name))


async def test_members_without_the_permission_see_nothing(
    town: Town, asking: Asking, bot: BroadsheetBot, publication: Press
) -> None:
    assert "source" not in {command["name"] for command in await town.bob.commands(town.guild_id)}
    await asking.follow(publication.feed_url)
    shown = await asking.status(source="The Tide")
    # A button that somebody else made is no way around the permission.
    await bot.http.request(
        Route("POST", "/channels/{channel_id}/messages", channel_id=town.channel_id),
        json={"content": "old", "components": shown.components},
    )
    (message,) = await town.bob.messages(town.channel_id)
    for label in ("Check now", "All sources"):
        assert "**Manage Server**" in text(await town.bob.click(message, label))
    assert publication.requests.count("/feed.xml") == 1
