"""Kills at random moments, again and again, while articles come and members act; then everything is counted."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from random import Random
from typing import Any

from tests.crash.life import Order, Stuck, lives
from tests.crash.scene import DOWN, UP, Scene, scene
from tests.crash.tempo import Tempo
from tests.crash.trial import LONG, SPEED, Verdict, judge

ARTICLES_A_KILL = 5
# Most lives are killed at their work, the others on their way to it: once so many cards came of it, and a little later.
SHARE_AT_WORK = 0.7
MOST_CARDS = 2 * 3 * ARTICLES_A_KILL
# Seconds of the wall: nobody waits longer for cards, and what little later is.
CARDS_WITHIN = 6.0
SHORTEST, LONGEST = 0.05, 0.8
# Of the downtimes so many are longer than Discord remembers a nonce.
SHARE_LONG = 0.2
QUIET_WITHIN = 90.0
# So many of the newest threads of a channel stay open, of 1,000 that Discord allows; members act on the newest cards.
FRESH_CARDS = 100
# While so many are missing nothing more is published: what a feed shows no more nobody can read.
MOST_MISSING = 200


async def run_kills(kills: int, seed: int, kind: str, nursery: Path, database_url: str, log: Path) -> Verdict:
    """Kill so many lives, `ARTICLES_A_KILL` articles for each; `seed` decides what happens when."""
    articles = kills * ARTICLES_A_KILL
    verdict = Verdict(f"{kills} kills at random over {articles} articles on {kind}, seed {seed}")
    begun, tempo, dice = time.monotonic(), Tempo.now_on(SPEED), Random(seed)
    try:
        async with (
            scene(database_url, tempo) as made,
            lives(Order(nursery, made.settings, tempo, log)) as begin,
        ):
            crowd = _Crowd(made, dice)
            # Only once a subscription has begun all that comes is posted.
            life = await begin()
            _publish(made, articles, 1)
            await made.quiet(QUIET_WITHIN)
            for _ in range(kills):
                if life.code is not None:
                    life = await begin()
                if dice.random() < SHARE_AT_WORK:
                    await life.connects()
                    _publish(made, articles, dice.randrange(2 * ARTICLES_A_KILL))
                    await _until_posted(made, dice.randrange(MOST_CARDS))
                length = dice.uniform(SHORTEST, LONGEST)
                until = time.monotonic() + length
                for _ in range(3):
                    _publish(made, articles, dice.randint(1, 3))
                    await crowd.act()
                    await asyncio.sleep(length / 4)
                await asyncio.sleep(max(0.0, until - time.monotonic()))
                life.signal(signal.SIGKILL)
                if await life.ends() != -signal.SIGKILL:
                    raise Stuck(f"A life ended by itself with {life.code}; see {log}.")
                await crowd.act()
                made.archive(FRESH_CARDS)
                if dice.random() < SHARE_LONG:
                    made.sandbox.clock.advance(LONG)
                    tempo.ahead += LONG
            life = await begin()
            await life.connects()
            while len(made.titles) < articles:
                _publish(made, articles, ARTICLES_A_KILL)
                made.archive(FRESH_CARDS)
                await asyncio.sleep(0.1)
            await made.quiet(QUIET_WITHIN)
            life.signal(signal.SIGTERM)
            if await life.ends() != 0:
                verdict.amiss.append(f"the last life ended with {life.code}")
            await judge(made, verdict)
    except Exception as error:
        verdict.amiss.append(f"{type(error).__name__}: {error}")
    verdict.seconds = time.monotonic() - begun
    return verdict


def _publish(made: Scene, most: int, count: int) -> None:
    if len(made.missing()) < MOST_MISSING:
        for _ in range(min(count, most - len(made.titles))):
            made.publish(f"News of the day {len(made.titles) + 1}")


async def _until_posted(made: Scene, more: int) -> None:
    """Wait until so many more cards stand in the channels, or for as long as patience lasts."""

    def count() -> int:
        return sum(len(made.standing(channel)) for channel in made.channels.values())

    wanted, until = count() + more, time.monotonic() + CARDS_WITHIN
    while count() < wanted and time.monotonic() < until:
        await asyncio.sleep(0.02)


class _Crowd:
    """Members who vote, comment, edit and delete, on whatever cards there are."""

    def __init__(self, made: Scene, dice: Random) -> None:
        self._made = made
        self._dice = dice
        self._said: list[tuple[Any, dict[str, Any]]] = []

    async def act(self) -> None:
        """One of them does something."""
        dice = self._dice
        channel = dice.choice(list(self._made.channels.values()))
        cards = [card for found in self._made.standing(channel).values() for card in found]
        if not cards:
            return
        card = dice.choice(cards[-FRESH_CARDS // 2 :])
        # What is archived can't be edited.
        self._said = [(author, said) for author, said in self._said if self._made.is_open(said["channel_id"])]
        person = dice.choice(self._made.people)
        target = {"id": card.id, "channel_id": card.channel_id}
        match dice.randrange(6):
            case 0 | 1:
                await self._made.flip(person, card, dice.choice((UP, DOWN)))
            case 2 | 3:
                self._said.append((person, await person.reply(target, f"Comment {len(self._said)}.")))
            case 4 if self._said:
                author, comment = dice.choice(self._said)
                await author.edit(comment, f"Edited {dice.random():.6f}.")
            case 5 if self._said:
                author, comment = self._said.pop(dice.randrange(len(self._said)))
                await author.delete(comment)
