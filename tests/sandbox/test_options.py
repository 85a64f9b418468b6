"""A command's options, held against the command before the bot hears of them."""

from typing import Any

import aiohttp
import pytest

from bot.sandbox.permissions import Permission
from bot.sandbox.scenario import Json, Refused
from tests.sandbox.conftest import Town


def option(kind: int, name: str, **more: Any) -> Json:
    return {"type": kind, "name": name, "description": "An option.", **more}


COMMANDS: list[Json] = [
    {
        "name": "set",
        "description": "Sets things.",
        "options": [
            option(3, "word", required=True, min_length=2, max_length=5),
            option(3, "text"),
            option(3, "sort", choices=[{"name": "New", "value": "new"}]),
            option(4, "count", min_value=1, max_value=10),
            option(10, "share", max_value=0.5),
            option(5, "loud"),
            option(6, "who"),
            option(7, "where", channel_types=[0]),
            option(8, "role"),
            option(4, "page", autocomplete=True, max_value=3),
        ],
    },
    {
        "name": "source",
        "description": "Sources.",
        "options": [option(1, "add", options=[option(3, "url", required=True)]), option(1, "list")],
    },
    {"name": "Discuss", "type": 3},
]
URL = {"type": 3, "name": "url", "value": "http://example.org"}
WORD = {"type": 3, "name": "word", "value": "word"}


@pytest.fixture
async def commands(town: Town) -> dict[str, Json]:
    url = f"{town.sandbox.api_url}/applications/{town.application.id}/commands"
    headers = {"Authorization": f"Bot {town.application.token}"}
    async with aiohttp.ClientSession() as http, http.put(url, json=COMMANDS, headers=headers) as answer:
        return {one["name"]: one for one in await answer.json()}


async def use(town: Town, command: Json, kind: int = 2, **data: Any) -> None:
    body = {
        "type": kind,
        "application_id": town.application.id,
        "guild_id": town.guild_id,
        "channel_id": town.channel_id,
        "session_id": town.bob.session_id,
        "data": {"id": command["id"], "name": command["name"], "type": command["type"], **data},
    }
    await town.bob.request("POST", "/interactions", body)


def given(kind: int, name: str, value: Any) -> list[Json]:
    return [WORD, {"type": kind, "name": name, "value": value}]


@pytest.mark.parametrize(
    ("name", "options", "place", "code"),
    [
        pytest.param("set", [], "", "APPLICATION_COMMAND_REQUIRED_OPTION_MISSING", id="required"),
        pytest.param("set", None, "", "APPLICATION_COMMAND_REQUIRED_OPTION_MISSING", id="none at all"),
        pytest.param("set", "word", "", "LIST_TYPE_CONVERT", id="no list"),
        pytest.param("set", {"word": "word"}, "", "LIST_TYPE_CONVERT", id="an object"),
        pytest.param("set", ["word"], "0", "MODEL_TYPE_CONVERT", id="a list of texts"),
        pytest.param("set", [WORD] * 26, "", "BASE_TYPE_BAD_LENGTH", id="26 of them"),
        pytest.param(
            "set", [WORD, WORD], "1.name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", id="twice"
        ),
        pytest.param("set", given(3, "other", "x"), "1.name", "BASE_TYPE_CHOICES", id="unknown name"),
        pytest.param("set", given(3, ["a"], "x"), "1.name", "BASE_TYPE_CHOICES", id="a list for a name"),
        pytest.param("set", given(4, "text", 1), "1.type", "BASE_TYPE_CHOICES", id="another type"),
        pytest.param("set", given(3, "text", 1), "1.value", "BASE_TYPE_CHOICES", id="a number for a text"),
        pytest.param("set", given(3, "text", None), "1.value", "BASE_TYPE_REQUIRED", id="no value"),
        pytest.param(
            "set", given(3, "text", "x" * 6001), "1.value", "BASE_TYPE_BAD_LENGTH", id="6001 characters"
        ),
        pytest.param("set", [{**WORD, "value": "x"}], "0.value", "BASE_TYPE_BAD_LENGTH", id="too short"),
        pytest.param("set", [{**WORD, "value": "x" * 6}], "0.value", "BASE_TYPE_BAD_LENGTH", id="too long"),
        pytest.param(
            "set", given(3, "sort", "old"), "1.value", "BASE_TYPE_CHOICES", id="not among the choices"
        ),
        pytest.param("set", given(4, "count", "3"), "1.value", "BASE_TYPE_CHOICES", id="a text for a number"),
        pytest.param("set", given(4, "count", 1.5), "1.value", "BASE_TYPE_CHOICES", id="half an integer"),
        pytest.param("set", given(4, "count", True), "1.value", "BASE_TYPE_CHOICES", id="true for a number"),
        pytest.param("set", given(4, "count", 0), "1.value", "NUMBER_TYPE_MIN", id="too little"),
        pytest.param("set", given(4, "count", 11), "1.value", "NUMBER_TYPE_MAX", id="too much"),
        pytest.param("set", given(10, "share", 0.6), "1.value", "NUMBER_TYPE_MAX", id="too large a share"),
        pytest.param(
            "set", given(10, "share", -(1 << 54)), "1.value", "NUMBER_TYPE_MIN", id="beyond a double"
        ),
        pytest.param(
            "set", given(5, "loud", "true"), "1.value", "BASE_TYPE_CHOICES", id="a text for a truth"
        ),
        pytest.param("set", given(6, "who", "bob"), "1.value", "BASE_TYPE_CHOICES", id="a name for an id"),
        pytest.param("set", given(6, "who", "1"), "1.value", "BASE_TYPE_CHOICES", id="nobody"),
        pytest.param("set", given(7, "where", "1"), "1.value", "BASE_TYPE_CHOICES", id="nowhere"),
        pytest.param("set", given(8, "role", "1"), "1.value", "BASE_TYPE_CHOICES", id="no such role"),
        pytest.param("source", [], "", "BASE_TYPE_BAD_LENGTH", id="no subcommand"),
        pytest.param(
            "source",
            [{"type": 1, "name": "add"}],
            "0.options",
            "APPLICATION_COMMAND_REQUIRED_OPTION_MISSING",
            id="required in a subcommand",
        ),
        pytest.param(
            "source",
            [{"type": 1, "name": "list"}, {"type": 1, "name": "add", "options": [URL]}],
            "",
            "BASE_TYPE_BAD_LENGTH",
            id="two subcommands",
        ),
        pytest.param(
            "source",
            [{"type": 1, "name": "list", "options": [WORD]}],
            "0.options.0.name",
            "BASE_TYPE_CHOICES",
            id="an option too many",
        ),
        pytest.param("Discuss", [WORD], "0.name", "BASE_TYPE_CHOICES", id="options of a menu command"),
    ],
)
async def test_options_that_break_the_commands_rules_are_refused(
    town: Town, commands: dict[str, Json], name: str, options: Any, place: str, code: str
) -> None:
    with pytest.raises(Refused) as no:
        await use(town, commands[name], options=options)
    assert no.value.code == 50035
    node = no.value.body["errors"]["data"]["options"]
    for part in filter(None, place.split(".")):
        node = node[part]
    assert code in [error["code"] for error in node["_errors"]]


