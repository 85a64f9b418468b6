"""Webhooks: made, read, changed, written with; followers that carry announcements."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest

from bot.sandbox.permissions import Permission
from bot.sandbox.scenario import Json, Person, Refused
from tests.sandbox.conftest import StartBot, Town

LINK = {"type": 1, "components": [{"type": 2, "style": 5, "label": "Read", "url": "https://news.example"}]}
BUTTON = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}


async def refused(doing: Any) -> int:
    with pytest.raises(Refused) as no:
        await doing
    return no.value.code


async def make_webhook(person: Person, channel_id: str, name: str = "Wire") -> Json:
    return dict(await person.request("POST", f"/channels/{channel_id}/webhooks", {"name": name}))


@pytest.fixture
async def nobody(town: Town) -> AsyncIterator[Person]:
    """Somebody without an account: whoever has a webhook's address."""
    async with Person(town.sandbox.url, "nobody", "") as person:
        yield person


@pytest.fixture
async def bot(town: Town) -> AsyncIterator[Person]:
    """The town's bot, over plain HTTP, with the permission to manage webhooks."""
    async with Person(town.sandbox.url, "bot", f"Bot {town.application.token}") as person:
        me = (await person.request("GET", "/users/@me"))["id"]
        allow = int(Permission.MANAGE_WEBHOOKS)
        await town.alice.overwrite(town.channel_id, me, allow=allow, member=True)
        yield person


def path_of(webhook: Json, rest: str = "") -> str:
    return f"/webhooks/{webhook['id']}/{webhook['token']}{rest}"


async def test_a_webhook_is_made_read_moved_and_deleted(town: Town, nobody: Person) -> None:
    alice, bob = town.alice, town.bob
    place = f"/channels/{town.channel_id}/webhooks"
    made = await make_webhook(alice, town.channel_id, " Wire ")
    told = await alice.wait_for(lambda event: event.name == "WEBHOOKS_UPDATE")
    assert told.data == {"guild_id": town.guild_id, "channel_id": town.channel_id}
    assert (made["name"], made["type"], made["user"]["id"]) == ("Wire", 1, alice.id)
    for path in (place, f"/guilds/{town.guild_id}/webhooks"):
        assert await alice.request("GET", path) == [made]
        assert await refused(bob.request("GET", path)) == 50013
    assert await refused(bob.request("POST", place, {"name": "Mine"})) == 50013
    # Who has the token needs no account, and is not told whose it is.
    by_token = await nobody.request("GET", path_of(made))
    assert by_token == {key: value for key, value in made.items() if key != "user"}
    assert (await nobody.request("PATCH", path_of(made), {"name": "Ticker"}))["name"] == "Ticker"
    other = await alice.create_channel(town.guild_id, "other")
    moved = await alice.request("PATCH", f"/webhooks/{made['id']}", {"channel_id": other["id"]})
    assert (moved["channel_id"], await alice.request("GET", place)) == (other["id"], [])
    assert await refused(bob.request("GET", f"/webhooks/{made['id']}")) == 50013
    assert await refused(nobody.request("GET", f"/webhooks/{made['id']}/wrong")) == 50027
    await nobody.request("DELETE", path_of(made))
    assert await refused(nobody.request("GET", path_of(made))) == 10015
    assert await refused(alice.request("DELETE", f"/webhooks/{made['id']}")) == 10015


async def test_a_channel_has_fifteen_webhooks_with_names_that_are_not_discords(town: Town) -> None:
    alice, place = town.alice, f"/channels/{town.channel_id}/webhooks"
    for name in ("Discord news", "mcCLYDEson", " ", "n" * 81, None, 5):
        assert await refused(alice.request("POST", place, {"name": name})) == 50035
    for number in range(15):
        await make_webhook(alice, town.channel_id, str(number))
    assert await refused(make_webhook(alice, town.channel_id)) == 30007
    await alice.request("DELETE", f"/channels/{town.channel_id}")
    assert not town.sandbox.stage.world.webhooks


