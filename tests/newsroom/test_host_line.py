"""Who is polled next: hosts take turns, and a slow one holds up nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom.host_line import HostLine, Rests
from storage.records import Source


def source(number: int, host: str) -> Source:
    return Source(
        number, f"https://{host}/{number}", "", None, None, None, None, None, None, None, None, 0, None
    )


def test_hosts_take_turns_and_one_has_at_most_its_share_under_way() -> None:
    line = HostLine(per_host=2, most=2_000, share=200)
    slow = [source(number, "slow.test") for number in range(300)]
    line.add((*slow, source(900, "a.test"), source(901, "b.test")))
    started = [one.id for one in iter(line.start, None)]
    assert started == [0, 900, 901, 1]
    assert len(line) == 302
    line.end(slow[0])
    assert [one.id for one in iter(line.start, None)] == [2]


def test_a_source_that_is_claimed_again_keeps_its_place() -> None:
    line, one = HostLine(per_host=1, most=9, share=9), source(1, "a.test")
    line.add([one])
    line.add([one])
    assert line.start() == one
    line.add([one])
    assert line.start() is None
    line.end(one)
    assert len(line) == 0
    line.add([one])
    assert line.start() == one


def test_a_long_line_gives_way_only_where_others_need_the_room() -> None:
    line = HostLine(per_host=1, most=10, share=3)
    line.add(source(number, "slow.test") for number in range(10))
    assert (len(line), line.room) == (10, 7)
    line.add(source(number, f"{number}.test") for number in range(100, 107))
    assert (len(line), line.room) == (10, 0)
    assert [one.id for one in iter(line.start, None)] == [0, *range(100, 107)]
    line.add([source(9, "slow.test")])
    assert line.room == 10 - 3, "what was dropped may be lined up again"


def test_who_waits_for_a_host_that_wants_rest_is_sent_away_and_can_come_again() -> None:
    line = HostLine(per_host=1, most=10, share=3)
    line.add([source(1, "a.test"), source(2, "a.test"), source(3, "b.test")])
    started = line.start()
    assert started is not None
    line.drop("a.test")
    line.drop("c.test")
    line.end(started)
    assert [one.id for one in iter(line.start, None)] == [3]
    line.add([source(2, "a.test")])
    assert [one.id for one in iter(line.start, None)] == [2]


DEEDS = st.lists(
    st.tuples(st.sampled_from(["add", "start", "end", "drop"]), st.lists(st.integers(0, 15), max_size=6)),
    max_size=60,
)


@given(DEEDS, st.integers(1, 2), st.integers(2, 9), st.integers(1, 3))
def test_whoever_could_be_started_for_longest_is_next(
    deeds: list[tuple[str, list[int]]], per_host: int, most: int, share: int
) -> None:
    """In whichever order four hosts are lined up, asked, answered and dropped: as a plain model says."""
    line: HostLine[Source] = HostLine(per_host, most, share)
    waiting: dict[int, list[int]] = {host: [] for host in range(4)}
    under_way: list[int] = []
    ready: dict[int, int] = {}  # hosts of which one could be started, and since when
    to_the_end = [("start", [0])] * 8 + [("end", [0]), ("start", [0])] * 100
    for moment, (deed, which) in enumerate([*deeds, *to_the_end]):
        started = None
        if deed == "add":
            known = {*under_way, *chain.from_iterable(waiting.values())}
            line.add(source(number, f"{number % 4}.test") for number in which)
            for number in dict.fromkeys(which):
                if number not in known:
                    waiting[number % 4].append(number)
            for host, numbers in waiting.items():  # the last of the longest lines give way
                del numbers[max(share, len(line._lines.get(f"{host}.test", ()))) :]
        elif deed == "start":
            started = line.start()
            assert (started is None) == (not ready)
            if started is not None:
                assert ready[started.id % 4] == min(ready.values())
                del ready[started.id % 4]
                assert waiting[started.id % 4].pop(0) == started.id
                under_way.append(started.id)
        elif deed == "end" and which and under_way:
            number = under_way.pop(which[0] % len(under_way))
            line.end(source(number, f"{number % 4}.test"))
        elif deed == "drop" and which:
            line.drop(f"{which[0] % 4}.test")
            waiting[which[0] % 4].clear()
        for host, numbers in waiting.items():
            if not numbers or sum(number % 4 == host for number in under_way) == per_host:
                ready.pop(host, None)
            else:
                ready.setdefault(host, moment)
        assert len(line) == len(under_way) + sum(map(len, waiting.values()))
    assert len(line) == 0


def test_a_rest_holds_for_all_of_a_host_and_not_for_longer_than_is_granted() -> None:
    now, hour = datetime(2026, 5, 2, tzinfo=UTC), timedelta(hours=1)
    rests = Rests(longest=2 * hour)
    rests.begin("a.test:8080", now + hour, now)
    rests.begin("b.test", now + 90 * hour, now)
    rests.begin("a.test:8080", now + hour / 2, now)
    one, other = source(1, "a.test:8080"), source(2, "User:pass@B.test")
    assert rests.end_for(one.url, now) == now + hour
    assert rests.end_for(other.url, now) == now + 2 * hour
    assert rests.end_for(source(3, "a.test").url, now) is None
    assert rests.end_for(one.url, now + hour) is None
