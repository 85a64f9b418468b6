"""An application command's body: names, descriptions, options, choices and their limits.

https://discord.com/developers/docs/interactions/application-commands
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.forms.form import Form, Path

CHAT, OF_USER, OF_MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN = 1, 2, 3, 4, 5
USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 6, 7, 8, 9, 10, 11
IN_GUILD, IN_BOT_DIRECT = 0, 1
# Whole numbers that a double, and so every client, tells apart.
EXACT = (1 << 53) - 1
# https://discord.com/developers/docs/reference#locales
_LOCALES = """
    ar bg cs da de el en-GB en-US es-419 es-ES fi fr he hi hr hu id it ja ko lt nl no pl pt-BR ro ru
    sv-SE th tr uk vi zh-CN zh-TW
"""
LOCALES = frozenset(_LOCALES.split())
# Letters and digits of any script; of Devanagari and Thai the marks, too, which Python counts as neither.
_NAME = re.compile(r"[-_'\w\u0900-\u097f\ua8e0-\ua8ff\u0e00-\u0e7f]{1,32}")
_TOO_LARGE = 8000
_TEXT_AT_MOST = 6000
_OPTION_KINDS = tuple(range(SUBCOMMAND, ATTACHMENT + 1))
_WITH_CHOICES = (STRING, INTEGER, NUMBER)
_CHANNEL_TYPES = (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16)

Json = dict[str, Any]


def read_command(body: Mapping[str, Any], form: Form, path: Path = (), in_guild: bool = False) -> Json:
    """Read one command; gives it in the shape in which Discord answers it, without ids.

    `in_guild` is for a command of one guild, to which contexts and kinds of installation don't apply.
    """
    kind = form.choice(body, "type", path, CHAT, (CHAT, OF_USER, OF_MESSAGE))
    contexts, direct = _read_contexts(body, form, path)
    command: Json = {
        "type": kind,
        "name": _read_name(body, form, path, chat=kind == CHAT),
        "name_localizations": _read_localizations(
            body, "name_localizations", form, path, 32, chat=kind == CHAT
        ),
        "description": "",
        "description_localizations": None,
        "default_member_permissions": _read_permissions(body, form, path),
        "contexts": None if in_guild else contexts,
        "integration_types": [0] if in_guild else _read_few(body, "integration_types", form, path, 1) or [0],
        "nsfw": form.truth(body, "nsfw", path),
    }
    if not in_guild:
        command["dm_permission"] = direct
    if kind == CHAT:
        command["description"] = form.text(body, "description", path, 100, least=1, required=True) or ""
        command["description_localizations"] = _read_localizations(
            body, "description_localizations", form, path, 100
        )
        options = _read_options(body, form, path, None)
        if options:
            command["options"] = options
        if command_size(command) > _TOO_LARGE:
            message = f"Command exceeds maximum size ({_TOO_LARGE})"
            form.wrong(path, "APPLICATION_COMMAND_TOO_LARGE", message)
        return command
    for key in ("description", "options"):
        if body.get(key):
            message = f"Context menu commands cannot have {key}"
            form.wrong((*path, key), f"APPLICATION_COMMAND_CONTEXT_MENU_{key.upper()}", message)
    return command


def command_size(command: Mapping[str, Any]) -> int:
    """How much of the 8000 a command takes: names, descriptions and choices' values, longest translation."""
    size = _longest(command, "name") + _longest(command, "description")
    for choice in command.get("choices") or ():
        size += _longest(choice, "name") + len(str(choice["value"]))
    return size + sum(command_size(option) for option in command.get("options") or ())


def _longest(one: Mapping[str, Any], key: str) -> int:
    translations = (one.get(key + "_localizations") or {}).values()
    return max(len(text) for text in (one.get(key) or "", *translations))


def _read_name(body: Mapping[str, Any], form: Form, path: Path, chat: bool) -> str:
    name = form.text(body, "name", path, 32, least=1, required=True) or ""
    if chat and name:
        _demand_name(name, form, (*path, "name"))
    return name


