"""How the log is written: one line an event, as text for people or JSON for programs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from bot.config import Settings


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the error's traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class Needless(logging.Filter):
    """Leaves out what discord.py warns of and nobody needs: no voice is spoken here, and a command that asks
    Discord one question listens to no server.
    """

    _BEGINNINGS = ("PyNaCl is not installed", "davey is not installed", "Guilds intent seems to be disabled")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        return not (record.name.startswith("discord.") and str(record.msg).startswith(self._BEGINNINGS))


def configure_logging(settings: Settings) -> None:
    """Send the log to standard error at the chosen level.

    Libraries stay quiet even where DEBUG is asked for: discord.py then logs every answer and event, SQLAlchemy
    every statement, with the bot's token and members' words in them.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Needless())
    if settings.log_format == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
        )
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    level = logging.getLevelName(settings.log_level)
    for telling in ("discord", "aiohttp", "asyncio", "aiosqlite"):
        logging.getLogger(telling).setLevel(max(logging.INFO, level))
    for chatty in (
        "discord.client",
        "discord.gateway",
        "discord.http",
        "aiohttp.access",
        "alembic",
        "sqlalchemy",
    ):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, level))
