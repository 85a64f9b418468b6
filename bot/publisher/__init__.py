"""Discord as the newsroom's printing press: posts, edits, threads, reactions; errors become outcomes here only."""

from bot.publisher.messages import emoji_name, ids_under, message_seen, storable
from bot.publisher.outcomes import outcome_of
from bot.publisher.permissions import (
    INVITE_PERMISSIONS,
    PostChannel,
    is_announcement,
    is_closed,
    missing_permissions,
    needed_to_post,
    needed_to_say,
)
from bot.publisher.publisher import DiscordPublisher
from bot.publisher.reading import DiscordReader
from bot.publisher.sight import DiscordSight, may_read, readable

__all__ = [
    "INVITE_PERMISSIONS",
    "DiscordPublisher",
    "DiscordReader",
    "DiscordSight",
    "PostChannel",
    "emoji_name",
    "ids_under",
    "is_announcement",
    "is_closed",
    "may_read",
    "message_seen",
    "missing_permissions",
    "needed_to_post",
    "needed_to_say",
    "outcome_of",
    "readable",
    "storable",
]
