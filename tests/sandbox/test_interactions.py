"""Interactions: what a person does, what the bot hears of it, and what its answers may be."""

from pathlib import Path

import discord
import pytest
from discord import app_commands

from bot.sandbox import Sandbox
from bot.sandbox.scenario import Person, Refused
from tests.sandbox.acting import (
    EPHEMERAL,
    LOADING,
    V2,
    Stage,
    button,
    codes,
    option,
    row,
    select,
    slash,
    stage,
    text,
)
from tests.sandbox.conftest import Bot, Dial, StartBot, Town
from tests.sandbox.line import GUILDS

__all__ = ["stage"]


async def test_a_command_reaches_the_bot_with_all_that_it_names(stage: Stage, town: Town) -> None:
    kinds = {6: "who", 7: "where", 8: "role", 9: "any", 11: "file"}
    made = await stage.put(slash("top", *(option(kind, name) for kind, name in kinds.items())))
    given = {6: town.alice.id, 7: town.channel_id, 8: town.guild_id, 9: town.guild_id, 11: "0"}
    options = [{"type": kind, "name": kinds[kind], "value": value} for kind, value in given.items()]
    command = made["top"]
    town.sandbox.stage.world.users[town.bob.id].locale = "de"
    body = {
        "type": 2,
        "application_id": town.application.id,
        "channel_id": town.channel_id,
        "session_id": town.bob.session_id,
        "data": {"id": command["id"], "version": command["version"], "options": options},
    }
    await town.bob.request("POST", "/interactions", body, files={"a.txt": b"Read me"})
    heard, _ = await stage.line.until("INTERACTION_CREATE")
    resolved = heard["data"]["resolved"]
    ((attachment_id, attachment),) = resolved["attachments"].items()
    assert [one["value"] for one in heard["data"]["options"]] == [*list(given.values())[:-1], attachment_id]
    assert (attachment["filename"], attachment["size"], attachment["ephemeral"]) == ("a.txt", 7, True)
    assert set(resolved) == {"users", "members", "channels", "roles", "attachments"}
    assert resolved["users"][town.alice.id]["username"] == "alice"
    assert not {"user", "deaf", "mute"} & resolved["members"][town.alice.id].keys()
    assert int(resolved["members"][town.alice.id]["permissions"]) & 1 << 3
    assert resolved["channels"][town.channel_id]["name"] == "news"
    assert "permission_overwrites" not in resolved["channels"][town.channel_id]
    assert (heard["locale"], heard["guild_locale"], heard["context"]) == ("de", "en-US", 0)
    assert heard["authorizing_integration_owners"] == {"0": town.guild_id}
    assert heard["member"]["user"]["id"] == town.bob.id
    assert int(heard["app_permissions"]) & 309237730368 == 309237730368
    assert (heard["version"], heard["entitlements"], heard["attachment_size_limit"]) == (1, [], 10485760)


async def test_an_interaction_goes_to_the_guilds_shard_and_to_nobody_else(
    stage: Stage, town: Town, dial: Dial
) -> None:
    lines = [await dial() for _ in range(2)]
    for number, line in enumerate(lines):
        await line.identify(town.application.token, GUILDS, shard=[number, 2])
    command = (await stage.put(slash("top")))["top"]
    heard = await stage.use(command)
    right = (int(town.guild_id) >> 22) % 2
    assert (await lines[right].until("INTERACTION_CREATE"))[0]["id"] == heard["id"]
    direct = await town.bob.open_direct(town.application.id)
    alone = await stage.act(2, {"id": command["id"], "options": []}, channel_id=direct["id"], guild_id=None)
    assert (alone["context"], alone["user"]["id"], "member" in alone) == (1, town.bob.id, False)
    assert (await lines[0].until("INTERACTION_CREATE"))[0]["id"] == alone["id"]
    await stage.answer(alone, 4, {"content": "Hello"})
    told = await town.bob.wait_for("MESSAGE_CREATE", content="Hello")
    assert told.data["channel_id"] == direct["id"]
    assert not [one for one in town.alice.events if one.name.startswith("INTERACTION")]


