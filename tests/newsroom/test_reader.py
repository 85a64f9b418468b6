"""The reader: from an article that waits to what its card shows, over real HTTP, with real workers and a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.workers import Workers
from bot.newsroom.reader import CLAIM, PICTURES_KEPT, Reader
from bot.newsroom.reading import MOST_CLAIMS
from storage import ArticleToStore, Store
from storage.readings import HOLD
from storage.records import ArticleRead, Brought, CardToPost, ImageSeen, SubscriptionToStore
from tests.feeds.conftest import Site, open_site
from tests.feeds.test_pixels import drawn, packed
from tests.storage.desk import article, poll, whole

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
GUILD, CHANNEL = 10, 20
PHOTO = packed(drawn(), "JPEG")
FIRST = "The old bridge over the harbour opens again on Monday, eleven months after the storm that closed it."
REST = (
    "The council paid 2.4 million for new piles and a deck of larch. Ferries ran instead of it all winter.",
    "Ada Lane, who keeps the bridge, said that she had counted 312 people on the last evening of the old one.",
    "A second lane for bicycles is to follow next year, if the county agrees to pay for half of it.",
)
STUB = whole("The old bridge opens again.", whole=False)
PAGE = (
    "<!doctype html><html lang='en'><head><title>Old bridge opens again</title>"
    "<meta name='author' content='Ada Lane'><meta property='og:image' content='/lead.jpg'></head><body>"
    "<nav><a href='/'>Home</a></nav><article><h1>Old bridge opens again</h1>"
    f"{''.join(f'<p>{text}</p>' for text in (FIRST, *REST))}</article></body></html>"
).encode()


class Newsroom:
    """A reader between sites and a store, with a clock that can be moved."""

    def __init__(self, store: Store, fetcher: Fetcher, workers: Workers, site: Site) -> None:
        self.store, self.site, self.now, self.rings, self.ours = store, site, NOW, 0, True
        self.reader = Reader(
            store,
            fetcher,
            workers,
            clock=lambda: self.now,
            woken=asyncio.Event(),
            may_send=lambda: self.ours,
            on_posts=self.ring,
        )

    def ring(self) -> None:
        self.rings += 1

    async def bring(self, *articles: ArticleToStore) -> None:
        source = await self.store.sources.add(f"{self.site.address}/feed.xml", "The Tide", None, None)
        await self.store.guilds.seen(GUILD, "Harbour Town", NOW)
        wish = SubscriptionToStore(GUILD, CHANNEL, source.id, False, 99, None)
        await self.store.subscriptions.add(wish, NOW)
        await self.store.harvest.store([Brought(poll(source), articles)], self.now)

    def stub(self, identity: str = "bridge", **changes: Any) -> ArticleToStore:
        address = f"{self.site.address}/{identity}"
        return article(identity, **{"url": address, "text": STUB, **changes})

    async def read(self) -> timedelta:
        """Read all that is due; answers how long until there is more."""
        wait = await self.reader.start_due()
        await self.reader._jobs.drain(timedelta(seconds=30))
        await self.reader._writers.drain(timedelta(seconds=30))
        return wait

    async def waiting(self) -> list[CardToPost]:
        """The posts that may go now."""
        return await self.store.posts.claim(self.now, 9, timedelta())

    async def told(self) -> dict[str, CardToPost]:
        """All cards that may go now, by the article's identity."""
        told = {}
        while cards := await self.waiting():
            told |= {card.article.identity: card for card in cards}
            for card in cards:
                await self.store.posts.refuse(card.post, "Seen.")
        return told

    async def card(self) -> CardToPost:
        (card,) = await self.waiting()
        return card

    @property
    def asked(self) -> list[str]:
        return [request.path for request in self.site.requests]


