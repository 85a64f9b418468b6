"""What it costs to put the mirror right after a gap: requests and seconds for 50 channels of 20 posts."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from datetime import UTC, datetime, timedelta

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.newsroom.comments import Comments
from bot.newsroom.mirror import Reconciled
from bot.newsroom.ranking import RANKS
from bot.newsroom.reconcile import Reconciler
from bot.newsroom.watch import Watch
from bot.publisher import DiscordReader
from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from bot.sandbox.scenario import Person, Scenario
from storage import Database, Store
from storage.records import ArticleToStore, Brought, SourceUpdate, SubscriptionToStore, TextStored

CHANNELS, POSTS, COMMENTS = 50, 20, 3
PERMISSIONS = 309_237_730_368
LEASE = timedelta(minutes=5)


def _now() -> datetime:
    return datetime.now(UTC)


class _Place:
    """A server of many channels with posts of a source; half of the channels' posts have threads."""

    def __init__(self, story: Scenario, store: Store) -> None:
        self._story, self._store = story, store

    async def furnish(self) -> tuple[Person, str]:
        """A member who finds themselves in one of the channels, and the bot's token."""
        alice, bob = await self._story.person("alice"), await self._story.person("bob")
        names = [f"room-{number}" for number in range(CHANNELS)]
        town = await self._story.town("Town", alice, names, (bob,))
        application = await self._story.bot("Broadsheet", town, PERMISSIONS)
        channels = [town[name]["id"] for name in names]
        source = await self._store.sources.add("https://news.example/feed", "News", None, None)
        for channel_id in channels:
            wish = SubscriptionToStore(int(town.id), int(channel_id), source.id, False, 0, None)
            await self._store.subscriptions.add(wish, _now())
        update = SourceUpdate(source.id, "News", None, None, None, None, None, _now())
        await self._store.harvest.store([Brought(update, [])], _now())
        await self._store.harvest.store([Brought(update, [_article(one) for one in range(POSTS)])], _now())
        threaded = set(channels[::2])
        while cards := await self._store.posts.claim(_now(), CHANNELS, LEASE):
            for card in cards:
                channel_id, post = str(card.post.channel_id), card.post
                message = await alice.say(card.article.title, in_=channel_id)
                await alice.react(message, "👍")
                if channel_id in threaded:
                    thread = await alice.start_thread(message, "Talk")
                    for number in range(COMMENTS):
                        await alice.say(f"Words {number}", in_=thread["id"])
                await self._store.posts.begin_sending(post, None, _now())
                await self._store.posts.sent(post, int(message["id"]), _now())
                await self._store.posts.finish(post, _now())
        return bob, application.token


def _article(number: int) -> ArticleToStore:
    text = TextStored("feed", "Told at length.", True, "Told.", "Told.", "Told.")
    return ArticleToStore(
        identity=f"a{number}",
        revision="1",
        url=f"https://news.example/{number}",
        title=f"News {number}",
        author=None,
        summary="Told.",
        image_url=None,
        published_at=_now(),
        text=text,
    )


async def measure() -> list[str]:
    """Lines of a Markdown table. The local Discord runs in this process, so seconds hold its work, too."""
    addresses = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    numbers = itertools.count(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            database = await Database.open(f"sqlite:///{folder}/broadsheet.db")
            await database.migrate()
            store = Store(database, ranks=RANKS, nonce=lambda: f"n{next(numbers)}")
            async with Sandbox(port=0, limits=Limits.off()) as sandbox, Scenario(sandbox.url) as story:
                Route.BASE = sandbox.api_url
                DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(sandbox.gateway_url)
                bob, token = await _Place(story, store).furnish()
                rows = await _read(store, token, bob)
            await database.close()
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = addresses
    return [
        f"| after a gap, {CHANNELS} channels of {POSTS} posts, half with threads | requests | seconds |",
        "| --- | --- | --- |",
        *(f"| {what} | {done.requests} | {done.seconds:.1f} |" for what, done in rows),
    ]


async def _read(store: Store, token: str, bob: Person) -> list[tuple[str, Reconciled]]:
    client = discord.Client(intents=discord.Intents(1537), max_messages=None, guild_ready_timeout=0.1)
    reader = DiscordReader(client)
    session = asyncio.create_task(client.start(token))
    ready = asyncio.create_task(client.wait_until_ready())
    await asyncio.wait((session, ready), return_when=asyncio.FIRST_COMPLETED)

    def reconciler(days: int) -> Reconciler:
        watch, clock = Watch(), lambda: _now() + timedelta(days=days)
        return Reconciler(store, Comments(store, watch, clock=clock), watch, clock=clock)

    rows = [("nothing was known: each vote and comment is new", await reconciler(0).run(reader))]
    rows.append(("nothing changed, all of it of the last hours", await reconciler(0).run(reader)))
    rows.append(("nothing changed, all of it older", await reconciler(1).run(reader)))
    for card in await bob.messages():
        await bob.react(card, "👍")
    rows.append(("a vote on each post of one channel", await reconciler(1).run(reader)))
    await client.close()
    await asyncio.wait((session,))
    return rows


if __name__ == "__main__":
    print("\n".join(asyncio.run(measure())))
