"""Single reactions for tests: one comes, one goes. Live ones are mirrored many at once."""

from __future__ import annotations

from datetime import UTC, datetime

from storage import ReactionChange, Verdict
from storage.votes import Votes


async def add(
    votes: Votes,
    message_id: int,
    member_id: int,
    emoji: str,
    now: datetime,
    roles: frozenset[int] = frozenset(),
) -> bool:
    """A reaction came. Whether it is mirrored: the message is one of ours."""
    await votes.apply([ReactionChange(message_id, member_id, emoji, now, came=True, roles=roles)])
    return bool(await votes.mirrored([message_id]))


async def remove(votes: Votes, message_id: int, member_id: int, emoji: str) -> bool:
    """A reaction went. Whether it was mirrored."""
    before = await votes.mirrored([message_id])
    change = ReactionChange(message_id, member_id, emoji, datetime.now(UTC), came=False)
    (verdict,) = await votes.apply([change])
    return verdict is not Verdict.NO_VOTE and before != await votes.mirrored([message_id])
