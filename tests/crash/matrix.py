"""The whole matrix, or those cases of it that are asked for, a few at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.grounds import Grounds
from tests.crash.points import Case, all_cases
from tests.crash.trial import Verdict, run_case


@dataclass
class Tally:
    """What cases came to."""

    verdicts: list[Verdict] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> list[Verdict]:
        """Those that are not well."""
        return [one for one in self.verdicts if not one.well]

    def told(self) -> str:
        """The counts in a line, then why how many were skipped."""
        counts = {
            "lost": sum(len(one.lost) for one in self.verdicts),
            "twice": sum(len(one.twice) for one in self.verdicts),
            "steps left out or repeated": sum(len(one.steps) for one in self.verdicts),
            "mirrors unequal": sum(bool(one.unlike) for one in self.verdicts),
            "otherwise amiss": sum(bool(one.amiss) for one in self.verdicts),
        }
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        lines = [f"{len(self.verdicts)} run: {told}"]
        lines += [f"  {count:4} skipped: {rule}" for rule, count in self.skipped.most_common()]
        return "\n".join(lines)


def chosen(only: str = "") -> tuple[list[Case], Counter[str]]:
    """The case of this name, or those whose name holds all of `only`'s words (parted by +).

    And how many were skipped by which rule.
    """
    words = [word.strip() for word in only.split("+")]
    known = list(all_cases())
    exact = [(case, rule) for case, rule in known if case.name == only]
    cases, skipped = [], Counter[str]()
    for case, rule in exact or known:
        if not all(word in case.name for word in words):
            continue
        if rule is None:
            cases.append(case)
        else:
            skipped[rule] += 1
    return cases, skipped


async def run_matrix(
    cases: Iterable[Case],
    nursery: Path,
    grounds: Grounds,
    at_once: int,
    tell: Callable[[Verdict], object] = lambda _: None,
) -> list[Verdict]:
    """Play cases, so many at once; `tell` hears of each as it ends."""
    turns, migrating = asyncio.Semaphore(at_once), asyncio.Lock()

    async def play(case: Case) -> Verdict:
        async with turns, grounds.database(case.database) as (url, log):
            verdict = await run_case(case, nursery, url, log, migrating)
        if not verdict.well:
            verdict.amiss = [*verdict.amiss, f"(its log is {log})"] if verdict.amiss else []
        tell(verdict)
        return verdict

    return list(await asyncio.gather(*(play(case) for case in cases)))
