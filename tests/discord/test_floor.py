"""The members' floor as one story: votes in two channels, a gap in the middle, a member who is forgotten in the end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.client import BroadsheetBot
from bot.config import Settings
from bot.newsroom.refresh import Refresher
from bot.sandbox.scenario import Json
from storage import Database, Store
from tests.discord.conftest import Press, StartBot, Town, each_database, eventually
from tests.discord.test_commands import ids, shown
from tests.discord.test_events import Watching
from tests.discord.test_privacy import bot, sent_file  # noqa: F401 - fixtures are found by their names
from tests.mirror import assert_mirror_equals

pytestmark = each_database


async def drawn(town: Town, store: Store, bot: BroadsheetBot, card: Json) -> str:  # noqa: F811
    """What a card's last line says once it was drawn again."""
    work = Refresher(
        store,
        bot.publisher,
        clock=lambda: datetime.now(UTC),
        on_missing=bot.newsroom.comments.deleted,
        on_gone=bot.newsroom.comments.channel_deleted,
    )
    await work.refresh_stale()
    message = await town.alice.message(card["channel_id"], card["id"])
    return str(message["embeds"][0]["footer"]["text"])


@pytest.mark.refusals(1)  # of the direct message that bob does not take
async def test_a_day_on_the_floor(
    town: Town, press: Press, store: Store, database: Database, start_bot: StartBot
) -> None:
    alice, bob = town.alice, town.bob
    image = {"name": "yes", "image": "data:image/png;base64,iVBORw0KGgo="}
    own = await alice.request("POST", f"/guilds/{town.guild_id}/emojis", image)
    await alice.slash("settings votes add", emoji=f"<:yes:{own['id']}>", weight=3)
    await alice.slash("settings votes add", emoji="\u2764")
    tech = await alice.create_channel(town.guild_id, "tech")
    (card,) = await press.publish("Bridge open", thread=True)
    (again,) = await press.publish(channel_id=tech["id"], newest=1)
    watching = Watching(press.bot.newsroom, card)

    # One vote a member, the latest, whichever channel it was given in; a heart as Discord's clients send it.
    await bob.react(card, f"yes:{own['id']}")
    await watching.until_votes(3, 0)
    await bob.react(again, "👎")
    await watching.until_votes(0, 1)
    await alice.react(again, "❤️")
    await watching.until_votes(1, 1)
    # Nobody votes on a comment of their own; who takes no direct messages is none the worse for it.
    await bob.close_direct_messages()
    said = await bob.reply(card, "At \0last")  # NUL, which PostgreSQL does not take
    await watching.until_comments("At last")
    await bob.react(said, "👍")
    hidden = await bob.say("Rubbish", in_=card["id"])
    await watching.until_comments("At last", "Rubbish")
    assert "Hidden" in (await alice.context_menu("Hide from the page", hidden)).content
    await alice.react(said, "👍")

    async def score() -> int:
        kept = await store.comments.get(int(said["id"]))
        return 0 if kept is None else kept.tally.score

    assert await eventually(score) == 1
    for one in (card, again):
        line = await drawn(town, store, press.bot, one)
        assert line.startswith("▲ 0 · 💬 1 comment"), line
    await bob.edit(said, "At last")
    await assert_mirror_equals(town.sandbox.stage.world, database)

    # While the bot is away: votes change hands at equal numbers, the emoji gets another name, a comment goes.
    await press.bot.close()
    await alice.request("PATCH", f"/guilds/{town.guild_id}/emojis/{own['id']}", {"name": "aye"})
    await bob.unreact(again, "👎")
    await alice.react(again, f"aye:{own['id']}")
    await alice.unreact(again, "❤️")
    await bob.delete(hidden)
    back = await start_bot(Settings(message_content=True))
    watching = Watching(back.newsroom, card)
    await watching.until_votes(6, 0)
    await eventually(lambda: _is_still(back))
    await assert_mirror_equals(town.sandbox.stage.world, database)
    assert (await drawn(town, store, back, again)).startswith("▲ 6 · 💬 1 comment")

    # Who asks is answered where they asked, also without direct messages; who is forgotten stays so.
    data = await sent_file(await bob.slash("privacy export"))
    assert [vote["on"] for vote in data["servers"][0]["votes"]] == ["article", "comment"]
    assert data["servers"][0]["told_why_a_vote_does_not_count"] == ["it is on your own comment"]
    await alice.slash("settings votes names", shown=True)
    voters = shown(await alice.slash("who voted", article="Bridge"))
    assert (f"<@{alice.id}>" in voters, f"<@{bob.id}>" in voters) == (True, True)
    await bob.slash("privacy name", name="hidden")
    voters = shown(await alice.slash("who voted", article="Bridge"))
    assert (f"<@{alice.id}>" in voters, f"<@{bob.id}>" in voters) == (True, False)
    assert "**2**" in voters
    asked = await bob.slash("privacy delete")
    assert "Erased are" in (await bob.click(asked, "Delete all of it")).content
    assert "shown nowhere" in (await bob.slash("privacy name", name="hidden")).content
    assert set(ids(await bob.slash("privacy about"))) == {"Send me my data", "Take part again"}
    for again_read in range(2):
        await watching.until_votes(3, 0)
        await watching.until_comments()
        assert "No comments here" in shown(await alice.slash("leaderboard", of="commenters"))
        if not again_read:
            await back.newsroom.reconciler.run(back.reader)
    await assert_mirror_equals(town.sandbox.stage.world, database)
    assert (await sent_file(await bob.slash("privacy export")))["servers"] == []
    only: dict[str, Any] = {"channel": tech["id"], "sort": "best", "period": "day"}
    assert "**[Bridge open]" in shown(await bob.slash("top", **only))
    assert shown(await bob.slash("stats", about="votes")).endswith("1 vote for · 0 against")


async def _is_still(back: BroadsheetBot) -> bool:
    return back.newsroom.reconciler.count > 0 and not back.newsroom.reconciler.busy
