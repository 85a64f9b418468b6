"""What the world finds again without looking through everything."""

from pathlib import Path

from bot.sandbox import Sandbox
from bot.sandbox.scenario import Person
from tests.sandbox.conftest import Town
from tests.sandbox.test_rules import refused


async def test_a_name_belongs_to_one_person_and_is_free_after_a_renaming(town: Town) -> None:
    register = "/auth/register"
    assert await refused(town.bob.request("POST", register, {"username": "bob"})) == 50035
    assert await refused(town.alice.request("PATCH", "/users/@me", {"username": "bob"})) == 50035
    renamed = await town.bob.request("PATCH", "/users/@me", {"username": "robert"})
    assert renamed["username"] == "robert"
    assert await refused(town.alice.request("POST", register, {"username": "robert"})) == 50035
    await town.alice.request("POST", register, {"username": "bob"})
    # Bots bear their application's name, and people may bear it too.
    await town.alice.request("POST", register, {"username": town.application.name})


async def test_a_bots_new_token_takes_the_place_of_the_old(town: Town) -> None:
    path = f"/applications/{town.application.id}/bot"
    made = await town.alice.request("POST", path, {})
    tokens = town.sandbox.stage.world.tokens
    assert town.application.token not in tokens
    assert [token for token, owner in tokens.items() if owner == made["id"]] == [made["token"]]


async def test_pins_are_listed_newest_first_and_leave_with_their_message(town: Town) -> None:
    path = f"/channels/{town.channel_id}/messages/pins"
    sent = [await town.alice.say(text) for text in ("one", "two", "three", "four")]
    for message in sent:
        await town.alice.request("PUT", f"{path}/{message['id']}")
    await town.alice.delete(sent[1])
    await town.alice.request("DELETE", f"{path}/{sent[2]['id']}")
    pins = await town.alice.request("GET", path)
    assert [one["message"]["content"] for one in pins["items"]] == ["four", "one"]


async def test_what_is_found_by_an_index_is_found_after_a_restart_too(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    async with Sandbox(state=state) as sandbox, await Person.register(sandbox.url, "alice") as alice:
        guild = await alice.create_guild("Town")
        channel = await alice.create_channel(guild["id"], "news")
        message = await alice.say("pinned", in_=channel["id"])
        thread = await alice.start_thread(message, "Talk")
        await alice.request("PUT", f"/channels/{channel['id']}/messages/pins/{message['id']}")
        token = alice.token
    async with Sandbox(state=state) as sandbox, await Person.connect(sandbox.url, "alice", token) as alice:
        assert await refused(alice.request("POST", "/auth/register", {"username": "alice"})) == 50035
        pins = await alice.request("GET", f"/channels/{channel['id']}/messages/pins")
        assert [one["message"]["id"] for one in pins["items"]] == [message["id"]]
        active = await alice.request("GET", f"/guilds/{guild['id']}/threads/active")
        assert [one["id"] for one in active["threads"]] == [thread["id"]]
        assert thread["id"] not in [one["id"] for one in await alice.channels(guild["id"])]
