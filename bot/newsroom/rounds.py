"""A piece of work done again and again for as long as the bot runs: at once when woken, else when it says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from storage import TakenOver

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Result = TypeVar("Result")

# Work that finds something due which it can't begin must not spin.
SHORTEST_WAIT = timedelta(milliseconds=100)
LONGEST_TROUBLE = timedelta(minutes=1)


async def side_by_side(works: Iterable[Awaitable[Result]]) -> list[Result]:
    """Do all of it at once and to its end, whatever happens to one; answers in their order.

    Raises then what the first of them raised.
    """
    ends = await asyncio.gather(*works, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return [end for end in ends if not isinstance(end, BaseException)]


class Rounds:
    """Calls `work` over and over. Work answers how long to wait before the next round; it is at most `longest`.

    A round that raises is logged and tried again after 1, 2, 4 … 60 seconds: trouble with the database or the
    network never ends the loop; only that another bot has taken the database over does. Setting `woken` begins the
    next round at once.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[timedelta]],
        *,
        woken: asyncio.Event,
        longest: timedelta = timedelta(minutes=1),
    ) -> None:
        self._name = name
        self._work = work
        self._woken = woken
        self._longest = longest

    async def run(self) -> None:
        """Run until cancelled. Raises TakenOver."""
        trouble = timedelta(seconds=1)
        while True:
            self._woken.clear()
            try:
                wait = max(min(await self._work(), self._longest), SHORTEST_WAIT)
                trouble = timedelta(seconds=1)
            except TakenOver:
                raise
            except Exception:
                log.exception(
                    "A round of %s failed; it is tried again in %d s", self._name, trouble.total_seconds()
                )
                await asyncio.sleep(trouble.total_seconds())
                trouble = min(trouble * 2, LONGEST_TROUBLE)
                continue
            try:
                async with asyncio.timeout(wait.total_seconds()):
                    await self._woken.wait()
            except TimeoutError:
                pass


class Jobs:
    """A bounded number of jobs under way at once, each an asyncio task of its own."""

    def __init__(self, limit: int, on_end: Callable[[], object]) -> None:
        self._limit = limit
        self._on_end = on_end
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def free(self) -> int:
        """How many more jobs may start now."""
        return self._limit - len(self._tasks)

    def start(self, job: Coroutine[Any, Any, Any]) -> None:
        """Start a job. What it raises is logged; when it ends `on_end` is called."""
        task = asyncio.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("A job ended with an error", exc_info=error)
        self._on_end()

    async def drain(self, grace: timedelta) -> None:
        """Let the jobs under way finish for at most `grace`, then cancel what is left."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(tuple(self._tasks), timeout=grace.total_seconds())
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
