"""Routes of a thread's members: join, leave, add, remove, read, list.

https://discord.com/developers/docs/resources/channel#join-thread
"""

from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import posting
from bot.sandbox.routes.members import demand_members_intent
from bot.sandbox.routes.messages import demand_open
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.things import PRIVATE_THREAD, Channel, ThreadState


def _thread(call: Call, needed: int = 0) -> tuple[Channel, ThreadState]:
    channel = call.channel(needed)
    if channel.thread is None:
        raise refusal(50024)
    return channel, channel.thread


def join(call: Call) -> Any:
    """`PUT …/thread-members/@me`."""
    channel, _ = _thread(call)
    demand_open(channel)
    posting.join_thread(call.stage, channel, call.user.id)


def leave(call: Call) -> Any:
    """`DELETE …/thread-members/@me`."""
    channel, thread = _thread(call)
    demand_open(channel)
    _take_out(call, channel, thread, call.user.id)


def add(call: Call) -> Any:
    """`PUT …/thread-members/{user_id}`: who may write in a thread may bring in members who see its channel."""
    channel, thread = _thread(call, Permission.SEND_MESSAGES_IN_THREADS)
    user_id = call.path["user_id"]
    demand_open(channel)
    guild = call.world.guilds[channel.guild_id or ""]
    if user_id not in guild.members:
        raise refusal(10007)
    if not posting.may_invite(call.stage, call.user.id, channel):
        raise refusal(50013)
    parent = call.world.channels.get(channel.parent_id or "", channel)
    if not call.stage.access.can_view(user_id, parent):
        raise refusal(50001)
    if user_id not in thread.members:
        posting.join_thread(call.stage, channel, user_id)
        posting.announce(call.stage, call.user, channel, posting.RECIPIENT_ADD, mentions=[user_id])


def remove(call: Call) -> Any:
    """`DELETE …/thread-members/{user_id}`: moderators, and the owner of a private thread."""
    channel, thread = _thread(call)
    own = channel.type == PRIVATE_THREAD and thread.owner_id == call.user.id
    if not own:
        call.channel(Permission.MANAGE_THREADS)
    demand_open(channel)
    user_id = call.path["user_id"]
    if user_id in thread.members:
        _take_out(call, channel, thread, user_id)
        posting.announce(call.stage, call.user, channel, posting.RECIPIENT_REMOVE, mentions=[user_id])


def _take_out(call: Call, channel: Channel, thread: ThreadState, user_id: str) -> None:
    if user_id not in thread.members:
        return
    thread.members = {one: at for one, at in thread.members.items() if one != user_id}
    call.stage.access.changed(channel.guild_id or "")
    call.stage.note("thread left", user_id, guild_id=channel.guild_id, channel_id=channel.id)
    call.stage.gateway.thread_member(channel, user_id, joined=False)


def read(call: Call) -> Any:
    """`GET …/thread-members/{user_id or @me}`. Raises 10007 for one who is not in it."""
    channel, thread = _thread(call)
    user_id = call.path.get("user_id", call.user.id)
    if user_id not in thread.members:
        raise refusal(10007)
    return _shape(call, channel, user_id)


def list_members(call: Call) -> Any:
    """`GET …/thread-members`: all, or `with_member` in pages by user id."""
    channel, thread = _thread(call)
    demand_members_intent(call)
    limit, after = call.limit(100, 100), call.asked_id("after")
    if not call.flag("with_member"):
        return [shapes.thread_member_shape(channel, one) for one in thread.members]
    ids = sorted((one for one in thread.members if after is None or int(one) > after), key=int)
    return [_shape(call, channel, one) for one in ids[:limit]]


def _shape(call: Call, channel: Channel, user_id: str) -> Json:
    shape = shapes.thread_member_shape(channel, user_id)
    member = call.world.guilds[channel.guild_id or ""].members.get(user_id)
    if call.flag("with_member") and member is not None:
        shape["member"] = shapes.member_shape(call.world, member)
    return shape


_MEMBERS = "/channels/{channel_id}/thread-members"
ROUTES = (
    Route("GET", _MEMBERS, list_members),
    Route("GET", _MEMBERS + "/@me", read),
    Route("PUT", _MEMBERS + "/@me", join),
    Route("DELETE", _MEMBERS + "/@me", leave),
    Route("GET", _MEMBERS + "/{user_id}", read),
    Route("PUT", _MEMBERS + "/{user_id}", add),
    Route("DELETE", _MEMBERS + "/{user_id}", remove),
)
