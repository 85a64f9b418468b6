"""Who is polled next: hosts take turns, and a slow one holds up nobody else."""

from __future__ import annotations

from bot.newsroom.host_line import HostLine
from storage.records import Source


def source(number: int, host: str) -> Source:
    return Source(
        number, f"https://{host}/{number}", "", None, None, None, None, None, None, None, None, 0, None
    )


def test_hosts_take_turns_and_one_has_at_most_its_share_under_way() -> None:
    line = HostLine(per_host=2)
    slow = [source(number, "slow.test") for number in range(300)]
    for one in (*slow, source(900, "a.test"), source(901, "b.test")):
        line.add(one)
    started = [one.id for one in iter(line.start, None)]
    assert started == [0, 900, 901, 1]
    assert len(line) == 302
    line.end(slow[0])
    assert [one.id for one in iter(line.start, None)] == [2]


def test_a_source_that_is_claimed_again_keeps_its_place() -> None:
    line, one = HostLine(per_host=1), source(1, "a.test")
    line.add(one)
    line.add(one)
    assert line.start() == one
    line.add(one)
    assert line.start() is None
    line.end(one)
    assert len(line) == 0
    line.add(one)
    assert line.start() == one
