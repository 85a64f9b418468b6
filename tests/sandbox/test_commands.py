"""Application commands: what a bot may register, who may use it, and what people's clients see of it."""

from typing import Any

import discord
import pytest
from discord import app_commands

from bot.sandbox.scenario import Json, Person, Refused
from tests.sandbox.acting import Stage, codes, option, slash, stage
from tests.sandbox.conftest import Bot, StartBot, Town

__all__ = ["stage"]

SUB, GROUP = 1, 2
CHOICE = {"name": "New", "value": "new"}
INVALID_NAME, TYPE_INVALID = "APPLICATION_COMMAND_INVALID_NAME", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"
WRONG: list[tuple[Json, str, str]] = [
    (slash("Top"), "name", INVALID_NAME),
    (slash("two words"), "name", INVALID_NAME),
    (slash("a!"), "name", INVALID_NAME),
    (slash("x" * 33), "name", "BASE_TYPE_BAD_LENGTH"),
    ({"name": "top"}, "description", "BASE_TYPE_REQUIRED"),
    (slash("top", description="x" * 101), "description", "BASE_TYPE_BAD_LENGTH"),
    (slash("top", name_localizations={"xx": "a"}), "name_localizations.xx", "ENUM_TYPE_COERCE"),
    (slash("top", name_localizations={"de": "Oben"}), "name_localizations.de", INVALID_NAME),
    (
        slash("top", description_localizations={"de": ""}),
        "description_localizations.de",
        "BASE_TYPE_REQUIRED",
    ),
    (slash("top", contexts=[3]), "contexts.0", "BASE_TYPE_CHOICES"),
    (slash("top", contexts=[]), "contexts", "BASE_TYPE_BAD_LENGTH"),
    (slash("top", contexts=[0, 0]), "contexts.1", "SET_TYPE_ALREADY_CONTAINS_VALUE"),
    (slash("top", integration_types=[2]), "integration_types.0", "BASE_TYPE_CHOICES"),
    (slash("top", nsfw="yes"), "nsfw", "BOOLEAN_TYPE_CONVERT"),
    (slash("top", default_member_permissions="all"), "default_member_permissions", "NUMBER_TYPE_COERCE"),
    (slash("top", type=4), "type", "BASE_TYPE_CHOICES"),
    (slash("Keep", type=3, options=None), "description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION"),
    (
        {"name": "Keep", "type": 2, "options": [option(3, "a")]},
        "options",
        "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS",
    ),
    (slash("top", *[option(3, f"o{n}") for n in range(26)]), "options", "BASE_TYPE_BAD_LENGTH"),
    (slash("top", option(12, "a")), "options.0.type", "BASE_TYPE_CHOICES"),
    (slash("top", {"name": "a", "description": "b"}), "options.0", "TAG_FIELD_MISSING"),
    (slash("top", option(3, "A")), "options.0.name", INVALID_NAME),
    (
        slash("top", option(3, "a"), option(4, "a")),
        "options.1.name",
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
    ),
    (
        slash("top", option(3, "a"), option(3, "b", required=True)),
        "options.1",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    (slash("top", option(3, "a"), option(SUB, "b")), "options.1", TYPE_INVALID),
    (slash("top", option(SUB, "a"), option(3, "b")), "options.1", TYPE_INVALID),
    (slash("top", option(SUB, "a", options=[option(SUB, "b")])), "options.0.options.0", TYPE_INVALID),
    (slash("top", option(GROUP, "a", options=[option(3, "b")])), "options.0.options.0", TYPE_INVALID),
    (slash("top", option(GROUP, "a", options=[option(GROUP, "b")])), "options.0.options.0", TYPE_INVALID),
    (slash("top", option(7, "a", channel_types=[99])), "options.0.channel_types.0", "BASE_TYPE_CHOICES"),
    (slash("top", option(3, "a", choices=[CHOICE] * 26)), "options.0.choices", "BASE_TYPE_BAD_LENGTH"),
    (
        slash("top", option(3, "a", choices=[{"name": "New", "value": 1}])),
        "options.0.choices.0.value",
        "STRING_TYPE_CONVERT",
    ),
    (slash("top", option(4, "a", choices=[CHOICE])), "options.0.choices.0.value", "NUMBER_TYPE_COERCE"),
    (
        slash("top", option(4, "a", choices=[{"name": "Half", "value": 0.5}])),
        "options.0.choices.0.value",
        "NUMBER_TYPE_COERCE",
    ),
    (
        slash("top", option(3, "a", choices=[{"name": "New", "value": "x" * 101}])),
        "options.0.choices.0.value",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        slash("top", option(3, "a", choices=[CHOICE, {"name": "New", "value": "b"}])),
        "options.0.choices.1.name",
        "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS",
    ),
    (
        slash("top", option(3, "a", choices=[CHOICE], autocomplete=True)),
        "options.0.choices",
        "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE",
    ),
    (
        slash("top", option(3, "a", choices=[{**CHOICE, "name_localizations": {"deutsch": "x"}}])),
        "options.0.choices.0.name_localizations.deutsch",
        "ENUM_TYPE_COERCE",
    ),
]


async def test_a_command_that_breaks_a_rule_is_refused_at_its_place(stage: Stage) -> None:
    for body, place, code in WRONG:
        with pytest.raises(Refused) as no:
            await stage.bot.request("POST", stage.commands, body)
        assert code in codes(no.value, place), (body, no.value)
    assert await stage.bot.request("GET", stage.commands) == []


async def test_names_of_every_script_and_all_kinds_of_options_are_taken(stage: Stage) -> None:
    names = ("über", "größe", "नमस्ते", "สวัสดี", "日本語", "l'heure", "a_b-1")
    options = [option(kind, f"o{kind}") for kind in range(3, 12)]
    tree = option(GROUP, "group", options=[option(SUB, "add", options=[option(3, "url", required=True)])])
    menus = [{"name": "Read Aloud", "type": 2}, {"name": "Read Aloud", "type": 3}]
    made = await stage.put(*(slash(one) for one in names), slash("all", *options), slash("t", tree), *menus)
    assert set(made) == {*names, "all", "t", "Read Aloud"}
    assert (made["Read Aloud"]["description"], [one["type"] for one in made["all"]["options"]]) == (
        "",
        list(range(3, 12)),
    )


async def test_a_command_may_hold_8000_characters_in_all(stage: Stage) -> None:
    def long(last: int) -> Json:
        """A name, a description and an option of 100 each, with 25 choices of 200, less what `last` says."""
        full = [{"name": f"{n:0>100}", "value": f"{n:0>100}"} for n in range(25)]
        short = [{"name": f"{n:0>100}", "value": f"{n:0>100}"} for n in range(14)]
        rest = [{"name": "n" * 50, "value": "v" * last}]
        options = [option(3, "a", choices=full), option(3, "b", choices=[*short, *rest])]
        return {"name": "c", "description": "d" * 77, "options": options}

    spent = len("c") + 77 + 2 * (1 + len("An option.")) + 39 * 200 + 50
    await stage.bot.request("POST", stage.commands, long(8000 - spent))
    with pytest.raises(Refused) as no:
        await stage.bot.request("POST", stage.commands, long(8001 - spent))
    assert codes(no.value) == ["APPLICATION_COMMAND_TOO_LARGE"]


async def test_overwriting_keeps_ids_and_gives_a_new_version_to_what_changed(stage: Stage) -> None:
    before = await stage.put(slash("same"), slash("changed"), slash("gone"), slash("old"))
    renamed = {**slash("new"), "id": before["old"]["id"]}
    after = await stage.put(slash("same"), slash("changed", option(3, "a")), renamed)
    assert after["same"] == before["same"]
    assert after["changed"]["id"] == before["changed"]["id"]
    assert int(after["changed"]["version"]) > int(before["changed"]["version"])
    assert after["new"]["id"] == before["old"]["id"]
    assert {one["name"] for one in await stage.bot.request("GET", stage.commands)} == set(after)
    with pytest.raises(Refused) as no:
        await stage.put(slash("a"), slash("b", description=""), slash("a"))
    assert codes(no.value, "1.description") == ["BASE_TYPE_REQUIRED"]
    assert codes(no.value, "2.name") == ["APPLICATION_COMMANDS_DUPLICATE_NAME"]


async def test_a_single_command_is_made_changed_and_deleted(stage: Stage, town: Town) -> None:
    made = await stage.bot.request("POST", stage.commands, slash("top", nsfw=True))
    assert (await stage.bot.request("POST", stage.commands, slash("top")))["id"] == made["id"]
    path = f"{stage.commands}/{made['id']}"
    changed = await stage.bot.request("PATCH", path, {"description": "Better.", "dm_permission": False})
    assert (changed["name"], changed["description"], changed["contexts"]) == ("top", "Better.", [0])
    assert int(changed["version"]) > int(made["version"])
    other = await stage.bot.request("POST", stage.commands, slash("other"))
    with pytest.raises(Refused) as no:
        await stage.bot.request("PATCH", f"{stage.commands}/{other['id']}", {"name": "top"})
    assert codes(no.value, "name") == ["APPLICATION_COMMANDS_DUPLICATE_NAME"]
    await stage.bot.request("DELETE", path)
    for method in ("GET", "PATCH", "DELETE"):
        with pytest.raises(Refused, match="10063"):
            await stage.bot.request(method, path, {} if method == "PATCH" else None)
    with pytest.raises(Refused, match="20012"):
        await town.alice.request("GET", stage.commands)


async def test_a_place_holds_100_chat_commands_15_of_each_menu_and_200_new_ones_a_day(
    stage: Stage, town: Town
) -> None:
    await stage.put(*(slash(f"c{n}") for n in range(100)))
    with pytest.raises(Refused, match="30032"):
        await stage.bot.request("POST", stage.commands, slash("c100"))
    with pytest.raises(Refused, match="30032"):
        await stage.put(*({"name": f"M{n}", "type": 3} for n in range(16)))
    await stage.put(*(slash(f"d{n}") for n in range(100)))
    with pytest.raises(Refused, match="30034"):
        await stage.put(slash("one-more"))
    assert len(await stage.put(*(slash(f"d{n}") for n in range(50)))) == 50
    await stage.bot.request(
        "POST", stage.commands.replace("/commands", f"/guilds/{town.guild_id}/commands"), slash("c")
    )
    town.sandbox.clock.advance(24 * 3600)
    assert set(await stage.put(slash("one-more"))) == {"one-more"}


async def test_translations_are_listed_on_demand_and_shown_in_a_persons_language(
    stage: Stage, town: Town
) -> None:
    given = slash(
        "top",
        option(
            3,
            "when",
            name_localizations={"de": "wann"},
            choices=[{**CHOICE, "name_localizations": {"de": "Neu"}}],
        ),
        name_localizations={"de": "oben", "en-GB": "upper"},
        description_localizations={"de": "Das Beste."},
    )
    made = (await stage.put(given))["top"]
    assert made["name_localizations"] == {"de": "oben", "en-GB": "upper"}
    (listed,) = await stage.bot.request("GET", stage.commands)
    assert not {"name_localizations", "description_localizations"} & listed.keys()
    assert "name_localizations" not in listed["options"][0]["choices"][0]
    (whole,) = await stage.bot.request("GET", stage.commands, with_localizations="true")
    assert whole == made

    async def seen(locale: str) -> Json:
        town.sandbox.stage.world.users[town.bob.id].locale = locale
        (one,) = await town.bob.commands(town.guild_id)
        return one

    german, english, french = await seen("de"), await seen("en-US"), await seen("fr")
    assert (german["name"], german["name_localized"], german["description_localized"]) == (
        "top",
        "oben",
        "Das Beste.",
    )
    assert german["options"][0]["name_localized"] == "wann"
    assert german["options"][0]["choices"][0]["name_localized"] == "Neu"
    assert english["name_localized"] == "upper"
    assert "name_localized" not in french


async def test_permissions_decide_who_sees_and_uses_a_command(stage: Stage, town: Town) -> None:
    manage = 1 << 13
    made = await stage.put(
        slash("all"),
        slash("admins", default_member_permissions=0),
        slash("managers", default_member_permissions=manage),
        slash("private", contexts=[1]),
        slash("nsfw", nsfw=True),
    )

    async def seen(person: Person) -> set[str]:
        return {one["name"] for one in await person.commands(town.guild_id)}

    assert await seen(town.alice) == {"all", "admins", "managers", "nsfw"}
    assert await seen(town.bob) == {"all", "nsfw"}
    for name, code in (("admins", "50013"), ("managers", "50013"), ("private", "10063"), ("nsfw", "50013")):
        with pytest.raises(Refused, match=code):
            await stage.use(made[name])
    everyone = await town.alice.request("GET", f"/guilds/{town.guild_id}/roles")
    granted = int(everyone[0]["permissions"])
    await town.alice.set_role(town.guild_id, town.guild_id, granted | manage)
    assert "managers" in await seen(town.bob)
    await town.alice.set_role(town.guild_id, town.guild_id, granted & ~(1 << 31))
    assert await seen(town.bob) == set()
    with pytest.raises(Refused, match="50013"):
        await stage.use(made["all"])
    direct = await town.bob.open_direct(town.application.id)
    index = await town.bob.request("GET", f"/channels/{direct['id']}/application-command-index")
    assert {one["name"] for one in index["application_commands"]} == {
        "all",
        "admins",
        "managers",
        "private",
        "nsfw",
    }


async def test_managers_allow_and_deny_a_command_by_person_role_and_channel(stage: Stage, town: Town) -> None:
    made = await stage.put(slash("top"), slash("admins", default_member_permissions=0))
    base = f"/applications/{town.application.id}/guilds/{town.guild_id}/commands"
    everywhere = str(int(town.guild_id) - 1)

    async def set_for(target: str, *rules: tuple[str, int, bool]) -> Json:
        body = [{"id": one, "type": kind, "permission": allowed} for one, kind, allowed in rules]
        path = f"{base}/{target}/permissions"
        return dict(await town.alice.request("PUT", path, {"permissions": body}))

    async def works(name: str) -> bool:
        try:
            await stage.use(made[name])
        except Refused as no:
            return no.code != 50013
        return True

    top, admins, app = made["top"]["id"], made["admins"]["id"], town.application.id
    with pytest.raises(Refused, match="10066"):
        await stage.bot.request("GET", f"{base}/{top}/permissions")
    mark = town.bob.mark()
    shape = await set_for(top, (town.guild_id, 1, False))
    assert not await works("top")
    told, _ = await stage.line.until("APPLICATION_COMMAND_PERMISSIONS_UPDATE")
    assert told == shape == await stage.bot.request("GET", f"{base}/{top}/permissions")
    await town.bob.wait_for("GUILD_APPLICATION_COMMAND_INDEX_UPDATE", since=mark)
    await set_for(top, (town.guild_id, 1, False), (town.bob.id, 2, True))
    assert await works("top")
    await set_for(top, (town.bob.id, 2, True), (everywhere, 3, False))
    assert not await works("top")
    await set_for(top, (town.bob.id, 2, True), (everywhere, 3, False), (town.channel_id, 3, True))
    assert await works("top")
    # What is set for the whole application takes away, but gives nothing that the command keeps for others.
    await set_for(top)
    await set_for(app, (town.bob.id, 2, True))
    assert (await works("top"), await works("admins")) == (True, False)
    await set_for(app, (town.bob.id, 2, False))
    assert not await works("top")
    await set_for(admins, (town.bob.id, 2, True))
    assert await works("admins")
    assert [one["id"] for one in await stage.bot.request("GET", f"{base}/permissions")] == [app, top, admins]
    rule = {"permissions": [{"id": town.bob.id, "type": 2, "permission": True}]}
    with pytest.raises(Refused, match="20001"):
        await stage.bot.request("PUT", f"{base}/{top}/permissions", rule)
    with pytest.raises(Refused, match="50013"):
        await town.bob.request("PUT", f"{base}/{top}/permissions", rule)
    with pytest.raises(Refused) as no:
        await town.alice.request(
            "PUT", f"{base}/{top}/permissions", {"permissions": [{"id": "x", "type": 9}]}
        )
    assert codes(no.value, "permissions.0.permission") == ["BASE_TYPE_REQUIRED"]


async def test_a_command_of_one_guild_is_for_that_guild(stage: Stage, town: Town) -> None:
    other = await town.alice.create_guild("Elsewhere")
    base = f"/applications/{town.application.id}/guilds"
    made = await stage.bot.request("POST", f"{base}/{town.guild_id}/commands", slash("local", contexts=[1]))
    assert (made["guild_id"], made["contexts"]) == (town.guild_id, None)
    assert (await stage.use(made))["data"]["guild_id"] == town.guild_id
    with pytest.raises(Refused, match="50001"):
        await stage.bot.request("GET", f"{base}/{other['id']}/commands")
    await town.alice.request("DELETE", f"/guilds/{town.guild_id}/members/{town.application.id}")
    with pytest.raises(Refused, match="10005"):
        await stage.use(made)


async def test_discord_py_syncs_and_reads_what_is_wrong_with_a_command(
    town: Town, start_bot: StartBot
) -> None:
    def wrong(bot: Bot) -> None:
        @bot.tree.command(description="x")
        @app_commands.describe(word="Some word")
        async def top(interaction: discord.Interaction, word: str) -> None:
            return None

        # The library checks on its own; what it is told later it takes as it is.
        top.description = "x" * 101
        top._params["word"].description = "y" * 101

    bot = await start_bot(setup=wrong)
    with pytest.raises(app_commands.CommandSyncFailure) as no:
        await bot.tree.sync()
    sentences = str(no.value)
    assert "In command 'top' defined in function" in sentences
    assert "description: Must be between 1 and 100 in length." in sentences
    assert "In parameter 'word'" in sentences
    command: Any = bot.tree.get_command("top")
    command.description = command._params["word"].description = "Fine"
    guild = discord.Object(int(town.guild_id))
    bot.tree.copy_global_to(guild=guild)
    (synced,) = await bot.tree.sync(guild=guild)
    assert (synced.name, synced.guild_id, synced.options[0].name) == ("top", guild.id, "word")
    (fetched,) = await bot.tree.fetch_commands(guild=guild)
    assert fetched.id == synced.id
    with pytest.raises(discord.NotFound):
        await synced.fetch_permissions(guild)
