"""People: who they are, whom they hear, their applications, and how a bot is installed."""

from typing import Any

import aiohttp
import pytest

from bot.sandbox.permissions import Permission
from bot.sandbox.scenario import Person, Refused
from tests.sandbox.conftest import BOT_PERMISSIONS, Town
from tests.sandbox.test_emoji import GIF, PNG, data_uri
from tests.sandbox.test_rules import refused


async def test_a_new_face_is_seen_by_all_who_know_the_person(town: Town) -> None:
    body = {"username": "bob", "global_name": "Robert", "avatar": data_uri(GIF)}
    changed = await town.bob.request("PATCH", "/users/@me", body)
    assert (changed["global_name"], changed["avatar"][:2]) == ("Robert", "a_")
    told = await town.alice.wait_for("GUILD_MEMBER_UPDATE")
    assert told.data["user"]["avatar"] == changed["avatar"]
    await town.bob.wait_for("USER_UPDATE")
    url = f"{town.sandbox.url}/avatars/{town.bob.id}/{changed['avatar']}.gif"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert (answer.content_type, await answer.read()) == ("image/gif", GIF)
    body = {"username": "bob", "avatar": data_uri(b"text")}
    assert await refused(town.bob.request("PATCH", "/users/@me", body)) == 50046
    gone = await town.bob.request("PATCH", "/users/@me", {"username": "bob", "avatar": None})
    assert (gone["avatar"], gone["global_name"]) == (None, "Robert")


async def test_ones_settings_are_ones_own(town: Town, bot: Person) -> None:
    changed = await town.bob.request("PATCH", "/users/@me/settings", {"locale": "de"})
    assert changed["locale"] == (await town.bob.request("GET", "/users/@me"))["locale"] == "de"
    assert await refused(bot.request("PATCH", "/users/@me/settings", {"locale": "de"})) == 20001
    broken = {"locale": "xx", "restricted_guilds": "all", "default_guilds_restricted": "yes"}
    with pytest.raises(Refused) as no:
        await town.bob.request("PATCH", "/users/@me/settings", broken)
    assert set(no.value.body["errors"]) == set(broken)


async def test_direct_messages_reach_who_is_open_to_them(town: Town, bot: Person) -> None:
    alice, bob = town.alice, town.bob
    channel = await bot.open_direct(bob.id)
    assert channel["id"] == (await bot.open_direct(bob.id))["id"]

    async def closed(who: Person = bot) -> int:
        return await refused(who.say("psst", in_=channel["id"]))

    await bot.say("hello", in_=channel["id"])
    await bob.request("PATCH", "/users/@me/settings", {"restricted_guilds": [town.guild_id]})
    assert await closed() == 50007
    assert (await bot.open_direct(bob.id))["id"] == channel["id"]
    await bob.request("PATCH", "/users/@me/settings", {"restricted_guilds": []})
    await bob.request("PUT", f"/users/@me/relationships/{bot.id}", {"type": 2})
    assert (await bob.request("GET", "/users/@me/relationships"))[0]["id"] == bot.id
    # A block closes both ways.
    assert await closed() == await closed(bob) == 50007
    await bob.request("DELETE", f"/users/@me/relationships/{bot.id}")
    await bot.say("again", in_=channel["id"])
    assert await refused(alice.say("not mine", in_=channel["id"])) == 50001
    await bob.leave(town.guild_id)
    # The channel stays, but there is no guild in common any more.
    assert await closed() == 50278
    assert len(await bob.messages(channel["id"])) == 2


async def test_a_new_guild_is_closed_to_who_wants_it_so(town: Town, bot: Person) -> None:
    await town.bob.request("PATCH", "/users/@me/settings", {"default_guilds_restricted": True})
    await town.bob.leave(town.guild_id)
    await town.bob.join(await town.alice.invite(town.channel_id))
    channel = await bot.open_direct(town.bob.id)
    assert await refused(bot.say("hello", in_=channel["id"])) == 50007