async def test_only_people_act_and_only_on_commands_as_they_are_now(stage: Stage, town: Town) -> None:
    old = (await stage.put(slash("top")))["top"]
    await stage.put(slash("top", option(3, "a")))
    for version in (old["version"], None, "x"):
        with pytest.raises(Refused) as no:
            await stage.ask(2, {"id": old["id"], "version": version})
        assert codes(no.value, "data") == ["INTERACTION_APPLICATION_COMMAND_INVALID_VERSION"]
    await stage.act(2, {"id": old["id"]})
    for data, code in (({"id": "1"}, 10063), ({"id": ["1"]}, 10063)):
        with pytest.raises(Refused) as no:
            await stage.ask(2, data)
        assert no.value.code == code
    with pytest.raises(Refused, match="20001"):
        await stage.ask(2, {"id": old["id"]}, stage.bot)
    hidden = await town.alice.create_channel(town.guild_id, "hidden")
    await town.alice.overwrite(hidden["id"], town.guild_id, deny=1 << 10)
    with pytest.raises(Refused, match="50001"):
        await stage.ask(2, {"id": old["id"]}, channel_id=hidden["id"])
    for body in ({}, {"type": 2, "data": [], "application_id": "x", "channel_id": True}):
        with pytest.raises(Refused, match="50035"):
            await town.bob.request("POST", "/interactions", body)


async def test_menus_bring_their_target(stage: Stage, town: Town) -> None:
    made = await stage.put({"name": "Greet", "type": 2}, {"name": "Keep", "type": 3})
    heard = await stage.use(made["Greet"], target_id=town.alice.id)
    assert set(heard["data"]["resolved"]) == {"users", "members"}
    message = await town.alice.say("Read all about it")
    heard = await stage.use(made["Keep"], target_id=message["id"])
    assert heard["data"]["target_id"] == message["id"]
    assert heard["data"]["resolved"]["messages"][message["id"]]["content"] == "Read all about it"
    await stage.answer(heard, 4, {"content": "Kept"})
    answer = (await town.alice.wait_for("MESSAGE_CREATE", content="Kept")).data
    assert (answer["type"], answer["interaction"]["name"]) == (23, "Keep")
    assert answer["interaction_metadata"]["target_message_id"] == message["id"]
    general = next(one for one in await town.bob.channels(town.guild_id) if one["name"] == "general")
    elsewhere = await town.alice.say("Elsewhere", in_=general["id"])
    for target, code in ((elsewhere["id"], 10008), ("1", 10008)):
        with pytest.raises(Refused) as no:
            await stage.use(made["Keep"], target_id=target)
        assert no.value.code == code
    with pytest.raises(Refused, match="10013"):
        await stage.use(made["Greet"], target_id="1")


async def test_autocomplete_asks_for_one_option_and_takes_choices_of_its_kind(
    stage: Stage, town: Town
) -> None:
    given = option(4, "page", autocomplete=True)
    command = (await stage.put(slash("read", given, option(3, "word"))))["read"]
    half = {"type": 4, "name": "page", "value": "1x", "focused": True}
    with pytest.raises(Refused) as no:
        await stage.ask(4, {"id": command["id"], "options": [{**half, "value": 1, "focused": False}]})
    assert codes(no.value, "data.options") == ["BASE_TYPE_BAD_LENGTH"]
    heard = await stage.act(4, {"id": command["id"], "options": [half]}, nonce="n")
    assert heard["data"]["options"] == [half]
    one = {"name": "First", "value": 1}
    for choices, place, code in (
        ([one] * 26, "choices", "BASE_TYPE_BAD_LENGTH"),
        ([{**one, "value": "1"}], "choices.0.value", "NUMBER_TYPE_COERCE"),
        ([{**one, "name": ""}], "choices.0.name", "BASE_TYPE_REQUIRED"),
    ):
        with pytest.raises(Refused) as no:
            await stage.answer(heard, 8, {"choices": choices})
        assert codes(no.value, f"data.{place}") == [code]
    with pytest.raises(Refused) as no:
        await stage.answer(heard, 4, {"content": "No"})
    assert codes(no.value, "type") == ["BASE_TYPE_CHOICES"]
    await stage.answer(heard, 8, {"choices": [one]})
    told = await town.bob.wait_for("APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", nonce="n")
    assert [(offer["name"], offer["value"]) for offer in told.data["choices"]] == [("First", 1)]


