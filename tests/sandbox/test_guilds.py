"""Guilds, channels of every kind, and invites."""

from typing import Any

import pytest

from bot.sandbox.permissions import Permission
from bot.sandbox.routes import channels
from bot.sandbox.scenario import Json, Person, Refused
from bot.sandbox.things import TEXT, Channel
from tests.sandbox.acting import codes
from tests.sandbox.conftest import StartBot, Town
from tests.sandbox.test_emoji import PNG, data_uri
from tests.sandbox.test_rules import refused


async def test_a_guild_is_changed_and_given_away(town: Town) -> None:
    alice, bob, path = town.alice, town.bob, f"/guilds/{town.guild_id}"
    body = {"name": "City", "icon": data_uri(PNG), "description": "Grown", "preferred_locale": "de"}
    changed = await alice.request("PATCH", path, body)
    assert (changed["name"], changed["description"], len(changed["icon"])) == ("City", "Grown", 32)
    told = await bob.wait_for("GUILD_UPDATE")
    assert told.data["preferred_locale"] == "de"
    assert await refused(alice.request("PATCH", path, {"owner_id": "1"})) == 10007
    assert await refused(alice.request("PATCH", path, {"system_channel_id": "1"})) == 10003
    assert await refused(alice.request("DELETE", f"/users/@me/guilds/{town.guild_id}")) == 50055
    deputy = await alice.create_role(town.guild_id, "deputy", int(Permission.MANAGE_GUILD))
    await alice.give_role(town.guild_id, bob, deputy)
    assert await refused(bob.request("PATCH", path, {"owner_id": bob.id})) == 50013
    assert await refused(bob.request("DELETE", path)) == 50013
    await alice.request("PATCH", path, {"owner_id": bob.id})
    await alice.leave(town.guild_id)
    assert (await bob.request("GET", path, with_counts="true"))["approximate_member_count"] == 2


async def test_ones_guilds_come_in_pages(town: Town) -> None:
    made = [town.guild_id] + [(await town.alice.create_guild(f"Guild {n}"))["id"] for n in range(4)]
    path = "/users/@me/guilds"

    async def page(**query: Any) -> list[str]:
        return [one["id"] for one in await town.alice.request("GET", path, **query)]

    assert await page() == made
    assert await page(limit=2, after=made[0]) == made[1:3]
    assert await page(limit=2, before=made[4]) == made[2:4]
    assert await refused(town.alice.request("GET", path, limit=201)) == 50035


async def test_a_deleted_guild_leaves_nothing_behind(town: Town, bot: Person, start_bot: StartBot) -> None:
    client = await start_bot()
    alice, bob, world = town.alice, town.bob, town.sandbox.stage.world
    code = await alice.invite(town.channel_id)
    message = await alice.say("Article", in_=town.channel_id)
    thread = await alice.start_thread(message, "Talk")
    body = {"name": "greet", "description": "x", "type": 1}
    commands = f"/applications/{bot.id}/guilds/{town.guild_id}/commands"
    await bot.request("POST", commands, body)
    emoji = {"name": "wave", "image": data_uri(PNG)}
    await alice.request("POST", f"/guilds/{town.guild_id}/emojis", emoji)
    await alice.delete_guild(town.guild_id)
    await bob.wait_for("GUILD_DELETE", id=town.guild_id)
    await client.wait_heard("guild_remove")
    assert await refused(bob.request("GET", f"/invites/{code}")) == 10006
    assert await refused(bob.request("POST", f"/invites/{code}", {})) == 10006
    for path in (f"/channels/{town.channel_id}", f"/channels/{thread['id']}"):
        assert await refused(alice.request("GET", path)) == 10003
    assert await refused(alice.request("GET", f"/guilds/{town.guild_id}")) == 10004
    assert await alice.request("GET", "/users/@me/guilds") == []
    tables = (world.guilds, world.channels, world.messages, world.invites, world.commands, world.pictures)
    assert [len(table) for table in tables] == [0] * len(tables)


