"""What the command line says of sources: in columns, in words, for programs, and never a secret."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest

from bot.columns import cells, columns, fitted
from bot.desk import SourceShown
from bot.newsroom.reads import Polled
from bot.newsroom.subscriptions import Subscribed
from bot.terminal import Terminal
from storage.records import Pace, Source, SourceListed, Subscription
from tests.cli.commands import Shell
from tests.press import Press

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
QUIET = Pace(None, (0,) * 30)


def shown(subscriptions: int = 1, pace: Pace = QUIET, **changes: Any) -> SourceShown:
    values: dict[str, Any] = {
        "id": 1,
        "url": "https://tide.example/feed.xml",
        "title": "The Tide",
        "link": None,
        "icon_url": None,
        "etag": None,
        "last_modified": None,
        "digest": None,
        "next_poll_at": NOW + timedelta(minutes=6),
        "last_polled_at": NOW - timedelta(minutes=4),
        "last_success_at": NOW - timedelta(minutes=4),
        "failures": 0,
        "problem": None,
        "format": "RSS 2.0",
        "entries": 30,
    }
    return SourceShown(SourceListed(Source(**{**values, **changes}), subscriptions, 12), pace)


def printed(*sources: SourceShown) -> list[str]:
    out = StringIO()
    assert Terminal(out, json=False).sources(sources, NOW) == 0
    return out.getvalue().splitlines()


def as_json(*sources: SourceShown) -> Any:
    out = StringIO()
    Terminal(out, json=True).sources(sources, NOW)
    return json.loads(out.getvalue())


def test_a_source_without_a_title_is_called_by_its_address_without_its_secret() -> None:
    nameless = Source(
        **{**asdict(shown().listed.source), "title": "", "url": "https://ann:hush@tide.example/feed?key=hush"}
    )
    wish = Subscription(1, 8, 7, nameless, False, 1, None, NOW, None, 0, None)
    out = StringIO()
    terminal = Terminal(out, json=False)
    terminal.subscribed(Subscribed(wish))
    terminal.subscribed(Subscribed(wish, before=wish))
    terminal.unsubscribed(wish)
    terminal.header_set(nameless, "X-Key", True)
    for line in out.getvalue().splitlines():
        assert line.startswith("https://tide.example/feed?key=…"), line
    assert "hush" not in out.getvalue()


def test_sources_stand_in_columns_also_with_wide_letters() -> None:
    lines = printed(
        shown(pace=Pace(NOW, (0,) * 28 + (1, 4))),
        shown(id=12, title="日本語ニュース", next_poll_at=NOW - timedelta(hours=1)),
        shown(id=13, title="e\u0301" * 60, last_success_at=None, format="", entries=None),
        shown(id=14, title="Gone", next_poll_at=None, problem="It is gone for good."),
        shown(0, id=15, title="Idle", next_poll_at=None, last_success_at=NOW - timedelta(days=9)),
    )
    header, *rows = [line for line in lines if not line.startswith("    ")]
    states = ("well", "well", "new", "stopped", "idle")
    for row, state in zip(rows, states, strict=True):
        assert cells(row[: row.index(f"  {state} ")]) < cells(header[: header.index("STATE")])
        assert cells(row[: row.index("▁▁▁")]) == cells(header[: header.index("LAST 30")])
    assert rows[0].endswith("  well     4 min ago  in 6 min     ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃█")
    assert " now " in rows[1]
    assert "…  new      never " in rows[2]
    assert " 9 d ago " in rows[4]
    assert lines[2].strip() == "https://tide.example/feed.xml"
    assert lines[3].strip() == (
        "Feed, RSS 2.0, 30 entries; 12 articles stored, 1 subscription; 5 articles in 30 days, about one every 6 days"
    )


async def test_a_host_that_wants_a_rest_is_asked_once_in_a_round(shell: Shell, press: Press) -> None:
    for name in ("", "?2", "?3"):
        done = await shell.run("subscribe", press.feed_url + name, "--channel", "7", "--guild", "8")
        assert done.code == 0
    press.status, press.requests[:] = 429, []
    polled = await shell.run("poll")
    assert polled.code == 1
    assert press.requests == ["/feed.xml"]
    first, *others = polled.out.splitlines()
    assert (
        first == "The Tide: 127.0.0.1 says that we ask too often (429). It will answer again after a while."
    )
    assert len(others) == 2
    assert all("asked not to be asked again before" in line for line in others)


def test_what_was_held_back_is_told() -> None:
    held = shown(pace=Pace(NOW, (1,) * 30, None, 30, NOW - timedelta(hours=3)))
    assert printed(held)[3].endswith("about one a day; 30 articles held back as old news, last 3 h ago")
    [told] = as_json(held)
    assert (told["held_back"], told["held_back_at"]) == (30, "2026-05-01T09:00:00Z")


def test_trouble_is_told_with_its_beginning_and_nothing_secret() -> None:
    source = shown(
        url="https://ada:geheim@tide.example/feed.xml?key=geheim",
        failures=3,
        failing_since=NOW - timedelta(hours=5),
        problem="tide.example answers with status 500.",
        not_before=NOW + timedelta(minutes=6),
        moved_to="https://new.example/?key=geheim",
        headers='{"Authorization": "geheim"}',
        kind="page",
        selector="article h2 a",
    )
    text = "\n".join(printed(source))
    assert "tide.example answers with status 500. It failed 3 times in a row, first 5 h ago." in text
    assert "Next: in 6 min, as its server asks." in text
    assert "Chosen by the selector article h2 a." in text
    assert "Sent with every request: Authorization." in text
    assert "on to https://new.example/?key=… for good" in text
    (shape,) = as_json(source)
    assert (shape["state"], shape["headers"]) == ("failing", ["Authorization"])
    assert shape["url"] == "https://tide.example/feed.xml?key=…"
    assert "geheim" not in f"{text}{shape}"


def test_without_sources_there_is_a_sentence() -> None:
    assert printed() == ["No source is known yet; the first subscription brings one."]
    assert as_json() == []


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("\x1b[31mred", 9, "[31mred"),
    ],
)
def test_texts_are_cut_by_cells_and_printable(text: str, most: int, kept: str) -> None:
    assert fitted(text, most) == kept


def test_numbers_stand_to_the_right() -> None:
    assert columns([("ID", "A"), ("7", "b"), ("100", "c")]) == ["ID   A", "  7  b", "100  c"]


async def test_more_sources_than_a_page_are_all_listed(shell: Shell) -> None:
    await shell.run("db", "upgrade")
    with sqlite3.connect(shell.folder / "data" / "broadsheet.db") as database:
        rows = [(f"https://{n}.example/", f"S{n}") for n in range(501)]
        database.executemany("INSERT INTO sources (url, title, failures) VALUES (?, ?, 0)", rows)
    database.close()
    listed = await shell.run("sources", "--json")
    assert [one["title"] for one in listed.json] == [f"S{n}" for n in range(501)]


async def test_preview_says_what_is_read_at_a_page_without_a_feed(shell: Shell, press: Press) -> None:
    links = "".join(
        f"<article><h2><a href='/2026/05/0{n}/story-{n}-of-the-town'>Story {n} of the town is told</a></h2></article>"
        for n in range(1, 7)
    )
    press.documents["plain"] = (
        "text/html",
        f"<!doctype html><title>Town</title><main>{links}</main>".encode(),
    )
    asked = ("preview", f"{press.url}/documents/plain", "--selector", "article h2 a")
    text, program = await asyncio.gather(shell.run(*asked), shell.run(*asked, "--json"))
    assert (text.code, text.err) == (0, "")
    lines = text.out.splitlines()
    assert lines[:3] == [
        "Town: 6 articles, newest first",
        f"  Page with links to articles, 6 entries: {press.url}/documents/plain",
        "  chosen by the selector article h2 a",
    ]
    assert (program.json["kind"], program.json["selector"], program.json["format"]) == (
        "page",
        "article h2 a",
        None,
    )
    assert len(program.json["articles"]) == 6


def test_what_is_held_back_is_said_of_the_new_ones() -> None:
    out = StringIO()
    Terminal(out, json=False).polled([Polled(shown().listed.source, 3, 0, 1, None, 2)])
    assert out.getvalue() == (
        "The Tide: 3 new articles, 0 revised articles, 1 post queued; 2 of the new ones held back as old news\n"
    )
