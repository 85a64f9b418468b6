"""Answers come in time while the database is slow, and questions of any length are answered."""

import asyncio
from contextlib import AsyncExitStack

import pytest

import cogs.replies
from bot.sandbox.scenario import Event
from storage import Store
from tests.discord.conftest import Press, Town


def is_announcement(event: Event) -> bool:
    """A message that only says that the bot is thinking."""
    return event.name in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and bool(event.data.get("flags", 0) & 128)


async def test_an_answer_that_takes_long_is_announced_and_then_comes(
    town: Town, press: Press, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (card,) = await press.publish("Bridge open")
    monkeypatch.setattr(cogs.replies, "PATIENCE", 0.05)
    database = store.frontpage._database
    button = card["components"][0]["components"][0]["custom_id"]

    async def ask() -> None:
        top = await town.bob.slash("top")
        assert "Bridge open" in str(top.raw)

    async with AsyncExitStack() as stack:
        for _ in range(4):  # all the connections that there are
            await stack.enter_async_context(database.reading())
        since = town.bob.mark()
        asking = asyncio.create_task(ask())
        await town.bob.wait_for(is_announcement, since=since)
        assert not asking.done()
    await asking
    page = await town.bob.click(card, button)
    assert "No comments yet" in str(page.raw)


async def test_a_long_text_is_refused_by_discord_and_many_words_find_nothing(
    town: Town, press: Press
) -> None:
    await press.publish("Bridge open", "1984 again")
    words = " ".join(f"w{number}" for number in range(60))[:200]
    reply = await town.bob.slash("comments", article=words)
    assert "No article here has these words" in reply.content
    assert await town.bob.autocomplete("comments", "article", "wo " * 1500) == []
    typed = await town.bob.slash("comments", article="1984")
    assert typed.embeds[0]["title"] == "1984 again"
    (option, _) = next(
        command["options"]
        for command in await town.bob.commands(town.guild_id)
        if command["name"] == "comments"
    )
    assert (option["min_length"], option["max_length"]) == (1, 200)
