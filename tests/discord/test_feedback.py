"""Feedback through dialogs: posted once under its passage, and its author's comment in every way."""

from __future__ import annotations

import pytest
from discord import Permissions, TextChannel
from sqlalchemy import select

from bot.cards import read_feedback_button
from bot.sandbox.faults import Cut, Dropped, Repeated, Status
from bot.sandbox.scenario import Json, Person, Reply
from storage import Database, DatabaseBusy, Store
from storage.feedback import Feedback
from storage.tables import feedback
from tests.discord.conftest import Press, StartBot, Town, each_database, eventually
from tests.discord.test_events import Watching
from tests.mirror import assert_mirror_equals

PASSAGE = "It is told at length."


async def comment_on(person: Person, card: Json, text: str, passage: str | None = PASSAGE) -> Reply:
    """The bot's answer to a comment on a card, by its menu."""
    offered = await person.context_menu("Comment on a passage", card)
    assert offered.ephemeral
    if passage is None:
        asked = await person.click(offered, "Comment without a passage")
    else:
        asked = await person.choose(offered, passage)
    return await person.submit(asked, words=text)


@each_database
async def test_feedback_is_posted_under_its_passage_and_is_its_authors(
    town: Town, press: Press, store: Store, database: Database
) -> None:
    alice, bob = town.alice, town.bob
    (card,) = await press.publish("Bridge open")
    watching = Watching(press.bot.newsroom, card)
    # What Discord tells twice is posted once.
    town.sandbox.faults.gateway.some(Repeated(), "INTERACTION_CREATE", share=1.0, seed=1)
    said = await comment_on(bob, card, "@everyone *Rightly* so")
    town.sandbox.faults.clear()
    assert said.ephemeral
    assert said.content.startswith(("Posted with your name: ", "This comment was sent off already"))
    await watching.until_comments("@everyone *Rightly* so")

    # A thread was opened; the words stand there under the passage, escaped, with the member's name, and ping nobody.
    (posted,) = [
        one for one in await alice.messages(card["id"]) if one["author"]["id"] != bob.id and one["embeds"]
    ]
    (embed,) = posted["embeds"]
    assert embed["author"]["name"] == "bob"
    assert embed["description"] == "> It is told at length.\n\\@everyone \\*Rightly\\* so"
    assert not posted["mention_everyone"]
    kept = await store.comments.get(int(posted["id"]))
    assert kept is not None
    assert (kept.author_id, kept.author_name) == (int(bob.id), "bob")
    assert (kept.quote, kept.text) == (PASSAGE, "@everyone *Rightly* so")
    await watching.until_comments("@everyone *Rightly* so")

    # Members vote on it and answer it, and its author may not vote for it.
    await alice.react(posted, "👍")
    await bob.react(posted, "👍")

    async def voted() -> bool:
        found = await store.comments.get(int(posted["id"]))
        return found is not None and found.tally.upvotes == 1

    await eventually(voted)
    answered = await comment_on(alice, posted, "I doubt it", passage=None)
    assert answered.content.startswith("Posted with your name: ")
    await watching.until_comments("@everyone *Rightly* so", "I doubt it")
    (answer,) = [
        one
        for one in await alice.messages(card["id"])
        if one.get("message_reference", {}).get("message_id") == posted["id"]
    ]
    assert "> " not in answer["embeds"][0]["description"]

    # It stays the member's when the channel is read again.
    await press.bot.newsroom.reconciler.run(press.bot.reader)
    await assert_mirror_equals(town.sandbox.stage.world, database)
    listed = await bob.slash("comments", article="Bridge")
    assert "**bob**" in str(listed.raw)
    assert f"*“{PASSAGE}”*" in str(listed.raw)

    # Only its author, or who manages messages, takes it down.
    assert (await alice.click(answer, "Delete")).content == "The comment is deleted, in Discord and here."
    await watching.until_comments("@everyone *Rightly* so")
    assert (await bob.click(posted, "Delete")).content == "The comment is deleted, in Discord and here."
    await watching.until_comments()
    await assert_mirror_equals(town.sandbox.stage.world, database)


