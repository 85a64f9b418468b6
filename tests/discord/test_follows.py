"""`/follow`, as members use it: told once, where and when they want, and no more once they stop."""

from __future__ import annotations

from datetime import timedelta

import discord
import pytest

from bot.client import BroadsheetBot
from bot.config import Settings
from bot.newsroom.letters import Letters
from bot.sandbox.faults import Dropped
from bot.sandbox.scenario import Json
from storage import Store
from tests.discord.conftest import (
    BOT_PERMISSIONS,
    READS_CONTENT,
    Press,
    StartBot,
    Town,
    each_database,
    eventually,
    utc_now,
)
from tests.discord.test_commands import ids, shown
from tests.discord.test_events import Watching


@pytest.fixture
async def bot(town: Town, start_bot: StartBot) -> BroadsheetBot:
    """The town's bot, which may read all that is written."""
    await town.alice.allow_intents(town.application, READS_CONTENT)
    return await start_bot(Settings(message_content=True))


def letters_of(bot: BroadsheetBot, store: Store, after: timedelta = timedelta()) -> Letters:
    """What tells members, as it is `after` so long a time."""
    return Letters(
        store,
        bot.publisher.postman,
        bot.newsroom.away,
        clock=lambda: utc_now() + after,
        may_send=lambda: True,
        on_gone=bot.newsroom.comments.channel_deleted,
    )


def said(message: Json) -> str:
    """All that a message shows."""
    (embed,) = message["embeds"]
    parts = (message["content"], embed["title"], embed.get("description", ""), embed["footer"]["text"])
    return "\n".join(parts)


@each_database
async def test_each_kind_of_follow_is_told_once(
    town: Town, press: Press, store: Store, bot: BroadsheetBot
) -> None:
    (before,) = await press.publish("Harbour closed")
    letters = letters_of(bot, store)
    told = await town.bob.slash("follow source", source="The Town Crier")
    assert told.ephemeral
    assert "You follow articles from **The Town Crier**. You are told in a direct message, at once" in shown(
        told
    )
    assert "articles that say **old Bridge!**" in shown(
        await town.bob.slash("follow phrase", phrase="old Bridge!")
    )
    assert "by **Ada**" in shown(await town.bob.slash("follow author", author="Ada"))
    assert "comments on **Harbour closed**" in shown(
        await town.bob.slash("follow article", article="Harbour")
    )
    assert "replies to your comments" in shown(await town.bob.slash("follow replies"))
    await letters.round()
    assert await town.bob.inbox() == [], "nothing that was there before is told"

    # An article that fits two follows is told once, by its first and best reason.
    (card,) = await press.publish("The old bridge opens")
    await letters.round()
    (letter,) = await town.bob.inbox()
    jump = f"https://discord.com/channels/{town.guild_id}/{town.channel_id}/{card['id']}"
    assert letter["embeds"][0]["url"] == jump
    text = "It is told at length.\n\nNew from **The Town Crier**"
    assert said(letter) == f"\nThe old bridge opens\n{text}\nYou follow this in Town"
    await press.bot.newsroom.reconciler.run(bot.reader)
    await letters.round()
    assert len(await town.bob.inbox()) == 1

    # What is said about the article, and to Bob; his own words are no news to him.
    watching = Watching(bot.newsroom, before)
    own = await town.bob.reply(before, "When does it open?")
    await watching.until_comments("When does it open?")
    await letters.round()
    answer = await town.alice.reply(own, "> When\nTomorrow, @everyone [x](https://e)")
    await watching.until_comments("When does it open?", "Tomorrow, @everyone [x](https://e)")
    await letters.round()
    await letters.round()
    newest, *rest = await town.bob.inbox()
    assert len(rest) == 1
    assert newest["embeds"][0]["title"] == "alice answered you"
    assert "> *“When”*\n> Tomorrow, \\@everyone" in said(newest)
    assert "On **Harbour closed** · **The Town Crier**" in said(newest)
    assert newest["embeds"][0]["url"].endswith(f"/{answer['id']}")
    # Alice follows nothing.
    assert await town.alice.inbox() == []

    # The letter leads to the list, which stops one.
    listed = await town.bob.click(newest, "What I follow")
    assert "**1.** Articles from **The Town Crier** · in a direct message, at once" in shown(listed)
    assert "**5.** Replies to your comments" in shown(listed)
    less = await town.bob.click(listed, ids(listed)["Stop 1"])
    assert "Town Crier" not in shown(less)
    await press.publish("Nothing of note")
    await letters.round()
    assert len(await town.bob.inbox()) == 2


