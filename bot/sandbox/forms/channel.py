"""Reading channels: what each kind has, its limits, forum tags, permission overwrites."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.emoji import is_emoji
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form, Path
from bot.sandbox.permissions import ALL
from bot.sandbox.things import ANNOUNCEMENT, CATEGORY, FORUM_TYPES, MEDIA, STAGE, TEXT, VOICE, Channel

ARCHIVE_MINUTES = (60, 1440, 4320, 10080)
_TAGS_AT_MOST, _OVERWRITES_AT_MOST, _SLOW_AT_MOST_S = 20, 500, 21600
_REQUIRE_TAG, _HIDE_MEDIA_DOWNLOAD_OPTIONS = 1 << 4, 1 << 15
_BITRATES = (8000, 96000)
# What falls out of the names of channels for text; letters of any script, digits, dashes and lines stay.
_LEFT_OUT = re.compile(r"[!\"#$%&'()*+,./:;<=>?@\[\\\]^`{|}~]")
# Kinds that may become each other.
_LIKE_TEXT = (TEXT, ANNOUNCEMENT)


def spelled(name: str, kind: int) -> str:
    """A name as Discord writes it: channels for text small and with dashes, the others as given."""
    if kind in (CATEGORY, VOICE, STAGE):
        return name.strip()
    return re.sub(r"-{2,}", "-", re.sub(r"\s+", "-", _LEFT_OUT.sub("", name.strip()).lower()))


def read_name(body: Mapping[str, Any], form: Form, kind: int, required: bool) -> str | None:
    """A channel's name of 1 to 100 units, spelled; None where it is absent."""
    name = form.text(body, "name", (), 100, least=1, required=required)
    if name is None:
        return None
    found = spelled(name, kind)
    if name.strip() and not found:
        form.wrong(("name",), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    return found


def read_settings(
    body: Mapping[str, Any], form: Form, channel: Channel, make_id: Callable[[], str]
) -> dict[str, Any]:
    """What a form makes of a channel, field by field; names, parents and overwrites are read apart.

    Fields that the channel's kind does not have are passed over.
    """
    changes: dict[str, Any] = {}
    forum = channel.type in FORUM_TYPES
    if "topic" in body and channel.type != CATEGORY:
        changes["topic"] = form.text(body, "topic", (), 4096 if forum else 1024) or None
    if "nsfw" in body and channel.type != CATEGORY:
        changes["nsfw"] = form.truth(body, "nsfw", ())
    changes["position"] = form.number(body, "position", (), channel.position, 0, 10_000)
    for key in ("rate_limit_per_user", "default_thread_rate_limit_per_user"):
        changes[key] = form.number(body, key, (), getattr(channel, key), 0, _SLOW_AT_MOST_S)
    key = "default_auto_archive_duration"
    changes[key] = form.choice(body, key, (), channel.default_auto_archive_duration, ARCHIVE_MINUTES)
    if channel.type in (VOICE, STAGE):
        changes["bitrate"] = form.number(body, "bitrate", (), channel.bitrate, *_BITRATES)
        most = 99 if channel.type == VOICE else 10_000
        changes["user_limit"] = form.number(body, "user_limit", (), channel.user_limit, 0, most)
    if forum:
        changes |= _read_forum(body, form, channel, make_id)
    return changes


def _read_forum(
    body: Mapping[str, Any], form: Form, channel: Channel, make_id: Callable[[], str]
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    known = _REQUIRE_TAG | (_HIDE_MEDIA_DOWNLOAD_OPTIONS if channel.type == MEDIA else 0)
    changes["flags"] = form.number(body, "flags", (), channel.flags, 0, 1 << 30) & known
    if "default_sort_order" in body:
        order = form.choice(body, "default_sort_order", (), 0, (0, 1))
        changes["default_sort_order"] = None if body["default_sort_order"] is None else order
    layout = form.choice(body, "default_forum_layout", (), channel.default_forum_layout, (0, 1, 2))
    changes["default_forum_layout"] = layout
    if "default_reaction_emoji" in body:
        given = form.model(body, "default_reaction_emoji", ())
        emoji = None if given is None else _read_emoji(given, form, ("default_reaction_emoji",))
        changes["default_reaction_emoji"] = emoji
    if "available_tags" in body:
        changes["available_tags"] = _read_tags(body, form, make_id)
    return changes


def _read_emoji(given: Mapping[str, Any], form: Form, place: Path) -> dict[str, Any]:
    """A custom emoji by its id, or a unicode one by its name; both None for neither."""
    emoji_id = form.snowflake(given, "emoji_id", place)
    name = form.text(given, "emoji_name", place, 32)
    if emoji_id is not None:
        return {"emoji_id": emoji_id, "emoji_name": None}
    if name and not is_emoji(name):
        form.wrong((*place, "emoji_name"), "INVALID_EMOJI", "Invalid emoji")
    return {"emoji_id": None, "emoji_name": name or None}


def _read_tags(body: Mapping[str, Any], form: Form, make_id: Callable[[], str]) -> list[dict[str, Any]]:
    tags = []
    for place, one in form.objects(body, "available_tags", (), _TAGS_AT_MOST):
        name = form.text(one, "name", place, 20, least=1, required=True) or ""
        tag_id = form.snowflake(one, "id", place)
        moderated = form.truth(one, "moderated", place)
        emoji = _read_emoji(one, form, place)
        tags.append({"id": tag_id or make_id(), "name": name, "moderated": moderated, **emoji})
    return tags


def demand_tags(body: Mapping[str, Any], channel: Channel, changes: Mapping[str, Any]) -> None:
    """Refuse a tag that is not there to be changed with 10087, two tags of one name with 40061."""
    tags = changes.get("available_tags", [])
    known = {one["id"] for one in channel.available_tags}
    given = [one for one in body.get("available_tags") or () if isinstance(one, dict)]
    named = [str(one["id"]) for one in given if one.get("id") is not None]
    if not known.issuperset(named):
        raise refusal(10087)
    if len({one["name"].lower() for one in tags}) < len(tags):
        raise refusal(40061)


def read_kind(body: Mapping[str, Any], form: Form, channel: Channel) -> int:
    """The kind that a channel is or becomes: text and announcement may be made into each other."""
    allowed = _LIKE_TEXT if channel.type in _LIKE_TEXT else (channel.type,)
    return form.choice(body, "type", (), channel.type, allowed)


def read_overwrites(body: Mapping[str, Any], form: Form) -> dict[str, dict[str, Any]]:
    """The permission overwrites of a channel, by the id of their role or member."""
    listed = form.objects(body, "permission_overwrites", (), _OVERWRITES_AT_MOST)
    found = {}
    for place, one in listed:
        target_id = form.snowflake(one, "id", place)
        if target_id is None:
            form.missing((*place, "id"))
        else:
            found[target_id] = read_overwrite(target_id, one, form, place)
    return found


def read_overwrite(target_id: str, given: Mapping[str, Any], form: Form, place: Path) -> dict[str, Any]:
    """What one role (type 0) or member (type 1) is allowed and denied."""
    allow = form.permissions(given, "allow", place) & ALL
    deny = form.permissions(given, "deny", place) & ALL & ~allow
    kind = 1 if str(given.get("type")) in ("1", "member") else 0
    return {"id": target_id, "type": kind, "allow": str(allow), "deny": str(deny)}
