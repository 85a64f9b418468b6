"""What there is in the sandbox: people, guilds, channels, messages, commands. Plain data that JSON can hold.

Nested values are replaced and not changed in place, so that a shallow copy is a snapshot; what is changed in
place all the same is listed in store.py, which copies it too.
"""

from dataclasses import dataclass, field
from typing import Any

TEXT, DM, VOICE, CATEGORY, ANNOUNCEMENT = 0, 1, 2, 4, 5
ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 10, 11, 12
STAGE, FORUM, MEDIA = 13, 15, 16
THREAD_TYPES = frozenset({ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})
# Channels whose messages are all in posts, which are threads.
FORUM_TYPES = frozenset({FORUM, MEDIA})


@dataclass(slots=True)
class User:
    """A person or a bot. `avatar` is a key of `World.pictures`.

    `restricted_guilds` are those whose members may not write to this person; `blocked` are users' ids.
    """

    id: str
    username: str
    global_name: str | None = None
    bot: bool = False
    application_id: str | None = None
    avatar: str | None = None
    locale: str = "en-US"
    default_guilds_restricted: bool = False
    restricted_guilds: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Emoji:
    """A custom emoji of a guild or an application; its picture is in `World.pictures` under its id."""

    id: str
    name: str
    user_id: str
    animated: bool = False
    roles: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Application:
    """An application and, once made, its bot. The three privileged intents are allowed or not."""

    id: str
    name: str
    owner_id: str
    description: str = ""
    bot_id: str | None = None
    message_content: bool = True
    guild_members: bool = True
    presences: bool = True
    icon: str | None = None
    tags: list[str] = field(default_factory=list)
    emojis: dict[str, Emoji] = field(default_factory=dict)


@dataclass(slots=True)
class Role:
    """A role; a managed one belongs to the bot `bot_id`."""

    id: str
    name: str
    permissions: int
    position: int = 0
    color: int = 0
    hoist: bool = False
    mentionable: bool = False
    bot_id: str | None = None


@dataclass(slots=True)
class Member:
    """A user within a guild; `roles` leaves out @everyone."""

    user_id: str
    joined_at: str
    roles: list[str] = field(default_factory=list)
    nick: str | None = None
    # Until when the member is timed out, as Discord writes times; it may have passed.
    communication_disabled_until: str | None = None


@dataclass(slots=True)
class Guild:
    """A guild with its roles by id (the guild's own id is @everyone) and members by user id.

    `bans` maps users' ids to the reasons given; `icon` is a key of `World.pictures`.
    """

    id: str
    name: str
    owner_id: str
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    emojis: dict[str, Emoji] = field(default_factory=dict)
    bans: dict[str, str | None] = field(default_factory=dict)
    icon: str | None = None
    description: str | None = None
    preferred_locale: str = "en-US"
    system_channel_id: str | None = None
    verification_level: int = 0
    default_message_notifications: int = 1
    explicit_content_filter: int = 0
    # What managers set for commands, by the command's or its application's id.
    command_permissions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass(slots=True)
class ThreadState:
    """What a thread has beyond a channel. `members` maps user ids to their join times."""

    owner_id: str
    create_timestamp: str
    archive_timestamp: str
    auto_archive_duration: int = 4320
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    message_count: int = 0
    total_message_sent: int = 0
    applied_tags: list[str] = field(default_factory=list)
    members: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Channel:
    """A guild channel, a thread (`thread` set) or a direct message (`recipients` set)."""

    id: str
    type: int
    name: str = ""
    guild_id: str | None = None
    parent_id: str | None = None
    topic: str | None = None
    position: int = 0
    nsfw: bool = False
    flags: int = 0
    rate_limit_per_user: int = 0
    default_auto_archive_duration: int = 4320
    last_message_id: str | None = None
    last_pin_timestamp: str | None = None
    overwrites: dict[str, dict[str, Any]] = field(default_factory=dict)
    available_tags: list[dict[str, Any]] = field(default_factory=list)
    default_reaction_emoji: dict[str, Any] | None = None
    default_sort_order: int | None = None
    default_forum_layout: int = 0
    default_thread_rate_limit_per_user: int = 0
    bitrate: int = 64000
    user_limit: int = 0
    recipients: list[str] = field(default_factory=list)
    thread: ThreadState | None = None


@dataclass(slots=True)
class Message:
    """A message. `reactions` maps an emoji's text (emoji.py) to the users who gave it, in order."""

    id: str
    channel_id: str
    author_id: str
    timestamp: str
    guild_id: str | None = None
    type: int = 0
    content: str = ""
    flags: int = 0
    tts: bool = False
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    edited_timestamp: str | None = None
    pinned_at: str | None = None
    nonce: str | int | None = None
    reference: dict[str, Any] | None = None
    interaction_metadata: dict[str, Any] | None = None
    application_id: str | None = None
    reactions: dict[str, dict[str, None]] = field(default_factory=dict)
    # A webhook's message keeps the name and picture that it was sent under; `author_id` is the webhook's.
    webhook_id: str | None = None
    shown_name: str = ""
    shown_avatar: str | None = None
    # What a forward carries: the content of its source at that time, in Discord's shape.
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    # The messages that a crosspost became in the channels that follow.
    copies: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Webhook:
    """A way to write into a channel: an incoming one (type 1) by its token, a follower (type 2) by crossposts."""

    id: str
    type: int
    guild_id: str
    channel_id: str
    name: str
    creator_id: str
    token: str = ""
    avatar: str | None = None
    # The bot's application, for a webhook that a bot made.
    application_id: str | None = None
    source_channel_id: str | None = None


@dataclass(slots=True)
class Command:
    """An application command as Discord answers it; `guild_id` is None for a global one."""

    id: str
    application_id: str
    guild_id: str | None
    type: int
    name: str
    body: dict[str, Any]


@dataclass(slots=True)
class Invite:
    """A way into a guild. `max_age` in seconds and `max_uses`: 0 for no end."""

    code: str
    guild_id: str
    channel_id: str
    inviter_id: str
    created_at: str
    max_age: int = 0
    max_uses: int = 0
    uses: int = 0
    temporary: bool = False
