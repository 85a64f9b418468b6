"""A bot by bare HTTP and gateway, and people who act on it: what a test of interactions needs."""

from typing import Any

import pytest

from bot.sandbox.scenario import Json, Person, Refused
from tests.sandbox.conftest import Dial, Town
from tests.sandbox.line import Line

EPHEMERAL, LOADING, V2 = 64, 128, 1 << 15


class Stage:
    """The town with its bot listening."""

    def __init__(self, town: Town, bot: Person, line: Line) -> None:
        self.town = town
        self.bot = bot
        self.line = line
        self.commands = f"/applications/{town.application.id}/commands"

    async def put(self, *commands: Json) -> dict[str, Json]:
        """Make these the bot's commands; gives them by name."""
        return {one["name"]: one for one in await self.bot.request("PUT", self.commands, list(commands))}

    async def ask(self, kind: int, data: Json, person: Person | None = None, **more: Any) -> None:
        """Send an interaction as a person's client does, bob's unless told."""
        person = person or self.town.bob
        body = {
            "type": kind,
            "application_id": self.town.application.id,
            "channel_id": self.town.channel_id,
            "guild_id": self.town.guild_id,
            "session_id": person.session_id,
            "data": data,
            **more,
        }
        await person.request("POST", "/interactions", body)

    async def act(self, kind: int, data: Json, person: Person | None = None, **more: Any) -> Json:
        """Send an interaction and give it as the bot hears of it."""
        await self.ask(kind, data, person, **more)
        heard, _ = await self.line.until("INTERACTION_CREATE")
        return heard

    async def use(self, command: Json, person: Person | None = None, **data: Any) -> Json:
        """Use a command."""
        keys = ("id", "name", "type", "version")
        return await self.act(2, {**{key: command[key] for key in keys}, "options": [], **data}, person)

    async def click(self, message: Json, custom_id: str, person: Person | None = None, **data: Any) -> Json:
        """Click a button, or choose `values` in a select."""
        where = {"channel_id": message["channel_id"], "message_id": message["id"]}
        return await self.act(3, {"custom_id": custom_id, **data}, person, **where)

    async def answer(self, heard: Json, kind: int, data: Json | None = None, **query: Any) -> Any:
        """The bot's first answer."""
        path = f"/interactions/{heard['id']}/{heard['token']}/callback"
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        return await self.bot.request("POST", path, body, **query)

    def hook(self, heard: Json, message: str = "@original") -> str:
        """The address of an answer."""
        return f"/webhooks/{self.town.application.id}/{heard['token']}/messages/{message}"

    async def follow(self, heard: Json, data: Json) -> Json:
        """Another message."""
        path = f"/webhooks/{self.town.application.id}/{heard['token']}"
        return dict(await self.bot.request("POST", path, data))

    async def send(self, *components: Json, flags: int = 0) -> Json:
        """A message of the bot with components."""
        body = {"components": list(components), "flags": flags}
        body |= {} if flags & V2 else {"content": "Choose"}
        path = f"/channels/{self.town.channel_id}/messages"
        return dict(await self.bot.request("POST", path, body))


@pytest.fixture
async def stage(town: Town, bot: Person, dial: Dial) -> Stage:
    line = await dial()
    await line.identify(town.application.token, 0)
    return Stage(town, bot, line)


def codes(no: Refused, place: str = "") -> list[str]:
    """The codes at a place of a 50035's tree, such as "data.components.0"."""
    assert no.code == 50035, no
    node = no.body["errors"]
    for part in filter(None, place.split(".")):
        assert part in node, f"{part} of {place} is not in {no.body['errors']}"
        node = node[part]
    return [error["code"] for error in node["_errors"]]


def slash(name: str, *options: Json, **more: Any) -> Json:
    return {"name": name, "description": "A command.", "options": list(options), **more}


def option(kind: int, name: str, **more: Any) -> Json:
    return {"type": kind, "name": name, "description": "An option.", **more}


def row(*components: Json) -> Json:
    return {"type": 1, "components": list(components)}


def button(custom_id: str = "go", **more: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": custom_id, **more}


def select(kind: int = 3, custom_id: str = "pick", **more: Any) -> Json:
    made = {"type": kind, "custom_id": custom_id, **more}
    if kind == 3:
        made.setdefault("options", choices("a", "b", "c"))
    return made


def choices(*values: str) -> list[Json]:
    return [{"label": one, "value": one} for one in values]


def text(content: str = "Text") -> Json:
    return {"type": 10, "content": content}
