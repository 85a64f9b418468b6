"""`demo` and `sandbox`: started, used, stopped, started again."""

from __future__ import annotations

import re
import signal
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.scenario import Person
from tests.cli.commands import Command, Shell
from tests.cli.test_start import assert_one_sentence
from tests.journey.broadsheet import eventually

STOPS_WITHIN = 10.0


async def chat_page(demo: Command) -> tuple[str, str, str]:
    """What the demo prints: the chat page's base address, and the guild and channel that it opens."""
    found = re.search(
        r"(http://127\.0\.0\.1:\d+)/\S*#/(\d+)/(\d+)\n", await demo.says("Ctrl+C stops the demo.")
    )
    assert found, demo.out
    return found[1], found[2], found[3]


async def people(base_url: str) -> dict[str, str]:
    """The tokens of those whom the page lets one play."""
    async with aiohttp.ClientSession() as http, http.get(f"{base_url}/sandbox/people") as response:
        return {one["username"]: one["token"] for one in (await response.json())["people"]}


async def cards(ada: Person, guild_id: str) -> list[tuple[str, str]]:
    """Channel and title of every card in the guild."""
    return [
        (channel["name"], embed["title"])
        for channel in await ada.channels(guild_id)
        for message in await ada.messages(channel["id"], limit=100)
        for embed in message["embeds"]
    ]


def quiet(folder: Path, since: str) -> bool:
    """Whether the three publications were read after `since` and no post waits."""
    with closing(sqlite3.connect(folder / "broadsheet.db")) as database:
        (read,) = database.execute(
            "SELECT count(*) FROM sources WHERE last_success_at > ? AND id IN (SELECT source_id FROM subscriptions)",
            (since,),
        ).fetchone()
        (waiting,) = database.execute("SELECT count(*) FROM posts WHERE finished_at IS NULL").fetchone()
    return bool(read == 3 and waiting == 0)


async def test_the_demo_posts_cards_stops_in_order_and_goes_on_where_it_was(shell: Shell) -> None:
    async def life(least: int) -> list[tuple[str, str]]:
        started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        demo = await shell.start("demo", "--port", "0", "--folder", "there/demo")
        base_url, guild_id, channel_id = await chat_page(demo)
        async with aiohttp.ClientSession() as http, http.get(f"{base_url}/") as page:
            assert page.status == 200
            assert "text/html" in page.headers["Content-Type"]
        tokens = await people(base_url)
        assert list(tokens) == ["ada", "ben", "chidi"]
        async with await Person.connect(base_url, "ada", tokens["ada"]) as ada:
            assert channel_id in {channel["id"] for channel in await ada.channels(guild_id)}

            async def settled() -> bool:
                return quiet(shell.folder / "there" / "demo", started)

            await eventually(settled, bool, 20)
            seen = await eventually(lambda: cards(ada, guild_id), lambda seen: len(seen) >= least, 20)
        demo.signal(signal.SIGTERM)
        ended = await demo.end(STOPS_WITHIN)
        assert ended.code == 0, ended.err
        assert "Traceback" not in ended.err
        return seen

    first = await life(3)
    assert {channel for channel, _ in first} == {"the-tide", "comet", "workbench"}
    # The port of the publications is another one now; what they said before is still the same.
    second = await life(len(first))
    assert len(set(second)) == len(second)
    assert set(first) <= set(second)
    assert {path.name for path in Path(shell.folder, "there", "demo").iterdir()} >= {
        "broadsheet.db",
        "clock.json",
        "discord.json",
    }


async def test_the_demo_says_what_keeps_it_from_starting(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for first in range(max(port - 2, 1024), port + 1):
            ended = await shell.run("demo", "--port", str(min(first, 65_533)), "--folder", f"demo-{first}")
            assert_one_sentence(ended, "Choose others: python -m bot demo --port ")
    (shell.folder / "file").write_text("in the way")
    ended = await shell.run("demo", "--port", "0", "--folder", "file")
    assert_one_sentence(ended, "The demo can't keep its state in file (File exists). Choose another folder")


@pytest.mark.parametrize(("more", "limited"), [((), True), (("--no-limits",), False)])
async def test_the_sandbox_serves_people_limits_bots_and_keeps_its_state(
    shell: Shell, more: tuple[str, ...], limited: bool
) -> None:
    sandbox = await shell.start("sandbox", "--port", "0", "--state", "discord.json", *more)
    out = await sandbox.says("Ctrl+C stops it.")
    base_url = re.search(r"chat page  (\S+)/\n", out)
    assert base_url, out
    assert f"REST       {base_url[1]}/api/v10\n" in out
    assert f"gateway    {base_url[1].replace('http', 'ws')}/gateway\n" in out
    async with await Person.register(base_url[1], "ada") as ada:
        await ada.create_guild("Harbour Town")
        token = (await ada.create_application("Bot")).token
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {token}"}) as http:
        answers = [await http.get(f"{base_url[1]}/api/v10/gateway/bot") for _ in range(3)]
        assert (429 in [answer.status for answer in answers]) == limited
    sandbox.signal(signal.SIGINT)
    ended = await sandbox.end(STOPS_WITHIN)
    assert (ended.code, ended.err) == (0, "")
    assert "Harbour Town" in (shell.folder / "discord.json").read_text()


async def test_a_damaged_state_is_left_as_it_is(shell: Shell) -> None:
    (shell.folder / "discord.json").write_text("{half")
    ended = await shell.run("sandbox", "--port", "0", "--state", "discord.json")
    assert_one_sentence(ended, "Nothing was changed. Move the file away to start with an empty sandbox")
    assert (shell.folder / "discord.json").read_text() == "{half"
