"""How a guild votes, as its admins choose; what was voted before is counted anew by it, in portions."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from bot.newsroom.rounds import Rounds
from storage import Store
from storage.records import VoteEmoji, VoteRules

# Discord takes 20 kinds of reactions on a message; members keep some for other things, and each takes a request.
MOST_EMOJI = 10
HEAVIEST = 10
MOST_ROLES = 20
# Articles that are counted anew in one transaction, so that a vote given meanwhile waits for milliseconds only.
PORTION = 50
_OWN = re.compile(r"<?(?:a:|:)?([A-Za-z0-9_]{2,32}):([0-9]{1,20})>?", re.ASCII)
_KEYCAP = "\u20e3"


class WrongRule(ValueError):
    """A guild can't vote like this; the message is a sentence for its admin."""


def read_emoji(typed: str) -> str | None:
    """One emoji as reactions name it, Unicode or `name:id`, from what somebody typed; None for other text."""
    text = typed.strip()
    if own := _OWN.fullmatch(text):
        return f"{own[1]}:{own[2]}"
    kinds = [unicodedata.category(char) for char in text]
    is_picture = "So" in kinds or _KEYCAP in text
    # Letters and spaces are words; several pictures in a row are joined where they are one.
    words = any(kind[0] in "LZ" for kind in kinds) or len(text) > 16
    several = kinds.count("So") > 1 + 2 * text.count("\u200d") + text.count("\ufe0f") and not _is_flag(text)
    return text if is_picture and not words and not several else None


def _is_flag(text: str) -> bool:
    return len(text) == 2 and all("\U0001f1e6" <= char <= "\U0001f1ff" for char in text)


def own_id(emoji: str) -> int | None:
    """The id of a guild's own emoji; None for a Unicode one."""
    own = _OWN.fullmatch(emoji)
    return None if own is None else int(own[2])


def written_emoji(emoji: str) -> str:
    """An emoji as a message's text shows it."""
    return f"<:{emoji}>" if own_id(emoji) is not None else emoji


class VotingRules:
    """The rules of guilds, and the counting anew where they changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._woken = asyncio.Event()
        self._rounds = Rounds("counting votes anew", self.recount, woken=self._woken)

    async def run(self) -> None:
        """Count anew what is to be until cancelled."""
        await self._rounds.run()

    async def recount(self) -> timedelta:
        """Count a portion anew; answers when the next one is due."""
        more = await self._store.vote_rules.recount_some(PORTION)
        return timedelta() if more else timedelta(minutes=1)

    async def of(self, guild_id: int) -> VoteRules:
        """How a guild votes."""
        return await self._store.vote_rules.of(guild_id)

    async def add(self, guild_id: int, emoji: str, weight: int) -> VoteRules:
        """Have an emoji be a vote, for with a weight above 0, against below; one that is gets another weight.

        Raises WrongRule.
        """
        if not 1 <= abs(weight) <= HEAVIEST:
            raise WrongRule(f"A vote counts 1 to {HEAVIEST} times.")
        rules = await self.of(guild_id)
        others = [one for one in rules.emoji if one.emoji != emoji]
        if len(others) >= MOST_EMOJI:
            raise WrongRule(
                f"{MOST_EMOJI} emoji are votes here already, and more would crowd the cards. Remove one first, with "
                "`/settings votes remove`."
            )
        at = next((place for place, one in enumerate(rules.emoji) if one.emoji == emoji), len(others))
        return await self._put(guild_id, rules, [*others[:at], VoteEmoji(emoji, weight), *others[at:]])

    async def remove(self, guild_id: int, emoji: str) -> VoteRules:
        """Have an emoji be no vote any more. Raises WrongRule."""
        rules = await self.of(guild_id)
        left = [one for one in rules.emoji if one.emoji != emoji]
        if len(left) == len(rules.emoji):
            raise WrongRule(
                f"{written_emoji(emoji)} is no vote here. `/settings votes list` shows which are."
            )
        return await self._put(guild_id, rules, left)

    async def allow(self, guild_id: int, role_id: int, allowed: bool) -> VoteRules:
        """Let members of a role vote from now on, or no longer; without any such role everybody may.

        Raises WrongRule.
        """
        rules = await self.of(guild_id)
        roles = rules.voter_roles | {role_id} if allowed else rules.voter_roles - {role_id}
        if len(roles) > MOST_ROLES:
            raise WrongRule(f"{MOST_ROLES} roles may vote already. Make one role for all of them.")
        await self._store.vote_rules.put_roles(guild_id, roles)
        return replace(rules, voter_roles=roles)

    async def show_voters(self, guild_id: int, shows: bool) -> VoteRules:
        """Let members see who voted, or not."""
        await self._store.vote_rules.show_voters(guild_id, shows)
        return replace(await self.of(guild_id), shows_voters=shows)

    async def _put(self, guild_id: int, rules: VoteRules, emoji: Collection[VoteEmoji]) -> VoteRules:
        if not any(one.weight > 0 for one in emoji):
            raise WrongRule("At least one emoji must be a vote for an article. Add another one first.")
        await self._store.vote_rules.put_emoji(guild_id, emoji)
        self._woken.set()
        return replace(rules, emoji=tuple(emoji))