async def test_each_kind_of_interaction_has_its_kinds_of_answers(stage: Stage) -> None:
    command = (await stage.put(slash("top")))["top"]
    heard = await stage.use(command)
    for kind in (0, 1, 2, 6, 7, 8, 10, 12, "4", True):
        with pytest.raises(Refused) as no:
            await stage.bot.request(
                "POST", f"/interactions/{heard['id']}/{heard['token']}/callback", {"type": kind}
            )
        assert codes(no.value, "type") == ["BASE_TYPE_CHOICES"], kind
    with pytest.raises(Refused, match="50006"):
        await stage.answer(heard, 4, {})
    with pytest.raises(Refused) as no:
        await stage.answer(heard, 4, {"content": "x" * 2001, "components": [row(button(custom_id=""))]})
    assert codes(no.value, "data.content") == ["BASE_TYPE_MAX_LENGTH"]
    assert codes(no.value, "data.components.0.components.0.custom_id") == ["BASE_TYPE_BAD_LENGTH"]
    with pytest.raises(Refused, match="10062"):
        await stage.answer({**heard, "token": "x"}, 4, {"content": "x"})
    # What was refused is no answer yet.
    told = await stage.answer(heard, 4, {"content": "x"}, with_response="true")
    assert told["interaction"]["id"] == heard["id"]
    assert told["interaction"]["response_message_id"] == told["resource"]["message"]["id"]
    with pytest.raises(Refused, match="40060"):
        await stage.answer(heard, 4, {"content": "x"})


async def test_an_interaction_waits_three_seconds_and_its_token_lives_fifteen_minutes(
    stage: Stage, town: Town
) -> None:
    command = (await stage.put(slash("top")))["top"]
    clock = town.sandbox.clock
    late, prompt = await stage.use(command), await stage.use(command)
    with pytest.raises(Refused, match="10015"):
        await stage.follow(prompt, {"content": "Too early"})
    await stage.answer(prompt, 5)
    clock.advance(3)
    await town.bob.wait_for("INTERACTION_FAILURE", id=late["id"])
    with pytest.raises(Refused, match="10062"):
        await stage.answer(late, 4, {"content": "Too late"})
    with pytest.raises(Refused, match="10015"):
        await stage.follow(late, {"content": "Too late"})
    clock.advance(15 * 60 - 10)
    await stage.follow(prompt, {"content": "Just in time"})
    clock.advance(10)
    for method in ("GET", "PATCH", "DELETE"):
        body = {"content": "x"} if method == "PATCH" else None
        with pytest.raises(Refused) as no:
            await stage.bot.request(method, stage.hook(prompt), body)
        assert (no.value.status, no.value.code) == (401, 50027)


