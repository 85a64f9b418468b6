"""What a member may do in a guild and in a channel. Pure; the rules are Discord's own.

https://discord.com/developers/docs/topics/permissions#permission-overwrites
"""

from collections.abc import Collection, Iterable, Mapping
from enum import IntFlag


class Permission(IntFlag):
    """The permissions that this Discord looks at, by their official bits."""

    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    PIN_MESSAGES = 1 << 51


ALL = (1 << 53) - 1
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
