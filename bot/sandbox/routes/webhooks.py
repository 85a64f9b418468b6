"""Routes of webhooks: make, read, change, delete them; write with them, and change what they wrote.

Interactions are answered on the same paths, with an application's id in the place of a webhook's: those
calls go to `answers`. https://discord.com/developers/docs/resources/webhook
"""

import secrets
from typing import Any

from bot.sandbox import message_shapes, pictures, shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.component import BUTTON, LINK, walk
from bot.sandbox.forms.form import Form
from bot.sandbox.forms.message import COMPONENTS_V2, Draft, demand_something, read_message, read_new_message
from bot.sandbox.forms.select import SELECTS
from bot.sandbox.message_shapes import READS_ALL
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import answers, messages, opening, posting, posts
from bot.sandbox.routes.crossposts import demand_room, tell_of_webhooks
from bot.sandbox.routes.routing import Call, Handler, Route
from bot.sandbox.shapes import Json
from bot.sandbox.things import ANNOUNCEMENT, FORUM_TYPES, TEXT, VOICE, Channel, Message, Webhook

INCOMING = 1
_AVATAR_AT_MOST = 8 * 1024 * 1024
_HOLDERS = (TEXT, VOICE, ANNOUNCEMENT, *FORUM_TYPES)
_FORBIDDEN = ("clyde", "discord")


# Webhooks themselves


def create(call: Call) -> Any:
    """`POST /channels/{id}/webhooks`: 15 a channel (30007)."""
    channel = call.channel(Permission.MANAGE_WEBHOOKS)
    if channel.type not in _HOLDERS or channel.guild_id is None:
        raise refusal(50024)
    form = Form()
    name = _read_name(call, form, "name", required=True)
    avatar = pictures.read(form, call.form, "avatar", _AVATAR_AT_MOST)
    form.finish()
    demand_room(call.stage, channel)
    webhook = Webhook(
        id=call.stage.make_id(),
        type=INCOMING,
        guild_id=channel.guild_id,
        channel_id=channel.id,
        name=name or "",
        creator_id=call.user.id,
        token=secrets.token_urlsafe(51),
        avatar=call.stage.keep_picture(avatar),
        application_id=call.user.application_id,
    )
    call.world.add_webhook(webhook)
    _tell(call, webhook, "webhook created", call.user.id)
    return _shape(call, webhook)


def _read_name(call: Call, form: Form, key: str, required: bool = False) -> str | None:
    """A name that a webhook may bear: 1 to 80 characters, and not Discord's own."""
    name = form.text(call.form, key, (), 80, least=1, required=required)
    for word in _FORBIDDEN:
        if name is not None and word in name.lower():
            form.wrong((key,), "USERNAME_INVALID_CONTAINS", f'Username cannot contain "{word}"')
    return name if name is None else name.strip()


def list_in_channel(call: Call) -> Any:
    """`GET /channels/{id}/webhooks`."""
    channel = call.channel(Permission.MANAGE_WEBHOOKS)
    return [_shape(call, one) for one in call.world.webhooks_in(channel.id)]


def list_in_guild(call: Call) -> Any:
    """`GET /guilds/{id}/webhooks`."""
    guild = call.guild(Permission.MANAGE_WEBHOOKS)
    channels = call.world.channels_of(guild.id)
    return [_shape(call, one) for channel in channels for one in call.world.webhooks_in(channel.id)]


def read(call: Call) -> Any:
    """`GET /webhooks/{id}`."""
    return _shape(call, _managed(call))


def read_by_token(call: Call) -> Any:
    """`GET /webhooks/{id}/{token}`: without its maker."""
    return _shape(call, _held(call), by_token=True)


def update(call: Call) -> Any:
    """`PATCH /webhooks/{id}`: name, avatar, channel."""
    webhook = _managed(call)
    form = Form()
    channel_id = form.snowflake(call.form, "channel_id", ())
    channel = None
    if channel_id is not None:
        channel = call.world.channels.get(channel_id)
        if channel is None or channel.guild_id != webhook.guild_id or channel.type not in _HOLDERS:
            raise refusal(10003)
        call.stage.access.demand(call.user.id, channel, Permission.MANAGE_WEBHOOKS)
        if channel.id != webhook.channel_id:
            demand_room(call.stage, channel)
    _change(call, webhook, form)
    before = webhook.channel_id
    if channel is not None and channel.id != before:
        call.world.move_webhook(webhook, channel.id)
        tell_of_webhooks(call.stage, before, webhook.guild_id)
    _tell(call, webhook, "webhook changed", call.user.id)
    return _shape(call, webhook)


