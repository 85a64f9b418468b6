"""Messages over time: paging, nonces, mentions, pins, bulk deletion, failures on order."""

import aiohttp
import pytest

from bot.sandbox.faults import Cut, Status
from bot.sandbox.scenario import Json, Refused
from tests.sandbox.conftest import Town


async def test_pages_go_both_ways_and_around(town: Town) -> None:
    ids = [(await town.bob.say(str(number)))["id"] for number in range(6)]

    async def listed(**query: str) -> list[int]:
        return [ids.index(one["id"]) for one in await town.bob.messages(town.channel_id, **query)]

    assert await listed() == [5, 4, 3, 2, 1, 0]
    assert await listed(limit="2") == [5, 4]
    assert await listed(limit="2", before=ids[4]) == [3, 2]
    assert await listed(limit="2", after=ids[1]) == [3, 2]
    assert await listed(limit="3", around=ids[2]) == [3, 2, 1]
    with pytest.raises(Refused, match="50035"):
        await listed(limit="101")


async def test_the_same_nonce_makes_one_message_and_a_deleted_one_is_unknown(town: Town) -> None:
    body = {"content": "once", "nonce": "n-1", "enforce_nonce": True}
    path = f"/channels/{town.channel_id}/messages"
    first = await town.bob.request("POST", path, body)
    again = await town.bob.request("POST", path, body)
    assert (again["id"], again["nonce"]) == (first["id"], "n-1")
    assert "nonce" not in await town.bob.message(town.channel_id, first["id"])
    assert (await town.alice.request("POST", path, body))["id"] != first["id"]
    assert (await town.bob.request("POST", path, {**body, "enforce_nonce": False}))["id"] != first["id"]
    assert sum(one.action == "message created" for one in town.sandbox.journal) == 3
    await town.bob.delete(first)
    other = {**body, "nonce": "n-2"}
    gone = await town.bob.request("POST", path, other)
    await town.bob.delete(gone)
    with pytest.raises(Refused, match="10008"):
        await town.bob.request("POST", path, other)


async def test_mentions_follow_what_is_allowed(town: Town) -> None:
    text = f"<@{town.bob.id}> @everyone"

    async def mentioned(allowed: Json | None) -> tuple[list[str], bool]:
        body: Json = {"content": text} | ({"allowed_mentions": allowed} if allowed is not None else {})
        sent = await town.alice.request("POST", f"/channels/{town.channel_id}/messages", body)
        return [one["username"] for one in sent["mentions"]], sent["mention_everyone"]

    assert await mentioned(None) == (["bob"], True)
    assert await mentioned({"parse": []}) == ([], False)
    assert await mentioned({"users": [town.bob.id]}) == (["bob"], False)


async def test_authors_edit_and_moderators_delete(town: Town) -> None:
    message = await town.bob.say("draft")
    edited = await town.bob.edit(message, "final")
    assert (edited["content"], edited["edited_timestamp"] is not None) == ("final", True)
    with pytest.raises(Refused, match="50005"):
        await town.alice.edit(message, "not mine")
    await town.alice.delete(message)
    gone = await town.bob.wait_for(lambda event: event.name == "MESSAGE_DELETE")
    assert gone.data == {"id": message["id"], "channel_id": town.channel_id, "guild_id": town.guild_id}
    other = await town.alice.say("hers")
    with pytest.raises(Refused, match="50013"):
        await town.bob.delete(other)


async def test_bulk_deletion_is_one_event(town: Town) -> None:
    ids = [(await town.bob.say(str(number)))["id"] for number in range(3)]
    path = f"/channels/{town.channel_id}/messages/bulk-delete"
    await town.alice.request("POST", path, {"messages": ids[:2]})
    bulk = await town.bob.wait_for(lambda event: event.name == "MESSAGE_DELETE_BULK")
    assert bulk.data["ids"] == ids[:2]
    assert [one["id"] for one in await town.bob.messages(town.channel_id)] == ids[2:]
    with pytest.raises(Refused, match="50035"):
        await town.alice.request("POST", path, {"messages": ids[:1]})


async def test_pins_and_crossposts(town: Town) -> None:
    message = await town.alice.say("Keep")
    pins = f"/channels/{town.channel_id}/messages/pins"
    await town.alice.request("PUT", f"{pins}/{message['id']}")
    assert [one["message"]["id"] for one in (await town.bob.request("GET", pins))["items"]] == [message["id"]]
    await town.alice.request("DELETE", f"{pins}/{message['id']}")
    assert (await town.bob.request("GET", pins))["items"] == []

    wire = await town.alice.create_channel(town.guild_id, "wire", 5)
    news = await town.alice.say("News", in_=wire["id"])
    published = await town.alice.request("POST", f"/channels/{wire['id']}/messages/{news['id']}/crosspost")
    assert published["flags"] & 1
    with pytest.raises(Refused, match="50024"):
        await town.alice.request("POST", f"/channels/{town.channel_id}/messages/{message['id']}/crosspost")


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_an_error_before_leaves_nothing_and_one_after_leaves_the_message(
    town: Town, when: str, made: int
) -> None:
    town.sandbox.faults.next("POST", "/channels/*/messages", Status(502), when, whose="everyone")  # type: ignore[arg-type]
    with pytest.raises(Refused, match="502"):
        await town.bob.say("hello")
    assert len(await town.bob.messages(town.channel_id)) == made
    await town.bob.say("works again")


async def test_a_cut_connection_answers_nothing(town: Town) -> None:
    town.sandbox.faults.next("POST", "/channels/*/messages", Cut(), when="after", whose="everyone")
    with pytest.raises(aiohttp.ClientError):
        await town.bob.say("did it arrive?")
    assert [one["content"] for one in await town.bob.messages(town.channel_id)] == ["did it arrive?"]


async def test_direct_messages_need_a_shared_guild(town: Town) -> None:
    stranger = await type(town.bob).register(town.sandbox.url, "mallory")
    async with stranger:
        with pytest.raises(Refused, match="50278"):
            await stranger.open_direct(town.bob.id)
    channel = await town.alice.open_direct(town.bob.id)
    assert (await town.bob.open_direct(town.alice.id))["id"] == channel["id"]
    await town.alice.say("Psst", in_=channel["id"])
    whispered = await town.bob.wait_for("MESSAGE_CREATE", content="Psst")
    assert whispered.data["channel_type"] == 1
