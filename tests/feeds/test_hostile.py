"""Documents that mean harm: each ends in time and in little memory, none raises, and the loop goes on meanwhile.

The large ones and many more mutations are read by `make fuzz`.
"""

from __future__ import annotations

import zlib
from itertools import islice

import pytest
from aiohttp import web

from bot.feeds.fetch import Fetcher
from bot.feeds.model import Document, Failed, Unreadable
from bot.feeds.parse import parse
from bot.feeds.workers import Workers
from tests.feeds.conftest import RSS, Site
from tests.feeds.hostile import TRAPS, mutations, repetitions, sound
from tests.fuzz.trial import (
    MOST_MEMORY,
    MOST_PAUSE,
    MOST_SECONDS,
    URL,
    longest_pause,
    read_here,
    read_in_workers,
)

# What each of these once cost: SAFETY's measurements, and what was found while bounds were set.
WORST = (
    "entity bomb", "32,000 attributes", "an author in pieces", "pictures in nested divs", "200,000 items",
    "JSON with millions of items",
)  # fmt: skip


def test_the_set_is_large() -> None:
    assert len({name for name, _ in repetitions(large=False)} | set(TRAPS)) >= 500


async def test_the_worst_end_in_time_and_memory_and_the_loop_goes_on(workers: Workers) -> None:
    tally = await read_in_workers(((name, TRAPS[name]()) for name in WORST), workers)
    assert tally.faults == []
    assert tally.outcomes["died, and was replaced"] == 0
    assert (tally.seconds < MOST_SECONDS, tally.memory < MOST_MEMORY, tally.pause < MOST_PAUSE) == (
        True,
        True,
        True,
    )


def test_a_part_of_the_set_is_read_without_a_fault() -> None:
    tally = read_here(islice(repetitions(large=False), 0, None, 29))
    assert tally.faults == []
    assert sum(tally.outcomes.values()) > 15


def test_nothing_escapes_from_spoilt_documents() -> None:
    tally = read_here((f"mutation {n}", body) for n, body in enumerate(mutations(100, 7, sound())))
    assert tally.faults == []
    assert tally.outcomes["read, with entries"] > 50, "most of a spoilt document is read all the same"
    assert not [outcome for outcome in tally.outcomes if "(" in outcome], (
        "no exception costs a whole document"
    )


async def test_a_worker_that_dies_of_a_document_is_replaced() -> None:
    async with Workers(wall=0.2) as workers:
        async with longest_pause() as pauses:
            read = await workers.parse(TRAPS["tags of 99 attributes"](), "", None, URL)
        assert isinstance(read, Unreadable)
        assert pauses[-1] < MOST_PAUSE
        assert isinstance(await workers.parse(RSS, "", None, URL), Document)


OUTSIDE = (
    "external file",
    "external address",
    "external parameter",
    "external subset",
    "inclusion",
    "stylesheet",
)


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_outside_is_read(name: str) -> None:
    assert "root:" not in str(parse(TRAPS[name](), "", None, URL))


def test_an_entry_that_is_too_much_leaves_those_before_it() -> None:
    heavy = b"<item><guid>heavy</guid>" + b"<b/>" * 45_000 + b"</item>"
    read = parse(RSS.replace(b"</channel>", heavy + b"</channel>"), "", None, URL)
    assert isinstance(read, Document)
    assert [entry.identity for entry in read.entries] == ["h-2", "h-1"]


def _squeezed(size: int) -> bytes:
    """So many zeros by gzip."""
    squeeze = zlib.compressobj(9, wbits=31)
    return b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(size >> 20)) + squeeze.flush()


async def test_a_gibibyte_of_zeros_stops_at_the_limit(site: Site, fetcher: Fetcher) -> None:
    bomb = _squeezed(1 << 26) * 16  # joined members, which are read on

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    site.routes["/bomb"] = answer
    async with longest_pause() as pauses:
        outcome = await fetcher.fetch(f"{site.address}/bomb")
    assert isinstance(outcome, Failed)
    assert outcome.kind == "too_large"
    assert pauses[-1] < MOST_PAUSE
