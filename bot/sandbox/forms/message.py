"""A message's body: content, embeds, attachments, mentions, reply. Limits are Discord's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.errors import refusal
from bot.sandbox.forms.component import read_components, uses_components_v2
from bot.sandbox.forms.form import Form, Path, length
from bot.sandbox.routes.routing import Upload
from bot.sandbox.snowflakes import is_snowflake, stamp

SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SUPPRESS_NOTIFICATIONS, COMPONENTS_V2 = 4, 64, 128, 4096, 32768
# An embed without any of these shows nothing.
_SHOWN = ("title", "description", "author", "footer", "image", "thumbnail", "fields", "timestamp")
_SETTABLE = SUPPRESS_EMBEDS | EPHEMERAL | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2


@dataclass(slots=True)
class Draft:
    """A message body that keeps the rules. `given` names the fields that were in it."""

    given: frozenset[str]
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    # Entries of `attachments`, with the upload of each new one.
    kept: list[str] = field(default_factory=list)
    uploads: list[tuple[Upload, str | None]] = field(default_factory=list)
    flags: int = 0
    tts: bool = False
    nonce: str | int | None = None
    enforce_nonce: bool = False
    reply_to: str | None = None
    reply_must_exist: bool = True
    allowed_mentions: dict[str, Any] | None = None
    applied_tags: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.content.strip() or self.embeds or self.components or self.uploads or self.kept)


def read_message(
    body: Mapping[str, Any], files: tuple[Upload, ...], form: Form, path: Path = (), v2: bool = False
) -> Draft:
    """Read a message's body; `v2` when the message that is edited uses components v2 already.

    Errors are noted in `form`; the caller finishes it, and asks `demand_something` where nothing is too little.
    """
    draft = Draft(given=frozenset(body))
    draft.content = form.text(body, "content", path, 2000) or ""
    draft.flags = form.number(body, "flags", path, 0, 0, (1 << 31) - 1) & _SETTABLE
    draft.tts = body.get("tts") is True
    draft.embeds = _read_embeds(body, form, path)
    v2 = v2 or bool(draft.flags & COMPONENTS_V2)
    draft.components = read_components(body, form, path, v2)
    if uses_components_v2(draft.components) and not v2:
        message = "Components of this kind need the flag IS_COMPONENTS_V2."
        form.wrong((*path, "components"), "BASE_TYPE_CHOICES", message)
    if v2:
        for key, value in (("content", draft.content), ("embeds", draft.embeds)):
            if value:
                message = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                form.wrong((*path, key), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    draft.nonce = form.nonce(body, "nonce", path)
    draft.enforce_nonce = body.get("enforce_nonce") is True
    _read_reply(body, form, path, draft)
    draft.allowed_mentions = _read_allowed_mentions(body, form, path)
    _read_attachments(body, files, form, path, draft)
    return draft


def demand_something(draft: Draft) -> None:
    """Refuse a message in which there is nothing to show with 50006."""
    if draft.empty:
        raise refusal(50006)


def _read_reply(body: Mapping[str, Any], form: Form, path: Path, draft: Draft) -> None:
    reference = body.get("message_reference")
    if not isinstance(reference, Mapping):
        return
    draft.reply_to = form.snowflake(reference, "message_id", (*path, "message_reference"))
    if draft.reply_to is None:
        form.missing((*path, "message_reference", "message_id"))
    draft.reply_must_exist = reference.get("fail_if_not_exists") is not False


def _read_allowed_mentions(body: Mapping[str, Any], form: Form, path: Path) -> dict[str, Any] | None:
    allowed = body.get("allowed_mentions")
    if not isinstance(allowed, Mapping):
        return None
    place = (*path, "allowed_mentions")
    parse = form.items(allowed, "parse", place, 3)
    for index, kind in enumerate(parse):
        if kind not in ("users", "roles", "everyone"):
            message = "Value must be one of ('users', 'roles', 'everyone')."
            form.wrong((*place, "parse", index), "BASE_TYPE_CHOICES", message)
    named = {key: form.snowflakes(allowed, key, place, 100) for key in ("users", "roles")}
    for key, ids in named.items():
        if ids and key in parse:
            message = f"parse:['{key}'] and {key}: [ids...] are mutually exclusive."
            form.wrong(place, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
    return {"parse": parse, **named, "replied_user": allowed.get("replied_user") is True}


def _read_attachments(
    body: Mapping[str, Any], files: tuple[Upload, ...], form: Form, path: Path, draft: Draft
) -> None:
    """Match uploads with their entries: an entry's id is the number of its file, or an attachment's id."""
    waiting = {_number(upload.key): upload for upload in files}
    for index, entry in enumerate(form.items(body, "attachments", path, 10)):
        if not isinstance(entry, Mapping) or not is_snowflake(entry.get("id")):
            form.missing((*path, "attachments", index, "id"))
            continue
        description = form.text(entry, "description", (*path, "attachments", index), 1024)
        upload = waiting.pop(str(entry["id"]), None)
        if upload is None:
            draft.kept.append(str(entry["id"]))
            continue
        name = entry.get("filename")
        if isinstance(name, str) and name:
            upload = Upload(upload.key, name, upload.content_type, upload.data)
        draft.uploads.append((upload, description))
    draft.uploads.extend((upload, None) for upload in waiting.values())


def _number(key: str) -> str:
    return key.removeprefix("files[").removesuffix("]")


def _read_embeds(body: Mapping[str, Any], form: Form, path: Path) -> list[dict[str, Any]]:
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
    except ValueError:
        message = f"Could not parse {value}. Should be ISO8601."
        form.wrong((*place, "timestamp"), "DATE_TIME_TYPE_PARSE", message)
        return None


def _keep(target: dict[str, Any], key: str, value: Any) -> None:
    if value is not None:
        target[key] = value
