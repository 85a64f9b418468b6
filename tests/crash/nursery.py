"""Starts bots fast: a process that has read the program once forks one process a life.

harness → socket: an order → fork → {"pid": …}, what the life tells, at last {"code": …}
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def nursery() -> Iterator[Path]:
    """A nursery's socket, for as long as the block runs."""
    with TemporaryDirectory(prefix="nursery-") as folder:
        door = Path(folder) / "door"
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery", str(door)], cwd=ROOT, stdin=subprocess.PIPE
        )
        try:
            until = time.monotonic() + 30
            while not door.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("The nursery did not start.")
                time.sleep(0.02)
            yield door
        finally:
            process.kill()
            process.communicate()


def main(path: str) -> None:
    """Listen at `path` until the input ends."""
    from tests.crash import living

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path + ".new")
        door.listen(16)
        os.rename(path + ".new", path)  # whoever finds it there can connect
        while True:
            ready, _, _ = select.select([door, sys.stdin], [], [])
            if door not in ready:
                return  # the harness is gone
            visitor, _ = door.accept()
            with visitor:
                if os.fork() == 0:
                    door.close()
                    _mind(visitor, living.live)


def _mind(visitor: socket.socket, live: Any) -> None:
    """Start one life, tell its pid, wait for its end, tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order = json.loads(_line(visitor))
    pid = os.fork()
    if pid == 0:
        os._exit(_begin(order, visitor, live))
    _tell(visitor, {"pid": pid})
    # A life ends with the harness by itself, but not one that is frozen: it would keep its connections.
    ended, events = os.pidfd_open(pid), select.poll()
    events.register(ended, select.POLLIN)
    events.register(visitor, select.POLLRDHUP)
    if all(which != ended for which, _ in events.poll()):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    _tell(visitor, {"code": os.waitstatus_to_exitcode(status)})
    os._exit(0)


def _begin(order: dict[str, Any], visitor: socket.socket, live: Any) -> int:
    os.setsid()
    log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        code = live(order, visitor)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return int(code)


def _line(visitor: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        if not (byte := visitor.recv(1)):  # what comes after the line is the life's own to read
            os._exit(0)
        line += byte
    return line


def _tell(visitor: socket.socket, told: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # the harness may have left
        visitor.sendall(json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
