"""JSON API and health over HTTP. Reads what the newsroom knows, never Discord; writes nothing."""

from bot.web.app import make_app
from bot.web.health import Health
from bot.web.metrics import mirror_figures
from bot.web.server import WebProblem, WebServer

__all__ = ["Health", "WebProblem", "WebServer", "make_app", "mirror_figures"]
