"""Which permissions a channel's posts need, which are missing, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord

# What the invite link asks for: the smallest set that serves every channel (see needed_to_post).
INVITE_PERMISSIONS = discord.Permissions(309_237_730_368)

PostChannel = discord.TextChannel | discord.ForumChannel | discord.Thread

_NAMES = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
    "add_reactions": "Add Reactions",
    "pin_messages": "Pin Messages",
    "manage_threads": "Manage Threads",
    "manage_messages": "Manage Messages",
}


@dataclass(frozen=True, slots=True)
class MissingPermissions:
    """Permissions that the bot lacks in a channel, by the names that Discord's settings show."""

    channel_id: int
    names: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is missing and what to do."""
        return (
            f"In <#{self.channel_id}> Broadsheet lacks {_listed(self.names)}. Open the channel's settings, "
            f"then Permissions, and allow {'these' if len(self.names) > 1 else 'this'} for Broadsheet's role."
        )


TO_READ = ("view_channel", "read_message_history")
TO_EDIT = ("view_channel",)
# Asked for nowhere: where this is missing a picture that would be sent along is linked to, and often not seen.
TO_ATTACH = ("attach_files",)
# Asked for nowhere: where this is missing, a vote that does not count stays and is not counted.
TO_TAKE_BACK = ("view_channel", "read_message_history", "manage_messages")
TO_LOCK = ("view_channel", "manage_threads")
TO_PIN = ("view_channel", "read_message_history", "pin_messages")


def needed_to_post(channel: PostChannel, *, thread_wanted: bool, pin_wanted: bool = False) -> tuple[str, ...]:
    """discord.py's names of what posting takes. Threads have a sending permission of their own and hold no threads.

    A forum's posts are threads already. Publishing an announcement takes no more than writing it.
    """
    threads = ("create_public_threads",) if thread_wanted and isinstance(channel, discord.TextChannel) else ()
    pins = ("pin_messages",) if pin_wanted else ()
    return (*needed_to_say(channel), "read_message_history", "add_reactions", *threads, *pins)


def is_closed(channel: PostChannel) -> bool:
    """Whether permissions alone don't let cards in: a locked thread, a forum that wants a tag and has none for us."""
    if isinstance(channel, discord.Thread):
        return channel.locked and not channel.permissions_for(channel.guild.me).manage_threads
    if isinstance(channel, discord.ForumChannel):
        return channel.flags.require_tag and all(tag.moderated for tag in channel.available_tags)
    return False


def is_announcement(channel: object) -> bool:
    """Whether messages here can be published to the servers that follow."""
    return isinstance(channel, discord.TextChannel) and channel.is_news()


def needed_to_say(channel: PostChannel) -> tuple[str, ...]:
    """discord.py's names of what a message takes that is no card."""
    sending = "send_messages_in_threads" if isinstance(channel, discord.Thread) else "send_messages"
    return ("view_channel", sending, "embed_links")


def missing_permissions(channel: PostChannel, needed: Sequence[str]) -> MissingPermissions | None:
    """Which of the `needed` the bot lacks in `channel`, or None where all is well."""
    held = channel.permissions_for(channel.guild.me)
    lacking = tuple(_NAMES[name] for name in needed if not getattr(held, name))
    return MissingPermissions(channel.id, lacking) if lacking else None


def readable_by(guild: discord.Guild, reader: discord.Member | discord.Role) -> frozenset[int]:
    """Ids of the channels and open threads that a member or a role may read, from the cached server."""
    channels = {channel.id for channel in guild.channels if may_read(channel.permissions_for(reader))}
    threads = {
        thread.id
        for thread in guild.threads
        if thread.parent_id in channels
        and (not thread.is_private() or _may_open_private_threads(thread, reader))
    }
    return frozenset(channels | threads)


def _may_open_private_threads(thread: discord.Thread, reader: discord.Member | discord.Role) -> bool:
    return thread.parent is not None and thread.parent.permissions_for(reader).manage_threads


def may_read(permissions: discord.Permissions) -> bool:
    """Whether what stands in a channel may be read."""
    return permissions.view_channel and permissions.read_message_history


def _listed(names: Sequence[str]) -> str:
    bold = [f"**{name}**" for name in names]
    return bold[0] if len(bold) == 1 else f"{', '.join(bold[:-1])} and {bold[-1]}"
