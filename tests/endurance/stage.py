"""A town with a bot installed, a paper that it reads, and what in the end has to stand in its channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bot.config import Settings
from bot.sandbox import Sandbox
from bot.sandbox.scenario import Application, Person, Scenario
from bot.sandbox.scenario.story import Town
from tests.press import Press

# Besides what the invite asks for, the right to pin and to react is all that posts need.
PERMISSIONS = 309_237_730_368
_ARTICLES = ("Harbour", "Ferry", "Council", "Bridge", "Library", "Market", "Lighthouse", "School")
_EVENTS = ("reopens", "is painted", "meets at night", "wins a prize", "moves", "turns a hundred")


@dataclass
class Stage:
    """The stage and what was published on it; `headlines` are to stand in each of `channels` once."""

    sandbox: Sandbox
    press: Press
    town: Town
    people: tuple[Person, Person, Person]
    application: Application
    channels: tuple[str, ...]
    headlines: list[str] = field(default_factory=list)

    def publish(self) -> str:
        """Let the paper print one more article."""
        number = len(self.headlines)
        headline = f"{_ARTICLES[number % len(_ARTICLES)]} {_EVENTS[number % len(_EVENTS)]} ({number + 1})"
        self.press.publish(headline)
        self.headlines.append(headline)
        return headline

    def settings(self, database_url: str, poll_every: timedelta) -> Settings:
        """The bot's settings for this stage."""
        return Settings(
            discord_token=self.application.token,
            discord_api_url=self.sandbox.api_url,
            discord_gateway_url=self.sandbox.gateway_url,
            message_content=True,
            database_url=database_url,
            poll_interval=poll_every,
            fetch_allow="127.0.0.1",
        )

    def posted(self) -> dict[str, Counter[str]]:
        """How often each headline was ever posted, by channel: also what was deleted later counts."""
        bots = {user.id for user in self.sandbox.stage.world.users.values() if user.bot}
        return {
            channel: Counter(
                title
                for message in self.sandbox.stage.world.messages.values()
                if message.channel_id == channel and message.author_id in bots
                for title in titles(message.embeds)
            )
            for channel in self.channels
        }

    def missing(self) -> list[tuple[str, str]]:
        """Channels and headlines that do not stand in them."""
        posted = self.posted()
        return [
            (channel, headline)
            for channel in self.channels
            for headline in self.headlines
            if not posted[channel][headline]
        ]

    def twice(self) -> list[tuple[str, str]]:
        """Channels and headlines that stand in them more than once."""
        return [
            (channel, title)
            for channel, counted in self.posted().items()
            for title, times in counted.items()
            if times > 1
        ]


def titles(embeds: Iterable[object]) -> Collection[str]:
    """The titles of a message's embeds."""
    return [embed["title"] for embed in embeds if isinstance(embed, dict) and "title" in embed]


@asynccontextmanager
async def set_up(sandbox: Sandbox, channels: tuple[str, ...]) -> AsyncIterator[Stage]:
    """People, a town with these channels and a paper."""
    async with Scenario(sandbox.url) as story, Press() as press:
        alice, bob, carol = [await story.person(name) for name in ("alice", "bob", "carol")]
        town = await story.town("Harbour Town", alice, channels, (bob, carol))
        application = await story.bot("Broadsheet", town, PERMISSIONS)
        ids = tuple(town[name]["id"] for name in channels)
        yield Stage(sandbox, press, town, (alice, bob, carol), application, ids)
