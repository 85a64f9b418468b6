"""What is put into a message on the chat page, and to whom: files, emoji, names, direct messages."""

import base64
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, expect

from bot import sandbox
from bot.sandbox.emoji import is_emoji
from tests.sandbox_page.conftest import PNG, Scene, Visit
from tests.sandbox_page.steps import begin, message, write

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PICTURE: FilePayload = {"name": "harbour.png", "mimeType": "image/png", "buffer": PNG}
NOTES: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"<b>high water at noon</b>"}
UPLOAD = ".composer input[type=file]"


async def test_files_are_seen_before_they_are_sent_and_opened_after(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("files")
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await ada.set_input_files(UPLOAD, [PICTURE, NOTES])
    wrong: FilePayload = {"name": "wrong.txt", "mimeType": "text/plain", "buffer": b""}
    await ada.set_input_files(UPLOAD, wrong)
    shown = "data:image/png;base64," + base64.b64encode(PNG).decode()
    await expect(ada.locator(".tray-preview img")).to_have_attribute("src", shown)
    await ada.get_by_role("button", name="Do not send wrong.txt").click()
    await expect(ada.locator(".tray-file")).to_have_count(2)
    await write(ada, "Two files")
    sent = message(ben, "Two files")
    await sent.get_by_role("button", name="Show the text").click()
    await expect(sent.locator(".peek")).to_have_text("<b>high water at noon</b>")
    await sent.get_by_role("button", name="Open the picture").click()
    await expect(ben.locator(".lightbox-picture")).to_be_visible()
    await ben.keyboard.press("Escape")
    await expect(ben.locator(".lightbox")).to_have_count(0)


async def test_pasted_files_go_without_words(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("pasted")
    ada = await visit("ada", channel)
    await ada.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["x"], "pasted.bin"));
          document.getElementById("composer").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
        }"""
    )
    await expect(ada.locator(".tray-file")).to_have_count(1)
    await ada.press("#composer", "Enter")
    await expect(message(ada, "pasted.bin").locator(".attachment a")).to_be_visible()


async def test_names_and_emoji_are_completed_while_one_types(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("completion")
    ada = await visit("ada", channel)
    for typed, suggestion in (("@be", "@ben"), (":rocke", ":rocket:")):
        await ada.locator("#composer").press_sequentially(typed)
        await expect(ada.locator(f"[data-suggestion='{suggestion}']")).to_be_visible()
        await ada.keyboard.press("Enter")
    await ada.locator("#composer").press_sequentially("go :tada:")
    await ada.keyboard.press("Enter")
    await expect(message(ada, "go")).to_be_visible()
    stored = (await scene.bot.call("GET", f"/channels/{channel}/messages?limit=1"))[0]
    assert stored["content"] == f"<@{scene.prepared.people['ben'].id}> 🚀 go 🎉"


async def test_all_emoji_of_the_picker_may_be_reacted_with() -> None:
    table = (Path(sandbox.__file__).parent / "page" / "emoji.txt").read_text().splitlines()
    emoji = [line.split(" ")[0] for line in table if not line.startswith("# ")]
    assert len(set(emoji)) == len(emoji) > 1800
    assert [one for one in emoji if not is_emoji(one)] == []


async def test_a_servers_own_emoji_is_picked_and_seen(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("own-emoji")
    image = "data:image/png;base64," + base64.b64encode(PNG).decode()
    path = f"/guilds/{scene.prepared.guild_id}/emojis"
    emoji = await scene.bot.call("POST", path, {"name": "harbour", "image": image}, scene.token("ada"))
    await scene.bot.send(channel, content="Vote")
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await message(ada, "Vote").hover()
    await ada.click("[data-action=react]")
    await ada.fill(".picker input", "harb")
    await ada.keyboard.press("Enter")
    pill = message(ben, "Vote").locator("[data-emoji=harbour]")
    await expect(pill.locator(f"img[src='/emojis/{emoji['id']}.png']")).to_be_visible()
    await pill.hover()
    await expect(pill.locator(".tooltip")).to_have_text("ada reacted with :harbour:")


async def test_a_command_takes_a_file_and_speaks_the_persons_language(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("language")
    ada = await visit("ada", channel)
    for code, name in (("de", "/titelbild"), ("en-US", "/cover")):
        await ada.click("#settings")
        await ada.select_option("#language", code)
        await ada.click(".dialog [type=submit]")
        await expect(ada.locator(".dialog")).to_have_count(0)
        await ada.locator("#composer").press_sequentially(name[:4])
        await expect(ada.locator(f"[data-suggestion='{name}']")).to_be_visible()
        await ada.fill("#composer", "")
    scene.bot.replies["cover"] = lambda interaction: {
        "type": 4,
        "data": {"content": next(iter(interaction["data"]["resolved"]["attachments"].values()))["filename"]},
    }
    await begin(ada, "/cover ")
    await ada.set_input_files("[data-option=picture]", [PICTURE])
    await ada.click(".command-form [type=submit]")
    await expect(message(ada, "harbour.png")).to_be_visible()


async def test_a_direct_message_arrives_and_closed_doors_are_told(
    scene: Scene, visit: Visit, refusals: None
) -> None:
    channel = await scene.channel("doors")
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await ada.click("#members .member >> text=ben")
    await ada.get_by_role("menuitem", name="Message", exact=True).click()
    await expect(ada.get_by_role("heading", name="ben", level=1)).to_be_visible()
    await write(ada, "Between us")
    home = ben.get_by_role("link", name="Direct messages, 1 unread")
    await home.click()
    await expect(message(ben, "Between us")).to_be_visible()
    await ben.click("#settings")
    await ben.uncheck("[data-open-to='The Daily Test']")
    await ben.click(".dialog [type=submit]")
    await expect(ben.locator(".dialog")).to_have_count(0)
    await write(ada, "Are you there?")
    await expect(message(ada, "Are you there?").locator(".failure")).to_contain_text("could not be delivered")
