"""Worker processes for what strangers wrote: started on first need, killed over a limit, ended when idle."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.feeds.frames import (
    PREFIX,
    pack,
    read_candidates,
    read_document,
    read_entries,
    read_examined,
    read_page,
    read_telling,
    telling_portions,
    telling_request,
)
from bot.feeds.model import ArticlePage, Candidate, Document, Entry, Examined, Telling, Unreadable

_ROOT = Path(__file__).resolve().parents[2]
_INHERITED = ("PATH", "SYSTEMROOT", "PYTHONPATH", "LD_LIBRARY_PATH")  # never the bot's token
_START = 30.0  # seconds that a new process has to say that it is there
_PIPE = 1 << 20  # bytes, the most that Linux grants everyone
_SLICE = 256 * 1024  # bytes of a body that are handed to the pipe at a time
_TOO_MUCH = (
    "Reading this took too much time or memory, so it was given up: the document is too large or hostile."
)
_CLOSED = "The workers are closed."
_NOTHING_TOLD = Telling("", whole=False, language=None, words=0, short="", normal="", long="")


class _WorkerDiedError(Exception):
    """The worker ended, or was ended, before it had answered."""


class Workers:
    """A small pool of worker processes; at rest it is empty and costs nothing.

    Limits are for one request: `wall` and `cpu` in seconds, `memory` (the whole address space) in bytes.
    A process that exceeds one dies alone; the next request starts a new one. Close it, or use `async with`.
    """

    def __init__(
        self, n: int = 1, *, wall: float = 15.0, cpu: int = 10, memory: int = 512 << 20, idle: float = 60.0
    ) -> None:
        self._wall = wall
        self._arguments = (str(memory), str(cpu))
        self._idle = idle
        self._turns = asyncio.Semaphore(n)
        self._resting: list[_Worker] = []
        self._living: set[_Worker] = set()
        self._closed = False

    async def __aenter__(self) -> Workers:
        """Nothing is started before the first need."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the processes."""
        await self.close()

    async def parse(
        self,
        body: bytes,
        content_type: str,
        charset: str | None,
        url: str,
        seen: bytes = b"",
        *,
        kind: str = "feed",
        selector: str | None = None,
    ) -> Document | Unreadable:
        """Read a body as `kind` says (see `bot.feeds.parse`), the links of a page as `selector` says.

        `url` is the base of its relative links, `seen` the marks of a feed's entries to be passed over.
        Raises RuntimeError if no worker can be started.
        """
        head = {
            "wish": "parse",
            "content_type": content_type,
            "charset": charset,
            "url": url,
            "seen": seen.hex(),
            "kind": kind,
            "selector": selector,
        }
        entries: list[Entry] = []
        answer: dict[str, Any] = {}

        def take(frame: dict[str, Any]) -> None:
            answer.update(frame)
            entries.extend(read_entries(frame) if "entries" in frame else ())

        try:
            await self._ask(head, body, take)
        except _WorkerDiedError:
            return Unreadable(_TOO_MUCH)
        return read_document(answer, entries)

    async def find_candidates(self, body: bytes, charset: str | None, url: str) -> tuple[Candidate, ...]:
        """The feeds that an HTML page names; none where the page cannot be read within the limits."""
        answer: dict[str, Any] = {}
        with suppress(_WorkerDiedError):
            head = {"wish": "candidates", "charset": charset, "url": url}
            await self._ask(head, body, answer.update)
        return read_candidates(answer) if "candidates" in answer else ()

    async def find_sitemaps(self, body: bytes, url: str) -> tuple[str, ...]:
        """The sitemaps that a robots.txt or an index of sitemaps names and that may hold news."""
        answer: dict[str, Any] = {}
        with suppress(_WorkerDiedError):
            await self._ask({"wish": "sitemaps", "url": url}, body, answer.update)
        return tuple(answer.get("sitemaps", ()))

    async def examine(self, body: bytes, *, attach: bool) -> Examined:
        """Look at an image (see `bot.feeds.pixels`); where it is to `attach`, it comes made small.

        Raises RuntimeError if no worker can be started or the workers are closed.
        """
        answer: dict[str, Any] = {}
        try:
            await self._ask({"wish": "examine", "attach": attach}, body, answer.update)
        except _WorkerDiedError:
            if self._closed:  # not the image's doing
                raise RuntimeError(_CLOSED) from None
            return Examined(_TOO_MUCH)
        return read_examined(answer)

    async def tell(self, entries: Sequence[Entry]) -> tuple[Telling, ...]:
        """What these entries tell (see `bot.feeds.summary`), in their order.

        Where a portion of them goes beyond the limits, each of it is tried alone, and an empty telling stands for
        those that fail again. Raises RuntimeError if no worker can be started or the workers are closed.
        """
        tellings: list[Telling] = []
        for portion in telling_portions(entries):
            together = await self._tellings(portion)
            if together is None:
                together = [(await self._tellings([entry]) or [_NOTHING_TOLD])[0] for entry in portion]
            tellings += together
        return tuple(tellings)

    async def _tellings(self, portion: Sequence[Entry]) -> list[Telling] | None:
        """The answer to one request; None where it went beyond the limits."""
        tellings: list[Telling] = []

        def take(frame: dict[str, Any]) -> None:
            if "telling" in frame:
                tellings.append(read_telling(frame["telling"]))

        try:
            await self._ask(telling_request(portion), b"", take)
        except _WorkerDiedError:
            if self._closed:  # not the entries' doing: an article must not be stored without its summary
                raise RuntimeError(_CLOSED) from None
        return tellings if len(tellings) == len(portion) else None

    async def read_page(
        self, body: bytes, charset: str | None, url: str, headline: str
    ) -> ArticlePage | Unreadable:
        """Read the page of an article that was found at `url` and that its feed calls `headline`.

        Raises RuntimeError if no worker can be started or the workers are closed.
        """
        answer: dict[str, Any] = {}
        head = {"wish": "page", "charset": charset, "url": url, "headline": headline}
        try:
            await self._ask(head, body, answer.update)
        except _WorkerDiedError:
            if self._closed:  # not the page's doing
                raise RuntimeError(_CLOSED) from None
            return Unreadable(_TOO_MUCH)
        return read_page(answer)

    async def close(self) -> None:
        """End every process; what it was reading counts as unreadable."""
        self._closed = True
        self._resting.clear()
        for worker in tuple(self._living):
            await worker.end()

    async def _ask(self, head: dict[str, Any], body: bytes, take: Callable[[dict[str, Any]], None]) -> None:
        """Put one request to a worker and hand over each frame of its answer. Raises _WorkerDiedError.

        While it waits for its turn a request costs no more than the body that it was given.
        """
        async with self._turns:
            if self._closed:
                raise RuntimeError(_CLOSED)
            worker = self._resting.pop() if self._resting else await self._start()
            worker.stop_waiting()
            answered = False
            try:
                async with asyncio.timeout(self._wall):
                    await worker.ask(head, body, take)
                answered = True
            except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
                raise _WorkerDiedError from error
            finally:
                if answered and not self._closed:
                    self._resting.append(worker)
                    worker.wait_at_most(self._idle, self._retire)
                else:
                    # Also when the caller was cancelled: its answer must not meet the next request.
                    self._living.discard(worker)
                    await worker.end()

    async def _start(self) -> _Worker:
        worker = await _Worker.start(self._arguments)
        self._living.add(worker)
        return worker

    def _retire(self, worker: _Worker) -> None:
        self._resting.remove(worker)
        self._living.discard(worker)
        worker.kill()


