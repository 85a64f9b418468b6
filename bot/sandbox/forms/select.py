"""Selects and groups of options, in messages and modals: how a bot offers them, and what a person chose.

https://discord.com/developers/docs/components/reference#string-select
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.emoji import is_emoji
from bot.sandbox.forms.command import read_channel_types
from bot.sandbox.forms.form import Form, Path
from bot.sandbox.snowflakes import is_snowflake

STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 3, 5, 6, 7, 8
SELECTS = (STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT)
FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP = 19, 21, 22
# The command option whose values a component takes: users, roles, mentionables, channels, attachments.
OPTION_KINDS = {USER_SELECT: 6, ROLE_SELECT: 8, MENTIONABLE_SELECT: 9, CHANNEL_SELECT: 7, FILE_UPLOAD: 11}
_DEFAULTS = {
    USER_SELECT: ("user",),
    ROLE_SELECT: ("role",),
    MENTIONABLE_SELECT: ("user", "role"),
    CHANNEL_SELECT: ("channel",),
}
_CHOICES_AT_MOST = 25

Json = dict[str, Any]
# Whether the thing of an id is there and such as a declaration (type and channel_types of an option) wants it.
Exists = Callable[[Mapping[str, Any], str], bool]


def read_select(given: Mapping[str, Any], form: Form, place: Path, modal: bool = False) -> Json:
    """Read a select; one in a modal is `required` unless told, and can't be disabled."""
    kind = int(given["type"])
    select: Json = {"custom_id": read_custom_id(given, form, place)}
    placeholder = form.text(given, "placeholder", place, 150)
    if placeholder is not None:
        select["placeholder"] = placeholder
    if modal:
        select["required"] = form.truth(given, "required", place, default=True)
        if form.truth(given, "disabled", place):
            message = "A component in a modal cannot be disabled."
            form.wrong((*place, "disabled"), "COMPONENT_DISABLED_IN_MODAL", message)
    else:
        select["disabled"] = form.truth(given, "disabled", place)
    select |= read_bounds(given, form, place, _CHOICES_AT_MOST, required=select.get("required", False))
    if kind == STRING_SELECT:
        least = min(max(1, select["max_values"]), _CHOICES_AT_MOST)
        select["options"] = read_options(given, form, place, (least, _CHOICES_AT_MOST), emoji=True)
        demand_few_defaults(select, form, place)
        return select
    if given.get("default_values") is not None:
        select["default_values"] = _read_defaults(given, form, place, kind, select)
    if kind == CHANNEL_SELECT and given.get("channel_types") is not None:
        select["channel_types"] = read_channel_types(given, form, place)
    return select


def read_custom_id(given: Mapping[str, Any], form: Form, place: Path) -> str:
    """Read the name that the bot gives to a component: 1 to 100 characters."""
    return form.text(given, "custom_id", place, 100, least=1, required=True) or ""


def read_bounds(
    given: Mapping[str, Any], form: Form, place: Path, most: int, required: bool, default_most: int = 1
) -> Json:
    """Read `min_values` and `max_values`; where an answer is required, none can't be enough."""
    bounds = {
        "min_values": form.number(given, "min_values", place, 1, 1 if required else 0, most),
        "max_values": form.number(given, "max_values", place, default_most, 1, most),
    }
    if bounds["min_values"] > bounds["max_values"]:
        message = "min_values must not be greater than max_values."
        form.wrong((*place, "min_values"), "COMPONENT_MIN_VALUES_EXCEED_MAX_VALUES", message)
    return bounds


