"""Reads what strangers wrote in the tests' own process, where a worker's start and end are not the matter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from bot.feeds.frames import PREFIX
from bot.feeds.tasks import answer
from bot.feeds.workers import Workers


class ReadsHere(Workers):
    """Workers that start no process: a request is read at once, without limits of time and memory.

    The frames are the same; a worker of its own takes an eighth of a second of CPU before it reads anything.
    """

    async def _ask(self, head: dict[str, Any], body: bytes, take: Callable[[dict[str, Any]], None]) -> None:
        async with self._turns:
            if self._closed:
                raise RuntimeError("The workers are closed.")
            await asyncio.sleep(0)  # as with a process, others have a turn meanwhile
            for packed in answer(json.loads(json.dumps(head)), body):
                frame = json.loads(packed[PREFIX.size :])
                frame.pop("more", None)
                take(frame)
