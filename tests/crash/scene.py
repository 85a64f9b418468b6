"""Where a case plays: a local Discord with a guild, people and three kinds of channels, a press, an empty database."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.sandbox import Sandbox
from bot.sandbox.clock import Clock
from bot.sandbox.limits import Limits
from bot.sandbox.permissions import Permission
from bot.sandbox.routes import archiving
from bot.sandbox.scenario import Json, Person, Scenario
from bot.sandbox.things import ANNOUNCEMENT, FORUM, TEXT, Message
from storage import Database, Store, SubscriptionToStore
from storage.records import Reading
from tests.crash.tempo import Tempo
from tests.databases import RANKS, nonces
from tests.mirror import mirror_differences
from tests.press import NOON, Piece, Press

# What the bot may do: all that any kind of channel asks for.
PERMISSIONS = int(
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.PIN_MESSAGES
)
KINDS = {"news": TEXT, "wire": ANNOUNCEMENT, "board": FORUM}
UP, DOWN = "👍", "👎"
# A feed shows its newest items: so many can be published while nobody reads.
SHOWN = 120
# Of a channel's messages so many can be pinned: https://discord.com/developers/docs/resources/message#pin-message
MOST_PINNED = 250


@dataclass(slots=True)
class FaultyPress(Press):
    """A press whose feed fails `failing` times as `failure` says: timeout, reset, 5xx or 429."""

    failure: str = ""
    failing: int = 0
    made: int = 0

    def bring(self, title: str) -> Piece:
        """Publish an item; the oldest is shown no more."""
        self.made += 1
        text = (
            f"{title} is what everybody talks about today, number {self.made}. The mayor said so on Monday."
        )
        piece = Piece(f"piece-{self.made}", title, text, NOON + timedelta(minutes=self.made))
        self.pieces.append(piece)
        del self.pieces[:-SHOWN]
        return piece

    async def _feed(self, request: web.Request) -> web.Response:
        if self.failing <= 0:
            return await Press._feed(self, request)
        self.failing -= 1
        match self.failure:
            case "timeout":
                await asyncio.sleep(6)
            case "5xx":
                return web.Response(status=503)
            case "429":
                return web.Response(status=429, headers={"Retry-After": "2"})
        if request.transport is not None:  # who did not wait has left
            request.transport.abort()
        return web.Response(status=500)


@dataclass
class Channel:
    """A channel that is subscribed, as Discord has it."""

    kind: str
    id: str


@dataclass
class Scene:
    """All that a case needs. `titles` are those of all articles that were published."""

    sandbox: Sandbox
    press: FaultyPress
    people: tuple[Person, Person, Person]
    guild_id: str
    bot_id: str
    channels: dict[str, Channel]
    database: Database
    tempo: Tempo
    settings: dict[str, Any]
    titles: list[str] = field(default_factory=list)

    def publish(self, title: str) -> None:
        """Publish an article."""
        self.press.bring(title)
        self.titles.append(title)

    def standing(self, channel: Channel) -> dict[str, list[Message]]:
        """The bot's messages in a channel as they stand, by the titles of their articles."""
        world, found = self.sandbox.stage.world, dict[str, list[Message]]()
        places = [channel.id]
        if channel.kind == "board":
            places = [thread.id for thread in world.threads_of(channel.id)]
        for place in places:
            for number in world.message_ids(place):
                message = world.messages[str(number)]
                if message.author_id == self.bot_id and message.type == 0:
                    title = str(message.embeds[0].get("title")) if message.embeds else ""
                    found.setdefault(title, []).append(message)
        return found

    async def flip(self, person: Person, card: Message, emoji: str) -> None:
        """Have a person vote, or take the vote back: something changes in any case."""
        target = {"id": card.id, "channel_id": card.channel_id}
        if person.id in card.reactions.get(emoji, {}):
            await person.unreact(target, emoji)
        else:
            await person.react(target, emoji)

    def archive(self, fresh: int) -> None:
        """Archive open threads but for so many of the newest in each channel, as hours without a word do."""
        stage = self.sandbox.stage
        for channel in self.channels.values():
            threads = [
                one for one in stage.world.threads_of(channel.id) if one.thread and not one.thread.archived
            ]
            for thread in sorted(threads, key=lambda one: int(one.id))[:-fresh]:
                archiving.set_archived(stage, thread, True)
                stage.gateway.thread("THREAD_UPDATE", thread)

    def is_open(self, channel_id: str) -> bool:
        """Whether a channel is no archived thread."""
        thread = self.sandbox.stage.world.channels[channel_id].thread
        return thread is None or not thread.archived

    def missing(self) -> list[str]:
        """Articles that are not in a channel they belong in."""
        told = []
        for channel in self.channels.values():
            standing = self.standing(channel)
            told += [f"{title!r} is not in {channel.kind}" for title in self.titles if title not in standing]
        return told

    def repeated(self) -> list[str]:
        """Articles that were posted more than once, also where a second message is gone again."""
        told = []
        for channel in self.channels.values():
            counts = {title: len(cards) for title, cards in self.standing(channel).items()}
            told += [
                f"{title!r} is {many} times in {channel.kind}" for title, many in counts.items() if many > 1
            ]
            if (made := self._made_in(channel)) != sum(counts.values()):
                told.append(
                    f"{made} cards were made in {channel.kind}, and {sum(counts.values())} stand there"
                )
        return told

    def _made_in(self, channel: Channel) -> int:
        """How many cards the bot ever made there."""
        world, done = self.sandbox.stage.world, self.sandbox.done("message created", actor_id=self.bot_id)
        if channel.kind == "board":
            threads = {thread.id for thread in world.threads_of(channel.id)}
            return sum(deed.channel_id in threads and deed.message_id == deed.channel_id for deed in done)
        # The system's own messages (that something was pinned) are no cards.
        system = {one.id for one in world.messages.values() if one.type != 0}
        return sum(deed.channel_id == channel.id and deed.message_id not in system for deed in done)

    def unfinished(self) -> list[str]:
        """Steps of posts that were left out or done twice."""
        seeded = Counter(
            (deed.message_id, deed.detail)
            for deed in self.sandbox.done("reaction added", actor_id=self.bot_id)
        )
        published = Counter(deed.message_id for deed in self.sandbox.done("message crossposted"))
        pinned = Counter(deed.message_id for deed in self.sandbox.done("message pinned"))
        told = []
        # Discord takes no more of them in a channel: that step is left out then.
        may_lack_pin = len(pinned) >= MOST_PINNED
        for channel in self.channels.values():
            for title, cards in self.standing(channel).items():
                card, named = cards[0], f"{title!r} in {channel.kind}"
                for emoji in (UP, DOWN):
                    if self.bot_id not in card.reactions.get(emoji, {}):
                        told.append(f"{named} lacks its {emoji}")
                    if (count := seeded[card.id, emoji]) > 1:
                        told.append(f"{named} got its {emoji} {count} times")
                if channel.kind == "news" and card.id not in self.sandbox.stage.world.channels:
                    told.append(f"{named} has no thread")
                if channel.kind == "wire" and (count := published[card.id]) != 1:
                    told.append(f"{named} was announced {count} times")
                count = pinned[card.id]
                if channel.kind == "wire" and count != 1 and not (count == 0 and may_lack_pin):
                    told.append(f"{named} was pinned {count} times")
        return told

    async def unlike(self) -> list[str]:
        """What differs between the mirror and the local Discord."""
        return await mirror_differences(self.sandbox.stage.world, self.database)

    async def quiet(self, within: float) -> None:
        """Wait until nothing is missing, every step is done and the mirror equals.

        What is still amiss after `within` seconds of the wall in which nothing changed stays so; the verdict tells of
        it.
        """
        changed, before = time.monotonic(), [""]
        while amiss := self.missing() or self.unfinished() or await self.unlike():
            now = time.monotonic()
            if amiss != before:
                changed, before = now, amiss
            elif now > changed + within:
                return
            await asyncio.sleep(0.05)

    def card(self, title: str, kind: str) -> Json:
        """A card as people can answer it."""
        message = self.standing(self.channels[kind])[title][0]
        return {"id": message.id, "channel_id": message.channel_id}


