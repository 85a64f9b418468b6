"""A shell to type commands into, and something to type them about."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from tests.cli.commands import Shell
from tests.journey.broadsheet import ROOT
from tests.journey.conftest import Town, town  # noqa: F401 - fixtures are found by their names
from tests.press import Press


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of the process that starts commands."""
    path = tmp_path_factory.mktemp("nursery") / "door"
    process = subprocess.Popen([sys.executable, "-m", "tests.cli.nursery", str(path)], cwd=ROOT)
    deadline = time.monotonic() + 30
    while not path.exists():
        assert process.poll() is None, "The nursery did not start."
        assert time.monotonic() < deadline, "The nursery was not ready within 30 s."
        time.sleep(0.02)
    yield path
    process.kill()
    process.wait()


@pytest.fixture
def shell(nursery: Path, tmp_path: Path) -> Shell:
    """A shell in an empty folder; sources on this machine are allowed."""
    folder = tmp_path / "home"
    folder.mkdir()
    shell = Shell(nursery, folder)
    shell.environment = {"FETCH_ALLOW": "127.0.0.1", "WEB_PORT": "0"}
    return shell


@pytest.fixture
def connected(shell: Shell, sandbox: Sandbox, town: Town) -> Shell:  # noqa: F811
    """The shell, with a token for the town's bot."""
    shell.environment |= {
        "DISCORD_TOKEN": town.application.token,
        "DISCORD_API_URL": sandbox.api_url,
        "DISCORD_GATEWAY_URL": sandbox.gateway_url,
    }
    return shell


@pytest.fixture
async def press() -> AsyncIterator[Press]:
    """A publication with two articles out."""
    async with Press() as press:
        press.publish("Old bridge reopens")
        press.publish("Ferry runs at night")
        yield press
