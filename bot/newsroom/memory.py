"""Memory that is free goes back to the system, which the C library does by itself only at its heap's very end."""

from __future__ import annotations

import ctypes
from functools import cache


def give_back() -> None:
    """Return free memory to the system where the C library can (glibc); takes some milliseconds, the lock released."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> ctypes._NamedFuncPointer | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # of musl and macOS; of Windows
        return None
