"""Members: pages, search, nicknames, time-outs, kicks, bans, and what a departure leaves."""

from datetime import timedelta

import aiohttp

from bot.sandbox.permissions import Permission
from bot.sandbox.routes import members
from bot.sandbox.scenario import Person
from bot.sandbox.snowflakes import stamp
from bot.sandbox.things import User
from tests.sandbox.conftest import BOT_PERMISSIONS, Town
from tests.sandbox.test_rules import refused


async def test_members_are_listed_by_id_and_found_by_name(town: Town, bot: Person) -> None:
    stage = town.sandbox.stage
    guild = stage.world.guilds[town.guild_id]
    for number in range(2500):
        user = User(stage.make_id(), f"reader{number}", f"Ms. {number}" if number % 2 else None)
        stage.world.add_user(user)
        members.add_member(stage, guild, user.id)
    path = f"/guilds/{town.guild_id}/members"
    seen: list[str] = []
    while page := await bot.request("GET", path, limit=1000, after=seen[-1] if seen else 0):
        seen += [one["user"]["id"] for one in page]
    assert seen == sorted(guild.members, key=int)
    assert len(await bot.request("GET", path)) == 1
    assert await refused(bot.request("GET", path, limit=1001)) == 50035
    found = await bot.request("GET", path + "/search", query="READER12", limit=5)
    assert [one["user"]["username"] for one in found] == [f"reader{n}" for n in (12, 120, 121, 122, 123)]
    await town.alice.request("PATCH", f"{path}/{town.bob.id}", {"nick": "Ms. Bob"})
    [first] = await bot.request("GET", path + "/search", query="ms. b")
    assert first["user"]["id"] == town.bob.id
    assert await refused(bot.request("GET", path + "/search")) == 50035
    # Who has left is found no more, and pages go on without them.
    members.remove_member(stage, guild, seen[5])
    assert [one["user"]["id"] for one in await bot.request("GET", path, limit=2, after=seen[4])] == seen[6:8]


async def test_the_list_of_members_takes_a_privileged_intent(town: Town, bot: Person) -> None:
    path = f"/applications/{town.application.id}"
    changed = await town.alice.request("PATCH", path, {"flags": 1 << 19})
    assert changed["flags"] == 1 << 19
    assert await refused(bot.request("GET", f"/guilds/{town.guild_id}/members")) == 50001
    thread = await town.alice.open_thread("Talk", in_=town.channel_id)
    listed = f"/channels/{thread['id']}/thread-members"
    assert await refused(bot.request("GET", listed)) == 50001
    assert [one["user_id"] for one in await town.bob.request("GET", listed)] == [town.alice.id]
    assert await refused(town.bob.request("PATCH", path, {"flags": 0})) == 10002


async def test_a_time_out_leaves_looking_and_ends_by_the_clock(town: Town, bot: Person) -> None:
    alice, bob, now = town.alice, town.bob, town.sandbox.clock.now
    path = f"/guilds/{town.guild_id}/members/{bob.id}"
    message = await alice.say("Article", in_=town.channel_id)
    # An overwrite that allows does not help against a time-out.
    await alice.overwrite(town.channel_id, bob.id, allow=int(Permission.SEND_MESSAGES), member=True)
    until = stamp(now() + timedelta(minutes=10))
    silenced = await alice.request("PATCH", path, {"communication_disabled_until": until})
    assert silenced["communication_disabled_until"] == until
    await bob.wait_for("GUILD_MEMBER_UPDATE", communication_disabled_until=until)
    assert await refused(bob.say("but", in_=town.channel_id)) == 50013
    await alice.react(message, "👎")
    # Not even where the emoji is there, for which others need no permission.
    for emoji in "👍👎":
        assert await refused(bob.react(message, emoji)) == 50013
    assert (await bob.message(town.channel_id, message["id"]))["content"] == "Article"
    town.sandbox.clock.advance(601)
    await bob.say("back", in_=town.channel_id)

    async def answer(who: Person, whom: str, **away: float) -> int:
        body = {"communication_disabled_until": stamp(now() + timedelta(**away))}
        return await refused(who.request("PATCH", f"/guilds/{town.guild_id}/members/{whom}", body))

    assert await answer(alice, bob.id, days=28, minutes=1) == 50035
    assert await answer(alice, alice.id, minutes=1) == 50013
    await alice.install(town.application, town.guild_id, BOT_PERMISSIONS | int(Permission.MODERATE_MEMBERS))
    assert await answer(bot, alice.id, minutes=1) == 50013
    # Administrators cannot be silenced, whoever tries.
    admin = await alice.create_role(town.guild_id, "admin", int(Permission.ADMINISTRATOR))
    await alice.give_role(town.guild_id, bob, admin)
    assert await answer(alice, bob.id, minutes=1) == 50013
    nonsense = {"communication_disabled_until": "soon"}
    assert await refused(alice.request("PATCH", path, nonsense)) == 50035


