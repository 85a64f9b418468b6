"""Modals: what a bot may ask in one, and that what comes back was really asked for."""

from typing import Any

import discord
import pytest

from bot.sandbox.scenario import Json, Refused
from tests.sandbox.acting import EPHEMERAL, Stage, button, choices, codes, row, select, slash, stage, text
from tests.sandbox.conftest import Bot, StartBot, Town

__all__ = ["stage"]


def entry(custom_id: str = "words", **more: Any) -> Json:
    return {"type": 4, "custom_id": custom_id, "style": 1, **more}


def label(component: Json, **more: Any) -> Json:
    return {"type": 18, "label": "Label", "component": component, **more}


def modal(*components: Json, **more: Any) -> Json:
    return {"title": "Form", "custom_id": "form", "components": list(components), **more}


RADIO = {"type": 21, "custom_id": "radio", "options": choices("a", "b")}
BOXES = {"type": 22, "custom_id": "boxes", "options": choices("a", "b", "c"), "min_values": 2}
BOX = {"type": 23, "custom_id": "box"}
UPLOAD = {"type": 19, "custom_id": "files", "max_values": 2}
EVERYTHING = modal(
    row(entry(label="Words", min_length=2, max_length=5)),
    label(select(5, "who", required=False)),
    label(RADIO),
    label(BOXES),
    label(BOX),
)