async def test_what_direct_channels_are_not_for(town: Town, bot: Person) -> None:
    alice, bob = town.alice, town.bob
    zoe = await alice.request("POST", "/auth/register", {"username": "zoe"})
    stranger = await bot.open_direct(zoe["user_id"])
    assert await refused(bot.say("hello", in_=stranger["id"])) == 50278
    assert await refused(alice.open_direct(zoe["user_id"])) == 50278
    assert await refused(bob.open_direct(bob.id)) == 50007
    group = {"recipients": [alice.id, bob.id]}
    assert await refused(bot.request("POST", "/users/@me/channels", group)) == 20001
    assert await refused(bot.request("POST", "/users/@me/channels", {"recipient_id": "1"})) == 10013
    direct = await bot.open_direct(bob.id)
    path = f"/channels/{direct['id']}"
    message = await bot.say("hello", in_=direct["id"])
    for method, rest, body in (
        ("PATCH", "", {"name": "x"}),
        ("POST", "/invites", {}),
        ("POST", f"/messages/{message['id']}/threads", {"name": "x"}),
        ("PUT", f"/permissions/{bob.id}", {"type": 1}),
    ):
        assert await refused(bot.request(method, path + rest, body)) in (50003, 50013, 50024), rest


async def test_an_application_is_its_owners_to_change(town: Town, bot: Person) -> None:
    alice, path = town.alice, f"/applications/{town.application.id}"
    body = {"icon": data_uri(PNG), "tags": ["news"], "description": "News"}
    changed = await alice.request("PATCH", path, body)
    assert (bool(changed["icon"]), changed["tags"], changed["description"]) == (True, ["news"], "News")
    assert changed["flags"] == 1 << 13 | 1 << 15 | 1 << 19
    own = await bot.request("PATCH", "/applications/@me", {"flags": 1 << 15 | 1 << 3})
    assert own["flags"] == 1 << 15
    assert await refused(town.bob.request("PATCH", path, {"tags": []})) == 10002
    fresh = await alice.request("POST", path + "/bot/reset", {})
    with pytest.raises(Refused) as no:
        await bot.request("GET", "/users/@me")
    assert no.value.status == 401
    async with Person(town.sandbox.url, "Broadsheet", f"Bot {fresh['token']}") as again:
        assert (await again.request("GET", "/users/@me"))["id"] == town.application.id


async def test_an_installation_grants_what_the_installer_holds(town: Town, bot: Person) -> None:
    alice, bob, guild_id = town.alice, town.bob, town.guild_id

    async def managed() -> Any:
        roles = await alice.request("GET", f"/guilds/{guild_id}/roles")
        return next((one for one in roles if one["managed"]), None)

    assert (await managed())["tags"] == {"bot_id": bot.id}
    assert await refused(bob.install(town.application, guild_id, 0)) == 50013
    deputy = await alice.create_role(guild_id, "deputy", int(Permission.MANAGE_GUILD))
    await alice.give_role(guild_id, bob, deputy)
    asked = int(Permission.MANAGE_GUILD | Permission.ADMINISTRATOR)
    await bob.install(town.application, guild_id, asked)
    assert int((await managed())["permissions"]) == int(Permission.MANAGE_GUILD)
    await alice.kick(guild_id, bot.id)
    # Without permissions there is no role, until it is asked for some.
    await alice.install(town.application, guild_id, 0)
    assert await managed() is None
    await alice.install(town.application, guild_id, BOT_PERMISSIONS)
    role = await managed()
    assert (await bot.request("GET", f"/guilds/{guild_id}/members/{bot.id}"))["roles"] == [role["id"]]
    body = {"guild_id": guild_id, "authorize": True}
    query = {"client_id": town.application.id, "scope": "bot everything"}
    assert await refused(alice.request("POST", "/oauth2/authorize", body, **query)) == 50035
    query = {"client_id": "1", "scope": "bot"}
    assert await refused(alice.request("POST", "/oauth2/authorize", body, **query)) == 10002
