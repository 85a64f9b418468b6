"""Routes of interactions, the bot's side: its first answer, follow-ups, and changes to them.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from typing import Any

from bot.sandbox import message_shapes
from bot.sandbox.errors import refusal
from bot.sandbox.forms.command import STRING, read_choices
from bot.sandbox.forms.form import Form
from bot.sandbox.forms.message import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    Draft,
    demand_something,
    read_message,
    read_new_message,
)
from bot.sandbox.forms.modal import read_modal
from bot.sandbox.message_shapes import READS_ALL
from bot.sandbox.routes import messages, posting
from bot.sandbox.routes.pending import Interaction
from bot.sandbox.routes.routing import Answer, Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.stage import Stage
from bot.sandbox.things import Message

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _UPDATE, _CHOICES, _SHOW_MODAL = 4, 5, 6, 7, 8, 9


def tell_person(stage: Stage, interaction: Interaction, event: str, **extra: Any) -> None:
    """Tell the person who acted what becomes of their interaction."""
    data = {"id": interaction.id, "nonce": interaction.nonce, **extra}
    stage.gateway.to_user(interaction.user_id, event, data, interaction.session_id)


def answer(call: Call) -> Any:
    """`POST /interactions/{id}/{token}/callback`: the first answer, within 3 s and once only."""
    stage = call.stage
    interaction = stage.pending.by_id(call.path["interaction_id"])
    if interaction is None or interaction.token != call.path["token"] or interaction.failed:
        raise refusal(10062)
    if interaction.answered:
        raise refusal(40060)
    form = Form()
    kind = form.choice(call.form, "type", (), 0, _allowed(interaction))
    if call.form.get("type") is None:
        form.missing(("type",))
    data = form.model(call.form, "data", ())
    if data is None and kind in (_CHOICES, _SHOW_MODAL):
        form.missing(("data",))
    form.finish()
    message = _carry_out(call, interaction, kind, dict(data or {}))
    interaction.answered = True
    if interaction.opened_by is not None:
        # The person's client closes a modal when its submission was taken.
        interaction.opened_by.dialog = None
    if interaction.timeout is not None:
        interaction.timeout.cancel()
    stage.note("interaction answered", interaction.application_id, message, detail=str(kind))
    if kind == _CHOICES:
        return _answered(call, interaction, kind, None)
    tell_person(stage, interaction, "INTERACTION_SUCCESS")
    return _answered(call, interaction, kind, message)


def _allowed(interaction: Interaction) -> tuple[int, ...]:
    """The kinds of answer to an interaction; a modal that a command opened has no message to update."""
    updates = (_DEFERRED_UPDATE, _UPDATE) if interaction.source is not None else ()
    return {
        COMMAND: (_MESSAGE, _DEFERRED, _SHOW_MODAL),
        COMPONENT: (_MESSAGE, _DEFERRED, *updates, _SHOW_MODAL),
        AUTOCOMPLETE: (_CHOICES,),
        MODAL: (_MESSAGE, _DEFERRED, *updates),
    }[interaction.type]


def _carry_out(call: Call, interaction: Interaction, kind: int, data: Json) -> Message | None:
    stage = call.stage
    form = Form()
    if kind == _CHOICES:
        choices = read_choices(data, form, ("data",), interaction.focused or STRING)
        form.finish()
        event = "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE"
        found = {"choices": choices, "nonce": interaction.nonce}
        stage.gateway.to_user(interaction.user_id, event, found, interaction.session_id)
        return None
    if kind == _SHOW_MODAL:
        modal = read_modal(data, form, ("data",))
        form.finish()
        application = stage.world.applications[interaction.application_id]
        named = {"id": application.id, "name": application.name, "icon": None, "description": ""}
        interaction.dialog = modal
        where = {"channel_id": interaction.channel_id, "application": named}
        tell_person(stage, interaction, "INTERACTION_MODAL_CREATE", **modal, **where)
        return None
    if kind == _DEFERRED_UPDATE:
        interaction.original = interaction.source
        return interaction.source
    if kind == _DEFERRED:
        flags = form.number(data, "flags", ("data",), 0, 0, 1 << 30)
        form.finish()
        draft = Draft(frozenset(), flags=flags & EPHEMERAL | LOADING)
        interaction.original = _post(call, interaction, draft)
        return interaction.original
    source = interaction.source
    if kind == _UPDATE and source is not None:
        draft = read_message(data, call.files, form, ("data",), v2=bool(source.flags & COMPONENTS_V2))
        form.finish()
        _rewrite(stage, interaction, source, draft)
        interaction.original = source
        return source
    draft = read_new_message(data, call.files, form, ("data",))
    form.finish()
    demand_something(draft)
    interaction.original = _post(call, interaction, draft)
    return interaction.original


def _answered(call: Call, interaction: Interaction, kind: int, message: Message | None) -> Any:
    if not call.flag("with_response"):
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
    bot = world.users[world.applications[interaction.application_id].bot_id or ""]
    kind = 0
    if interaction.type == COMMAND and not followup:
        of_menu = {"target_user", "target_message_id"} & interaction.metadata.keys()
        kind = posting.CONTEXT_ANSWER if of_menu else posting.COMMAND_ANSWER
    # What it answers is known: the message that was clicked, or the first answer; a body can't say otherwise.
    target = interaction.original or interaction.source if followup else interaction.source
    if target is not None and target.id in world.messages:
        draft.reply_to = target.id
    message = posting.compose(
        stage, bot, channel, draft, kind, interaction.application_id, dict(interaction.metadata)
    )
    if followup and interaction.original is not None:
        message.interaction_metadata = {
            **interaction.metadata,
            "original_response_message_id": interaction.original.id,
        }
    if message.flags & EPHEMERAL:
        stage.pending.hide(message, interaction.user_id)
        stage.note("ephemeral message created", bot.id, message)
        _tell_ephemeral(stage, interaction, "MESSAGE_CREATE", message)
    else:
        posting.publish(stage, channel, message)
    return message


def _tell_ephemeral(stage: Stage, interaction: Interaction, event: str, message: Message) -> None:
    data = _shape(stage, interaction, message)
    if interaction.guild_id is not None:
        data["guild_id"] = interaction.guild_id
    stage.gateway.to_user(interaction.user_id, event, data)


def _rewrite(stage: Stage, interaction: Interaction, message: Message, draft: Draft) -> None:
    """Change an answer. Raises 10008 for one that is gone."""
    channel = stage.world.channels.get(message.channel_id)
    if channel is None:
        raise refusal(10003)
    if not _exists(stage, message):
        raise refusal(10008)
    if message.flags & EPHEMERAL:
        messages.change(stage, channel, message, draft)
        stage.note("ephemeral message edited", interaction.application_id, message)
        _tell_ephemeral(stage, interaction, "MESSAGE_UPDATE", message)
    else:
        messages.rewrite(stage, interaction.application_id, channel, message, draft)


def _exists(stage: Stage, message: Message) -> bool:
    return message.id in stage.world.messages or message.id in stage.pending.ephemeral


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
    draft = read_new_message(call.form, call.files, form)
    form.finish()
    demand_something(draft)
    original = interaction.original
    if original is not None and original.flags & LOADING and _exists(call.stage, original):
        _rewrite(call.stage, interaction, original, draft)
        return _shape(call.stage, interaction, original)
    message = _post(call, interaction, draft, followup=True)
    return _shape(call.stage, interaction, message)


def _answer_message(call: Call, interaction: Interaction) -> Message:
    """The message of the path: the first answer, or another one that came of this interaction."""
    stage, message_id = call.stage, call.path.get("message_id", "@original")
    message = interaction.original
    if message_id != "@original" and (message is None or message.id != message_id):
        hidden = stage.pending.ephemeral.get(message_id)
        message = hidden[0] if hidden is not None else call.world.messages.get(message_id)
        came_of = (message.interaction_metadata or {}).get("id") if message is not None else None
        if came_of != interaction.id:
            raise refusal(10008)
    if message is None or not _exists(stage, message):
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
    draft = read_message(call.form, call.files, form, v2=bool(message.flags & COMPONENTS_V2))
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


# Follow-ups share their paths with webhooks: `webhooks` has those routes.
ROUTES = (Route("POST", "/interactions/{interaction_id}/{token}/callback", answer, public=True),)
