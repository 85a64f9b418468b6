"""Articles in a forum: each is a post with its card as the first message, its votes and its comments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import discord
import pytest

from bot.client import BroadsheetBot
from bot.newsroom.ports import Away, Done, Emptied, Missing
from bot.newsroom.sending import without_others
from bot.sandbox.faults.requests import Cut
from bot.sandbox.scenario import Json
from storage import Store
from storage.records import CardToPost
from tests.discord.conftest import Press, Town, Web, eventually

MakeCard = Callable[..., CardToPost]
TAG_WANTED = 1 << 4


async def forum_of(town: Town, bot: BroadsheetBot, **more: object) -> discord.ForumChannel:
    """A forum that the bot knows of."""
    made = await town.alice.create_channel(town.guild_id, "reading", kind=15, **more)

    async def known() -> discord.ForumChannel | None:
        channel = bot.get_channel(int(made["id"]))
        return channel if isinstance(channel, discord.ForumChannel) else None

    return await eventually(known)


def posts_in(town: Town, forum: discord.ForumChannel) -> list[str]:
    """The ids of a forum's posts, oldest first."""
    channels = town.sandbox.stage.world.channels.values()
    return sorted((one.id for one in channels if one.parent_id == str(forum.id)), key=int)


async def starter(town: Town, post_id: str) -> Json:
    return await town.alice.message(post_id, post_id)


