"""Manners, from a server that records every request: what publishers see of Broadsheet over hours and days."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.model import Changed, Failed
from bot.newsroom.polling import Poller
from storage import Source, Store
from storage.readings import HOLD
from storage.records import SubscriptionToStore
from tests.reading import ReadsHere

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
TEN_MINUTES, HOUR = timedelta(minutes=10), timedelta(hours=1)
AGENT = "Broadsheet/0.1.0 (+https://news.example) feed reader"
Answer = Callable[[web.BaseRequest], web.Response]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = on_sqlite


@dataclass
class Asked:
    """A request as it came, and when by the world's clock."""

    path: str
    headers: dict[str, str]
    at: datetime


@dataclass
class Publisher:
    """A server of its own origin that records what it is asked."""

    world: World
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def feed(self, path: str, count: int = 1, **headers: str) -> str:
        """Serve a feed of so many items under a path, conditionally; answers its address."""
        items = "".join(
            f"<item><guid>piece-{n}</guid><title>Piece {n}</title><link>{self.url}/{n}</link></item>"
            for n in range(count, 0, -1)
        )
        body = f"<rss version='2.0'><channel><title>The Tide</title>{items}</channel></rss>".encode()
        validators = {"ETag": f'"{count}"', "Last-Modified": "Sat, 02 May 2026 11:00:00 GMT"}

        def answer(request: web.BaseRequest) -> web.Response:
            if request.headers.get("If-None-Match") == validators["ETag"]:
                return web.Response(status=304, headers=validators)
            return web.Response(body=body, headers={"Content-Type": "text/xml", **validators, **headers})

        self.answers[path] = answer
        return f"{self.url}{path}"

    def say_items(self, path: str, items: dict[str, datetime | None], called: str = "The Tide") -> str:
        """Serve a feed of items with these titles and dates, the newest first; answers its address."""
        written = "".join(
            f"<item><guid>{title}</guid><title>{title}</title>"
            f"{f'<pubDate>{format_datetime(published)}</pubDate>' if published else ''}</item>"
            for title, published in items.items()
        )
        body = f"<rss version='2.0'><channel><title>{called}</title>{written}</channel></rss>".encode()
        self.answers[path] = lambda _: web.Response(body=body, headers={"Content-Type": "text/xml"})
        return f"{self.url}{path}"

    def say(self, path: str, status: int, **headers: str) -> str:
        """Answer a path with a status and headers; their names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = lambda _: web.Response(status=status, headers=named)
        return f"{self.url}{path}"

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(Asked(request.path, dict(request.headers), self.world.now))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        for _ in range(20):
            await asyncio.sleep(0)  # whoever would come at the same time comes now
        self.in_flight -= 1
        return self.answers[request.path](request)


class World:
    """Publishers, a poller with its store, and a clock that is moved in small steps."""

    def __init__(self, store: Store, stack: AsyncExitStack) -> None:
        self.store, self.stack, self.now = store, stack, NOW
        self.spread = 0.0

    async def open(self) -> World:
        self.fetcher = await self.stack.enter_async_context(
            Fetcher(user_agent=AGENT, allow=parse_allow("127.0.0.1"), clock=lambda: self.now)
        )
        self.workers = await self.stack.enter_async_context(ReadsHere())
        self.poller = Poller(
            self.store,
            self.fetcher,
            self.workers,
            clock=lambda: self.now,
            interval=TEN_MINUTES,
            spread=lambda: self.spread,
            woken=asyncio.Event(),
            on_posts=lambda: None,
        )
        await self.store.guilds.seen(1, "Town", NOW)
        return self

    async def publisher(self) -> Publisher:
        publisher = Publisher(self)
        runner = web.ServerRunner(web.Server(publisher.answer), shutdown_timeout=0.1)
        await runner.setup()
        self.stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        publisher.port = runner.addresses[0][1]
        return publisher

    async def follow(self, url: str, channel_id: int = 100, newest: int = 0) -> Source:
        source = await self.store.sources.add(url, "", None, None)
        wish = SubscriptionToStore(1, channel_id, source.id, thread=False, newest=newest, created_by=None)
        await self.store.subscriptions.add(wish, self.now)
        return source

    async def source(self, source: Source) -> Source:
        found = await self.store.sources.get(source.id)
        assert found is not None
        return found

    async def read(self, source: Source) -> None:
        """Poll a source now."""
        polled = await self.poller.poll(await self.source(source))
        assert polled.problem is None

    async def pass_time(
        self,
        time: timedelta,
        each: Callable[[], Awaitable[object]] | None = None,
        step: timedelta = timedelta(minutes=5),
    ) -> None:
        """Let time pass in steps, polling what is due, and doing a thing `each` time."""
        end = self.now + time
        while self.now < end:
            await self.poller.start_due()
            # Closing it would have it start nothing any more.
            await self.poller._jobs.drain(timedelta(seconds=10))
            await self.poller._harvest.flush()
            if each is not None:
                await each()
            self.now += step

    async def posted(self) -> list[str]:
        """Titles of all that waits to be posted, in its order, whether or not its page is still to be read."""
        titles = []
        while claimed := await self.store.posts.claim(self.now + HOLD, 50, HOUR):
            for card in claimed:
                titles.append(card.article.title)
                await self.store.posts.refuse(card.post, "Seen.")
        return titles


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield await World(store, stack).open()


async def test_all_polls_after_the_first_are_conditional_and_say_who_asks(world: World) -> None:
    publisher = await world.publisher()
    await world.follow(publisher.feed("/feed", 3))
    await world.pass_time(HOUR)
    first, *others = publisher.asked
    assert "If-None-Match" not in first.headers
    assert len(others) == 5
    for asked in others:
        assert asked.headers["If-None-Match"] == '"3"'
        assert asked.headers["If-Modified-Since"] == "Sat, 02 May 2026 11:00:00 GMT"
    assert {asked.headers["User-Agent"] for asked in publisher.asked} == {AGENT}
    assert {asked.headers["Accept-Encoding"] for asked in publisher.asked} >= {"gzip, deflate"}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("retry_after", ["7200", format_datetime(NOW + 2 * HOUR, usegmt=True)])
async def test_nobody_asks_before_retry_after(world: World, status: int, retry_after: str) -> None:
    publisher = await world.publisher()
    source = await world.follow(publisher.say("/feed", status, Retry_After=retry_after))

    async def insist() -> None:
        polled = await world.poller.poll(await world.source(source))
        assert "asked not to be asked again before 2026-05-02 14:00 UTC" in str(polled.problem)
        await world.store.sources.poll_soon(source.id, world.now)

    await world.pass_time(2 * HOUR, each=insist)
    assert [asked.at for asked in publisher.asked] == [NOW]
    publisher.feed("/feed")
    await world.pass_time(TEN_MINUTES)
    assert [asked.at for asked in publisher.asked] == [NOW, NOW + 2 * HOUR]
    well = await world.source(source)
    assert (well.failures, well.failing_since, well.not_before) == (0, None, None)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_pause_that_was_asked_for_one_source_holds_for_its_host(world: World, status: int) -> None:
    publisher, other = await world.publisher(), await world.publisher()
    await world.follow(publisher.say("/a", status, Retry_After="1200"))
    sources = [await world.follow(publisher.feed(f"/{number}")) for number in range(3)]
    neighbour = await world.follow(other.feed("/feed"))
    await world.pass_time(2 * TEN_MINUTES)
    assert {asked.path for asked in publisher.asked} == {"/a"}, "no other source is asked for meanwhile"
    assert len(other.asked) == 2, "nor is another host punished"
    for source in sources:
        stored = await world.source(source)
        assert (stored.failures, stored.problem, stored.last_polled_at) == (0, None, None)
        asked = await world.poller.poll(stored)
        assert "asked not to be asked again before" not in str(asked.problem), "it is over now"
    assert (await world.source(neighbour)).failures == 0


async def test_nobody_asks_by_hand_while_the_host_of_a_source_wants_rest(world: World) -> None:
    publisher = await world.publisher()
    refused = await world.follow(publisher.say("/a", 429, Retry_After="99999"))
    source = await world.follow(publisher.feed("/b"))
    await world.poller.poll(await world.source(refused))
    asked = await world.poller.poll(await world.source(source))
    assert "asked not to be asked again before 2026-05-02 13:00 UTC" in str(asked.problem)
    world.now += HOUR
    await world.read(source)
    assert [asked.path for asked in publisher.asked] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("headers", "polls"),
    [({"Cache-Control": "max-age=1800"}, 4), ({"Cache-Control": "max-age=31536000"}, 2), ({}, 12)],
)
async def test_caching_headers_are_respected_within_bounds(
    world: World, headers: dict[str, str], polls: int
) -> None:
    publisher = await world.publisher()
    publisher.feed("/feed")
    publisher.answers["/feed"] = lambda _: web.Response(
        body=b"<rss version='2.0'><channel/></rss>", headers=headers
    )
    await world.follow(f"{publisher.url}/feed")
    await world.pass_time(2 * HOUR)
    assert len(publisher.asked) == polls


async def test_a_feeds_own_ttl_is_respected_also_while_it_brings_nothing(world: World) -> None:
    publisher = await world.publisher()
    body = (
        b"<rss version='2.0'><channel><title>T</title><ttl>30</ttl>"
        b"<item><guid>a</guid><title>A</title></item></channel></rss>"
    )
    publisher.answers["/feed"] = lambda request: (
        web.Response(status=304)
        if "If-None-Match" in request.headers
        else web.Response(body=body, headers={"ETag": '"1"'})
    )
    await world.follow(f"{publisher.url}/feed")
    await world.pass_time(2 * HOUR)
    assert [(asked.at - NOW) / timedelta(minutes=1) for asked in publisher.asked] == [0, 10, 40, 70, 100]


async def test_a_permanent_redirect_is_stored_after_three_sightings_in_a_row(world: World) -> None:
    old, new = await world.publisher(), await world.publisher()
    address = new.feed("/feed", 3)
    source = await world.follow(old.say("/feed", 301, Location=address), newest=1)
    await world.pass_time(2 * TEN_MINUTES)
    old.say("/feed", 302, Location=address)  # once only for now: the count begins anew
    await world.pass_time(TEN_MINUTES)
    old.say("/feed", 308, Location=address)
    await world.pass_time(2 * TEN_MINUTES)
    assert (await world.source(source)).url == f"{old.url}/feed"
    await world.pass_time(TEN_MINUTES)
    assert (await world.source(source)).url == address
    assert len(old.asked) == 6
    new.feed("/feed", 4)
    await world.pass_time(HOUR)
    assert len(old.asked) == 6, "the old address is not asked any more"
    assert new.asked[-1].headers["If-None-Match"] == '"4"'
    assert await world.posted() == ["Piece 3", "Piece 4"], "no item is another one because the feed moved"


@pytest.mark.parametrize("status", [301, 302])
async def test_another_feed_behind_a_redirect_is_remembered_and_not_posted(world: World, status: int) -> None:
    own, other = await world.publisher(), await world.publisher()
    source = await world.follow(own.feed("/cat", 3), newest=1)
    await world.read(source)
    assert await world.posted() == ["Piece 3"]
    # For a redirect that may end tomorrow the title counts too.
    called = "The Tide" if status == 301 else "All of the Tide"
    all_of_it = {f"other-{n}": None for n in range(40)}
    own.say("/cat", status, Location=other.say_items("/all", all_of_it, called))
    await world.read(source)
    assert await world.posted() == []
    other.say_items("/all", {"newest": None} | {f"other-{n}": None for n in range(39)}, called)
    await world.read(source)
    assert await world.posted() == ["newest"]


async def test_what_a_source_behind_a_redirect_publishes_is_posted_though_all_is_new(world: World) -> None:
    own = await world.publisher()
    there = own.say_items("/there", {"one": NOW, "two": NOW})
    source = await world.follow(own.say("/feed", 302, Location=there), newest=1)
    await world.read(source)
    await world.posted()
    world.now += HOUR
    own.say_items("/there", {"four": world.now, "three": world.now})
    await world.read(source)
    assert sorted(await world.posted()) == ["four", "three"]


async def test_the_headers_and_the_login_of_a_source_stay_at_its_origin(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    own, stranger = await world.publisher(), await world.publisher()
    own.say("/feed", 301, Location=f"{own.url}/there")
    own.say("/there", 301, Location=f"{stranger.url}/feed")
    stranger.feed("/feed")
    source = await world.follow(own.url.replace("http://", "http://ann:hush@") + "/feed")
    await world.store.sources.set_headers(source.id, '{"X-Key": "hush"}', world.now)
    await world.pass_time(HOUR)
    assert {asked.headers.get("X-Key") for asked in own.asked} == {"hush"}
    assert all("Authorization" in asked.headers for asked in own.asked)
    assert {asked.headers.get("X-Key") for asked in stranger.asked} == {None}
    assert not any("Authorization" in asked.headers for asked in stranger.asked)
    assert (await world.source(source)).url.endswith("@" + own.url.removeprefix("http://") + "/feed")
    own.say("/feed", 401)
    await world.pass_time(TEN_MINUTES)
    failing = await world.source(source)
    assert "login (401)" in str(failing.problem)
    assert "hush" not in caplog.text + str(failing.problem)


async def test_one_host_gets_one_request_at_a_time(world: World) -> None:
    publisher, other = await world.publisher(), await world.publisher()
    for number in range(8):
        await world.follow(publisher.feed(f"/{number}"))
        await world.follow(other.feed(f"/{number}"))
    await world.pass_time(timedelta(minutes=5))
    assert len(publisher.asked) == len(other.asked) == 8
    assert publisher.most_in_flight == other.most_in_flight == 1


async def test_polls_are_spread_and_the_first_one_most(world: World) -> None:
    publisher = await world.publisher()
    await world.follow(publisher.feed("/feed"))
    world.spread = 1.0
    await world.pass_time(HOUR, step=timedelta(minutes=1))
    assert [(asked.at - NOW) / timedelta(minutes=1) for asked in publisher.asked] == [0, 20, 31, 42, 53]


async def test_a_document_that_grew_by_more_than_a_page_is_brought_whole(world: World) -> None:
    publisher = await world.publisher()
    await world.follow(publisher.feed("/feed", 5))
    await world.pass_time(TEN_MINUTES)
    publisher.feed("/feed", 16)
    await world.pass_time(TEN_MINUTES)
    assert await world.posted() == [f"Piece {n}" for n in range(6, 17)]


async def test_a_source_that_is_gone_is_left_alone_until_somebody_tries_again(world: World) -> None:
    publisher = await world.publisher()
    source = await world.follow(publisher.say("/feed", 410))
    await world.pass_time(2 * HOUR)
    assert len(publisher.asked) == 1
    publisher.feed("/feed")
    assert (await world.poller.poll(await world.source(source))).problem is None
    await world.pass_time(HOUR)
    assert len(publisher.asked) == 7


async def test_packed_bodies_are_read_and_an_encoding_that_was_not_asked_for_is_named(world: World) -> None:
    publisher = await world.publisher()
    body = b"<rss version='2.0'><channel/></rss>"

    def packed(encoding: str, data: bytes) -> str:
        publisher.answers["/feed"] = lambda _: web.Response(body=data, headers={"Content-Encoding": encoding})
        return f"{publisher.url}/feed"

    for encoding, window in (("gzip", 31), ("deflate", 15), ("deflate", -15)):
        squeeze = zlib.compressobj(wbits=window)
        outcome = await world.fetcher.fetch(packed(encoding, squeeze.compress(body) + squeeze.flush()))
        assert isinstance(outcome, Changed)
        assert outcome.body == body
    outcome = await world.fetcher.fetch(packed("br", b"\x0b\x02\x80\x03"))
    assert isinstance(outcome, Failed)
    assert "compressed in a way (br)" in outcome.sentence


CHALLENGES = {
    "Cloudflare": (
        403,
        {"cf-mitigated": "challenge"},
        "<!DOCTYPE html><html><title>Just a moment...</title>",
    ),
    "DataDome": (403, {"x-datadome": "protected"}, "<html><p>Please enable JS</p>"),
    "AWS WAF": (202, {"x-amzn-waf-action": "challenge"}, "<!DOCTYPE html><html></html>"),
    "Vercel": (429, {"x-vercel-mitigated": "challenge"}, "<!DOCTYPE html><html></html>"),
    "Anubis": (200, {}, '<!doctype html><html><script id="anubis_challenge" type="application/json">'),
    "Imperva": (200, {}, '<html><iframe id="main-iframe" src="/_Incapsula_Resource?x=1"></iframe></html>'),
}


@pytest.mark.parametrize("guard", CHALLENGES)
async def test_a_page_that_asks_for_a_proof_is_named(world: World, guard: str) -> None:
    status, headers, page = CHALLENGES[guard]
    publisher = await world.publisher()
    publisher.answers["/feed"] = lambda _: web.Response(
        status=status, text=page, content_type="text/html", headers=headers
    )
    outcome = await world.fetcher.fetch(f"{publisher.url}/feed")
    assert isinstance(outcome, Failed)
    assert outcome.kind == "challenge"
    assert f"({guard})" in outcome.sentence
    assert "Ask the site" in outcome.sentence


async def test_a_page_of_a_guarded_site_that_let_us_pass_is_a_page(world: World) -> None:
    publisher = await world.publisher()
    page = (
        "<!doctype html><html><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script></html>"
    )
    publisher.answers["/"] = lambda _: web.Response(
        text=page, content_type="text/html", headers={"x-datadome": "protected"}
    )
    assert isinstance(await world.fetcher.fetch(f"{publisher.url}/"), Changed)
