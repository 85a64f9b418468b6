"""Custom emoji: making them, their pictures, and reactions with them."""

import base64
from pathlib import Path

import aiohttp

from bot.sandbox import Sandbox
from bot.sandbox.permissions import Permission
from bot.sandbox.scenario import Json, Person
from bot.sandbox.store import snapshot
from tests.sandbox.conftest import StartBot, Town
from tests.sandbox.test_rules import refused

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
GIF = b"GIF89a" + bytes(24)
WEBP = b"RIFF\x10\0\0\0WEBPVP8X" + bytes(24)
JPEG = b"\xff\xd8\xff\xe0" + bytes(24)


def data_uri(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


async def make(person: Person, guild_id: str, name: str = "wave", data: bytes = PNG) -> Json:
    body = {"name": name, "image": data_uri(data)}
    return dict(await person.request("POST", f"/guilds/{guild_id}/emojis", body))


async def test_a_guilds_emoji_is_made_shown_renamed_and_deleted(town: Town, bot: Person) -> None:
    alice, path = town.alice, f"/guilds/{town.guild_id}/emojis"
    emoji = await make(alice, town.guild_id)
    await town.bob.wait_for("GUILD_EMOJIS_UPDATE", guild_id=town.guild_id)
    assert (emoji["name"], emoji["animated"], emoji["user"]["id"]) == ("wave", False, alice.id)
    # Its maker is told to those who may make some; the bot may not.
    assert "user" not in (await bot.request("GET", path))[0]
    assert "user" in await alice.request("GET", f"{path}/{emoji['id']}")
    assert (await bot.request("GET", f"/guilds/{town.guild_id}"))["emojis"][0]["id"] == emoji["id"]
    async with aiohttp.ClientSession() as http:
        url = f"{town.sandbox.url}/emojis/{emoji['id']}.png"
        async with http.get(url) as answer:
            assert (answer.content_type, await answer.read()) == ("image/png", PNG)
        assert (await alice.request("PATCH", f"{path}/{emoji['id']}", {"name": "hello"}))["name"] == "hello"
        await alice.request("DELETE", f"{path}/{emoji['id']}")
        async with http.get(url) as answer:
            assert answer.status == 404
    assert await refused(alice.request("GET", f"{path}/{emoji['id']}")) == 10014
    assert await bot.request("GET", path) == []


NO_EMOJI: dict[str, tuple[Json, int]] = {
    "name of one": ({"name": "w", "image": data_uri(PNG)}, 50035),
    "name of 33": ({"name": "w" * 33, "image": data_uri(PNG)}, 50035),
    "name with a dash": ({"name": "a-b", "image": data_uri(PNG)}, 50035),
    "no picture": ({"name": "wave"}, 50035),
    "no data URI": ({"name": "wave", "image": "PNG"}, 50035),
    "a number": ({"name": "wave", "image": 5}, 50035),
    "no base64": ({"name": "wave", "image": "data:image/png;base64,%%"}, 50035),
    "over 256 KiB": ({"name": "wave", "image": data_uri(PNG + bytes(262144))}, 50035),
    "no picture inside": ({"name": "wave", "image": data_uri(b"<svg/>")}, 50046),
    "unknown role": ({"name": "wave", "image": data_uri(PNG), "roles": ["1"]}, 10011),
}


async def test_what_is_no_emoji_is_not_taken(town: Town) -> None:
    for reason, (body, code) in NO_EMOJI.items():
        answer = await refused(town.alice.request("POST", f"/guilds/{town.guild_id}/emojis", body))
        assert answer == code, reason


async def test_fifty_that_stand_still_and_fifty_that_move(town: Town) -> None:
    made = [await make(town.alice, town.guild_id, f"still{n}", (PNG, JPEG)[n % 2]) for n in range(50)]
    assert not any(one["animated"] for one in made)
    assert await refused(make(town.alice, town.guild_id, "more")) == 30008
    assert (await make(town.alice, town.guild_id, "moving", GIF))["animated"]
    still = await refused(make(town.alice, town.guild_id, "flat", WEBP))
    assert still == 30008


async def test_ones_own_emoji_takes_less_than_those_of_others(town: Town) -> None:
    path = f"/guilds/{town.guild_id}/emojis"
    making = int(Permission.CREATE_GUILD_EXPRESSIONS | Permission.VIEW_CHANNEL)
    await town.alice.set_role(town.guild_id, town.guild_id, making)
    own, hers = await make(town.bob, town.guild_id), await make(town.alice, town.guild_id, "hers")
    await town.bob.request("PATCH", f"{path}/{own['id']}", {"name": "mine"})
    assert await refused(town.bob.request("PATCH", f"{path}/{hers['id']}", {"name": "mine"})) == 50013
    assert await refused(town.bob.request("DELETE", f"{path}/{hers['id']}")) == 50013
    await town.bob.request("DELETE", f"{path}/{own['id']}")


async def test_reactions_with_custom_emoji_outlive_them(town: Town, start_bot: StartBot) -> None:
    alice, bob = town.alice, town.bob
    bot = await start_bot()
    emoji = await make(alice, town.guild_id, "party", GIF)
    message = await bob.say("Vote", in_=town.channel_id)
    await alice.react(message, f"party:{emoji['id']}")
    heard = await bot.wait_heard("raw_reaction_add")
    assert str(heard.emoji) == f"<a:party:{emoji['id']}>"
    # A second time is no news, and the name does not count: the id does.
    events = bob.mark()
    await alice.react(message, f"other:{emoji['id']}")
    await alice.request("DELETE", f"/guilds/{town.guild_id}/emojis/{emoji['id']}")
    await bob.react(message, f"party:{emoji['id']}")
    await alice.wait_for("MESSAGE_REACTION_ADD", user_id=bob.id)
    await bob.wait_for("MESSAGE_REACTION_ADD", since=events)
    added = [one for one in bob.events[events:] if one.name == "MESSAGE_REACTION_ADD"]
    assert [one.data["user_id"] for one in added] == [bob.id]
    [counted] = (await bob.message(town.channel_id, message["id"]))["reactions"]
    assert counted["emoji"] == {"id": emoji["id"], "name": "party", "animated": True}
    assert (counted["count"], counted["me"], counted["count_details"]["normal"]) == (2, True, 2)
    path = f"/channels/{town.channel_id}/messages/{message['id']}/reactions/party:{emoji['id']}"
    assert [one["id"] for one in await alice.request("GET", path, limit=1)] == [alice.id]
    assert [one["id"] for one in await alice.request("GET", path, after=alice.id)] == [bob.id]
    assert await alice.request("GET", path, type=1) == []
    other = await bob.say("Another", in_=town.channel_id)
    assert await refused(bob.react(other, f"party:{emoji['id']}")) == 10014
    await alice.request("DELETE", path)
    await bob.wait_for("MESSAGE_REACTION_REMOVE_EMOJI", since=events)
    assert "reactions" not in await bob.message(town.channel_id, message["id"])


async def test_an_emoji_of_another_guild_takes_a_permission(town: Town, bot: Person) -> None:
    elsewhere = await town.bob.create_guild("Elsewhere")
    emoji = await make(town.bob, elsewhere["id"], "far")
    text = f"far:{emoji['id']}"
    message = await town.alice.say("Vote")
    # Who is not there does not know it.
    assert await refused(town.alice.react(message, text)) == 10014
    assert await refused(bot.react(message, text)) == 10014
    await town.alice.overwrite(town.channel_id, town.guild_id, deny=int(Permission.USE_EXTERNAL_EMOJIS))
    assert await refused(town.bob.react(message, text)) == 50013
    await town.alice.overwrite(town.channel_id, town.guild_id)
    await town.bob.react(message, text)
    await town.alice.react(message, text)


async def test_an_application_has_emoji_of_its_own(town: Town, bot: Person) -> None:
    path = f"/applications/{town.application.id}/emojis"
    emoji = await bot.request("POST", path, {"name": "mark", "image": data_uri(PNG)})
    assert [one["id"] for one in (await town.alice.request("GET", path))["items"]] == [emoji["id"]]
    message = await town.bob.say("Vote")
    await bot.react(message, f"mark:{emoji['id']}")
    assert (await bot.request("PATCH", f"{path}/{emoji['id']}", {"name": "sign"}))["name"] == "sign"
    assert await refused(town.bob.request("GET", path)) == 10002
    await bot.request("DELETE", f"{path}/{emoji['id']}")
    assert await refused(bot.request("GET", f"{path}/{emoji['id']}")) == 10014


async def test_a_person_who_blocked_somebody_gets_no_reactions_of_theirs(town: Town) -> None:
    message = await town.alice.say("Vote")
    await town.alice.request("PUT", f"/users/@me/relationships/{town.bob.id}", {"type": 2})
    assert await refused(town.bob.react(message, "👍")) == 90001


async def test_pictures_bans_and_settings_outlive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    async with Sandbox(state=state) as sandbox, await Person.register(sandbox.url, "alice") as alice:
        guild = await alice.create_guild("Town")
        emoji = await make(alice, guild["id"])
        bob = await alice.request("POST", "/auth/register", {"username": "bob"})
        await alice.request("PUT", f"/guilds/{guild['id']}/bans/{bob['user_id']}", {})
        application = await alice.create_application("Press")
        body = {"name": "mark", "image": data_uri(GIF)}
        await alice.request("POST", f"/applications/{application.id}/emojis", body)
        await alice.request("PATCH", "/users/@me/settings", {"locale": "de"})
        before = snapshot(sandbox.stage.world)
    async with Sandbox(state=state) as sandbox, aiohttp.ClientSession() as http:
        assert snapshot(sandbox.stage.world) == before
        async with http.get(f"{sandbox.url}/emojis/{emoji['id']}.webp") as answer:
            assert await answer.read() == PNG
