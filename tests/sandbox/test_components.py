"""A message's components: rows and layouts, their limits, and how Discord answers them."""

from typing import Any

import pytest

from bot.sandbox.scenario import Json, Person, Refused
from tests.sandbox.acting import V2, Stage, button, choices, codes, row, select, stage, text
from tests.sandbox.conftest import Town

__all__ = ["stage"]

PICTURE = {"media": {"url": "http://example.org/a.png"}}
THUMBNAIL = {"type": 11, **PICTURE}
DEFAULTS = [{**one, "default": True} for one in choices("a", "b")]


def container(*components: Json, **more: Any) -> Json:
    return {"type": 17, "components": list(components), **more}


def section(accessory: Json, *texts: Json) -> Json:
    return {"type": 9, "components": list(texts), "accessory": accessory}


IN_ROWS: list[tuple[Json, str, str]] = [
    (row(select(8, channel_types=[0, 99])), "0.components.0.channel_types.1", "BASE_TYPE_CHOICES"),
    (row(select(8, channel_types=["zz"])), "0.components.0.channel_types.0", "BASE_TYPE_CHOICES"),
    (row(*(button(str(n)) for n in range(6))), "0.components", "BASE_TYPE_BAD_LENGTH"),
    (row(), "0.components", "BASE_TYPE_BAD_LENGTH"),
    ({"type": 1}, "0.components", "BASE_TYPE_REQUIRED"),
    (row(button(), select()), "0.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    (row(row(button())), "0.components.0.type", "BASE_TYPE_CHOICES"),
    (
        row({"type": 4, "custom_id": "a", "style": 1, "label": "A"}),
        "0.components.0.type",
        "BASE_TYPE_CHOICES",
    ),
    (button(), "0.type", "BASE_TYPE_CHOICES"),
    ({"components": []}, "0.type", "BASE_TYPE_REQUIRED"),
]
BUTTONS: list[tuple[Json, str, str]] = [
    (button(custom_id=None), "custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"),
    (button("x" * 101), "custom_id", "BASE_TYPE_BAD_LENGTH"),
    (button(label="x" * 81), "label", "BASE_TYPE_MAX_LENGTH"),
    (button(label=None), "label", "BUTTON_COMPONENT_LABEL_REQUIRED"),
    (button(style=7), "style", "BASE_TYPE_CHOICES"),
    (button(style=None), "style", "BASE_TYPE_REQUIRED"),
    (button(disabled="no"), "disabled", "BOOLEAN_TYPE_CONVERT"),
    (button(url="http://example.org"), "", "BUTTON_COMPONENT_INVALID_FIELDS"),
    (button(style=5), "url", "BUTTON_COMPONENT_URL_REQUIRED"),
    (button(style=5, url="http://a.org"), "", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"),
    (button(custom_id=None, style=5, url="javascript:alert(1)"), "url", "URL_TYPE_INVALID_SCHEME"),
    (button(custom_id=None, style=5, url="http://a.org/" + "x" * 500), "url", "BASE_TYPE_MAX_LENGTH"),
    (button(custom_id=None, label=None, style=6), "sku_id", "BUTTON_COMPONENT_SKU_ID_REQUIRED"),
    (button(custom_id=None, style=6, sku_id="1"), "", "BUTTON_COMPONENT_INVALID_FIELDS"),
    (button(emoji={"name": "thumbsup"}), "emoji.name", "BUTTON_COMPONENT_INVALID_EMOJI"),
    (button(emoji={"id": "wave", "name": "wave"}), "emoji.id", "NUMBER_TYPE_COERCE"),
    (select(options=[]), "options", "BASE_TYPE_BAD_LENGTH"),
    (select(options=None), "options", "BASE_TYPE_REQUIRED"),
    (select(options=choices(*map(str, range(26)))), "options", "BASE_TYPE_BAD_LENGTH"),
    (select(options=choices("a", "a")), "options.1", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"),
    (select(options=[{"label": "x" * 101, "value": "a"}]), "options.0.label", "BASE_TYPE_BAD_LENGTH"),
    (
        select(options=[{"label": "A", "value": "a", "emoji": {"name": "A"}}]),
        "options.0.emoji.name",
        "BUTTON_COMPONENT_INVALID_EMOJI",
    ),
    (select(options=DEFAULTS), "options", "SELECT_COMPONENT_TOO_MANY_DEFAULTS"),
    (select(max_values=4), "options", "BASE_TYPE_BAD_LENGTH"),
    (select(min_values=2), "min_values", "COMPONENT_MIN_VALUES_EXCEED_MAX_VALUES"),
    (select(min_values=-1), "min_values", "NUMBER_TYPE_MIN"),
    (select(max_values=26), "max_values", "NUMBER_TYPE_MAX"),
    (select(placeholder="x" * 151), "placeholder", "BASE_TYPE_MAX_LENGTH"),
    (
        select(5, default_values=[{"id": "1", "type": "role"}]),
        "default_values.0.type",
        "BASE_TYPE_CHOICES",
    ),
    (
        select(6, default_values=[{"id": "1", "type": "role"}, {"id": "2", "type": "role"}]),
        "default_values",
        "BASE_TYPE_BAD_LENGTH",
    ),
]
LAYOUTS: list[tuple[list[Json], str, str]] = [
    ([text("")], "0.content", "BASE_TYPE_REQUIRED"),
    ([container()], "0.components", "BASE_TYPE_BAD_LENGTH"),
    ([container(container(text()))], "0.components.0.type", "BASE_TYPE_CHOICES"),
    ([container(text(), accent_color=1 << 24)], "0.accent_color", "NUMBER_TYPE_MAX"),
    ([section(THUMBNAIL, *[text()] * 4)], "0.components", "BASE_TYPE_BAD_LENGTH"),
    ([section(select(), text())], "0.accessory.type", "BASE_TYPE_CHOICES"),
    ([{"type": 9, "components": [text()]}], "0.accessory", "BASE_TYPE_REQUIRED"),
    ([THUMBNAIL], "0.type", "BASE_TYPE_CHOICES"),
    ([{"type": 12, "items": []}], "0.items", "BASE_TYPE_BAD_LENGTH"),
    ([{"type": 12, "items": [PICTURE] * 11}], "0.items", "BASE_TYPE_BAD_LENGTH"),
    ([{"type": 12, "items": [{}]}], "0.items.0.media.url", "BASE_TYPE_REQUIRED"),
    (
        [{"type": 12, "items": [{**PICTURE, "description": "x" * 1025}]}],
        "0.items.0.description",
        "BASE_TYPE_BAD_LENGTH",
    ),
    ([{"type": 13, "file": {"url": "http://example.org/a"}}], "0.file.url", "URL_TYPE_INVALID_SCHEME"),
    (
        [{"type": 13, "file": {"url": "attachment://a.txt"}}],
        "0.file.url",
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
    (
        [{"type": 12, "items": [PICTURE, {"media": {"url": "attachment://a.png"}}]}],
        "0.items.1.media.url",
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
    ([{"type": 14, "spacing": 3}], "0.spacing", "BASE_TYPE_CHOICES"),
    ([text()] * 41, "", "BASE_TYPE_BAD_LENGTH"),
    ([container(*[text()] * 20)] * 2, "", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
    ([container(text("x" * 2000)), text("y" * 2001)], "", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"),
    (
        [row(button()), container(row(button()))],
        "1.components.0.components.0.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    ([{**text(), "id": 7}, {**text(), "id": 7}], "1.id", "COMPONENT_ID_DUPLICATED"),
    ([{**text(), "id": -1}], "0.id", "NUMBER_TYPE_MIN"),
]


async def test_components_that_break_a_rule_are_refused_at_their_place(bot: Person, town: Town) -> None:
    path = f"/channels/{town.channel_id}/messages"
    cases = [([one], place, code, 0) for one, place, code in IN_ROWS]
    cases += [([row(one)], f"0.components.0.{place}", code, 0) for one, place, code in BUTTONS]
    cases += [(components, place, code, V2) for components, place, code in LAYOUTS]
    for components, place, code, flags in cases:
        body: Json = {"components": components, "flags": flags}
        with pytest.raises(Refused) as no:
            await bot.request("POST", path, body if flags else {**body, "content": "x"})
        assert code in codes(no.value, f"components.{place}"), (components, no.value)
    assert await bot.request("GET", path) == []


async def test_layouts_need_their_flag_and_rows_do_not(bot: Person, town: Town) -> None:
    path = f"/channels/{town.channel_id}/messages"
    with pytest.raises(Refused, match="IS_COMPONENTS_V2"):
        await bot.request("POST", path, {"content": "x", "components": [text()]})
    for components in ("row", {"0": row(button())}, [1], [[row(button())]]):
        with pytest.raises(Refused, match="50035"):
            await bot.request("POST", path, {"content": "x", "components": components})


async def test_the_largest_message_of_each_kind_is_taken(stage: Stage) -> None:
    rows = [row(*(button(f"{line}{n}".rjust(100, "x")) for n in range(5))) for line in range(5)]
    sent = await stage.send(*rows)
    assert [len(one["components"]) for one in sent["components"]] == [5] * 5
    most = choices(*(f"{n:0>100}" for n in range(25)))
    await stage.send(*(row(select(custom_id=str(n), options=most, max_values=25)) for n in range(5)))
    layout = [container(*[text("x" * 100)] * 19), container(*[text("x" * 100)] * 19)]
    assert (await stage.send(*layout, flags=V2))["flags"] == V2
    # 🎉 is two units in UTF-16, as Discord counts.
    await stage.send(text("🎉" * 2000), flags=V2)
    with pytest.raises(Refused):
        await stage.send(text("🎉" * 2000 + "!"), flags=V2)


async def test_the_answer_fills_in_ids_and_defaults(stage: Stage) -> None:
    file = {"type": 13, "file": {"url": "attachment://a%20b.txt"}}
    link = button(custom_id=None, style=5, url="http://example.org", emoji={"name": "👍"})
    given = [
        {**container(section(THUMBNAIL, text("In")), {"type": 14}, row(link)), "id": 3},
        {"type": 12, "items": [PICTURE]},
    ]
    sent = (await stage.send(*given, flags=V2))["components"]
    outer, gallery = sent
    inner, line, row_of_link = outer["components"]
    assert [outer["id"], inner["id"], inner["components"][0]["id"], inner["accessory"]["id"]] == [3, 1, 2, 4]
    assert (outer["accent_color"], outer["spoiler"], line["spacing"], line["divider"]) == (
        None,
        False,
        1,
        True,
    )
    assert row_of_link["components"][0]["emoji"] == {"name": "👍"}
    assert gallery["items"][0]["media"]["url"] == PICTURE["media"]["url"]
    path = f"/channels/{stage.town.channel_id}/messages"
    body = {"flags": V2, "components": [file], "attachments": [{"id": 0, "filename": "a b.txt"}]}
    (shown,) = (await stage.bot.request("POST", path, body, files={"a b.txt": b"x"}))["components"]
    assert (shown["name"], shown["spoiler"]) == ("a b.txt", False)
