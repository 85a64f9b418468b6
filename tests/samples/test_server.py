"""The sample sources over real sockets, read with the bot's own finder and parser."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.feeds.discover import Finder, Found
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.model import Changed, Unchanged, Validators
from bot.feeds.workers import Workers
from bot.samples import SampleSources

STARTED = datetime(2026, 5, 1, 12, tzinfo=UTC)
EVERY = timedelta(seconds=45)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = STARTED

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def samples(clock: Clock) -> AsyncIterator[SampleSources]:
    async with SampleSources(started=STARTED, now=clock, every=EVERY) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_the_bot_finds_and_reads_each_publication_from_its_home_page(
    samples: SampleSources, http: aiohttp.ClientSession
) -> None:
    async with (
        Fetcher(user_agent="Broadsheet tests", allow=parse_allow("127.0.0.1")) as fetcher,
        Workers() as workers,
    ):
        pictured, played, stubs = 0, [], 0
        for publication in samples.publications:
            found = await Finder(fetcher, workers).find(publication.site_url)
            assert isinstance(found, Found)
            assert found.feed_url == publication.feed_url
            assert found.document.title == publication.title
            assert found.document.link == publication.site_url
            assert len(found.document.entries) == 5
            for entry in found.document.entries:
                assert entry.title
                assert entry.author
                assert entry.tags
                assert entry.summary_html
                if entry.content_html:
                    assert entry.content_html.count("<p>") >= 3
                else:
                    stubs += 1
                assert entry.published_at is not None
                assert entry.published_at <= STARTED
                assert entry.identity.startswith("tag:pellhaven.example,2026:")
                async with http.get(entry.url) as page:
                    assert page.status == 200
                if entry.media:
                    played.append((entry.media.kind.value, entry.media.duration_s))
                    async with http.get(entry.media.url) as playing:
                        kinds = {"audio": "audio/wav", "video": "text/html"}
                        assert playing.content_type == kinds[entry.media.kind.value]
                if entry.image_url:
                    pictured += 1
                    async with http.get(entry.image_url) as picture:
                        assert picture.content_type == "image/png"
        assert pictured >= 5
        assert (played, stubs) == ([("audio", 24), ("video", 90)], 1)


async def test_a_feed_answers_304_until_something_new_is_out(samples: SampleSources, clock: Clock) -> None:
    async with Fetcher(user_agent="Broadsheet tests", allow=parse_allow("127.0.0.1")) as fetcher:
        feed_url = samples.publications[0].feed_url
        first = await fetcher.fetch(feed_url, Validators())
        assert isinstance(first, Changed)
        for kept in (
            Validators(etag=first.validators.etag),
            Validators(last_modified=first.validators.last_modified),
        ):
            assert isinstance(await fetcher.fetch(feed_url, kept), Unchanged)
        clock.now += EVERY
        assert isinstance(await fetcher.fetch(feed_url, first.validators), Changed)
        assert isinstance(await fetcher.fetch(samples.publications[1].feed_url, Validators()), Changed)


async def test_addresses_stay_the_same_over_a_restart_on_the_same_port(clock: Clock) -> None:
    async with SampleSources(started=STARTED, now=clock) as first:
        port = int(first.url.rpartition(":")[2])
        before = first.publications
    async with SampleSources(port, started=STARTED, now=clock) as second:
        assert second.publications == before


@pytest.mark.parametrize("path", ["/tide/5/lost", "/tide/0/another-slug", "/pictures/none.png", "/nowhere/"])
async def test_what_is_not_there_is_not_found(
    samples: SampleSources, http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(samples.url + path) as answer:
        assert answer.status == 404


async def test_a_taken_port_raises(samples: SampleSources) -> None:
    with pytest.raises(OSError):
        async with SampleSources(int(samples.url.rpartition(":")[2])):
            pass
