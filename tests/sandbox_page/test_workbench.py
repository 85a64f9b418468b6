"""The workbench of the chat page: trouble, deeds, the clock, the journal."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.sandbox_page.conftest import Scene, Visit
from tests.sandbox_page.steps import message

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_an_ordered_fault_meets_the_bot_and_is_lifted(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("troubled")
    ada = await visit("ada", channel)
    await ada.keyboard.press("Control+.")
    bench = ada.get_by_role("complementary", name="Workbench")
    await bench.get_by_role("button", name="Sending a message fails with 502, after it was posted").click()
    await expect(bench.locator(".bench-orders li")).to_contain_text("(0 of 1)")
    with pytest.raises(AssertionError, match="502"):
        await scene.bot.send(channel, content="Posted all the same")
    await expect(message(ada, "Posted all the same")).to_be_visible()
    await expect(bench.locator(".bench-trouble")).to_contain_text("All is well")
    await bench.get_by_role("textbox", name=re.compile("Route")).fill("/gateway*")
    await bench.get_by_role("button", name="Order").click()
    await expect(bench.locator(".bench-orders li")).to_contain_text("/gateway*: status 500")
    await bench.get_by_role("button", name="All is well again").click()
    await expect(bench.locator(".bench-orders li")).to_have_count(0)
    await ada.keyboard.press("Control+.")
    await expect(bench).to_be_hidden()


async def test_the_clock_moves_and_the_journal_tells(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("timely")
    ada = await visit("ada", channel)
    await ada.click("#toggle-workbench")
    before = scene.sandbox.clock.now()
    await ada.click("[data-advance='900']")
    await expect(ada.locator(".bench-told")).to_have_text("Done: +15 min.")
    assert scene.sandbox.clock.now() - before >= timedelta(minutes=15)
    await ada.get_by_role("tab", name="Journal").click()
    await ada.fill(".journal-box input", channel)
    lines = ada.locator(".journal li")
    await expect(lines).to_contain_text(["channel created"])
    await scene.bot.send(channel, content="Written down")
    await expect(lines.first).to_contain_text("message")
    await ada.get_by_role("tab", name="Requests").click()
    await ada.click("#toggle-workbench")


async def test_a_deed_is_done_and_a_resume_will_be_refused(scene: Scene, visit: Visit) -> None:
    here, doomed = await scene.channel("safe"), await scene.channel("doomed")
    ada, ben = await visit("ada", doomed), await visit("ben", here)
    await expect(ben.locator(f"#channels [data-channel-id='{doomed}']")).to_be_visible()
    await ada.click("#toggle-workbench")
    await ada.get_by_role("tab", name="Deeds").click()
    await ada.get_by_role("button", name=re.compile("Delete this channel")).click()
    await expect(ben.locator(f"#channels [data-channel-id='{doomed}']")).to_have_count(0)
    await ada.get_by_role("tab", name="Gateway").click()
    await ada.click("[data-gateway=refuse_resumes]")
    await expect(ada.locator(".bench-told")).to_contain_text("Done: Refuse the next resume")
    await ada.get_by_role("tab", name="Requests").click()
    await expect(ada.locator(".bench-trouble")).to_contain_text("1 resume will be refused")
    await ada.get_by_role("button", name="All is well again").click()
    await expect(ada.locator(".bench-trouble")).to_contain_text("All is well: no trouble")
    await ada.click("#toggle-workbench")
