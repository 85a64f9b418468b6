"""Threads and forum posts: archived by time, locked, slow, private, counted, listed."""

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import Sandbox
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.opening import ACTIVE_AT_MOST
from bot.sandbox.scenario import Json, Person, Refused
from bot.sandbox.things import PUBLIC_THREAD, Channel, ThreadState
from tests.sandbox.conftest import Town

MINUTE = 60.0
STRANGER = "1"


async def refused(doing: Any) -> int:
    with pytest.raises(Refused) as no:
        await doing
    return no.value.code


async def open_thread(person: Person, channel_id: str, **body: Any) -> Json:
    given = {"name": "Talk", "type": 11, **body}
    return dict(await person.request("POST", f"/channels/{channel_id}/threads", given))


async def state_of(person: Person, thread: Json) -> Json:
    return dict((await person.request("GET", f"/channels/{thread['id']}"))["thread_metadata"])


async def test_a_thread_at_rest_archives_and_what_is_written_keeps_it_open(town: Town) -> None:
    clock, alice = town.sandbox.clock, town.alice
    thread = await open_thread(alice, town.channel_id, auto_archive_duration=60)
    clock.advance(59 * MINUTE)
    await alice.say("still here", in_=thread["id"])
    clock.advance(59 * MINUTE)
    assert not (await state_of(alice, thread))["archived"]
    due = clock.now()
    clock.advance(2 * MINUTE)
    state = await state_of(alice, thread)
    assert state["archived"]
    assert state["archive_timestamp"] > due.isoformat(timespec="microseconds")
    told = await town.bob.wait_for(
        lambda event: event.name == "THREAD_UPDATE" and event.data["thread_metadata"]["archived"]
    )
    assert told.data["id"] == thread["id"]
    # One that rests has no timer; writing opens it and starts the time anew.
    assert not town.sandbox.stage.archivals
    await town.bob.say("again", in_=thread["id"])
    assert not (await state_of(alice, thread))["archived"]
    clock.advance(61 * MINUTE)
    assert (await state_of(alice, thread))["archived"]


async def test_a_new_duration_counts_from_its_own_time_and_only_discords_are_known(town: Town) -> None:
    clock, alice = town.sandbox.clock, town.alice
    thread = await open_thread(alice, town.channel_id, auto_archive_duration=1440)
    path = f"/channels/{thread['id']}"
    clock.advance(100 * MINUTE)
    await alice.request("PATCH", path, {"auto_archive_duration": 60})
    clock.advance(59 * MINUTE)
    assert not (await state_of(alice, thread))["archived"]
    clock.advance(2 * MINUTE)
    assert (await state_of(alice, thread))["archived"]
    await alice.request("PATCH", path, {"archived": False})
    for minutes in (0, 61, "60", True):
        assert await refused(alice.request("PATCH", path, {"auto_archive_duration": minutes})) == 50035


