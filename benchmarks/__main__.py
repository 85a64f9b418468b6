"""`python -m benchmarks`: run every measurement and print its table."""

from __future__ import annotations

import asyncio
import platform

from benchmarks import gap, hold, local_discord, memory, polling, rest, sources


async def main() -> None:
    """Measure, one after the other, so that none disturbs another."""
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    for measurement in (
        rest.measure,
        polling.measure,
        memory.measure,
        sources.measure,
        hold.measure,
        local_discord.measure,
        gap.measure,
    ):
        print("\n".join(await measurement()), end="\n\n", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