def update_by_token(call: Call) -> Any:
    """`PATCH /webhooks/{id}/{token}`: name and avatar."""
    webhook = _held(call)
    _change(call, webhook, Form())
    _tell(call, webhook, "webhook changed", webhook.id)
    return _shape(call, webhook, by_token=True)


def _change(call: Call, webhook: Webhook, form: Form) -> None:
    name = _read_name(call, form, "name")
    avatar = pictures.read(form, call.form, "avatar", _AVATAR_AT_MOST)
    form.finish()
    webhook.name = name or webhook.name
    if "avatar" in call.form:
        webhook.avatar = call.stage.keep_picture(avatar)


def delete(call: Call) -> Any:
    """`DELETE /webhooks/{id}`; what it wrote stays."""
    _remove(call, _managed(call), call.user.id)


def delete_by_token(call: Call) -> Any:
    """`DELETE /webhooks/{id}/{token}`."""
    webhook = _held(call)
    _remove(call, webhook, webhook.id)


def _remove(call: Call, webhook: Webhook, actor_id: str) -> None:
    call.world.remove_webhook(webhook)
    _tell(call, webhook, "webhook deleted", actor_id)


def _tell(call: Call, webhook: Webhook, action: str, actor_id: str) -> None:
    call.stage.note(action, actor_id, guild_id=webhook.guild_id, channel_id=webhook.channel_id)
    tell_of_webhooks(call.stage, webhook.channel_id, webhook.guild_id)


def _managed(call: Call) -> Webhook:
    """The webhook of the path, for one who manages those of its channel."""
    webhook = call.world.webhooks.get(call.path["webhook_id"])
    if webhook is None:
        raise refusal(10015)
    needed = Permission.MANAGE_WEBHOOKS
    call.stage.access.demand(call.user.id, call.world.channels[webhook.channel_id], needed)
    return webhook


def _held(call: Call) -> Webhook:
    """The webhook of the path, for who holds its token. Raises 50027 for another token."""
    webhook = call.world.webhooks.get(call.path["webhook_id"])
    if webhook is None:
        raise refusal(10015)
    if not webhook.token or not secrets.compare_digest(webhook.token.encode(), call.path["token"].encode()):
        raise refusal(50027)
    return webhook


def _shape(call: Call, webhook: Webhook, by_token: bool = False) -> Json:
    """A webhook; another application's keeps its token to itself."""
    shape: Json = {
        "id": webhook.id,
        "type": webhook.type,
        "name": webhook.name,
        "avatar": webhook.avatar,
        "channel_id": webhook.channel_id,
        "guild_id": webhook.guild_id,
        "application_id": webhook.application_id,
    }
    if not by_token and webhook.creator_id in call.world.users:
        shape["user"] = shapes.user_shape(call.world.users[webhook.creator_id])
    source = call.world.channels.get(webhook.source_channel_id or "")
    if source is not None:
        guild = call.world.guilds[source.guild_id or ""]
        shape["source_guild"] = {"id": guild.id, "name": guild.name, "icon": guild.icon}
        shape["source_channel"] = {"id": source.id, "name": source.name}
    elif by_token or webhook.application_id in (None, call.user.application_id):
        shape["token"] = webhook.token
        shape["url"] = f"{call.world.base_url}/api/webhooks/{webhook.id}/{webhook.token}"
    return shape


# Writing with them


def execute(call: Call) -> Any:
    """`POST /webhooks/{id}/{token}`: with `wait` it answers with the message, else with nothing."""
    webhook = _held(call)
    stage, form, body = call.stage, Form(), call.form
    draft = read_new_message(body, call.files, form)
    name, avatar = _read_name(call, form, "username"), form.url(body, "avatar_url", ())
    title = form.text(body, "thread_name", (), 100, least=1)
    _read_components(call, webhook, draft, form)
    home = call.world.channels[webhook.channel_id]
    tags = posts.read_tags(body, form, home)
    form.finish()
    demand_something(draft)
    channel = _target(call, home, title)
    if title is not None:
        posts.demand_tags(home, tags, [], moderates=True)
        opening.demand_room(stage, home.guild_id)
        channel = opening.make_thread(stage, home, title, webhook.id)
        message = posts.open_post(stage, webhook, home, channel, tags, draft)
    else:
        message = posting.compose(stage, webhook, channel, draft)
    message.shown_name, message.shown_avatar = name or webhook.name, avatar or webhook.avatar
    posting.publish(stage, channel, message)
    return _written(call, message) if call.flag("wait") else None


