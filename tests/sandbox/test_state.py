"""A sandbox that is kept in a file, and one that is furnished."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.prepare import prepare
from bot.sandbox.scenario import Person
from bot.sandbox.store import DamagedState, read, snapshot
from bot.sandbox.things import Channel, Guild, Member, Message, ThreadState
from bot.sandbox.world import World
from tests.discord_document import DOCUMENT, load_checker
from tests.sandbox.conftest import Town

FURNITURE = {"news": 0, "wire": 5, "stories": 15}
PEOPLE = ["ada", "ben"]


async def test_ids_tokens_and_talk_outlive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    async with Sandbox(state=state) as first:
        made = await prepare(first, "Town", FURNITURE, PEOPLE, "Broadsheet")
        async with await Person.connect(first.url, "ben", made.people["ben"].token) as ben:
            message = await ben.say("Still here?", in_=made.channels["news"])
            await ben.react(message, "👍")
            thread = await ben.start_thread(message, "Talk")
            await ben.say("In the thread", in_=thread["id"])
        before = snapshot(first.stage.world)
    async with Sandbox(state=state) as second:
        assert snapshot(second.stage.world) == before
        again = await prepare(second, "Town", FURNITURE, PEOPLE, "Broadsheet")
        assert again == made
        async with await Person.connect(second.url, "ben", made.people["ben"].token) as ben:
            kept = await ben.message(made.channels["news"], message["id"])
            assert (kept["content"], kept["reactions"][0]["me"]) == ("Still here?", True)
            assert kept["thread"]["message_count"] == 1
            newer = await ben.say("Yes", in_=made.channels["news"])
            assert int(newer["id"]) > int(before["last_id"])


async def test_files_outlive_a_restart_and_go_with_their_messages(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    async with Sandbox(state=state) as first:
        made = await prepare(first, "Town", FURNITURE, PEOPLE, "Broadsheet")
        async with await Person.connect(first.url, "ben", made.people["ben"].token) as ben:
            kept, lost = [
                await ben.say("Look", in_=made.channels["news"], files={name: name.encode()})
                for name in ("kept.png", "lost.png")
            ]
    async with (
        Sandbox(state=state) as second,
        aiohttp.ClientSession() as http,
        await Person.connect(second.url, "ben", made.people["ben"].token) as ben,
    ):
        (file,) = (await ben.message(made.channels["news"], kept["id"]))["attachments"]
        async with http.get(file["url"]) as answer:
            assert await answer.read() == b"kept.png"
        await ben.delete(lost)
    assert [path.name for path in (tmp_path / "sandbox.json.files").iterdir()] == [file["id"]]


async def test_prepared_people_are_listed_for_the_chat_page() -> None:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as http:
        await prepare(sandbox, "Town", FURNITURE, PEOPLE, "Broadsheet")
        async with http.get(f"{sandbox.url}/sandbox/people") as answer:
            people = (await answer.json())["people"]
        assert [(one["username"], one["role"]) for one in people] == [("ada", "admin"), ("ben", "member")]


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 1}', '{"format": 99}'])
async def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, text: str) -> None:
    state = tmp_path / "sandbox.json"
    state.write_text(text)
    with pytest.raises(DamagedState, match=r"sandbox\.json"):
        await Sandbox(state=state).__aenter__()
    assert state.read_text() == text


async def test_a_change_is_saved_while_the_sandbox_runs(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    async with Sandbox(state=state) as sandbox, await Person.register(sandbox.url, "alice") as alice:
        await alice.create_guild("Town")
        await sandbox.save()
        assert '"Town"' in state.read_text()
    assert [one.name for one in tmp_path.iterdir()] == ["sandbox.json"]


async def test_closing_during_saves_loses_nothing(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    for round_ in range(3):
        async with Sandbox(state=state, save_every_s=0.001) as sandbox:
            world = sandbox.stage.world
            for number in range(3000):
                world.add_message(Message(str(round_ * 3000 + number + 1), "1", "2", "t", content="x" * 100))
            world.version += 1
            impatient = asyncio.create_task(sandbox.save())
            while not state.with_name("sandbox.json.new").exists():
                await asyncio.sleep(0)
            impatient.cancel()
            for message in list(world.messages.values())[:2500]:
                world.remove_message(message)
            world.version += 1
            left = set(world.messages)
        assert set(read(state).messages) == left
        assert [one.name for one in tmp_path.iterdir()] == ["sandbox.json"]


def test_a_snapshot_is_of_one_moment() -> None:
    world = World()
    guild = world.guilds["1"] = Guild("1", "Town", "2")
    world.add_member(guild, Member("2", "t"))
    world.add_message(Message("5", "4", "2", "t", reactions={"x": {"2": None}}))
    world.add_channel(Channel("4", 11, "talk", "1", "3", thread=ThreadState("2", "t", "t")))
    taken, again = snapshot(world), snapshot(world)
    guild.members["2"].nick, guild.bans["9"] = "Al", None
    world.messages["5"].reactions["x"]["3"] = None
    world.set_archived(world.channels["4"], True, "u")
    assert taken == again
    assert snapshot(world) != taken


async def test_the_document_finds_what_is_wrong() -> None:
    check = load_checker()
    if check is None:
        pytest.skip(f"Discord's OpenAPI document is not at {DOCUMENT}, so nothing can be held against it.")
    assert check("GET", "/gateway", None, 200, {"url": "ws://127.0.0.1"}) == []
    assert check("GET", "/gateway", None, 200, {"address": "x"}) != []
    assert check("POST", "/channels/{channel_id}/messages", {"content": "x" * 5000}, 200, {}) != []
    overwrite = "/channels/{channel_id}/permissions/{overwrite_id}"
    for allowed, complains in ((1024, False), ("1024", False), ("some", True), (1.5, True)):
        sent = {"type": 0, "allow": allowed, "deny": "0"}
        assert bool(check("PUT", overwrite, sent, 204, None)) == complains
    assert check("POST", "/auth/register", {"anything": 1}, 201, {}) == []


async def test_exchanges_are_held_against_the_document(town: Town) -> None:
    if load_checker() is None:
        pytest.skip(f"Discord's OpenAPI document is not at {DOCUMENT}, so nothing can be held against it.")
    shown: list[str] = []

    def complain(method: str, template: str, *_: object) -> list[str]:
        shown.append(f"{method} {template}")
        return ["on purpose"]

    async with Sandbox(check=complain) as sandbox, await Person.register(sandbox.url, "zoe"):
        assert sandbox.violations[0] == "POST /auth/register 201: on purpose"
    assert shown == ["POST /auth/register", "GET /gateway"]


async def test_the_saver_outlives_a_world_that_cannot_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = tmp_path / "sandbox.json"

    async def until(happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not happened():
                await asyncio.sleep(0.01)

    async with (
        Sandbox(state=state, save_every_s=0.01) as sandbox,
        await Person.register(sandbox.url, "alice") as alice,
    ):
        world = sandbox.stage.world
        world.users[alice.id].global_name = "\ud800"
        world.version += 1
        await until(lambda: "could not save its state" in caplog.text)
        world.users[alice.id].global_name = "Alice again"
        await until(lambda: state.exists() and "Alice again" in state.read_text())
