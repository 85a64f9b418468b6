"""What people do on the chat page, in a real browser against a real sandbox."""

import json
import re

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from bot.sandbox.server import Sandbox
from tests.sandbox_page.conftest import PNG, Scene, Visit
from tests.sandbox_page.small_bot import Json
from tests.sandbox_page.steps import begin, button, message, write

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ANSWER, DEFERRED, MODAL, CHOICES, UPDATE = 4, 5, 9, 8, 7
EPHEMERAL = 64


async def test_a_message_appears_in_another_persons_page(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("live")
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await write(ada, "Good **morning**, ben")
    await expect(message(ben, "Good morning, ben").locator(".markup strong")).to_have_text("morning")
    await expect(message(ada, "Good morning, ben")).to_have_count(1)
    await expect(ada.locator(".sending")).to_have_count(0)
    await expect(ada.locator("#composer")).to_have_value("")


async def test_whoever_types_is_named(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("typing")
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await ben.locator("#composer").press_sequentially("h")
    await expect(ada.locator(".typists")).to_have_text("ben is typing…")
    await ben.keyboard.press("Enter")
    await expect(ada.locator(".typists")).to_have_text("")


async def test_an_edit_and_a_deletion_are_seen(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("changes")
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await write(ada, "Frist")
    await expect(message(ben, "Frist")).to_be_visible()
    await ada.press("#composer", "ArrowUp")
    await ada.fill(".editor-input", "First")
    await ada.press(".editor-input", "Enter")
    await expect(message(ben, "First").locator(".edited")).to_be_visible()
    await message(ada, "First").hover()
    await ada.click("[data-action=more]")
    await ada.get_by_role("menuitem", name="Delete the message").click()
    await ada.click(".dialog .button.danger")
    await expect(ben.locator("li.message")).to_have_count(0)


async def test_a_reaction_is_set_and_taken_back(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("votes")
    sent = await scene.bot.send(channel, content="Vote here")
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await message(ada, "Vote here").hover()
    await ada.click("[data-quick='👍']")
    pill = f"[data-message-id='{sent['id']}'] [data-emoji='👍']"
    await expect(ada.locator(pill)).to_have_attribute("aria-pressed", "true")
    await expect(ben.locator(pill)).to_have_attribute("aria-pressed", "false")
    await ben.click(pill)
    await expect(ada.locator(f"{pill} .reaction-count")).to_have_text("2")
    await ada.click(pill)
    await expect(ada.locator(pill)).to_have_attribute("aria-pressed", "false")
    await ben.click(pill)
    await expect(ada.locator(pill)).to_have_count(0)


async def test_the_picker_finds_an_emoji_by_keyboard(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("picker")
    sent = await scene.bot.send(channel, content="Any emoji")
    ada = await visit("ada", channel)
    await message(ada, "Any emoji").hover()
    await ada.click("[data-action=react]")
    await ada.fill(".picker input", "rocket")
    await ada.press(".picker input", "Enter")
    pill = ada.locator(f"[data-message-id='{sent['id']}'] [data-emoji='🚀']")
    await expect(pill).to_have_attribute("aria-pressed", "true")
    await expect(ada.locator(".picker")).to_have_count(0)


@pytest.mark.parametrize("ping", [True, False])
async def test_a_reply_shows_what_it_answers(scene: Scene, visit: Visit, ping: bool) -> None:
    channel = await scene.channel(f"replies-{'with' if ping else 'without'}-ping")
    asked = await scene.say("ben", channel, content="Is the lake frozen?")
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await message(ada, "Is the lake frozen?").hover()
    await ada.click("[data-action=reply]")
    if not ping:
        await ada.click("[data-action=ping]")
    await write(ada, "Not yet")
    reply = message(ben, "Not yet")
    await expect(reply.locator(".quote-text")).to_have_text("Is the lake frozen?")
    if ping:
        await expect(reply).to_contain_class("named")
    else:
        await expect(reply).not_to_contain_class("named")
    stored = (await scene.bot.call("GET", f"/channels/{channel}/messages?limit=1"))[0]
    assert stored["message_reference"]["message_id"] == asked["id"]


async def test_a_thread_is_opened_and_written_in(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("threads")
    sent = await scene.bot.send(channel, content="An article about lakes")
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await message(ada, "An article about lakes").hover()
    await ada.click("[data-action=thread]")
    await ada.fill(".dialog input", "Lakes")
    await ada.press(".dialog input", "Enter")
    await expect(ada.locator(".room-name")).to_have_text("Lakes")
    await expect(ada.locator(".starter")).to_contain_text("An article about lakes")
    await write(ada, "I live there")
    await expect(message(ada, "I live there")).to_be_visible()
    card = ben.locator(f"[data-message-id='{sent['id']}'] .thread-card")
    await expect(card).to_contain_text("1 message")
    await expect(ben.locator(f".threads [data-channel-id='{sent['id']}']")).to_have_text("Lakes")
    await card.click()
    await expect(message(ben, "I live there")).to_be_visible()


async def test_a_forum_lists_posts_and_takes_a_new_one(scene: Scene, visit: Visit) -> None:
    forum = await scene.channel("suggestions", kind=15)
    ada, ben = await visit("ada", forum), await visit("ben", forum)
    await expect(ada.locator(".posts")).to_contain_text("Nobody has posted here yet")
    await ada.click("[data-action=new-post]")
    await ada.fill(".dialog input", "Which sources do you miss?")
    await ada.fill(".dialog textarea", "The Harbour Gazette")
    await ada.click(".dialog [type=submit]")
    await expect(message(ada, "The Harbour Gazette")).to_be_visible()
    await ben.click(".post >> text=Which sources do you miss?")
    await expect(message(ben, "The Harbour Gazette")).to_be_visible()


async def test_a_slash_command_with_a_choice_is_answered(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("slash")
    scene.bot.replies["top"] = lambda interaction: {
        "type": ANSWER,
        "data": {"content": f"The best: {interaction['data']['options']}", "flags": EPHEMERAL},
    }
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await ada.locator("#composer").press_sequentially("/to")
    await expect(ada.locator("[data-suggestion='/top']")).to_contain_text("The best articles of a period")
    await ada.keyboard.press("Enter")
    await ada.locator("[data-option=period]").press_sequentially("week")
    await ada.keyboard.press("Enter")
    await ada.click("[data-add-option=count]")
    await ada.keyboard.type("3")
    await ada.keyboard.press("Enter")
    answer = message(ada, "The best:")
    await expect(answer).to_contain_text("Only you can see this")
    await expect(answer.locator(".quote-line")).to_contain_text("ada used /top")
    await expect(ben.locator("li.message")).to_have_count(0)
    options = scene.bot.seen[-1]["data"]["options"]
    assert [(one["name"], one["value"]) for one in options] == [("period", "week"), ("count", 3)]
    await answer.get_by_role("button", name="Dismiss message").click()
    await expect(ada.locator("li.message")).to_have_count(0)


async def test_a_command_is_not_sent_with_wrong_options(scene: Scene, visit: Visit) -> None:
    ada = await visit("ada", await scene.channel("wrong-options"))
    seen = len(scene.bot.seen)
    await begin(ada, "/top ")
    await ada.locator("[data-option=period]").press_sequentially("never")
    await ada.keyboard.press("Enter")
    await expect(ada.locator(".command-form .failure")).to_contain_text("none of the choices")
    await ada.keyboard.press("Escape")
    await expect(ada.locator("#composer")).to_be_focused()
    assert len(scene.bot.seen) == seen


async def test_a_subcommand_is_completed_by_the_bot(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("autocomplete")
    offers = [{"name": "The Northern Post", "value": "https://example.org/feed"}]

    def reply(interaction: Json) -> Json:
        if interaction["type"] == 4:
            return {"type": CHOICES, "data": {"choices": offers}}
        chosen = interaction["data"]["options"][0]["options"][0]["value"]
        return {"type": ANSWER, "data": {"content": f"Subscribed to <{chosen}>"}}

    scene.bot.replies["source"] = reply
    ada = await visit("ada", channel)
    await begin(ada, "/source add ")
    await ada.locator("[data-option=address]").press_sequentially("north")
    await ada.click("[data-suggestion='The Northern Post']")
    await ada.keyboard.press("Enter")
    await expect(message(ada, "Subscribed to https://example.org/feed")).to_be_visible()


async def test_a_deferred_command_thinks_and_then_answers(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("deferred")
    scene.bot.replies["later"] = lambda _: {"type": DEFERRED}
    ada = await visit("ada", channel)
    await begin(ada, "/later ")
    await ada.keyboard.press("Enter")
    await expect(message(ada, "is thinking…")).to_be_visible()
    path = f"/webhooks/{scene.bot.application_id}/{scene.bot.seen[-1]['token']}/messages/@original"
    await scene.bot.call("PATCH", path, {"content": "Here it is"})
    await expect(message(ada, "Here it is")).to_be_visible()
    await expect(ada.locator(".thinking")).to_have_count(0)


async def test_silence_of_the_bot_is_told(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("silence")
    ada = await visit("ada", channel)
    await begin(ada, "/silent ")
    await ada.keyboard.press("Enter")
    await expect(message(ada, "Sending the command…")).to_be_visible()
    scene.sandbox.clock.advance(3)
    await expect(message(ada, "The application did not respond")).to_be_visible()


async def test_a_button_opens_a_modal_whose_text_arrives(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("modal")
    text = {"type": 4, "custom_id": "text", "label": "Comment", "style": 2, "required": True}
    form = {"custom_id": "form", "title": "Your comment", "components": [{"type": 1, "components": [text]}]}
    scene.bot.replies["discuss"] = lambda _: {"type": MODAL, "data": form}

    def receive(interaction: Json) -> Json:
        said = interaction["data"]["components"][0]["components"][0]["value"]
        return {"type": ANSWER, "data": {"content": f"You wrote: {said}", "flags": EPHEMERAL}}

    scene.bot.replies["form"] = receive
    await scene.bot.send(channel, content="An article", components=[button("Discuss", "discuss")])
    ada = await visit("ada", channel)
    await ada.click("[data-custom-id=discuss]")
    await expect(ada.locator(".dialog h2")).to_have_text("Your comment")
    await ada.click(".dialog [type=submit]")
    await expect(ada.locator(".dialog .failure")).to_contain_text("must not be empty")
    await ada.fill(".dialog [data-custom-id=text]", "Well told")
    await ada.click(".dialog [type=submit]")
    await expect(message(ada, "You wrote: Well told")).to_be_visible()
    await expect(ada.locator(".dialog")).to_have_count(0)


async def test_buttons_and_selects_change_their_message(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("components")
    choices = [{"label": word.title(), "value": word} for word in ("hot", "new")]
    select = {"type": 1, "components": [{"type": 3, "custom_id": "order", "options": choices}]}
    scene.bot.replies["up"] = lambda _: {"type": UPDATE, "data": {"content": "Score 1"}}
    scene.bot.replies["order"] = lambda interaction: {
        "type": UPDATE,
        "data": {"content": f"Sorted by {interaction['data']['values'][0]}"},
    }
    await scene.bot.send(channel, content="Score 0", components=[button("Up", "up", 3), select])
    ada, ben = await visit("ada", channel), await visit("ben", channel)
    await ada.click("[data-custom-id=up]")
    await expect(message(ben, "Score 1")).to_be_visible()
    await ada.click("[data-custom-id=order]")
    await ada.keyboard.press("ArrowDown")
    await ada.keyboard.press("Enter")
    await expect(message(ben, "Sorted by new")).to_be_visible()


async def test_a_message_command_stands_under_apps(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("apps")
    sent = await scene.say("ben", channel, content="Worth a comment")
    scene.bot.replies["Comment on this"] = lambda _: {"type": ANSWER, "data": {"content": "Noted"}}
    ada = await visit("ada", channel)
    await message(ada, "Worth a comment").click(button="right")
    await ada.get_by_role("menuitem", name="Comment on this").click()
    await expect(message(ada, "Noted")).to_be_visible()
    assert scene.bot.seen[-1]["data"]["target_id"] == sent["id"]


async def test_hostile_text_does_nothing(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("hostile")
    hostile = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"
    link = "[press me](javascript:window.broken=1)"
    await scene.bot.send(
        channel,
        content=f"{hostile} {link}",
        embeds=[
            {
                "title": hostile,
                "description": f"{hostile}\n{link}",
                "author": {"name": hostile},
                "footer": {"text": hostile},
                "fields": [{"name": hostile, "value": link}],
                "image": {"url": "https://pictures.example.org/spy.png"},
                "thumbnail": {"url": "https://pictures.example.org/spy.png"},
            }
        ],
    )
    ada = await visit("ada", channel)
    embed = ada.locator(".embed")
    await expect(embed.locator(".embed-title")).to_have_text(hostile)
    await expect(embed.locator(".embed-field-value")).to_have_text(link)
    await expect(embed.locator(".picture-elsewhere")).to_have_count(2)
    assert await ada.locator("[href^='javascript' i], .messages script, .messages img").count() == 0
    assert await ada.evaluate("window.broken") is None


async def test_a_file_that_an_embed_shows_is_seen_there_alone(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("embedded")
    body = {"embeds": [{"title": "A picture", "image": {"url": "attachment://a.png"}}]}
    form = aiohttp.FormData({"payload_json": json.dumps(body)}, default_to_multipart=True)
    for number, name in enumerate(("a.png", "b.png")):
        form.add_field(f"files[{number}]", PNG, filename=name, content_type="image/png")
    url = f"{scene.sandbox.api_url}/channels/{channel}/messages"
    headers = {"Authorization": f"Bot {scene.prepared.bot_token}"}
    async with aiohttp.ClientSession() as http, http.post(url, data=form, headers=headers) as answer:
        assert answer.status == 200
    ada = await visit("ada", channel)
    await expect(ada.locator(".embed img[src$='/a.png']")).to_have_count(1)
    await expect(ada.locator(".messages img[src$='/a.png']")).to_have_count(1)
    await expect(ada.locator(".messages > * .mosaic img[src$='/b.png']")).to_have_count(1)


async def test_the_theme_is_toggled_and_remembered(scene: Scene, visit: Visit) -> None:
    ada = await visit("ada", await scene.channel("theme"), scheme="light")
    root = ada.locator("html")
    await expect(root).to_have_attribute("data-theme", "light")
    await ada.click("#theme")
    await expect(root).to_have_attribute("data-theme", "dark")
    await ada.reload()
    await expect(ada.locator("body[data-ready=true]")).to_be_visible()
    await expect(root).to_have_attribute("data-theme", "dark")


async def test_one_becomes_somebody_else(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("people")
    page = await visit("ada", channel, width=1000)
    await expect(page.locator("#person")).to_contain_text("admin")
    await page.click("#switch-person")
    await page.click("[data-person=ben]")
    await expect(page.locator("#person")).to_contain_text("ben")
    await expect(page.locator("body[data-ready=true]")).to_be_visible()
    await write(page, "It is me, ben")
    await expect(message(page, "It is me, ben").locator(".name")).to_have_text("ben")
    await page.keyboard.press("Alt+1")
    await expect(page.locator("#person")).to_contain_text("ada")


async def test_unread_channels_are_marked_until_they_are_opened(scene: Scene, visit: Visit) -> None:
    here, there = await scene.channel("reading"), await scene.channel("unread")
    ada = await visit("ada", here)
    row = ada.locator(f"#channels [data-channel-id='{there}']")
    await expect(row).not_to_contain_class("unread")
    await scene.say("ben", there, content=f"Look here <@{scene.prepared.people['ada'].id}>")
    await expect(row).to_contain_class("unread")
    await expect(row.locator(".badge")).to_have_text("1")
    await row.click()
    await expect(message(ada, "Look here @ada")).to_be_visible()
    await expect(row).not_to_contain_class("unread")
    await expect(row.locator(".badge")).to_have_count(0)


async def test_new_messages_stand_below_a_line(scene: Scene, visit: Visit) -> None:
    here, there = await scene.channel("away"), await scene.channel("with-a-line")
    await scene.say("ben", there, content="Old")
    ada = await visit("ada", there)
    await expect(message(ada, "Old")).to_be_visible()
    await visit("ada", here)
    await scene.say("ben", there, content="Said while ada was away")
    await expect(ada.locator(f"#channels [data-channel-id='{there}']")).to_contain_class("unread")
    await visit("ada", there)
    await scene.say("ben", there, content="Said while ada reads")
    await expect(message(ada, "Said while ada reads")).to_be_visible()
    await expect(ada.locator(".divider.new")).to_have_count(1)
    await expect(message(ada, "Said while ada was away").locator(".divider.new")).to_be_visible()


async def test_older_messages_come_on_scrolling_up(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("history")
    for number in range(120):
        await scene.bot.send(channel, content=f"line {number}")
    ada = await visit("ada", channel)
    await expect(message(ada, "line 119")).to_be_visible()
    await expect(ada.locator("li.message")).to_have_count(50)
    for expected in (100, 120):
        await ada.evaluate("document.querySelector('.scroller').scrollTop = 0")
        await expect(ada.locator("li.message")).to_have_count(expected)
    texts = await ada.locator("li.message .text").all_text_contents()
    assert texts == [f"line {number}" for number in range(120)]


async def test_a_lost_connection_is_told_and_found_again(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("reconnect")
    ada = await visit("ada", channel)
    await scene.sandbox.disconnect_all(4000)
    await expect(ada.locator("#notice")).to_contain_text("trying again in")
    await scene.say("ben", channel, content="Said meanwhile")
    await expect(message(ada, "Said meanwhile")).to_be_visible()
    await expect(ada.locator("#notice")).to_be_hidden()


async def test_a_narrow_page_has_its_channels_in_a_drawer(scene: Scene, visit: Visit) -> None:
    here, there = await scene.channel("narrow"), await scene.channel("elsewhere")
    ada = await visit("ada", here, width=360)
    row = ada.locator(f"#channels [data-channel-id='{there}']")
    await expect(row).to_be_hidden()
    await ada.click("#open-drawer")
    await row.click()
    await expect(ada.locator(".room-name")).to_have_text("elsewhere")
    await expect(row).to_be_hidden()
    assert await ada.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_jump_link_leads_to_its_message_inside_the_page(scene: Scene, visit: Visit) -> None:
    far, near = await scene.channel("far"), await scene.channel("near")
    said = [await scene.say("ben", far, content=f"number {n}") for n in range(60)]
    address = f"https://discord.com/channels/{scene.prepared.guild_id}/{far}/{said[2]['id']}"
    await scene.bot.call(
        "POST",
        f"/channels/{near}/messages",
        {"embeds": [{"title": "t", "description": f"[there]({address})"}]},
    )
    ada = await visit("ada", near)
    await ada.click("text=there")
    await expect(
        ada.locator(f"#room[data-channel-id='{far}'] li[data-message-id='{said[2]['id']}']")
    ).to_be_in_viewport()
    await expect(ada).to_have_url(re.compile(rf"#/{scene.prepared.guild_id}/{far}$"))


async def test_keys_lead_through_the_messages_and_back(scene: Scene, visit: Visit) -> None:
    channel = await scene.channel("keys")
    first, second = [await scene.say("ben", channel, content=word) for word in ("one", "two")]
    ada = await visit("ada", channel)
    await expect(message(ada, "two")).to_be_visible()
    await ada.press("#composer", "Shift+Tab")
    await expect(ada.locator(f"li[data-message-id='{second['id']}']")).to_be_focused()
    await ada.keyboard.press("ArrowUp")
    await expect(ada.locator(f"li[data-message-id='{first['id']}']")).to_be_focused()
    await ada.keyboard.press("ArrowDown")
    await ada.keyboard.press("ArrowDown")
    await expect(ada.locator("#composer")).to_be_focused()


async def test_a_stranger_registers_and_makes_a_server(browser: Browser) -> None:
    async with Sandbox() as sandbox, await browser.new_context() as context:
        context.set_default_timeout(5000)
        page = await context.new_page()
        await page.goto(sandbox.url)
        await page.get_by_role("button", name="Choose a name").click()
        await page.fill(".dialog input", "dora")
        await page.press(".dialog input", "Enter")
        await expect(page.locator("#room")).to_contain_text("You are in no server yet")
        await page.get_by_role("button", name="Add a server").click()
        await page.fill(".dialog input >> nth=0", "Dora's Daily")
        await page.press(".dialog input >> nth=0", "Enter")
        await expect(page.locator("#guild-menu")).to_have_text("Dora's Daily")
        await expect(page.locator(".room-name")).to_have_text("general")
        await write(page, "All mine")
        await expect(message(page, "All mine")).to_be_visible()