async def test_invites_end_by_use_age_and_with_their_channel(town: Town, bot: Person) -> None:
    alice, bob, path = town.alice, town.bob, f"/channels/{town.channel_id}/invites"

    async def make(**body: Any) -> Json:
        return dict(await alice.request("POST", path, body))

    once = await make(max_uses=1, max_age=0)
    told = await alice.wait_for("INVITE_CREATE", code=once["code"])
    assert (told.data["max_uses"], once["expires_at"]) == (1, None)
    # A like one is given again unless a unique one is wanted.
    assert (await make(max_uses=1, max_age=0))["code"] == once["code"]
    assert (await make(max_uses=1, max_age=0, unique=True))["code"] != once["code"]
    await bob.leave(town.guild_id)
    joined = await bob.request("POST", f"/invites/{once['code']}", {})
    assert (joined["new_member"], joined["guild"]["id"]) == (True, town.guild_id)
    await alice.wait_for("INVITE_DELETE", code=once["code"])
    assert await refused(bob.request("GET", f"/invites/{once['code']}")) == 10006
    hour = await make(max_age=3600)
    shown = await bob.request("GET", f"/invites/{hour['code']}", with_counts="true")
    assert (shown["approximate_member_count"], "uses" in shown) == (3, False)
    for listing in (path, f"/guilds/{town.guild_id}/invites"):
        assert hour["code"] in [one["code"] for one in await alice.request("GET", listing)]
    town.sandbox.clock.advance(3601)
    assert await refused(bob.request("POST", f"/invites/{hour['code']}", {})) == 10006
    assert hour["code"] not in [one["code"] for one in await alice.request("GET", path)]
    last = await make(max_age=0)
    assert await refused(bob.request("DELETE", f"/invites/{last['code']}")) == 50013
    await alice.delete_channel(town.channel_id)
    assert await refused(bob.request("GET", f"/invites/{last['code']}")) == 10006
    assert not [one for one in bob.events if one.name.startswith("INVITE_")]


async def test_an_invite_needs_a_channel_with_a_door(town: Town) -> None:
    category = await town.alice.create_channel(town.guild_id, "Rooms", 4)
    thread = await town.alice.open_thread("Talk", in_=town.channel_id)
    for channel in (category, thread):
        assert await refused(town.alice.request("POST", f"/channels/{channel['id']}/invites", {})) == 50024
    body = {"max_age": 99999999, "max_uses": 101}
    with pytest.raises(Refused) as no:
        await town.alice.request("POST", f"/channels/{town.channel_id}/invites", body)
    assert set(no.value.body["errors"]) == set(body)


SPELLED = (
    (0, "  My Room!  (new) ", "my-room-new"),
    (5, "Big  News", "big-news"),
    (15, "Ask Us", "ask-us"),
    (16, "Photos", "photos"),
    (2, "Voice Room", "Voice Room"),
    (13, "The Stage", "The Stage"),
    (4, "All Rooms", "All Rooms"),
)


async def test_every_kind_of_channel_is_made_and_spelled(town: Town) -> None:
    for kind, name, spelled in SPELLED:
        made = await town.alice.create_channel(town.guild_id, name, kind)
        assert (made["type"], made["name"]) == (kind, spelled)
        assert ("bitrate" in made, "available_tags" in made) == (kind in (2, 13), kind in (15, 16))
        written = town.alice.say("hello", in_=made["id"])
        if kind in (4, 15, 16):
            assert await refused(written) == 50008
        else:
            await written


OUT_OF_BOUNDS: tuple[tuple[int, Json, str], ...] = (
    (0, {"name": ""}, "name"),
    (0, {"name": "!!!"}, "name"),
    (0, {"name": "x" * 101}, "name"),
    (0, {"name": "x", "topic": "x" * 1025}, "topic"),
    (15, {"name": "x", "topic": "x" * 4097}, "topic"),
    (0, {"name": "x", "rate_limit_per_user": 21601}, "rate_limit_per_user"),
    (0, {"name": "x", "default_auto_archive_duration": 61}, "default_auto_archive_duration"),
    (0, {"name": "x", "parent_id": "1"}, "parent_id"),
    (2, {"name": "x", "bitrate": 1}, "bitrate"),
    (15, {"name": "x", "available_tags": [{"name": "x"}] * 21}, "available_tags"),
    (15, {"name": "x", "default_sort_order": 2}, "default_sort_order"),
    (15, {"name": "x", "default_forum_layout": 3}, "default_forum_layout"),
    (15, {"name": "x", "default_reaction_emoji": {"emoji_name": "x"}}, "default_reaction_emoji"),
    (6, {"name": "x"}, "type"),
    (0, {"name": "x", "nsfw": "no"}, "nsfw"),
    (0, {"name": "x", "permission_overwrites": [{}]}, "permission_overwrites"),
)


async def test_a_channel_out_of_bounds_is_refused(town: Town) -> None:
    for kind, body, place in OUT_OF_BOUNDS:
        with pytest.raises(Refused) as no:
            await town.alice.request("POST", f"/guilds/{town.guild_id}/channels", {**body, "type": kind})
        assert (no.value.code, list(no.value.body.get("errors", ()))) == (50035, [place]), body


