"""`/privacy`, as members use it: what is kept is told, sent, and erased for good."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import text

from bot.client import BroadsheetBot
from bot.config import Settings
from bot.newsroom.comment_tree import CommentSort
from bot.newsroom.retention import Retention
from bot.sandbox.scenario import Json, Reply
from storage import Database, Store
from tests.discord.conftest import READS_CONTENT, Press, StartBot, Town, each_database, eventually, utc_now
from tests.discord.test_commands import ids, shown
from tests.discord.test_events import Watching
from tests.discord.test_follows import letters_of
from tests.mirror import assert_mirror_equals

pytestmark = each_database


@pytest.fixture
async def bot(town: Town, start_bot: StartBot) -> BroadsheetBot:
    """The town's bot, which may read all that is written."""
    await town.alice.allow_intents(town.application, READS_CONTENT)
    return await start_bot(Settings(message_content=True))


async def sent_file(reply: Reply) -> Any:
    """The JSON in the file that came along with an answer."""
    (attachment,) = reply.raw["attachments"]
    async with ClientSession() as session, session.get(attachment["url"]) as answer:
        return json.loads(await answer.read())


async def furnished(town: Town, press: Press) -> tuple[Json, Watching]:
    """A card with two votes and two comments."""
    (card,) = await press.publish("Bridge open")
    watching = Watching(press.bot.newsroom, card)
    await town.alice.react(card, "👍")
    await town.bob.react(card, "👍")
    said = await town.bob.reply(card, "At last")
    await town.alice.react(said, "👎")
    await town.alice.reply(card, "Indeed")
    await watching.until_votes(2, 0)
    await watching.until_comments("At last", "Indeed")
    return card, watching


async def test_what_is_kept_is_told_and_sent(town: Town, press: Press) -> None:
    card, _ = await furnished(town, press)
    await town.bob.slash("follow phrase", phrase="Bridge")
    await town.bob.slash("follow settings", zone="UTC", quiet="22:00-07:00")
    await press.publish("Another bridge")
    await letters_of(press.bot, press.store).round()
    told = await town.bob.slash("privacy about")
    assert told.ephemeral
    assert "**Votes.** When you react" in shown(told)
    assert "as long as Broadsheet is in this server" in shown(told)
    assert "erased 7 days later" in shown(told)
    assert "**What you follow:** what, where and when" in shown(told)
    sent = await town.bob.click(told, "Send me my data")
    assert sent.ephemeral
    assert "your 1 vote, 1 comment, names" in shown(sent)
    data = await sent_file(sent)
    (server,) = data["servers"]
    assert (data["member_id"], server["id"], server["your_name"]) == (town.bob.id, town.guild_id, "bob")
    (vote,), (comment,) = server["votes"], server["comments"]
    assert (vote["emoji"], vote["on"], vote["article"]["title"]) == ("👍", "article", "Bridge open")
    assert vote["message"].endswith(f"/{town.guild_id}/{town.channel_id}/{card['id']}")
    assert comment["text"] == "At last"
    (follow,), (tiding,) = server["follows"], server["told"]
    assert (follow["kind"], follow["what"], follow["told_in_channel_id"]) == ("phrase", "Bridge", None)
    assert (tiding["article"]["title"], tiding["because_of"]) == ("Another bridge", "phrase")
    assert data["how_you_are_told"]["quiet_from_minute"] == 22 * 60
    # Alice's is hers.
    data = await sent_file(await town.alice.slash("privacy export"))
    assert [vote["on"] for vote in data["servers"][0]["votes"]] == ["article", "comment"]
    assert [comment["text"] for comment in data["servers"][0]["comments"]] == ["Indeed"]


