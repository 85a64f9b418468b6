"""What people do with guilds: found them, furnish them, let others in and out, say who may what, install bots."""

from datetime import datetime
from typing import Any

from bot.sandbox.scenario.client import Client
from bot.sandbox.scenario.things import Application, Json, Thing, id_of

_ROLE, _MEMBER = 0, 1


class Governing(Client):
    """A client that looks after guilds."""

    async def create_guild(self, name: str) -> Json:
        """A guild of one's own."""
        guild = await self.request("POST", "/guilds", {"name": name})
        await self.wait_for("GUILD_CREATE", id=guild["id"])
        return dict(guild)

    async def create_channel(self, guild: Thing, name: str, kind: int = 0, **more: Any) -> Json:
        """A channel: 0 text, 5 announcement, 15 forum; `more` as Discord names a channel's fields."""
        body = {"name": name, "type": kind, **more}
        channel = dict(await self.request("POST", f"/guilds/{id_of(guild)}/channels", body))
        self._guild_of[channel["id"]] = id_of(guild)
        return channel

    async def change_channel(self, channel: Thing, **fields: Any) -> Json:
        """Change a channel's or a thread's fields, as Discord names them."""
        return dict(await self.request("PATCH", f"/channels/{id_of(channel)}", fields))

    async def delete_channel(self, channel: Thing) -> None:
        """Delete a channel or a thread with all that was written in it."""
        await self.request("DELETE", f"/channels/{id_of(channel)}")

    async def delete_guild(self, guild: Thing) -> None:
        """Delete a guild of one's own."""
        await self.request("DELETE", f"/guilds/{id_of(guild)}")

    async def channels(self, guild: Thing) -> list[Json]:
        """The channels of a guild."""
        return list(await self.request("GET", f"/guilds/{id_of(guild)}/channels"))

    # Coming and going

    async def invite(self, channel: Thing) -> str:
        """A code with which another person can `join`."""
        return str((await self.request("POST", f"/channels/{id_of(channel)}/invites", {}))["code"])

    async def join(self, code: str) -> None:
        """Join a guild by an invite's code."""
        guild_id = (await self.request("POST", f"/invites/{code}", {}))["guild"]["id"]
        await self.wait_for("GUILD_CREATE", id=guild_id)

    async def leave(self, guild: Thing) -> None:
        """Leave a guild."""
        await self.request("DELETE", f"/users/@me/guilds/{id_of(guild)}")

    async def kick(self, guild: Thing, who: Thing) -> None:
        """Throw somebody out, a bot or a person; they may come back."""
        await self.request("DELETE", f"/guilds/{id_of(guild)}/members/{id_of(who)}")

    async def time_out(self, guild: Thing, who: Thing, until: datetime | None) -> None:
        """Silence a member until then by the server's clock; None ends it."""
        body = {"communication_disabled_until": until and until.isoformat()}
        await self.request("PATCH", f"/guilds/{id_of(guild)}/members/{id_of(who)}", body)

    # Who may what

    async def create_role(self, guild: Thing, name: str, permissions: int) -> Json:
        """A new role with these permissions."""
        body = {"name": name, "permissions": str(int(permissions))}
        return dict(await self.request("POST", f"/guilds/{id_of(guild)}/roles", body))

    async def set_role(self, guild: Thing, role: Thing, permissions: int) -> Json:
        """Give a role exactly these permissions; the guild's own id is @everyone."""
        path = f"/guilds/{id_of(guild)}/roles/{id_of(role)}"
        return dict(await self.request("PATCH", path, {"permissions": str(int(permissions))}))

    async def give_role(self, guild: Thing, who: Thing, role: Thing) -> None:
        """Give a member a role."""
        await self.request("PUT", f"/guilds/{id_of(guild)}/members/{id_of(who)}/roles/{id_of(role)}")

    async def take_role(self, guild: Thing, who: Thing, role: Thing) -> None:
        """Take a role from a member."""
        await self.request("DELETE", f"/guilds/{id_of(guild)}/members/{id_of(who)}/roles/{id_of(role)}")

    async def allow(self, channel: Thing, whom: Thing, permissions: int) -> None:
        """Allow a role or a member more in one channel; what was said of other permissions stays."""
        await self._overwrite_also(channel, whom, permissions, 0)

    async def deny(self, channel: Thing, whom: Thing, permissions: int) -> None:
        """Deny a role or a member something in one channel; what was said of other permissions stays."""
        await self._overwrite_also(channel, whom, 0, permissions)

    async def _overwrite_also(self, channel: Thing, whom: Thing, allow: int, deny: int) -> None:
        shape = await self.request("GET", f"/channels/{id_of(channel)}")
        roles = await self.request("GET", f"/guilds/{shape['guild_id']}/roles")
        member = id_of(whom) not in {one["id"] for one in roles}
        standing = [one for one in shape["permission_overwrites"] if one["id"] == id_of(whom)]
        allowed = sum(int(one["allow"]) for one in standing) & ~deny | allow
        denied = sum(int(one["deny"]) for one in standing) & ~allow | deny
        await self.overwrite(channel, whom, allowed, denied, member)

    async def overwrite(
        self, channel: Thing, whom: Thing, allow: int = 0, deny: int = 0, member: bool = False
    ) -> None:
        """Allow and deny exactly this in one channel, to a role or a member."""
        body = {"allow": str(int(allow)), "deny": str(int(deny)), "type": _MEMBER if member else _ROLE}
        await self.request("PUT", f"/channels/{id_of(channel)}/permissions/{id_of(whom)}", body)

    # Bots

    async def create_application(self, name: str) -> Application:
        """An application with a bot."""
        made = await self.request("POST", "/applications", {"name": name})
        bot = await self.request("POST", f"/applications/{made['id']}/bot", {})
        return Application(made["id"], name, bot["token"])

    async def allow_intents(self, application: Application, flags: int) -> None:
        """Set which privileged intents an application may ask for, as its flags: 0 for none, 1 << 19 for content."""
        await self.request("PATCH", f"/applications/{application.id}", {"flags": flags})

    async def install(self, application: Application, guild: Thing, permissions: int) -> None:
        """Bring an application's bot into a guild, with a role of these permissions."""
        body = {"guild_id": id_of(guild), "permissions": str(int(permissions)), "authorize": True}
        scope = "bot applications.commands"
        await self.request("POST", "/oauth2/authorize", body, client_id=application.id, scope=scope)
