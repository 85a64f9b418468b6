"""From the source to the score and the tree of comments, and back after a gap."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from bot.config import Settings
from bot.sandbox import Sandbox
from bot.sandbox.faults import Cut
from tests.journey.broadsheet import Running, broadsheet, eventually
from tests.journey.conftest import Starter, Town
from tests.press import Press


def is_card(message: dict[str, Any], title: str) -> bool:
    return any(embed.get("title") == title for embed in message["embeds"])


def posted(sandbox: Sandbox, channel_id: str) -> int:
    """How many messages bots have ever made in the channel of their own accord."""
    bots = {user.id for user in sandbox.stage.world.users.values() if user.bot}
    return sum(
        deed.action == "message created"
        and deed.channel_id == channel_id
        and deed.actor_id in bots
        and not deed.detail
        for deed in sandbox.journal
    )


async def card(town: Town, title: str, seconds: float = 10) -> dict[str, Any]:
    """The card of an article as it stands in the channel, once it is there."""

    async def look() -> list[dict[str, Any]]:
        return [message for message in await town.bob.messages(town.channel_id) if is_card(message, title)]

    return (await eventually(look, bool, seconds))[0]


def outline(comments: list[dict[str, Any]]) -> list[Any]:
    """Comments as nested (author, text, replies)."""
    return [(one["author"], one["text"], outline(one["replies"])) for one in comments]


def score(article: dict[str, Any]) -> tuple[int, int, int, int]:
    return article["score"], article["upvotes"], article["downvotes"], article["comment_count"]


async def standing(
    running: Running, town: Town, title: str, expected: tuple[int, int, int, int]
) -> dict[str, Any]:
    """The article in the API, once its score, votes for, votes against and comments are as expected."""

    async def look() -> list[dict[str, Any]]:
        articles = await running.articles(town.guild_id, sort="new")
        return [article for article in articles if article["title"] == title]

    (article,) = await eventually(look, lambda found: [score(article) for article in found] == [expected])
    return article


# Every day a journey on PostgreSQL is the one whose connection is cut.
@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True
)
async def test_the_journey_of_an_article(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings
) -> None:
    alice, bob, carol, channel = town.alice, town.bob, town.carol, town.channel_id
    async with broadsheet(settings) as running:
        # The admin gives the site's address; the page names its feed.
        answer = await alice.slash("subscribe", url=press.url, in_=channel)
        assert "The Tide" in answer.content
        first = await card(town, "Old bridge reopens")
        assert "Old bridge reopens is what everybody talks about today." in first["embeds"][0]["description"]
        assert first["embeds"][0]["url"] == f"{press.url}/articles/piece-1"

        # What a member follows they are told directly; see the end.
        await bob.slash("follow phrase", phrase="night", in_=channel)
        await bob.slash("follow replies", in_=channel)

        # What is published from now on comes too, and nothing comes twice.
        press.publish("Ferry runs at night")
        ferry = await card(town, "Ferry runs at night")
        await eventually(
            lambda: bob.message(channel, ferry["id"]),
            lambda message: {r["emoji"]["name"] for r in message.get("reactions", [])} == {"👍", "👎"},
        )

        # Two for it, one against; one of them changes their mind.
        await alice.react(ferry, "👍")
        await bob.react(ferry, "👍")
        await carol.react(ferry, "👎")
        await standing(running, town, "Ferry runs at night", (1, 2, 1, 0))
        await bob.unreact(ferry, "👍")
        await bob.react(ferry, "👎")
        await standing(running, town, "Ferry runs at night", (-1, 1, 2, 0))

        # A reply, a reply to it, and a message in a thread that a member opens.
        answer_1 = await bob.reply(ferry, "At last!")
        await carol.reply(answer_1, "About time.")
        thread = await alice.start_thread(ferry, "Night ferry")
        in_thread = await alice.say("Who rides it?", in_=thread["id"])
        article = await standing(running, town, "Ferry runs at night", (-1, 1, 2, 3))
        comments = await running.comments(town.guild_id, article["id"])
        assert outline(comments) == [
            ("bob", "At last!", [("carol", "About time.", [])]),
            ("alice", "Who rides it?", []),
        ]

        # Edited and deleted on Discord is edited and deleted here; replies to what is gone stay.
        await alice.edit(in_thread, "Who rides it on Mondays?")
        await bob.delete(answer_1)
        await carol.react(in_thread, "👍")
        article = await standing(running, town, "Ferry runs at night", (-1, 1, 2, 2))
        comments = await eventually(
            lambda: running.comments(town.guild_id, article["id"], "most_voted"),
            lambda comments: comments[0]["score"] == 1 and "Mondays" in comments[0]["text"],
        )
        assert outline(comments) == [
            ("alice", "Who rides it on Mondays?", []),
            ("carol", "About time.", []),
        ]

        # The card shows it, and the commands do.
        await eventually(
            lambda: bob.message(channel, ferry["id"]),
            lambda message: footer(message) == "▼ 1 · 💬 2 comments",
        )
        assert "Ferry runs at night" in everything(await bob.slash("top", sort="new", in_=channel))
        assert "Who rides it on Mondays?" in everything(await bob.slash("comments", in_=thread["id"]))

        letters = await eventually(bob.inbox, lambda letters: "About time." in str(letters))
        # Each in a letter of its own, or both in one, as the bot happened to look.
        assert sorted(letter["embeds"][0]["title"] for letter in letters) in (
            ["Ferry runs at night", "carol answered you"],
            ["2 new things that you follow"],
        )
        assert posted(sandbox, channel) == 2


def footer(message: dict[str, Any]) -> str:
    return str(message["embeds"][0]["footer"]["text"])


def everything(reply: Any) -> str:
    return str(reply.raw)


# Every day tests/crash kills it at many points.
@pytest.mark.thorough
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_a_bot_that_is_killed_loses_nothing_and_repeats_nothing(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings, start_process: Starter
) -> None:
    alice, bob, carol, channel = town.alice, town.bob, town.carol, town.channel_id
    first_life = await start_process(settings)
    running = first_life.running
    await alice.slash("subscribe", url=press.feed_url, in_=channel)
    bridge = await card(town, "Old bridge reopens")
    await alice.react(bridge, "👍")
    reply = await bob.reply(bridge, "I walked over it.")
    gone = await carol.reply(bridge, "I will regret this.")
    await standing(running, town, "Old bridge reopens", (1, 1, 0, 2))

    # Killed while five articles are on their way.
    for number in range(1, 6):
        press.publish(f"Night news {number}")
    await card(town, "Night news 1")
    await first_life.end(signal.SIGKILL)

    # Members go on while nobody listens.
    await alice.unreact(bridge, "👍")
    await bob.react(bridge, "👍")
    await carol.react(bridge, "👍")
    await carol.delete(gone)
    await bob.edit(reply, "I ran over it.")
    await alice.reply(reply, "So did I!")
    press.publish("Morning news")

    second_life = await start_process(settings)
    running = second_life.running
    await card(town, "Morning news", 20)
    article = await standing(running, town, "Old bridge reopens", (2, 2, 0, 2))
    comments = await running.comments(town.guild_id, article["id"])
    assert outline(comments) == [("bob", "I ran over it.", [("alice", "So did I!", [])])]
    titles = [
        embed["title"]
        for message in reversed(await bob.messages(channel, limit=100))
        for embed in message["embeds"]
    ]
    expected = ["Old bridge reopens", *(f"Night news {number}" for number in range(1, 6)), "Morning news"]
    assert titles == expected
    assert posted(sandbox, channel) == len(expected)
    assert await second_life.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("database_url", "when"),
    [
        ("sqlite", "before"),
        ("postgresql", "after"),
        pytest.param("sqlite", "after", marks=pytest.mark.thorough),
        pytest.param("postgresql", "before", marks=pytest.mark.thorough),
    ],
    indirect=["database_url"],
)
async def test_a_connection_cut_in_the_middle_of_sending_makes_one_message(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings, when: str
) -> None:
    async with broadsheet(settings) as running:
        await town.alice.slash("subscribe", url=press.feed_url)
        await card(town, "Old bridge reopens")
        sandbox.faults.next("POST", f"/channels/{town.channel_id}/messages", Cut(), when=when)
        press.publish("Cut off")
        cut_off = await card(town, "Cut off", 20)
        # Members don't know that the bot does not know of its card yet.
        await town.bob.react(cut_off, "👍")
        await town.carol.reply(cut_off, "Hello?")
        press.publish("And on")
        await card(town, "And on", 20)
        await standing(running, town, "Cut off", (1, 1, 0, 1))
    assert posted(sandbox, town.channel_id) == 3
