"""What bots put before people, and what people set: forms, selects, pins, forums, threads, permissions."""

import re

import pytest
from playwright.async_api import FilePayload, expect

from tests.sandbox_page.conftest import PNG, Scene, Visit
from tests.sandbox_page.small_bot import Json
from tests.sandbox_page.steps import button, choose, message, write

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ANSWER, MODAL, UPDATE = 4, 9, 7


def label(text: str, component: Json) -> Json:
    return {"type": 18, "label": text, "component": component}


def options(*words: str) -> list[Json]:
    return [{"label": word.title(), "value": word} for word in words]


async def test_a_form_hands_back_every_kind_of_input(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("all-inputs")
    form = {
        "custom_id": "all",
        "title": "Everything",
        "components": [
            label("Mood", {"type": 21, "custom_id": "mood", "options": options("glad", "sad")}),
            label("Topics", {"type": 22, "custom_id": "topics", "options": options("sea", "town", "sky")}),
            label("Anonymous", {"type": 23, "custom_id": "anonymous"}),
            label("Whom", {"type": 5, "custom_id": "whom", "max_values": 2}),
            label("Proof", {"type": 19, "custom_id": "proof"}),
        ],
    }
    scene.bot.replies["open-all"] = lambda _: {"type": MODAL, "data": form}
    scene.bot.replies["all"] = lambda _: {"type": ANSWER, "data": {"content": "Received"}}
    await scene.bot.send(channel, content="Fill in", components=[button("Open", "open-all")])
    ada = await visit("ada", channel)
    await ada.click("[data-custom-id=open-all]")
    await ada.click(".dialog [type=submit]")
    await expect(ada.locator(".dialog .failure")).to_have_text("Choose at least 1 for “Mood”.")
    await ada.check(".dialog [value=sad]")
    await ada.check(".dialog [value=sea]")
    await ada.check(".dialog [value=sky]")
    await ada.check(".dialog [data-custom-id=anonymous]")
    await ada.click(".dialog [data-custom-id=whom]")
    await ada.keyboard.type("be")
    await ada.keyboard.press("Enter")
    await ada.keyboard.press("Escape")
    proof: FilePayload = {"name": "proof.png", "mimeType": "image/png", "buffer": PNG}
    await ada.set_input_files(".dialog [data-custom-id=proof]", proof)
    await ada.click(".dialog [type=submit]")
    await expect(message(ada, "Received")).to_be_visible()
    data = scene.bot.seen[-1]["data"]
    given = [one["component"].get("value", one["component"].get("values")) for one in data["components"]]
    assert given[:4] == ["sad", ["sea", "sky"], True, [scene.prepared.people["ben"].id]]
    assert [data["resolved"]["attachments"][one]["filename"] for one in given[4]] == ["proof.png"]


async def test_a_select_of_people_is_searched(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("select-people")
    select = {"type": 1, "components": [{"type": 5, "custom_id": "editor", "placeholder": "An editor"}]}
    scene.bot.replies["editor"] = lambda interaction: {
        "type": UPDATE,
        "data": {"content": f"Chosen: <@{interaction['data']['values'][0]}>"},
    }
    await scene.bot.send(channel, content="Nobody yet", components=[select])
    ada = await visit("ada", channel)
    await ada.click("[data-custom-id=editor]")
    await ada.keyboard.type("ben")
    await expect(ada.locator(".menu-item:visible")).to_have_count(1)
    await ada.keyboard.press("ArrowDown")
    await ada.keyboard.press("Enter")
    await expect(message(ada, "Chosen: @ben")).to_be_visible()


async def test_a_pinned_message_is_found_in_a_long_channel(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("long")
    first = await scene.say("ada", channel, content="The rules of the house")
    for number in range(360):
        await scene.bot.send(channel, content=f"line {number}")
    ada = await visit("ada", channel)
    await scene.bot.call("PUT", f"/channels/{channel}/messages/pins/{first['id']}", None, scene.token("ada"))
    await expect(message(ada, "pinned a message")).to_be_visible()
    await ada.click("#pins")
    await ada.get_by_role("link", name="Jump").click()
    await expect(message(ada, "The rules of the house")).to_be_in_viewport()
    await ada.evaluate(
        """async () => {
          const scroller = document.querySelector(".scroller");
          for (let step = 0; step < 40; step += 1) {
            scroller.scrollTop = scroller.scrollHeight / 2;
            scroller.scrollTop = scroller.scrollHeight;
            await new Promise((done) => setTimeout(done, 20));
          }
        }"""
    )
    await expect(message(ada, "line 300")).to_have_count(1)
    assert await ada.locator("li.message").count() <= 350
    await ada.evaluate("document.querySelector('.scroller').scrollTop = 2000")
    await ada.get_by_role("button", name=re.compile("Jump to present")).click()
    await expect(message(ada, "line 359")).to_be_in_viewport()


async def test_a_burst_is_drawn_with_bounds(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("burst")
    ada = await visit("ada", channel)
    await ada.evaluate(
        """() => {
          window.drawings = 0;
          const observer = new MutationObserver(() => { window.drawings += 1; });
          observer.observe(document.querySelector("ol.messages"), { childList: true });
          window.frames_ = 0;
          const count = () => { window.frames_ += 1; requestAnimationFrame(count); };
          requestAnimationFrame(count);
        }"""
    )
    for number in range(100):
        await scene.bot.send(channel, content=f"burst {number}")
    await expect(message(ada, "burst 99")).to_be_in_viewport()
    # Never more often than the screen is drawn, however fast messages come.
    assert await ada.evaluate("window.drawings <= window.frames_ + 1")
    await expect(ada.locator("li.message")).to_have_count(100)


async def test_a_forum_is_filtered_by_tags_and_sorted(scene: Scene, visit: Visit) -> None:
    forum = await scene.channel("tagged", kind=15)
    tags = [{"name": "Bug", "emoji_name": "🐛"}, {"name": "Idea"}]
    token = scene.token("ada")
    made = await scene.bot.call("PATCH", f"/channels/{forum}", {"available_tags": tags}, token)
    bug, idea = (tag["id"] for tag in made["available_tags"])
    for title, tag in (("Broken link", bug), ("More boats", idea)):
        body = {"name": title, "message": {"content": title}, "applied_tags": [tag]}
        post = await scene.bot.call("POST", f"/channels/{forum}/threads", body, token)
    ada = await visit("ada", forum)
    titles = ada.locator(".post-title")
    await expect(titles).to_have_text(["More boats", "Broken link"])
    await ada.click(f"[data-tag='{bug}']")
    await expect(titles).to_have_text(["Broken link"])
    await ada.click(f"[data-tag='{bug}']")
    older = await ada.locator(".post", has_text="Broken link").get_attribute("data-channel-id")
    await scene.say("ben", str(older), content="Still broken")
    await expect(titles).to_have_text(["Broken link", "More boats"])
    await ada.click("[data-action=sort]")
    await ada.get_by_role("option", name="Date posted").click()
    await expect(titles).to_have_text(["More boats", "Broken link"])
    await scene.bot.call("PATCH", f"/channels/{post['id']}", {"archived": True, "locked": True}, token)
    await expect(titles.last).to_have_text("More boatslockedarchived")
    ben = await visit("ben", post["id"])
    await expect(ben.locator(".banner")).to_have_text("This thread is locked.")
    await expect(ben.locator("#composer")).to_be_disabled()


async def test_an_admin_takes_a_permission_and_gives_it_back(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("permitted")
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await expect(ben.locator("#composer")).to_be_enabled()
    await ada.click("#guild-menu")
    await ada.get_by_role("menuitem", name="Permissions in this channel").click()
    await ada.click("[data-subject='@everyone']")
    row = ada.locator("[data-permission='Send Messages and Create Posts']")
    await row.get_by_role("radio", name=re.compile("Deny")).check()
    await expect(ben.locator("#composer")).to_be_disabled()
    await row.get_by_role("radio", name=re.compile("As elsewhere")).check()
    await expect(ben.locator("#composer")).to_be_enabled()
    await ada.get_by_role("button", name="Done").click()


async def test_a_message_is_pinned_and_its_reactors_are_listed(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("reactors")
    sent = await scene.say("ben", channel, content="Worth keeping")
    path = f"/channels/{channel}/messages/{sent['id']}/reactions/🎉/@me"
    await scene.bot.call("PUT", path, None, scene.token("ben"))
    ada = await visit("ada", channel)
    await choose(ada, "Worth keeping", "Pin the message")
    await expect(message(ada, "ada pinned a message")).to_be_visible()
    await choose(ada, "Worth keeping", "View reactions")
    await expect(ada.locator(".reactors")).to_contain_text("ben")
    await ada.keyboard.press("Escape")
    await expect(ada.locator(".dialog")).to_have_count(0)


async def test_nothing_is_wider_than_a_small_phone(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("small")
    await scene.bot.send(
        channel,
        content="`" + "long" * 60 + "` " + "https://example.org/" + "a" * 200,
        embeds=[{"title": "t" * 120, "fields": [{"name": "n", "value": "v", "inline": True}] * 3}],
        components=[
            {
                "type": 1,
                "components": [
                    {"type": 2, "style": 2, "label": "A button with many words", "custom_id": f"b{n}"}
                    for n in range(5)
                ],
            }
        ],
    )
    ada = await visit("ada", channel, width=360)
    await expect(message(ada, "long")).to_be_visible()
    await write(ada, "ok")
    for open_ in ("#open-drawer", "#toggle-workbench", "#pins", "#threads"):
        await ada.click(open_)
        assert await ada.evaluate("document.documentElement.scrollWidth") <= 360, open_
        assert await ada.evaluate("document.querySelector('.scroller').scrollWidth") <= 360, open_
        await ada.keyboard.press("Escape")
    await expect(ada.locator("#workbench")).to_be_hidden()


CONTRAST = """() => {
  const style = getComputedStyle(document.documentElement);
  const box = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const read = (name) => {
    box.fillStyle = style.getPropertyValue(name);
    box.fillRect(0, 0, 1, 1);
    return [...box.getImageData(0, 0, 1, 1).data].slice(0, 3).map((one) => {
      const part = one / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
  };
  const light = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
  const poor = [];
  for (const text of ["--text", "--strong", "--faint", "--link", "--bad-text"]) {
    for (const ground of ["--room", "--side", "--panel", "--embed", "--float", "--field", "--code", "--hover"]) {
      const [high, low] = [light(read(text)), light(read(ground))].sort((a, b) => b - a);
      const ratio = (high + 0.05) / (low + 0.05);
      if (ratio < 4.5) poor.push(`${text} on ${ground}: ${ratio.toFixed(2)}`);
    }
  }
  for (const ground of ["--accent", "--good", "--bad"]) {
    const ratio = 1.05 / (light(read(ground)) + 0.05);
    if (ratio < 4.5) poor.push(`white on ${ground}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


async def test_words_stand_out_from_their_ground_in_both_themes(scene: Scene, visit: Visit) -> None:
    ada = await visit("ada", await scene.channel("contrast"))
    for theme in ("dark", "light"):
        await ada.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert await ada.evaluate(CONTRAST) == [], theme
    await ada.evaluate("document.documentElement.dataset.theme = 'dark'")
