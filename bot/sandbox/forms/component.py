"""A message's components: rows of buttons and selects, and the layouts of components v2.

What is read is built anew, in the shape in which Discord answers it; keys that it does not know are dropped.
https://discord.com/developers/docs/components/reference
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from bot.sandbox.forms.form import Form, Path, length
from bot.sandbox.forms.select import SELECTS, Json, read_emoji, read_select

ROW, BUTTON = 1, 2
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
LINK, PREMIUM = 5, 6
_LAYOUTS = (SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER)
_IN_CONTAINER = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)
_COMPONENTS_AT_MOST, _TEXT_AT_MOST = 40, 4000

Reader = Callable[[Mapping[str, Any], Form, Path], Json]


def walk(components: list[Json]) -> Iterator[Json]:
    """All components, nested ones too, in the order in which they are written."""
    return (one for _, one in _walk(components, ()))


def _walk(components: list[Json], path: Path) -> Iterator[tuple[Path, Json]]:
    for index, one in enumerate(components):
        yield from _walk_one(one, (*path, index))


def _walk_one(one: Json, place: Path) -> Iterator[tuple[Path, Json]]:
    yield place, one
    yield from _walk(one.get("components", []), (*place, "components"))
    for key in ("accessory", "component"):
        if key in one:
            yield from _walk_one(one[key], (*place, key))


def demand_attachments(components: list[Json], names: set[str], form: Form, path: Path) -> None:
    """Refuse pictures and files that point at attachments of other names than the message has."""
    for place, one in _walk(components, (*path, "components")):
        media: list[tuple[Path, Any]] = [((key, "url"), one.get(key)) for key in ("media", "file")]
        for index, item in enumerate(one.get("items", ())):
            media.append((("items", index, "media", "url"), item["media"]))
        for where, item in media:
            scheme, _, name = (item or {}).get("url", "").partition("://")
            if scheme == "attachment" and unquote(name) not in names:
                code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
                form.wrong((*place, *where), code, f"The referenced attachment {name} was not found")


def uses_components_v2(components: list[Json]) -> bool:
    """Whether there is a component that needs the flag IS_COMPONENTS_V2."""
    return any(one.get("type") in _LAYOUTS for one in components)


def read_components(body: Mapping[str, Any], form: Form, path: Path, v2: bool) -> list[Json]:
    """Read a message's components and number those that came without an `id`."""
    most = _COMPONENTS_AT_MOST if v2 else 5
    given = form.objects(body, "components", path, most)
    components = [read_one(one, form, place, _READERS, (ROW, *_LAYOUTS)) for place, one in given]
    finish_components(components, form, (*path, "components"))
    everything = list(walk(components))
    if len(everything) > _COMPONENTS_AT_MOST:
        message = f"The total number of components in a message must not exceed {_COMPONENTS_AT_MOST}."
        form.wrong((*path, "components"), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    written = sum(length(one["content"]) for one in everything if one["type"] == TEXT)
    if written > _TEXT_AT_MOST:
        message = f"The total text of all components must not exceed {_TEXT_AT_MOST} characters."
        form.wrong((*path, "components"), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    return components


def read_one(
    given: Mapping[str, Any], form: Form, place: Path, readers: Mapping[int, Reader], kinds: tuple[int, ...]
) -> Json:
    """Read a component that must be one of `kinds`; a component of type 0 stands for one that is not."""
    kind = given.get("type")
    if kind is None:
        form.missing((*place, "type"))
        return {"type": 0}
    if isinstance(kind, bool) or kind not in kinds:
        form.wrong((*place, "type"), "BASE_TYPE_CHOICES", f"Value must be one of {kinds}.")
        return {"type": 0}
    component: Json = {"type": int(kind)}
    number = form.number(given, "id", place, 0, 0, (1 << 31) - 1)
    if number:
        component["id"] = number
    return component | readers[int(kind)](given, form, place)


def read_children(
    parent: Mapping[str, Any],
    form: Form,
    place: Path,
    readers: Mapping[int, Reader],
    kinds: tuple[int, ...],
    most: int,
) -> list[Json]:
    """Read the components within a component, of which there must be one at least."""
    if parent.get("components") is None:
        form.missing((*place, "components"))
    given = form.objects(parent, "components", place, most, least=1)
    return [read_one(one, form, spot, readers, kinds) for spot, one in given]


def finish_components(components: list[Json], form: Form, path: Path) -> None:
    """Refuse ids and custom ids that are there twice; give an `id` to each component that has none."""
    numbers: set[int] = set()
    custom_ids: set[str] = set()
    for place, one in _walk(components, path):
        custom_id, number = one.get("custom_id"), one.get("id")
        if custom_id in custom_ids:
            message = "Component custom id cannot be duplicated"
            form.wrong((*place, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        if number in numbers:
            form.wrong((*place, "id"), "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
        if custom_id:
            custom_ids.add(custom_id)
        if number is not None:
            numbers.add(number)
    following = 1
    for one in walk(components):
        if "id" in one:
            continue
        while following in numbers:
            following += 1
        one["id"] = following
        numbers.add(following)


def read_text_display(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    """Read markdown text that stands by itself."""
    return {"content": form.text(given, "content", place, _TEXT_AT_MOST, least=1, required=True) or ""}


def _read_row(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    children = read_children(given, form, place, _READERS, (BUTTON, *SELECTS), 5)
    if len(children) > 1 and any(child["type"] in SELECTS for child in children):
        message = "The specified component exceeds the maximum width"
        form.wrong((*place, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
    return {"components": children}


# What a button must have and may not have, by its style.
_NEEDED = {LINK: "url", PREMIUM: "sku_id"}
_FORBIDDEN = {LINK: ("custom_id", "sku_id"), PREMIUM: ("custom_id", "url", "label", "emoji")}


def _read_button(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    style = form.choice(given, "style", place, 0, (1, 2, 3, 4, LINK, PREMIUM))
    if not style:
        if given.get("style") is None:
            form.missing((*place, "style"))
        return {"style": style}
    button: Json = {"style": style}
    read: Json = {
        "label": form.text(given, "label", place, 80),
        "custom_id": form.text(given, "custom_id", place, 100, least=1),
        "url": form.url(given, "url", place, most=512),
        "sku_id": form.snowflake(given, "sku_id", place),
        "emoji": read_emoji(given, form, place),
    }
    button |= {key: value for key, value in read.items() if value is not None}
    button["disabled"] = form.truth(given, "disabled", place)
    needed = _NEEDED.get(style, "custom_id")
    if given.get(needed) is None:
        name = needed.replace("_", " ")
        form.wrong((*place, needed), f"BUTTON_COMPONENT_{needed.upper()}_REQUIRED", f"A {name} is required")
    forbidden = [key for key in _FORBIDDEN.get(style, ("url", "sku_id")) if key in button]
    if style == LINK and "custom_id" in forbidden:
        message = "A custom id and url cannot both be specified"
        form.wrong(place, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message)
    elif forbidden:
        message = f"A button of this style cannot have {', '.join(forbidden)}"
        form.wrong(place, "BUTTON_COMPONENT_INVALID_FIELDS", message)
    if style != PREMIUM and not button.get("label") and "emoji" not in button:
        message = "A button needs a label or an emoji."
        form.wrong((*place, "label"), "BUTTON_COMPONENT_LABEL_REQUIRED", message)
    return button


def _read_section(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    section: Json = {"components": read_children(given, form, place, _READERS, (TEXT,), 3)}
    accessory = form.model(given, "accessory", place)
    if accessory is None:
        form.missing((*place, "accessory"))
        return section
    kinds = (BUTTON, THUMBNAIL)
    return {**section, "accessory": read_one(accessory, form, (*place, "accessory"), _READERS, kinds)}


def _read_container(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    children = read_children(given, form, place, _READERS, _IN_CONTAINER, _COMPONENTS_AT_MOST)
    colour = None
    if given.get("accent_color") is not None:
        colour = form.number(given, "accent_color", place, 0, 0, 0xFFFFFF)
    return {
        "components": children,
        "accent_color": colour,
        "spoiler": form.truth(given, "spoiler", place),
    }


def _read_gallery(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    if given.get("items") is None:
        form.missing((*place, "items"))
    items = form.objects(given, "items", place, 10, least=1)
    return {"items": [_read_thumbnail(item, form, spot) for spot, item in items]}


def _read_thumbnail(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    return {
        "media": _read_media(given, "media", form, place),
        "description": form.text(given, "description", place, 1024, least=1),
        "spoiler": form.truth(given, "spoiler", place),
    }


def _read_file(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    media = _read_media(given, "file", form, place)
    scheme, _, name = media["url"].partition("://")
    if scheme != "attachment":
        message = f"Scheme \"{scheme}\" is not supported. Scheme must be one of ('attachment',)."
        form.wrong((*place, "file", "url"), "URL_TYPE_INVALID_SCHEME", message)
    spoiler = form.truth(given, "spoiler", place)
    return {"file": media, "name": unquote(name), "size": None, "spoiler": spoiler}


def _read_media(given: Mapping[str, Any], key: str, form: Form, place: Path) -> Json:
    media = form.model(given, key, place) or {}
    url = form.url(media, "url", (*place, key), attachments=True)
    if media.get("url") is None:
        form.missing((*place, key, "url"))
    # What Discord's answer says of a picture that it has not looked at yet.
    return {"id": "0", "url": url or "", "proxy_url": url or "", "width": None, "height": None}


def _read_separator(given: Mapping[str, Any], form: Form, place: Path) -> Json:
    spacing = form.choice(given, "spacing", place, 1, (1, 2))
    return {"spacing": spacing, "divider": form.truth(given, "divider", place, default=True)}


_READERS: dict[int, Reader] = {
    ROW: _read_row,
    BUTTON: _read_button,
    **dict.fromkeys(SELECTS, read_select),
    SECTION: _read_section,
    TEXT: read_text_display,
    THUMBNAIL: _read_thumbnail,
    GALLERY: _read_gallery,
    FILE: _read_file,
    SEPARATOR: _read_separator,
    CONTAINER: _read_container,
}
