"""What is noted while channels are read, and for how long."""

from __future__ import annotations

from contextlib import ExitStack

from bot.newsroom.watch import VoteChange, Watch


def test_what_was_noted_before_the_oldest_reading_began_is_forgotten() -> None:
    """Readings that overlap all day, as the sweep's and those of new posts do, keep no more than an hour's do."""
    watch = Watch()
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(watch.reading())
        watch.vote_changed(1, VoteChange(7, "👍", came=True))
        watch.vote_changed(2, VoteChange(7, "👍", came=True))
        watch.deleted([3])
        watch.channel_deleted(4)
        second.enter_context(watch.reading())
        watch.vote_changed(2, VoteChange(7, "👎", came=True))
        watch.deleted([5])
        assert watch.voted(1) == {"👍"}
        first.close()
        assert watch.voted(1) is None
        assert not watch.is_deleted(3, 0)
        assert not watch.is_deleted(0, 4)
        assert watch.voted(2) == {"👍", "👎"}, "the second reading began before"
        assert watch.is_deleted(5, 0)
    assert watch.voted(2) is None
    assert not watch.is_deleted(5, 0)
    watch.deleted([6])
    assert not watch.is_deleted(6, 0), "nobody reads"
