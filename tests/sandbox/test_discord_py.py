"""What an unmodified discord.py does, it can do here."""

import asyncio
import io

import discord
import pytest
from discord import app_commands

from bot.sandbox.scenario import InteractionFailed
from tests.sandbox.conftest import Bot, StartBot, Town


async def test_a_bot_logs_in_and_sees_its_guild(town: Town, start_bot: StartBot) -> None:
    bot = await start_bot()
    guild = bot.get_guild(int(town.guild_id))
    assert guild is not None
    assert guild.name == "Town"
    assert {channel.name for channel in guild.text_channels} == {"general", "news"}
    assert guild.me.guild_permissions.value & 309237730368 == 309237730368
    assert town.sandbox.unknown_routes == []


async def test_a_card_is_sent_read_edited_and_deleted(town: Town, start_bot: StartBot) -> None:
    bot = await start_bot()
    channel = bot.get_partial_messageable(int(town.channel_id), guild_id=int(town.guild_id))
    embed = discord.Embed(title="A title", url="http://example.org/a", description="Text", color=0xFF0000)
    embed.set_image(url="http://example.org/a.png").set_footer(text="Gazette").add_field(name="n", value="v")
    embed.timestamp = discord.utils.utcnow()
    view = discord.ui.View().add_item(discord.ui.Button(label="Read", url="http://example.org/a"))
    sent = await channel.send("New", embed=embed, view=view, file=discord.File(io.BytesIO(b"abc"), "a.txt"))
    seen = (await town.bob.wait_for("MESSAGE_CREATE", id=str(sent.id))).data
    assert seen["embeds"][0]["title"] == "A title"
    assert seen["components"][0]["components"][0]["label"] == "Read"
    assert seen["attachments"][0]["url"].startswith(town.sandbox.url)

    fetched = await channel.fetch_message(sent.id)
    assert await fetched.attachments[0].read() == b"abc"
    await fetched.edit(content="Changed")
    assert (await town.bob.message(town.channel_id, str(sent.id)))["content"] == "Changed"
    await fetched.delete()
    assert [one["id"] for one in await town.bob.messages(town.channel_id)] == []


async def test_reactions_arrive_raw_in_every_way_they_change(town: Town, start_bot: StartBot) -> None:
    bot = await start_bot()
    channel = bot.get_partial_messageable(int(town.channel_id), guild_id=int(town.guild_id))
    sent = await channel.send("Vote")
    await sent.add_reaction("👍")
    message = await town.bob.message(town.channel_id, str(sent.id))
    await town.bob.react(message, "👍")
    added = await bot.wait_heard("raw_reaction_add", times=2)
    assert (added.user_id, str(added.emoji), added.member.name) == (int(town.bob.id), "👍", "bob")
    await town.bob.unreact(message, "👍")
    removed = await bot.wait_heard("raw_reaction_remove")
    assert removed.user_id == int(town.bob.id)

    fetched = await channel.fetch_message(sent.id)
    assert [(str(one.emoji), one.count, one.me) for one in fetched.reactions] == [("👍", 1, True)]
    assert [user.id async for user in fetched.reactions[0].users()] == [int(town.application.id)]
    await town.bob.react(message, "🔥")
    await town.alice.request("DELETE", f"/channels/{town.channel_id}/messages/{sent.id}/reactions/🔥")
    assert str((await bot.wait_heard("raw_reaction_clear_emoji")).emoji) == "🔥"
    await town.alice.request("DELETE", f"/channels/{town.channel_id}/messages/{sent.id}/reactions")
    assert (await bot.wait_heard("raw_reaction_clear")).message_id == sent.id


