"""Routes that list threads: the open ones of a guild, a channel's archived ones, and a person's search."""

from collections.abc import Callable
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import invalid_form, refusal
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.messages import shape_for
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.things import ANNOUNCEMENT, FORUM_TYPES, PRIVATE_THREAD, TEXT, Channel, Message

_SORTS: dict[str, Callable[[Channel], Any]] = {
    "relevance": lambda one: int(one.last_message_id or one.id),
    "last_message_time": lambda one: int(one.last_message_id or one.id),
    "creation_time": lambda one: int(one.id),
    "archive_time": lambda one: one.thread.archive_timestamp if one.thread else "",
}


def _listing(call: Call, threads: list[Channel], more: bool) -> Json:
    own = [one for one in threads if one.thread and call.user.id in one.thread.members]
    return {
        "threads": [shapes.channel_shape(call.world, one, call.user.id) for one in threads],
        "members": [shapes.thread_member_shape(one, call.user.id) for one in own],
        "has_more": more,
    }


def list_active(call: Call) -> Any:
    """`GET /guilds/{id}/threads/active`: those that the asking user sees, newest first."""
    guild = call.guild()
    active = call.world.active_threads(guild.id)
    threads = [one for one in active if call.stage.access.can_view(call.user.id, one)]
    return _listing(call, sorted(threads, key=lambda one: int(one.id), reverse=True), False)


def _parent(call: Call, needed: int) -> Channel:
    channel = call.channel(needed)
    if channel.type not in (TEXT, ANNOUNCEMENT, *FORUM_TYPES):
        raise refusal(50024)
    return channel


def _archived(call: Call, channel: Channel, private: bool) -> list[tuple[str, Channel]]:
    """A channel's archived threads with the times of their archiving."""
    return [
        (one.thread.archive_timestamp, one)
        for one in call.world.threads_of(channel.id)
        if one.thread and one.thread.archived and (one.type == PRIVATE_THREAD) == private
    ]


def _by_time(call: Call, channel: Channel, private: bool) -> Json:
    """One page by the time of archiving, newest first; `before` is such a time."""
    limit, before = call.limit(50, 100, least=2), call.asked_time("before")
    found = [pair for pair in _archived(call, channel, private) if before is None or pair[0] < before]
    found.sort(key=lambda pair: (pair[0], int(pair[1].id)), reverse=True)
    return _listing(call, [one for _, one in found[:limit]], len(found) > limit)


def list_public(call: Call) -> Any:
    """`GET …/threads/archived/public`."""
    return _by_time(call, _parent(call, Permission.READ_MESSAGE_HISTORY), private=False)


def list_private(call: Call) -> Any:
    """`GET …/threads/archived/private`: all of them, for moderators."""
    needed = Permission.READ_MESSAGE_HISTORY | Permission.MANAGE_THREADS
    return _by_time(call, _parent(call, needed), private=True)


def list_own_private(call: Call) -> Any:
    """`GET …/users/@me/threads/archived/private`: those that one is in, newest first; `before` is an id."""
    channel = _parent(call, Permission.READ_MESSAGE_HISTORY)
    limit, before = call.limit(50, 100, least=2), call.asked_id("before")
    found = [
        one
        for _, one in _archived(call, channel, private=True)
        if one.thread and call.user.id in one.thread.members and (before is None or int(one.id) < before)
    ]
    found.sort(key=lambda one: int(one.id), reverse=True)
    return _listing(call, found[:limit], len(found) > limit)


def search(call: Call) -> Any:
    """`GET …/threads/search`: how people's clients read a forum, in pages of 25."""
    call.person()
    channel = _parent(call, Permission.READ_MESSAGE_HISTORY)
    limit, offset = call.limit(25, 25), call.asked_id("offset") or 0
    sort = call.query.get("sort_by", "last_message_time")
    if sort not in _SORTS:
        message = f"Value must be one of {tuple(_SORTS)}."
        raise invalid_form({"sort_by": {"_errors": [{"code": "BASE_TYPE_CHOICES", "message": message}]}})
    wanted = _wanted(call)
    found = [
        one
        for one in call.world.threads_of(channel.id)
        if wanted(one) and call.stage.access.can_view(call.user.id, one)
    ]
    found.sort(key=_SORTS[sort], reverse=call.query.get("sort_order", "desc") != "asc")
    page = found[offset : offset + limit]
    first = [call.world.messages[one.id] for one in page if one.id in call.world.messages]
    return {
        **_listing(call, page, len(found) > offset + limit),
        "first_messages": [shape_for(call, one) for one in first if _opens(one)],
        "total_results": len(found),
    }


def _opens(message: Message) -> bool:
    """Whether a message is the first of the post whose id it has, and not what a thread was made from."""
    return message.id == message.channel_id


def _wanted(call: Call) -> Callable[[Channel], bool]:
    """What a search asks for: a part of the name, tags (all or some of them), archived ones or not."""
    name = call.query.get("name", "").casefold()
    tags = set(call.query.get("tag", "").replace(",", " ").split())
    every = call.query.get("tag_setting", "match_some") == "match_all"
    archived = call.flag("archived") if "archived" in call.query else None
    least, most = call.asked_id("min_id"), call.asked_id("max_id")

    def wanted(one: Channel) -> bool:
        thread = one.thread
        if thread is None or name not in one.name.casefold():
            return False
        if tags and not (tags <= set(thread.applied_tags) if every else tags & set(thread.applied_tags)):
            return False
        if archived is not None and thread.archived != archived:
            return False
        return (least is None or int(one.id) > least) and (most is None or int(one.id) < most)

    return wanted


_THREADS = "/channels/{channel_id}/threads"
_OWN = "/channels/{channel_id}/users/@me/threads/archived/private"
ROUTES = (
    Route("GET", "/guilds/{guild_id}/threads/active", list_active),
    Route("GET", _THREADS + "/archived/public", list_public),
    Route("GET", _THREADS + "/archived/private", list_private),
    Route("GET", _THREADS + "/search", search),
    Route("GET", _OWN, list_own_private),
)
