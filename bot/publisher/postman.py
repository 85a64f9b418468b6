"""Brings members letters: in direct messages, or in a channel where they asked to be told."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import discord
from discord.http import Route

from bot.cards import Card, closed_card, letter_card
from bot.newsroom.ports import Away, Done, Emptied, Later, Left, Missing, Outcome, Unclear
from bot.publisher.calls import MESSAGES, Calls, Needed
from bot.publisher.errands import Errand
from bot.publisher.messages import mark_of
from bot.publisher.outcomes import TROUBLES, outcome_of
from bot.publisher.permissions import needed_to_say
from bot.publisher.sight import place_of, readable, readable_by, seen_server
from storage.records import LetterToSend

log = logging.getLogger(__name__)

Send = Callable[[Errand, Card, Needed], Awaitable[Outcome]]
Find = Callable[[Errand], Awaitable[Outcome | Emptied]]


class DiscordPostman:
    """The newsroom's Postman. What goes into a channel is sent and found as the publisher's messages are."""

    def __init__(
        self,
        client: discord.Client,
        calls: Calls,
        *,
        newest_id: Callable[[int], Awaitable[int | Away | Later]],
        send: Send,
        find: Find,
    ) -> None:
        self._client = client
        self._calls = calls
        self._newest_id = newest_id
        self._send = send
        self._find = find

    def sees(self, guild_id: int) -> bool:
        """Whether it can be known now who may read what in a guild."""
        return not isinstance(seen_server(self._client, guild_id), Later)

    async def readable(
        self, guild_id: int, member_id: int, channel_id: int | None
    ) -> frozenset[int] | Left | Later:
        """Ids of the channels and threads that a member may read; those alone that all in `channel_id` may, if set."""
        guild = seen_server(self._client, guild_id)
        if isinstance(guild, Later):
            return guild
        seen = await readable_by(guild, member_id)
        if channel_id is None or not isinstance(seen, frozenset):
            return seen
        return seen & (readable(guild, guild.default_role) | place_of(guild, channel_id))

    async def newest_id_for(self, letter: LetterToSend) -> int | Away | Later:
        """Discord's newest id where the letter goes, 0 where there is none; or why it is not known."""
        if letter.letter.channel_id is not None:
            return await self._newest_id(letter.letter.channel_id)
        opened = await self._calls.direct(letter.letter.member_id)
        return opened[1] if isinstance(opened, tuple) else opened

    async def send_letter(self, letter: LetterToSend) -> Outcome:
        """Send it once, with its nonce. Done carries the message id. Away: the member takes no direct messages."""
        shown = letter_card(letter)
        if (errand := _errand(letter)) is not None:
            return await self._send(errand, shown, needed_to_say)
        return await self._calls.write_to(letter.letter.member_id, shown, letter.letter.nonce)

    async def find_letter(self, letter: LetterToSend) -> Outcome | Emptied:
        """Look for it where it goes, after its `after_id`, by its mark. Missing: it surely is not there."""
        if (errand := _errand(letter)) is not None:
            return await self._find(errand)
        opened = await self._calls.direct(letter.letter.member_id)
        if not isinstance(opened, tuple):
            return opened
        route = Route("GET", MESSAGES, channel_id=opened[0])
        try:
            async for message in self._calls.listed(route, letter.letter.after_id or 0):
                if mark_of(message, self._calls.own_id) == letter.letter.nonce:
                    return Done(int(message["id"]))
        except TROUBLES as trouble:
            outcome = outcome_of(trouble)
            return outcome if isinstance(outcome, Later) else Unclear("Direct messages could not be read.")
        except (AttributeError, KeyError, TypeError, ValueError):
            log.warning("What is listed of direct messages is no list of messages", exc_info=True)
            return Unclear("Direct messages could not be read.")
        return Missing()

    async def say_closed(self, guild_id: int, channel_id: int, member_id: int) -> Outcome:
        """Tell a member in this channel that they take no direct messages, and mention them."""
        shown = closed_card(member_id)
        return await self._calls.change(
            "POST", MESSAGES, channel_id, needed_to_say, guild_id=guild_id, body=shown.payload()
        )


def _errand(letter: LetterToSend) -> Errand | None:
    """The errand of a letter that goes into a channel; None for a direct message."""
    told = letter.letter
    if told.channel_id is None:
        return None
    return Errand(told.guild_id, told.channel_id, told.nonce, told.after_id or 0, as_post=False, title="")
