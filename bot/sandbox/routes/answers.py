"""Routes of interactions, the bot's side: its first answer, follow-ups, and changes to them.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from typing import Any

from bot.sandbox import message_shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.command import read_choices
from bot.sandbox.forms.component import read_modal
from bot.sandbox.forms.form import Form
from bot.sandbox.forms.message import EPHEMERAL, LOADING, Draft, demand_something, read_message
from bot.sandbox.gateway.sessions import Intent
from bot.sandbox.message_shapes import Readable
from bot.sandbox.routes import messages, posting
from bot.sandbox.routes.pending import Interaction
from bot.sandbox.routes.routing import Answer, Call, Route, Stage
from bot.sandbox.shapes import Json
from bot.sandbox.world import Message

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _UPDATE, _CHOICES, _SHOW_MODAL = 4, 5, 6, 7, 8, 9
READS_ALL = Readable(None)


def tell_person(stage: Stage, interaction: Interaction, event: str, **extra: Any) -> None:
    """Tell the person who acted what becomes of their interaction."""
    data = {"id": interaction.id, "nonce": interaction.nonce, **extra}
    stage.gateway.to_user(interaction.user_id, event, data)


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
    tell_person(stage, interaction, "INTERACTION_SUCCESS")
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
        tell_person(stage, interaction, "INTERACTION_MODAL_CREATE", **modal)
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
    return message_shapes.message_shape(stage.world, message, interaction.application_id, READS_ALL)


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
        stage.note("ephemeral message created", bot.id, message)
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
    hidden = bool(message.flags & EPHEMERAL)
    stage.note(
        "ephemeral message edited" if hidden else "message edited", interaction.application_id, message
    )
    if hidden:
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
        call.stage.note("ephemeral message deleted", interaction.application_id, message)
    else:
        channel = call.world.channels[message.channel_id]
        messages.remove(call.stage, interaction.application_id, channel, message)


_ANSWER = "/webhooks/{webhook_id}/{token}/messages/"
ROUTES = (
    Route("POST", "/interactions/{interaction_id}/{token}/callback", answer, public=True),
    Route("POST", "/webhooks/{webhook_id}/{token}", follow_up, public=True),
    Route("GET", _ANSWER + "@original", read_answer, public=True),
    Route("PATCH", _ANSWER + "@original", edit_answer, public=True),
    Route("DELETE", _ANSWER + "@original", delete_answer, public=True),
    Route("GET", _ANSWER + "{message_id}", read_answer, public=True),
    Route("PATCH", _ANSWER + "{message_id}", edit_answer, public=True),
    Route("DELETE", _ANSWER + "{message_id}", delete_answer, public=True),
)