@pytest.mark.refusals(1)
async def test_what_was_posted_and_not_stored_is_found_again(
    town: Town, press: Press, store: Store, database: Database, start_bot: StartBot
) -> None:
    bob, faults = town.bob, town.sandbox.faults
    (card,) = await press.publish("Bridge open", thread=True)
    offered = await bob.context_menu("Comment on a passage", card)
    asked = await bob.choose(offered, PASSAGE)
    # Discord takes the message; neither the answer nor the event about it reaches the bot.
    faults.next("POST", "/channels/*/messages", Cut(), when="after", times=9)
    faults.gateway.some(Dropped(), "MESSAGE_CREATE", share=1.0, seed=1)
    unclear = await bob.submit(asked, words="For once")
    assert unclear.content.startswith("Discord did not say whether it took your comment.")
    faults.clear()
    (posted,) = [one for one in await bob.messages(card["id"]) if one["embeds"]]
    assert await store.comments.get(int(posted["id"])) is None
    exported = await store.privacy.kept_of(int(bob.id))
    assert [(one.text, one.message_id) for one in exported.comments] == [("For once", None)]

    await press.bot.close()
    other = await start_bot()
    await Watching(other.newsroom, card).until_comments("For once")
    await assert_mirror_equals(town.sandbox.stage.world, database)
    exported = await store.privacy.kept_of(int(bob.id))
    assert [(one.quote, one.text) for one in exported.comments] == [(PASSAGE, "For once")]

    # What was posted for a member goes with what is kept of them, and nothing of theirs comes back.
    assert (await comment_on(bob, card, "And once more", passage=None)).content.startswith("Posted with")
    faults.next("DELETE", f"/channels/{card['id']}/messages/{posted['id']}", Status(403))
    sure = await bob.click(await bob.slash("privacy delete"), "Delete all of it")
    assert "1 of the messages that Broadsheet posted for you could not be deleted" in sure.content
    assert [one["id"] for one in await bob.messages(card["id"]) if one["embeds"]] == [posted["id"]]
    assert (await store.privacy.kept_of(int(bob.id))).comments == ()
    await other.newsroom.reconciler.run(other.reader)
    await assert_mirror_equals(town.sandbox.stage.world, database)
    refused = await comment_on(bob, card, "Once more")
    assert refused.content.startswith("You asked with `/privacy delete` that nothing of you be kept")
    assert refused.content.endswith("```\nOnce more\n```")
    assert "is deleted" in (await bob.click(posted, "Delete")).content
    assert not [one for one in await bob.messages(card["id"]) if one["embeds"]]


async def test_nobody_says_through_the_bot_what_they_may_not_say(
    town: Town, press: Press, store: Store, database: Database
) -> None:
    alice, bob = town.alice, town.bob
    card, threaded = await press.publish("Bridge open", "Fair ahead")
    # In a thread that a moderator locked nothing is said for members, though the bot might.
    thread = await alice.start_thread(threaded, "Fair ahead")
    await alice.overwrite(
        town.channel_id, town.application, allow=Permissions(manage_threads=True).value, member=True
    )
    await alice.request("PATCH", f"/channels/{thread['id']}", {"locked": True})
    locked = await comment_on(bob, threaded, "Quietly")
    assert locked.content.startswith("The article's thread is locked: only moderators can write there now.")
    assert locked.content.endswith("```\nQuietly\n```")

    # No threads are made where members may not make any: it stands under the card.
    nobody = Permissions(create_public_threads=True).value
    await alice.overwrite(town.channel_id, town.guild_id, deny=nobody)
    await until_denied(press, town, "create_public_threads")
    assert (await comment_on(bob, card, "Under it")).content.startswith("Posted with your name")
    (posted,) = [one for one in await bob.messages(town.channel_id) if "message_reference" in one]
    assert posted["message_reference"]["message_id"] == card["id"]
    stranger = await alice.click(posted, "Delete")
    assert "is deleted" in stranger.content  # she owns the server

    await alice.overwrite(town.channel_id, town.guild_id, deny=Permissions(send_messages=True).value | nobody)
    await alice.overwrite(
        town.channel_id, town.application, allow=Permissions(send_messages=True).value, member=True
    )
    await until_denied(press, town, "send_messages")
    muted = await comment_on(bob, card, "Let me")
    assert muted.content.startswith("You may not write there, so Broadsheet does not do it for you either.")
    assert muted.content.endswith("```\nLet me\n```")
    await alice.context_menu("Close comments", card)
    closed = await comment_on(alice, card, "Too late")
    assert closed.content.startswith("Comments on this article are closed.")
    no_card = await alice.context_menu("Comment on a passage", await alice.say("Chatter"))
    assert no_card.content.startswith("That message is no card of an article")
    async with database.reading() as connection:
        assert (await connection.execute(select(feedback))).all() == []
    await assert_mirror_equals(town.sandbox.stage.world, database)