@pytest.fixture
async def newsroom(store: Store) -> AsyncIterator[Newsroom]:
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(open_site())
        site.serve("/bridge", PAGE, Content_Type="text/html; charset=utf-8")
        site.serve("/lead.jpg", PHOTO, Content_Type="image/jpeg")
        allow = parse_allow("127.0.0.1")
        fetcher = await stack.enter_async_context(Fetcher(user_agent="Broadsheet tests", allow=allow))
        yield Newsroom(store, fetcher, await stack.enter_async_context(Workers(memory=1 << 30)), site)


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_stub_is_read_on_its_page_and_posted_with_that(newsroom: Newsroom):
    await newsroom.bring(newsroom.stub())
    assert await newsroom.waiting() == []
    await newsroom.read()
    assert newsroom.rings == 1
    card = await newsroom.card()
    assert card.summary.startswith(FIRST)
    assert card.article.author == "Ada Lane"
    assert card.article.language == "en"
    assert card.article.word_count is not None
    assert card.article.word_count > 60
    text = await newsroom.store.texts.get(card.article.id, "page")
    assert text is not None
    assert text.body.splitlines() == [FIRST, *REST]
    assert (card.article.image_url, card.article.image_checked) == (f"{newsroom.site.address}/lead.jpg", True)
    assert card.picture is not None
    assert card.picture[0] == "image/jpeg"


@on_sqlite
async def test_what_comes_after_the_hold_has_the_card_drawn_again(newsroom: Newsroom):
    held = asyncio.Event()

    async def late(_: web.Request) -> web.Response:
        await held.wait()
        return web.Response(body=PAGE, content_type="text/html")

    newsroom.site.routes["/bridge"] = late
    await newsroom.bring(newsroom.stub())
    await newsroom.reader.start_due()
    newsroom.now += HOLD
    card = await newsroom.card()
    assert card.summary == STUB.normal
    posts = newsroom.store.posts
    assert await posts.begin_sending(card.post, None, newsroom.now)
    await posts.sent(card.post, 1001, newsroom.now)
    await posts.finish(card.post, newsroom.now)
    held.set()
    await newsroom.reader.close(timedelta(seconds=30))
    (stale,) = await posts.stale_cards(9)
    assert stale.card.summary.startswith(FIRST)


@on_sqlite
async def test_what_passes_is_tried_again_twice_and_posts_go_meanwhile(newsroom: Newsroom):
    newsroom.site.serve("/bridge", b"", status=503)
    await newsroom.bring(newsroom.stub())
    assert await newsroom.read() <= timedelta(minutes=3)
    assert await newsroom.waiting() == []
    newsroom.now += timedelta(seconds=12)
    await newsroom.read()
    assert len(await newsroom.waiting()) == 1
    await newsroom.read()
    assert newsroom.asked == ["/bridge"] * 2
    newsroom.now += timedelta(minutes=10)
    await newsroom.read()
    newsroom.now += timedelta(days=1)
    await newsroom.read()
    assert newsroom.asked == ["/bridge"] * 3
    assert await newsroom.store.readings.next_due_at() is None


NEVER: dict[str, dict[str, Any]] = {
    "missing": {"status": 404, "body": b""},
    "refused": {"status": 403, "body": b"<html>Just a moment...", "Cf_Mitigated": "challenge"},
    "proof": {"body": b"<!doctype html><title>Just a moment...</title>"},
    "file": {"body": b"%PDF-1.7", "Content_Type": "application/pdf"},
    "large": {"body": b"<!doctype html><p>" + b"x" * (3 << 20)},
    "empty": {"body": b"<!doctype html><title>Nothing here</title>"},
    "hostile": {"body": b"<html>" + b"<b a=1 " * 400_000},
}


@on_sqlite
async def test_what_will_never_come_holds_up_nothing(newsroom: Newsroom):
    for name, answer in NEVER.items():
        newsroom.site.serve(f"/{name}", **{"Content_Type": "text/html", **answer})
    await newsroom.bring(*map(newsroom.stub, NEVER), newsroom.stub())
    await newsroom.read()
    told = await newsroom.told()
    assert told.pop("bridge").summary.startswith(FIRST)
    assert {name: card.summary for name, card in told.items()} == dict.fromkeys(NEVER, STUB.normal)
    assert await newsroom.store.readings.next_due_at() is None
    assert newsroom.asked == [*(f"/{name}" for name in NEVER), "/bridge", "/lead.jpg"]


