"""Routes of interactions, the person's side: a command, click, autocomplete or form goes to the bot.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from bot.sandbox import message_shapes, shapes
from bot.sandbox.errors import invalid_form, refusal
from bot.sandbox.forms.command import CHAT, OF_USER
from bot.sandbox.forms.component import walk
from bot.sandbox.forms.form import Form
from bot.sandbox.forms.option import leaves, read_options
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.answers import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, READS_ALL, tell_person
from bot.sandbox.routes.commands import usable
from bot.sandbox.routes.pending import FIRST_ANSWER_S, Interaction
from bot.sandbox.routes.routing import Call, Route, Stage
from bot.sandbox.shapes import Json
from bot.sandbox.world import Channel, Command

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
    if command.guild_id not in (None, channel.guild_id):
        raise refusal(10063)
    call.stage.access.demand(call.user.id, channel, Permission.USE_APPLICATION_COMMANDS)
    guild = call.world.guilds.get(channel.guild_id or "")
    if guild is not None and not usable(call.stage, call.user.id, guild, command):
        raise refusal(50013)
    interaction.metadata["name"] = command.name
    sent: Json = {"id": command.id, "name": command.name, "type": command.type}
    if command.guild_id is not None:
        sent["guild_id"] = command.guild_id
    sent |= _chosen(call, interaction, channel, command, data)
    return sent


def _chosen(call: Call, interaction: Interaction, channel: Channel, command: Command, data: Json) -> Json:
    """What a person chose: a chat command's options or a menu's target, and what the ids in it stand for."""
    form = Form()

    def exists(option: Mapping[str, Any], value: str) -> bool:
        return _exists(call, channel, option, value)

    options = read_options(data, command, form, interaction.type == COMMAND, exists)
    target_id = form.snowflake(data, "target_id", ("data",))
    if command.type != CHAT and target_id is None:
        form.missing(("data", "target_id"))
    form.finish()
    if command.type == CHAT:
        sent: Json = {"options": options}
        resolved = _resolve(call, channel, [(one["type"], one["value"]) for one in leaves(options)])
    else:
        sent = {"target_id": target_id}
        if target_id not in (call.world.users if command.type == OF_USER else call.world.messages):
            raise refusal(10013 if command.type == OF_USER else 10008)
        resolved = _resolve(call, channel, [(6 if command.type == OF_USER else -1, target_id)])
    return {**sent, "resolved": resolved} if resolved else sent


def _exists(call: Call, channel: Channel, option: Mapping[str, Any], value: str) -> bool:
    """Whether the user, channel, role or attachment that an option names is there for the asking person."""
    world, kind = call.world, option["type"]
    guild = world.guilds.get(channel.guild_id or "")
    is_role = guild is not None and value in guild.roles
    if kind == 7:
        named = world.channels.get(value)
        if named is None or named.guild_id != channel.guild_id:
            return False
        wanted = option.get("channel_types") or (named.type,)
        return named.type in wanted and call.stage.access.can_view(call.user.id, named)
    return {6: value in world.users, 8: is_role, 9: is_role or value in world.users}.get(kind, False)


def _resolve(call: Call, channel: Channel, wanted: list[tuple[Any, Any]]) -> Json:
    """The things that ids stand for, by option type (6 user, 7 channel, 8 role, 9 both; -1 a message)."""
    world, access = call.world, call.stage.access
    guild = world.guilds.get(channel.guild_id or "")
    resolved: dict[str, Json] = {}
    for kind, value in wanted:
        one = str(value)
        if kind == -1 and one in world.messages:
            message = world.messages[one]
            access.demand(call.user.id, world.channels[message.channel_id], Permission.READ_MESSAGE_HISTORY)
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
        resolved = _resolve(call, channel, [(option_kind, one) for one in values])
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
    interaction.timeout = stage.clock.call_later(FIRST_ANSWER_S, partial(_give_up, stage, interaction))
    stage.gateway.to_user(bot_id, "INTERACTION_CREATE", payload)


def _give_up(stage: Stage, interaction: Interaction) -> None:
    """The bot said nothing in 3 s: its interaction is gone, and the person is told."""
    interaction.failed = True
    stage.note("interaction unanswered", interaction.user_id, channel_id=interaction.channel_id)
    if interaction.type != AUTOCOMPLETE:
        tell_person(stage, interaction, "INTERACTION_FAILURE", reason_code=2)


ROUTES = (Route("POST", "/interactions", act),)
