"""When a member is told: at once or gathered, not in their quiet hours, not more often than is sane. Pure.

what is gathered waits for its hour → the end of the quiet hours → room within the last hour
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from bot.newsroom.zones import zone_of
from storage.records import Listener

# Letters that one member gets within an hour; what comes beyond that waits and is gathered in the next.
MOST_AN_HOUR = 10
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """A member's hours: quiet ones from a minute of the day until another, and the minute at which is gathered."""

    zone: tzinfo
    quiet: tuple[int, int] | None
    gather_at: int


def hours_of(listener: Listener) -> Hours:
    """The hours that a member has set; in UTC where this machine does not know their time zone."""
    begin, end = listener.quiet_from, listener.quiet_until
    quiet = None if begin is None or end is None or begin == end else (begin, end)
    return Hours(zone_of(listener.time_zone), quiet, listener.gather_at)


def is_quiet(moment: datetime, hours: Hours) -> bool:
    """Whether a moment lies in the quiet hours, as the member's clock shows it."""
    if hours.quiet is None:
        return False
    begin, end = hours.quiet
    local = moment.astimezone(hours.zone)
    minute = local.hour * 60 + local.minute
    return begin <= minute < end if begin < end else minute >= begin or minute < end


def after_quiet(moment: datetime, hours: Hours) -> datetime:
    """The moment itself, or the end of the quiet hours that it lies in."""
    if hours.quiet is None or not is_quiet(moment, hours):
        return moment
    ends = _moments(moment, hours.quiet[1], hours)
    return next((end for end in ends if end > moment and not is_quiet(end, hours)), moment)


def next_gathering(moment: datetime, hours: Hours) -> datetime:
    """The first moment from this one on at which is gathered."""
    return next(at for at in _moments(moment, hours.gather_at, hours) if at >= moment)


def tell_at(
    now: datetime, came_at: datetime, sent: Sequence[datetime], hours: Hours, *, gathered: bool
) -> datetime:
    """When a member is told what came at a time, at the earliest now; `sent` is when letters were, oldest first."""
    moment = max(now, next_gathering(came_at, hours)) if gathered else now
    moment = after_quiet(moment, hours)
    if len(sent) >= MOST_AN_HOUR and sent[-MOST_AN_HOUR] > moment - HOUR:
        moment = after_quiet(sent[-MOST_AN_HOUR] + HOUR, hours)
    return moment


def _moments(around: datetime, minute: int, hours: Hours) -> list[datetime]:
    """When the member's clock shows a minute of the day, on the day around a moment, that before and those after.

    Where the clock is put back it shows it twice; where it is put forward past it, the moment is as much later.
    """
    local, at = around.astimezone(hours.zone).date(), time(*divmod(minute, 60))
    return sorted(
        {
            datetime.combine(local + timedelta(days=days), at.replace(fold=fold), hours.zone).astimezone(UTC)
            for days in (-1, 0, 1, 2)
            for fold in (0, 1)
        }
    )