def read_options(
    given: Mapping[str, Any], form: Form, place: Path, bounds: tuple[int, int], emoji: bool = False
) -> list[Json]:
    """Read what can be chosen: labels and different values, with an `emoji` where it may have one."""
    least, most = bounds
    if given.get("options") is None:
        form.missing((*place, "options"))
    options: list[Json] = []
    for spot, one in form.objects(given, "options", place, most, least):
        option: Json = {
            "label": form.text(one, "label", spot, 100, least=1, required=True),
            "value": form.text(one, "value", spot, 100, least=1, required=True),
        }
        description = form.text(one, "description", spot, 100)
        if description is not None:
            option["description"] = description
        if emoji and (picture := read_emoji(one, form, spot)) is not None:
            option["emoji"] = picture
        if form.truth(one, "default", spot):
            option["default"] = True
        if option["value"] in [other["value"] for other in options]:
            message = "The specified option value is already used"
            form.wrong(spot, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
        options.append(option)
    return options


def demand_few_defaults(select: Mapping[str, Any], form: Form, place: Path) -> None:
    """Refuse more options chosen at first than can be chosen at all."""
    chosen = sum(option.get("default", False) for option in select["options"])
    if chosen > select["max_values"]:
        message = f"No more than {select['max_values']} options may be chosen by default."
        form.wrong((*place, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULTS", message)


def _read_defaults(
    given: Mapping[str, Any], form: Form, place: Path, kind: int, select: Mapping[str, Any]
) -> list[Json]:
    found = []
    for spot, one in form.objects(given, "default_values", place, _CHOICES_AT_MOST):
        if one.get("type") not in _DEFAULTS[kind]:
            form.wrong((*spot, "type"), "BASE_TYPE_CHOICES", f"Value must be one of {_DEFAULTS[kind]}.")
        number = form.snowflake(one, "id", spot)
        if one.get("id") is None:
            form.missing((*spot, "id"))
        found.append({"id": number, "type": one.get("type")})
    least, most = select["min_values"], select["max_values"]
    if found and not least <= len(found) <= most:
        message = f"Must be between {least} and {most} in length."
        form.wrong((*place, "default_values"), "BASE_TYPE_BAD_LENGTH", message)
    return found


def read_emoji(given: Mapping[str, Any], form: Form, place: Path) -> Json | None:
    """Read the emoji of a button or option: unicode by its `name`, or one of a guild by its `id`."""
    emoji = form.model(given, "emoji", place)
    if emoji is None:
        return None
    spot = (*place, "emoji")
    name = form.text(emoji, "name", spot, 32)
    if emoji.get("id") is None:
        # Discord answers with the button's code for options, too.
        if name is None or not is_emoji(name):
            form.wrong((*spot, "name"), "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")
        return {"name": name or ""}
    number = form.snowflake(emoji, "id", spot)
    return {"id": number, "name": name or "_", "animated": form.truth(emoji, "animated", spot)}


# What a person chose


def read_values(
    given: Mapping[str, Any], shown: Mapping[str, Any], form: Form, place: Path, exists: Exists
) -> list[str]:
    """The `values` that a person chose in a select, group or upload as it was shown to them."""
    values = []
    kind, options = shown["type"], [one["value"] for one in shown.get("options", ())]
    for index, value in enumerate(form.items(given, "values", place, _CHOICES_AT_MOST)):
        spot = (*place, "values", index)
        if kind in OPTION_KINDS:
            rule = {"type": OPTION_KINDS[kind], "channel_types": shown.get("channel_types")}
            fits = is_snowflake(value) and exists(rule, str(value))
            message = f"There is no {value} here that this component takes."
        else:
            fits, message = value in options, f"Value must be one of {tuple(options)}."
        if not fits:
            form.wrong(spot, "BASE_TYPE_CHOICES", message)
            continue
        if str(value) in values:
            form.wrong(spot, "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
        values.append(str(value))
    _demand_count(given, shown, form, place)
    return values


def _demand_count(given: Mapping[str, Any], shown: Mapping[str, Any], form: Form, place: Path) -> None:
    chosen = given.get("values") or []
    if not isinstance(chosen, list):
        return
    count = len(chosen)
    least, most = shown["min_values"], shown["max_values"]
    if shown.get("required") is False and not count:
        return
    if not count and least:
        form.missing((*place, "values"))
    elif not least <= count <= most:
        message = f"Must be between {least} and {most} in length."
        form.wrong((*place, "values"), "BASE_TYPE_BAD_LENGTH", message)
