"""Takes pictures of cards to look at: of real articles, by the whole bot, and of every situation a card can be in.

    python -m docs.cards FOLDER [--feeds FEEDS]

FEEDS is a folder of feeds with an index.json that names their files; each is served on this machine, read, and its
newest articles are posted into a local Discord; without it the situations alone are shown. A sheet shows many cards
side by side.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import aiohttp
from aiohttp import web
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from bot.app import run_app
from bot.cards import card
from bot.config import Settings
from bot.newsroom.newsroom import Newsroom
from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from bot.sandbox.prepare import Prepared, prepare
from docs.digests import digests
from docs.screenshots import FLAGS, browser_path
from docs.situations import messages, situations
from storage.records import Reading, Wishes

KINDS = {".json": "application/feed+json", ".atom": "application/atom+xml"}
NEWEST = 2
WIDTHS = {"phone": 390, "desktop": 1280}
A_SHEET = {"phone": 6, "desktop": 3}
COLUMN_HEIGHT = 1500
ATTACH_FILES = 1 << 15
# A post waits so long for an image that can't be had here, and then some.
PATIENCE_S = 150.0


@asynccontextmanager
async def served(files: Mapping[str, tuple[bytes, str]]) -> AsyncIterator[str]:
    """Serve these files by their names; yields the address to put before them."""

    async def answer(request: web.Request) -> web.Response:
        body, kind = files[request.match_info["name"]]
        return web.Response(body=body, content_type=kind)

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def read_feeds(folder: Path | None) -> dict[str, tuple[bytes, str]]:
    """The feeds that the folder's index names, with their types; none where there is no such folder."""
    if folder is None or not (folder / "index.json").is_file():
        return {}
    names = [one["file"] for one in json.loads((folder / "index.json").read_text())]
    return {
        name: ((folder / name).read_bytes(), KINDS.get(Path(name).suffix, "application/rss+xml"))
        for name in names
    }


def read_pictures() -> dict[str, tuple[bytes, str]]:
    """The samples' pictures, with their type."""
    folder = Path(__file__).parents[1] / "bot" / "samples" / "pictures"
    return {one.name: (one.read_bytes(), "image/png") for one in folder.glob("*.png")}


async def post_articles(discord: Sandbox, town: Prepared, feeds: Sequence[str], folder: Path) -> None:
    """Have the whole bot follow the feeds, until all of their newest articles are in the channel."""
    stop, channel = asyncio.Event(), town.channels["articles"]
    bot = Settings(
        discord_token=town.bot_token,
        discord_api_url=discord.api_url,
        discord_gateway_url=discord.gateway_url,
        database_url=f"sqlite:///{folder / 'broadsheet.db'}",
        web_port=0,
        poll_interval=timedelta(seconds=10),
        fetch_allow="127.0.0.1",
        log_level="ERROR",
    )

    async def follow(newsroom: Newsroom) -> None:
        for address in feeds:
            wishes = Wishes(reading=Reading.NEVER)
            await newsroom.subscriptions.subscribe(
                int(town.guild_id), int(channel), address, wishes=wishes, newest=NEWEST
            )

    running = asyncio.create_task(run_app(bot, stop, announce=lambda _: None, prepare=follow))
    wanted = len(feeds) * NEWEST
    try:
        for _ in range(int(PATIENCE_S * 2)):
            if running.done() or len(discord.stage.world.message_ids(channel)) >= wanted:
                break
            await asyncio.sleep(0.5)
        else:
            sys.stdout.write("Not all articles came in time; those that did are shown.\n")
    finally:
        stop.set()
        await running


async def post_situations(discord: Sandbox, town: Prepared, origin: str) -> None:
    """Put a card of each situation into its channel."""
    headers = {"Authorization": f"Bot {town.bot_token}"}
    path = f"{discord.api_url}/channels/{town.channels['situations']}/messages"
    async with aiohttp.ClientSession(headers=headers) as http:
        cards = [
            card(replace(situation, post=replace(situation.post, nonce=f"situation{number}")))
            for number, situation in enumerate(situations(origin))
        ]
        for number, shown in enumerate((*cards, *messages(), *digests())):
            form = aiohttp.FormData({"payload_json": json.dumps(shown.payload())}, default_to_multipart=True)
            if shown.file is not None:
                form.add_field(
                    "files[0]", shown.file.data, filename=shown.file.name, content_type=shown.file.media_type
                )
            async with http.post(path, data=form) as answer:
                if answer.status != 200:
                    raise SystemExit(f"Situation {number} was refused: {await answer.text()}")


