"""How a guild votes, as its admins choose; what was voted before is counted anew by it, in portions."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from bot.newsroom.emoji import written_emoji
from bot.newsroom.rounds import Rounds
from storage import Store
from storage.records import VoteEmoji, VoteRules, emoji_key

# Discord takes 20 kinds of reactions on a message; members keep some for other things, and each takes a request.
MOST_EMOJI = 10
HEAVIEST = 10
MOST_ROLES = 20
# Articles that are counted anew in one transaction, so that a vote given meanwhile waits for milliseconds only.
PORTION = 50


class WrongRule(ValueError):
    """A guild can't vote like this; the message is a sentence for its admin."""


class VotingRules:
    """The rules of guilds, and the counting anew where they changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._woken = asyncio.Event()
        # Two admins may change them at once, and each change is made to what the one before left.
        self._turn = asyncio.Lock()
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
        async with self._turn:
            rules = await self.of(guild_id)
            others = [one for one in rules.emoji if emoji_key(one.emoji) != emoji_key(emoji)]
            if len(others) >= MOST_EMOJI:
                raise WrongRule(
                    f"{MOST_EMOJI} emoji are votes here already, and more would crowd the cards. Remove one first, "
                    "with `/settings votes remove`."
                )
            at = next((place for place, one in enumerate(rules.emoji) if one not in others), len(others))
            return await self._put(guild_id, rules, [*others[:at], VoteEmoji(emoji, weight), *others[at:]])

    async def remove(self, guild_id: int, emoji: str) -> VoteRules:
        """Have an emoji be no vote any more. Raises WrongRule."""
        async with self._turn:
            rules = await self.of(guild_id)
            left = [one for one in rules.emoji if emoji_key(one.emoji) != emoji_key(emoji)]
            if len(left) == len(rules.emoji):
                raise WrongRule(
                    f"{written_emoji(emoji)} is no vote here. `/settings votes list` shows which are."
                )
            return await self._put(guild_id, rules, left)

    async def allow(self, guild_id: int, role_id: int, allowed: bool) -> VoteRules:
        """Let members of a role vote from now on, or no longer; without any such role everybody may.

        Raises WrongRule.
        """
        async with self._turn:
            rules = await self.of(guild_id)
            roles = rules.voter_roles | {role_id} if allowed else rules.voter_roles - {role_id}
            if len(roles) > MOST_ROLES:
                raise WrongRule(f"{MOST_ROLES} roles may vote already. Make one role for all of them.")
            return await self._let(rules, guild_id, roles)

    async def allow_everybody(self, guild_id: int) -> VoteRules:
        """Let everybody vote from now on. Roles that could, and were deleted, could not be named one by one."""
        async with self._turn:
            return await self._let(await self.of(guild_id), guild_id, frozenset())

    async def show_voters(self, guild_id: int, shows: bool) -> VoteRules:
        """Let members see who voted, or not."""
        await self._store.vote_rules.show_voters(guild_id, shows)
        return replace(await self.of(guild_id), shows_voters=shows)

    async def _let(self, rules: VoteRules, guild_id: int, roles: frozenset[int]) -> VoteRules:
        await self._store.vote_rules.put_roles(guild_id, roles)
        return replace(rules, voter_roles=roles)

    async def _put(self, guild_id: int, rules: VoteRules, emoji: Collection[VoteEmoji]) -> VoteRules:
        if not any(one.weight > 0 for one in emoji):
            raise WrongRule("At least one emoji must be a vote for an article. Add another one first.")
        await self._store.vote_rules.put_emoji(guild_id, emoji)
        self._woken.set()
        return replace(rules, emoji=tuple(emoji))