def _demand_name(name: str, form: Form, place: Path) -> None:
    if not _NAME.fullmatch(name) or name != name.lower():
        form.wrong(place, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _read_localizations(
    body: Mapping[str, Any], key: str, form: Form, path: Path, most: int, chat: bool = False
) -> dict[str, str] | None:
    """Translations by locale; those of a `chat` command's names keep the rules of names."""
    given = form.model(body, key, path)
    if given is None:
        return None
    place, read = (*path, key), {}
    for locale in given:
        if locale not in LOCALES:
            message = f'Value "{locale}" is not a valid enum value.'
            form.wrong((*place, locale), "ENUM_TYPE_COERCE", message)
            continue
        text = form.text(given, locale, place, most, least=1, required=True)
        if text and chat:
            _demand_name(text, form, (*place, locale))
        read[locale] = text or ""
    return read


def _read_permissions(body: Mapping[str, Any], form: Form, path: Path) -> str | None:
    if body.get("default_member_permissions") is None:
        return None
    return str(form.permissions(body, "default_member_permissions", path))


def _read_contexts(body: Mapping[str, Any], form: Form, path: Path) -> tuple[list[int] | None, bool]:
    """Where a command can be used: its `contexts`, and what the older `dm_permission` says of them."""
    direct = form.truth(body, "dm_permission", path, default=True)
    contexts = _read_few(body, "contexts", form, path, 2)
    if contexts is None:
        return (None, True) if direct else ([IN_GUILD], False)
    return contexts, IN_BOT_DIRECT in contexts


def _read_few(body: Mapping[str, Any], key: str, form: Form, path: Path, highest: int) -> list[int] | None:
    """Different numbers from 0 to `highest`; None where they are absent or null."""
    if body.get(key) is None:
        return None
    values: list[int] = []
    for index, value in enumerate(form.items(body, key, path, highest + 1, least=1)):
        place, allowed = (*path, key, index), tuple(range(highest + 1))
        if isinstance(value, bool) or value not in allowed:
            form.wrong(place, "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
        elif value in values:
            form.wrong(place, "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
        else:
            values.append(int(value))
    return values


def _read_options(body: Mapping[str, Any], form: Form, path: Path, holder: int | None) -> list[Json]:
    """The options within a `holder`: a group, a subcommand, or None for the command itself."""
    options: list[Json] = []
    for place, given in form.objects(body, "options", path, 25):
        option = _read_option(given, form, place)
        if option["name"] and option["name"] in [other["name"] for other in options]:
            message = "Option names must be different."
            form.wrong((*place, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", message)
        if option.get("required") and not all(other.get("required") for other in options):
            message = "Required options must be placed before non-required options"
            form.wrong(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        kind = option["type"]
        branch = kind in (SUBCOMMAND, GROUP)
        if holder == GROUP and kind != SUBCOMMAND:
            message = "Sub-command groups can only contain sub-commands"
            form.wrong(place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
        elif holder == SUBCOMMAND and branch:
            message = "Sub-commands cannot contain sub-commands or sub-command groups"
            form.wrong(place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
        elif options and branch != (options[0]["type"] in (SUBCOMMAND, GROUP)):
            message = (
                "Sub-command and sub-command group option types are mutually exclusive to all other types"
            )
            form.wrong(place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
        elif branch:
            option["options"] = _read_options(given, form, place, kind)
        options.append(option)
    return options


def _read_option(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    """An option without those that it holds itself; what its type has no use for is dropped."""
    kind = form.choice(given, "type", place, 0, _OPTION_KINDS)
    if given.get("type") is None:
        message = 'Field "type" is required to determine the model type.'
        form.wrong(place, "TAG_FIELD_MISSING", message)
    option: Json = {
        "type": kind,
        "name": _read_name(given, form, place, chat=True),
        "name_localizations": _read_localizations(given, "name_localizations", form, place, 32, chat=True),
        "description": form.text(given, "description", place, 100, least=1, required=True) or "",
        "description_localizations": _read_localizations(
            given, "description_localizations", form, place, 100
        ),
    }
    if kind in (SUBCOMMAND, GROUP):
        return option
    option["required"] = form.truth(given, "required", place)
    if kind == CHANNEL and given.get("channel_types") is not None:
        option["channel_types"] = read_channel_types(given, form, place)
    if kind == STRING:
        _read_lengths(given, option, form, place)
    elif kind in (INTEGER, NUMBER):
        _read_bounds(given, option, form, place)
    if kind in _WITH_CHOICES:
        _read_offers(given, option, form, place)
    return option


def read_channel_types(given: Mapping[str, Any], form: Form, place: Path) -> list[int]:
    """The kinds of channels that an option or a select takes."""
    types = form.items(given, "channel_types", place, len(_CHANNEL_TYPES))
    for index, value in enumerate(types):
        if type(value) is not int or value not in _CHANNEL_TYPES:
            spot, message = (*place, "channel_types", index), f"Value must be one of {_CHANNEL_TYPES}."
            form.wrong(spot, "BASE_TYPE_CHOICES", message)
    return types


def _read_lengths(given: Mapping[str, Any], option: Json, form: Form, place: Path) -> None:
    for key, least in (("min_length", 0), ("max_length", 1)):
        if given.get(key) is not None:
            option[key] = form.number(given, key, place, least, least, _TEXT_AT_MOST)
    if option.get("min_length", 0) > option.get("max_length", _TEXT_AT_MOST):
        message = "min_length must not be greater than max_length."
        form.wrong((*place, "min_length"), "APPLICATION_COMMAND_OPTIONS_MIN_GREATER_THAN_MAX", message)


def _read_bounds(given: Mapping[str, Any], option: Json, form: Form, place: Path) -> None:
    for key in ("min_value", "max_value"):
        if given.get(key) is None:
            continue
        if is_number(given[key], option["type"]):
            option[key] = given[key]
        else:
            form.wrong((*place, key), "NUMBER_TYPE_COERCE", f'Value "{given[key]}" is not a number.')
    if option.get("min_value", -EXACT) > option.get("max_value", EXACT):
        message = "min_value must not be greater than max_value."
        form.wrong((*place, "min_value"), "APPLICATION_COMMAND_OPTIONS_MIN_GREATER_THAN_MAX", message)


def is_number(value: Any, kind: int) -> bool:
    """Whether a value fits an option for numbers, whole ones if its kind is INTEGER; both within 53 bits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    whole = isinstance(value, int) or value.is_integer()
    return abs(value) <= EXACT and (whole or kind == NUMBER)


def _read_offers(given: Mapping[str, Any], option: Json, form: Form, place: Path) -> None:
    """Read an option's choices, or that the bot completes what is written."""
    completed = form.truth(given, "autocomplete", place)
    if given.get("autocomplete") is not None:
        option["autocomplete"] = completed
    if not given.get("choices"):
        return
    option["choices"] = read_choices(given, form, place, option["type"])
    names = [choice["name"] for choice in option["choices"]]
    for index, name in enumerate(names):
        if name in names[:index]:
            spot, message = (*place, "choices", index, "name"), "Option choice names must be different."
            form.wrong(spot, "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", message)
    if completed:
        message = "Choices and autocomplete exclude each other."
        form.wrong((*place, "choices"), "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE", message)


def read_choices(body: Mapping[str, Any], form: Form, path: Path, kind: int) -> list[Json]:
    """Up to 25 choices for an option of this kind, as in commands and autocomplete answers."""
    choices = []
    for place, given in form.objects(body, "choices", path, 25):
        choice: Json = {"name": form.text(given, "name", place, 100, least=1, required=True) or ""}
        choice["name_localizations"] = _read_localizations(given, "name_localizations", form, place, 100)
        choice["value"] = value = given.get("value")
        if value is None:
            form.missing((*place, "value"))
        elif kind == STRING:
            form.text(given, "value", place, 100, least=1, required=True)
        elif not is_number(value, kind):
            form.wrong((*place, "value"), "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')
        choices.append(choice)
    return choices