class _Worker:
    """One process and its two pipes."""

    def __init__(self, process: Process, requests: StreamWriter, answers: StreamReader) -> None:
        self._process = process
        self._requests = requests
        self._answers = answers
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, arguments: tuple[str, ...]) -> _Worker:
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        paths = [str(_ROOT), *filter(None, [environment.get("PYTHONPATH")])]
        # Large bodies go back to the system once they are read, instead of staying with a process that lives long.
        thresholds = {"MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144"}
        environment |= {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1", **thresholds}
        # In a session of its own: an interrupt from the keyboard is the bot's to handle.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.feeds.worker", *arguments,
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=_ROOT, env=environment, start_new_session=True,
        )  # fmt: skip
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("The worker was started without its pipes.")
        _widen(process.stdin)
        worker = cls(process, process.stdin, process.stdout)
        try:
            async with asyncio.timeout(_START):
                await worker._next()
        except BaseException as error:
            await worker.end()
            if not isinstance(error, TimeoutError | asyncio.IncompleteReadError):
                raise
            command = f"{sys.executable} -m bot.feeds.worker {' '.join(arguments)}"
            raise RuntimeError(
                f"The worker that reads feeds does not start. To see why: {command}"
            ) from error
        return worker

    async def ask(self, head: dict[str, Any], body: bytes, take: Callable[[dict[str, Any]], None]) -> None:
        # A usual body goes along with its head: the worker would wake for the head alone, to wait for the body.
        self._requests.write(pack(head, len(body)) + body[:_SLICE])
        await self._requests.drain()
        for start in range(_SLICE, len(body), _SLICE):  # the pipe's writer copies what it cannot send at once
            self._requests.write(memoryview(body)[start : start + _SLICE])
            await self._requests.drain()
        more = True
        while more:
            frame = await self._next()
            more = frame.pop("more", False)
            take(frame)

    async def _next(self) -> dict[str, Any]:
        length, _ = PREFIX.unpack(await self._answers.readexactly(PREFIX.size))
        frame: dict[str, Any] = json.loads(await self._answers.readexactly(length))
        return frame

    def wait_at_most(self, seconds: float, retire: Callable[[_Worker], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, retire, self)

    def stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def kill(self) -> None:
        self.stop_waiting()
        with suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        self.kill()
        await asyncio.shield(self._process.wait())


if sys.platform == "linux":
    import fcntl

    def _widen(requests: StreamWriter) -> None:
        """Let the pipe take a usual body at once: through its 64 KiB it goes in portions, each of them waited for."""
        # A user's pipes may come to so much together and not more; a process that ended has closed its own.
        with suppress(OSError, ValueError):
            fcntl.fcntl(requests.get_extra_info("pipe"), fcntl.F_SETPIPE_SZ, _PIPE)

else:

    def _widen(requests: StreamWriter) -> None:
        """Elsewhere a pipe is as wide as it is."""
