"""Discord as the newsroom's printing press: posts, edits, threads, reactions; errors become outcomes here only."""

from bot.publisher.messages import emoji_name, message_seen
from bot.publisher.outcomes import outcome_of
from bot.publisher.permissions import (
    INVITE_PERMISSIONS,
    PostChannel,
    is_announcement,
    is_closed,
    may_read,
    missing_permissions,
    needed_to_post,
    needed_to_say,
    readable_by,
)
from bot.publisher.publisher import DiscordPublisher
from bot.publisher.reading import DiscordReader

__all__ = [
    "INVITE_PERMISSIONS",
    "DiscordPublisher",
    "DiscordReader",
    "PostChannel",
    "emoji_name",
    "is_announcement",
    "is_closed",
    "may_read",
    "message_seen",
    "missing_permissions",
    "needed_to_post",
    "needed_to_say",
    "outcome_of",
    "readable_by",
]