async def test_who_may_name_and_dress_a_member(town: Town, bot: Person) -> None:
    path = f"/guilds/{town.guild_id}/members"
    own = await town.bob.request("PATCH", f"{path}/@me", {"nick": "Bobby"})
    assert own["nick"] == "Bobby"
    assert await refused(bot.request("PATCH", f"{path}/{town.bob.id}", {"nick": "x"})) == 50013
    extra = int(Permission.MANAGE_NICKNAMES | Permission.MANAGE_ROLES)
    await town.alice.install(town.application, town.guild_id, BOT_PERMISSIONS | extra)
    role = await town.alice.create_role(town.guild_id, "reader", 0)
    body = {"nick": None, "roles": [role["id"]]}
    changed = await bot.request("PATCH", f"{path}/{town.bob.id}", body)
    assert (changed["nick"], changed["roles"]) == (None, [role["id"]])
    assert await refused(bot.request("PATCH", f"{path}/{town.alice.id}", {"nick": "x"})) == 50013
    assert await refused(bot.request("PATCH", f"{path}/{town.bob.id}", {"nick": "x" * 33})) == 50035
    assert await refused(bot.request("PATCH", f"{path}/{town.bob.id}", {"mute": True})) == 40032
    assert await refused(bot.request("PATCH", f"{path}/{town.bob.id}", {"roles": ["1"]})) == 10011
    assert await refused(bot.request("PATCH", f"{path}/1", {"nick": "x"})) == 10007


async def test_kicks_go_downwards_and_take_the_bots_role_along(town: Town, bot: Person) -> None:
    alice, bob, guild_id = town.alice, town.bob, town.guild_id
    thread = await bob.open_thread("Talk", in_=town.channel_id)
    await alice.install(town.application, guild_id, int(Permission.KICK_MEMBERS | Permission.VIEW_CHANNEL))
    boss = await alice.create_role(guild_id, "boss", 0)
    await alice.request("PATCH", f"/guilds/{guild_id}/roles", [{"id": boss["id"], "position": 3}])
    await alice.give_role(guild_id, bob, boss)
    assert await refused(bot.request("DELETE", f"/guilds/{guild_id}/members/{bob.id}")) == 50013
    assert await refused(bot.request("DELETE", f"/guilds/{guild_id}/members/{alice.id}")) == 50013
    await alice.take_role(guild_id, bob, boss)
    await bot.request("DELETE", f"/guilds/{guild_id}/members/{bob.id}")
    await bob.wait_for("GUILD_DELETE", id=guild_id)
    assert await refused(bob.messages(town.channel_id)) == 50001
    left = await alice.request("GET", f"/channels/{thread['id']}/thread-members")
    assert bob.id not in [one["user_id"] for one in left]
    await alice.kick(guild_id, bot.id)
    roles = await alice.request("GET", f"/guilds/{guild_id}/roles")
    assert not [one for one in roles if one["managed"]]
    assert await refused(bot.request("GET", f"/guilds/{guild_id}")) == 10004


