"""The mark by which a message of ours is found again: docs/adr/0003-a-posts-mark.md."""

from __future__ import annotations

from bot.cards.card import nonce_of
from bot.cards.digest import read_digest_button
from bot.cards.letters import read_letter_button
from bot.cards.ranked import read_more_button, read_stop_button


def mark(custom_id: str) -> str | None:
    """The nonce of the post, digest or letter that a message is, from the id of one of its buttons; else None."""
    if (nonce := nonce_of(custom_id)) is not None:
        return nonce
    if (letter := read_letter_button(custom_id)) is not None:
        return letter[0]
    if (nonce := read_stop_button(custom_id)) is not None:
        return nonce
    named = read_digest_button(custom_id) or read_more_button(custom_id)
    return None if named is None else named[0]
