"""A feed that brings stubs: cards tell what the articles' pages tell, whenever those come."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.sandbox import Sandbox
from tests.journey.broadsheet import broadsheet, eventually
from tests.journey.conftest import Starter, Town
from tests.journey.test_journey import card, posted
from tests.newsroom.test_reader import FIRST, PAGE, PHOTO
from tests.press import Press

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def page(press: Press) -> bytes:
    press.documents["lead.jpg"] = ("image/jpeg", PHOTO)
    return PAGE.replace(b"/lead.jpg", f"{press.url}/documents/lead.jpg".encode())


def told(message: dict[str, Any]) -> str:
    return str(message["embeds"][0]["description"])


def go_by(settings: Settings, statement: str) -> int:
    """Let time go by: what was to wait is due now. Answers for how much."""
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path, timeout=10)) as database, database:
        return database.execute(statement).rowcount


HOLD_ENDS = "UPDATE posts SET due_at = created_at WHERE due_at > created_at AND state = 'ready'"


async def test_a_card_tells_what_the_page_tells_and_shows_its_picture(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings
) -> None:
    press.pages["piece-1"] = page(press)
    async with broadsheet(settings):
        await town.alice.slash("subscribe", url=press.feed_url)
        message = await card(town, "Old bridge reopens")
        assert FIRST in told(message)
        assert message["attachments"]
        assert "Ada Lane" in str(message["embeds"][0])
        await town.alice.slash("subscribe", url=press.feed_url, pages="never", summary="short")
        press.pages["piece-2"] = page(press)
        press.publish("Ferry runs at night")
        ferry = told(await card(town, "Ferry runs at night"))
        assert "Ferry runs at night is what everybody talks about today." in ferry
        assert FIRST not in ferry
        assert "/articles/piece-2" not in press.requests
    assert posted(sandbox, town.channel_id) == 2


async def test_a_slow_page_holds_up_no_post_and_comes_onto_its_card(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings
) -> None:
    press.held.clear()
    press.pages["piece-1"] = page(press)
    async with broadsheet(settings):
        await town.alice.slash("subscribe", url=press.feed_url)

        async def asked() -> bool:
            return "/articles/piece-1" in press.requests

        await eventually(asked, bool)
        assert await town.bob.messages(town.channel_id) == []
        assert go_by(settings, HOLD_ENDS) == 1
        message = await card(town, "Old bridge reopens")
        assert "Old bridge reopens is what everybody talks about today." in told(message)
        press.held.set()
        await eventually(
            lambda: town.bob.message(town.channel_id, message["id"]), lambda message: FIRST in told(message)
        )
    assert posted(sandbox, town.channel_id) == 1


async def test_a_bot_that_is_killed_while_it_reads_reads_on(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings, start_process: Starter
) -> None:
    press.held.clear()
    press.pages["piece-1"] = page(press)
    first_life = await start_process(settings)
    await town.alice.slash("subscribe", url=press.feed_url)

    async def asked() -> int:
        return press.requests.count("/articles/piece-1")

    await eventually(asked, lambda times: times == 1)
    await first_life.end(signal.SIGKILL)
    press.held.set()
    second_life = await start_process(settings)
    message = await card(town, "Old bridge reopens", 20)
    assert FIRST in told(message)
    assert await second_life.end(signal.SIGTERM) == 0
    assert posted(sandbox, town.channel_id) == 1
    assert go_by(settings, "DELETE FROM readings") == 0
