"""The web application: what is served where."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot import __version__
from bot.config import Settings
from bot.newsroom.newsroom import Newsroom
from bot.newsroom.rounds import Clock
from bot.web.api import Api, PublicChannels
from bot.web.gate import Gate
from bot.web.health import Health, HealthPages
from bot.web.metrics import Figures, MetricsPage
from bot.web.openapi import describe
from bot.web.rate import RateLimit
from bot.web.websub import HubPages

# Nothing is ever uploaded; what hubs push has a limit of its own.
LARGEST_BODY = 1024


def make_app(
    newsroom: Newsroom,
    *,
    health: Callable[[], Awaitable[Health]],
    settings: Settings,
    clock: Clock,
    public_channels: PublicChannels,
    figures: Figures = tuple,
) -> web.Application:
    """The application, not yet listening.

    `health` is asked at each `/healthz` and `/readyz`, `public_channels` at each request for articles or comments,
    `figures` at each `/metrics`.
    """
    gate = Gate(settings, RateLimit(clock))
    api = Api(newsroom, public_channels)
    pages = HealthPages(health)
    app = web.Application(middlewares=[gate.middleware()], client_max_size=LARGEST_BODY)
    app.on_response_prepare.append(gate.dress)
    app.router.add_get("/", _entrance)
    app.router.add_get("/healthz", pages.alive)
    app.router.add_get("/readyz", pages.ready)
    app.router.add_get("/metrics", MetricsPage(figures).show)
    app.router.add_get("/api/openapi.json", _description)
    app.router.add_get("/api/v1/guilds/{guild}/articles", api.articles)
    app.router.add_get("/api/v1/guilds/{guild}/articles/{article}", api.article)
    app.router.add_get("/api/v1/guilds/{guild}/articles/{article}/comments", api.comments)
    if newsroom.websub is not None:
        HubPages(newsroom.websub).add_to(app)
    return app


async def _entrance(request: web.Request) -> web.Response:
    return web.json_response({"name": "Broadsheet", "version": __version__, "api": "/api/openapi.json"})


async def _description(request: web.Request) -> web.Response:
    return web.json_response(describe(__version__))
