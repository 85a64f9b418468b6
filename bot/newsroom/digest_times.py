"""When digests are due, and of which time they are. Pure: a schedule and a given `now`.

Hours are those of a clock in the schedule's time zone. An hour that such a clock leaves out in spring is the next one,
one that it shows twice in autumn is the first; a month without the day has its last day instead.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.newsroom.zones import zone_of
from storage.records import Every, ScheduleToStore, Scope, Sort

_HALF_A_DAY = timedelta(hours=12)
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_BEST = {
    Sort.TOP: "best",
    Sort.BEST: "best",
    Sort.HOT: "best",
    Sort.NEW: "news",
    Sort.DISCUSSED: "most discussed",
    Sort.CONTROVERSIAL: "most controversial",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Due:
    """When a digest was due last, of the time between `since` and `until`, and when the next one is. In UTC."""

    since: datetime
    until: datetime
    next_at: datetime


def due(schedule: ScheduleToStore, now: datetime) -> Due:
    """The period that ended last by `now`, and the end of the one that is going on."""
    zone = zone_of(schedule.zone)
    today = now.astimezone(zone).date()
    moments = sorted({_moment(day, schedule.hour, zone) for day in _days(schedule, today)})
    past = [moment for moment in moments if moment <= now]
    return Due(past[-2], past[-1], next(moment for moment in moments if moment > now))


def next_due(schedule: ScheduleToStore, now: datetime) -> datetime:
    """When the next digest is due, after `now`. In UTC."""
    return due(schedule, now).next_at


def _days(schedule: ScheduleToStore, today: date) -> list[date]:
    """Days on which one is due, three at least on either side of today."""
    around = range(-4, 5)
    match schedule.every:
        case Every.DAY:
            return [today + timedelta(days=number) for number in around]
        case Every.WEEK:
            this = today + timedelta(days=schedule.day - today.weekday())
            return [this + timedelta(weeks=number) for number in around]
        case Every.MONTH:
            return [_in_month(today.year * 12 + today.month - 1 + number, schedule.day) for number in around]


def _in_month(months: int, day: int) -> date:
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day, monthrange(year, month)[1]))


def _moment(day: date, hour: int, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def heading(schedule: ScheduleToStore, period: Due) -> str:
    """What a digest is called: "The week's best · 16–22 November"."""
    what = "other articles" if schedule.scope is Scope.OVER else _BEST[schedule.rank]
    return f"The {schedule.every}'s {what} · {period_words(schedule, period)}"


def period_words(schedule: ScheduleToStore, period: Due) -> str:
    """The days that a period is mostly of, as people write them."""
    zone = zone_of(schedule.zone)
    first = (period.since.astimezone(zone) + _HALF_A_DAY).date()
    last = max(first, (period.until.astimezone(zone) - _HALF_A_DAY).date())
    if schedule.every is Every.DAY or first == last:
        return f"{first.day} {_MONTHS[first.month - 1]}"
    if (first.year, first.month) != (last.year, last.month):
        return f"{first.day} {_MONTHS[first.month - 1]} – {last.day} {_MONTHS[last.month - 1]}"
    if first.day == 1 and last.day == monthrange(last.year, last.month)[1]:
        return f"{_MONTHS[first.month - 1]} {first.year}"
    return f"{first.day}–{last.day} {_MONTHS[last.month - 1]}"


def when_words(schedule: ScheduleToStore) -> str:
    """When digests come: "every Monday at 9:00 (Europe/Berlin)"."""
    at = f"at {schedule.hour}:00 ({schedule.zone})"
    match schedule.every:
        case Every.DAY:
            return f"every day {at}"
        case Every.WEEK:
            return f"every {WEEKDAYS[schedule.day]} {at}"
        case Every.MONTH:
            last = " or the month's last" if schedule.day > 28 else ""
            return f"every month on day {schedule.day}{last} {at}"
