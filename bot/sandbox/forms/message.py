"""A message's body: content, embeds, attachments, mentions, reply. Limits are Discord's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.errors import refusal
from bot.sandbox.files import Upload
from bot.sandbox.forms.component import demand_attachments, read_components, uses_components_v2
from bot.sandbox.forms.embed import read_embeds
from bot.sandbox.forms.form import Form, Path
from bot.sandbox.snowflakes import is_snowflake

SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SUPPRESS_NOTIFICATIONS, COMPONENTS_V2 = 4, 64, 128, 4096, 32768
_REPLY, _FORWARD = 0, 1
FILES_AT_MOST = 10
_SETTABLE = SUPPRESS_EMBEDS | EPHEMERAL | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2


@dataclass(slots=True)
class Draft:
    """A message body that keeps the rules. `given` names the fields that were in it, `path` where it stood."""

    given: frozenset[str]
    path: Path = ()
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
    # Channel and message that it forwards.
    forward_of: tuple[str, str] | None = None
    allowed_mentions: dict[str, Any] | None = None
    applied_tags: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        shown = self.content.strip() or self.embeds or self.components or self.uploads or self.kept
        return not (shown or self.forward_of)


def read_message(
    body: Mapping[str, Any], files: tuple[Upload, ...], form: Form, path: Path = (), v2: bool = False
) -> Draft:
    """Read a message's body; `v2` when the message that is edited uses components v2 already.

    Errors are noted in `form`; the caller finishes it, and asks `demand_something` where nothing is too little.
    """
    draft = Draft(given=frozenset(body), path=path)
    draft.content = form.text(body, "content", path, 2000) or ""
    draft.flags = form.number(body, "flags", path, 0, 0, (1 << 31) - 1) & _SETTABLE
    draft.tts = form.truth(body, "tts", path)
    draft.embeds = read_embeds(body, form, path)
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
    draft.allowed_mentions = _read_allowed_mentions(body, form, path)
    _read_attachments(body, files, form, path, draft)
    return draft


def demand_something(draft: Draft) -> None:
    """Refuse a message in which there is nothing to show with 50006."""
    if draft.empty:
        raise refusal(50006)


def read_new_message(
    body: Mapping[str, Any], files: tuple[Upload, ...], form: Form, path: Path = ()
) -> Draft:
    """Read the body of a message that is not there yet: what it keeps of attachments must come with it.

    Posts, webhooks and interactions have neither nonces nor references: theirs are passed over, as on Discord.
    Raises 50081 for stickers, which no guild here has. A poll is an error of the form: this Discord has none.
    """
    draft = read_message(body, files, form, path)
    demand_attachments(draft.components, {one.filename for one, _ in draft.uploads}, form, path)
    for attachment_id in draft.kept:
        message = f"There is no file for the attachment {attachment_id}."
        form.wrong((*path, "attachments"), "ATTACHMENT_NOT_FOUND", message)
    if body.get("poll") is not None:
        form.wrong((*path, "poll"), "SANDBOX_HAS_NO_POLLS", "This local Discord has no polls.")
    if form.snowflakes(body, "sticker_ids", path, 3):
        form.finish()
        raise refusal(50081)
    return draft


def read_sent_message(body: Mapping[str, Any], files: tuple[Upload, ...], form: Form) -> Draft:
    """Read the body of a message that is sent to a channel, which may have a nonce and reply or forward."""
    draft = read_new_message(body, files, form)
    draft.nonce = form.nonce(body, "nonce", ())
    draft.enforce_nonce = form.truth(body, "enforce_nonce", ())
    _read_reference(body, form, draft)
    return draft


def _read_reference(body: Mapping[str, Any], form: Form, draft: Draft) -> None:
    """A reply (type 0) or a forward (type 1), which shows nothing of its own."""
    reference = form.model(body, "message_reference", ())
    if reference is None:
        return
    place = ("message_reference",)
    message_id = form.snowflake(reference, "message_id", place)
    channel_id = form.snowflake(reference, "channel_id", place)
    if reference.get("message_id") is None:
        form.missing((*place, "message_id"))
    draft.reply_must_exist = form.truth(reference, "fail_if_not_exists", place, True)
    if form.choice(reference, "type", place, _REPLY, (_REPLY, _FORWARD)) == _REPLY:
        draft.reply_to = message_id
        return
    if channel_id is None:
        form.missing((*place, "channel_id"))
    if draft.content.strip() or draft.embeds or draft.components or body.get("attachments"):
        message = "A forward cannot have content of its own."
        form.wrong(place, "MESSAGE_FORWARD_WITH_CONTENT", message)
    draft.forward_of = (channel_id or "", message_id or "")


def _read_allowed_mentions(body: Mapping[str, Any], form: Form, path: Path) -> dict[str, Any] | None:
    allowed = form.model(body, "allowed_mentions", path)
    if allowed is None:
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
    return {"parse": parse, **named, "replied_user": form.truth(allowed, "replied_user", place)}


def _read_attachments(
    body: Mapping[str, Any], files: tuple[Upload, ...], form: Form, path: Path, draft: Draft
) -> None:
    """Match uploads with their entries: an entry's id is the number of its file, or an attachment's id."""
    waiting = {_number(upload.key): upload for upload in files}
    if len(waiting) < len(files):
        form.wrong((*path, "attachments"), "ATTACHMENT_NOT_UNIQUE", "Two files have the same number.")
    for index, entry in enumerate(form.items(body, "attachments", path, FILES_AT_MOST)):
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
    if len(draft.uploads) + len(draft.kept) > FILES_AT_MOST:
        message = f"Must be {FILES_AT_MOST} or fewer in length."
        form.wrong((*path, "attachments"), "BASE_TYPE_MAX_LENGTH", message)


def _number(key: str) -> str:
    return key.removeprefix("files[").removesuffix("]")
