"""Forum posts: threads with a first message and tags, by people, bots and webhooks."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.forms.message import Draft, demand_something, read_new_message
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import posting
from bot.sandbox.routes.messages import shape_for
from bot.sandbox.routes.opening import demand_room, open_thread, read_thread
from bot.sandbox.routes.routing import Answer, Call
from bot.sandbox.stage import Stage
from bot.sandbox.things import Channel, Message, User, Webhook

_TAGS_AT_MOST = 5
_REQUIRE_TAG = 1 << 4


def start_post(call: Call, forum: Channel) -> Any:
    """`POST /channels/{id}/threads` in a forum: it takes SEND_MESSAGES only, and always a first message."""
    stage = call.stage
    form = Form()
    thread = read_thread(call, form, forum)
    body = form.model(call.form, "message", ())
    if body is None:
        form.missing(("message",))
    draft = read_new_message(body or {}, call.files, form, ("message",))
    tags = read_tags(call.form, form, forum)
    form.finish()
    demand_something(draft)
    posting.demand_writable(stage, call.user, forum, draft)
    moderates = stage.access.in_channel(call.user.id, forum) & Permission.MANAGE_THREADS
    demand_tags(forum, tags, [], bool(moderates))
    demand_room(stage, forum.guild_id)
    posting.take_turn(stage, call.user, forum, "thread")
    message = open_post(stage, call.user, forum, thread, tags, draft)
    posting.publish(stage, thread, message)
    shape = shapes.channel_shape(call.world, thread, call.user.id)
    return Answer(201, {**shape, "message": shape_for(call, message)})


def read_tags(body: Mapping[str, Any], form: Form, forum: Channel) -> list[str]:
    """The tags that a post shall have, each one of its forum's."""
    tags = list(dict.fromkeys(form.snowflakes(body, "applied_tags", (), _TAGS_AT_MOST)))
    known = {one["id"] for one in forum.available_tags}
    for index, tag in enumerate(tags):
        if tag not in known:
            form.wrong(("applied_tags", index), "BASE_TYPE_CHOICES", "Value is not a tag of this forum.")
    return tags


def demand_tags(forum: Channel, tags: list[str], before: list[str], moderates: bool) -> None:
    """Refuse a post without a tag where one is required (40067), and moderated tags to others (50013)."""
    moderated = {one["id"] for one in forum.available_tags if one.get("moderated")}
    if not moderates and (set(tags) ^ set(before)) & moderated:
        raise refusal(50013)
    if forum.flags & _REQUIRE_TAG and not tags:
        raise refusal(40067)


def open_post(
    stage: Stage, author: User | Webhook, forum: Channel, thread: Channel, tags: list[str], draft: Draft
) -> Message:
    """Open a post; gives its first message, whose id is the post's, for the caller to publish."""
    if thread.thread is not None:
        thread.thread.applied_tags = tags
    open_thread(stage, thread, stage.make_id(), author.id)
    forum.last_message_id = thread.id
    return posting.compose(stage, author, thread, draft, message_id=thread.id)