WRONG: list[tuple[Json, str, str]] = [
    (modal(title=None), "title", "BASE_TYPE_REQUIRED"),
    (modal(title="x" * 46), "title", "BASE_TYPE_BAD_LENGTH"),
    (modal(custom_id="x" * 101), "custom_id", "BASE_TYPE_BAD_LENGTH"),
    (modal(), "components", "BASE_TYPE_BAD_LENGTH"),
    (modal(*[label(entry(str(n))) for n in range(6)]), "components", "BASE_TYPE_BAD_LENGTH"),
    (modal(entry(label="A")), "components.0.type", "BASE_TYPE_CHOICES"),
    (modal(row(button())), "components.0.components.0.type", "BASE_TYPE_CHOICES"),
    (modal(row(entry())), "components.0.components.0.label", "BASE_TYPE_REQUIRED"),
    (
        modal(row(entry("a", label="A"), entry("b", label="B"))),
        "components.0.components",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    (modal(label(button())), "components.0.component.type", "BASE_TYPE_CHOICES"),
    (modal({"type": 18, "label": "A"}), "components.0.component", "BASE_TYPE_REQUIRED"),
    (modal(label(entry(), label="x" * 46)), "components.0.label", "BASE_TYPE_BAD_LENGTH"),
    (modal(label(entry(), description="x" * 101)), "components.0.description", "BASE_TYPE_BAD_LENGTH"),
    (modal(label(entry(style=None))), "components.0.component.style", "BASE_TYPE_REQUIRED"),
    (
        modal(label(entry(min_length=5, max_length=4))),
        "components.0.component.min_length",
        "TEXT_INPUT_COMPONENT_INVALID_LENGTHS",
    ),
    (modal(label(entry(max_length=4001))), "components.0.component.max_length", "NUMBER_TYPE_MAX"),
    (modal(label(entry(value="x" * 4001))), "components.0.component.value", "BASE_TYPE_MAX_LENGTH"),
    (modal(label(select(disabled=True))), "components.0.component.disabled", "COMPONENT_DISABLED_IN_MODAL"),
    (modal(label(select(min_values=0))), "components.0.component.min_values", "NUMBER_TYPE_MIN"),
    (
        modal(label({**RADIO, "options": choices("a")})),
        "components.0.component.options",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        modal(label({**RADIO, "options": [{**one, "default": True} for one in choices("a", "b")]})),
        "components.0.component.options",
        "SELECT_COMPONENT_TOO_MANY_DEFAULTS",
    ),
    (
        modal(label({**BOXES, "options": choices(*"abcdefghijk")})),
        "components.0.component.options",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (modal(label({**UPLOAD, "max_values": 11})), "components.0.component.max_values", "NUMBER_TYPE_MAX"),
    (
        modal(label(entry("a")), label(entry("a"))),
        "components.1.component.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
]


async def test_a_modal_that_breaks_a_rule_is_refused_at_its_place(stage: Stage) -> None:
    heard = await stage.use((await stage.put(slash("top")))["top"])
    for data, place, code in WRONG:
        with pytest.raises(Refused) as no:
            await stage.answer(heard, 9, data)
        assert code in codes(no.value, f"data.{place}"), (data, no.value)
    with pytest.raises(Refused) as no:
        await stage.answer(heard, 9)
    assert codes(no.value, "data") == ["BASE_TYPE_REQUIRED"]
    await stage.answer(heard, 9, modal(text(), *(label(entry(str(n))) for n in range(4))))


async def opened(stage: Stage, data: Json = EVERYTHING) -> Json:
    """A modal as bob's client shows it, out of a command of the bot's."""
    mark = stage.town.bob.mark()
    heard = await stage.use((await stage.put(slash("ask")))["ask"])
    await stage.answer(heard, 9, data)
    return (await stage.town.bob.wait_for("INTERACTION_MODAL_CREATE", since=mark)).data


def filled(**given: Any) -> list[Json]:
    """The components of a submission: all is as it should be, but for what is given (None leaves it out)."""
    fields = {"words": "text", "who": [], "radio": "a", "boxes": ["a", "c"], "box": True, **given}
    many = ("who", "boxes")
    leaves = [
        {"custom_id": name, "values" if name in many else "value": value}
        for name, value in fields.items()
        if value is not None
    ]
    return [{"type": 18, "component": leaf} for leaf in leaves]


async def test_what_is_filled_in_is_held_against_what_was_asked(stage: Stage, town: Town) -> None:
    shown = await opened(stage)
    key = {"id": shown["id"], "custom_id": "form"}
    for given, place, code in (
        ({"words": "x"}, "0.component.value", "BASE_TYPE_BAD_LENGTH"),
        ({"words": "x" * 6}, "0.component.value", "BASE_TYPE_BAD_LENGTH"),
        ({"words": ""}, "0.component.value", "BASE_TYPE_REQUIRED"),
        ({"words": 5}, "0.component.value", "STRING_TYPE_CONVERT"),
        ({"words": None}, "0.components.0.value", "BASE_TYPE_REQUIRED"),
        ({"who": [town.bob.id, town.alice.id]}, "1.component.values", "BASE_TYPE_BAD_LENGTH"),
        ({"who": ["1"]}, "1.component.values.0", "BASE_TYPE_CHOICES"),
        ({"radio": "c"}, "2.component.value", "BASE_TYPE_CHOICES"),
        ({"radio": None}, "2.component.value", "BASE_TYPE_REQUIRED"),
        ({"boxes": ["a"]}, "3.component.values", "BASE_TYPE_BAD_LENGTH"),
        ({"boxes": ["a", "a"]}, "3.component.values.1", "SET_TYPE_ALREADY_CONTAINS_VALUE"),
        ({"box": "yes"}, "4.component.value", "BOOLEAN_TYPE_CONVERT"),
    ):
        with pytest.raises(Refused) as no:
            await stage.ask(5, {**key, "components": filled(**given)})
        assert code in codes(no.value, f"data.components.{place}"), (given, no.value)
    for extra in ({"custom_id": "other", "value": "x"}, {"value": "x"}, {"custom_id": ["words"]}):
        with pytest.raises(Refused) as no:
            await stage.ask(5, {**key, "components": [{"type": 18, "component": extra}]})
        assert "COMPONENT_VALIDATION_FAILED" in codes(no.value, "data.components.0.component.custom_id")
    # A person may name nobody, and what a bot hears of has the modal's own form and ids.
    heard = await stage.act(5, {**key, "components": filled(who=None)})
    ids = [(one["type"], one["id"]) for one in heard["data"]["components"]]
    assert ids == [(one["type"], one["id"]) for one in shown["components"]]
    (field,) = heard["data"]["components"][0]["components"]
    assert (field["type"], field["custom_id"], field["value"]) == (4, "words", "text")
    others = [one["component"] for one in heard["data"]["components"][1:]]
    assert [one.get("value", one.get("values")) for one in others] == [[], "a", ["a", "c"], True]
    assert "message" not in heard


async def test_a_modal_brings_whom_it_names_and_files(stage: Stage, town: Town) -> None:
    shown = await opened(stage, modal(label(select(7, "who", max_values=2)), label(UPLOAD)))
    who = {"custom_id": "who", "values": [town.alice.id, town.guild_id]}
    body = {
        "type": 5,
        "application_id": town.application.id,
        "channel_id": town.channel_id,
        "data": {
            "id": shown["id"],
            "custom_id": "form",
            "components": [
                {"type": 18, "component": who},
                {"type": 18, "component": {"custom_id": "files", "values": ["0", "1"]}},
            ],
        },
    }
    with pytest.raises(Refused) as no:
        await town.bob.request("POST", "/interactions", body, files={"a.txt": b"a"})
    assert codes(no.value, "data.components.1.component.values.1") == ["BASE_TYPE_CHOICES"]
    await town.bob.request("POST", "/interactions", body, files={"a.txt": b"a", "b.txt": b"b"})
    heard, _ = await stage.line.until("INTERACTION_CREATE")
    resolved = heard["data"]["resolved"]
    assert set(resolved) == {"users", "members", "roles", "attachments"}
    upload = heard["data"]["components"][1]["component"]
    assert upload["values"] == list(resolved["attachments"])
    assert [one["filename"] for one in resolved["attachments"].values()] == ["a.txt", "b.txt"]


async def test_only_an_open_modal_of_ones_own_can_be_sent_off(stage: Stage, town: Town) -> None:
    shown = await opened(stage, modal(label(entry())))
    words = {"custom_id": "words", "value": "x"}
    data = {"id": shown["id"], "custom_id": "form", "components": [{"type": 18, "component": words}]}
    for wrong, person in (
        ({"id": "1"}, town.bob),
        ({"custom_id": "other"}, town.bob),
        ({"custom_id": ["form"]}, town.bob),
        ({}, town.alice),
    ):
        with pytest.raises(Refused, match="10062"):
            await stage.ask(5, {**data, **wrong}, person)
    # The bot is silent: the modal stays open, and is sent once more.
    await stage.act(5, data)
    town.sandbox.clock.advance(3)
    heard = await stage.act(5, data)
    for kind in (6, 7, 9):
        with pytest.raises(Refused) as no:
            await stage.answer(heard, kind, modal(label(entry())))
        assert codes(no.value, "type") == ["BASE_TYPE_CHOICES"]
    await stage.answer(heard, 4, {"content": "Thanks", "flags": EPHEMERAL})
    with pytest.raises(Refused, match="10062"):
        await stage.ask(5, data)
    shown = await opened(stage, modal(label(entry())))
    town.sandbox.clock.advance(15 * 60 + 1)
    with pytest.raises(Refused, match="10062"):
        await stage.ask(5, {**data, "id": shown["id"]})


async def test_a_modal_of_a_button_may_change_the_buttons_message(stage: Stage, town: Town) -> None:
    message = await stage.send(row(button()))
    heard = await stage.click(message, "go")
    await stage.answer(heard, 9, modal(label(entry())))
    await town.bob.wait_for("INTERACTION_MODAL_CREATE", id=heard["id"])
    words = {"custom_id": "words", "value": "x"}
    data = {"id": heard["id"], "custom_id": "form", "components": [{"type": 18, "component": words}]}
    sent = await stage.act(5, data)
    assert sent["message"]["id"] == message["id"]
    await stage.answer(sent, 7, {"content": "Filled in"})
    await town.alice.wait_for("MESSAGE_UPDATE", id=message["id"], content="Filled in")
    more = await stage.follow(sent, {"content": "More"})
    opened_by = more["interaction_metadata"]["triggering_interaction_metadata"]
    assert (opened_by["id"], opened_by["interacted_message_id"]) == (heard["id"], message["id"])


def with_labels(bot: Bot) -> None:
    class Form(discord.ui.Modal, title="Form"):
        words = discord.ui.Label(
            text="Words", component=discord.ui.TextInput(custom_id="words", max_length=9)
        )
        topic = discord.ui.Label(
            text="Topic",
            component=discord.ui.Select(
                custom_id="topic",
                options=[discord.SelectOption(label=one, value=one) for one in ("local", "world")],
            ),
        )

        async def on_submit(self, interaction: discord.Interaction) -> None:
            words, topic = self.words.component, self.topic.component
            assert isinstance(words, discord.ui.TextInput)
            assert isinstance(topic, discord.ui.Select)
            await interaction.response.send_message(f"{words.value}: {topic.values[0]}", ephemeral=True)

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())


async def test_discord_py_reads_labels_texts_and_selects(town: Town, start_bot: StartBot) -> None:
    bot = await start_bot(setup=with_labels)
    await bot.tree.sync()
    dialog = await town.bob.slash("ask")
    thanks = await town.bob.submit(dialog, {"words": "Hello", "topic": "world"})
    assert (thanks.content, thanks.ephemeral) == ("Hello: world", True)
