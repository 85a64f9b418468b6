"""The mark by which a message of ours is found again: docs/adr/0003-a-posts-mark.md."""

from __future__ import annotations

from bot.cards.card import nonce_of
from bot.cards.digest import read_digest_button


def mark(custom_id: str) -> str | None:
    """The nonce of the post or digest that a message is, from the id of one of its buttons; None for other ids."""
    if (nonce := nonce_of(custom_id)) is not None:
        return nonce
    late = read_digest_button(custom_id)
    return None if late is None else late[0]
