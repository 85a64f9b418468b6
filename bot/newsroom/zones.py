"""Time zones by their IANA names, as members and admins write and choose them."""

from __future__ import annotations

import asyncio
from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


def zone_of(name: str) -> tzinfo:
    """The time zone of this name; UTC where this machine does not know one of it (any more)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


async def zone_named(written: str) -> str | None:
    """The time zone's name as it is written rightly; None where there is no such one."""
    return (await asyncio.to_thread(_zones)).get(_key(written))


async def zones_like(typed: str, limit: int) -> list[str]:
    """At most `limit` names of places, and UTC first, that hold what is typed."""
    known, wanted = await asyncio.to_thread(_zones), _key(typed)
    return [name for key, name in known.items() if wanted in key and _is_offered(name)][:limit]


@cache
def _zones() -> dict[str, str]:
    """The time zones that this machine knows, by their keys, UTC first. It reads many files, once."""
    return {_key(name): name for name in ("UTC", *sorted(available_timezones()))}


def _key(name: str) -> str:
    return name.strip().casefold().replace(" ", "_")


def _is_offered(name: str) -> bool:
    return name == "UTC" or ("/" in name and not name.startswith(("Etc/", "SystemV/")))
