"""The publisher over real sockets: each step, each unclear end, each missing permission."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import discord
import pytest

from bot.client import BroadsheetBot
from bot.login import point_at
from bot.newsroom.announcing import Announcer
from bot.newsroom.ports import Away, Done, Later, Missing, Outcome, Refused, Unclear, Unreadable
from bot.publisher import DiscordPublisher
from bot.publisher.messages import thread_seen
from bot.sandbox.faults import Cut, Limited, Meanwhile, Status
from storage import Store
from storage.records import CardToPost, Tally
from tests.discord.conftest import BOT_PERMISSIONS, Press, Town, eventually, utc_now

MakeCard = Callable[..., CardToPost]


def done_id(outcome: Outcome) -> int:
    """The id that Done carries; fails for any other outcome."""
    assert isinstance(outcome, Done), outcome
    assert outcome.id is not None
    return outcome.id


async def test_a_card_is_sent_threaded_seeded_and_refreshed(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    card = to_post(thread_wanted=True)
    message_id = done_id(await bot.publisher.send(card))
    card = replace(card, post=replace(card.post, message_id=message_id))
    thread_id = done_id(await bot.publisher.open_thread(card))
    assert await bot.publisher.place_vote(card, "👍") == Done(message_id)
    assert await bot.publisher.refresh(replace(card, tally=Tally(3, 0), comment_count=2)) == Done(message_id)

    message = await town.alice.message(town.channel_id, str(message_id))
    assert message["embeds"][0]["title"] == "The bridge is open again"
    assert message["embeds"][0]["footer"]["text"] == "▲ 3 · 💬 2 comments"
    assert [button["label"] for button in message["components"][0]["components"]] == [
        "Comments",
        "Read",
        "More on this topic",
    ]
    assert [reaction["emoji"]["name"] for reaction in message["reactions"]] == ["👍"]
    assert (message["thread"]["id"], message["thread"]["name"]) == (
        str(thread_id),
        "The bridge is open again",
    )


async def test_the_same_post_sent_twice_is_one_message(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    first, second = await bot.publisher.send(to_post()), await bot.publisher.send(to_post())
    assert done_id(first) == done_id(second)
    assert len(await town.alice.messages(town.channel_id)) == 1


async def test_a_send_whose_answer_was_lost_is_unclear_and_found_again(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    before = await town.alice.say("before")
    town.sandbox.faults.next("POST", "/channels/*/messages", Cut(), when="after")
    assert isinstance(await bot.publisher.send(to_post()), Unclear)
    for number in range(101):  # more than a page
        await town.bob.say(f"chatter {number}")
    message_id = done_id(await bot.publisher.find(to_post(after_id=int(before["id"]))))
    assert (await town.alice.message(town.channel_id, str(message_id)))["author"]["bot"]


async def test_a_server_error_after_the_deed_makes_one_message(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    town.sandbox.faults.next("POST", "/channels/*/messages", Status(502), when="after")
    done_id(await bot.publisher.send(to_post()))
    assert len(await town.alice.messages(town.channel_id)) == 1


async def test_what_was_never_sent_is_missing(town: Town, bot: BroadsheetBot, to_post: MakeCard) -> None:
    other = to_post(nonce="another")
    done_id(await bot.publisher.send(other))
    assert await bot.publisher.find(to_post()) == Missing()


async def test_a_look_that_fails_is_not_missing(town: Town, bot: BroadsheetBot, to_post: MakeCard) -> None:
    town.sandbox.faults.next("GET", "/channels/*/messages", Status(503))
    assert isinstance(await bot.publisher.find(to_post()), Unclear)


async def test_a_thread_that_is_there_is_found(town: Town, bot: BroadsheetBot, to_post: MakeCard) -> None:
    message_id = done_id(await bot.publisher.send(to_post()))
    card = to_post(message_id=message_id, thread_wanted=True)
    assert await bot.publisher.open_thread(card) == await bot.publisher.open_thread(card) == Done(message_id)


async def test_a_card_that_was_deleted_is_missing(town: Town, bot: BroadsheetBot, to_post: MakeCard) -> None:
    message_id = done_id(await bot.publisher.send(to_post()))
    await town.alice.delete({"id": message_id, "channel_id": town.channel_id})
    card = to_post(message_id=message_id)
    assert await bot.publisher.refresh(card) == Missing()
    assert await bot.publisher.place_vote(card, "👍") == Missing()
    assert (
        await bot.reader.reactors(int(town.channel_id), message_id, "👍", super_reactions=True) == frozenset()
    )


@pytest.mark.parametrize(
    ("names", "thread", "told"),
    [
        (("view_channel",), False, ["View Channel"]),
        (("send_messages", "embed_links"), False, ["Send Messages", "Embed Links"]),
        (("read_message_history", "add_reactions"), False, ["Read Message History", "Add Reactions"]),
        (("create_public_threads",), True, ["Create Public Threads"]),
    ],
)
@pytest.mark.refusals(3)
async def test_missing_permissions_are_named_before_anything_is_sent(
    town: Town, bot: BroadsheetBot, to_post: MakeCard, names: tuple[str, ...], thread: bool, told: list[str]
) -> None:
    await town.deny_bot(*names)

    async def refused() -> Outcome | None:
        outcome = await bot.publisher.send(to_post(thread_wanted=thread))
        # Until the overwrite has reached the bot as an event, it is Discord that refuses.
        return outcome if isinstance(outcome, Away) and "<#" in outcome.sentence else None

    outcome = await eventually(refused)
    assert isinstance(outcome, Away)
    for name in told:
        assert f"**{name}**" in outcome.sentence
    assert f"<#{town.channel_id}>" in outcome.sentence


@pytest.mark.refusals(20)  # as often as it asks until the bot has heard of it
async def test_without_history_nothing_is_concluded(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    message_id = done_id(await bot.publisher.send(to_post()))
    await town.deny_bot("read_message_history")

    # Also while the bot has not heard of it: Discord's list is empty then.
    assert isinstance(await bot.publisher.find(to_post()), Away)

    async def heard() -> bool:
        outcome = await bot.publisher.find(to_post())
        assert isinstance(outcome, Away)
        return "Read Message History" in outcome.sentence and "<#" in outcome.sentence

    await eventually(heard)
    with pytest.raises(Unreadable, match="Read Message History"):
        _ = [message async for message in bot.reader.messages(int(town.channel_id), 0)]
    with pytest.raises(Unreadable, match="Read Message History"):
        await bot.reader.reactors(int(town.channel_id), message_id, "👍", super_reactions=True)


@pytest.mark.refusals(1)
async def test_a_history_that_comes_back_behind_an_empty_list_proves_nothing(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    done_id(await bot.publisher.send(to_post()))
    stage = town.sandbox.stage
    channel = stage.world.channels[town.channel_id]
    overwrites, own = channel.overwrites, str(0 if bot.user is None else bot.user.id)

    def allow(allowed: bool) -> None:  # told to nobody, so that the bot hears of neither change
        denied = 0 if allowed else discord.Permissions(read_message_history=True).value
        channel.overwrites = overwrites | {own: {"id": own, "type": 1, "allow": "0", "deny": str(denied)}}
        stage.access.changed(town.guild_id)

    allow(False)
    back = Meanwhile(lambda: allow(True))
    town.sandbox.faults.next("GET", "/channels/*/messages", back, when="after")
    assert isinstance(await bot.publisher.find(to_post()), Away)


async def test_a_channel_that_is_gone_is_away(town: Town, bot: BroadsheetBot, to_post: MakeCard) -> None:
    assert isinstance(await bot.publisher.send(to_post(channel_id=1)), Away)
    assert isinstance(await bot.publisher.find(to_post(channel_id=1)), Away)
    newest = await bot.publisher.newest_message_id(1)
    assert isinstance(newest, Away)
    assert newest.gone
    with pytest.raises(Unreadable):
        _ = [message async for message in bot.reader.messages(1, 0)]


async def test_a_channel_of_another_kind_is_away(town: Town, bot: BroadsheetBot, to_post: MakeCard) -> None:
    voice = await town.alice.create_channel(town.guild_id, "talk", kind=2)
    outcome = await bot.publisher.send(to_post(channel_id=int(voice["id"])))
    assert isinstance(outcome, Away)
    assert "text or announcement channel" in outcome.sentence
    forum = await town.alice.create_channel(town.guild_id, "reading", kind=15)
    outcome = await bot.publisher.send(to_post(channel_id=int(forum["id"])))
    assert isinstance(outcome, Away)
    assert "is a forum" in outcome.sentence


async def test_a_bot_that_is_not_connected_sends_later(town: Town, to_post: MakeCard) -> None:
    point_at(town.sandbox.api_url, town.sandbox.gateway_url)
    publisher = DiscordPublisher(discord.Client(intents=discord.Intents.none()), lambda: True)
    assert isinstance(await publisher.send(to_post()), Later)
    assert isinstance(await publisher.find(to_post()), Later)


async def test_the_newest_message_is_known_without_asking(town: Town, bot: BroadsheetBot) -> None:
    message = await town.bob.say("hello")

    async def known() -> bool:
        return await bot.publisher.newest_message_id(int(town.channel_id)) == int(message["id"])

    await eventually(known)


async def test_channels_are_read_back(town: Town, bot: BroadsheetBot, to_post: MakeCard) -> None:
    message_id = done_id(await bot.publisher.send(to_post()))
    card = to_post(message_id=message_id, thread_wanted=True)
    thread_id = done_id(await bot.publisher.open_thread(card))
    assert await bot.publisher.place_vote(card, "👍") == Done(message_id)
    posted = await town.alice.message(town.channel_id, str(message_id))
    await town.bob.react(posted, "👍")
    reply = await town.bob.reply(posted, "Finally!")
    inside = await town.alice.say("In the thread", in_=str(thread_id))

    seen = [message async for message in bot.reader.messages(int(town.channel_id), message_id - 1)]
    card_seen, reply_seen = (
        message for message in seen if message.message_id in (message_id, int(reply["id"]))
    )
    assert (card_seen.by_bot, card_seen.thread) == (True, thread_seen(thread_id, int(inside["id"]), 1))
    assert dict(card_seen.reactions) == {"👍": 1}  # without the bot's own
    assert (reply_seen.text, reply_seen.reply_to_id) == ("Finally!", message_id)
    assert (reply_seen.author_id, reply_seen.author_name) == (int(town.bob.id), "bob")
    assert await bot.reader.reactors(int(town.channel_id), message_id, "👍", super_reactions=True) == {
        int(town.bob.id)
    }
    in_thread = [message async for message in bot.reader.messages(thread_id, 0)]
    assert [message.message_id for message in in_thread if not message.by_bot] == [int(inside["id"])]


def test_the_invite_asks_for_what_posting_takes() -> None:
    asked = discord.Permissions(BOT_PERMISSIONS)
    named = {name for name, held in asked if held}
    assert named == {
        "read_messages",  # another name for view_channel
        "send_messages",
        "send_messages_in_threads",
        "create_public_threads",
        "embed_links",
        "read_message_history",
        "add_reactions",
    }


JPEG = b"\xff\xd8\xff\xe0 not much of a picture"


async def files_of(town: Town, message_id: int) -> tuple[list[str], str | None]:
    """The ids of a message's files, and the name of the one that its embed shows."""
    message = await town.alice.message(town.channel_id, str(message_id))
    shown = message["embeds"][0].get("image", {}).get("url", "")
    name = shown.rpartition("/")[2] if "/attachments/" in shown else None
    return [file["id"] for file in message["attachments"]], name