async def test_articles_come_as_posts_with_votes_and_comments(
    town: Town, bot: BroadsheetBot, press: Press, store: Store
) -> None:
    forum = await forum_of(town, bot)
    await press.queue("The bridge is open", "🌉" * 60, channel_id=str(forum.id), forum=True)
    await press.deliver()
    first, second = posts_in(town, forum)
    world = town.sandbox.stage.world
    assert world.channels[first].name == "The bridge is open"
    assert len(world.channels[second].name.encode("utf-16-le")) <= 200
    card = await starter(town, first)
    assert card["embeds"][0]["title"] == "The bridge is open"
    assert [one["emoji"]["name"] for one in card["reactions"]] == ["👍", "👎"]

    await town.bob.react(card, "👍")
    reply = await town.bob.reply(card, "At last!")
    assert bot.user is not None

    async def mirrored() -> bool:
        votes = await store.votes.mirrored([int(first)])
        return bool(votes) and await store.comments.ids_in_channel(int(first), 0) == [int(reply["id"])]

    await eventually(mirrored)
    assert await store.votes.mirrored([int(first)]) == {int(first): {"👍": {int(town.bob.id)}}}
    said = await town.bob.click(card, card["components"][0]["components"][0]["custom_id"])
    assert "At last!" in said.embeds[0]["description"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_article_whose_posting_ended_unclear_comes_once(
    town: Town, bot: BroadsheetBot, press: Press, store: Store, when: Literal["before", "after"]
) -> None:
    forum = await forum_of(town, bot)
    await press.queue("The bridge is open", "The bridge is closed", channel_id=str(forum.id), forum=True)
    town.sandbox.faults.next("POST", "/channels/*/threads", Cut(), when=when)
    await press.deliver()
    assert len(posts_in(town, forum)) == (1 if when == "after" else 0)
    await press.deliver(after=timedelta(minutes=10))
    names = [town.sandbox.stage.world.channels[post].name for post in posts_in(town, forum)]
    assert names == ["The bridge is open", "The bridge is closed"]
    cards = [await starter(town, post) for post in posts_in(town, forum)]
    assert [len(card["reactions"]) for card in cards] == [2, 2]


async def test_one_that_lost_its_message_before_it_was_known_is_not_posted_again(
    town: Town, bot: BroadsheetBot, press: Press, store: Store
) -> None:
    forum = await forum_of(town, bot)
    await press.queue("The bridge is open", "The bridge is open", channel_id=str(forum.id), forum=True)
    town.sandbox.faults.next("POST", "/channels/*/threads", Cut(), when="after")
    await press.deliver()
    [post_id] = posts_in(town, forum)
    town.sandbox.deeds.delete_message(post_id)
    await press.deliver(after=timedelta(minutes=10))
    first, second = posts_in(town, forum)
    assert first == post_id
    assert await store.posts.known_messages([int(first), int(second)]) == {int(second)}
    assert (await starter(town, second))["embeds"][0]["title"] == "The bridge is open"
    await press.deliver(after=timedelta(hours=1))
    assert posts_in(town, forum) == [first, second]


async def test_a_post_without_its_message_that_is_anothers_is_not_the_one_looked_for(
    town: Town, bot: BroadsheetBot, press: Press, to_post: MakeCard, store: Store
) -> None:
    forum = await forum_of(town, bot)
    await press.queue("One", channel_id=str(forum.id), forum=True)
    await press.deliver()
    [known] = posts_in(town, forum)
    town.sandbox.deeds.delete_message(known)
    card = to_post(channel_id=forum.id, forum=True)
    card = replace(card, article=replace(card.article, title="One"))
    found = await bot.publisher.find(card)
    assert found == Emptied(frozenset({int(known)}))
    assert await without_others(found, store.posts.known_messages) == Missing()
    renamed = replace(card, article=replace(card.article, title="Two"))
    assert await bot.publisher.find(renamed) == Missing()


async def test_a_post_that_is_deleted_takes_its_article_off_the_lists(
    town: Town, bot: BroadsheetBot, press: Press, store: Store
) -> None:
    forum = await forum_of(town, bot)
    await press.queue("The bridge is open", channel_id=str(forum.id), forum=True)
    await press.deliver()
    [post_id] = posts_in(town, forum)
    await town.alice.delete_channel({"id": post_id})

    async def gone() -> bool:
        reply = await town.alice.slash("top")
        return "The bridge is open" not in reply.embeds[0]["description"]

    await eventually(gone)


async def test_a_post_is_found_among_active_and_archived_ones(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    forum = await forum_of(town, bot)
    before = await town.bob.post({"id": str(forum.id)}, "Somebody's", "Hello")
    card = to_post(channel_id=forum.id, forum=True, after_id=int(before["id"]))
    assert await bot.publisher.find(card) == Missing()
    sent = await bot.publisher.send(card)
    assert isinstance(sent, Done)
    assert await bot.publisher.send(to_post(channel_id=forum.id, forum=True, nonce="another")) != sent
    assert await bot.publisher.find(card) == sent
    for number in range(3):
        later = await town.bob.post({"id": str(forum.id)}, f"Later {number}", "Hello")
        await town.alice.change_channel(later, archived=True)
    await town.alice.change_channel({"id": str(sent.id)}, archived=True)
    assert await bot.publisher.find(card) == sent
    # One of before is not looked at: nothing of ours can be older than what stood there.
    assert await bot.publisher.find(to_post(channel_id=forum.id, forum=True, after_id=sent.id)) == Missing()


async def test_a_post_that_is_archived_takes_no_new_figures(
    town: Town, bot: BroadsheetBot, to_post: MakeCard
) -> None:
    forum = await forum_of(town, bot)
    sent = await bot.publisher.send(to_post(channel_id=forum.id, forum=True))
    assert isinstance(sent, Done)
    card = to_post(channel_id=forum.id, forum=True, message_id=sent.id, place_id=sent.id, thread_id=sent.id)
    assert await bot.publisher.refresh(card) == sent
    await town.alice.change_channel({"id": str(sent.id)}, archived=True)
    outcome = await bot.publisher.refresh(card)
    assert isinstance(outcome, Away)
    assert outcome.closed


async def test_the_newest_post_is_known_without_asking(town: Town, bot: BroadsheetBot) -> None:
    forum = await forum_of(town, bot)
    assert await bot.publisher.newest_message_id(forum.id) == 0
    made = await town.bob.post({"id": str(forum.id)}, "Somebody's", "Hello")

    async def known() -> bool:
        return await bot.publisher.newest_message_id(forum.id) == int(made["id"])

    await eventually(known)


TAGS = [
    {"name": "For moderators", "moderated": True},
    {"name": "News"},
    {"name": "town crier"},
]


@pytest.mark.parametrize(
    ("flags", "name", "tag"),
    [
        (0, "Town Crier", "town crier"),
        (TAG_WANTED, "Town Crier", "town crier"),
        (TAG_WANTED, "Another", "News"),
        (0, "Another", None),
        (0, "For moderators", None),
    ],
)
async def test_a_post_gets_the_tag_that_is_called_like_its_source(
    town: Town, bot: BroadsheetBot, to_post: MakeCard, flags: int, name: str, tag: str | None
) -> None:
    forum = await forum_of(town, bot, available_tags=TAGS, flags=flags)
    names = {one.id: one.name for one in forum.available_tags}
    card = to_post(channel_id=forum.id, forum=True)
    sent = await bot.publisher.send(replace(card, source=replace(card.source, title=name)))
    assert isinstance(sent, Done)
    thread = town.sandbox.stage.world.channels[str(sent.id)].thread
    assert thread is not None
    assert [names[int(one)] for one in thread.applied_tags] == ([] if tag is None else [tag])


async def test_admins_subscribe_a_forum(town: Town, bot: BroadsheetBot, web: Web, store: Store) -> None:
    web.feed("https://town.example/feed.xml", "Crier")
    forum = await forum_of(town, bot)
    options = {"url": "https://town.example/feed.xml", "channel": str(forum.id)}
    refused = await town.alice.slash("subscribe", {**options, "pin": True})
    assert "one post be pinned" in refused.content
    refused = await town.alice.slash("subscribe", {**options, "announce": True})
    assert "no announcement channel" in refused.content
    reply = await town.alice.slash("subscribe", options)
    assert f"now comes into <#{forum.id}>" in reply.content
    [subscription] = await store.subscriptions.all()
    assert subscription.forum
    closed = await town.alice.create_channel(
        town.guild_id, "closed", kind=15, flags=TAG_WANTED, available_tags=TAGS[:1]
    )
    refused = await town.alice.slash("subscribe", {**options, "channel": closed["id"]})
    assert "wants a tag on every post" in refused.content


async def test_a_picture_goes_along_into_a_forum(town: Town, bot: BroadsheetBot, to_post: MakeCard) -> None:
    forum = await forum_of(town, bot)
    card = replace(
        to_post(channel_id=forum.id, forum=True), picture=("image/jpeg", b"\xff\xd8\xff\xe0 not much")
    )
    town.sandbox.faults.next("POST", "/channels/*/threads", Cut(), when="after")
    await bot.publisher.send(card)
    found = await bot.publisher.find(card)
    assert isinstance(found, Done)
    assert found.file == "picture.jpg"
