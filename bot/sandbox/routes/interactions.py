"""Routes of interactions, the person's side: a command, click, autocomplete or form goes to the bot.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from functools import partial
from typing import Any

from bot.sandbox import message_shapes, shapes
from bot.sandbox.errors import invalid_form, refusal
from bot.sandbox.forms.command import BOOLEAN, CHAT, INTEGER, NUMBER, OF_USER, STRING, USER
from bot.sandbox.forms.component import BUTTON, walk
from bot.sandbox.forms.form import Form, Path
from bot.sandbox.forms.modal import read_submission
from bot.sandbox.forms.option import leaves, read_options
from bot.sandbox.forms.select import OPTION_KINDS, read_values
from bot.sandbox.message_shapes import READS_ALL
from bot.sandbox.routes.answers import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, tell_person
from bot.sandbox.routes.command_permissions import demand_usable
from bot.sandbox.routes.pending import FIRST_ANSWER_S, Interaction
from bot.sandbox.routes.resolving import Resolver
from bot.sandbox.routes.routing import Call, Route
from bot.sandbox.shapes import Json
from bot.sandbox.stage import Stage
from bot.sandbox.things import Channel, Command, Message

_PLAIN = (STRING, INTEGER, BOOLEAN, NUMBER)
_ATTACHMENTS_UP_TO = 10 * 1024 * 1024
_SESSION_ID_AT_MOST = 100


def act(call: Call) -> Any:
    """`POST /interactions`: hand a command, click, autocomplete or form to the bot. Answers 204 at once."""
    person = call.person()
    form = Form()
    kind = form.choice(call.form, "type", (), 0, (COMMAND, COMPONENT, AUTOCOMPLETE, MODAL))
    application_id = form.snowflake(call.form, "application_id", ())
    channel_id = form.snowflake(call.form, "channel_id", ())
    for key in ("type", "application_id", "channel_id"):
        if call.form.get(key) is None:
            form.missing((key,))
    session_id = form.text(call.form, "session_id", (), _SESSION_ID_AT_MOST)
    nonce = form.nonce(call.form, "nonce", ())
    data = form.model(call.form, "data", ())
    if data is None:
        form.missing(("data",))
    form.finish()
    stage = call.stage
    application = call.world.applications.get(application_id or "")
    channel = call.world.channels.get(channel_id or "")
    if application is None or application.bot_id is None:
        raise refusal(10002)
    if channel is None:
        raise refusal(10003)
    stage.access.demand(person.id, channel)
    guild = call.world.guilds.get(channel.guild_id or "")
    if guild is not None and application.bot_id not in guild.members:
        # The bot was taken out: what it left behind leads nowhere.
        raise refusal(10005)
    interaction = Interaction(
        id=stage.make_id(),
        type=kind,
        application_id=application.id,
        user_id=person.id,
        channel_id=channel.id,
        guild_id=channel.guild_id,
        nonce=nonce,
        made_at=stage.now(),
        metadata={},
        session_id=session_id,
    )
    interaction.metadata = {
        "id": interaction.id,
        "type": kind,
        "user": person.id,
        "authorizing_integration_owners": {"0": channel.guild_id or "0"},
    }
    resolver = Resolver(call, channel)
    read = {COMPONENT: _component_data, MODAL: _form_data}.get(kind, _command_data)
    sent = read(call, interaction, resolver, dict(data or {}))
    if resolver.resolved:
        sent["resolved"] = resolver.resolved
        interaction.attachments = tuple(resolver.resolved.get("attachments", ()))
    _hand_over(call, interaction, channel, application.bot_id, sent)


# What the person did


def _command_data(call: Call, interaction: Interaction, resolver: Resolver, data: Json) -> Json:
    command = call.world.commands.get(str(data.get("id")))
    channel = call.world.channels[interaction.channel_id]
    if command is None or command.application_id != interaction.application_id:
        raise refusal(10063)
    if command.guild_id not in (None, channel.guild_id):
        raise refusal(10063)
    demand_usable(call.stage, call.user.id, channel, command)
    # Servers of Discord's kind don't all know versions: a client that sends none is let through.
    if "version" in data and str(data["version"]) != command.body["version"]:
        text = "This command is outdated, please try again in a few minutes"
        raise _wrong(("data",), "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION", text)
    sent: Json = {"id": command.id, "name": command.name, "type": command.type}
    if command.guild_id is not None:
        sent["guild_id"] = command.guild_id
    interaction.metadata["name"] = command.name
    if command.type == CHAT:
        return sent | _chosen_options(interaction, resolver, command, data)
    return sent | _chosen_target(call, interaction, resolver, command, data)


def _wrong(path: Path, code: str, message: str) -> Exception:
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(path):
        errors = {str(part): errors}
    return invalid_form(errors)


def _chosen_options(interaction: Interaction, resolver: Resolver, command: Command, data: Json) -> Json:
    form = Form()
    complete = interaction.type == COMMAND
    options = read_options(data, command, form, complete, resolver.exists)
    focused = [one for one in leaves(options) if one.get("focused")]
    if not complete and len(focused) != 1:
        form.wrong(("data", "options"), "BASE_TYPE_BAD_LENGTH", "Exactly one option must be focused.")
    form.finish()
    if not complete:
        interaction.focused = focused[0]["type"]
    for one in leaves(options):
        if one["type"] not in _PLAIN:
            one["value"] = resolver.take(one["type"], str(one["value"]))
    interaction.metadata["name"] = " ".join([command.name, *_subcommands(options)])
    return {"options": options}


def _subcommands(options: list[Json]) -> list[str]:
    """The names of the group and subcommand that were chosen."""
    if options and "options" in options[0]:
        return [options[0]["name"], *_subcommands(options[0]["options"])]
    return []


def _chosen_target(
    call: Call, interaction: Interaction, resolver: Resolver, command: Command, data: Json
) -> Json:
    form = Form()
    # Only so that options, which menus don't have, are refused in the usual words.
    read_options(data, command, form, True, resolver.exists)
    target_id = form.snowflake(data, "target_id", ("data",)) or ""
    if interaction.type == AUTOCOMPLETE:
        form.wrong(("type",), "BASE_TYPE_CHOICES", "A command of a menu has nothing to complete.")
    if data.get("target_id") is None:
        form.missing(("data", "target_id"))
    form.finish()
    if command.type == OF_USER:
        if target_id not in call.world.users:
            raise refusal(10013)
        interaction.metadata["target_user"] = resolver.take(USER, target_id)
    else:
        resolver.take_message(target_id)
        interaction.metadata["target_message_id"] = target_id
    return {"target_id": target_id}


def _component_data(call: Call, interaction: Interaction, resolver: Resolver, data: Json) -> Json:
    message = _source(call, interaction)
    custom_id = data.get("custom_id")
    # Buttons that lead elsewhere or sell have no custom_id: nobody can click them.
    named = (one for one in walk(message.components) if "custom_id" in one)
    component = next((one for one in named if one["custom_id"] == custom_id), None)
    fits = component is not None and data.get("component_type", component["type"]) == component["type"]
    if component is None or not fits or component.get("disabled"):
        text = "The message has no such component, or it is disabled."
        raise _wrong(("data", "custom_id"), "COMPONENT_VALIDATION_FAILED", text)
    interaction.source = message
    interaction.metadata["interacted_message_id"] = message.id
    kind = component["type"]
    sent: Json = {"component_type": kind, "custom_id": custom_id, "id": component.get("id")}
    if kind != BUTTON:
        form = Form()
        values = read_values(data, component, form, ("data",), resolver.exists)
        form.finish()
        option_kind = OPTION_KINDS.get(kind)
        sent["values"] = [resolver.take(option_kind, one) if option_kind else one for one in values]
    return sent


def _source(call: Call, interaction: Interaction) -> Message:
    """The message whose component was used: one of this bot in the channel, or hidden from all but the person.

    Raises 10008 for any other.
    """
    message_id = str(call.form.get("message_id"))
    message = call.world.messages.get(message_id)
    hidden = call.stage.pending.ephemeral.get(message_id)
    if hidden is not None and hidden[1] == call.user.id:
        message = hidden[0]
    if message is None or message.channel_id != interaction.channel_id:
        raise refusal(10008)
    if interaction.application_id not in (message.application_id, message.author_id):
        raise refusal(10008)
    return message


def _form_data(call: Call, interaction: Interaction, resolver: Resolver, data: Json) -> Json:
    pending, now = call.stage.pending, call.stage.now()
    opened = pending.dialog(call.user.id, data.get("id"), data.get("custom_id"), now)
    if opened is None or opened.application_id != interaction.application_id or opened.dialog is None:
        raise refusal(10062)
    form = Form()
    components = read_submission(data, opened.dialog, form, resolver.exists)
    form.finish()
    for one in walk(components):
        kind = OPTION_KINDS.get(one["type"])
        if kind is not None:
            one["values"] = [resolver.take(kind, value) for value in one["values"]]
    interaction.source, interaction.opened_by = opened.source, opened
    interaction.metadata["triggering_interaction_metadata"] = dict(opened.metadata)
    return {"custom_id": opened.dialog["custom_id"], "components": components}


# On to the bot


def _hand_over(call: Call, interaction: Interaction, channel: Channel, bot_id: str, sent: Json) -> None:
    stage, world, user = call.stage, call.world, call.user
    granted = str(stage.access.in_channel(user.id, channel))
    payload: Json = {
        "id": interaction.id,
        "application_id": interaction.application_id,
        "type": interaction.type,
        "token": interaction.token,
        "version": 1,
        "data": sent,
        "channel_id": channel.id,
        "channel": {**shapes.channel_shape(world, channel, bot_id), "permissions": granted},
        "locale": user.locale,
        "entitlements": [],
        "authorizing_integration_owners": interaction.metadata["authorizing_integration_owners"],
        "context": _context(interaction, channel, bot_id),
        "attachment_size_limit": _ATTACHMENTS_UP_TO,
        "app_permissions": str(stage.access.in_channel(bot_id, channel)),
    }
    if channel.guild_id is not None:
        guild = world.guilds[channel.guild_id]
        features = shapes.GUILD_FEATURES
        payload["guild_id"] = guild.id
        payload["guild"] = {"id": guild.id, "locale": guild.preferred_locale, "features": features}
        payload["guild_locale"] = guild.preferred_locale
        member = shapes.member_shape(world, guild.members[user.id])
        payload["member"] = {**member, "permissions": granted}
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


def _context(interaction: Interaction, channel: Channel, bot_id: str) -> int:
    """Where it happens: a guild (0), a direct message with the bot (1) or between others (2)."""
    if interaction.guild_id is not None:
        return 0
    return 1 if bot_id in channel.recipients else 2


def _give_up(stage: Stage, interaction: Interaction) -> None:
    """The bot said nothing in 3 s: its interaction is gone, and the person is told."""
    interaction.failed = True
    stage.note("interaction unanswered", interaction.user_id, channel_id=interaction.channel_id)
    if interaction.type != AUTOCOMPLETE:
        tell_person(stage, interaction, "INTERACTION_FAILURE", reason_code=2)


ROUTES = (Route("POST", "/interactions", act),)
