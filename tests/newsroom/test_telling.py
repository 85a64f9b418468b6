"""When a member is told, and what of that which comes they follow: pure."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.newsroom import zones
from bot.newsroom.follows import anchor, fitting_comment, names_in, read_minute, read_span, said_by, words_in
from bot.newsroom.telling import (
    HOUR,
    MOST_AN_HOUR,
    Hours,
    after_quiet,
    hours_of,
    is_quiet,
    next_gathering,
    tell_at,
)
from bot.newsroom.zones import zone_named, zone_of, zones_like
from storage.records import ArticleArrived, CommentArrived, Follow, FollowKind, Listener
from tests.storage.desk import NOW, at

ZONES = ("UTC", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")
MINUTES = st.integers(0, 24 * 60 - 1)
# Hypothesis takes its bounds without a zone.
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
HOURS = st.builds(
    Hours,
    st.sampled_from([ZoneInfo(name) for name in ZONES]),
    st.none() | st.tuples(MINUTES, MINUTES).filter(lambda ends: ends[0] != ends[1]),
    MINUTES,
)


def local(hours: Hours, *when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=hours.zone, fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


@given(MOMENTS, HOURS)
def test_nobody_is_told_in_their_quiet_hours_nor_much_later_than_these_end(moment: datetime, hours: Hours):
    told = after_quiet(moment, hours)
    assert not is_quiet(told, hours)
    assert moment <= told <= moment + timedelta(hours=26)
    if not is_quiet(moment, hours):
        assert told == moment
    else:
        # The minute before is quiet still: they are told as soon as it ends.
        assert is_quiet(told - timedelta(minutes=1), hours)


@given(MOMENTS, HOURS)
def test_what_is_gathered_comes_within_a_day_at_its_hour(moment: datetime, hours: Hours):
    told = next_gathering(moment, hours)
    assert moment <= told <= moment + timedelta(hours=26)
    shown = told.astimezone(hours.zone)
    # Where the clock is put forward past that hour, it comes by so much later.
    assert 0 <= (shown.hour * 60 + shown.minute - hours.gather_at) % (24 * 60) <= 60 or shown.fold


@given(st.lists(st.integers(0, 600), min_size=1, max_size=120), HOURS)
def test_nobody_gets_more_letters_an_hour_than_are_sane(after_s: list[int], hours: Hours):
    """However things come, each is told at a time when it is due; all that is due then is in one letter."""
    came = sorted(NOW + timedelta(seconds=seconds * 20) for seconds in after_s)
    sent: list[datetime] = []
    waiting = [(moment, moment) for moment in came]
    while waiting:
        now = min(due for _, due in waiting)
        planned = [
            (moment, tell_at(now, moment, sent[-MOST_AN_HOUR:], hours, gathered=False) if due <= now else due)
            for moment, due in waiting
        ]
        if any(due == now for _, due in planned):
            sent.append(now)
        waiting = [one for one in planned if one[1] > now]
    assert all(later - earlier >= HOUR for earlier, later in zip(sent, sent[MOST_AN_HOUR:], strict=False))
    assert not any(is_quiet(moment, hours) for moment in sent)
    assert sent[-1] >= came[-1]


def test_clocks_that_are_put_forward_and_back():
    hours = Hours(ZoneInfo("Europe/Berlin"), (22 * 60, 2 * 60 + 30), 2 * 60 + 30)
    # On 29 March 2026 two o'clock is three o'clock.
    assert after_quiet(local(hours, 2026, 3, 29, 1, 0), hours) == local(hours, 2026, 3, 29, 3, 30)
    # On 25 October 2026 the hour from two to three comes twice; between the two half past twos it is not quiet.
    assert after_quiet(local(hours, 2026, 10, 25, 1, 0), hours) == local(hours, 2026, 10, 25, 2, 30)
    again = local(hours, 2026, 10, 25, 2, 10, fold=1)
    assert after_quiet(again, hours) == local(hours, 2026, 10, 25, 2, 30, fold=1)
    assert next_gathering(local(hours, 2026, 10, 24, 3, 0), hours) == local(hours, 2026, 10, 25, 2, 30)


def test_gathered_and_at_once():
    hours = Hours(ZoneInfo("Europe/Lisbon"), (22 * 60, 7 * 60), 18 * 60)
    assert tell_at(NOW, NOW, [], hours, gathered=False) == NOW
    evening = local(hours, 2026, 5, 1, 18, 0)
    assert tell_at(NOW, NOW, [], hours, gathered=True) == evening
    # A bot that was off at that hour tells as soon as it is back, but not at night.
    night, morning = local(hours, 2026, 5, 1, 23, 0), local(hours, 2026, 5, 2, 7, 0)
    assert tell_at(at(400), NOW, [], hours, gathered=True) == at(400)
    assert tell_at(night, NOW, [], hours, gathered=True) == morning
    assert zone_of("Nowhere/Land") is zone_of("../../etc/passwd") is zone_of("America") is UTC
    assert hours_of(Listener(1, quiet_from=60, quiet_until=60)).quiet is None


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("22:00-07:00", (1320, 420)),
        ("22–7", (1320, 420)),
        ("22.30 to 6h15", (1350, 375)),
        ("0:00-24:00", None),
        ("off", (None, None)),
        ("25:00-07:00", None),
        ("22:00", None),
        ("7-7", None),
        ("٢٢:٠٠-٠٧:٠٠", None),
        ("", None),
    ],
)
def test_spans_of_time(written: str, span: object):
    assert read_span(written) == span
    assert read_minute("24:01") is None
    assert read_minute("18:00") == 1080


def article(title: str, **changes: object) -> ArticleArrived:
    values: dict[str, object] = {"summary": "", "tags": (), "author": None, **changes}
    return ArticleArrived(1, 10, 1, 1, title, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("phrase", "title", "holds"),
    [
        ("old bridge", "The OLD-Bridge, opened", True),
        ("old bridge", "A bridge, old", False),
        ("bridge", "Bridgework", False),
        ("AI", "What AI is", True),
        ("café", "Cafe\u0301 au lait", True),
        ("東京", "今日の東京は晴れ", True),
        ("東京", "京東", False),
        ("straße", "Die STRASSE", False),
        ("don't", "Don’t look", True),
    ],
)
def test_phrases_are_found_as_whole_words(phrase: str, title: str, holds: bool):
    words = words_in(phrase)
    said = said_by(article(title))
    assert said.holds(" ".join(words)) is holds
    if holds:
        assert anchor(words) in said.words


def test_a_phrase_is_in_one_of_title_summary_and_tags_and_not_across_them():
    said = said_by(article("The old", summary="bridge opens", tags=("sea wall",)))
    assert said.holds("bridge opens")
    assert said.holds("sea wall")
    assert not said.holds("old bridge")


def test_names_of_several_authors_are_each_one():
    assert names_in("Ada Lovelace, Ben O'Hara and Cy") == [
        "ada lovelace ben o'hara and cy",
        "ada lovelace",
        "ben o'hara",
        "cy",
    ]
    assert names_in("Anderson") == ["anderson"]
    assert names_in("  ") == []


def test_nobody_is_told_of_their_own_words_nor_of_old_ones():
    def follow(member_id: int, kind: FollowKind = FollowKind.COMMENTS, **changes: object) -> Follow:
        values: dict[str, object] = {
            "channel_id": None,
            "gathered": False,
            "made_in": 1,
            "created_at": at(-60),
        }
        return Follow(member_id, 10, member_id, kind, "", "", **{**values, **changes})  # type: ignore[arg-type]

    comment = CommentArrived(1, 10, 1, 5, author_id=7, answers=8, created_at=NOW)
    replies = follow(8, FollowKind.REPLIES)
    found = [follow(7), follow(8), replies, follow(9, created_at=at(1))]
    assert fitting_comment(found, comment, at(1)) == [replies, follow(8)]
    assert fitting_comment(found, comment, at(24 * 60)) == []


async def test_time_zones_are_known_where_the_machine_has_none():
    # As in a slim image: what is left is what comes with the bot.
    zoneinfo.reset_tzpath(to=())
    zones._zones.cache_clear()
    ZoneInfo.clear_cache()
    try:
        assert await zone_named(" america/new york") == "America/New_York"
        assert await zones_like("new y", 5) == ["America/New_York"]
        assert (await zones_like("", 2))[0] == "UTC"
        assert await zone_named("../../etc/passwd") is None
        assert NOW.astimezone(zone_of("America/New_York")).hour == NOW.hour - 4
    finally:
        zoneinfo.reset_tzpath()
        zones._zones.cache_clear()
