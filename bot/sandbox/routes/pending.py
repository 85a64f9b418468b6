"""Interactions that were sent to a bot: until when it may answer, and what it answered."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.clock import Timer
from bot.sandbox.things import Message

FIRST_ANSWER_S = 3.0
TOKEN_LIVES = timedelta(minutes=15)
_EPHEMERAL_AT_MOST = 10_000


@dataclass(slots=True)
class Interaction:
    """One interaction. `original` is the message that @original means, ephemeral ones included.

    `source` is the message whose component was used, `dialog` the modal that was opened and is open still,
    `opened_by` the interaction whose modal this one fills in, `focused` the kind of option to be completed.
    """

    id: str
    type: int
    application_id: str
    user_id: str
    channel_id: str
    guild_id: str | None
    nonce: str | int | None
    made_at: datetime
    metadata: dict[str, Any]
    # The session that the person acted in, which alone is told what becomes of it.
    session_id: str | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    source: Message | None = None
    # The ids of the files that the person gave along.
    attachments: tuple[str, ...] = ()
    answered: bool = False
    failed: bool = False
    original: Message | None = None
    dialog: dict[str, Any] | None = None
    opened_by: "Interaction | None" = None
    focused: int | None = None
    timeout: Timer | None = None


class Pending:
    """The interactions of the past quarter hour, and the ephemeral messages that came of them."""

    def __init__(self) -> None:
        self._by_token: dict[str, Interaction] = {}
        self._by_id: dict[str, Interaction] = {}
        # Ephemeral messages are in no channel: id to (message, who sees it).
        self.ephemeral: dict[str, tuple[Message, str]] = {}

    def hide(self, message: Message, user_id: str) -> None:
        """Keep an ephemeral message, which one person sees; the oldest ones make room in the end."""
        self.ephemeral[message.id] = (message, user_id)
        if len(self.ephemeral) > _EPHEMERAL_AT_MOST:
            del self.ephemeral[next(iter(self.ephemeral))]

    def add(self, interaction: Interaction, now: datetime) -> None:
        """Take an interaction, and forget those whose tokens ran out."""
        for old in list(self._by_id.values()):
            if now - old.made_at <= TOKEN_LIVES:
                break
            del self._by_id[old.id]
            del self._by_token[old.token]
        self._by_id[interaction.id] = interaction
        self._by_token[interaction.token] = interaction

    def by_token(self, token: str, now: datetime) -> Interaction | None:
        """The interaction of a token that is not older than 15 minutes."""
        found = self._by_token.get(token)
        return found if found is not None and now - found.made_at <= TOKEN_LIVES else None

    def by_id(self, interaction_id: str) -> Interaction | None:
        """The interaction with an id."""
        return self._by_id.get(interaction_id)

    def all(self) -> list[Interaction]:
        """The interactions that are remembered, oldest first."""
        return list(self._by_id.values())

    def dialog(
        self, user_id: str, interaction_id: object, custom_id: object, now: datetime
    ) -> Interaction | None:
        """The interaction that opened a person's dialog: the one named, or the latest with that custom_id."""
        for one in reversed(self._by_id.values()):
            if now - one.made_at > TOKEN_LIVES:
                break
            named = interaction_id is None or one.id == str(interaction_id)
            if not named or one.user_id != user_id or one.dialog is None:
                continue
            if one.dialog["custom_id"] == custom_id:
                return one
        return None

    def close(self) -> None:
        """Stop all timers."""
        for interaction in self._by_id.values():
            if interaction.timeout is not None:
                interaction.timeout.cancel()
