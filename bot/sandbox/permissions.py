"""What a member may do in a guild and in a channel. Pure; the rules are Discord's own.

https://discord.com/developers/docs/topics/permissions#permission-overwrites
"""

from collections.abc import Collection, Iterable, Mapping
from enum import IntFlag


class Permission(IntFlag):
    """The official bits.

    https://discord.com/developers/docs/topics/permissions#permissions-bitwise-permission-flags
    """

    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    PRIORITY_SPEAKER = 1 << 8
    STREAM = 1 << 9
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    VIEW_GUILD_INSIGHTS = 1 << 19
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    MUTE_MEMBERS = 1 << 22
    DEAFEN_MEMBERS = 1 << 23
    MOVE_MEMBERS = 1 << 24
    USE_VAD = 1 << 25
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    MANAGE_GUILD_EXPRESSIONS = 1 << 30
    USE_APPLICATION_COMMANDS = 1 << 31
    REQUEST_TO_SPEAK = 1 << 32
    MANAGE_EVENTS = 1 << 33
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    USE_EXTERNAL_STICKERS = 1 << 37
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EMBEDDED_ACTIVITIES = 1 << 39
    MODERATE_MEMBERS = 1 << 40
    VIEW_CREATOR_MONETIZATION_ANALYTICS = 1 << 41
    USE_SOUNDBOARD = 1 << 42
    CREATE_GUILD_EXPRESSIONS = 1 << 43
    CREATE_EVENTS = 1 << 44
    USE_EXTERNAL_SOUNDS = 1 << 45
    SEND_VOICE_MESSAGES = 1 << 46
    SEND_POLLS = 1 << 49
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51
    BYPASS_SLOWMODE = 1 << 52


ALL = sum(Permission)
# What @everyone may do in a guild that was just made.
EVERYONE_AT_FIRST = 2222085186637376 | int(Permission.CREATE_INSTANT_INVITE | Permission.MENTION_EVERYONE)
# A direct message channel has no roles; both sides may do this.
IN_DIRECT_MESSAGES = int(
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.PIN_MESSAGES
)
# What a time-out leaves: https://discord.com/developers/docs/topics/permissions#permissions-for-timed-out-members
IN_TIME_OUT = int(Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY)
_NEEDS_SENDING = int(
    Permission.MENTION_EVERYONE
    | Permission.SEND_TTS_MESSAGES
    | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
)


def in_guild(owner: bool, role_permissions: Iterable[int]) -> int:
    """A member's permissions before any channel has a say; an administrator has all."""
    if owner:
        return ALL
    granted = 0
    for permissions in role_permissions:
        granted |= permissions
    return ALL if granted & Permission.ADMINISTRATOR else granted


def in_channel(
    base: int,
    everyone_id: str,
    role_ids: Collection[str],
    user_id: str,
    overwrites: Mapping[str, tuple[int, int]],
) -> int:
    """A member's permissions in a channel; `overwrites` maps a role's or member's id to (allow, deny)."""
    if base & Permission.ADMINISTRATOR:
        return ALL
    permissions = base
    allow, deny = overwrites.get(everyone_id, (0, 0))
    permissions = permissions & ~deny | allow
    allowed = denied = 0
    for role_id in role_ids:
        allow, deny = overwrites.get(role_id, (0, 0))
        allowed |= allow
        denied |= deny
    permissions = permissions & ~denied | allowed
    allow, deny = overwrites.get(user_id, (0, 0))
    return permissions & ~deny | allow


def with_implicit_denials(permissions: int, thread: bool) -> int:
    """Take away what makes no sense without its ground: nothing without the view, no embeds when mute."""
    if not permissions & Permission.VIEW_CHANNEL:
        return 0
    sending = Permission.SEND_MESSAGES_IN_THREADS if thread else Permission.SEND_MESSAGES
    if not permissions & sending:
        permissions &= ~_NEEDS_SENDING
    return permissions


def in_time_out(granted: int) -> int:
    """What a timed-out member keeps of their permissions; administrators cannot be silenced."""
    return granted if granted & Permission.ADMINISTRATOR else granted & IN_TIME_OUT


# Where a role or member stands: higher is more. Of roles at the same position the older one is higher.
Rank = tuple[float, int]
OWNER_RANK: Rank = (float("inf"), 0)
_NO_RANK: Rank = (-1, 0)


def rank(position: int, role_id: str) -> Rank:
    """A role's place in the hierarchy."""
    return (position, -int(role_id))


def highest(roles: Iterable[tuple[int, str]]) -> Rank:
    """The place of a member with these roles, each a (position, id); below @everyone without any."""
    return max((rank(position, role_id) for position, role_id in roles), default=_NO_RANK)
