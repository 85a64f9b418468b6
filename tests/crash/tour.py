"""One scene, many points: the bot is killed at one after the other; counted is at the end. For every day's tests."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.crash.attack import Attack
from tests.crash.life import Life, Order, Stuck, lives
from tests.crash.points import Case, Fault, Point
from tests.crash.scene import DOWN, UP, Scene, scene
from tests.crash.tempo import Tempo
from tests.crash.trial import LONG, QUIET_WITHIN, SPEED, Verdict, judge


async def run_tour(points: Sequence[Point], kind: str, nursery: Path, url: str, log: Path) -> Verdict:
    """Kill the bot at these points, each time after the other's traces are still fresh; every other time for long."""
    verdict, begun = Verdict(f"{len(points)} kills on {kind}"), time.monotonic()
    tempo = Tempo.now_on(SPEED)
    async with scene(url, tempo) as made, lives(Order(nursery, made.settings, tempo, log)) as begin:
        life: Life = await begin()
        made.publish("Old bridge reopens")
        await made.quiet(QUIET_WITHIN)
        for number, point in enumerate(points):
            try:
                await _kill_at(point, made, begin, life, kind)
            except Stuck as reason:
                verdict.amiss.append(f"{point.name}: {reason}")
            if number % 2:
                made.sandbox.clock.advance(LONG)
                tempo.ahead += LONG
            await _say_something(made, number)
            life = await begin()
        await life.connects()
        made.publish("Harbour opens early")
        await made.quiet(QUIET_WITHIN)
        await judge(made, verdict)
    verdict.seconds = time.monotonic() - begun
    return verdict


async def _kill_at(point: Point, made: Scene, begin: Any, life: Life, kind: str) -> None:
    attack = Attack(Case(point, Fault.KILL, kind), made)
    if point.story == "reconciliation":
        # Its own start, while there is something to be read.
        await life.close()
        await _say_something(made, 0)
        await _say_something(made, 1)
        life = await begin(armed=attack.armed)
    else:
        await life.connects()
        act = await _prepare(point, made)
        await attack.begin(life)
        await act()
    try:
        await attack.reaches(life)
    finally:
        await life.close()


async def _prepare(point: Point, made: Scene) -> Callable[[], Awaitable[Any]]:
    """What brings the bot to the point; what has to be there before is mirrored by now."""
    alice, bob, _ = made.people
    card = made.card("Old bridge reopens", "news")
    if point.story == "delivery":

        async def publish() -> None:
            made.publish(f"News before: {point.name}")

        return publish
    said = await bob.reply(card, f"About: {point.name}") if point.story in ("edit", "deletion") else card
    await made.quiet(QUIET_WITHIN)
    return {
        "vote": partial(alice.react, card, DOWN),
        "comment": partial(bob.reply, card, "As I said."),
        "edit": partial(bob.edit, said, "On second thoughts …"),
        "deletion": partial(bob.delete, said),
    }[point.story]


async def _say_something(made: Scene, number: int) -> None:
    """What members do while nobody listens."""
    _, bob, carol = made.people
    (message,) = made.standing(made.channels["news"])["Old bridge reopens"]
    card = {"id": message.id, "channel_id": message.channel_id}
    if number % 2:
        await carol.reply(card, f"Remark {number}.")
        await made.flip(carol, message, DOWN)
    else:
        await made.flip(bob, message, UP)
        await bob.reply(card, f"Note {number}.")