async def test_options_that_keep_the_rules_reach_the_bot(town: Town, commands: dict[str, Json]) -> None:
    options = [
        WORD,
        *given(3, "text", "x" * 6000)[1:],
        *given(3, "sort", "new")[1:],
        *given(4, "count", 10)[1:],
        *given(10, "share", 0.5)[1:],
        *given(5, "loud", False)[1:],
        *given(6, "who", town.bob.id)[1:],
        *given(7, "where", town.channel_id)[1:],
        *given(8, "role", town.guild_id)[1:],
    ]
    await use(town, commands["set"], options=options)
    await use(town, commands["source"], options=[{"type": 1, "name": "list"}])


async def test_a_channel_of_another_kind_or_a_hidden_one_is_refused(
    town: Town, commands: dict[str, Json]
) -> None:
    forum = await town.alice.create_channel(town.guild_id, "forum", 15)
    hidden = await town.alice.create_channel(town.guild_id, "hidden")
    await town.alice.overwrite(hidden["id"], town.guild_id, deny=int(Permission.VIEW_CHANNEL))
    for channel in (forum, hidden):
        with pytest.raises(Refused, match=r"no .* here"):
            await use(town, commands["set"], options=given(7, "where", channel["id"]))


async def test_what_is_half_written_may_break_bounds_but_not_shapes(
    town: Town, commands: dict[str, Json]
) -> None:
    focused = {"type": 4, "name": "page", "value": "1x", "focused": True}
    await use(town, commands["set"], kind=4, options=[focused, {**WORD, "value": "w"}])
    with pytest.raises(Refused, match="not completed"):
        await use(town, commands["set"], kind=4, options=[{**WORD, "focused": True}])
    with pytest.raises(Refused, match="50035"):
        await use(town, commands["set"], kind=4, options=[{**focused, "value": ["1"]}])


async def test_a_menu_command_needs_a_target_that_is_there(town: Town, commands: dict[str, Json]) -> None:
    with pytest.raises(Refused, match="50035"):
        await use(town, commands["Discuss"])
    with pytest.raises(Refused, match="10008"):
        await use(town, commands["Discuss"], target_id="1")
    message = await town.alice.say("Talk about this")
    await use(town, commands["Discuss"], target_id=message["id"])
    history = int(Permission.READ_MESSAGE_HISTORY)
    await town.alice.overwrite(town.channel_id, town.guild_id, deny=history)
    with pytest.raises(Refused, match="50013"):
        await use(town, commands["Discuss"], target_id=message["id"])


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        (4, {"min_value": "1"}),
        (4, {"min_value": 0.5}),
        (10, {"max_value": True}),
        (10, {"min_value": 1, "max_value": 0.5}),
        (3, {"min_length": -1}),
        (3, {"max_length": 6001}),
        (3, {"min_length": 3, "max_length": 2}),
    ],
)
async def test_a_command_with_impossible_bounds_is_refused(town: Town, kind: int, broken: Json) -> None:
    url = f"{town.sandbox.api_url}/applications/{town.application.id}/commands"
    headers = {"Authorization": f"Bot {town.application.token}"}
    body = {"name": "set", "description": "Sets.", "options": [option(kind, "word", **broken)]}
    async with aiohttp.ClientSession() as http, http.post(url, json=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, 50035)
