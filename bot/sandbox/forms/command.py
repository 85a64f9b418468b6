"""An application command's body: names, descriptions, options, choices and their limits.

https://discord.com/developers/docs/interactions/application-commands
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.forms.form import Form, Path

CHAT, OF_USER, OF_MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP = 1, 2
_NAME = re.compile(r"[-_'\w]{1,32}")
_TOO_LARGE = 8000
_TEXT_AT_MOST = 6000
_OPTION_KINDS = tuple(range(1, 12))


def read_command(body: Mapping[str, Any], form: Form, path: Path = ()) -> dict[str, Any]:
    """Read one command; gives it in the shape in which Discord answers it, without ids."""
    kind = form.choice(body, "type", path, CHAT, (CHAT, OF_USER, OF_MESSAGE))
    name = _read_name(body, form, path, chat=kind == CHAT)
    command: dict[str, Any] = {
        "type": kind,
        "name": name,
        "name_localizations": _read_localizations(body, "name_localizations", form, path, 32),
        "description": "",
        "description_localizations": None,
        "default_member_permissions": _read_permissions(body, form, path),
        "dm_permission": body.get("dm_permission") is not False,
        "contexts": body.get("contexts"),
        "integration_types": body.get("integration_types") or [0],
        "nsfw": body.get("nsfw") is True,
    }
    if kind == CHAT:
        command["description"] = form.text(body, "description", path, 100, least=1, required=True) or ""
        command["description_localizations"] = _read_localizations(
            body, "description_localizations", form, path, 100
        )
        options = _read_options(body, form, path, depth=0)
        if options:
            command["options"] = options
        if command_size(command) > _TOO_LARGE:
            message = f"Command exceeds maximum size ({_TOO_LARGE})"
            form.wrong(path, "APPLICATION_COMMAND_TOO_LARGE", message)
    elif body.get("description"):
        message = "Context menu commands cannot have description"
        form.wrong((*path, "description"), "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", message)
    return command


def command_size(command: Mapping[str, Any]) -> int:
    """How much of the 8000 a command takes: names, descriptions and choices' values, longest translation."""
    size = _longest(command, "name") + _longest(command, "description")
    for choice in command.get("choices") or ():
        size += _longest(choice, "name") + len(str(choice["value"]))
    return size + sum(command_size(option) for option in command.get("options") or ())


def _longest(one: Mapping[str, Any], key: str) -> int:
    translations = (one.get(key + "_localizations") or {}).values()
    return max(len(text) for text in (str(one.get(key) or ""), *translations))


def _read_name(body: Mapping[str, Any], form: Form, path: Path, chat: bool) -> str:
    name = form.text(body, "name", path, 32, least=1, required=True) or ""
    if chat and name and (not _NAME.fullmatch(name) or name != name.lower()):
        message = "Command name is invalid"
        form.wrong((*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", message)
    return name


def _read_localizations(
    body: Mapping[str, Any], key: str, form: Form, path: Path, most: int
) -> dict[str, str] | None:
    given = body.get(key)
    if not isinstance(given, Mapping):
        return None
    for locale in given:
        form.text(given, locale, (*path, key), most, least=1, required=True)
    return {str(locale): str(text) for locale, text in given.items()}


def _read_permissions(body: Mapping[str, Any], form: Form, path: Path) -> str | None:
    if body.get("default_member_permissions") is None:
        return None
    return str(form.permissions(body, "default_member_permissions", path))


def _read_options(body: Mapping[str, Any], form: Form, path: Path, depth: int) -> list[dict[str, Any]]:
    options = []
    names: set[str] = set()
    optional_seen = False
    for place, given in form.objects(body, "options", path, 25):
        option = _read_option(given, form, place, depth)
        if option["name"] in names:
            message = "Option names must be different."
            form.wrong((*place, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", message)
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            form.wrong(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen = optional_seen or not option.get("required", False)
        names.add(option["name"])
        options.append(option)
    return options


def _read_option(given: Mapping[str, Any], form: Form, place: Path, depth: int) -> dict[str, Any]:
    kind = form.choice(given, "type", place, 0, _OPTION_KINDS)
    if not kind:
        form.missing((*place, "type"))
    option: dict[str, Any] = {
        "type": kind,
        "name": _read_name(given, form, place, chat=True),
        "name_localizations": _read_localizations(given, "name_localizations", form, place, 32),
        "description": form.text(given, "description", place, 100, least=1, required=True) or "",
        "description_localizations": _read_localizations(
            given, "description_localizations", form, place, 100
        ),
    }
    if kind in (SUBCOMMAND, GROUP):
        if depth > 1 or (depth == 1 and kind == GROUP):
            message = "Sub-commands nest at most in one group."
            form.wrong((*place, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
        option["options"] = _read_options(given, form, place, depth + 1)
        return option
    option["required"] = given.get("required") is True
    _read_bounds(given, option, form, place)
    if given.get("autocomplete") is not None:
        option["autocomplete"] = given["autocomplete"] is True
    if given.get("choices"):
        option["choices"] = read_choices(given, form, place)
        if option.get("autocomplete"):
            message = "Choices and autocomplete exclude each other."
            form.wrong((*place, "choices"), "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE", message)
    return option


def _read_bounds(given: Mapping[str, Any], option: dict[str, Any], form: Form, place: Path) -> None:
    for key, least in (("min_length", 0), ("max_length", 1)):
        if given.get(key) is not None:
            option[key] = form.number(given, key, place, least, least, _TEXT_AT_MOST)
    for key in ("min_value", "max_value"):
        value = given.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            form.wrong((*place, key), "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')
        else:
            option[key] = value
    if given.get("channel_types") is not None:
        option["channel_types"] = form.items(given, "channel_types", place, 25)


def read_choices(body: Mapping[str, Any], form: Form, path: Path) -> list[dict[str, Any]]:
    """Up to 25 choices of a name and a value, as in options and autocomplete answers."""
    choices = []
    for place, given in form.objects(body, "choices", path, 25):
        name = form.text(given, "name", place, 100, least=1, required=True)
        value = given.get("value")
        if value is None:
            form.missing((*place, "value"))
        elif isinstance(value, str):
            form.text(given, "value", place, 100, least=1, required=True)
        choice = {"name": name or "", "value": value}
        if given.get("name_localizations") is not None:
            choice["name_localizations"] = given["name_localizations"]
        choices.append(choice)
    return choices
