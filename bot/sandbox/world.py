"""The sandbox's state: tables of what there is (things.py), and the indices over them."""

from bisect import bisect_left, insort

from bot.sandbox.things import (
    DM,
    Application,
    Channel,
    Command,
    Guild,
    Invite,
    Member,
    Message,
    User,
    Webhook,
)


class World:
    """The tables and the indices over them."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        # Whose a token is; everybody has one.
        self.tokens: dict[str, str] = {}
        self.applications: dict[str, Application] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, Message] = {}
        self.commands: dict[str, Command] = {}
        self.invites: dict[str, Invite] = {}
        self.webhooks: dict[str, Webhook] = {}
        # Roles that `prepare` gave out, by user id: "admin" or "member".
        self.prepared: dict[str, str] = {}
        # Avatars, icons and emoji as data URIs, by hash or emoji id; they are small, so they are saved too.
        self.pictures: dict[str, str] = {}
        self.last_id = 0
        # Where attachments are served; set when the server listens, never saved.
        self.base_url = ""
        # Counts changes, so that the store knows whether there is something new to save.
        self.version = 0
        self._people_named: dict[str, User] = {}
        self._token_of: dict[str, str] = {}
        self._guild_channels: dict[str, dict[str, Channel]] = {}
        self._guild_threads: dict[str, dict[str, Channel]] = {}
        self._threads: dict[str, dict[str, Channel]] = {}
        # Threads that are not archived, by guild.
        self._active: dict[str, dict[str, Channel]] = {}
        # Webhooks by the channel that they write to, and the following ones by the channel that they follow.
        self._webhooks_in: dict[str, dict[str, Webhook]] = {}
        self._followers: dict[str, dict[str, Webhook]] = {}
        self._message_ids: dict[str, list[int]] = {}
        self._guilds_of: dict[str, set[str]] = {}
        self._member_ids: dict[str, list[int]] = {}
        self._direct: dict[frozenset[str], Channel] = {}
        self._direct_of: dict[str, list[Channel]] = {}
        self._pinned: dict[str, dict[str, Message]] = {}
        self._commands_of: dict[str, dict[str, Command]] = {}

    # Users

    def add_user(self, user: User) -> None:
        """Take a person or a bot into the tables."""
        self.users[user.id] = user
        if not user.bot:
            self._people_named[user.username] = user

    def rename_user(self, user: User, username: str) -> None:
        """Give a user another name."""
        if not user.bot:
            del self._people_named[user.username]
            self._people_named[username] = user
        user.username = username

    def person_named(self, username: str) -> User | None:
        """The person of a name; bots do not take names away, as several may bear the same one."""
        return self._people_named.get(username)

    def give_token(self, user_id: str, token: str) -> None:
        """Give a user a token in place of the one they had."""
        self.tokens.pop(self._token_of.get(user_id, ""), None)
        self.tokens[token] = user_id
        self._token_of[user_id] = token

    def take_token(self, user_id: str) -> None:
        """Take a user's token away."""
        self.tokens.pop(self._token_of.pop(user_id, ""), None)

    def token_of(self, user_id: str) -> str:
        """A user's token. Raises KeyError for one who has none."""
        return self._token_of[user_id]

    # Channels

    def add_channel(self, channel: Channel) -> None:
        """Take a channel, thread or direct message into the tables."""
        self.channels[channel.id] = channel
        if channel.guild_id is not None:
            self._rooms_beside(channel).setdefault(channel.guild_id, {})[channel.id] = channel
        if channel.thread is not None and channel.parent_id is not None:
            self._threads.setdefault(channel.parent_id, {})[channel.id] = channel
            self._index_active(channel, channel.thread.archived)
        if channel.type == DM:
            self._direct[frozenset(channel.recipients)] = channel
            for user_id in channel.recipients:
                self._direct_of.setdefault(user_id, []).append(channel)

    def _rooms_beside(self, channel: Channel) -> dict[str, dict[str, Channel]]:
        return self._guild_channels if channel.thread is None else self._guild_threads

    def remove_channel(self, channel: Channel) -> None:
        """Forget a channel, what is in it and its threads."""
        for thread in self.threads_of(channel.id):
            self.remove_channel(thread)
        for webhook in [*self.webhooks_in(channel.id), *self.followers_of(channel.id)]:
            self.remove_webhook(webhook)
        self._active.get(channel.guild_id or "", {}).pop(channel.id, None)
        for number in self._message_ids.pop(channel.id, ()):
            self.messages.pop(str(number), None)
        self._pinned.pop(channel.id, None)
        self.channels.pop(channel.id, None)
        for code in [one.code for one in self.invites.values() if one.channel_id == channel.id]:
            del self.invites[code]
        if channel.guild_id is not None:
            self._rooms_beside(channel).get(channel.guild_id, {}).pop(channel.id, None)
        if channel.parent_id is not None:
            self._threads.get(channel.parent_id, {}).pop(channel.id, None)

    def channels_of(self, guild_id: str) -> list[Channel]:
        """A guild's channels without its threads."""
        return list(self._guild_channels.get(guild_id, {}).values())

    def threads_of(self, channel_id: str) -> list[Channel]:
        """A channel's threads, archived ones too."""
        return list(self._threads.get(channel_id, {}).values())

    def guild_threads(self, guild_id: str) -> list[Channel]:
        """All threads of a guild, archived ones too."""
        return list(self._guild_threads.get(guild_id, {}).values())

    def active_threads(self, guild_id: str) -> list[Channel]:
        """A guild's threads that are not archived."""
        return list(self._active.get(guild_id, {}).values())

    def count_active_threads(self, guild_id: str) -> int:
        """How many threads of a guild are not archived."""
        return len(self._active.get(guild_id, ()))

    def set_archived(self, channel: Channel, archived: bool, at: str) -> None:
        """Archive a thread or open it again."""
        if channel.thread is not None:
            channel.thread.archived, channel.thread.archive_timestamp = archived, at
            self._index_active(channel, archived)

    def _index_active(self, channel: Channel, archived: bool) -> None:
        active = self._active.setdefault(channel.guild_id or "", {})
        if archived:
            active.pop(channel.id, None)
        else:
            active[channel.id] = channel

    def direct_channel(self, one: str, other: str) -> Channel | None:
        """The direct message channel of two users, if they have one."""
        return self._direct.get(frozenset((one, other)))

    def direct_channels(self, user_id: str) -> list[Channel]:
        """The direct message channels that a user is in."""
        return list(self._direct_of.get(user_id, ()))

    # Webhooks

    def add_webhook(self, webhook: Webhook) -> None:
        """Take a webhook into the tables."""
        self.webhooks[webhook.id] = webhook
        self._webhooks_in.setdefault(webhook.channel_id, {})[webhook.id] = webhook
        if webhook.source_channel_id is not None:
            self._followers.setdefault(webhook.source_channel_id, {})[webhook.id] = webhook

    def move_webhook(self, webhook: Webhook, channel_id: str) -> None:
        """Have a webhook write into another channel."""
        self._webhooks_in.get(webhook.channel_id, {}).pop(webhook.id, None)
        webhook.channel_id = channel_id
        self.add_webhook(webhook)

    def remove_webhook(self, webhook: Webhook) -> None:
        """Forget a webhook; its messages stay."""
        self.webhooks.pop(webhook.id, None)
        self._webhooks_in.get(webhook.channel_id, {}).pop(webhook.id, None)
        self._followers.get(webhook.source_channel_id or "", {}).pop(webhook.id, None)

    def webhooks_in(self, channel_id: str) -> list[Webhook]:
        """The webhooks that write into a channel, oldest first."""
        return list(self._webhooks_in.get(channel_id, {}).values())

    def followers_of(self, channel_id: str) -> list[Webhook]:
        """The webhooks that bring a channel's crossposts to other channels."""
        return list(self._followers.get(channel_id, {}).values())

    # Messages

    def add_message(self, message: Message) -> None:
        """Take a message into its channel."""
        self.messages[message.id] = message
        insort(self._message_ids.setdefault(message.channel_id, []), int(message.id))
        if message.pinned_at is not None:
            self.pin(message, message.pinned_at)

    def remove_message(self, message: Message) -> None:
        """Forget a message."""
        self.messages.pop(message.id, None)
        self._pinned.get(message.channel_id, {}).pop(message.id, None)
        numbers = self._message_ids.get(message.channel_id, [])
        place = bisect_left(numbers, int(message.id))
        if numbers[place : place + 1] == [int(message.id)]:
            del numbers[place]

    def pin(self, message: Message, at: str) -> None:
        """Pin a message in its channel."""
        message.pinned_at = at
        self._pinned.setdefault(message.channel_id, {})[message.id] = message

    def unpin(self, message: Message) -> None:
        """Take a message's pin away."""
        message.pinned_at = None
        self._pinned.get(message.channel_id, {}).pop(message.id, None)

    def pinned(self, channel_id: str) -> list[Message]:
        """A channel's pinned messages, newest pin first."""
        found = self._pinned.get(channel_id, {}).values()
        return sorted(found, key=lambda one: one.pinned_at or "", reverse=True)

    def message_ids(self, channel_id: str) -> list[int]:
        """The ids in a channel, oldest first (the list itself: do not change it)."""
        return self._message_ids.get(channel_id, [])

    # Members

    def add_member(self, guild: Guild, member: Member) -> None:
        """Take a user into a guild."""
        if member.user_id not in guild.members:
            insort(self._member_ids.setdefault(guild.id, []), int(member.user_id))
        guild.members[member.user_id] = member
        self._guilds_of.setdefault(member.user_id, set()).add(guild.id)

    def remove_member(self, guild: Guild, user_id: str) -> None:
        """Take a user out of a guild."""
        if guild.members.pop(user_id, None) is not None:
            ids = self._member_ids[guild.id]
            del ids[bisect_left(ids, int(user_id))]
        self._guilds_of.get(user_id, set()).discard(guild.id)

    def remove_guild(self, guild: Guild) -> None:
        """Forget a guild and all that was in it or led to it."""
        for channel in self.channels_of(guild.id):
            self.remove_channel(channel)
        for user_id in list(guild.members):
            self._guilds_of.get(user_id, set()).discard(guild.id)
        for emoji_id in guild.emojis:
            self.pictures.pop(emoji_id, None)
        for command in [one for one in self.commands.values() if one.guild_id == guild.id]:
            self.remove_command(command)
        for table in (self._member_ids, self._guild_channels, self._guild_threads, self._active):
            table.pop(guild.id, None)
        del self.guilds[guild.id]

    def member_ids(self, guild_id: str) -> list[int]:
        """The members' ids in a guild in ascending order (the list itself: do not change it)."""
        return self._member_ids.get(guild_id, [])

    def guilds_of(self, user_id: str) -> list[Guild]:
        """The guilds that a user is in, oldest first."""
        return [self.guilds[one] for one in sorted(self._guilds_of.get(user_id, ()), key=int)]

    # Commands

    def add_command(self, command: Command) -> None:
        """Take a command, new or changed."""
        self.commands[command.id] = command
        self._commands_of.setdefault(command.application_id, {})[command.id] = command

    def remove_command(self, command: Command) -> None:
        """Forget a command."""
        self.commands.pop(command.id, None)
        self._commands_of.get(command.application_id, {}).pop(command.id, None)

    def commands_of(self, application_id: str, guild_id: str | None) -> list[Command]:
        """An application's global commands, or those of one guild."""
        found = self._commands_of.get(application_id, {}).values()
        return [command for command in found if command.guild_id == guild_id]
