"""Modals: how a bot asks for one, and what a person filled into it.

https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.forms.component import (
    ROW,
    TEXT,
    Reader,
    finish_components,
    read_children,
    read_one,
    read_text_display,
    walk,
)
from bot.sandbox.forms.form import Form, Path, length
from bot.sandbox.forms.select import (
    CHECKBOX_GROUP,
    FILE_UPLOAD,
    RADIO_GROUP,
    SELECTS,
    Exists,
    Json,
    demand_few_defaults,
    read_bounds,
    read_custom_id,
    read_options,
    read_select,
    read_values,
)

TEXT_INPUT, LABEL, CHECKBOX = 4, 18, 23
_TEXT_AT_MOST = 4000
_IN_LABEL = (TEXT_INPUT, *SELECTS, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX)


def read_modal(body: Mapping[str, Any], form: Form, path: Path) -> Json:
    """Read the data of a modal: title, custom_id, and one to five rows, labels or texts."""
    if body.get("components") is None:
        form.missing((*path, "components"))
    given = form.objects(body, "components", path, 5, least=1)
    components = [read_one(one, form, place, _READERS, (ROW, TEXT, LABEL)) for place, one in given]
    finish_components(components, form, (*path, "components"))
    return {
        "title": form.text(body, "title", path, 45, least=1, required=True),
        "custom_id": read_custom_id(body, form, path),
        "components": components,
    }


def _read_row(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    children = read_children(given, form, place, _READERS, (TEXT_INPUT,), 5)
    if len(children) > 1:
        message = "The specified component exceeds the maximum width"
        form.wrong((*place, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
    for index, child in enumerate(children):
        # A row shows no words of its own; a label around the input would.
        if child["type"] == TEXT_INPUT and not child.get("label"):
            form.missing((*place, "components", index, "label"))
    return {"components": children}


def _read_label(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    label: Json = {"label": form.text(given, "label", place, 45, least=1, required=True)}
    description = form.text(given, "description", place, 100, least=1)
    if description is not None:
        label["description"] = description
    component = form.model(given, "component", place)
    if component is None:
        form.missing((*place, "component"))
        return label
    return {**label, "component": read_one(component, form, (*place, "component"), _READERS, _IN_LABEL)}


def _read_text_input(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    read: Json = {
        "custom_id": read_custom_id(given, form, place),
        "style": form.choice(given, "style", place, 1, (1, 2)),
        "label": form.text(given, "label", place, 45, least=1),
        "placeholder": form.text(given, "placeholder", place, 100),
        "value": form.text(given, "value", place, _TEXT_AT_MOST),
        "required": form.truth(given, "required", place, default=True),
        "min_length": form.number(given, "min_length", place, 0, 0, _TEXT_AT_MOST),
        "max_length": form.number(given, "max_length", place, _TEXT_AT_MOST, 1, _TEXT_AT_MOST),
    }
    if given.get("style") is None:
        form.missing((*place, "style"))
    if read["min_length"] > read["max_length"]:
        message = "min_length must not be greater than max_length."
        form.wrong((*place, "min_length"), "TEXT_INPUT_COMPONENT_INVALID_LENGTHS", message)
    return {key: value for key, value in read.items() if value is not None}


def _read_modal_select(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    return read_select(given, form, place, modal=True)


def _read_upload(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    required = form.truth(given, "required", place, default=True)
    bounds = read_bounds(given, form, place, 10, required)
    return {"custom_id": read_custom_id(given, form, place), "required": required, **bounds}


def _read_radio_group(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    group: Json = {
        "custom_id": read_custom_id(given, form, place),
        "required": form.truth(given, "required", place, default=True),
        "options": read_options(given, form, place, (2, 10)),
    }
    demand_few_defaults({**group, "max_values": 1}, form, place)
    return group


def _read_checkbox_group(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    required = form.truth(given, "required", place, default=True)
    options = read_options(given, form, place, (1, 10))
    bounds = read_bounds(given, form, place, 10, required, default_most=max(1, len(options)))
    custom_id = read_custom_id(given, form, place)
    group: Json = {"custom_id": custom_id, "required": required, "options": options, **bounds}
    demand_few_defaults(group, form, place)
    return group


def _read_checkbox(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    return {
        "custom_id": read_custom_id(given, form, place),
        "default": form.truth(given, "default", place),
    }


_READERS: dict[int, Reader] = {
    ROW: _read_row,
    TEXT: read_text_display,
    LABEL: _read_label,
    TEXT_INPUT: _read_text_input,
    **dict.fromkeys(SELECTS, _read_modal_select),
    FILE_UPLOAD: _read_upload,
    RADIO_GROUP: _read_radio_group,
    CHECKBOX_GROUP: _read_checkbox_group,
    CHECKBOX: _read_checkbox,
}


# What a person filled in


def read_submission(data: Mapping[str, Any], modal: Json, form: Form, exists: Exists) -> list[Json]:
    """The components of a filled-in modal, as the bot is told of them; errors are noted under `data`.

    Each field is held against the modal as it was shown: its limits, its choices, and that it is there.
    """
    fields = {one["custom_id"]: one for one in walk(modal["components"]) if "custom_id" in one}
    filled: dict[str, tuple[Path, Mapping[str, Any]]] = {}
    for place, given in _leaves(data, form):
        custom_id = given.get("custom_id")
        if not isinstance(custom_id, str) or custom_id not in fields or custom_id in filled:
            message = "The modal has no such component, or it was filled in before."
            form.wrong((*place, "custom_id"), "COMPONENT_VALIDATION_FAILED", message)
        elif given.get("type", fields[custom_id]["type"]) != fields[custom_id]["type"]:
            kinds = (fields[custom_id]["type"],)
            form.wrong((*place, "type"), "BASE_TYPE_CHOICES", f"Value must be one of {kinds}.")
        else:
            filled[custom_id] = (place, given)

    def answer(shown: Json, place: Path) -> Json:
        spot, given = filled.get(shown["custom_id"], (place, {}))
        one = {"type": shown["type"], "id": shown["id"], "custom_id": shown["custom_id"]}
        return {**one, **_read_field(given, shown, form, spot, exists)}

    told = []
    for index, holder in enumerate(modal["components"]):
        at: Path = ("data", "components", index)
        part: Json = {"type": holder["type"], "id": holder["id"]}
        if holder["type"] == ROW:
            children = enumerate(holder["components"])
            part["components"] = [answer(child, (*at, "components", number)) for number, child in children]
        elif holder["type"] == LABEL:
            part["component"] = answer(holder["component"], (*at, "component"))
        told.append(part)
    return told


def _leaves(data: Mapping[str, Any], form: Form) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The fields of a submission with their places, out of rows and labels."""
    for place, holder in form.objects(data, "components", ("data",), 5):
        yield from form.objects(holder, "components", place, 5)
        component = form.model(holder, "component", place)
        if component is not None:
            yield (*place, "component"), component


def _read_field(
    given: Mapping[str, Any], shown: Json, form: Form, place: Path, exists: Exists
) -> dict[str, Any]:
    kind = shown["type"]
    if kind == CHECKBOX:
        return {"value": form.truth(given, "value", place)}
    if kind == TEXT_INPUT:
        return {"value": _read_text(given, shown, form, place)}
    if kind != RADIO_GROUP:
        return {"values": read_values(given, shown, form, place, exists)}
    value, options = given.get("value"), [one["value"] for one in shown["options"]]
    if value is None and shown["required"]:
        form.missing((*place, "value"))
    elif value is not None and value not in options:
        form.wrong((*place, "value"), "BASE_TYPE_CHOICES", f"Value must be one of {tuple(options)}.")
    return {"value": value}


def _read_text(given: Mapping[str, Any], shown: Json, form: Form, place: Path) -> str:
    text = form.text(given, "value", place, _TEXT_AT_MOST) or ""
    least, most = shown["min_length"], shown["max_length"]
    if not text:
        if shown["required"]:
            form.missing((*place, "value"))
    elif not least <= length(text) <= most:
        message = f"Must be between {least} and {most} in length."
        form.wrong((*place, "value"), "BASE_TYPE_BAD_LENGTH", message)
    return text