@asynccontextmanager
async def scene(
    database_url: str, tempo: Tempo, kinds: tuple[str, ...] = ("news", "wire", "board")
) -> AsyncIterator[Scene]:
    """A scene on an empty, migrated database, with subscriptions of the press in channels of these kinds."""
    async with (
        Sandbox(port=0, clock=Clock(wall=tempo.running), limits=Limits.off()) as sandbox,
        FaultyPress() as press,
        Scenario(sandbox.url) as story,
    ):
        alice, bob, carol = [await story.person(name) for name in ("alice", "bob", "carol")]
        town = await story.town("Harbour Town", alice, [(kind, KINDS[kind]) for kind in kinds], (bob, carol))
        application = await story.bot("Broadsheet", town, PERMISSIONS)
        database = await Database.open(database_url)
        try:
            made = Scene(
                sandbox,
                press,
                (alice, bob, carol),
                town.id,
                application.id,
                {kind: Channel(kind, town[kind]["id"]) for kind in kinds},
                database,
                tempo,
                {
                    "discord_token": application.token,
                    "discord_api_url": sandbox.api_url,
                    "discord_gateway_url": sandbox.gateway_url,
                    "message_content": True,
                    "database_url": database_url,
                    "poll_interval": 3,
                    "fetch_allow": "127.0.0.1",
                    "web_port": 0,
                },
            )
            await _subscribe(made)
            yield made
        finally:
            await database.close()


async def _subscribe(made: Scene) -> None:
    store = Store(made.database, ranks=RANKS, nonce=nonces())
    source = await store.sources.add(made.press.feed_url, "The Tide", None, None)
    for channel in made.channels.values():
        wish = SubscriptionToStore(
            int(made.guild_id),
            int(channel.id),
            source.id,
            channel.kind == "news",
            5,
            int(made.people[0].id),
            reading=Reading.NEVER,
            announce=channel.kind == "wire",
            pin=channel.kind == "wire",
            forum=channel.kind == "board",
        )
        await store.subscriptions.add(wish, made.tempo.now())
