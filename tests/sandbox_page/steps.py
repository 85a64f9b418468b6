"""What a person does again and again on the chat page."""

from playwright.async_api import Locator, Page, expect

from tests.sandbox_page.small_bot import Json


def button(label: str, custom_id: str, style: int = 1) -> Json:
    return {"type": 1, "components": [{"type": 2, "style": style, "label": label, "custom_id": custom_id}]}


async def write(page: Page, text: str) -> None:
    await page.fill("#composer", text)
    await page.press("#composer", "Enter")


async def begin(page: Page, command: str) -> None:
    """Type a slash command until its form stands."""
    await page.locator("#composer").press_sequentially(command)
    await expect(page.locator(".command-form")).to_be_visible()


def message(page: Page, text: str) -> Locator:
    return page.locator("li.message", has_text=text)


async def choose(page: Page, text: str, entry: str) -> None:
    """Open the menu of the message with a text, and take an entry of it."""
    await message(page, text).click(button="right")
    await page.get_by_role("menuitem", name=entry).click()
