"""Free memory goes back to the system."""

import ctypes
import sys

import psutil
import pytest

from bot.newsroom.memory import give_back


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="this C library gives nothing back when asked",
)
def test_what_was_freed_between_pieces_in_use_is_given_back() -> None:
    process, pieces = psutil.Process(), [bytes([number % 256]) * 20_000 for number in range(2_000)]
    in_use = pieces[::20]
    del pieces
    before = process.memory_info().rss
    give_back()
    assert before - process.memory_info().rss > 20_000_000
    assert len(in_use) == 100
