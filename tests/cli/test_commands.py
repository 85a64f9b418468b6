"""What each command does and prints."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from storage import Database, Store
from tests.cli.commands import Shell
from tests.databases import RANKS, nonces
from tests.journey.broadsheet import ROOT
from tests.journey.conftest import Town
from tests.newsroom.test_reader import FIRST, PAGE
from tests.press import Press
from tests.storage.desk import NOW, Desk, comment
from tests.votes import add

TWO_FEEDS = b"""<!doctype html><html><head><title>Town</title>
<link rel="alternate" type="application/rss+xml" title="All" href="/all.xml">
<link rel="alternate" type="application/atom+xml" title="Sport" href="/sport.xml"></head><body></body></html>"""


def test_the_program_is_started_as_a_module() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "--version"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Broadsheet 0.")


def test_who_has_read_enough_ends_a_command_without_a_word(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    reads, writes = os.pipe()
    os.close(reads)
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "sources"],
        cwd=tmp_path,
        env=environment,
        stdout=writes,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writes)
    assert (ended.returncode, ended.stderr) == (0, "")


WRONG_USE = {
    "no such command": (["frobnicate"], "invalid choice: 'frobnicate'"),
    "no address": (["preview"], "required: URL"),
    "no channel": (["subscribe", "https://town.example"], "required: --channel"),
    "a channel's name": (["subscribe", "https://town.example", "--channel", "#news"], "Developer Mode"),
    "a subscription's name": (["unsubscribe", "tide"], "'tide' is no id; 'subscriptions' and 'sources' show"),
    "a source of too many digits": (["poll", "9" * 30], "is no id; 'subscriptions' and 'sources' show"),
    "a member's name": (["forget", "ada"], "'ada' is no Discord id"),
    "no port": (["sandbox", "--port", "http"], "a port is a number up to 65535 here, not 'http'"),
    "no room for three ports": (["demo", "--port", "65535"], "a port is a number up to 65533 here"),
    "no such wish": (
        ["subscribe", "https://town.example", "--channel", "1", "--summary", "tiny"],
        "invalid choice: 'tiny' (choose from",
    ),
    "half a command": (["db"], "required: COMMAND"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG_USE.values(), ids=WRONG_USE.keys())
async def test_wrong_use_ends_with_2_and_says_what_is_wrong(
    shell: Shell, arguments: list[str], said: str
) -> None:
    ended = await shell.run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.startswith("usage: python -m bot")
    assert list(shell.folder.iterdir()) == []


async def test_preview_shows_what_would_be_posted_and_stores_nothing(shell: Shell, press: Press) -> None:
    text, program = await asyncio.gather(
        shell.run("preview", press.url), shell.run("preview", press.feed_url, "--json")
    )
    assert (text.code, text.err) == (0, "")
    assert text.out.splitlines()[:4] == [
        "The Tide: 2 articles, newest first",
        f"  Feed, RSS 2.0, 2 entries: {press.feed_url}",
        "",
        "  Ferry runs at night",
    ]
    assert "    2026-05-01 12:02 UTC\n" in text.out
    assert "    Ferry runs at night is what everybody talks about today." in text.out
    assert text.out.index("Ferry") < text.out.index("Old bridge reopens")
    assert (program.code, program.err) == (0, "")
    assert (program.json["title"], program.json["feed_url"]) == ("The Tide", press.feed_url)
    newest, oldest = program.json["articles"]
    assert (newest["title"], oldest["title"]) == ("Ferry runs at night", "Old bridge reopens")
    assert newest["url"] == f"{press.url}/articles/piece-2"
    assert newest["published_at"] == "2026-05-01T12:02:00Z"
    assert list(shell.folder.iterdir()) == []


async def test_preview_tells_how_the_newest_article_s_card_would_tell_it(shell: Shell, press: Press) -> None:
    missing = await shell.run("preview", press.feed_url, "--json")
    newest = missing.json["newest"]
    assert (newest["text"], newest["words"], newest["image"]) == ("feed", 16, None)
    assert "has nothing at this address (404)" in newest["problem"]
    assert newest["summaries"]["normal"] == missing.json["articles"][0]["summary"]

    press.pages["piece-2"] = PAGE
    text, program = await asyncio.gather(
        shell.run("preview", press.feed_url), shell.run("preview", press.feed_url, "--json")
    )
    newest = program.json["newest"]
    assert (newest["text"], newest["language"], newest["whole"], newest["problem"]) == (
        "page",
        "en",
        True,
        None,
    )
    assert newest["words"] > 60
    assert newest["image"].startswith("left out: ")
    assert newest["summaries"]["long"].startswith(FIRST)
    assert (
        f"    Its card tells it from its page, {newest['words']} words, language en, image left out:"
        in text.out
    )
    assert "    long    The old bridge over the harbour opens again" in text.out
    assert list(shell.folder.iterdir()) == []


async def test_preview_shows_no_login_and_no_key(shell: Shell, press: Press) -> None:
    press.title = ""
    press.publish("One")
    address = press.feed_url.replace("http://", "http://ada:geheim@") + "?token=hush"
    for previewed in (await shell.run("preview", address), await shell.run("preview", address, "--json")):
        assert previewed.code == 0
        assert f"{press.feed_url}?token=…" in previewed.out.replace("\\u2026", "…")
        assert "geheim" not in previewed.out
        assert "hush" not in previewed.out


async def test_preview_of_a_page_with_several_feeds_names_them(shell: Shell, press: Press) -> None:
    press.documents["town"] = ("text/html", TWO_FEEDS)
    address = f"{press.url}/documents/town"
    text, program = await asyncio.gather(
        shell.run("preview", address), shell.run("preview", "--json", address)
    )
    assert text.code == program.code == 1
    assert text.out.splitlines() == [
        "This page names several feeds. Choose one and give its address instead:",
        f"  {press.url}/all.xml  All",
        f"  {press.url}/sport.xml  Sport",
    ]
    assert [one["url"] for one in program.json["candidates"]] == [
        f"{press.url}/all.xml",
        f"{press.url}/sport.xml",
    ]


async def test_preview_of_an_address_without_a_feed_says_what_was_tried(shell: Shell, press: Press) -> None:
    press.documents["plain"] = ("text/html", b"<!doctype html><p>Nothing here.")
    address = f"{press.url}/documents/plain"
    # The publication has a feed in one of the well-known places; take that away too.
    press.status = 404
    text, program = await asyncio.gather(
        shell.run("preview", address), shell.run("preview", "--json", address)
    )
    assert text.code == program.code == 1
    assert "is no feed and names no feed" in text.out
    assert "If you know the feed's own address, give that one." in text.out
    assert program.json == {"error": text.out.strip()}


async def test_preview_of_a_page_takes_the_links_that_a_selector_names(shell: Shell, press: Press) -> None:
    press.documents["plain"] = (
        "text/html",
        b"<!doctype html><title>Harbour</title><h2><a href=/x>A crane</a></h2>",
    )
    address = f"{press.url}/documents/plain"
    previewed = await shell.run("preview", "--selector", "h2 a", "--json", address)
    assert previewed.code == 0
    assert [article["title"] for article in previewed.json["articles"]] == ["A crane"]


async def test_a_subscription_from_its_beginning_to_its_end(shell: Shell, press: Press) -> None:
    nothing, no_source, no_poll = await asyncio.gather(
        shell.run("subscriptions"), shell.run("sources"), shell.run("poll")
    )
    assert nothing.out.startswith("No channel follows a source yet.")
    assert no_source.out.startswith("No source is known yet")
    assert no_poll.out.startswith("No source is wanted by a channel")
    assert (nothing.code, no_source.code, no_poll.code) == (0, 0, 0)

    wish = ("subscribe", press.url, "--channel", "1234567890", "--guild", "99", "--thread")
    first, again = await shell.run(*wish), await shell.run(*wish)
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("The Tide is posted into channel 1234567890 from now on")
    assert (again.code, again.out) == (0, "The Tide is already posted into channel 1234567890.\n")
    other = await shell.run(
        *wish[:-1], "--no-thread", "--summary", "short", "--pages", "never", "--pin", "--wait", "6"
    )
    now = (
        "from now on with no threads, short summaries, articles' pages never read, posts pinned and posts that wait "
        "for 6 hours at most"
    )
    assert other.out == f"The Tide is already posted into channel 1234567890; {now}.\n"

    polled = await shell.run("poll")
    assert (polled.code, polled.out) == (0, "The Tide: 2 new articles, 0 revised articles, 1 post queued\n")
    press.publish("Harbour crane falls")
    (outcome,) = (await shell.run("poll", "1", "--json")).json
    assert outcome == {
        "source": "1",
        "articles": 1,
        "revisions": 0,
        "posts": 1,
        "held_back": 0,
        "problem": None,
    }

    text, program = await asyncio.gather(shell.run("subscriptions"), shell.run("subscriptions", "--json"))
    assert text.out == (
        "    1  The Tide → channel 1234567890 (server 99), with short summaries, articles' pages never read, posts "
        "pinned and posts that wait for 6 hours at most\n"
    )
    (subscription,) = program.json
    assert subscription["source"] == {"id": "1", "title": "The Tide", "url": press.feed_url}
    assert (subscription["channel_id"], subscription["guild_id"]) == ("1234567890", "99")
    wished = ("thread", "summary", "pages", "same_story", "forum", "announce", "pin", "wait_hours", "at_most")
    assert tuple(subscription[wish] for wish in wished) == (
        *(False, "short", "never", "merge"),
        *(False, False, True, 6, None),
    )

    press.status = 500
    failed = await shell.run("poll")
    assert failed.code == 1
    assert failed.out.startswith("The Tide: ")
    text, program = await asyncio.gather(shell.run("sources"), shell.run("sources", "--json"))
    assert "\n 1  The Tide  failing  just now  in " in text.out
    assert (
        f"\n    {press.feed_url}\n    Feed, RSS 2.0, 3 entries; 3 articles stored, 1 subscription; "
        in text.out
    )
    (source,) = program.json
    assert (source["articles"], source["subscriptions"], source["failures"]) == (3, 1, 1)
    assert source["problem"]
    assert source["problem"] in text.out
    assert source["problem"] in failed.out

    ended, unknown, no_such = await asyncio.gather(
        shell.run("unsubscribe", "1"), shell.run("unsubscribe", "7"), shell.run("poll", "7")
    )
    assert (ended.code, ended.out) == (0, "The Tide is no longer posted into channel 1234567890.\n")
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err == "broadsheet: There is no subscription 7. 'subscriptions' lists them.\n"
    assert no_such.err == "broadsheet: There is no source 7. 'sources' lists them.\n"


async def test_subscribe_asks_discord_for_the_server(connected: Shell, town: Town, press: Press) -> None:
    known, unknown = await asyncio.gather(
        connected.run("subscribe", press.url, "--channel", town.channel_id),
        connected.run("subscribe", press.url, "--channel", "4711"),
    )
    assert (known.code, known.err) == (0, "")
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err == (
        "broadsheet: The bot can't see channel 4711. Check the id, and that Broadsheet's role may view it.\n"
    )
    (subscription,) = (await connected.run("subscriptions", "--json")).json
    assert (subscription["guild_id"], subscription["forum"]) == (town.guild_id, False)
    forum = await town.alice.create_channel(town.guild_id, "reading", kind=15)
    into_forum = await connected.run("subscribe", press.url, "--channel", forum["id"])
    assert into_forum.code == 0
    listed = (await connected.run("subscriptions", "--json")).json
    assert [one["forum"] for one in listed] == [False, True]
    no_token = await connected.run("subscribe", press.url, "--channel", town.channel_id, DISCORD_TOKEN="")
    assert (no_token.code, "name it with --guild ID" in no_token.err) == (1, True)


async def test_db_upgrade_makes_the_tables(shell: Shell) -> None:
    ended = await shell.run("db", "upgrade", DATABASE_URL="sqlite:///new/place.db")
    assert (ended.code, ended.out) == (0, "The database new/place.db is up to date.\n")
    with sqlite3.connect(Path(shell.folder, "new", "place.db")) as database:
        assert database.execute("SELECT count(*) FROM posts").fetchone() == (0,)
    database.close()


async def test_a_member_is_forgotten(shell: Shell) -> None:
    url = "sqlite:///new/place.db"
    database = await Database.open(f"sqlite:///{shell.folder}/new/place.db")
    await database.migrate()
    desk = Desk(database, Store(database, ranks=RANKS, nonce=nonces()))
    await desk.ingest(await desk.wired(100), "a")
    (card,) = await desk.send_all()
    await add(desk.store.votes, 1000 + card.post.id, 42, "👍", NOW)
    await desk.store.comments.record(comment(5, card.article.id, author_id=42))
    ended = await shell.run("forget", "42", DATABASE_URL=url)
    assert ended.code == 0
    assert ended.out.startswith(
        "Of member 42 are erased: votes 1, comments 1, and the name. Nothing of theirs is"
    )
    kept = await desk.store.privacy.kept_of(42)
    assert (kept.names, kept.votes, kept.comments) == ((), (), ())
    assert kept.forgotten_since is not None
    await database.close()