async def test_a_webhook_writes_edits_and_deletes_its_own_only(town: Town, nobody: Person) -> None:
    bob = town.bob
    webhook = await make_webhook(town.alice, town.channel_id)
    body = {"content": "Hello @everyone", "username": "Reporter", "nonce": "n", "flags": 64}
    assert await nobody.request("POST", path_of(webhook), body) is None
    heard = (await bob.wait_for("MESSAGE_CREATE", lambda one: one["content"].startswith("Hello"))).data
    author = heard["author"]
    assert (heard["webhook_id"], author["id"]) == (webhook["id"], webhook["id"])
    assert (author["username"], author["bot"], author["discriminator"]) == ("Reporter", True, "0000")
    assert (heard["mention_everyone"], heard["flags"], "member" in heard) == (True, 0, False)
    answer = await nobody.request("POST", path_of(webhook), {"content": "Second"}, wait="true")
    assert answer["author"]["username"] == "Wire"
    own = path_of(webhook, f"/messages/{answer['id']}")
    assert (await nobody.request("PATCH", own, {"content": "Changed"}))["content"] == "Changed"
    assert (await nobody.request("GET", own))["edited_timestamp"]
    other = await make_webhook(town.alice, town.channel_id, "Other")
    assert await refused(nobody.request("PATCH", path_of(other, f"/messages/{answer['id']}"), {})) == 10008
    assert await refused(nobody.request("GET", path_of(webhook, "/messages/@original"))) == 10008
    assert await refused(town.alice.edit(answer, "not mine")) == 50005
    # Nobody is pinged by an answer to it.
    assert (await bob.reply(answer, "Indeed"))["mentions"] == []
    await nobody.request("DELETE", own)
    assert await refused(bob.message(town.channel_id, answer["id"])) == 10008
    for body, code in (
        ({}, 50006),
        ({"content": "x" * 2001}, 50035),
        ({"content": "x", "username": "discord"}, 50035),
        ({"content": "x", "avatar_url": "javascript:alert(1)"}, 50035),
        ({"content": "x", "thread_name": "New"}, 220003),
    ):
        assert await refused(nobody.request("POST", path_of(webhook), body)) == code
    assert await refused(nobody.request("POST", path_of(webhook), {"content": "x"}, thread_id="x")) == 50035
    assert await refused(nobody.request("POST", path_of(webhook), {"content": "x"}, thread_id="1")) == 10003


async def test_a_webhook_writes_into_threads_and_opens_posts(town: Town, nobody: Person) -> None:
    alice = town.alice
    webhook = await make_webhook(alice, town.channel_id)
    thread = await alice.start_thread(await alice.say("Article", in_=town.channel_id), "Comments")
    sent = await nobody.request(
        "POST", path_of(webhook), {"content": "In it"}, wait="true", thread_id=thread["id"]
    )
    assert sent["channel_id"] == thread["id"]
    own = path_of(webhook, f"/messages/{sent['id']}")
    assert await refused(nobody.request("PATCH", own, {"content": "Where?"})) == 10008
    await nobody.request("PATCH", own, {"content": "There"}, thread_id=thread["id"])

    tags = [{"name": "news", "moderated": True}]
    forum = await alice.create_channel(town.guild_id, "forum", 15, available_tags=tags, flags=16)
    webhook = await make_webhook(alice, forum["id"])
    body: Json = {"content": "First", "thread_name": "Post"}
    assert await refused(nobody.request("POST", path_of(webhook), {"content": "Where to?"})) == 220001
    assert await refused(nobody.request("POST", path_of(webhook), body)) == 40067
    body["applied_tags"] = [forum["available_tags"][0]["id"]]
    assert await refused(nobody.request("POST", path_of(webhook), body, thread_id=thread["id"])) == 220002
    first = await nobody.request("POST", path_of(webhook), body, wait="true")
    post = await town.bob.request("GET", f"/channels/{first['channel_id']}")
    assert (post["id"], post["name"], post["owner_id"]) == (first["id"], "Post", webhook["id"])
    assert (post["applied_tags"], post["member_count"]) == (body["applied_tags"], 0)


async def test_only_a_bots_webhook_has_buttons_that_act_and_hides_its_token(
    town: Town, nobody: Person, bot: Person
) -> None:
    of_bot, of_alice = (
        await make_webhook(bot, town.channel_id),
        await make_webhook(town.alice, town.channel_id),
    )
    assert of_bot["application_id"] == town.application.id
    listed = await town.alice.request("GET", f"/channels/{town.channel_id}/webhooks")
    assert [("token" in one) for one in listed] == [False, True]

    async def shown(webhook: Json, components: list[Json], **query: str) -> int:
        body = {"content": "x", "components": components}
        sent = await nobody.request("POST", path_of(webhook), body, wait="true", **query)
        return len(sent.get("components", []))

    assert await shown(of_bot, [BUTTON]) == 1
    assert await shown(of_alice, [LINK]) == 0
    assert await shown(of_alice, [LINK], with_components="true") == 1
    assert await refused(shown(of_alice, [BUTTON], with_components="true")) == 50035