async def test_bans_remove_keep_out_and_clean_up(town: Town, bot: Person) -> None:
    alice, bob, guild_id = town.alice, town.bob, town.guild_id
    path = f"/guilds/{guild_id}/bans"
    code = await alice.invite(town.channel_id)
    old = await bob.say("old", in_=town.channel_id)
    town.sandbox.clock.advance(7200)
    await bob.say("new", in_=town.channel_id)
    kept = await alice.say("hers", in_=town.channel_id)
    await alice.request("PUT", f"{path}/{bob.id}", {"delete_message_seconds": 3600})
    await alice.wait_for("GUILD_BAN_ADD")
    assert {one["id"] for one in await alice.messages(town.channel_id)} == {old["id"], kept["id"]}
    assert await refused(bob.request("POST", f"/invites/{code}", {})) == 40007
    assert [one["user"]["id"] for one in await alice.request("GET", path)] == [bob.id]
    assert (await alice.request("GET", f"{path}/{bob.id}"))["reason"] is None
    await alice.request("DELETE", f"{path}/{bob.id}")
    await alice.wait_for("GUILD_BAN_REMOVE")
    assert await refused(alice.request("GET", f"{path}/{bob.id}")) == 10026
    assert await refused(alice.request("DELETE", f"{path}/{bob.id}")) == 10026
    await bob.join(code)
    assert await refused(alice.request("PUT", f"{path}/1", {})) == 10013
    assert (
        await refused(alice.request("PUT", f"{path}/{bob.id}", {"delete_message_seconds": 604801})) == 50035
    )
    assert await refused(alice.request("PUT", f"{path}/{alice.id}", {})) == 50013
    many = f"/guilds/{guild_id}/bulk-ban"
    both = await alice.request("POST", many, {"user_ids": [bob.id, alice.id, "1"]})
    assert both == {"banned_users": [bob.id], "failed_users": [alice.id, "1"]}
    assert await refused(alice.request("POST", many, {"user_ids": [alice.id]})) == 500000
    # A bot that was banned is not brought back either.
    await alice.request("PUT", f"{path}/{bot.id}", {})
    assert await refused(alice.install(town.application, guild_id, 0)) == 40007


async def test_what_a_ban_cleans_goes_as_any_message_does(town: Town) -> None:
    alice, bob = town.alice, town.bob
    thread = await alice.open_thread("Talk", in_=town.channel_id)
    await bob.say("in a thread", in_=thread["id"])
    wire = await alice.create_channel(town.guild_id, "wire", 5)
    await alice.request("POST", f"/channels/{wire['id']}/followers", {"webhook_channel_id": town.channel_id})
    news = await bob.say("News", in_=wire["id"], files={"a.txt": b"1"})
    await alice.request("POST", f"/channels/{wire['id']}/messages/{news['id']}/crosspost")
    await alice.request("PUT", f"/guilds/{town.guild_id}/bans/{bob.id}", {"delete_message_seconds": 60})
    assert (await alice.request("GET", f"/channels/{thread['id']}"))["message_count"] == 0
    copy = (await alice.messages(town.channel_id))[0]
    assert copy["content"] == "[Original Message Deleted]"
    async with aiohttp.ClientSession() as http, http.get(news["attachments"][0]["url"]) as answer:
        assert answer.status == 404


async def test_a_bans_reason_is_kept(town: Town) -> None:
    path = f"/guilds/{town.guild_id}/bans/{town.bob.id}"
    headers = {"Authorization": town.alice.token, "X-Audit-Log-Reason": "sp%C3%A4m"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.put(town.sandbox.api_url + path, json={}) as answer,
    ):
        assert answer.status == 204
    assert (await town.alice.request("GET", path))["reason"] == "späm"
