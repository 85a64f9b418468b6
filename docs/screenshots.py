"""Takes the README's pictures: a demo of its own, a short scene played by its people, a browser that looks on."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import aiohttp
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from bot.sandbox.scenario import Json, Person

PICTURES = Path(__file__).parent / "pictures"
LARGEST = 150_000  # bytes; pictures are read over slow lines too
PATIENCE = 30.0
# Articles come out by the demo's clock; it is set on between two starts, so that nobody waits for them.
NEWS_AFTER = 305.0
ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)/\S*#/(\d+)/\d+")
Found = TypeVar("Found")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


@dataclass(frozen=True, slots=True)
class Town:
    """The running demo: its chat page, its guild, the channels by name and the people by name."""

    url: str
    guild_id: str
    channels: dict[str, str]
    people: dict[str, Person]

    async def cards(self, channel: str, count: int) -> list[Json]:
        """The channel's cards, oldest first, once there are `count` of them with both votes under them."""

        async def found() -> list[Json]:
            messages = await self.people["ada"].messages(self.channels[channel])
            cards = [one for one in messages if one["embeds"] and len(one.get("reactions", ())) == 2]
            return cards[::-1] if len(cards) >= count else []

        return await _once(found, f"{count} cards in #{channel}")

    async def shows(self, channel: str, card: Json, words: str) -> None:
        """Wait until a card's last line says `words`: votes and comments come into it a moment later."""

        async def shown() -> bool:
            message = await self.people["ada"].message(self.channels[channel], card["id"])
            return words in message["embeds"][0]["footer"]["text"]

        await _once(shown, f"“{words}” under a card in #{channel}")


async def _once(look: Callable[[], Awaitable[Found]], wanted: str) -> Found:
    """What `look` finds, once it finds something. Raises SystemExit where that takes too long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while not (found := await look()):
        if loop.time() > deadline:
            raise SystemExit(f"{PATIENCE:.0f} seconds were not enough for {wanted}.")
        await asyncio.sleep(0.2)
    return found


def free_port() -> int:
    """The first of three neighbouring ports that nobody listens on."""
    for port in range(18480, 18980, 10):
        try:
            for number in range(port, port + 3):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
    raise SystemExit("No three free ports were found from 18480 on.")


@asynccontextmanager
async def demo(folder: Path, port: int) -> AsyncIterator[Town]:
    """Run `python -m bot demo` with its world in `folder`, and connect its people."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", str(port), "--folder", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE * 6):
            url, guild_id = await _announced(process)
            people = await _people(stack, url)
            channels = await people["ada"].channels(guild_id)
            yield Town(url, guild_id, {one["name"]: one["id"] for one in channels}, people)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def _announced(process: asyncio.subprocess.Process) -> tuple[str, str]:
    while line := await _line(process):
        if found := ADDRESS.search(line):
            return found[1], found[2]
    raise SystemExit("The demo ended before it announced its chat page; `make run` says why.")


async def _line(process: asyncio.subprocess.Process) -> str:
    return (await process.stdout.readline()).decode() if process.stdout else ""


async def _people(stack: AsyncExitStack, url: str) -> dict[str, Person]:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/sandbox/people") as response:
        found = (await response.json())["people"]
    return {
        one["username"]: await stack.enter_async_context(
            await Person.connect(url, one["username"], one["token"])
        )
        for one in found
    }


async def first_day(town: Town) -> None:
    """The first articles come and are talked about."""
    ada, ben, chidi = (town.people[name] for name in ("ada", "ben", "chidi"))
    (moth,), (bench,), (bridge,) = [await town.cards(name, 1) for name in ("comet", "workbench", "the-tide")]
    for person in (ada, ben, chidi):
        await person.react(moth, "👍")
    await ben.react(bridge, "👍")
    await chidi.react(bridge, "👎")
    await ada.react(bench, "👍")
    question = await ben.reply(moth, "Do they really never wake the bird?")
    answer = await ada.reply(question, "Lightly enough, it seems. They come by night.")
    await chidi.reply(answer, "And the bird gets nothing out of it?")
    await chidi.say("I saw one on the chapel wall last summer, as big as my hand.", in_=moth["thread"]["id"])
    for person in (ada, chidi):
        await person.react(question, "👍")
    await ben.reply(bridge, "Good. I like to be slowed down there.")


