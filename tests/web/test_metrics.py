"""`/metrics`: what a reading after a gap cost, in Prometheus' words."""

from __future__ import annotations

from bot.web import WebServer
from bot.web.metrics import Figure
from tests.web.conftest import SETTINGS, Site, on_sqlite


@on_sqlite
async def test_figures_are_written_as_prometheus_reads_them(site: Site) -> None:
    asked = [
        Figure("broadsheet_asked_total", "Requests.", 3, {"work": "gap"}, counts=True),
        Figure("broadsheet_asked_total", "Requests.", 0, {"work": "sweep"}, counts=True),
        Figure("broadsheet_seconds", "Duration.", 1.5),
    ]
    web = WebServer(
        site.newsroom,
        health=site.look_at_health,
        settings=SETTINGS,
        clock=site.clock,
        public_channels=site.public.get,
        figures=lambda: asked,
    )
    async with web, site.http.get(f"{web.url}/metrics") as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert (await answer.text()).splitlines() == [
            "# HELP broadsheet_asked_total Requests.",
            "# TYPE broadsheet_asked_total counter",
            'broadsheet_asked_total{work="gap"} 3',
            'broadsheet_asked_total{work="sweep"} 0',
            "# HELP broadsheet_seconds Duration.",
            "# TYPE broadsheet_seconds gauge",
            "broadsheet_seconds 1.5",
        ]
