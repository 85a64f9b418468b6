"""The worker process: hostile documents die in it alone, and at rest nothing is left."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, thread_time

import psutil
import pytest

from bot.feeds.model import ArticlePage, Candidate, Document, Entry, Telling, Unreadable
from bot.feeds.summary import tell
from bot.feeds.workers import Workers
from tests.feeds.conftest import RSS

URL = "https://harbour.test/feed"
# Four times what the fetcher lets through: what it does let through ends in time by itself.
SLOW = b"<rss version='2.0'>" + b"<?a?>" * 8_000_000
SPACIOUS = 2 << 30
ITEMS = b"".join(b"<item><guid>%d</guid><title>T</title></item>" % i for i in range(3))


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if is_worker(child)]


def is_worker(process: psutil.Process) -> bool:
    try:
        return "bot.feeds.worker" in process.cmdline()
    except psutil.NoSuchProcess:  # it has just ended
        return False


async def until(condition: object, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def parse(workers: Workers, body: bytes) -> Document | Unreadable:
    return await workers.parse(body, "application/rss+xml", "utf-8", URL)


@asynccontextmanager
async def longest_pause() -> AsyncIterator[list[float]]:
    """Note how long the loop was held each time while the block runs, in seconds of its own thread's CPU.

    The clock on the wall would also count what other programs do on a busy machine.
    """
    pauses = [0.0]

    async def watch() -> None:
        while True:
            begun = thread_time()
            await asyncio.sleep(0.001)
            pauses.append(thread_time() - begun)

    watching = asyncio.create_task(watch())
    try:
        yield pauses
    finally:
        watching.cancel()
        await asyncio.wait([watching])


async def test_nothing_runs_before_the_first_need_nor_after_the_idle_time() -> None:
    async with Workers(idle=0.5) as workers:
        assert children() == []
        assert isinstance(await parse(workers, RSS), Document)
        assert len(children()) == 1
        await until(lambda: children() == [])
        assert isinstance(await parse(workers, RSS), Document)


async def test_one_process_serves_many_and_ends_with_the_workers() -> None:
    async with Workers() as workers:
        await asyncio.gather(*(parse(workers, RSS) for _ in range(5)))
        (process,) = children()
        await parse(workers, RSS)
        assert [child.pid for child in children()] == [process.pid]
    assert children() == []


async def test_it_works_from_elsewhere_and_without_our_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISCORD_TOKEN", "hush")
    async with Workers() as workers:
        assert isinstance(await parse(workers, RSS), Document)
        assert "DISCORD_TOKEN" not in children()[0].environ()


def documents() -> Iterator[tuple[str, bytes]]:
    bomb = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "lol"}">' for i in range(12))
    yield "entity bomb", f"<!DOCTYPE r [{bomb}]><rss><channel><title>&l11;</title></channel></rss>".encode()
    external = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield "external entity", f"{external}<rss><channel><title>&x;</title></channel></rss>".encode()
    yield "deep nesting", b"<rss><channel>" + b"<item>" * 5_000
    yield "deep HTML", RSS.replace(b"The new crane is here.", b"&lt;div&gt;" * 50_000)
    yield "truncated in a tag", RSS[:-200]
    yield "random bytes", random.Random(7).randbytes(50_000)
    yield "random bytes in a feed", RSS[:300] + random.Random(8).randbytes(5_000) + RSS[300:]
    yield "false charset", RSS.replace(b"utf-8", b"no-such-charset")
    yield "NUL", RSS.replace(b"Crane", b"Cr\x00ane")
    yield "a path as the body", b"/etc/passwd"
    yield "an address as the body", b"http://127.0.0.1/"
    mutator = random.Random(9)
    for n in range(25):
        body = bytearray(RSS)
        for _ in range(8):
            body[mutator.randrange(len(body))] = mutator.randrange(256)
        yield f"mutation {n}", bytes(body)


async def test_hostile_documents_come_back_as_values(workers: Workers) -> None:
    await parse(workers, RSS)
    pid = children()[0].pid
    for name, body in documents():
        result = await parse(workers, body)
        assert isinstance(result, Document | Unreadable), name
        assert "root:" not in str(result), name
        assert "lollollol" not in str(result)[:10_000], name
    assert children()[0].pid == pid


async def test_a_document_that_takes_too_long_is_given_up_and_the_next_one_works() -> None:
    async with Workers(wall=0.5, memory=SPACIOUS) as workers:
        await parse(workers, RSS)
        first = children()[0].pid
        begun = monotonic()
        result = await parse(workers, SLOW)
        assert isinstance(result, Unreadable)
        assert "too much time" in result.sentence
        assert monotonic() - begun < 5
        assert isinstance(await parse(workers, RSS), Document)
        assert children()[0].pid != first


async def test_the_cpu_limit_holds_within() -> None:
    async with Workers(cpu=0, wall=60, memory=SPACIOUS) as workers:
        begun = monotonic()
        assert isinstance(await parse(workers, SLOW), Unreadable)
        assert monotonic() - begun < 30
        assert isinstance(await parse(workers, RSS), Document)


async def test_the_memory_limit_holds_within() -> None:
    large = b"<rss><channel><title>" + b"x y " * 2_000_000 + b"</title></channel></rss>"
    async with Workers(memory=55 << 20) as workers:
        result = await parse(workers, large)
        assert isinstance(result, Unreadable)
        assert "too large" in result.sentence
        assert isinstance(await parse(workers, RSS), Document)


async def test_a_killed_worker_is_replaced(workers: Workers) -> None:
    await parse(workers, RSS)
    children()[0].kill()
    await parse(workers, RSS)
    assert isinstance(await parse(workers, RSS), Document)


async def test_a_caller_who_gives_up_does_not_spoil_the_next_answer(workers: Workers) -> None:
    long = b"<rss version='2.0'><channel><title>Long</title>" + ITEMS * 2_000 + b"</channel></rss>"
    await parse(workers, RSS)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(parse(workers, long), 0.02)
    document = await parse(workers, RSS)
    assert isinstance(document, Document)
    assert document.title == "The Harbour"


async def test_the_number_of_entries_is_bounded_and_large_documents_arrive_whole(workers: Workers) -> None:
    text = b"<description>" + b"The crane is here. " * 500 + b"</description>"
    items = b"".join(b"<item><guid>%d</guid>%s</item>" % (i, text) for i in range(150))
    document = await parse(workers, b"<rss version='2.0'><channel>" + items + b"</channel></rss>")
    assert isinstance(document, Document)
    assert [entry.identity for entry in document.entries] == [str(i) for i in range(150)]
    assert all(len(entry.summary_html) == 9_499 for entry in document.entries)
    many = await parse(workers, b"<rss version='2.0'><channel>" + ITEMS * 400 + b"</channel></rss>")
    assert isinstance(many, Document)
    assert len(many.entries) == 1_000


async def test_parsing_does_not_hold_the_loop(workers: Workers) -> None:
    item = (
        b"<item><guid>%d</guid><title>T</title><description>"
        + b"The crane is here. " * 200
        + b"</description></item>"
    )
    large = b"<rss version='2.0'><channel>" + b"".join(item % i for i in range(520)) + b"</channel></rss>"
    assert len(large) > 2_000_000
    await parse(workers, RSS)
    async with longest_pause() as pauses:
        assert isinstance(await parse(workers, large), Document)
    assert max(pauses) < 0.1, max(pauses)  # parsing it here would hold the loop for more than half a second


async def test_bodies_that_wait_are_not_copied(workers: Workers) -> None:
    body = b"<rss version='2.0'><channel>" + ITEMS + b"</channel></rss>" + b" " * (8 << 20)
    await parse(workers, RSS)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        answers = await asyncio.gather(*(parse(workers, body) for _ in range(8)))
        most = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert all(isinstance(answer, Document) for answer in answers)
    assert most < 4 << 20, most  # one copy alone would be twice as much


async def test_a_worker_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    async with Workers() as workers:
        with pytest.raises(RuntimeError, match="does not start"):
            await parse(workers, RSS)
    assert children() == []


async def test_closing_ends_what_is_under_way(workers: Workers) -> None:
    await parse(workers, RSS)
    long = asyncio.create_task(parse(workers, b"<rss><channel>" + ITEMS * 20_000))
    await asyncio.sleep(0)
    await workers.close()
    assert isinstance(await long, Unreadable)
    assert children() == []
    with pytest.raises(RuntimeError, match="closed"):
        await parse(workers, RSS)


async def test_candidates_of_a_page(workers: Workers) -> None:
    page = b"""<html><head><base href="https://cdn.test/x/">
    <link rel="alternate" type="application/rss+xml" title="News" href="news.rss">
    <link rel="alternate stylesheet" type="text/css" href="a.css">
    <link rel=ALTERNATE type="application/atom+xml; charset=utf-8" href="/atom">
    <link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
    <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
    </head><body><a href="/feed/">Our feed</a><a href="/feedback">Say something</a></body></html>"""
    assert await workers.find_candidates(page, None, URL) == (
        Candidate("https://cdn.test/x/news.rss", "News", "rss"),
        Candidate("https://cdn.test/atom", "", "atom"),
        Candidate("https://cdn.test/feed/", "Our feed", "link"),
    )


NOTHING = Telling("", whole=False, language=None, words=0, short="", normal="", long="")


def told(n: int, text: str = "It lifts 40 tons.") -> Entry:
    return Entry(str(n), URL, f"Crane {n}", summary_html=f"<p>Crane {n} is here. {text}</p>")


async def test_tellings_come_in_the_order_of_the_entries(workers: Workers) -> None:
    assert await workers.tell([]) == ()
    assert children() == [], "nothing to tell starts no process"
    padding = "<!-- " + "x" * 3_000 + " -->"
    entries = [told(n, f"It lifts {n} tons. {padding}") for n in range(200)]  # more than one request
    assert await workers.tell(entries) == tuple(tell(entry) for entry in entries)


async def test_an_entry_that_kills_its_worker_costs_only_its_own_telling(workers: Workers) -> None:
    deadly = replace(told(2), title=None)  # type: ignore[arg-type]  # whatever no parser lets through
    with pytest.raises(AttributeError):
        tell(deadly)
    one, two, three = await workers.tell([told(1), deadly, told(3)])
    assert (one, three) == (tell(told(1)), tell(told(3)))
    assert two == NOTHING
    assert await workers.tell([deadly]) == (NOTHING,)
    assert isinstance(await parse(workers, RSS), Document)


async def test_a_worker_that_died_at_rest_costs_no_telling(workers: Workers) -> None:
    await parse(workers, RSS)
    children()[0].kill()
    assert await workers.tell([told(1)]) == (tell(told(1)),)


async def test_tellings_are_bound_by_the_limits() -> None:
    async with Workers(wall=0) as workers:
        assert await workers.tell([told(1), told(2)]) == (NOTHING, NOTHING)
    assert children() == []


async def test_closing_stores_nothing_untold(workers: Workers) -> None:
    await parse(workers, RSS)
    children()[0].suspend()  # an answer that came before the close would be one
    asked = [asyncio.create_task(workers.tell([told(1)]))]
    asked.append(asyncio.create_task(workers.read_page(PAGE, None, URL, "")))
    await asyncio.sleep(0)
    await workers.close()
    for task in asked:
        with pytest.raises(RuntimeError, match="closed"):
            await task


SENTENCE = "The crane number {} lifts forty tons over the old harbour wall before the ferry leaves."
LINES = [f"{SENTENCE.format(n)} {SENTENCE.format(n + 100)}" for n in range(8)]
PAGE = f"""<html lang="en"><head><title>Crane arrives</title><meta name="author" content="Ada Lane">
<meta property="article:published_time" content="2026-03-01T08:00:00Z"></head><body><article><h1>Crane arrives</h1>
{"".join(f"<p>{line}</p>" for line in LINES)}</article></body></html>""".encode()


async def test_the_page_of_an_article(workers: Workers) -> None:
    page = await workers.read_page(PAGE, "utf-8", URL, "Crane arrives")
    assert isinstance(page, ArticlePage)
    assert (page.title, page.author, page.paywalled) == ("Crane arrives", "Ada Lane", False)
    assert page.published_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert page.telling.text.splitlines() == [
        f"{SENTENCE.format(n)} {SENTENCE.format(n + 100)}" for n in range(8)
    ]
    assert page.telling.short.startswith(SENTENCE.format(0))
    assert page.telling.language == "en"
    assert page.telling.shingles


async def test_a_page_without_an_article_is_told_so(workers: Workers) -> None:
    page = await workers.read_page(b"<html><body></body></html>", None, URL, "")
    assert isinstance(page, Unreadable)
    assert "no article" in page.sentence


async def test_a_page_beyond_the_limits_is_told_so() -> None:
    async with Workers(wall=0) as workers:
        assert isinstance(await workers.read_page(PAGE, None, URL, ""), Unreadable)


def test_a_worker_loads_what_reads_pages_only_for_a_page() -> None:
    loaded = "import bot.feeds.tasks, sys; print({'lxml', 'trafilatura', 'bot.feeds.extract'} & sys.modules.keys())"
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, check=True, text=True)
    assert answer.stdout.strip() == "set()"


@pytest.mark.skipif(
    not Path("/proc/self/maps").exists(), reason="Only Linux tells what a process has loaded."
)
async def test_a_worker_goes_without_what_only_the_network_needs(workers: Workers) -> None:
    await parse(workers, RSS)
    [worker] = children()
    loaded = Path(f"/proc/{worker.pid}/maps").read_text()
    assert "selectolax" in loaded  # and not a module that some Pythons have built in
    assert "libssl" not in loaded


async def test_telling_does_not_hold_the_loop(workers: Workers) -> None:
    hostile = [told(n, "<p>" + "… " * 2_000) for n in range(40)]
    await parse(workers, RSS)
    async with longest_pause() as pauses:
        await workers.tell(hostile)
    assert max(pauses) < 0.1, max(pauses)