async def test_an_unmodified_client_uses_a_webhook(town: Town, start_bot: StartBot) -> None:
    await start_bot()
    made = await make_webhook(town.alice, town.channel_id)
    async with aiohttp.ClientSession() as session:
        webhook = discord.Webhook.partial(int(made["id"]), made["token"], session=session)
        message = await webhook.send(
            "Extra!", username="Paper", file=discord.File(__file__, "page.txt"), wait=True
        )
        assert (message.author.name, message.attachments[0].filename) == ("Paper", "page.txt")
        edited = await message.edit(content="Extra, extra!", attachments=[])
        assert (edited.content, edited.attachments) == ("Extra, extra!", [])
        await message.delete()
        with pytest.raises(discord.NotFound):
            await webhook.fetch_message(message.id)
    assert await town.bob.messages(town.channel_id) == []


async def test_what_a_webhook_wrote_is_reacted_to_and_its_edits_reach_the_copies(town: Town) -> None:
    wire = await town.alice.create_channel(town.guild_id, "wire", 5)
    followers = f"/channels/{wire['id']}/followers"
    await town.alice.request("POST", followers, {"webhook_channel_id": town.channel_id})
    hook = await make_webhook(town.alice, wire["id"])
    news = await town.alice.request("POST", path_of(hook), {"content": "First"}, wait="true")
    await town.bob.react(news, "👍")
    [shown] = await town.alice.messages(wire["id"])
    assert shown["reactions"][0]["count"] == 1
    await town.alice.request("POST", f"/channels/{wire['id']}/messages/{news['id']}/crosspost")
    await town.alice.request("PATCH", path_of(hook, f"/messages/{news['id']}"), {"content": "Second"})
    [copy, _] = await town.bob.messages(town.channel_id)
    assert copy["content"] == "Second"


async def test_who_follows_gets_what_is_published_and_what_becomes_of_it(town: Town) -> None:
    alice, bob = town.alice, town.bob
    wire = await alice.create_channel(town.guild_id, "wire", 5)
    follow = f"/channels/{wire['id']}/followers"
    assert await refused(bob.request("POST", follow, {"webhook_channel_id": town.channel_id})) == 50013
    assert await refused(alice.request("POST", follow, {})) == 50035
    followed = await alice.request("POST", follow, {"webhook_channel_id": town.channel_id})
    assert followed["channel_id"] == wire["id"]
    [webhook] = await alice.request("GET", f"/channels/{town.channel_id}/webhooks")
    assert (webhook["type"], webhook["source_channel"]["id"], "token" in webhook) == (2, wire["id"], False)

    news = await alice.say("News", in_=wire["id"])
    publish = f"/channels/{wire['id']}/messages/{news['id']}/crosspost"
    assert await refused(bob.request("POST", publish)) == 50013
    await alice.request("POST", publish)
    assert await refused(alice.request("POST", publish)) == 40033
    copy, notice = await bob.messages(town.channel_id)
    assert (notice["type"], notice["content"]) == (12, webhook["name"])
    assert (copy["content"], copy["flags"], copy["webhook_id"]) == ("News", 2, webhook["id"])
    source = {"type": 0, "channel_id": wire["id"], "message_id": news["id"], "guild_id": town.guild_id}
    assert copy["message_reference"] == source

    await alice.edit(news, "Late news")
    told = await bob.wait_for(lambda event: event.name == "MESSAGE_UPDATE" and event.data["id"] == copy["id"])
    assert (told.data["content"], told.data["flags"]) == ("Late news", 2)
    await alice.delete(news)
    gone = await bob.message(town.channel_id, copy["id"])
    assert (gone["content"], gone["flags"]) == ("[Original Message Deleted]", 2 | 8)

    await alice.request("DELETE", f"/webhooks/{webhook['id']}")
    again = await alice.say("Unheard", in_=wire["id"])
    await alice.request("POST", f"/channels/{wire['id']}/messages/{again['id']}/crosspost")
    assert len(await bob.messages(town.channel_id)) == 2
    assert await refused(alice.request("POST", f"/channels/{town.channel_id}/followers", {})) == 50024
