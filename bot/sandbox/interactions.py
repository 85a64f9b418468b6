"""Routes of interactions: a person's command, click or form; the bot's answer; its follow-ups.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from bot.sandbox import messages, posting, shapes
from bot.sandbox.command_form import read_choices
from bot.sandbox.commands import usable
from bot.sandbox.component_form import read_modal, walk
from bot.sandbox.errors import invalid_form, refusal
from bot.sandbox.forms import Form
from bot.sandbox.gateway import Intent
from bot.sandbox.message_form import EPHEMERAL, LOADING, Draft, demand_something, read_message
from bot.sandbox.pending import FIRST_ANSWER_S, Interaction
from bot.sandbox.permissions import Permission
from bot.sandbox.routing import Answer, Call, Route, Stage
from bot.sandbox.shapes import Json, Readable
from bot.sandbox.world import Channel, Message

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _UPDATE, _CHOICES, _SHOW_MODAL = 4, 5, 6, 7, 8, 9
_READS_ALL = Readable(None)


# A person acts


def act(call: Call) -> Any:
    """`POST /interactions`: hand a command, click, autocomplete or form to the bot. Answers 204 at once."""
    person = call.person()
    form = Form()
    kind = form.choice(call.form, "type", (), 0, (COMMAND, COMPONENT, AUTOCOMPLETE, MODAL))
    application_id = form.snowflake(call.form, "application_id", ())
    channel_id = form.snowflake(call.form, "channel_id", ())
    for key, value in (("type", kind), ("application_id", application_id), ("channel_id", channel_id)):
        if not value:
            form.missing((key,))
    data = call.form.get("data")
    if not isinstance(data, dict):
        form.missing(("data",))
        data = {}
    form.finish()
    stage = call.stage
    application = call.world.applications.get(application_id or "")
    channel = call.world.channels.get(channel_id or "")
    if application is None or application.bot_id is None:
        raise refusal(10002)
    if channel is None:
        raise refusal(10003)
    stage.access.demand(person.id, channel)
    interaction = Interaction(
        id=stage.make_id(),
        type=kind,
        application_id=application.id,
        user_id=person.id,
        channel_id=channel.id,
        guild_id=channel.guild_id,
        session_id=str(call.form.get("session_id") or ""),
        nonce=call.form.get("nonce"),
        made_at=stage.now(),
        metadata={},
    )
    interaction.metadata = {
        "id": interaction.id,
        "type": kind,
        "user": person.id,
        "authorizing_integration_owners": {"0": channel.guild_id or "0"},
    }
    if kind in (COMMAND, AUTOCOMPLETE):
        sent = _command_data(call, interaction, channel, data)
    elif kind == COMPONENT:
        sent = _component_data(call, interaction, channel, data)
    else:
        sent = _form_data(call, interaction, data)
    _hand_over(call, interaction, channel, application.bot_id, sent)


def _command_data(call: Call, interaction: Interaction, channel: Channel, data: Json) -> Json:
    command = call.world.commands.get(str(data.get("id")))
    if command is None or command.application_id != interaction.application_id:
        raise refusal(10063)
    call.stage.access.demand(call.user.id, channel, Permission.USE_APPLICATION_COMMANDS)
    guild = call.world.guilds.get(channel.guild_id or "")
    if guild is not None and not usable(call.stage, call.user.id, guild, command):
        raise refusal(50013)
    interaction.metadata["name"] = command.name
    sent: Json = {"id": command.id, "name": command.name, "type": command.type}
    if command.guild_id is not None:
        sent["guild_id"] = command.guild_id
    options = data.get("options") or []
    if command.type == 1:
        sent["options"] = options
    resolved = _resolve(call, [(one.get("type"), one.get("value")) for one in _leaves(options)])
    target_id = data.get("target_id")
    if target_id is not None:
        sent["target_id"] = str(target_id)
        resolved = _resolve(call, [(6 if command.type == 2 else -1, target_id)])
    if resolved:
        sent["resolved"] = resolved
    return sent


def _leaves(options: list[Json]) -> Iterator[Json]:
    for one in options:
        if one.get("type") in (1, 2):
            yield from _leaves(one.get("options") or [])
        else:
            yield one


def _resolve(call: Call, wanted: list[tuple[Any, Any]]) -> Json:
    """The things that ids stand for, by option type (6 user, 7 channel, 8 role, 9 both; -1 a message)."""
    world, access = call.world, call.stage.access
    guild = world.guilds.get(str(call.form.get("guild_id")))
    resolved: dict[str, Json] = {}
    for kind, value in wanted:
        one = str(value)
        if kind == -1 and one in world.messages:
            message = world.messages[one]
            channel = world.channels[message.channel_id]
            access.demand(call.user.id, channel, Permission.READ_MESSAGE_HISTORY)
            # The target of a context menu command is read whole, whatever the intents.
            shape = shapes.message_shape(world, message, None, _READS_ALL)
            resolved.setdefault("messages", {})[one] = shape
        if kind in (6, 9) and one in world.users:
            resolved.setdefault("users", {})[one] = shapes.user_shape(world.users[one])
            if guild is not None and one in guild.members:
                member = shapes.member_shape(world, guild.members[one], with_user=False)
                member["permissions"] = str(access.in_guild(one, guild.id))
                resolved.setdefault("members", {})[one] = member
        if kind == 7 and one in world.channels:
            shape = shapes.channel_shape(world, world.channels[one])
            shape["permissions"] = str(access.in_channel(call.user.id, world.channels[one]))
            resolved.setdefault("channels", {})[one] = shape
        if kind in (8, 9) and guild is not None and one in guild.roles:
            resolved.setdefault("roles", {})[one] = shapes.role_shape(guild.roles[one])
    return resolved


def _component_data(call: Call, interaction: Interaction, channel: Channel, data: Json) -> Json:
    message_id = str(call.form.get("message_id"))
    message = call.world.messages.get(message_id)
    if message is None:
        hidden = call.stage.pending.ephemeral.get(message_id)
        message = hidden[0] if hidden is not None and hidden[1] == call.user.id else None
    if message is None or message.channel_id != channel.id:
        raise refusal(10008)
    custom_id = data.get("custom_id")
    component = next((one for one in walk(message.components) if one.get("custom_id") == custom_id), None)
    if component is None or component.get("disabled") or message.author_id != interaction.application_id:
        text = "The message has no such component, or it is disabled."
        error = {"code": "COMPONENT_VALIDATION_FAILED", "message": text}
        raise invalid_form({"data": {"custom_id": {"_errors": [error]}}})
    interaction.source = message
    interaction.metadata["interacted_message_id"] = message.id
    kind = component["type"]
    sent: Json = {"component_type": kind, "custom_id": custom_id, "id": component.get("id")}
    if kind != 2:
        values = [str(one) for one in data.get("values") or []]
        sent["values"] = values
        option_kind = {5: 6, 6: 8, 7: 9, 8: 7}.get(kind)
        resolved = _resolve(call, [(option_kind, one) for one in values])
        if resolved:
            sent["resolved"] = resolved
    return sent


def _form_data(call: Call, interaction: Interaction, data: Json) -> Json:
    opened = call.stage.pending.dialog(call.user.id, data.get("id"), data.get("custom_id"))
    if opened is None:
        raise refusal(10062)
    interaction.source = opened.source
    interaction.metadata["triggering_interaction_metadata"] = dict(opened.metadata)
    components = [one for one in data.get("components") or [] if isinstance(one, dict)]
    return {"custom_id": str(data.get("custom_id")), "components": components}


def _hand_over(call: Call, interaction: Interaction, channel: Channel, bot_id: str, sent: Json) -> None:
    stage, world, user = call.stage, call.world, call.user
    payload: Json = {
        "id": interaction.id,
        "application_id": interaction.application_id,
        "type": interaction.type,
        "token": interaction.token,
        "version": 1,
        "data": sent,
        "channel_id": channel.id,
        "channel": {
            **shapes.channel_shape(world, channel, bot_id),
            "permissions": str(stage.access.in_channel(user.id, channel)),
        },
        "locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": interaction.metadata["authorizing_integration_owners"],
        "context": 0 if channel.guild_id else 1,
        "attachment_size_limit": 10 * 1024 * 1024,
        "app_permissions": str(stage.access.in_channel(bot_id, channel)),
    }
    if channel.guild_id is not None:
        guild = world.guilds[channel.guild_id]
        payload["guild_id"] = guild.id
        payload["guild"] = {"id": guild.id, "locale": "en-US", "features": []}
        payload["guild_locale"] = "en-US"
        member = shapes.member_shape(world, guild.members[user.id])
        payload["member"] = {**member, "permissions": payload["channel"]["permissions"]}
    else:
        payload["user"] = shapes.user_shape(user)
    if interaction.source is not None:
        payload["message"] = shapes.message_shape(world, interaction.source, bot_id, _READS_ALL)
    stage.pending.add(interaction, stage.now())
    stage.note("interaction sent", user.id, channel_id=channel.id, guild_id=channel.guild_id)
    if interaction.type != AUTOCOMPLETE:
        _tell_person(stage, interaction, "INTERACTION_CREATE")
    loop = asyncio.get_running_loop()
    interaction.timeout = loop.call_later(FIRST_ANSWER_S, _give_up, stage, interaction)
    stage.gateway.to_user(bot_id, "INTERACTION_CREATE", payload)


def _tell_person(stage: Stage, interaction: Interaction, event: str, **extra: Any) -> None:
    data = {"id": interaction.id, "nonce": interaction.nonce, **extra}
    stage.gateway.to_user(interaction.user_id, event, data)


def _give_up(stage: Stage, interaction: Interaction) -> None:
    """The bot said nothing in 3 s: its interaction is gone, and the person is told."""
    interaction.failed = True
    stage.note("interaction unanswered", interaction.user_id, channel_id=interaction.channel_id)
    if interaction.type != AUTOCOMPLETE:
        _tell_person(stage, interaction, "INTERACTION_FAILURE", reason_code=2)


# The bot answers


def answer(call: Call) -> Any:
    """`POST /interactions/{id}/{token}/callback`: the first answer, within 3 s and once only."""
    stage = call.stage
    interaction = stage.pending.by_id(call.path["interaction_id"])
    if interaction is None or interaction.token != call.path["token"] or interaction.failed:
        raise refusal(10062)
    if interaction.answered:
        raise refusal(40060)
    form = Form()
    allowed = {
        COMMAND: (_MESSAGE, _DEFERRED, _SHOW_MODAL),
        COMPONENT: (_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _UPDATE, _SHOW_MODAL),
        AUTOCOMPLETE: (_CHOICES,),
        MODAL: (_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _UPDATE),
    }[interaction.type]
    kind = form.choice(call.form, "type", (), 0, allowed)
    if not kind:
        form.missing(("type",))
    form.finish()
    data = call.form.get("data") if isinstance(call.form.get("data"), dict) else {}
    message = _carry_out(call, interaction, kind, data or {})
    interaction.answered = True
    if interaction.timeout is not None:
        interaction.timeout.cancel()
    stage.note("interaction answered", interaction.application_id, message, detail=str(kind))
    if kind == _CHOICES:
        return _answered(call, interaction, kind, None)
    _tell_person(stage, interaction, "INTERACTION_SUCCESS")
    return _answered(call, interaction, kind, message)


def _carry_out(call: Call, interaction: Interaction, kind: int, data: Json) -> Message | None:
    stage = call.stage
    form = Form()
    if kind == _CHOICES:
        choices = read_choices(data, form, ("data",))
        form.finish()
        event = "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE"
        found = {"choices": choices, "nonce": interaction.nonce}
        stage.gateway.to_user(interaction.user_id, event, found)
        return None
    if kind == _SHOW_MODAL:
        modal = read_modal(data, form, ("data",))
        form.finish()
        application = stage.world.applications[interaction.application_id]
        named = {"id": application.id, "name": application.name, "icon": None, "description": ""}
        interaction.dialog = modal["custom_id"]
        modal |= {"channel_id": interaction.channel_id, "application": named}
        _tell_person(stage, interaction, "INTERACTION_MODAL_CREATE", **modal)
        return None
    if kind == _DEFERRED_UPDATE:
        interaction.original = interaction.source
        return interaction.source
    if kind == _DEFERRED:
        flags = form.number(data, "flags", ("data",), 0, 0, 1 << 30)
        draft = Draft(frozenset(), flags=flags & EPHEMERAL | LOADING)
        interaction.original = _post(call, interaction, draft)
        return interaction.original
    draft = read_message(data, call.files, form, ("data",))
    form.finish()
    if kind == _UPDATE:
        if interaction.source is None:
            raise refusal(10008)
        interaction.original = interaction.source
        _rewrite(stage, interaction, interaction.source, draft)
        return interaction.source
    demand_something(draft)
    interaction.original = _post(call, interaction, draft)
    return interaction.original


def _answered(call: Call, interaction: Interaction, kind: int, message: Message | None) -> Any:
    if call.query.get("with_response", "").lower() not in ("true", "1"):
        return None
    told: Json = {"id": interaction.id, "type": interaction.type, "channel_id": interaction.channel_id}
    if interaction.guild_id is not None:
        told["guild_id"] = interaction.guild_id
    body: Json = {"interaction": told}
    if message is not None and kind != _DEFERRED_UPDATE:
        told["response_message_id"] = message.id
        told["response_message_loading"] = bool(message.flags & LOADING)
        told["response_message_ephemeral"] = bool(message.flags & EPHEMERAL)
    if message is not None and kind in (_MESSAGE, _UPDATE):
        body["resource"] = {"type": kind, "message": _shape(call.stage, interaction, message)}
    return Answer(200, body)


def _shape(stage: Stage, interaction: Interaction, message: Message) -> Json:
    return shapes.message_shape(stage.world, message, interaction.application_id, _READS_ALL)


def _post(call: Call, interaction: Interaction, draft: Draft, followup: bool = False) -> Message:
    """Write an answer into the channel, or for an ephemeral one to the person alone."""
    stage, world = call.stage, call.world
    channel = world.channels.get(interaction.channel_id)
    if channel is None:
        raise refusal(10003)
    bot = world.users[interaction.application_id]
    kind = posting.COMMAND_ANSWER if interaction.type == COMMAND and not followup else 0
    source = interaction.source
    if source is not None and not source.flags & EPHEMERAL and not draft.flags & EPHEMERAL:
        draft.reply_to, draft.reply_must_exist = source.id, False
    message = posting.compose(
        stage, bot, channel, draft, kind, interaction.application_id, dict(interaction.metadata)
    )
    if followup and interaction.original is not None:
        message.interaction_metadata = {
            **interaction.metadata,
            "original_response_message_id": interaction.original.id,
        }
    if message.flags & EPHEMERAL:
        stage.pending.ephemeral[message.id] = (message, interaction.user_id)
        stage.note("message created", bot.id, message, detail="ephemeral")
        _tell_ephemeral(stage, interaction, "MESSAGE_CREATE", message)
    else:
        posting.publish(stage, channel, message)
    return message


def _tell_ephemeral(stage: Stage, interaction: Interaction, event: str, message: Message) -> None:
    data = _shape(stage, interaction, message)
    if interaction.guild_id is not None:
        data["guild_id"] = interaction.guild_id
    stage.gateway.to_user(interaction.user_id, event, data, Intent.ALWAYS)


def _rewrite(stage: Stage, interaction: Interaction, message: Message, draft: Draft) -> None:
    """Change an answer; a deferred one loses its loading flag."""
    channel = stage.world.channels.get(message.channel_id)
    if channel is None:
        raise refusal(10003)
    loading = bool(message.flags & LOADING)
    messages.change(stage, channel, message, draft)
    message.flags &= ~LOADING
    if loading:
        message.flags |= draft.flags & ~EPHEMERAL
        message.edited_timestamp = None
    stage.note("message edited", interaction.application_id, message)
    if message.flags & EPHEMERAL:
        _tell_ephemeral(stage, interaction, "MESSAGE_UPDATE", message)
    else:
        stage.gateway.message("MESSAGE_UPDATE", channel, message)


# Follow-ups


def _interaction(call: Call) -> Interaction:
    interaction = call.stage.pending.by_token(call.path["token"], call.stage.now())
    if interaction is None or interaction.application_id != call.path["webhook_id"]:
        raise refusal(10015 if call.path["webhook_id"] not in call.world.applications else 50027)
    if not interaction.answered:
        raise refusal(10015)
    return interaction


def follow_up(call: Call) -> Any:
    """`POST /webhooks/{application_id}/{token}`: the first one after a deferral fills the deferred answer."""
    interaction = _interaction(call)
    form = Form()
    draft = read_message(call.form, call.files, form)
    form.finish()
    demand_something(draft)
    original = interaction.original
    if original is not None and original.flags & LOADING:
        _rewrite(call.stage, interaction, original, draft)
        return _shape(call.stage, interaction, original)
    message = _post(call, interaction, draft, followup=True)
    return _shape(call.stage, interaction, message)


def _answer_message(call: Call, interaction: Interaction) -> Message:
    message_id = call.path.get("message_id", "@original")
    if message_id == "@original":
        message = interaction.original
    else:
        hidden = call.stage.pending.ephemeral.get(message_id)
        message = hidden[0] if hidden is not None else call.world.messages.get(message_id)
    gone = message is None or not (
        message.id in call.world.messages or message.id in call.stage.pending.ephemeral
    )
    if message is None or gone or message.author_id != interaction.application_id:
        raise refusal(10008)
    return message


def read_answer(call: Call) -> Any:
    """`GET …/messages/{id or @original}`."""
    interaction = _interaction(call)
    return _shape(call.stage, interaction, _answer_message(call, interaction))


def edit_answer(call: Call) -> Any:
    """`PATCH …/messages/{id or @original}`."""
    interaction = _interaction(call)
    message = _answer_message(call, interaction)
    form = Form()
    draft = read_message(call.form, call.files, form)
    form.finish()
    _rewrite(call.stage, interaction, message, draft)
    return _shape(call.stage, interaction, message)


def delete_answer(call: Call) -> Any:
    """`DELETE …/messages/{id or @original}`."""
    interaction = _interaction(call)
    message = _answer_message(call, interaction)
    if call.stage.pending.ephemeral.pop(message.id, None) is not None:
        data = {"id": message.id, "channel_id": message.channel_id, "guild_id": message.guild_id}
        call.stage.gateway.to_user(interaction.user_id, "MESSAGE_DELETE", data)
        call.stage.note("message deleted", interaction.application_id, message, detail="ephemeral")
    else:
        channel = call.world.channels[message.channel_id]
        messages.remove(call.stage, interaction.application_id, channel, message)


_ANSWER = "/webhooks/{webhook_id}/{token}/messages/"
ROUTES = (
    Route("POST", "/interactions", act),
    Route("POST", "/interactions/{interaction_id}/{token}/callback", answer, public=True),
    Route("POST", "/webhooks/{webhook_id}/{token}", follow_up, public=True),
    Route("GET", _ANSWER + "@original", read_answer, public=True),
    Route("PATCH", _ANSWER + "@original", edit_answer, public=True),
    Route("DELETE", _ANSWER + "@original", delete_answer, public=True),
    Route("GET", _ANSWER + "{message_id}", read_answer, public=True),
    Route("PATCH", _ANSWER + "{message_id}", edit_answer, public=True),
    Route("DELETE", _ANSWER + "{message_id}", delete_answer, public=True),
)
