"""Announcements: publish them, follow a channel, and what becomes of the copies in the channels that follow.

https://discord.com/developers/docs/resources/channel#follow-announcement-channel
"""

from typing import Any

from bot.sandbox.errors import refusal
from bot.sandbox.forms.form import Form
from bot.sandbox.forms.message import Draft
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import posting
from bot.sandbox.routes.routing import Call
from bot.sandbox.stage import Stage
from bot.sandbox.things import ANNOUNCEMENT, TEXT, Channel, Message, Webhook

FOLLOWER = 2
_WEBHOOKS_AT_MOST = 15
_CROSSPOSTED, _IS_CROSSPOST, _SOURCE_DELETED = 1 << 0, 1 << 1, 1 << 3


def demand_room(stage: Stage, channel: Channel) -> None:
    """Refuse one more webhook in a channel that has 15 with 30007."""
    if len(stage.world.webhooks_in(channel.id)) >= _WEBHOOKS_AT_MOST:
        raise refusal(30007)


def tell_of_webhooks(stage: Stage, channel_id: str, guild_id: str) -> None:
    """Tell that a channel's webhooks changed."""
    data = {"guild_id": guild_id, "channel_id": channel_id}
    stage.gateway.to_guild(guild_id, "WEBHOOKS_UPDATE", data)


def follow(call: Call) -> Any:
    """`POST /channels/{id}/followers`: a webhook brings what is published here to another channel."""
    channel = call.channel()
    if channel.type != ANNOUNCEMENT or channel.guild_id is None:
        raise refusal(50024)
    form = Form()
    target_id = form.snowflake(call.form, "webhook_channel_id", ())
    if target_id is None:
        form.missing(("webhook_channel_id",))
    form.finish()
    target = call.world.channels.get(target_id or "")
    if target is None:
        raise refusal(10003)
    call.stage.access.demand(call.user.id, target, Permission.MANAGE_WEBHOOKS)
    if target.type not in (TEXT, ANNOUNCEMENT) or target.guild_id is None:
        raise refusal(50024)
    demand_room(call.stage, target)
    name = f"{call.world.guilds[channel.guild_id].name} #{channel.name}"
    webhook = Webhook(
        id=call.stage.make_id(),
        type=FOLLOWER,
        guild_id=target.guild_id,
        channel_id=target.id,
        name=name,
        creator_id=call.user.id,
        source_channel_id=channel.id,
    )
    call.world.add_webhook(webhook)
    call.stage.note("channel followed", call.user.id, guild_id=target.guild_id, channel_id=target.id)
    tell_of_webhooks(call.stage, target.id, target.guild_id)
    source = {"type": 0, "channel_id": channel.id, "guild_id": channel.guild_id}
    posting.announce(call.stage, call.user, target, posting.FOLLOW_ADD, name, source)
    return {"channel_id": channel.id, "webhook_id": webhook.id}


def crosspost(stage: Stage, channel: Channel, message: Message, actor_id: str) -> None:
    """Publish a message to all channels that follow. Raises 40033 for one that was published already."""
    if channel.type != ANNOUNCEMENT:
        raise refusal(50024)
    if message.type not in posting.WRITTEN:
        raise refusal(50068)
    if message.flags & _CROSSPOSTED:
        raise refusal(40033)
    message.flags |= _CROSSPOSTED
    stage.note("message crossposted", actor_id, message)
    stage.gateway.message("MESSAGE_UPDATE", channel, message)
    for webhook in stage.world.followers_of(channel.id):
        target = stage.world.channels.get(webhook.channel_id)
        if target is not None:
            copy = posting.compose(stage, webhook, target, Draft(frozenset()))
            copy.flags, copy.reference = _IS_CROSSPOST, posting.reference_to(message)
            _fill(copy, message)
            message.copies = [*message.copies, copy.id]
            posting.publish(stage, target, copy)


def follow_edit(stage: Stage, message: Message) -> None:
    """Change the copies of a published message as it was changed."""
    for copy, channel in _copies(stage, message):
        _fill(copy, message)
        copy.edited_timestamp = message.edited_timestamp
        stage.note("message edited", copy.author_id, copy)
        stage.gateway.message("MESSAGE_UPDATE", channel, copy)


def follow_deletion(stage: Stage, message: Message) -> None:
    """Empty the copies of a published message that was deleted; they stay as what says so."""
    for copy, channel in _copies(stage, message):
        copy.content = "[Original Message Deleted]"
        copy.embeds, copy.attachments = [], []
        copy.flags |= _SOURCE_DELETED
        stage.note("message edited", copy.author_id, copy)
        stage.gateway.message("MESSAGE_UPDATE", channel, copy)


def _fill(copy: Message, source: Message) -> None:
    # Nobody is mentioned by a copy, and components stay where their bot is.
    copy.content, copy.embeds, copy.attachments = source.content, source.embeds, source.attachments


def _copies(stage: Stage, message: Message) -> list[tuple[Message, Channel]]:
    found = [stage.world.messages.get(one) for one in message.copies]
    return [
        (one, stage.world.channels[one.channel_id])
        for one in found
        if one is not None and one.channel_id in stage.world.channels
    ]