async def test_who_has_left_the_server_asks_in_a_direct_message(town: Town, press: Press) -> None:
    _, watching = await furnished(town, press)
    talk = await town.bob.request("POST", "/users/@me/channels", {"recipients": [town.application.id]})
    await town.bob.leave(town.guild_id)
    told = await town.bob.slash("privacy about", in_=talk)
    assert "as long as each server chooses" in shown(told)
    assert set(ids(told)) == {"Send me my data", "Delete my data"}
    data = await sent_file(await town.bob.click(told, "Send me my data"))
    assert [comment["text"] for comment in data["servers"][0]["comments"]] == ["At last"]
    assert "in the one you mean" in (await town.bob.slash("privacy name", in_=talk, name="hidden")).content
    asked = await town.bob.click(told, "Delete my data")
    assert "Erased are 1 of your votes" in (await town.bob.click(asked, "Delete all of it")).content
    await watching.until_votes(1, 0)
    await watching.until_comments("Indeed")
    assert "Welcome back" in (await town.bob.slash("privacy allow", in_=talk)).content


async def test_who_is_forgotten_stays_so_until_they_come_back(
    town: Town, press: Press, database: Database
) -> None:
    card, watching = await furnished(town, press)
    asked = await town.bob.slash("privacy delete")
    assert "Delete all of it?" in asked.embeds[0]["title"]
    await watching.until_votes(2, 0)
    done = await town.bob.click(asked, "Delete all of it")
    assert "Erased are 1 of your votes and 1 of your comments" in done.content
    await watching.until_votes(1, 0)
    await watching.until_comments("Indeed")

    # Neither what they do from then on nor what is read again brings anything back.
    await town.bob.react(card, "👎")
    await town.bob.reply(card, "It is me again")
    await town.alice.reply(card, "Who?")
    await watching.until_comments("Indeed", "Who?")
    done_again = await press.bot.newsroom.reconciler.run(press.bot.reader)
    assert not done_again.mended
    await watching.until_votes(1, 0)
    await watching.until_comments("Indeed", "Who?")
    await assert_mirror_equals(town.sandbox.stage.world, database)
    told = await town.bob.slash("privacy about")
    assert "You asked to be forgotten" in shown(told)
    data = await sent_file(await town.bob.slash("privacy export"))
    assert data["servers"] == []
    assert data["forgotten_since"]

    assert "Welcome back" in (await town.bob.click(told, "Take part again")).content
    assert "Nothing to do" in (await town.bob.slash("privacy allow")).content
    await town.bob.reply(card, "Back")
    await watching.until_comments("Indeed", "Who?", "Back")
    await press.bot.newsroom.reconciler.run(press.bot.reader)
    # Both of Bob's reactions still stand; of two that are read together the kinder one counts.
    await watching.until_votes(2, 0)
    await assert_mirror_equals(town.sandbox.stage.world, database)