async def second_day(town: Town) -> None:
    """News came meanwhile."""
    ada, ben, chidi = (town.people[name] for name in ("ada", "ben", "chidi"))
    _, ring, buses = await town.cards("the-tide", 3)
    for person, message in ((ben, ring), (ada, buses), (ben, buses)):
        await person.react(message, "👍")
    thread = await ben.start_thread(buses, "Which bus?")
    await ben.say("Is it all of them, or only the one up the hill?", in_=thread["id"])
    await ada.say("Only the one up the hill. The others never had far to go.", in_=thread["id"])
    credits = await chidi.reply(buses, "Now I can stay for the credits.")
    await ada.react(credits, "🎉")
    _, pool, _ = await town.cards("comet", 3)
    await chidi.react(pool, "👍")
    await chidi.reply(pool, "One crab with a regular round. I know the type.")
    await town.shows("the-tide", buses, "💬 3 comments")
    await town.shows("comet", pool, "💬 1 comment")


async def take(browser: Browser, town: Town) -> None:
    """Every picture, as one of the people sees the town."""
    await _picture(browser, town, "channel", "ben", "comet", (1060, 900), _at_the_moth)
    await _picture(browser, town, "top", "ada", "general", (900, 740), _command("top"))
    await _picture(browser, town, "comments", "ada", "general", (900, 740), _comments)
    await _picture(browser, town, "phone", "chidi", "comet", (390, 844), _at_the_moth)
    await _picture(browser, town, "light", "ada", "the-tide", (1120, 800), _quietly, scheme="light")


Act = Callable[[Page], Awaitable[None]]


async def _picture(
    browser: Browser,
    town: Town,
    name: str,
    who: str,
    channel: str,
    size: tuple[int, int],
    act: Act,
    scheme: str = "dark",
) -> None:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="light" if scheme == "light" else "dark",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto(f"{town.url}/?person={who}#/{town.guild_id}/{town.channels[channel]}")
    await page.wait_for_selector("body[data-ready=true] #room[data-channel-id]")
    await act(page)
    await page.mouse.move(1, 1)
    await page.wait_for_load_state("networkidle")
    path = PICTURES / f"{name}.png"
    shot = Image.open(BytesIO(await page.screenshot()))
    await context.close()
    # The page has few colours: a palette of 256 shows them all at a third of the size.
    shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    if (bytes_written := path.stat().st_size) > LARGEST:
        raise SystemExit(f"{path} has {bytes_written} bytes, more than {LARGEST}; take a smaller picture.")
    sys.stdout.write(f"docs/pictures/{path.name}: {bytes_written // 1000} kB\n")


async def _quietly(page: Page) -> None:
    await page.evaluate("document.activeElement?.blur()")


def _command(name: str) -> Act:
    async def act(page: Page) -> None:
        await page.type("#composer", f"/{name}")
        await page.get_by_role("option").first.wait_for()
        await page.press("#composer", "Enter")
        await page.click(".command-form [type=submit]")
        await page.wait_for_selector(".ephemeral .embed")

    return act


async def _comments(page: Page) -> None:
    await _command("comments")(page)
    await page.click(".ephemeral .components button")
    await page.get_by_role("option", name="Moths that drink").click()
    await page.get_by_role("button", name="Most voted").click()
    await page.wait_for_selector(".embed-footer:has-text('most voted first')")


async def _at_the_moth(page: Page) -> None:
    moth = page.locator(".message:has(.embed-title:has-text('Moths that drink'))")
    await moth.evaluate("card => card.scrollIntoView()")
    await _quietly(page)


def browser_path() -> str | None:
    """Where this machine's own browser is; None leaves it to Playwright to find one."""
    return shutil.which("chromium") or shutil.which("google-chrome")


async def main() -> None:
    """Play the scene in a temporary folder and take the pictures."""
    PICTURES.mkdir(exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        async with demo(folder, port) as town:
            await first_day(town)
        (folder / "clock.json").write_text(json.dumps({"elapsed_seconds": NEWS_AFTER}))
        async with demo(folder, port) as town, async_playwright() as playwright:
            await second_day(town)
            browser = await playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
            await take(browser, town)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