@on_sqlite
async def test_a_server_that_asks_for_a_pause_gets_it_for_all_its_articles(newsroom: Newsroom):
    newsroom.site.serve("/bridge", b"", status=429, Retry_After="120")
    newsroom.site.serve("/ferry", PAGE, Content_Type="text/html")
    await newsroom.bring(newsroom.stub("bridge"), newsroom.stub("ferry"))
    await newsroom.read()
    assert newsroom.asked == ["/bridge"]
    assert len(await newsroom.waiting()) == 1  # the channel's first; nobody waits for so long
    newsroom.site.serve("/bridge", PAGE, Content_Type="text/html")
    newsroom.now += timedelta(seconds=119)
    await newsroom.read()
    assert newsroom.asked == ["/bridge"]
    newsroom.now += timedelta(seconds=1)
    await newsroom.read()
    assert sorted(newsroom.asked) == ["/bridge", "/bridge", "/ferry", "/lead.jpg", "/lead.jpg"]


@on_sqlite
async def test_a_slow_host_holds_up_no_other_and_is_asked_one_thing_at_a_time(newsroom: Newsroom):
    async with open_site() as slow:
        under_way: list[str] = []

        async def hang(request: web.Request) -> web.Response:
            under_way.append(request.path)
            await slow.released.wait()
            return web.Response(status=404)

        slow.routes = {f"/{number}": hang for number in range(12)}
        stuck = [newsroom.stub(f"s{number}", url=f"{slow.address}/{number}") for number in range(12)]
        await newsroom.bring(*stuck)
        await newsroom.reader.start_due()
        await newsroom.bring(newsroom.stub())
        await newsroom.reader.start_due()
        async with asyncio.timeout(20):
            while newsroom.rings == 0:
                await asyncio.sleep(0.01)
        assert newsroom.asked == ["/bridge", "/lead.jpg"]
        assert under_way == ["/0"]
        await newsroom.reader.close(timedelta())
        assert await newsroom.store.readings.next_due_at() == NOW + CLAIM  # what was not ended is read again
        assert under_way == ["/0"]


