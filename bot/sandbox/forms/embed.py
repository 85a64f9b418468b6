"""Embeds: their texts, addresses and fields, and the 6000 characters that all of a message may hold together.

https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.sandbox.forms.form import Form, Path, length
from bot.sandbox.snowflakes import stamp

# An embed without any of these shows nothing.
_SHOWN = ("title", "description", "author", "footer", "image", "thumbnail", "fields", "timestamp")


def read_embeds(body: Mapping[str, Any], form: Form, path: Path) -> list[dict[str, Any]]:
    """The embeds of a message's body, as Discord keeps them."""
    embeds = [_read_embed(given, form, place) for place, given in form.objects(body, "embeds", path, 10)]
    total = sum(embed_length(embed) for embed in embeds)
    if total > 6000:
        form.wrong((*path, "embeds"), "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    return embeds


def embed_length(embed: Mapping[str, Any]) -> int:
    """How much of the 6000 that all embeds may hold together one takes."""
    texts = [embed.get("title"), embed.get("description")]
    texts += [embed.get("author", {}).get("name"), embed.get("footer", {}).get("text")]
    for one in embed.get("fields", ()):
        texts += [one["name"], one["value"]]
    return sum(length(text) for text in texts if text)


def _read_embed(given: Mapping[str, Any], form: Form, place: Path) -> dict[str, Any]:
    embed: dict[str, Any] = {"type": "rich"}
    title = form.text(given, "title", place, 256)
    if title is not None and not title.strip():
        form.missing((*place, "title"))
    _keep(embed, "title", title)
    _keep(embed, "description", form.text(given, "description", place, 4096))
    _keep(embed, "url", form.url(given, "url", place))
    if given.get("color") is not None:
        embed["color"] = form.number(given, "color", place, 0, 0, 0xFFFFFF)
    _keep(embed, "timestamp", _read_time(given, form, place))
    footer = form.model(given, "footer", place)
    if footer is not None:
        text = form.text(footer, "text", (*place, "footer"), 2048, least=1, required=True)
        embed["footer"] = {"text": text or ""}
        _keep(embed["footer"], "icon_url", form.url(footer, "icon_url", (*place, "footer"), attachments=True))
    author = form.model(given, "author", place)
    if author is not None:
        name = form.text(author, "name", (*place, "author"), 256, least=1, required=True)
        embed["author"] = {"name": name or ""}
        _keep(embed["author"], "url", form.url(author, "url", (*place, "author")))
        _keep(embed["author"], "icon_url", form.url(author, "icon_url", (*place, "author"), attachments=True))
    for key in ("image", "thumbnail"):
        picture = form.model(given, key, place)
        if picture is not None:
            url = form.url(picture, "url", (*place, key), attachments=True)
            if url is None:
                form.missing((*place, key, "url"))
            embed[key] = {"url": url or "", "proxy_url": url or "", "width": 0, "height": 0, "flags": 0}
    listed = form.objects(given, "fields", place, 25)
    fields = [_read_field(one, form, spot) for spot, one in listed]
    if fields:
        embed["fields"] = fields
    if not any(embed.get(key) for key in _SHOWN):
        form.missing((*place, "description"))
    return embed


def _read_field(given: Mapping[str, Any], form: Form, place: Path) -> dict[str, Any]:
    name = form.text(given, "name", place, 256, least=1, required=True)
    value = form.text(given, "value", place, 1024, least=1, required=True)
    return {"name": name or "", "value": value or "", "inline": given.get("inline") is True}


def _read_time(given: Mapping[str, Any], form: Form, place: Path) -> str | None:
    value = given.get("timestamp")
    if value is None:
        return None
    try:
        return stamp(datetime.fromisoformat(str(value)))
    except (ValueError, OverflowError):
        message = f"Could not parse {value}. Should be ISO8601."
        form.wrong((*place, "timestamp"), "DATE_TIME_TYPE_PARSE", message)
        return None


def _keep(target: dict[str, Any], key: str, value: Any) -> None:
    if value is not None:
        target[key] = value
