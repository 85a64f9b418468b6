"""The worker's side: reads what strangers wrote, in a process that may die of it.

Started by `bot.feeds.workers` as `python -m bot.feeds.worker MEMORY_BYTES CPU_SECONDS`; answers requests
from standard input on standard output until the input ends.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import Any, BinaryIO

from bot.feeds.frames import PREFIX, pack

# What libraries import for a network to which a worker never goes, and to guess the charsets that `bot.feeds.charset`
# knows. They do without; it is a fifth of a worker's memory.
_NOT_NEEDED = ("ssl", "_ssl", "_hashlib", "chardet", "cchardet")
_LARGE = 1 << 20  # bytes of a body after which memory is cleared


def main() -> None:
    """Serve until the input ends."""
    memory, cpu = int(sys.argv[1]), int(sys.argv[2])
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not print into the answers
    _limit(memory)
    sys.modules.update(dict.fromkeys(_NOT_NEEDED))  # type: ignore[arg-type]  # None stands for one that is not there
    from bot.feeds.tasks import answer

    answers.write(pack({}))
    answers.flush()
    while (request := _read(requests)) is not None:
        _limit_cpu(cpu)
        for frame in answer(*request):
            answers.write(frame)
        answers.flush()
        if len(request[1]) > _LARGE:
            gc.collect()  # a parser that gave up keeps its text in a circle, which nothing else would clear soon


def _read(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    prefix = stream.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    head_length, data_length = PREFIX.unpack(prefix)
    return json.loads(stream.read(head_length)), stream.read(data_length)


if sys.platform == "win32":

    def _limit(memory: int) -> None:
        """Windows knows no such limits; the limit of time from outside stays."""

    def _limit_cpu(seconds: int) -> None:
        """See above."""

else:
    import resource

    def _limit(memory: int) -> None:
        """Bound the address space, write no files and no core."""
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def _limit_cpu(seconds: int) -> None:
        """Grant this request its seconds of CPU; SIGXCPU ends the process after them."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        allowed = int(used.ru_utime + used.ru_stime) + 1 + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
