"""The worker's side: reads what strangers wrote, in a process that may die of it.

Started by `bot.feeds.workers` as `python -m bot.feeds.worker MEMORY_BYTES CPU_SECONDS`; answers requests
from standard input on standard output until the input ends.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterable
from typing import Any, BinaryIO

from bot.feeds.frames import (
    PREFIX,
    candidates_frame,
    document_frames,
    examined_frame,
    pack,
    page_frame,
    read_texts,
    telling_frames,
)
from bot.feeds.model import ArticlePage, Unreadable
from bot.feeds.page import candidates, decode
from bot.feeds.parse import parse
from bot.feeds.sitemap import named_in
from bot.feeds.summary import tell, tell_page

_LARGE = 1 << 20  # bytes of a body after which memory is cleared


def main() -> None:
    """Serve until the input ends."""
    memory, cpu = int(sys.argv[1]), int(sys.argv[2])
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not print into the answers
    _limit(memory)
    answers.write(pack({}))
    answers.flush()
    while (request := _read(requests)) is not None:
        _limit_cpu(cpu)
        for frame in _answer(*request):
            answers.write(frame)
        answers.flush()
        if len(request[1]) > _LARGE:
            gc.collect()  # a parser that gave up keeps its text in a circle, which nothing else would clear soon


def _answer(head: dict[str, Any], data: bytes) -> Iterable[bytes]:
    try:
        if head["wish"] == "parse":
            seen = bytes.fromhex(head["seen"])
            read = parse(
                data,
                head["content_type"],
                head["charset"],
                head["url"],
                seen,
                kind=head["kind"],
                selector=head["selector"],
            )
            return list(document_frames(read))
        if head["wish"] == "tell":
            return list(telling_frames(map(tell, read_texts(head))))
        if head["wish"] == "page":
            return [page_frame(_read_page(decode(data, head["charset"]), head["url"], head["headline"]))]
        if head["wish"] == "sitemaps":
            return [pack({"sitemaps": named_in(data, head["url"])})]
        if head["wish"] == "examine":
            from bot.feeds.pixels import examine  # its libraries are no business of workers that read feeds

            return [examined_frame(examine(data, attach=head["attach"]))]
        return [candidates_frame(candidates(decode(data, head["charset"]), head["url"]))]
    except MemoryError:
        return document_frames(Unreadable("This is too large to be read within the worker's memory."))


def _read_page(markup: str, url: str, headline: str) -> ArticlePage | Unreadable:
    from bot.feeds.extract import extract  # as above

    found = extract(markup, url, headline=headline)
    if found is None:
        return Unreadable("There is no article on this page that could be told from the rest of it.")
    return ArticlePage(
        tell_page(found, headline),
        found.title,
        found.author,
        found.published_at,
        found.image_url,
        found.paywalled,
    )


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
