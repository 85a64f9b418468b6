"""Who may do what where: permissions worked out from the world, and remembered until they change."""

from collections.abc import Callable
from datetime import datetime

from bot.sandbox import permissions
from bot.sandbox.errors import refusal
from bot.sandbox.permissions import Permission, Rank
from bot.sandbox.snowflakes import stamp
from bot.sandbox.things import CATEGORY, FORUM_TYPES, PRIVATE_THREAD, Channel, Guild, Member, User
from bot.sandbox.world import World


class Access:
    """Answers permission questions; `changed` must be told when a guild's roles or channels change."""

    def __init__(self, world: World, now: Callable[[], datetime]) -> None:
        self._world = world
        self._now = now
        # What was worked out: by guild, channel and user.
        self._known: dict[str, dict[str, dict[str, int]]] = {}
        self._followers: list[Callable[[str], None]] = []

    def follow(self, call: Callable[[str], None]) -> None:
        """Have a call made with a guild's id whenever what was worked out for it no longer holds."""
        self._followers.append(call)

    def changed(self, guild_id: str) -> None:
        """Forget what was worked out for a guild."""
        self._known.pop(guild_id, None)
        for call in self._followers:
            call(guild_id)

    def forget(self, channel: Channel) -> None:
        """Forget what was worked out for a channel that goes."""
        self._known.get(channel.guild_id or "", {}).pop(channel.id, None)

    def in_guild(self, user_id: str, guild_id: str) -> int:
        """A member's permissions in a guild; 0 for one who is not in it."""
        guild = self._world.guilds.get(guild_id)
        member = guild.members.get(user_id) if guild else None
        if guild is None or member is None:
            return 0
        roles = [guild.roles[one] for one in (guild.id, *member.roles) if one in guild.roles]
        granted = permissions.in_guild(guild.owner_id == user_id, (role.permissions for role in roles))
        return permissions.in_time_out(granted) if self.timed_out(member) else granted

    def timed_out(self, member: Member) -> bool:
        """Whether a member's time-out lasts still."""
        until = member.communication_disabled_until
        return until is not None and until > stamp(self._now())

    def in_channel(self, user_id: str, channel: Channel) -> int:
        """A user's permissions in a channel, a thread (its parent's overwrites count) or direct message."""
        if channel.guild_id is None:
            return permissions.IN_DIRECT_MESSAGES if user_id in channel.recipients else 0
        guild = self._world.guilds.get(channel.guild_id)
        member = guild.members.get(user_id) if guild else None
        if guild is None or member is None:
            return 0
        # A time-out ends by itself, so what it leaves is not remembered.
        if member.communication_disabled_until is not None and self.timed_out(member):
            return self._work_out(member, channel, guild)
        known = self._known.setdefault(guild.id, {}).setdefault(channel.id, {})
        if user_id not in known:
            known[user_id] = self._work_out(member, channel, guild)
        return known[user_id]

    def _work_out(self, member: Member, channel: Channel, guild: Guild) -> int:
        user_id = member.user_id
        holder = channel
        if channel.thread is not None and channel.parent_id is not None:
            holder = self._world.channels.get(channel.parent_id, channel)
        granted = permissions.in_channel(
            self.in_guild(user_id, guild.id),
            guild.id,
            member.roles,
            user_id,
            {key: (int(one["allow"]), int(one["deny"])) for key, one in holder.overwrites.items()},
        )
        if self.timed_out(member):
            # Once more: an overwrite may have given back what the time-out took.
            granted = permissions.in_time_out(granted)
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

    def demand_heard(self, user_id: str, channel: Channel) -> None:
        """Refuse with 50013 a member whose time-out lasts; administrators cannot be silenced."""
        guild = self._world.guilds.get(channel.guild_id or "")
        member = guild.members.get(user_id) if guild else None
        if guild is None or member is None or not self.timed_out(member):
            return
        if not self.in_guild(user_id, guild.id) & Permission.ADMINISTRATOR:
            raise refusal(50013)

    def demand_in_guild(self, user_id: str, guild_id: str, needed: int = 0) -> None:
        """Refuse with 10004 who is not in the guild, with 50013 who lacks one of `needed`."""
        guild = self._world.guilds.get(guild_id)
        if guild is None or user_id not in guild.members:
            raise refusal(10004)
        if needed & ~self.in_guild(user_id, guild_id):
            raise refusal(50013)

    # The hierarchy: https://discord.com/developers/docs/topics/permissions#permission-hierarchy

    def rank(self, user_id: str, guild: Guild) -> Rank:
        """A member's place; the owner stands above all, who is no member below all."""
        if user_id == guild.owner_id:
            return permissions.OWNER_RANK
        member = guild.members.get(user_id)
        roles = [guild.roles[one] for one in member.roles if one in guild.roles] if member else []
        return permissions.highest((role.position, role.id) for role in roles)

    def demand_above(self, user_id: str, guild: Guild, other_id: str) -> None:
        """Refuse with 50013 who does not stand above another member."""
        if self.rank(user_id, guild) <= self.rank(other_id, guild):
            raise refusal(50013)

    # Direct messages

    def demand_open_to(self, author: User, channel: Channel) -> None:
        """Refuse whom the other side of a direct message channel does not hear.

        50007 where they blocked the author, or closed their messages to all guilds that both are in;
        50278 where there is no such guild.
        """
        for other_id in channel.recipients:
            if other_id == author.id:
                continue
            other = self._world.users[other_id]
            shared = [one.id for one in self._world.guilds_of(author.id) if other_id in one.members]
            if author.id in other.blocked or other_id in author.blocked:
                raise refusal(50007)
            if not shared:
                raise refusal(50278)
            if all(one in other.restricted_guilds for one in shared):
                raise refusal(50007)


def sending(channel: Channel) -> Permission:
    """The permission to write in a channel: threads have one of their own."""
    return Permission.SEND_MESSAGES_IN_THREADS if channel.thread is not None else Permission.SEND_MESSAGES


def holds_messages(channel: Channel) -> bool:
    """Whether messages can be written here; forums and categories hold none themselves."""
    return channel.type != CATEGORY and channel.type not in FORUM_TYPES
