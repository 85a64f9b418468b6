"""What keeps a bot from starting: one sentence, exit code 1, and no secret in it."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest

from tests.cli.commands import Ended, Shell
from tests.databases import POSTGRES_URL
from tests.journey.conftest import Town

SECRET = "g3h31m"
PLACE = POSTGRES_URL.rpartition("@")[2].rpartition("/")[0]

DATABASES = {
    "of another kind": (f"mysql://me:{SECRET}@db/news", "It stores in SQLite"),
    "no URL": ("/srv/news.db", "DATABASE_URL is not a URL. Write sqlite:///data/broadsheet.db"),
    "nobody there": (f"postgresql://me:{SECRET}@127.0.0.1:1/news", "me@127.0.0.1:1/news cannot be reached"),
    "an unknown host": (f"postgresql://me:{SECRET}@db.invalid/news", "me@db.invalid/news cannot be reached"),
    "a password in pieces": (f"postgresql://me:{SECRET}/x@db/news", "must be written as %XX"),
    "an unknown option": (f"postgresql://me:{SECRET}@db/news?colour=red", "does not know: colour."),
    "a folder": ("sqlite:////", "cannot be opened for writing"),
    "no such folder": ("sqlite:////proc/nowhere/news.db", "The folder /proc/nowhere for the database"),
    "no database": ("sqlite:///letter.txt", "is not a SQLite database, or it is damaged"),
    "no such database": (f"postgresql://postgres:{SECRET}@{PLACE}/no_such_news", "Make it with `createdb`"),
}


def assert_one_sentence(ended: Ended, said: str, *secrets: str) -> None:
    """It failed, said so once on standard error, and kept the secrets."""
    assert (ended.code, ended.out) == (1, ""), ended.err
    assert ended.err.startswith("broadsheet: ")
    assert ended.err.count("\n") == 1, ended.err
    assert said in ended.err
    assert not [secret for secret in (SECRET, *secrets) if secret in ended.err]


@pytest.mark.parametrize(("url", "said"), DATABASES.values(), ids=DATABASES.keys())
async def test_a_database_that_can_not_be_used(shell: Shell, url: str, said: str) -> None:
    if "no_such_news" in url:
        await _skip_without_postgresql()
    (shell.folder / "letter.txt").write_text("Dear Ada, this is a letter and not a database at all. " * 40)
    ended = await shell.run("run", DATABASE_URL=url, DISCORD_TOKEN=f"{SECRET}.token")
    assert_one_sentence(ended, said)


async def _skip_without_postgresql() -> None:
    host, _, port = PLACE.partition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port or 5432))
    except OSError:
        pytest.skip("No PostgreSQL answers at TEST_POSTGRES_URL.")
    writer.close()


async def test_no_token(shell: Shell) -> None:
    said = "There is no DISCORD_TOKEN. Put your bot's token into .env (.env.example shows how)"
    assert_one_sentence(await shell.run("run"), said)


@pytest.mark.refusals(1)
async def test_a_token_that_discord_does_not_know(connected: Shell) -> None:
    ended = await connected.run("run", DISCORD_TOKEN=f"wrong.{SECRET}")
    assert_one_sentence(ended, "Discord does not know this token. Copy the current one from the Bot page")


@pytest.mark.parametrize("token", [f"two {SECRET}", f"{SECRET}\nDISCORD_API_URL=", f"{SECRET}é"])
async def test_a_token_that_was_copied_badly(connected: Shell, token: str) -> None:
    said = "DISCORD_TOKEN has a blank, a line break or a special character in it"
    assert_one_sentence(await connected.run("run", DISCORD_TOKEN=token), said)


async def test_a_port_that_is_taken(connected: Shell, town: Town) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        # The first one gave the right to run on this database back: the second one fails of the port alone.
        for _ in range(2):
            ended = await connected.run("run", WEB_PORT=str(port))
            said = f"Port {port} on 127.0.0.1 is taken by another program"
            assert_one_sentence(ended, said, town.application.token)


SETTINGS = {
    "WEB_PORT": ("web", "WEB_PORT must be a whole number from 0 to 65535."),
    "POLL_INTERVAL": ("10m", "POLL_INTERVAL (in seconds) must be a whole number from 1 to 86400."),
    "POLL_MIN_INTERVAL": ("0", "POLL_MIN_INTERVAL (in seconds) must be a whole number from 1 to 86400."),
    "MESSAGE_CONTENT": ("maybe", "MESSAGE_CONTENT is a switch: write 1 or 0."),
    "LOG_LEVEL": ("loud", "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR."),
    "LOG_FORMAT": ("xml", "LOG_FORMAT must be one of text, json."),
    "WEB_PUBLIC_URL": ("town.example", "WEB_PUBLIC_URL must begin with http:// or https://."),
    "DISCORD_GATEWAY_URL": ("http://town.example", "DISCORD_GATEWAY_URL must begin with ws:// or wss://."),
    "FETCH_ALLOW": ("10.0.0.1/8", "Write the address alone, or the network as 10.0.0.0/8."),
}


@pytest.mark.parametrize("name", SETTINGS)
async def test_a_setting_that_can_not_be_used(shell: Shell, name: str) -> None:
    value, said = SETTINGS[name]
    assert_one_sentence(await shell.run("run", DISCORD_TOKEN=SECRET, **{name: value}), said)


async def test_an_env_file_that_others_can_read(shell: Shell) -> None:
    env = shell.folder / ".env"
    env.write_text(f"DISCORD_TOKEN={SECRET}\nLOG_LEVEL=loud\n")
    for mode in (0o644, 0o640, 0o604):
        env.chmod(mode)
        assert_one_sentence(await shell.run("run"), "Close it with: chmod 600 .env")
    env.chmod(0o600)
    assert_one_sentence(await shell.run("run"), "LOG_LEVEL must be one of")
    # What the environment says wins over the file.
    assert (await shell.run("sources", LOG_LEVEL="INFO")).code == 0


async def test_an_env_file_that_is_no_text(shell: Shell) -> None:
    env = shell.folder / ".env"
    env.write_bytes(f"DISCORD_TOKEN={SECRET}é\n".encode("latin-1"))
    env.chmod(0o600)
    assert_one_sentence(await shell.run("run"), ".env can't be read (it is not UTF-8 text).")


@pytest.mark.skipif(os.geteuid() == 0, reason="Nothing is closed to root.")
async def test_an_env_file_of_somebody_else(shell: Shell) -> None:
    env = shell.folder / ".env"
    env.write_text(f"DISCORD_TOKEN={SECRET}\n")
    env.chmod(0o000)
    assert_one_sentence(await shell.run("run"), ".env can't be read (Permission denied).")
