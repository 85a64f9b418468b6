"""Components: rows of buttons and selects, modals, and the layouts of components v2.

https://discord.com/developers/docs/components/reference
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.forms.form import Form, Path, length

ROW, BUTTON, SELECT, TEXT_INPUT = 1, 2, 3, 4
_SELECTS = frozenset({3, 5, 6, 7, 8})
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18
_LAYOUTS = frozenset({SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER})
_LINK, _PREMIUM = 5, 6


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All components, nested ones too, in the order in which they are written."""
    for one in components:
        yield one
        yield from walk([part for part in one.get("components", ()) if isinstance(part, dict)])
        for key in ("accessory", "component"):
            if isinstance(one.get(key), dict):
                yield from walk([one[key]])


def uses_components_v2(components: list[dict[str, Any]]) -> bool:
    """Whether there is a component that needs the flag IS_COMPONENTS_V2."""
    return any(one.get("type") in _LAYOUTS for one in components)


def read_components(body: Mapping[str, Any], form: Form, path: Path, v2: bool) -> list[dict[str, Any]]:
    """Read a message's components and number those that came without an `id`."""
    given = form.items(body, "components", path, 40 if v2 else 5)
    components = [_copy(one) for one in given if isinstance(one, Mapping)]
    for index, one in enumerate(components):
        place = (*path, "components", index)
        if one.get("type") != ROW and one.get("type") not in _LAYOUTS:
            form.wrong((*place, "type"), "BASE_TYPE_CHOICES", "Value must be a kind of top-level component.")
        _read(one, form, place)
    everything = list(walk(components))
    _demand_different_ids(everything, form, (*path, "components"))
    if v2 and len(everything) > 40:
        message = "The total number of components in a message must not exceed 40."
        form.wrong((*path, "components"), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    written = sum(length(str(one.get("content", ""))) for one in everything if one.get("type") == TEXT)
    if written > 4000:
        message = "The total text of all components must not exceed 4000 characters."
        form.wrong((*path, "components"), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    number_components(everything)
    return components


def number_components(everything: list[dict[str, Any]]) -> None:
    """Give an `id` to each component that has none."""
    taken = {one["id"] for one in everything if isinstance(one.get("id"), int) and one["id"] > 0}
    following = 1
    for one in everything:
        if one.get("id") in taken:
            continue
        while following in taken:
            following += 1
        one["id"] = following
        taken.add(following)


def read_modal(body: Mapping[str, Any], form: Form, path: Path) -> dict[str, Any]:
    """Read the data of a modal: title, custom_id, and one to five rows or labels with an input each."""
    title = form.text(body, "title", path, 45, least=1, required=True)
    custom_id = form.text(body, "custom_id", path, 100, least=1, required=True)
    given = form.items(body, "components", path, 5, least=1)
    components = [_copy(one) for one in given if isinstance(one, Mapping)]
    if not components:
        form.missing((*path, "components"))
    for index, one in enumerate(components):
        place = (*path, "components", index)
        if one.get("type") not in (ROW, LABEL, TEXT):
            form.wrong((*place, "type"), "BASE_TYPE_CHOICES", "Value must be one of (1, 10, 18).")
        _read(one, form, place, modal=True)
    everything = list(walk(components))
    _demand_different_ids(everything, form, (*path, "components"))
    number_components(everything)
    return {"title": title, "custom_id": custom_id, "components": components}


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items() if item is not None}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _demand_different_ids(everything: list[dict[str, Any]], form: Form, place: Path) -> None:
    seen: set[str] = set()
    for one in everything:
        custom_id = one.get("custom_id")
        if not isinstance(custom_id, str):
            continue
        if custom_id in seen:
            message = f"Component custom id cannot be duplicated: {custom_id}"
            form.wrong(place, "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        seen.add(custom_id)


def _read(one: dict[str, Any], form: Form, place: Path, modal: bool = False) -> None:
    kind = one.get("type")
    if kind == ROW:
        _read_row(one, form, place, modal)
    elif kind == BUTTON:
        _read_button(one, form, place)
    elif kind in _SELECTS:
        _read_select(one, form, place)
    elif kind == TEXT_INPUT:
        _read_text_input(one, form, place)
    elif kind == TEXT:
        form.text(one, "content", place, 4000, least=1, required=True)
    elif kind == SECTION:
        _read_children(one, form, place, 3, (TEXT,))
        _read_only_child(one, "accessory", form, place, (BUTTON, THUMBNAIL))
    elif kind == CONTAINER:
        _read_children(one, form, place, 40, (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR))
    elif kind == LABEL:
        form.text(one, "label", place, 45, least=1, required=True)
        form.text(one, "description", place, 100)
        _read_only_child(one, "component", form, place, (*sorted(_SELECTS), TEXT_INPUT, 19, 21, 22, 23))
    elif kind == GALLERY:
        items = form.items(one, "items", place, 10, least=1)
        for index, item in enumerate(items):
            _read_media(item, form, (*place, "items", index))
    elif kind == THUMBNAIL:
        _read_media(one, form, place)


def _read_row(row: dict[str, Any], form: Form, place: Path, modal: bool) -> None:
    children = _read_children(row, form, place, 5, (TEXT_INPUT,) if modal else (BUTTON, *sorted(_SELECTS)))
    if len(children) > 1 and any(child.get("type") != BUTTON for child in children):
        message = "A row holds one to five buttons, or one select."
        form.wrong((*place, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)


def _read_children(
    parent: dict[str, Any], form: Form, place: Path, most: int, kinds: tuple[int, ...]
) -> list[dict[str, Any]]:
    children = form.items(parent, "components", place, most, least=1)
    if "components" not in parent:
        form.missing((*place, "components"))
    for index, child in enumerate(children):
        spot = (*place, "components", index)
        if not isinstance(child, dict) or child.get("type") not in kinds:
            form.wrong((*spot, "type"), "BASE_TYPE_CHOICES", f"Value must be one of {kinds}.")
            continue
        _read(child, form, spot)
    return [child for child in children if isinstance(child, dict)]


def _read_only_child(
    parent: dict[str, Any], key: str, form: Form, place: Path, kinds: tuple[int, ...]
) -> None:
    child = parent.get(key)
    if not isinstance(child, dict):
        form.missing((*place, key))
    elif child.get("type") not in kinds:
        form.wrong((*place, key, "type"), "BASE_TYPE_CHOICES", f"Value must be one of {kinds}.")
    else:
        _read(child, form, (*place, key))


def _read_button(button: dict[str, Any], form: Form, place: Path) -> None:
    style = form.choice(button, "style", place, 0, (1, 2, 3, 4, _LINK, _PREMIUM))
    if not style:
        form.missing((*place, "style"))
    form.text(button, "label", place, 80)
    if style == _LINK:
        form.url(button, "url", place, most=512)
        if "url" not in button:
            message = "A url is required"
            form.wrong((*place, "url"), "BUTTON_COMPONENT_URL_REQUIRED", message)
        if "custom_id" in button:
            message = "A custom id and url cannot both be specified"
            form.wrong(place, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message)
    elif style != _PREMIUM:
        form.text(button, "custom_id", place, 100, least=1, required=True)
        if "url" in button:
            message = "A url can only be used with a link button"
            form.wrong((*place, "url"), "BUTTON_COMPONENT_URL_NOT_ALLOWED", message)
    if style != _PREMIUM and not button.get("label") and not button.get("emoji"):
        message = "A button needs a label or an emoji."
        form.wrong((*place, "label"), "BUTTON_COMPONENT_LABEL_REQUIRED", message)


def _read_select(select: dict[str, Any], form: Form, place: Path) -> None:
    form.text(select, "custom_id", place, 100, least=1, required=True)
    form.text(select, "placeholder", place, 150)
    select["min_values"] = form.number(select, "min_values", place, 1, 0, 25)
    select["max_values"] = form.number(select, "max_values", place, 1, 1, 25)
    if select.get("type") != SELECT:
        return
    options = form.items(select, "options", place, 25, least=1)
    if not options:
        form.missing((*place, "options"))
    seen: set[str] = set()
    for index, option in enumerate(options):
        spot = (*place, "options", index)
        if not isinstance(option, dict):
            form.wrong(spot, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            continue
        form.text(option, "label", spot, 100, least=1, required=True)
        value = form.text(option, "value", spot, 100, least=1, required=True)
        form.text(option, "description", spot, 100)
        if value in seen:
            message = "The specified option value is already used"
            form.wrong((*spot, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
        seen.add(value or "")


def _read_text_input(given: dict[str, Any], form: Form, place: Path) -> None:
    form.text(given, "custom_id", place, 100, least=1, required=True)
    form.text(given, "label", place, 45)
    form.text(given, "placeholder", place, 100)
    form.text(given, "value", place, 4000)
    form.choice(given, "style", place, 1, (1, 2))
    form.number(given, "min_length", place, 0, 0, 4000)
    form.number(given, "max_length", place, 4000, 1, 4000)


def _read_media(given: Any, form: Form, place: Path) -> None:
    media = given.get("media") if isinstance(given, Mapping) else None
    if not isinstance(media, dict) or "url" not in media:
        form.missing((*place, "media", "url"))
        return
    form.url(media, "url", (*place, "media"), attachments=True)
    # What Discord's answer says of a picture that it has not looked at yet.
    url = media.get("url")
    given["media"] = {**media, "id": "0", "proxy_url": url, "width": None, "height": None}
