"""Managers' commands in the menus of messages: comments are hidden, articles closed to them."""

from __future__ import annotations

from bot.client import BroadsheetBot
from bot.sandbox.scenario import Json
from storage import Database
from tests.discord.conftest import Press, Town, each_database, eventually
from tests.discord.test_events import Watching
from tests.discord.test_privacy import bot  # noqa: F401 - fixtures are found by their names
from tests.mirror import assert_mirror_equals

pytestmark = each_database


async def test_a_comment_is_hidden_and_shown_again(town: Town, press: Press, database: Database) -> None:
    (card,) = await press.publish("Bridge open")
    watching = Watching(press.bot.newsroom, card)
    said = await town.bob.reply(card, "Down with it")
    await town.alice.reply(said, "Now, now")
    await watching.until_comments("Down with it", "Now, now")
    hidden = await town.alice.context_menu("Hide from the page", said)
    assert hidden.ephemeral
    assert hidden.content.startswith("Hidden: the page and `/comments` do not show")
    await watching.until_comments("Now, now")
    assert (await watching.listed()).comment_count == 1
    # An edit and a reading again leave it hidden.
    await town.bob.edit(said, "Down with it, I say")
    await town.alice.reply(card, "Later")
    await watching.until_comments("Now, now", "Later")
    await press.bot.newsroom.reconciler.run(press.bot.reader)
    await watching.until_comments("Now, now", "Later")
    await assert_mirror_equals(town.sandbox.stage.world, database)
    assert "shown and counted again" in (await town.alice.context_menu("Show again", said)).content
    await watching.until_comments("Down with it, I say", "Now, now", "Later")
    assert (await watching.listed()).comment_count == 3
    no_comment = await town.alice.context_menu("Hide from the page", card)
    assert "is no comment" in no_comment.content


async def test_who_may_not_manage_messages_is_not_offered_it(town: Town, bot: BroadsheetBot) -> None:  # noqa: F811
    async def menus(person: object) -> set[str]:
        offered = await person.commands(town.guild_id)  # type: ignore[attr-defined]
        return {command["name"] for command in offered if command["type"] == 3}

    managing = {"Hide from the page", "Show again", "Close comments", "Open comments again"}
    assert await menus(town.alice) >= managing
    assert not await menus(town.bob) & managing


async def test_an_article_is_closed_with_its_thread(town: Town, press: Press, database: Database) -> None:
    (card,) = await press.publish("Bridge open", thread=True)
    watching = Watching(press.bot.newsroom, card)
    await town.bob.say("In time", in_=card["id"])
    await watching.until_comments("In time")

    # Without the permission the article is closed, and what is missing is named.
    closed = await town.alice.context_menu("Close comments", card)
    assert closed.content.startswith(
        "Comments on this article are closed: what is written from now on is none."
    )
    assert "lacks **Manage Threads**" in closed.content
    assert not await locked(town, card)
    await town.alice.overwrite(town.channel_id, town.application, allow=1 << 34, member=True)

    async def may_lock() -> bool:
        channel = press.bot.get_channel(int(town.channel_id))
        return channel.permissions_for(channel.guild.me).manage_threads  # type: ignore[union-attr]

    await eventually(may_lock)
    closed = await town.alice.context_menu("Close comments", card)
    assert "are closed already" in closed.content
    assert closed.content.endswith("Its thread is locked.")
    assert await locked(town, card)

    await town.alice.reply(card, "Too late")
    asked = await town.bob.slash("comments", article="Bridge")
    assert "Comments on this article are closed." in str(asked.raw)
    await press.bot.newsroom.reconciler.run(press.bot.reader)
    await watching.until_comments("In time")

    opened = await town.alice.context_menu("Open comments again", card)
    assert opened.content == (
        "Comments on this article are open. What was written in Discord while they were closed may count now, too. "
        "Its thread is unlocked."
    )
    assert not await locked(town, card)
    await town.alice.reply(card, "Open again")
    await watching.until_comments("In time", "Open again")
    await press.bot.newsroom.reconciler.run(press.bot.reader)
    await assert_mirror_equals(town.sandbox.stage.world, database)
    elsewhere = await town.alice.context_menu("Close comments", await town.bob.say("Chatter"))
    assert "is no card of an article" in elsewhere.content


async def test_a_thread_that_a_member_made_is_locked_too(town: Town, press: Press) -> None:
    card, other = await press.publish("Bridge open", "Fair begins")
    await town.alice.set_role(town.guild_id, {"id": town.guild_id}, 0x7FFF_FFFF_FFFF)
    await town.alice.overwrite(town.channel_id, town.application, allow=1 << 34, member=True)
    await town.bob.start_thread(card, "Which bridge?")
    closed = await town.alice.context_menu("Close comments", card)
    assert closed.content.endswith("Its thread is locked.")
    assert await locked(town, card)
    closed = await town.alice.context_menu("Close comments", other)
    assert closed.content.endswith("Those that are there stay."), (
        "there is no thread, and nothing to tell of it"
    )


async def locked(town: Town, card: Json) -> bool:
    """Whether the card's thread is locked."""
    thread = await town.alice.request("GET", f"/channels/{card['id']}")
    return bool(thread["thread_metadata"]["locked"])
