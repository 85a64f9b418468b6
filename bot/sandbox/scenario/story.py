"""A story's stage: people, towns and bots in a few lines, all closed at its end."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

from bot.sandbox.scenario.person import Person
from bot.sandbox.scenario.things import Application, Json

# A channel's name, or its name and Discord's number for its kind: 5 announcement, 15 forum.
ChannelWish = str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Town:
    """A guild with its owner and the channels that were asked for, by name."""

    guild: Json
    owner: Person
    channels: dict[str, Json] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The guild's id."""
        return str(self.guild["id"])

    def __getitem__(self, name: str) -> Json:
        return self.channels[name]

    async def welcome(self, *people: Person) -> None:
        """Let people join; they find themselves in the first channel."""
        first = next(iter(self.channels.values()))
        code = await self.owner.invite(first)
        for person in people:
            await person.join(code)
            person.enter(first)


class Scenario:
    """People and places on a server, for as long as its `async with` block; `base_url` is http://HOST:PORT."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def person(self, name: str) -> Person:
        """A new person, connected."""
        return await self._stack.enter_async_context(await Person.register(self.base_url, name))

    async def town(
        self,
        name: str,
        owner: Person,
        channels: Sequence[ChannelWish] = ("general",),
        members: Sequence[Person] = (),
    ) -> Town:
        """A guild with at least one channel and its members; all are in the first channel."""
        guild = await owner.create_guild(name)
        town = Town(guild, owner)
        for wish in channels:
            called, kind = (wish, 0) if isinstance(wish, str) else wish
            town.channels[called] = await owner.create_channel(guild, called, kind)
        owner.enter(next(iter(town.channels.values())))
        await town.welcome(*members)
        return town

    async def bot(self, name: str, town: Town, permissions: int = 0) -> Application:
        """An application of the town's owner whose bot is installed there, with a role of these permissions."""
        application = await town.owner.create_application(name)
        await town.owner.install(application, town, permissions)
        return application