async def take_sheets(browser: Browser, discord: Sandbox, town: Prepared, folder: Path) -> None:
    """Pictures of all cards of both channels, as far as they hold any, in each width, dark and light."""
    counts = {name: len(discord.stage.world.message_ids(channel)) for name, channel in town.channels.items()}
    for name in filter(counts.get, counts):
        for kind, width in WIDTHS.items():
            for scheme in ("dark", "light"):
                context = await browser.new_context(
                    viewport={"width": width, "height": 3200},
                    color_scheme="light" if scheme == "light" else "dark",
                    reduced_motion="reduce",
                )
                page = await context.new_page()
                address = f"{discord.url}/?person=ada#/{town.guild_id}/{town.channels[name]}"
                await page.goto(address)
                shots = await _shots(page, counts[name])
                await context.close()
                _write_sheets(shots, folder, f"{name}-{kind}-{scheme}", width)


async def _shots(page: Page, count: int) -> list[Image.Image]:
    await page.wait_for_selector("body[data-ready=true] #room[data-channel-id]")
    await page.wait_for_selector(".message")
    # Older ones are loaded when one scrolls up.
    for _ in range(40):
        if await page.locator(".message").count() >= count:
            break
        await page.locator(".scroller").evaluate("scroller => { scroller.scrollTop = 0 }")
        await page.wait_for_timeout(100)
    await page.evaluate(
        "document.querySelectorAll('img').forEach(image => { image.loading = 'eager' });"
        "document.querySelectorAll('.jumper').forEach(jumper => jumper.remove())"
    )
    await page.wait_for_load_state("networkidle")
    messages = page.locator(".message")
    shots = [await messages.nth(at).screenshot(type="png") for at in range(await messages.count())]
    return [Image.open(BytesIO(shot)).convert("RGB") for shot in shots]


def _write_sheets(shots: Sequence[Image.Image], folder: Path, name: str, width: int) -> None:
    """Put the pictures into columns, several on a sheet."""
    columns: list[list[Image.Image]] = [[]]
    height = 0
    for shot in shots:
        if columns[-1] and height + shot.height > COLUMN_HEIGHT:
            columns.append([])
            height = 0
        columns[-1].append(shot)
        height += shot.height
    most = A_SHEET["phone" if width < 700 else "desktop"]
    widest = max(shot.width for shot in shots)
    for number, at in enumerate(range(0, len(columns), most)):
        part = columns[at : at + most]
        sheet = Image.new(
            "RGB", (widest * len(part), max(sum(one.height for one in column) for column in part)), "#888"
        )
        for place, column in enumerate(part):
            top = 0
            for shot in column:
                sheet.paste(shot, (place * widest, top))
                top += shot.height
        sheet.save(folder / f"{name}-{number}.png")
        sys.stdout.write(f"{folder / f'{name}-{number}.png'}\n")


async def main(folder: Path, feeds: Path | None) -> None:
    """Post all cards and take their pictures."""
    files, shown = read_feeds(feeds), read_pictures()
    with tempfile.TemporaryDirectory() as temporary:
        async with (
            served({**files, **shown}) as origin,
            Sandbox(limits=Limits.off()) as discord,
            async_playwright() as playwright,
        ):
            town = await prepare(
                discord,
                "Harbour Town",
                {"articles": 0, "situations": 0},
                ("ada", "ben"),
                "Broadsheet",
                permissions=309237730368 | ATTACH_FILES,
            )
            await post_situations(discord, town, origin)
            await post_articles(discord, town, [origin + name for name in files], Path(temporary))
            browser = await playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
            await take_sheets(browser, discord, town, folder)
            await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m docs.cards", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--feeds", type=Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(arguments.folder, arguments.feeds))
