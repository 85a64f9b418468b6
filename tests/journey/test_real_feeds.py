"""Documents of real publishers, from the web server to the card and the API, all at once by one bot."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.desk import Desk
from tests.journey.broadsheet import ROOT, Running, broadsheet, eventually
from tests.journey.conftest import Town
from tests.press import Press

FEEDS = ROOT.parent / "shared" / "feeds"
# This publisher gave the same guid and link to two items, twice: an item is its id, so each pair is one article.
SHARING_AN_ID = {"scriptingNews.rss": 2}
CONTENT_TYPES = {
    "json": "application/feed+json",
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
}


def documents() -> list[dict[str, Any]]:
    """What `index.json` says of each document: file, title, number of entries, title of the first one."""
    index = FEEDS / "index.json"
    if not index.exists():
        pytest.skip(f"There are no real feeds to read: {index} is absent.")
    return list(json.loads(index.read_text()))


def plain(markdown: str) -> str:
    """Text as Discord shows it: without the backslashes that keep it from being markup."""
    return re.sub(r"\\(\W)", r"\1", markdown)


async def by_document(running: Running, guild_id: str) -> dict[str, dict[str, Any]]:
    """The articles that the API lists, page after page, by the name of their document."""
    found, cursor = {}, ""
    while cursor is not None:
        asked = {"cursor": cursor} if cursor else {}
        page = await running.get(f"/guilds/{guild_id}/articles", sort="new", limit=10, **asked)
        found |= {Path(article["source"]["url"]).name: article for article in page["items"]}
        cursor = page["next_cursor"]
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("every", [16, pytest.param(1, marks=pytest.mark.thorough)])
async def test_every_real_document_becomes_a_card_once(town: Town, settings: Settings, every: int) -> None:
    index = documents()[::every]
    assert index
    async with AsyncExitStack() as stack:
        press = await stack.enter_async_context(Press())
        for one in index:
            path = FEEDS / one["file"]
            press.documents[one["file"]] = (CONTENT_TYPES.get(path.suffix[1:], "text/xml"), path.read_bytes())
        # The bot polls each source at its subscription and then not again before the test itself does.
        running = await stack.enter_async_context(
            broadsheet(replace(settings, poll_interval=timedelta(hours=1)))
        )
        channels = {}
        for number, one in enumerate(index):
            channel = await town.alice.create_channel(town.guild_id, f"news-{number}")
            channels[one["file"]] = channel["id"]

        async def subscribe(one: dict[str, Any]) -> None:
            options = {"url": f"{press.url}/documents/{one['file']}", "channel": channels[one["file"]]}
            answer = await town.alice.slash("subscribe", options, timeout=20)
            assert plain(answer.content).startswith(f"**{one['title']}** now comes into"), answer.content

        await asyncio.gather(*(subscribe(one) for one in index))

        async def cards() -> dict[str, list[dict[str, Any]]]:
            return {file: await town.bob.messages(channel) for file, channel in channels.items()}

        # They wait for pages and images of hosts that can't be reached from here.
        shown = await eventually(cards, lambda seen: all(seen.values()), 60)
        # A card stands in its channel a moment before that is written down.
        articles = await eventually(
            lambda: by_document(running, town.guild_id), lambda seen: seen.keys() == channels.keys()
        )
        for one in index:
            (message,), article = shown[one["file"]], articles[one["file"]]
            (embed,) = message["embeds"]
            assert plain(embed["author"]["name"]) == article["source"]["title"] == one["title"], one["file"]
            assert plain(embed["title"]) == article["title"], one["file"]
            assert article["title"] == one["first_title"] or not one["first_title"], one["file"]
            assert article["title"].strip(), one["file"]
            assert embed.get("url") == article["url"], one["file"]

        # Read again, with other bytes and the same articles: nothing is new, nothing is posted.
        for file, (content_type, body) in press.documents.items():
            press.documents[file] = (content_type, body + b"\n")
        async with Desk.open(settings) as desk:
            polled = await desk.poll(None)
            shown = [source.listed for source in await desk.sources()]
            listed = {Path(one.source.url).name: one.articles for one in shown}
        assert len(polled) == len(index)
        assert [(one.source.url, one) for one in polled if one.problem or one.articles or one.posts] == []
        assert listed == {one["file"]: one["entries"] - SHARING_AN_ID.get(one["file"], 0) for one in index}
        again = await cards()
        assert {file: len(messages) for file, messages in again.items()} == dict.fromkeys(channels, 1)
