"""The world in Discord's v10 shapes: what REST answers and the gateway dispatches."""

from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.snowflakes import stamp
from bot.sandbox.things import (
    DM,
    FORUM_TYPES,
    STAGE,
    VOICE,
    Application,
    Channel,
    Emoji,
    Guild,
    Invite,
    Member,
    Role,
    User,
)
from bot.sandbox.world import World

Json = dict[str, Any]
# Every guild here may have announcement channels.
GUILD_FEATURES = ["NEWS"]


def user_shape(user: User) -> Json:
    """A user as others see them."""
    shape: Json = {
        "id": user.id,
        "username": user.username,
        "global_name": user.global_name,
        "discriminator": "0000" if user.bot else "0",
        "avatar": user.avatar,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
        "avatar_decoration_data": None,
        "collectibles": None,
    }
    if user.bot:
        shape["bot"] = True
    return shape


def own_user_shape(user: User) -> Json:
    """A user as they see themselves."""
    return {**user_shape(user), "mfa_enabled": False, "locale": user.locale, "verified": True, "email": None}


def member_shape(world: World, member: Member, with_user: bool = True) -> Json:
    """A guild member; within a message it comes without the user."""
    shape: Json = {
        "nick": member.nick,
        "avatar": None,
        "banner": None,
        "roles": member.roles,
        "joined_at": member.joined_at,
        "premium_since": None,
        "communication_disabled_until": member.communication_disabled_until,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
    }
    if with_user:
        shape["user"] = user_shape(world.users[member.user_id])
    return shape