async def test_what_is_deleted_hidden_or_elsewhere_is_not_told(
    town: Town, press: Press, store: Store, bot: BroadsheetBot
) -> None:
    letters = letters_of(bot, store)
    secret = await town.alice.create_channel(town.guild_id, "secret")
    await town.alice.overwrite(secret["id"], town.application, allow=BOT_PERMISSIONS, member=True)
    await town.alice.overwrite(secret["id"], town.guild_id, deny=discord.Permissions(view_channel=True).value)
    (card,) = await press.publish("Harbour closed")
    await town.bob.slash("follow phrase", phrase="bridge")
    await town.bob.slash("follow article", article="Harbour")
    watching = Watching(bot.newsroom, card)
    answer = await town.alice.reply(card, "Never mind")
    await watching.until_comments("Never mind")
    await town.alice.delete(answer)
    await watching.until_comments()
    # One that was missed and is read again is told as any other, once.
    town.sandbox.faults.gateway.some(Dropped(), "MESSAGE_CREATE", share=1)
    await town.alice.reply(card, "It opens at noon")
    town.sandbox.faults.gateway.clear()
    await letters.round()
    assert await town.bob.inbox() == []
    for _ in range(2):
        await bot.newsroom.reconciler.run(bot.reader)
        await letters.round()
    (letter,) = await town.bob.inbox()
    assert "> It opens at noon" in said(letter)
    await press.queue("Secret bridge", source="Whispers", channel_id=secret["id"])
    await press.deliver()
    await letters.round()
    assert len(await town.bob.inbox()) == 1
    # Once it comes into a channel that he reads, the same article is told.
    await press.queue(source="Whispers", newest=1)
    await press.deliver()
    await letters.round()
    letter, _ = await town.bob.inbox()
    assert "Secret bridge" in said(letter)
    assert f"/{town.channel_id}/" in letter["embeds"][0]["url"]
    # Who left is told nothing more, and follows nothing here any more.
    await press.publish("Third bridge")
    await town.alice.kick(town.guild_id, town.bob)
    await letters.round()
    assert len(await town.bob.inbox()) == 2
    assert await store.follows.of_member(int(town.guild_id), int(town.bob.id)) == []


@pytest.mark.refusals(2)
async def test_closed_direct_messages_are_told_elsewhere_once_and_tried_again(
    town: Town, press: Press, store: Store, bot: BroadsheetBot
) -> None:
    letters = letters_of(bot, store)
    await town.bob.slash("follow phrase", phrase="bridge")
    await town.bob.close_direct_messages()
    await press.publish("First bridge", "Second bridge")
    await letters.round()
    await press.publish("Third bridge")
    await letters.round()

    async def mentions() -> list[Json]:
        return [
            one for one in await town.alice.messages(town.channel_id) if one["content"] == f"<@{town.bob.id}>"
        ]

    (mention,) = await mentions()
    assert [one["id"] for one in mention["mentions"]] == [town.bob.id]
    assert "bridge" not in str(mention["embeds"]), "what he follows is nobody else's to know"
    # Still closed: he reads it from his next command, and it is not told in the channel again.
    later = letters_of(bot, store, timedelta(minutes=2))
    bot.newsroom.follows._clock = lambda: utc_now() + timedelta(minutes=2)
    assert "does not let direct messages from Broadsheet through" in shown(
        await town.bob.slash("follow list")
    )
    await later.round()
    assert len(await mentions()) == 1
    await town.bob.close_direct_messages(False)
    bot.newsroom.follows._clock = lambda: utc_now() + timedelta(minutes=5)
    await town.bob.slash("top")

    async def opened() -> bool:
        return (await store.follows.listener(int(town.bob.id))).closed_at is None

    await eventually(opened)
    await letters_of(bot, store, timedelta(minutes=5)).round()
    (letter,) = await town.bob.inbox()
    assert "3 new things that you follow" in said(letter)
    assert "**Articles**\n- [First bridge](https" in said(letter)


async def test_told_in_a_channel_gathered_and_by_ones_own_clock(
    town: Town, press: Press, store: Store, bot: BroadsheetBot
) -> None:
    assert "none of" not in shown(
        await town.bob.slash("follow phrase", phrase="bridge", where="here", when="gathered")
    )
    assert "no time zone" in shown(await town.bob.slash("follow settings", zone="../etc/passwd"))
    assert "no span of time" in shown(await town.bob.slash("follow settings", quiet="whenever"))
    now = utc_now()
    hour = f"{(now.hour + 2) % 24}:00"
    reply = await town.bob.slash("follow settings", zone="etc/utc", gather=hour, quiet="off")
    assert "Your hours (Etc/UTC): no quiet hours" in shown(reply)
    await press.publish("First bridge", "Second bridge")
    await letters_of(bot, store).round()
    assert f"<@{town.bob.id}>" not in [one["content"] for one in await town.alice.messages(town.channel_id)]
    await letters_of(bot, store, timedelta(hours=2)).round()
    newest, *_ = await town.alice.messages(town.channel_id)
    assert newest["content"] == f"<@{town.bob.id}>"
    assert [one["id"] for one in newest["mentions"]] == [town.bob.id]
    assert "2 new things that you follow" in said(newest)
    assert await town.bob.inbox() == []


async def test_a_letter_whose_sending_ended_unclear_is_found_and_not_sent_again(
    town: Town, press: Press, store: Store, bot: BroadsheetBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.bob.slash("follow phrase", phrase="bridge")
    await press.publish("First bridge")
    postman = bot.publisher.postman
    send = postman.send_letter

    class Killed(BaseException):
        pass

    async def killed_after(letter):
        await send(letter)
        raise Killed

    monkeypatch.setattr(postman, "send_letter", killed_after)
    with pytest.raises(Killed):
        await letters_of(bot, store).round()
    monkeypatch.setattr(postman, "send_letter", None)
    assert len(await town.bob.inbox()) == 1
    await letters_of(bot, store).round()
    assert len(await town.bob.inbox()) == 1
    (at,) = await store.letters.sent_since(int(town.bob.id), utc_now() - timedelta(minutes=1))
    assert at