async def test_a_reload_keeps_the_time_of_archiving(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    async with Sandbox(state=file) as first, await Person.register(first.url, "alice") as alice:
        guild = await alice.create_guild("Town")
        channel = await alice.create_channel(guild["id"], "news")
        thread = await open_thread(alice, channel["id"], auto_archive_duration=60)
        token = alice.token
    async with Sandbox(state=file) as second, await Person.connect(second.url, "alice", token) as alice:
        second.clock.advance(58 * MINUTE)
        assert not (await state_of(alice, thread))["archived"]
        second.clock.advance(3 * MINUTE)
        assert (await state_of(alice, thread))["archived"]


async def test_what_is_archived_can_be_read_and_written_to_and_not_changed(town: Town) -> None:
    alice, bob = town.alice, town.bob
    thread = await open_thread(alice, town.channel_id)
    said = await bob.say("mine", in_=thread["id"])
    place = f"/channels/{thread['id']}"
    await alice.request("PATCH", place, {"archived": True})
    assert [one["id"] for one in await bob.messages(thread["id"])] == [said["id"]]
    assert await refused(bob.edit(said, "changed")) == 50083
    assert await refused(bob.delete(said)) == 50083
    assert await refused(bob.react(said, "👍")) == 50083
    assert await refused(alice.request("PUT", f"{place}/messages/pins/{said['id']}")) == 50083
    assert await refused(alice.request("PUT", f"{place}/thread-members/{bob.id}")) == 50083
    assert await refused(bob.request("DELETE", f"{place}/thread-members/@me")) == 50083
    assert await refused(alice.request("PATCH", place, {"name": "Other"})) == 50083
    await bob.say("opens it", in_=thread["id"])
    assert not (await state_of(bob, thread))["archived"]
    await bob.edit(said, "changed")


async def test_a_lock_leaves_a_thread_to_its_moderators(town: Town) -> None:
    alice, bob = town.alice, town.bob
    thread = await open_thread(bob, town.channel_id)
    place = f"/channels/{thread['id']}"
    # The owner names and archives it; locking, pace and pins are for moderators.
    await bob.request("PATCH", place, {"name": "Renamed", "archived": True})
    await bob.request("PATCH", place, {"archived": False})
    for body in ({"locked": True}, {"rate_limit_per_user": 5}, {"flags": 2}):
        assert await refused(bob.request("PATCH", place, body)) == 50013
    await alice.request("PATCH", place, {"locked": True, "archived": True})
    assert await refused(bob.request("PATCH", place, {"archived": False})) == 50013
    assert await refused(bob.say("let me in", in_=thread["id"])) == 50083
    await alice.say("opens it, as I may", in_=thread["id"])
    assert await refused(bob.say("me too", in_=thread["id"])) == 160005


async def test_slow_mode_paces_people_and_not_bots_or_moderators(town: Town) -> None:
    alice, bob = town.alice, town.bob
    bot = Person(town.sandbox.url, "bot", f"Bot {town.application.token}")
    async with bot:
        channel = await alice.create_channel(town.guild_id, "slow", rate_limit_per_user=30)
        lost = {"content": "re", "message_reference": {"message_id": STRANGER}}
        # What is refused takes no turn.
        assert await refused(bob.request("POST", f"/channels/{channel['id']}/messages", lost)) == 50035
        first = await bob.say("one", in_=channel["id"])
        town.sandbox.clock.advance(10)
        with pytest.raises(Refused) as no:
            await bob.say("two", in_=channel["id"])
        assert (no.value.status, no.value.code) == (429, 20016)
        assert 19 < no.value.body["retry_after"] <= 20
        # A thread has a pace of its own: one message and one thread in each span.
        thread = await bob.start_thread(first, "Talk")
        assert await refused(open_thread(bob, channel["id"])) == 20016
        await bob.say("no pace here", in_=thread["id"])
        await bob.say("none at all", in_=thread["id"])
        for person in (alice, bot, alice, bot):
            await person.request("POST", f"/channels/{channel['id']}/messages", {"content": "hurry"})
        town.sandbox.clock.advance(20)
        await bob.say("two", in_=channel["id"])


async def test_a_private_thread_opens_by_mention_and_closes_by_removal(town: Town) -> None:
    alice, bob = town.alice, town.bob
    thread = await open_thread(alice, town.channel_id, type=12, invitable=False)
    place = f"/channels/{thread['id']}"
    mark = bob.mark()
    await alice.say(f"Come in, <@{bob.id}>", in_=thread["id"])
    opened = await bob.wait_for(lambda event: event.name == "THREAD_CREATE", since=mark)
    assert (opened.data["id"], opened.data["member"]["user_id"]) == (thread["id"], bob.id)
    assert "newly_created" not in opened.data
    carol = await Person.register(town.sandbox.url, "carol")
    async with carol:
        await carol.join(await alice.invite(town.channel_id))
        # Not invitable: only the owner and moderators bring others in.
        await bob.say(f"And <@{carol.id}>?", in_=thread["id"])
        assert await refused(carol.messages(thread["id"])) == 50001
        assert await refused(bob.request("PUT", f"{place}/thread-members/{carol.id}")) == 50013
        assert await refused(bob.request("DELETE", f"{place}/thread-members/{alice.id}")) == 50013
        await alice.request("PUT", f"{place}/thread-members/{carol.id}")
        assert (await carol.messages(thread["id"]))[0]["type"] == 1
    await alice.request("DELETE", f"{place}/thread-members/{bob.id}")
    gone = await bob.wait_for(
        lambda event: event.name == "THREAD_MEMBERS_UPDATE" and event.data["removed_member_ids"] == [bob.id]
    )
    assert gone.data["member_count"] == 2
    assert await refused(bob.messages(thread["id"])) == 50001


async def test_thread_members_are_read_one_by_one_and_in_pages(town: Town) -> None:
    alice, bob = town.alice, town.bob
    thread = await open_thread(alice, town.channel_id)
    members = f"/channels/{thread['id']}/thread-members"
    assert await refused(alice.request("GET", f"{members}/{bob.id}")) == 10007
    assert await refused(alice.request("PUT", f"{members}/{STRANGER}")) == 10007
    await bob.request("PUT", f"{members}/@me")
    assert "member" not in await bob.request("GET", f"{members}/@me")
    one = await alice.request("GET", f"{members}/{bob.id}", with_member="true")
    assert one["member"]["user"]["id"] == bob.id
    assert len(await alice.request("GET", members)) == 2
    page = await alice.request("GET", members, with_member="true", limit=1)
    rest = await alice.request("GET", members, with_member="true", limit=1, after=page[0]["user_id"])
    assert [one["user_id"] for one in page + rest] == sorted([alice.id, bob.id], key=int)
    for query in ({"limit": "²"}, {"limit": "0"}, {"limit": "9" * 5000}, {"after": "x"}):
        assert await refused(alice.request("GET", members, **query)) == 50035


async def test_a_thread_counts_its_messages_and_outlives_what_it_was_made_from(town: Town) -> None:
    alice, bob = town.alice, town.bob
    article = await alice.say("Article", in_=town.channel_id)
    thread = await alice.start_thread(article, "Comments")
    said = [await bob.say(str(number), in_=thread["id"]) for number in range(3)]
    await bob.delete(said[0])
    await alice.request("PATCH", f"/channels/{thread['id']}", {"name": "Remarks"})
    shape = await bob.request("GET", f"/channels/{thread['id']}")
    # Three words of bob's and the notice of the new name, less what was deleted; the starter counts nowhere.
    assert (shape["message_count"], shape["total_message_sent"], shape["member_count"]) == (3, 4, 2)
    listed = await bob.messages(thread["id"])
    assert [(one["type"], one["content"]) for one in listed if one["type"]] == [(4, "Remarks"), (21, "")]
    assert listed[-1]["referenced_message"]["id"] == article["id"]
    assert (await bob.message(town.channel_id, article["id"]))["thread"]["id"] == thread["id"]
    assert await refused(bob.delete(listed[-1])) == 50013
    assert await refused(alice.delete(listed[-1])) == 50021
    await alice.delete(article)
    assert (await bob.messages(thread["id"]))[-1]["referenced_message"] is None
    # A thread on nothing announces itself, and on what the system says there is none.
    await open_thread(bob, town.channel_id)
    [notice] = await bob.messages(town.channel_id)
    assert notice["type"] == 18
    assert await refused(bob.start_thread(notice, "On that")) == 50021


async def test_a_post_has_no_nonce_and_answers_nobody_and_a_refused_one_leaves_nothing(town: Town) -> None:
    alice = town.alice
    forum = await alice.create_channel(town.guild_id, "forum", 15)
    place = f"/channels/{forum['id']}/threads"
    body = {"nonce": "n", "enforce_nonce": True, "message_reference": {"message_id": STRANGER}}
    assert await refused(alice.request("POST", place, {"name": "Post", "message": body})) == 50006
    active = await alice.request("GET", f"/guilds/{town.guild_id}/threads/active")
    assert active["threads"] == []
    post = await alice.request("POST", place, {"name": "Post", "message": {**body, "content": "Text"}})
    assert "message_reference" not in post["message"]
    assert "nonce" not in post["message"]
    said = await alice.request(
        "POST",
        f"/channels/{town.channel_id}/messages",
        {**body, "content": "Other", "message_reference": None},
    )
    assert (said["id"] != post["id"], said["nonce"]) == (True, "n")


async def test_the_thousandth_and_first_open_thread_is_one_too_many(town: Town) -> None:
    world, now = town.sandbox.stage.world, town.sandbox.stage.stamp()
    for number in range(ACTIVE_AT_MOST - 1):
        state = ThreadState(town.alice.id, now, now)
        one = Channel(str(number + 1), PUBLIC_THREAD, "t", town.guild_id, town.channel_id, thread=state)
        world.add_channel(one)
    forum = await town.alice.create_channel(town.guild_id, "forum", 15)
    hook = await town.alice.request("POST", f"/channels/{forum['id']}/webhooks", {"name": "Wire"})
    post = {"content": "Text", "thread_name": "Post"}
    last = await open_thread(town.alice, town.channel_id)
    assert await refused(open_thread(town.alice, town.channel_id)) == 160006
    assert await refused(town.bob.request("POST", f"/webhooks/{hook['id']}/{hook['token']}", post)) == 160006
    await town.alice.request("PATCH", f"/channels/{last['id']}", {"archived": True})
    await open_thread(town.alice, town.channel_id)
    assert (
        await refused(town.alice.request("PATCH", f"/channels/{last['id']}", {"archived": False})) == 160006
    )


async def test_lists_of_threads_have_discords_order_and_pages(town: Town) -> None:
    alice, bob, clock = town.alice, town.bob, town.sandbox.clock
    kinds = [11, 11, 12, 11, 12]
    threads = [await open_thread(alice, town.channel_id, name=str(kind), type=kind) for kind in kinds]
    await alice.request("PUT", f"/channels/{threads[2]['id']}/thread-members/{bob.id}")
    ids = [one["id"] for one in threads]
    active = f"/guilds/{town.guild_id}/threads/active"
    assert [one["id"] for one in (await alice.request("GET", active))["threads"]] == ids[::-1]
    seen = await bob.request("GET", active)
    assert [one["id"] for one in seen["threads"]] == [ids[3], ids[2], ids[1], ids[0]]
    assert [one["id"] for one in seen["members"]] == [ids[2]]
    # Archived in another order than they were made in.
    for index in (3, 0, 4, 1, 2):
        clock.advance(1)
        await alice.request("PATCH", f"/channels/{ids[index]}", {"archived": True})
    lists = f"/channels/{town.channel_id}/threads/archived"

    async def listed(person: Person, path: str, **query: Any) -> tuple[list[int], bool, Json]:
        page = await person.request("GET", path, **query)
        return [ids.index(one["id"]) for one in page["threads"]], page["has_more"], page

    found, more, page = await listed(bob, f"{lists}/public", limit=2)
    assert (found, more) == ([1, 0], True)
    before = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
    assert (await listed(bob, f"{lists}/public", limit=2, before=before))[:2] == ([3], False)
    assert (await listed(alice, f"{lists}/private"))[0] == [2, 4]
    assert await refused(bob.request("GET", f"{lists}/private")) == 50013
    own = f"/channels/{town.channel_id}/users/@me/threads/archived/private"
    assert (await listed(bob, own))[0] == [2]
    assert (await listed(alice, own))[0] == [4, 2]
    assert (await listed(alice, own, before=ids[4]))[0] == [2]
    for query in ({"limit": 1}, {"limit": 101}, {"before": "yesterday"}):
        assert await refused(bob.request("GET", f"{lists}/public", **query)) == 50035
    search = f"/channels/{town.channel_id}/threads/search"
    assert (await listed(bob, search, sort_by="archive_time", limit=2))[:2] == ([2, 1], True)
    assert (await listed(bob, search, archived="false"))[0] == []
    assert (await listed(bob, search, name="12"))[0] == [2]


async def test_a_forums_rules_hold_for_its_posts(town: Town) -> None:
    alice, bob = town.alice, town.bob
    tags = [{"name": "open"}, {"name": "solved", "moderated": True}]
    forum = await alice.create_channel(town.guild_id, "help", 15, available_tags=tags, flags=16)
    free, moderated = (one["id"] for one in forum["available_tags"])
    path = f"/channels/{forum['id']}/threads"
    body: Json = {"name": "How?", "message": {"content": "Tell me"}, "applied_tags": [free]}

    async def post(person: Person, **change: Any) -> Json:
        return dict(await person.request("POST", path, {**body, **change}))

    assert await refused(bob.say("not here", in_=forum["id"])) == 50008
    assert await refused(post(bob, applied_tags=[])) == 40067
    assert await refused(post(bob, applied_tags=[moderated])) == 50013
    assert await refused(post(bob, applied_tags=[STRANGER])) == 50035
    assert await refused(post(bob, applied_tags=[free] * 6)) == 50035
    assert await refused(post(bob, name=" ")) == 50035
    assert await refused(post(bob, name="n" * 101)) == 50035
    assert await refused(post(bob, message=None)) == 50035
    assert await refused(post(bob, message={"content": " "})) == 50006
    made = await post(bob)
    assert made["id"] == made["message"]["id"] == made["message"]["channel_id"]
    assert (made["applied_tags"], made["owner_id"], made["message_count"]) == ([free], bob.id, 0)
    place = f"/channels/{made['id']}"
    assert await refused(bob.request("PATCH", place, {"applied_tags": [free, moderated]})) == 50013
    changed = await alice.request("PATCH", place, {"applied_tags": [free, moderated]})
    assert changed["applied_tags"] == [free, moderated]
    assert await refused(bob.request("PATCH", place, {"applied_tags": [free]})) == 50013
    assert await refused(alice.request("PATCH", place, {"applied_tags": []})) == 40067
    # One post can be pinned at a time.
    assert (await alice.request("PATCH", place, {"flags": 2}))["flags"] == 2
    other = await post(alice, name="Second")
    assert await refused(alice.request("PATCH", f"/channels/{other['id']}", {"flags": 2})) == 30047
    await alice.request("PATCH", place, {"flags": 0})
    assert (await alice.request("PATCH", f"/channels/{other['id']}", {"flags": 2}))["flags"] == 2
    search = await bob.request("GET", f"{path}/search", tag=moderated)
    assert [one["id"] for one in search["first_messages"]] == [made["id"]]
    # The post stays when its first message goes.
    await bob.delete(made["message"])
    assert await refused(bob.message(made["id"], made["id"])) == 10008
    assert (await bob.request("GET", place))["message_count"] == 0


async def test_a_post_takes_sending_only_and_a_thread_its_own_permissions(town: Town) -> None:
    alice, bob = town.alice, town.bob
    forum = await alice.create_channel(town.guild_id, "help", 15)
    denied = Permission.CREATE_PUBLIC_THREADS | Permission.CREATE_PRIVATE_THREADS
    for channel_id in (forum["id"], town.channel_id):
        await alice.overwrite(channel_id, town.guild_id, deny=int(denied))
    body = {"name": "How?", "message": {"content": "Tell me"}}
    await bob.request("POST", f"/channels/{forum['id']}/threads", body)
    article = await alice.say("Article", in_=town.channel_id)
    assert await refused(bob.start_thread(article, "Talk")) == 50013
    assert await refused(open_thread(bob, town.channel_id, type=11)) == 50013
    assert await refused(open_thread(bob, town.channel_id, type=12)) == 50013
    wire = await alice.create_channel(town.guild_id, "wire", 5)
    assert await refused(open_thread(alice, wire["id"], type=12)) == 50035
    assert (await open_thread(alice, wire["id"], type=10))["type"] == 10