async def test_a_forgetting_that_ended_in_the_middle_is_finished(
    town: Town, press: Press, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, watching = await furnished(town, press)
    await store.privacy.forget(int(town.bob.id), press.bot.newsroom.privacy._clock())
    await watching.until_votes(2, 0)
    await press.bot.newsroom.privacy.finish()
    await watching.until_votes(1, 0)
    await watching.until_comments("Indeed")


async def test_a_name_is_hidden_outside_of_discord(town: Town, press: Press) -> None:
    _, watching = await furnished(town, press)
    article = await watching.listed()
    comments = press.bot.newsroom.comments

    async def names() -> list[str]:
        visible = {int(town.channel_id)}
        tree = await comments.tree(article.guild_id, article.article.id, CommentSort.OLDEST, visible=visible)
        return [node.comment.author_name for node in tree]

    assert await names() == ["bob", "alice"]
    assert "“a member”" in (await town.bob.slash("privacy name", name="hidden")).content
    assert await names() == ["a member", "alice"]
    assert "**bob**" in shown(await town.alice.slash("comments", article="Bridge"))
    told = await town.bob.slash("privacy about")
    assert "**not shown by name**" in shown(told)
    assert set(ids(told)) == {"Send me my data", "Show my name", "Delete my data"}
    assert "shown again" in (await town.bob.click(told, "Show my name")).content
    assert await names() == ["bob", "alice"]
    assert (
        "“a member”" in (await town.bob.click(await town.bob.slash("privacy about"), "Hide my name")).content
    )


async def test_a_server_says_for_how_long_it_keeps(town: Town, press: Press, store: Store) -> None:
    _, watching = await furnished(town, press)
    assert "kept as long as Broadsheet is here" in (await town.alice.slash("settings retention")).content
    chosen = await town.alice.slash("settings retention", keep=30)
    assert chosen.content.startswith(
        "Comments and votes are kept for 30 days from now on. Older ones are erased"
    )
    assert "Votes and comments: 30 days; then they are erased." in shown(
        await town.bob.slash("privacy about")
    )
    bot = press.bot
    later = press.bot.newsroom.privacy._clock() + timedelta(days=31)
    retention = Retention(store, bot.newsroom.privacy, clock=lambda: later, is_in=lambda _: True)
    await retention.round()
    await watching.until_votes(0, 0)
    await watching.until_comments()
    kept = await store.privacy.kept_of(int(town.bob.id))
    assert (kept.votes, kept.comments) == ((), ())
    await town.alice.slash("settings retention", keep=0)
    assert "as long as Broadsheet is in this server" in shown(await town.bob.slash("privacy about"))


async def test_what_a_server_had_is_erased_a_week_after_the_bot_left_it(
    town: Town, press: Press, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="bot")
    await furnished(town, press)
    guild_id, bot = int(town.guild_id), press.bot

    def as_of(days: int) -> Retention:
        now = utc_now() + timedelta(days=days)

        def is_in(guild_id: int) -> bool:
            return bot.get_guild(guild_id) is not None

        return Retention(store, bot.newsroom.privacy, clock=lambda: now, is_in=is_in)

    async def left() -> bool:
        return guild_id not in await store.guilds.present()

    await as_of(8).round()
    # The bot that was off knows of a removal, and not yet that it was invited again: Discord does.
    await bot.newsroom.guilds.left(guild_id)
    assert "what is kept of it is erased in 7 days" in caplog.text
    await as_of(8).round()
    assert await store.guilds.name(guild_id) == "Town"

    await town.alice.kick(town.guild_id, town.application)
    await eventually(left)
    await as_of(6).round()
    assert (await store.privacy.kept_of(int(town.bob.id))).comments
    await as_of(8).round()
    kept = await store.privacy.kept_of(int(town.bob.id))
    assert (kept.names, kept.votes, kept.comments) == ((), (), ())
    assert await store.guilds.name(guild_id) is None
    assert (
        f"Server {guild_id} was left 7 days ago or earlier: all that was kept of it is erased" in caplog.text
    )


async def test_no_word_of_a_comment_is_in_the_log(
    town: Town, press: Press, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("bot", "cogs", "storage"):
        caplog.set_level(logging.DEBUG, logger=name)
    (card,) = await press.publish("Bridge open", thread=True)
    watching = Watching(press.bot.newsroom, card)
    said = await town.bob.reply(card, "> quotedsecret\nwrittensecret")
    await watching.until_comments("writtensecret")
    await town.bob.edit(said, "editedsecret")
    await watching.until_comments("editedsecret")
    # A database that takes no more comments, live and when they are read again.
    async with database.writing() as connection:
        await connection.execute(text("ALTER TABLE members RENAME TO lost_members"))
    try:
        await town.bob.say("refusedsecret", in_=card["id"])
        await town.bob.edit(said, "refusedsecret")
        await town.bob.slash("comments", article="Bridge")
        await press.bot.newsroom.reconciler.run(press.bot.reader)
    finally:
        async with database.writing() as connection:
            await connection.execute(text("ALTER TABLE lost_members RENAME TO members"))
    await town.alice.context_menu("Hide from the page", said)
    await town.bob.slash("privacy export")
    await town.bob.click(await town.bob.slash("privacy delete"), "Delete all of it")
    await town.bob.delete(said)
    await press.bot.newsroom.reconciler.run(press.bot.reader)
    assert "could not be handled" in caplog.text, "something failed, and was logged"
    assert "Forgot a member" in caplog.text
    assert "secret" not in caplog.text
    assert town.bob.id not in [word for record in caplog.records for word in record.getMessage().split()]