async def test_a_deferred_answer_keeps_its_visibility_and_is_filled_once(stage: Stage, town: Town) -> None:
    command = (await stage.put(slash("top")))["top"]
    heard = await stage.use(command)
    await stage.answer(heard, 5, {"flags": EPHEMERAL})
    waiting = (await town.bob.wait_for("MESSAGE_CREATE")).data
    assert waiting["flags"] == EPHEMERAL | LOADING
    filled = await stage.follow(heard, {"content": "Done", "flags": 0})
    assert (filled["id"], filled["flags"]) == (waiting["id"], EPHEMERAL)
    more = await stage.follow(heard, {"content": "For all"})
    assert (more["flags"], more["interaction_metadata"]["original_response_message_id"]) == (0, filled["id"])
    secret = await stage.follow(heard, {"content": "For one", "flags": EPHEMERAL})
    assert [one["id"] for one in await town.bob.messages(town.channel_id)] == [more["id"]]
    await town.alice.wait_for("MESSAGE_CREATE", id=more["id"])
    hidden = {filled["id"], secret["id"]}
    assert not [one for one in town.alice.events if one.data.get("id") in hidden]
    for person in (town.bob, town.alice):
        with pytest.raises(Refused, match="10008"):
            await person.message(town.channel_id, secret["id"])

    changed = await stage.bot.request("PATCH", stage.hook(heard, secret["id"]), {"content": "Changed"})
    await town.bob.wait_for("MESSAGE_UPDATE", id=secret["id"], content="Changed")
    assert await stage.bot.request("GET", stage.hook(heard, secret["id"])) == changed
    other = await stage.use(command, town.alice)
    await stage.answer(other, 5)
    for method in ("GET", "DELETE"):
        with pytest.raises(Refused, match="10008"):
            await stage.bot.request(method, stage.hook(other, secret["id"]))
    await stage.bot.request("PATCH", stage.hook(other), {"flags": V2, "components": [text("Layout")]})
    assert (await stage.bot.request("GET", stage.hook(other)))["flags"] == V2
    await stage.bot.request("DELETE", stage.hook(heard))
    await town.bob.wait_for("MESSAGE_DELETE", id=filled["id"])
    with pytest.raises(Refused, match="10008"):
        await stage.bot.request("GET", stage.hook(heard))


async def test_files_come_with_answers_and_their_changes(stage: Stage) -> None:
    heard = await stage.use((await stage.put(slash("top")))["top"])
    path = f"/interactions/{heard['id']}/{heard['token']}/callback"
    body = {"type": 4, "data": {"attachments": [{"id": 0, "description": "A file"}]}}
    await stage.bot.request("POST", path, body, files={"a.txt": b"a"})
    (first,) = (await stage.bot.request("GET", stage.hook(heard)))["attachments"]
    assert (first["filename"], first["description"]) == ("a.txt", "A file")
    kept = {"attachments": [{"id": first["id"]}, {"id": 0}]}
    changed = await stage.bot.request("PATCH", stage.hook(heard), kept, files={"b.txt": b"b"})
    assert [one["filename"] for one in changed["attachments"]] == ["a.txt", "b.txt"]


async def test_a_click_is_of_a_component_that_the_person_sees(stage: Stage, town: Town) -> None:
    link = {"type": 2, "style": 5, "label": "Read", "url": "http://example.org"}
    message = await stage.send(row(button(), button("off", disabled=True), link), row(select()))
    heard = await stage.click(message, "go")
    assert heard["data"] == {"component_type": 2, "custom_id": "go", "id": 2}
    assert heard["message"]["id"] == message["id"]
    for custom_id in ("off", "nothing", None, ["go"]):
        with pytest.raises(Refused) as no:
            await stage.click(message, custom_id)  # type: ignore[arg-type]
        assert codes(no.value, "data.custom_id") == ["COMPONENT_VALIDATION_FAILED"]
    with pytest.raises(Refused) as no:
        await stage.click(message, "go", component_type=3)
    assert codes(no.value, "data.custom_id") == ["COMPONENT_VALIDATION_FAILED"]
    others = await town.alice.say("No button")
    for target in (others, {**message, "id": "1"}):
        with pytest.raises(Refused, match="10008"):
            await stage.click(target, "go")

    await stage.answer(
        heard, 4, {"content": "Psst", "flags": EPHEMERAL, "components": [row(button("again"))]}
    )
    secret = (await town.bob.wait_for("MESSAGE_CREATE", content="Psst")).data
    assert (secret["type"], secret["message_reference"]["message_id"]) == (19, message["id"])
    with pytest.raises(Refused, match="10008"):
        await stage.click(secret, "again", town.alice)
    heard = await stage.click(secret, "again")
    assert heard["message"]["flags"] & EPHEMERAL
    await stage.answer(heard, 7, {"content": "Pressed", "components": []})
    await town.bob.wait_for("MESSAGE_UPDATE", id=secret["id"], content="Pressed")
    assert not [one for one in town.alice.events if one.data.get("id") == secret["id"]]