def _target(call: Call, home: Channel, title: str | None) -> Channel:
    """Where it writes: its channel, or a thread of that. In a forum it needs a thread, or a name for one."""
    thread_id = call.asked_id("thread_id")
    if home.type in FORUM_TYPES:
        if thread_id is None and title is None:
            raise refusal(220001)
        if thread_id is not None and title is not None:
            raise refusal(220002)
    elif title is not None:
        raise refusal(220003)
    if thread_id is None:
        return home
    thread = call.world.channels.get(str(thread_id))
    if thread is None or thread.parent_id != home.id or thread.thread is None:
        raise refusal(10003)
    return thread


def _read_components(call: Call, webhook: Webhook, draft: Draft, form: Form) -> None:
    """Only a bot's webhook has components that act; others show some when the query asks for it."""
    if webhook.application_id is not None:
        return
    if not call.flag("with_components"):
        draft.components = []
        draft.flags &= ~COMPONENTS_V2
    elif any(_acts(one) for one in walk(draft.components)):
        message = "Components that act need a webhook that an application owns."
        form.wrong(("components",), "BASE_TYPE_CHOICES", message)


def _acts(component: Json) -> bool:
    return component["type"] in SELECTS or (component["type"] == BUTTON and component["style"] != LINK)


def _written(call: Call, message: Message) -> Json:
    return message_shapes.message_shape(call.world, message, None, READS_ALL)


def _own_message(call: Call) -> tuple[Webhook, Channel, Message]:
    """A message that the webhook wrote, in its channel or the thread that the query names."""
    webhook = _held(call)
    thread_id = call.asked_id("thread_id")
    message = call.world.messages.get(call.path.get("message_id", "@original"))
    place = webhook.channel_id if thread_id is None else str(thread_id)
    if message is None or message.webhook_id != webhook.id or message.channel_id != place:
        raise refusal(10008)
    return webhook, call.world.channels[place], message


def read_message_of(call: Call) -> Any:
    """`GET …/messages/{id}`."""
    _, _, message = _own_message(call)
    return _written(call, message)


def edit_message_of(call: Call) -> Any:
    """`PATCH …/messages/{id}`."""
    webhook, channel, message = _own_message(call)
    messages.demand_open(channel)
    form = Form()
    draft = read_message(call.form, call.files, form, v2=bool(message.flags & COMPONENTS_V2))
    _read_components(call, webhook, draft, form)
    form.finish()
    messages.rewrite(call.stage, webhook.id, channel, message, draft)
    return _written(call, message)


def delete_message_of(call: Call) -> Any:
    """`DELETE …/messages/{id}`."""
    webhook, channel, message = _own_message(call)
    messages.demand_open(channel)
    messages.remove(call.stage, webhook.id, channel, message)


def _either(of_webhook: Handler, of_interaction: Handler) -> Handler:
    """One path for two: an application's id means an answer to an interaction."""

    def handle(call: Call) -> Any:
        interaction = call.path["webhook_id"] in call.world.applications
        return (of_interaction if interaction else of_webhook)(call)

    return handle


_WEBHOOK = "/webhooks/{webhook_id}"
_TOKEN = _WEBHOOK + "/{token}"
_MESSAGE = (
    ("GET", _either(read_message_of, answers.read_answer)),
    ("PATCH", _either(edit_message_of, answers.edit_answer)),
    ("DELETE", _either(delete_message_of, answers.delete_answer)),
)
ROUTES = (
    Route("POST", "/channels/{channel_id}/webhooks", create),
    Route("GET", "/channels/{channel_id}/webhooks", list_in_channel),
    Route("GET", "/guilds/{guild_id}/webhooks", list_in_guild),
    Route("GET", _WEBHOOK, read),
    Route("PATCH", _WEBHOOK, update),
    Route("DELETE", _WEBHOOK, delete),
    Route("GET", _TOKEN, read_by_token, public=True),
    Route("PATCH", _TOKEN, update_by_token, public=True),
    Route("DELETE", _TOKEN, delete_by_token, public=True),
    Route("POST", _TOKEN, _either(execute, answers.follow_up), public=True),
    *(
        Route(method, f"{_TOKEN}/messages/{message}", handler, public=True)
        for message in ("@original", "{message_id}")
        for method, handler in _MESSAGE
    ),
)
