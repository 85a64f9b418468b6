"""`/comments` in Discord: pages in three orders, jump links, conversations that are opened, the way to comment."""

from __future__ import annotations

import re

from bot.sandbox.scenario import Json, Person, Reply
from storage import Database
from tests.discord.conftest import Press, Town, each_database, eventually
from tests.discord.test_events import Watching
from tests.mirror import assert_mirror_equals


def said(reply: Reply) -> list[str]:
    """The words of the comments that a page shows, and how many replies it leaves out."""
    (embed,) = reply.raw["embeds"]
    return re.findall(r"^(?:┆ )*((?:Word|Reply) \d+|\*… \d+ more.*)", embed["description"], re.M)


async def chain(person: Person, to: Json, texts: list[str]) -> Json:
    """Messages each of which answers the one before."""
    for text in texts:
        to = await person.reply(to, text)
    return to


@each_database
async def test_comments_are_paged_sorted_and_opened(town: Town, press: Press, database: Database) -> None:
    bob = town.bob
    (card,) = await press.publish("Bridge open")
    words = [await bob.reply(card, f"Word {number}") for number in range(9)]
    # To the bot's own message a reply is read without MESSAGE_CONTENT; one to a member's needs to name the bot.
    ping = f"<@{press.bot.application_id}>"
    await chain(bob, words[0], [f"Reply {number} {ping}" for number in range(12)])
    await town.alice.react(words[4], "👍")

    async def all_there() -> bool:
        listed = await Watching(press.bot.newsroom, card).listed()
        return listed.comment_count == 21

    await eventually(all_there, timeout=20)

    first = await bob.slash("comments", article="Bridge", sort="oldest")
    replies = ["Reply 0", "Reply 1", "Reply 2", "*… 9 more replies*"]
    assert said(first) == ["Word 0", *replies, *(f"Word {number}" for number in range(1, 7))]
    assert (
        first.raw["embeds"][0]["description"].count(f"[jump](https://discord.com/channels/{town.guild_id}/")
        == 10
    )
    assert first.raw["embeds"][0]["footer"]["text"].startswith("21 comments · oldest first")
    more = await bob.click(first, "More")
    assert said(more) == ["Word 7", "Word 8"]
    start = await bob.click(more, "From the start")
    assert said(start) == said(first)

    opened = await bob.choose(start, "bob: Word 0")
    assert said(opened) == ["Word 0", *(f"Reply {number}" for number in range(9))]
    rest = await bob.click(opened, "More")
    assert said(rest) == ["Reply 9", "Reply 10", "Reply 11"]
    asked = await bob.click(rest, "Answer this")
    assert asked.modal
    answered = await bob.submit(asked, words="Reply 12")
    assert answered.content.startswith("Posted with your name")
    everything = await bob.click(rest, "All comments")
    voted = await bob.click(everything, "Most voted")
    assert said(voted)[:2] == ["Word 4", "Word 0"]
    newest = await bob.click(voted, "Newest")
    assert said(newest)[:2] == ["Word 8", "Word 7"]
    assert said(newest)[-1] == "*… 12 more replies*"

    # A conversation whose beginning is deleted goes on as one of its own.
    await bob.delete(words[0])
    left = [*(f"Word {number}" for number in range(1, 9)), "Reply 0", "Reply 1", "*… 10 more replies*"]

    async def gone() -> bool:
        return said(await bob.slash("comments", article="Bridge", sort="oldest")) == left

    await eventually(gone)
    await press.bot.newsroom.reconciler.run(press.bot.reader)
    await assert_mirror_equals(town.sandbox.stage.world, database, bot_id=str(press.bot.application_id))
