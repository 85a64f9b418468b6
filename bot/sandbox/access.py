"""Who may do what where: permissions worked out from the world, and remembered until they change."""

from bot.sandbox import permissions
from bot.sandbox.errors import refusal
from bot.sandbox.permissions import Permission
from bot.sandbox.world import FORUM, PRIVATE_THREAD, Channel, World


class Access:
    """Answers permission questions; `changed` must be told when a guild's roles or channels change."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[str, dict[tuple[str, str], int]] = {}

    def changed(self, guild_id: str) -> None:
        """Forget what was worked out for a guild."""
        self._known.pop(guild_id, None)

    def in_guild(self, user_id: str, guild_id: str) -> int:
        """A member's permissions in a guild; 0 for one who is not in it."""
        guild = self._world.guilds.get(guild_id)
        member = guild.members.get(user_id) if guild else None
        if guild is None or member is None:
            return 0
        roles = [guild.roles[one] for one in (guild.id, *member.roles) if one in guild.roles]
        return permissions.in_guild(guild.owner_id == user_id, (role.permissions for role in roles))

    def in_channel(self, user_id: str, channel: Channel) -> int:
        """A user's permissions in a channel, a thread (its parent's overwrites count) or direct message."""
        if channel.guild_id is None:
            return permissions.IN_DIRECT_MESSAGES if user_id in channel.recipients else 0
        known = self._known.setdefault(channel.guild_id, {})
        key = (user_id, channel.id)
        if key not in known:
            known[key] = self._work_out(user_id, channel, channel.guild_id)
        return known[key]

    def _work_out(self, user_id: str, channel: Channel, guild_id: str) -> int:
        guild = self._world.guilds[guild_id]
        member = guild.members.get(user_id)
        if member is None:
            return 0
        holder = channel
        if channel.thread is not None and channel.parent_id is not None:
            holder = self._world.channels.get(channel.parent_id, channel)
        granted = permissions.in_channel(
            self.in_guild(user_id, guild_id),
            guild_id,
            member.roles,
            user_id,
            {key: (int(one["allow"]), int(one["deny"])) for key, one in holder.overwrites.items()},
        )
        granted = permissions.with_implicit_denials(granted, channel.thread is not None)
        private = channel.type == PRIVATE_THREAD and channel.thread is not None
        if private and channel.thread is not None and user_id not in channel.thread.members:
            return granted if granted & Permission.MANAGE_THREADS else 0
        return granted

    def can_view(self, user_id: str, channel: Channel) -> bool:
        """Whether a user sees a channel at all."""
        return bool(self.in_channel(user_id, channel) & Permission.VIEW_CHANNEL)

    def demand(self, user_id: str, channel: Channel, needed: int = 0) -> None:
        """Refuse with 50001 who does not see the channel, with 50013 who lacks one of `needed`."""
        granted = self.in_channel(user_id, channel)
        if not granted & Permission.VIEW_CHANNEL:
            raise refusal(50001)
        if needed & ~granted:
            raise refusal(50013)

    def demand_in_guild(self, user_id: str, guild_id: str, needed: int = 0) -> None:
        """Refuse with 10004 who is not in the guild, with 50013 who lacks one of `needed`."""
        guild = self._world.guilds.get(guild_id)
        if guild is None or user_id not in guild.members:
            raise refusal(10004)
        if needed & ~self.in_guild(user_id, guild_id):
            raise refusal(50013)


def sending(channel: Channel) -> Permission:
    """The permission to write in a channel: threads have one of their own."""
    return Permission.SEND_MESSAGES_IN_THREADS if channel.thread is not None else Permission.SEND_MESSAGES


def holds_messages(channel: Channel) -> bool:
    """Whether messages can be written here; forums and categories hold none themselves."""
    return channel.type not in (4, FORUM)