async def test_what_is_chosen_must_be_on_offer(stage: Stage, town: Town) -> None:
    message = await stage.send(
        row(select(max_values=2)),
        row(select(5, "who")),
        row(select(6, "role")),
        row(select(7, "any", min_values=0, max_values=2)),
        row(select(8, "where", channel_types=[15])),
    )
    for custom_id, values, place, code in (
        ("pick", [], "values", "BASE_TYPE_REQUIRED"),
        ("pick", ["a", "b", "c"], "values", "BASE_TYPE_BAD_LENGTH"),
        ("pick", ["d"], "values.0", "BASE_TYPE_CHOICES"),
        ("pick", ["a", "a"], "values.1", "SET_TYPE_ALREADY_CONTAINS_VALUE"),
        ("pick", "a", "values", "LIST_TYPE_CONVERT"),
        ("pick", [["a"]], "values.0", "BASE_TYPE_CHOICES"),
        ("who", [town.guild_id], "values.0", "BASE_TYPE_CHOICES"),
        ("role", [town.bob.id], "values.0", "BASE_TYPE_CHOICES"),
        ("where", [town.channel_id], "values.0", "BASE_TYPE_CHOICES"),
    ):
        with pytest.raises(Refused) as no:
            await stage.click(message, custom_id, values=values)
        assert codes(no.value, f"data.{place}") == [code], (custom_id, values)
    assert (await stage.click(message, "pick", values=["b", "a"]))["data"]["values"] == ["b", "a"]
    assert (await stage.click(message, "any", values=[]))["data"]["values"] == []
    heard = await stage.click(message, "any", values=[town.bob.id, town.guild_id])
    assert set(heard["data"]["resolved"]) == {"users", "members", "roles"}
    forum = await town.alice.create_channel(town.guild_id, "forum", 15)
    heard = await stage.click(message, "where", values=[forum["id"]])
    assert heard["data"]["resolved"]["channels"][forum["id"]]["type"] == 15


async def test_a_clicked_message_is_changed_at_once_or_later(stage: Stage, town: Town) -> None:
    message = await stage.send(row(button()))
    heard = await stage.click(message, "go")
    await stage.answer(heard, 6)
    await town.bob.wait_for("INTERACTION_SUCCESS", id=heard["id"])
    await stage.bot.request("PATCH", stage.hook(heard), {"content": "Later"})
    await town.alice.wait_for("MESSAGE_UPDATE", id=message["id"], content="Later")
    heard = await stage.click(message, "go")
    await town.alice.request("DELETE", f"/channels/{town.channel_id}/messages/{message['id']}")
    with pytest.raises(Refused, match="10008"):
        await stage.answer(heard, 7, {"content": "Gone"})
    await stage.answer(heard, 4, {"content": "Then so"})


async def test_a_button_works_after_a_restart_and_what_waited_is_forgotten(
    tmp_path: Path, dial: Dial, town: Town
) -> None:
    state = tmp_path / "world.json"
    async with Sandbox(state=state) as sandbox:
        async with await Person.register(sandbox.url, "ann") as ann:
            guild = await ann.create_guild("Town")
            channel = await ann.create_channel(guild["id"], "news")
            application = await ann.create_application("Gazette")
            await ann.install(application, guild["id"], 309237730368)
        token = ann.token
        async with Person(sandbox.url, "Gazette", f"Bot {application.token}") as bot:
            body = {"content": "Press", "components": [row(button())]}
            message = await bot.request("POST", f"/channels/{channel['id']}/messages", body)
        press = {
            "type": 3,
            "application_id": application.id,
            "channel_id": channel["id"],
            "message_id": message["id"],
            "data": {"custom_id": "go", "component_type": 2},
        }
        async with Person(sandbox.url, "ann", token) as ann:
            await ann.request("POST", "/interactions", press)
        (waiting,) = sandbox.stage.pending.all()
    async with Sandbox(state=state) as sandbox:
        async with Person(sandbox.url, "ann", token) as ann:
            await ann.request("POST", "/interactions", press)
        assert [deed.action for deed in sandbox.journal] == ["interaction sent"]
        async with Person(sandbox.url, "Gazette", f"Bot {application.token}") as bot:
            path = f"/interactions/{waiting.id}/{waiting.token}/callback"
            with pytest.raises(Refused, match="10062"):
                await bot.request("POST", path, {"type": 4, "data": {"content": "x"}})