def with_commands(bot: Bot) -> None:
    """Commands of every kind that the product uses."""
    tree = bot.tree

    @tree.command(description="The best articles")
    @app_commands.describe(period="How far back")
    @app_commands.choices(period=[app_commands.Choice(name="A week", value="week")])
    async def top(
        interaction: discord.Interaction, period: str, where: discord.TextChannel | None = None
    ) -> None:
        await interaction.response.send_message(f"{period} {where and where.name}", ephemeral=True)

    @tree.command(description="Slow")
    async def slow(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send("At last", ephemeral=True)
        await interaction.followup.send("And more", ephemeral=True)

    @tree.command(description="Never answers")
    async def silent(interaction: discord.Interaction) -> None:
        return None

    group = app_commands.Group(name="sources", description="Sources")

    @group.command(name="remove", description="Remove one")
    async def remove(interaction: discord.Interaction, source: str) -> None:
        await interaction.response.send_message(f"Removed {source}")
        original = await interaction.original_response()
        await original.edit(content=f"Gone: {source}")

    @remove.autocomplete("source")
    async def offer(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        names = ["Gazette", "Herald"]
        return [app_commands.Choice(name=one, value=one) for one in names if current.lower() in one.lower()]

    tree.add_command(group)

    class Feedback(discord.ui.Modal, title="Feedback"):
        text: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(label="Text", custom_id="text")

        async def on_submit(self, interaction: discord.Interaction) -> None:
            await interaction.response.send_message(f"Heard: {self.text.value}", ephemeral=True)

    class Card(discord.ui.View):
        @discord.ui.button(label="Comment", custom_id="comment")
        async def comment(self, interaction: discord.Interaction, button: object) -> None:
            await interaction.response.send_modal(Feedback())

        @discord.ui.button(label="Count", custom_id="count")
        async def count(self, interaction: discord.Interaction, button: object) -> None:
            await interaction.response.edit_message(content="Counted")

    @tree.command(description="A card")
    async def card(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Card", view=Card())

    @tree.context_menu(name="Quote")
    async def quote(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"> {message.content}", ephemeral=True)


async def synced(start_bot: StartBot) -> Bot:
    bot = await start_bot(setup=with_commands)
    await bot.tree.sync()
    return bot


async def test_slash_commands_take_options_and_answer_for_one_person(town: Town, start_bot: StartBot) -> None:
    await synced(start_bot)
    reply = await town.bob.slash("top", period="week", where=town.channel_id)
    assert (reply.content, reply.ephemeral) == ("week news", True)
    assert await town.bob.messages(town.channel_id) == []
    assert not [event for event in town.alice.events if event.name == "MESSAGE_CREATE"]
    assert "message created" not in {deed.action for deed in town.sandbox.journal}


async def test_a_deferred_answer_is_filled_and_followed_up(town: Town, start_bot: StartBot) -> None:
    await synced(start_bot)
    reply = await town.bob.slash("slow")
    assert (reply.content, reply.ephemeral) == ("At last", True)
    more = (await town.bob.wait_for("MESSAGE_CREATE", content="And more")).data
    assert more["flags"] & 64


async def test_a_subcommand_completes_and_changes_its_answer(town: Town, start_bot: StartBot) -> None:
    await synced(start_bot)
    offered = await town.bob.autocomplete("sources remove", "source", "her")
    assert [one["value"] for one in offered] == ["Herald"]
    reply = await town.bob.slash("sources remove", source="Herald")
    assert reply.raw["interaction"]["name"] == "sources remove"
    changed = await town.bob.wait_for(lambda event: event.name == "MESSAGE_UPDATE")
    assert changed.data["content"] == "Gone: Herald"


async def test_buttons_change_a_card_and_open_a_dialog(town: Town, start_bot: StartBot) -> None:
    await synced(start_bot)
    card = await town.bob.slash("card")
    assert (await town.alice.click(card, "count")).content == "Counted"
    dialog = await town.alice.click(card, "comment")
    assert (dialog.modal, dialog.raw["title"]) == (True, "Feedback")
    thanks = await town.alice.submit(dialog, {"text": "Well said"})
    assert (thanks.content, thanks.ephemeral) == ("Heard: Well said", True)


async def test_a_context_menu_reads_its_target_without_the_content_intent(
    town: Town, start_bot: StartBot
) -> None:
    await synced(start_bot)
    message = await town.alice.say("Read all about it")
    reply = await town.bob.context_menu("Quote", message)
    assert reply.content == "> Read all about it"


async def test_silence_is_a_failure_after_three_seconds(town: Town, start_bot: StartBot) -> None:
    bot = await synced(start_bot)
    asking = asyncio.create_task(town.bob.slash("silent"))
    await bot.wait_heard("interaction")
    town.sandbox.clock.advance(3)
    with pytest.raises(InteractionFailed):
        await asking


async def test_threads_forums_and_replies(town: Town, start_bot: StartBot) -> None:
    bot = await start_bot()
    channel = bot.get_channel(int(town.channel_id))
    assert isinstance(channel, discord.TextChannel)
    post = await channel.send("Article")
    thread = await post.create_thread(name="Comments")
    assert thread.id == post.id
    await town.bob.wait_for(lambda event: event.name == "THREAD_CREATE")
    comment = await town.bob.say("First", in_=str(thread.id))
    heard = await bot.wait_heard("message", times=3)
    assert (heard.channel.id, heard.content) == (thread.id, "")
    await town.bob.reply(await town.bob.message(town.channel_id, str(post.id)), "A reply")
    reply = await bot.wait_heard("message", times=4)
    assert (reply.content, reply.reference.message_id) == ("A reply", post.id)

    await thread.edit(archived=True)
    assert [one.id async for one in channel.archived_threads()] == [thread.id]
    await town.bob.reply(comment, "Wakes it")
    assert [one.id for one in await channel.guild.active_threads()] == [thread.id]

    made = await town.alice.create_channel(town.guild_id, "stories", 15, available_tags=[{"name": "local"}])
    await bot.wait_heard("guild_channel_create")
    forum = bot.get_channel(int(made["id"]))
    assert isinstance(forum, discord.ForumChannel)
    story, first = await forum.create_thread(
        name="A story", content="Text", applied_tags=forum.available_tags
    )
    assert story.id == first.id
    assert story.applied_tags[0].name == "local"


async def test_a_cut_connection_is_resumed_and_nothing_is_missed(town: Town, start_bot: StartBot) -> None:
    bot = await start_bot(34305)
    await town.sandbox.disconnect_all(4000)
    person = await type(town.bob).connect(town.sandbox.url, "bob", town.bob.token)
    try:
        await person.say("While you were away", in_=town.channel_id)
        assert (await bot.wait_heard("message", timeout=15)).content == "While you were away"
        await bot.wait_heard("resumed", timeout=15)
    finally:
        await person.close()
    assert sum(name == "ready" for name, _ in bot.heard) == 1


async def test_a_kicked_bot_loses_its_guild(town: Town, start_bot: StartBot) -> None:
    bot = await start_bot()
    await town.alice.request("DELETE", f"/guilds/{town.guild_id}/members/{town.application.id}")
    assert (await bot.wait_heard("guild_remove")).id == int(town.guild_id)
    assert list(bot.guilds) == []