@on_sqlite
async def test_an_image_that_can_not_be_shown_is_replaced_by_the_pages(newsroom: Newsroom):
    site = newsroom.site
    images = {
        "photo": site.serve("/photo.jpg", PHOTO, Content_Type="image/jpeg"),
        "dot": site.serve("/dot.gif", packed(drawn(1, 1), "GIF"), Content_Type="image/gif"),
        "logo": site.serve("/logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        "gone": f"{site.address}/gone.jpg",
    }
    for name in images:
        site.serve(f"/{name}", PAGE, Content_Type="text/html")
    await newsroom.bring(*(newsroom.stub(name, image_url=url) for name, url in images.items()))
    await newsroom.read()
    told = await newsroom.told()
    lead = f"{site.address}/lead.jpg"
    shown = {name: card.article.image_url for name, card in told.items()}
    assert shown == dict.fromkeys(images, lead) | {"photo": images["photo"]}
    assert all(card.article.image_checked and card.picture for card in told.values())


@on_sqlite
async def test_a_broken_image_without_another_is_left_out(newsroom: Newsroom):
    gone = f"{newsroom.site.address}/gone.jpg"
    await newsroom.bring(newsroom.stub(image_url=gone, text=whole("All of it is here.")))
    await newsroom.read()
    card = await newsroom.card()
    assert (card.article.image_url, card.article.image_checked, card.picture) == (None, True, None)
    assert newsroom.asked == ["/gone.jpg"] * 2  # the second time as a guest of the page


@on_sqlite
async def test_a_page_behind_the_source_s_login_is_read_with_it(newsroom: Newsroom):
    async def closed(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer hush":
            return web.Response(status=401)
        kind = "image/jpeg" if request.path == "/lead.jpg" else "text/html"
        return web.Response(body=PHOTO if kind == "image/jpeg" else PAGE, content_type=kind)

    newsroom.site.routes |= {"/bridge": closed, "/lead.jpg": closed}
    async with open_site() as elsewhere:
        away = elsewhere.serve("/away", PAGE, Content_Type="text/html")
        source = await newsroom.store.sources.add(f"{newsroom.site.address}/feed.xml", "The Tide", None, None)
        await newsroom.store.sources.set_headers(source.id, '{"Authorization": "Bearer hush"}', NOW)
        await newsroom.bring(newsroom.stub(), newsroom.stub("away", url=away))
        await newsroom.read()
        assert all("Authorization" not in request.headers for request in elsewhere.requests)
    told = await newsroom.told()
    assert told["bridge"].summary.startswith(FIRST)
    assert told["bridge"].picture is not None, "nobody else can fetch it"


@on_sqlite
@pytest.mark.parametrize(("status", "times"), [(410, 1), (404, 3)])
async def test_a_page_that_goes_away_takes_its_article_back(newsroom: Newsroom, status: int, times: int):
    await newsroom.bring(newsroom.stub())
    await newsroom.read()
    told = (await newsroom.card()).article
    assert told.retracted_at is None
    newsroom.site.serve("/bridge", b"", status=status)
    newsroom.site.requests.clear()
    source = await newsroom.store.sources.get(told.source_id)
    assert source is not None
    revised = newsroom.stub(revision="second", title="Old bridge opens again")
    await newsroom.store.harvest.store([Brought(poll(source), revised=[revised])], newsroom.now)
    for _ in range(times):
        assert (await newsroom.card()).article.retracted_at is None
        await newsroom.read()
        newsroom.now += timedelta(minutes=10)
    assert newsroom.asked == ["/bridge"] * times
    assert (await newsroom.card()).article.retracted_at is not None
    assert await newsroom.store.readings.next_due_at() is None


@on_sqlite
async def test_only_the_one_bot_reads(newsroom: Newsroom):
    await newsroom.bring(newsroom.stub())
    newsroom.ours = False
    await newsroom.read()
    assert newsroom.asked == []


async def test_what_a_killed_bot_had_claimed_is_read_by_the_next_at_once(newsroom: Newsroom):
    await newsroom.bring(newsroom.stub())
    (claimed,) = await newsroom.store.readings.claim(newsroom.now, 9, CLAIM)
    await newsroom.read()
    card = await newsroom.card()
    assert card.article.id == claimed.id
    assert card.summary.startswith(FIRST)


@on_sqlite
async def test_old_pictures_are_forgotten(newsroom: Newsroom):
    image = f"{newsroom.site.address}/i.jpg"
    await newsroom.bring(newsroom.stub(image_url=image))
    (todo,) = await newsroom.store.readings.claim(newsroom.now, 9, CLAIM)
    read = ArticleRead(todo.id, image=ImageSeen(image, image, ("image/jpeg", PHOTO)))
    await newsroom.store.readings.keep(read, newsroom.now)
    await newsroom.read()
    post = (await newsroom.card()).post
    for now in (newsroom.now, newsroom.now + PICTURES_KEPT + timedelta(minutes=1)):
        newsroom.now = now
        await newsroom.read()
        card = await newsroom.store.posts.card(post.id)
        assert card is not None
        assert (card.picture is not None) == (now == NOW)


@on_sqlite
async def test_what_can_never_be_stored_is_not_fetched_for_ever(newsroom: Newsroom):
    await newsroom.bring(newsroom.stub())
    for _ in range(MOST_CLAIMS):
        await newsroom.store.readings.claim(newsroom.now, 9, timedelta())
    await newsroom.read()
    assert newsroom.asked == []
    assert (await newsroom.card()).summary == STUB.normal
    assert await newsroom.store.readings.next_due_at() is None