async def test_a_picture_goes_along_once_and_another_one_takes_its_place(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    card = replace(to_post(), picture=("image/jpeg", JPEG))
    outcome = await bot.publisher.send(card)
    message_id = done_id(outcome)
    assert outcome == Done(message_id, "picture.jpg")
    assert await bot.publisher.find(to_post(after_id=0)) == outcome
    first, shown = await files_of(town, message_id)
    assert (len(first), shown) == (1, "picture.jpg")

    carrying = {"attached": card.article.image_url, "attached_as": "picture.jpg"}
    sent = replace(to_post(message_id=message_id, **carrying), tally=Tally(3, 0))
    assert await bot.publisher.refresh(sent) == outcome
    assert await files_of(town, message_id) == (first, "picture.jpg")

    revised = replace(sent, article=replace(sent.article, image_url="https://town.example/2.jpg"))
    other = replace(revised, picture=("image/webp", JPEG))
    assert await bot.publisher.refresh(other) == Done(message_id, "picture.webp")
    second, shown = await files_of(town, message_id)
    assert (len(second), shown) == (1, "picture.webp")
    assert second != first

    assert await bot.publisher.refresh(revised) == Done(message_id)
    assert await files_of(town, message_id) == ([], None)


async def test_a_picture_that_comes_late_is_added(town: Town, bot: BroadsheetBot, to_post: MakeCard) -> None:
    message_id = done_id(await bot.publisher.send(to_post()))
    late = replace(to_post(message_id=message_id), picture=("image/jpeg", JPEG))
    assert await bot.publisher.refresh(late) == Done(message_id, "picture.jpg")
    assert (await files_of(town, message_id))[1] == "picture.jpg"


async def test_without_the_permission_a_card_goes_without_its_picture(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    await town.deny_bot("attach_files")

    async def known() -> bool:
        channel = bot.get_channel(int(town.channel_id))
        assert isinstance(channel, discord.TextChannel)
        return not channel.permissions_for(channel.guild.me).attach_files

    await eventually(known)
    card = replace(to_post(), picture=("image/jpeg", JPEG))
    outcome = await bot.publisher.send(card)
    message_id = done_id(outcome)
    assert outcome == Done(message_id)
    assert await files_of(town, message_id) == ([], None)


async def test_a_picture_that_is_sent_again_makes_one_message(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    card = replace(to_post(), picture=("image/jpeg", JPEG))
    town.sandbox.faults.next("POST", "/channels/*/messages", Status(502), when="after")
    outcome = await bot.publisher.send(card)
    assert outcome == Done(done_id(outcome), "picture.jpg")
    town.sandbox.faults.next("POST", "/channels/*/messages", Cut(), when="after")
    assert isinstance(await bot.publisher.send(card), Unclear)
    assert await bot.publisher.find(to_post(after_id=0)) == outcome
    assert len(await town.alice.messages(town.channel_id)) == 1


async def test_a_card_is_announced_once_where_servers_can_follow(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    news = await town.alice.create_channel(town.guild_id, "announcements", kind=5)
    follower = await town.alice.create_channel(town.guild_id, "follower")
    await town.alice.request(
        "POST", f"/channels/{news['id']}/followers", {"webhook_channel_id": follower["id"]}
    )

    async def known() -> bool:
        return bot.get_channel(int(news["id"])) is not None

    await eventually(known)
    card = to_post(channel_id=int(news["id"]))
    message_id = done_id(await bot.publisher.send(card))
    card = to_post(channel_id=int(news["id"]), message_id=message_id)
    town.sandbox.faults.next("POST", "/channels/*/messages/*/crosspost", Cut(), when="after")
    assert isinstance(await bot.publisher.announce(card), Unclear)
    assert await bot.publisher.announce(card) == Done(message_id)
    copies = [one for one in await town.alice.messages(follower) if one["embeds"]]
    assert len(copies) == 1

    elsewhere = to_post(message_id=done_id(await bot.publisher.send(to_post())))
    refused = await bot.publisher.announce(elsewhere)
    assert isinstance(refused, Refused)
    assert "announcement channels" in refused.sentence


@pytest.mark.refusals(1)
async def test_an_announcement_past_the_hours_ten_is_told_when_it_may_be(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    news = await town.alice.create_channel(town.guild_id, "announcements", kind=5)
    card = to_post(channel_id=int(news["id"]))
    card = to_post(channel_id=int(news["id"]), message_id=done_id(await bot.publisher.send(card)))
    town.sandbox.faults.next("POST", "/channels/*/messages/*/crosspost", Limited("shared", 2400))
    later = await bot.publisher.announce(card)
    assert isinstance(later, Later)
    assert later.after is not None
    assert later.after.total_seconds() == pytest.approx(2400, abs=1)
    assert not later.everywhere


PIN_MESSAGES = 1 << 51


async def test_a_card_is_pinned_where_it_may_be(town: Town, bot: BroadsheetBot, to_post: MakeCard) -> None:
    card = to_post(message_id=done_id(await bot.publisher.send(to_post())))
    refused = await bot.publisher.pin(card)
    assert isinstance(refused, Refused)
    assert "**Pin Messages**" in refused.sentence

    await town.alice.overwrite(town.channel_id, town.application, allow=PIN_MESSAGES, member=True)

    async def allowed() -> bool:
        return await bot.publisher.pin(card) == Done(card.post.message_id)

    await eventually(allowed)
    assert await bot.publisher.pin(card) == Done(card.post.message_id)
    assert (await town.alice.message(town.channel_id, str(card.post.message_id)))["pinned"]
    notes = [one for one in await town.alice.messages(town.channel_id) if one["type"] == 6]
    assert len(notes) == 1, "Discord tells once that it was pinned"


@pytest.mark.thorough
async def test_a_channel_full_of_pins_refuses_one_more(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    await town.alice.overwrite(town.channel_id, town.application, allow=PIN_MESSAGES, member=True)
    for number in range(250):
        await town.alice.pin(await town.alice.say(f"Note {number}"))
    card = to_post(message_id=done_id(await bot.publisher.send(to_post())))
    outcome = await bot.publisher.pin(card)
    assert isinstance(outcome, Refused)
    assert "250 pinned" in outcome.sentence


async def test_what_a_subscription_wishes_is_done_once_to_every_card(
    town: Town, bot: BroadsheetBot, press: Press, store: Store
) -> None:
    news = await town.alice.create_channel(town.guild_id, "announcements", kind=5)
    follower = await town.alice.create_channel(town.guild_id, "follower")
    await town.alice.request(
        "POST", f"/channels/{news['id']}/followers", {"webhook_channel_id": follower["id"]}
    )
    await town.alice.overwrite(news["id"], town.application, allow=PIN_MESSAGES, member=True)

    async def allowed() -> bool:
        channel = bot.get_channel(int(news["id"]))
        return (
            isinstance(channel, discord.TextChannel)
            and channel.permissions_for(channel.guild.me).pin_messages
        )

    await eventually(allowed)
    await press.queue("One", "Two", channel_id=news["id"], pin=True, announce=True)
    await press.deliver()
    announcer = Announcer(
        store,
        bot.publisher,
        clock=utc_now,
        woken=asyncio.Event(),
        may_send=lambda: True,
        on_missing=bot.newsroom.comments.deleted,
    )
    await announcer.announce_due()
    await announcer.announce_due()
    cards = [one for one in await town.alice.messages(news) if one["embeds"]]
    assert [(one["embeds"][0]["title"], one["pinned"]) for one in cards] == [("Two", True), ("One", True)]
    copies = [one["embeds"][0]["title"] for one in await town.alice.messages(follower) if one["embeds"]]
    assert sorted(copies) == ["One", "Two"]
