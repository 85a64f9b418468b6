"""Commands as an operator types them: arguments and environment in, exit code and printed text out."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journey.broadsheet import ROOT, eventually

ENOUGH = 20.0  # seconds


@dataclass(frozen=True)
class Ended:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Command:
    """A command that runs."""

    def __init__(
        self, pid: int, answers: asyncio.StreamReader, to_nursery: asyncio.StreamWriter, folder: Path
    ) -> None:
        self._pid = pid
        self._answers = answers
        self._to_nursery = to_nursery
        self._folder = folder

    @property
    def out(self) -> str:
        """What it has printed so far."""
        return (self._folder / "out").read_text()

    async def says(self, text: str) -> str:
        """Wait until it has printed `text`; answers all that it printed."""

        async def printed() -> str:
            return self.out

        return await eventually(printed, lambda out: text in out, ENOUGH)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._pid, number)

    async def end(self, within: float = ENOUGH) -> Ended:
        """Wait for its end."""
        try:
            async with asyncio.timeout(within):
                code = int(await self._answers.readline())
        except TimeoutError:
            os.kill(self._pid, signal.SIGKILL)
            said = f"{self.out}\n{(self._folder / 'err').read_text()}"
            raise AssertionError(f"It still runs after {within} s, and said: {said}") from None
        finally:
            self._to_nursery.close()
        return Ended(code, self.out, (self._folder / "err").read_text())


class Shell:
    """A terminal in an empty folder. `environment` holds what is set beside PATH, `typed` what commands read."""

    def __init__(self, nursery: Path, folder: Path) -> None:
        self._nursery = nursery
        self._numbers = itertools.count(1)
        self.folder = folder
        self.environment: dict[str, str] = {}
        self.typed = ""

    async def start(self, *arguments: str, **environment: str) -> Command:
        """Start `python -m bot …`."""
        streams = self.folder.parent / f"{self.folder.name}-{next(self._numbers)}"
        streams.mkdir()
        (streams / "out").touch()
        (streams / "in").write_text(self.typed)
        reader, writer = await asyncio.open_unix_connection(str(self._nursery))
        wanted = {
            "arguments": arguments,
            "environment": {**_bare(), **self.environment, **environment},
            "folder": str(self.folder),
            "in": str(streams / "in"),
            "out": str(streams / "out"),
            "err": str(streams / "err"),
        }
        writer.write(json.dumps(wanted).encode() + b"\n")
        await writer.drain()
        return Command(int(await reader.readline()), reader, writer, streams)

    async def run(self, *arguments: str, **environment: str) -> Ended:
        """Run `python -m bot …` to its end."""
        return await (await self.start(*arguments, **environment)).end()


def _bare() -> Mapping[str, str]:
    """An environment in which nothing is set that Broadsheet reads; COLUMNS keeps usage texts on one line."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
