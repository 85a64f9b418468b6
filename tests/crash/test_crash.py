"""The bot killed and hindered at the points of its work: nothing lost, nothing twice. `make crash` does it all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.crash.grounds import Grounds
from tests.crash.kills import run_kills
from tests.crash.matrix import chosen, run_matrix
from tests.crash.points import POINTS, Point, all_cases
from tests.crash.tour import run_tour

SEED = 7
ON_TOUR = [point for point in POINTS if point.story != "migration"]
# What is no kill stands here with some of its cases: a few every day, the others with the thorough tests.
EVERY_DAY = (
    "body read, not committed: full on sqlite",
    "in a migration: kill on sqlite, down short",
)
THOROUGH = (
    "request not sent: freeze on postgresql, down long",
    "accepted, answer lost: 5xx on postgresql",
    "forum post accepted, answer lost: reset on sqlite",
    "inside the commit of what was sent: lost on postgresql",
    "inside the commit of what was sent: freeze while writing on sqlite, down short",
    "in a migration: freeze while writing on postgresql, down short",
)
# Each is many seconds of several processes' work: on a busy machine it takes its time.
pytestmark = pytest.mark.timeout(300)


def play_tour(points: Sequence[Point], kind: str, door: Path, grounds: Grounds) -> str:
    async def play() -> str:
        async with grounds.database(kind) as (url, log):
            verdict = await run_tour(points, kind, door, url, log)
        return "" if verdict.well else verdict.told()

    return asyncio.run(play())


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.thorough) for n in range(1, 4))])
def test_killed_at_every_point_nothing_is_lost_or_twice(
    part: int, door: Path, sqlite_grounds: Grounds
) -> None:
    assert not play_tour(ON_TOUR[part::4], "sqlite", door, sqlite_grounds)


def test_killed_at_some_points_on_postgresql(door: Path, grounds: Grounds) -> None:
    assert not play_tour(ON_TOUR[5::12], "postgresql", door, grounds)


@pytest.mark.parametrize(
    "name", [*EVERY_DAY, *(pytest.param(name, marks=pytest.mark.thorough) for name in THOROUGH)]
)
def test_a_fault_at_a_point(name: str, door: Path, grounds: Grounds) -> None:
    cases, _ = chosen(name)
    (verdict,) = asyncio.run(run_matrix(cases, door, grounds, 1))
    assert verdict.well, verdict.told()


@pytest.mark.thorough
def test_kills_at_random_moments(door: Path, sqlite_grounds: Grounds) -> None:
    async def play() -> str:
        async with sqlite_grounds.database("sqlite") as (url, log):
            verdict = await run_kills(5, SEED, "sqlite", door, url, log)
        return "" if verdict.well else verdict.told()

    assert not asyncio.run(play())


@pytest.mark.thorough
@pytest.mark.timeout(1200)
def test_a_tenth_of_the_matrix(door: Path, grounds: Grounds) -> None:
    cases = [case for case, rule in all_cases() if rule is None][::10]
    verdicts = asyncio.run(run_matrix(cases, door, grounds, 3))
    assert all(verdict.well for verdict in verdicts), "\n".join(
        verdict.told() for verdict in verdicts if not verdict.well
    )


def test_every_point_is_met_by_a_fault_and_what_is_skipped_has_its_reason() -> None:
    run, skipped = chosen()
    assert {case.point for case in run} == set(POINTS)
    assert len(run) + skipped.total() == len(list(all_cases()))
    assert all(rule for rule in skipped)
    assert all(len(chosen(name)[0]) == 1 for name in EVERY_DAY + THOROUGH)