async def test_a_refused_change_leaves_the_channel_as_it_was(town: Town) -> None:
    before = await town.alice.request("GET", f"/channels/{town.channel_id}")
    body = {"topic": "new", "rate_limit_per_user": -1}
    assert await refused(town.alice.request("PATCH", f"/channels/{town.channel_id}", body)) == 50035
    assert await town.alice.request("GET", f"/channels/{town.channel_id}") == before


async def test_a_guild_holds_500_channels_and_a_category_50(town: Town) -> None:
    stage = town.sandbox.stage
    category = await town.alice.create_channel(town.guild_id, "Rooms", 4)
    for number in range(497):
        parent = category["id"] if number < 50 else None
        channel = Channel(stage.make_id(), TEXT, f"room-{number}", town.guild_id, parent)
        channels.add(stage, town.alice.id, channel)
    path = f"/guilds/{town.guild_id}/channels"
    assert (
        await refused(town.alice.request("POST", path, {"name": "x", "parent_id": category["id"]})) == 50035
    )
    assert await refused(town.alice.request("POST", path, {"name": "x"})) == 30013
    body = {"parent_id": category["id"]}
    assert await refused(town.alice.request("PATCH", f"/channels/{town.channel_id}", body)) == 50035


async def test_channels_change_places_together(town: Town) -> None:
    alice = town.alice
    category = await alice.create_channel(town.guild_id, "Rooms", 4)
    path = f"/guilds/{town.guild_id}/channels"
    body = [{"id": town.channel_id, "position": 7, "parent_id": category["id"]}]
    await alice.request("PATCH", path, body)
    told = await town.bob.wait_for("CHANNEL_UPDATE", id=town.channel_id)
    assert (told.data["position"], told.data["parent_id"]) == (7, category["id"])
    assert await refused(alice.request("PATCH", path, [{"id": "1", "position": 1}])) == 10003
    nowhere = [{"id": town.channel_id, "position": 1}, {"id": town.channel_id, "parent_id": "1"}]
    with pytest.raises(Refused) as no:
        await alice.request("PATCH", path, nowhere)
    assert codes(no.value, "1.parent_id") == ["CHANNEL_PARENT_INVALID"]
    assert await refused(alice.request("PATCH", path, ["x"])) == 50035
    assert await refused(alice.request("PATCH", path, {"id": "1"})) == 50035


async def test_text_and_announcement_channels_turn_into_each_other(town: Town) -> None:
    path = f"/channels/{town.channel_id}"
    assert (await town.alice.request("PATCH", path, {"type": 5}))["type"] == 5
    assert (await town.alice.request("PATCH", path, {"type": 0}))["type"] == 0
    assert await refused(town.alice.request("PATCH", path, {"type": 15})) == 50035


async def test_a_forums_tags_keep_their_ids(town: Town) -> None:
    alice = town.alice
    tags = [{"name": "Question", "emoji_name": "❓"}, {"name": "Staff", "moderated": True}]
    forum = await alice.create_channel(
        town.guild_id,
        "ask",
        15,
        available_tags=tags,
        default_reaction_emoji={"emoji_name": "👍"},
        default_sort_order=1,
        default_forum_layout=2,
        default_thread_rate_limit_per_user=5,
    )
    question, staff = forum["available_tags"]
    assert (question["emoji_name"], staff["moderated"]) == ("❓", True)
    assert forum["default_reaction_emoji"] == {"emoji_id": None, "emoji_name": "👍"}
    settings = ("default_sort_order", "default_forum_layout", "default_thread_rate_limit_per_user")
    assert [forum[one] for one in settings] == [1, 2, 5]
    post = await alice.post(forum, "Hello", "first", tags=[question["id"], staff["id"]])
    path = f"/channels/{forum['id']}"
    body = {"available_tags": [{"id": question["id"], "name": "Questions"}, {"name": "New"}], "flags": 1 << 4}
    changed = await alice.request("PATCH", path, body)
    assert changed["available_tags"][0] == {**question, "name": "Questions", "emoji_name": None}
    assert (changed["available_tags"][1]["name"], changed["flags"]) == ("New", 1 << 4)
    # The post has lost the tag that is gone.
    assert (await alice.request("GET", f"/channels/{post['id']}"))["applied_tags"] == [question["id"]]
    unknown = {"available_tags": [{"id": "1", "name": "x"}]}
    assert await refused(alice.request("PATCH", path, unknown)) == 10087
    twice = {"available_tags": [{"name": "x"}, {"name": "X"}]}
    assert await refused(alice.request("PATCH", path, twice)) == 40061
