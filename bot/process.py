"""Which process this is, and whether another one of this machine lives."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

from bot.newsroom.tenure import Process


def this_process() -> Process:
    """This process as it writes itself into the lease."""
    try:
        # The namespace's number alone is the same on every machine; the boot's id is not.
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # not Linux: nothing tells whether another process id is of this machine
        space = secrets.token_hex(8)
    return Process(socket.gethostname().replace("|", "-"), space, os.getpid())


def is_alive(pid: int) -> bool:
    """Whether a process of this id runs on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