async def test_an_interaction_is_the_windows_that_acted_and_ends_with_the_bots_stay(
    stage: Stage, town: Town, dial: Dial
) -> None:
    windows = [await dial(), await dial()]
    for window in windows:
        await window.identify(town.bob.token, None)
    message = await stage.send(row(button()))
    where = {"channel_id": town.channel_id, "message_id": message["id"]}

    async def told(session_id: str) -> list[list[str]]:
        heard = await stage.act(3, {"custom_id": "go"}, **where, session_id=session_id)
        await stage.answer(heard, 6)
        names = []
        for window in windows:
            await window.say(1, window.last)
            heard_here = []
            while (payload := await window.hear())["op"] != 11:
                heard_here.append(payload["t"])
            names.append([one for one in heard_here if one.startswith("INTERACTION")])
        return names

    both = ["INTERACTION_CREATE", "INTERACTION_SUCCESS"]
    assert await told(windows[0].session_id) == [both, []]
    # A session that is nobody's, or another's, leaves it to all.
    assert await told("gone") == await told(stage.line.session_id) == [both, both]
    await town.alice.kick(town.guild_id, town.application.id)
    with pytest.raises(Refused, match="10005"):
        await stage.click(message, "go")


def with_view(bot: Bot) -> None:
    class Choose(discord.ui.View):
        @discord.ui.select(
            cls=discord.ui.Select,
            custom_id="topic",
            max_values=2,
            options=[discord.SelectOption(label=one, value=one) for one in ("local", "world", "sport")],
        )
        async def topic(
            self, interaction: discord.Interaction, chosen: discord.ui.Select[discord.ui.View]
        ) -> None:
            await interaction.response.edit_message(content=" and ".join(chosen.values), view=None)

        @discord.ui.select(cls=discord.ui.UserSelect, custom_id="who")
        async def who(
            self, interaction: discord.Interaction, chosen: discord.ui.UserSelect[discord.ui.View]
        ) -> None:
            await interaction.response.defer()
            await interaction.followup.send(f"It is {chosen.values[0].display_name}", ephemeral=True)

    @bot.tree.command(description="Name a channel")
    async def where(
        interaction: discord.Interaction, place: app_commands.AppCommandThread | discord.TextChannel
    ) -> None:
        await interaction.response.send_message(f"{type(place).__name__} {place.name}")

    @bot.tree.command(description="Choose")
    async def choose(interaction: discord.Interaction, note: discord.Attachment | None = None) -> None:
        await interaction.response.send_message(note.filename if note else "Choose", view=Choose())

    @bot.tree.context_menu(name="Greet")
    async def greet(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(
            f"Hello {member.name} {member.guild_permissions.send_messages}"
        )

    @bot.tree.command(description="Opens too late")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def guarded(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("In")

    @bot.tree.error
    async def on_error(interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        await interaction.response.send_message(type(error).__name__, ephemeral=True)


async def test_discord_py_runs_views_with_selects_menus_and_checks(town: Town, start_bot: StartBot) -> None:
    bot = await start_bot(setup=with_view)
    await bot.tree.sync()
    card = await town.bob.slash("choose")
    told = await town.alice.choose(card, town.bob, menu="who")
    assert (told.content, told.ephemeral) == ("It is bob", True)
    chosen = await town.alice.choose(card, "world", "local")
    assert (chosen.content, chosen.components) == ("world and local", [])
    refused = await town.bob.slash("guarded")
    assert (refused.content, refused.ephemeral) == ("MissingPermissions", True)
    assert (await town.alice.slash("guarded")).content == "In"
    greeted = await town.bob.user_menu("Greet", town.alice, in_=town.channel)
    assert greeted.content == "Hello alice True"
