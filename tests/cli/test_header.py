"""`header`: the operator gives a source a login or a key, and nobody sees it again."""

from __future__ import annotations

import sqlite3

from bot.feeds.own_headers import read_headers
from tests.cli.commands import Shell
from tests.press import Press


def stored(shell: Shell) -> dict[str, str]:
    with sqlite3.connect(shell.folder / "data" / "broadsheet.db") as database:
        return read_headers(database.execute("SELECT headers FROM sources").fetchone()[0])


async def test_a_header_is_read_from_standard_input_and_never_shown(shell: Shell, press: Press) -> None:
    await shell.run("subscribe", press.feed_url, "--channel", "7", "--guild", "8")
    shell.typed = "Bearer hush\n"
    done = await shell.run("header", "1", "Authorization")
    assert (done.code, done.err) == (0, "")
    assert done.out == "The Tide: the header Authorization is sent to its own server from now on.\n"
    assert stored(shell) == {"Authorization": "Bearer hush"}
    listed = await shell.run("sources", "--json")
    polled = await shell.run("poll", "1")
    assert polled.code == 0

    shell.typed = ""  # where nothing is typed, a refusal before that is still told
    for wrong, told in (
        (("2", "X-Key"), "There is no source 2."),
        (("1", "Host"), "set by Broadsheet itself"),
    ):
        asked = await shell.run("header", *wrong)
        assert (asked.code, told in asked.err) == (1, True)

    removed = await shell.run("header", "1", "authorization", "--remove")
    assert (removed.code, stored(shell)) == (0, {})
    refused = await shell.run("header", "1", "Host")
    assert (refused.code, "set by Broadsheet itself" in refused.err) == (1, True)
    unknown = await shell.run("header", "2", "X-Key")
    assert (unknown.code, "There is no source 2." in unknown.err) == (1, True)
    for ended in (done, listed, polled, removed, refused, unknown):
        assert "hush" not in ended.out + ended.err


async def test_a_wish_is_changed_without_showing_the_login_again(shell: Shell, press: Press) -> None:
    press.login = "Bearer hush"
    refused = await shell.run("subscribe", press.feed_url, "--channel", "7", "--guild", "8")
    assert (refused.code, "subscribe --header Authorization" in refused.out) == (1, True)
    wish = ("subscribe", press.feed_url, "--guild", "8", "--channel")
    first = await shell.run(*wish, "7", "--header", "Authorization: Bearer hush")
    assert first.code == 0
    changed = await shell.run(*wish, "7", "--summary", "long")
    assert "The Tide is already posted into channel 7; from now on with long summaries." in changed.out
    other = await shell.run(*wish, "9")
    assert "The Tide is posted into channel 9 from now on" in other.out
    assert stored(shell) == {"Authorization": "Bearer hush"}


async def test_a_header_is_given_with_a_subscription_and_never_shown(shell: Shell, press: Press) -> None:
    wish = ("subscribe", press.feed_url, "--channel", "7", "--guild", "8")
    shell.typed = "Bearer hush\n"
    done = await shell.run(*wish, "--header", "Authorization", "--header", "X-Key: hush: hush")
    assert (done.code, done.err) == (0, "")
    assert stored(shell) == {"Authorization": "Bearer hush", "X-Key": "hush: hush"}
    added = await shell.run(*wish, "--header", "X-Other:hush")
    assert set(stored(shell)) == {"Authorization", "X-Key", "X-Other"}
    listed = await shell.run("sources")
    assert "Sent with every request: Authorization, X-Key, X-Other" in listed.out
    unwritten = await shell.run(*wish, "--header", "Authorization=hush")
    assert (unwritten.code, "a header is written 'Name: value'" in unwritten.err) == (2, True)
    refused = await shell.run(*wish, "--header", "Host: hush")
    assert (refused.code, "set by Broadsheet itself" in refused.err) == (1, True)
    for ended in (done, added, listed, unwritten, refused):
        assert "hush" not in ended.out + ended.err