async def until_denied(press: Press, town: Town, name: str) -> None:
    """Return when the bot knows that members lack this permission."""

    async def denied() -> bool:
        channel = press.bot.get_channel(int(town.channel_id))
        assert isinstance(channel, TextChannel)
        return not getattr(channel.permissions_for(channel.guild.default_role), name)

    await eventually(denied)


@pytest.mark.refusals(2)
async def test_no_words_are_lost_and_nobody_speaks_as_another(
    town: Town, press: Press, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = town.alice, town.bob
    (card,) = await press.publish("Bridge open", thread=True)
    watching = Watching(press.bot.newsroom, card)

    async def away(*_: object) -> bool:
        raise DatabaseBusy("The database is locked.")

    # Nothing can be stored: the words come back whole, as they were typed.
    words = "*_~`[x](y) " * 136
    with monkeypatch.context() as patch:
        patch.setattr(Feedback, "begin", away)
        kept = await comment_on(bob, card, words, passage=None)
    assert kept.content.startswith(
        "Broadsheet can't store anything right now, so your comment was not posted."
    )
    assert kept.content.endswith(f"```\n{words}\n```")
    assert await store.comments.get(int(card["id"])) is None

    # It is posted, and then can't be stored: the member hears that it stands, and it is known by its mark.
    with monkeypatch.context() as patch:
        patch.setattr(Feedback, "posted", away)
        said = await comment_on(bob, card, "Nul\0 and void", passage=None)
    assert said.content.startswith("Posted with your name: ")
    await press.bot.newsroom.reconciler.run(press.bot.reader)
    await watching.until_comments("Nul and void")
    (posted,) = [one for one in await bob.messages(card["id"]) if one["embeds"]]
    # Anybody may call themselves "bob": the name leads to whose it is.
    assert posted["embeds"][0]["author"]["url"] == f"https://discord.com/users/{bob.id}"
    assert (await comment_on(bob, card, "\u200b\u2060", passage=None)).content.startswith("That was no word.")

    # The id of a click comes from who clicks: one that is not under the message takes nothing down.
    alices = await comment_on(alice, card, "Mine", passage=None)
    assert alices.content.startswith("Posted with your name")
    hers = next(one for one in await bob.messages(card["id"]) if one["embeds"] and one["id"] != posted["id"])
    with monkeypatch.context() as patch:
        forged = f"feedback:{posted['id']}:{bob.id}"
        patch.setitem(press.bot.extensions["cogs.feedback"].__dict__, "clicked", lambda _: forged)
        stranger = await bob.click(hers, "Delete")
    assert stranger.content.startswith("Only who wrote this comment can take it down")
    assert read_feedback_button(f"feedback:{2**63}:1") is None

    # Slow mode is for what the bot says for members, too.
    await alice.request("PATCH", f"/channels/{card['id']}", {"rate_limit_per_user": 600})
    slowed = press.bot.get_guild(int(town.guild_id))
    assert slowed is not None

    async def is_slow() -> bool:
        thread = slowed.get_thread(int(card["id"]))
        return thread is not None and thread.slowmode_delay == 600

    await eventually(is_slow)
    hurried = await comment_on(bob, card, "And another", passage=None)
    assert hurried.content.startswith("Slow mode is on there")
    assert hurried.content.endswith("```\nAnd another\n```")
    await watching.until_comments("Nul and void", "Mine")
