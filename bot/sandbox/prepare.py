"""A furnished sandbox: a guild with channels, an admin and members, and an installed bot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.routes import applications as application_routes
from bot.sandbox.routes import channels as channel_routes
from bot.sandbox.routes import guilds as guild_routes
from bot.sandbox.routes import people as people_routes
from bot.sandbox.routes.members import add_member
from bot.sandbox.routes.routing import Answer, Call, Handler
from bot.sandbox.server import Sandbox
from bot.sandbox.things import Application, Guild, User


@dataclass(frozen=True, slots=True)
class PreparedPerson:
    """A person who is there to be played; `role` is "admin" or "member"."""

    id: str
    username: str
    token: str
    role: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was made or found again: channel ids and people by name, the application and its bot's token."""

    guild_id: str
    channels: Mapping[str, str]
    people: Mapping[str, PreparedPerson]
    application_id: str
    bot_token: str


async def prepare(
    sandbox: Sandbox,
    guild_name: str,
    channels: Mapping[str, int],
    people: Sequence[str],
    application: str,
    permissions: int = 309237730368,
) -> Prepared:
    """Make what is missing, and find by its name what the state file holds already.

    `channels` maps names to channel types (0 text, 5 announcement, 15 forum); the first of `people` is the
    admin, who owns the guild. The bot gets `permissions`. Raises errors.Refusal for names that Discord
    would not take.
    """
    furnisher = _Furnisher(sandbox)
    users = [furnisher.person(name) for name in people]
    guild = furnisher.guild(users[0], guild_name)
    for user in users[1:]:
        furnisher.member(guild, user)
    made = {name: furnisher.channel(users[0], guild, name, kind) for name, kind in channels.items()}
    app = furnisher.application(users[0], application)
    token = furnisher.bot_token(users[0], app)
    furnisher.install(users[0], guild, app, permissions)
    for number, user in enumerate(users):
        sandbox.stage.world.prepared[user.id] = "member" if number else "admin"
    await sandbox.save()
    return Prepared(
        guild.id,
        made,
        {
            user.username: PreparedPerson(
                user.id,
                user.username,
                sandbox.stage.world.token_of(user.id),
                sandbox.stage.world.prepared[user.id],
            )
            for user in users
        },
        app.id,
        token,
    )


class _Furnisher:
    """Does what a person would do by the routes, where it is not done yet."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._stage = sandbox.stage
        self._world = sandbox.stage.world

    def _ask(self, handler: Handler, actor: User | None, body: Any = None, **path: str) -> Any:
        query = {"client_id": path.pop("client_id")} if "client_id" in path else {}
        answer = handler(Call(self._stage, actor, path, query, body))
        return answer.body if isinstance(answer, Answer) else answer

    def person(self, username: str) -> User:
        found = self._world.person_named(username)
        if found is None:
            made = self._ask(people_routes.register, None, {"username": username})
            found = self._world.users[made["user_id"]]
        return found

    def guild(self, owner: User, name: str) -> Guild:
        owned = (one for one in self._world.guilds_of(owner.id) if one.owner_id == owner.id)
        found = next((one for one in owned if one.name == name), None)
        if found is None:
            made = self._ask(guild_routes.create, owner, {"name": name})
            found = self._world.guilds[made["id"]]
        return found

    def member(self, guild: Guild, user: User) -> None:
        if user.id not in guild.members:
            add_member(self._stage, guild, user.id)

    def channel(self, admin: User, guild: Guild, name: str, kind: int) -> str:
        existing = self._world.channels_of(guild.id)
        found = next((one.id for one in existing if one.name == name and one.type == kind), None)
        if found is None:
            body = {"name": name, "type": kind}
            found = str(self._ask(channel_routes.create, admin, body, guild_id=guild.id)["id"])
        return found

    def application(self, owner: User, name: str) -> Application:
        owned = (one for one in self._world.applications.values() if one.owner_id == owner.id)
        found = next((one for one in owned if one.name == name), None)
        if found is None:
            made = self._ask(application_routes.create_application, owner, {"name": name})
            found = self._world.applications[made["id"]]
        return found

    def bot_token(self, owner: User, application: Application) -> str:
        if application.bot_id is not None:
            return self._world.token_of(application.bot_id)
        made = self._ask(application_routes.create_bot, owner, application_id=application.id)
        return str(made["token"])

    def install(self, admin: User, guild: Guild, application: Application, permissions: int) -> None:
        body = {"guild_id": guild.id, "permissions": str(permissions), "authorize": True}
        self._ask(application_routes.authorize, admin, body, client_id=application.id)
