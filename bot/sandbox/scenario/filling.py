"""What a client fills in for a person: a command's options, a button's or a menu's choice, a dialog's fields."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.sandbox.scenario.things import Json, Thing, id_of

BUTTON, SELECT, TEXT_INPUT, LABEL = 2, 3, 4, 18
_LINK = 5
# Options whose value is somebody or something: a member, a channel, a role, one of them.
_OF_IDS = (6, 7, 8, 9)
# User, role, mentionable and channel selects: their choices are not listed.
_ENTITY_SELECTS = (5, 6, 7, 8)
_CHOSEN_BY_VALUES = (SELECT, *_ENTITY_SELECTS)


def walk(components: Sequence[Json]) -> Iterator[Json]:
    """All components, nested ones too."""
    for one in components:
        yield one
        inner = [*one.get("components", ()), *(one[key] for key in ("accessory", "component") if key in one)]
        yield from walk(inner)


def command_data(command: Json, path: Sequence[str], given: Mapping[str, Any], focused: str = "") -> Json:
    """The `data` of a command's interaction: subcommands by their path, options by name."""
    level, chain = command, []
    for part in path:
        level = next((one for one in level.get("options", ()) if one["name"] == part), {})
        assert level, f"/{command['name']} has no subcommand {part!r}."
        chain.append({"type": level["type"], "name": part})
    known = {one["name"]: one["type"] for one in level.get("options", ())}
    unknown = ", ".join(sorted(set(given) - set(known)))
    assert not unknown, (
        f"/{' '.join([command['name'], *path])} has no option {unknown}; it has {list(known)}."
    )
    options: list[Json] = []
    for name, value in given.items():
        plain = id_of(value) if known[name] in _OF_IDS else value
        option = {"type": known[name], "name": name, "value": plain}
        options.append({**option, "focused": True} if name == focused else option)
    for step in reversed(chain):
        options = [{**step, "options": options}]
    return {**_named(command), "options": options}


def menu_data(command: Json, target_id: str) -> Json:
    """The `data` of a command from the menu of a message or a member."""
    return {**_named(command), "target_id": target_id, "options": []}


def _named(command: Json) -> Json:
    return {key: command[key] for key in ("id", "name", "type", "version") if key in command}


def button_data(components: Sequence[Json], called: str) -> Json:
    """The `data` of a click on the button with this label, custom_id or emoji."""
    buttons = [one for one in walk(components) if one["type"] == BUTTON and one.get("style") != _LINK]
    found = next((one for one in buttons if called in _names_of(one)), None)
    known = ", ".join(repr(_names_of(one)[-1]) for one in buttons) or "none"
    assert found is not None, f"There is no button {called!r} to click; there are {known}."
    assert not found.get("disabled"), f"The button {called!r} is disabled."
    return {"component_type": BUTTON, "custom_id": found["custom_id"]}


def _names_of(component: Json) -> list[str]:
    emoji = (component.get("emoji") or {}).get("name")
    names = [component.get("custom_id"), component.get("placeholder"), emoji, component.get("label")]
    return [name for name in names if name]


def choice_data(components: Sequence[Json], wanted: Sequence[Thing], called: str | None) -> Json:
    """The `data` of a choice in a menu: by labels or values, or whom or what a menu of such takes.

    The menu is the one with this custom_id or placeholder, else the first that can be meant.
    """
    menus = [one for one in walk(components) if one["type"] in _CHOSEN_BY_VALUES]
    named = [one for one in menus if called is None or called in _names_of(one)]
    for menu in named:
        values = _values(menu, wanted)
        if values is not None:
            assert not menu.get("disabled"), f"The menu {menu['custom_id']!r} is disabled."
            return {"component_type": menu["type"], "custom_id": menu["custom_id"], "values": values}
    known = "; ".join(
        f"{_names_of(one)[-1]!r} with {[option['label'] for option in one.get('options', ())]}"
        for one in menus
    )
    raise AssertionError(f"No menu offers {list(wanted)}; there are {known or 'none'}.")


def _values(menu: Json, wanted: Sequence[Thing]) -> list[str] | None:
    if menu["type"] in _ENTITY_SELECTS:
        return [id_of(one) for one in wanted]
    by_name = {option["value"]: option["value"] for option in menu["options"]}
    by_name |= {option["label"]: option["value"] for option in menu["options"]}
    found = [by_name.get(one) if isinstance(one, str) else None for one in wanted]
    values = [one for one in found if one is not None]
    return values if len(values) == len(wanted) else None


def dialog_components(shown: Sequence[Json], given: Mapping[str, Any]) -> list[Json]:
    """A dialog's components filled in by custom_id or label; what is not named keeps what it came with."""
    left = dict(given)
    filled = []
    for holder in shown:
        if holder["type"] == LABEL:
            inner = holder["component"]
            field = _field(inner, left, inner["custom_id"], holder.get("label"))
            filled.append({"type": LABEL, "component": field})
        elif holder.get("components"):
            fields = [_field(one, left, one["custom_id"], one.get("label")) for one in holder["components"]]
            filled.append({"type": holder["type"], "components": fields})
    assert not left, f"The dialog has no field {', '.join(sorted(left))}."
    return filled


def _field(shown: Json, left: dict[str, Any], *names: str | None) -> Json:
    given = [left.pop(name) for name in names if name is not None and name in left]
    field = {"type": shown["type"], "custom_id": shown["custom_id"]}
    if shown["type"] not in _CHOSEN_BY_VALUES:
        return {**field, "value": given[0] if given else shown.get("value") or ""}
    chosen = given[0] if given else [one["value"] for one in shown.get("options", ()) if one.get("default")]
    several = [chosen] if isinstance(chosen, str) or not isinstance(chosen, Sequence) else list(chosen)
    return {**field, "values": _values(shown, several) or several}
