"""Discord as the newsroom's printing press: posts, edits, threads, reactions; errors become outcomes here only."""

from bot.publisher.messages import emoji_name, message_seen
from bot.publisher.outcomes import outcome_of
from bot.publisher.permissions import INVITE_PERMISSIONS, PostChannel, missing_permissions, needed_to_post
from bot.publisher.publisher import DiscordPublisher

__all__ = [
    "INVITE_PERMISSIONS",
    "DiscordPublisher",
    "PostChannel",
    "emoji_name",
    "message_seen",
    "missing_permissions",
    "needed_to_post",
    "outcome_of",
]
