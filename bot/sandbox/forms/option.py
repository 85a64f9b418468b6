"""What a person gave for a command's options, held against the command as it is stored.

https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-option-structure
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.forms.command import BOOLEAN, EXACT, GROUP, INTEGER, NUMBER, STRING, SUBCOMMAND
from bot.sandbox.forms.form import Form, Path, length
from bot.sandbox.forms.select import Exists
from bot.sandbox.snowflakes import is_snowflake
from bot.sandbox.things import Command

_TEXT_AT_MOST = 6000
_NUMBERS = (INTEGER, NUMBER)


def read_options(
    data: Mapping[str, Any], command: Command, form: Form, complete: bool, exists: Exists
) -> list[dict[str, Any]]:
    """The options of an interaction's `data`; what breaks the command's rules is noted under `data.options`.

    `complete` is false for an autocomplete, in which options may be missing and values half written.
    """
    return _Reader(form, complete, exists).level(data, command.body.get("options") or [], ("data",))


def leaves(options: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The options that hold values, within subcommands too."""
    for one in options:
        if one["type"] in (SUBCOMMAND, GROUP):
            yield from leaves(one["options"])
        else:
            yield one


class _Reader:
    def __init__(self, form: Form, complete: bool, exists: Exists) -> None:
        self._form = form
        self._complete = complete
        self._exists = exists

    def level(
        self, holder: Mapping[str, Any], declared: list[dict[str, Any]], path: Path
    ) -> list[dict[str, Any]]:
        """The options of a command, group or subcommand."""
        form = self._form
        known = {one["name"]: one for one in declared}
        read: dict[str, dict[str, Any]] = {}
        for place, given in form.objects(holder, "options", path, 25):
            name = given.get("name")
            rule = known.get(name) if isinstance(name, str) else None
            if rule is None:
                form.wrong((*place, "name"), "BASE_TYPE_CHOICES", f"Value must be one of {tuple(known)}.")
            elif rule["name"] in read:
                message = "An option can be given once only."
                form.wrong((*place, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", message)
            elif given.get("type") != rule["type"] or isinstance(given["type"], bool):
                form.wrong((*place, "type"), "BASE_TYPE_CHOICES", f"Value must be one of ({rule['type']},).")
            else:
                read[rule["name"]] = self._option(given, rule, place)
        branches = [one for one in declared if one["type"] in (SUBCOMMAND, GROUP)]
        if branches and len(read) != 1:
            message = f"Exactly one of {tuple(one['name'] for one in branches)} must be given."
            form.wrong((*path, "options"), "BASE_TYPE_BAD_LENGTH", message)
        for rule in declared if self._complete else ():
            if rule.get("required") and rule["name"] not in read:
                message = f"Required option {rule['name']} is missing."
                form.wrong((*path, "options"), "APPLICATION_COMMAND_REQUIRED_OPTION_MISSING", message)
        return list(read.values())

    def _option(self, given: Mapping[str, Any], rule: dict[str, Any], place: Path) -> dict[str, Any]:
        form, complete = self._form, self._complete
        option = {"name": rule["name"], "type": rule["type"]}
        if rule["type"] in (SUBCOMMAND, GROUP):
            option["options"] = self.level(given, rule.get("options") or [], place)
            return option
        option["value"] = value = given.get("value")
        spot = (*place, "value")
        if given.get("focused") is True and not complete:
            option["focused"] = True
            if not rule.get("autocomplete"):
                message = "This option is not completed by the application."
                form.wrong((*place, "focused"), "BASE_TYPE_CHOICES", message)
            # What is half written is no number yet.
            rule = {"type": STRING} if isinstance(value, str) else {"type": rule["type"]}
        if value is None:
            form.missing(spot)
        elif not _fits(value, rule["type"]):
            form.wrong(spot, "BASE_TYPE_CHOICES", f"Value is not of the option's type {rule['type']}.")
        elif rule["type"] == STRING:
            _check_length(value, rule if complete else {}, form, spot)
        elif rule["type"] in _NUMBERS:
            option["value"] = int(value) if rule["type"] == INTEGER else value
            _check_bounds(value, rule if complete else {}, form, spot)
        elif rule["type"] != BOOLEAN and not self._exists(rule, str(value)):
            form.wrong(spot, "BASE_TYPE_CHOICES", f"There is no {value} here that this option takes.")
        choices = [one["value"] for one in rule.get("choices") or ()]
        if complete and choices and value not in choices:
            form.wrong(spot, "BASE_TYPE_CHOICES", f"Value must be one of {tuple(choices)}.")
        return option


def _fits(value: Any, kind: int) -> bool:
    """Whether a value is of an option's type: text, number, truth, and ids for all the others."""
    if kind == STRING:
        return isinstance(value, str)
    if kind == BOOLEAN:
        return isinstance(value, bool)
    if kind in _NUMBERS:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return not isinstance(value, bool) and (whole or (kind == NUMBER and isinstance(value, float)))
    return is_snowflake(value)


def _check_length(text: str, rule: Mapping[str, Any], form: Form, spot: Path) -> None:
    least, most = rule.get("min_length", 0), min(rule.get("max_length", _TEXT_AT_MOST), _TEXT_AT_MOST)
    if not least <= length(text) <= most:
        form.wrong(spot, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def _check_bounds(value: float, rule: Mapping[str, Any], form: Form, spot: Path) -> None:
    least, most = rule.get("min_value", -EXACT), rule.get("max_value", EXACT)
    if value < least:
        form.wrong(spot, "NUMBER_TYPE_MIN", f"Value should be greater than or equal to {least}.")
    elif value > most:
        form.wrong(spot, "NUMBER_TYPE_MAX", f"Value should be less than or equal to {most}.")
