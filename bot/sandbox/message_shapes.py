"""Messages in Discord's v10 shape, for one viewer: own reactions, and content only where it may be read."""

from urllib.parse import quote

from bot.sandbox import shapes
from bot.sandbox.emoji import partial
from bot.sandbox.shapes import Json
from bot.sandbox.things import Message
from bot.sandbox.world import World


class Readable:
    """Whether a viewer reads a message's content.

    Without MESSAGE_CONTENT a bot reads its own messages, direct messages and those that mention it.
    https://discord.com/developers/docs/events/gateway#message-content-intent
    """

    def __init__(self, bot_id: str | None) -> None:
        """`bot_id`: the bot without that intent; None reads all."""
        self._bot_id = bot_id

    def __call__(self, message: Message) -> bool:
        """Whether this viewer reads it."""
        bot_id = self._bot_id
        return (
            bot_id is None
            or message.guild_id is None
            or message.author_id == bot_id
            or bot_id in message.mentions
        )


# Answers and context menus' targets are read whole, whatever a bot's intents; so is what a webhook wrote by it.
READS_ALL = Readable(None)


def message_shape(
    world: World, message: Message, viewer_id: str | None, readable: Readable, nested: bool = False
) -> Json:
    """A message for one viewer; where `readable` says no, its content comes empty.

    A message quoted by a reply is `nested` and quotes nothing itself.
    """
    whole = readable(message)
    shape: Json = {
        "id": message.id,
        "channel_id": message.channel_id,
        "type": message.type,
        "author": _author_shape(world, message),
        "content": message.content if whole else "",
        "timestamp": message.timestamp,
        "edited_timestamp": message.edited_timestamp,
        "tts": message.tts,
        "mention_everyone": message.mention_everyone,
        "mentions": [shapes.user_shape(world.users[one]) for one in message.mentions if one in world.users],
        "mention_roles": message.mention_roles,
        "attachments": [attachment_shape(world, message, one) for one in message.attachments]
        if whole
        else [],
        "embeds": _embed_shapes(world, message) if whole else [],
        "components": message.components if whole else [],
        "pinned": message.pinned_at is not None,
        "flags": message.flags,
    }
    if message.nonce is not None:
        shape["nonce"] = message.nonce
    if message.reactions:
        shape["reactions"] = [
            reaction_shape(emoji, users, viewer_id) for emoji, users in message.reactions.items()
        ]
    if message.webhook_id is not None:
        shape["webhook_id"] = message.webhook_id
        if message.application_id is not None:
            shape["application_id"] = message.application_id
    elif message.application_id is not None:
        shape["application_id"] = shape["webhook_id"] = message.application_id
    if message.snapshots:
        shape["message_snapshots"] = message.snapshots if whole else []
    if message.interaction_metadata is not None:
        shape |= _interaction_shape(world, message.interaction_metadata)
    if message.reference is not None:
        shape["message_reference"] = message.reference
        if message.type in (19, 21) and not nested:
            target = world.messages.get(message.reference.get("message_id", ""))
            shape["referenced_message"] = (
                message_shape(world, target, viewer_id, readable, nested=True) if target else None
            )
    # A thread made from a message has that message's id.
    thread = world.channels.get(message.id)
    if thread is not None and thread.thread is not None and thread.id != message.channel_id:
        shape["thread"] = shapes.channel_shape(world, thread)
    return shape


def _author_shape(world: World, message: Message) -> Json:
    """Who wrote it: a user, or a webhook under the name that the message was sent with."""
    user = world.users.get(message.author_id)
    if user is not None:
        return shapes.user_shape(user)
    return {
        "id": message.author_id,
        "username": message.shown_name,
        "global_name": None,
        "discriminator": "0000",
        "avatar": message.shown_avatar,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
        "bot": True,
    }


def snapshot_shape(world: World, message: Message) -> Json:
    """What a forward keeps of its source: content without author, reactions or place."""
    return {
        "message": {
            "type": message.type,
            "content": message.content,
            "mentions": [],
            "mention_roles": message.mention_roles,
            "attachments": [attachment_shape(world, message, one) for one in message.attachments],
            "embeds": message.embeds,
            "components": message.components,
            "timestamp": message.timestamp,
            "edited_timestamp": message.edited_timestamp,
            "flags": message.flags,
        }
    }


def _interaction_shape(world: World, metadata: Json) -> Json:
    shown = _metadata_shape(world, metadata)
    shape: Json = {"interaction_metadata": shown}
    if metadata["type"] == 2:
        shape["interaction"] = {
            "id": metadata["id"],
            "type": 2,
            "name": metadata["name"],
            "user": shown["user"],
        }
    return shape


def _metadata_shape(world: World, metadata: Json) -> Json:
    shown = {key: value for key, value in metadata.items() if key != "name"}
    for key in ("user", "target_user"):
        if key in shown:
            shown[key] = shapes.user_shape(world.users[shown[key]])
    opened_by = metadata.get("triggering_interaction_metadata")
    if opened_by is not None:
        shown["triggering_interaction_metadata"] = _metadata_shape(world, opened_by)
    return shown


def _embed_shapes(world: World, message: Message) -> list[Json]:
    """A message's embeds; a picture that is one of its files gets that file's address."""
    if not message.attachments:
        return message.embeds
    entries = [attachment_shape(world, message, one) for one in message.attachments]
    files = {f"attachment://{one['filename']}": one["url"] for one in entries}
    return [
        {key: _with_files(part, files) if isinstance(part, dict) else part for key, part in embed.items()}
        for embed in message.embeds
    ]


def _with_files(part: Json, files: dict[str, str]) -> Json:
    keys = ("url", "proxy_url", "icon_url")
    return {key: files.get(value, value) if key in keys else value for key, value in part.items()}


def attachment_shape(world: World, message: Message, attachment: Json) -> Json:
    """An attachment with the address where this server hands it out."""
    name = quote(attachment["filename"], safe="")
    url = f"{world.base_url}/attachments/{message.channel_id}/{attachment['id']}/{name}"
    return {**attachment, "url": url, "proxy_url": url}


def reaction_shape(emoji: str, users: dict[str, None], viewer_id: str | None) -> Json:
    """One emoji on a message and how often it was given."""
    return {
        "emoji": partial(emoji),
        "count": len(users),
        "count_details": {"burst": 0, "normal": len(users)},
        "burst_colors": [],
        "me": viewer_id in users,
        "me_burst": False,
        "burst_me": False,
        "burst_count": 0,
    }
