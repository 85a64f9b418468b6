"""People who are played: their stories read as told, their failures say what was there instead."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import discord
import pytest
from discord import app_commands

from bot.sandbox import Sandbox
from bot.sandbox.faults import Limited
from bot.sandbox.permissions import Permission
from bot.sandbox.scenario import InteractionFailed, Person, Refused, Scenario
from tests.sandbox.acting import EPHEMERAL, Stage, button, row, stage
from tests.sandbox.conftest import Bot, StartBot, Town

__all__ = ["stage"]
PERIODS = [
    discord.SelectOption(label="Daily", value="day"),
    discord.SelectOption(label="Weekly", value="week"),
]


@pytest.fixture
async def story(sandbox: Sandbox) -> AsyncIterator[Scenario]:
    async with Scenario(sandbox.url) as story:
        yield story


class Note(discord.ui.Modal, title="A note"):
    """Two fields, one of them filled already."""

    headline: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        label="Headline", custom_id="title"
    )
    text: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        label="Your words", custom_id="text:1", default="None yet"
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"{self.headline.value}: {self.text.value}")


class Card(discord.ui.View):
    """Buttons and menus, one of each kind that people meet."""

    @discord.ui.button(label="Read more", custom_id="more:1", row=0)
    async def more(self, interaction: discord.Interaction, button: object) -> None:
        await interaction.response.edit_message(content="The whole article")

    @discord.ui.button(label="Note", row=0)
    async def note(self, interaction: discord.Interaction, button: object) -> None:
        await interaction.response.send_modal(Note())

    @discord.ui.button(label="Sold out", disabled=True, row=0)
    async def sold_out(self, interaction: discord.Interaction, button: object) -> None:
        raise AssertionError("Nobody can press this.")

    @discord.ui.select(placeholder="How often?", options=PERIODS, row=1)
    async def often(self, interaction: discord.Interaction, menu: discord.ui.Select[discord.ui.View]) -> None:
        await interaction.response.edit_message(content=f"Every {menu.values[0]}")

    @discord.ui.select(cls=discord.ui.UserSelect, placeholder="For whom?", row=2)
    async def whom(
        self, interaction: discord.Interaction, menu: discord.ui.UserSelect[discord.ui.View]
    ) -> None:
        await interaction.response.edit_message(content=f"For {menu.values[0].name}")


def with_commands(bot: Bot) -> None:
    tree = bot.tree

    @tree.command(description="A card")
    async def card(
        interaction: discord.Interaction, period: str = "day", reader: discord.Member | None = None
    ) -> None:
        where, whose = interaction.channel, f" for {reader.name}" if reader else ""
        await interaction.response.send_message(f"{period} in {where}{whose}", view=Card())

    @tree.command(description="Deferred")
    async def slow(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send("At last")

    @tree.command(description="Never answers")
    async def silent(interaction: discord.Interaction) -> None:
        return None

    group = app_commands.Group(name="sources", description="Sources")

    @group.command(name="add", description="Add one")
    async def add(interaction: discord.Interaction, name: str, in_: str = "nothing") -> None:
        await interaction.response.send_message(f"{name} and {in_}", ephemeral=True)

    @add.autocomplete("name")
    async def offer(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{current}ald", value="herald")]

    tree.add_command(group)

    @tree.context_menu(name="Keep as comment")
    async def keep(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"Kept: {message.content}")

    @tree.context_menu(name="Who is it?")
    async def who(interaction: discord.Interaction, user: discord.Member) -> None:
        await interaction.response.send_message(user.name)


async def test_people_use_a_bot_as_one_would_tell_it(town: Town, start_bot: StartBot) -> None:
    """One story with an unmodified client at the other end: commands, buttons, menus, dialogs."""
    bot = await start_bot(setup=with_commands)
    await bot.tree.sync()
    alice, bob = town.alice, town.bob
    bob.enter(town.channel_id)
    assert (await bob.slash("card")).content == "day in news"
    remark = await bob.say("Why ever not?")
    thread = await alice.start_thread(remark, "Doubts")
    assert (await bob.slash("card", period="week", reader=alice, in_=thread)).content == (
        "week in Doubts for alice"
    )
    assert (await bob.slash("slow")).content == "At last"
    direct = await bob.open_direct(town.application)
    assert (await bob.slash("slow", in_=direct)).content == "At last"
    added = await bob.slash("sources add", {"in_": "more"}, name="Herald")
    assert (added.content, added.ephemeral) == ("Herald and more", True)
    assert [one["name"] for one in await bob.autocomplete("sources add", "name", "her")] == ["herald"]
    assert (await alice.context_menu("Keep as comment", remark)).content == "Kept: Why ever not?"
    assert (await bob.user_menu("Who is it?", alice)).content == "alice"

    card = await bob.slash("card")
    assert (await bob.choose(card, "Weekly")).content == "Every week"
    assert (await bob.choose(card, "day", menu="How often?")).content == "Every day"
    assert (await bob.choose(card, alice, menu="For whom?")).content == "For alice"
    assert (await alice.click(card, "Read more")).content == "The whole article"
    dialog = await bob.click(card, "Note")
    assert dialog.modal
    assert (await bob.submit(dialog, title="Storm")).content == "Storm: None yet"
    again = await bob.click(card, "Note")
    noted = await bob.submit(again, {"Headline": "Calm", "text:1": "All of it"})
    assert noted.content == "Calm: All of it"

    for told_wrong, sentence in (
        (bob.click(card, "Buy"), "no button 'Buy'.*'Read more', 'Note', 'Sold out'"),
        (bob.click(card, "Sold out"), "disabled"),
        (bob.choose(card, "Yearly", menu="How often?"), "No menu offers .*'Daily', 'Weekly'"),
        (bob.submit(again, title="x", subject="x"), "no field subject"),
        (bob.submit(card, title="x"), "not a dialog"),
        (bob.slash("cart"), "no command 'cart'; there are .*card"),
        (bob.slash("card", sort="new"), r"no option sort; it has \['period', 'reader'\]"),
        (bob.slash("sources remove", name="x"), "no subcommand 'remove'"),
    ):
        with pytest.raises(AssertionError, match=sentence):
            await told_wrong

    mark = bob.mark()
    used = asyncio.create_task(bob.slash("silent"))
    await bob.wait_for("INTERACTION_CREATE", since=mark)
    town.sandbox.clock.advance(3)
    with pytest.raises(InteractionFailed):
        await used


async def test_people_talk_react_and_see(story: Scenario) -> None:
    alice, bob = await story.person("alice"), await story.person("bob")
    town = await story.town("Town", alice, ("news", ("talks", 15)), (bob,))
    card = await alice.say("A comet comes", files={"comet.txt": b"bright"})
    assert [one["filename"] for one in card["attachments"]] == ["comet.txt"]
    assert (await bob.sees(town["news"], "comet"))["attachments"][0]["size"] == 6
    await bob.react(card, "☄️")
    await alice.wait_for("MESSAGE_REACTION_ADD", message_id=card["id"], user_id=bob.id)
    doubt = await bob.reply(card, "I doubt it")
    assert doubt["referenced_message"]["id"] == card["id"]
    seeing = asyncio.create_task(alice.sees(town["news"], lambda one: one["content"] == "I doubt it much"))
    await bob.edit(doubt, "I doubt it much")
    assert (await seeing)["id"] == doubt["id"]
    await alice.pin(doubt)
    await bob.sees(town["news"], lambda one: one["pinned"])
    await alice.unpin(doubt)
    await bob.unreact(card, "☄️")
    await bob.react(card, "🔥")
    await alice.clear_reactions(card, "🔥")
    await bob.react(card, "👍")
    await alice.clear_reactions(card)
    assert "reactions" not in await bob.message(town["news"], card["id"])
    await bob.delete(doubt)
    await alice.wait_for("MESSAGE_DELETE", id=doubt["id"])
    assert doubt["id"] not in {one["id"] for one in await bob.messages()}

    thread = await alice.start_thread(card, "Doubts")
    await bob.say("Which ones?", in_=thread)
    await alice.archive(thread, locked=True)
    with pytest.raises(Refused):
        await bob.say("Mine!", in_=thread)
    await alice.reopen(thread, locked=False)
    await bob.say("Mine.", in_=thread)
    aside = await bob.open_thread("An aside", in_=town["news"])
    await alice.join_thread(aside)
    await alice.leave_thread(aside)
    post = await bob.post(town["talks"], "Comets", "Which do you like?")
    assert (await alice.sees(post, "Which"))["id"] == post["id"]
    await alice.delete_channel(aside)
    await bob.wait_for("THREAD_DELETE", id=aside["id"])


async def test_people_govern_their_towns(story: Scenario, sandbox: Sandbox) -> None:
    alice, bob, carol = [await story.person(name) for name in ("alice", "bob", "carol")]
    town = await story.town("Town", alice, ("news",), (bob, carol))
    bot = await story.bot("Herald", town, Permission.SEND_MESSAGES)
    send, react = Permission.SEND_MESSAGES, Permission.ADD_REACTIONS

    await alice.deny(town["news"], bob, send)
    await alice.deny(town["news"], bob, react)
    await alice.allow(town["news"], town, send)
    card = await carol.say("Hello")
    for silenced in (bob.say("Me too"), bob.react(card, "👍")):
        with pytest.raises(Refused) as refused:
            await silenced
        assert refused.value.code == 50013
    await alice.allow(town["news"], bob, send)
    await bob.say("Me too")
    with pytest.raises(Refused):
        await bob.react(card, "👍")

    role = await alice.create_role(town, "mods", Permission.MANAGE_MESSAGES)
    await alice.give_role(town, bob, role)
    await bob.delete(card)
    await alice.take_role(town, bob, role)
    with pytest.raises(Refused):
        await bob.delete(await carol.say("Mine"))

    await carol.leave(town)
    await alice.wait_for("GUILD_MEMBER_REMOVE", lambda gone: gone["user"]["id"] == carol.id)
    await alice.kick(town, bot)
    await alice.kick(town, bob)
    await bob.wait_for("GUILD_DELETE", id=town.id)
    await town.welcome(bob)
    await bob.say("Back again")


async def test_people_talk_in_private(story: Scenario) -> None:
    alice, bob = await story.person("alice"), await story.person("bob")
    await story.town("Town", alice, members=(bob,))
    coming = asyncio.create_task(bob.receives("Psst"))
    await alice.whisper(bob, "Psst, bob")
    whispered = await coming
    await bob.reply(whispered, "Yes?")
    await alice.receives("Yes?")
    await alice.whisper(bob, "Nothing")
    assert [one["content"] for one in await bob.inbox()] == ["Nothing", "Psst, bob"]
    with pytest.raises(
        AssertionError, match=r"bob waited 0\.05 s .* the inbox; it holds alice: 'Psst, bob'; "
    ):
        await bob.receives("News", timeout=0.05)


async def test_who_waits_in_vain_says_what_was_there_instead(story: Scenario, sandbox: Sandbox) -> None:
    alice, bob = await story.person("alice"), await story.person("bob")
    with pytest.raises(AssertionError, match="bob is in no channel"):
        await bob.say("Where am I?")
    town = await story.town("Town", alice, ("news",), (bob,))
    mark = bob.mark()
    first, _ = await alice.say("One"), await alice.say("Two")
    await bob.sees(town["news"], "Two")
    for waiting, sentence in (
        (
            bob.sees(town["news"], "Three", timeout=0.05),
            "bob waited 0.05 s for a message with 'Three' .* it holds alice: 'One'; alice: 'Two'",
        ),
        (
            bob.wait_for("MESSAGE_CREATE", content="Three", timeout=0.05, since=mark),
            r"MESSAGE_CREATE with content 'Three' that .*; heard MESSAGE_CREATE \(2\)\. The last .*'Two'",
        ),
        (bob.wait_for("MESSAGE_DELETE", timeout=0.05, since=bob.mark()), "heard nothing"),
    ):
        with pytest.raises(AssertionError, match=sentence):
            await waiting
    assert (await bob.wait_for("MESSAGE_CREATE", since=mark)).data["id"] == first["id"]
    ended = asyncio.create_task(bob.wait_for("MESSAGE_DELETE", timeout=60))
    await asyncio.sleep(0)
    await sandbox.disconnect_all(4000)
    with pytest.raises(AssertionError, match="bob, whose connection was closed with 4000, waited in vain"):
        await ended


async def test_a_limit_is_waited_for_once_and_a_long_one_is_told(story: Scenario, sandbox: Sandbox) -> None:
    alice = await story.person("alice")
    town = await story.town("Town", alice, ("news",))
    for times, pause in ((1, 0.01), (2, 0.01), (1, 3600)):
        limited = Limited(retry_after=pause)
        sandbox.faults.next("POST", "/channels/*/messages", limited, times=times, whose="everyone")
        if (times, pause) == (1, 0.01):
            await alice.say("After a while")
            continue
        with pytest.raises(Refused) as refused:
            await alice.say("Never")
        assert refused.value.status == 429
    written = [one["content"] for one in await alice.messages(town["news"])]
    assert written == ["After a while"]


async def test_a_slow_mode_is_told_at_once(story: Scenario) -> None:
    alice, bob = await story.person("alice"), await story.person("bob")
    town = await story.town("Town", alice, ("news",), (bob,))
    await alice.change_channel(town["news"], rate_limit_per_user=5)
    await bob.say("One")
    with pytest.raises(Refused) as refused:
        await bob.say("Two")
    assert refused.value.code == 20016


async def test_a_timed_out_member_is_silent_until_the_time_has_come(
    story: Scenario, sandbox: Sandbox
) -> None:
    alice, bob = await story.person("alice"), await story.person("bob")
    town = await story.town("Town", alice, members=(bob,))
    await alice.time_out(town, bob, sandbox.clock.now() + timedelta(minutes=5))
    with pytest.raises(Refused):
        await bob.say("But")
    sandbox.clock.advance(301)
    await bob.say("As I said")
    await alice.time_out(town, bob, sandbox.clock.now() + timedelta(minutes=5))
    await alice.time_out(town, bob, None)
    await bob.say("Thank you")


async def test_who_closes_their_direct_messages_gets_none_from_bots(
    story: Scenario, sandbox: Sandbox
) -> None:
    alice, bob = await story.person("alice"), await story.person("bob")
    town = await story.town("Town", alice, members=(bob,))
    application = await story.bot("Herald", town)
    herald = Person(sandbox.url, "Herald", f"Bot {application.token}")
    try:
        await bob.close_direct_messages()
        with pytest.raises(Refused) as refused:
            await herald.whisper(bob, "News!")
        assert refused.value.code == 50007
        await bob.close_direct_messages(closed=False)
        await herald.whisper(bob, "News!")
        assert [one["content"] for one in await bob.inbox()] == ["News!"]
    finally:
        await herald.close()


async def test_only_what_the_bot_answers_counts_as_its_answer(stage: Stage) -> None:
    bob, sandbox = stage.town.bob, stage.town.sandbox
    card = await stage.send(row(button("go")))
    path = f"/channels/{card['channel_id']}/messages/{card['id']}"

    clicking = asyncio.create_task(bob.click(card, "go"))
    heard, _ = await stage.line.until("INTERACTION_CREATE")
    await stage.bot.request("PATCH", path, {"content": "Changed for another reason"})
    await stage.answer(heard, 4, {"content": "For you", "flags": EPHEMERAL})
    assert (await clicking).content == "For you"

    clicking = asyncio.create_task(bob.click(card, "go"))
    await stage.line.until("INTERACTION_CREATE")
    await stage.bot.request("PATCH", path, {"content": "Changed, and nobody answers"})
    sandbox.clock.advance(3)
    with pytest.raises(InteractionFailed):
        await clicking

    clicking = asyncio.create_task(bob.click(card, "go", timeout=0.3))
    heard, _ = await stage.line.until("INTERACTION_CREATE")
    await stage.answer(heard, 6)
    assert (await clicking).raw["id"] == card["id"], "the bot took it, and left the message as it is"
