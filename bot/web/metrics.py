"""`/metrics`: figures of this process as Prometheus reads them.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from aiohttp import web

from bot.newsroom.gaps import Gaps
from bot.newsroom.ports import ChannelReader
from bot.newsroom.reconcile import Reconciler
from bot.newsroom.sweep import Sweeper

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `counts` says that it only grows while the process runs; figures of one name follow each other."""

    name: str
    meaning: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    counts: bool = False


Figures = Callable[[], Iterable[Figure]]


class MetricsPage:
    """Answers with the figures as they are when they are asked for."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    async def show(self, request: web.Request) -> web.Response:
        """The page."""
        return web.Response(body=written(self._figures()).encode(), headers={"Content-Type": CONTENT_TYPE})


def written(figures: Iterable[Figure]) -> str:
    """Figures in Prometheus' text format. Labels' values are our own words: nothing in them need be escaped."""
    lines = []
    for name, of_name in groupby(figures, key=lambda figure: figure.name):
        same = list(of_name)
        lines.append(f"# HELP {name} {same[0].meaning}")
        lines.append(f"# TYPE {name} {'counter' if same[0].counts else 'gauge'}")
        for figure in same:
            labels = ",".join(f'{label}="{value}"' for label, value in figure.labels.items())
            lines.append(f"{name}{{{labels}}} {figure.value:g}" if labels else f"{name} {figure.value:g}")
    return "".join(f"{line}\n" for line in lines)


def mirror_figures(
    reconciler: Reconciler, gaps: Gaps, sweeper: Sweeper, reading: ChannelReader, sweeping: ChannelReader
) -> Iterator[Figure]:
    """What it costs to keep the mirror right: after gaps, and by the slow sweep."""
    requests = "broadsheet_mirror_requests_total"
    meaning = "Requests to Discord for putting votes and comments right."
    yield Figure(requests, meaning, reading.requests, {"work": "gap"}, counts=True)
    yield Figure(requests, meaning, sweeping.requests, {"work": "sweep"}, counts=True)
    yield Figure(
        "broadsheet_reconciliations_total", "Readings after a gap.", reconciler.count, {}, counts=True
    )
    yield Figure("broadsheet_unread_channels", "Channels that wait to be read after a gap.", gaps.unread)
    if (last := reconciler.last) is not None:
        yield Figure(
            "broadsheet_reconciliation_requests", "Requests of the last reading after a gap.", last.requests
        )
        yield Figure(
            "broadsheet_reconciliation_seconds", "Duration of the last reading after a gap.", last.seconds
        )
    if (swept := sweeper.last) is not None:
        yield Figure("broadsheet_sweep_requests", "Requests of the last whole sweep.", swept.requests)
        yield Figure("broadsheet_sweep_posts", "Posts that the last whole sweep read.", swept.posts)
        yield Figure(
            "broadsheet_sweep_mended", "Lists of votes that the last whole sweep put right.", swept.mended
        )
