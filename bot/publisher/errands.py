"""Where a message goes that is to be found again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Errand:
    """Where a message goes, and its mark. `as_post`: as a new forum post with this title and a tag called `tag`.

    `direct`: into a member's direct messages.
    """

    guild_id: int
    place: int
    nonce: str
    after_id: int
    as_post: bool
    title: str
    tag: str = ""
    direct: bool = False
