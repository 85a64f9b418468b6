"""Routes of interactions, the person's side: a command, click, autocomplete or form goes to the bot.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from bot.sandbox import message_shapes, shapes
from bot.sandbox.answers import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, READS_ALL, tell_person
from bot.sandbox.commands import usable
from bot.sandbox.component_form import walk
from bot.sandbox.errors import invalid_form, refusal
from bot.sandbox.forms import Form
from bot.sandbox.pending import FIRST_ANSWER_S, Interaction
from bot.sandbox.permissions import Permission
from bot.sandbox.routing import Call, Route, Stage
from bot.sandbox.shapes import Json
from bot.sandbox.world import Channel

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
    nonce = form.nonce(call.form, "nonce", ())
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
        nonce=nonce,
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
            shape = message_shapes.message_shape(world, message, None, READS_ALL)
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
        payload["message"] = message_shapes.message_shape(world, interaction.source, bot_id, READS_ALL)
    stage.pending.add(interaction, stage.now())
    stage.note("interaction sent", user.id, channel_id=channel.id, guild_id=channel.guild_id)
    if interaction.type != AUTOCOMPLETE:
        tell_person(stage, interaction, "INTERACTION_CREATE")
    loop = asyncio.get_running_loop()
    interaction.timeout = loop.call_later(FIRST_ANSWER_S, _give_up, stage, interaction)
    stage.gateway.to_user(bot_id, "INTERACTION_CREATE", payload)


def _give_up(stage: Stage, interaction: Interaction) -> None:
    """The bot said nothing in 3 s: its interaction is gone, and the person is told."""
    interaction.failed = True
    stage.note("interaction unanswered", interaction.user_id, channel_id=interaction.channel_id)
    if interaction.type != AUTOCOMPLETE:
        tell_person(stage, interaction, "INTERACTION_FAILURE", reason_code=2)


ROUTES = (Route("POST", "/interactions", act),)