def role_shape(role: Role) -> Json:
    """A role; the bot's own carries its tag."""
    shape: Json = {
        "id": role.id,
        "name": role.name,
        "permissions": str(role.permissions),
        "position": role.position,
        "color": role.color,
        "colors": {"primary_color": role.color, "secondary_color": None, "tertiary_color": None},
        "hoist": role.hoist,
        "managed": role.bot_id is not None,
        "mentionable": role.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if role.bot_id is not None:
        shape["tags"] = {"bot_id": role.bot_id}
    return shape


def emoji_shape(emoji: Emoji) -> Json:
    """A custom emoji as lists of them have it; its maker is told by the routes to who may know."""
    return {
        "id": emoji.id,
        "name": emoji.name,
        "roles": emoji.roles,
        "require_colons": True,
        "managed": False,
        "animated": emoji.animated,
        "available": True,
    }


def guild_shape(world: World, guild: Guild) -> Json:
    """A guild as `GET /guilds/{id}` answers it."""
    return {
        "id": guild.id,
        "name": guild.name,
        "icon": guild.icon,
        "description": guild.description,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": GUILD_FEATURES,
        "banner": None,
        "owner_id": guild.owner_id,
        "application_id": None,
        "region": "us-west",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": guild.system_channel_id,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": guild.verification_level,
        "roles": [role_shape(role) for role in guild.roles.values()],
        "default_message_notifications": guild.default_message_notifications,
        "mfa_level": 0,
        "explicit_content_filter": guild.explicit_content_filter,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": guild.preferred_locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [emoji_shape(one) for one in guild.emojis.values()],
        "stickers": [],
        "incidents_data": None,
    }


def guild_create_shape(
    world: World,
    guild: Guild,
    viewer: Member,
    channels: list[Channel],
    threads: list[Channel],
    members: list[Member],
) -> Json:
    """A guild as GUILD_CREATE and a person's READY carry it, for one viewer."""
    return {
        **guild_shape(world, guild),
        "joined_at": viewer.joined_at,
        "large": len(guild.members) > 250,
        "unavailable": False,
        "member_count": len(guild.members),
        "members": [member_shape(world, member) for member in members],
        "channels": [channel_shape(world, channel) for channel in channels],
        "threads": [channel_shape(world, thread, viewer.user_id) for thread in threads],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def channel_shape(world: World, channel: Channel, viewer_id: str | None = None) -> Json:
    """A channel, thread or direct message; a thread tells `viewer_id` of their own membership."""
    shape: Json = {
        "id": channel.id,
        "type": channel.type,
        "flags": channel.flags,
        "last_message_id": channel.last_message_id,
    }
    if channel.last_pin_timestamp:
        shape["last_pin_timestamp"] = channel.last_pin_timestamp
    if channel.type == DM:
        others = [one for one in channel.recipients if one != viewer_id]
        return {**shape, "recipients": [user_shape(world.users[one]) for one in others]}
    shape |= {
        "guild_id": channel.guild_id,
        "name": channel.name,
        "parent_id": channel.parent_id,
        "rate_limit_per_user": channel.rate_limit_per_user,
    }
    if channel.thread is not None:
        return {**shape, **_thread_shape(channel, viewer_id)}
    shape |= {
        "position": channel.position,
        "topic": channel.topic,
        "nsfw": channel.nsfw,
        "permission_overwrites": list(channel.overwrites.values()),
        "default_auto_archive_duration": channel.default_auto_archive_duration,
        "default_thread_rate_limit_per_user": channel.default_thread_rate_limit_per_user,
    }
    if channel.type in (VOICE, STAGE):
        shape |= {"bitrate": channel.bitrate, "user_limit": channel.user_limit, "rtc_region": None}
    if channel.type in FORUM_TYPES:
        shape |= {
            "available_tags": channel.available_tags,
            "default_reaction_emoji": channel.default_reaction_emoji,
            "default_sort_order": channel.default_sort_order,
            "default_forum_layout": channel.default_forum_layout,
        }
    return shape


def _thread_shape(channel: Channel, viewer_id: str | None) -> Json:
    thread = channel.thread
    if thread is None:
        return {}
    shape: Json = {
        "owner_id": thread.owner_id,
        "thread_metadata": {
            "archived": thread.archived,
            "archive_timestamp": thread.archive_timestamp,
            "auto_archive_duration": thread.auto_archive_duration,
            "locked": thread.locked,
            "create_timestamp": thread.create_timestamp,
            "invitable": thread.invitable,
        },
        # Discord stops counting a thread's members for display at 50.
        "member_count": min(len(thread.members), 50),
        "message_count": thread.message_count,
        "total_message_sent": thread.total_message_sent,
        "applied_tags": thread.applied_tags,
    }
    if viewer_id is not None and viewer_id in thread.members:
        shape["member"] = thread_member_shape(channel, viewer_id)
    return shape


def thread_member_shape(channel: Channel, user_id: str) -> Json:
    """A user's membership of a thread."""
    joined = channel.thread.members[user_id] if channel.thread else ""
    return {"id": channel.id, "user_id": user_id, "join_timestamp": joined, "flags": 1}


# The flags of privileged intents for an application in few guilds, by the field that allows each.
# https://discord.com/developers/docs/resources/application#application-object-application-flags
INTENT_FLAGS = {"presences": 1 << 13, "guild_members": 1 << 15, "message_content": 1 << 19}


def application_flags(application: Application) -> int:
    """Which privileged intents it may ask for."""
    return sum(flag for field, flag in INTENT_FLAGS.items() if getattr(application, field))


def application_shape(world: World, application: Application) -> Json:
    """An application as its owner and its bot see it."""
    shape: Json = {
        "id": application.id,
        "name": application.name,
        "icon": application.icon,
        "description": application.description,
        "type": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": application_flags(application),
        "flags_new": str(application_flags(application)),
        "tags": application.tags,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user_shape(world.users[application.owner_id]),
        "approximate_guild_count": len(world.guilds_of(application.bot_id or "")),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "summary": "",
    }
    if application.bot_id is not None:
        shape["bot"] = user_shape(world.users[application.bot_id])
    return shape


def invite_shape(world: World, invite: Invite, counts: bool = False) -> Json:
    """An invite with the guild and channel that it opens, for who holds its code."""
    guild = world.guilds[invite.guild_id]
    channel = world.channels[invite.channel_id]
    shape: Json = {
        "type": 0,
        "code": invite.code,
        "inviter": user_shape(world.users[invite.inviter_id]),
        "expires_at": invite_expiry(invite),
        "guild_id": guild.id,
        "guild": {
            "id": guild.id,
            "name": guild.name,
            "splash": None,
            "banner": None,
            "description": guild.description,
            "icon": guild.icon,
            "features": GUILD_FEATURES,
            "verification_level": guild.verification_level,
            "vanity_url_code": None,
            "nsfw_level": 0,
            "nsfw": False,
            "premium_subscription_count": 0,
            "premium_tier": 0,
        },
        "channel": {"id": channel.id, "type": channel.type, "name": channel.name},
        "flags": 0,
    }
    if counts:
        shape["approximate_member_count"] = len(guild.members)
        shape["approximate_presence_count"] = len(guild.members)
    return shape


def invite_expiry(invite: Invite) -> str | None:
    """When an invite ends, as Discord writes times; None for one that has no age."""
    if not invite.max_age:
        return None
    return stamp(datetime.fromisoformat(invite.created_at) + timedelta(seconds=invite.max_age))


def full_invite_shape(world: World, invite: Invite) -> Json:
    """An invite with its rules and uses, for who made it or manages its channel."""
    return {
        **invite_shape(world, invite),
        "max_age": invite.max_age,
        "max_uses": invite.max_uses,
        "uses": invite.uses,
        "temporary": invite.temporary,
        "created_at": invite.created_at,
    }
