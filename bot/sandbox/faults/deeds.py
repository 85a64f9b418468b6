"""What somebody else does to a bot's world: deletions, a permission taken away, a kick.

Each is done by Discord's own routes as the guild's owner does it, so that all events follow. Raises errors.Refusal
where there is nothing (any more) to do it on.
"""

from typing import Any

from bot.sandbox.errors import refusal
from bot.sandbox.permissions import Permission
from bot.sandbox.routes.routing import Call, Router
from bot.sandbox.routes.table import ROUTES
from bot.sandbox.stage import Stage
from bot.sandbox.things import Channel, Guild, User


class Deeds:
    """Does at once what it is told; channels may be threads."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._world = stage.world
        self._router = Router(ROUTES)

    def delete_message(self, message_id: str) -> None:
        """Delete a message; its author does it where there is no guild."""
        message = self._world.messages.get(message_id)
        if message is None:
            raise refusal(10008)
        guild = self._world.guilds.get(message.guild_id or "")
        actor = self._world.users[message.author_id] if guild is None else self._owner(guild)
        self._do(actor, "DELETE", f"/channels/{message.channel_id}/messages/{message.id}")

    def delete_channel(self, channel_id: str) -> None:
        """Delete a guild's channel or a thread."""
        channel, guild = self._channel(channel_id)
        self._do(self._owner(guild), "DELETE", f"/channels/{channel.id}")

    def delete_guild(self, guild_id: str) -> None:
        """Delete a guild."""
        guild = self._guild(guild_id)
        self._do(self._owner(guild), "DELETE", f"/guilds/{guild.id}")

    def kick_bot(self, guild_id: str, bot_id: str | None = None) -> None:
        """Kick a bot out of a guild; all its bots where none is named."""
        guild = self._guild(guild_id)
        for one in self._bots(guild, bot_id):
            self._do(self._owner(guild), "DELETE", f"/guilds/{guild.id}/members/{one}")

    def take_permission(self, place_id: str, permission: int, bot_id: str | None = None) -> None:
        """Take permissions from a bot (from all bots where none is named), in a channel or in the whole guild.

        In a channel an overwrite for the bot denies them; a thread has its parent's. In a guild they go from every
        role that the bot has, @everyone too, and so does ADMINISTRATOR, which would bring them back.
        """
        # A flag's own complement would leave out the bits that have no name yet.
        permission = int(permission)
        if place_id in self._world.guilds:
            self._take_in_guild(self._guild(place_id), permission, bot_id)
            return
        channel, guild = self._channel(place_id)
        if channel.thread is not None:
            channel = self._world.channels[channel.parent_id or ""]
        for one in self._bots(guild, bot_id):
            known = channel.overwrites.get(one, {"allow": "0", "deny": "0"})
            allow, deny = int(known["allow"]) & ~permission, int(known["deny"]) | permission
            body = {"type": 1, "allow": str(allow), "deny": str(deny)}
            self._do(self._owner(guild), "PUT", f"/channels/{channel.id}/permissions/{one}", body)

    def _take_in_guild(self, guild: Guild, permission: int, bot_id: str | None) -> None:
        gone = permission | int(Permission.ADMINISTRATOR)
        roles = {role for one in self._bots(guild, bot_id) for role in guild.members[one].roles} | {guild.id}
        for role in [guild.roles[one] for one in roles if one in guild.roles]:
            if role.permissions & gone:
                body = {"permissions": str(role.permissions & ~gone)}
                self._do(self._owner(guild), "PATCH", f"/guilds/{guild.id}/roles/{role.id}", body)

    def _channel(self, channel_id: str) -> tuple[Channel, Guild]:
        channel = self._world.channels.get(channel_id)
        guild = self._world.guilds.get(channel.guild_id or "") if channel is not None else None
        if channel is None or guild is None:
            raise refusal(10003)
        return channel, guild

    def _guild(self, guild_id: str) -> Guild:
        guild = self._world.guilds.get(guild_id)
        if guild is None:
            raise refusal(10004)
        return guild

    def _bots(self, guild: Guild, bot_id: str | None) -> list[str]:
        bots = [one for one in guild.members if self._world.users[one].bot and bot_id in (None, one)]
        if not bots:
            raise refusal(10007)
        return bots

    def _owner(self, guild: Guild) -> User:
        return self._world.users[guild.owner_id]

    def _do(self, actor: User, method: str, path: str, body: Any = None) -> None:
        route, names = self._router.find(method, path.strip("/").split("/"))
        route.handler(Call(self._stage, actor, names, {}, body))
