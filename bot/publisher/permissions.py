"""Which permissions a channel's posts need, which are missing, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord

# What the invite link asks for: the smallest set that serves every channel (see needed_to_post).
INVITE_PERMISSIONS = discord.Permissions(309_237_730_368)

PostChannel = discord.TextChannel | discord.Thread

_NAMES = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
    "add_reactions": "Add Reactions",
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


def needed_to_post(channel: PostChannel, *, thread_wanted: bool) -> tuple[str, ...]:
    """discord.py's names of what posting takes. Threads have a sending permission of their own and hold no threads."""
    in_thread = isinstance(channel, discord.Thread)
    threads = ("create_public_threads",) if thread_wanted and not in_thread else ()
    return (*needed_to_say(channel), "read_message_history", "add_reactions", *threads)


def needed_to_say(channel: PostChannel) -> tuple[str, ...]:
    """discord.py's names of what a message takes that is no card."""
    sending = "send_messages_in_threads" if isinstance(channel, discord.Thread) else "send_messages"
    return ("view_channel", sending, "embed_links")


def missing_permissions(channel: PostChannel, needed: Sequence[str]) -> MissingPermissions | None:
    """Which of the `needed` the bot lacks in `channel`, or None where all is well."""
    held = channel.permissions_for(channel.guild.me)
    lacking = tuple(_NAMES[name] for name in needed if not getattr(held, name))
    return MissingPermissions(channel.id, lacking) if lacking else None


def _listed(names: Sequence[str]) -> str:
    bold = [f"**{name}**" for name in names]
    return bold[0] if len(bold) == 1 else f"{', '.join(bold[:-1])} and {bold[-1]}"
