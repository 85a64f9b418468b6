"""What people and machines get wrong: a clear sentence, and nothing is lost."""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.config import Settings
from bot.sandbox import Sandbox
from bot.sandbox.scenario import Refused, Reply
from tests.journey.broadsheet import broadsheet, eventually, run_command
from tests.journey.conftest import Starter, Town
from tests.journey.test_journey import card, posted
from tests.press import Press

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NEEDED = {
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
    "add_reactions": "Add Reactions",
    "create_public_threads": "Create Public Threads",
}


def database_of(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def rows(settings: Settings, query: str) -> list[Any]:
    with closing(sqlite3.connect(database_of(settings))) as database:
        return database.execute(query).fetchall()


async def deny(town: Town, channel_id: str, *names: str) -> None:
    """Leave the bot without exactly these permissions in a channel."""
    denied = discord.Permissions(**dict.fromkeys(names, True)).value
    await town.alice.overwrite(channel_id, town.application.id, deny=denied, member=True)


def titles(messages: list[dict[str, Any]]) -> list[str]:
    """Of cards, oldest first."""
    return [embed["title"] for message in reversed(messages) for embed in message["embeds"]]


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """A server that answers everything with these bytes and hangs up; its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed.xml"


async def test_an_address_that_can_not_be_followed(town: Town, press: Press, settings: Settings) -> None:
    press.documents["plain"] = ("text/html", b"<!doctype html><p>Nothing here.")
    press.documents["prices.json"] = ("application/json", b'{"bread": 3, "fish": [4, 5]}')
    press.documents["picture.png"] = ("application/rss+xml", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    press.status = 404  # for the feed in a well-known place
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/feed.xml"
    async with answering(b"") as dumb, answering(b"Hello!\r\n\r\n") as babbling, broadsheet(settings):
        cases = {
            f"{press.url}/documents/plain": "is no feed and names no feed",
            f"{press.url}/documents/prices.json": "is no feed and names no feed",
            f"{press.url}/documents/picture.png": "is no feed and names no feed",
            f"{press.url}/documents/none": "127.0.0.1 has nothing at this address (404).",
            nobody: "127.0.0.1 does not accept the connection. The server may be down",
            dumb: "127.0.0.1 broke off before its answer was complete.",
            babbling: "127.0.0.1 broke off before its answer was complete.",
            "http://127.0.0.2/feed.xml": "leads to an address inside a private network",
            "http://10.1.2.3/feed.xml": "leads to an address inside a private network",
            "http://[::1]/feed.xml": "leads to an address inside a private network",
            "http://169.254.169.254/latest/meta-data": "leads to an address inside a private network",
            "http://news.invalid/feed.xml": "No server is known by the name news.invalid. Check the address",
            "ftp://town.example/feed.xml": "This is no http or https address. Check it for typos.",
            "file:///etc/passwd": "This is no http or https address. Check it for typos.",
            "the tide": "“the tide” is no web address. Give one such as example.org",
            "http://": "This is no http or https address. Check it for typos.",
        }

        async def ask(address: str) -> Reply:
            return await town.alice.slash("subscribe", url=address)

        answers = await asyncio.gather(*(ask(address) for address in cases))
        for (address, said), answer in zip(cases.items(), answers, strict=True):
            content = answer.content.replace("\\", "")  # they keep it from being markup, and are not shown
            assert said in content, (address, content)
            assert answer.ephemeral
            assert "error id" not in answer.content
        # The bot goes on, and knows of nothing.
        listed = await town.alice.slash("subscriptions")
        assert "follows no source yet" in str(listed.raw)
    assert rows(settings, "SELECT * FROM sources") == []


async def test_each_missing_permission_is_named(town: Town, press: Press, settings: Settings) -> None:
    elsewhere = (await town.alice.create_channel(town.guild_id, "elsewhere"))["id"]
    async with broadsheet(settings):

        async def ask() -> str:
            options = {"url": press.feed_url, "channel": elsewhere, "thread": True}
            return (await town.alice.slash("subscribe", options)).content

        for name, shown in NEEDED.items():
            await deny(town, elsewhere, name)
            answer = await ask()
            assert f"In <#{elsewhere}> Broadsheet lacks **{shown}**" in answer
            assert "Open the channel's settings, then Permissions, and allow" in answer
        await deny(town, elsewhere, *NEEDED)
        answer = await ask()
        assert all(f"**{shown}**" in answer for shown in NEEDED.values())
        assert "allow these for Broadsheet's role. Then try again." in answer
        await deny(town, elsewhere, "view_channel")
        assert "**View Channel**" in await ask()
        assert rows(settings, "SELECT * FROM subscriptions") == []
        await deny(town, elsewhere)
        assert "now comes into" in await ask()


async def test_posts_wait_while_a_permission_is_missing_and_come_in_order_when_it_is_back(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings
) -> None:
    channel = town.channel_id
    async with broadsheet(settings) as running:
        await town.alice.slash("subscribe", url=press.feed_url, in_=channel)
        await card(town, "Old bridge reopens")
        await eventually(unfinished(settings), lambda waiting: not waiting)

        await deny(town, channel, "send_messages")
        for number in range(1, 4):
            press.publish(f"News {number}")
        # The first of the queue says what all of it waits for.
        waiting = await eventually(unfinished(settings), lambda waiting: len(waiting) == 3 and any(waiting))
        (problem,) = filter(None, waiting)
        assert problem.startswith(f"In <#{channel}> Broadsheet lacks **Send Messages**")
        assert posted(sandbox, channel) == 1
        assert await running.get("/readyz") == {"status": "ok"}

        # What is published from now on queues up behind them.
        press.publish("News 4")
        await eventually(unfinished(settings), lambda waiting: len(waiting) == 4)
        await deny(town, channel)
        await card(town, "News 4")
        messages = await eventually(lambda: town.bob.messages(channel), lambda messages: len(messages) == 5)
        assert titles(messages) == ["Old bridge reopens", *(f"News {number}" for number in range(1, 5))]
        await eventually(unfinished(settings), lambda waiting: not waiting)
    assert posted(sandbox, channel) == 5


def unfinished(settings: Settings) -> Any:
    """Looks at what is said about each post that is not done yet."""

    async def look() -> list[str | None]:
        return [
            problem for (problem,) in rows(settings, "SELECT problem FROM posts WHERE finished_at IS NULL")
        ]

    return look


async def test_a_member_without_manage_server_can_not_subscribe(
    town: Town, press: Press, settings: Settings
) -> None:
    async with broadsheet(settings):
        offered = {command["name"]: command for command in await town.alice.commands(town.guild_id)}
        assert {"subscribe", "unsubscribe", "subscriptions"} <= offered.keys()
        to_bob = {command["name"] for command in await town.bob.commands(town.guild_id)}
        assert "top" in to_bob
        assert "subscribe" not in to_bob
        # Discord's clients do not offer it; one that sends it nevertheless is refused too.
        command = offered["subscribe"]
        body = {
            "type": 2,
            "application_id": command["application_id"],
            "guild_id": town.guild_id,
            "channel_id": town.channel_id,
            "session_id": town.bob.session_id,
            "nonce": "1",
            "data": {
                **{key: command[key] for key in ("id", "name", "type", "version")},
                "options": [{"type": 3, "name": "url", "value": press.feed_url}],
            },
        }
        with pytest.raises(Refused) as refused:
            await town.bob.request("POST", "/interactions", body)
        assert refused.value.status == 403
    assert rows(settings, "SELECT * FROM subscriptions") == []


async def test_a_second_bot_on_the_same_database_is_refused_and_the_first_goes_on(
    town: Town, press: Press, settings: Settings, start_process: Starter
) -> None:
    first = await start_process(settings)
    await town.alice.slash("subscribe", url=press.feed_url)
    await card(town, "Old bridge reopens")

    code, out, err = await run_command(settings, "run")
    assert (code, out) == (1, "")
    assert "Another Broadsheet is running on this database: process " in err
    assert "Stop it first, or give this one a database of its own with DATABASE_URL." in err
    assert "Traceback" not in err
    assert str(settings.discord_token) not in err

    press.publish("Ferry runs at night")
    await card(town, "Ferry runs at night")
    assert await first.end(signal.SIGTERM) == 0


@asynccontextmanager
async def locked(settings: Settings) -> AsyncIterator[None]:
    """Another program writes to the database for as long as this lasts."""
    # In threads: the bot's own transactions need this event loop to come to their end.
    database = await asyncio.to_thread(
        sqlite3.connect, database_of(settings), isolation_level=None, check_same_thread=False
    )
    with closing(database):
        await asyncio.to_thread(database.execute, "BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")


async def poll_is_held_up(settings: Settings) -> bool:
    """Whether the source should have been polled half a second ago and was not, or was and is not stored."""
    ((due,),) = rows(settings, "SELECT next_poll_at FROM sources")
    left = datetime.fromisoformat(due) - datetime.now(UTC)
    return left < timedelta(seconds=-0.5) or left > timedelta(minutes=1)


async def test_articles_that_come_while_the_database_is_locked_are_not_lost(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings
) -> None:
    channel = town.channel_id
    async with broadsheet(settings):
        await town.alice.slash("subscribe", url=press.feed_url, in_=channel)
        first = await card(town, "Old bridge reopens")
        async with locked(settings):
            for number in range(1, 4):
                press.publish(f"News {number}")
            vote = asyncio.create_task(town.bob.react(first, "👍"))
            reply = asyncio.create_task(town.carol.reply(first, "I saw it."))
            await vote
            await reply
            await eventually(partial(poll_is_held_up, settings), bool)
            assert posted(sandbox, channel) == 1
        messages = await eventually(
            lambda: town.bob.messages(channel), lambda messages: len(titles(messages)) == 4, 20
        )
        assert titles(messages) == ["Old bridge reopens", "News 1", "News 2", "News 3"]

        async def mirrored() -> Any:
            return rows(settings, "SELECT (SELECT count(*) FROM comments), (SELECT count(*) FROM reactions)")

        await eventually(mirrored, lambda counts: counts == [(1, 1)])
    assert posted(sandbox, channel) == 4
