"""Whether this process is alive and ready, for whatever watches over it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Health:
    """`alive`: the database answers. `ready`: it is current too, and Discord is connected if this process connects.

    `sentence` says for people what is missing.
    """

    alive: bool
    ready: bool
    sentence: str


class HealthPages:
    """`/healthz` and `/readyz`: 200, or 503 with the reason."""

    def __init__(self, look: Callable[[], Awaitable[Health]]) -> None:
        self._look = look

    async def alive(self, request: web.Request) -> web.Response:
        """Answer whether the process should be left running."""
        health = await self._health()
        return _answer(health.alive, health.sentence)

    async def ready(self, request: web.Request) -> web.Response:
        """Answer whether the process does its work."""
        health = await self._health()
        return _answer(health.alive and health.ready, health.sentence)

    async def _health(self) -> Health:
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                return await self._look()
        except TimeoutError:
            sentence = f"The database did not answer within {PATIENCE.seconds} seconds."
        except Exception:
            log.exception("Looking at the health failed")
            sentence = "Looking at the health failed; the log says why."
        return Health(alive=False, ready=False, sentence=sentence)


def _answer(well: bool, sentence: str) -> web.Response:
    if well:
        return web.json_response({"status": "ok"})
    return web.json_response({"error": sentence}, status=503)
